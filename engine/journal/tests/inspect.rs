//! Reading without opening: the same verdict as a start, and every record that can be read in spite of damage.

mod common;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use common::world::{Action, DIR, open, run};
use common::{accepted, content};
use phytohub_journal::fake::{FakeDisk, Faults};
use phytohub_journal::{ContentState, Inspection, OpenError, Stream, inspect};
use phytohub_model::{Fact, Locator};

/// Where each record lies, and how its content is.
type Found = Vec<(Fact, Locator, ContentState)>;

fn look(disk: &FakeDisk) -> (Inspection, Found) {
    let mut found = Vec::new();
    let inspection = inspect(disk, Path::new(DIR), &mut |record| {
        let length = record.content.len() as u32;
        let locator = Locator { segment: record.segment, offset: record.offset, length };
        found.push((record.fact, locator, record.state));
        ControlFlow::Continue(())
    });
    (inspection.expect("no fault is set"), found)
}

fn file(segment: u32) -> PathBuf {
    Path::new(DIR).join(format!("{segment:010}.used"))
}

/// Rolls both streams over several segments.
fn script() -> Vec<Action> {
    use Action::*;
    use Stream::{Cold, Hot};
    let mut actions = vec![Jobs];
    for round in 0..6 {
        actions.extend([Stage(Hot, 9_000), Stage(Hot, 0), Stage(Cold, 0), Stage(Hot, 700), Commit]);
        actions.extend([Stage(Hot, 23_000), Stage(Cold, 14_000), Stage(Hot, 300), Commit, Mark]);
        actions.extend([Erase(round * 7), Stage(Hot, 0), Commit, Jobs]);
    }
    actions
}

#[test]
fn what_a_start_replays_is_found_without_one() {
    let (disk, _) = run(Faults::default(), &script());
    let (inspection, mut found) = look(&disk);
    assert!(!inspection.is_damaged() && inspection.segments.len() > 3, "{inspection:?}");
    let (_, replayed) = open(&disk.copy()).unwrap();
    found.sort_by_key(|(_, locator, _)| (locator.segment, locator.offset));
    assert_eq!(found, replayed);
}

#[test]
fn a_torn_tail_is_no_damage() {
    let actions = script();
    let operations = run(Faults::default(), &actions).0.operations();
    let mut torn = 0;
    for crash_at in 0..operations {
        let (disk, _) = run(Faults { crash_at: Some(crash_at), ..Faults::default() }, &actions);
        for seed in 0..4 {
            let crashed = disk.crash(seed);
            let (inspection, found) = look(&crashed);
            assert!(!inspection.is_damaged(), "power lost at operation {crash_at}, outcome {seed}: {inspection:?}");
            torn += usize::from(inspection.segments.iter().any(|segment| segment.torn.is_some()));
            let (_, replayed) = open(&crashed).unwrap();
            let missing = replayed.iter().find(|record| !found.contains(record));
            assert_eq!(missing, None, "power lost at operation {crash_at}, outcome {seed}");
        }
    }
    assert!(torn > 20, "only {torn} torn tails were met");
}

#[test]
fn a_flipped_byte_is_named_and_costs_no_other_record() {
    let (disk, _) = run(Faults::default(), &script());
    let (_, sound) = look(&disk);
    let (mut named, mut contents) = (0, 0);
    for (segment, byte) in (1..=4).flat_map(|segment| (0..65_536_u32).step_by(37).map(move |byte| (segment, byte))) {
        let flipped = disk.copy();
        flipped.flip(&file(segment), byte as usize, 1 << (byte % 8)).unwrap();
        let (inspection, found) = look(&flipped);
        let lost: Vec<_> = sound.iter().filter(|record| !found.contains(record)).collect();
        assert!(lost.len() <= 1, "byte {byte} of segment {segment} cost {} records", lost.len());
        let damaged_content = found.iter().any(|(_, _, state)| *state == ContentState::Damaged);
        contents += usize::from(damaged_content);
        match open(&flipped) {
            Err(text) if text.contains("is damaged") => {
                named += 1;
                assert!(inspection.is_damaged(), "byte {byte} of segment {segment}: {text}");
            }
            Err(text) => panic!("byte {byte} of segment {segment}: {text}"),
            Ok(_) => assert!(!inspection.is_damaged(), "byte {byte} of segment {segment}: {inspection:?}"),
        }
    }
    assert!(named > 20 && contents > 500, "{named} flips were named, {contents} met content");
}

#[test]
fn a_record_whose_checksum_fails_is_told_as_likely_when_it_makes_sense() {
    let disk = FakeDisk::new();
    let (mut log, _) = open(&disk).unwrap();
    log.run_jobs().unwrap();
    let locator = log.stage(Stream::Hot, &accepted(1), &content(1, 100)).unwrap();
    log.commit().unwrap();
    log.stage(Stream::Hot, &accepted(2), &content(2, 100)).unwrap();
    log.close().unwrap();
    // A letter of the certificate's number: the first bytes of the archive.
    disk.flip(&file(1), locator.offset as usize + 44 + 12, 1).unwrap();
    let (inspection, found) = look(&disk);
    assert_eq!(found.len(), 1);
    let broken = &inspection.segments[0].broken;
    assert_eq!((broken.len(), broken[0].range.start), (1, locator.offset));
    assert!(matches!(&broken[0].perhaps, Some(Fact::Accepted(likely)) if likely.number == common::number(1)));
}

#[test]
fn a_format_of_a_later_release_is_refused() {
    let (disk, _) = run(Faults::default(), &[Action::Jobs, Action::Stage(Stream::Hot, 10), Action::Commit]);
    disk.flip(&file(1), 11, 0x40).unwrap();
    let met = inspect(&disk, Path::new(DIR), &mut |_| ControlFlow::Continue(()));
    assert!(matches!(met, Err(OpenError::Newer { .. })), "{met:?}");
}
