//! Seeds of the simulation, fixed and random ones; that a seed is all that a run depends on; and that bugs which are
//! planted are found.
#![expect(clippy::print_stdout, reason = "says which seeds were run, and what they did")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use phytohub_sim::{Counts, Guarantee, Mutation, run};

/// Time for each of two kinds of seeds.
const SEEDS_TIME: Duration = Duration::from_secs(25);
/// Fewer than these are run in no case, however slow the machine.
const SEEDS_LEAST: u64 = 12;
/// Seeds within which each planted bug must be found.
const SEEDS_MOST: u64 = 120;

fn run_seeds(first: u64) {
    let began = Instant::now();
    let mut counts = Counts::default();
    let mut runs = 0;
    while runs < SEEDS_LEAST || began.elapsed() < SEEDS_TIME {
        let outcome = run(first.wrapping_add(runs), None);
        if let Some(failure) = outcome.failure {
            panic!("{failure}");
        }
        counts.add(&outcome.counts);
        runs += 1;
    }
    println!("{runs} runs from seed {first}: {counts}");
    assert!(counts.crashes > 0 && counts.recoveries > counts.crashes && counts.envelopes > 1000, "{counts}");
}

#[test]
fn what_the_hub_promises_holds_for_fixed_seeds() {
    run_seeds(1);
}

#[test]
fn what_the_hub_promises_holds_for_random_seeds() {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |time| time.as_nanos() as u64);
    let first = time % 1_000_000_000;
    println!("random seeds from {first}");
    run_seeds(first);
}

#[test]
fn a_seed_is_all_that_a_run_depends_on() {
    for seed in [7, 8, 9] {
        let (first, second) = (run(seed, None), run(seed, None));
        assert_eq!((first.hash, first.counts), (second.hash, second.counts), "seed {seed}");
    }
    assert_ne!(run(7, None).hash, run(8, None).hash);
}

/// By which promise each planted bug is found, as far as it is always the same.
fn expected(mutation: Mutation) -> Option<&'static [Guarantee]> {
    use Guarantee::{Bytes, Damage, Durable, Erased, Fair, Identity, NeverAfter, NoneVanishes, Order, Registry, Retry};
    Some(match mutation {
        Mutation::ForgetZeros => &[Erased],
        Mutation::ForgetRetries => &[Retry],
        Mutation::DropOnThirdFailure => &[NoneVanishes, Order],
        Mutation::ServeStalePulls => &[NeverAfter, Durable],
        Mutation::SkipWhatMoved => &[Order],
        Mutation::ServeDamage => &[Bytes, Damage],
        Mutation::RegistryAnswersEarly => &[Registry],
        Mutation::StaleRegistry => &[Identity],
        Mutation::BlameAll | Mutation::ServeOneFirst => &[Fair],
        Mutation::ForgetOnSwitch => &[Fair, Order, NoneVanishes],
        Mutation::ForgetCopies => &[NoneVanishes],
        _ => return None,
    })
}

#[test]
fn each_planted_bug_is_found() {
    let mut missed = Vec::new();
    for mutation in Mutation::ALL {
        let found = (1..=SEEDS_MOST).find_map(|seed| run(seed, Some(mutation)).failure);
        match found {
            Some(failure) => {
                let (seed, guarantee) = (failure.seed, failure.violation.guarantee);
                println!("{}: found by seed {seed}, {guarantee:?}", mutation.name());
                if expected(mutation).is_some_and(|expected| !expected.contains(&guarantee)) {
                    missed.push(format!("{}, which was found by {guarantee:?}:\n{failure}", mutation.name()));
                }
            }
            None => missed.push(mutation.name().to_owned()),
        }
    }
    assert!(missed.is_empty(), "not found in {SEEDS_MOST} seeds, or by something else: {}", missed.join("\n"));
}
