//! The members, and the operator: what they send, how they deal with what they get, and how they ask again when it is
//! not clear what became of a request.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;
use phytohub_core::registry::RegistryCommand;
use phytohub_core::shard::{Command, Copied};
use phytohub_model::{
    CertificateFingerprint, ConnectionCode, Delivery, DeliveryNumber, Forwarding, HeaderFields, Outcome, Pressure,
    ShardId, TrackedHeader, TrackingState,
};

use crate::oracle::{Moment, Verdict, marked};
use crate::plan::Habit;
use crate::tasks::Work;
use crate::world::{Event, World};

/// A request by its place in the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CallId(u64);

/// What a member asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Deliver(usize),
    PullMany,
    PullOne(DeliveryNumber),
    List,
    Acknowledge(DeliveryNumber, Outcome),
    Track(DeliveryNumber),
}

/// What the hub says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Accepted(TrackedHeader, Vec<Copied>),
    NotTaken(&'static str),
    Pressed(Pressure),
    Stranger,
    Envelopes(Vec<(TrackedHeader, Bytes)>),
    One(Option<(TrackedHeader, Bytes)>),
    Headers(Vec<TrackedHeader>),
    Acknowledged(TrackingState),
    AlreadyFinal(TrackingState),
    Unknown,
    Tracked(Option<TrackedHeader>),
    /// The hub cannot read what it has to hand out.
    Broken,
}

/// A request that was sent.
pub(crate) struct Call {
    pub(crate) party: usize,
    pub(crate) certificate: CertificateFingerprint,
    pub(crate) ask: Ask,
    /// Its member waits for the answer still.
    open: bool,
}

/// A member's own memory.
#[derive(Default)]
pub(crate) struct Client {
    /// Deliveries whose outcome is not known.
    pub(crate) unsure: BTreeSet<usize>,
    /// Acknowledgements that were not answered.
    to_acknowledge: VecDeque<(DeliveryNumber, Outcome)>,
    /// Numbers of its own envelopes.
    sent: Vec<DeliveryNumber>,
    /// What it was told waits for it.
    listed: Vec<DeliveryNumber>,
    /// How it ended what it got, so that it says the same again.
    pub(crate) outcomes: BTreeMap<DeliveryNumber, Outcome>,
    /// Requests under way.
    waiting: u32,
}

/// How long a member waits for an answer.
const PATIENCE: u64 = 5000;
/// Requests of one member under way.
const UNDER_WAY_MAX: u32 = 8;
/// Deliveries of one member whose outcome is not known.
const UNSURE_MAX: usize = 40;
/// Pause of the operator.
const OPERATE_EVERY: u64 = 4000;

impl World {
    /// A party does one thing.
    pub(crate) fn act(&mut self, party: usize) -> Verdict {
        let floods = self.plan.parties[party].floods && !self.draining;
        let pace = if floods { self.plan.pace / 8 + 1 } else { self.plan.pace };
        let pause = self.random.around(pace).max(1);
        self.after(pause, Event::Act(party));
        if self.clients[party].waiting >= if floods { 4 * UNDER_WAY_MAX } else { UNDER_WAY_MAX } {
            return Ok(());
        }
        let ask = self.what_next(party, floods);
        if let Some(ask) = ask {
            self.send(party, ask);
        }
        Ok(())
    }

    fn what_next(&mut self, party: usize, floods: bool) -> Option<Ask> {
        let plan = &self.plan.parties[party];
        let (habit, is_channel) = (if self.draining { Habit::Steady } else { plan.habit }, plan.is_channel);
        // At the end of a run most of what is done is to acknowledge.
        let choice = if self.draining { self.random.below(70) } else { self.random.below(100) };
        let client = &mut self.clients[party];
        match choice {
            // What is not clear is asked again.
            0..25 if !client.unsure.is_empty() => {
                let unsure: Vec<usize> = client.unsure.iter().copied().collect();
                Some(Ask::Deliver(*self.random.pick(&unsure)))
            }
            25..50 if !client.to_acknowledge.is_empty() => {
                let (number, outcome) = client.to_acknowledge.pop_front()?;
                Some(Ask::Acknowledge(number, outcome))
            }
            0..60 if !is_channel && !self.draining && client.unsure.len() < UNSURE_MAX => {
                Some(Ask::Deliver(self.compose(party)))
            }
            60..65 if !client.sent.is_empty() => Some(Ask::Track(*self.random.pick(&client.sent))),
            _ if floods && client.unsure.len() < UNSURE_MAX => Some(Ask::Deliver(self.compose(party))),
            _ if habit == Habit::OneByOne => match client.listed.pop() {
                Some(number) => Some(Ask::PullOne(number)),
                None => Some(Ask::List),
            },
            65..70 => Some(Ask::List),
            _ => Some(Ask::PullMany),
        }
    }

    /// A new delivery.
    fn compose(&mut self, party: usize) -> usize {
        let plan = &self.plan;
        let codes: Vec<ConnectionCode> =
            plan.parties.iter().filter(|party| !party.is_channel).flat_map(|party| &party.codes).copied().collect();
        let channels: Vec<ConnectionCode> =
            plan.parties.iter().filter(|party| party.is_channel).flat_map(|party| &party.codes).copied().collect();
        let from = *self.random.pick(&plan.parties[party].codes);
        let to = *self.random.pick(&codes);
        let intent = self.oracle.intents.len();
        let forwardings = if !channels.is_empty() && self.random.percent(10) {
            vec![Forwarding { code: self.random.pick(&channels).to_string(), number: String::new() }]
        } else {
            Vec::new()
        };
        let bytes = match self.random.below(100) {
            0..70 => self.random.between(100, 3000),
            70..97 => self.random.between(3000, 9000),
            _ => self.random.between(9000, 50_000),
        };
        let fields = HeaderFields {
            from: from.to_string(),
            to: to.to_string(),
            certificate_type: 851,
            certificate_status: 70,
            certificate_number: format!("{from}.{intent}"),
            forwardings,
            ..HeaderFields::default()
        };
        self.clients[party].unsure.insert(intent);
        self.oracle.intends(fields, marked(intent, bytes as usize))
    }

    /// A request leaves its member.
    pub(crate) fn send(&mut self, party: usize, ask: Ask) {
        let id = CallId(self.calls.len() as u64);
        let certificate = self.plan.parties[party].certificate;
        self.say(format_args!("{} asks {ask:?}", crate::oracle::names(&self.plan.parties[party].codes)));
        self.calls.insert(id, Call { party, certificate, ask, open: true });
        self.clients[party].waiting += 1;
        for travel in self.network.carry() {
            self.after(travel, Event::Arrive(id));
        }
        self.after(PATIENCE, Event::GiveUp(id));
    }

    /// An answer leaves the hub.
    pub(crate) fn answer(&mut self, id: CallId, began: Moment, said: Said) {
        let Some(call) = self.calls.get(&id) else { return };
        let who = crate::oracle::names(&self.plan.parties[call.party].codes);
        let ask = &call.ask;
        self.say(format_args!("{who} is answered {} to {ask:?} of step {}", brief(&said), began.step));
        for travel in self.network.carry() {
            self.after(travel, Event::Hear(id, Box::new(said.clone())));
        }
    }

    /// An answer reaches its member.
    pub(crate) fn hear(&mut self, id: CallId, said: Said) -> Verdict {
        let Some(call) = self.calls.get_mut(&id) else { return Ok(()) };
        if !std::mem::take(&mut call.open) {
            // Nobody waits for it any more, or it is the second of two.
            return Ok(());
        }
        let (party, ask) = (call.party, call.ask.clone());
        let habit = if self.draining { Habit::Steady } else { self.plan.parties[party].habit };
        let client = &mut self.clients[party];
        client.waiting -= 1;
        match (ask, said) {
            (Ask::Deliver(intent), Said::Accepted(header, _)) => {
                client.unsure.remove(&intent);
                client.sent.push(header.number);
            }
            // What the rules refuse is not sent again, unless it was sent before and that was never answered.
            (Ask::Deliver(intent), Said::NotTaken(reason)) => {
                let sent = &self.oracle.intents[intent];
                if sent.not_taken >= sent.arrivals && (!self.draining || reason == TOO_LARGE) {
                    client.unsure.remove(&intent);
                }
            }
            (Ask::PullMany, Said::Envelopes(envelopes)) => {
                let numbers: Vec<DeliveryNumber> = envelopes.iter().map(|(header, _)| header.number).collect();
                self.got(party, &numbers, habit);
            }
            (Ask::PullOne(_), Said::One(Some((header, _)))) => self.got(party, &[header.number], habit),
            (Ask::List, Said::Headers(headers)) => {
                client.listed = headers.iter().rev().map(|header| header.number).collect();
            }
            (Ask::Acknowledge(number, outcome), Said::Pressed(_) | Said::Stranger | Said::Broken) => {
                client.to_acknowledge.push_back((number, outcome));
            }
            _ => {}
        }
        Ok(())
    }

    /// A receiver has envelopes, and deals with them as is its habit.
    pub(crate) fn got(&mut self, party: usize, numbers: &[DeliveryNumber], habit: Habit) {
        for &number in numbers {
            let first = *self.random.pick(&[
                Outcome::Delivered,
                Outcome::Delivered,
                Outcome::Delivered,
                Outcome::DeliveredWithWarnings,
                Outcome::DeliveredNotReadable,
            ]);
            let says = match habit {
                Habit::Steady | Habit::OneByOne => 1,
                Habit::Lazy => u32::from(self.random.percent(40)),
                Habit::Never => 0,
                Habit::Twice | Habit::Contrary => 2,
            };
            let client = &mut self.clients[party];
            if client.to_acknowledge.iter().any(|(waiting, _)| *waiting == number) {
                continue;
            }
            let outcome = *client.outcomes.entry(number).or_insert(first);
            let second = if habit == Habit::Contrary { first } else { outcome };
            for (_, outcome) in (0..says).zip([outcome, second]) {
                client.to_acknowledge.push_back((number, outcome));
            }
        }
    }

    /// A member gives up waiting; what is not clear it asks again.
    pub(crate) fn give_up(&mut self, id: CallId) -> Verdict {
        let Some(call) = self.calls.get_mut(&id) else { return Ok(()) };
        if std::mem::take(&mut call.open) {
            let client = &mut self.clients[call.party];
            client.waiting -= 1;
            if let Ask::Acknowledge(number, outcome) = call.ask {
                client.to_acknowledge.push_back((number, outcome));
            }
        }
        Ok(())
    }

    /// The operator does one thing.
    pub(crate) fn operate(&mut self) -> Verdict {
        let pause = self.random.around(OPERATE_EVERY).max(1);
        self.after(pause, Event::Operate);
        if self.hub.is_none() {
            return Ok(());
        }
        if self.draining || self.random.percent(40) {
            return self.redeliver();
        }
        let party = self.random.below(self.plan.parties.len() as u64) as usize;
        let chosen = &self.plan.parties[party];
        let code = *self.random.pick(&chosen.codes);
        let has_certificate = self.expected.certificates.contains(&(chosen.certificate, code));
        let command = match self.random.below(3) {
            0 if !chosen.is_channel => {
                let active = self.expected.active.get(&code) != Some(&true);
                RegistryCommand::SetActive { code, active }
            }
            1 if has_certificate => RegistryCommand::RevokeCertificate { code, fingerprint: chosen.certificate },
            1 => RegistryCommand::AddCertificate(chosen.certificate_for(code)),
            _ => {
                let pulls = self.expected.pushed.contains(&code);
                let delivery = if pulls { Delivery::Pull } else { chosen.push() };
                RegistryCommand::SetDelivery { code, delivery }
            }
        };
        self.change(command).map(drop)
    }

    /// Parked envelopes are delivered again.
    fn redeliver(&mut self) -> Verdict {
        let Some(hub) = &self.hub else { return Ok(()) };
        let mut parked: Vec<DeliveryNumber> = Vec::new();
        for core in hub.cores() {
            let listed = core.decide(self.clock.wall(), &Command::ListParked { receiver: None }).answer;
            if let phytohub_core::shard::Answer::Parked(rows) = listed {
                parked.extend(rows.iter().map(|row| row.header.number));
            }
        }
        let began = self.moment();
        for shard in 0..self.plan.shards {
            let id = ShardId(shard as u8);
            let numbers: Vec<DeliveryNumber> = parked.iter().copied().filter(|number| number.shard() == id).collect();
            if !numbers.is_empty() {
                let task = self.task(None, began, Vec::new(), Work::Redeliver);
                self.ask(task, id, Command::Redeliver { numbers, by: "operator".to_owned() }, Bytes::new())?;
            }
        }
        Ok(())
    }
}

/// Why an envelope is never taken: with its copies it is more than the journal holds at once.
pub(crate) const TOO_LARGE: &str = "too_large";

/// An answer in few words, without content.
fn brief(said: &Said) -> String {
    let numbers = |headers: &mut dyn Iterator<Item = &TrackedHeader>| {
        let numbers: Vec<String> = headers.map(|header| header.header.certificate_number.to_string()).collect();
        numbers.join(" ")
    };
    match said {
        Said::Accepted(header, copies) => format!("{} with {} copies, {}", header.number, copies.len(), header.state),
        Said::Envelopes(envelopes) => format!("[{}]", numbers(&mut envelopes.iter().map(|(header, _)| header))),
        Said::One(envelope) => format!("one [{}]", numbers(&mut envelope.iter().map(|(header, _)| header))),
        Said::Headers(headers) => format!("headers [{}]", numbers(&mut headers.iter())),
        Said::Tracked(header) => format!("{:?}", header.as_ref().map(|header| header.state)),
        other => format!("{other:?}"),
    }
}
