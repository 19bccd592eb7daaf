//! How much waits in the other shards, for limits that hold over all of them.
//!
//! Each shard adds and takes its own; a delivery is judged with what the others had a moment ago. The limits are
//! guards, so a few envelopes more under a race are no harm, and no lock is taken on an envelope's way.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;
use phytohub_core::shard::Elsewhere;
use phytohub_model::ConnectionCode;

#[derive(Default)]
struct Counts {
    total: AtomicU64,
    by_sender: DashMap<ConnectionCode, u64>,
}

/// One shard's view: the sum of all, and its own part of it.
pub(crate) struct PendingElsewhere {
    all: Arc<Counts>,
    own_total: u64,
    own_by_sender: HashMap<ConnectionCode, u64>,
}

impl PendingElsewhere {
    /// One view for each of `shards`.
    pub(crate) fn for_shards(shards: u8) -> Vec<Self> {
        let all = Arc::new(Counts::default());
        let view = || Self { all: Arc::clone(&all), own_total: 0, own_by_sender: HashMap::new() };
        (0..shards).map(|_| view()).collect()
    }

    /// What the other shards hold.
    pub(crate) fn elsewhere(&self, sender: &ConnectionCode) -> Elsewhere {
        let own = self.own_by_sender.get(sender).copied().unwrap_or(0);
        let all = self.all.by_sender.get(sender).map_or(0, |count| *count);
        Elsewhere {
            sender: all.saturating_sub(own),
            total: self.all.total.load(Ordering::Relaxed).saturating_sub(self.own_total),
        }
    }

    /// This shard holds one more.
    pub(crate) fn accepted(&mut self, sender: &ConnectionCode) {
        self.add(sender, 1);
    }

    /// This shard holds `count` more, as after recovery.
    pub(crate) fn add(&mut self, sender: &ConnectionCode, count: u64) {
        self.all.total.fetch_add(count, Ordering::Relaxed);
        *self.all.by_sender.entry(*sender).or_default() += count;
        self.own_total += count;
        *self.own_by_sender.entry(*sender).or_default() += count;
    }

    /// This shard holds one less.
    pub(crate) fn ended(&mut self, sender: &ConnectionCode) {
        self.own_total = self.own_total.saturating_sub(1);
        self.all.total.fetch_sub(1, Ordering::Relaxed);
        if let Some(count) = self.own_by_sender.get_mut(sender) {
            *count = count.saturating_sub(1);
        }
        if let Some(mut count) = self.all.by_sender.get_mut(sender) {
            *count = count.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_sees_what_the_others_hold_and_not_its_own() {
        let [mut first, mut second]: [_; 2] = PendingElsewhere::for_shards(2).try_into().ok().unwrap();
        let sender = "LK".parse().unwrap();
        first.accepted(&sender);
        second.add(&sender, 3);
        second.ended(&sender);
        assert_eq!((first.elsewhere(&sender).sender, first.elsewhere(&sender).total), (2, 2));
        assert_eq!((second.elsewhere(&sender).sender, second.elsewhere(&sender).total), (1, 1));
        assert_eq!(second.elsewhere(&"NO".parse().unwrap()).sender, 0);
    }
}
