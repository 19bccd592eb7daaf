//! Prometheus metrics. Names, codes of members and numbers only: no content, no persons, no keys.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use phytohub_core::flow::Breaker;
use phytohub_core::shard::{Freed, Inbox, Shard};
use phytohub_journal::{Log, RealDisk};
use phytohub_model::{AttemptOutcome, ConnectionCode, Fact, TrackingState};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use tracing::Instrument;

use crate::alerts::{CommitTimes, Vitals};
use crate::clock;
use crate::guard::GuardMetrics;
use crate::member_figures::MemberFigures;
use crate::push::Board;
use crate::statistics::Tallies;
use crate::step::Step;
use crate::validate::{Broken, Judgement};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StepLabel {
    step: Step,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabel {
    operation: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabel {
    state: &'static str,
}

/// Who sent a certificate, by a code of the registry.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JudgedLabel {
    from: String,
    verdict: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PushedLabel {
    to: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FindingLabel {
    from: String,
    rule: String,
    level: &'static str,
}

/// How an envelope can end.
const FINAL: [TrackingState; 4] = [
    TrackingState::Delivered,
    TrackingState::DeliveredWithWarnings,
    TrackingState::DeliveredNotReadable,
    TrackingState::FailedDelivery,
];

/// Spans from 20 us to 80 s, each twice the one before.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(20e-6, 2.0, 22))
}

/// All metrics of a hub.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabel, Counter>,
    /// Those of them that were answered with a fault.
    errors: AtomicU64,
    refused: Family<ReasonLabel, Counter>,
    refused_total: AtomicU64,
    /// Open connections.
    pub(crate) connections: Gauge,
    /// Connections ended by the hub, by reason.
    connections_ended: Family<ReasonLabel, Counter>,
    judged: Family<JudgedLabel, Counter>,
    findings: Family<FindingLabel, Counter>,
    not_judged: Counter,
    pushed: Family<PushedLabel, Counter>,
    flow: Flow,
    states: Vec<Arc<ShardState>>,
    /// What the hub counts to watch itself.
    pub(crate) vitals: Vitals,
    /// What is counted of the admin address.
    pub(crate) guard: Arc<GuardMetrics>,
    /// What is noted by member, for the statistics.
    pub(crate) tallies: Tallies,
    /// What is counted by member, for operators.
    pub(crate) members: Arc<MemberFigures>,
}

/// What the hub and each of its shards count together; clones count into the same.
#[derive(Clone)]
struct Flow {
    steps: Family<StepLabel, Histogram, fn() -> Histogram>,
    accepted: Counter,
    finished: Family<StateLabel, Counter>,
    dwell: Histogram,
    batch_records: Histogram,
    batch_bytes: Histogram,
    sync: Histogram,
    commits: Arc<CommitTimes>,
    members: Arc<MemberFigures>,
}

/// One shard's part.
pub(crate) struct ShardMetrics {
    flow: Flow,
    state: Arc<ShardState>,
}

/// What a shard tells about itself with every tick.
#[derive(Debug, Default)]
struct ShardState {
    inboxes: ArcSwap<Vec<Inbox>>,
    parked: ArcSwap<Vec<(ConnectionCode, u64)>>,
    pending: AtomicU64,
    tracks: AtomicU64,
    segments: AtomicU64,
    disk_low: AtomicI64,
}

impl Metrics {
    /// Registers everything for `shards` shards and the services that `services` tells of.
    pub(crate) fn new(shards: u8, services: Arc<Board>) -> (Self, Vec<Arc<ShardMetrics>>) {
        let mut registry = Registry::with_prefix("phytohub");
        let members: Arc<MemberFigures> = Arc::default();
        let flow = Flow {
            steps: Family::new_with_constructor(seconds as fn() -> Histogram),
            accepted: Counter::default(),
            finished: Family::default(),
            // From 100 ms to about 20 days.
            dwell: Histogram::new(exponential_buckets(0.1, 4.0, 13)),
            batch_records: Histogram::new(exponential_buckets(1.0, 2.0, 12)),
            batch_bytes: Histogram::new(exponential_buckets(256.0, 4.0, 10)),
            sync: seconds(),
            commits: Arc::default(),
            members: Arc::clone(&members),
        };
        flow.register(&mut registry);
        let requests = Family::default();
        let refused = Family::default();
        let connections = Gauge::default();
        let connections_ended = Family::default();
        registry.register("requests", "Requests by operation and outcome", requests.clone());
        registry.register("refused", "Deliveries not accepted, by reason", refused.clone());
        registry.register("connections", "Open connections", connections.clone());
        let help = "Connections that the hub ended, by reason";
        registry.register("connections_ended", help, connections_ended.clone());
        let (judged, findings, not_judged) = (Family::default(), Family::default(), Counter::default());
        registry.register("judged", "Deliveries judged by the validator, by sender and verdict", judged.clone());
        let help = "Deliveries in which a rule was broken, by sender and rule";
        registry.register("findings", help, findings.clone());
        let help = "Deliveries left out by the observing validator because too many waited";
        registry.register("not_judged", help, not_judged.clone());
        let pushed = Family::default();
        registry.register("pushed", "Calls of members' services, by receiver and outcome", pushed.clone());
        registry.register_collector(Box::new(ServiceCollector(services)));
        let states: Vec<Arc<ShardState>> = (0..shards).map(|_| Arc::default()).collect();
        registry.register_collector(Box::new(StateCollector(states.clone())));
        let vitals = Vitals::new(&mut registry);
        let guard = GuardMetrics::new(&mut registry);
        let shard = |state: &Arc<ShardState>| ShardMetrics { flow: flow.clone(), state: Arc::clone(state) };
        let shards = states.iter().map(|state| Arc::new(shard(state))).collect();
        let all = Self {
            registry,
            requests,
            errors: AtomicU64::new(0),
            refused,
            refused_total: AtomicU64::new(0),
            connections,
            connections_ended,
            judged,
            findings,
            not_judged,
            pushed,
            flow,
            states,
            vitals,
            guard,
            tallies: Tallies::default(),
            members,
        };
        (all, shards)
    }

    /// One request was answered.
    pub(crate) fn request(&self, operation: &'static str, outcome: &'static str, is_fault: bool) {
        self.errors.fetch_add(u64::from(is_fault), std::sync::atomic::Ordering::Relaxed);
        self.requests.get_or_create(&RequestLabel { operation, outcome }).inc();
    }

    /// One delivery of the registered code `from` was not accepted.
    pub(crate) fn refused(&self, from: &str, reason: &'static str) {
        self.tallies.refused(from, reason);
        self.refused_total.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.refused.get_or_create(&ReasonLabel { reason }).inc();
    }

    /// The hub ended a connection.
    pub(crate) fn connection_ended(&self, reason: &'static str) {
        self.connections_ended.get_or_create(&ReasonLabel { reason }).inc();
    }

    /// A delivery of the registered code `from` was judged.
    pub(crate) fn judged(&self, from: &str, judgement: &Judgement) {
        self.tallies.judged(from, judgement);
        self.members.judged(from, judgement);
        let verdict = judgement.outcome.to_string();
        self.judged.get_or_create(&JudgedLabel { from: from.to_owned(), verdict }).inc();
        for Broken { rule, level } in &judgement.broken {
            let label = FindingLabel { from: from.to_owned(), rule: rule.to_string(), level: level.as_str() };
            self.findings.get_or_create(&label).inc();
        }
    }

    /// The service of a member or channel was called.
    pub(crate) fn pushed(&self, to: &str, outcome: AttemptOutcome) {
        self.pushed.get_or_create(&PushedLabel { to: to.to_owned(), outcome: outcome.as_str() }).inc();
    }

    /// A delivery was left out by the observer.
    pub(crate) fn not_judged(&self) {
        self.not_judged.inc();
    }

    /// Runs one step of a request in its span, and counts the time it took.
    pub(crate) async fn step<T>(&self, step: Step, work: impl Future<Output = T>) -> T {
        let started = Instant::now();
        let result = work.instrument(step.span()).await;
        self.flow.steps.get_or_create(&StepLabel { step }).observe(started.elapsed().as_secs_f64());
        result
    }

    /// What waits for each destination, as of the shards' last word.
    pub(crate) fn inboxes(&self) -> Vec<Inbox> {
        self.states.iter().flat_map(|state| state.inboxes.load().to_vec()).collect()
    }

    /// How many envelopes are parked, of each receiver with any.
    pub(crate) fn parked(&self) -> BTreeMap<ConnectionCode, u64> {
        parked(&self.states)
    }

    /// Shards that refuse deliveries for want of disk.
    pub(crate) fn shards_without_room(&self) -> usize {
        let low = |state: &&Arc<ShardState>| state.disk_low.load(std::sync::atomic::Ordering::Relaxed) != 0;
        self.states.iter().filter(low).count()
    }

    /// How long commits took since the process began.
    pub(crate) fn commits(&self) -> Vec<phytohub_alert::Bucket> {
        self.flow.commits.buckets()
    }

    /// Envelopes accepted since the start.
    pub(crate) fn accepted_total(&self) -> u64 {
        self.flow.accepted.get()
    }

    /// Envelopes that ended since the start.
    pub(crate) fn finished_total(&self) -> u64 {
        FINAL.into_iter().map(|state| self.finished_as(state)).sum()
    }

    /// Envelopes that ended so since the start.
    pub(crate) fn finished_as(&self, state: TrackingState) -> u64 {
        self.flow.finished.get_or_create(&StateLabel { state: state.as_str() }).get()
    }

    /// Deliveries not accepted since the start.
    pub(crate) fn refused_total(&self) -> u64 {
        self.refused_total.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Requests answered with a fault since the start.
    pub(crate) fn errors_total(&self) -> u64 {
        self.errors.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Each shard's envelopes that wait, tracks and segments, as of its last tick.
    pub(crate) fn shards(&self) -> impl Iterator<Item = [u64; 3]> + '_ {
        let read = |value: &AtomicU64| value.load(std::sync::atomic::Ordering::Relaxed);
        self.states.iter().map(move |state| [read(&state.pending), read(&state.tracks), read(&state.segments)])
    }

    /// Envelopes that wait, as of each shard's last tick.
    pub(crate) fn pending_total(&self) -> u64 {
        self.states.iter().map(|state| state.pending.load(std::sync::atomic::Ordering::Relaxed)).sum()
    }

    /// Segment files in use, as of each shard's last tick.
    pub(crate) fn segments_total(&self) -> u64 {
        self.states.iter().map(|state| state.segments.load(std::sync::atomic::Ordering::Relaxed)).sum()
    }

    /// The Prometheus text format.
    pub(crate) fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut page = String::new();
        text::encode(&mut page, &self.registry)?;
        Ok(page)
    }
}

impl Flow {
    fn register(&self, registry: &mut Registry) {
        let steps = self.steps.clone();
        registry.register_with_unit("step", "Time in each step of an envelope's way", Unit::Seconds, steps);
        registry.register("accepted", "Envelopes accepted, durable", self.accepted.clone());
        registry.register("finished", "Envelopes that ended, by their final state", self.finished.clone());
        let dwell = self.dwell.clone();
        registry.register_with_unit("dwell", "From acceptance to the end of an envelope", Unit::Seconds, dwell);
        let records = self.batch_records.clone();
        registry.register("journal_batch_requests", "Requests answered by one commit", records);
        let bytes = self.batch_bytes.clone();
        registry.register_with_unit("journal_batch", "Bytes written by one commit", Unit::Bytes, bytes);
        let sync = self.sync.clone();
        registry.register_with_unit("journal_commit", "Write and sync of one batch", Unit::Seconds, sync);
    }
}

impl ShardMetrics {
    pub(crate) fn observe(&self, step: Step, span: Duration) {
        self.flow.steps.get_or_create(&StepLabel { step }).observe(span.as_secs_f64());
    }

    pub(crate) fn accepted(&self) {
        self.flow.accepted.inc();
    }

    /// An envelope ended by `fact`.
    pub(crate) fn ended(&self, fact: &Fact, freed: &Freed) {
        let (state, at) = match fact {
            Fact::Acknowledged(fact) => {
                self.flow.members.ended(freed.to, fact.at, fact.at.since(freed.accepted_at));
                (TrackingState::from(fact.outcome).as_str(), fact.at)
            }
            Fact::Expired(fact) => ("FailedDelivery", fact.at),
            _ => return,
        };
        self.flow.finished.get_or_create(&StateLabel { state }).inc();
        self.flow.dwell.observe(at.since(freed.accepted_at).as_secs_f64());
    }

    /// A batch became durable.
    pub(crate) fn committed(&self, requests: usize, bytes: usize, span: Duration) {
        self.flow.batch_records.observe(requests as f64);
        self.flow.batch_bytes.observe(bytes as f64);
        self.flow.sync.observe(span.as_secs_f64());
        self.flow.commits.observe(span);
    }

    /// The shard's state as of now.
    pub(crate) fn observe_state(&self, core: &Shard, log: &Log<RealDisk>, is_full: bool) {
        use std::sync::atomic::Ordering::Relaxed;
        self.state.inboxes.store(Arc::new(core.inboxes().collect()));
        self.state.parked.store(Arc::new(core.parked().collect()));
        self.state.pending.store(core.pending(), Relaxed);
        self.state.tracks.store(core.tracks(), Relaxed);
        self.state.segments.store(log.segments().len() as u64, Relaxed);
        self.state.disk_low.store(i64::from(is_full), Relaxed);
    }
}

/// Services that are called: whether each is believed to work.
#[derive(Debug)]
struct ServiceCollector(Arc<Board>);

impl Collector for ServiceCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let help = "Whether a member's service is believed to work: 0 = yes, 1 = being tried, 2 = no";
        let kind = ConstGauge::new(0_u64).metric_type();
        let mut family = encoder.encode_descriptor("push_breaker", help, None, kind)?;
        for (code, status) in self.0.all() {
            let value: u64 = match status.breaker {
                Breaker::Closed => 0,
                Breaker::HalfOpen => 1,
                Breaker::Open => 2,
            };
            ConstGauge::new(value).encode(family.encode_family(&[("to", code.as_str())])?)?;
        }
        Ok(())
    }
}

/// Parked envelopes of each receiver with any, over all shards.
fn parked(states: &[Arc<ShardState>]) -> BTreeMap<ConnectionCode, u64> {
    let mut parked: BTreeMap<ConnectionCode, u64> = BTreeMap::new();
    for state in states {
        for &(code, count) in state.parked.load().iter() {
            *parked.entry(code).or_default() += count;
        }
    }
    parked
}

/// Gauges that are read from the shards' last word when someone asks.
#[derive(Debug)]
struct StateCollector(Vec<Arc<ShardState>>);

impl Collector for StateCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        use std::sync::atomic::Ordering::Relaxed;
        let sum = |read: fn(&ShardState) -> u64| self.0.iter().map(|state| read(state)).sum::<u64>();
        let gauges = [
            ("pending_total", "Envelopes that wait", sum(|state| state.pending.load(Relaxed))),
            ("tracks", "Tracks of finished envelopes", sum(|state| state.tracks.load(Relaxed))),
            ("journal_segments", "Segment files in use", sum(|state| state.segments.load(Relaxed))),
            (
                "shards_without_room",
                "Shards that refuse deliveries for want of disk",
                sum(|state| u64::from(state.disk_low.load(Relaxed) != 0)),
            ),
        ];
        for (name, help, value) in gauges {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        self.encode_inboxes(&mut encoder)
    }
}

impl StateCollector {
    fn encode_inboxes(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let now = clock::now();
        let inboxes: Vec<Arc<Vec<Inbox>>> = self.0.iter().map(|state| state.inboxes.load_full()).collect();
        let pending = ConstGauge::new(0_u64);
        let help = "Envelopes that wait for a destination";
        let mut family = encoder.encode_descriptor("pending", help, None, pending.metric_type())?;
        for inbox in inboxes.iter().flat_map(|inboxes| inboxes.iter()) {
            let labels = [("destination", inbox.code.as_str())];
            ConstGauge::new(inbox.pending).encode(family.encode_family(&labels)?)?;
        }
        let help = "Age of the oldest envelope that waits for a destination";
        let kind = pending.metric_type();
        let mut family = encoder.encode_descriptor("oldest_pending", help, Some(&Unit::Seconds), kind)?;
        for inbox in inboxes.iter().flat_map(|inboxes| inboxes.iter()) {
            let labels = [("destination", inbox.code.as_str())];
            let age = inbox.oldest.map_or(Duration::ZERO, |oldest| now.since(oldest));
            ConstGauge::new(age.as_secs_f64()).encode(family.encode_family(&labels)?)?;
        }
        self.encode_parked(encoder)
    }

    fn encode_parked(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let kind = ConstGauge::new(0_u64).metric_type();
        let help = "Envelopes that a receiver's service did not take and that wait for an operator";
        let mut family = encoder.encode_descriptor("parked", help, None, kind)?;
        for (code, count) in parked(&self.0) {
            ConstGauge::new(count).encode(family.encode_family(&[("destination", code.as_str())])?)?;
        }
        Ok(())
    }
}
