//! What is measured while a run goes on: each worker counts for itself, and hands over once a second.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use phytoload_report::{Curve, Latency};

/// Longest latency that is told apart, microseconds: beyond ten minutes everything is the same.
const MICROS_MAX: u64 = 600_000_000;
/// Digits that histograms of a whole run keep.
const DIGITS: u8 = 3;
/// Digits that those of one second keep.
const DIGITS_OF_A_SECOND: u8 = 2;
/// Reasons of errors that are told apart: a hub that says something else each time must not fill the memory.
const REASONS_MAX: usize = 200;
/// Percentiles at which curves have a point.
const CURVE: [f64; 18] = [
    0.0, 10.0, 25.0, 50.0, 75.0, 80.0, 90.0, 95.0, 97.5, 99.0, 99.5, 99.75, 99.9, 99.95, 99.975, 99.99, 99.995, 99.999,
];

/// Latencies in microseconds.
#[derive(Clone, Debug)]
pub(crate) struct Latencies(Histogram<u64>);

impl Latencies {
    fn with(digits: u8) -> Self {
        let made = Histogram::new_with_bounds(1, MICROS_MAX, digits);
        // The bounds are constants that fit; an empty histogram that grows would do as well.
        Self(made.unwrap_or_else(|_| Histogram::new(1).unwrap_or_else(|_| unreachable!("one digit is legal"))))
    }

    /// Counts a latency of so many nanoseconds.
    pub(crate) fn record(&mut self, nanos: u64) {
        self.0.saturating_record((nanos / 1000).max(1));
    }

    /// Adds those of another.
    pub(crate) fn add(&mut self, other: &Self) {
        // Both have the same bounds, so nothing can be left out.
        let _ = self.0.add(&other.0);
    }

    /// Percentile in milliseconds.
    pub(crate) fn percentile(&self, percentile: f64) -> f64 {
        self.0.value_at_percentile(percentile) as f64 / 1000.0
    }

    /// In numbers, milliseconds.
    pub(crate) fn summary(&self) -> Latency {
        if self.0.is_empty() {
            return Latency::default();
        }
        Latency {
            count: self.0.len(),
            mean: self.0.mean() / 1000.0,
            p50: self.percentile(50.0),
            p90: self.percentile(90.0),
            p99: self.percentile(99.0),
            p999: self.percentile(99.9),
            max: self.0.max() as f64 / 1000.0,
        }
    }

    /// Over the percentiles, as far as there are enough of them to tell.
    pub(crate) fn curve(&self) -> Curve {
        let enough = |percentile: f64| (100.0 - percentile) / 100.0 * self.0.len() as f64 >= 0.999;
        let points = CURVE.iter().filter(|&&percentile| enough(percentile));
        Curve { points: points.map(|&percentile| (percentile, self.percentile(percentile))).collect() }
    }

    /// Every value that occurred, with how often, a line each: the raw histogram.
    pub(crate) fn raw(&self) -> String {
        let lines = self.0.iter_recorded();
        let lines =
            lines.map(|value| format!("{},{}\n", value.value_iterated_to(), value.count_since_last_iteration()));
        std::iter::once("microseconds,count\n".to_owned()).chain(lines).collect()
    }
}

impl Default for Latencies {
    fn default() -> Self {
        Self::with(DIGITS)
    }
}

/// Kinds of requests, as reports name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// A delivery, from when it was due to its first answer that counts.
    Deliver,
    /// The same, of a member that floods.
    Flood,
    /// One request of a receiver for what waits.
    Pull,
    /// One acknowledgement.
    Acknowledge,
}

impl Class {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Deliver => "deliver",
            Self::Flood => "deliver, flooding",
            Self::Pull => "pull",
            Self::Acknowledge => "acknowledge",
        }
    }
}

/// What happened in one second.
#[derive(Clone, Debug)]
pub(crate) struct Second {
    pub(crate) offered: u64,
    pub(crate) accepted: u64,
    pub(crate) received: u64,
    pub(crate) acknowledged: u64,
    pub(crate) errors: u64,
    pub(crate) deliver: Latencies,
}

impl Default for Second {
    fn default() -> Self {
        let deliver = Latencies::with(DIGITS_OF_A_SECOND);
        Self { offered: 0, accepted: 0, received: 0, acknowledged: 0, errors: 0, deliver }
    }
}

impl Second {
    pub(crate) fn add(&mut self, other: &Self) {
        self.offered += other.offered;
        self.accepted += other.accepted;
        self.received += other.received;
        self.acknowledged += other.acknowledged;
        self.errors += other.errors;
        self.deliver.add(&other.deliver);
    }
}

/// What happened in one stage.
#[derive(Clone, Debug, Default)]
pub(crate) struct StageCounts {
    pub(crate) offered: u64,
    pub(crate) accepted: u64,
    pub(crate) acknowledged: u64,
    /// Deliveries that failed for good.
    pub(crate) failed: u64,
    pub(crate) deliver: Latencies,
    pub(crate) lateness: Latencies,
}

/// All that one worker, or all of them together, counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) stages: Vec<StageCounts>,
    /// Latency of the measured part, by kind.
    pub(crate) classes: BTreeMap<Class, Latencies>,
    /// How late deliveries were begun.
    pub(crate) lateness: Latencies,
    pub(crate) errors: BTreeMap<String, u64>,
    pub(crate) requests: u64,
    pub(crate) handshakes: u64,
    pub(crate) not_begun: u64,
    /// Bytes of content that were accepted.
    pub(crate) content: u64,
    pub(crate) accepted: u64,
    pub(crate) second: Second,
}

impl Counts {
    /// For a run of so many stages.
    pub(crate) fn new(stages: usize) -> Self {
        Self { stages: vec![StageCounts::default(); stages], ..Self::default() }
    }

    /// A request failed for this reason.
    pub(crate) fn error(&mut self, reason: &str) {
        self.second.errors += 1;
        let is_one_too_many = self.errors.len() >= REASONS_MAX && !self.errors.contains_key(reason);
        let reason = if is_one_too_many { "other reasons" } else { reason };
        match self.errors.get_mut(reason) {
            Some(count) => *count += 1,
            None => {
                self.errors.insert(reason.to_owned(), 1);
            }
        }
    }

    /// Adds those of another worker; what belongs to a second went its own way.
    pub(crate) fn add(&mut self, other: &Self) {
        for (mine, others) in self.stages.iter_mut().zip(&other.stages) {
            mine.offered += others.offered;
            mine.accepted += others.accepted;
            mine.acknowledged += others.acknowledged;
            mine.failed += others.failed;
            mine.deliver.add(&others.deliver);
            mine.lateness.add(&others.lateness);
        }
        for (class, latencies) in &other.classes {
            self.classes.entry(*class).or_default().add(latencies);
        }
        self.lateness.add(&other.lateness);
        for (reason, count) in &other.errors {
            *self.errors.entry(reason.clone()).or_default() += count;
        }
        self.requests += other.requests;
        self.handshakes += other.handshakes;
        self.not_begun += other.not_begun;
        self.content += other.content;
        self.accepted += other.accepted;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_told_in_milliseconds() {
        let mut latencies = Latencies::default();
        (1..=1000).for_each(|micros| latencies.record(micros * 1_000_000));
        let summary = latencies.summary();
        assert_eq!(summary.count, 1000);
        assert!((summary.p50 - 500.0).abs() < 1.0 && (summary.p99 - 990.0).abs() < 1.0, "{summary:?}");
        assert_eq!(latencies.curve().points.last().map(|point| point.0), Some(99.9));
        assert_eq!(Latencies::default().summary(), Latency::default());
    }

    #[test]
    fn reasons_without_end_are_gathered() {
        let mut counts = Counts::new(0);
        (0..1000).for_each(|turn| counts.error(&format!("reason {turn}")));
        counts.error("reason 7");
        assert_eq!(counts.errors.len(), REASONS_MAX + 1);
        assert_eq!(counts.errors.get("other reasons"), Some(&(1000 - REASONS_MAX as u64)));
        assert_eq!(counts.errors.get("reason 7"), Some(&2));
    }

    #[test]
    fn the_raw_histogram_has_every_count() {
        let mut latencies = Latencies::default();
        [5, 5, 9].iter().for_each(|micros| latencies.record(micros * 1000));
        assert_eq!(latencies.raw(), "microseconds,count\n5,2\n9,1\n");
    }
}
