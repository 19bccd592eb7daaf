//! The hub's shell as the simulation plays it: queues instead of threads, and the same owners. It starts, goes round,
//! dies and starts again.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use phytohub_core::registry::{Registry, RegistryCommand};
use phytohub_core::shard::{Answer, Command, Elsewhere, Freed, Shard};
use phytohub_journal::{Durable, Job, JobOutcome};
use phytohub_model::{Acknowledged, ConnectionCode, DeliveryNumber, Expired, Fact, ShardId};
use phytohub_shard::{ChangeError, Failure, Members, Owner, Parts, Request, Witness};

use crate::disk::SimDisk;
use crate::look::{Stored, stored};
use crate::mutation::Mutation;
use crate::oracle::{Guarantee, Verdict, broken};
use crate::push::Worker;
use crate::tasks::Task;
use crate::world::{Event, World};

/// A hub that runs.
pub(crate) struct Hub {
    /// What requests are judged by.
    pub(crate) registry: Registry,
    members: Members<SimDisk>,
    pub(crate) shards: Vec<Process>,
    pub(crate) workers: BTreeMap<ConnectionCode, Worker>,
    pub(crate) tasks: BTreeMap<u64, Task>,
    pub(crate) next_task: u64,
    pub(crate) arrived: Rc<RefCell<Vec<ConnectionCode>>>,
    pub(crate) bugs: crate::bugs::Memory,
    /// What ended in this life, and when.
    pub(crate) ended: Vec<(Stored, u64)>,
    since: u64,
}

/// One shard: its owner, and what would be its threads.
pub(crate) struct Process {
    pub(crate) owner: Owner<SimDisk, Onlooker>,
    pub(crate) queue: VecDeque<Request<u64>>,
    jobs: VecDeque<Job<SimDisk>>,
    outcomes: Vec<JobOutcome<SimDisk>>,
    job_is_due: bool,
    next_tick: u64,
    /// When its loop goes round next.
    turn_at: Option<u64>,
    /// It is writing until then.
    busy_until: u64,
    /// Of an earlier commit: for [`Mutation::AnswerBeforeSync`].
    proof: Option<Durable>,
}

/// How much of each sender and for each receiver waits in each shard.
type Pending = Rc<RefCell<Vec<[BTreeMap<ConnectionCode, u64>; 2]>>>;

/// Who looks on at a shard.
pub(crate) struct Onlooker {
    shard: usize,
    pending: Pending,
    arrived: Rc<RefCell<Vec<ConnectionCode>>>,
    /// What ended since it was asked.
    ended: Vec<DeliveryNumber>,
    mutation: Option<Mutation>,
}

/// How often a shard looks for what is due.
const TICK: u64 = 500;
/// The registry's segments.
const REGISTRY_SEGMENT_BYTES: u32 = 64 << 10;
/// Starts that may be cut off by another crash, one after the other.
const STARTS_MAX: u32 = 12;

impl Witness for Onlooker {
    type Reply = u64;
    type Guard = ();

    fn elsewhere(&self, sender: &ConnectionCode, channel: Option<&ConnectionCode>) -> Elsewhere {
        let pending = self.pending.borrow();
        let others = || pending.iter().enumerate().filter(|(shard, _)| *shard != self.shard).map(|(_, counts)| counts);
        let total = others().flat_map(|[senders, _]| senders.values()).sum();
        let channel = others().filter_map(|[_, receivers]| receivers.get(channel?)).sum();
        if self.mutation == Some(Mutation::BlameAll) {
            return Elsewhere {
                sender: pending.iter().flat_map(|[senders, _]| senders.values()).sum(),
                channel,
                total,
            };
        }
        Elsewhere { sender: others().filter_map(|[senders, _]| senders.get(sender)).sum(), channel, total }
    }

    fn decides(&mut self, _task: &u64) {}

    fn accepted(&mut self, sender: &ConnectionCode, channel: Option<&ConnectionCode>) {
        let [senders, receivers] = &mut self.pending.borrow_mut()[self.shard];
        *senders.entry(*sender).or_default() += 1;
        if let Some(channel) = channel {
            *receivers.entry(*channel).or_default() += 1;
        }
    }

    fn ended(&mut self, fact: &Fact, freed: &Freed) {
        if let Fact::Acknowledged(Acknowledged { number, .. }) | Fact::Expired(Expired { number, .. }) = fact {
            self.ended.push(*number);
        }
        let [senders, receivers] = &mut self.pending.borrow_mut()[self.shard];
        for count in [senders.get_mut(&freed.from), receivers.get_mut(&freed.to)].into_iter().flatten() {
            *count = count.saturating_sub(1);
        }
    }

    fn arrived(&mut self, receiver: &ConnectionCode) {
        self.arrived.borrow_mut().push(*receiver);
    }

    fn wants_arrivals(&self) -> bool {
        true
    }
}

fn registry_dir() -> &'static Path {
    Path::new("data/registry")
}

pub(crate) fn shard_dir(shard: usize) -> PathBuf {
    PathBuf::from(format!("data/shard-{shard:02}"))
}

impl World {
    /// Makes the hub's directory and its first registry.
    pub(crate) fn found(&mut self) -> Verdict {
        let disk = Arc::new(self.disk.clone());
        let made = Members::open(disk, registry_dir(), REGISTRY_SEGMENT_BYTES).and_then(|mut members| {
            for command in self.plan.registry() {
                members.change(self.clock.wall(), &command).map_err(|error| error.to_string())?;
                self.expected.changed(&command);
            }
            members.close().map_err(|error| error.to_string())
        });
        if let Err(error) = made {
            return broken(Guarantee::Lives, format!("the directory cannot be made: {error}"));
        }
        self.start()
    }

    /// Starts the hub, again and again while power goes in the middle of it.
    pub(crate) fn start(&mut self) -> Verdict {
        if self.hub.is_some() {
            return Ok(());
        }
        self.lives += 1;
        if self.mutation == Some(Mutation::ResurrectReleased) {
            // With a disk that fails just now it is the next start that meets them.
            let _ = self.disk.resurrect();
        }
        for _ in 0..STARTS_MAX {
            self.arm_start();
            match self.recover() {
                Ok(hub) => return self.started(hub),
                Err(error) => {
                    self.say(format_args!("the start ends: {error}"));
                    self.trace.borrow_mut().counts.recoveries_cut += 1;
                    self.survive_start(&error)?;
                }
            }
        }
        broken(Guarantee::Lives, "the hub does not start")
    }

    /// All owners from their journals.
    fn recover(&self) -> Result<Hub, Failure> {
        recover(&self.disk, self)
    }

    fn started(&mut self, hub: Hub) -> Verdict {
        self.trace.borrow_mut().counts.recoveries += 1;
        let pending: u64 = hub.shards.iter().map(|process| process.owner.core().pending()).sum();
        self.say(format_args!("hub {} runs, {pending} envelopes wait", self.lives));
        self.disarm_start();
        self.expected.compare(&hub.registry)?;
        self.hub = Some(hub);
        for shard in 0..self.plan.shards {
            self.wake(shard, 0);
        }
        self.reconcile();
        self.look()
    }

    /// Lets a shard's loop go round soon.
    pub(crate) fn wake(&mut self, shard: usize, within: u64) {
        let now = self.clock.steady();
        let Some(hub) = &mut self.hub else { return };
        let process = &mut hub.shards[shard];
        let at = (now + within).max(process.busy_until);
        if process.turn_at.is_none_or(|planned| planned > at) {
            process.turn_at = Some(at);
            let life = self.lives;
            self.after(at - now, Event::Turn { life, shard });
        }
    }

    /// One round of a shard's loop, as its thread does it: jobs out, a batch in, what time brings, reclaiming, commit.
    pub(crate) fn turn(&mut self, shard: usize) -> Verdict {
        let now = self.clock.steady();
        let free = self.harm.free_bytes(&self.disk);
        let most = self.random.between(1, 24) as usize;
        let Some(hub) = &mut self.hub else { return Ok(()) };
        if hub.shards[shard].turn_at != Some(now) {
            return Ok(());
        }
        hub.shards[shard].turn_at = None;
        let before = self.disk.fake().operations();
        let clock = self.clock.now();
        let process = &mut hub.shards[shard];
        let serve_first = self.mutation == Some(Mutation::ServeOneFirst);
        let went = process.round(clock, free, most, serve_first.then_some(&hub.tasks), self.mutation);
        let cost = self.harm.cost(self.disk.fake().operations().saturating_sub(before), &mut self.random);
        let answers = match went {
            Ok(answers) => answers,
            Err(error) => return self.hub_ends(&error),
        };
        process.busy_until = now + cost;
        self.note_ends(shard);
        let life = self.lives;
        for (task, answer) in answers {
            let delay = cost + self.random.below(2);
            self.after(delay, Event::Told { life, task, answer: Box::new(answer) });
        }
        self.set_job(shard, cost);
        self.wake_workers(cost);
        let Some(hub) = &self.hub else { return Ok(()) };
        let process = &hub.shards[shard];
        let has_work = !process.queue.is_empty() || process.owner.is_busy() || !process.outcomes.is_empty();
        let within = if has_work { 1 } else { process.next_tick.saturating_sub(now) };
        self.wake(shard, within);
        Ok(())
    }

    /// Keeps what ended in a round, while the shard still knows of which delivery it was: a track may be forgotten
    /// before the content is overwritten.
    fn note_ends(&mut self, shard: usize) {
        let Some(hub) = &mut self.hub else { return };
        let numbers = std::mem::take(&mut hub.shards[shard].owner.witness_mut().ended);
        let now = self.clock.steady();
        let core = hub.shards[shard].owner.core();
        let ended = numbers.into_iter().filter_map(|number| stored(core, self.clock.wall(), number));
        hub.ended.extend(ended.map(|envelope| (envelope, now)));
    }

    /// Lets the journal's next slow work be done, one after the other.
    fn set_job(&mut self, shard: usize, after: u64) {
        let pause = after + self.harm.cost(1, &mut self.random) + self.random.below(20);
        let Some(hub) = &mut self.hub else { return };
        let process = &mut hub.shards[shard];
        if !process.job_is_due && !process.jobs.is_empty() {
            process.job_is_due = true;
            let life = self.lives;
            self.after(pause, Event::Job { life, shard });
        }
    }

    pub(crate) fn job(&mut self, shard: usize) -> Verdict {
        let Some(hub) = &mut self.hub else { return Ok(()) };
        let process = &mut hub.shards[shard];
        process.job_is_due = false;
        let Some(job) = process.jobs.pop_front() else { return Ok(()) };
        let before = self.disk.fake().operations();
        process.outcomes.push(job.run());
        self.trace.borrow_mut().counts.jobs += 1;
        let cost = self.harm.cost(self.disk.fake().operations().saturating_sub(before), &mut self.random);
        self.wake(shard, cost);
        self.set_job(shard, cost);
        Ok(())
    }

    /// The process ends: its owner cannot go on. That is right when the disk failed, and only then.
    pub(crate) fn hub_ends(&mut self, error: &str) -> Verdict {
        self.say(format_args!("hub {} ends: {error}", self.lives));
        if !self.harm.explains(error) {
            return broken(Guarantee::Lives, format!("the hub ended without a fault of its disk: {error}"));
        }
        self.crash()
    }

    /// Makes one change of the registry; true when it was made.
    pub(crate) fn change(&mut self, command: RegistryCommand) -> Result<bool, crate::oracle::Violation> {
        let now = self.clock.wall();
        let early = self.mutation == Some(Mutation::RegistryAnswersEarly);
        let Some(hub) = &mut self.hub else { return Ok(false) };
        if early && hub.bugs.change_early(&mut hub.registry, now, &command) {
            self.say(format_args!("registry: {command:?} is answered"));
            self.expected.changed(&command);
            return Ok(true);
        }
        match hub.members.change(now, &command) {
            Ok(()) => {
                hub.registry = hub.members.registry().clone();
                self.say(format_args!("registry: {command:?} is answered"));
                self.expected.changed(&command);
                self.reconcile();
                Ok(true)
            }
            Err(ChangeError::Refused(error)) => {
                self.say(format_args!("registry: {command:?} is refused: {error}"));
                Ok(false)
            }
            Err(ChangeError::Journal(error)) => {
                self.expected.unanswered(command);
                self.hub_ends(&error)?;
                Ok(false)
            }
        }
    }

    /// Closes the hub in order; the disk is as it should be then.
    pub(crate) fn stop(&mut self) -> Verdict {
        let Some(hub) = self.hub.take() else { return Ok(()) };
        self.lives += 1;
        for process in hub.shards {
            if let Err(error) = process.owner.close() {
                return self.closing_failed(&error);
            }
        }
        if let Err(error) = hub.members.close() {
            return self.closing_failed(&error.to_string());
        }
        self.say("the hub is stopped");
        Ok(())
    }

    fn closing_failed(&mut self, error: &str) -> Verdict {
        self.say(format_args!("stopping ends: {error}"));
        if self.harm.explains(error) {
            return self.crash();
        }
        broken(Guarantee::Lives, format!("the hub cannot be stopped: {error}"))
    }

    /// Since when this hub runs.
    pub(crate) fn runs_since(&self) -> Option<u64> {
        self.hub.as_ref().map(|hub| hub.since)
    }
}

/// Opens everything on a disk.
pub(crate) fn recover(disk: &SimDisk, world: &World) -> Result<Hub, Failure> {
    let plan = &world.plan;
    let now = world.clock.now();
    let disk = Arc::new(disk.clone());
    let members = Members::open(Arc::clone(&disk), registry_dir(), REGISTRY_SEGMENT_BYTES)?;
    let pending: Pending = Rc::new(RefCell::new(vec![Default::default(); plan.shards]));
    let arrived = Rc::new(RefCell::new(Vec::new()));
    let mut shards = Vec::new();
    for shard in 0..plan.shards {
        let onlooker = Onlooker {
            shard,
            pending: Rc::clone(&pending),
            arrived: Rc::clone(&arrived),
            ended: Vec::new(),
            mutation: world.mutation,
        };
        let parts = Parts {
            id: ShardId(shard as u8),
            disk: Arc::clone(&disk),
            dir: shard_dir(shard),
            journal: plan.journal,
            core: plan.core.clone(),
        };
        let owner = Owner::recover(parts, plan.limits, now, onlooker)?;
        let receivers = owner.core().inboxes().map(|inbox| (inbox.code, inbox.pending)).collect();
        pending.borrow_mut()[shard] = [owner.core().senders().collect(), receivers];
        shards.push(Process {
            owner,
            queue: VecDeque::new(),
            jobs: VecDeque::new(),
            outcomes: Vec::new(),
            job_is_due: false,
            next_tick: world.clock.steady(),
            turn_at: None,
            busy_until: 0,
            proof: None,
        });
    }
    Ok(Hub {
        registry: members.registry().clone(),
        members,
        shards,
        workers: BTreeMap::new(),
        tasks: BTreeMap::new(),
        next_task: 0,
        arrived,
        bugs: crate::bugs::Memory::default(),
        ended: Vec::new(),
        since: world.clock.steady(),
    })
}

impl Hub {
    /// The states of all shards.
    pub(crate) fn cores(&self) -> Vec<&Shard> {
        self.shards.iter().map(|process| process.owner.core()).collect()
    }
}

impl Process {
    fn round(
        &mut self,
        now: phytohub_shard::Now,
        free: u64,
        most: usize,
        serve_first: Option<&BTreeMap<u64, Task>>,
        mutation: Option<Mutation>,
    ) -> Result<Vec<(u64, Answer)>, Failure> {
        self.take_jobs();
        if self.queue.is_empty() && self.outcomes.is_empty() && !self.owner.is_busy() {
            self.owner.mark_idle()?;
        }
        self.owner.take_held(now)?;
        for outcome in std::mem::take(&mut self.outcomes) {
            self.owner.finish_job(outcome)?;
            self.owner.take_held(now)?;
        }
        for _ in 0..most {
            if self.owner.batch_is_full() {
                break;
            }
            let Some(request) = crate::bugs::next_request(&mut self.queue, serve_first) else { break };
            if mutation == Some(Mutation::ForgetAcknowledgements)
                && let Command::Acknowledge { outcome, .. } = &request.command
            {
                // An answer as good as the real one, and nothing behind it.
                let state = (*outcome).into();
                let Request { reply, .. } = request;
                return self.finish_round(now, free, vec![(reply, Answer::Acknowledged(state))], mutation);
            }
            self.owner.take(now, request)?;
        }
        self.finish_round(now, free, Vec::new(), mutation)
    }

    fn finish_round(
        &mut self,
        now: phytohub_shard::Now,
        free: u64,
        mut answers: Vec<(u64, Answer)>,
        mutation: Option<Mutation>,
    ) -> Result<Vec<(u64, Answer)>, Failure> {
        let steady = now.steady.as_millis() as u64;
        if steady >= self.next_tick {
            self.next_tick = steady + TICK;
            self.owner.tick(now, free)?;
        }
        self.owner.reclaim()?;
        if mutation == Some(Mutation::AnswerBeforeSync)
            && let Some(proof) = &self.proof
            && self.owner.batch_requests() % 2 == 1
        {
            // The batch is synced with the next round.
            answers.extend(self.owner.answers(proof));
            return Ok(answers);
        }
        let durable = self.owner.commit()?;
        answers.extend(self.owner.answers(&durable));
        self.proof = Some(durable);
        self.take_jobs();
        Ok(answers)
    }

    fn take_jobs(&mut self) {
        while let Some(job) = self.owner.next_job() {
            self.jobs.push_back(job);
        }
    }
}
