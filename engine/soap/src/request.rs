//! What a client can ask for.

use phytohub_model::{CodeList, HeaderFields};

use crate::content::Content;
use crate::operation::Operation;

/// A request, read but not yet believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Queue an envelope.
    DeliverEnvelope(Delivery),
    /// Validate it first.
    ValidateAndDeliverEnvelope(Delivery),
    /// Queue an envelope whose certificate came as XML.
    DeliverPhytoEnvelope(Delivery),
    /// Queue an acknowledgement of a certificate for its issuer.
    DeliverCountryResponseEnvelope(Delivery),
    /// Validate a certificate and keep nothing; None when there is none.
    ValidatePhytoXml(Option<Content>),
    /// List what waits for the caller.
    GetImportEnvelopeHeaders {
        /// Only from this sender; None for all.
        from: Option<String>,
    },
    /// Fetch one envelope.
    PullSingleImportEnvelope {
        /// hubTrackingNumber.
        number: String,
    },
    /// Fetch what waits.
    PullImportEnvelope,
    /// An envelope arrived.
    AcknowledgeEnvelopeReceipt {
        /// hubTrackingNumber.
        number: String,
    },
    /// An envelope arrived, with warnings.
    AdvancedAcknowledgeEnvelopeReceipt {
        /// hubTrackingNumber.
        number: String,
        /// warningMessage.
        message: String,
    },
    /// An envelope arrived and cannot be read.
    AcknowledgeFailedEnvelopeReceipt {
        /// hubTrackingNumber.
        number: String,
        /// message.
        message: String,
    },
    /// Ask for an envelope's state.
    GetEnvelopeTrackingInfo {
        /// hubTrackingNumber.
        number: String,
    },
    /// List the caller's own envelopes that wait to be fetched.
    GetUnderDeliveryEnvelope,
    /// Set the state of an envelope addressed to the caller.
    SetTrackingInfoUpdate(HeaderFields),
    /// The directory.
    GetActiveNppos,
    /// The caller's row of it.
    GetProfile,
    /// The channels.
    GetAvailableChannels,
    /// A code list.
    CodeList(CodeList),
}

/// An envelope that a client wants delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its header.
    pub header: HeaderFields,
    /// Its content; None when there is none or it is nil.
    pub content: Option<Content>,
}

impl Request {
    /// The operation asked for.
    pub fn operation(&self) -> Operation {
        match self {
            Self::DeliverEnvelope(_) => Operation::DeliverEnvelope,
            Self::ValidateAndDeliverEnvelope(_) => Operation::ValidateAndDeliverEnvelope,
            Self::DeliverPhytoEnvelope(_) => Operation::DeliverPhytoEnvelope,
            Self::DeliverCountryResponseEnvelope(_) => Operation::DeliverCountryResponseEnvelope,
            Self::ValidatePhytoXml(_) => Operation::ValidatePhytoXml,
            Self::GetImportEnvelopeHeaders { .. } => Operation::GetImportEnvelopeHeaders,
            Self::PullSingleImportEnvelope { .. } => Operation::PullSingleImportEnvelope,
            Self::PullImportEnvelope => Operation::PullImportEnvelope,
            Self::AcknowledgeEnvelopeReceipt { .. } => Operation::AcknowledgeEnvelopeReceipt,
            Self::AdvancedAcknowledgeEnvelopeReceipt { .. } => Operation::AdvancedAcknowledgeEnvelopeReceipt,
            Self::AcknowledgeFailedEnvelopeReceipt { .. } => Operation::AcknowledgeFailedEnvelopeReceipt,
            Self::GetEnvelopeTrackingInfo { .. } => Operation::GetEnvelopeTrackingInfo,
            Self::GetUnderDeliveryEnvelope => Operation::GetUnderDeliveryEnvelope,
            Self::SetTrackingInfoUpdate(_) => Operation::SetTrackingInfoUpdate,
            Self::GetActiveNppos => Operation::GetActiveNppos,
            Self::GetProfile => Operation::GetProfile,
            Self::GetAvailableChannels => Operation::GetAvailableChannels,
            Self::CodeList(list) => Operation::of_list(*list),
        }
    }

    /// The request of an operation that takes no parameters.
    pub(crate) fn without_parameters(operation: Operation) -> Option<Self> {
        match operation {
            Operation::PullImportEnvelope => Some(Self::PullImportEnvelope),
            Operation::GetUnderDeliveryEnvelope => Some(Self::GetUnderDeliveryEnvelope),
            Operation::GetActiveNppos => Some(Self::GetActiveNppos),
            Operation::GetProfile => Some(Self::GetProfile),
            Operation::GetAvailableChannels => Some(Self::GetAvailableChannels),
            _ => operation.list().map(Self::CodeList),
        }
    }
}
