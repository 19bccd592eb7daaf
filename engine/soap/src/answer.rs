//! What the service answers.

use std::sync::Arc;

use phytohub_model::{
    Channel, CodeList, CodeRow, Finding, Forwarding, HeaderFields, Nppo, TrackedHeader, TrackingState,
};

use crate::content::Content;
use crate::operation::Operation;

/// The answer to a request, each with what its type on the wire needs.
#[derive(Clone, Debug)]
pub enum Answer {
    /// To the four delivering operations.
    Delivered {
        /// Which one.
        operation: Operation,
        /// The header with its number and state.
        header: HeaderAnswer,
    },
    /// To ValidatePhytoXML: none = clean.
    Findings(Vec<Finding>),
    /// To GetImportEnvelopeHeaders and GetUnderDeliveryEnvelope.
    Headers {
        /// Which one.
        operation: Operation,
        /// Oldest first.
        headers: Vec<TrackedHeader>,
    },
    /// To PULLSingleImportEnvelope; None is answered without a result element.
    Envelope(Option<(TrackedHeader, Content)>),
    /// To PULLImportEnvelope.
    Envelopes(Vec<(TrackedHeader, Content)>),
    /// To the three acknowledgements.
    Acknowledged {
        /// Which one.
        operation: Operation,
        /// The state that the envelope has now.
        state: TrackingState,
    },
    /// To GetEnvelopeTrackingInfo.
    Tracked(HeaderAnswer),
    /// To SetTrackingInfoUpdate.
    TrackingSet,
    /// To GetActiveNppos.
    Nppos(Vec<Nppo>),
    /// To GetProfile.
    Profile(Nppo),
    /// To GetAvailableChannels.
    Channels(Vec<Channel>),
    /// To the operations that serve code lists.
    CodeList(CodeList, Arc<Vec<CodeRow>>),
}

/// A header in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderAnswer {
    /// Of an envelope that the hub has.
    Tracked(TrackedHeader),
    /// Of an envelope just accepted, with the copies that its sender is told of.
    Delivered(TrackedHeader, Vec<Forwarding>),
    /// The client's own, given back with `tracking_info` and `error_message` filled: a refusal, or a number nobody
    /// knows.
    Echo(HeaderFields),
}

impl Answer {
    /// The operation answered.
    pub fn operation(&self) -> Operation {
        match self {
            Self::Delivered { operation, .. }
            | Self::Headers { operation, .. }
            | Self::Acknowledged { operation, .. } => *operation,
            Self::Findings(_) => Operation::ValidatePhytoXml,
            Self::Envelope(_) => Operation::PullSingleImportEnvelope,
            Self::Envelopes(_) => Operation::PullImportEnvelope,
            Self::Tracked(_) => Operation::GetEnvelopeTrackingInfo,
            Self::TrackingSet => Operation::SetTrackingInfoUpdate,
            Self::Nppos(_) => Operation::GetActiveNppos,
            Self::Profile(_) => Operation::GetProfile,
            Self::Channels(_) => Operation::GetAvailableChannels,
            Self::CodeList(list, _) => Operation::of_list(*list),
        }
    }
}
