//! What the hub counts so that it can watch itself: deliveries by sender, who fetched when, how long commits took.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use dashmap::DashMap;
use phytohub_alert::{Bucket, Observation, Sight};
use phytohub_model::{ConnectionCode, Timestamp};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::gauges::Gauges;
use crate::clock;

/// What became of a sender's delivery.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DeliveryLabel {
    from: String,
    outcome: &'static str,
}

/// What was seen at the last look, for the page of metrics.
pub(crate) struct LastLook {
    pub(crate) seen: Observation,
    pub(crate) sight: Sight,
}

/// The counts.
pub(crate) struct Vitals {
    deliveries: Family<DeliveryLabel, Counter>,
    fetched: DashMap<ConnectionCode, AtomicU64>,
    last_look: Arc<ArcSwapOption<LastLook>>,
}

impl Vitals {
    pub(crate) fn new(registry: &mut Registry) -> Self {
        let deliveries = Family::default();
        registry.register("deliveries", "Deliveries by sender and outcome", deliveries.clone());
        let last_look = Arc::default();
        registry.register_collector(Box::new(Gauges::new(Arc::clone(&last_look))));
        Self { deliveries, fetched: DashMap::new(), last_look }
    }

    /// A new delivery of the registered code `from` was accepted.
    pub(crate) fn accepted(&self, from: &ConnectionCode) {
        self.delivery(from, "accepted").inc();
    }

    /// A delivery was refused of who acts for `codes`; `from` is what its header said.
    pub(crate) fn refused(&self, codes: &[ConnectionCode], from: &str) {
        // Only registered codes are labels: what a header says can be anything.
        if let Some(code) = codes.iter().find(|code| code.as_str() == from).or(codes.first()) {
            self.delivery(code, "refused").inc();
        }
    }

    fn delivery(&self, from: &ConnectionCode, outcome: &'static str) -> Counter {
        self.deliveries.get_or_create(&DeliveryLabel { from: from.as_str().to_owned(), outcome }).clone()
    }

    /// Deliveries of a sender: accepted and refused.
    pub(crate) fn deliveries_of(&self, from: &ConnectionCode) -> (u64, u64) {
        (self.delivery(from, "accepted").get(), self.delivery(from, "refused").get())
    }

    /// Who acts for `codes` asked for what waits.
    pub(crate) fn fetched(&self, codes: &[ConnectionCode]) {
        let now = clock::now().0;
        for code in codes {
            match self.fetched.get(code) {
                Some(last) => last.store(now, Ordering::Relaxed),
                None => drop(self.fetched.insert(*code, AtomicU64::new(now))),
            }
        }
    }

    /// When that was for a code, since the process began.
    pub(crate) fn last_fetch(&self, code: &ConnectionCode) -> Option<Timestamp> {
        self.fetched.get(code).map(|last| Timestamp(last.load(Ordering::Relaxed)))
    }

    /// A look at the hub, for the page of metrics.
    pub(crate) fn observed(&self, seen: Observation, sight: Sight) {
        self.last_look.store(Some(Arc::new(LastLook { seen, sight })));
    }
}

/// Bounds of commits: from 20 us, each twice the one before.
const COMMIT_BUCKETS: usize = 22;
const COMMIT_FIRST_MICROS: u64 = 20;

/// How long commits took, readable where a metric can only be shown.
#[derive(Debug, Default)]
pub(crate) struct CommitTimes {
    /// The last one is for all that took longer than its bound, too.
    counts: [AtomicU64; COMMIT_BUCKETS],
}

impl CommitTimes {
    /// A batch took so long.
    pub(crate) fn observe(&self, span: Duration) {
        let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        let index = (0..COMMIT_BUCKETS).find(|index| micros <= COMMIT_FIRST_MICROS << index);
        if let Some(count) = self.counts.get(index.unwrap_or(COMMIT_BUCKETS - 1)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many took how long.
    pub(crate) fn buckets(&self) -> Vec<Bucket> {
        let bucket = |(index, count): (usize, &AtomicU64)| Bucket {
            seconds: (COMMIT_FIRST_MICROS << index) as f64 / 1e6,
            count: count.load(Ordering::Relaxed),
        };
        self.counts.iter().enumerate().map(bucket).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_fall_into_the_bucket_that_holds_them() {
        let times = CommitTimes::default();
        for micros in [1, 20, 21, 1000, 1_000_000_000_000] {
            times.observe(Duration::from_micros(micros));
        }
        let filled: Vec<(f64, u64)> = times.buckets().iter().map(|bucket| (bucket.seconds, bucket.count)).collect();
        let filled: Vec<_> = filled.into_iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(filled, [(20e-6, 2), (40e-6, 1), (1280e-6, 1), (41.943_04, 1)]);
    }
}
