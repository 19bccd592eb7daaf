//! The hub as a whole: its shards, registry, validator and metrics, started together and stopped in order.

use std::sync::Arc;
use std::thread::JoinHandle;

use phytohub_alert::Office;
use phytohub_audit::Act;
use phytohub_model::{ConnectionCode, Fault, ShardId, Timestamp};
use tokio::sync::{Semaphore, mpsc};

use crate::admin;
use crate::alerts;
use crate::audit::Audit;
use crate::clock;
use crate::config::Config;
use crate::door::Door;
use crate::history::History;
use crate::ingress;
use crate::maintenance::Maintenance;
use crate::members::{self, RegistryHandle};
use crate::metrics::Metrics;
use crate::onboarding::{Gate, Observer};
use crate::pending::PendingElsewhere;
use crate::push::Board;
use crate::releases::{self, Releases};
use crate::shard::{self, Failed, ShardHandle, ShardParts};
use crate::validate::Validators;
use crate::wakers::Wakers;
use phytohub_operate::layout::{Layout, Lock};
use phytohub_shard::route;

/// A running hub without its sockets.
pub(crate) struct Hub {
    pub(crate) config: Config,
    pub(crate) layout: Layout,
    pub(crate) registry: RegistryHandle,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) validators: Validators,
    /// Who is told when something new waits for a service.
    pub(crate) wakers: Arc<Wakers>,
    /// How it stands with the services that are called.
    pub(crate) board: Arc<Board>,
    pub(crate) releases: Releases,
    pub(crate) alerts: Office,
    /// Who changed what.
    pub(crate) audit: Audit,
    /// Whether members are served.
    pub(crate) maintenance: Maintenance,
    /// Lets connections in.
    pub(crate) door: Arc<Door>,
    /// Room for bodies that are being received or worked on.
    pub(crate) bodies: Arc<Semaphore>,
    /// Lets new members in.
    pub(crate) gate: Gate,
    /// Looks on, in a sandbox only.
    pub(crate) observer: Option<Observer>,
    /// When it started.
    pub(crate) started: Timestamp,
    /// The last hour.
    pub(crate) history: History,
    /// What failed, as it was last counted.
    pub(crate) failed: admin::Counted,
    shards: Vec<ShardHandle>,
}

/// The threads of a hub and its hold on the directory.
pub(crate) struct Threads {
    threads: Vec<JoinHandle<()>>,
    _lock: Lock,
}

impl Hub {
    /// Recovers everything below `layout` and starts the owners. `failed` gets a sentence when one of them can no
    /// longer go on: the process must then end.
    ///
    /// # Errors
    /// A sentence that says what is wrong and where.
    pub(crate) fn start(
        config: Config,
        layout: &Layout,
        failed: &mpsc::UnboundedSender<String>,
    ) -> Result<(Arc<Self>, Threads), String> {
        let fixed = layout.fixed()?;
        let lock = layout.lock().map_err(|error| {
            format!("{}: another process holds it ({error}); stop it first", layout.data().display())
        })?;
        let board = Arc::new(Board::default());
        let (metrics, shard_metrics) = Metrics::new(fixed.shards, Arc::clone(&board));
        let metrics = Arc::new(metrics);
        let audit = Audit::open(layout, Arc::clone(&metrics.guard));
        let maintenance = Maintenance::open(layout.maintenance(), Arc::clone(&metrics.guard))?;
        let (releases, validators) = judges(&config, layout, &metrics, &audit)?;
        let alerts = alerts::open(&config.alerts, layout)?;
        let members = members::open(&layout.registry())?;
        let (registry, thread) = RegistryHandle::start(members, tell(failed))?;
        let mut threads = vec![thread];
        let mut shards = Vec::new();
        let views = PendingElsewhere::for_shards(fixed.shards);
        let wakers = Arc::new(Wakers::default());
        for ((shard, metrics), pending) in (0..fixed.shards).zip(shard_metrics).zip(views) {
            let (handle, thread) = shard::start(ShardParts {
                id: ShardId(shard),
                dir: layout.shard(shard),
                journal: config.journal.clone(),
                core: core_settings(&config),
                erase_after: config.forget.erase_after.0,
                metrics,
                pending,
                wakers: Arc::clone(&wakers),
                failed: tell(failed),
            })?;
            shards.push(handle);
            threads.push(thread);
        }
        let mut observer = None;
        if config.onboarding.is_sandbox() {
            let (started, thread) = Observer::start(layout, tell(failed))?;
            observer = Some(started);
            threads.push(thread);
        }
        let gate = Gate::new(layout.clone(), config.onboarding.clone());
        let hub = Self {
            bodies: ingress::bodies(&config.http),
            door: Door::new(&config.http),
            config,
            layout: layout.clone(),
            registry,
            metrics,
            validators,
            wakers,
            board,
            releases,
            alerts,
            audit,
            maintenance,
            gate,
            observer,
            started: clock::now(),
            history: History::default(),
            failed: admin::Counted::default(),
            shards,
        };
        Ok((Arc::new(hub), Threads { threads, _lock: lock }))
    }

    /// The shard that owns envelopes to `destination`.
    pub(crate) fn shard_of(&self, destination: &ConnectionCode) -> (ShardId, &ShardHandle) {
        let index = route::shard_index(destination, self.shards.len());
        (ShardId(index as u8), &self.shards[index])
    }

    /// The shard that a delivery number names, if this hub has it.
    pub(crate) fn shard(&self, id: ShardId) -> Option<&ShardHandle> {
        self.shards.get(usize::from(id.0))
    }

    /// Every shard.
    pub(crate) fn shards(&self) -> &[ShardHandle] {
        &self.shards
    }

    /// The shards in which something can wait for one of `codes`, each once.
    pub(crate) fn shards_of(&self, codes: &[ConnectionCode]) -> Vec<&ShardHandle> {
        let indices = route::shards_of(&self.registry.load(), codes, self.shards.len());
        indices.into_iter().filter_map(|index| self.shards.get(index)).collect()
    }

    /// Asks every owner to close its journal.
    pub(crate) async fn stop(&self) {
        self.releases.flush();
        if let Some(observer) = &self.observer {
            observer.stop().await;
        }
        self.shards.iter().for_each(ShardHandle::stop);
        self.registry.stop();
    }
}

/// Looks every moment whether a release is due, until the runtime ends.
pub(crate) async fn keep_time(hub: Arc<Hub>) {
    let mut ticks = tokio::time::interval(releases::TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let ticking = Arc::clone(&hub);
        let ticked = tokio::task::spawn_blocking(move || ticking.releases.tick(&ticking.validators, clock::now()));
        match ticked.await {
            Ok(became_active) if became_active.is_empty() => {}
            Ok(became_active) => {
                let _turn = hub.audit.turn().await;
                let noting = Arc::clone(&hub);
                let noted = tokio::task::spawn_blocking(move || note_releases(&noting.audit, &became_active));
                if noted.await.is_err() {
                    tracing::error!(target: "phytohub::audit", "noting a release that became active failed");
                }
            }
            Err(_) => tracing::error!(target: "phytohub::releases", "looking for releases that are due failed"),
        }
    }
}

/// What the hub put in force by itself; that it was to do so, an operator said in an entry before.
fn note_releases(audit: &Audit, became_active: &[u32]) {
    for id in became_active {
        audit.note(&Act::new("activate release", format!("release {id}"), "at its date"));
    }
}

impl Threads {
    /// Waits until every journal is closed.
    ///
    /// # Errors
    /// When a thread panicked.
    pub(crate) fn join(self) -> Result<(), Fault> {
        for thread in self.threads {
            thread.join().map_err(|_| Fault::server("a thread of the hub panicked"))?;
        }
        Ok(())
    }
}

/// How an owner says that it can no longer go on.
fn tell(failed: &mpsc::UnboundedSender<String>) -> Failed {
    let failed = failed.clone();
    // Nobody listens any more only when the process is ending already.
    Arc::new(move |error| drop(failed.send(error)))
}

/// What judges, with the releases in force; those whose date came while no hub ran become active now.
fn judges(
    config: &Config,
    layout: &Layout,
    metrics: &Arc<Metrics>,
    audit: &Audit,
) -> Result<(Releases, Validators), String> {
    let dir = layout.dir();
    let releases = Releases::open(dir.to_owned())?;
    releases.verify()?;
    let opened = Validators::open(&config.validation, releases.above(), dir.to_owned(), Arc::clone(metrics));
    let validators = opened.map_err(|error| match releases.in_force() {
        in_force if in_force.is_empty() => error,
        in_force => format!(
            "{error}; releases in force: {in_force:?}, `phytohub change retire {} ID` takes one back",
            dir.display()
        ),
    })?;
    note_releases(audit, &releases.tick(&validators, clock::now()));
    releases.resume(&validators);
    Ok((releases, validators))
}

/// The core's settings from the operator's.
pub(crate) fn core_settings(config: &Config) -> phytohub_core::shard::Settings {
    let Config { limits, forget, .. } = config;
    phytohub_core::shard::Settings {
        pending_per_destination_max: limits.pending_per_destination,
        pending_per_sender_max: limits.pending_per_sender,
        pending_total_max: limits.pending_total,
        expire_after: forget.expire_after.0,
        track_retention: forget.track_retention.0,
        retry_window: forget.retry_window.0,
        headers_per_answer_max: limits.headers_per_answer as usize,
        envelopes_per_answer_max: limits.envelopes_per_answer as usize,
        bytes_per_answer_max: limits.bytes_per_answer.0,
        expired_per_tick_max: EXPIRED_PER_TICK_MAX,
    }
}

/// A tick must not hold up the requests that wait for the shard: some hundred microseconds at the most.
const EXPIRED_PER_TICK_MAX: usize = 1000;

/// Number of shards that `init` makes: one journal keeps batches large where few cores share one disk; more pay off
/// only when one core cannot keep up with its syncs.
pub(crate) fn default_shards() -> u8 {
    const CORES_PER_SHARD: usize = 4;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (cores / CORES_PER_SHARD).clamp(1, 16) as u8
}
