//! Everything that must hold after every apply.

use std::collections::{BTreeMap, BTreeSet};

use phytohub_model::Fact;

use super::Shard;
use super::aside::PushState;
use super::entry::{Links, NIL};
use super::index::{fingerprint_hash, number_hash};
use super::lists::{Lane, List, links_of};
use super::segments::Segments;

impl Shard {
    /// Asserts everything that must hold. Looks at every entry: for tests and for an operator's doubts.
    ///
    /// # Panics
    /// When something does not hold.
    pub fn check_invariants(&self) {
        self.check_numbers();
        self.check_segments();
        if self.replay.is_none() {
            self.check_fingerprints();
            self.check_lists();
            self.check_pushing();
        }
    }

    fn check_numbers(&self) {
        let mut pending = 0;
        for (slot, entry) in self.entries.iter() {
            assert_eq!(self.slot_of(entry.number), Some(slot), "{} is not found", entry.number);
            assert!(entry.sequence < self.next_sequence, "{} has a sequence of the future", entry.number);
            assert_eq!(entry.number.shard(), self.id, "{} is another shard's", entry.number);
            pending += u64::from(entry.is_pending());
        }
        assert_eq!(self.by_number.iter().count(), self.entries.len(), "numbers without entries");
        assert_eq!(pending, self.pending, "the count of what waits is wrong");
        for (id, party) in self.parties.iter().enumerate() {
            assert_eq!(self.party_id(&party.code), Some(id as u32), "{} is not found", party.code);
        }
    }

    fn check_segments(&self) {
        let mut counted = Segments::default();
        for (_, entry) in self.entries.iter() {
            counted.add(entry);
        }
        for (number, aside) in &self.asides {
            assert!(self.slot_of(*number).is_some(), "{number} is unknown and its steps are kept");
            aside.steps.iter().for_each(|step| counted.add_record(step.segment));
        }
        let needed = |segments: &Segments| -> BTreeMap<u32, _> {
            let used = segments.iter().filter(|(_, segment)| segment.needed != Default::default());
            used.map(|(number, segment)| (number, segment.needed)).collect()
        };
        assert_eq!(needed(&counted), needed(&self.segments), "the use of segments is wrong");
    }

    fn check_fingerprints(&self) {
        let mut seen = BTreeSet::new();
        for slot in self.by_fingerprint.iter() {
            let entry = self.entries.get(slot);
            assert!(entry.is_retriable(), "{} ended badly and its delivery is still remembered", entry.number);
            assert!(seen.insert(entry.fingerprint), "{} is not the only one of its fingerprint", entry.number);
            let found =
                self.by_fingerprint.find(fingerprint_hash(&self.keys, entry.fingerprint), |other| other == slot);
            assert_eq!(found, Some(slot), "the fingerprint of {} leads nowhere", entry.number);
        }
        for (_, entry) in self.entries.iter().filter(|(_, entry)| entry.is_pending()) {
            assert!(seen.contains(&entry.fingerprint), "a retry of {} would not be known", entry.number);
        }
    }

    fn check_lists(&self) {
        let mut main = BTreeSet::new();
        let mut sent = BTreeSet::new();
        for (id, party) in self.parties.iter().enumerate() {
            for slot in self.checked(&party.inbox, true) {
                let entry = self.entries.get(slot);
                assert!(entry.is_pending() && entry.receiver == id as u32, "{} is in a wrong inbox", entry.number);
                assert!(main.insert(slot), "{} is in two lists", entry.number);
            }
            for slot in self.checked(&party.outbox, true) {
                let entry = self.entries.get(slot);
                assert!(entry.is_pending() && entry.from == id as u32, "{} is in a wrong outbox", entry.number);
                assert!(sent.insert(slot), "{} is in two outboxes", entry.number);
            }
        }
        assert_eq!(main.len() as u64, self.pending, "an inbox lacks an envelope");
        assert_eq!(sent.len() as u64, self.pending, "an outbox lacks an envelope");
        for list in [&self.recent, &self.finished, &self.overdue] {
            for slot in self.checked(list, false) {
                let entry = self.entries.get(slot);
                assert!(!entry.is_pending(), "{} waits and is in a list of finished ones", entry.number);
                assert!(main.insert(slot), "{} is in two lists", entry.number);
            }
        }
        assert_eq!(main.len(), self.entries.len(), "an entry is in no list");
    }

    fn check_pushing(&self) {
        let state = |slot: &u32| self.push_state(self.entries.get(*slot).number);
        let mut parked = BTreeMap::new();
        for party in &self.parties {
            let inbox: Vec<u32> = party.inbox.iter(&self.entries).collect();
            let next = inbox.iter().find(|slot| state(slot) == PushState::Waiting).copied().unwrap_or(NIL);
            assert_eq!(party.pushing.next, next, "what {} gets next is wrong", party.code);
            let stopped = inbox.into_iter().filter(|slot| state(slot) == PushState::Parked);
            parked.extend(stopped.map(|slot| (self.entries.get(slot).sequence, slot)));
        }
        assert_eq!(parked, self.parked, "what is parked is wrong");
    }

    /// The slots of a list whose links, length and order were found right.
    fn checked(&self, list: &List, by_sequence: bool) -> Vec<u32> {
        let mut slots = Vec::new();
        let mut previous = NIL;
        let mut slot = list.head;
        while slot != NIL {
            let links = links_of(&self.entries, list.lane, slot);
            assert_eq!(links.previous, previous, "a list is torn");
            assert!(slots.len() < list.length as usize, "a list is longer than it says");
            slots.push(slot);
            (previous, slot) = (slot, links.next);
        }
        assert_eq!(list.tail, previous, "a list does not end where it says");
        assert_eq!(slots.len(), list.length as usize, "a list is shorter than it says");
        let sequences = slots.iter().map(|&slot| self.entries.get(slot).sequence);
        assert!(!by_sequence || sequences.is_sorted_by(|a, b| a < b), "an envelope overtook another");
        slots
    }

    /// The part of [`Self::check_invariants`] that a fact's own entry can tell, at constant cost: on in debug builds
    /// after each apply.
    pub(super) fn check_around(&self, fact: &Fact) {
        let number = match fact {
            Fact::Accepted(accepted) => accepted.number,
            Fact::Acknowledged(acknowledged) => acknowledged.number,
            Fact::Expired(expired) => expired.number,
            Fact::Track(track) => track.accepted.number,
            Fact::Attempted(attempted) => attempted.number,
            Fact::Redelivered(redelivered) => redelivered.number,
            Fact::Registry(_) => return,
        };
        let Some(slot) = self.by_number.find(number_hash(number), |slot| self.entries.get(slot).number == number)
        else {
            return;
        };
        let entry = self.entries.get(slot);
        assert_eq!(number.shard(), self.id, "{number} is another shard's");
        if self.replay.is_some() {
            return;
        }
        let around = |list: &List| {
            let Links { previous, next } = links_of(&self.entries, list.lane, slot);
            let before = if previous == NIL { list.head } else { links_of(&self.entries, list.lane, previous).next };
            let behind = if next == NIL { list.tail } else { links_of(&self.entries, list.lane, next).previous };
            assert_eq!((before, behind), (slot, slot), "a list is torn at {number}");
        };
        if entry.is_pending() {
            around(&self.party(entry.receiver).inbox);
            around(&self.party(entry.from).outbox);
            let needed = self.segments.get(entry.accepted.segment).needed;
            assert!(needed.facts > 0 && needed.pending_bytes >= u64::from(entry.accepted.length));
        } else {
            assert_eq!(
                links_of(&self.entries, Lane::Sent, slot),
                Links::NONE,
                "{number} has ended and is in an outbox"
            );
            assert!(self.segments.get(entry.end.segment).needed.facts > 0, "the end of {number} is not kept");
        }
    }
}
