//! What was handed out: the right bytes, to the right receiver, in order, and never after the end.

use bytes::Bytes;
use phytohub_model::{ConnectionCode, DeliveryNumber, TrackedHeader, TrackingState};

use super::state::delivery_of;
use super::{Guarantee, Moment, Oracle, Verdict, Violation, broken, names};
use crate::clock::Clock;

impl Oracle {
    /// An answer of a pull left the hub. `began` is when the request reached it.
    pub(crate) fn pulled(
        &mut self,
        codes: &[ConnectionCode],
        began: Moment,
        envelopes: &[(TrackedHeader, Bytes)],
        clock: &Clock,
        now: Moment,
    ) -> Verdict {
        let mut places = Vec::new();
        for (header, content) in envelopes {
            places.push(self.handed(codes, began, header, content, clock, now)?);
        }
        self.in_order(codes, began, &places, clock)?;
        if envelopes.is_empty() {
            self.nothing_waits(codes, began, clock, "an answer says that nothing waits")?;
        }
        Ok(())
    }

    /// An answer for one envelope left the hub.
    pub(crate) fn pulled_one(
        &mut self,
        codes: &[ConnectionCode],
        began: Moment,
        number: DeliveryNumber,
        envelope: Option<&(TrackedHeader, Bytes)>,
        clock: &Clock,
        now: Moment,
    ) -> Verdict {
        if let Some((header, content)) = envelope {
            if header.number != number {
                return broken(Guarantee::Bytes, format!("{number} was asked for, {} came", header.number));
            }
            return self.handed(codes, began, header, content, clock, now).map(drop);
        }
        match self.by_number.get(&number) {
            Some(&place) if codes.contains(&self.envelopes[place].receiver) && self.waited(place, began, clock) => {
                broken(Guarantee::Durable, format!("{} waits and was not handed out", self.name(place)))
            }
            _ => Ok(()),
        }
    }

    /// A list of headers left the hub: all that waits, in order.
    pub(crate) fn listed(
        &mut self,
        codes: &[ConnectionCode],
        began: Moment,
        headers: &[TrackedHeader],
        clock: &Clock,
        now: Moment,
    ) -> Verdict {
        let mut places = Vec::new();
        for header in headers {
            places.push(self.shown(codes, began, header, clock, now)?);
        }
        self.in_order(codes, began, &places, clock)?;
        let open = codes.iter().flat_map(|code| self.open_of(code));
        match open.copied().find(|&place| self.waited(place, began, clock) && !places.contains(&place)) {
            Some(missing) => broken(Guarantee::Durable, format!("{} waits and is not listed", self.name(missing))),
            None => Ok(()),
        }
    }

    /// The hub calls a receiver's service with this.
    pub(crate) fn pushed(
        &mut self,
        receiver: ConnectionCode,
        began: Moment,
        (header, content): (&TrackedHeader, &Bytes),
        parked: &[DeliveryNumber],
        clock: &Clock,
        now: Moment,
    ) -> Verdict {
        let place = self.handed(&[receiver], began, header, content, clock, now)?;
        if self.envelopes[place].handed > 1 {
            return Ok(());
        }
        // The first call with it: all before it were taken or parked.
        let earlier = |&other: &usize| {
            self.came_before(other, place)
                && self.waited(other, began, clock)
                && !self.envelopes[other].taken
                && !self.envelopes[other].number.is_some_and(|number| parked.contains(&number))
        };
        match self.open_of(&receiver).iter().copied().find(|other| earlier(other)) {
            Some(other) => {
                let what = format!("{} is pushed before {}", self.name(place), self.name(other));
                broken(Guarantee::Order, what)
            }
            None => Ok(()),
        }
    }

    /// A call of a receiver's service was answered well, and the hub has the answer.
    pub(crate) fn taken(&mut self, number: DeliveryNumber) {
        if let Some(&place) = self.by_number.get(&number) {
            self.envelopes[place].taken = true;
        }
    }

    /// One envelope with its content leaves the hub.
    fn handed(
        &mut self,
        codes: &[ConnectionCode],
        began: Moment,
        header: &TrackedHeader,
        content: &Bytes,
        clock: &Clock,
        now: Moment,
    ) -> Result<usize, Violation> {
        let place = self.shown(codes, began, header, clock, now)?;
        let intent = self.envelopes[place].intent;
        if self.intents[intent].content != *content {
            let (given, had) = (content.len(), self.intents[intent].content.len());
            let what = format!("{} was handed out with other bytes ({given} of {had})", self.name(place));
            return broken(Guarantee::Bytes, what);
        }
        self.envelopes[place].handed += 1;
        Ok(place)
    }

    /// One envelope's header leaves the hub, as that of one that waits.
    fn shown(
        &mut self,
        codes: &[ConnectionCode],
        began: Moment,
        header: &TrackedHeader,
        clock: &Clock,
        now: Moment,
    ) -> Result<usize, Violation> {
        let (intent, receiver) = self.whose(codes, header)?;
        let place = self.bind(intent, receiver, header.number, clock)?;
        if self.is_surely_refused(intent) {
            let what = format!("{} was refused each time and is handed out", self.name(place));
            return broken(Guarantee::Retry, what);
        }
        if let Some((state, since)) = self.envelopes[place].ended
            && since < began
        {
            let what = format!("{} is {state} and is handed out again", self.name(place));
            return broken(Guarantee::NeverAfter, what);
        }
        if header.state != TrackingState::PendingDelivery {
            self.saw_state(place, header.state, clock, began, now)?;
        }
        Ok(place)
    }

    /// The delivery of a header, and which of the caller's codes receives it.
    fn whose(&self, codes: &[ConnectionCode], header: &TrackedHeader) -> Result<(usize, ConnectionCode), Violation> {
        let name = header.header.certificate_number.as_str();
        let Some(intent) = delivery_of(name).filter(|&intent| intent < self.intents.len()) else {
            return broken(Guarantee::Bytes, format!("{} was handed out, and nobody sent it", header.number));
        };
        let sent = &self.intents[intent];
        let same =
            sent.fields.certificate_number == name && sent.from == header.header.from && sent.to == header.header.to;
        if !same {
            return broken(Guarantee::Bytes, format!("{} was handed out with another header", header.number));
        }
        let receivers = sent.envelopes.iter().map(|&place| self.envelopes[place].receiver);
        match receivers.into_iter().find(|receiver| codes.contains(receiver)) {
            Some(receiver) => Ok((intent, receiver)),
            None => {
                let what = format!("delivery {intent} was handed out to {}, whose it is not", names(codes));
                broken(Guarantee::Identity, what)
            }
        }
    }

    /// Whether an envelope waited for sure when a request that `began` then was answered now.
    fn waited(&self, place: usize, began: Moment, clock: &Clock) -> bool {
        let answered = self.intents[self.envelopes[place].intent].answered;
        answered.is_some_and(|answered| answered < began)
            && (!self.envelopes[place].is_copy || self.envelopes[place].number.is_some())
            && !self.envelopes[place].is_anew
            && self.is_open(place, clock)
    }

    /// Whether `first` was answered as accepted before `second` reached the hub, on its way to the same inbox.
    fn came_before(&self, first: usize, second: usize) -> bool {
        let (first, second) = (&self.envelopes[first], &self.envelopes[second]);
        let (before, after) = (&self.intents[first.intent], &self.intents[second.intent]);
        first.receiver == second.receiver
            && before.to == after.to
            && match (before.answered, after.arrived) {
                (Some(answered), Some(arrived)) => answered < arrived,
                _ => false,
            }
    }

    /// No envelope of an answer goes before one that waits and came before it.
    fn in_order(&self, codes: &[ConnectionCode], began: Moment, places: &[usize], clock: &Clock) -> Verdict {
        let open = codes.iter().flat_map(|code| self.open_of(code)).copied();
        for earlier in open.filter(|&place| self.waited(place, began, clock)) {
            let end = places.iter().position(|&place| place == earlier).unwrap_or(places.len());
            if let Some(&later) = places[..end].iter().find(|&&place| self.came_before(earlier, place)) {
                let what = format!("{} is handed out before {}", self.name(later), self.name(earlier));
                return broken(Guarantee::Order, what);
            }
        }
        Ok(())
    }

    fn nothing_waits(&self, codes: &[ConnectionCode], began: Moment, clock: &Clock, said: &str) -> Verdict {
        let open = codes.iter().flat_map(|code| self.open_of(code)).copied();
        match open.into_iter().find(|&place| self.waited(place, began, clock)) {
            Some(place) => broken(Guarantee::Durable, format!("{said}, but {} does", self.name(place))),
            None => Ok(()),
        }
    }
}
