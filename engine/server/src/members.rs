//! The registry's owner: one thread, one journal, the same loop as a shard; after each commit it publishes a snapshot
//! that every request reads.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use arc_swap::ArcSwap;
use bytes::Bytes;
use crossbeam_channel::{Sender, bounded};
use phytohub_core::registry::{Registry, RegistryCommand};
use phytohub_journal::{ContentState, Log, RealDisk, Settings, Stream};
use phytohub_model::Fact;
use tokio::sync::{oneshot, watch};

use crate::clock;
use crate::owner;
use crate::shard::Failed;

/// The registry's journal is small: a member or certificate is a few hundred bytes.
const SEGMENT_BYTES: u32 = 1 << 20;
/// When the registry's history fills more segments than this, its present state is written anew and they are released.
const SEGMENTS_BEFORE_COMPACTION: usize = 4;
/// Changes are made by people, one at a time.
const QUEUE: usize = 64;

/// The registry and its journal, owned by whoever holds the directory's lock: the hub's registry thread, or the command
/// line while no hub runs.
pub(crate) struct Members {
    registry: Registry,
    log: Log<RealDisk>,
}

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeError {
    /// The rules say no; nothing changed.
    #[error("{0}")]
    Refused(#[from] phytohub_core::registry::RegistryError),
    /// The disk failed; the process must end.
    #[error("the registry's journal failed: {0}")]
    Journal(String),
}

impl Members {
    /// Recovers the registry from its journal.
    ///
    /// # Errors
    /// A sentence that names the damage.
    pub(crate) fn open(dir: &Path) -> Result<Self, String> {
        let mut registry = Registry::default();
        let settings = Settings { segment_bytes: SEGMENT_BYTES, spare_segments: 1 };
        let mut stranger = None;
        let log = Log::open(Arc::new(RealDisk), dir, settings, |fact, locator, _: ContentState| match fact {
            Fact::Registry(fact) => registry.apply(&fact),
            _ => stranger = Some(locator),
        })
        .map_err(|error| format!("{}: {error}", dir.display()))?;
        if let Some(locator) = stranger {
            let (dir, segment) = (dir.display(), locator.segment);
            return Err(format!("{dir}: segment {segment} has a record of an envelope: this is a shard's journal"));
        }
        let mut members = Self { registry, log };
        members.run_jobs().map_err(|error| format!("{}: {error}", dir.display()))?;
        Ok(members)
    }

    /// The registry as it is now.
    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Makes one change, durably.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub(crate) fn change(&mut self, command: &RegistryCommand) -> Result<(), ChangeError> {
        let facts = self.registry.decide(clock::now(), command)?;
        for fact in facts {
            self.stage(fact)?;
        }
        self.commit()?;
        self.compact()
    }

    fn stage(&mut self, fact: phytohub_model::RegistryFact) -> Result<(), ChangeError> {
        let fact = Fact::Registry(fact);
        self.log.stage(Stream::Hot, &fact, &Bytes::new()).map_err(|error| ChangeError::Journal(error.to_string()))?;
        if let Fact::Registry(fact) = &fact {
            self.registry.apply(fact);
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), ChangeError> {
        if self.log.staged_bytes() > 0 {
            self.log.commit().map_err(|error| ChangeError::Journal(error.to_string()))?;
        }
        self.run_jobs().map_err(ChangeError::Journal)
    }

    /// Writes the present state anew and releases the history, once that has grown.
    fn compact(&mut self) -> Result<(), ChangeError> {
        let sealed: Vec<u32> =
            self.log.segments().iter().filter(|segment| segment.sealed).map(|segment| segment.id).collect();
        if sealed.len() < SEGMENTS_BEFORE_COMPACTION {
            return Ok(());
        }
        for fact in self.registry.facts() {
            self.stage(fact)?;
        }
        self.commit()?;
        for segment in sealed {
            self.log.release(segment);
        }
        self.run_jobs().map_err(ChangeError::Journal)
    }

    /// The journal's slow work, at once: changes are rare.
    fn run_jobs(&mut self) -> Result<(), String> {
        self.log.run_jobs().map_err(|error| error.to_string())
    }

    /// Closes the journal.
    ///
    /// # Errors
    /// [`ChangeError::Journal`].
    pub(crate) fn close(self) -> Result<(), ChangeError> {
        self.log.close().map(|_| ()).map_err(|error| ChangeError::Journal(error.to_string()))
    }
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
                let result = members.change(&command);
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
