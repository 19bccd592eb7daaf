//! What follows from a fact: the only way in which the state changes but for time, and the whole of recovery.
//!
//! Replay meets facts in an order that is not quite that of their happening: reclaiming writes records again, and the
//! copy of an acceptance can lie in front of or behind the acknowledgement, in another stream of the journal. Whatever
//! the order, the state is the same: an end is final, of several copies one counts, and an end that comes before its
//! acceptance is kept for it until the replay is over.

use std::collections::HashMap;

use phytohub_model::{Accepted, DeliveryNumber, Fact, Locator, Track, TrackingState};

use super::aside::{Routed, Step};
use super::command::{Applied, Freed};
use super::entry::{End, Entry, Links, NO_SEGMENT};
use super::index::{fingerprint_hash, number_hash};
use super::{Shard, Slab};

/// What only the replay of the journal needs.
#[derive(Clone, Debug, Default)]
pub(super) struct Replay {
    /// Ends of envelopes whose acceptance was not met yet.
    early_ends: HashMap<DeliveryNumber, End>,
    /// Steps of envelopes whose acceptance was not met yet.
    pub(super) early_steps: HashMap<DeliveryNumber, Vec<Step>>,
    /// Copies of a content that lies elsewhere too.
    pub(super) superfluous: Vec<Locator>,
}

impl Shard {
    /// Lets a fact happen. In normal running the fact was decided by [`Self::decide`] just before; a fact's effect does
    /// not depend on how often it is applied.
    ///
    /// # Panics
    /// On a track whose state is not final: the hub never writes one.
    pub fn apply(&mut self, fact: &Fact, locator: Locator) -> Applied {
        self.segments.seen(locator.segment);
        let applied = match fact {
            Fact::Accepted(accepted) => self.apply_accepted(accepted, locator),
            Fact::Acknowledged(acknowledged) => {
                let end = End {
                    message: acknowledged.message.clone(),
                    at: acknowledged.at,
                    segment: locator.segment,
                    state: acknowledged.outcome.into(),
                    tracked: false,
                };
                self.apply_end(acknowledged.number, end)
            }
            Fact::Expired(expired) => {
                let end = End {
                    message: Some(expired.message.clone()),
                    at: expired.at,
                    segment: locator.segment,
                    state: TrackingState::FailedDelivery,
                    tracked: false,
                };
                self.apply_end(expired.number, end)
            }
            Fact::Track(track) => self.apply_track(track, locator),
            Fact::Attempted(attempted) => self.apply_attempted(attempted, locator),
            Fact::Redelivered(redelivered) => self.apply_redelivered(redelivered, locator),
            // Facts of the registry have a journal of their own; here they mean nothing.
            Fact::Registry(_) => Applied::default(),
        };
        if cfg!(debug_assertions) {
            self.check_around(fact);
        }
        applied
    }

    /// Ends the replay: puts every list in order. Commands are decided from now on.
    pub fn recovered(&mut self) {
        let Some(replay) = self.replay.take() else { return };
        self.superfluous = replay.superfluous;
        let mut slots: Vec<(u64, u32)> = self.entries.iter().map(|(slot, entry)| (entry.sequence, slot)).collect();
        slots.sort_unstable();
        for &(_, slot) in &slots {
            self.remember(slot);
            if self.entries.get(slot).is_pending() {
                self.link(slot);
            } else if !self.entries.get(slot).is_retriable() {
                self.forget_delivery(slot);
            }
        }
        self.find_copies();
        slots.retain(|&(_, slot)| !self.entries.get(slot).is_pending());
        slots.sort_by_key(|&(_, slot)| self.entries.get(slot).end.at);
        for (_, slot) in slots {
            self.recent.push(&mut self.entries, slot);
        }
    }

    fn apply_accepted(&mut self, accepted: &Accepted, locator: Locator) -> Applied {
        let Some(slot) = self.slot_of(accepted.number) else {
            let slot = self.insert(accepted, locator);
            self.pending += 1;
            self.segments.add(self.entries.get(slot));
            if self.replay.is_none() {
                self.remember(slot);
                self.link(slot);
            }
            let arrived = Applied { arrived: Some(self.party(self.entries.get(slot).receiver).code), freed: None };
            let early = self.replay.as_mut().and_then(|replay| replay.early_ends.remove(&accepted.number));
            return early.map_or(arrived, |end| self.finish(slot, end));
        };
        self.relocate(slot, locator);
        Applied::default()
    }

    /// The record was written again: from now on the new one counts. In replay both were met, in whichever order; then
    /// the one further on counts, and the other is not needed.
    fn relocate(&mut self, slot: u32, locator: Locator) {
        let entry = self.entries.get_mut(slot);
        let old = entry.accepted;
        if old == locator {
            return;
        }
        let known = old.segment != NO_SEGMENT;
        let (kept, left) = match (&self.replay, known && old > locator) {
            (Some(_), true) => (old, locator),
            _ => (locator, old),
        };
        self.segments.subtract(entry);
        entry.accepted = kept;
        if known {
            entry.moved_from = match entry.moved_from {
                NO_SEGMENT => left.segment,
                before => before.max(left.segment),
            };
        }
        self.segments.add(entry);
        if known {
            self.segments.mark_moved_away(left.segment);
            if let Some(replay) = &mut self.replay {
                replay.superfluous.push(left);
            }
        }
    }

    fn apply_end(&mut self, number: DeliveryNumber, end: End) -> Applied {
        match self.slot_of(number) {
            Some(slot) if self.entries.get(slot).is_pending() => self.finish(slot, end),
            Some(_) => Applied::default(),
            None => {
                if let Some(replay) = &mut self.replay {
                    replay.early_ends.insert(number, end);
                }
                Applied::default()
            }
        }
    }

    fn apply_track(&mut self, track: &Track, locator: Locator) -> Applied {
        use TrackingState::{EnvelopeNotExists, PendingDelivery};
        assert!(!matches!(track.state, PendingDelivery | EnvelopeNotExists), "a track of an envelope without an end");
        let end = End {
            message: track.message.clone(),
            at: track.finished_at,
            segment: locator.segment,
            state: track.state,
            tracked: true,
        };
        let Some(slot) = self.slot_of(track.accepted.number) else {
            let nowhere = Locator { segment: NO_SEGMENT, offset: 0, length: 0 };
            let slot = self.insert(&track.accepted, nowhere);
            self.entries.get_mut(slot).end = end;
            self.segments.add(self.entries.get(slot));
            if self.replay.is_none() {
                self.recent.push(&mut self.entries, slot);
            }
            return Applied::default();
        };
        if self.entries.get(slot).is_pending() {
            return self.finish(slot, end);
        }
        let entry = self.entries.get_mut(slot);
        self.segments.subtract(entry);
        // Of several tracks, as after a crash between copying and releasing, any will do: they say the same.
        entry.end.segment = end.segment;
        entry.end.tracked = true;
        self.segments.add(entry);
        Applied::default()
    }

    /// Ends a waiting envelope.
    fn finish(&mut self, slot: u32, end: End) -> Applied {
        if self.replay.is_none() {
            self.displace(slot);
            self.unlink(slot);
        }
        let entry = self.entries.get_mut(slot);
        self.segments.subtract(entry);
        entry.end = end;
        self.segments.add(entry);
        self.pending -= 1;
        if self.replay.is_none() {
            self.recent.push(&mut self.entries, slot);
            if !self.entries.get(slot).is_retriable() {
                self.forget_delivery(slot);
            }
            self.drop_old_reminders(self.entries.get(slot).receiver);
        }
        let entry = self.entries.get(slot);
        Applied {
            arrived: None,
            freed: Some(Freed {
                locator: entry.accepted,
                from: self.party(entry.from).code,
                to: self.party(entry.receiver).code,
                accepted_at: entry.accepted_at,
            }),
        }
    }

    /// A new entry, known by its number and nowhere else.
    fn insert(&mut self, accepted: &Accepted, locator: Locator) -> u32 {
        let (from, to) = (self.intern(accepted.header.from), self.intern(accepted.header.to));
        let receiver = self.route(accepted, to);
        self.party_mut(receiver).receives = true;
        let slot = self.entries.insert(Entry {
            number: accepted.number,
            fingerprint: accepted.fingerprint,
            sequence: accepted.sequence,
            accepted_at: accepted.at,
            document: accepted.header.document,
            certificate_number: accepted.header.certificate_number.clone(),
            from,
            receiver,
            accepted: locator,
            moved_from: NO_SEGMENT,
            links: Links::NONE,
            sent_links: Links::NONE,
            end: End::NONE,
        });
        self.next_sequence = self.next_sequence.max(accepted.sequence.saturating_add(1));
        let hash_of = |slot| number_hash(self.entries.get(slot).number);
        self.by_number.insert(number_hash(accepted.number), slot, hash_of);
        let early = self.replay.as_mut().and_then(|replay| replay.early_steps.remove(&accepted.number));
        early.into_iter().flatten().for_each(|step| self.add_step(accepted.number, step));
        slot
    }

    /// Keeps how the envelope goes, where that is not straight; gives who receives it.
    fn route(&mut self, accepted: &Accepted, to: u32) -> u32 {
        let Some(route) = accepted.route.as_deref() else { return to };
        let receiver = route.receiver.map_or(to, |code| self.intern(code));
        let sender = route.sender.map(|code| self.intern(code));
        let routed = Routed { to, straight: route.receiver.is_none(), sender, original: route.original };
        self.asides.entry(accepted.number).or_default().routed = Some(routed);
        if let (Some(original), None) = (route.original, &self.replay) {
            self.add_copy(original, accepted.number);
        }
        receiver
    }

    fn add_copy(&mut self, original: DeliveryNumber, copy: DeliveryNumber) {
        if self.slot_of(original).is_some() {
            let copies = &mut self.asides.entry(original).or_default().copies;
            if !copies.contains(&copy) {
                copies.push(copy);
            }
        }
    }

    /// After the replay, in which a copy may be met before its original.
    fn find_copies(&mut self) {
        let copies = self.asides.iter().filter_map(|(number, aside)| Some((aside.routed?.original?, *number)));
        let mut copies: Vec<_> = copies.collect();
        copies.sort_unstable();
        for (original, copy) in copies {
            self.add_copy(original, copy);
        }
    }

    /// Lets retries of this delivery be known; of several with the same fingerprint only those of the latest.
    fn remember(&mut self, slot: u32) {
        let fingerprint = self.entries.get(slot).fingerprint;
        let hash = fingerprint_hash(&self.keys, fingerprint);
        let same = |other| self.entries.get(other).fingerprint == fingerprint;
        if let Some(earlier) = self.by_fingerprint.find(hash, same) {
            self.by_fingerprint.remove(hash, earlier);
        }
        let hash_of = |slot| fingerprint_hash(&self.keys, Slab::get(&self.entries, slot).fingerprint);
        self.by_fingerprint.insert(hash, slot, hash_of);
    }

    /// A repetition of this delivery is a new delivery from now on.
    pub(super) fn forget_delivery(&mut self, slot: u32) {
        self.by_fingerprint.remove(fingerprint_hash(&self.keys, self.entries.get(slot).fingerprint), slot);
    }

    /// Step 5, route: into the destination's inbox and the sender's outbox.
    fn link(&mut self, slot: u32) {
        let entry = self.entries.get(slot);
        let (from, to) = (entry.from as usize, entry.receiver as usize);
        self.parties[to].inbox.push(&mut self.entries, slot);
        self.parties[from].outbox.push(&mut self.entries, slot);
        self.place(slot);
    }

    fn unlink(&mut self, slot: u32) {
        let entry = self.entries.get(slot);
        let (from, to) = (entry.from as usize, entry.receiver as usize);
        self.parties[to].inbox.unlink(&mut self.entries, slot);
        self.parties[from].outbox.unlink(&mut self.entries, slot);
    }
}
