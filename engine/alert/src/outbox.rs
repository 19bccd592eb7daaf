//! Messages on their way: one queue for each way, so that one that hangs holds up no other.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::message::Message;

/// Messages that may wait for one way; the oldest makes room.
const WAITING_MAX: usize = 100;
/// Pause after a first failure; each further one is three times as long.
const PAUSE_FIRST: Duration = Duration::from_secs(2);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(300);
/// A message that nobody took for so long is given up: it speaks of yesterday.
pub(crate) const GIVE_UP: Duration = Duration::from_secs(86_400);

/// The pause after so many failures in a row.
pub(crate) fn pause(failures: u32) -> Duration {
    PAUSE_FIRST.saturating_mul(3_u32.saturating_pow(failures.saturating_sub(1))).min(PAUSE_MAX)
}

/// What became of a message as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It still waits for some way.
    NotYet,
    /// A first way took it.
    Sent,
    /// The last way that had it gave up, and none took it.
    Failed,
}

/// The queues.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct Outbox {
    queues: BTreeMap<String, VecDeque<Message>>,
    #[serde(skip)]
    sent: BTreeSet<u64>,
}

impl Outbox {
    /// The queues of these ways; what waited for a way that is no more is dropped.
    pub(crate) fn for_ways<'a>(mut self, ways: impl Iterator<Item = &'a str>) -> Self {
        let mut queues = BTreeMap::new();
        for way in ways {
            queues.insert(way.to_owned(), self.queues.remove(way).unwrap_or_default());
        }
        Self { queues, sent: BTreeSet::new() }
    }

    /// Queues a message for every way; the ids of those that had to make room and reached nobody.
    pub(crate) fn push(&mut self, message: &Message) -> Vec<u64> {
        let mut dropped = Vec::new();
        for queue in self.queues.values_mut() {
            if queue.len() >= WAITING_MAX {
                dropped.extend(queue.pop_front().map(|message| message.id));
            }
            queue.push_back(message.clone());
        }
        dropped.retain(|id| !self.waits(*id) && !self.sent.remove(id));
        dropped.dedup();
        dropped
    }

    /// What the way is to carry next.
    pub(crate) fn next(&self, way: &str) -> Option<Message> {
        self.queues.get(way)?.front().cloned()
    }

    /// How many wait for the way.
    pub(crate) fn waiting(&self, way: &str) -> usize {
        self.queues.get(way).map_or(0, VecDeque::len)
    }

    /// The way took the message, or gave it up.
    pub(crate) fn done(&mut self, way: &str, id: u64, was_taken: bool) -> Ended {
        if let Some(queue) = self.queues.get_mut(way) {
            queue.retain(|message| message.id != id);
        }
        let first = was_taken && !self.sent.contains(&id);
        let waits = self.waits(id);
        match (waits, first) {
            (true, true) => {
                self.sent.insert(id);
                Ended::Sent
            }
            (false, true) => Ended::Sent,
            (true, false) => Ended::NotYet,
            (false, false) if self.sent.remove(&id) => Ended::NotYet,
            (false, false) => Ended::Failed,
        }
    }

    fn waits(&self, id: u64) -> bool {
        self.queues.values().flatten().any(|message| message.id == id)
    }
}

#[cfg(test)]
mod tests {
    use phytohub_model::Timestamp;

    use super::*;

    fn message(id: u64) -> Message {
        Message { id, ..Message::test("hub", Timestamp(0)) }
    }

    fn outbox() -> Outbox {
        Outbox::default().for_ways(["mail", "webhook"].into_iter())
    }

    #[test]
    fn a_message_is_sent_when_the_first_way_took_it_and_failed_when_none_did() {
        let mut outbox = outbox();
        outbox.push(&message(1));
        outbox.push(&message(2));
        assert_eq!(outbox.done("mail", 1, false), Ended::NotYet);
        assert_eq!(outbox.done("webhook", 1, true), Ended::Sent);
        assert_eq!(outbox.done("webhook", 2, true), Ended::Sent);
        assert_eq!(outbox.done("mail", 2, false), Ended::NotYet, "it was sent by the other way");
        outbox.push(&message(3));
        assert_eq!(outbox.done("webhook", 3, false), Ended::NotYet);
        assert_eq!(outbox.done("mail", 3, false), Ended::Failed);
        assert_eq!((outbox.next("mail"), outbox.next("webhook")), (None, None));
    }

    #[test]
    fn a_way_that_takes_nothing_keeps_a_bounded_number() {
        let mut outbox = outbox();
        let dropped: Vec<u64> = (1..=WAITING_MAX as u64 + 2).flat_map(|id| outbox.push(&message(id))).collect();
        assert_eq!(dropped, [1, 2]);
        assert_eq!(outbox.waiting("mail"), WAITING_MAX);
    }

    #[test]
    fn pauses_grow_to_a_bound() {
        assert_eq!([1, 2, 3, 40].map(pause), [2, 6, 18, 300].map(Duration::from_secs));
    }
}
