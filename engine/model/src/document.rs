//! Document types and statuses (UN/CEFACT code lists 1001 and 1373 as the exchange uses them).

use std::fmt;

/// The document's type code. Any number may be on the wire; which ones an NPPO receives is the registry's say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocumentType(pub i32);

/// A document type as the operator named it: what it is called, and by which profile its content is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentKind {
    /// The type.
    pub kind: DocumentType,
    /// Its name for people.
    pub name: String,
    /// The validator's profile for it, such as `ippc` or `lenient`.
    pub profile: String,
}

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
    /// Veterinary certificate.
    pub const VETERINARY: Self = Self(853);
    /// Sanitary certificate.
    pub const SANITARY: Self = Self(852);
    /// Import permit.
    pub const IMPORT_PERMIT: Self = Self(911);
    /// The types of the phytosanitary exchange: what a member that receives everything is listed with.
    pub const KNOWN: [Self; 3] = [Self::PHYTOSANITARY, Self::RE_EXPORT, Self::COUNTRY_RESPONSE];
    /// The types that have a name from the start.
    pub const NAMED: [Self; 6] = [
        Self::COUNTRY_RESPONSE,
        Self::RE_EXPORT,
        Self::PHYTOSANITARY,
        Self::SANITARY,
        Self::VETERINARY,
        Self::IMPORT_PERMIT,
    ];

    /// Whether the type is one of the certificates that the full profile judges.
    pub fn is_phytosanitary(self) -> bool {
        matches!(self, Self::PHYTOSANITARY | Self::RE_EXPORT)
    }

    /// The type's English name, empty for one the exchange has no name for.
    pub fn name(self) -> &'static str {
        match self {
            Self::PHYTOSANITARY => "Phytosanitary certificate",
            Self::RE_EXPORT => "Phytosanitary certificate for re-export",
            Self::COUNTRY_RESPONSE => "Country response",
            Self::VETERINARY => "Veterinary certificate",
            Self::SANITARY => "Sanitary certificate",
            Self::IMPORT_PERMIT => "Import permit",
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
