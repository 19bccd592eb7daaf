//! What did not arrive, for operators: envelopes that failed, counted by receiver in parts, and those that are offered
//! to a service again and again.

use std::collections::BTreeMap;

use phytohub_model::{AttemptOutcome, ConnectionCode, DeliveryNumber, Timestamp, TrackingState};

use super::Shard;
use super::aside::{Aside, PushState};
use super::command::Parked;
use super::entry::NIL;

/// Slots looked at in one call: less than a millisecond.
const SLOTS_PER_CALL: usize = 4096;

/// Which part of the envelopes that failed is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailedWanted {
    /// Where to go on: 0, then what [`FailedPart::next`] said.
    pub slot: u32,
    /// Those that ended from this moment on.
    pub since: Timestamp,
    /// Numbers that a group names.
    pub numbers_max: usize,
}

/// A part of the envelopes that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailedPart {
    /// By receiver and cause.
    pub groups: Vec<FailedGroup>,
    /// Where to go on; nothing behind the last part.
    pub next: Option<u32>,
}

/// Envelopes of one receiver that failed by one cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedGroup {
    /// Who did not get them.
    pub receiver: ConnectionCode,
    /// What the sender was told.
    pub cause: Option<Box<str>>,
    /// How many.
    pub count: u64,
    /// When the first of them ended.
    pub oldest: Timestamp,
    /// When the last of them ended.
    pub newest: Timestamp,
    /// Some of them.
    pub numbers: Vec<DeliveryNumber>,
}

impl Shard {
    /// Counts the envelopes of one part of the slots that failed.
    pub(super) fn failed(&self, wanted: &FailedWanted) -> FailedPart {
        let (entries, next) = self.entries.part(wanted.slot, SLOTS_PER_CALL);
        let failed =
            entries.filter(|entry| entry.end.state == TrackingState::FailedDelivery && entry.end.at >= wanted.since);
        let mut groups: BTreeMap<(u32, Option<&str>), FailedGroup> = BTreeMap::new();
        for entry in failed {
            let (at, cause) = (entry.end.at, entry.end.message.as_deref());
            let group = groups.entry((entry.receiver, cause)).or_insert_with(|| FailedGroup {
                receiver: self.party(entry.receiver).code,
                cause: cause.map(Box::from),
                count: 0,
                oldest: at,
                newest: at,
                numbers: Vec::new(),
            });
            group.count += 1;
            (group.oldest, group.newest) = (group.oldest.min(at), group.newest.max(at));
            if group.numbers.len() < wanted.numbers_max {
                group.numbers.push(entry.number);
            }
        }
        FailedPart { groups: groups.into_values().collect(), next }
    }

    /// Of each receiver with a service the envelope that is next and was not taken at the last call.
    pub(super) fn failing(&self) -> Vec<Parked> {
        let next = self.parties.iter().filter(|party| party.pushing.next != NIL);
        let entries = next.map(|party| self.entries.get(party.pushing.next));
        let is_failing = |aside: &Aside| {
            let last = aside.last_attempt().map(|attempt| attempt.outcome);
            last.is_some_and(|outcome| outcome != AttemptOutcome::Answered) && aside.state() == PushState::Waiting
        };
        entries
            .filter(|entry| self.asides.get(&entry.number).is_some_and(is_failing))
            .map(|entry| self.parked_row(entry))
            .collect()
    }
}
