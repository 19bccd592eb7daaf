//! The calls of one service, one after the other: ask the core what is next, call, have the outcome written down.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use phytohub_core::flow::{Breaker, Flow};
use phytohub_core::shard::{Answer, Command, Pushed};
use phytohub_journal::Reader;
use phytohub_journal::RealDisk;
use phytohub_model::{Attempt, ConnectionCode, Fault, PushTarget, Timestamp};
use phytohub_push::{Called, Identity, Service};
use phytohub_shard::deliver::{Next, Soonest};
use phytohub_soap::Content;
use tokio::sync::{Notify, watch};

use crate::append::unexpected;
use crate::clock;
use crate::deliver;
use crate::hub::Hub;

/// How long a worker that knows of nothing to do sleeps when nobody wakes it: it is woken for everything new, so this
/// only bounds what a forgotten case would cost.
const SLEEP_MAX: Duration = Duration::from_secs(60);
/// Pause after the hub itself could not say or read what is next, as when it is overloaded.
const HUB_PAUSE: Duration = Duration::from_secs(1);

pub(super) struct Worker {
    hub: Arc<Hub>,
    code: ConnectionCode,
    target: PushTarget,
    service: Result<Service, String>,
    flow: Flow,
    /// The clock of `flow` counts from here.
    began: Instant,
    /// Reminders and new envelopes take turns.
    reminder_first: bool,
    wake: Arc<Notify>,
    stop: watch::Receiver<bool>,
}

impl Worker {
    pub(super) fn new(
        hub: Arc<Hub>,
        code: ConnectionCode,
        target: PushTarget,
        identity: &Identity,
        stop: watch::Receiver<bool>,
    ) -> Self {
        let settings = &hub.config.push;
        let service = Service::new(&target, identity, settings.service());
        let flow = Flow::new(settings.flow());
        let wake = hub.wakers.listen(code);
        hub.board.begin(code);
        Self { hub, code, target, service, flow, began: Instant::now(), reminder_first: false, wake, stop }
    }

    /// Calls until told to stop. A call that has begun is written down before.
    pub(super) async fn work(mut self) {
        if let Err(error) = &self.service {
            // Checked when it was registered, so this is rare: it is shown, and the next change of the row begins anew.
            tracing::error!(target: "phytohub::push", code = %self.code, %error, "the service cannot be called");
            self.hub.board.unusable(self.code, clock::now(), error.clone());
            return;
        }
        // Without anybody who can stop it, it is stopped.
        let mut maintenance = self.hub.maintenance.changes();
        while !*self.stop.borrow() && self.stop.has_changed().is_ok() {
            if *maintenance.borrow_and_update() {
                tokio::select! {
                    _ = self.stop.changed() => {}
                    // The other end is the hub's, which outlives this task.
                    _ = maintenance.changed() => {}
                }
                continue;
            }
            let wait = self.flow.wait(self.began.elapsed());
            self.tell(wait);
            if !wait.is_zero() {
                self.pause(wait, false).await;
                continue;
            }
            match self.next().await {
                Ok(Next::Nothing(wait)) => self.pause(wait.min(SLEEP_MAX), true).await,
                Ok(Next::Envelope(pushed, reader)) => {
                    if let Err(fault) = self.hand_over(*pushed, &reader).await {
                        self.failed(&fault).await;
                    }
                }
                Err(fault) => self.failed(&fault).await,
            }
        }
    }

    /// The hub itself could not go on; what was not written down is done again.
    async fn failed(&mut self, fault: &Fault) {
        tracing::warn!(target: "phytohub::push", code = %self.code, reason = %fault.message, "push waits");
        self.pause(HUB_PAUSE, false).await;
    }

    async fn pause(&mut self, wait: Duration, until_woken: bool) {
        tokio::select! {
            _ = self.stop.changed() => {}
            () = tokio::time::sleep(wait) => {}
            () = self.wake.notified(), if until_woken => {}
        }
    }

    fn tell(&self, wait: Duration) {
        let breaker = self.flow.breaker(self.began.elapsed());
        let now = clock::now();
        let next_call = (!wait.is_zero()).then(|| now.plus(wait));
        self.hub.board.pauses(self.code, now, breaker, next_call);
    }

    /// Asks the shards what is next: the oldest that any of them has.
    async fn next(&self) -> Result<Next<Reader<RealDisk>>, Fault> {
        let remind_after = self.hub.config.push.remind_after.0;
        let mut soonest = Soonest::new(self.reminder_first, SLEEP_MAX);
        for shard in self.hub.shards_of(&[self.code]) {
            let (receiver, reminder_first) = (self.code, self.reminder_first);
            let command = Command::NextPush { receiver, remind_after, reminder_first };
            match shard.ask(command, Bytes::new()).await? {
                Answer::Push(next) => soonest.add(clock::now(), next, shard.reader().clone()),
                other => return Err(unexpected(&other)),
            }
        }
        Ok(soonest.next())
    }

    async fn hand_over(&mut self, pushed: Pushed, reader: &Reader<RealDisk>) -> Result<(), Fault> {
        let Some(content) = deliver::read(reader, pushed.locator).await? else {
            // Moved by reclaiming, or acknowledged meanwhile: the shard says anew.
            return Ok(());
        };
        let Ok(service) = &mut self.service else { return Ok(()) };
        // Begun meanwhile; this call, once made, is written down before it counts as ended.
        let hub = Arc::clone(&self.hub);
        let Some(_pass) = hub.maintenance.enter() else { return Ok(()) };
        let called = service.call(&pushed.header, &Content::from_stored(content)).await;
        let now = clock::now();
        self.hub.metrics.pushed(self.code.as_str(), called.outcome);
        self.hub.board.called(self.code, now, &called);
        if let Some(observer) = &self.hub.observer {
            observer.pushed(&self.code, now, &pushed.header.number, &called).await;
        }
        let outcome = called.outcome;
        let parked = self.write_down(&pushed, called, now).await?;
        self.reminder_first = !pushed.reminder;
        let before = self.flow.breaker(self.began.elapsed());
        self.flow.ended(self.began.elapsed(), outcome, parked || pushed.reminder, chance());
        self.tell_change(before);
        Ok(())
    }

    /// Whether the envelope is parked by it.
    async fn write_down(&self, pushed: &Pushed, called: Called, now: Timestamp) -> Result<bool, Fault> {
        let number = pushed.header.number;
        let Called { outcome, duration_ms, text } = called;
        tracing::debug!(target: "phytohub::push", code = %self.code, %number, %outcome, duration_ms, "called");
        let attempt = Attempt { at: now, duration_ms, outcome, text: text.map(Into::into) };
        let park = self.hub.config.push.park(self.target.poison);
        let Some(shard) = self.hub.shard(number.shard()) else { return Ok(false) };
        match shard.ask(Command::Attempted { number, attempt, park }, Bytes::new()).await? {
            Answer::Attempted { parked } => {
                if parked {
                    tracing::warn!(target: "phytohub::push", code = %self.code, %number, "an envelope is parked");
                }
                Ok(parked)
            }
            // Forgotten meanwhile.
            Answer::Unknown => Ok(false),
            other => Err(unexpected(&other)),
        }
    }

    fn tell_change(&self, before: Breaker) {
        match (before, self.flow.breaker(self.began.elapsed())) {
            (Breaker::Closed, Breaker::Open | Breaker::HalfOpen) => {
                tracing::warn!(target: "phytohub::push", code = %self.code, "the service does not answer");
            }
            (Breaker::Open | Breaker::HalfOpen, Breaker::Closed) => {
                tracing::info!(target: "phytohub::push", code = %self.code, "the service answers again");
            }
            _ => {}
        }
    }
}

/// A number from 0 to 1. Without randomness all services that failed together are called together, no worse.
fn chance() -> f64 {
    let mut bytes = [0; 2];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u16::from_le_bytes(bytes)) / f64::from(u16::MAX),
        Err(_) => 1.0,
    }
}
