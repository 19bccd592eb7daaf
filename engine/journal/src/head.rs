//! The segment of a stream that is written to: where its next frame goes, and how much of it is known synced.

use std::io::{self, IoSlice};
use std::sync::Arc;

use bytes::Bytes;
use phytohub_model::Locator;

use crate::batch::{Batch, Part};
use crate::disk::DiskFile;
use crate::error::CommitError;
use crate::frame::{FrameHeader, KIND_MARK, KIND_SEAL, TAIL_BYTES};
use crate::segment::{Role, SEGMENT_HEADER_BYTES, Segment};

/// The segment of a stream that is written to.
pub(crate) struct Head<F> {
    pub(crate) segment: Arc<Segment<F>>,
    /// Where the next frame goes.
    pub(crate) end: u32,
    /// Up to here everything is synced: the watermark of the next frames.
    pub(crate) synced: u32,
    /// The highest watermark that stands in a frame which is synced itself.
    pub(crate) watermark: u32,
    /// The highest watermark that stands in any frame.
    pub(crate) marked: u32,
    /// The segment ends in a seal.
    pub(crate) sealed: bool,
    /// The part of the batch that goes into it.
    pub(crate) part: Option<usize>,
}

impl<F: DiskFile> Head<F> {
    /// The head of a segment whose frames end at `end` and are synced.
    pub(crate) fn new(segment: Arc<Segment<F>>, end: u32) -> Self {
        Self {
            segment,
            end,
            synced: end,
            watermark: SEGMENT_HEADER_BYTES,
            marked: SEGMENT_HEADER_BYTES,
            sealed: false,
            part: None,
        }
    }

    /// Whether a frame fits, and a mark and a seal behind it.
    pub(crate) fn holds(&self, bytes: usize) -> bool {
        let room = self.segment.size.saturating_sub(self.end) as usize;
        !self.sealed && bytes.next_multiple_of(8) + TAIL_BYTES as usize <= room
    }

    /// Whether a frame that begins before the durable watermark is meant; frames end before a watermark or begin at
    /// it.
    pub(crate) fn covers(&self, locator: &Locator) -> bool {
        locator.offset < self.watermark
    }

    /// Adds a frame to the batch; fills in place and watermark.
    pub(crate) fn push(&mut self, batch: &mut Batch<F>, header: FrameHeader, archive: &[u8], content: Bytes) {
        let part = *self.part.get_or_insert_with(|| {
            batch.begin(Part {
                segment: Arc::clone(&self.segment),
                spare: None,
                predecessor: None,
                start: self.end,
                end: self.end,
                watermark: self.synced,
            })
        });
        let header = FrameHeader { epoch: self.segment.id, offset: self.end, watermark: self.synced, ..header };
        batch.push(part, &header, archive, content);
        self.end = header.next();
        self.sealed |= header.kind == KIND_SEAL;
    }

    pub(crate) fn mark(&mut self, sequence: u64) -> Result<(), CommitError> {
        if self.marked == self.synced || !self.holds(0) {
            return Ok(());
        }
        let header = FrameHeader::bare(KIND_MARK, self.segment.id, self.end, self.synced, sequence);
        self.segment
            .file
            .write_all_at(&mut [IoSlice::new(&header.encode(&[]))], u64::from(self.end))
            .map_err(|source| failure(&self.segment, "write a mark to", source))?;
        self.marked = self.synced;
        self.end = header.next();
        Ok(())
    }
}

/// An error of the disk at a segment.
pub(crate) fn failure<F>(segment: &Segment<F>, what: &'static str, source: io::Error) -> CommitError {
    CommitError::Io { file: Role::Used.name(segment.id), what, source }
}
