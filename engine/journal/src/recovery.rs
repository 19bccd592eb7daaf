//! Opening a log: every record is read and checked, the torn tail of a last batch is told from damage and cut off.
//!
//! Three steps. *Survey*: the last segment of each stream is walked to find where its frames end and up to where they
//! were known synced. *Replay*: all segments in order, without changing anything on the disk. *Mend*: only then
//! what is kept of the last batch is written again and synced, and everything behind it becomes zeros.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, IoSlice};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use phytohub_model::{Fact, Locator};

use crate::codec::{self, DecodeError};
use crate::disk::{Disk, DiskFile};
use crate::error::OpenError;
use crate::frame::{
    Depth, FORMAT_VERSION, FRAME_HEADER_BYTES, FRAME_STEP, Frame, FrameHeader, KIND_MARK, KIND_SEAL, checksum,
    is_surely_erased,
};
use crate::head::Head;
use crate::job::Chores;
use crate::log::Spare;
use crate::segment::{self, HeaderError, Role, SEGMENT_HEADER_BYTES, Segment};
use crate::settings::Settings;
use crate::window::{Window, read_exact_at};

/// How the content of a replayed record is. Whether it matters is for the one who knows what the fact means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentState {
    /// The record has no content.
    None,
    /// As it was written.
    Intact,
    /// Overwritten with zeros.
    Erased,
    /// Neither.
    Damaged,
}

/// What an opened directory holds.
pub(crate) struct Recovered<F> {
    pub(crate) segments: Vec<Arc<Segment<F>>>,
    pub(crate) heads: [Option<Head<F>>; 2],
    pub(crate) spares: VecDeque<Spare<F>>,
    pub(crate) chores: Chores,
    pub(crate) next_segment: u32,
    pub(crate) next_sequence: u64,
}

/// What is known of the frames of a stream's last segment.
struct Survey {
    /// Where the frames that are kept end.
    end: u32,
    /// Up to here the segment was known synced, as any frame says that can still be read.
    watermark: u32,
    /// The highest watermark of the frames that are kept: what the next start will find.
    covered: u32,
    /// The last frame that is kept is a seal.
    sealed: bool,
    /// Bytes behind the end that are not zero.
    remains: Option<Range<u32>>,
}

/// Opens all files, replays, mends.
pub(crate) fn recover<D: Disk>(
    disk: &D,
    dir: &Path,
    settings: &Settings,
    on_record: &mut dyn FnMut(Fact, Locator, ContentState),
) -> Result<Recovered<D::File>, OpenError> {
    disk.make_dir(dir).map_err(|source| failure(dir, "make the directory", source))?;
    let files = list(disk, dir)?;
    let mut segments = Vec::new();
    for &id in &files.used {
        segments.push(Arc::new(open_segment(disk, dir, id)?));
    }
    let mut last: [Option<u32>; 2] = [None; 2];
    segments.iter().for_each(|segment| last[segment.stream.index()] = Some(segment.id));

    let mut buffer = Vec::new();
    let mut surveys = BTreeMap::new();
    for segment in segments.iter().filter(|segment| last.contains(&Some(segment.id))) {
        surveys.insert(segment.id, survey(segment, &mut buffer)?);
    }
    let mut next_sequence = 0;
    for segment in &segments {
        let mut replay = Replay { segment, end: surveys.get(&segment.id).map(|survey| survey.end), next_sequence };
        next_sequence = replay.run(&mut buffer, on_record)?;
    }
    let mut heads = [None, None];
    for segment in &segments {
        match surveys.get(&segment.id) {
            None => segment.seal(),
            Some(survey) => {
                mend(segment, survey, &mut buffer).map_err(|source| segment_failure(segment, "mend", source))?;
                heads[segment.stream.index()] = Some(head(segment, survey));
            }
        }
    }
    let spares = tidy(disk, dir, settings, &files)?;
    let chores = Chores::new(files.gone, files.next_number);
    let next_segment = files.used.last().map_or(1, |id| id.saturating_add(1));
    Ok(Recovered { segments, heads, spares, chores, next_segment, next_sequence })
}

/// The log's files by what they are.
struct Files {
    used: Vec<u32>,
    free: Vec<u32>,
    gone: Vec<u32>,
    prep: Vec<u32>,
    next_number: u32,
}

fn list<D: Disk>(disk: &D, dir: &Path) -> Result<Files, OpenError> {
    let names = disk.list(dir).map_err(|source| failure(dir, "list", source))?;
    let mut files = Files { used: Vec::new(), free: Vec::new(), gone: Vec::new(), prep: Vec::new(), next_number: 0 };
    for (role, number) in names.iter().filter_map(|name| Role::of(name)) {
        match role {
            Role::Used => files.used.push(number),
            Role::Free => files.free.push(number),
            Role::Gone => files.gone.push(number),
            Role::Prep => files.prep.push(number),
        }
    }
    for numbers in [&mut files.used, &mut files.free, &mut files.gone, &mut files.prep] {
        numbers.sort_unstable();
    }
    files.next_number = files.free.iter().chain(&files.prep).max().map_or(0, |number| number.wrapping_add(1));
    Ok(files)
}

fn open_segment<D: Disk>(disk: &D, dir: &Path, id: u32) -> Result<Segment<D::File>, OpenError> {
    let path = Role::Used.path(dir, id);
    let file = disk.open(&path).map_err(|source| failure(&path, "open", source))?;
    let size = file.size().map_err(|source| failure(&path, "read the size of", source))?;
    let mut block = vec![0; usize::try_from(size).unwrap_or(usize::MAX).min(SEGMENT_HEADER_BYTES as usize)];
    read_exact_at(&file, &mut block, 0).map_err(|source| failure(&path, "read", source))?;
    match segment::decode_header(&block, id, size) {
        Ok((stream, size)) => Ok(Segment::new(id, stream, size, file)),
        Err(HeaderError::Damaged(what)) => Err(damaged(id, 0, what)),
        Err(HeaderError::Newer(written)) => Err(newer(id, 0, written)),
    }
}

/// Finds the end of the frames of a last segment; see the module.
fn survey<F: DiskFile>(segment: &Segment<F>, buffer: &mut Vec<u8>) -> Result<Survey, OpenError> {
    let mut window = Window::new(&segment.file, segment.size, buffer);
    let io = |source| segment_failure(segment, "read", source);
    let (end, watermark) = (SEGMENT_HEADER_BYTES, SEGMENT_HEADER_BYTES);
    let mut survey = Survey { end, watermark, covered: watermark, sealed: false, remains: None };
    while let Some(frame) = Frame::read(&mut window, segment.id, survey.end, Depth::Head).map_err(io)? {
        survey.watermark = survey.watermark.max(frame.header.watermark);
        survey.sealed = frame.header.kind == KIND_SEAL;
        survey.end = frame.header.next().min(segment.size);
        if survey.sealed {
            break;
        }
    }
    survey.covered = survey.watermark;
    let rest = search(&mut window, segment.id, survey.end).map_err(io)?;
    survey.watermark = survey.watermark.max(rest.watermark);
    survey.remains = rest.remains;
    if survey.watermark > survey.end {
        return Err(damaged(
            segment.id,
            survey.end,
            "the frame there is broken, but later ones show that it was synced",
        ));
    }
    cut_torn_content(segment, &mut window, &mut survey)?;
    Ok(survey)
}

/// Frames that were never known synced must have their content too; the first that has not ends the log.
///
/// Content that was erased is another matter: a synced frame had a watermark that covered it, and where none has one
/// any more, that frame is the broken one behind the end.
fn cut_torn_content<F: DiskFile>(
    segment: &Segment<F>,
    window: &mut Window<'_, F>,
    survey: &mut Survey,
) -> Result<(), OpenError> {
    let mut offset = survey.watermark;
    while offset < survey.end {
        let io = |source| segment_failure(segment, "read", source);
        let frame = Frame::read(window, segment.id, offset, Depth::Whole)
            .map_err(io)?
            .ok_or_else(|| damaged(segment.id, offset, "a watermark names this place, but no frame begins there"))?;
        let (header, state) = (frame.header, state(&frame));
        if state == ContentState::Intact || state == ContentState::None {
            offset = header.next();
            continue;
        }
        let ends_there = header.next() == survey.end && survey.remains.is_none();
        if state == ContentState::Erased && is_surely_erased(window, &header, ends_there).map_err(io)? {
            let what = "no frame there can be read, but content before it was erased, which shows that one was synced";
            return Err(damaged(segment.id, survey.end, what));
        }
        let last = survey.remains.as_ref().map_or(survey.end, |remains| remains.end);
        let watermark = survey.watermark;
        let covered = covered(window, segment.id, offset).map_err(io)?;
        *survey = Survey { end: offset, watermark, covered, sealed: false, remains: Some(offset..last) };
    }
    Ok(())
}

/// The highest watermark of the frames before `end`.
///
/// One that stood only in a frame that is cut off does not count: an erasure that relied on it would meet a later
/// start which does not know it, takes the zeros for a torn tail, and cuts off what lies behind them.
fn covered<F: DiskFile>(window: &mut Window<'_, F>, segment: u32, end: u32) -> io::Result<u32> {
    let (mut covered, mut offset) = (SEGMENT_HEADER_BYTES, SEGMENT_HEADER_BYTES);
    while offset < end {
        let Some(frame) = Frame::read(window, segment, offset, Depth::Head)? else { break };
        covered = covered.max(frame.header.watermark);
        offset = frame.header.next();
    }
    Ok(covered)
}

/// What lies behind the last good frame.
struct Rest {
    watermark: u32,
    remains: Option<Range<u32>>,
}

/// Looks through the rest of a segment for bytes that are not zero, and for later frames.
fn search<F: DiskFile>(window: &mut Window<'_, F>, segment: u32, from: u32) -> io::Result<Rest> {
    let size = window.size();
    let mut rest = Rest { watermark: 0, remains: None };
    let mut candidates = Vec::new();
    let mut offset = from;
    while offset < size {
        let length = (size - offset).min(SEARCH_BYTES);
        let Some(bytes) = window.bytes(offset, length)? else { break };
        for (index, step) in bytes.chunks(FRAME_STEP as usize).enumerate() {
            if step.iter().all(|&byte| byte == 0) {
                continue;
            }
            let at = offset + index as u32 * FRAME_STEP;
            rest.remains = Some(rest.remains.map_or(at, |remains| remains.start)..at + step.len() as u32);
            if FrameHeader::may_begin(step) {
                candidates.push(at);
            }
        }
        offset += length;
    }
    for at in candidates {
        if let Some(frame) = Frame::read(window, segment, at, Depth::Head)? {
            rest.watermark = rest.watermark.max(frame.header.watermark);
        }
    }
    Ok(rest)
}

/// Piece in which the rest of a segment is searched; a multiple of the frames' step.
const SEARCH_BYTES: u32 = 1 << 20;

/// One segment's records on their way to the caller.
struct Replay<'a, F> {
    segment: &'a Segment<F>,
    /// Where the frames end; `None` for a segment that must end in a seal.
    end: Option<u32>,
    next_sequence: u64,
}

impl<F: DiskFile> Replay<'_, F> {
    /// Gives all records to `on_record`; returns the sequence for the next one.
    fn run(
        &mut self,
        buffer: &mut Vec<u8>,
        on_record: &mut dyn FnMut(Fact, Locator, ContentState),
    ) -> Result<u64, OpenError> {
        let segment = self.segment;
        let mut window = Window::new(&segment.file, segment.size, buffer);
        let mut offset = SEGMENT_HEADER_BYTES;
        while self.end.is_none_or(|end| offset < end) {
            let frame = Frame::read(&mut window, segment.id, offset, Depth::Whole)
                .map_err(|source| segment_failure(segment, "read", source))?
                .ok_or_else(|| {
                    damaged(segment.id, offset, "no intact frame is there, but the segment has not ended")
                })?;
            self.take(&frame, on_record)?;
            offset = frame.header.next();
            if frame.header.kind == KIND_SEAL {
                break;
            }
        }
        segment.commit_to(offset);
        Ok(self.next_sequence)
    }

    fn take(
        &mut self,
        frame: &Frame<'_>,
        on_record: &mut dyn FnMut(Fact, Locator, ContentState),
    ) -> Result<(), OpenError> {
        let FrameHeader { kind, version, offset, content_length, sequence, .. } = frame.header;
        self.next_sequence = self.next_sequence.max(sequence.saturating_add(1));
        if kind == KIND_MARK || kind == KIND_SEAL {
            return Ok(());
        }
        let segment = self.segment.id;
        let fact = codec::decode(kind, frame.archive).map_err(|error| match error {
            DecodeError::UnknownKind => newer(segment, offset, version.into()),
            DecodeError::Malformed => damaged(segment, offset, "the record is whole but makes no sense"),
        })?;
        on_record(fact, Locator { segment, offset, length: content_length }, state(frame));
        Ok(())
    }
}

pub(crate) fn state(frame: &Frame<'_>) -> ContentState {
    if frame.header.content_length == 0 {
        ContentState::None
    } else if checksum(&[frame.content]) == frame.header.content_checksum {
        ContentState::Intact
    } else if frame.content.iter().all(|&byte| byte == 0) {
        ContentState::Erased
    } else {
        ContentState::Damaged
    }
}

/// Makes what was replayed durable, and the rest zeros. May be repeated after a crash at any point.
///
/// What was not known synced is written again: after a sync that failed, memory can hold bytes that are on no disk
/// and that another sync would not write.
fn mend<F: DiskFile>(segment: &Segment<F>, survey: &Survey, buffer: &mut Vec<u8>) -> io::Result<()> {
    let mut offset = survey.watermark;
    while offset < survey.end {
        let length = (survey.end - offset).min(SEARCH_BYTES);
        buffer.resize(buffer.len().max(length as usize), 0);
        let piece = &mut buffer[..length as usize];
        read_exact_at(&segment.file, piece, u64::from(offset))?;
        segment.file.write_all_at(&mut [IoSlice::new(piece)], u64::from(offset))?;
        offset += length;
    }
    if let Some(remains) = &survey.remains {
        segment.file.write_zeros_at(u64::from(remains.start), u64::from(remains.end - remains.start))?;
    }
    segment.file.sync_data()
}

fn head<F: DiskFile>(segment: &Arc<Segment<F>>, survey: &Survey) -> Head<F> {
    let mut head = Head::new(Arc::clone(segment), survey.end);
    head.watermark = survey.covered;
    head.marked = survey.covered;
    head.sealed = survey.sealed;
    head
}

/// Brings spares into order and removes what was never finished.
fn tidy<D: Disk>(
    disk: &D,
    dir: &Path,
    settings: &Settings,
    files: &Files,
) -> Result<VecDeque<Spare<D::File>>, OpenError> {
    let mut spares = VecDeque::new();
    for &number in &files.free {
        let path = Role::Free.path(dir, number);
        let file = disk.open(&path).map_err(|source| failure(&path, "open", source))?;
        let size = file.size().map_err(|source| failure(&path, "read the size of", source))?;
        if size != u64::from(settings.segment_bytes) {
            disk.remove(&path).map_err(|source| failure(&path, "remove", source))?;
            continue;
        }
        // The head of a segment that never came to be: frames are only written once the name is durable.
        clear_head(&file).map_err(|source| failure(&path, "clear", source))?;
        spares.push_back(Spare { number, file, size: settings.segment_bytes });
    }
    for &number in &files.prep {
        let path = Role::Prep.path(dir, number);
        disk.remove(&path).map_err(|source| failure(&path, "remove", source))?;
    }
    disk.sync_dir(dir).map_err(|source| failure(dir, "sync", source))?;
    Ok(spares)
}

fn clear_head<F: DiskFile>(file: &F) -> io::Result<()> {
    let mut block = vec![0; SEGMENT_HEADER_BYTES as usize];
    read_exact_at(file, &mut block, 0)?;
    if block.iter().all(|&byte| byte == 0) {
        return Ok(());
    }
    file.write_zeros_at(0, u64::from(SEGMENT_HEADER_BYTES))?;
    file.sync_data()
}

fn damaged(segment: u32, offset: u32, what: &str) -> OpenError {
    OpenError::Damaged { file: Role::Used.name(segment), offset, what: what.to_owned() }
}

fn newer(segment: u32, offset: u32, written: u32) -> OpenError {
    OpenError::Newer { file: Role::Used.name(segment), offset, written, known: FORMAT_VERSION.into() }
}

fn failure(path: &Path, what: &'static str, source: io::Error) -> OpenError {
    OpenError::Io { path: path.display().to_string(), what, source }
}

fn segment_failure<F>(segment: &Segment<F>, what: &'static str, source: io::Error) -> OpenError {
    OpenError::Io { path: Role::Used.name(segment.id), what, source }
}

const _: () = assert!(SEARCH_BYTES.is_multiple_of(FRAME_STEP) && FRAME_HEADER_BYTES >= FRAME_STEP);
