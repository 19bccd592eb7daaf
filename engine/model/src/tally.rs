//! Counts of envelopes: how many were accepted, what became of them, and how long that took.

use std::ops::AddAssign;
use std::time::Duration;

use crate::TrackingState;

/// Envelopes counted: each by its acceptance, and once more by the state in which it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Accepted, durable.
    pub accepted: u64,
    /// Received by their destination.
    pub delivered: u64,
    /// Received, with a warning for the sender.
    pub with_warnings: u64,
    /// Received, and the destination cannot read them.
    pub not_readable: u64,
    /// Given up.
    pub failed: u64,
    /// Not ended yet.
    pub pending: u64,
    /// From the acceptance of each envelope that its destination took to its acknowledgement.
    pub dwell: Dwell,
}

impl Tally {
    /// Counts an envelope in this state; `dwell` is the time from its acceptance to its end.
    pub fn count(&mut self, state: TrackingState, dwell: Duration) {
        self.accepted += 1;
        let (place, was_taken) = match state {
            TrackingState::Delivered => (&mut self.delivered, true),
            TrackingState::DeliveredWithWarnings => (&mut self.with_warnings, true),
            TrackingState::DeliveredNotReadable => (&mut self.not_readable, true),
            TrackingState::FailedDelivery | TrackingState::EnvelopeNotExists => (&mut self.failed, false),
            TrackingState::PendingDelivery => (&mut self.pending, false),
        };
        *place += 1;
        if was_taken {
            self.dwell.count(dwell);
        }
    }

    /// Whether every accepted envelope is in exactly one state, and has a dwell time if its destination took it.
    pub fn holds(&self) -> bool {
        let taken = self.delivered + self.with_warnings + self.not_readable;
        self.accepted == taken + self.failed + self.pending && self.dwell.total() == taken
    }
}

impl AddAssign<&Self> for Tally {
    fn add_assign(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.delivered += other.delivered;
        self.with_warnings += other.with_warnings;
        self.not_readable += other.not_readable;
        self.failed += other.failed;
        self.pending += other.pending;
        self.dwell += &other.dwell;
    }
}

/// Spans in buckets that are each an eighth of a power of two wide: a percentile read from them is at most an eighth
/// above the true one, and any number of tallies can be added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dwell {
    /// Bucket and count, ascending, no count of zero. A vector, because most tallies have few.
    buckets: Vec<(u16, u64)>,
}

/// Buckets of a power of two, as a power of two.
const PARTS: u32 = 3;

impl Dwell {
    /// Counts a span.
    pub fn count(&mut self, span: Duration) {
        self.add(bucket_of(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)), 1);
    }

    /// How many were counted.
    pub fn total(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| count).sum()
    }

    /// The span that `share` (0 to 1) of all do not exceed, in milliseconds; none when nothing was counted. At most an
    /// eighth more than the true one.
    pub fn percentile(&self, share: f64) -> Option<u64> {
        let wanted = ((self.total() as f64 * share.clamp(0.0, 1.0)).ceil() as u64).max(1);
        let mut below = 0;
        self.buckets.iter().find_map(|(bucket, count)| {
            below += count;
            (below >= wanted).then(|| last_of(*bucket))
        })
    }

    /// Buckets with their last millisecond and their count, ascending.
    pub fn buckets(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.buckets.iter().map(|(bucket, count)| (last_of(*bucket), *count))
    }

    fn add(&mut self, bucket: u16, count: u64) {
        match self.buckets.binary_search_by_key(&bucket, |(known, _)| *known) {
            Ok(place) => self.buckets[place].1 += count,
            Err(place) => self.buckets.insert(place, (bucket, count)),
        }
    }
}

impl AddAssign<&Self> for Dwell {
    fn add_assign(&mut self, other: &Self) {
        other.buckets.iter().for_each(|(bucket, count)| self.add(*bucket, *count));
    }
}

/// The bucket of a span: the first milliseconds each have their own, then each power of two has eight.
fn bucket_of(ms: u64) -> u16 {
    let first = 1_u64 << PARTS;
    if ms < first {
        return ms as u16;
    }
    let power = ms.ilog2();
    let part = (ms >> (power - PARTS)) - first;
    (u64::from(power - PARTS + 1) * first + part) as u16
}

/// The last millisecond of a bucket.
fn last_of(bucket: u16) -> u64 {
    let first = 1_u64 << PARTS;
    let bucket = u64::from(bucket);
    if bucket < first {
        return bucket;
    }
    let (power, part) = ((bucket / first - 1) as u32, bucket % first);
    let next = u128::from(first + part + 1) << power;
    u64::try_from(next - 1).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_ends_at_most_an_eighth_above_what_is_in_it() {
        let powers = (0..64).map(|power| 1_u64 << power);
        for ms in powers.flat_map(|ms| [ms.saturating_sub(1), ms, ms.saturating_add(1), ms.saturating_add(ms / 3)]) {
            let last = last_of(bucket_of(ms));
            assert!(last >= ms && last - ms <= ms / 8, "{ms}: {last}");
            assert_eq!(bucket_of(last), bucket_of(ms));
        }
        assert_eq!(bucket_of(u64::MAX), 495);
    }

    #[test]
    fn percentiles_are_those_of_what_was_counted() {
        let mut dwell = Dwell::default();
        assert_eq!(dwell.percentile(0.5), None);
        (1..=100).for_each(|ms| dwell.count(Duration::from_millis(ms)));
        for (share, true_one) in [(0.0, 1), (0.5, 50), (0.99, 99), (1.0, 100)] {
            let found = dwell.percentile(share).unwrap();
            assert!(found >= true_one && found <= true_one + true_one / 8, "{share}: {found}");
        }
    }

    #[test]
    fn tallies_add_up() {
        let states = TrackingState::ALL.into_iter().filter(|state| *state != TrackingState::EnvelopeNotExists);
        let (mut all, mut halves) = (Tally::default(), [Tally::default(), Tally::default()]);
        for (index, state) in states.cycle().take(33).enumerate() {
            let dwell = Duration::from_millis(index as u64 * 7);
            all.count(state, dwell);
            halves[index % 2].count(state, dwell);
        }
        let [mut sum, other] = halves;
        sum += &other;
        assert_eq!(sum, all);
        assert!(all.holds() && all.accepted == 33 && all.pending == 7);
        all.pending -= 1;
        assert!(!all.holds());
    }
}
