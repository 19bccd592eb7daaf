//! Step 6 the other way round: the hub calls the services of members that want it so.
//!
//! For each such member one task (`worker.rs`) asks the core what is next, calls, and has the outcome written down.
//! This file begins and ends those tasks as the registry changes; `board.rs` is what they tell about themselves.

mod board;
mod settings;
mod worker;

use std::collections::HashMap;
use std::sync::Arc;

use phytohub_model::{ConnectionCode, Delivery, PushTarget};
use phytohub_push::Identity;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) use board::{Board, Status};
pub(crate) use settings::PushSettings;

use crate::hub::Hub;
use worker::Worker;

/// A worker that runs, for the target it was begun with.
struct Running {
    target: PushTarget,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Running {
    /// Asks the worker to end once its call, if it is in one, is written down.
    fn end(self) -> JoinHandle<()> {
        // Nobody listens any more only when it has ended already.
        let _ = self.stop.send(true);
        self.task
    }
}

/// Keeps one worker for each member and channel that is pushed to, until told to stop; then waits for the last ones.
pub(crate) async fn run(hub: Arc<Hub>, identity: Identity, mut stop: watch::Receiver<bool>) {
    let identity = Arc::new(identity);
    let mut running: HashMap<ConnectionCode, Running> = HashMap::new();
    let mut changes = hub.registry.changes();
    while !*stop.borrow() {
        changes.mark_unchanged();
        reconcile(&hub, &identity, &mut running);
        tokio::select! {
            _ = stop.changed() => {}
            changed = changes.changed() => if changed.is_err() { break },
        }
    }
    let ending: Vec<JoinHandle<()>> = running.drain().map(|(_, worker)| worker.end()).collect();
    for task in ending {
        // A worker that panicked has told so itself.
        let _ = task.await;
    }
}

/// Ends the workers that are not wanted as they are, and begins those that are missing.
fn reconcile(hub: &Arc<Hub>, identity: &Arc<Identity>, running: &mut HashMap<ConnectionCode, Running>) {
    let wanted = wanted(hub);
    let mut ending: HashMap<ConnectionCode, JoinHandle<()>> = HashMap::new();
    let codes: Vec<ConnectionCode> = running.keys().copied().collect();
    for code in codes {
        if wanted.get(&code) != running.get(&code).map(|worker| &worker.target)
            && let Some(worker) = running.remove(&code)
        {
            ending.insert(code, worker.end());
        }
    }
    for (code, target) in wanted {
        if running.contains_key(&code) {
            continue;
        }
        let (stop, stopped) = watch::channel(false);
        let before = ending.remove(&code);
        let (hub, identity, its_target) = (Arc::clone(hub), Arc::clone(identity), target.clone());
        let task = tokio::spawn(async move {
            // The call of the worker before must be written down first, or its envelope would be handed over twice.
            if let Some(before) = before {
                let _ = before.await;
            }
            Worker::new(hub, code, its_target, &identity, stopped).work().await;
        });
        running.insert(code, Running { target, stop, task });
    }
    for code in ending.into_keys() {
        hub.wakers.leave(&code);
        hub.board.remove(&code);
    }
}

/// Who is pushed to now. What waits for a member that is not active can be pulled, and is not carried to it.
fn wanted(hub: &Hub) -> HashMap<ConnectionCode, PushTarget> {
    let registry = hub.registry.load();
    let is_active = |code: &ConnectionCode| registry.nppo(code).is_none_or(|nppo| nppo.active);
    let pushed = registry.parties().filter(|(code, _)| is_active(code)).filter_map(|(code, delivery)| match delivery {
        Delivery::Pull => None,
        Delivery::Push(target) => Some((code, target.clone())),
    });
    pushed.collect()
}
