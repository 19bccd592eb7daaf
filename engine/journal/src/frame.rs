//! The frame around each record: a fixed header, the archive of the fact, the raw content.

use std::io;
use std::ops::Range;

use crate::disk::DiskFile;
use crate::segment::SEGMENT_HEADER_BYTES;
use crate::window::Window;

/// Format of segments and frames. Raised with every change that an older release cannot read, a new kind of fact too.
pub(crate) const FORMAT_VERSION: u8 = 2;

/// Begins every frame. Content is legal XML and has no byte 0, so content can never be taken for a frame when a
/// broken tail is searched for later frames.
const MAGIC: [u8; 4] = [0, b'P', b'H', 1];

/// Bytes of the header.
pub(crate) const FRAME_HEADER_BYTES: u32 = 44;

/// The part of the header that its checksum covers, besides the archive.
const CHECKED_BYTES: usize = 40;

/// Frames begin at multiples of this, so that a search for them is quick.
pub(crate) const FRAME_STEP: u32 = 8;

/// A block of the medium, which is written as a whole or not at all.
const ATOMIC_BYTES: u32 = 512;

/// A seal or mark: a header alone, padded.
pub(crate) const SEAL_BYTES: u32 = FRAME_HEADER_BYTES.next_multiple_of(FRAME_STEP);

/// Kept free at the end of each segment: a mark behind the last record, so that damage to it can be told from a
/// torn tail, and the seal.
pub(crate) const TAIL_BYTES: u32 = 2 * SEAL_BYTES;

/// What the archive of any envelope's fact stays under: numbers and codes, a certificate number (240 bytes) and a
/// message (4096 bytes).
pub(crate) const ARCHIVE_BYTES_MAX: u32 = 8192;

/// Kind of a frame that ends a segment.
pub(crate) const KIND_SEAL: u8 = 254;

/// Kind of a frame that only carries a watermark.
pub(crate) const KIND_MARK: u8 = 255;

/// Header of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    /// Segment in which the frame was written: bytes of an earlier use of the file have another one.
    pub(crate) epoch: u32,
    /// Where the frame begins.
    pub(crate) offset: u32,
    /// Up to here the segment was known synced when the frame was written.
    pub(crate) watermark: u32,
    /// Count of records of the log.
    pub(crate) sequence: u64,
    pub(crate) archive_length: u32,
    pub(crate) content_length: u32,
    pub(crate) content_checksum: u32,
    /// Kind of fact, [`KIND_SEAL`] or [`KIND_MARK`].
    pub(crate) kind: u8,
    /// [`FORMAT_VERSION`] of the release that wrote the frame.
    pub(crate) version: u8,
}

impl FrameHeader {
    /// Header of a seal or mark.
    pub(crate) fn bare(kind: u8, epoch: u32, offset: u32, watermark: u32, sequence: u64) -> Self {
        Self {
            epoch,
            offset,
            watermark,
            sequence,
            archive_length: 0,
            content_length: 0,
            content_checksum: 0,
            kind,
            version: FORMAT_VERSION,
        }
    }

    /// The header's bytes, with the checksum over them and `archive`.
    pub(crate) fn encode(&self, archive: &[u8]) -> [u8; FRAME_HEADER_BYTES as usize] {
        let mut bytes = [0; FRAME_HEADER_BYTES as usize];
        bytes[0..4].copy_from_slice(&MAGIC);
        bytes[4..8].copy_from_slice(&self.epoch.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.offset.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.watermark.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[24..28].copy_from_slice(&self.archive_length.to_le_bytes());
        bytes[28..32].copy_from_slice(&self.content_length.to_le_bytes());
        bytes[32..36].copy_from_slice(&self.content_checksum.to_le_bytes());
        bytes[36] = self.kind;
        bytes[37] = self.version;
        let checksum = checksum(&[&bytes[..CHECKED_BYTES], archive]);
        bytes[CHECKED_BYTES..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Reads a header that stands at `offset` of a segment of `size` bytes, and its checksum; `None` when no frame of
    /// that segment can begin so.
    pub(crate) fn decode(bytes: &[u8], segment: u32, offset: u32, size: u32) -> Option<(Self, u32)> {
        let bytes: &[u8; FRAME_HEADER_BYTES as usize] = bytes.get(..FRAME_HEADER_BYTES as usize)?.try_into().ok()?;
        let header = Self {
            epoch: u32_at(bytes, 4),
            offset: u32_at(bytes, 8),
            watermark: u32_at(bytes, 12),
            sequence: u64::from(u32_at(bytes, 16)) | u64::from(u32_at(bytes, 20)) << 32,
            archive_length: u32_at(bytes, 24),
            content_length: u32_at(bytes, 28),
            content_checksum: u32_at(bytes, 32),
            kind: bytes[36],
            version: bytes[37],
        };
        let fits = header.length().is_some_and(|length| length <= size.saturating_sub(offset));
        let begins = bytes[0..4] == MAGIC && bytes[38..40] == [0, 0];
        let placed = header.epoch == segment && header.offset == offset;
        let ordered = (SEGMENT_HEADER_BYTES..=offset).contains(&header.watermark);
        (begins && placed && ordered && fits).then_some((header, u32_at(bytes, CHECKED_BYTES)))
    }

    /// Whether a frame may begin with these bytes; a quick look for searches.
    pub(crate) fn may_begin(bytes: &[u8]) -> bool {
        bytes.starts_with(&MAGIC)
    }

    /// Bytes of the frame, without padding; `None` when no file could hold it.
    pub(crate) fn length(&self) -> Option<u32> {
        FRAME_HEADER_BYTES.checked_add(self.archive_length)?.checked_add(self.content_length)
    }

    /// Where content begins, counted from the frame's start.
    pub(crate) fn content_start(&self) -> u32 {
        FRAME_HEADER_BYTES + self.archive_length
    }

    /// Where the frame ends. Only for a header that is known to lie inside its segment.
    pub(crate) fn end(&self) -> u32 {
        self.offset + FRAME_HEADER_BYTES + self.archive_length + self.content_length
    }

    /// Where the next frame begins; see [`Self::end`].
    pub(crate) fn next(&self) -> u32 {
        align(self.end())
    }
}

/// How much of a frame is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    Head,
    Whole,
}

/// A frame whose header and archive are as they were written.
pub(crate) struct Frame<'a> {
    pub(crate) header: FrameHeader,
    pub(crate) archive: &'a [u8],
    /// Empty at [`Depth::Head`].
    pub(crate) content: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The frame at `offset`, `None` when none of this segment is there or its header or archive is broken.
    pub(crate) fn read<F: DiskFile>(
        window: &'a mut Window<'_, F>,
        segment: u32,
        offset: u32,
        depth: Depth,
    ) -> io::Result<Option<Self>> {
        let size = window.size();
        let Some(head) = window.bytes(offset, FRAME_HEADER_BYTES)? else { return Ok(None) };
        let Some((header, expected)) = FrameHeader::decode(head, segment, offset, size) else { return Ok(None) };
        let wanted = match depth {
            Depth::Head => header.content_start(),
            Depth::Whole => header.content_start() + header.content_length,
        };
        let Some(bytes) = window.bytes(offset, wanted)? else { return Ok(None) };
        let (head, content) = bytes.split_at(header.content_start() as usize);
        let archive = &head[FRAME_HEADER_BYTES as usize..];
        let intact = checksum(&[&head[..CHECKED_BYTES], archive]) == expected;
        Ok(intact.then_some(Self { header, archive, content }))
    }
}

/// Whether content that is all zeros was erased for certain, and not lost with a write that was never finished.
///
/// Content has no byte 0. So where a block holds zeros of it next to other bytes of its own write or of a later one,
/// the block was written with the content, and the zeros came afterwards. The bytes before the content are no proof of
/// that alone: a write that a kill cut short may end just there, but then nothing lies behind it.
pub(crate) fn is_surely_erased<F: DiskFile>(
    window: &mut Window<'_, F>,
    header: &FrameHeader,
    ends_there: bool,
) -> io::Result<bool> {
    let (content, end, size) = (header.offset + header.content_start(), header.end(), window.size());
    let before = header.offset.max(content / ATOMIC_BYTES * ATOMIC_BYTES)..content;
    let behind = end..end.next_multiple_of(ATOMIC_BYTES).min(size);
    let mut holds_bytes = |range: Range<u32>| {
        let bytes = window.bytes(range.start, range.end - range.start)?;
        Ok::<_, io::Error>(bytes.is_some_and(|bytes| bytes.iter().any(|&byte| byte != 0)))
    };
    Ok(holds_bytes(behind)? || (!ends_there && holds_bytes(before)?))
}

/// Checks header and archive of a frame whose first bytes are `head`.
pub(crate) fn head_is_intact(head: &[u8], header: &FrameHeader, expected: u32) -> bool {
    let archive = head.get(FRAME_HEADER_BYTES as usize..header.content_start() as usize);
    archive.is_some_and(|archive| checksum(&[&head[..CHECKED_BYTES], archive]) == expected)
}

/// CRC-32 over several pieces as if they were one.
pub(crate) fn checksum(pieces: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    pieces.iter().for_each(|piece| hasher.update(piece));
    hasher.finalize()
}

/// The next place where a frame may begin.
pub(crate) fn align(offset: u32) -> u32 {
    offset.next_multiple_of(FRAME_STEP)
}

/// Little-endian number at a place that the caller knows to be inside.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word)
}
