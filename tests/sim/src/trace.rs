//! What happened in a run: the last steps as text, all of them as one number, and counts.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

/// Steps that are kept as text: enough to see what led to a violation.
const KEPT: usize = 80;

/// The steps of one run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    recent: VecDeque<String>,
    hash: u64,
    steps: u64,
    /// Told of each step, where somebody wants to see them all.
    listener: Option<fn(&str)>,
    pub(crate) counts: Counts,
}

/// What a run, or many, did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests of members that reached a hub.
    pub requests: u64,
    /// Calls of members' services.
    pub calls: u64,
    /// Envelopes that were accepted, copies among them.
    pub envelopes: u64,
    /// Losses of power and kills.
    pub crashes: u64,
    /// Recoveries that went through.
    pub recoveries: u64,
    /// Recoveries that were cut off by another crash.
    pub recoveries_cut: u64,
    /// Segments that were reclaimed or zeroed, spares and erasures: the journal's slow work.
    pub jobs: u64,
    /// Steps of the simulation.
    pub steps: u64,
    /// What went wrong on purpose, by kind.
    pub faults: BTreeMap<&'static str, u64>,
}

impl Counts {
    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.calls += other.calls;
        self.envelopes += other.envelopes;
        self.crashes += other.crashes;
        self.recoveries += other.recoveries;
        self.recoveries_cut += other.recoveries_cut;
        self.jobs += other.jobs;
        self.steps += other.steps;
        for (kind, count) in &other.faults {
            *self.faults.entry(kind).or_default() += count;
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, calls, envelopes, crashes, recoveries, recoveries_cut, jobs, steps, faults } = self;
        write!(
            f,
            "{requests} requests, {calls} calls of services, {envelopes} envelopes, {crashes} crashes, {recoveries} \
             recoveries ({recoveries_cut} more cut off by the next crash), {jobs} jobs on disk, {steps} steps; faults:"
        )?;
        for (index, (kind, count)) in faults.iter().enumerate() {
            write!(f, "{} {count} {kind}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl Trace {
    pub(crate) fn new(listener: Option<fn(&str)>) -> Self {
        Self { listener, ..Self::default() }
    }

    /// Notes a step at this moment of the run.
    pub(crate) fn say(&mut self, at: u64, what: impl fmt::Display) {
        self.steps += 1;
        self.counts.steps = self.steps;
        let line = format!("{:>6} {:>9.3} s  {what}", self.steps, at as f64 / 1000.0);
        // FNV-1a: any difference between two runs shows, and no library's own hash may change it.
        for byte in line.bytes() {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
        if let Some(listener) = self.listener {
            listener(&line);
        }
        if self.recent.len() == KEPT {
            self.recent.pop_front();
        }
        self.recent.push_back(line);
    }

    pub(crate) fn fault(&mut self, kind: &'static str) {
        *self.counts.faults.entry(kind).or_default() += 1;
    }

    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    pub(crate) fn recent(&self) -> Vec<String> {
        self.recent.iter().cloned().collect()
    }
}
