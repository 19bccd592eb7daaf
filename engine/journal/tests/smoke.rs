//! The log on a real file system.

mod common;

use std::path::Path;
use std::sync::Arc;

use common::{accepted, acknowledged, content};
use phytohub_journal::{ContentState, Log, ReadError, RealDisk, Settings, Stream};
use phytohub_model::{Fact, Locator};

const SETTINGS: Settings = Settings { segment_bytes: 1 << 16, spare_segments: 2 };

fn open(dir: &Path) -> (Log<RealDisk>, Vec<(Fact, Locator, ContentState)>) {
    let mut records = Vec::new();
    let log = Log::open(Arc::new(RealDisk), dir, SETTINGS, |fact, locator, state| records.push((fact, locator, state)));
    (log.expect("the log opens"), records)
}

#[test]
fn what_was_committed_is_read_and_replayed() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("not").join("yet");
    let (mut log, records) = open(&dir);
    assert!(records.is_empty());
    log.run_jobs().unwrap();
    assert!(log.room().takes_deliveries());
    let facts: Vec<_> = (0..30).map(accepted).collect();
    let mut locators = Vec::new();
    for (number, fact) in facts.iter().enumerate() {
        locators.push(log.stage(Stream::Hot, fact, &content(number, 5000)).unwrap());
        log.stage(Stream::Cold, &acknowledged(number as u64), &content(0, 0)).unwrap();
        log.commit().unwrap();
        log.run_jobs().unwrap();
    }
    let reader = log.reader();
    for (number, &locator) in locators.iter().enumerate() {
        assert_eq!(reader.read(locator).unwrap(), content(number, 5000));
        // Written a moment ago, but the system is free to say that it would have to wait.
        if let Some(cached) = reader.try_read_cached(locator).unwrap() {
            assert_eq!(cached, content(number, 5000));
        }
    }
    log.close().unwrap();
    let (_log, records) = open(&dir);
    let hot: Vec<_> = records.iter().filter(|(_, locator, _)| locator.length > 0).collect();
    assert_eq!(hot.len(), 30);
    for ((fact, locator, state), number) in hot.iter().zip(0..) {
        assert_eq!((fact, *locator, *state), (&facts[number], locators[number], ContentState::Intact));
    }
    assert_eq!(records.len(), 60);
}

/// Content that was moved to the cold stream stayed on the disk as long as nothing else was moved.
#[test]
fn content_in_the_last_batch_of_a_stream_is_erased_without_another_one() {
    let dir = tempfile::tempdir().unwrap();
    let (mut log, _) = open(dir.path());
    log.run_jobs().unwrap();
    let secret = bytes::Bytes::from(b"<secret>".repeat(400));
    let locator = log.stage(Stream::Cold, &accepted(1), &secret).unwrap();
    log.commit().unwrap();
    log.stage(Stream::Hot, &acknowledged(1), &content(0, 0)).unwrap();
    log.commit().unwrap();
    log.erase(&[locator]);
    log.settle().unwrap();
    log.run_jobs().unwrap();
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(8).any(|window| window == b"<secret>"));
    }
    drop(log);
    let (_log, records) = open(dir.path());
    let states: Vec<_> = records.iter().map(|(_, _, state)| *state).collect();
    assert_eq!(states, [ContentState::Erased, ContentState::None]);
}

#[test]
fn erased_content_is_zeros_in_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let (mut log, _) = open(dir.path());
    log.run_jobs().unwrap();
    let secret = bytes::Bytes::from(b"<secret>".repeat(400));
    let locator = log.stage(Stream::Hot, &accepted(1), &secret).unwrap();
    log.commit().unwrap();
    let kept = log.stage(Stream::Hot, &accepted(2), &content(2, 100)).unwrap();
    log.stage(Stream::Hot, &acknowledged(1), &content(0, 0)).unwrap();
    log.commit().unwrap();
    log.erase(&[locator]);
    log.run_jobs().unwrap();
    assert!(matches!(log.reader().read(locator), Err(ReadError::Gone)));
    assert_eq!(log.reader().read(kept).unwrap(), content(2, 100));
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(8).any(|window| window == b"<secret>"));
    }
    log.close().unwrap();
    let (_log, records) = open(dir.path());
    let states: Vec<_> = records.iter().map(|(_, _, state)| *state).collect();
    assert_eq!(states, [ContentState::Erased, ContentState::Intact, ContentState::None]);
}
