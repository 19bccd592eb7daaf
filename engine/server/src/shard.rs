//! A shard: one thread that owns its part of the state and its journal.
//!
//! The loop is short on purpose: take what waits, decide and apply each, commit once, answer all.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use phytohub_core::shard::{Answer, Command, Decision, Facts, Room, Shard};
use phytohub_journal::{Durable, JobOutcome, Log, NoRoom, Reader, RealDisk, Stream};
use phytohub_model::{ConnectionCode, Fact, Fault, FaultKind, Locator, Pressure, ShardId, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::clock;
use crate::forget::{Maintenance, TICK};
use crate::metrics::ShardMetrics;
use crate::owner;
use crate::pending::PendingElsewhere;
use crate::reclaim::Reclaim;
use crate::step::Step;
use crate::wakers::Wakers;
use phytohub_operate::Size;

/// Section `[journal]`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct JournalSettings {
    /// Size of a segment file. It must hold two bodies.
    pub segment: Size,
    /// Segments kept ready, zeroed.
    pub spare_segments: u32,
    /// Free disk space below which deliveries are refused.
    pub disk_low_water: Size,
    /// Requests that may wait for one shard.
    pub queue: usize,
    /// Most requests in one batch.
    pub batch_records_max: usize,
    /// Most bytes in one batch.
    pub batch_bytes_max: Size,
}

impl Default for JournalSettings {
    fn default() -> Self {
        Self {
            segment: Size::mib(64),
            spare_segments: 2,
            disk_low_water: Size::mib(512),
            queue: 8192,
            batch_records_max: 1024,
            batch_bytes_max: Size::mib(8),
        }
    }
}

impl JournalSettings {
    /// Refuses sizes that do not fit each other.
    pub(crate) fn check(&self, body_max: Size) -> Result<(), String> {
        use phytohub_model::limits::{SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN};
        let (min, max) = (SEGMENT_BYTES_MIN as u64, SEGMENT_BYTES_MAX as u64);
        if !(min..=max).contains(&self.segment.0) || !self.segment.0.is_multiple_of(4096) {
            let (min, max) = (Size(min), Size(max));
            return Err(format!("[journal] segment must be a multiple of 4 KiB from {min} to {max}"));
        }
        if self.segment.0 < 2 * body_max.0 {
            let (segment, body_max) = (self.segment, body_max);
            return Err(format!("[journal] segment ({segment}) must be at least twice [http] body_max ({body_max})"));
        }
        if self.spare_segments == 0 || self.queue == 0 || self.batch_records_max == 0 || self.batch_bytes_max.0 == 0 {
            return Err("[journal] spare_segments, queue and batch limits must be at least 1".to_owned());
        }
        Ok(())
    }
}

/// How long a batch waits for more requests when the one before was large: about as long as a sync takes, so that under
/// load fewer syncs do the work, and a hub with little to do never waits.
const GATHER: Duration = Duration::from_micros(400);
/// Requests in a batch from which on the next one waits.
const GATHER_FROM: usize = 4;

/// What reaches a shard's thread.
enum Message {
    /// A request and its content; answered after the commit.
    Request(Request),
    /// A maintenance job ended.
    Job(JobOutcome<RealDisk>),
    /// Close the journal and end.
    Stop,
}

struct Request {
    command: Command,
    content: Bytes,
    reply: oneshot::Sender<Answer>,
    queued: Instant,
}

/// The way to a shard.
#[derive(Clone)]
pub(crate) struct ShardHandle {
    queue: Sender<Message>,
    reader: Reader<RealDisk>,
}

/// Told when an owner can no longer go on.
pub(crate) type Failed = Arc<dyn Fn(String) + Send + Sync>;

/// What a shard needs besides its settings.
pub(crate) struct ShardParts {
    pub(crate) id: ShardId,
    pub(crate) dir: PathBuf,
    pub(crate) journal: JournalSettings,
    pub(crate) core: phytohub_core::shard::Settings,
    pub(crate) erase_after: Duration,
    pub(crate) metrics: Arc<ShardMetrics>,
    pub(crate) pending: PendingElsewhere,
    /// Told when something new waits for a receiver.
    pub(crate) wakers: Arc<Wakers>,
    /// Told once when the shard can no longer go on.
    pub(crate) failed: Failed,
}

impl ShardHandle {
    /// Hands over a command and waits for its answer, which leaves the shard only when all it speaks of is durable.
    ///
    /// # Errors
    /// `Pressure` when the queue is full; a server fault when the shard ended.
    pub(crate) async fn ask(&self, command: Command, content: Bytes) -> Result<Answer, Fault> {
        let (reply, answer) = oneshot::channel();
        let request = Request { command, content, reply, queued: Instant::now() };
        match self.queue.try_send(Message::Request(request)) {
            Ok(()) => answer.await.map_err(|_| unanswered()),
            Err(TrySendError::Full(_)) => Err(Pressure::Queue.into()),
            Err(TrySendError::Disconnected(_)) => Err(stopping()),
        }
    }

    /// Where content is read.
    pub(crate) fn reader(&self) -> &Reader<RealDisk> {
        &self.reader
    }

    /// Asks the thread to close its journal and end.
    pub(crate) fn stop(&self) {
        // A thread that has ended needs no telling.
        let _ = self.queue.send(Message::Stop);
    }
}

fn stopping() -> Fault {
    Pressure::Draining.into()
}

/// The shard ended with the request in its hands: it may be done or not, so nothing may be claimed.
fn unanswered() -> Fault {
    Fault {
        kind: FaultKind::TryLater,
        message: "The hub ended before it could answer; send the request again, it is known as the same".to_owned(),
    }
}

/// Recovers the shard from its journal and starts its thread.
///
/// # Errors
/// A sentence when the journal cannot be opened or content that is still needed is damaged.
pub(crate) fn start(parts: ShardParts) -> Result<(ShardHandle, JoinHandle<()>), String> {
    let (queue, messages) = bounded(parts.journal.queue);
    let (core, log, to_erase) = crate::recovery::recover(&parts)?;
    let mut pending = parts.pending;
    for (sender, count) in core.senders() {
        pending.add(&sender, count);
    }
    let reader = log.reader();
    let outcomes = queue.clone();
    let name = format!("shard-{:02}", parts.id.0);
    let failed = parts.failed;
    let maintenance = Maintenance::start(format!("{name}-disk"), failed.clone(), move |outcome| {
        // A shard that has ended needs no outcome.
        let _ = outcomes.send(Message::Job(outcome));
    })
    .map_err(|error| format!("{name}: no thread for disk work: {error}"))?;
    let owner = Owner {
        core,
        log,
        maintenance,
        reclaim: Reclaim::default(),
        to_erase,
        metrics: parts.metrics,
        pending,
        wakers: parts.wakers,
        arrived: Vec::new(),
        settings: parts.journal,
        dir: parts.dir,
        erase_after: parts.erase_after,
        disk_low: false,
        held: VecDeque::new(),
        gathers: false,
        answers: Vec::new(),
    };
    let thread = owner::spawn(name, move |error| failed(error), move || owner.run(&messages))
        .map_err(|error| format!("no thread for a shard: {error}"))?;
    Ok((ShardHandle { queue, reader }, thread))
}

/// The thread's own.
struct Owner {
    core: Shard,
    log: Log<RealDisk>,
    maintenance: Maintenance,
    reclaim: Reclaim,
    /// Contents that ended and when, oldest first.
    to_erase: VecDeque<(Instant, Locator)>,
    metrics: Arc<ShardMetrics>,
    pending: PendingElsewhere,
    wakers: Arc<Wakers>,
    /// For whom the batch brought something, told once it is durable.
    arrived: Vec<ConnectionCode>,
    settings: JournalSettings,
    dir: PathBuf,
    erase_after: Duration,
    disk_low: bool,
    /// Deliveries that wait for a segment to be made ready.
    held: VecDeque<Request>,
    /// The batch before was so large that this one waits a moment for more.
    gathers: bool,
    /// Answers of the batch, kept until it is durable.
    answers: Vec<(oneshot::Sender<Answer>, Answer)>,
}

/// Only an acceptance comes with content.
fn content_of<'a>(fact: &Fact, content: &'a Bytes) -> &'a Bytes {
    static NOTHING: Bytes = Bytes::new();
    if matches!(fact, Fact::Accepted(_)) { content } else { &NOTHING }
}

/// Whether a fact found room in the log.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Append {
    Staged,
    NoRoom,
}

/// Why a shard ends other than on request.
type Failure = String;

impl Owner {
    fn run(mut self, messages: &Receiver<Message>) -> Result<(), Failure> {
        let mut next_tick = Instant::now();
        loop {
            self.queue_jobs();
            let stop = self.take_batch(messages, next_tick)?;
            let now = Instant::now();
            if now >= next_tick {
                next_tick = now + TICK;
                self.tick(clock::now())?;
            }
            self.reclaim.step(&mut self.core, &mut self.log)?;
            self.commit()?;
            if stop {
                self.log.close().map_err(|error| error.to_string())?;
                return Ok(());
            }
        }
    }

    /// Waits for the first message, then takes all that wait, within the batch's bounds. True = stop.
    fn take_batch(&mut self, messages: &Receiver<Message>, next_tick: Instant) -> Result<bool, Failure> {
        let is_busy = self.reclaim.is_running() || (!self.held.is_empty() && !self.must_wait());
        let mut message = if is_busy {
            messages.try_recv().ok()
        } else {
            match messages.try_recv() {
                Ok(message) => Some(message),
                Err(_) => {
                    // Nothing waits: leave word on disk that all before is synced.
                    self.log.mark_idle().map_err(|error| error.to_string())?;
                    messages.recv_deadline(next_tick).ok()
                }
            }
        };
        let now = clock::now();
        self.take_held(now)?;
        let mut gathers = self.gathers;
        while let Some(next) = message {
            match next {
                Message::Request(request) => self.take(now, request)?,
                Message::Job(outcome) => {
                    self.job_done(outcome)?;
                    self.take_held(now)?;
                }
                Message::Stop => return Ok(true),
            }
            message = self.next(messages, &mut gathers);
        }
        self.gathers = self.answers.len() >= GATHER_FROM;
        Ok(false)
    }

    /// The next message of a batch that is not full. When the batch before was large, others are on their way: a
    /// moment's wait lets them share this one's sync.
    fn next(&self, messages: &Receiver<Message>, gathers: &mut bool) -> Option<Message> {
        if self.batch_is_full() {
            return None;
        }
        let waiting = messages.try_recv().ok();
        if waiting.is_some() || !std::mem::take(gathers) {
            return waiting;
        }
        std::thread::sleep(GATHER);
        messages.try_recv().ok()
    }

    fn batch_is_full(&self) -> bool {
        self.answers.len() >= self.settings.batch_records_max
            || self.log.staged_bytes() as u64 >= self.settings.batch_bytes_max.0
    }

    /// Takes a request, or holds it: a delivery waits while the next segment is being made ready, and behind those that
    /// wait already, so that the order of a destination stays.
    fn take(&mut self, now: Timestamp, request: Request) -> Result<(), Failure> {
        let is_delivery = matches!(request.command, Command::Deliver(_));
        if !is_delivery || (self.held.is_empty() && !self.must_wait()) {
            return self.decide(now, request);
        }
        if self.held.len() < self.settings.queue {
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
    fn take_held(&mut self, now: Timestamp) -> Result<(), Failure> {
        while !self.must_wait() && !self.batch_is_full() {
            let Some(request) = self.held.pop_front() else { break };
            self.decide(now, request)?;
        }
        Ok(())
    }

    /// Steps 4 to 7 for one request: decide, stage, apply; the answer waits for the commit.
    fn decide(&mut self, now: Timestamp, mut request: Request) -> Result<(), Failure> {
        let _span = Step::Route.span().entered();
        self.metrics.observe(Step::Route, request.queued.elapsed());
        if let Command::Deliver(deliver) = &mut request.command {
            deliver.elsewhere = self.pending.elsewhere(&deliver.header.from);
            deliver.room =
                if self.disk_low || !self.log.room().takes_deliveries() { Room::DiskLow } else { Room::Free };
        }
        let Decision { facts, mut answer } = self.core.decide(now, &request.command);
        if facts.as_slice().len() > 1 && !self.holds(&facts, &request.content) {
            self.answers.push((request.reply, Answer::Refused(Pressure::Queue)));
            return Ok(());
        }
        for fact in &facts {
            if self.append(fact, content_of(fact, &request.content))? == Append::NoRoom {
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

    fn append(&mut self, fact: &Fact, content: &Bytes) -> Result<Append, Failure> {
        let locator = match self.log.stage(Stream::Hot, fact, content) {
            Ok(locator) => locator,
            Err(error @ NoRoom::Failed) => return Err(error.to_string()),
            // The log is as before, and so is the state: nothing was accepted.
            Err(NoRoom::NoSpare | NoRoom::TooLarge { .. }) => return Ok(Append::NoRoom),
        };
        let applied = self.core.apply(fact, locator);
        if let Fact::Accepted(accepted) = fact {
            self.pending.accepted(&accepted.header.from);
            self.metrics.accepted();
        }
        if let Some(code) = applied.arrived
            && !self.wakers.is_empty()
        {
            self.arrived.push(code);
        }
        if let Some(freed) = applied.freed {
            self.pending.ended(&freed.from);
            self.metrics.ended(fact, freed.accepted_at);
            self.to_erase.push_back((Instant::now(), freed.locator));
        }
        Ok(Append::Staged)
    }

    /// One write and one sync for the batch; only then its answers leave.
    ///
    /// A batch of reads stages nothing: it speaks only of what earlier commits made durable, and the log's commit says
    /// so at no cost.
    fn commit(&mut self) -> Result<(), Failure> {
        let bytes = self.log.staged_bytes();
        let started = Instant::now();
        let durable = self.log.commit().map_err(|error| error.to_string())?;
        if bytes > 0 {
            self.metrics.committed(self.answers.len(), bytes, started.elapsed());
        }
        self.reclaim.committed(&mut self.core, &mut self.log, &durable);
        self.answer(&durable);
        Ok(())
    }

    /// Lets the answers go: only with the proof in hand.
    fn answer(&mut self, _durable: &Durable) {
        for (reply, answer) in self.answers.drain(..) {
            // A client that went away asks again; what it asked for is done.
            let _ = reply.send(answer);
        }
        for code in self.arrived.drain(..) {
            self.wakers.wake(&code);
        }
    }

    /// What time alone brings: expiry, retention, erasure, reclaiming, the disk's fill.
    fn tick(&mut self, now: Timestamp) -> Result<(), Failure> {
        let started = Instant::now();
        let _span = Step::Forget.span().entered();
        let expired = self.core.decide(now, &Command::Expire);
        for fact in &expired.facts {
            if self.append(fact, &Bytes::new())? == Append::NoRoom {
                break;
            }
        }
        self.core.forget(now);
        self.erase_due();
        self.disk_low = self.room_bytes()? < self.settings.disk_low_water.0;
        self.reclaim.look(&self.core, &mut self.log);
        self.log.retry();
        self.take_held(now)?;
        self.metrics.observe_state(&self.core, &self.log, self.disk_low);
        self.metrics.observe(Step::Forget, started.elapsed());
        Ok(())
    }

    /// Space for what is to come: free on the disk, and in the segments that are ready already.
    fn room_bytes(&self) -> Result<u64, Failure> {
        let fs = rustix::fs::statvfs(&self.dir)
            .map_err(|error| format!("{}: free space unknown: {error}", self.dir.display()))?;
        let spares = u64::from(self.log.room().spare_segments) * self.settings.segment.0;
        Ok(fs.f_bavail.saturating_mul(fs.f_frsize).saturating_add(spares))
    }

    fn erase_due(&mut self) {
        let due = self.to_erase.iter().take_while(|(ended, _)| ended.elapsed() >= self.erase_after).count();
        if due > 0 {
            let locators: Vec<Locator> = self.to_erase.drain(..due).map(|(_, locator)| locator).collect();
            self.log.erase(&locators);
        }
    }

    fn queue_jobs(&mut self) {
        while let Some(job) = self.log.next_job() {
            self.maintenance.queue(job);
        }
    }

    fn job_done(&mut self, outcome: JobOutcome<RealDisk>) -> Result<(), Failure> {
        self.log.finish_job(outcome).map_err(|error| error.to_string())
    }
}
