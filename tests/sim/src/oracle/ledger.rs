//! The ledger: every delivery that a member wanted to make, and the envelopes that follow from it.

use std::collections::BTreeMap;

use bytes::Bytes;
use phytohub_core::shard::{Copied, Settings};
use phytohub_model::{ConnectionCode, DeliveryNumber, HeaderFields, Outcome, Pressure, TrackedHeader, TrackingState};

use super::{Guarantee, Verdict, broken};
use crate::clock::Clock;
use crate::look::Stored;
use crate::plan::Plan;

/// A moment of a run: a count that grows with each step, and the steady clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    pub(crate) step: u64,
    pub(crate) at: u64,
}

/// A delivery that a member wants to make, however often it has to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Intent {
    pub(crate) fields: HeaderFields,
    pub(crate) from: ConnectionCode,
    pub(crate) to: ConnectionCode,
    pub(crate) content: Bytes,
    /// When it first reached the hub.
    pub(crate) arrived: Option<Moment>,
    /// How often it reached the hub, and how often it was answered that it was not taken.
    pub(crate) arrivals: u32,
    pub(crate) not_taken: u32,
    /// When it was first answered as accepted.
    pub(crate) answered: Option<Moment>,
    /// By which number it was answered last.
    pub(super) answered_as: Option<DeliveryNumber>,
    /// Its envelopes: for its receiver, and for each channel that gets a copy.
    pub(crate) envelopes: Vec<usize>,
}

/// An envelope: what one receiver gets of one delivery.
#[derive(Clone, Debug)]
pub(crate) struct Envelope {
    pub(crate) intent: usize,
    pub(crate) receiver: ConnectionCode,
    /// Not the delivery itself but a copy of it.
    pub(crate) is_copy: bool,
    /// The same delivery again, after the hub may have forgotten it: it has no place in the order of the first.
    pub(crate) is_anew: bool,
    /// Known once an answer named it.
    pub(crate) number: Option<DeliveryNumber>,
    /// How often it was handed out.
    pub(crate) handed: u32,
    /// A call of the receiver's service with it was answered well, as the hub saw it.
    pub(crate) taken: bool,
    /// Outcomes that receivers asked for.
    pub(crate) asked: Vec<Outcome>,
    /// When the first of them was asked for.
    pub(crate) asked_at: Option<Moment>,
    /// Its final state and when that was first answered or seen.
    pub(crate) ended: Option<(TrackingState, Moment)>,
}

/// All that is known from outside.
pub(crate) struct Oracle {
    pub(crate) intents: Vec<Intent>,
    pub(crate) envelopes: Vec<Envelope>,
    pub(super) by_number: BTreeMap<DeliveryNumber, usize>,
    pub(super) settings: Settings,
    pub(super) routes: Vec<Routes>,
    /// Envelopes that are not known to have ended, by receiver and in the order of their deliveries.
    pub(super) open: BTreeMap<ConnectionCode, Vec<usize>>,
}

/// Where a party's envelopes go, by its plan.
pub(super) struct Routes {
    codes: Vec<ConnectionCode>,
    delegate: Option<ConnectionCode>,
    forward: [Option<ConnectionCode>; 2],
}

impl Oracle {
    pub(crate) fn new(plan: &Plan) -> Self {
        let routes = plan.parties.iter().map(|party| Routes {
            codes: party.codes.clone(),
            delegate: party.delegate,
            forward: party.forward,
        });
        Self {
            intents: Vec::new(),
            envelopes: Vec::new(),
            by_number: BTreeMap::new(),
            settings: plan.core.clone(),
            routes: routes.collect(),
            open: BTreeMap::new(),
        }
    }

    /// A member will send this; gives its index.
    pub(crate) fn intends(&mut self, fields: HeaderFields, content: Bytes) -> usize {
        let code = |text: &str| -> ConnectionCode { text.parse().expect("members of the simulation write codes") };
        let (from, to) = (code(&fields.from), code(&fields.to));
        let intent = self.intents.len();
        let (receiver, copies) = self.receivers(&fields, &from, &to);
        self.intents.push(Intent {
            fields,
            from,
            to,
            content,
            arrived: None,
            arrivals: 0,
            not_taken: 0,
            answered: None,
            answered_as: None,
            envelopes: Vec::new(),
        });
        self.add(intent, receiver, false, false);
        copies.into_iter().for_each(|channel| self.add(intent, channel, true, false));
        intent
    }

    /// Who must get it, by the rules as people read them: the delegate or To itself, and a copy to whom the sender
    /// names and both sides' rules name, once each, not to who receives it anyway.
    fn receivers(
        &self,
        fields: &HeaderFields,
        from: &ConnectionCode,
        to: &ConnectionCode,
    ) -> (ConnectionCode, Vec<ConnectionCode>) {
        let of = |code: &ConnectionCode| self.routes.iter().find(|routes| routes.codes.contains(code));
        let receiver = of(to).and_then(|routes| routes.delegate).unwrap_or(*to);
        let named = fields.forwardings.iter().filter_map(|forwarding| forwarding.code.parse().ok());
        let rules = [of(from).and_then(|routes| routes.forward[0]), of(to).and_then(|routes| routes.forward[1])];
        let mut copies: Vec<ConnectionCode> = Vec::new();
        for channel in named.chain(rules.into_iter().flatten()) {
            if channel != receiver && !copies.contains(&channel) {
                copies.push(channel);
            }
        }
        (receiver, copies)
    }

    fn add(&mut self, intent: usize, receiver: ConnectionCode, is_copy: bool, is_anew: bool) {
        let envelope = self.envelopes.len();
        self.envelopes.push(Envelope {
            intent,
            receiver,
            is_copy,
            is_anew,
            number: None,
            handed: 0,
            taken: false,
            asked: Vec::new(),
            asked_at: None,
            ended: None,
        });
        self.intents[intent].envelopes.push(envelope);
        self.open.entry(receiver).or_default().push(envelope);
    }

    /// A delivery reached the hub.
    pub(crate) fn arrives(&mut self, intent: usize, now: Moment) {
        let intent = &mut self.intents[intent];
        intent.arrivals += 1;
        intent.arrived.get_or_insert(now);
    }

    /// An acknowledgement reached the hub.
    pub(crate) fn asks(&mut self, number: DeliveryNumber, outcome: Outcome, now: Moment) {
        if let Some(&envelope) = self.by_number.get(&number) {
            let envelope = &mut self.envelopes[envelope];
            envelope.asked.push(outcome);
            envelope.asked_at.get_or_insert(now);
        }
    }

    /// A delivery was answered with a number.
    pub(crate) fn accepted(
        &mut self,
        intent: usize,
        header: &TrackedHeader,
        copies: &[Copied],
        clock: &Clock,
        began: Moment,
        now: Moment,
    ) -> Verdict {
        let receiver = self.envelopes[self.intents[intent].envelopes[0]].receiver;
        let envelope = self.bind(intent, receiver, header.number, clock)?;
        self.saw_state(envelope, header.state, clock, began, now)?;
        for Copied { channel, number } in copies {
            self.bind(intent, *channel, *number, clock)?;
        }
        let intent = &mut self.intents[intent];
        intent.answered.get_or_insert(now);
        intent.answered_as = Some(header.number);
        Ok(())
    }

    /// Names one of a delivery's envelopes. One that has a name can only get another where the hub may have forgotten
    /// the first, or never had it.
    pub(super) fn bind(
        &mut self,
        intent: usize,
        receiver: ConnectionCode,
        number: DeliveryNumber,
        clock: &Clock,
    ) -> Result<usize, super::Violation> {
        if let Some(&known) = self.by_number.get(&number) {
            let envelope = &self.envelopes[known];
            if envelope.intent != intent || envelope.receiver != receiver {
                let what = format!("number {number} names delivery {} and delivery {intent}", envelope.intent);
                return broken(Guarantee::Retry, what);
            }
            return Ok(known);
        }
        let mut theirs = self.intents[intent].envelopes.iter().copied();
        let Some(first) = theirs.find(|&envelope| self.envelopes[envelope].receiver == receiver) else {
            return broken(Guarantee::Identity, format!("delivery {intent} went to {receiver}, whose it is not"));
        };
        let place = match self.envelopes[first].number {
            None => first,
            Some(before) => {
                // Where tracks are kept for less time than envelopes may wait, a copy can be forgotten before its
                // original.
                let is_forgotten = self.envelopes[first].is_copy && self.may_be_forgotten(first, clock);
                if self.is_known_as_retry(intent, clock) && !is_forgotten {
                    let what = format!("delivery {intent} to {receiver} has number {before} and now {number}");
                    return broken(Guarantee::Retry, what);
                }
                let is_copy = self.envelopes[first].is_copy;
                self.add(intent, receiver, is_copy, true);
                self.envelopes.len() - 1
            }
        };
        self.envelopes[place].number = Some(number);
        self.by_number.insert(number, place);
        Ok(place)
    }

    /// A delivery was answered as not taken, by the rules or for lack of room.
    pub(crate) fn not_taken(&mut self, intent: usize) {
        self.intents[intent].not_taken += 1;
    }

    /// A delivery that came at `began` was answered as not taken for lack of room; `limited` says that the disk has
    /// bounds or had lately.
    ///
    /// How many envelopes waited cannot follow from answers: of what is sent anew no answer may have come, and of its
    /// copies for channels the sender may not be told. So `waited` gives the envelopes in the shards' states that have
    /// waited at any time since `began`, and the hub's count is judged by them. What was known to have ended before
    /// does not count, whatever those states say.
    pub(crate) fn pressed<W: Iterator<Item = Stored>>(
        &self,
        intent: usize,
        pressure: Pressure,
        limited: bool,
        began: Moment,
        waited: impl FnOnce() -> W,
    ) -> Verdict {
        let Intent { from, to, ref envelopes, .. } = self.intents[intent];
        let had_ended = |number: &DeliveryNumber| {
            let ended = self.by_number.get(number).and_then(|&envelope| self.envelopes[envelope].ended);
            ended.is_some_and(|(_, since)| since < began)
        };
        let waiting = |counts: &dyn Fn(&Stored) -> bool| {
            waited().filter(|envelope| !had_ended(&envelope.number) && counts(envelope)).count() as u64
        };
        let sender = |delivery: usize| self.intents.get(delivery).map(|intent| intent.from);
        // Each acceptance makes one copy for each channel, however many were made by those before.
        let is_to_be_made = |&&envelope: &&usize| self.envelopes[envelope].is_copy && !self.envelopes[envelope].is_anew;
        let copies = envelopes.iter().filter(is_to_be_made).count() as u64;
        let (count, limit) = match pressure {
            Pressure::Sender => {
                let count = waiting(&|envelope| sender(envelope.delivery) == Some(from));
                (count, self.settings.pending_per_sender_max)
            }
            Pressure::Destination => {
                // A delegate receives in the stead of To, and it is its inbox that is bounded.
                let own =
                    envelopes.iter().map(|&envelope| &self.envelopes[envelope]).find(|envelope| !envelope.is_copy);
                let receiver = own.map_or(to, |envelope| envelope.receiver);
                let count = waiting(&|envelope| envelope.receiver == receiver);
                (count, self.settings.pending_per_destination_max)
            }
            Pressure::Total => (waiting(&|_| true) + copies, self.settings.pending_total_max),
            Pressure::Disk if !limited => {
                return broken(Guarantee::Fair, format!("{from} is refused for a full disk, and the disk has room"));
            }
            Pressure::Disk | Pressure::Queue | Pressure::Draining => return Ok(()),
        };
        if count < limit {
            let what = format!("{from} is refused ({pressure}), but {count} at the most wait and {limit} may");
            return broken(Guarantee::Fair, what);
        }
        Ok(())
    }

    /// Whether the hub said each time that it does not take this delivery.
    pub(super) fn is_surely_refused(&self, intent: usize) -> bool {
        let Intent { arrivals, not_taken, answered, .. } = self.intents[intent];
        answered.is_none() && not_taken >= arrivals
    }

    /// Whether an envelope waits for sure: its acceptance was answered, nobody asked for its end, and its time is not
    /// over on any clock that the hub saw.
    pub(crate) fn is_open(&self, envelope: usize, clock: &Clock) -> bool {
        let envelope = &self.envelopes[envelope];
        let intent = &self.intents[envelope.intent];
        intent.answered.is_some() && envelope.asked.is_empty() && envelope.ended.is_none() && {
            let arrived = intent.arrived.map_or(0, |arrived| arrived.at);
            clock.seen_since(arrived) < self.settings.expire_after
        }
    }

    /// Whether the hub may have forgotten an envelope, were it ended as soon as it arrived.
    pub(super) fn may_be_forgotten(&self, envelope: usize, clock: &Clock) -> bool {
        let arrived = self.intents[self.envelopes[envelope].intent].arrived.map_or(0, |arrived| arrived.at);
        clock.seen_since(arrived) >= self.settings.track_retention
    }

    /// Whether another delivery of the same is surely a repetition: what was sent first waits, or was delivered not
    /// long ago. What could not be read or was given up is delivered anew, and its copies with it.
    pub(super) fn is_known_as_retry(&self, intent: usize, clock: &Clock) -> bool {
        let Intent { arrived, envelopes, .. } = &self.intents[intent];
        let known_for = self.settings.retry_window.min(self.settings.expire_after);
        let may_be_unreadable = |&place: &usize| self.envelopes[place].asked.contains(&Outcome::DeliveredNotReadable);
        let is_first = |place: usize| !self.envelopes[place].is_copy && !self.envelopes[place].is_anew;
        let is_open = |&place: &usize| is_first(place) && self.is_open(place, clock);
        !envelopes.iter().any(may_be_unreadable)
            && (envelopes.iter().any(is_open) || clock.seen_since(arrived.map_or(0, |arrived| arrived.at)) < known_for)
    }

    /// Of several that are open, those of `receiver`.
    pub(super) fn open_of(&self, receiver: &ConnectionCode) -> &[usize] {
        self.open.get(receiver).map_or(&[], Vec::as_slice)
    }

    /// Every number that an answer named.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = DeliveryNumber> + '_ {
        self.by_number.keys().copied()
    }

    /// An envelope that waits for `receiver` since before `since` (milliseconds) and was not handed out at all.
    pub(crate) fn not_called(&self, receiver: &ConnectionCode, since: u64, clock: &Clock) -> Option<String> {
        let old = |&place: &usize| {
            let envelope = &self.envelopes[place];
            let answered = self.intents[envelope.intent].answered;
            envelope.number.is_some()
                && envelope.handed == 0
                && answered.is_some_and(|answered| answered.at < since)
                && self.is_open(place, clock)
        };
        self.open_of(receiver).iter().copied().find(old).map(|place| self.name(place))
    }

    /// An envelope as it stands in sentences.
    pub(super) fn name(&self, envelope: usize) -> String {
        let Envelope { intent, receiver, number, .. } = &self.envelopes[envelope];
        let number = number.map_or_else(|| "not named yet".to_owned(), |number| number.to_string());
        format!("envelope {number} (delivery {intent}, for {receiver})")
    }
}
