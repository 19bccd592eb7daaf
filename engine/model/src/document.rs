//! Document types and statuses (UN/CEFACT code lists 1001 and 1373 as the exchange uses them).

use std::fmt;

/// The document's type code. Any number may be on the wire; which ones an NPPO receives is the registry's say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocumentType(pub i32);

/// The document's status code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocumentStatus(pub i32);

/// The pair that decides whether a destination takes an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Document {
    /// CertificateType of the header.
    pub kind: DocumentType,
    /// CertificateStatus of the header.
    pub status: DocumentStatus,
}

impl DocumentType {
    /// Phytosanitary certificate.
    pub const PHYTOSANITARY: Self = Self(851);
    /// Phytosanitary certificate for re-export.
    pub const RE_EXPORT: Self = Self(657);
    /// Country response: an importing country's acknowledgement of a certificate.
    pub const COUNTRY_RESPONSE: Self = Self(312);
    /// The types every hub knows from the start.
    pub const KNOWN: [Self; 3] = [Self::PHYTOSANITARY, Self::RE_EXPORT, Self::COUNTRY_RESPONSE];

    /// The type's English name, empty for one the exchange has no name for.
    pub fn name(self) -> &'static str {
        match self {
            Self::PHYTOSANITARY => "Phytosanitary certificate",
            Self::RE_EXPORT => "Phytosanitary certificate for re-export",
            Self::COUNTRY_RESPONSE => "Country response",
            _ => "",
        }
    }
}

impl DocumentStatus {
    /// Requested.
    pub const REQUESTED: Self = Self(17);
    /// Subject to clearing.
    pub const SUBJECT_TO_CLEARING: Self = Self(26);
    /// Approved.
    pub const APPROVED: Self = Self(39);
    /// Withdrawn.
    pub const WITHDRAWN: Self = Self(40);
    /// Rejected.
    pub const REJECTED: Self = Self(41);
    /// Issued.
    pub const ISSUED: Self = Self(70);
    /// Partial.
    pub const PARTIAL: Self = Self(122);
    /// The statuses every hub knows from the start.
    pub const KNOWN: [Self; 7] = [
        Self::REQUESTED,
        Self::SUBJECT_TO_CLEARING,
        Self::APPROVED,
        Self::WITHDRAWN,
        Self::REJECTED,
        Self::ISSUED,
        Self::PARTIAL,
    ];

    /// The status's English name, empty for one the exchange has no name for.
    pub fn name(self) -> &'static str {
        match self {
            Self::REQUESTED => "Requested",
            Self::SUBJECT_TO_CLEARING => "Subject to clearing",
            Self::APPROVED => "Approved",
            Self::WITHDRAWN => "Withdrawn",
            Self::REJECTED => "Rejected",
            Self::ISSUED => "Issued",
            Self::PARTIAL => "Partial",
            _ => "",
        }
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "type {}, status {}", self.kind.0, self.status.0)
    }
}
