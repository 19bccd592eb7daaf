//! Step 8, forget: expiry, retention, and the slow work on disk that follows from them.
//!
//! What to forget is the core's decision, on the shard's thread. The disk work (zeroing new segments, overwriting
//! content that ended, recycling) is done here, on one thread for each journal and strictly in order, so that an
//! erasure can never hit a segment that is in use again.

use std::io;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};
use phytohub_journal::{Job, JobOutcome, RealDisk};
use serde::{Deserialize, Serialize};

use crate::owner;
use crate::shard::Failed;
use phytohub_operate::Span;

/// Section `[forget]`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ForgetSettings {
    /// An envelope that nobody acknowledged becomes FailedDelivery after this time.
    pub expire_after: Span,
    /// How long the track of a finished envelope is kept.
    pub track_retention: Span,
    /// How long after delivery a repeated delivery is known as the same.
    pub retry_window: Span,
    /// How long after its end an envelope's content may still be on disk before it is overwritten: a whole segment
    /// that ends within that time is recycled in one go instead.
    pub erase_after: Span,
}

impl Default for ForgetSettings {
    fn default() -> Self {
        Self {
            expire_after: Span::seconds(14 * 86_400),
            track_retention: Span::seconds(400 * 86_400),
            retry_window: Span::seconds(86_400),
            erase_after: Span::seconds(5),
        }
    }
}

/// How often a shard looks for what is due: expiry, retention, erasure, reclaiming.
pub(crate) const TICK: Duration = Duration::from_millis(500);

/// The thread that does one journal's slow disk work.
pub(crate) struct Maintenance {
    jobs: Sender<Job<RealDisk>>,
}

impl Maintenance {
    /// Starts it; each outcome is handed to `done`, on that thread. The thread ends when this is dropped.
    pub(crate) fn start(
        name: String,
        failed: Failed,
        done: impl Fn(JobOutcome<RealDisk>) + Send + 'static,
    ) -> io::Result<Self> {
        let (jobs, waiting): (_, Receiver<Job<RealDisk>>) = unbounded();
        let work = move || {
            for job in waiting {
                done(job.run());
            }
            Ok(())
        };
        owner::spawn(name, move |error| failed(error), work)?;
        Ok(Self { jobs })
    }

    /// Queues a job. The journal gives out few at a time, so the queue needs no bound of its own.
    pub(crate) fn queue(&self, job: Job<RealDisk>) {
        // The thread lives as long as `self`; should it be gone, the job's outcome never comes, no spare segment is
        // made, and deliveries are refused: visible, and nothing is lost.
        let _ = self.jobs.send(job);
    }
}
