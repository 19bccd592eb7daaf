//! What the validator says of a certificate, in the hub's own terms (ValidationResult).

/// What kind of thing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Area {
    /// Something required is missing.
    MandatoryElements,
    /// A value or its place is wrong.
    Mapping,
    /// Structure or syntax.
    Schema,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Should be mended.
    Warning,
    /// Do not send.
    Severe,
}

/// One row of a ValidationResult.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Kind.
    pub area: Area,
    /// Level.
    pub level: Level,
    /// Where: a path from the root.
    pub field: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// All findings about one certificate; none = clean.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// In document order.
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// Whether the certificate may not be sent.
    pub fn refuses(&self) -> bool {
        self.findings.iter().any(|finding| finding.level == Level::Severe)
    }
}

impl Area {
    /// The area as it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MandatoryElements => "MandatoryElements",
            Self::Mapping => "Mapping",
            Self::Schema => "Schema",
        }
    }
}

impl Level {
    /// The level as it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Severe => "SEVERE",
            Self::Warning => "WARNING",
            Self::Info => "INFO",
        }
    }
}
