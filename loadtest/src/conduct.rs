//! Conducts one run: starts the workers, hurts the hub when it is time, looks at it once a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, unbounded};
use phytoload_report::Fault;
use phytoload_traffic::Traffic;
use rustls::ClientConfig;

use crate::connection::Target;
use crate::dispatch::{self, FLOOD_STAGE};
use crate::hub::{Hub, Look, Process};
use crate::injure::Injuries;
use crate::ledger::Ledger;
use crate::live::Live;
use crate::measure::{Counts, Second};
use crate::receiver::ID_BITS;
use crate::scenario::{Scenario, StagePlan};
use crate::worker::{self, Control, Run, Tick};

/// How often the conductor looks up.
const BEAT: Duration = Duration::from_millis(10);
/// Envelopes that wait in a hub that is not behind, at the most, in seconds of its traffic.
const NO_BACKLOG_SECONDS: f64 = 1.0;

/// What stays the same over all runs of a process.
pub(crate) struct Stage {
    pub(crate) traffic: Arc<Traffic>,
    pub(crate) keys: Vec<Arc<ClientConfig>>,
    pub(crate) target: Arc<Target>,
    pub(crate) ledger: Ledger,
    pub(crate) epoch: Instant,
    /// Mark of all ids of this process.
    pub(crate) tag: u64,
    pub(crate) next_id: u64,
    pub(crate) interrupted: Arc<std::sync::atomic::AtomicBool>,
}

/// One second of the run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pub(crate) what: Second,
    /// What was seen of the hub at its end.
    pub(crate) look: Option<Look>,
    /// The generator's CPU seconds until then.
    pub(crate) own_cpu: f64,
}

/// What a run gave.
pub(crate) struct Outcome {
    pub(crate) stages: Vec<StagePlan>,
    pub(crate) counts: Counts,
    pub(crate) rows: Vec<Row>,
    pub(crate) before: Look,
    pub(crate) faults: Vec<Fault>,
    /// From the first request to the end of the drain, seconds.
    pub(crate) seconds: f64,
    pub(crate) drain_seconds: f64,
    /// Seconds until a backlog was worked off, and how many envelopes a second that was.
    pub(crate) backlog: Option<(f64, f64)>,
    pub(crate) own_cpu: f64,
    /// What the hub used, over all its processes.
    pub(crate) used: Used,
    pub(crate) interrupted: bool,
    /// Offset of its begin from the begin of the first run.
    pub(crate) offset: f64,
}

/// Runs `scenario` once against `hub`.
///
/// # Errors
/// What stopped it: not the hub's weakness, which the outcome tells.
pub(crate) fn conduct(
    stage: &mut Stage,
    scenario: &Scenario,
    hub: &mut Hub,
    live: &mut Live,
) -> Result<Outcome, String> {
    let stages = stages(scenario)?;
    let scheduled = dispatch::base_schedule(scenario)?.times().count() as u64;
    let run = Arc::new(Run {
        scenario: scenario.clone(),
        traffic: Arc::clone(&stage.traffic),
        keys: stage.keys.clone(),
        target: Arc::clone(&stage.target),
        ledger: stage.ledger.clone(),
        stages: stages.clone(),
        start: Instant::now(),
        epoch: stage.epoch,
        first_id: stage.next_id,
        tag: stage.tag << ID_BITS,
        next_id: AtomicU64::new(stage.next_id + scheduled),
        control: Control::default(),
        workers: scenario.clients.threads,
    });
    let (ticks, ticked) = unbounded();
    let threads = (0..run.workers)
        .map(|index| {
            let (run, ticks) = (Arc::clone(&run), ticks.clone());
            let name = format!("worker-{index}");
            std::thread::Builder::new().name(name).spawn(move || worker::work(run, index, ticks))
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| format!("no thread: {error}"))?;
    drop(ticks);
    let mut watch = Watch::new(&run, hub, scenario);
    let watched = watch.until_all_are_done(stage, hub, &ticked, live);
    if watched.is_err() {
        run.control.interrupt();
    }
    let mut counts = Counts::new(stages.len());
    for thread in threads {
        counts.add(&thread.join().map_err(|_| "a worker of the generator panicked".to_owned())??);
    }
    watched?;
    ticked.try_iter().for_each(|tick| watch.take(&tick));
    stage.next_id = run.next_id.load(Ordering::Relaxed);
    let offset = (run.start - run.epoch).as_secs_f64();
    Ok(watch.close(hub, stages, counts, offset))
}

/// The stages of a scenario; a neighbour divides the measured part in two.
fn stages(scenario: &Scenario) -> Result<Vec<StagePlan>, String> {
    let mut stages = scenario.arrivals.plan()?.stages;
    if scenario.neighbour.is_none() {
        return Ok(stages);
    }
    let Some(last) = stages.pop().filter(|last| last.measured) else {
        return Err("[neighbour] needs arrivals with a measured part".to_owned());
    };
    let middle = (last.from + last.to) / 2.0;
    stages.push(StagePlan { name: "alone".to_owned(), to: middle, ..last.clone() });
    stages.push(StagePlan { name: FLOOD_STAGE.to_owned(), from: middle, ..last });
    Ok(stages)
}

/// What is seen while a run goes on.
struct Watch {
    run: Arc<Run>,
    injuries: Injuries,
    rows: Vec<Row>,
    before: Look,
    last: Look,
    used: Used,
    own_cpu_before: f64,
    drain_since: Option<f64>,
    drained_after: f64,
    backlog_since: Option<(f64, f64)>,
    backlog: Option<(f64, f64)>,
}

impl Watch {
    fn new(run: &Arc<Run>, hub: &Hub, scenario: &Scenario) -> Self {
        let before = hub.look();
        Self {
            run: Arc::clone(run),
            injuries: Injuries::new(&scenario.faults),
            rows: Vec::new(),
            before,
            last: before,
            used: Used::default(),
            own_cpu_before: own_cpu(),
            drain_since: None,
            drained_after: 0.0,
            backlog_since: None,
            backlog: None,
        }
    }

    fn until_all_are_done(
        &mut self,
        stage: &Stage,
        hub: &mut Hub,
        ticked: &Receiver<Tick>,
        live: &mut Live,
    ) -> Result<(), String> {
        let mut next_look = 1.0;
        loop {
            match ticked.recv_timeout(BEAT) {
                Ok(tick) => self.take(&tick),
                // All workers ended.
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if stage.interrupted.load(Ordering::Relaxed) {
                self.run.control.interrupt();
            }
            let now = self.run.start.elapsed().as_secs_f64();
            self.injuries.inflict(now, hub)?;
            if now >= next_look {
                next_look = now.floor() + 1.0;
                self.look(now, hub);
                live.show(now, &self.run, &self.rows);
            }
            if self.run.control.is_draining() && self.drain_since.is_none() {
                self.drain_since = Some(now);
            }
            if self.run.control.workers_drained() == self.run.workers {
                self.drained_after = now;
            }
        }
    }

    fn take(&mut self, tick: &Tick) {
        let second = tick.second as usize;
        if second >= self.rows.len() {
            self.rows.resize_with(second + 1, Row::default);
        }
        self.rows[second].what.add(&tick.what);
    }

    fn look(&mut self, now: f64, hub: &Hub) {
        let look = hub.look();
        let second = (now as usize).saturating_sub(1);
        if second >= self.rows.len() {
            self.rows.resize_with(second + 1, Row::default);
        }
        self.rows[second].look = Some(look);
        self.rows[second].own_cpu = own_cpu() - self.own_cpu_before;
        self.used.add(&self.last, &look);
        self.last = look.or(&self.last);
        self.watch_backlog(now, &look);
    }

    /// After receivers returned: how long until nothing more waits than always does.
    fn watch_backlog(&mut self, now: f64, look: &Look) {
        let Some(away) = self.run.scenario.receivers.away else { return };
        let returned = away.until.0.as_secs_f64();
        let Some(pending) = look.pending.filter(|_| now >= returned && self.backlog.is_none()) else { return };
        let (since, at_first) = *self.backlog_since.get_or_insert((returned, pending));
        let offered = self.rows.last().map_or(0.0, |row| row.what.offered as f64);
        if pending <= (offered * NO_BACKLOG_SECONDS).max(100.0) {
            let seconds = (now - since).max(1.0);
            self.backlog = Some((seconds, (at_first - pending).max(0.0) / seconds));
        }
    }

    fn close(mut self, hub: &Hub, stages: Vec<StagePlan>, counts: Counts, offset: f64) -> Outcome {
        let seconds = self.drained_after.max(self.rows.len() as f64 - 1.0);
        self.used.add(&self.last, &hub.look());
        Outcome {
            stages,
            counts,
            rows: self.rows,
            before: self.before,
            faults: self.injuries.close(),
            seconds,
            drain_seconds: self.drain_since.map_or(0.0, |since| (self.drained_after - since).max(0.0)),
            backlog: self.backlog,
            own_cpu: own_cpu() - self.own_cpu_before,
            used: self.used,
            interrupted: self.run.control.is_interrupted(),
            offset,
        }
    }
}

/// What a hub used, summed up from look to look. What it used between the last look and its end by force is not in it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Used {
    /// CPU seconds; None where the process cannot be seen.
    pub(crate) cpu_seconds: Option<f64>,
    pub(crate) memory_max: Option<u64>,
    /// Bytes that commits wrote.
    pub(crate) written: Option<f64>,
    pub(crate) commits: Option<f64>,
}

impl Used {
    fn add(&mut self, before: &Look, now: &Look) {
        let add = |sum: &mut Option<f64>, before: Option<f64>, now: Option<f64>| {
            if let Some(now) = now {
                *sum = Some(sum.unwrap_or_default() + step(before.unwrap_or_default(), now));
            }
        };
        let cpu = |look: &Look| look.process.map(|process| process.cpu_seconds);
        add(&mut self.cpu_seconds, cpu(before), cpu(now));
        add(&mut self.written, before.written, now.written);
        add(&mut self.commits, before.commits, now.commits);
        self.memory_max = self.memory_max.max(now.process.map(|process| process.memory));
    }
}

/// The growth of a counter; after a restart it begins at nothing again, so a step down is a step from there.
pub(crate) fn step(before: f64, now: f64) -> f64 {
    if now >= before { now - before } else { now }
}

/// CPU seconds of this process.
fn own_cpu() -> f64 {
    Process::of(std::process::id()).map_or(0.0, |process| process.cpu_seconds)
}
