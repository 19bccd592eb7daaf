//! Damage that is found, named and kept apart; backups of a hub that runs, and the way back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use phytohub_server::party::{Acknowledgement, Party, was_accepted};
use phytohub_soap::Operation;
use phytohub_tests::hub::{TestHub, phytohub, phytohub_ok};
use phytohub_tests::parties::{header, party};
use serde_json::Value;

/// Bytes of a segment's head and of a frame's header, as FORMAT.md has them.
const SEGMENT_HEAD: usize = 4096;
const FRAME_HEADER: usize = 44;

async fn deliver(hub: &TestHub, number: &str, content: &str) -> String {
    let answer = party(hub, "KE").deliver(Operation::DeliverEnvelope, &header("KE", "NL", number), content).await;
    answer.unwrap().delivery_number
}

/// The lines that `phytohub journal export` writes.
fn export(dir: &Path) -> Vec<Value> {
    let text = phytohub_ok(&["journal", "export", dir.to_str().unwrap()]);
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Numbers of the envelopes that wait in a directory, from its records alone.
fn waiting(dir: &Path) -> BTreeSet<String> {
    let (mut accepted, mut ended) = (BTreeSet::new(), BTreeSet::new());
    for line in export(dir) {
        let Some(number) = line["number"].as_str() else { continue };
        match line["kind"].as_str().unwrap() {
            "accepted" => accepted.insert(number.to_owned()),
            "acknowledged" | "expired" | "track" => ended.insert(number.to_owned()),
            _ => false,
        };
    }
    accepted.difference(&ended).cloned().collect()
}

fn only_segment(journal: &Path) -> PathBuf {
    let mut files: Vec<PathBuf> = std::fs::read_dir(journal).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "used"));
    assert_eq!(files.len(), 1, "{files:?}");
    files.pop().unwrap()
}

fn flip(file: &Path, at: usize) {
    let mut bytes = std::fs::read(file).unwrap();
    bytes[at] ^= 0x20;
    std::fs::write(file, bytes).unwrap();
}

/// A hub that rests, with three envelopes that wait and one that was acknowledged; the numbers of the three.
async fn resting_with_envelopes() -> (TestHub, Vec<String>) {
    let config = "[http]\nbody_max = \"64 KiB\"\n[journal]\nsegment = \"256 KiB\"\n";
    let mut hub = TestHub::with(&["KE", "NL"], config, &["--shards", "1"]);
    let mut numbers = Vec::new();
    for index in 0..4 {
        numbers.push(deliver(&hub, &format!("KE-{index}"), &format!("content number {index}")).await);
    }
    let first = numbers.remove(0);
    party(&hub, "NL").acknowledge(&first, Acknowledgement::Received).await.unwrap();
    assert!(hub.stop().success());
    (hub, numbers)
}

/// Where the record of `number` begins in the segment.
fn offset_of(dir: &Path, number: &str) -> usize {
    let lines = export(dir);
    let line = lines.iter().find(|line| line["number"] == number && line["kind"] == "accepted").unwrap();
    usize::try_from(line["offset"].as_u64().unwrap()).unwrap()
}

/// What may be damaged, and what becomes of the envelope in whose record it lies.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Region {
    SegmentHead,
    FrameHeader,
    Archive,
    Content,
}

#[tokio::test]
async fn a_flipped_byte_in_each_region_is_named_at_the_start_and_repaired_without_any_other_loss() {
    for region in [Region::SegmentHead, Region::FrameHeader, Region::Archive, Region::Content] {
        let (mut hub, numbers) = resting_with_envelopes().await;
        let dir = hub.dir().to_owned();
        let record = offset_of(&dir, &numbers[1]);
        let segment = only_segment(&dir.join("data/shard-00"));
        let at = match region {
            Region::SegmentHead => 13,
            Region::FrameHeader => record + 24,
            Region::Archive => record + FRAME_HEADER + 20,
            // The frames before the last ones end on a multiple of eight; the content comes last.
            Region::Content => {
                memchr::memmem::find(&std::fs::read(&segment).unwrap(), b"content number 2").unwrap() + 3
            }
        };
        assert!(at >= SEGMENT_HEAD || region == Region::SegmentHead);
        flip(&segment, at);
        let before = std::fs::read(&segment).unwrap();
        let told = hub.try_start().unwrap_err().to_string();
        assert!(told.contains("journal repair"), "{region:?}: {told}");
        assert!(told.contains("0000000001.used") || told.contains(&numbers[1]), "{region:?}: {told}");
        assert!(before == std::fs::read(&segment).unwrap(), "{region:?}: the start changed a damaged journal");

        let check = phytohub(&["journal", "check", hub.dir_text()]);
        let found = String::from_utf8(check.stdout).unwrap();
        assert_eq!(check.status.code(), Some(1), "{region:?}");
        assert!(found.contains("registry   well") && found.contains("shard-00   DAMAGED"), "{region:?}: {found}");

        let repaired = phytohub_ok(&["journal", "repair", hub.dir_text()]);
        assert!(repaired.contains("quarantine/shard-00-"), "{region:?}: {repaired}");
        phytohub_ok(&["journal", "check", hub.dir_text()]);
        hub.restart();
        let heads = party(&hub, "NL").import_headers(None).await.unwrap();
        let there: Vec<&str> = heads.iter().map(|head| head.delivery_number.as_str()).collect();
        let lost = region != Region::SegmentHead;
        let expected: Vec<&str> =
            numbers.iter().filter(|&number| !lost || *number != numbers[1]).map(String::as_str).collect();
        assert_eq!(there, expected, "{region:?}: {repaired}");
        let (_, content) = party(&hub, "NL").pull(&numbers[2]).await.unwrap().expect("it waits");
        assert_eq!(content, "content number 3");
        if region == Region::Content {
            // Nothing vanishes: its sender learns of it.
            let track = party(&hub, "KE").track(&numbers[1]).await.unwrap();
            assert_eq!(track.tracking_info, "FailedDelivery");
            assert!(track.error_message.contains("send it again"), "{}", track.error_message);
        }
        let kept: Vec<_> =
            std::fs::read_dir(dir.join("quarantine")).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(before == std::fs::read(kept[0].join("0000000001.used")).unwrap(), "{region:?}");
    }
}

#[tokio::test]
async fn journals_without_damage_are_left_as_they_are_and_a_running_hub_is_not_repaired() {
    let (mut hub, _) = resting_with_envelopes().await;
    let segment = only_segment(&hub.dir().join("data/shard-00"));
    let before = std::fs::read(&segment).unwrap();
    let told = phytohub_ok(&["journal", "repair", hub.dir_text()]);
    assert!(told.contains("registry   well, left as it is") && told.contains("shard-00   well"), "{told}");
    assert!(before == std::fs::read(&segment).unwrap() && !hub.dir().join("quarantine").exists());
    hub.restart();
    let refused = phytohub(&["journal", "repair", hub.dir_text()]);
    assert!(!refused.status.success());
    assert!(String::from_utf8(refused.stderr).unwrap().contains("stop it before"));
    assert!(phytohub_ok(&["journal", "check", hub.dir_text()]).contains("3 envelopes wait, 1 have ended"));
}

#[tokio::test]
async fn contents_are_exported_only_on_demand() {
    let (hub, numbers) = resting_with_envelopes().await;
    let text = phytohub_ok(&["journal", "export", hub.dir_text()]);
    assert!(!text.contains("content number"), "{text}");
    let out = hub.dir().join("export");
    let (file, folder) = (out.with_extension("jsonl"), out.to_str().unwrap());
    let said =
        phytohub_ok(&["journal", "export", hub.dir_text(), "--out", file.to_str().unwrap(), "--contents", folder]);
    assert!(said.contains("3 contents") || said.contains("4 contents"), "{said}");
    let content = std::fs::read_to_string(out.join(format!("{}.xml", numbers[0]))).unwrap();
    assert_eq!(content, "content number 1");
}

/// Sends and acknowledges until it is told to stop, so that segments are rolled, reclaimed and used again meanwhile.
async fn traffic(mut sender: Party, mut receiver: Party, goes_on: Arc<AtomicBool>) -> usize {
    let mut sent = 0;
    while goes_on.load(Ordering::Relaxed) {
        for _ in 0..20 {
            let content = "traffic ".repeat(300);
            let head = header("NZ", "NO", &format!("NZ-{sent}"));
            assert!(was_accepted(&sender.deliver(Operation::DeliverEnvelope, &head, &content).await.unwrap()));
            sent += 1;
        }
        for (head, _) in receiver.pull_all().await.unwrap() {
            receiver.acknowledge(&head.delivery_number, Acknowledgement::Received).await.unwrap();
        }
    }
    sent
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_running_hub_has_all_that_was_acknowledged_before_it_and_becomes_a_hub_again() {
    let config = "[http]\nbody_max = \"64 KiB\"\n[journal]\nsegment = \"256 KiB\"\n[forget]\nerase_after = \"20 ms\"\n";
    let mut hub = TestHub::with(&["KE", "NL", "NZ", "NO"], config, &["--shards", "2"]);
    let goes_on = Arc::new(AtomicBool::new(true));
    let busy = tokio::spawn(traffic(party(&hub, "NZ"), party(&hub, "NO"), Arc::clone(&goes_on)));
    let target = hub.dir().with_extension("backup");
    let mut kept = BTreeMap::new();
    for round in 0..4 {
        for index in 0..10 {
            let content = format!("kept {round} {index}");
            kept.insert(deliver(&hub, &format!("KE-{round}-{index}"), &content).await, content);
        }
        let _ = std::fs::remove_dir_all(&target);
        let (dir, to) = (hub.dir_text().to_owned(), target.to_str().unwrap().to_owned());
        let said = tokio::task::spawn_blocking(move || phytohub_ok(&["backup", &dir, &to])).await.unwrap();
        assert!(said.contains("acknowledged before"), "{said}");
        let there = waiting(&target);
        let missing: Vec<_> = kept.keys().filter(|number| !there.contains(*number)).collect();
        assert!(missing.is_empty(), "round {round}: {missing:?} are not in the backup");
    }
    // After the backup: one more is accepted, one of the others ends.
    let late = deliver(&hub, "KE-late", "late content").await;
    let ended = kept.pop_first().unwrap().0;
    party(&hub, "NL").acknowledge(&ended, Acknowledgement::Received).await.unwrap();
    goes_on.store(false, Ordering::Relaxed);
    assert!(busy.await.unwrap() > 100);
    let since = phytohub_ok(&["journal", "since", target.to_str().unwrap(), hub.dir_text(), "--json"]);
    let rows: Vec<Value> = since.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let row =
        |number: &str| rows.iter().find(|row| row["number"] == number).unwrap_or_else(|| panic!("{number}: {since}"));
    assert_eq!((row(&late)["in_backup"].as_str(), row(&late)["end"].as_str()), (Some("no"), None));
    assert_eq!(row(&ended)["in_backup"], "waiting");
    assert!(row(&ended)["end"].as_str().unwrap().starts_with("Delivered at "), "{}", row(&ended));
    assert!(rows.iter().all(|row| kept.keys().all(|number| row["number"] != number.as_str())));
    hub.kill();

    for (from_what_is_left, name) in [(false, "alone"), (true, "with-the-rest")] {
        let restored = hub.dir().with_extension(name);
        let mut arguments = vec!["restore", target.to_str().unwrap(), restored.to_str().unwrap()];
        if from_what_is_left {
            arguments.extend(["--from", hub.dir_text()]);
        }
        let said = phytohub_ok(&arguments);
        assert!(said.contains("next: phytohub serve"), "{said}");
        assert_eq!(said.contains(&late), from_what_is_left, "{said}");
        let again = restored.to_str().unwrap().to_owned();
        let twice = phytohub(&["restore", target.to_str().unwrap(), &again]);
        assert!(String::from_utf8(twice.stderr).unwrap().contains("not empty"));
        let revived = TestHub::adopt(restored);
        let mut receiver = party(&revived, "NL");
        let mut contents = BTreeMap::new();
        for head in receiver.import_headers(None).await.unwrap() {
            let (_, content) = receiver.pull(&head.delivery_number).await.unwrap().expect("it waits");
            contents.insert(head.delivery_number, content);
        }
        assert_eq!(contents.remove(&late).is_some(), from_what_is_left, "{name}");
        assert_eq!(contents.remove(&ended).is_none(), from_what_is_left, "{name}");
        assert!(contents == kept, "{name}: {} of {} came back", contents.len(), kept.len());
    }
}

#[tokio::test]
async fn a_backup_that_lacks_something_is_none() {
    let (hub, _) = resting_with_envelopes().await;
    let segment = only_segment(&hub.dir().join("data/shard-00"));
    let at = memchr::memmem::find(&std::fs::read(&segment).unwrap(), b"content number 2").unwrap();
    flip(&segment, at);
    let target = hub.dir().with_extension("backup");
    let refused = phytohub(&["backup", hub.dir_text(), target.to_str().unwrap()]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && said.contains("cannot be read"), "{said}");
    let restored = phytohub(&["restore", target.to_str().unwrap(), hub.dir().with_extension("new").to_str().unwrap()]);
    assert!(String::from_utf8(restored.stderr).unwrap().contains("this is no backup"));
}
