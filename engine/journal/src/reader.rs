//! Reading content, from any thread.

use std::sync::Arc;

use bytes::Bytes;
use phytohub_model::{Fact, Locator};

use crate::codec;
use crate::disk::{Disk, DiskFile};
use crate::error::ReadError;
use crate::frame::{Depth, FRAME_HEADER_BYTES, Frame, FrameHeader, KIND_MARK, KIND_SEAL, checksum, head_is_intact};
use crate::segment::{SEGMENT_HEADER_BYTES, Segment, Table};
use crate::window::Window;

/// What header and archive of nearly every envelope fit into: one read then gets head and content.
const HEAD_BYTES_GUESS: u32 = 512;

/// Reads what a log has committed. Cheap to clone.
pub struct Reader<D: Disk> {
    table: Arc<Table<D::File>>,
}

impl<D: Disk> Clone for Reader<D> {
    fn clone(&self) -> Self {
        Self { table: Arc::clone(&self.table) }
    }
}

impl<D: Disk> Reader<D> {
    pub(crate) fn new(table: Arc<Table<D::File>>) -> Self {
        Self { table }
    }

    /// The content of a committed record. May wait for the disk.
    ///
    /// # Errors
    /// [`ReadError`]
    pub fn read(&self, locator: Locator) -> Result<Bytes, ReadError> {
        match self
            .fetch(locator, |file: &D::File, buffer, at| fill(|buffer, at| file.read_at(buffer, at), buffer, at))?
        {
            Some(content) => Ok(content),
            None => Err(ReadError::Io(std::io::ErrorKind::UnexpectedEof.into())),
        }
    }

    /// The same without ever waiting: `None` when it is not in memory, and [`Self::read`] must be called where waiting
    /// is allowed.
    ///
    /// # Errors
    /// [`ReadError`]
    pub fn try_read_cached(&self, locator: Locator) -> Result<Option<Bytes>, ReadError> {
        self.fetch(locator, |file: &D::File, buffer, at| {
            fill(|buffer, at| Ok(file.read_cached_at(buffer, at)?.unwrap_or(0)), buffer, at)
        })
    }

    /// Gives up to `records_max` committed records of a segment to `on_record`; see [`crate::Log::scan`].
    ///
    /// # Errors
    /// [`ReadError`]
    pub fn scan(
        &self,
        segment: u32,
        from: u32,
        records_max: usize,
        mut on_record: impl FnMut(Fact, Locator),
    ) -> Result<Option<u32>, ReadError> {
        let segment = self.table.find(segment).ok_or(ReadError::Gone)?;
        let end = segment.committed();
        let mut buffer = Vec::new();
        let mut window = Window::new(&segment.file, segment.size, &mut buffer);
        let mut offset = from.max(SEGMENT_HEADER_BYTES);
        let mut records = 0;
        while offset < end {
            if records == records_max {
                return Ok(Some(offset));
            }
            let frame = Frame::read(&mut window, segment.id, offset, Depth::Head)?;
            let frame = frame.ok_or_else(|| self.broken_head(&segment, offset))?;
            let header = frame.header;
            if header.kind != KIND_MARK && header.kind != KIND_SEAL {
                let fact = codec::decode(header.kind, frame.archive)
                    .map_err(|_| ReadError::Damaged { segment: segment.id, offset })?;
                on_record(fact, Locator { segment: segment.id, offset, length: header.content_length });
                records += 1;
            }
            offset = header.next();
        }
        Ok(None)
    }

    /// Reads and checks a frame; `read` fills a buffer or says that it cannot (`false`).
    fn fetch(
        &self,
        locator: Locator,
        read: impl Fn(&D::File, &mut [u8], u64) -> std::io::Result<bool>,
    ) -> Result<Option<Bytes>, ReadError> {
        let segment = self.table.find(locator.segment).ok_or(ReadError::Gone)?;
        let room = segment.committed().saturating_sub(locator.offset);
        let damaged = ReadError::Damaged { segment: locator.segment, offset: locator.offset };
        if room < FRAME_HEADER_BYTES {
            return Err(damaged);
        }
        let mut wanted = locator.length.saturating_add(HEAD_BYTES_GUESS).min(room);
        loop {
            let mut buffer = vec![0; wanted as usize];
            if !read(&segment.file, &mut buffer, u64::from(locator.offset))? {
                return Ok(None);
            }
            let decoded = FrameHeader::decode(&buffer, segment.id, locator.offset, segment.size);
            let Some((header, expected)) = decoded.filter(|(header, _)| header.content_length == locator.length) else {
                return Err(self.broken(&segment, locator.offset));
            };
            let total = header.content_start() + header.content_length;
            if total > wanted {
                // An archive that is longer than most.
                wanted = total;
                continue;
            }
            if !head_is_intact(&buffer, &header, expected) {
                return Err(self.broken(&segment, locator.offset));
            }
            let content = header.content_start() as usize..total as usize;
            if checksum(&[&buffer[content.clone()]]) == header.content_checksum {
                return Ok(Some(Bytes::from(buffer).slice(content)));
            }
            let erased = buffer[content].iter().all(|&byte| byte == 0);
            return Err(if erased { ReadError::Gone } else { self.broken(&segment, locator.offset) });
        }
    }

    /// What a frame that does not check means: its segment was released meanwhile, its content is just being erased, or
    /// it is damaged.
    fn broken(&self, segment: &Segment<D::File>, offset: u32) -> ReadError {
        if segment.erasing().contains(&offset) { ReadError::Gone } else { self.broken_head(segment, offset) }
    }

    /// The same of a frame's header or archive, which no erasure touches.
    fn broken_head(&self, segment: &Segment<D::File>, offset: u32) -> ReadError {
        match self.table.find(segment.id) {
            Some(_) => ReadError::Damaged { segment: segment.id, offset },
            None => ReadError::Gone,
        }
    }
}

/// Fills a buffer with repeated reads; `false` when one gives nothing.
fn fill(
    mut read: impl FnMut(&mut [u8], u64) -> std::io::Result<usize>,
    mut buffer: &mut [u8],
    mut at: u64,
) -> std::io::Result<bool> {
    while !buffer.is_empty() {
        match read(buffer, at) {
            Ok(0) => return Ok(false),
            Ok(length) => {
                at += length as u64;
                buffer = &mut buffer[length..];
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}
