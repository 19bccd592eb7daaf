//! The last hour of the hub, for operators: a point each ten seconds, read from counters that are there anyway.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use phytohub_alert::Bucket;
use phytohub_model::Timestamp;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use utoipa::ToSchema;

use crate::clock;
use crate::hub::Hub;
use crate::statistics::p99_us;

/// How often the counters are looked at: the busiest second is one of these.
const TICK: Duration = Duration::from_secs(1);
/// Looks from one point to the next.
const TICKS_PER_POINT: u32 = 10;
/// Points of an hour, those at both ends included.
const POINTS_MAX: usize = 361;

/// The last hour.
#[derive(Debug, Default)]
pub(crate) struct History {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    points: VecDeque<Point>,
    rate_now: Option<f64>,
    peak: Option<Peak>,
}

/// The busiest second since the hub started.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Peak {
    pub(crate) at: Timestamp,
    pub(crate) rate: f64,
}

/// The hub over ten seconds.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Point {
    /// The end of these ten seconds.
    pub(crate) at: String,
    /// Envelopes accepted a second.
    pub(crate) accepted_per_s: f64,
    /// Envelopes that ended a second: acknowledged, or failed.
    pub(crate) finished_per_s: f64,
    /// Deliveries refused a second.
    pub(crate) refused_per_s: f64,
    /// Requests a second that were answered with a fault.
    pub(crate) errors_per_s: f64,
    /// Envelopes that wait.
    pub(crate) pending: u64,
    /// Age of the oldest that waits; 0 when nothing does.
    pub(crate) oldest_age_seconds: f64,
    /// 99 of 100 commits took no longer; none when there was none.
    pub(crate) commit_p99_ms: Option<f64>,
    /// Open connections.
    pub(crate) connections: u64,
}

/// Counters at one moment.
struct Counted {
    accepted: u64,
    finished: u64,
    refused: u64,
    errors: u64,
    commits: Vec<Bucket>,
}

impl History {
    /// The points of the last hour, oldest first.
    pub(crate) fn points(&self) -> Vec<Point> {
        self.kept().points.iter().cloned().collect()
    }

    /// Envelopes accepted a second over the last ten; none before the first point.
    pub(crate) fn rate_now(&self) -> Option<f64> {
        self.kept().rate_now
    }

    /// The busiest second since the hub started, if one had an envelope.
    pub(crate) fn peak(&self) -> Option<Peak> {
        self.kept().peak
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self, at: Timestamp, rate: f64) {
        let mut kept = self.kept();
        if 0.0 < rate && kept.peak.is_none_or(|peak| peak.rate < rate) {
            kept.peak = Some(Peak { at, rate });
        }
    }

    fn add(&self, point: Point) {
        let mut kept = self.kept();
        kept.rate_now = Some(point.accepted_per_s);
        kept.points.push_back(point);
        if POINTS_MAX < kept.points.len() {
            kept.points.pop_front();
        }
    }
}

/// Seconds between two points, as the answer tells them.
pub(crate) fn step_seconds() -> u64 {
    TICK.as_secs() * u64::from(TICKS_PER_POINT)
}

/// Looks at the counters until the hub stops.
pub(crate) async fn keep(hub: Arc<Hub>, mut stop: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    let (mut before, mut point_at) = (Counted::of(&hub), Instant::now());
    let (mut accepted, mut looked_at, mut looks) = (before.accepted, point_at, 0);
    while !*stop.borrow() {
        tokio::select! {
            _ = stop.changed() => break,
            _ = ticks.tick() => {}
        }
        let (now, so_far) = (Instant::now(), hub.metrics.accepted_total());
        // A tick that comes late or early must not make a peak of an ordinary second.
        let seconds = now.duration_since(looked_at).as_secs_f64().max(TICK.as_secs_f64());
        hub.history.look(clock::now(), (so_far - accepted) as f64 / seconds);
        (accepted, looked_at, looks) = (so_far, now, looks + 1);
        if looks == TICKS_PER_POINT {
            let counted = Counted::of(&hub);
            hub.history.add(point(&hub, &before, &counted, now.duration_since(point_at)));
            (before, point_at, looks) = (counted, now, 0);
        }
    }
}

impl Counted {
    fn of(hub: &Hub) -> Self {
        Self {
            accepted: hub.metrics.accepted_total(),
            finished: hub.metrics.finished_total(),
            refused: hub.metrics.refused_total(),
            errors: hub.metrics.errors_total(),
            commits: hub.metrics.commits(),
        }
    }
}

fn point(hub: &Hub, before: &Counted, now: &Counted, span: Duration) -> Point {
    let at = clock::now();
    let rate = |before: u64, now: u64| now.saturating_sub(before) as f64 / span.as_secs_f64().max(0.001);
    let oldest = hub.metrics.inboxes().iter().filter_map(|inbox| inbox.oldest).min();
    let commits = p99_us(&before.commits, &now.commits);
    Point {
        at: at.to_string(),
        accepted_per_s: rate(before.accepted, now.accepted),
        finished_per_s: rate(before.finished, now.finished),
        refused_per_s: rate(before.refused, now.refused),
        errors_per_s: rate(before.errors, now.errors),
        pending: hub.metrics.pending_total(),
        oldest_age_seconds: oldest.map_or(0.0, |oldest| at.since(oldest).as_secs_f64()),
        commit_p99_ms: (0 < commits).then_some(commits as f64 / 1000.0),
        connections: u64::try_from(hub.metrics.connections.get()).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(pending: u64) -> Point {
        Point {
            at: String::new(),
            accepted_per_s: pending as f64,
            finished_per_s: 0.0,
            refused_per_s: 0.0,
            errors_per_s: 0.0,
            pending,
            oldest_age_seconds: 0.0,
            commit_p99_ms: None,
            connections: 0,
        }
    }

    #[test]
    fn an_hour_is_kept_and_no_more() {
        let history = History::default();
        assert_eq!((history.rate_now(), history.peak()), (None, None));
        (0..1000).for_each(|pending| history.add(point(pending)));
        let points = history.points();
        assert_eq!((points.len() - 1) as u64 * step_seconds(), 3600);
        assert_eq!((points[0].pending, points[360].pending, history.rate_now()), (639, 999, Some(999.0)));
    }

    #[test]
    fn the_peak_is_the_busiest_second_and_when_it_was() {
        let history = History::default();
        for (at, rate) in [(1, 0.0), (2, 7.0), (3, 9.0), (4, 9.0), (5, 3.0)] {
            history.look(Timestamp(at), rate);
        }
        assert_eq!(history.peak(), Some(Peak { at: Timestamp(3), rate: 9.0 }));
    }
}
