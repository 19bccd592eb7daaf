//! Judging what was delivered without anybody waiting for it: on a thread of its own, beside the way of the envelopes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use phytohub_model::Header;
use phytohub_soap::Content;

use super::{Judge, judge_now};
use crate::metrics::Metrics;

/// Deliveries that may wait to be judged. At some microseconds each this is less than a second of work.
const WAITING_MAX: usize = 16 << 10;

/// Bytes of content that may wait: what is judged late must not cost the hub its memory.
const WAITING_BYTES_MAX: usize = 128 << 20;

/// The way to the thread that judges.
pub(crate) struct Observer {
    queue: Sender<Delivered>,
    bytes: Arc<AtomicUsize>,
    metrics: Arc<Metrics>,
}

struct Delivered {
    header: Header,
    content: Content,
}

impl Observer {
    /// Starts the thread, which ends with the observer.
    ///
    /// # Errors
    /// The system has no thread for it.
    pub(crate) fn start(judge: Arc<dyn Judge>, metrics: Arc<Metrics>) -> Result<Self, String> {
        let (queue, waiting) = bounded(WAITING_MAX);
        let bytes = Arc::new(AtomicUsize::new(0));
        let (held, counted) = (Arc::clone(&bytes), Arc::clone(&metrics));
        thread::Builder::new()
            .name("observer".to_owned())
            .spawn(move || observe(&waiting, judge.as_ref(), &held, &counted))
            .map_err(|error| format!("the observer's thread cannot start: {error}"))?;
        Ok(Self { queue, bytes, metrics })
    }

    /// Takes a delivery to be judged. Where too many wait it is left out, which is counted.
    pub(crate) fn offer(&self, header: &Header, content: &Content) {
        let length = content.len();
        let held = self.bytes.fetch_add(length, Ordering::Relaxed);
        let delivered = Delivered { header: header.clone(), content: content.clone() };
        let offered = match held.saturating_add(length) <= WAITING_BYTES_MAX {
            true => self.queue.try_send(delivered),
            false => Err(TrySendError::Full(delivered)),
        };
        if offered.is_err() {
            self.bytes.fetch_sub(length, Ordering::Relaxed);
            self.metrics.not_judged();
        }
    }
}

fn observe(waiting: &Receiver<Delivered>, judge: &dyn Judge, bytes: &AtomicUsize, metrics: &Metrics) {
    while let Ok(Delivered { header, content }) = waiting.recv() {
        let judgement = judge_now(judge, &content, Some(&header));
        bytes.fetch_sub(content.len(), Ordering::Relaxed);
        metrics.judged(header.from.as_str(), &judgement);
    }
}
