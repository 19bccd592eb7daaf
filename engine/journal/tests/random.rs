//! Random actions, deaths and recoveries against the list of what was told.

mod common;

use common::world::{Action, World, open, run};
use phytohub_journal::Stream;
use phytohub_journal::fake::Faults;
use proptest::prelude::*;

/// One life of a process and the way it ends.
#[derive(Clone, Debug)]
struct Life {
    actions: Vec<Action>,
    crash_at: Option<u64>,
    /// The machine goes down too, not the process alone.
    power_lost: bool,
    seed: u64,
}

fn action() -> impl Strategy<Value = Action> {
    let stream = prop_oneof![4 => Just(Stream::Hot), 1 => Just(Stream::Cold)];
    let length = prop_oneof![2 => Just(0_usize), 3 => 1_usize..2_000, 2 => 2_000_usize..25_000];
    prop_oneof![
        8 => (stream, length).prop_map(|(stream, length)| Action::Stage(stream, length)),
        5 => Just(Action::Commit),
        1 => Just(Action::Mark),
        2 => any::<usize>().prop_map(Action::Erase),
        1 => Just(Action::Reclaim),
        2 => Just(Action::Jobs),
        2 => Just(Action::Job),
    ]
}

fn life() -> impl Strategy<Value = Life> {
    let actions = prop::collection::vec(action(), 1..60);
    (actions, prop::option::of(0_u64..120), any::<bool>(), any::<u64>())
        .prop_map(|(actions, crash_at, power_lost, seed)| Life { actions, crash_at, power_lost, seed })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn many_lives_lose_nothing(lives in prop::collection::vec(life(), 1..6)) {
        let (mut disk, mut remains) = run(Faults::default(), &[Action::Jobs]);
        for life in lives {
            let (log, replayed) = open(&disk).map_err(TestCaseError::fail)?;
            remains.check(&replayed).map_err(TestCaseError::fail)?;
            let mut world = World::new(disk.clone(), log, remains.after(&replayed));
            disk.set_faults(Faults { crash_at: life.crash_at, ..Faults::default() });
            for action in &life.actions {
                if world.act(action).is_err() {
                    break;
                }
            }
            remains = world.die();
            if life.power_lost {
                disk = disk.crash(life.seed);
            } else {
                disk.restart();
            }
        }
        let (_, replayed) = open(&disk).map_err(TestCaseError::fail)?;
        remains.check(&replayed).map_err(TestCaseError::fail)?;
    }
}
