//! Push: a worker for each member that is called, as the hub's own; and the members' services, each with its ways.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use phytohub_core::flow::Flow;
use phytohub_core::shard::{Answer, Command, Pushed};
use phytohub_model::{
    Attempt, AttemptOutcome, ConnectionCode, Delivery, DeliveryNumber, Outcome, Poison, PushTarget, ShardId,
};
use phytohub_shard::deliver::{Next, Soonest};
use phytohub_shard::route::shards_of;

use crate::mutation::Mutation;
use crate::oracle::{Guarantee, Moment, Verdict, broken};
use crate::plan::{Habit, Service};
use crate::tasks::Work;
use crate::world::{Event, World};

/// The calls of one member's service.
pub(crate) struct Worker {
    target: PushTarget,
    /// What it becomes once its call is written down: another target, or none.
    next_target: Option<Option<PushTarget>>,
    flow: Flow,
    began: u64,
    reminder_first: bool,
    /// Something new came while it did not listen.
    woken: bool,
    state: State,
    /// What was parked when it began to ask: an operator may have it taken up again before the call that follows.
    parked: Vec<DeliveryNumber>,
    /// When it looks next.
    look_at: Option<u64>,
    /// What came before it was begun, with [`Mutation::ForgetOnSwitch`].
    forgets_before: Option<u64>,
}

enum State {
    /// It sleeps, or a look is on its way.
    Idle,
    Asking {
        began: Moment,
        shards: VecDeque<usize>,
        soonest: Soonest<usize>,
    },
    Calling(Box<Pushed>),
    Writing {
        pushed: Box<Pushed>,
        outcome: AttemptOutcome,
    },
}

/// The longest sleep of a worker.
const SLEEP_MAX: u64 = 60_000;
/// Pause after the hub itself could not say what is next.
const HUB_PAUSE: u64 = 1000;
/// How long a call waits for its answer.
const CALL_PATIENCE: u64 = 3000;

impl World {
    /// Begins and ends workers as the registry has it.
    pub(crate) fn reconcile(&mut self) {
        let now = self.clock.steady();
        let starting = self.hub.as_ref().is_some_and(|hub| hub.tasks.is_empty() && hub.workers.is_empty());
        let forgets = self.mutation == Some(Mutation::ForgetOnSwitch) && !starting;
        let Some(hub) = &mut self.hub else { return };
        let registry = &hub.registry;
        let is_active = |code: &ConnectionCode| registry.nppo(code).is_none_or(|nppo| nppo.active);
        let wanted: Vec<(ConnectionCode, PushTarget)> = registry
            .parties()
            .filter(|(code, _)| is_active(code))
            .filter_map(|(code, delivery)| match delivery {
                Delivery::Push(target) => Some((code, target.clone())),
                Delivery::Pull => None,
            })
            .collect();
        let target_of =
            |code: &ConnectionCode| wanted.iter().find(|(other, _)| other == code).map(|(_, target)| target);
        let mut begun = Vec::new();
        for (code, worker) in &mut hub.workers {
            let target = target_of(code);
            worker.next_target = (target != Some(&worker.target)).then(|| target.cloned());
            begun.push(*code);
        }
        for (code, target) in &wanted {
            if hub.workers.contains_key(code) {
                continue;
            }
            let worker = Worker {
                target: target.clone(),
                next_target: None,
                flow: Flow::new(self.plan.flow),
                began: now,
                reminder_first: false,
                woken: false,
                state: State::Idle,
                parked: Vec::new(),
                look_at: None,
                forgets_before: forgets.then(|| self.clock.wall().0),
            };
            begun.push(*code);
            hub.workers.insert(*code, worker);
        }
        for code in begun {
            self.look_soon(code, 0);
        }
    }

    /// Tells the workers of what came.
    pub(crate) fn wake_workers(&mut self, after: u64) {
        let Some(hub) = &mut self.hub else { return };
        let arrived = std::mem::take(&mut *hub.arrived.borrow_mut());
        for code in arrived {
            if let Some(worker) = self.hub.as_mut().and_then(|hub| hub.workers.get_mut(&code)) {
                worker.woken = true;
                self.look_soon(code, after);
            }
        }
    }

    fn look_soon(&mut self, code: ConnectionCode, within: u64) {
        let at = self.clock.steady() + within;
        let Some(worker) = self.hub.as_mut().and_then(|hub| hub.workers.get_mut(&code)) else { return };
        if worker.look_at.is_none_or(|planned| planned > at) {
            worker.look_at = Some(at);
            let life = self.lives;
            self.after(within, Event::Worker { life, code });
        }
    }

    /// One round of a worker's loop: stop, wait, or ask what is next.
    pub(crate) fn worker(&mut self, code: ConnectionCode) -> Verdict {
        let (now, began) = (self.clock.steady(), self.moment());
        let Some(hub) = &mut self.hub else { return Ok(()) };
        let Some(worker) = hub.workers.get_mut(&code) else { return Ok(()) };
        if worker.look_at != Some(now) {
            return Ok(());
        }
        worker.look_at = None;
        if !matches!(worker.state, State::Idle) {
            return Ok(());
        }
        if worker.next_target.take().is_some() {
            hub.workers.remove(&code);
            self.reconcile();
            return Ok(());
        }
        let wait = worker.flow.wait(Duration::from_millis(now - worker.began));
        if !wait.is_zero() {
            self.look_soon(code, (wait.as_millis() as u64).max(1));
            return Ok(());
        }
        worker.woken = false;
        let shards: VecDeque<usize> = shards_of(&hub.registry, &[code], self.plan.shards).into();
        let soonest = Soonest::new(worker.reminder_first, Duration::from_millis(SLEEP_MAX));
        worker.state = State::Asking { began, shards, soonest };
        let parked = self.parked_numbers(&code);
        if let Some(worker) = self.hub.as_mut().and_then(|hub| hub.workers.get_mut(&code)) {
            worker.parked = parked;
        }
        self.ask_next(code)
    }

    /// Asks the next shard what is next for a service.
    fn ask_next(&mut self, code: ConnectionCode) -> Verdict {
        let Some(worker) = self.hub.as_mut().and_then(|hub| hub.workers.get_mut(&code)) else { return Ok(()) };
        let reminder_first = worker.reminder_first;
        let State::Asking { began, shards, .. } = &worker.state else { return Ok(()) };
        let (began, shard) = (*began, shards.front().copied());
        if let Some(shard) = shard {
            let command = Command::NextPush { receiver: code, remind_after: self.plan.remind_after, reminder_first };
            let task = self.task(None, began, vec![code], Work::Push(code));
            return self.ask(task, ShardId(shard as u8), command, Bytes::new());
        }
        let State::Asking { soonest, .. } = std::mem::replace(&mut worker.state, State::Idle) else { return Ok(()) };
        match soonest.next() {
            Next::Nothing(wait) => {
                let wait = (wait.as_millis() as u64).clamp(1, SLEEP_MAX);
                let wait = if worker.woken { 0 } else { wait };
                self.look_soon(code, wait);
                Ok(())
            }
            Next::Envelope(pushed, shard) => self.hand_over(code, began, pushed, shard),
        }
    }

    /// Reads the content and calls the service.
    fn hand_over(&mut self, code: ConnectionCode, began: Moment, pushed: Box<Pushed>, shard: usize) -> Verdict {
        let content = match self.content(shard, pushed.locator) {
            Ok(Some(content)) => content,
            // Moved by reclaiming, or acknowledged meanwhile: the shard says anew.
            Ok(None) => {
                self.look_soon(code, 1);
                return Ok(());
            }
            Err(error) => {
                self.say(format_args!("push to {code}: a content cannot be read: {error}"));
                self.look_soon(code, HUB_PAUSE);
                let explained = self.harm.explains(&error);
                return if explained { Ok(()) } else { broken(Guarantee::Bytes, error) };
            }
        };
        let forgets = self.hub.as_ref().and_then(|hub| hub.workers.get(&code)?.forgets_before);
        if forgets.is_some_and(|before| pushed.accepted_at.0 < before) {
            return self.write_down(code, pushed, AttemptOutcome::Answered);
        }
        let number = pushed.header.number;
        self.trace.borrow_mut().counts.calls += 1;
        self.say(format_args!("{code} is called with {}", pushed.header.header.certificate_number));
        let mut parked = self.parked_numbers(&code);
        parked.extend(self.hub.iter().filter_map(|hub| hub.workers.get(&code)).flat_map(|worker| &worker.parked));
        let now = self.moment();
        self.oracle.pushed(code, began, (&pushed.header, &content), &parked, &self.clock, now)?;
        let (outcome, duration) = self.serve(code, number);
        if let Some(worker) = self.hub.as_mut().and_then(|hub| hub.workers.get_mut(&code)) {
            worker.state = State::Calling(pushed);
        }
        let life = self.lives;
        self.after(duration, Event::Called { life, code, outcome });
        Ok(())
    }

    fn parked_numbers(&self, code: &ConnectionCode) -> Vec<DeliveryNumber> {
        let mut parked = Vec::new();
        for core in self.hub.iter().flat_map(crate::hub::Hub::cores) {
            let listed = core.decide(self.clock.wall(), &Command::ListParked { receiver: Some(*code) }).answer;
            if let Answer::Parked(rows) = listed {
                parked.extend(rows.iter().map(|row| row.header.number));
            }
        }
        parked
    }

    /// The service and the way to it: the outcome as the hub sees it, and after how long.
    fn serve(&mut self, code: ConnectionCode, number: DeliveryNumber) -> (AttemptOutcome, u64) {
        let Some(party) = self.plan.party_of(&code) else { return (AttemptOutcome::Unreachable, 1) };
        let service = if self.draining { Service::Good } else { self.plan.parties[party].service };
        let there = self.network.carry().first().copied();
        let back = self.network.carry().first().copied();
        let Some(there) = there.filter(|_| service != Service::Failing || self.random.percent(40)) else {
            return (AttemptOutcome::Unreachable, 5);
        };
        let work = if service == Service::Slow { self.random.between(100, 2 * CALL_PATIENCE) } else { 2 };
        let refuses = service == Service::Refusing && number.to_bytes()[15].is_multiple_of(5);
        if !refuses {
            // It has the envelope, whatever becomes of its answer.
            let habit = if self.draining { Habit::Steady } else { self.plan.parties[party].habit };
            self.got(party, &[number], habit);
        }
        let lost = service == Service::LosesAnswers && self.random.percent(50);
        match back {
            Some(back) if !lost && there + work + back <= CALL_PATIENCE => {
                let outcome = if refuses { AttemptOutcome::Refused } else { AttemptOutcome::Answered };
                (outcome, there + work + back)
            }
            _ => (AttemptOutcome::Unclear, CALL_PATIENCE),
        }
    }

    /// A call has ended for the hub.
    pub(crate) fn called(&mut self, code: ConnectionCode, outcome: AttemptOutcome) -> Verdict {
        let Some(worker) = self.hub.as_mut().and_then(|hub| hub.workers.get_mut(&code)) else { return Ok(()) };
        let State::Calling(pushed) = std::mem::replace(&mut worker.state, State::Idle) else { return Ok(()) };
        self.say(format_args!("the call of {code} ends: {outcome}"));
        if outcome == AttemptOutcome::Answered {
            self.oracle.taken(pushed.header.number);
        }
        self.write_down(code, pushed, outcome)
    }

    fn write_down(&mut self, code: ConnectionCode, pushed: Box<Pushed>, outcome: AttemptOutcome) -> Verdict {
        let (number, began) = (pushed.header.number, self.moment());
        let park = self.plan.park;
        let Some(hub) = &mut self.hub else { return Ok(()) };
        let Some(worker) = hub.workers.get_mut(&code) else { return Ok(()) };
        let park = (worker.target.poison == Poison::Park).then_some(park);
        worker.state = State::Writing { pushed, outcome };
        let text = (outcome != AttemptOutcome::Answered).then(|| "said no".into());
        let attempt = Attempt { at: self.clock.wall(), duration_ms: 1, outcome, text };
        let drops = self.mutation == Some(Mutation::DropOnThirdFailure)
            && outcome != AttemptOutcome::Answered
            && hub.bugs.fails(number);
        let command = if drops {
            let (codes, outcome) = (vec![code], Outcome::DeliveredNotReadable);
            Command::Acknowledge { codes, number, outcome, message: None }
        } else {
            Command::Attempted { number, attempt, park }
        };
        let task = self.task(None, began, vec![code], Work::Push(code));
        self.ask(task, number.shard(), command, Bytes::new())
    }

    /// A shard has answered a worker.
    pub(crate) fn push_told(&mut self, code: ConnectionCode, answer: Answer) -> Verdict {
        let (now, wall) = (self.clock.steady(), self.clock.wall());
        let chance = self.random.below(1 << 16) as f64 / f64::from(1 << 16);
        let Some(worker) = self.hub.as_mut().and_then(|hub| hub.workers.get_mut(&code)) else { return Ok(()) };
        match (std::mem::replace(&mut worker.state, State::Idle), answer) {
            (State::Asking { began, mut shards, mut soonest }, Answer::Push(next)) => {
                if let Some(shard) = shards.pop_front() {
                    soonest.add(wall, next, shard);
                }
                worker.state = State::Asking { began, shards, soonest };
                return self.ask_next(code);
            }
            (State::Writing { pushed, outcome }, Answer::Attempted { parked }) => {
                worker.reminder_first = !pushed.reminder;
                let at = Duration::from_millis(now - worker.began);
                worker.flow.ended(at, outcome, parked || pushed.reminder, chance);
                self.look_soon(code, 0);
            }
            (State::Writing { .. }, Answer::Unknown | Answer::Acknowledged(_) | Answer::AlreadyFinal(_)) => {
                self.look_soon(code, 0);
            }
            // The queue is full.
            (_, Answer::Refused(_)) => self.look_soon(code, HUB_PAUSE),
            (_, other) => {
                return broken(Guarantee::Invariants, format!("a worker of push was answered {other:?}"));
            }
        }
        Ok(())
    }

    /// Whether a receiver whose service is well, and to which nothing is in the way, is left without its envelopes.
    pub(crate) fn services_are_called(&self) -> Verdict {
        // Milliseconds: a call whose answers are lost pauses for longer each time, up to minutes.
        const WITHIN: u64 = 300_000;
        let now = self.clock.steady();
        let calm = self.runs_since().is_some_and(|since| now - since >= WITHIN) && self.harm.is_calm_for(now, WITHIN);
        if !calm {
            return Ok(());
        }
        for party in self.plan.parties.iter().filter(|party| party.service == Service::Good) {
            for code in party.codes.iter().filter(|code| self.is_called(code, now, WITHIN)) {
                if let Some(what) = self.oracle.not_called(code, now - WITHIN, &self.clock) {
                    return broken(Guarantee::Fair, format!("{what} is not pushed though {code} takes everything"));
                }
            }
        }
        Ok(())
    }

    /// Whether a worker has called this service for so long.
    fn is_called(&self, code: &ConnectionCode, now: u64, within: u64) -> bool {
        let worker = self.hub.as_ref().and_then(|hub| hub.workers.get(code));
        worker.is_some_and(|worker| now - worker.began >= within && worker.next_target.is_none())
    }
}

const _: () = assert!(CALL_PATIENCE < SLEEP_MAX);
