//! Search through all envelopes, for operators: by numbers, parties and state, in parts, so that nobody who delivers
//! waits for it. It meets headers only; the core has no content.

use std::cmp::Reverse;

use phytohub_model::{ConnectionCode, DeliveryNumber, Timestamp, TrackedHeader, TrackingState};

use super::Shard;
use super::entry::Entry;

/// Slots looked at in one call: less than a millisecond.
const SLOTS_PER_CALL: usize = 4096;

/// What is looked for, and in which part of the slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// Where to go on: 0, then what [`Found::next`] said.
    pub slot: u32,
    /// What the envelopes are to be like.
    pub sought: Sought,
    /// Rows that a part may have; the newest are given.
    pub rows_max: usize,
}

/// What envelopes are to be like. All that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    /// The delivery number lies between these, both included.
    pub numbers: Option<(DeliveryNumber, DeliveryNumber)>,
    /// The certificate number begins so; small and capital letters are the same.
    pub certificate: Option<String>,
    /// Who sent it: From, or the channel that sent in its stead.
    pub from: Option<ConnectionCode>,
    /// For whom it is: To or who receives in its stead; of a copy the channel that gets it.
    pub to: Option<ConnectionCode>,
    /// One of these; empty = any.
    pub states: Vec<TrackingState>,
}

/// What was found in a part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The newest of them, newest first.
    pub rows: Vec<FoundRow>,
    /// How many there are, those without a row included.
    pub matched: u64,
    /// Where to go on; nothing behind the last part.
    pub next: Option<u32>,
}

/// An envelope that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundRow {
    /// Header, number, state.
    pub header: TrackedHeader,
    /// Who receives it: To, or a channel.
    pub receiver: ConnectionCode,
    /// Of which envelope it is a copy.
    pub original: Option<DeliveryNumber>,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// When it ended, if it has.
    pub ended_at: Option<Timestamp>,
    /// Whether it is parked.
    pub parked: bool,
}

/// Codes as the shard's own numbers; a code that the shard never met is met by no envelope.
struct Parties {
    from: Option<Option<u32>>,
    to: Option<Option<u32>>,
}

impl Shard {
    /// Looks through one part of the slots. Over all parts, each envelope that is known from the first to the last is
    /// met exactly once.
    pub(super) fn search(&self, search: &Search) -> Found {
        let Search { slot, sought, rows_max } = search;
        let id = |code: &ConnectionCode| self.party_id(code);
        let parties = Parties { from: sought.from.as_ref().map(id), to: sought.to.as_ref().map(id) };
        if matches!(parties, Parties { from: Some(None), .. } | Parties { to: Some(None), .. }) {
            return Found::default();
        }
        let (entries, next) = self.entries.part(*slot, SLOTS_PER_CALL);
        let mut met: Vec<&Entry> = entries.filter(|entry| self.is_sought(entry, sought, &parties)).collect();
        let matched = met.len() as u64;
        met.sort_unstable_by_key(|entry| Reverse((entry.accepted_at, entry.sequence)));
        let rows = met.iter().take(*rows_max).map(|entry| self.found_row(entry)).collect();
        Found { rows, matched, next }
    }

    fn is_sought(&self, entry: &Entry, sought: &Sought, parties: &Parties) -> bool {
        let Sought { numbers, certificate, states, .. } = sought;
        let routed = || self.routed(entry);
        // What is cheapest to see first: most envelopes are not meant.
        (states.is_empty() || states.contains(&entry.end.state))
            && numbers.is_none_or(|(first, last)| first <= entry.number && entry.number <= last)
            && certificate.as_ref().is_none_or(|begin| begins(entry.certificate_number.as_str(), begin))
            && parties.from.flatten().is_none_or(|from| {
                entry.from == from || routed().and_then(|routed| routed.sender).is_some_and(|sender| sender == from)
            })
            && parties.to.flatten().is_none_or(|to| {
                entry.receiver == to || routed().is_some_and(|routed| routed.to == to && routed.original.is_none())
            })
    }

    fn found_row(&self, entry: &Entry) -> FoundRow {
        FoundRow {
            header: self.tracked_header_of(entry),
            receiver: self.party(entry.receiver).code,
            original: self.routed(entry).and_then(|routed| routed.original),
            accepted_at: entry.accepted_at,
            ended_at: (!entry.is_pending()).then_some(entry.end.at),
            parked: entry.is_pending() && self.parked.contains_key(&entry.sequence),
        }
    }
}

/// Whether a text begins so, small and capital letters being the same.
fn begins(text: &str, begin: &str) -> bool {
    text.as_bytes().get(..begin.len()).is_some_and(|first| first.eq_ignore_ascii_case(begin.as_bytes()))
}
