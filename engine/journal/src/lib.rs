//! The durable log of a shard: segments of fixed size, group commit, recovery, erasure, reclaiming.
//!
//! A [`Log`] belongs to one thread, which stages facts and commits them in batches: one vectored write and one sync
//! into blocks that exist already. Only a commit makes a [`Durable`]. Slow work (zeroing a segment ahead of use or
//! after it, erasing content) leaves as a [`Job`] for another thread and comes back as a [`JobOutcome`]. A [`Reader`]
//! fetches content from any thread.
//!
//! The crate does not know what a fact means, reads no clock and starts no thread. Files are behind [`Disk`], so that
//! the [`fake`] one can lose what was not synced. The format on disk is described in `FORMAT.md`.

mod batch;
mod codec;
mod disk;
mod error;
pub mod fake;
mod frame;
mod head;
mod inspect;
mod job;
mod journal;
mod log;
mod reader;
mod recovery;
mod segment;
mod settings;
mod window;

pub use disk::{Disk, DiskFile, RealDisk};
pub use error::{CommitError, JobError, NoRoom, OpenError, ReadError, SettingsError};
pub use inspect::{Broken, Inspection, Record, SegmentReport, inspect};
pub use job::{Job, JobOutcome};
pub use journal::{ContentReader, Journal};
pub use log::{Durable, Log};
pub use reader::Reader;
pub use recovery::ContentState;
pub use segment::{SegmentInfo, Stream};
pub use settings::{Room, Settings};
