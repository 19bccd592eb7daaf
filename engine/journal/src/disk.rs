//! The few calls a log makes to a file system, and the real one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IoSlice, IoSliceMut};
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::{Errno, ReadWriteFlags};

/// Slices of one `pwritev`; Linux takes no more (IOV_MAX).
const SLICES_MAX: usize = 1024;

/// A file system as far as a log needs it.
pub trait Disk: Send + Sync + 'static {
    /// An open file.
    type File: DiskFile;

    /// Makes a directory and its parents where they are missing, durably.
    ///
    /// # Errors
    /// Those of the file system.
    fn make_dir(&self, dir: &Path) -> io::Result<()>;
    /// Names of the files in a directory.
    ///
    /// # Errors
    /// Those of the file system.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;
    /// Opens an existing file for reading and writing.
    ///
    /// # Errors
    /// Those of the file system.
    fn open(&self, path: &Path) -> io::Result<Self::File>;
    /// Makes a new, empty file.
    ///
    /// # Errors
    /// Those of the file system; it is one when the file exists.
    fn create(&self, path: &Path) -> io::Result<Self::File>;
    /// Gives a file another name in the same directory.
    ///
    /// # Errors
    /// Those of the file system.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    ///
    /// # Errors
    /// Those of the file system.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a directory durable.
    ///
    /// # Errors
    /// Those of the file system.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
}

/// An open file of a [`Disk`].
pub trait DiskFile: Send + Sync + 'static {
    /// Size in bytes.
    ///
    /// # Errors
    /// Those of the file system.
    fn size(&self) -> io::Result<u64>;
    /// Reads at `offset`; fewer bytes than asked for, 0 at the end.
    ///
    /// # Errors
    /// Those of the file system.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// The same, but only from memory: `None` when the disk would have to be waited for.
    ///
    /// # Errors
    /// Those of the file system.
    fn read_cached_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<Option<usize>>;
    /// Writes all slices, one behind the other, from `offset` on. The slices are used up.
    ///
    /// # Errors
    /// Those of the file system; it is then unknown what was written.
    fn write_all_at(&self, slices: &mut [IoSlice<'_>], offset: u64) -> io::Result<()>;
    /// Writes so many zeros from `offset` on.
    ///
    /// # Errors
    /// Those of the file system; it is then unknown what was written.
    fn write_zeros_at(&self, offset: u64, length: u64) -> io::Result<()> {
        let zeros = vec![0; ZEROS_BYTES.min(usize::try_from(length).unwrap_or(ZEROS_BYTES))];
        write_over(self, &zeros, offset, length)
    }
    /// Makes what was written durable, and the size of the file where it grew.
    ///
    /// # Errors
    /// Those of the file system; never to be tried again.
    fn sync_data(&self) -> io::Result<()>;
}

/// One write of zeros.
const ZEROS_BYTES: usize = 1 << 20;

/// What the page cache holds as a whole, and what direct writes are aligned to: no block of a disk in use is larger.
pub(crate) const BLOCK_BYTES: usize = 4096;

/// Writes `piece` again and again until `length` bytes are covered.
fn write_over<F: DiskFile + ?Sized>(file: &F, piece: &[u8], mut offset: u64, length: u64) -> io::Result<()> {
    let end = offset + length;
    while offset < end {
        let count = usize::try_from(end - offset).unwrap_or(usize::MAX).min(piece.len());
        file.write_all_at(&mut [IoSlice::new(&piece[..count])], offset)?;
        offset += count as u64;
    }
    Ok(())
}

/// The operating system's file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    type File = File;

    fn make_dir(&self, dir: &Path) -> io::Result<()> {
        if dir.is_dir() {
            return Ok(());
        }
        let parent = match dir.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        self.make_dir(parent)?;
        match fs::create_dir(dir) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => {}
            result => result?,
        }
        self.sync_dir(parent)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(dir)? {
            // A name that is no UTF-8 is none of ours.
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn open(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).open(path)
    }

    fn create(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create_new(true).open(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }
}

impl DiskFile for File {
    fn size(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(self, buffer, offset)
    }

    #[cfg(target_os = "linux")]
    fn read_cached_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<Option<usize>> {
        let mut slices = [IoSliceMut::new(buffer)];
        match rustix::io::preadv2(self, &mut slices, offset, ReadWriteFlags::NOWAIT) {
            Ok(length) => Ok(Some(length)),
            // Not in memory, or a file system that cannot tell.
            Err(Errno::AGAIN | Errno::OPNOTSUPP | Errno::NOSYS) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn read_cached_at(&self, _buffer: &mut [u8], _offset: u64) -> io::Result<Option<usize>> {
        Ok(None)
    }

    fn write_all_at(&self, mut slices: &mut [IoSlice<'_>], mut offset: u64) -> io::Result<()> {
        // Removes empty slices in front: writing nothing would look like an error.
        IoSlice::advance_slices(&mut slices, 0);
        while !slices.is_empty() {
            let count = slices.len().min(SLICES_MAX);
            match rustix::io::pwritev(self, &slices[..count], offset) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    offset += written as u64;
                    IoSlice::advance_slices(&mut slices, written);
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Whole megabytes go past the page cache: nobody will read the zeros, and copying them there costs a hub more than
    /// a tenth of its time under load.
    #[cfg(target_os = "linux")]
    fn write_zeros_at(&self, offset: u64, length: u64) -> io::Result<()> {
        let is_aligned = (offset | length).is_multiple_of(BLOCK_BYTES as u64);
        let buffer = vec![0; ZEROS_BYTES + BLOCK_BYTES];
        let zeros = aligned(&buffer);
        if !is_aligned || length < ZEROS_BYTES as u64 || zeros.is_empty() {
            return write_over(self, &buffer[..ZEROS_BYTES], offset, length);
        }
        let flags = fcntl_getfl(self)?;
        if fcntl_setfl(self, flags | OFlags::DIRECT).is_err() {
            // A file system without direct writes says so here or with the first of them.
            return write_over(self, zeros, offset, length);
        }
        let written = write_over(self, zeros, offset, length);
        fcntl_setfl(self, flags)?;
        match written {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => write_over(self, zeros, offset, length),
            outcome => outcome,
        }
    }

    fn sync_data(&self) -> io::Result<()> {
        File::sync_data(self)
    }
}

/// The part of a buffer that direct writes can use: a whole [`ZEROS_BYTES`] from an aligned address on.
#[cfg(target_os = "linux")]
fn aligned(buffer: &[u8]) -> &[u8] {
    let skipped = buffer.as_ptr().align_offset(BLOCK_BYTES);
    buffer.get(skipped..skipped.saturating_add(ZEROS_BYTES)).unwrap_or_default()
}
