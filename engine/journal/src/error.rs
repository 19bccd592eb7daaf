//! What can go wrong, by operation.

use std::io;

use phytohub_model::limits::{SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN};

/// Why settings cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The segment's size.
    #[error(
        "a journal segment cannot have {0} bytes: choose a multiple of 4096 from {SEGMENT_BYTES_MIN} to \
         {SEGMENT_BYTES_MAX}"
    )]
    SegmentBytes(u32),
    /// The number of spares and the most there may be.
    #[error("a journal cannot keep {0} spare segments: choose 1 to {1}")]
    SpareSegments(u32, u32),
}

/// Why a log cannot be opened. Nothing on the disk was changed but for [`OpenError::Io`].
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The settings are wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A call to the file system failed.
    #[error("journal {path}: cannot {what}: {source}")]
    Io {
        /// File or directory.
        path: String,
        /// What was tried.
        what: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// Something that was once synced is not as it was written.
    #[error(
        "journal {file} is damaged at offset {offset}: {what}; nothing was changed: `phytohub journal check` lists \
         all damage, `phytohub journal repair` keeps what can be read"
    )]
    Damaged {
        /// The segment's file.
        file: String,
        /// Where in it.
        offset: u32,
        /// What is wrong.
        what: String,
    },
    /// A later release of the hub has written to the log.
    #[error(
        "journal {file}, offset {offset}: written in format {written}, this release knows up to {known}; nothing was \
         changed: start the later release again"
    )]
    Newer {
        /// The segment's file.
        file: String,
        /// Where in it.
        offset: u32,
        /// The format there.
        written: u32,
        /// The latest this release reads.
        known: u32,
    },
}

/// Why a record was not staged; the log is as before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    /// The active segment is full and no spare is ready.
    #[error("the journal has no spare segment: free disk space, or wait until space is reclaimed")]
    NoSpare,
    /// No segment of the size that is set can hold the record.
    #[error("a record of {bytes} bytes does not fit into a journal segment, which holds {max}")]
    TooLarge {
        /// Size of the record, without padding; `usize::MAX` when it cannot even be encoded.
        bytes: usize,
        /// The most a segment holds.
        max: usize,
    },
    /// A write or sync failed before: the log takes nothing any more.
    #[error("the journal failed before and takes nothing until it is opened again")]
    Failed,
}

/// A batch is not durable. Whoever gets this must end the process: what is in memory may never become durable, and a
/// sync that failed once cannot be trusted when it succeeds the next time.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A call to the file system failed.
    #[error("journal {file}: cannot {what}: {source}; the process must end and recover from the journal")]
    Io {
        /// File or directory.
        file: String,
        /// What was tried.
        what: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// It failed before.
    #[error("the journal failed before; the process must end and recover from the journal")]
    Failed,
}

/// A job failed for another reason than a full disk. Whoever gets this must end the process.
#[derive(Debug, thiserror::Error)]
#[error("journal {file}: cannot {what}: {source}; the process must end and recover from the journal")]
pub struct JobError {
    /// File or directory.
    pub file: String,
    /// What was tried.
    pub what: &'static str,
    /// The system's answer.
    pub source: io::Error,
}

/// Why content or a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It was erased, or its segment was released.
    #[error("the content is no longer kept")]
    Gone,
    /// It is not as it was written.
    #[error("journal segment {segment} is damaged at offset {offset}")]
    Damaged {
        /// Segment.
        segment: u32,
        /// Start of the frame.
        offset: u32,
    },
    /// A call to the file system failed.
    #[error("cannot read the journal: {0}")]
    Io(#[from] io::Error),
}
