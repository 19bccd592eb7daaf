//! The metrics that are compared, and how much each must change to count.

use std::collections::BTreeSet;

use super::Unit;
use super::noise::{self, noise};
use crate::{Latency, Report};

/// Least change of rates, CPU and sizes that counts: repeats of a run on one machine differ by about that.
const FLOOR: f64 = 0.05;

/// Least change of p50 and p99. Hub and generator mostly share a machine, and each delays the other.
const FLOOR_LATENCY: f64 = 0.10;

/// Least change of p99.9 and of the most memory: few moments of a run decide them.
const FLOOR_RARE: f64 = 0.20;

/// Changes of a latency up to this many milliseconds are those of a scheduler, not of a hub.
const STEP_MS: f64 = 0.1;

/// Changes of the share of failures up to this are none. There is no other floor: any share of nothing is nothing.
const STEP_SHARE: f64 = 0.001;

/// Which values are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Better {
    /// Higher ones.
    More,
    /// Lower ones.
    Less,
}

/// A metric of one run.
#[derive(Clone, Debug)]
pub(super) struct Measure {
    pub(super) name: String,
    pub(super) unit: Unit,
    pub(super) better: Better,
    /// None where it was not measured or cannot be believed.
    pub(super) value: Option<f64>,
    /// How far the run's value is uncertain, as a share of it.
    pub(super) noise: f64,
    /// Least change that counts, as a share.
    pub(super) floor: f64,
    /// Least change that counts, in the metric's unit.
    pub(super) step: f64,
}

/// The kinds of request of both runs.
pub(super) fn kinds(a: &Report, b: &Report) -> BTreeSet<String> {
    a.latency.keys().chain(b.latency.keys()).cloned().collect()
}

/// The metrics of a run, in the same order for every run with the same `kinds`.
pub(super) fn measures(report: &Report, kinds: &BTreeSet<String>) -> Vec<Measure> {
    let (hub, series) = (&report.hub, &report.series);
    let mut measures = vec![measure(
        "accepted",
        Unit::PerSecond,
        Better::More,
        report.accepted_rate(),
        noise(report, &series.accepted),
    )];
    for kind in kinds {
        measures.extend(latencies(report, kind));
    }
    let hub_cpu = noise(report, &noise::ratio(&series.hub_cpu, &series.accepted));
    let generator_cpu = noise(report, &noise::ratio(&series.generator_cpu, &series.offered));
    let request = Some(report.generator.cpu_us_per_request).filter(|us| *us > 0.0);
    let (more, less) = (Better::More, Better::Less);
    let memory = hub.memory_max.map(|bytes| bytes as f64);
    measures.extend([
        measure("hub CPU an envelope", Unit::Microseconds, less, hub.cpu_us_per_envelope, hub_cpu),
        measure("written an envelope", Unit::Bytes, less, hub.written_per_envelope, 0.0),
        Measure { floor: FLOOR_RARE, ..measure("hub memory, most", Unit::Bytes, less, memory, 0.0) },
        measure("backlog worked off", Unit::PerSecond, more, hub.drain_per_second, 0.0),
        measure("generator CPU a request", Unit::Microseconds, less, request, generator_cpu),
        Measure {
            floor: 0.0,
            step: STEP_SHARE,
            ..measure("failed deliveries", Unit::Share, less, report.failed_share(), 0.0)
        },
    ]);
    let knee = report.knee.as_ref();
    let repeats = knee.map(|knee| noise::of(&knee.repeats)).unwrap_or_default();
    measures.push(measure("knee", Unit::PerSecond, more, knee.map(|knee| knee.rate), repeats));
    measures
}

fn measure(name: &str, unit: Unit, better: Better, value: Option<f64>, noise: f64) -> Measure {
    let value = value.filter(|value| value.is_finite());
    Measure { name: name.to_owned(), unit, better, value, noise, floor: FLOOR, step: 0.0 }
}

/// p50, p99 and p99.9 of a kind of request. Only those of deliveries have a value a second, whose noise is taken for
/// the others' as well: they go through the same hub.
fn latencies(report: &Report, kind: &str) -> [Measure; 3] {
    let latency = report.latency.get(kind).filter(|latency| latency.count > 0 && report.believable());
    let series = &report.series;
    let of = |name: &str, value: fn(&Latency) -> f64, seconds: &[f64], floor: f64| {
        let name = format!("{name} of {kind}");
        let value = latency.map(value);
        let noise = noise(report, seconds);
        Measure { floor, step: STEP_MS, ..measure(&name, Unit::Milliseconds, Better::Less, value, noise) }
    };
    [
        of("p50", |latency| latency.p50, &series.p50, FLOOR_LATENCY),
        of("p99", |latency| latency.p99, &series.p99, FLOOR_LATENCY),
        of("p99.9", |latency| latency.p999, &series.p99, FLOOR_RARE),
    ]
}
