//! Envelopes in memory: entries in a slab of slots.
//!
//! An entry is named by its slot, a 32-bit number, in the tables and lists. Memory for a waiting envelope is counted
//! (`tests/memory.rs`), so the entry's fields are.

use phytohub_model::{CertificateNumber, DeliveryNumber, Document, Fingerprint, Locator, Timestamp, TrackingState};

/// No slot, in links.
pub(super) const NIL: u32 = u32::MAX;

/// No segment, where the record of an entry is not in the journal any more.
pub(super) const NO_SEGMENT: u32 = u32::MAX;

/// One envelope that the shard knows.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) number: DeliveryNumber,
    pub(super) fingerprint: Fingerprint,
    pub(super) sequence: u64,
    pub(super) accepted_at: Timestamp,
    pub(super) document: Document,
    pub(super) certificate_number: CertificateNumber,
    /// Interned code of From.
    pub(super) from: u32,
    /// Interned code of the party in whose inbox it lies: To, or a channel.
    pub(super) receiver: u32,
    /// The record with the content; its segment is [`NO_SEGMENT`] when only a track is known. For a finished entry
    /// it may name a segment that was released since.
    pub(super) accepted: Locator,
    /// The highest segment from which the record was moved away: an older copy may lie there until that segment is
    /// released. [`NO_SEGMENT`] when it never moved.
    pub(super) moved_from: u32,
    /// Inbox while it waits, then the list of finished envelopes.
    pub(super) links: Links,
    /// Outbox while it waits.
    pub(super) sent_links: Links,
    pub(super) end: End,
}

/// How an envelope ended. All of it lies in the entry: most entries of a shard are finished ones.
#[derive(Clone, Debug)]
pub(super) struct End {
    pub(super) message: Option<Box<str>>,
    pub(super) at: Timestamp,
    /// Segment of the record that says so.
    pub(super) segment: u32,
    /// `PendingDelivery` as long as it has not ended; the other fields then mean nothing.
    pub(super) state: TrackingState,
    /// The record is a track, which stands for all other records of the envelope.
    pub(super) tracked: bool,
}

impl End {
    /// Of an envelope that waits.
    pub(super) const NONE: Self = Self {
        message: None,
        at: Timestamp(0),
        segment: NO_SEGMENT,
        state: TrackingState::PendingDelivery,
        tracked: false,
    };
}

impl Entry {
    pub(super) fn is_pending(&self) -> bool {
        self.end.state == TrackingState::PendingDelivery
    }

    /// Whether a repeated delivery gets this envelope's number instead of one of its own, as far as its state says.
    pub(super) fn is_retriable(&self) -> bool {
        use TrackingState::{Delivered, DeliveredWithWarnings, PendingDelivery};
        matches!(self.end.state, PendingDelivery | Delivered | DeliveredWithWarnings)
    }
}

/// Neighbours in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Links {
    pub(super) previous: u32,
    pub(super) next: u32,
}

impl Links {
    /// In no list, or alone in one.
    pub(super) const NONE: Self = Self { previous: NIL, next: NIL };
}

/// Entries are kept in chunks of this many, so that growth never copies what is there.
const CHUNK: usize = 4096;

#[derive(Clone, Debug)]
enum Slot {
    Taken(Entry),
    /// With the next vacant one.
    Vacant(u32),
}

/// All entries of a shard.
#[derive(Clone, Debug)]
pub(super) struct Slab {
    chunks: Vec<Vec<Slot>>,
    vacant: u32,
    length: usize,
}

impl Slab {
    pub(super) fn new() -> Self {
        Self { chunks: Vec::new(), vacant: NIL, length: 0 }
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.length
    }

    pub(super) fn insert(&mut self, entry: Entry) -> u32 {
        self.length += 1;
        if self.vacant != NIL {
            let slot = self.vacant;
            let place = self.slot_mut(slot);
            let Slot::Vacant(next) = *place else { unreachable!("slot {slot} on the vacant list is taken") };
            *place = Slot::Taken(entry);
            self.vacant = next;
            return slot;
        }
        if self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        let chunk = self.chunks.len() - 1;
        let slot = chunk * CHUNK + self.chunks[chunk].len();
        self.chunks[chunk].push(Slot::Taken(entry));
        let slot = u32::try_from(slot).expect("fewer envelopes than 32 bits count");
        assert_ne!(slot, NIL, "the shard is full");
        slot
    }

    pub(super) fn remove(&mut self, slot: u32) -> Entry {
        let vacated = Slot::Vacant(self.vacant);
        let Slot::Taken(entry) = std::mem::replace(self.slot_mut(slot), vacated) else {
            unreachable!("slot {slot} is vacant")
        };
        self.vacant = slot;
        self.length -= 1;
        entry
    }

    /// The entry in a slot that a table or list named.
    pub(super) fn get(&self, slot: u32) -> &Entry {
        match &self.chunks[slot as usize / CHUNK][slot as usize % CHUNK] {
            Slot::Taken(entry) => entry,
            Slot::Vacant(_) => unreachable!("slot {slot} is vacant"),
        }
    }

    pub(super) fn get_mut(&mut self, slot: u32) -> &mut Entry {
        match self.slot_mut(slot) {
            Slot::Taken(entry) => entry,
            Slot::Vacant(_) => unreachable!("slot {slot} is vacant"),
        }
    }

    fn slot_mut(&mut self, slot: u32) -> &mut Slot {
        &mut self.chunks[slot as usize / CHUNK][slot as usize % CHUNK]
    }

    /// The entries in `count` slots from this one on, and the slot to go on from; none behind the last. An entry stays
    /// in its slot, so that whoever goes on meets each that was there from first to last exactly once.
    pub(super) fn part(&self, from: u32, count: usize) -> (impl Iterator<Item = &Entry>, Option<u32>) {
        let slots = self.chunks.len().saturating_sub(1) * CHUNK + self.chunks.last().map_or(0, Vec::len);
        let first = (from as usize).min(slots);
        let end = first.saturating_add(count).min(slots);
        let places = (first..end).map(|slot| &self.chunks[slot / CHUNK][slot % CHUNK]);
        let entries = places.filter_map(|place| match place {
            Slot::Taken(entry) => Some(entry),
            Slot::Vacant(_) => None,
        });
        (entries, (end < slots).then_some(end as u32))
    }

    /// All entries with their slots, in no order that means anything.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Entry)> {
        self.chunks.iter().flatten().enumerate().filter_map(|(slot, place)| match place {
            Slot::Taken(entry) => Some((slot as u32, entry)),
            Slot::Vacant(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_no_byte_too_many() {
        assert_eq!(size_of::<Slot>(), 144);
    }
}
