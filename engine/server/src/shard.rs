//! A shard's thread: what waits is taken, decided and applied by its owner (`phytohub-shard`), committed once,
//! answered.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use phytohub_core::shard::{Answer, Command, Elsewhere, Freed, Inbox};
use phytohub_journal::{JobOutcome, Reader, RealDisk, Settings};
use phytohub_model::{ConnectionCode, Fact, Fault, FaultKind, Pressure, ShardId};
use phytohub_shard::{Failure, Limits, Now, Owner, Parts, Request, Witness};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::clock;
use crate::forget::{Maintenance, TICK};
use crate::metrics::ShardMetrics;
use crate::owner;
use crate::pending::PendingElsewhere;
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

/// The journal's own settings from the operator's.
pub(crate) fn log_settings(settings: &JournalSettings) -> Settings {
    Settings {
        // The check of the configuration keeps it in 32 bits.
        segment_bytes: u32::try_from(settings.segment.0).unwrap_or(u32::MAX),
        spare_segments: settings.spare_segments,
    }
}

impl JournalSettings {
    fn limits(&self, erase_after: Duration) -> Limits {
        Limits {
            held_max: self.queue,
            batch_records_max: self.batch_records_max,
            batch_bytes_max: self.batch_bytes_max.0,
            disk_low_water: self.disk_low_water.0,
            erase_after,
        }
    }

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

/// How long a batch waits for more requests when the one before was large: about as long as a sync takes, so that
/// under load fewer syncs do the work, and a hub with little to do never waits.
const GATHER: Duration = Duration::from_micros(400);
/// Requests in a batch from which on the next one waits.
const GATHER_FROM: usize = 4;

/// What reaches a shard's thread.
enum Message {
    /// A request and its content; answered after the commit.
    Request(Request<Reply>),
    /// A maintenance job ended.
    Job(JobOutcome<RealDisk>),
    /// Close the journal and end.
    Stop,
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
        let (to, answer) = oneshot::channel();
        let request = Request { command, content, reply: Reply { to, queued: Instant::now() } };
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
    let began = Instant::now();
    let limits = parts.journal.limits(parts.erase_after);
    let onlooker = Onlooker { metrics: Arc::clone(&parts.metrics), pending: parts.pending, wakers: parts.wakers };
    let shard = Parts {
        id: parts.id,
        disk: Arc::new(RealDisk),
        dir: parts.dir.clone(),
        journal: log_settings(&parts.journal),
        core: parts.core,
    };
    let now = Now { wall: clock::now(), steady: Duration::ZERO };
    let mut owner = Owner::recover(shard, limits, now, onlooker)?;
    let senders: Vec<(ConnectionCode, u64)> = owner.core().senders().collect();
    for (sender, count) in senders {
        owner.witness_mut().pending.add(&sender, count);
    }
    let inboxes: Vec<_> = owner.core().inboxes().filter(|inbox| 0 < inbox.pending).collect();
    for Inbox { code, pending, .. } in inboxes {
        owner.witness_mut().pending.add_received(&code, pending);
    }
    tracing::info!(
        target: "phytohub::recovery",
        shard = parts.id.0,
        pending = owner.core().pending(),
        tracks = owner.core().tracks(),
        to_erase = owner.to_erase(),
        milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        "shard recovered"
    );
    let reader = owner.reader();
    let outcomes = queue.clone();
    let name = format!("shard-{:02}", parts.id.0);
    let failed = parts.failed;
    let maintenance = Maintenance::start(format!("{name}-disk"), failed.clone(), move |outcome| {
        // A shard that has ended needs no outcome.
        let _ = outcomes.send(Message::Job(outcome));
    })
    .map_err(|error| format!("{name}: no thread for disk work: {error}"))?;
    let (metrics, dir) = (parts.metrics, parts.dir);
    let runner = Runner { owner, maintenance, metrics, dir, began, gathers: false };
    let thread = owner::spawn(name, move |error| failed(error), move || runner.run(&messages))
        .map_err(|error| format!("no thread for a shard: {error}"))?;
    Ok((ShardHandle { queue, reader }, thread))
}

/// The thread's own.
struct Runner {
    owner: Owner<RealDisk, Onlooker>,
    maintenance: Maintenance,
    metrics: Arc<ShardMetrics>,
    dir: PathBuf,
    /// The steady clock counts from here.
    began: Instant,
    /// The batch before was so large that this one waits a moment for more.
    gathers: bool,
}

/// To whom an answer goes, and since when the request waits.
struct Reply {
    to: oneshot::Sender<Answer>,
    queued: Instant,
}

/// What the owner of a shard tells, and asks of the others.
struct Onlooker {
    metrics: Arc<ShardMetrics>,
    pending: PendingElsewhere,
    wakers: Arc<Wakers>,
}

impl Witness for Onlooker {
    type Reply = Reply;
    type Guard = tracing::span::EnteredSpan;

    fn elsewhere(&self, sender: &ConnectionCode, channel: Option<&ConnectionCode>) -> Elsewhere {
        self.pending.elsewhere(sender, channel)
    }

    fn decides(&mut self, reply: &Reply) -> Self::Guard {
        self.metrics.observe(Step::Route, reply.queued.elapsed());
        Step::Route.span().entered()
    }

    fn accepted(&mut self, sender: &ConnectionCode, channel: Option<&ConnectionCode>) {
        self.pending.accepted(sender, channel);
        self.metrics.accepted();
    }

    fn ended(&mut self, fact: &Fact, freed: &Freed) {
        self.pending.ended(&freed.from, &freed.to);
        self.metrics.ended(fact, freed);
    }

    fn arrived(&mut self, receiver: &ConnectionCode) {
        self.wakers.wake(receiver);
    }

    fn wants_arrivals(&self) -> bool {
        !self.wakers.is_empty()
    }
}

impl Runner {
    fn now(&self) -> Now {
        Now { wall: clock::now(), steady: self.began.elapsed() }
    }

    fn run(mut self, messages: &Receiver<Message>) -> Result<(), Failure> {
        let mut next_tick = Instant::now();
        loop {
            while let Some(job) = self.owner.next_job() {
                self.maintenance.queue(job);
            }
            let stop = self.take_batch(messages, next_tick)?;
            let now = Instant::now();
            if now >= next_tick {
                next_tick = now + TICK;
                self.tick()?;
            }
            self.owner.reclaim()?;
            self.commit()?;
            if stop {
                return self.owner.close().map(drop);
            }
        }
    }

    /// Waits for the first message, then takes all that wait, within the batch's bounds. True = stop.
    fn take_batch(&mut self, messages: &Receiver<Message>, next_tick: Instant) -> Result<bool, Failure> {
        let mut message = messages.try_recv().ok();
        if message.is_none() && !self.owner.is_busy() {
            self.owner.mark_idle()?;
            message = messages.recv_deadline(next_tick).ok();
        }
        let now = self.now();
        self.owner.take_held(now)?;
        let mut gathers = self.gathers;
        while let Some(next) = message {
            match next {
                Message::Request(request) => self.owner.take(now, request)?,
                Message::Job(outcome) => {
                    self.owner.finish_job(outcome)?;
                    self.owner.take_held(now)?;
                }
                Message::Stop => return Ok(true),
            }
            message = self.next(messages, &mut gathers);
        }
        self.gathers = self.owner.batch_requests() >= GATHER_FROM;
        Ok(false)
    }

    /// The next message of a batch that is not full. When the batch before was large, others are on their way: a
    /// moment's wait lets them share this one's sync.
    fn next(&self, messages: &Receiver<Message>, gathers: &mut bool) -> Option<Message> {
        if self.owner.batch_is_full() {
            return None;
        }
        let waiting = messages.try_recv().ok();
        if waiting.is_some() || !std::mem::take(gathers) {
            return waiting;
        }
        std::thread::sleep(GATHER);
        messages.try_recv().ok()
    }

    /// One write and one sync for the batch; only then its answers leave.
    fn commit(&mut self) -> Result<(), Failure> {
        let (requests, bytes) = (self.owner.batch_requests(), self.owner.log().staged_bytes());
        let started = Instant::now();
        let durable = self.owner.commit()?;
        if bytes > 0 {
            self.metrics.committed(requests, bytes, started.elapsed());
        }
        for (reply, answer) in self.owner.answers(&durable) {
            // A client that went away asks again; what it asked for is done.
            let _ = reply.to.send(answer);
        }
        Ok(())
    }

    fn tick(&mut self) -> Result<(), Failure> {
        let started = Instant::now();
        let _span = Step::Forget.span().entered();
        let fs = rustix::fs::statvfs(&self.dir)
            .map_err(|error| format!("{}: free space unknown: {error}", self.dir.display()))?;
        self.owner.tick(self.now(), fs.f_bavail.saturating_mul(fs.f_frsize))?;
        self.metrics.observe_state(self.owner.core(), self.owner.log(), self.owner.is_full());
        self.metrics.observe(Step::Forget, started.elapsed());
        Ok(())
    }
}
