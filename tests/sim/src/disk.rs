//! The hub's disk: the journal's fake one, with the bugs that a disk can play.

use std::io::{self, IoSlice};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use phytohub_journal::fake::{FakeDisk, FakeFile, Faults};
use phytohub_journal::{Disk, DiskFile};

use crate::mutation::Mutation;

/// Files with what is in them.
type Files = Vec<(PathBuf, Vec<u8>)>;

/// A fake disk and what is wrong with it. Clones are the same disk.
#[derive(Clone)]
pub(crate) struct SimDisk {
    fake: FakeDisk,
    mutation: Option<Mutation>,
    /// Segments that were released, with what was in them: for [`Mutation::ResurrectReleased`].
    released: Arc<Mutex<Files>>,
}

/// A file of a [`SimDisk`].
pub(crate) struct SimFile {
    fake: FakeFile,
    mutation: Option<Mutation>,
}

impl SimDisk {
    pub(crate) fn new(mutation: Option<Mutation>) -> Self {
        Self { fake: FakeDisk::new(), mutation, released: Arc::default() }
    }

    pub(crate) fn fake(&self) -> &FakeDisk {
        &self.fake
    }

    /// Sets what goes wrong from now on; the mutation's own faults stay.
    pub(crate) fn set_faults(&self, faults: Faults) {
        self.fake.set_faults(Faults {
            ignore_file_syncs: self.mutation == Some(Mutation::PretendFileSyncs),
            ignore_dir_syncs: self.mutation == Some(Mutation::ForgetDirectorySyncs),
            ignore_zeros: self.mutation == Some(Mutation::ForgetZeros),
            ..faults
        });
    }

    /// The disk after a loss of power.
    pub(crate) fn crash(&self, seed: u64) -> Self {
        let disk = Self { fake: self.fake.crash(seed), ..self.clone() };
        disk.set_faults(Faults::default());
        disk
    }

    /// The disk after the process was killed.
    pub(crate) fn restart(&self) {
        self.fake.restart();
        self.set_faults(Faults::default());
    }

    /// A second disk with the same bytes and no faults.
    pub(crate) fn copy(&self) -> Self {
        Self { fake: self.fake.copy(), mutation: self.mutation, released: Arc::default() }
    }

    /// Lets released segments come back.
    pub(crate) fn resurrect(&self) -> io::Result<()> {
        let released = std::mem::take(&mut *self.released());
        for (path, bytes) in released {
            let Ok(file) = self.fake.create(&path) else { continue };
            file.write_all_at(&mut [IoSlice::new(&bytes)], 0)?;
            file.sync_data()?;
            self.fake.sync_dir(path.parent().unwrap_or(Path::new("")))?;
        }
        Ok(())
    }

    fn released(&self) -> MutexGuard<'_, Files> {
        self.released.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk for SimDisk {
    type File = SimFile;

    fn make_dir(&self, dir: &Path) -> io::Result<()> {
        self.fake.make_dir(dir)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.fake.list(dir)
    }

    fn open(&self, path: &Path) -> io::Result<SimFile> {
        Ok(SimFile { fake: self.fake.open(path)?, mutation: self.mutation })
    }

    fn create(&self, path: &Path) -> io::Result<SimFile> {
        Ok(SimFile { fake: self.fake.create(path)?, mutation: self.mutation })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        if self.mutation == Some(Mutation::ResurrectReleased) && to.extension().is_some_and(|ending| ending == "gone") {
            self.released().push((from.to_owned(), self.fake.contents(from)?));
        }
        self.fake.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.fake.remove(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.fake.sync_dir(dir)
    }
}

impl DiskFile for SimFile {
    fn size(&self) -> io::Result<u64> {
        self.fake.size()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.fake.read_at(buffer, offset)
    }

    fn read_cached_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<Option<usize>> {
        self.fake.read_cached_at(buffer, offset)
    }

    fn write_all_at(&self, slices: &mut [IoSlice<'_>], offset: u64) -> io::Result<()> {
        self.fake.write_all_at(slices, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        match self.fake.sync_data() {
            Err(_) if self.mutation == Some(Mutation::RetrySyncs) => self.fake.sync_data(),
            outcome => outcome,
        }
    }
}
