//! Why a document is not well-formed.

use phytohub_model::shown;

use crate::findings::Raw;
use crate::limits::{ATTRIBUTES_MAX, BINDINGS_MAX, DEPTH_MAX, NAME_BYTES_MAX, NAMESPACE_BYTES_MAX};
use crate::rules::catalogue::Rule;

/// A breach of XML 1.0, of its namespaces, or of our bounds, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError<'a> {
    /// Byte offset in the document.
    pub(crate) at: usize,
    pub(crate) kind: Kind<'a>,
}

/// The breaches, with texts of the document, which are shortened when shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind<'a> {
    AmpersandAlone,
    BadCharacterReference(&'a str),
    BadComment,
    BadDeclaration,
    BadEncoding(&'static str),
    BadInstruction,
    BadMarkup,
    BadName,
    BadQualifiedName(&'a str),
    CdataEndInText,
    CdataOutsideRoot,
    Doctype,
    DuplicateAttribute(&'a str),
    Empty,
    EmptyNamespace(&'a str),
    EndWithoutStart(&'a str),
    /// Inside of a construct that is written so.
    Ends(&'static str),
    EndsInside(&'a str),
    EqualsMissing(&'a str),
    EscapedTwice,
    IllegalCharacter(char),
    LessThanInValue(&'a str),
    MismatchedEnd {
        found: &'a str,
        open: &'a str,
    },
    MisplacedDeclaration,
    NameTooLong,
    NamespaceTooLong,
    NoRoot,
    NotXml,
    QuoteMissing(&'a str),
    ReservedNamespace,
    SecondRoot,
    SpaceMissing,
    TextOutsideRoot,
    TooDeep,
    TooManyAttributes,
    TooManyNamespaces,
    UnboundPrefix(&'a str),
    UndefinedEntity(&'a str),
}

impl Kind<'_> {
    /// The rule it breaks.
    pub(crate) fn rule(&self) -> Rule {
        match self {
            Self::AmpersandAlone => Rule::XmlAmpersand,
            Self::BadCharacterReference(_) => Rule::XmlCharacterReference,
            Self::BadComment => Rule::XmlComment,
            Self::BadDeclaration => Rule::XmlDeclaration,
            Self::BadEncoding(_) => Rule::XmlEncoding,
            Self::BadInstruction => Rule::XmlInstruction,
            Self::BadMarkup => Rule::XmlMarkup,
            Self::BadName => Rule::XmlName,
            Self::BadQualifiedName(_) => Rule::XmlQualifiedName,
            Self::CdataEndInText => Rule::XmlCdataEnd,
            Self::CdataOutsideRoot => Rule::XmlCdataOutside,
            Self::Doctype => Rule::XmlDoctype,
            Self::DuplicateAttribute(_) => Rule::XmlAttributeTwice,
            Self::Empty => Rule::XmlEmpty,
            Self::EmptyNamespace(_) => Rule::XmlPrefixEmpty,
            Self::EndWithoutStart(_) => Rule::XmlEndWithoutStart,
            Self::Ends(_) | Self::EndsInside(_) => Rule::XmlCutOff,
            Self::EqualsMissing(_) => Rule::XmlAttributeEquals,
            Self::EscapedTwice => Rule::XmlEscapedTwice,
            Self::IllegalCharacter(_) => Rule::XmlCharacter,
            Self::LessThanInValue(_) => Rule::XmlAttributeLessThan,
            Self::MismatchedEnd { .. } => Rule::XmlEndMismatch,
            Self::MisplacedDeclaration => Rule::XmlDeclarationPlace,
            Self::NameTooLong => Rule::LimitNameLength,
            Self::NamespaceTooLong => Rule::LimitNamespaceLength,
            Self::NoRoot => Rule::XmlNoRoot,
            Self::NotXml => Rule::XmlNotXml,
            Self::QuoteMissing(_) => Rule::XmlAttributeQuote,
            Self::ReservedNamespace => Rule::XmlNamespaceReserved,
            Self::SecondRoot => Rule::XmlSecondRoot,
            Self::SpaceMissing => Rule::XmlSpaceMissing,
            Self::TextOutsideRoot => Rule::XmlTextOutside,
            Self::TooDeep => Rule::LimitDepth,
            Self::TooManyAttributes => Rule::LimitAttributes,
            Self::TooManyNamespaces => Rule::LimitNamespaces,
            Self::UnboundPrefix(_) => Rule::XmlPrefixUnbound,
            Self::UndefinedEntity(_) => Rule::XmlEntity,
        }
    }

    /// Gives a finding the values its sentence needs.
    pub(crate) fn report(&self, finding: &mut Raw) {
        match self {
            Self::BadCharacterReference(text)
            | Self::BadQualifiedName(text)
            | Self::DuplicateAttribute(text)
            | Self::EmptyNamespace(text)
            | Self::EndWithoutStart(text)
            | Self::EqualsMissing(text)
            | Self::LessThanInValue(text)
            | Self::QuoteMissing(text)
            | Self::UnboundPrefix(text)
            | Self::UndefinedEntity(text) => finding.found(text),
            Self::EndsInside(name) => finding.found(&format!("<{name}>")),
            Self::Ends(construct) => finding.found(construct),
            Self::BadEncoding(encoding) => finding.expected(encoding),
            Self::IllegalCharacter(character) => finding.found(&format!("U+{:04X}", u32::from(*character))),
            Self::MismatchedEnd { found, open } => {
                let expected = shown(open);
                finding.found(found).expected(&expected)
            }
            Self::NameTooLong => finding.limit(NAME_BYTES_MAX),
            Self::NamespaceTooLong => finding.limit(NAMESPACE_BYTES_MAX),
            Self::TooDeep => finding.limit(DEPTH_MAX),
            Self::TooManyAttributes => finding.limit(ATTRIBUTES_MAX),
            Self::TooManyNamespaces => finding.limit(BINDINGS_MAX),
            _ => finding,
        };
    }
}
