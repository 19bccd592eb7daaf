//! What the hub needs of any journal: this crate's local log, or later a replicated one.

use bytes::Bytes;
use phytohub_model::{Fact, Locator};

use crate::disk::Disk;
use crate::error::{CommitError, JobError, NoRoom, ReadError};
use crate::job::{Job, JobOutcome};
use crate::log::{Durable, Log};
use crate::reader::Reader;
use crate::segment::{SegmentInfo, Stream};
use crate::settings::Room;

/// A journal with one owner. How it is opened and replayed is each implementation's own matter; each method is
/// described at [`Log`].
pub trait Journal {
    /// Reads content from any thread.
    type Reader: ContentReader;
    /// Slow work for another thread.
    type Job: Send + 'static;
    /// What came of it.
    type JobOutcome: Send + 'static;

    /// See [`Log::stage`].
    ///
    /// # Errors
    /// [`NoRoom`]
    fn stage(&mut self, stream: Stream, fact: &Fact, content: &Bytes) -> Result<Locator, NoRoom>;
    /// See [`Log::staged_bytes`].
    fn staged_bytes(&self) -> usize;
    /// See [`Log::commit`].
    ///
    /// # Errors
    /// [`CommitError`]
    fn commit(&mut self) -> Result<Durable, CommitError>;
    /// See [`Log::mark_idle`].
    ///
    /// # Errors
    /// [`CommitError`]
    fn mark_idle(&mut self) -> Result<(), CommitError>;
    /// See [`Log::settle`].
    ///
    /// # Errors
    /// [`CommitError`]
    fn settle(&mut self) -> Result<(), CommitError>;
    /// See [`Log::close`].
    ///
    /// # Errors
    /// [`CommitError`]
    fn close(self) -> Result<Durable, CommitError>;
    /// See [`Log::reader`].
    fn reader(&self) -> Self::Reader;
    /// See [`Log::room`].
    fn room(&self) -> Room;
    /// See [`Log::segments`].
    fn segments(&self) -> Vec<SegmentInfo>;
    /// See [`Log::scan`].
    ///
    /// # Errors
    /// [`ReadError`]
    fn scan(
        &self,
        segment: u32,
        from: u32,
        records_max: usize,
        on_record: impl FnMut(Fact, Locator),
    ) -> Result<Option<u32>, ReadError>;
    /// See [`Log::release`].
    fn release(&mut self, segment: u32);
    /// See [`Log::erase`].
    fn erase(&mut self, locators: &[Locator]);
    /// See [`Log::next_job`].
    fn next_job(&mut self) -> Option<Self::Job>;
    /// See [`Job::run`].
    fn run_job(job: Self::Job) -> Self::JobOutcome;
    /// See [`Log::finish_job`].
    ///
    /// # Errors
    /// [`JobError`]
    fn finish_job(&mut self, outcome: Self::JobOutcome) -> Result<(), JobError>;
    /// See [`Log::retry`].
    fn retry(&mut self);
}

/// Reads the content of committed records from any thread; each method is described at [`Reader`].
pub trait ContentReader: Clone + Send + Sync + 'static {
    /// See [`Reader::read`].
    ///
    /// # Errors
    /// [`ReadError`]
    fn read(&self, locator: Locator) -> Result<Bytes, ReadError>;
    /// See [`Reader::try_read_cached`].
    ///
    /// # Errors
    /// [`ReadError`]
    fn try_read_cached(&self, locator: Locator) -> Result<Option<Bytes>, ReadError>;
}

impl<D: Disk> Journal for Log<D> {
    type Reader = Reader<D>;
    type Job = Job<D>;
    type JobOutcome = JobOutcome<D>;

    fn stage(&mut self, stream: Stream, fact: &Fact, content: &Bytes) -> Result<Locator, NoRoom> {
        Self::stage(self, stream, fact, content)
    }

    fn staged_bytes(&self) -> usize {
        Self::staged_bytes(self)
    }

    fn commit(&mut self) -> Result<Durable, CommitError> {
        Self::commit(self)
    }

    fn mark_idle(&mut self) -> Result<(), CommitError> {
        Self::mark_idle(self)
    }

    fn settle(&mut self) -> Result<(), CommitError> {
        Self::settle(self)
    }

    fn close(self) -> Result<Durable, CommitError> {
        Self::close(self)
    }

    fn reader(&self) -> Reader<D> {
        Self::reader(self)
    }

    fn room(&self) -> Room {
        Self::room(self)
    }

    fn segments(&self) -> Vec<SegmentInfo> {
        Self::segments(self)
    }

    fn scan(
        &self,
        segment: u32,
        from: u32,
        records_max: usize,
        on_record: impl FnMut(Fact, Locator),
    ) -> Result<Option<u32>, ReadError> {
        Self::scan(self, segment, from, records_max, on_record)
    }

    fn release(&mut self, segment: u32) {
        Self::release(self, segment);
    }

    fn erase(&mut self, locators: &[Locator]) {
        Self::erase(self, locators);
    }

    fn next_job(&mut self) -> Option<Job<D>> {
        Self::next_job(self)
    }

    fn run_job(job: Job<D>) -> JobOutcome<D> {
        job.run()
    }

    fn finish_job(&mut self, outcome: JobOutcome<D>) -> Result<(), JobError> {
        Self::finish_job(self, outcome)
    }

    fn retry(&mut self) {
        Self::retry(self);
    }
}

impl<D: Disk> ContentReader for Reader<D> {
    fn read(&self, locator: Locator) -> Result<Bytes, ReadError> {
        Self::read(self, locator)
    }

    fn try_read_cached(&self, locator: Locator) -> Result<Option<Bytes>, ReadError> {
        Self::try_read_cached(self, locator)
    }
}
