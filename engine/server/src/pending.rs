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
    /// What waits for a channel lies in many shards. Members are only here with what a start found: all of theirs lies
    /// in one shard, which knows it.
    by_receiver: DashMap<ConnectionCode, u64>,
}

/// One shard's view: the sum of all, and its own part of it.
pub(crate) struct PendingElsewhere {
    all: Arc<Counts>,
    own_total: u64,
    own_by_sender: HashMap<ConnectionCode, u64>,
    own_by_receiver: HashMap<ConnectionCode, u64>,
}

impl PendingElsewhere {
    /// One view for each of `shards`.
    pub(crate) fn for_shards(shards: u8) -> Vec<Self> {
        let all = Arc::new(Counts::default());
        let view = || Self {
            all: Arc::clone(&all),
            own_total: 0,
            own_by_sender: HashMap::new(),
            own_by_receiver: HashMap::new(),
        };
        (0..shards).map(|_| view()).collect()
    }

    /// What the other shards hold.
    pub(crate) fn elsewhere(&self, sender: &ConnectionCode, channel: Option<&ConnectionCode>) -> Elsewhere {
        Elsewhere {
            sender: others(&self.all.by_sender, &self.own_by_sender, sender),
            channel: channel.map_or(0, |channel| others(&self.all.by_receiver, &self.own_by_receiver, channel)),
            total: self.all.total.load(Ordering::Relaxed).saturating_sub(self.own_total),
        }
    }

    /// This shard holds one more.
    pub(crate) fn accepted(&mut self, sender: &ConnectionCode, channel: Option<&ConnectionCode>) {
        self.add(sender, 1);
        if let Some(channel) = channel {
            self.add_received(channel, 1);
        }
    }

    /// This shard holds `count` more of a sender, as after recovery.
    pub(crate) fn add(&mut self, sender: &ConnectionCode, count: u64) {
        self.all.total.fetch_add(count, Ordering::Relaxed);
        *self.all.by_sender.entry(*sender).or_default() += count;
        self.own_total += count;
        *self.own_by_sender.entry(*sender).or_default() += count;
    }

    /// Of those, `count` are for this receiver.
    pub(crate) fn add_received(&mut self, receiver: &ConnectionCode, count: u64) {
        *self.all.by_receiver.entry(*receiver).or_default() += count;
        *self.own_by_receiver.entry(*receiver).or_default() += count;
    }

    /// This shard holds one less.
    pub(crate) fn ended(&mut self, sender: &ConnectionCode, receiver: &ConnectionCode) {
        self.own_total = self.own_total.saturating_sub(1);
        self.all.total.fetch_sub(1, Ordering::Relaxed);
        if let Some(count) = self.own_by_sender.get_mut(sender) {
            *count = count.saturating_sub(1);
        }
        if let Some(mut count) = self.all.by_sender.get_mut(sender) {
            *count = count.saturating_sub(1);
        }
        if let Some(own) = self.own_by_receiver.get_mut(receiver).filter(|own| 0 < **own) {
            *own -= 1;
            if let Some(mut count) = self.all.by_receiver.get_mut(receiver) {
                *count = count.saturating_sub(1);
            }
        }
    }
}

/// What the others hold of a code.
fn others(all: &DashMap<ConnectionCode, u64>, own: &HashMap<ConnectionCode, u64>, code: &ConnectionCode) -> u64 {
    all.get(code).map_or(0, |count| *count).saturating_sub(own.get(code).copied().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_sees_what_the_others_hold_and_not_its_own() {
        let [mut first, mut second]: [_; 2] = PendingElsewhere::for_shards(2).try_into().ok().unwrap();
        let sender = "LK".parse().unwrap();
        let [channel, member, nobody] = ["REGION", "NO", "DE"].map(|code| code.parse().unwrap());
        first.accepted(&sender, Some(&channel));
        second.add(&sender, 3);
        second.add_received(&channel, 2);
        second.add_received(&member, 1);
        second.ended(&sender, &channel);
        assert_eq!(first.elsewhere(&sender, Some(&channel)), Elsewhere { sender: 2, channel: 1, total: 2 });
        assert_eq!(second.elsewhere(&sender, Some(&channel)), Elsewhere { sender: 1, channel: 1, total: 1 });
        assert_eq!(second.elsewhere(&nobody, None), Elsewhere { sender: 0, channel: 0, total: 1 });
        // More ends than a start found: what came straight since then was not counted.
        second.accepted(&sender, None);
        [(); 2].iter().for_each(|()| second.ended(&sender, &member));
        second.ended(&sender, &channel);
        assert_eq!(first.elsewhere(&sender, Some(&channel)), Elsewhere::default());
    }
}
