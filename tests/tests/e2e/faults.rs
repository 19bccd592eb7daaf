//! Calls to the disk that fail: the process ends with a line that says which, and nothing that was answered is lost.

use std::time::Duration;

use phytohub_server::client::CallError;
use phytohub_server::party::{Party, was_accepted};
use phytohub_soap::Operation;
use phytohub_tests::hub::TestHub;
use phytohub_tests::parties::{header, party};

/// The most that a hub is given to end after the call that failed.
const END_TIMEOUT: Duration = Duration::from_secs(30);

/// Delivers until the hub is gone; what it answered.
async fn deliver_until_the_end(mut sender: Party, task: usize) -> Vec<String> {
    let mut answered = Vec::new();
    for index in 0..5_000 {
        let content = format!("{task} {index} {}", "x".repeat(3_000));
        let head = header("KE", "NL", &format!("KE-{task}-{index}"));
        match sender.deliver(Operation::DeliverEnvelope, &head, &content).await {
            Ok(answer) if was_accepted(&answer) => answered.push(answer.delivery_number),
            Ok(answer) => panic!("refused: {}", answer.error_message),
            Err(CallError::Fault { status: 503, .. } | CallError::NoAnswer(_)) => return answered,
            Err(error) => panic!("{error}"),
        }
    }
    panic!("no call failed in {} deliveries", answered.len());
}

/// Runs a hub in which the calls `calls` fail with `error` from the one numbered `when` on.
async fn hub_with_failing_calls(calls: &str, error: &str, when: usize, word: &str) {
    let config = "[http]\nbody_max = \"64 KiB\"\n[journal]\nsegment = \"256 KiB\"\n";
    let mut hub = TestHub::resting(&["KE", "NL"], &["--shards", "1"]);
    hub.configure(config);
    let (trace, inject) = (format!("trace={calls}"), format!("inject={calls}:error={error}:when={when}+"));
    hub.wrap(&["strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject]);
    hub.restart();
    let senders: Vec<_> = (0..4).map(|task| tokio::spawn(deliver_until_the_end(party(&hub, "KE"), task))).collect();
    let mut answered = Vec::new();
    for sender in senders {
        answered.extend(sender.await.unwrap());
    }
    let status = hub.process().wait(END_TIMEOUT).unwrap_or_else(|error| panic!("{calls} {error}: {}", hub.log()));
    assert!(!status.success(), "{calls} {error}: the hub ended as if nothing had happened");
    let log = hub.log();
    let line = log.lines().rfind(|line| line.contains("start it again to recover")).unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains("journal") && line.contains(word), "{line}");
    assert!(!log.contains("panicked"), "{log}");
    hub.wrap(&[]);
    hub.restart();
    let waiting = party(&hub, "NL").import_headers(None).await.unwrap();
    let there: std::collections::HashSet<&str> = waiting.iter().map(|head| head.delivery_number.as_str()).collect();
    let lost: Vec<_> = answered.iter().filter(|number| !there.contains(number.as_str())).collect();
    assert!(lost.is_empty(), "{calls} {error}: {} of {} answered are lost", lost.len(), answered.len());
    assert!(answered.len() > 4, "{calls} {error}: only {} were answered before", answered.len());
    assert!(hub.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_that_fails_ends_the_hub_and_loses_nothing() {
    hub_with_failing_calls("fdatasync", "EIO", 60, "sync").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_fails_ends_the_hub_and_loses_nothing() {
    hub_with_failing_calls("pwritev", "EIO", 60, "write").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full_in_mid_commit_ends_the_hub_and_loses_nothing() {
    hub_with_failing_calls("pwritev", "ENOSPC", 60, "No space left").await;
}
