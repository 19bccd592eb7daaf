//! The log itself: staging records and committing them in batches.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use phytohub_model::{Fact, Locator};

use crate::batch::{Batch, Part};
use crate::codec;
use crate::disk::{BLOCK_BYTES, Disk, DiskFile};
use crate::error::{CommitError, JobError, NoRoom, OpenError, ReadError};
use crate::frame::{
    ARCHIVE_BYTES_MAX, FORMAT_VERSION, FRAME_HEADER_BYTES, FRAME_STEP, FrameHeader, KIND_SEAL, TAIL_BYTES, align,
    checksum,
};
use crate::head::{Head, failure};
use crate::job::{Chores, Done, Job, JobOutcome};
use crate::reader::Reader;
use crate::recovery::{self, ContentState, Recovered};
use crate::segment::{Role, SEGMENT_HEADER_BYTES, Segment, SegmentInfo, Stream, Table, encode_header};
use crate::settings::{RESERVE_SEGMENTS, Room, Settings};

/// What fills up the last block of a write.
static BLOCK_OF_ZEROS: [u8; BLOCK_BYTES] = [0; BLOCK_BYTES];

/// Proof that everything staged before is durable. Only a commit makes one.
#[derive(Debug)]
pub struct Durable(());

/// A zeroed file, ready to become a segment.
pub(crate) struct Spare<F> {
    pub(crate) number: u32,
    pub(crate) file: F,
    pub(crate) size: u32,
}

/// The durable log of one owner.
pub struct Log<D: Disk> {
    disk: Arc<D>,
    dir: PathBuf,
    settings: Settings,
    table: Arc<Table<D::File>>,
    heads: [Option<Head<D::File>>; 2],
    spares: VecDeque<Spare<D::File>>,
    batch: Batch<D::File>,
    archive: Vec<u8>,
    chores: Chores,
    next_segment: u32,
    next_sequence: u64,
    failed: bool,
}

impl<D: Disk> Log<D> {
    /// Opens the log in `dir`, makes it where there is none, and gives every record to `on_record`, in the order of
    /// segments and of offsets in each.
    ///
    /// A new log has no room until its first jobs were done; see [`Self::run_jobs`].
    ///
    /// # Errors
    /// [`OpenError`]. Damage is found before anything on the disk is changed.
    pub fn open(
        disk: Arc<D>,
        dir: &Path,
        settings: Settings,
        mut on_record: impl FnMut(Fact, Locator, ContentState),
    ) -> Result<Self, OpenError> {
        settings.check()?;
        let recovered = recovery::recover(&*disk, dir, &settings, &mut on_record)?;
        let Recovered { segments, heads, spares, chores, next_segment, next_sequence } = recovered;
        Ok(Self {
            disk,
            dir: dir.to_owned(),
            settings,
            table: Arc::new(Table::new(segments)),
            heads,
            spares,
            batch: Batch::new(),
            archive: Vec::new(),
            chores,
            next_segment,
            next_sequence,
            failed: false,
        })
    }

    /// Puts a record into the next batch: memory only. Content is kept by reference, not copied. The place in the log
    /// is fixed, but can be read only after the commit.
    ///
    /// # Errors
    /// [`NoRoom`]; the log is as before.
    pub fn stage(&mut self, stream: Stream, fact: &Fact, content: &Bytes) -> Result<Locator, NoRoom> {
        if self.failed {
            return Err(NoRoom::Failed);
        }
        let kind = codec::encode(fact, &mut self.archive)
            .map_err(|_| NoRoom::TooLarge { bytes: usize::MAX, max: self.record_bytes_max() })?;
        let bytes = FRAME_HEADER_BYTES as usize + self.archive.len() + content.len();
        if bytes > self.record_bytes_max() {
            return Err(NoRoom::TooLarge { bytes, max: self.record_bytes_max() });
        }
        let fits = self.heads[stream.index()].as_ref().is_some_and(|head| head.holds(bytes));
        if !fits {
            self.roll(stream)?;
        }
        let header = FrameHeader {
            archive_length: self.archive.len() as u32,
            content_length: content.len() as u32,
            content_checksum: checksum(&[content]),
            ..FrameHeader::bare(kind, 0, 0, 0, self.next_sequence)
        };
        let Some(head) = &mut self.heads[stream.index()] else { return Err(NoRoom::NoSpare) };
        let locator = Locator { segment: head.segment.id, offset: head.end, length: content.len() as u32 };
        head.push(&mut self.batch, header, &self.archive, content.clone());
        self.next_sequence += 1;
        Ok(locator)
    }

    /// Whether records with contents of these lengths, in bytes, find room one after the other, and the reserve for
    /// acknowledgements stays.
    pub fn holds(&self, stream: Stream, contents: impl Iterator<Item = usize>) -> bool {
        let head = self.heads[stream.index()].as_ref().filter(|head| !head.sealed);
        let mut free = head.map_or(0, |head| head.segment.size.saturating_sub(head.end + TAIL_BYTES) as usize);
        let mut spares = self.spares.len().saturating_sub(RESERVE_SEGMENTS as usize);
        for length in contents {
            let bytes = (FRAME_HEADER_BYTES + ARCHIVE_BYTES_MAX) as usize + length;
            if bytes > free {
                if spares == 0 {
                    return false;
                }
                spares -= 1;
                free = (self.settings.segment_bytes - SEGMENT_HEADER_BYTES - TAIL_BYTES) as usize;
            }
            free = free.saturating_sub(bytes.next_multiple_of(FRAME_STEP as usize));
        }
        true
    }

    /// Bytes that the next commit will write.
    pub fn staged_bytes(&self) -> usize {
        self.batch.bytes()
    }

    /// Makes everything staged durable: one vectored write and one sync for each segment that the batch touches,
    /// normally one.
    ///
    /// # Errors
    /// [`CommitError`]; the caller must end the process.
    pub fn commit(&mut self) -> Result<Durable, CommitError> {
        if self.failed {
            return Err(CommitError::Failed);
        }
        if let Err(error) = self.write_batch() {
            self.failed = true;
            return Err(error);
        }
        for head in self.heads.iter_mut().flatten() {
            head.part = None;
        }
        self.batch.clear();
        Ok(Durable(()))
    }

    /// Writes, without waiting for the disk, that everything before is synced. To be called when nothing waits
    /// after a commit: damage to the last batch can then be told from a batch that was never finished.
    ///
    /// Waits for the disk once after a crash between a seal and its segment's successor: there is no place for a mark
    /// then, and the successor says the same.
    ///
    /// # Errors
    /// [`CommitError`]; the caller must end the process.
    pub fn mark_idle(&mut self) -> Result<(), CommitError> {
        if self.failed {
            return Err(CommitError::Failed);
        }
        if !self.batch.is_empty() {
            return Ok(());
        }
        let mut rolled = false;
        for stream in Stream::ALL {
            let Some(head) = &mut self.heads[stream.index()] else { continue };
            if let Err(error) = head.mark(self.next_sequence) {
                self.failed = true;
                return Err(error);
            }
            rolled |= head.marked < head.synced && self.leave(stream);
        }
        if rolled { self.commit().map(drop) } else { Ok(()) }
    }

    /// Lets erasures go on that no commit lets go on: those in the last batch of a stream to which nothing is written
    /// any more, such as the cold one while nothing is reclaimed. Syncs where there are any, so not to be called for
    /// each batch.
    ///
    /// # Errors
    /// [`CommitError`]; the caller must end the process.
    pub fn settle(&mut self) -> Result<(), CommitError> {
        if self.failed {
            return Err(CommitError::Failed);
        }
        let sequence = self.next_sequence;
        for stream in Stream::ALL {
            let Some(head) = self.heads[stream.index()].as_mut().filter(|head| head.part.is_none()) else { continue };
            if !self.chores.is_deferred(|locator| locator.segment == head.segment.id && !head.covers(locator)) {
                continue;
            }
            if let Err(error) = head.mark(sequence).and_then(|()| sync(&*head.segment)) {
                self.failed = true;
                return Err(error);
            }
            head.watermark = head.marked;
            if head.marked < head.synced {
                self.leave(stream);
            }
        }
        self.queue_erasures();
        Ok(())
    }

    /// Commits what is staged, marks the end and syncs it.
    ///
    /// # Errors
    /// [`CommitError`]
    pub fn close(mut self) -> Result<Durable, CommitError> {
        let durable = self.commit()?;
        self.mark_idle()?;
        for head in self.heads.iter().flatten() {
            sync(&*head.segment)?;
        }
        Ok(durable)
    }

    /// A reader for any thread.
    pub fn reader(&self) -> Reader<D> {
        Reader::new(Arc::clone(&self.table))
    }

    /// What the log was opened with.
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// How much room there is.
    pub fn room(&self) -> Room {
        Room { spare_segments: self.spares.len() as u32, disk_full: self.chores.is_disk_full() }
    }

    /// All segments, by number.
    pub fn segments(&self) -> Vec<SegmentInfo> {
        self.table.infos()
    }

    /// Gives up to `records_max` committed records of a segment to `on_record`, from offset `from` on (0 = from the
    /// start), without their content; a [`Reader`] has that. Returns where to go on, `None` at the end.
    ///
    /// # Errors
    /// [`ReadError`]
    pub fn scan(
        &self,
        segment: u32,
        from: u32,
        records_max: usize,
        on_record: impl FnMut(Fact, Locator),
    ) -> Result<Option<u32>, ReadError> {
        self.reader().scan(segment, from, records_max, on_record)
    }

    /// Gives up a sealed segment whose survivors were written again and committed: it is zeroed and used again.
    /// Nothing happens for a segment that is still written to.
    pub fn release(&mut self, segment: u32) {
        if !self.table.find(segment).is_some_and(|segment| segment.is_sealed()) {
            return;
        }
        // Readers that still hold the file find another epoch, or zeros, and say that the content is gone.
        self.table.remove(segment);
        self.chores.release(segment);
    }

    /// Overwrites contents with zeros, in place. The facts that ended their envelopes must be committed.
    pub fn erase(&mut self, locators: &[Locator]) {
        for &locator in locators.iter().filter(|locator| locator.length > 0) {
            if let Some(segment) = self.table.find(locator.segment) {
                segment.erasing().insert(locator.offset);
                self.chores.defer_erasure(locator);
            }
        }
        self.queue_erasures();
    }

    /// The next piece of slow work. Jobs are run one after the other, in this order, and each outcome given back.
    pub fn next_job(&mut self) -> Option<Job<D>> {
        if self.failed {
            return None;
        }
        let chore = self.chores.next(self.spares.len() as u32, &self.settings)?;
        Some(Job::new(Arc::clone(&self.disk), self.dir.clone(), self.settings.segment_bytes, chore))
    }

    /// Takes the outcome of a job. A disk that is full while a spare is prepared is no error: [`Self::room`] tells,
    /// and [`Self::retry`] tries again.
    ///
    /// # Errors
    /// [`JobError`]; the caller must end the process.
    pub fn finish_job(&mut self, outcome: JobOutcome<D>) -> Result<(), JobError> {
        match self.chores.finish(outcome) {
            Ok(Done::Spare(spare)) => self.spares.push_back(spare),
            Ok(Done::Erased(locators)) => {
                for Locator { segment: id, offset, .. } in locators {
                    if let Some(segment) = self.table.find(id) {
                        segment.erasing().remove(&offset);
                    }
                }
            }
            Ok(Done::Nothing) => {}
            Err(error) => {
                self.failed = true;
                return Err(error);
            }
        }
        Ok(())
    }

    /// After a full disk: lets [`Self::next_job`] try again to prepare a spare.
    pub fn retry(&mut self) {
        self.chores.retry();
    }

    /// Runs all jobs here and now, as at start and in tests.
    ///
    /// # Errors
    /// [`JobError`]; the caller must end the process.
    pub fn run_jobs(&mut self) -> Result<(), JobError> {
        while let Some(job) = self.next_job() {
            self.finish_job(job.run())?;
        }
        Ok(())
    }

    fn record_bytes_max(&self) -> usize {
        self.settings.segment_bytes.saturating_sub(SEGMENT_HEADER_BYTES + TAIL_BYTES) as usize
    }

    /// Leaves a segment behind that has no room for a mark: with its successor's name it counts as synced. Without a
    /// spare it waits for one, and the answer is false.
    fn leave(&mut self, stream: Stream) -> bool {
        self.roll(stream).is_ok()
    }

    /// Seals the segment of a stream and makes a spare the next one; in memory, the disk follows with the commit.
    fn roll(&mut self, stream: Stream) -> Result<(), NoRoom> {
        let next_segment = self.next_segment.checked_add(1).ok_or(NoRoom::NoSpare)?;
        let spare = self.spares.pop_front().ok_or(NoRoom::NoSpare)?;
        if let Some(head) = self.heads[stream.index()].as_mut().filter(|head| !head.sealed) {
            let seal = FrameHeader::bare(KIND_SEAL, 0, 0, 0, self.next_sequence);
            head.push(&mut self.batch, seal, &[], Bytes::new());
        }
        let segment = Arc::new(Segment::new(self.next_segment, stream, spare.size, spare.file));
        self.next_segment = next_segment;
        let part = self.batch.begin(Part {
            segment: Arc::clone(&segment),
            spare: Some(spare.number),
            predecessor: self.heads[stream.index()].take().map(|head| head.segment),
            start: SEGMENT_HEADER_BYTES,
            end: SEGMENT_HEADER_BYTES,
            watermark: SEGMENT_HEADER_BYTES,
        });
        let mut head = Head::new(segment, SEGMENT_HEADER_BYTES);
        head.part = Some(part);
        self.heads[stream.index()] = Some(head);
        Ok(())
    }

    /// Parts stand in the order in which they were begun, so that a segment is synced before its successor exists:
    /// recovery relies on it.
    fn write_batch(&mut self) -> Result<(), CommitError> {
        for (index, part) in self.batch.parts.iter().enumerate() {
            if let Some(number) = part.spare {
                self.activate(part, number)?;
            }
            let segment = &*part.segment;
            let mut slices = self.batch.slices(index);
            slices.push(IoSlice::new(&BLOCK_OF_ZEROS[..bytes_to_block_end(part.end)]));
            segment
                .file
                .write_all_at(&mut slices, u64::from(part.start))
                .map_err(|source| failure(segment, "write", source))?;
            sync(segment)?;
            segment.commit_to(align(part.end));
        }
        for head in self.heads.iter_mut().flatten() {
            if let Some(part) = head.part.and_then(|index| self.batch.parts.get(index)) {
                head.synced = align(part.end);
                head.watermark = part.watermark;
                head.marked = part.watermark;
            }
        }
        self.queue_erasures();
        Ok(())
    }

    /// Makes a spare file a segment, durably: head, name, directory.
    fn activate(&self, part: &Part<D::File>, number: u32) -> Result<(), CommitError> {
        let segment = &*part.segment;
        let block = encode_header(segment.id, segment.stream, segment.size);
        segment
            .file
            .write_all_at(&mut [IoSlice::new(&block)], 0)
            .map_err(|source| failure(segment, "write the head of", source))?;
        sync(segment)?;
        let (spare, used) = (Role::Free.path(&self.dir, number), Role::Used.path(&self.dir, segment.id));
        self.disk.rename(&spare, &used).map_err(|source| failure(segment, "rename a spare to", source))?;
        self.disk.sync_dir(&self.dir).map_err(|source| failure(segment, "sync the directory of", source))?;
        self.table.insert(Arc::clone(&part.segment));
        if let Some(predecessor) = &part.predecessor {
            predecessor.seal();
        }
        Ok(())
    }

    /// Hands on the erasures that are safe: those of frames that a durable watermark covers. Zeros in a frame that
    /// could still be taken for a torn tail would cut off what lies behind it.
    fn queue_erasures(&mut self) {
        let (heads, table) = (&self.heads, &self.table);
        self.chores.queue_erasures(|locator| {
            let mut heads = heads.iter().flatten();
            let covered = heads.any(|head| head.segment.id == locator.segment && head.covers(locator));
            covered || table.find(locator.segment).is_none_or(|segment| segment.is_sealed())
        });
    }
}

/// Bytes from `end` to the end of its block. They are zeros already, and are written again: a block that is written
/// as a whole need not be read first, which it would have to be, because zeros of a spare go past the page cache.
fn bytes_to_block_end(end: u32) -> usize {
    (end.next_multiple_of(BLOCK_BYTES as u32) - end) as usize
}

fn sync<F: DiskFile>(segment: &Segment<F>) -> Result<(), CommitError> {
    segment.file.sync_data().map_err(|source| failure(segment, "sync", source))
}

const _: () = assert!(FORMAT_VERSION == 2, "FORMAT.md and the golden segment speak of version 2");
