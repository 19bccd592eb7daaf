//! What is staged and not yet committed: heads of frames in one arena, content by reference.

use std::io::IoSlice;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::frame::FrameHeader;
use crate::segment::Segment;

/// Zeros between a frame's end and the next one's start.
const PADDING: [u8; 8] = [0; 8];

/// The part of a batch that goes into one segment: one contiguous write.
pub(crate) struct Part<F> {
    pub(crate) segment: Arc<Segment<F>>,
    /// Number of the spare file that becomes the segment before anything is written to it.
    pub(crate) spare: Option<u32>,
    /// The segment that this one succeeds; it is sealed once this one exists.
    pub(crate) predecessor: Option<Arc<Segment<F>>>,
    pub(crate) start: u32,
    /// Where the last frame ends.
    pub(crate) end: u32,
    /// The watermark that the part's frames carry.
    pub(crate) watermark: u32,
}

struct Piece {
    part: usize,
    /// Padding before the frame, its header and its archive, in the arena.
    head: Range<usize>,
    content: Bytes,
}

/// A batch of frames. Its buffers are used again by the next.
pub(crate) struct Batch<F> {
    pub(crate) parts: Vec<Part<F>>,
    pieces: Vec<Piece>,
    arena: Vec<u8>,
    bytes: usize,
}

impl<F> Batch<F> {
    pub(crate) fn new() -> Self {
        Self { parts: Vec::new(), pieces: Vec::new(), arena: Vec::new(), bytes: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Bytes that the next commit will write.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn clear(&mut self) {
        self.parts.clear();
        self.pieces.clear();
        self.arena.clear();
        self.bytes = 0;
    }

    /// Adds a part and gives its index.
    pub(crate) fn begin(&mut self, part: Part<F>) -> usize {
        self.parts.push(part);
        self.parts.len() - 1
    }

    /// Adds a frame to a part, behind the one before.
    pub(crate) fn push(&mut self, index: usize, header: &FrameHeader, archive: &[u8], content: Bytes) {
        let Some(part) = self.parts.get_mut(index) else { return };
        let start = self.arena.len();
        let padding = (header.offset - part.end) as usize;
        part.end = header.end();
        self.arena.extend_from_slice(&PADDING[..padding]);
        self.arena.extend_from_slice(&header.encode(archive));
        self.arena.extend_from_slice(archive);
        self.bytes += self.arena.len() - start + content.len();
        self.pieces.push(Piece { part: index, head: start..self.arena.len(), content });
    }

    /// The slices of one part in their order on disk. Heads that lie next to each other in the arena are one slice.
    pub(crate) fn slices(&self, part: usize) -> Vec<IoSlice<'_>> {
        let mut slices = Vec::with_capacity(self.pieces.len() * 2);
        let mut run = 0..0;
        for piece in self.pieces.iter().filter(|piece| piece.part == part) {
            if run.end == piece.head.start && !run.is_empty() {
                run.end = piece.head.end;
            } else {
                slices.push(IoSlice::new(&self.arena[run]));
                run = piece.head.clone();
            }
            if !piece.content.is_empty() {
                slices.push(IoSlice::new(&self.arena[run.clone()]));
                slices.push(IoSlice::new(&piece.content));
                run = 0..0;
            }
        }
        slices.push(IoSlice::new(&self.arena[run]));
        slices.retain(|slice| !slice.is_empty());
        slices
    }
}
