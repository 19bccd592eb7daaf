//! The journal: whatever lies on the disk, a start ends, and what it recovers it recovers again.

use std::io::IoSlice;
use std::path::Path;
use std::sync::Arc;

use phytohub_core::registry::Registry;
use phytohub_journal::fake::FakeDisk;
use phytohub_journal::{ContentState, Disk, DiskFile, Log, Settings};
use phytohub_model::{Fact, Locator};

const DIR: &str = "/journal";
const SEGMENT: &str = "/journal/0000000001.used";
const SETTINGS: Settings = Settings { segment_bytes: 1 << 16, spare_segments: 1 };

/// See `engine/journal/FORMAT.md`.
const HEAD_BYTES: usize = 4096;
const HEADER_BYTES: usize = 44;
const MAGIC: [u8; 4] = [0, b'P', b'H', 1];

/// What a start replays.
type Replayed = Vec<(Fact, Locator, ContentState)>;

/// Opens a journal of one segment whose frames are these bytes. The first of them says whether the checksums of the
/// frames are made right first, so that what lies behind them is reached.
///
/// # Panics
/// Where something does not hold.
pub fn journal(bytes: &[u8]) {
    let Some((&first, frames)) = bytes.split_first() else { return };
    let mut frames = frames[..frames.len().min(SETTINGS.segment_bytes as usize - HEAD_BYTES)].to_vec();
    if first & 1 == 1 {
        mend(&mut frames);
    }
    let disk = disk(&frames);
    let before = disk.image();
    match open(&disk) {
        Err(error) => {
            assert!(!error.is_empty());
            assert!(disk.image() == before, "a start that failed changed the disk: {error}");
        }
        Ok(replayed) => assert_eq!(open(&disk).expect("what was recovered opens"), replayed),
    }
}

/// Opens a journal with one record: a kind, a version and an archive, all checksums right. A fact of the registry is
/// let happen.
///
/// # Panics
/// Where something does not hold.
pub fn fact(bytes: &[u8]) {
    let [kind, version, archive @ ..] = bytes else { return };
    let archive = &archive[..archive.len().min(8192)];
    let mut frame = vec![0; HEADER_BYTES];
    frame[0..4].copy_from_slice(&MAGIC);
    frame[24..28].copy_from_slice(&u32::try_from(archive.len()).unwrap_or(0).to_le_bytes());
    frame[36] = *kind;
    frame[37] = *version;
    frame.extend_from_slice(archive);
    mend(&mut frame);
    let mut registry = Registry::default();
    for (fact, ..) in open(&disk(&frame)).unwrap_or_default() {
        if let Fact::Registry(fact) = fact {
            registry.apply(&fact);
        }
    }
}

/// Makes places and checksums of frames right, wherever one seems to begin.
fn mend(frames: &mut [u8]) {
    let mut at = 0;
    while at + HEADER_BYTES <= frames.len() {
        if frames[at..at + 4] != MAGIC {
            at += 8;
            continue;
        }
        let place = u32::try_from(HEAD_BYTES + at).unwrap_or(u32::MAX);
        let frame = &mut frames[at..];
        frame[4..8].copy_from_slice(&1_u32.to_le_bytes());
        frame[8..12].copy_from_slice(&place.to_le_bytes());
        let head = u32::try_from(HEAD_BYTES).unwrap_or(0);
        frame[12..16].copy_from_slice(&head.to_le_bytes());
        frame[38..40].fill(0);
        let length = |at: usize| u32::from_le_bytes([frame[at], frame[at + 1], frame[at + 2], frame[at + 3]]) as usize;
        let (archive, content) = (length(24), length(28));
        let end = HEADER_BYTES.saturating_add(archive);
        let Some(text) = frame.get(HEADER_BYTES..end) else { return };
        let mut checksum = crc32fast::Hasher::new();
        checksum.update(&frame[..40]);
        checksum.update(text);
        let checksum = checksum.finalize().to_le_bytes();
        frame[40..44].copy_from_slice(&checksum);
        at = (at + end).saturating_add(content).next_multiple_of(8);
    }
}

/// A disk with a segment of these frames.
fn disk(frames: &[u8]) -> FakeDisk {
    let disk = FakeDisk::new();
    let mut segment = vec![0; SETTINGS.segment_bytes as usize];
    segment[0..8].copy_from_slice(b"\0PHYTOHB");
    segment[8..12].copy_from_slice(&2_u32.to_le_bytes());
    segment[12..16].copy_from_slice(&1_u32.to_le_bytes());
    segment[16..20].copy_from_slice(&SETTINGS.segment_bytes.to_le_bytes());
    let checksum = crc32fast::hash(&segment[..HEAD_BYTES]).to_le_bytes();
    segment[32..36].copy_from_slice(&checksum);
    segment[HEAD_BYTES..HEAD_BYTES + frames.len()].copy_from_slice(frames);
    let write = || {
        disk.make_dir(Path::new(DIR))?;
        let file = disk.create(Path::new(SEGMENT))?;
        file.write_all_at(&mut [IoSlice::new(&segment)], 0)?;
        file.sync_data()?;
        disk.sync_dir(Path::new(DIR))
    };
    write().expect("a disk in memory");
    disk
}

fn open(disk: &FakeDisk) -> Result<Replayed, String> {
    let mut replayed = Vec::new();
    let record = |fact, locator, state| replayed.push((fact, locator, state));
    Log::open(Arc::new(disk.clone()), Path::new(DIR), SETTINGS, record).map_err(|error| error.to_string())?;
    Ok(replayed)
}
