//! The world of a run: everything there is, and the order in which things happen in it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use phytohub_core::shard::Answer;
use phytohub_journal::fake::Faults;
use phytohub_model::{AttemptOutcome, ConnectionCode};

use crate::clock::Clock;
use crate::disk::SimDisk;
use crate::faults::Harm;
use crate::hub::Hub;
use crate::mutation::Mutation;
use crate::network::Network;
use crate::oracle::{Expected, Moment, Oracle, Verdict};
use crate::parties::{Call, CallId, Client, Said};
use crate::plan::Plan;
use crate::random::Random;
use crate::trace::Trace;

/// What happens next.
pub(crate) enum Event {
    /// A party acts.
    Act(usize),
    /// The operator acts.
    Operate,
    /// A request reaches the hub.
    Arrive(CallId),
    /// An answer reaches its member.
    Hear(CallId, Box<Said>),
    /// A member waits no longer for an answer.
    GiveUp(CallId),
    /// A shard's loop goes round.
    Turn { life: u64, shard: usize },
    /// A shard's slow work is done.
    Job { life: u64, shard: usize },
    /// A shard's answer reaches the request that asked for it.
    Told { life: u64, task: u64, answer: Box<Answer> },
    /// A request goes on reading.
    Read { life: u64, task: u64 },
    /// A worker of push looks what is next.
    Worker { life: u64, code: ConnectionCode },
    /// A call of a member's service has ended for the hub.
    Called { life: u64, code: ConnectionCode, outcome: AttemptOutcome },
    /// Something goes wrong.
    Fault,
    /// What a fault began ends.
    Heal(crate::plan::FaultKind),
    /// The hub is started.
    Start,
    /// The oracle looks.
    Look,
}

/// Everything.
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) network: Network,
    pub(crate) disk: SimDisk,
    pub(crate) harm: Harm,
    pub(crate) hub: Option<Hub>,
    pub(crate) clients: Vec<Client>,
    pub(crate) calls: BTreeMap<CallId, Call>,
    pub(crate) oracle: Oracle,
    pub(crate) expected: Expected,
    pub(crate) trace: Rc<RefCell<Trace>>,
    pub(crate) mutation: Option<Mutation>,
    /// How often a hub was started.
    pub(crate) lives: u64,
    /// Work and faults are over; what is left is brought to its end.
    pub(crate) draining: bool,
    events: BTreeMap<(u64, u64), Event>,
    scheduled: u64,
    step: u64,
}

/// Between two looks of the oracle at the whole hub.
const LOOK_EVERY: u64 = 2000;

impl World {
    pub(crate) fn new(seed: u64, mutation: Option<Mutation>, trace: Rc<RefCell<Trace>>) -> Self {
        let mut random = Random::new(seed);
        let plan = Plan::new(&mut random.fork());
        let network = Network::new(random.fork(), plan.loss);
        let clients = plan.parties.iter().map(|_| Client::default()).collect();
        let world = Self {
            clock: Clock::new(),
            network,
            disk: SimDisk::new(mutation),
            harm: Harm::default(),
            hub: None,
            clients,
            calls: BTreeMap::new(),
            oracle: Oracle::new(&plan),
            expected: Expected::default(),
            trace,
            mutation,
            lives: 0,
            draining: false,
            events: BTreeMap::new(),
            scheduled: 0,
            step: 0,
            random,
            plan,
        };
        world.disk.set_faults(Faults::default());
        world
    }

    /// The whole run.
    pub(crate) fn run(&mut self) -> Verdict {
        self.found()?;
        for party in 0..self.plan.parties.len() {
            let first = self.random.around(self.plan.pace);
            self.after(first, Event::Act(party));
        }
        self.after(3000, Event::Operate);
        let first = self.random.around(self.plan.faults_every);
        self.after(first, Event::Fault);
        self.after(LOOK_EVERY, Event::Look);
        while self.clock.steady() < self.plan.span {
            self.next()?;
        }
        self.drain()
    }

    /// Lets the next event happen.
    pub(crate) fn next(&mut self) -> Verdict {
        let Some(((at, _), event)) = self.events.pop_first() else { return Ok(()) };
        self.clock.advance_to(at);
        self.step += 1;
        match event {
            Event::Act(party) => self.act(party),
            Event::Operate => self.operate(),
            Event::Arrive(call) => self.arrive(call),
            Event::Hear(call, said) => self.hear(call, *said),
            Event::GiveUp(call) => self.give_up(call),
            Event::Turn { life, shard } if life == self.lives => self.turn(shard),
            Event::Job { life, shard } if life == self.lives => self.job(shard),
            Event::Told { life, task, answer } if life == self.lives => self.told(task, *answer),
            Event::Read { life, task } if life == self.lives => self.read(task),
            Event::Worker { life, code } if life == self.lives => self.worker(code),
            Event::Called { life, code, outcome } if life == self.lives => self.called(code, outcome),
            Event::Fault => self.fault(),
            Event::Heal(kind) => self.heal(kind),
            Event::Start => self.start(),
            Event::Look => {
                self.after(LOOK_EVERY, Event::Look);
                self.look()
            }
            // Of a hub that is no more.
            _ => Ok(()),
        }
    }

    /// Lets something happen in so many milliseconds.
    pub(crate) fn after(&mut self, milliseconds: u64, event: Event) {
        self.scheduled += 1;
        self.events.insert((self.clock.steady() + milliseconds, self.scheduled), event);
    }

    pub(crate) fn moment(&self) -> Moment {
        Moment { step: self.step, at: self.clock.steady() }
    }

    pub(crate) fn say(&self, what: impl std::fmt::Display) {
        self.trace.borrow_mut().say(self.clock.steady(), what);
    }
}
