//! The registry's thread: changes are made by its owner (`phytohub-shard`), one after the other; after each a snapshot
//! is published that every request reads.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use arc_swap::ArcSwap;
use crossbeam_channel::{Sender, bounded};
use phytohub_core::registry::{Registry, RegistryCommand};
use phytohub_journal::RealDisk;
use phytohub_shard::ChangeError;
use tokio::sync::{oneshot, watch};

use crate::clock;
use crate::owner;
use crate::shard::Failed;

/// The registry's journal is small: a member or certificate is a few hundred bytes.
const SEGMENT_BYTES: u32 = 1 << 20;
/// Changes are made by people, one at a time.
const QUEUE: usize = 64;

/// The registry and its journal, owned by whoever holds the directory's lock: the hub's registry thread, or the command
/// line while no hub runs.
pub(crate) type Members = phytohub_shard::Members<RealDisk>;

/// Recovers the registry from its journal.
///
/// # Errors
/// A sentence that names the damage.
pub(crate) fn open(dir: &Path) -> Result<Members, String> {
    Members::open(Arc::new(RealDisk), dir, SEGMENT_BYTES)
}

enum Message {
    Change(RegistryCommand, oneshot::Sender<Result<(), String>>),
    Stop,
}

/// The way to the registry's thread, and the snapshot it publishes.
#[derive(Clone)]
pub(crate) struct RegistryHandle {
    changes: Sender<Message>,
    snapshot: Arc<ArcSwap<Registry>>,
    /// Counts the changes.
    changed: watch::Receiver<u64>,
}

impl RegistryHandle {
    /// Starts the thread; `failed` is told once when its journal fails.
    pub(crate) fn start(mut members: Members, failed: Failed) -> Result<(Self, JoinHandle<()>), String> {
        let (changes, messages) = bounded(QUEUE);
        let snapshot = Arc::new(ArcSwap::from_pointee(members.registry().clone()));
        let published = Arc::clone(&snapshot);
        let (count, changed) = watch::channel(0);
        let run = move || {
            for message in messages {
                let Message::Change(command, reply) = message else { break };
                let result = members.change(clock::now(), &command);
                if let Err(error @ ChangeError::Journal(_)) = &result {
                    return Err(error.to_string());
                }
                published.store(Arc::new(members.registry().clone()));
                count.send_modify(|count| *count += 1);
                // A command line that went away looks again.
                let _ = reply.send(result.map_err(|error| error.to_string()));
            }
            members.close().map_err(|error| error.to_string())
        };
        let thread = owner::spawn("registry".to_owned(), move |error| failed(error), run)
            .map_err(|error| format!("no thread for the registry: {error}"))?;
        Ok((Self { changes, snapshot, changed }, thread))
    }

    /// The registry as of the last durable change.
    pub(crate) fn load(&self) -> arc_swap::Guard<Arc<Registry>> {
        self.snapshot.load()
    }

    /// Tells of each change once it is published.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.clone()
    }

    /// Makes one change; answers when it is durable and published.
    ///
    /// # Errors
    /// The sentence that says why not.
    pub(crate) async fn change(&self, command: RegistryCommand) -> Result<(), String> {
        let (reply, answer) = oneshot::channel();
        self.changes
            .try_send(Message::Change(command, reply))
            .map_err(|_| "the registry is busy or stopping, try again".to_owned())?;
        answer
            .await
            .map_err(|_| "the hub is stopping; whether the change was made, `phytohub nppo list` tells".to_owned())?
    }

    /// Asks the thread to close its journal and end.
    pub(crate) fn stop(&self) {
        // A thread that has ended needs no telling.
        let _ = self.changes.send(Message::Stop);
    }
}
