//! The registry and its journal: the same way as a shard's, one change at a time.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use phytohub_core::registry::{Registry, RegistryCommand, RegistryError};
use phytohub_journal::{ContentState, Disk, Log, Settings, Stream};
use phytohub_model::{Fact, RegistryFact, Timestamp};

use crate::Failure;

/// When the registry's history fills more segments than this, its present state is written anew and they are
/// released.
const SEGMENTS_BEFORE_COMPACTION: usize = 4;

/// The registry and its journal, of one owner.
pub struct Members<D: Disk> {
    registry: Registry,
    log: Log<D>,
}

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The rules say no; nothing changed.
    #[error("{0}")]
    Refused(#[from] RegistryError),
    /// The disk failed; the process must end.
    #[error("the registry's journal failed: {0}")]
    Journal(String),
}

impl<D: Disk> Members<D> {
    /// Recovers the registry from its journal. A member or certificate is a few hundred bytes: segments can be small.
    ///
    /// # Errors
    /// A sentence that names the damage.
    pub fn open(disk: Arc<D>, dir: &Path, segment_bytes: u32) -> Result<Self, Failure> {
        let mut registry = Registry::default();
        let settings = Settings { segment_bytes, spare_segments: 1 };
        let mut stranger = None;
        let log = Log::open(disk, dir, settings, |fact, locator, _: ContentState| match fact {
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
        // The mark of the last change may have been lost with the power.
        members.log.mark_idle().map_err(|error| format!("{}: {error}", dir.display()))?;
        Ok(members)
    }

    /// The registry as it is now.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Makes one change, durably.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub fn change(&mut self, now: Timestamp, command: &RegistryCommand) -> Result<(), ChangeError> {
        let facts = self.registry.decide(now, command)?;
        for fact in facts {
            self.stage(fact)?;
        }
        self.commit()?;
        self.compact()
    }

    fn stage(&mut self, fact: RegistryFact) -> Result<(), ChangeError> {
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
            // Changes are rare: the next one, which would say that this one was synced, may be weeks away.
            self.log.mark_idle().map_err(|error| ChangeError::Journal(error.to_string()))?;
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
    fn run_jobs(&mut self) -> Result<(), Failure> {
        self.log.run_jobs().map_err(|error| error.to_string())
    }

    /// Closes the journal.
    ///
    /// # Errors
    /// [`ChangeError::Journal`].
    pub fn close(self) -> Result<(), ChangeError> {
        self.log.close().map(|_| ()).map_err(|error| ChangeError::Journal(error.to_string()))
    }
}
