//! Slow work that must not hold up the log's thread: preparing spares, zeroing what was released, erasing content.
//!
//! A job opens the files it writes to by itself. The system reports a write that failed later to each open file once;
//! were the log's own open file shared, a job's sync could take the report that the log's commit must see.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use phytohub_model::Locator;

use crate::disk::{Disk, DiskFile};
use crate::error::JobError;
use crate::frame::{FRAME_HEADER_BYTES, FrameHeader};
use crate::log::Spare;
use crate::segment::Role;
use crate::settings::{SURPLUS_SEGMENTS, Settings};
use crate::window::read_exact_at;

/// Contents overwritten by one job: bounds how long a spare that is needed soon waits behind it.
const ERASURES_MAX: usize = 1024;

/// Slow work to be done, in order.
pub(crate) struct Chores {
    queue: VecDeque<Chore>,
    /// Erasures that must wait for a durable watermark.
    deferred: Vec<Locator>,
    preparing: u32,
    recycling: u32,
    disk_full: bool,
    next_number: u32,
}

/// One piece of work.
pub(crate) enum Chore {
    Prepare { number: u32 },
    Recycle { role: Role, number: u32, becomes: Option<u32> },
    Erase(Vec<Locator>),
}

/// What a finished job leaves for the log.
pub(crate) enum Done<F> {
    Spare(Spare<F>),
    Erased(Vec<Locator>),
    Nothing,
}

/// A piece of slow work, to be run on another thread.
pub struct Job<D: Disk> {
    disk: Arc<D>,
    dir: PathBuf,
    segment_bytes: u32,
    chore: Chore,
}

/// How a [`Job`] went; for [`crate::Log::finish_job`].
pub struct JobOutcome<D: Disk>(Outcome<D::File>);

enum Outcome<F> {
    Prepared(Spare<F>),
    DiskFull,
    Recycled(Option<Spare<F>>),
    Erased(Vec<Locator>),
    Failed(JobError),
}

impl Chores {
    /// No work but the zeroing of files that were released before; `next_number` is free for a spare.
    pub(crate) fn new(released: impl IntoIterator<Item = u32>, next_number: u32) -> Self {
        let queue = released.into_iter().map(|number| Chore::Recycle { role: Role::Gone, number, becomes: None });
        Self { queue: queue.collect(), deferred: Vec::new(), preparing: 0, recycling: 0, disk_full: false, next_number }
    }

    pub(crate) fn is_disk_full(&self) -> bool {
        self.disk_full
    }

    pub(crate) fn retry(&mut self) {
        self.disk_full = false;
    }

    pub(crate) fn release(&mut self, number: u32) {
        self.deferred.retain(|locator| locator.segment != number);
        self.queue.push_back(Chore::Recycle { role: Role::Used, number, becomes: None });
    }

    pub(crate) fn defer_erasure(&mut self, locator: Locator) {
        self.deferred.push(locator);
    }

    /// Whether an erasure waits for which this holds.
    pub(crate) fn is_deferred(&self, of: impl FnMut(&Locator) -> bool) -> bool {
        self.deferred.iter().any(of)
    }

    /// Queues the deferred erasures that are safe.
    pub(crate) fn queue_erasures(&mut self, is_safe: impl Fn(&Locator) -> bool) {
        if self.deferred.is_empty() {
            return;
        }
        let (safe, unsafe_yet) = self.deferred.drain(..).partition::<Vec<_>, _>(is_safe);
        self.deferred = unsafe_yet;
        for locator in safe {
            match self.queue.back_mut() {
                Some(Chore::Erase(locators)) if locators.len() < ERASURES_MAX => locators.push(locator),
                _ => self.queue.push_back(Chore::Erase(vec![locator])),
            }
        }
    }

    /// The next piece of work, with `spares` ready. Released files come before new ones: they need no more disk.
    pub(crate) fn next(&mut self, spares: u32, settings: &Settings) -> Option<Chore> {
        let queued = self.queue.iter().filter(|chore| matches!(chore, Chore::Recycle { .. })).count() as u32;
        let on_the_way = spares + self.preparing + self.recycling;
        if !self.disk_full && on_the_way + queued < settings.spares_wanted() {
            self.preparing += 1;
            return Some(Chore::Prepare { number: self.take_number() });
        }
        let mut chore = self.queue.pop_front()?;
        if let Chore::Recycle { becomes, .. } = &mut chore {
            self.recycling += 1;
            if on_the_way < settings.spares_wanted() + SURPLUS_SEGMENTS {
                *becomes = Some(self.take_number());
            }
        }
        Some(chore)
    }

    /// Books the outcome of a job.
    pub(crate) fn finish<D: Disk>(&mut self, outcome: JobOutcome<D>) -> Result<Done<D::File>, JobError> {
        match outcome.0 {
            Outcome::Prepared(spare) => {
                self.preparing = self.preparing.saturating_sub(1);
                Ok(Done::Spare(spare))
            }
            Outcome::DiskFull => {
                self.preparing = self.preparing.saturating_sub(1);
                self.disk_full = true;
                Ok(Done::Nothing)
            }
            Outcome::Recycled(spare) => {
                self.recycling = self.recycling.saturating_sub(1);
                Ok(spare.map_or(Done::Nothing, Done::Spare))
            }
            Outcome::Erased(locators) => Ok(Done::Erased(locators)),
            Outcome::Failed(error) => Err(error),
        }
    }

    fn take_number(&mut self) -> u32 {
        let number = self.next_number;
        self.next_number = self.next_number.wrapping_add(1);
        number
    }
}

impl<D: Disk> Job<D> {
    pub(crate) fn new(disk: Arc<D>, dir: PathBuf, segment_bytes: u32, chore: Chore) -> Self {
        Self { disk, dir, segment_bytes, chore }
    }

    /// Does the work; may take long.
    pub fn run(mut self) -> JobOutcome<D> {
        let outcome = match std::mem::replace(&mut self.chore, Chore::Erase(Vec::new())) {
            Chore::Prepare { number } => match self.prepare(number) {
                Ok(spare) => Outcome::Prepared(spare),
                Err(error) if is_full(&error.source) => {
                    // Gives back the part that was written; whatever cannot be removed is at the next start.
                    let _ = self.disk.remove(&Role::Prep.path(&self.dir, number));
                    Outcome::DiskFull
                }
                Err(error) => Outcome::Failed(error),
            },
            Chore::Recycle { role, number, becomes } => {
                self.recycle(role, number, becomes).map_or_else(Outcome::Failed, Outcome::Recycled)
            }
            Chore::Erase(locators) => match self.erase(&locators) {
                Ok(()) => Outcome::Erased(locators),
                Err(error) => Outcome::Failed(error),
            },
        };
        JobOutcome(outcome)
    }

    /// Makes a zeroed file.
    fn prepare(&self, number: u32) -> Result<Spare<D::File>, JobError> {
        let (prep, free) = (Role::Prep.path(&self.dir, number), Role::Free.path(&self.dir, number));
        let file = self.disk.create(&prep).map_err(|source| failure(&prep, "create", source))?;
        file.write_zeros_at(0, u64::from(self.segment_bytes))
            .map_err(|source| failure(&prep, "write zeros to", source))?;
        file.sync_data().map_err(|source| failure(&prep, "sync", source))?;
        self.rename(&prep, &free)?;
        Ok(Spare { number, file, size: self.segment_bytes })
    }

    /// Zeroes a released segment. Its name says first, durably, that it is none any more: recovery never sees a segment
    /// that is zeroed in part.
    fn recycle(&self, role: Role, number: u32, becomes: Option<u32>) -> Result<Option<Spare<D::File>>, JobError> {
        let gone = Role::Gone.path(&self.dir, number);
        if role != Role::Gone {
            self.rename(&role.path(&self.dir, number), &gone)?;
        }
        let file = self.disk.open(&gone).map_err(|source| failure(&gone, "open", source))?;
        let size = file.size().map_err(|source| failure(&gone, "read the size of", source))?;
        file.write_zeros_at(0, size).map_err(|source| failure(&gone, "write zeros to", source))?;
        file.sync_data().map_err(|source| failure(&gone, "sync", source))?;
        match becomes.filter(|_| size == u64::from(self.segment_bytes)) {
            Some(spare) => {
                self.rename(&gone, &Role::Free.path(&self.dir, spare))?;
                Ok(Some(Spare { number: spare, file, size: self.segment_bytes }))
            }
            None => {
                self.disk.remove(&gone).map_err(|source| failure(&gone, "remove", source))?;
                self.disk.sync_dir(&self.dir).map_err(|source| failure(&self.dir, "sync", source))?;
                Ok(None)
            }
        }
    }

    /// Overwrites contents with zeros, segment by segment.
    fn erase(&self, locators: &[Locator]) -> Result<(), JobError> {
        let mut locators = locators.to_vec();
        locators.sort_unstable();
        for group in locators.chunk_by(|a, b| a.segment == b.segment) {
            let Some(first) = group.first() else { continue };
            let path = Role::Used.path(&self.dir, first.segment);
            let file = self.disk.open(&path).map_err(|source| failure(&path, "open", source))?;
            for locator in group {
                let content =
                    content_start(&file, locator).map_err(|source| failure(&path, "find content in", source))?;
                file.write_zeros_at(content, u64::from(locator.length))
                    .map_err(|source| failure(&path, "erase content in", source))?;
            }
            file.sync_data().map_err(|source| failure(&path, "sync", source))?;
        }
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), JobError> {
        self.disk.rename(from, to).map_err(|source| failure(from, "rename", source))?;
        self.disk.sync_dir(&self.dir).map_err(|source| failure(&self.dir, "sync", source))
    }
}

/// Where the content of a record begins in its file.
fn content_start<F: DiskFile>(file: &F, locator: &Locator) -> io::Result<u64> {
    let size = u32::try_from(file.size()?).unwrap_or(u32::MAX);
    let mut head = [0; FRAME_HEADER_BYTES as usize];
    read_exact_at(file, &mut head, u64::from(locator.offset))?;
    FrameHeader::decode(&head, locator.segment, locator.offset, size)
        .filter(|(header, _)| header.content_length == locator.length)
        .map(|(header, _)| u64::from(locator.offset + header.content_start()))
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("no record at offset {}", locator.offset)))
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn failure(path: &Path, what: &'static str, source: io::Error) -> JobError {
    JobError { file: path.display().to_string(), what, source }
}
