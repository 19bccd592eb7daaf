//! What follows from a command: one function a command, none of which changes anything.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use phytohub_model::limits::MESSAGE_BYTES_MAX;
use phytohub_model::{
    Accepted, Acknowledged, ConnectionCode, DeliveryNumber, Expired, Fact, Fingerprint, Header, Outcome, Pressure,
    Route, Timestamp, TrackedHeader, TrackingState,
};

use super::Shard;
use super::command::{Answer, Command, Copied, Copy, Decision, Deliver, Facts, Room};
use super::entry::Entry;
use super::index::fingerprint_hash;
use super::lists::List;
use crate::admission::CopyFor;
use crate::text::cut;

impl Shard {
    /// Decides a command. The facts of the decision must be applied before the next command is decided.
    ///
    /// # Panics
    /// When the replay of the journal is not over, or when a delivery brings the number of another envelope.
    pub fn decide(&self, now: Timestamp, command: &Command) -> Decision {
        assert!(self.replay.is_none(), "a command before the end of recovery");
        let answer = match command {
            Command::Deliver(deliver) => return self.deliver(now, deliver),
            Command::Acknowledge { codes, number, outcome, message } => {
                return self.acknowledge(now, codes, *number, *outcome, message.as_deref());
            }
            Command::Expire => return self.expire(now),
            Command::ListInbox { codes, from } => self.list_inbox(codes, *from),
            Command::PullOne { codes, number } => self.pull_one(codes, *number),
            Command::PullMany { codes } => self.pull_many(codes),
            Command::Confirm { codes, number } => self.confirm(codes, *number),
            Command::Track { codes, number } => self.track(codes, *number),
            Command::ListOutbox { codes } => self.list_outbox(codes),
            Command::NextPush { receiver, remind_after, reminder_first } => {
                self.next_push(now, receiver, *remind_after, *reminder_first)
            }
            Command::Attempted { number, attempt, park } => return self.attempted(*number, attempt, *park),
            Command::Redeliver { numbers, by } => return self.redeliver(now, numbers, by),
            Command::ListParked { receiver } => self.list_parked(receiver.as_ref()),
            Command::Follow { number } => Answer::Story(self.story(*number).map(Box::new)),
            Command::Account(wanted) => Answer::Accounted(self.account(wanted)),
            Command::Search(search) => Answer::Found(self.search(search)),
            Command::ListFailed(wanted) => Answer::Failed(self.failed(wanted)),
            Command::ListFailing => Answer::Parked(self.failing()),
        };
        Decision { facts: Facts::None, answer }
    }

    fn deliver(&self, now: Timestamp, deliver: &Deliver) -> Decision {
        let first = self.first_of(now, deliver);
        let mut facts = Vec::new();
        let (header, again) = match first {
            // A retry takes no room, so it is answered even when there is none.
            Some(first) => (self.tracked_header_of(first), true),
            None => {
                if let Some(pressure) = self.pressure(deliver) {
                    return Decision { facts: Facts::None, answer: Answer::Refused(pressure) };
                }
                let route = deliver.route.clone();
                facts.push(self.accepted(now, deliver, deliver.number, deliver.content.fingerprint, route, 0));
                let (header, number) = (deliver.header.clone(), deliver.number);
                (TrackedHeader { header, number, state: TrackingState::PendingDelivery, message: None }, false)
            }
        };
        let copies = self.copy(now, deliver, header.number, &mut facts);
        let facts = match facts.len() {
            0 => Facts::None,
            1 => facts.pop().map_or(Facts::None, Facts::One),
            _ => Facts::Many(facts),
        };
        Decision { facts, answer: Answer::Accepted { header, again, copies } }
    }

    /// Adds the facts of the copies that are not there yet: all of a new delivery, and of a retry those that a crash
    /// kept from the disk. Gives the copies that the sender is told of.
    fn copy(&self, now: Timestamp, deliver: &Deliver, original: DeliveryNumber, facts: &mut Vec<Fact>) -> Vec<Copied> {
        let mut told = Vec::new();
        for Copy { copy: CopyFor { channel, told: is_told }, number } in &deliver.copies {
            let number = self.copy_of(original, channel).unwrap_or_else(|| {
                let route = Route { receiver: Some(*channel), sender: None, original: Some(original) };
                let route = Route { sender: deliver.route.as_ref().and_then(|route| route.sender), ..route };
                let fingerprint = deliver.content.fingerprint.of_copy_for(channel);
                let place = facts.len() as u64;
                facts.push(self.accepted(now, deliver, *number, fingerprint, Some(Box::new(route)), place));
                *number
            });
            if *is_told {
                told.push(Copied { channel: *channel, number });
            }
        }
        told
    }

    /// The copy of an envelope that went to a channel, if one did.
    fn copy_of(&self, original: DeliveryNumber, channel: &ConnectionCode) -> Option<DeliveryNumber> {
        let copies = &self.asides.get(&original)?.copies;
        let to_channel = |number: &&DeliveryNumber| {
            self.entry_of(**number).is_some_and(|entry| self.party(entry.receiver).code == *channel)
        };
        copies.iter().find(to_channel).copied()
    }

    /// The acceptance of a delivery or of a copy of it, the `place`th of one decision.
    fn accepted(
        &self,
        now: Timestamp,
        deliver: &Deliver,
        number: DeliveryNumber,
        fingerprint: Fingerprint,
        route: Option<Box<Route>>,
        place: u64,
    ) -> Fact {
        assert!(self.slot_of(number).is_none(), "delivery number {number} is taken");
        let (sequence, header) = (self.next_sequence + place, deliver.header.clone());
        Fact::Accepted(Accepted { number, sequence, at: now, header, fingerprint, route })
    }

    /// The envelope of which this delivery is a repetition.
    fn first_of(&self, now: Timestamp, deliver: &Deliver) -> Option<&Entry> {
        let fingerprint = deliver.content.fingerprint;
        let same = |slot| self.entries.get(slot).fingerprint == fingerprint;
        let first = self.entries.get(self.by_fingerprint.find(fingerprint_hash(&self.keys, fingerprint), same)?);
        let known = first.is_pending() || now.since(first.end.at) < self.settings.retry_window;
        (known && self.has_header(first, &deliver.header)).then_some(first)
    }

    fn has_header(&self, entry: &Entry, header: &Header) -> bool {
        self.party(entry.from).code == header.from
            && self.party(self.to_of(entry)).code == header.to
            && entry.document == header.document
            && entry.certificate_number == header.certificate_number
    }

    /// Why there is no room for a new envelope, if there is none.
    fn pressure(&self, deliver: &Deliver) -> Option<Pressure> {
        let count = |code, list: fn(&super::Party) -> List| {
            self.party_id(code).map_or(0, |id| u64::from(list(self.party(id)).length))
        };
        let total = self.pending.saturating_add(deliver.elsewhere.total);
        if total.saturating_add(deliver.copies.len() as u64) >= self.settings.pending_total_max {
            return Some(Pressure::Total);
        }
        // The inbox in which it would lie: that of a delegate is bounded as any other.
        let receiver = deliver.channel().unwrap_or(&deliver.header.to);
        let waiting = count(receiver, |party| party.inbox).saturating_add(deliver.elsewhere.channel);
        if waiting >= self.settings.pending_per_destination_max {
            return Some(Pressure::Destination);
        }
        let sent = count(&deliver.header.from, |party| party.outbox).saturating_add(deliver.elsewhere.sender);
        if sent >= self.settings.pending_per_sender_max {
            return Some(Pressure::Sender);
        }
        (deliver.room == Room::DiskLow).then_some(Pressure::Disk)
    }

    fn list_inbox(&self, codes: &[ConnectionCode], from: Option<ConnectionCode>) -> Answer {
        let ids = self.party_ids_of(codes);
        let Some(from) = from else {
            return self.headers(self.merged(&ids, |party| party.inbox));
        };
        let Some(from) = self.party_id(&from) else { return Answer::Headers(Vec::new()) };
        // Both lists lead to the same envelopes: the shorter one leads there sooner.
        let waiting: u64 = ids.iter().map(|&id| u64::from(self.party(id).inbox.length)).sum();
        if u64::from(self.party(from).outbox.length) < waiting {
            self.headers(self.merged(&[from], |party| party.outbox).filter(|entry| ids.contains(&entry.receiver)))
        } else {
            self.headers(self.merged(&ids, |party| party.inbox).filter(|entry| entry.from == from))
        }
    }

    fn list_outbox(&self, codes: &[ConnectionCode]) -> Answer {
        // Of copies a sender knows those it was told of, by their numbers.
        let is_copy = |entry: &Entry| self.routed(entry).is_some_and(|routed| routed.original.is_some());
        let ids = self.party_ids_of(codes);
        let sent = self.merged(&ids, |party| party.outbox);
        self.headers(sent.filter(|entry| !is_copy(entry)))
    }

    fn headers<'a>(&'a self, entries: impl Iterator<Item = &'a Entry>) -> Answer {
        Answer::Headers(entries.take(self.settings.headers_per_answer_max).map(|entry| self.listed(entry)).collect())
    }

    fn pull_one(&self, codes: &[ConnectionCode], number: DeliveryNumber) -> Answer {
        let waiting = self.addressed_to(codes, number).filter(|entry| entry.is_pending());
        Answer::Envelope(waiting.map(|entry| (self.tracked_header_of(entry), entry.accepted)))
    }

    fn pull_many(&self, codes: &[ConnectionCode]) -> Answer {
        let mut envelopes = Vec::new();
        let mut bytes = 0_u64;
        for entry in self.merged(&self.party_ids_of(codes), |party| party.inbox) {
            bytes = bytes.saturating_add(u64::from(entry.accepted.length));
            let full =
                envelopes.len() >= self.settings.envelopes_per_answer_max || bytes > self.settings.bytes_per_answer_max;
            // The first is given in any case, or an envelope above the limit would block the inbox for good.
            if full && !envelopes.is_empty() {
                break;
            }
            envelopes.push((self.listed(entry), entry.accepted));
        }
        Answer::Envelopes(envelopes)
    }

    fn acknowledge(
        &self,
        now: Timestamp,
        codes: &[ConnectionCode],
        number: DeliveryNumber,
        outcome: Outcome,
        message: Option<&str>,
    ) -> Decision {
        let Some(entry) = self.addressed_to(codes, number) else {
            return Decision { facts: Facts::None, answer: Answer::Unknown };
        };
        let (present, wanted) = (entry.end.state, TrackingState::from(outcome));
        if !entry.is_pending() {
            let answer = if present == wanted { Answer::Acknowledged(present) } else { Answer::AlreadyFinal(present) };
            return Decision { facts: Facts::None, answer };
        }
        let message = message.filter(|text| !text.is_empty()).map(|text| cut(text, MESSAGE_BYTES_MAX));
        let fact = Fact::Acknowledged(Acknowledged { number, at: now, outcome, message });
        Decision { facts: Facts::One(fact), answer: Answer::Acknowledged(wanted) }
    }

    /// Setting the state that an envelope has is no change; setting it back is a contradiction.
    fn confirm(&self, codes: &[ConnectionCode], number: DeliveryNumber) -> Answer {
        match self.addressed_to(codes, number) {
            Some(entry) if entry.is_pending() => Answer::Acknowledged(entry.end.state),
            Some(entry) => Answer::AlreadyFinal(entry.end.state),
            None => Answer::Unknown,
        }
    }

    fn track(&self, codes: &[ConnectionCode], number: DeliveryNumber) -> Answer {
        let theirs = |entry: &&Entry| {
            let sender = self.routed(entry).and_then(|routed| routed.sender);
            let parties = [entry.from, self.to_of(entry), entry.receiver].into_iter().chain(sender);
            parties.into_iter().any(|party| codes.contains(&self.party(party).code))
        };
        Answer::Tracked(self.entry_of(number).filter(theirs).map(|entry| self.tracked_header_of(entry)))
    }

    /// Gives up what waits too long, oldest first.
    fn expire(&self, now: Timestamp) -> Decision {
        let is_due = |entry: &Entry| now.since(entry.accepted_at) >= self.settings.expire_after;
        let mut due = Vec::new();
        for party in &self.parties {
            // Ordered by time but for steps of the clock: an envelope from a time when the clock was ahead does not
            // hold up those behind it.
            let waiting = party.inbox.iter(&self.entries).map(|slot| self.entries.get(slot));
            let old =
                waiting.take_while(|entry| is_due(entry) || entry.accepted_at > now).filter(|entry| is_due(entry));
            due.extend(old.take(self.settings.expired_per_tick_max));
        }
        due.sort_unstable_by_key(|entry| entry.sequence);
        due.truncate(self.settings.expired_per_tick_max);
        let facts: Vec<Fact> = due.iter().map(|entry| Fact::Expired(self.expired(now, entry))).collect();
        let answer = Answer::Expired(facts.len());
        Decision { facts: if facts.is_empty() { Facts::None } else { Facts::Many(facts) }, answer }
    }

    fn expired(&self, now: Timestamp, entry: &Entry) -> Expired {
        const DAY: u64 = 86_400;
        let (to, allowed) = (self.party(entry.receiver).code, self.settings.expire_after.as_secs());
        let time = match (allowed / DAY, allowed % DAY) {
            (1, 0) => "1 day".to_owned(),
            (days, 0) => format!("{days} days"),
            _ => format!("{allowed} seconds"),
        };
        let message = format!(
            "{to} did not fetch and acknowledge this envelope within {time}, so it was given up and its content \
             deleted. Ask {to} whether its system is connected, then deliver it again"
        );
        Expired { number: entry.number, at: now, message: message.into() }
    }

    /// The envelope of that number if its destination is one of `codes`: what is another's is not there.
    fn addressed_to(&self, codes: &[ConnectionCode], number: DeliveryNumber) -> Option<&Entry> {
        self.entry_of(number).filter(|entry| codes.contains(&self.party(entry.receiver).code))
    }

    /// The parties behind `codes`, each once.
    fn party_ids_of(&self, codes: &[ConnectionCode]) -> Vec<u32> {
        let mut ids: Vec<u32> = codes.iter().filter_map(|code| self.party_id(code)).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The entries of one list of each party in order of acceptance.
    fn merged<'a>(&'a self, ids: &[u32], list: fn(&super::Party) -> List) -> impl Iterator<Item = &'a Entry> {
        let lists: Vec<List> = ids.iter().map(|&id| list(self.party(id))).collect();
        let place = |slot: u32, list: usize| Reverse((self.entries.get(slot).sequence, slot, list));
        let firsts = lists.iter().enumerate().filter_map(|(index, list)| Some(place(list.first()?, index)));
        let mut heap: BinaryHeap<_> = firsts.collect();
        std::iter::from_fn(move || {
            let mut next = heap.peek_mut()?;
            let Reverse((_, slot, list)) = *next;
            match lists[list].after(&self.entries, slot) {
                Some(after) => *next = place(after, list),
                None => {
                    std::collections::binary_heap::PeekMut::pop(next);
                }
            }
            Some(self.entries.get(slot))
        })
    }
}
