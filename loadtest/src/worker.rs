//! One thread of the generator: its senders, its receivers, and what they count. Workers share nothing but the ledger.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use phytoload_traffic::Traffic;
use rustls::ClientConfig;
use tokio::task::LocalSet;

use crate::connection::Target;
use crate::dispatch;
use crate::ledger::{Ledger, Record};
use crate::measure::{Counts, Second};
use crate::pool::Pool;
use crate::receiver;
use crate::scenario::{Scenario, StagePlan};

/// Everything about a run that all workers know.
pub(crate) struct Run {
    pub(crate) scenario: Scenario,
    pub(crate) traffic: Arc<Traffic>,
    /// TLS configuration of each member.
    pub(crate) keys: Vec<Arc<ClientConfig>>,
    pub(crate) target: Arc<Target>,
    pub(crate) ledger: Ledger,
    pub(crate) stages: Vec<StagePlan>,
    /// Begin of the run; all times are nanoseconds since then.
    pub(crate) start: Instant,
    /// What all times of the ledger are counted from: the begin of the first run of a search.
    pub(crate) epoch: Instant,
    /// First id of this run, and the mark of all runs of this process.
    pub(crate) first_id: u64,
    pub(crate) tag: u64,
    pub(crate) next_id: AtomicU64,
    pub(crate) control: Control,
    pub(crate) workers: usize,
}

/// What the conductor and the workers tell each other.
#[derive(Default)]
pub(crate) struct Control {
    /// 0 = sending, 1 = draining: everything was sent.
    phase: AtomicU8,
    /// The person wants it to end.
    interrupted: AtomicBool,
    /// Workers whose senders are done.
    sent: AtomicUsize,
    /// Workers whose receivers have nothing left.
    drained: AtomicUsize,
}

impl Control {
    pub(crate) fn interrupt(&self) {
        self.interrupted.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.phase.load(Ordering::Relaxed) == 1
    }

    /// One worker has sent everything; the last one begins the drain.
    fn sent(&self, workers: usize) {
        if self.sent.fetch_add(1, Ordering::Relaxed) + 1 == workers {
            self.phase.store(1, Ordering::Relaxed);
        }
    }

    fn drained(&self) {
        self.drained.fetch_add(1, Ordering::Relaxed);
    }

    /// Workers that have nothing left to do.
    pub(crate) fn workers_drained(&self) -> usize {
        self.drained.load(Ordering::Relaxed)
    }
}

impl Run {
    /// Nanoseconds since the begin of the run.
    pub(crate) fn now(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    /// Nanoseconds since the epoch of the ledger.
    pub(crate) fn ledger_time(&self, since_start: u64) -> u64 {
        since_start + (self.start - self.epoch).as_nanos() as u64
    }

    /// The stage that a time of the run is in.
    pub(crate) fn stage(&self, at: u64) -> Option<usize> {
        let seconds = at as f64 / crate::schedule::SECOND;
        self.stages.iter().position(|stage| (stage.from..stage.to).contains(&seconds))
    }
}

/// One second of one worker.
pub(crate) struct Tick {
    /// Seconds since the begin of the run.
    pub(crate) second: u64,
    pub(crate) what: Second,
}

/// What the tasks of one worker share.
pub(crate) struct Worker {
    pub(crate) run: Arc<Run>,
    pub(crate) index: usize,
    pub(crate) counts: RefCell<Counts>,
    /// Connections for deliveries of the members that this worker sends for, and one more for a flood.
    pub(crate) senders: RefCell<BTreeMap<usize, Rc<Pool>>>,
    pub(crate) flood: RefCell<Option<Rc<Pool>>>,
    /// Deliveries that were handed to a pool and have not ended.
    pub(crate) under_way: Cell<usize>,
}

impl Worker {
    /// Writes a record, its times turned into the ledger's.
    pub(crate) fn note(&self, mut record: Record) {
        record.at = self.run.ledger_time(record.at);
        record.since = self.run.ledger_time(record.since);
        self.run.ledger.write(record);
    }

    /// Whether a member is this worker's to send or receive for.
    pub(crate) fn owns(&self, member: usize) -> bool {
        member % self.run.workers == self.index
    }
}

/// How often the phases are looked at.
pub(crate) const LOOK: Duration = Duration::from_millis(20);

/// Runs one worker to its end; what it counted.
pub(crate) fn work(run: Arc<Run>, index: usize, ticks: Sender<Tick>) -> Result<Counts, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    let counts = RefCell::new(Counts::new(run.stages.len()));
    let worker = Rc::new(Worker {
        run,
        index,
        counts,
        senders: RefCell::default(),
        flood: RefCell::default(),
        under_way: Cell::new(0),
    });
    let local = LocalSet::new();
    local.block_on(&runtime, life(Rc::clone(&worker), ticks));
    // Tasks that hold the worker end with the set.
    drop(local);
    drop(runtime);
    Ok(worker.counts.take())
}

async fn life(worker: Rc<Worker>, ticks: Sender<Tick>) {
    let run = Arc::clone(&worker.run);
    let ticker = tokio::task::spawn_local(tick(Rc::clone(&worker), ticks.clone()));
    let receivers = receiver::spawn_all(&worker);
    dispatch::dispatch(&worker).await;
    // Answers still to come, and retries; bounded, because a hub that is gone never answers.
    let drain = run.scenario.arrivals.drain.0;
    let waiting_since = Instant::now();
    while worker.under_way.get() > 0 && waiting_since.elapsed() < drain && !run.control.is_interrupted() {
        tokio::time::sleep(LOOK).await;
    }
    run.control.sent(run.workers);
    while !run.control.is_draining() {
        tokio::time::sleep(LOOK).await;
    }
    let all = async {
        for receiver in receivers {
            // One that panicked has not drained, which the ledger shows.
            let _ = receiver.await;
        }
    };
    let _ = tokio::time::timeout(drain, all).await;
    run.control.drained();
    ticker.abort();
    hand_over(&worker, run.now() / 1_000_000_000, &ticks);
}

async fn tick(worker: Rc<Worker>, ticks: Sender<Tick>) {
    let start = tokio::time::Instant::from_std(worker.run.start);
    for second in 0.. {
        tokio::time::sleep_until(start + Duration::from_secs(second + 1)).await;
        hand_over(&worker, second, &ticks);
    }
}

fn hand_over(worker: &Worker, second: u64, ticks: &Sender<Tick>) {
    let what = std::mem::take(&mut worker.counts.borrow_mut().second);
    // Nobody listens any more only when the run is over.
    let _ = ticks.send(Tick { second, what });
}
