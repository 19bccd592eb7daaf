//! Sequential reading of a segment in large pieces, through one buffer that is used again.

use std::io;

use crate::disk::DiskFile;

/// One read: large enough to keep a disk busy, small enough to stay in the processor's cache.
const READ_BYTES: usize = 1 << 20;

/// A sliding view of a file.
pub(crate) struct Window<'a, F> {
    file: &'a F,
    size: u32,
    buffer: &'a mut Vec<u8>,
    start: u32,
    filled: usize,
}

impl<'a, F: DiskFile> Window<'a, F> {
    /// A view of `file`, which has `size` bytes. What `buffer` holds is overwritten.
    pub(crate) fn new(file: &'a F, size: u32, buffer: &'a mut Vec<u8>) -> Self {
        Self { file, size, buffer, start: 0, filled: 0 }
    }

    pub(crate) fn size(&self) -> u32 {
        self.size
    }

    /// The bytes at `offset`, `None` when they lie beyond the file's end.
    pub(crate) fn bytes(&mut self, offset: u32, length: u32) -> io::Result<Option<&[u8]>> {
        if length > self.size.saturating_sub(offset) {
            return Ok(None);
        }
        let length = length as usize;
        let inside = offset >= self.start && (offset - self.start) as usize + length <= self.filled;
        if !inside {
            self.fill(offset, length)?;
        }
        let from = (offset - self.start) as usize;
        Ok(self.buffer.get(from..from + length))
    }

    /// Moves the view so that it begins at `offset` and has at least `length` bytes.
    fn fill(&mut self, offset: u32, length: usize) -> io::Result<()> {
        let wanted = length.max(READ_BYTES).min((self.size - offset) as usize);
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted, 0);
        }
        // Bytes that are in the view already are not read again.
        let ahead = offset.checked_sub(self.start).map_or(usize::MAX, |ahead| ahead as usize);
        self.filled = if ahead < self.filled {
            self.buffer.copy_within(ahead..self.filled, 0);
            self.filled - ahead
        } else {
            0
        };
        self.start = offset;
        if self.filled < wanted {
            let at = u64::from(offset) + self.filled as u64;
            read_exact_at(self.file, &mut self.buffer[self.filled..wanted], at)?;
            self.filled = wanted;
        }
        Ok(())
    }
}

/// Reads all of `buffer`.
pub(crate) fn read_exact_at<F: DiskFile>(file: &F, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        match file.read_at(buffer, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(length) => {
                offset += length as u64;
                buffer = &mut buffer[length..];
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
