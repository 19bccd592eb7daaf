//! Hands each delivery to its sender when it is due, whatever became of those before.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use phytoload_traffic::Expect;

use crate::delivering::Delivery;
use crate::pool::{Job, Pool};
use crate::random;
use crate::schedule::{Pattern, SECOND, Schedule, Segment};
use crate::worker::{LOOK, Run, Worker};

/// Seed of which prototype is sent when.
const PROTOTYPE: u64 = 0x9607;
/// Seeds of the two schedules.
const BASE: u64 = 0xba5e;
const FLOOD: u64 = 0xf100d;

/// Deliveries of a flood that may wait for one of its connections.
const FLOOD_WAITING_MAX: usize = 1000;

/// The schedule of a scenario's arrivals.
pub(crate) fn base_schedule(run: &crate::scenario::Scenario) -> Result<Schedule, String> {
    run.arrivals.schedule(run.seed ^ BASE)
}

/// Makes all deliveries of this worker begin; ends when the last was handed over and the planned time is over.
pub(crate) async fn dispatch(worker: &Rc<Worker>) {
    let run = Arc::clone(&worker.run);
    let end = Duration::from_secs_f64(run.stages.last().map_or(0.0, |stage| stage.to));
    let flood = tokio::task::spawn_local(flood(Rc::clone(worker)));
    if run.scenario.arrivals.is_closed() {
        closed(worker, end).await;
    } else if let Ok(schedule) = base_schedule(&run.scenario) {
        let prototypes = run.traffic.prototypes.len() as u64;
        for (index, due) in schedule.times().enumerate() {
            let prototype = (random::of(run.scenario.seed ^ PROTOTYPE, index as u64) % prototypes) as usize;
            if !worker.owns(usize::from(run.traffic.prototypes[prototype].from)) {
                continue;
            }
            wait_until(&run, due).await;
            if run.control.is_interrupted() {
                break;
            }
            let delivery = Delivery { prototype, id: run.first_id + index as u64, due, flood: false };
            begin(worker, delivery);
        }
    }
    while run.start.elapsed() < end && !run.control.is_interrupted() {
        tokio::time::sleep(LOOK).await;
    }
    // It ends with the stage that it belongs to.
    let _ = flood.await;
}

/// Sleeps until a time of the run, in steps that see an interruption.
async fn wait_until(run: &Run, due: u64) {
    loop {
        let now = run.now();
        if now >= due || run.control.is_interrupted() {
            return;
        }
        let pause = Duration::from_nanos(due - now).min(Duration::from_millis(100));
        tokio::time::sleep(pause).await;
    }
}

/// Hands one delivery to its sender's connections.
fn begin(worker: &Rc<Worker>, delivery: Delivery) {
    let run = &worker.run;
    let late = run.now().saturating_sub(delivery.due);
    let from = usize::from(run.traffic.prototypes[delivery.prototype].from);
    let pool = if delivery.flood {
        let connections = run.scenario.neighbour.map_or(1, |neighbour| neighbour.connections);
        let mut pool = worker.flood.borrow_mut();
        Rc::clone(pool.get_or_insert_with(|| Pool::new(Arc::clone(&run.keys[from]), connections)))
    } else {
        let mut pools = worker.senders.borrow_mut();
        Rc::clone(pools.entry(from).or_insert_with(|| {
            let share = run.traffic.members[from].sends * run.scenario.clients.connections as f64;
            Pool::new(Arc::clone(&run.keys[from]), (share.ceil() as usize).max(1))
        }))
    };
    if delivery.flood && pool.waiting() > FLOOD_WAITING_MAX {
        // A flood is as much as the hub takes; what it does not take is not heaped up here.
        return;
    }
    offer(worker, &delivery, late);
    if worker.under_way.get() >= run.scenario.clients.waiting_max {
        let mut counts = worker.counts.borrow_mut();
        counts.not_begun += 1;
        if let Some(stage) = run.stage(delivery.due).filter(|_| !delivery.flood) {
            counts.stages[stage].failed += 1;
        }
        return;
    }
    worker.under_way.set(worker.under_way.get() + 1);
    pool.push(worker, Job::Deliver(delivery));
}

/// Counts a delivery that is due, begun so many nanoseconds late.
fn offer(worker: &Worker, delivery: &Delivery, late: u64) {
    let run = &worker.run;
    let Some(stage) = run.stage(delivery.due).filter(|_| !delivery.flood) else { return };
    let is_right = run.traffic.prototypes[delivery.prototype].kind == Expect::Clean;
    let mut counts = worker.counts.borrow_mut();
    counts.second.offered += u64::from(is_right);
    counts.stages[stage].offered += u64::from(is_right);
    counts.stages[stage].lateness.record(late);
    if run.stages[stage].measured {
        counts.lateness.record(late);
    }
}

/// Producers that each send the next when the last was answered, until `end`.
async fn closed(worker: &Rc<Worker>, end: Duration) {
    let run = Arc::clone(&worker.run);
    let mine = (0..run.scenario.arrivals.producers).filter(|producer| producer % run.workers == worker.index);
    let producers: Vec<_> =
        mine.map(|producer| tokio::task::spawn_local(produce(Rc::clone(worker), producer, end))).collect();
    for producer in producers {
        // One that panicked has sent less, which the figures show.
        let _ = producer.await;
    }
}

async fn produce(worker: Rc<Worker>, producer: usize, end: Duration) {
    let run = Arc::clone(&worker.run);
    // A producer is a system of one member: its prototypes are those of that member.
    let members = run.traffic.members.len();
    let own = |member: usize| {
        let prototypes = run.traffic.prototypes.iter().enumerate();
        prototypes.filter(|(_, prototype)| usize::from(prototype.from) == member).map(|(at, _)| at).collect::<Vec<_>>()
    };
    let prototypes = (0..members).map(|step| own((producer + step) % members)).find(|own| !own.is_empty());
    let prototypes = prototypes.unwrap_or_default();
    let Some(&first) = prototypes.first() else { return };
    let from = usize::from(run.traffic.prototypes[first].from);
    let mut connection = crate::connection::Connection::new(Arc::clone(&run.target), Arc::clone(&run.keys[from]));
    let mut scratch = crate::delivering::Scratch::default();
    for turn in 0.. {
        if run.start.elapsed() >= end || run.control.is_interrupted() {
            break;
        }
        let id = run.next_id.fetch_add(1, Ordering::Relaxed);
        let prototype = prototypes[turn % prototypes.len()];
        let due = run.now();
        offer(&worker, &Delivery { prototype, id, due, flood: false }, 0);
        worker.under_way.set(worker.under_way.get() + 1);
        let delivery = Delivery { prototype, id, due, flood: false };
        crate::delivering::deliver(&worker, &mut connection, &mut scratch, delivery).await;
    }
    worker.counts.borrow_mut().handshakes += connection.handshakes;
}

/// The stage in which a neighbour floods: the second half of the measured part.
pub(crate) const FLOOD_STAGE: &str = "beside a flood";

/// The flood of one member, by one worker: that of the busiest sender.
async fn flood(worker: Rc<Worker>) {
    let run = Arc::clone(&worker.run);
    let Some(neighbour) = run.scenario.neighbour else { return };
    let Some(stage) = run.stages.iter().find(|stage| stage.name == FLOOD_STAGE) else { return };
    let members = run.traffic.members.iter().enumerate();
    let busiest = members.max_by(|a, b| a.1.sends.total_cmp(&b.1.sends)).map_or(0, |(member, _)| member);
    if !worker.owns(busiest) {
        return;
    }
    let own = run.traffic.prototypes.iter().enumerate();
    let own: Vec<usize> =
        own.filter(|(_, prototype)| usize::from(prototype.from) == busiest).map(|(at, _)| at).collect();
    let segments = vec![Segment::steady(stage.to - stage.from, neighbour.rate)];
    let schedule = Schedule::Rate { segments, pattern: Pattern::Poisson, seed: run.scenario.seed ^ FLOOD };
    let offset = (stage.from * SECOND) as u64;
    for (turn, time) in schedule.times().enumerate() {
        wait_until(&run, offset + time).await;
        if run.control.is_interrupted() {
            break;
        }
        let id = run.next_id.fetch_add(1, Ordering::Relaxed);
        let prototype = own[turn % own.len()];
        begin(&worker, Delivery { prototype, id, due: offset + time, flood: true });
    }
}
