//! The eight steps of an envelope's way: their names in metrics and spans.

use std::fmt::{self, Write};

use prometheus_client::encoding::{EncodeLabelValue, LabelValueEncoder};
use tracing::{Span, trace_span};

/// One of the eight steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// Reading body and SOAP.
    Ingress,
    /// Certificate to codes, and what they may do.
    Authenticate,
    /// The validator.
    Validate,
    /// From the hand-over to the shard until the answer, sync included.
    Append,
    /// Waiting for the shard's thread.
    Route,
    /// Lists and pulls, reading content included.
    Deliver,
    /// Acknowledgements.
    Acknowledge,
    /// What a tick does: expiry, retention, erasure, reclaiming.
    Forget,
}

impl Step {
    /// The step's name.
    fn name(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Authenticate => "authenticate",
            Self::Validate => "validate",
            Self::Append => "append",
            Self::Route => "route",
            Self::Deliver => "deliver",
            Self::Acknowledge => "acknowledge",
            Self::Forget => "forget",
        }
    }

    /// The span in which the step's work runs.
    pub(crate) fn span(self) -> Span {
        // A span's name must be known to the compiler, so the names stand here again.
        match self {
            Self::Ingress => trace_span!(target: "phytohub::step", "ingress"),
            Self::Authenticate => trace_span!(target: "phytohub::step", "authenticate"),
            Self::Validate => trace_span!(target: "phytohub::step", "validate"),
            Self::Append => trace_span!(target: "phytohub::step", "append"),
            Self::Route => trace_span!(target: "phytohub::step", "route"),
            Self::Deliver => trace_span!(target: "phytohub::step", "deliver"),
            Self::Acknowledge => trace_span!(target: "phytohub::step", "acknowledge"),
            Self::Forget => trace_span!(target: "phytohub::step", "forget"),
        }
    }
}

impl EncodeLabelValue for Step {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(self.name())
    }
}
