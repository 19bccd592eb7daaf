//! Damage to what was synced is found and named; what was never finished is no damage.

mod common;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::world::{DIR, SETTINGS, open};
use common::{accepted, acknowledged, content};
use phytohub_journal::fake::{FakeDisk, Faults};
use phytohub_journal::{CommitError, ContentState, Log, NoRoom, OpenError, ReadError, Settings, Stream, inspect};
use phytohub_model::Locator;

/// Bytes of a frame's header; see FORMAT.md.
const FRAME_HEADER: usize = 44;

fn first_segment() -> PathBuf {
    Path::new(DIR).join("0000000001.used")
}

fn new_log(disk: &FakeDisk) -> Log<FakeDisk> {
    let (mut log, replayed) = open(disk).expect("an empty disk opens");
    assert!(replayed.is_empty());
    log.run_jobs().expect("no fault is set");
    log
}

/// Commits one record.
fn commit(log: &mut Log<FakeDisk>, value: u64, length: usize) -> Locator {
    let locator = log.stage(Stream::Hot, &accepted(value), &content(value as usize, length)).expect("room");
    log.commit().expect("no fault is set");
    locator
}

fn open_error(disk: &FakeDisk) -> Result<(), OpenError> {
    Log::open(Arc::new(disk.clone()), Path::new(DIR), SETTINGS, |_, _, _| {}).map(|_| ())
}

/// Expects an error that names the first segment and `offset`, and a disk that is as it was.
fn assert_damaged(disk: &FakeDisk, expected: u32) {
    let before = disk.image();
    match open_error(disk) {
        Err(OpenError::Damaged { file, offset, .. }) => {
            assert_eq!((file.as_str(), offset), ("0000000001.used", expected));
        }
        other => panic!("damage at {expected} was met with {other:?}"),
    }
    assert!(disk.image() == before, "recovery changed a damaged log");
}

#[test]
fn every_flipped_byte_of_synced_frames_is_found_and_named() {
    let disk = FakeDisk::new();
    let mut log = new_log(&disk);
    let locators = [commit(&mut log, 1, 301), commit(&mut log, 2, 90), commit(&mut log, 3, 205)];
    let end = log.segments()[0].bytes_used;
    log.close().unwrap();
    for byte in 4096..end {
        let disk = disk.copy();
        disk.flip(&first_segment(), byte as usize, 1 << (byte % 8)).unwrap();
        let index = locators.partition_point(|locator| locator.offset <= byte) - 1;
        let next = locators.get(index + 1).map_or(end, |locator| locator.offset);
        let bytes = disk.contents(&first_segment()).unwrap();
        let intact = content(index + 1, locators[index].length as usize);
        let archive = archive_length(&bytes, locators[index].offset);
        let content_start = locators[index].offset + FRAME_HEADER as u32 + archive;
        let content_end = content_start + locators[index].length;
        // A flip inside the header may have changed the archive's length as we read it here.
        if byte < locators[index].offset + FRAME_HEADER as u32 || byte < content_start {
            assert_damaged(&disk, locators[index].offset);
        } else if byte < content_end {
            let (log, replayed) = open(&disk).unwrap();
            let damaged: Vec<_> = replayed.iter().filter(|(_, _, state)| *state == ContentState::Damaged).collect();
            assert_eq!(damaged.len(), 1);
            assert_eq!(damaged[0].1, locators[index]);
            let read = log.reader().read(locators[index]);
            assert!(matches!(read, Err(ReadError::Damaged { segment: 1, offset }) if offset == locators[index].offset));
        } else {
            // Padding means nothing.
            assert!(byte < next);
            assert_eq!(open(&disk).unwrap().0.reader().read(locators[index]).unwrap(), intact);
        }
    }
}

fn archive_length(bytes: &[u8], offset: u32) -> u32 {
    let at = offset as usize + 24;
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

#[test]
fn every_flipped_byte_of_a_segments_head_is_found() {
    let disk = FakeDisk::new();
    let mut log = new_log(&disk);
    commit(&mut log, 1, 100);
    log.close().unwrap();
    for byte in 0..4096 {
        let disk = disk.copy();
        disk.flip(&first_segment(), byte, 0x40).unwrap();
        match open_error(&disk) {
            Err(OpenError::Damaged { file, offset: 0, .. }) => assert_eq!(file, "0000000001.used"),
            // The version itself cannot be believed more than the rest.
            Err(OpenError::Newer { .. }) if (8..12).contains(&byte) => {}
            other => panic!("byte {byte}: {other:?}"),
        }
    }
}

#[test]
fn a_broken_frame_with_a_later_one_that_knew_it_synced_is_damage() {
    let disk = FakeDisk::new();
    let mut log = new_log(&disk);
    let first = commit(&mut log, 1, 2000);
    let second = commit(&mut log, 2, 2000);
    drop(log);
    disk.flip(&first_segment(), first.offset as usize + 5, 1).unwrap();
    assert_damaged(&disk, first.offset);

    // The last batch without a mark cannot be told from one that was never finished.
    disk.flip(&first_segment(), first.offset as usize + 5, 1).unwrap();
    disk.flip(&first_segment(), second.offset as usize + 5, 1).unwrap();
    let (_, replayed) = open(&disk).unwrap();
    assert_eq!(replayed.iter().map(|(_, locator, _)| *locator).collect::<Vec<_>>(), [first]);
}

#[test]
fn a_mark_lets_damage_to_the_last_batch_be_known() {
    let disk = FakeDisk::new();
    let mut log = new_log(&disk);
    commit(&mut log, 1, 2000);
    let last = commit(&mut log, 2, 2000);
    log.mark_idle().unwrap();
    drop(log);
    disk.flip(&first_segment(), last.offset as usize + 5, 1).unwrap();
    assert_damaged(&disk, last.offset);
}

#[test]
fn a_torn_tail_is_zeroed_and_never_read_again() {
    let disk = FakeDisk::new();
    let mut log = new_log(&disk);
    commit(&mut log, 1, 3000);
    let [torn, behind] =
        [2, 3].map(|value| log.stage(Stream::Hot, &accepted(value), &content(value as usize, 3000)).unwrap());
    log.commit().unwrap();
    drop(log);
    // The batch of two was never answered: its first record is torn in its content, the second one is whole.
    disk.flip(&first_segment(), torn.offset as usize + 2000, 1).unwrap();
    let (log, replayed) = open(&disk).unwrap();
    assert_eq!(replayed.len(), 1);
    assert_eq!(log.segments()[0].bytes_used, torn.offset);
    assert!(log.reader().read(behind).is_err());
    let bytes = disk.contents(&first_segment()).unwrap();
    assert!(bytes[torn.offset as usize..].iter().all(|&byte| byte == 0));
}

#[test]
fn a_sealed_segment_that_ends_early_is_damage() {
    let disk = FakeDisk::new();
    let mut log = new_log(&disk);
    let last =
        (1..8).map(|value| commit(&mut log, value, 10_000)).filter(|locator| locator.segment == 1).last().unwrap();
    let end = log.segments()[0].bytes_used;
    drop(log);
    // The seal itself, then the last record.
    disk.flip(&first_segment(), end as usize - 40, 1).unwrap();
    assert_damaged(&disk, end - 48);
    disk.flip(&first_segment(), last.offset as usize, 1).unwrap();
    assert_damaged(&disk, last.offset);
}

#[test]
fn nonsense_in_place_of_frames_neither_panics_nor_loops() {
    let disk = FakeDisk::new();
    let mut log = new_log(&disk);
    let locator = commit(&mut log, 1, 100);
    log.close().unwrap();
    // Each field of the header with each extreme value; the checksum is then wrong, and lengths must be harmless
    // before it is looked at.
    for field in (0..FRAME_HEADER).step_by(4) {
        for mask in [0xff, 0x80, 0x7f, 0x01] {
            let disk = disk.copy();
            for byte in field..field + 4 {
                disk.flip(&first_segment(), locator.offset as usize + byte, mask).unwrap();
            }
            assert_damaged(&disk, locator.offset);
        }
    }
}

#[test]
fn a_recycled_segment_does_not_bring_back_old_records() {
    // Zeroing is the first defence. The epoch in each frame is the second, and must hold alone.
    for ignore_zeros in [false, true] {
        let disk = FakeDisk::new();
        let mut log = new_log(&disk);
        disk.set_faults(Faults { ignore_zeros, ..Faults::default() });
        for round in 0..40 {
            // One segment and a part of the next, each time another part.
            for value in 0..6 {
                commit(&mut log, round * 6 + value, 11_000 + round as usize * 8);
            }
            let sealed: Vec<_> = log.segments().into_iter().filter(|segment| segment.sealed).collect();
            let reader = log.reader();
            sealed.iter().for_each(|segment| log.release(segment.id));
            log.run_jobs().unwrap();
            let old = Locator { segment: sealed[0].id, offset: 4096, length: 11_000 };
            assert!(matches!(reader.read(old), Err(ReadError::Gone)));
            // The files are the same ones, again and again.
            assert!(disk.bytes() <= 6 * u64::from(SETTINGS.segment_bytes));
            let live = log.segments();
            let (_, replayed) = open(&disk.crash(round)).unwrap();
            let is_live = |id| live.iter().any(|segment| segment.id == id);
            assert!(replayed.iter().all(|(_, locator, _)| is_live(locator.segment)));
            assert_eq!(replayed.last().unwrap().0, accepted(round * 6 + 5));
        }
        assert!(log.segments()[0].id > 20);
    }
}

#[test]
fn a_full_disk_stops_deliveries_and_nothing_else() {
    let disk = FakeDisk::new();
    let mut log = new_log(&disk);
    disk.set_faults(Faults { capacity_bytes: Some(disk.bytes() + 1000), ..Faults::default() });
    let mut value = 0;
    while log.room().takes_deliveries() {
        value += 1;
        commit(&mut log, value, 9_000);
        log.run_jobs().unwrap();
    }
    assert!(log.room().disk_full);
    // What the failed attempt wrote was given back.
    assert!(disk.image().keys().all(|path| path.extension().unwrap() != "prep"));
    for value in 0..500 {
        log.stage(Stream::Hot, &acknowledged(value), &content(0, 0)).unwrap();
        log.commit().unwrap();
    }
    // Reclaiming has a segment in reserve for a stream that has none yet, and brings room back without more disk.
    log.stage(Stream::Cold, &acknowledged(1), &content(0, 0)).unwrap();
    log.commit().unwrap();
    let sealed: Vec<_> = log.segments().into_iter().filter(|segment| segment.sealed).collect();
    assert!(!sealed.is_empty());
    sealed.iter().for_each(|segment| log.release(segment.id));
    log.run_jobs().unwrap();
    assert_eq!(log.room().spare_segments as usize, sealed.len());
    // With room on the disk a retry fills up the spares.
    disk.set_faults(Faults::default());
    log.retry();
    log.run_jobs().unwrap();
    assert!(log.room().takes_deliveries() && !log.room().disk_full);
}

#[test]
fn without_a_spare_nothing_is_staged_and_nothing_is_broken() {
    let disk = FakeDisk::new();
    let mut log = new_log(&disk);
    let mut staged = Vec::new();
    let refused = loop {
        match log.stage(Stream::Hot, &accepted(1), &content(1, 20_000)) {
            Ok(locator) => staged.push(locator),
            Err(error) => break error,
        }
    };
    assert_eq!(refused, NoRoom::NoSpare);
    log.commit().unwrap();
    assert_eq!(staged.len(), 9);
    staged.iter().for_each(|&locator| assert_eq!(log.reader().read(locator).unwrap(), content(1, 20_000)));
    let too_large = log.stage(Stream::Hot, &accepted(1), &content(1, 1 << 16)).unwrap_err();
    assert!(matches!(too_large, NoRoom::TooLarge { .. }));
    let largest = content(1, SETTINGS.content_bytes_max());
    log.run_jobs().unwrap();
    log.stage(Stream::Hot, &accepted(1), &largest).unwrap();
    log.commit().unwrap();
}

#[test]
fn an_error_of_the_disk_ends_the_log() {
    for error_at in 0..2 {
        let disk = FakeDisk::new();
        let mut log = new_log(&disk);
        commit(&mut log, 1, 100);
        // The write, then the sync.
        disk.set_faults(Faults { error_at: Some(error_at), ..Faults::default() });
        log.stage(Stream::Hot, &accepted(2), &content(2, 100)).unwrap();
        assert!(matches!(log.commit(), Err(CommitError::Io { .. })));
        assert!(matches!(log.commit(), Err(CommitError::Failed)));
        assert!(matches!(log.mark_idle(), Err(CommitError::Failed)));
        assert_eq!(log.stage(Stream::Hot, &accepted(3), &content(3, 100)), Err(NoRoom::Failed));
        assert!(log.next_job().is_none());
    }
}

#[test]
fn an_error_of_the_disk_in_a_job_ends_the_log() {
    let disk = FakeDisk::new();
    let (mut log, _) = open(&disk).unwrap();
    disk.set_faults(Faults { error_at: Some(1), ..Faults::default() });
    assert!(log.run_jobs().is_err());
    assert_eq!(log.stage(Stream::Hot, &accepted(3), &content(3, 100)), Err(NoRoom::Failed));
}

#[test]
fn settings_out_of_bounds_are_refused() {
    let disk = Arc::new(FakeDisk::new());
    for settings in [
        Settings { segment_bytes: (1 << 16) - 4096, ..SETTINGS },
        Settings { segment_bytes: (1 << 16) + 1, ..SETTINGS },
        Settings { segment_bytes: (1 << 30) + 4096, ..SETTINGS },
        Settings { spare_segments: 0, ..SETTINGS },
    ] {
        let opened = Log::open(Arc::clone(&disk), Path::new(DIR), settings, |_, _, _| {});
        assert!(matches!(opened, Err(OpenError::Settings(_))), "{settings:?}");
    }
}

#[test]
fn a_reader_that_must_not_wait_says_so() {
    let disk = FakeDisk::new();
    let mut log = new_log(&disk);
    let locator = commit(&mut log, 1, 5000);
    assert_eq!(log.reader().try_read_cached(locator).unwrap(), Some(content(1, 5000)));
    disk.set_faults(Faults { nothing_cached: true, ..Faults::default() });
    assert_eq!(log.reader().try_read_cached(locator).unwrap(), None);
}

/// A scan once took a broken header for content that is no longer kept, because that content was being erased.
#[test]
fn a_broken_header_is_damage_even_while_the_content_behind_it_is_erased() {
    let disk = FakeDisk::new();
    let mut log = new_log(&disk);
    let locator = commit(&mut log, 1, 300);
    commit(&mut log, 2, 300);
    log.erase(&[locator]);
    disk.flip(&first_segment(), locator.offset as usize + 20, 1).unwrap();
    let scanned = log.scan(locator.segment, 0, 10, |_, _| {});
    assert!(matches!(scanned, Err(ReadError::Damaged { segment: 1, .. })), "{scanned:?}");
}

/// An envelope that with its copies never finds room was once told to try again later, for ever.
#[test]
fn what_is_said_to_find_room_does_so_however_full_the_segment_is() {
    for (spare_segments, length) in [(1, 100), (1, 20_000), (2, 30_000), (3, 50_000)] {
        let settings = Settings { spare_segments, ..SETTINGS };
        let disk = Arc::new(FakeDisk::new());
        let mut log = Log::open(disk, Path::new(DIR), settings, |_, _, _| {}).unwrap();
        log.run_jobs().unwrap();
        while log.segments().first().is_none_or(|segment| segment.bytes_used < 60_000) {
            log.stage(Stream::Hot, &acknowledged(1), &content(1, 0)).unwrap();
            log.commit().unwrap();
            log.run_jobs().unwrap();
        }
        let most = settings.records_max(length);
        assert!(most > 0 && log.holds(Stream::Hot, std::iter::repeat_n(length, most)), "{spare_segments}, {length}");
    }
}

/// A segment that is nearly full, and a last record with so much content behind it; `None` when that went over the
/// end.
fn filled(length: usize) -> Option<(FakeDisk, Locator)> {
    let disk = FakeDisk::new();
    let mut log = new_log(&disk);
    commit(&mut log, 1, 60_000);
    let last = commit(&mut log, 2, length);
    log.close().expect("no fault is set");
    (last.segment == 1).then_some((disk, last))
}

/// There was once no room for it behind a record that just fitted: damage to that record was then taken for a torn
/// tail, also after the log was closed.
#[test]
fn the_last_record_of_a_full_segment_has_room_for_its_mark() {
    let just_fits = (1..).map_while(filled).last();
    let (disk, last) = just_fits.expect("a record without much content fits");
    disk.flip(&first_segment(), last.offset as usize + FRAME_HEADER + 6, 1).unwrap();
    assert_damaged(&disk, last.offset);
}

/// The mark alone said that the content before it was synced. With a flipped bit in the mark, content that had been
/// erased was once taken for a torn tail, and all records behind it were cut off unseen.
#[test]
fn a_broken_mark_does_not_let_erased_content_be_taken_for_a_torn_tail() {
    // Contents of many lengths: they begin and end everywhere in the blocks of the medium.
    for length in (1..3000).step_by(7) {
        let disk = FakeDisk::new();
        let mut log = new_log(&disk);
        let locators = [1, 2].map(|value| {
            log.stage(Stream::Hot, &accepted(value), &content(value as usize, length)).expect("there is room")
        });
        let behind = log.stage(Stream::Hot, &acknowledged(2), &content(0, 0)).unwrap();
        log.commit().unwrap();
        let mark = log.segments()[0].bytes_used;
        log.erase(&locators);
        log.settle().unwrap();
        log.run_jobs().unwrap();
        log.close().unwrap();
        assert!(behind.offset < mark);
        for byte in 0..FRAME_HEADER {
            let disk = disk.copy();
            disk.flip(&first_segment(), mark as usize + byte, 1 << (byte % 8)).unwrap();
            assert_damaged(&disk, mark);
            let seen = inspect(&disk, Path::new(DIR), &mut |_| ControlFlow::Continue(())).unwrap();
            assert!(seen.is_damaged() && seen.segments[0].broken[0].range.start == mark, "{seen:?}");
        }
    }
}

/// A write that a kill cuts short may end between a record and its content: that is zeros, too, and no damage.
#[test]
fn content_that_a_cut_write_left_out_is_a_torn_tail() {
    let disk = FakeDisk::new();
    let mut log = new_log(&disk);
    let [kept, torn] = [1, 2].map(|value| commit(&mut log, value, 700));
    drop(log);
    let bytes = disk.contents(&first_segment()).unwrap();
    let start = (torn.offset + archive_length(&bytes, torn.offset)) as usize + FRAME_HEADER;
    for (place, &byte) in bytes.iter().enumerate().skip(start).take(700) {
        disk.flip(&first_segment(), place, byte).unwrap();
    }
    let (_, replayed) = open(&disk).unwrap();
    assert_eq!(replayed.iter().map(|(_, locator, _)| *locator).collect::<Vec<_>>(), [kept]);
}
