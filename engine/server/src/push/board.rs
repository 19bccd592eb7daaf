//! What the workers tell about themselves: for the metrics, the admin address and alerts.

use dashmap::DashMap;
use phytohub_core::flow::Breaker;
use phytohub_model::{ConnectionCode, Timestamp};
use phytohub_push::Called;

/// How it stands with one service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Status {
    /// Whether it is believed to work.
    pub(crate) breaker: Breaker,
    /// Since when it is not.
    pub(crate) down_since: Option<Timestamp>,
    /// When it last took an envelope.
    pub(crate) last_success: Option<Timestamp>,
    /// When it last did not, and what was said.
    pub(crate) last_error: Option<(Timestamp, String)>,
    /// No call before this time.
    pub(crate) next_call: Option<Timestamp>,
}

/// All services that are called.
#[derive(Debug, Default)]
pub(crate) struct Board {
    services: DashMap<ConnectionCode, Status>,
}

impl Board {
    /// Since when a service is believed not to work.
    pub(crate) fn down_since(&self, code: &ConnectionCode) -> Option<Timestamp> {
        self.services.get(code).and_then(|status| status.down_since)
    }

    /// All of them, in no order that means anything.
    pub(crate) fn all(&self) -> Vec<(ConnectionCode, Status)> {
        self.services.iter().map(|entry| (*entry.key(), entry.value().clone())).collect()
    }

    pub(super) fn begin(&self, code: ConnectionCode) {
        self.services.entry(code).or_default();
    }

    pub(super) fn remove(&self, code: &ConnectionCode) {
        self.services.remove(code);
    }

    /// A service cannot be called as it is registered.
    pub(super) fn unusable(&self, code: ConnectionCode, at: Timestamp, why: String) {
        let mut status = self.services.entry(code).or_default();
        status.breaker = Breaker::Open;
        status.down_since.get_or_insert(at);
        status.last_error = Some((at, why));
    }

    /// A call ended.
    pub(super) fn called(&self, code: ConnectionCode, at: Timestamp, called: &Called) {
        let mut status = self.services.entry(code).or_default();
        match &called.text {
            None => status.last_success = Some(at),
            Some(text) => status.last_error = Some((at, text.clone())),
        }
    }

    pub(super) fn pauses(&self, code: ConnectionCode, at: Timestamp, breaker: Breaker, next_call: Option<Timestamp>) {
        let mut status = self.services.entry(code).or_default();
        status.down_since = if breaker == Breaker::Closed { None } else { status.down_since.or(Some(at)) };
        status.breaker = breaker;
        status.next_call = next_call;
    }
}
