//! The report as data: what `report.json` holds.
//!
//! Times of latency are milliseconds, other spans seconds, sizes bytes, rates a second. Offsets are seconds from the
//! start of the run. What could not be measured (a hub on another machine has no process to look at) is `None`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Everything that a run found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Version of this format; readers refuse what they do not know.
    pub format: u32,
    /// What was run.
    pub scenario: Scenario,
    /// What came out, in a word.
    pub verdict: Verdict,
    /// Each limit of the scenario and what was measured against it; the ledger's checks come first.
    pub checks: Vec<Check>,
    /// When the run began, in UTC, as RFC 3339 has it.
    pub started_at: String,
    /// How long it took, from the first request to the end of the drain, in seconds.
    pub seconds: f64,
    /// Versions of the programs.
    pub versions: Versions,
    /// Where generator and hub ran.
    pub machine: Machine,
    /// Parts of the run with a rate of their own, in order.
    pub stages: Vec<Stage>,
    /// One value for each second of the run.
    pub series: Series,
    /// Latency by kind of request (`deliver`, `pull`, `acknowledge`, ...), of the measured part of the run.
    pub latency: BTreeMap<String, Latency>,
    /// The same as curves over the percentiles.
    pub curves: BTreeMap<String, Curve>,
    /// What became of the envelopes.
    pub ledger: Ledger,
    /// Requests that did not end as they should, by a short reason.
    pub errors: BTreeMap<String, u64>,
    /// What was done to the hub on purpose.
    pub faults: Vec<Fault>,
    /// What the hub used.
    pub hub: HubUse,
    /// What the generator used, and whether its figures can be believed.
    pub generator: Generator,
    /// The knee, of a run that searched for it.
    pub knee: Option<Knee>,
    /// What the hub holds on this machine. Filled by `capacity`.
    pub capacity: Vec<CapacityRow>,
    /// What a million envelopes cost. Filled by `cost`.
    pub cost: Option<Cost>,
}

/// What was run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What it proves, in a paragraph.
    pub proves: String,
    /// All settings as they held, as TOML.
    pub settings: String,
    /// Seed of everything that is random.
    pub seed: u64,
}

/// What came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every check passed.
    Passed,
    /// A check did not pass.
    #[default]
    Failed,
    /// The generator could not keep up, so latencies are not to be believed; the ledger is.
    GeneratorLimited,
    /// It was interrupted; the report tells of the part that ran.
    Interrupted,
}

/// A limit and what was measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// What is limited, in words: `p99 of deliver`.
    pub name: String,
    /// The limit in words: `at most 20 ms`.
    pub limit: String,
    /// What was measured in words: `12.3 ms`.
    pub measured: String,
    /// Whether it holds.
    pub passed: bool,
}

/// Versions of the programs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Versions {
    /// Of the load tool.
    pub phytoload: String,
    /// Of the hub, as it tells it.
    pub phytohub: String,
}

/// Where generator and hub ran.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Processors that the generator may use.
    pub cores: usize,
    /// Name of the processor.
    pub processor: String,
    /// Memory, bytes.
    pub memory: u64,
    /// Operating system and its version.
    pub system: String,
    /// File system of the hub's directory.
    pub file_system: String,
    /// Whether hub and generator share the machine.
    pub shared: bool,
}

/// A part of the run with a rate of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Its name, such as `10 x world`.
    pub name: String,
    /// Offset of its begin.
    pub from: f64,
    /// Offset of its end.
    pub to: f64,
    /// Deliveries that were to begin and to be accepted, a second: what must be refused does not count.
    pub offered: f64,
    /// Deliveries that were accepted, a second.
    pub accepted: f64,
    /// Envelopes whose acknowledgement was confirmed, a second.
    pub acknowledged: f64,
    /// Share of deliveries that failed: not answered, or refused although they were right.
    pub failed: f64,
    /// Latency of deliveries, from when they were to begin.
    pub latency: Latency,
    /// The hub's CPU time, as a share of one processor.
    pub hub_cpu: Option<f64>,
    /// Whether the generator kept up.
    pub generator_limited: bool,
}

/// Latency of one kind of request, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// How many were measured.
    pub count: u64,
    /// Mean.
    pub mean: f64,
    /// Half were faster.
    pub p50: f64,
    /// Nine of ten.
    pub p90: f64,
    /// 99 of 100.
    pub p99: f64,
    /// 999 of 1,000.
    pub p999: f64,
    /// The slowest.
    pub max: f64,
}

/// Latency over the percentiles.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// Pairs of a percentile (0 to 100, below 100) and the latency in milliseconds, ascending in both.
    pub points: Vec<(f64, f64)>,
}

/// One value a second. All are of the length of `second`, or empty when they could not be measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Offset of the second's begin.
    pub second: Vec<f64>,
    /// Deliveries that were to begin and to be accepted.
    pub offered: Vec<f64>,
    /// Deliveries that were accepted.
    pub accepted: Vec<f64>,
    /// Envelopes that came to receivers.
    pub received: Vec<f64>,
    /// Acknowledgements that were confirmed.
    pub acknowledged: Vec<f64>,
    /// Requests that failed.
    pub errors: Vec<f64>,
    /// Latency of deliveries, milliseconds; 0 where none ended.
    pub p50: Vec<f64>,
    /// The same.
    pub p99: Vec<f64>,
    /// The same.
    pub max: Vec<f64>,
    /// Envelopes that wait in the hub.
    pub pending: Vec<f64>,
    /// The hub's CPU time, as a share of one processor.
    pub hub_cpu: Vec<f64>,
    /// The hub's resident memory, bytes.
    pub hub_memory: Vec<f64>,
    /// Mean time of the hub's commits (write and sync of a batch), milliseconds.
    pub commit: Vec<f64>,
    /// The generator's CPU time, as a share of one processor.
    pub generator_cpu: Vec<f64>,
}

/// What became of the envelopes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// Deliveries that were begun.
    pub intended: u64,
    /// Of these, how many were accepted.
    pub accepted: u64,
    /// Envelopes by class: `delivered once`, `waiting`, `refused`, `unanswered`, `lost`, `unexpected`, `duplicate`,
    /// `misrouted`, `altered`, `out of order`, `wrongly accepted`.
    pub classes: BTreeMap<String, u64>,
    /// Envelopes that came again before their acknowledgement was confirmed, which is allowed.
    pub offered_again: u64,
    /// The first few faults, a sentence each.
    pub faults: Vec<String>,
}

/// Something that was done to the hub on purpose.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// Offset.
    pub at: f64,
    /// What, in words: `kill -9`, `stopped for 5 s`.
    pub what: String,
    /// Seconds until the hub served again, if it had to.
    pub recovered_after: Option<f64>,
}

/// What the hub used, over the whole run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HubUse {
    /// CPU microseconds for an envelope that was accepted, or its whole life where it ended.
    pub cpu_us_per_envelope: Option<f64>,
    /// CPU seconds.
    pub cpu_seconds: Option<f64>,
    /// Bytes written to the journal for an accepted envelope.
    pub written_per_envelope: Option<f64>,
    /// Bytes of an accepted envelope's content, on average.
    pub content_per_envelope: f64,
    /// Most resident memory, bytes.
    pub memory_max: Option<u64>,
    /// Commits (each one sync).
    pub commits: Option<u64>,
    /// Envelopes that were acknowledged a second while a backlog was worked off; where there was none, in the stage
    /// where it was most, which is a lower bound.
    pub drain_per_second: Option<f64>,
    /// How long the drain at the end took, seconds.
    pub drain_seconds: f64,
}

/// What the generator used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Generator {
    /// CPU microseconds a request.
    pub cpu_us_per_request: f64,
    /// Requests that it made.
    pub requests: u64,
    /// How late it began deliveries, after they were due.
    pub lateness: Latency,
    /// Deliveries that were due and never begun, because too many waited for a connection.
    pub not_begun: u64,
    /// Whether it could not keep up.
    pub limited: bool,
    /// Why, if so.
    pub reason: String,
}

/// The rate at which a limit breaks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Knee {
    /// Median over the repeats of the highest rate that held.
    pub rate: f64,
    /// The repeats' own knees.
    pub repeats: Vec<f64>,
    /// The limit that breaks beyond it, in words.
    pub limit: String,
    /// Every rate that was tried.
    pub trials: Vec<Trial>,
}

/// One rate that was tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Which repeat, from 1.
    pub repeat: u32,
    /// Deliveries offered a second.
    pub offered: f64,
    /// Deliveries accepted a second.
    pub accepted: f64,
    /// p99 of their latency, milliseconds.
    pub p99: f64,
    /// Whether all limits held.
    pub held: bool,
    /// Whether it was the generator that could not keep up.
    pub generator_limited: bool,
}

/// What the hub holds: a row of the capacity table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CapacityRow {
    /// `today's world`, `ten times`, `a hundred times`.
    pub name: String,
    /// Certificates a year.
    pub per_year: f64,
    /// Certificates a second in its busiest minute.
    pub peak_per_second: f64,
    /// Whether a rate at least as high was held in this run.
    pub held: bool,
    /// The highest rate held, over the peak.
    pub headroom: f64,
    /// Hours of an outage of all receivers that the row speaks of.
    pub outage_hours: f64,
    /// Disk for what waits after that outage, bytes.
    pub outage_disk: f64,
    /// Seconds until that is worked off, while new ones keep coming at the average rate.
    pub drain_seconds: Option<f64>,
}

/// What a million envelopes cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Currency of the price file.
    pub currency: String,
    /// Parts of the sum.
    pub lines: Vec<CostLine>,
    /// Their sum.
    pub total: f64,
}

/// A part of the cost of a million envelopes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CostLine {
    /// What is paid for.
    pub what: String,
    /// How much of it.
    pub amount: String,
    /// Its price.
    pub price: String,
    /// The product.
    pub cost: f64,
}
