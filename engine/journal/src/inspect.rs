//! Reading a journal without opening it: every record that can be read, and every place where none can, in one pass
//! that changes nothing and does not stop at damage.
//!
//! The directory may belong to a hub that runs. Hot segments are read before cold ones and each stream by number,
//! and the directory is listed anew for each segment: what is moved meanwhile is moved to where this comes later,
//! so that every record that was durable when the pass began, and is still needed, is met at least once.

use std::io;
use std::ops::{ControlFlow, Range};
use std::path::Path;

use phytohub_model::Fact;

use crate::codec;
use crate::disk::{Disk, DiskFile};
use crate::error::OpenError;
use crate::frame::{
    Depth, FORMAT_VERSION, FRAME_HEADER_BYTES, FRAME_STEP, Frame, FrameHeader, KIND_MARK, KIND_SEAL, is_surely_erased,
};
use crate::recovery::{ContentState, state};
use crate::segment::{self, HeaderError, Role, SEGMENT_HEADER_BYTES, Stream};
use crate::window::{Window, read_exact_at};

/// A record as it lies in a segment.
#[derive(Debug)]
pub struct Record<'a> {
    /// The segment's number.
    pub segment: u32,
    /// Where its frame begins.
    pub offset: u32,
    /// The stream it belongs to.
    pub stream: Stream,
    /// Its count among the log's records.
    pub sequence: u64,
    /// What it says.
    pub fact: Fact,
    /// Its content as it lies there; what `state` says of it counts.
    pub content: &'a [u8],
    /// How the content is.
    pub state: ContentState,
}

/// A place where no frame can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The bytes, counted from the segment's start.
    pub range: Range<u32>,
    /// What is wrong.
    pub what: &'static str,
    /// What the record there says when its checksum is overlooked: likely, never sure.
    pub perhaps: Option<Fact>,
}

/// What was found in one segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentReport {
    /// Its number.
    pub id: u32,
    /// Its file's name.
    pub file: String,
    /// Its stream, as the head says, or the first record when the head is damaged.
    pub stream: Option<Stream>,
    /// Records that were read.
    pub records: u64,
    /// Up to here it was surely synced. Content behind it that fails its checksum was never finished.
    pub synced: u32,
    /// Damage: synced once, and not as it was written.
    pub broken: Vec<Broken>,
    /// Bytes at the end that belong to a batch which was never finished: the next start cuts them off.
    pub torn: Option<Range<u32>>,
}

/// What was found in a journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    /// The segments, in the order in which they were read.
    pub segments: Vec<SegmentReport>,
    /// A segment was listed and gone before it was read to its end: a hub that runs has released it.
    pub moved: bool,
}

impl Inspection {
    /// Records that were read.
    pub fn records(&self) -> u64 {
        self.segments.iter().map(|segment| segment.records).sum()
    }

    /// Whether something that was once synced cannot be read.
    pub fn is_damaged(&self) -> bool {
        self.segments.iter().any(|segment| !segment.broken.is_empty())
    }
}

/// Reads all segments in `dir`, and gives each record to `on_record`, which may end it.
///
/// # Errors
/// [`OpenError::Io`], or [`OpenError::Newer`] for a format that this release does not read. Damage is no error.
pub fn inspect<D: Disk>(
    disk: &D,
    dir: &Path,
    on_record: &mut dyn FnMut(Record<'_>) -> ControlFlow<()>,
) -> Result<Inspection, OpenError> {
    let mut inspection = Inspection::default();
    let mut buffer = Vec::new();
    for stream in [Some(Stream::Hot), Some(Stream::Cold), None] {
        let mut read_to = 0;
        while let Some(id) = next_segment(disk, dir, read_to)? {
            read_to = id;
            let path = Role::Used.path(dir, id);
            let Some(file) = open(disk, &path)? else {
                inspection.moved = true;
                continue;
            };
            let head = read_head(&file, &path, id)?;
            if head.stream != stream {
                continue;
            }
            let is_last = next_segment_of(disk, dir, id, stream)?.is_none();
            let walk = Walk { id, head, is_last, on_record: &mut *on_record };
            let (report, flow) = walk.run(&file, &mut buffer).map_err(|source| failure(&path, "read", source))?;
            if open(disk, &path)?.is_some() {
                inspection.segments.push(report);
            } else {
                // It was released while it was read; what cannot be read in it is no damage.
                inspection.moved = true;
                inspection.segments.push(SegmentReport { broken: Vec::new(), torn: None, ..report });
            }
            if flow.is_break() {
                return Ok(inspection);
            }
        }
    }
    Ok(inspection)
}

/// The head of a segment, as far as it can be read.
struct Head {
    /// `None` when the head is damaged.
    stream: Option<Stream>,
    size: u32,
    damage: Option<&'static str>,
}

/// The lowest number of a segment above `above`.
fn next_segment<D: Disk>(disk: &D, dir: &Path, above: u32) -> Result<Option<u32>, OpenError> {
    let names = disk.list(dir).map_err(|source| failure(dir, "list", source))?;
    let used = names.iter().filter_map(|name| Role::of(name)).filter(|(role, _)| *role == Role::Used);
    Ok(used.map(|(_, id)| id).filter(|&id| id > above).min())
}

/// The next segment of the same stream.
fn next_segment_of<D: Disk>(
    disk: &D,
    dir: &Path,
    mut above: u32,
    stream: Option<Stream>,
) -> Result<Option<u32>, OpenError> {
    while let Some(id) = next_segment(disk, dir, above)? {
        let path = Role::Used.path(dir, id);
        if let Some(file) = open(disk, &path)?
            && read_head(&file, &path, id)?.stream == stream
        {
            return Ok(Some(id));
        }
        above = id;
    }
    Ok(None)
}

fn open<D: Disk>(disk: &D, path: &Path) -> Result<Option<D::File>, OpenError> {
    match disk.open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(failure(path, "open", source)),
    }
}

fn read_head<F: DiskFile>(file: &F, path: &Path, id: u32) -> Result<Head, OpenError> {
    let size = file.size().map_err(|source| failure(path, "read the size of", source))?;
    let mut block = vec![0; usize::try_from(size).unwrap_or(usize::MAX).min(SEGMENT_HEADER_BYTES as usize)];
    read_exact_at(file, &mut block, 0).map_err(|source| failure(path, "read", source))?;
    match segment::decode_header(&block, id, size) {
        Ok((stream, size)) => Ok(Head { stream: Some(stream), size, damage: None }),
        Err(HeaderError::Damaged(what)) => {
            Ok(Head { stream: None, size: u32::try_from(size).unwrap_or(u32::MAX), damage: Some(what) })
        }
        Err(HeaderError::Newer(written)) => {
            let file = Role::Used.name(id);
            Err(OpenError::Newer { file, offset: 0, written, known: FORMAT_VERSION.into() })
        }
    }
}

/// One segment on its way to the caller.
struct Walk<'a> {
    id: u32,
    head: Head,
    /// No later segment of its stream is there: its last frames may be torn.
    is_last: bool,
    on_record: &'a mut dyn FnMut(Record<'_>) -> ControlFlow<()>,
}

impl Walk<'_> {
    fn run<F: DiskFile>(mut self, file: &F, buffer: &mut Vec<u8>) -> io::Result<(SegmentReport, ControlFlow<()>)> {
        let mut report = SegmentReport {
            id: self.id,
            file: Role::Used.name(self.id),
            stream: self.head.stream,
            records: 0,
            synced: self.head.size,
            broken: Vec::new(),
            torn: None,
        };
        if let Some(what) = self.head.damage {
            report.broken.push(Broken { range: 0..SEGMENT_HEADER_BYTES.min(self.head.size), what, perhaps: None });
        }
        let mut window = Window::new(file, self.head.size, buffer);
        let (mut offset, mut watermark, mut sealed) = (SEGMENT_HEADER_BYTES, 0, false);
        let mut erased = Vec::new();
        let mut flow = ControlFlow::Continue(());
        while offset < self.head.size && !sealed && flow.is_continue() {
            if let Some(frame) = Frame::read(&mut window, self.id, offset, Depth::Whole)? {
                watermark = watermark.max(frame.header.watermark);
                sealed = frame.header.kind == KIND_SEAL;
                offset = frame.header.next();
                if self.is_last && state(&frame) == ContentState::Erased {
                    erased.push(frame.header);
                }
                flow = self.take(&frame, &mut report);
                continue;
            }
            let (next, last) = search(&mut window, self.id, offset)?;
            if last > offset {
                let perhaps = overlook(&mut window, self.id, offset)?;
                let what = "no frame can be read there";
                report.broken.push(Broken { range: offset..next.unwrap_or(last), what, perhaps });
            }
            offset = next.unwrap_or(self.head.size);
        }
        // A seal is no sign that its own batch was synced, until a successor is there.
        if self.is_last {
            report.synced = watermark;
            for header in erased.iter().filter(|header| watermark <= header.offset) {
                tell_erased(&mut window, &mut report, header)?;
            }
            tell_torn(&mut report);
        } else if !sealed && flow.is_continue() {
            let end = self.head.size;
            let what = "the frame that ends the segment is missing";
            report.broken.push(Broken { range: end..end, what, perhaps: None });
        }
        Ok((report, flow))
    }

    fn take(&mut self, frame: &Frame<'_>, report: &mut SegmentReport) -> ControlFlow<()> {
        let FrameHeader { kind, offset, sequence, .. } = frame.header;
        if kind == KIND_MARK || kind == KIND_SEAL {
            return ControlFlow::Continue(());
        }
        let Ok(fact) = codec::decode(kind, frame.archive) else {
            let what = "the record is whole but makes no sense to this release";
            report.broken.push(Broken { range: offset..frame.header.next(), what, perhaps: None });
            return ControlFlow::Continue(());
        };
        report.records += 1;
        let by_fact = if matches!(fact, Fact::Track(_)) { Stream::Cold } else { Stream::Hot };
        let stream = *report.stream.get_or_insert(by_fact);
        let state = state(frame);
        (self.on_record)(Record { segment: self.id, offset, stream, sequence, fact, content: frame.content, state })
    }
}

/// Content that was erased, of a frame that no watermark covers any more: the frame that covered it was synced, and is
/// the broken one behind it.
fn tell_erased<F: DiskFile>(
    window: &mut Window<'_, F>,
    report: &mut SegmentReport,
    header: &FrameHeader,
) -> io::Result<()> {
    let Some(broken) = report.broken.iter().find(|broken| header.offset < broken.range.start) else { return Ok(()) };
    if is_surely_erased(window, header, false)? {
        report.synced = report.synced.max(broken.range.end);
    }
    Ok(())
}

/// What cannot be read behind the last watermark of the last segment was never finished, unless a later frame shows
/// that it was synced.
fn tell_torn(report: &mut SegmentReport) {
    let synced = report.synced;
    let is_torn = |broken: &Broken| broken.range.start >= synced && broken.range.start >= SEGMENT_HEADER_BYTES;
    let torn: Vec<_> = report.broken.extract_if(.., |broken| is_torn(broken)).map(|broken| broken.range).collect();
    if let (Some(first), Some(last)) = (torn.first(), torn.last()) {
        report.torn = Some(first.start..last.end);
    }
}

/// Where the next frame behind a broken place begins, and where the bytes that are not zero end before it.
fn search<F: DiskFile>(window: &mut Window<'_, F>, segment: u32, broken: u32) -> io::Result<(Option<u32>, u32)> {
    let (mut offset, mut last) = (broken, broken);
    while offset < window.size() {
        let length = FRAME_STEP.min(window.size() - offset);
        let Some(step) = window.bytes(offset, length)? else { break };
        if step.iter().any(|&byte| byte != 0) {
            if offset > broken && FrameHeader::may_begin(step) && is_frame(window, segment, offset)? {
                return Ok((Some(offset), offset));
            }
            last = offset + length;
        }
        offset += length;
    }
    Ok((None, last))
}

fn is_frame<F: DiskFile>(window: &mut Window<'_, F>, segment: u32, offset: u32) -> io::Result<bool> {
    Ok(Frame::read(window, segment, offset, Depth::Head)?.is_some())
}

/// The record at a place whose checksum fails, if its bytes make sense all the same.
fn overlook<F: DiskFile>(window: &mut Window<'_, F>, segment: u32, offset: u32) -> io::Result<Option<Fact>> {
    let size = window.size();
    let Some(head) = window.bytes(offset, FRAME_HEADER_BYTES)? else { return Ok(None) };
    let Some((header, _)) = FrameHeader::decode(head, segment, offset, size) else { return Ok(None) };
    let Some(bytes) = window.bytes(offset, header.content_start())? else { return Ok(None) };
    Ok(codec::decode(header.kind, &bytes[FRAME_HEADER_BYTES as usize..]).ok())
}

fn failure(path: &Path, what: &'static str, source: io::Error) -> OpenError {
    OpenError::Io { path: path.display().to_string(), what, source }
}

const _: () = assert!(SEGMENT_HEADER_BYTES.is_multiple_of(FRAME_STEP), "frames are searched from there in steps");
