//! Going over to the next segment: after a death at any of its steps, a start and a clean stop, damage to anything
//! that the start replayed is found and named.
//!
//! A death between the seal of a segment and its successor's name leaves a sealed segment as the last of its stream.
//! Nothing behind the seal says that the last batch was synced, the seal itself does not either: of the write that
//! brought it, any block may be missing. So the next start must take what is broken there for a torn tail; but once it
//! has replayed a record, answers rest on it.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::world::{Action, DIR, Remains, Replayed, SETTINGS, open, run};
use phytohub_journal::Stream::{Cold, Hot};
use phytohub_journal::fake::{FakeDisk, Faults};
use phytohub_journal::{ContentState, Inspection, Log, Settings, Stream, inspect};
use phytohub_model::Locator;

/// Outcomes tried for each loss of power.
const SEEDS: u64 = 4;

/// What lies before the frames of a segment.
const SEGMENT_HEAD: usize = 4096;

/// No head of a record and its archive is longer here.
const RECORD_HEAD: usize = 200;

/// No run has so many operations.
const NEVER: u64 = 1 << 32;

/// Many disks are tried and each byte on some of them, so that the test stays quick.
const STEP: usize = 7;

/// Ways in which a stream's first segment comes to its end: what goes before the commit that goes over it, and that.
fn rolls(stream: Stream) -> Vec<(Vec<Action>, Vec<Action>)> {
    use Action::*;
    let first = [Jobs, Stage(stream, 20_000), Stage(stream, 700), Commit, Jobs];
    let over = [Stage(stream, 25_000), Stage(stream, 0), Stage(stream, 300), Stage(stream, 30_000), Commit];
    let alone = [Stage(stream, 45_000), Commit];
    // Both streams in one batch: two segments have their last batches there.
    let other = if stream == Hot { Cold } else { Hot };
    let both = [Stage(other, 35_000), Stage(stream, 30_000), Stage(other, 30_000), Stage(stream, 30_000), Commit];
    let marked = [&first[..], &[Mark]].concat();
    let all = [over.to_vec(), alone.to_vec(), both.to_vec()];
    all.into_iter().flat_map(|roll| [(first.to_vec(), roll.clone()), (marked.clone(), roll)]).collect()
}

/// How a process ends whose last word was that nothing waits.
#[derive(Clone, Copy, Debug)]
enum End {
    /// It was told to.
    Closed,
    /// It was killed; what it wrote is there.
    Idle,
    /// It was told to, after the contents of all envelopes were erased.
    Erased,
}

/// Starts, checks, and ends without a record more.
fn live(disk: &FakeDisk, remains: &Remains, end: End) -> Result<Vec<Replayed>, String> {
    let (mut log, replayed) = open(disk)?;
    remains.check(&replayed)?;
    match end {
        End::Closed => log.close().map(drop),
        End::Idle => log.mark_idle(),
        End::Erased => {
            log.erase(&replayed.iter().map(|(_, locator, _)| *locator).collect::<Vec<_>>());
            log.settle().map_err(|error| error.to_string())?;
            log.run_jobs().map_err(|error| error.to_string())?;
            log.close().map(drop)
        }
    }
    .map_err(|error| error.to_string())?;
    Ok(replayed)
}

/// Every disk that a death at any step of a roll can leave, after a start and an end, by a hash of its bytes: most
/// outcomes of a death are the same then. A death in that start or end is one of those tried.
fn ends(begin: &[Action], roll: &[Action], end: End) -> BTreeMap<u64, (FakeDisk, Vec<Replayed>)> {
    let (mut ends, mut known) = (BTreeMap::new(), BTreeSet::new());
    let actions = [begin, roll].concat();
    let steps = |actions: &[Action]| run(Faults::default(), actions).0.operations();
    for crash_at in steps(begin)..=steps(&actions) {
        let (disk, remains) = run(Faults { crash_at: Some(crash_at), ..Faults::default() }, &actions);
        let killed = disk.copy();
        killed.restart();
        let crashed = [killed].into_iter().chain((0..SEEDS).map(|seed| disk.crash(seed)));
        for (outcome, disk) in crashed.enumerate().filter(|(_, disk)| known.insert(hash(disk))) {
            let told = |error| format!("{roll:?}: death at {crash_at}, outcome {outcome}, {end:?}: {error}");
            let seen = look(&disk);
            assert!(!seen.is_damaged(), "{}", told(format!("{seen:?}")));
            // An erasure that is cut off leaves contents half there, which is another test's matter.
            let first = if matches!(end, End::Erased) { NEVER } else { 0 };
            for second in first.. {
                let disk = disk.copy();
                disk.set_faults(Faults { crash_at: Some(second), ..Faults::default() });
                let lived = live(&disk, &remains, end);
                let has_ended = lived.is_ok();
                let disk = if has_ended { disk } else { disk.crash(second) };
                let replayed = lived.or_else(|_| live(&disk, &remains, end)).map_err(told).expect("no damage");
                disk.restart();
                let (_, again) = open(&disk.copy()).map_err(told).expect("no damage");
                assert!(is_same(&replayed, &again), "{}", told(format!("{again:?} after {replayed:?}")));
                ends.entry(hash(&disk)).or_insert((disk, again));
                if has_ended {
                    break;
                }
            }
        }
    }
    ends
}

/// Whether records and their places are the same.
fn is_same(some: &[Replayed], others: &[Replayed]) -> bool {
    let pairs = some.iter().zip(others);
    some.len() == others.len() && pairs.into_iter().all(|(one, other)| (&one.0, one.1) == (&other.0, other.1))
}

fn look(disk: &FakeDisk) -> Inspection {
    inspect(disk, Path::new(DIR), &mut |_| ControlFlow::Continue(())).expect("no fault is set")
}

fn hash(disk: &FakeDisk) -> u64 {
    let mut hasher = DefaultHasher::new();
    disk.image().hash(&mut hasher);
    hasher.finish()
}

/// The bytes to flip: one of [`STEP`] of all heads and archives, beginning with the `turn`th, and some of contents.
fn places(bytes: &[u8], records: &[&Replayed], turn: usize) -> Vec<usize> {
    let is_content = |place: usize| {
        let mut contents = records.iter().map(|(_, Locator { offset, length, .. }, _)| {
            let start = *offset as usize;
            start + RECORD_HEAD..start + *length as usize
        });
        contents.any(|content| content.contains(&place))
    };
    let end = bytes.iter().rposition(|&byte| byte != 0).map_or(SEGMENT_HEAD, |last| last + 1);
    let is_tried =
        |place: &usize| if is_content(*place) { place.is_multiple_of(997) } else { place % STEP == turn % STEP };
    (SEGMENT_HEAD..end).filter(is_tried).collect()
}

/// A start after damage to a segment says so, or it has every record, and says which content is damaged.
fn judge(disk: &FakeDisk, segment: u32, replayed: &[Replayed]) -> Result<(), String> {
    let seen = look(disk);
    let found = match open(disk) {
        Err(error) if error.contains(&format!("{segment:010}.used is damaged")) && seen.is_damaged() => return Ok(()),
        Err(error) => return Err(format!("{error}; {seen:?}")),
        Ok((_, found)) => found,
    };
    if seen.is_damaged() {
        return Err(format!("a start is well, but {seen:?}"));
    }
    if !is_same(&found, replayed) {
        return Err(format!("{} of {} records", found.len(), replayed.len()));
    }
    let states = found.iter().zip(replayed).filter(|(one, other)| one.2 != other.2);
    let changed: Vec<_> = states.map(|(one, _)| (one.1, one.2)).collect();
    match changed[..] {
        [] => Ok(()),
        [(locator, ContentState::Damaged)] if locator.segment == segment => Ok(()),
        _ => Err(format!("contents: {changed:?}")),
    }
}

fn file(segment: u32) -> PathBuf {
    Path::new(DIR).join(format!("{segment:010}.used"))
}

/// Flips bytes one by one, then all bytes of each record with its head, in each segment.
fn damage_all(disk: &FakeDisk, replayed: &[Replayed], turn: usize) -> (usize, Vec<String>) {
    let (mut flips, mut wrong) = (0, Vec::new());
    for segment in 1..=4 {
        let Ok(bytes) = disk.contents(&file(segment)) else { continue };
        let records: Vec<_> = replayed.iter().filter(|(_, locator, _)| locator.segment == segment).collect();
        let single = places(&bytes, &records, turn).into_iter().map(|place| place..place + 1);
        let whole = records.iter().map(|(_, Locator { offset, length, .. }, _)| {
            let start = *offset as usize;
            start..start + 44 + *length as usize
        });
        for range in single.chain(whole) {
            let disk = disk.copy();
            for place in range.clone() {
                disk.flip(&file(segment), place, 1 << (place % 8)).expect("the file has the byte");
            }
            flips += 1;
            if let Err(error) = judge(&disk, segment, replayed) {
                wrong.push(format!("segment {segment}, {range:?}: {error}"));
            }
        }
    }
    (flips, wrong)
}

/// Whether the last segment of a stream ends in a seal.
fn is_left_sealed(disk: &FakeDisk, stream: Stream) -> bool {
    let last =
        (1..=4).filter_map(|segment| disk.contents(&file(segment)).ok()).rfind(|bytes| bytes[20] == stream as u8);
    last.is_some_and(|bytes| {
        let frame = bytes.windows(4).rposition(|window| window == b"\0PH\x01");
        frame.is_some_and(|frame| bytes[frame + 36] == 254)
    })
}

/// The tests below would see nothing without it.
#[test]
fn a_death_between_a_seal_and_the_successors_name_leaves_a_sealed_segment_as_the_last() {
    for stream in [Hot, Cold] {
        for (begin, roll) in rolls(stream) {
            let actions = [&begin[..], &roll].concat();
            let operations = run(Faults::default(), &actions).0.operations();
            let disks = (0..operations)
                .map(|crash_at| run(Faults { crash_at: Some(crash_at), ..Faults::default() }, &actions).0);
            let sealed = disks.filter(|disk| is_left_sealed(&disk.crash(1), stream)).count();
            assert!(sealed >= 3, "{sealed} of {operations} deaths in {roll:?}");
        }
    }
}

/// Without a spare the successor waits for one. Spares of another size than the one that is set go at the start.
#[test]
fn a_sealed_segment_without_a_spare_is_left_as_soon_as_there_is_one() {
    let settings = Settings { segment_bytes: SETTINGS.segment_bytes * 2, ..SETTINGS };
    let (begin, roll) = rolls(Hot).swap_remove(0);
    let actions = [&begin[..], &roll].concat();
    let before = run(Faults::default(), &begin).0.operations();
    // The write and the sync of the sealed part are done.
    let (disk, _) = run(Faults { crash_at: Some(before + 2), ..Faults::default() }, &actions);
    let disk = disk.crash(0);
    assert!(is_left_sealed(&disk, Hot));
    let mut log = Log::open(Arc::new(disk.clone()), Path::new(DIR), settings, |_, _, _| {}).unwrap();
    log.mark_idle().unwrap();
    assert_eq!((log.segments().len(), log.room().spare_segments), (1, 0));
    log.run_jobs().unwrap();
    log.mark_idle().unwrap();
    assert_eq!(log.segments().iter().map(|segment| segment.sealed).collect::<Vec<_>>(), [true, false]);
    drop(log);
    let (_, replayed) = open(&disk.copy()).unwrap();
    let (_, last, _) = replayed.last().unwrap();
    disk.flip(&file(1), last.offset as usize, 1).unwrap();
    assert_eq!(judge(&disk, 1, &replayed), Ok(()));
    assert!(look(&disk).is_damaged());
}

fn assert_all_damage_is_found(stream: Stream, end: End) {
    let (mut disks, mut flips) = (0, 0);
    for (begin, roll) in rolls(stream) {
        for (disk, replayed) in ends(&begin, &roll, end).into_values() {
            let (tried, wrong) = damage_all(&disk, &replayed, disks);
            assert!(wrong.is_empty(), "{roll:?}, {end:?}: {} of {tried} go unseen, such as {}", wrong.len(), wrong[0]);
            disks += 1;
            flips += tried;
        }
    }
    assert!(disks > 20 && flips > 5_000, "only {flips} places of {disks} disks were tried");
}

#[test]
fn after_a_death_in_a_roll_and_a_clean_stop_all_damage_is_found_in_the_hot_stream() {
    assert_all_damage_is_found(Hot, End::Closed);
}

#[test]
fn after_a_death_in_a_roll_and_a_clean_stop_all_damage_is_found_in_the_cold_stream() {
    assert_all_damage_is_found(Cold, End::Closed);
}

#[test]
fn after_a_death_in_a_roll_and_erasures_all_damage_is_found() {
    assert_all_damage_is_found(Hot, End::Erased);
    assert_all_damage_is_found(Cold, End::Erased);
}

#[test]
fn after_a_death_in_a_roll_and_idle_time_all_damage_is_found() {
    assert_all_damage_is_found(Hot, End::Idle);
    assert_all_damage_is_found(Cold, End::Idle);
}
