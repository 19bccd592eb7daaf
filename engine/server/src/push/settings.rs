//! What an operator may set about push.

use phytohub_core::flow::FlowSettings;
use phytohub_core::shard::ParkAfter;
use phytohub_model::Poison;
use phytohub_operate::Span;
use phytohub_push::ServiceSettings;
use serde::{Deserialize, Serialize};

/// Section `[push]`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct PushSettings {
    /// Whether services at private and special addresses may be called, as within one network or for a trial.
    pub allow_private: bool,
    /// Time to look up a service's name, to connect and to shake hands.
    pub connect_timeout: Span,
    /// Time for a service to answer.
    pub answer_timeout: Span,
    /// What was answered well and not acknowledged is handed over again after this time, again and again until it
    /// expires.
    pub remind_after: Span,
    /// Pause after the first call that failed; it doubles with each further one.
    pub pause_first: Span,
    /// The longest pause between two calls.
    pub pause_max: Span,
    /// Calls in a row without an answer after which a service is believed down.
    pub breaker_failures: u32,
    /// Refusals after which an envelope is parked, for members whose row says so.
    pub park_refusals: u32,
    /// Calls without an answer after which an envelope that was sent is parked.
    pub park_unclear: u32,
}

impl Default for PushSettings {
    fn default() -> Self {
        Self {
            allow_private: false,
            connect_timeout: Span::seconds(10),
            answer_timeout: Span::seconds(30),
            remind_after: Span::seconds(6 * 3600),
            pause_first: Span::seconds(1),
            pause_max: Span::seconds(300),
            breaker_failures: 5,
            park_refusals: 3,
            park_unclear: 12,
        }
    }
}

impl PushSettings {
    /// Refuses values with which a service would be called without pause or never.
    pub(crate) fn check(&self) -> Result<(), String> {
        let spans = [
            ("connect_timeout", self.connect_timeout),
            ("answer_timeout", self.answer_timeout),
            ("remind_after", self.remind_after),
            ("pause_first", self.pause_first),
            ("pause_max", self.pause_max),
        ];
        if let Some((key, _)) = spans.into_iter().find(|(_, span)| span.0.is_zero()) {
            return Err(format!("[push] {key} must be more than zero"));
        }
        let counts = [
            ("breaker_failures", self.breaker_failures),
            ("park_refusals", self.park_refusals),
            ("park_unclear", self.park_unclear),
        ];
        match counts.into_iter().find(|(_, count)| *count == 0) {
            Some((key, _)) => Err(format!("[push] {key} must be at least 1")),
            None => Ok(()),
        }
    }

    pub(super) fn service(&self) -> ServiceSettings {
        ServiceSettings {
            connect_timeout: self.connect_timeout.0,
            answer_timeout: self.answer_timeout.0,
            allow_private: self.allow_private,
        }
    }

    pub(super) fn flow(&self) -> FlowSettings {
        FlowSettings {
            pause_first: self.pause_first.0,
            pause_max: self.pause_max.0,
            breaker_failures: self.breaker_failures,
        }
    }

    /// When an envelope is parked, by what the member's row says.
    pub(super) fn park(&self, poison: Poison) -> Option<ParkAfter> {
        match poison {
            Poison::Hold => None,
            Poison::Park => Some(ParkAfter { refusals: self.park_refusals, unclear: self.park_unclear }),
        }
    }
}
