//! Work on deliveries that nobody waits for: on a thread of its own, beside the way of the envelopes, with bounds on
//! what may wait.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use crossbeam_channel::{Sender, TrySendError, bounded};
use phytohub_model::Header;
use phytohub_soap::Content;

use super::{Judge, Judgement, ProfileName, judge_now};

/// Deliveries that may wait. At some microseconds each this is less than a second of work.
const WAITING_MAX: usize = 16 << 10;

/// Bytes of content that may wait: what is judged late must not cost the hub its memory.
const WAITING_BYTES_MAX: usize = 128 << 20;

/// The way to such a thread, which ends when this is dropped.
pub(super) struct Aside {
    queue: Sender<Delivered>,
    bytes: Arc<AtomicUsize>,
    left_out: AtomicU64,
}

/// A delivery that was taken.
#[derive(Clone)]
pub(crate) struct Delivered {
    pub(crate) header: Header,
    pub(crate) content: Content,
    /// By which profile its type is judged, where it is not the one in force.
    pub(crate) profile: Option<ProfileName>,
    /// Whether it came by the operation that refuses what breaks a severe rule.
    pub(crate) is_enforced: bool,
}

impl Delivered {
    /// What `judge` says of it.
    pub(super) fn judged(&self, judge: &dyn Judge) -> Judgement {
        judge_now(judge, &self.content, Some(&self.header), self.profile.as_deref())
    }
}

impl Aside {
    /// Starts a thread that does `work` with each delivery.
    ///
    /// # Errors
    /// The system has no thread for it.
    pub(super) fn start(name: &str, mut work: impl FnMut(&Delivered) + Send + 'static) -> Result<Self, String> {
        let (queue, waiting) = bounded::<Delivered>(WAITING_MAX);
        let bytes = Arc::new(AtomicUsize::new(0));
        let held = Arc::clone(&bytes);
        let all = move || {
            while let Ok(delivered) = waiting.recv() {
                // One delivery on which it fails must not end the work on all others.
                if panic::catch_unwind(AssertUnwindSafe(|| work(&delivered))).is_err() {
                    tracing::error!(target: "phytohub::validate", "judging beside the way failed on one delivery");
                }
                held.fetch_sub(delivered.content.len(), Ordering::Relaxed);
            }
        };
        let started = thread::Builder::new().name(name.to_owned()).spawn(all);
        started.map_err(|error| format!("the thread '{name}' cannot start: {error}"))?;
        Ok(Self { queue, bytes, left_out: AtomicU64::new(0) })
    }

    /// Takes a delivery to be worked on; says whether there was room for it. What is left out is counted.
    pub(super) fn offer(&self, delivered: &Delivered) -> bool {
        let length = delivered.content.len();
        let held = self.bytes.fetch_add(length, Ordering::Relaxed);
        let delivered = delivered.clone();
        let offered = match held.saturating_add(length) <= WAITING_BYTES_MAX {
            true => self.queue.try_send(delivered),
            false => Err(TrySendError::Full(delivered)),
        };
        if offered.is_err() {
            self.bytes.fetch_sub(length, Ordering::Relaxed);
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
        offered.is_ok()
    }

    /// How many were left out.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out.load(Ordering::Relaxed)
    }
}
