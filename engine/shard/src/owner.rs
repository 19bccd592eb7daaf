//! The owner of one shard.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use phytohub_core::shard::{Answer, Command, Decision, Elsewhere, Facts, Freed, Room, Shard};
use phytohub_journal::{Disk, Durable, Job, JobOutcome, Log, NoRoom, Reader, Stream};
use phytohub_model::{ConnectionCode, Fact, Locator, Pressure, Timestamp};

use crate::Failure;
use crate::reclaim::Reclaim;
use crate::recovery::{Parts, Recovered, recover};

/// Bounds of a shard's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Deliveries that may wait for a segment to be made ready.
    pub held_max: usize,
    /// Most requests in one batch.
    pub batch_records_max: usize,
    /// Most bytes in one batch.
    pub batch_bytes_max: u64,
    /// Free space, in bytes, below which deliveries are refused.
    pub disk_low_water: u64,
    /// How long after its end a content may still be on disk before it is overwritten.
    pub erase_after: Duration,
}

/// The time: that of calendars, and one that never jumps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// What facts say.
    pub wall: Timestamp,
    /// Since any fixed moment.
    pub steady: Duration,
}

/// A command, its content, and to whom the answer goes.
#[derive(Clone, Debug)]
pub struct Request<R> {
    /// What is asked.
    pub command: Command,
    /// Content of a delivery; empty for everything else.
    pub content: Bytes,
    /// Who gets the answer.
    pub reply: R,
}

/// Who looks on: what the other shards hold, metrics, and who is woken.
pub trait Witness {
    /// To whom answers go.
    type Reply;
    /// Held while a request is decided, for spans.
    type Guard;

    /// What the other shards hold of a sender's envelopes, of those for a channel, and of all.
    fn elsewhere(&self, sender: &ConnectionCode, channel: Option<&ConnectionCode>) -> Elsewhere;
    /// A request is decided now.
    fn decides(&mut self, reply: &Self::Reply) -> Self::Guard;
    /// An envelope of this sender was staged; for this channel, where one receives it.
    fn accepted(&mut self, sender: &ConnectionCode, channel: Option<&ConnectionCode>);
    /// An envelope ended by this fact.
    fn ended(&mut self, fact: &Fact, freed: &Freed);
    /// Something new waits for a receiver's service. Told once it is durable.
    fn arrived(&mut self, receiver: &ConnectionCode);
    /// Whether anybody wants to be told of what arrives.
    fn wants_arrivals(&self) -> bool;
}

/// Whether a fact found room in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Append {
    /// It did.
    Staged,
    /// It did not; the log and the state are as before.
    NoRoom,
}

/// State, journal and what waits to be committed, of one shard.
pub struct Owner<D: Disk, W: Witness> {
    core: Shard,
    log: Log<D>,
    witness: W,
    limits: Limits,
    reclaim: Reclaim,
    /// Contents that ended and when, oldest first.
    to_erase: VecDeque<(Duration, Locator)>,
    disk_low: bool,
    /// Deliveries that wait for a segment to be made ready.
    held: VecDeque<Request<W::Reply>>,
    /// Answers of the batch, kept until it is durable.
    answers: Vec<(W::Reply, Answer)>,
    /// For whom the batch brought something.
    arrived: Vec<ConnectionCode>,
}

/// Only an acceptance comes with content.
fn content_of<'a>(fact: &Fact, content: &'a Bytes) -> &'a Bytes {
    static NOTHING: Bytes = Bytes::new();
    if matches!(fact, Fact::Accepted(_)) { content } else { &NOTHING }
}

impl<D: Disk, W: Witness> Owner<D, W> {
    /// Recovers the shard from its journal.
    ///
    /// # Errors
    /// A sentence when the journal cannot be opened or content that is still needed is damaged.
    pub fn recover(parts: Parts<D>, limits: Limits, now: Now, witness: W) -> Result<Self, Failure> {
        let Recovered { core, log, to_erase } = recover(parts)?;
        Ok(Self {
            core,
            log,
            witness,
            limits,
            reclaim: Reclaim::default(),
            to_erase: to_erase.into_iter().map(|locator| (now.steady, locator)).collect(),
            disk_low: false,
            held: VecDeque::new(),
            answers: Vec::new(),
            arrived: Vec::new(),
        })
    }

    /// The state.
    pub fn core(&self) -> &Shard {
        &self.core
    }

    /// The journal.
    pub fn log(&self) -> &Log<D> {
        &self.log
    }

    /// Who looks on.
    pub fn witness_mut(&mut self) -> &mut W {
        &mut self.witness
    }

    /// Where content is read, from any thread.
    pub fn reader(&self) -> Reader<D> {
        self.log.reader()
    }

    /// How many contents wait to be overwritten.
    pub fn to_erase(&self) -> usize {
        self.to_erase.len()
    }

    /// Whether the disk takes no more deliveries.
    pub fn is_full(&self) -> bool {
        self.disk_low || !self.log.room().takes_deliveries()
    }

    /// Whether there is work without a new request.
    pub fn is_busy(&self) -> bool {
        self.reclaim.is_running() || (!self.held.is_empty() && !self.must_wait())
    }

    /// Requests of the batch so far.
    pub fn batch_requests(&self) -> usize {
        self.answers.len()
    }

    /// Whether the batch must be committed before more is taken.
    pub fn batch_is_full(&self) -> bool {
        self.answers.len() >= self.limits.batch_records_max
            || self.log.staged_bytes() as u64 >= self.limits.batch_bytes_max
    }

    /// Takes a request, or holds it: a delivery waits while the next segment is being made ready, and behind those
    /// that wait already, so that the order of a destination stays.
    ///
    /// # Errors
    /// [`Failure`]
    pub fn take(&mut self, now: Now, request: Request<W::Reply>) -> Result<(), Failure> {
        let is_delivery = matches!(request.command, Command::Deliver(_));
        if !is_delivery || (self.held.is_empty() && !self.must_wait()) {
            return self.decide(now, request);
        }
        if self.held.len() < self.limits.held_max {
            self.held.push_back(request);
        } else {
            self.answers.push((request.reply, Answer::Refused(Pressure::Queue)));
        }
        Ok(())
    }

    /// Whether a segment will soon be ready: the disk has room, only its preparation did not keep up with the load.
    fn must_wait(&self) -> bool {
        let room = self.log.room();
        !room.takes_deliveries() && !room.disk_full && !self.disk_low
    }

    /// Takes what was held, as far as there is room now.
    ///
    /// # Errors
    /// [`Failure`]
    pub fn take_held(&mut self, now: Now) -> Result<(), Failure> {
        while !self.must_wait() && !self.batch_is_full() {
            let Some(request) = self.held.pop_front() else { break };
            self.decide(now, request)?;
        }
        Ok(())
    }

    /// Steps 4 to 7 for one request: decide, stage, apply; the answer waits for the commit.
    fn decide(&mut self, now: Now, mut request: Request<W::Reply>) -> Result<(), Failure> {
        let _guard = self.witness.decides(&request.reply);
        if let Command::Deliver(deliver) = &mut request.command {
            deliver.elsewhere = self.witness.elsewhere(&deliver.header.from, deliver.channel());
            deliver.room = if self.is_full() { Room::DiskLow } else { Room::Free };
        }
        let Decision { facts, mut answer } = self.core.decide(now.wall, &request.command);
        if facts.as_slice().len() > 1 && !self.holds(&facts, &request.content) {
            self.answers.push((request.reply, Answer::Refused(Pressure::Queue)));
            return Ok(());
        }
        for fact in &facts {
            if self.append(now, fact, content_of(fact, &request.content))? == Append::NoRoom {
                answer = Answer::Refused(Pressure::Disk);
                break;
            }
        }
        self.answers.push((request.reply, answer));
        Ok(())
    }

    /// Whether all facts of a decision find room: an envelope without its copies must not be.
    fn holds(&self, facts: &Facts, content: &Bytes) -> bool {
        self.log.holds(Stream::Hot, facts.iter().map(|fact| content_of(fact, content).len()))
    }

    fn append(&mut self, now: Now, fact: &Fact, content: &Bytes) -> Result<Append, Failure> {
        let locator = match self.log.stage(Stream::Hot, fact, content) {
            Ok(locator) => locator,
            Err(error @ NoRoom::Failed) => return Err(error.to_string()),
            // The log is as before, and so is the state: nothing was accepted.
            Err(NoRoom::NoSpare | NoRoom::TooLarge { .. }) => return Ok(Append::NoRoom),
        };
        let applied = self.core.apply(fact, locator);
        if let Fact::Accepted(accepted) = fact {
            let channel = accepted.route.as_ref().and_then(|route| route.receiver.as_ref());
            self.witness.accepted(&accepted.header.from, channel);
        }
        if let Some(code) = applied.arrived
            && self.witness.wants_arrivals()
        {
            self.arrived.push(code);
        }
        if let Some(freed) = applied.freed {
            self.witness.ended(fact, &freed);
            self.to_erase.push_back((now.steady, freed.locator));
        }
        Ok(Append::Staged)
    }

    /// What time alone brings: expiry, retention, erasure, reclaiming, the disk's fill. `free_bytes` is what the disk
    /// has left for new files.
    ///
    /// # Errors
    /// [`Failure`]
    pub fn tick(&mut self, now: Now, free_bytes: u64) -> Result<(), Failure> {
        let expired = self.core.decide(now.wall, &Command::Expire);
        for fact in &expired.facts {
            if self.append(now, fact, &Bytes::new())? == Append::NoRoom {
                break;
            }
        }
        self.core.forget(now.wall);
        self.erase_due(now.steady)?;
        self.disk_low = free_bytes.saturating_add(self.spare_bytes()) < self.limits.disk_low_water;
        self.reclaim.look(&self.core, &mut self.log);
        self.log.retry();
        self.take_held(now)
    }

    /// Bytes of the segments that are ready already.
    fn spare_bytes(&self) -> u64 {
        u64::from(self.log.room().spare_segments) * u64::from(self.log.settings().segment_bytes)
    }

    fn erase_due(&mut self, steady: Duration) -> Result<(), Failure> {
        let is_due = |(ended, _): &&(Duration, Locator)| steady.saturating_sub(*ended) >= self.limits.erase_after;
        let due = self.to_erase.iter().take_while(is_due).count();
        if due > 0 {
            let locators: Vec<Locator> = self.to_erase.drain(..due).map(|(_, locator)| locator).collect();
            self.log.erase(&locators);
        }
        self.log.settle().map_err(|error| error.to_string())
    }

    /// Reclaims the next stretch of a segment, if one is being reclaimed.
    ///
    /// # Errors
    /// [`Failure`]
    pub fn reclaim(&mut self) -> Result<(), Failure> {
        self.reclaim.step(&mut self.core, &mut self.log)
    }

    /// One write and one sync for the batch. With the proof in hand, [`Self::answers`] gives the answers.
    ///
    /// A batch of reads stages nothing: it speaks only of what earlier commits made durable, and the log's commit says
    /// so at no cost.
    ///
    /// # Errors
    /// [`Failure`]
    pub fn commit(&mut self) -> Result<Durable, Failure> {
        let durable = self.log.commit().map_err(|error| error.to_string())?;
        self.reclaim.committed(&mut self.core, &mut self.log, &durable);
        Ok(durable)
    }

    /// Lets the answers of the batch go, and tells of what arrived: only with the proof in hand.
    pub fn answers(&mut self, _durable: &Durable) -> std::vec::Drain<'_, (W::Reply, Answer)> {
        for code in self.arrived.drain(..) {
            self.witness.arrived(&code);
        }
        self.answers.drain(..)
    }

    /// The journal's next slow work, to be run in order and told to [`Self::finish_job`].
    pub fn next_job(&mut self) -> Option<Job<D>> {
        self.log.next_job()
    }

    /// Takes the outcome of a job.
    ///
    /// # Errors
    /// [`Failure`]
    pub fn finish_job(&mut self, outcome: JobOutcome<D>) -> Result<(), Failure> {
        self.log.finish_job(outcome).map_err(|error| error.to_string())
    }

    /// Nothing waits: leaves word on disk that all before is synced.
    ///
    /// # Errors
    /// [`Failure`]
    pub fn mark_idle(&mut self) -> Result<(), Failure> {
        self.log.mark_idle().map_err(|error| error.to_string())
    }

    /// Closes the journal.
    ///
    /// # Errors
    /// [`Failure`]
    pub fn close(self) -> Result<Durable, Failure> {
        self.log.close().map_err(|error| error.to_string())
    }
}
