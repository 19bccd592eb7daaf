//! States: each is what members asked for, and a final one stays.

use phytohub_core::shard::Answer;
use phytohub_core::shard::{Command, Shard, Story};
use phytohub_model::{ConnectionCode, DeliveryNumber, TrackedHeader, TrackingState};

use super::ledger::Envelope;
use super::{Guarantee, Moment, Oracle, Verdict, broken};
use crate::clock::Clock;

impl Oracle {
    /// A state of an envelope was seen in an answer that left the hub, or in a hub that rests.
    pub(super) fn saw_state(
        &mut self,
        envelope: usize,
        state: TrackingState,
        clock: &Clock,
        began: Moment,
        now: Moment,
    ) -> Verdict {
        let known = &self.envelopes[envelope];
        if let Some((before, since)) = known.ended {
            // The question was asked before the end was answered: an answer to it may have been on its way.
            if state == TrackingState::PendingDelivery && since >= began {
                return Ok(());
            }
            // What is forgotten is so again after a start, once time has passed: its end is in the journal still.
            let is_remembered = before == TrackingState::EnvelopeNotExists && state != TrackingState::PendingDelivery;
            if before == state || is_remembered {
                return Ok(());
            }
            let what = format!("{} was {before} and is {state}", self.name(envelope));
            return broken(Guarantee::NeverAfter, what);
        }
        let arrived = self.intents[known.intent].arrived.map_or(0, |arrived| arrived.at);
        match state {
            TrackingState::PendingDelivery => return Ok(()),
            TrackingState::EnvelopeNotExists => {
                return broken(Guarantee::Durable, format!("{} does not exist", self.name(envelope)));
            }
            TrackingState::FailedDelivery => {
                if clock.seen_since(arrived) < self.settings.expire_after {
                    let what = format!("{} was given up before its time", self.name(envelope));
                    return broken(Guarantee::NoneVanishes, what);
                }
            }
            _ => {
                let asked = state.outcome().is_some_and(|outcome| known.asked.contains(&outcome));
                if !asked {
                    let what = format!("{} is {state}, and nobody said so", self.name(envelope));
                    return broken(Guarantee::NoneVanishes, what);
                }
            }
        }
        self.end(envelope, state, now);
        Ok(())
    }

    fn end(&mut self, envelope: usize, state: TrackingState, now: Moment) {
        self.envelopes[envelope].ended = Some((state, now));
        let receiver = self.envelopes[envelope].receiver;
        if let Some(open) = self.open.get_mut(&receiver) {
            open.retain(|&other| other != envelope);
        }
    }

    /// Whether somebody asked for the end of an envelope, or its time may be over.
    fn may_have_ended(&self, envelope: usize, clock: &Clock) -> bool {
        let Envelope { intent, asked, .. } = &self.envelopes[envelope];
        let arrived = self.intents[*intent].arrived.map_or(0, |arrived| arrived.at);
        !asked.is_empty() || clock.seen_since(arrived) >= self.settings.expire_after
    }

    /// An acknowledgement was answered: the state is as asked, or another final one.
    pub(crate) fn acknowledged(
        &mut self,
        number: DeliveryNumber,
        state: TrackingState,
        clock: &Clock,
        now: Moment,
    ) -> Verdict {
        match self.by_number.get(&number) {
            Some(&envelope) => self.saw_state(envelope, state, clock, now, now),
            None => broken(Guarantee::Identity, format!("{number} is acknowledged, and nobody was told that number")),
        }
    }

    /// An acknowledgement was answered: the hub knows no such envelope.
    pub(crate) fn unknown(&self, codes: &[ConnectionCode], number: DeliveryNumber, clock: &Clock) -> Verdict {
        let theirs = |envelope: usize| {
            let Envelope { intent, receiver, is_copy, .. } = &self.envelopes[envelope];
            let sent = &self.intents[*intent];
            codes.contains(receiver) || (!is_copy && [sent.from, sent.to].iter().any(|code| codes.contains(code)))
        };
        match self.by_number.get(&number) {
            Some(&envelope) if theirs(envelope) && !self.may_be_forgotten(envelope, clock) => {
                broken(Guarantee::Durable, format!("{} is not known any more", self.name(envelope)))
            }
            _ => Ok(()),
        }
    }

    /// The same, where only the receiver may ask.
    pub(crate) fn acknowledged_nothing(
        &self,
        codes: &[ConnectionCode],
        number: DeliveryNumber,
        clock: &Clock,
    ) -> Verdict {
        let receiver = self.by_number.get(&number).map(|&envelope| self.envelopes[envelope].receiver);
        let is_theirs = receiver.is_some_and(|receiver| codes.contains(&receiver));
        if is_theirs { self.unknown(codes, number, clock) } else { Ok(()) }
    }

    /// A member was told where an envelope is.
    pub(crate) fn tracked(
        &mut self,
        codes: &[ConnectionCode],
        number: DeliveryNumber,
        header: Option<&TrackedHeader>,
        clock: &Clock,
        began: Moment,
        now: Moment,
    ) -> Verdict {
        let Some(header) = header else { return self.unknown(codes, number, clock) };
        match self.by_number.get(&number) {
            Some(&envelope) => self.saw_state(envelope, header.state, clock, began, now),
            None => Ok(()),
        }
    }

    /// Looks at a hub in which nothing is under way: every envelope that was named in an answer is there, in a state
    /// that follows from what was asked for, and no delivery waits twice.
    pub(crate) fn audit(&mut self, shards: &[&Shard], clock: &Clock, now: Moment) -> Verdict {
        let numbers: Vec<(DeliveryNumber, usize)> = self.by_number.iter().map(|(&n, &e)| (n, e)).collect();
        for (number, envelope) in numbers {
            let shard = shards.get(usize::from(number.shard().0));
            let story = shard.and_then(|shard| story(shard, clock, number));
            match story {
                Some(story) => self.saw_state(envelope, story.header.state, clock, now, now)?,
                None if self.envelopes[envelope].ended.is_some() && self.may_be_forgotten(envelope, clock) => {}
                None if self.may_be_forgotten(envelope, clock) && self.may_have_ended(envelope, clock) => {
                    // It ended and was forgotten between two looks. For good: it may not come back.
                    self.end(envelope, TrackingState::EnvelopeNotExists, now);
                }
                None => return broken(Guarantee::Durable, format!("{} is gone", self.name(envelope))),
            }
        }
        let mut waiting: Vec<(String, ConnectionCode, DeliveryNumber)> = Vec::new();
        for shard in shards {
            for (number, _) in shard.pending_locators() {
                if let Some(story) = story(shard, clock, number) {
                    let name = story.header.header.certificate_number.as_str().to_owned();
                    waiting.push((name, story.receiver, number));
                }
            }
        }
        waiting.sort_unstable();
        for pair in waiting.windows(2) {
            if let [(name, receiver, number), (other, to, again)] = pair
                && (name, receiver) == (other, to)
                && delivery_of(name).is_none_or(|intent| self.is_known_as_retry(intent, clock))
            {
                let what = format!("delivery {name} waits for {receiver} as {number} and as {again}");
                return broken(Guarantee::Retry, what);
            }
        }
        Ok(())
    }

    /// What was expected of a delivery's copies when it was accepted: all of them exist, or ended, or could expire.
    pub(crate) fn copies(&self, shards: &[&Shard], clock: &Clock) -> Verdict {
        for (index, intent) in self.intents.iter().enumerate() {
            let Some(number) = intent.answered_as else { continue };
            let shard = shards.get(usize::from(number.shard().0));
            let Some(story) = shard.and_then(|shard| story(shard, clock, number)) else { continue };
            let arrived = intent.arrived.map_or(0, |arrived| arrived.at);
            if clock.seen_since(arrived) >= self.settings.expire_after.min(self.settings.track_retention) {
                continue;
            }
            for &copy in &intent.envelopes[1..] {
                let Some(copy) = self.envelopes.get(copy).filter(|copy| copy.is_copy) else { continue };
                if !story.copies.iter().any(|(channel, _)| *channel == copy.receiver) {
                    let what = format!("delivery {index} was accepted without its copy for {}", copy.receiver);
                    return broken(Guarantee::NoneVanishes, what);
                }
            }
        }
        Ok(())
    }

    /// The end of a run: every envelope that was accepted has ended.
    pub(crate) fn all_ended(&self, clock: &Clock) -> Verdict {
        for (index, envelope) in self.envelopes.iter().enumerate() {
            let intent = &self.intents[envelope.intent];
            let Some(arrived) = intent.arrived.filter(|_| intent.answered.is_some()) else { continue };
            let could_expire = clock.seen_since(arrived.at) >= self.settings.expire_after;
            if envelope.ended.is_none() && !(envelope.number.is_none() && could_expire) {
                let what = format!("{} has no end; it was handed out {} times", self.name(index), envelope.handed);
                return broken(Guarantee::NoneVanishes, what);
            }
        }
        Ok(())
    }

    /// Whether any envelope still has to end.
    pub(crate) fn waits(&self, clock: &Clock) -> bool {
        self.all_ended(clock).is_err()
    }
}

/// The delivery that a certificate number names.
pub(crate) fn delivery_of(certificate_number: &str) -> Option<usize> {
    certificate_number.rsplit('.').next()?.parse().ok()
}

fn story(shard: &Shard, clock: &Clock, number: DeliveryNumber) -> Option<Box<Story>> {
    match shard.decide(clock.wall(), &Command::Follow { number }).answer {
        Answer::Story(story) => story,
        _ => None,
    }
}
