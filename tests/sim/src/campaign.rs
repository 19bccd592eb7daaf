//! Runs, one after the other, and what is said of them.

use std::any::Any;
use std::cell::RefCell;
use std::fmt::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use crate::mutation::Mutation;
use crate::oracle::{Guarantee, Violation};
use crate::trace::{Counts, Trace};
use crate::world::World;

/// How a run went.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What it did.
    pub counts: Counts,
    /// All its steps as one number: the same for the same seed.
    pub hash: u64,
    /// What was broken, if anything was.
    pub failure: Option<Failure>,
}

/// A run in which a guarantee was broken.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Which seed.
    pub seed: u64,
    /// The bug that was planted, if one was.
    pub mutation: Option<Mutation>,
    /// What was broken, and by what.
    pub violation: Violation,
    /// At which step.
    pub step: u64,
    /// The last steps before.
    pub recent: Vec<String>,
}

/// One run.
pub fn run(seed: u64, mutation: Option<Mutation>) -> Outcome {
    run_aloud(seed, mutation, None)
}

/// One run, of which `listener` is told each step.
pub fn run_aloud(seed: u64, mutation: Option<Mutation>, listener: Option<fn(&str)>) -> Outcome {
    let trace = Rc::new(RefCell::new(Trace::new(listener)));
    // A panic is a broken invariant of the hub's own. Of the world nothing is looked at afterwards.
    let verdict = catch_unwind(AssertUnwindSafe(|| World::new(seed, mutation, Rc::clone(&trace)).run()))
        .unwrap_or_else(|panic| Err(Violation { guarantee: Guarantee::Invariants, what: said(&*panic) }));
    let trace = trace.borrow();
    let failure = verdict.err().map(|violation| Failure {
        seed,
        mutation,
        violation,
        step: trace.steps(),
        recent: trace.recent(),
    });
    Outcome { counts: trace.counts.clone(), hash: trace.hash(), failure }
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    format!("a panic: {}", text.unwrap_or("without words"))
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, mutation, violation, step, recent } = self;
        let mut steps = String::new();
        recent.iter().try_for_each(|line| writeln!(steps, "  {line}"))?;
        let mutation = mutation.map_or_else(String::new, |mutation| format!(" --mutation {}", mutation.name()));
        write!(
            f,
            "the last steps:\n{steps}broken at step {step} of seed {seed}: {violation}\nto see it again: \
             cargo xtask sim --seed {seed} --runs 1{mutation}"
        )
    }
}
