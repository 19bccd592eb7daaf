//! The 27 operations of the service.

use phytohub_model::CodeList;

/// An operation of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the contract's own; hub operators know them by these")]
pub enum Operation {
    DeliverEnvelope,
    ValidateAndDeliverEnvelope,
    DeliverPhytoEnvelope,
    DeliverCountryResponseEnvelope,
    ValidatePhytoXml,
    GetImportEnvelopeHeaders,
    PullSingleImportEnvelope,
    PullImportEnvelope,
    AcknowledgeEnvelopeReceipt,
    AdvancedAcknowledgeEnvelopeReceipt,
    AcknowledgeFailedEnvelopeReceipt,
    GetEnvelopeTrackingInfo,
    GetUnderDeliveryEnvelope,
    SetTrackingInfoUpdate,
    GetActiveNppos,
    GetProfile,
    GetAvailableChannels,
    GetTreatmentTypes,
    GetAdditionalDeclarations,
    GetIntendedUses,
    GetPesticides,
    GetProductDescriptions,
    GetUnitMeasures,
    GetMeanOfTransports,
    GetStatements,
    GetConditions,
    GetPackageTypes,
}

impl Operation {
    /// All operations.
    pub const ALL: [Self; 27] = [
        Self::DeliverEnvelope,
        Self::ValidateAndDeliverEnvelope,
        Self::DeliverPhytoEnvelope,
        Self::DeliverCountryResponseEnvelope,
        Self::ValidatePhytoXml,
        Self::GetImportEnvelopeHeaders,
        Self::PullSingleImportEnvelope,
        Self::PullImportEnvelope,
        Self::AcknowledgeEnvelopeReceipt,
        Self::AdvancedAcknowledgeEnvelopeReceipt,
        Self::AcknowledgeFailedEnvelopeReceipt,
        Self::GetEnvelopeTrackingInfo,
        Self::GetUnderDeliveryEnvelope,
        Self::SetTrackingInfoUpdate,
        Self::GetActiveNppos,
        Self::GetProfile,
        Self::GetAvailableChannels,
        Self::GetTreatmentTypes,
        Self::GetAdditionalDeclarations,
        Self::GetIntendedUses,
        Self::GetPesticides,
        Self::GetProductDescriptions,
        Self::GetUnitMeasures,
        Self::GetMeanOfTransports,
        Self::GetStatements,
        Self::GetConditions,
        Self::GetPackageTypes,
    ];

    /// The name on the wire: local name of the request's element; the answer's is this and `Response`.
    pub fn name(self) -> &'static str {
        match self {
            Self::DeliverEnvelope => "DeliverEnvelope",
            Self::ValidateAndDeliverEnvelope => "ValidateAndDeliverEnvelope",
            Self::DeliverPhytoEnvelope => "DeliverPhytoEnvelope",
            Self::DeliverCountryResponseEnvelope => "DeliverCountryResponseEnvelope",
            Self::ValidatePhytoXml => "ValidatePhytoXML",
            Self::GetImportEnvelopeHeaders => "GetImportEnvelopeHeaders",
            Self::PullSingleImportEnvelope => "PULLSingleImportEnvelope",
            Self::PullImportEnvelope => "PULLImportEnvelope",
            Self::AcknowledgeEnvelopeReceipt => "AcknowledgeEnvelopeReceipt",
            Self::AdvancedAcknowledgeEnvelopeReceipt => "AdvancedAcknowledgeEnvelopeReceipt",
            Self::AcknowledgeFailedEnvelopeReceipt => "AcknowledgeFailedEnvelopeReceipt",
            Self::GetEnvelopeTrackingInfo => "GetEnvelopeTrackingInfo",
            Self::GetUnderDeliveryEnvelope => "GetUnderDeliveryEnvelope",
            Self::SetTrackingInfoUpdate => "SetTrackingInfoUpdate",
            Self::GetActiveNppos => "GetActiveNppos",
            Self::GetProfile => "GetProfile",
            Self::GetAvailableChannels => "GetAvailableChannels",
            Self::GetTreatmentTypes => "GetTreatmentTypes",
            Self::GetAdditionalDeclarations => "GetAdditionalDeclarations",
            Self::GetIntendedUses => "GetIntendedUses",
            Self::GetPesticides => "GetPesticides",
            Self::GetProductDescriptions => "GetProductDescriptions",
            Self::GetUnitMeasures => "GetUnitMeasures",
            Self::GetMeanOfTransports => "GetMeanOfTransports",
            Self::GetStatements => "GetStatements",
            Self::GetConditions => "GetConditions",
            Self::GetPackageTypes => "GetPackageTypes",
        }
    }

    /// The operation whose request element has this local name.
    pub fn from_local_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.name() == name)
    }

    /// What the WSDL gives as SOAPAction. Only clients need it: the service looks at the body alone.
    pub fn soap_action(self) -> String {
        let name = match self {
            // The contract's own exception: the action keeps an older name of the operation.
            Self::AdvancedAcknowledgeEnvelopeReceipt => "NegativeAcknowledgeEnvelopeReceipt",
            _ => self.name(),
        };
        format!("http://ephyto.ippc.int/IDeliveryService/{name}")
    }

    /// The operation that serves a code list.
    pub fn of_list(list: CodeList) -> Self {
        match list {
            CodeList::TreatmentTypes => Self::GetTreatmentTypes,
            CodeList::AdditionalDeclarations => Self::GetAdditionalDeclarations,
            CodeList::IntendedUses => Self::GetIntendedUses,
            CodeList::Pesticides => Self::GetPesticides,
            CodeList::ProductDescriptions => Self::GetProductDescriptions,
            CodeList::UnitMeasures => Self::GetUnitMeasures,
            CodeList::MeanOfTransports => Self::GetMeanOfTransports,
            CodeList::Statements => Self::GetStatements,
            CodeList::Conditions => Self::GetConditions,
            CodeList::PackageTypes => Self::GetPackageTypes,
        }
    }

    /// The code list that the operation serves, if it serves one.
    pub fn list(self) -> Option<CodeList> {
        CodeList::ALL.into_iter().find(|&list| Self::of_list(list) == self)
    }

    /// Element inside the answer that holds its result, where there is one: `<Operation>Result` but for one plural.
    pub(crate) fn result_name(self) -> String {
        match self {
            Self::PullImportEnvelope => "PULLImportEnvelopesResult".to_owned(),
            _ => format!("{}Result", self.name()),
        }
    }

    /// Element of the request that carries the operation's envelope or header, for the operations that have one.
    pub(crate) fn envelope_parameter(self) -> &'static str {
        match self {
            Self::DeliverEnvelope => "env",
            Self::ValidateAndDeliverEnvelope => "envelope",
            Self::DeliverPhytoEnvelope => "ePhytoEnvelope",
            Self::DeliverCountryResponseEnvelope => "CountryResponseEnvelope",
            _ => "header",
        }
    }
}
