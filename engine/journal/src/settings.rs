//! What an operator may set, and how much room is left.

use phytohub_model::limits::{SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN};

use crate::error::SettingsError;
use crate::frame::{ARCHIVE_BYTES_MAX, FRAME_HEADER_BYTES, FRAME_STEP, TAIL_BYTES};
use crate::segment::SEGMENT_HEADER_BYTES;

/// Segments have whole blocks of the file system: zeroing and recycling never touch a block in part.
const SEGMENT_BYTES_STEP: u32 = 4096;

/// Spares that only acknowledgements and the reclaiming of space may use: with the disk full, reclaiming must still
/// be able to write its tracks to a new cold segment, or no room would ever come back.
pub(crate) const RESERVE_SEGMENTS: u32 = 1;

/// Recycled files are kept up to this many beyond the wanted spares; more are given back to the disk.
pub(crate) const SURPLUS_SEGMENTS: u32 = 2;

/// More than this would only hold disk space: a spare is ready in well under a second.
const SPARE_SEGMENTS_MAX: u32 = 1024;

/// How a log is laid out. Segments that exist keep the size with which they were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Size of each segment made from now on, a multiple of 4096 within the model's limits.
    pub segment_bytes: u32,
    /// Spare segments kept ready for deliveries, at least 1; one more is kept for acknowledgements and reclaiming.
    /// With 2 a log goes over to its next segment without a pause.
    pub spare_segments: u32,
}

impl Settings {
    /// The largest content that a segment of this size holds in one record, whatever its fact.
    pub fn content_bytes_max(&self) -> usize {
        let overhead = SEGMENT_HEADER_BYTES + FRAME_HEADER_BYTES + ARCHIVE_BYTES_MAX + TAIL_BYTES;
        self.segment_bytes.saturating_sub(overhead) as usize
    }

    /// How many records with contents of this length, in bytes, find room at one time once the spares are ready,
    /// however full the segment is that is written to; see [`crate::Log::holds`].
    pub fn records_max(&self, content_bytes: usize) -> usize {
        let bytes =
            ((FRAME_HEADER_BYTES + ARCHIVE_BYTES_MAX) as usize + content_bytes).next_multiple_of(FRAME_STEP as usize);
        let room = self.segment_bytes.saturating_sub(SEGMENT_HEADER_BYTES + TAIL_BYTES) as usize;
        self.spare_segments as usize * (room / bytes)
    }

    /// The spares that are kept ready in all.
    pub(crate) fn spares_wanted(&self) -> u32 {
        self.spare_segments + RESERVE_SEGMENTS
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        let bytes = self.segment_bytes as usize;
        if !(SEGMENT_BYTES_MIN..=SEGMENT_BYTES_MAX).contains(&bytes)
            || !self.segment_bytes.is_multiple_of(SEGMENT_BYTES_STEP)
        {
            return Err(SettingsError::SegmentBytes(self.segment_bytes));
        }
        if !(1..=SPARE_SEGMENTS_MAX).contains(&self.spare_segments) {
            return Err(SettingsError::SpareSegments(self.spare_segments, SPARE_SEGMENTS_MAX));
        }
        Ok(())
    }
}

/// How much room a log has, as of the last staged record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Spare segments that are ready.
    pub spare_segments: u32,
    /// The last attempt to prepare a spare met a full disk; see [`crate::Log::retry`].
    pub disk_full: bool,
}

impl Room {
    /// Whether deliveries may be taken. Acknowledgements may be staged until [`crate::NoRoom`].
    pub fn takes_deliveries(&self) -> bool {
        self.spare_segments > RESERVE_SEGMENTS
    }
}
