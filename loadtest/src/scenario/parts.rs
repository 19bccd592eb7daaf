//! The other sections of a scenario.

use std::collections::BTreeMap;
use std::time::Duration;

use phytohub_operate::{Size, Span};
use serde::{Deserialize, Serialize};

/// Most connections of one run: file descriptors of one process, with room to spare.
const CONNECTIONS_MAX: usize = 8_192;

fn share(section: &str, name: &str, value: f64) -> Result<(), String> {
    if (0.0..=1.0).contains(&value) { Ok(()) } else { Err(format!("[{section}] {name} = {value} must be from 0 to 1")) }
}

/// Section `[clients]`: how senders connect, and how patient they are.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Clients {
    /// Connections of all senders together, by their share of the deliveries; each has one at least.
    pub(crate) connections: usize,
    /// Share of requests that make a new connection.
    pub(crate) fresh: f64,
    /// Whether a new connection resumes a TLS session.
    pub(crate) tickets: bool,
    /// How long a client waits for an answer.
    pub(crate) patience: Span,
    /// How often it sends again what was not answered, or was told to come later.
    pub(crate) retries: u32,
    /// How long it waits before that.
    pub(crate) retry_after: Span,
    /// Share of accepted deliveries that are sent once more, as after an answer that was lost.
    pub(crate) duplicates: f64,
    /// Threads of the generator.
    pub(crate) threads: usize,
    /// Deliveries that may wait for a connection of their sender; more are not begun, and fail the run.
    pub(crate) waiting_max: usize,
}

impl Default for Clients {
    fn default() -> Self {
        Self {
            connections: 128,
            fresh: 0.0,
            tickets: true,
            patience: Span::seconds(30),
            retries: 0,
            retry_after: Span(Duration::from_millis(200)),
            duplicates: 0.0,
            threads: 1,
            waiting_max: 20_000,
        }
    }
}

impl Clients {
    pub(crate) fn check(&self) -> Result<(), String> {
        share("clients", "fresh", self.fresh)?;
        share("clients", "duplicates", self.duplicates)?;
        if self.connections == 0 || self.connections > CONNECTIONS_MAX {
            return Err(format!("[clients] connections must be from 1 to {CONNECTIONS_MAX}"));
        }
        if self.threads == 0 || self.threads > 64 {
            return Err("[clients] threads must be from 1 to 64".to_owned());
        }
        if self.patience.0.is_zero() || self.waiting_max == 0 {
            return Err("[clients] patience and waiting_max must be more than 0".to_owned());
        }
        Ok(())
    }
}

/// How a receiver fetches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fetch {
    /// PULLImportEnvelope: all that waits, as much as fits an answer.
    Batch,
    /// GetImportEnvelopeHeaders, then PULLSingleImportEnvelope for each.
    Single,
    /// Not at all: nobody receives, and what was accepted stays with the hub.
    Nothing,
}

/// Some receivers that are away for a while.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Away {
    /// Share of the traffic whose receivers are away, the biggest first.
    pub(crate) share: f64,
    /// From then on.
    pub(crate) from: Span,
    /// Until they all return at once.
    pub(crate) until: Span,
}

/// Section `[receivers]`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Receivers {
    /// How they fetch.
    pub(crate) fetch: Fetch,
    /// How long they wait after they found nothing.
    pub(crate) interval: Span,
    /// Connections for acknowledgements of all receivers together, by their share; each has one at least.
    pub(crate) connections: usize,
    /// Share of receivers that acknowledge after `slow_after` only.
    pub(crate) slow: f64,
    /// That long.
    pub(crate) slow_after: Span,
    /// Share of receivers that never acknowledge, until the drain.
    pub(crate) never: f64,
    /// Share of acknowledgements with a warning.
    pub(crate) warnings: f64,
    /// Share of acknowledgements that say it could not be read.
    pub(crate) unreadable: f64,
    /// Receivers that are away for a while.
    pub(crate) away: Option<Away>,
}

impl Default for Receivers {
    fn default() -> Self {
        Self {
            fetch: Fetch::Batch,
            interval: Span(Duration::from_millis(200)),
            connections: 64,
            slow: 0.0,
            slow_after: Span::seconds(3),
            never: 0.0,
            warnings: 0.03,
            unreadable: 0.01,
            away: None,
        }
    }
}

impl Receivers {
    pub(crate) fn check(&self) -> Result<(), String> {
        for (name, value) in [
            ("slow", self.slow),
            ("never", self.never),
            ("slow and never together", self.slow + self.never),
            ("warnings", self.warnings),
            ("unreadable", self.unreadable),
            ("warnings and unreadable together", self.warnings + self.unreadable),
        ] {
            share("receivers", name, value)?;
        }
        if self.connections == 0 || self.connections > CONNECTIONS_MAX {
            return Err(format!("[receivers] connections must be from 1 to {CONNECTIONS_MAX}"));
        }
        if let Some(away) = &self.away {
            share("receivers", "away.share", away.share)?;
            if away.from.0 >= away.until.0 {
                return Err("[receivers] away.until must be after away.from".to_owned());
            }
        }
        Ok(())
    }
}

/// Section `[hub]`: the hub that the tool starts itself.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct HubSettings {
    /// Settings of the hub for this run, as `PHYTOHUB_SECTION_KEY`.
    pub(crate) environment: BTreeMap<String, String>,
    /// A file system of this size in memory takes the place of the hub's data for the run, to be full soon; for root.
    pub(crate) small_disk: Option<Size>,
    /// Each sync of the hub takes so much longer (needs strace).
    pub(crate) slow_sync: Option<Span>,
}

impl HubSettings {
    /// Whether a hub that already runs cannot be used.
    pub(crate) fn needs_own_hub(&self) -> bool {
        !self.environment.is_empty() || self.small_disk.is_some() || self.slow_sync.is_some()
    }
}

/// Section `[neighbour]`: one member floods during the second half of the measured part.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Neighbour {
    /// Deliveries a second that it makes beside its usual ones.
    pub(crate) rate: f64,
    /// Connections that it opens for them.
    pub(crate) connections: usize,
    /// By how much of itself the others' p99 may move.
    pub(crate) moves_at_most: f64,
}

impl Neighbour {
    fn is_sane(&self) -> bool {
        (0.0..=100_000.0).contains(&self.rate) && (0.0..=100.0).contains(&self.moves_at_most)
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        if !self.is_sane() || self.connections == 0 || self.connections > CONNECTIONS_MAX {
            return Err(
                "[neighbour] rate (to 100000), connections (from 1) and moves_at_most (to 100) must be sane".into()
            );
        }
        Ok(())
    }
}

/// Section `[search]`: the rate at which the limits break.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Search {
    /// First rate that is tried.
    pub(crate) from: f64,
    /// Highest rate that is tried.
    pub(crate) to: f64,
    /// The search ends when what held and what did not are this close.
    pub(crate) precision: f64,
    /// How often the search is made.
    pub(crate) repeats: u32,
    /// Length of the measured part of one try.
    pub(crate) hold: Span,
}

impl Default for Search {
    fn default() -> Self {
        Self { from: 1000.0, to: 50_000.0, precision: 0.05, repeats: 3, hold: Span::seconds(6) }
    }
}

impl Search {
    pub(crate) fn check(&self) -> Result<(), String> {
        let rates = self.from >= 1.0 && self.from <= self.to && self.to <= 1_000_000.0;
        if !rates || !(0.005..=0.5).contains(&self.precision) || !(1..=20).contains(&self.repeats) {
            return Err(
                "[search] from (at least 1) must be below to, precision from 0.005 to 0.5, repeats from 1 to 20"
                    .to_owned(),
            );
        }
        Ok(())
    }
}

/// What is done to the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FaultKind {
    /// kill -9, and a start after `for`.
    Kill,
    /// Stopped (SIGSTOP) for `for`.
    Pause,
    /// Stopped by SIGTERM, and a start after `for`.
    Restart,
}

/// A table `[[fault]]`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    /// When, from the start of the run.
    pub(crate) at: Span,
    /// What.
    #[serde(rename = "do")]
    pub(crate) kind: FaultKind,
    /// For how long.
    #[serde(rename = "for", default = "no_time")]
    pub(crate) duration: Span,
}

fn no_time() -> Span {
    Span(Duration::ZERO)
}

impl Fault {
    pub(crate) fn check(&self, seconds: f64) -> Result<(), String> {
        if (self.at.0 + self.duration.0).as_secs_f64() > seconds {
            return Err(format!("[[fault]] at {}: is not over when the run ends after {seconds:.0} s", self.at));
        }
        Ok(())
    }
}

/// Section `[limits]`: what must hold. What is left out is not limited; the ledger always is.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// p99 of deliveries, over the measured part.
    pub(crate) p99: Option<Span>,
    /// p99 of deliveries in the last stage.
    pub(crate) last_p99: Option<Span>,
    /// Share of deliveries that fail: not answered in the end, or refused although they were right.
    pub(crate) failed: f64,
    /// Accepted deliveries a second, at least, over the measured part.
    pub(crate) accepted: Option<f64>,
    /// Envelopes whose life ended, a second, at least, over the measured part.
    pub(crate) acknowledged: Option<f64>,
    /// How long the drain at the end may take.
    pub(crate) drain: Option<Span>,
    /// How long it may take until receivers that were away have nothing left.
    pub(crate) backlog: Option<Span>,
    /// The hub's CPU time for an accepted envelope, microseconds.
    pub(crate) hub_cpu_us: Option<f64>,
    /// The hub's memory at the end, over that at a quarter of the run.
    pub(crate) memory_growth: Option<f64>,
    /// How long the hub may take to serve again after a fault.
    pub(crate) recovery: Option<Span>,
    /// Errors, by their names in the report, that must have been seen: else what was to be rehearsed did not happen.
    pub(crate) sees: Vec<String>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            p99: None,
            last_p99: None,
            failed: 0.0,
            accepted: None,
            acknowledged: None,
            drain: None,
            backlog: None,
            hub_cpu_us: None,
            memory_growth: None,
            recovery: None,
            sees: Vec::new(),
        }
    }
}
