//! Who is told when something new waits for a receiver's service.
//!
//! Shards tell after each commit, for whoever is listening: with nobody to push to, that costs a look at an empty
//! table.

use dashmap::DashMap;
use std::sync::Arc;

use phytohub_model::ConnectionCode;
use tokio::sync::Notify;

/// All that listen, by the receiver's code.
#[derive(Debug, Default)]
pub(crate) struct Wakers {
    listening: DashMap<ConnectionCode, Arc<Notify>>,
}

impl Wakers {
    /// Listens for a receiver from now on.
    pub(crate) fn listen(&self, code: ConnectionCode) -> Arc<Notify> {
        Arc::clone(&self.listening.entry(code).or_default())
    }

    /// Nobody listens for a receiver any more.
    pub(crate) fn leave(&self, code: &ConnectionCode) {
        self.listening.remove(code);
    }

    /// Whether anybody listens at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.listening.is_empty()
    }

    /// Something new waits for a receiver.
    pub(crate) fn wake(&self, code: &ConnectionCode) {
        if let Some(notify) = self.listening.get(code) {
            // Kept for one who does not wait just now.
            notify.notify_one();
        }
    }
}
