//! Push: what is handed to a receiver's service next, what its calls lead to, and what is parked.
//!
//! Each receiver has a place in its inbox up to which everything was handed over or parked; the next envelope is the
//! one there, so that the order holds and finding it costs nothing, however much waits for an acknowledgement. What was
//! handed over and not acknowledged is handed over again from time to time, in an order of its own.

use std::collections::BTreeSet;
use std::time::Duration;

use phytohub_model::limits::MESSAGE_BYTES_MAX;
use phytohub_model::{
    Attempt, AttemptOutcome, Attempted, ConnectionCode, DeliveryNumber, Fact, Locator, Redelivered, Timestamp,
};

use super::Shard;
use super::aside::{Aside, PushState, Step, StepKind};
use super::command::{Answer, Applied, Decision, Facts, NextPush, Parked, Pushed};
use super::entry::{Entry, NIL};
use crate::text::cut;

/// When an envelope that a service does not take is parked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParkAfter {
    /// After so many refusals of the service.
    pub refusals: u32,
    /// After so many calls without an answer: more than refusals, since it may be the service that fails and not the
    /// envelope.
    pub unclear: u32,
}

/// Envelopes that one command takes up again: a batch must stay small.
const REDELIVERED_MAX: usize = 1000;
/// Parked envelopes in one list.
const LISTED_MAX: usize = 5000;
/// Name of the operator in the journal.
const BY_BYTES_MAX: usize = 128;

/// Where a receiver's service stands in its inbox.
#[derive(Clone, Debug)]
pub(super) struct Pushing {
    /// The first envelope that was neither handed over nor parked; [`NIL`] for none.
    pub(super) next: u32,
    /// What was handed over: time of a call, sequence, number. An envelope may stand here more than once; the place of
    /// its last call is the one that counts.
    reminders: BTreeSet<(Timestamp, u64, DeliveryNumber)>,
}

impl Pushing {
    pub(super) fn new() -> Self {
        Self { next: NIL, reminders: BTreeSet::new() }
    }
}

impl Shard {
    /// What its service gets next.
    pub(super) fn next_push(
        &self,
        now: Timestamp,
        receiver: &ConnectionCode,
        remind_after: Duration,
        reminder_first: bool,
    ) -> Answer {
        let Some(id) = self.party_id(receiver) else { return Answer::Push(NextPush::Nothing) };
        let pushing = &self.party(id).pushing;
        let waiting = (pushing.next != NIL).then(|| self.entries.get(pushing.next));
        let reminder = self.next_reminder(pushing);
        let due = reminder.filter(|&(at, _)| now.since(at) >= remind_after).map(|(_, entry)| entry);
        let chosen = match (waiting, due) {
            (Some(_), Some(due)) if reminder_first => Some((due, true)),
            (Some(waiting), _) => Some((waiting, false)),
            (None, due) => due.map(|due| (due, true)),
        };
        Answer::Push(match (chosen, reminder) {
            (Some((entry, reminder)), _) => NextPush::Envelope(Box::new(self.pushed(entry, reminder))),
            (None, Some((at, _))) => NextPush::At(at.plus(remind_after)),
            (None, None) => NextPush::Nothing,
        })
    }

    fn next_reminder(&self, pushing: &Pushing) -> Option<(Timestamp, &Entry)> {
        pushing.reminders.iter().find_map(|&(at, _, number)| Some((at, self.to_remind_of(at, number)?)))
    }

    /// The envelope of a place among the reminders, if that is the place of its last call.
    fn to_remind_of(&self, at: Timestamp, number: DeliveryNumber) -> Option<&Entry> {
        let entry = self.entry_of(number).filter(|entry| entry.is_pending())?;
        let aside = self.asides.get(&number)?;
        let is_last = aside.last_attempt().is_some_and(|attempt| attempt.at == at);
        (is_last && aside.state() == PushState::Answered).then_some(entry)
    }

    fn pushed(&self, entry: &Entry, reminder: bool) -> Pushed {
        let attempts = self.asides.get(&entry.number).map_or(0, |aside| aside.steps.len() as u32);
        Pushed {
            header: self.tracked_header_of(entry),
            locator: entry.accepted,
            accepted_at: entry.accepted_at,
            attempts,
            reminder,
        }
    }

    /// A call ended. It is kept also when the envelope was acknowledged meanwhile.
    pub(super) fn attempted(&self, number: DeliveryNumber, attempt: &Attempt, park: Option<ParkAfter>) -> Decision {
        let Some(entry) = self.entry_of(number) else {
            return Decision { facts: Facts::None, answer: Answer::Unknown };
        };
        let nothing = Aside::default();
        let aside = self.asides.get(&number).unwrap_or(&nothing);
        let many = park.is_some_and(|park| {
            let so_far = aside.count(attempt.outcome) + 1;
            match attempt.outcome {
                AttemptOutcome::Refused => so_far >= park.refusals,
                AttemptOutcome::Unclear => so_far >= park.unclear,
                AttemptOutcome::Answered | AttemptOutcome::Unreachable => false,
            }
        });
        let parks = many && entry.is_pending() && aside.state() == PushState::Waiting;
        let text = attempt.text.as_deref().map(|text| cut(text, MESSAGE_BYTES_MAX));
        let attempt = Attempt { text, ..attempt.clone() };
        let fact = Fact::Attempted(Attempted { number, ordinal: aside.next_ordinal(), attempt, parks });
        Decision { facts: Facts::One(fact), answer: Answer::Attempted { parked: parks } }
    }

    /// Takes parked envelopes up again; those that are not parked are named.
    pub(super) fn redeliver(&self, now: Timestamp, numbers: &[DeliveryNumber], by: &str) -> Decision {
        let mut facts = Vec::new();
        let mut not_parked = Vec::new();
        for &number in numbers.iter().take(REDELIVERED_MAX) {
            match self.asides.get(&number).filter(|aside| aside.state() == PushState::Parked) {
                Some(aside) if self.entry_of(number).is_some_and(Entry::is_pending) => {
                    let (ordinal, by) = (aside.next_ordinal(), cut(by, BY_BYTES_MAX));
                    facts.push(Fact::Redelivered(Redelivered { number, ordinal, at: now, by }));
                }
                _ => not_parked.push(number),
            }
        }
        not_parked.extend(numbers.iter().skip(REDELIVERED_MAX));
        let answer = Answer::Redelivered { redelivered: facts.len(), not_parked };
        Decision { facts: if facts.is_empty() { Facts::None } else { Facts::Many(facts) }, answer }
    }

    /// What is parked, of one receiver or of all, oldest first.
    pub(super) fn list_parked(&self, receiver: Option<&ConnectionCode>) -> Answer {
        let parked = self.parked.values().map(|&slot| self.entries.get(slot));
        let theirs = parked.filter(|entry| receiver.is_none_or(|code| self.party(entry.receiver).code == *code));
        Answer::Parked(theirs.take(LISTED_MAX).map(|entry| self.parked_row(entry)).collect())
    }

    pub(super) fn parked_row(&self, entry: &Entry) -> Parked {
        let aside = self.asides.get(&entry.number);
        let last = aside.and_then(Aside::last_attempt);
        Parked {
            header: self.tracked_header_of(entry),
            receiver: self.party(entry.receiver).code,
            accepted_at: entry.accepted_at,
            parked_at: last.map_or(entry.accepted_at, |attempt| attempt.at),
            attempts: aside.map_or(0, |aside| aside.steps.len() as u32),
            cause: last.and_then(|attempt| attempt.text.clone()),
        }
    }

    /// How many envelopes are parked, of each receiver with any.
    pub fn parked(&self) -> impl Iterator<Item = (ConnectionCode, u64)> + '_ {
        let mut counts = std::collections::BTreeMap::new();
        for &slot in self.parked.values() {
            *counts.entry(self.party(self.entries.get(slot).receiver).code).or_insert(0) += 1;
        }
        counts.into_iter()
    }

    pub(super) fn apply_attempted(&mut self, attempted: &Attempted, locator: Locator) -> Applied {
        let Attempted { number, ordinal, attempt, parks } = attempted;
        let what = StepKind::Attempt { attempt: attempt.clone(), parks: *parks };
        self.apply_step(*number, Step { ordinal: *ordinal, segment: locator.segment, what })
    }

    pub(super) fn apply_redelivered(&mut self, redelivered: &Redelivered, locator: Locator) -> Applied {
        let Redelivered { number, ordinal, at, by } = redelivered;
        let what = StepKind::Redelivered { at: *at, by: by.clone() };
        self.apply_step(*number, Step { ordinal: *ordinal, segment: locator.segment, what })
    }

    fn apply_step(&mut self, number: DeliveryNumber, step: Step) -> Applied {
        let Some(slot) = self.slot_of(number) else {
            if let Some(replay) = &mut self.replay {
                replay.early_steps.entry(number).or_default().push(step);
            }
            return Applied::default();
        };
        let in_replay = self.replay.is_some();
        self.add_step(number, step);
        if in_replay || !self.entries.get(slot).is_pending() {
            return Applied::default();
        }
        let before = self.party(self.entries.get(slot).receiver).pushing.next;
        self.place(slot);
        let entry = self.entries.get(slot);
        let receiver = self.party(entry.receiver);
        let arrived = (receiver.pushing.next != before).then_some(receiver.code);
        Applied { arrived, ..Applied::default() }
    }

    pub(super) fn add_step(&mut self, number: DeliveryNumber, step: Step) {
        let segment = step.segment;
        let left = self.asides.entry(number).or_default().add(step, self.replay.is_some());
        self.segments.add_record(segment);
        if let Some(left) = left {
            self.segments.subtract_record(left);
        }
    }

    /// Puts a waiting envelope where it belongs by its steps: next, among the reminders, or parked.
    pub(super) fn place(&mut self, slot: u32) {
        let entry = self.entries.get(slot);
        let (sequence, number, receiver) = (entry.sequence, entry.number, entry.receiver);
        let state = self.push_state(number);
        if state == PushState::Parked {
            self.parked.insert(sequence, slot);
        } else {
            self.parked.remove(&sequence);
        }
        let next = self.party(receiver).pushing.next;
        match state {
            PushState::Waiting if next == NIL || sequence < self.entries.get(next).sequence => {
                self.party_mut(receiver).pushing.next = slot;
            }
            PushState::Waiting => {}
            _ if next == slot => self.advance(receiver, slot),
            _ => {}
        }
        if state == PushState::Answered
            && let Some(at) = self.asides.get(&number).and_then(Aside::last_attempt).map(|attempt| attempt.at)
        {
            self.party_mut(receiver).pushing.reminders.insert((at, sequence, number));
            self.drop_old_reminders(receiver);
        }
    }

    /// To be called while the envelope is still in its inbox: it has ended.
    pub(super) fn displace(&mut self, slot: u32) {
        let entry = self.entries.get(slot);
        let (sequence, receiver) = (entry.sequence, entry.receiver);
        self.parked.remove(&sequence);
        if self.party(receiver).pushing.next == slot {
            self.advance(receiver, slot);
        }
    }

    /// The next one behind `slot` that is to be handed over.
    fn advance(&mut self, receiver: u32, slot: u32) {
        let party = self.party(receiver);
        let behind = std::iter::successors(party.inbox.after(&self.entries, slot), |&slot| {
            party.inbox.after(&self.entries, slot)
        });
        let waits = |slot: &u32| self.push_state(self.entries.get(*slot).number) == PushState::Waiting;
        let next = behind.into_iter().find(waits).unwrap_or(NIL);
        self.party_mut(receiver).pushing.next = next;
    }

    /// Reminders of what has ended, or was called again since, leave from the front.
    pub(super) fn drop_old_reminders(&mut self, receiver: u32) {
        while let Some(&(at, _, number)) = self.party(receiver).pushing.reminders.first() {
            if self.to_remind_of(at, number).is_some() {
                return;
            }
            self.party_mut(receiver).pushing.reminders.pop_first();
        }
    }

    pub(super) fn push_state(&self, number: DeliveryNumber) -> PushState {
        self.asides.get(&number).map_or(PushState::Waiting, Aside::state)
    }
}
