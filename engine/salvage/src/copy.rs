//! Writing records into a journal of their own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use phytohub_journal::{Disk, Log, NoRoom, Settings, Stream};
use phytohub_model::Fact;

use crate::Failure;

/// Bytes after which what was staged is made durable: large enough to keep a disk busy, small beside a machine's
/// memory.
const BATCH_BYTES: usize = 8 << 20;

/// A journal that is being written.
pub(crate) struct Copy<D: Disk> {
    disk: Arc<D>,
    dir: PathBuf,
    log: Log<D>,
    /// Records that were written.
    pub(crate) records: u64,
}

impl<D: Disk> Copy<D> {
    /// Makes a journal in a directory that has none.
    pub(crate) fn new(disk: Arc<D>, dir: &Path, settings: Settings) -> Result<Self, Failure> {
        let fail = |error: &dyn std::fmt::Display| format!("{}: {error}", dir.display());
        let mut strangers = 0_u64;
        let settings = Settings { spare_segments: 1, ..settings };
        let mut log = Log::open(Arc::clone(&disk), dir, settings, |_, _, _| strangers += 1).map_err(|e| fail(&e))?;
        if strangers > 0 {
            return Err(fail(&"there is a journal already"));
        }
        log.run_jobs().map_err(|error| fail(&error))?;
        Ok(Self { disk, dir: dir.to_owned(), log, records: 0 })
    }

    /// Writes one record behind the others.
    pub(crate) fn put(&mut self, stream: Stream, fact: &Fact, content: &[u8]) -> Result<(), Failure> {
        let content = Bytes::copy_from_slice(content);
        match self.log.stage(stream, fact, &content) {
            Ok(_) => {}
            Err(NoRoom::NoSpare) => {
                self.settle()?;
                self.log.retry();
                self.log.run_jobs().map_err(|error| self.failure(&error))?;
                self.log.stage(stream, fact, &content).map_err(|error| self.failure(&error))?;
            }
            Err(error) => return Err(self.failure(&error)),
        }
        self.records += 1;
        if self.log.staged_bytes() > BATCH_BYTES { self.settle() } else { Ok(()) }
    }

    fn settle(&mut self) -> Result<(), Failure> {
        self.log.commit().map_err(|error| self.failure(&error))?;
        Ok(())
    }

    /// Makes all of it durable, and gives back what was kept ready for more.
    pub(crate) fn finish(self) -> Result<u64, Failure> {
        let Self { disk, dir, log, records } = self;
        let fail = |error: &dyn std::fmt::Display| format!("{}: {error}", dir.display());
        log.close().map_err(|error| fail(&error))?;
        for name in disk.list(&dir).map_err(|error| fail(&error))? {
            if name.ends_with(".free") || name.ends_with(".prep") {
                disk.remove(&dir.join(name)).map_err(|error| fail(&error))?;
            }
        }
        disk.sync_dir(&dir).map_err(|error| fail(&error))?;
        Ok(records)
    }

    fn failure(&self, error: &dyn std::fmt::Display) -> Failure {
        format!("{}: {error}", self.dir.display())
    }
}
