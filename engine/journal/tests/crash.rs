//! Deaths at every operation of a scripted run, with what an unsynced disk may do. The rules are in `common/world.rs`.

mod common;

use common::world::{Action, Remains, World, open, run};
use phytohub_journal::Stream::{Cold, Hot};
use phytohub_journal::fake::{FakeDisk, Faults};

/// Outcomes tried for each loss of power.
const SEEDS: u64 = 12;

/// Rolls both streams over several segments, small and large batches, erases, reclaims, recycles.
fn script() -> Vec<Action> {
    use Action::*;
    let mut actions = vec![Jobs];
    for round in 0..9 {
        actions.extend([Stage(Hot, 9_000), Stage(Hot, 0), Stage(Cold, 0), Stage(Hot, 700), Commit]);
        actions.extend([Stage(Hot, 23_000), Stage(Cold, 14_000 + round), Stage(Hot, 300), Commit, Mark]);
        actions.extend([Erase(round * 7), Stage(Hot, 0), Commit, Erase(round * 5), Job, Stage(Hot, 5_000), Commit]);
        if round % 2 == 1 {
            actions.push(Reclaim);
        }
        actions.push(Jobs);
    }
    // Batches that go over the end of a segment, in both streams.
    actions.extend([Stage(Hot, 40_000), Stage(Cold, 50_000), Stage(Hot, 30_000), Stage(Cold, 20_000), Commit, Mark]);
    actions.extend([Stage(Hot, 0), Stage(Hot, 100), Stage(Hot, 0), Commit]);
    actions
}

/// Operations of the whole script.
fn operations(actions: &[Action]) -> u64 {
    let (disk, _) = run(Faults::default(), actions);
    disk.operations()
}

/// Opens the log after a death, checks it, goes on with it, lets the power go again and checks once more.
fn recover_and_go_on(disk: &FakeDisk, remains: &Remains, seed: u64) -> Result<(), String> {
    let (log, replayed) = open(disk)?;
    remains.check(&replayed)?;
    // What was replayed is durable now: the hub's answers rest on it. Only an erasure may have to be done again.
    remains.after(&replayed).check(&open(&disk.crash(seed + 1))?.1)?;
    let mut world = World::new(disk.clone(), log, remains.after(&replayed));
    let rest = [Action::Jobs, Action::Stage(Hot, 800), Action::Stage(Cold, 0), Action::Commit, Action::Stage(Hot, 40)];
    for action in rest {
        world.act(&action).map_err(|_| "the log died without a fault")?;
    }
    let crashed = disk.crash(seed + 2);
    world.die().check(&open(&crashed)?.1)
}

#[test]
fn after_a_loss_of_power_at_any_operation_all_that_was_committed_is_there() {
    let actions = script();
    let operations = operations(&actions);
    assert!(operations > 150, "the script has become short: {operations}");
    for crash_at in 0..operations {
        let (disk, remains) = run(Faults { crash_at: Some(crash_at), ..Faults::default() }, &actions);
        for seed in 0..SEEDS {
            let result = recover_and_go_on(&disk.crash(seed), &remains, seed);
            assert_eq!(result, Ok(()), "power lost at operation {crash_at}, outcome {seed}");
        }
    }
}

#[test]
fn a_loss_of_power_during_recovery_changes_nothing() {
    let actions = script();
    for crash_at in (0..operations(&actions)).step_by(3) {
        let (disk, remains) = run(Faults { crash_at: Some(crash_at), ..Faults::default() }, &actions);
        for seed in 0..3 {
            let mut crashed = disk.crash(seed);
            for second in 0.. {
                crashed.set_faults(Faults { crash_at: Some(second), ..Faults::default() });
                let opened = open(&crashed);
                // The operation at which the power goes was never reached: recovery came to its end.
                let ended = crashed.operations() <= second;
                crashed = crashed.crash(seed * 31 + second);
                if ended {
                    assert_eq!(opened.err(), None, "power lost at operation {crash_at}, outcome {seed}");
                    break;
                }
            }
            let result = recover_and_go_on(&crashed, &remains, seed);
            assert_eq!(result, Ok(()), "power lost at operation {crash_at}, outcome {seed}, and during recovery");
        }
    }
}

#[test]
fn after_an_error_at_any_operation_the_process_ends_and_the_next_trusts_no_memory() {
    let actions = script();
    for error_at in 0..operations(&actions) {
        let (disk, remains) = run(Faults { error_at: Some(error_at), ..Faults::default() }, &actions);
        assert_eq!(disk.operations(), error_at + 1, "the log went on after an error at operation {error_at}");
        for seed in 0..3 {
            // The process alone, then the machine.
            let disk = disk.copy();
            disk.restart();
            let result = recover_and_go_on(&disk, &remains, seed);
            assert_eq!(result, Ok(()), "error at operation {error_at}");
        }
    }
}

/// The tests above can fail: a log whose syncs do nothing is found out.
#[test]
fn a_disk_that_does_not_sync_is_found_out() {
    let actions = script();
    for faults in [
        Faults { ignore_file_syncs: true, ..Faults::default() },
        Faults { ignore_dir_syncs: true, ..Faults::default() },
    ] {
        let found = (0..operations(&actions)).any(|crash_at| {
            let (disk, remains) = run(Faults { crash_at: Some(crash_at), ..faults }, &actions);
            (0..SEEDS).any(|seed| recover_and_go_on(&disk.crash(seed), &remains, seed).is_err())
        });
        assert!(found, "{faults:?} went unnoticed");
    }
}

/// A frame whose head survived and whose content did not said that everything before it was synced. It is cut off, and
/// with it the only word of that: until a kept frame says so again, nothing before it may be erased.
#[test]
fn an_erased_content_is_not_taken_for_a_torn_tail_when_the_frame_that_covered_it_was_cut_off() {
    use Action::*;
    let begin = [Jobs, Stage(Hot, 9_000), Stage(Hot, 3_000), Commit];
    let operations = operations(&begin);
    let actions = [&begin[..], &[Stage(Hot, 9_000), Commit]].concat();
    // The sync of the second batch never comes; of its write anything may be there.
    let (disk, remains) = run(Faults { crash_at: Some(operations + 1), ..Faults::default() }, &actions);
    for seed in 0..200 {
        let disk = disk.crash(seed);
        let (log, replayed) = open(&disk).expect("a torn tail is no damage");
        let mut world = World::new(disk.clone(), log, remains.after(&replayed));
        for action in [Erase(0), Jobs] {
            world.act(&action).expect("no fault is set");
        }
        let remains = world.die();
        let reopened = open(&disk.crash(seed)).and_then(|(_, replayed)| remains.check(&replayed));
        assert_eq!(reopened, Ok(()), "outcome {seed}");
    }
}
