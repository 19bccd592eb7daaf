//! A full disk: deliveries are refused in plain words, acknowledgements and pulls go on, and room comes back.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use phytohub_server::client::CallError;
use phytohub_server::party::{Acknowledgement, was_accepted};
use phytohub_soap::Operation;
use phytohub_tests::hub::TestHub;
use phytohub_tests::parties::{header, party};

/// A small file system of its own, unmounted when this is dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(point: &Path, mib: usize) -> Self {
        std::fs::create_dir_all(point).unwrap();
        let size = format!("size={mib}m");
        let status = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(point).status().unwrap();
        assert!(
            status.success(),
            "a small tmpfs cannot be mounted; this test needs root (or a user namespace of its own)"
        );
        Self(point.to_owned())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

const DISK_MIB: usize = 12;
/// 1 MiB segments; deliveries stop when less than 2 MiB are free.
const CONFIG: &str = "[http]\nbody_max = \"256 KiB\"\n[journal]\nsegment = \"1 MiB\"\ndisk_low_water = \"2 MiB\"\n\
                      [forget]\nerase_after = \"50 ms\"\n";
const CONTENT_BYTES: usize = 60_000;

async fn fill(hub: &TestHub) -> (usize, String) {
    let mut sender = party(hub, "KE");
    let content = "x".repeat(CONTENT_BYTES);
    for index in 0..10_000 {
        match sender.deliver(Operation::DeliverEnvelope, &header("KE", "NL", &format!("KE-{index}")), &content).await {
            Ok(answer) => assert!(was_accepted(&answer)),
            Err(CallError::Fault { status, code, message }) => {
                assert_eq!((status, code.as_str()), (503, "Server"), "{message}");
                return (index, message);
            }
            Err(error) => panic!("{error}\n{}", hub.log()),
        }
    }
    panic!("the disk never filled");
}

#[tokio::test]
async fn deliveries_are_refused_while_acknowledgements_and_pulls_go_on() {
    let temporary = tempfile::tempdir().unwrap();
    let mount = temporary.path().join("small");
    let _disk = SmallDisk::mount(&mount, DISK_MIB);
    let mut hub = TestHub::at(temporary, mount.join("hub"), &["KE", "NL"], &[]);
    hub.configure(CONFIG);
    hub.restart();
    let (accepted, message) = fill(&hub).await;
    assert!(message.contains("disk") && message.contains("try again later"), "{message}");
    assert!(accepted > 20, "{accepted}");
    // Somebody else takes the very last byte.
    let ballast = mount.join("ballast");
    let _ = std::fs::write(&ballast, vec![1_u8; DISK_MIB << 20]);
    // Everything accepted is there, also after a crash on the full disk.
    hub.kill();
    hub.restart();
    let mut receiver = party(&hub, "NL");
    let waiting = receiver.import_headers(None).await.unwrap();
    assert_eq!(waiting.len(), accepted);
    let mut acknowledged = 0;
    for head in waiting {
        let (_, content) = receiver.pull(&head.delivery_number).await.unwrap().expect("it waits");
        assert_eq!(content.len(), CONTENT_BYTES);
        receiver.acknowledge(&head.delivery_number, Acknowledgement::Received).await.unwrap();
        acknowledged += 1;
    }
    assert_eq!(acknowledged, accepted);
    std::fs::remove_file(&ballast).unwrap();
    // Room comes back by itself.
    let mut sender = party(&hub, "KE");
    for attempt in 0.. {
        let head = header("KE", "NL", "KE-after");
        match sender.deliver(Operation::DeliverEnvelope, &head, &"y".repeat(CONTENT_BYTES)).await {
            Ok(answer) => {
                assert!(was_accepted(&answer));
                break;
            }
            Err(error) => {
                assert!(attempt < 200, "no room came back: {error}\n{}\n{}", hub.log(), hub.metrics().await);
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(hub.stop().success(), "{}", hub.log());
}

#[tokio::test]
async fn limits_on_what_may_wait_refuse_with_a_reason() {
    for (limit, word) in [
        ("pending_per_destination = 3", "destination"),
        ("pending_per_sender = 3", "your envelopes"),
        ("pending_total = 3", "on this hub"),
    ] {
        let hub = TestHub::with(&["KE", "NL", "NZ"], &format!("[limits]\n{limit}\n"), &["--shards", "2"]);
        let mut sender = party(&hub, "KE");
        for index in 0..3 {
            let head = header("KE", "NL", &format!("KE-{index}"));
            assert!(was_accepted(&sender.deliver(Operation::DeliverEnvelope, &head, "text").await.unwrap()));
        }
        let retry = sender.deliver(Operation::DeliverEnvelope, &header("KE", "NL", "KE-1"), "text").await.unwrap();
        assert!(was_accepted(&retry), "a retry of what was accepted is answered");
        match sender.deliver(Operation::DeliverEnvelope, &header("KE", "NL", "KE-9"), "text").await {
            Err(CallError::Fault { status: 503, message, .. }) => {
                assert!(message.contains(word) && message.contains("try again later"), "{message}");
            }
            other => panic!("{limit}: {other:?}"),
        }
        let elsewhere = sender.deliver(Operation::DeliverEnvelope, &header("KE", "NZ", "KE-z"), "text").await;
        assert_eq!(elsewhere.is_ok(), word == "destination", "{limit}");
        let mut receiver = party(&hub, "NL");
        let number = receiver.import_headers(None).await.unwrap()[0].delivery_number.clone();
        receiver.acknowledge(&number, Acknowledgement::Received).await.unwrap();
        if word != "destination" {
            continue;
        }
        let after = sender.deliver(Operation::DeliverEnvelope, &header("KE", "NL", "KE-9"), "text").await.unwrap();
        assert!(was_accepted(&after), "{limit}");
    }
}

/// A busy hub once refused deliveries with a full disk as the reason, while it had only not zeroed the next segment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_that_outruns_the_preparation_of_segments_waits_and_is_not_refused() {
    const SENDERS: usize = 8;
    const DELIVERIES: usize = 30;
    let config = "[http]\nbody_max = \"128 KiB\"\n[journal]\nsegment = \"256 KiB\"\nspare_segments = 1\n";
    let hub = TestHub::with(&["KE", "NL"], config, &[]);
    let senders: Vec<_> = (0..SENDERS)
        .map(|task| {
            let mut sender = party(&hub, "KE");
            tokio::spawn(async move {
                let content = "s".repeat(CONTENT_BYTES);
                let mut numbers = Vec::new();
                for index in 0..DELIVERIES {
                    let head = header("KE", "NL", &format!("KE{task}-{index}"));
                    let answer = sender.deliver(Operation::DeliverEnvelope, &head, &content).await.unwrap();
                    numbers.push(answer.delivery_number);
                }
                numbers
            })
        })
        .collect();
    let mut sent = Vec::new();
    for sender in senders {
        sent.push(sender.await.unwrap());
    }
    let waiting = party(&hub, "NL").import_headers(None).await.unwrap();
    assert_eq!(waiting.len(), SENDERS * DELIVERIES);
    for numbers in sent {
        // Each sender's own order is kept, also of those that had to wait.
        let places: Vec<usize> = numbers
            .iter()
            .filter_map(|number| waiting.iter().position(|header| header.delivery_number == *number))
            .collect();
        assert!(places.len() == DELIVERIES && places.is_sorted());
    }
}
