//! `/v1/overview`: the hub at a glance, now and over the last hour.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use phytohub_core::flow::Breaker;
use phytohub_model::TrackingState;
use serde::Serialize;
use utoipa::ToSchema;

use super::seconds_since;
use crate::clock;
use crate::history::{self, Point};
use crate::hub::Hub;
use crate::maintenance::Notice;

/// The hub at a glance. Counts are since its start.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Overview {
    /// The hub's clock.
    now: String,
    /// Version of the program.
    version: &'static str,
    /// When it started.
    started_at: String,
    /// What the hub is for.
    mode: HubMode,
    /// Whether it serves; false while it stops.
    ready: bool,
    /// What members are told instead of being served; null while they are.
    maintenance: Option<Notice>,
    totals: Totals,
    disk: Disk,
    /// Each shard.
    shards: Vec<ShardRow>,
    capacity: CapacityUsed,
    push: Push,
    /// Alerts that hold.
    alerts_firing: usize,
    history: Hour,
}

/// What a hub is for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum HubMode {
    /// It serves members.
    Live,
    /// Candidates show here what their systems can.
    Sandbox,
}

/// Envelopes and deliveries since the hub started, and what waits.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Totals {
    /// Envelopes accepted.
    accepted: u64,
    /// Envelopes acknowledged by who received them, in whatever words.
    delivered: u64,
    /// Envelopes that nobody acknowledged in time.
    failed: u64,
    /// Deliveries that were not accepted.
    refused: u64,
    /// Requests answered with a fault.
    errors: u64,
    /// Envelopes that wait now, whenever they came.
    pending: u64,
    /// Those of them that wait for an operator.
    parked: u64,
    /// Age of the oldest that waits; null when none does.
    oldest_age_seconds: Option<f64>,
}

/// The disk of the journals.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Disk {
    /// Its size; null when the system does not tell.
    total_bytes: Option<u64>,
    /// Free for the hub.
    free_bytes: Option<u64>,
    /// Not free, for whatever reason.
    used_bytes: Option<u64>,
    /// Free space below which deliveries are refused.
    low_water_bytes: u64,
    /// What the journals take.
    journal_bytes: u64,
    /// Whether deliveries are refused for it.
    low: bool,
}

/// One shard.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShardRow {
    /// Its number.
    id: usize,
    /// Envelopes that wait.
    pending: u64,
    /// Tracks of finished envelopes.
    tracks: u64,
    /// Segment files in use.
    segments: u64,
}

/// What is used of what the hub can hold.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CapacityUsed {
    /// Envelopes that may wait.
    pending_limit: u64,
    /// The part of that which waits.
    pending_used_fraction: f64,
    /// Envelopes accepted a second over the last ten; null before the first ten are over.
    rate_now: Option<f64>,
    /// The busiest second since the hub started; null before the first envelope.
    rate_peak: Option<f64>,
    /// When that was.
    rate_peak_at: Option<String>,
    /// Envelopes a second that the hub is proven to hold (`[report] capacity`); null when nobody measured.
    rate_proven: Option<f64>,
}

/// Services that the hub calls.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Push {
    /// How many.
    destinations: usize,
    /// Those that are not called for now.
    breakers_open: usize,
    /// Envelopes that wait for an operator.
    parked: u64,
}

/// The last hour.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Hour {
    /// Seconds from one point to the next.
    step_seconds: u64,
    /// Oldest first; fewer after a start.
    points: Vec<Point>,
}

/// The hub at a glance: what runs, what waits, what is wrong, and the last hour.
#[utoipa::path(get, path = "/v1/overview", tag = "look", responses((status = 200, body = Overview)))]
pub(super) async fn overview(State(hub): State<Arc<Hub>>, ready: bool) -> Json<Overview> {
    let now = clock::now();
    let parked: u64 = hub.metrics.parked().values().sum();
    Json(Overview {
        now: now.to_string(),
        version: env!("CARGO_PKG_VERSION"),
        started_at: hub.started.to_string(),
        mode: if hub.config.onboarding.is_sandbox() { HubMode::Sandbox } else { HubMode::Live },
        ready,
        maintenance: hub.maintenance.notice().map(|notice| (*notice).clone()),
        totals: totals(&hub, parked),
        disk: disk(&hub),
        shards: shards(&hub),
        capacity: capacity(&hub),
        push: push(&hub, parked),
        alerts_firing: hub.alerts.sight().firing.len(),
        history: Hour { step_seconds: history::step_seconds(), points: hub.history.points() },
    })
}

fn totals(hub: &Hub, parked: u64) -> Totals {
    let failed = hub.metrics.finished_as(TrackingState::FailedDelivery);
    let oldest = hub.metrics.inboxes().iter().filter_map(|inbox| inbox.oldest).min();
    Totals {
        accepted: hub.metrics.accepted_total(),
        delivered: hub.metrics.finished_total().saturating_sub(failed),
        failed,
        refused: hub.metrics.refused_total(),
        errors: hub.metrics.errors_total(),
        pending: hub.metrics.pending_total(),
        parked,
        oldest_age_seconds: seconds_since(clock::now(), oldest),
    }
}

fn disk(hub: &Hub) -> Disk {
    let fs = rustix::fs::statvfs(hub.layout.data().as_path()).ok();
    let bytes = |blocks: u64, size: u64| blocks.saturating_mul(size);
    let journal = &hub.config.journal;
    Disk {
        total_bytes: fs.as_ref().map(|fs| bytes(fs.f_blocks, fs.f_frsize)),
        free_bytes: fs.as_ref().map(|fs| bytes(fs.f_bavail, fs.f_frsize)),
        used_bytes: fs.as_ref().map(|fs| bytes(fs.f_blocks.saturating_sub(fs.f_bavail), fs.f_frsize)),
        low_water_bytes: journal.disk_low_water.0,
        journal_bytes: hub.metrics.segments_total().saturating_mul(journal.segment.0),
        low: hub.metrics.shards_without_room() > 0,
    }
}

fn shards(hub: &Hub) -> Vec<ShardRow> {
    let row = |(id, [pending, tracks, segments]): (usize, [u64; 3])| ShardRow { id, pending, tracks, segments };
    hub.metrics.shards().enumerate().map(row).collect()
}

fn capacity(hub: &Hub) -> CapacityUsed {
    let (pending, limit) = (hub.metrics.pending_total(), hub.config.limits.pending_total);
    let (peak, proven) = (hub.history.peak(), hub.config.report.capacity);
    CapacityUsed {
        pending_limit: limit,
        pending_used_fraction: pending as f64 / limit.max(1) as f64,
        rate_now: hub.history.rate_now(),
        rate_peak: peak.map(|peak| peak.rate),
        rate_peak_at: peak.map(|peak| peak.at.to_string()),
        rate_proven: (0.0 < proven).then_some(proven),
    }
}

fn push(hub: &Hub, parked: u64) -> Push {
    let services = hub.board.all();
    let breakers_open = services.iter().filter(|(_, status)| status.breaker != Breaker::Closed).count();
    Push { destinations: services.len(), breakers_open, parked }
}
