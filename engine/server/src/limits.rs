//! Limits of the core that an operator may set.

use serde::{Deserialize, Serialize};

use phytohub_operate::Size;

/// Section `[limits]`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitSettings {
    /// Envelopes that may wait for one destination: a member, or a channel to which members delegate.
    pub pending_per_destination: u64,
    /// Envelopes of one sender that may wait.
    pub pending_per_sender: u64,
    /// Envelopes that may wait in all. Each takes up to 250 bytes of memory.
    pub pending_total: u64,
    /// Headers in one answer of GetImportEnvelopeHeaders and GetUnderDeliveryEnvelope.
    pub headers_per_answer: u32,
    /// Envelopes in one answer of PULLImportEnvelope.
    pub envelopes_per_answer: u32,
    /// Content in one answer of PULLImportEnvelope; some clients cap answers at 10 MiB.
    pub bytes_per_answer: Size,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            pending_per_destination: 1_000_000,
            pending_per_sender: 1_000_000,
            pending_total: 4_000_000,
            headers_per_answer: 5000,
            envelopes_per_answer: 100,
            bytes_per_answer: Size::mib(8),
        }
    }
}

impl LimitSettings {
    /// Refuses values with which nothing could be exchanged.
    pub(crate) fn check(&self) -> Result<(), String> {
        let positive = [
            ("pending_per_destination", self.pending_per_destination),
            ("pending_per_sender", self.pending_per_sender),
            ("pending_total", self.pending_total),
            ("headers_per_answer", self.headers_per_answer.into()),
            ("envelopes_per_answer", self.envelopes_per_answer.into()),
            ("bytes_per_answer", self.bytes_per_answer.0),
        ];
        match positive.into_iter().find(|(_, value)| *value == 0) {
            Some((key, _)) => Err(format!("[limits] {key} must be at least 1")),
            None => Ok(()),
        }
    }
}
