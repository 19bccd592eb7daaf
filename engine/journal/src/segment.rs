//! Segment files: their names, the block at their head, and the table through which readers find them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;

use crate::frame::{FORMAT_VERSION, checksum, u32_at};

/// The block at a segment's head; frames begin behind it.
pub(crate) const SEGMENT_HEADER_BYTES: u32 = 4096;

const MAGIC: [u8; 8] = *b"\0PHYTOHB";
const FIELDS_BYTES: usize = 32;

/// What a file is, told by the ending of its name. All names have the same length: a rename then always finds the place
/// of an earlier name in the directory and needs no new block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A segment; the number is its id.
    Used,
    /// Zeroed and ready.
    Free,
    /// Released, to be zeroed; the number is the id it had.
    Gone,
    /// Being made.
    Prep,
}

impl Role {
    fn ending(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::Free => "free",
            Self::Gone => "gone",
            Self::Prep => "prep",
        }
    }

    /// Name of the file with this role and number.
    pub(crate) fn name(self, number: u32) -> String {
        format!("{number:010}.{}", self.ending())
    }

    /// Path of the same.
    pub(crate) fn path(self, dir: &Path, number: u32) -> PathBuf {
        dir.join(self.name(number))
    }

    /// Role and number of a file's name, `None` for a file that is none of ours.
    pub(crate) fn of(name: &str) -> Option<(Self, u32)> {
        let (digits, ending) = name.split_once('.')?;
        let role = [Self::Used, Self::Free, Self::Gone, Self::Prep].into_iter().find(|role| role.ending() == ending)?;
        let number = digits.parse().ok()?;
        (role.name(number) == name).then_some((role, number))
    }
}

/// Where a record goes. What must be kept long has segments of its own, so that it is not copied each time the rest is
/// reclaimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stream {
    /// What lives for days at most.
    Hot,
    /// Tracks.
    Cold,
}

impl Stream {
    pub(crate) const ALL: [Self; 2] = [Self::Hot, Self::Cold];

    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

/// Why a segment's head cannot be used.
pub(crate) enum HeaderError {
    Damaged(&'static str),
    Newer(u32),
}

/// The block that makes a zeroed file the segment `id`.
pub(crate) fn encode_header(id: u32, stream: Stream, size: u32) -> Vec<u8> {
    let mut block = vec![0; SEGMENT_HEADER_BYTES as usize];
    block[0..8].copy_from_slice(&MAGIC);
    block[8..12].copy_from_slice(&u32::from(FORMAT_VERSION).to_le_bytes());
    block[12..16].copy_from_slice(&id.to_le_bytes());
    block[16..20].copy_from_slice(&size.to_le_bytes());
    block[20] = stream.index() as u8;
    let sum = checksum(&[&block]);
    block[FIELDS_BYTES..FIELDS_BYTES + 4].copy_from_slice(&sum.to_le_bytes());
    block
}

/// Reads the block of the segment that by its name is `id`: stream and size.
pub(crate) fn decode_header(block: &[u8], id: u32, size: u64) -> Result<(Stream, u32), HeaderError> {
    if block.len() != SEGMENT_HEADER_BYTES as usize {
        return Err(HeaderError::Damaged("the file is shorter than a segment's head"));
    }
    if block[0..8] != MAGIC {
        return Err(HeaderError::Damaged("the file does not begin like a segment"));
    }
    let written = u32_at(block, 8);
    if written > u32::from(FORMAT_VERSION) {
        return Err(HeaderError::Newer(written));
    }
    let sum = checksum(&[&block[..FIELDS_BYTES], &[0; 4], &block[FIELDS_BYTES + 4..]]);
    if sum != u32_at(block, FIELDS_BYTES) {
        return Err(HeaderError::Damaged("the checksum of the segment's head is wrong"));
    }
    if u32_at(block, 12) != id {
        return Err(HeaderError::Damaged("the segment's head names another segment than the file's name"));
    }
    if u64::from(u32_at(block, 16)) != size {
        return Err(HeaderError::Damaged("the file has another size than the segment's head says"));
    }
    let stream = Stream::ALL.into_iter().find(|stream| stream.index() == usize::from(block[20]));
    let stream = stream.ok_or(HeaderError::Damaged("the segment's head names an unknown stream"))?;
    Ok((stream, u32_at(block, 16)))
}

/// What is known of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentInfo {
    /// Its number.
    pub id: u32,
    /// What it holds.
    pub stream: Stream,
    /// Nothing is written to it any more: it may be scanned, reclaimed, released.
    pub sealed: bool,
    /// Bytes that are durable in it.
    pub bytes_used: u32,
    /// Bytes of the file.
    pub size: u32,
}

/// A segment as writer and readers share it.
pub(crate) struct Segment<F> {
    pub(crate) id: u32,
    pub(crate) stream: Stream,
    pub(crate) size: u32,
    pub(crate) file: F,
    committed: AtomicU32,
    sealed: AtomicBool,
    /// Frames whose content is being overwritten now: a checksum that fails is then no damage.
    erasing: Mutex<BTreeSet<u32>>,
}

impl<F> Segment<F> {
    pub(crate) fn new(id: u32, stream: Stream, size: u32, file: F) -> Self {
        Self {
            id,
            stream,
            size,
            file,
            committed: AtomicU32::new(SEGMENT_HEADER_BYTES),
            sealed: AtomicBool::new(false),
            erasing: Mutex::default(),
        }
    }

    /// Where the durable frames end.
    pub(crate) fn committed(&self) -> u32 {
        self.committed.load(Ordering::Acquire)
    }

    pub(crate) fn commit_to(&self, end: u32) {
        self.committed.store(end, Ordering::Release);
    }

    /// Nothing is written to it any more.
    pub(crate) fn is_sealed(&self) -> bool {
        self.sealed.load(Ordering::Acquire)
    }

    pub(crate) fn seal(&self) {
        self.sealed.store(true, Ordering::Release);
    }

    /// Frames whose content is being overwritten. Locked for a look-up or an insertion only, never on the way of an
    /// envelope.
    pub(crate) fn erasing(&self) -> MutexGuard<'_, BTreeSet<u32>> {
        self.erasing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn info(&self) -> SegmentInfo {
        SegmentInfo {
            id: self.id,
            stream: self.stream,
            sealed: self.is_sealed(),
            bytes_used: self.committed(),
            size: self.size,
        }
    }
}

/// All segments that can be read, by id.
pub(crate) struct Table<F> {
    segments: ArcSwap<BTreeMap<u32, Arc<Segment<F>>>>,
}

impl<F> Table<F> {
    pub(crate) fn new(segments: impl IntoIterator<Item = Arc<Segment<F>>>) -> Self {
        let segments = segments.into_iter().map(|segment| (segment.id, segment)).collect();
        Self { segments: ArcSwap::from_pointee(segments) }
    }

    pub(crate) fn find(&self, id: u32) -> Option<Arc<Segment<F>>> {
        self.segments.load().get(&id).cloned()
    }

    pub(crate) fn infos(&self) -> Vec<SegmentInfo> {
        self.segments.load().values().map(|segment| segment.info()).collect()
    }

    // Only the log writes, so that a copy changed and stored back loses nothing.
    pub(crate) fn insert(&self, segment: Arc<Segment<F>>) {
        let mut segments = BTreeMap::clone(&self.segments.load());
        segments.insert(segment.id, segment);
        self.segments.store(Arc::new(segments));
    }

    pub(crate) fn remove(&self, id: u32) {
        let mut segments = BTreeMap::clone(&self.segments.load());
        segments.remove(&id);
        self.segments.store(Arc::new(segments));
    }
}
