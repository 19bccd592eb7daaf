//! The count of envelopes for reports, folded from the tracks in parts: a shard that counted millions of envelopes in
//! one go would keep those who deliver waiting.

use std::collections::HashMap;

use phytohub_model::{ConnectionCode, Day, Document, Tally, Timestamp};

use super::Shard;

/// Slots looked at in one call: less than a millisecond.
const SLOTS_PER_CALL: usize = 4096;

/// Which part of the count is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Where to go on: 0, then what [`Account::next`] said.
    pub slot: u32,
    /// Envelopes accepted from this moment on.
    pub from: Timestamp,
    /// And before this one. It must not lie ahead when the first part is asked for: what is accepted between two parts
    /// may be met or not.
    pub until: Timestamp,
}

/// A part of the count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Envelopes by day, parties and document, in no order that means anything; none without an envelope.
    pub rows: Vec<AccountRow>,
    /// Envelopes that were accepted earlier or later.
    pub others: u64,
    /// Where to go on; nothing behind the last part.
    pub next: Option<u32>,
}

/// Envelopes of one day, sender, destination and document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// Day of their acceptance.
    pub day: Day,
    /// Sender.
    pub from: ConnectionCode,
    /// Destination; of copies the channel that receives them.
    pub to: ConnectionCode,
    /// Copies that the hub made for a channel: envelopes of their own, but no certificates more.
    pub copies: bool,
    /// Type and status.
    pub document: Document,
    /// How many, and what became of them.
    pub tally: Tally,
}

impl Shard {
    /// Counts the envelopes of one part of the slots. Over all parts, each envelope that is known from the first to the
    /// last is counted exactly once, in the state in which it was met.
    pub(super) fn account(&self, wanted: &Wanted) -> Account {
        let (entries, next) = self.entries.part(wanted.slot, SLOTS_PER_CALL);
        let mut rows: HashMap<(Day, u32, u32, bool, Document), Tally> = HashMap::new();
        let mut others = 0;
        for entry in entries {
            if entry.accepted_at < wanted.from || entry.accepted_at >= wanted.until {
                others += 1;
                continue;
            }
            let is_copy = self.routed(entry).is_some_and(|routed| routed.original.is_some());
            let to = if is_copy { entry.receiver } else { self.to_of(entry) };
            let key = (Day::of(entry.accepted_at), entry.from, to, is_copy, entry.document);
            let row = rows.entry(key).or_default();
            row.count(entry.end.state, entry.end.at.since(entry.accepted_at));
        }
        let row = |((day, from, to, copies, document), tally)| AccountRow {
            day,
            from: self.party(from).code,
            to: self.party(to).code,
            copies,
            document,
            tally,
        };
        Account { rows: rows.into_iter().map(row).collect(), others, next }
    }
}
