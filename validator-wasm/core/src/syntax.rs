//! Why a document is not well-formed.

use std::fmt;

use phytohub_model::shown;

use crate::limits::{ATTRIBUTES_MAX, BINDINGS_MAX, DEPTH_MAX, NAME_BYTES_MAX, NAMESPACE_BYTES_MAX};

/// A breach of XML 1.0, of its namespaces, or of our bounds, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    /// Byte offset in the document.
    pub(crate) at: usize,
    pub(crate) kind: Kind,
}

/// The breaches. Texts of the document are shortened when shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    AmpersandAlone,
    BadCharacterReference(String),
    BadComment,
    BadDeclaration,
    BadEncoding(&'static str),
    BadInstruction,
    BadMarkup,
    BadName,
    BadQualifiedName(String),
    CdataEndInText,
    CdataOutsideRoot,
    Doctype,
    DuplicateAttribute(String),
    Empty,
    EmptyNamespace(String),
    EndWithoutStart(String),
    Ends(&'static str),
    EndsInside(String),
    EqualsMissing(String),
    EscapedTwice,
    IllegalCharacter(char),
    LessThanInValue(String),
    MismatchedEnd { found: String, open: String },
    MisplacedDeclaration,
    NameTooLong,
    NamespaceTooLong,
    NoRoot,
    NotXml,
    QuoteMissing(String),
    ReservedNamespace,
    SecondRoot,
    SpaceMissing,
    TextOutsideRoot,
    TooDeep,
    TooManyAttributes,
    TooManyNamespaces,
    UnboundPrefix(String),
    UndefinedEntity(String),
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AmpersandAlone => f.write_str("an & stands alone: write it as &amp;"),
            Self::BadCharacterReference(text) => {
                write!(f, "&{}; names no character that XML allows: remove it", shown(text))
            }
            Self::BadComment => f.write_str("a comment contains --, which only its end may: change the comment"),
            Self::BadDeclaration => f.write_str(
                "the XML declaration is malformed: write <?xml version=\"1.0\" encoding=\"UTF-8\"?> or leave it out",
            ),
            Self::BadEncoding(encoding) => {
                write!(f, "here the content stops being {encoding}: write all of it in UTF-8")
            }
            Self::BadInstruction => {
                f.write_str("a processing instruction has no legal name, or no white space behind it: remove it")
            }
            Self::BadMarkup => f.write_str("a < begins no tag: write it as &lt; if it is text"),
            Self::BadName => f.write_str("a name was expected here, which begins with a letter or _"),
            Self::BadQualifiedName(name) => {
                write!(f, "'{}' is not a name with at most one prefix: write prefix:name", shown(name))
            }
            Self::CdataEndInText => f.write_str("]]> stands outside of a CDATA section: write it as ]]&gt;"),
            Self::CdataOutsideRoot => f.write_str("a CDATA section stands outside of the root element: remove it"),
            Self::Doctype => f.write_str("a DOCTYPE is refused, for safety: remove it"),
            Self::DuplicateAttribute(name) => {
                write!(f, "the attribute {} stands twice in one tag: keep one of the two", shown(name))
            }
            Self::Empty => f.write_str("there is no content: put the certificate here"),
            Self::EmptyNamespace(prefix) => {
                write!(f, "the prefix {} is bound to an empty namespace: bind it to a name", shown(prefix))
            }
            Self::EndWithoutStart(name) => write!(f, "</{}> closes nothing: remove it", shown(name)),
            Self::Ends(place) => write!(f, "the document ends inside {place}: was it cut off?"),
            Self::EndsInside(name) => {
                write!(f, "the document ends before </{}>: was it cut off?", shown(name))
            }
            Self::EqualsMissing(name) => write!(f, "the attribute {} has no = and no value: add them", shown(name)),
            Self::EscapedTwice => {
                f.write_str("the content begins with an escaped <, so it was escaped twice: escape it once")
            }
            Self::IllegalCharacter(character) => {
                write!(f, "the character U+{:04X} is not allowed in XML: remove it", u32::from(*character))
            }
            Self::LessThanInValue(name) => {
                write!(f, "the value of the attribute {} contains a <: write it as &lt;", shown(name))
            }
            Self::MismatchedEnd { found, open } => {
                write!(
                    f,
                    "</{}> stands where </{}> must close the element: are they nested wrongly?",
                    shown(found),
                    shown(open)
                )
            }
            Self::MisplacedDeclaration => {
                f.write_str("an XML declaration stands elsewhere than at the very beginning: remove it")
            }
            Self::NameTooLong => write!(f, "a name is longer than {NAME_BYTES_MAX} bytes, the bound here: shorten it"),
            Self::NamespaceTooLong => {
                write!(
                    f,
                    "the name of a namespace is longer than {NAMESPACE_BYTES_MAX} bytes, the bound here: shorten it"
                )
            }
            Self::NoRoot => f.write_str("there is no element at all: put the certificate here"),
            Self::NotXml => f.write_str(
                "the content is neither XML, which begins with <, nor base64 of it: put the certificate here",
            ),
            Self::QuoteMissing(name) => {
                write!(f, "the value of the attribute {} stands in no quotes: add them", shown(name))
            }
            Self::ReservedNamespace => {
                f.write_str("a declaration uses the prefix xml or xmlns, or what they stand for: use another")
            }
            Self::SecondRoot => f.write_str("a second root element begins: send each document in its own envelope"),
            Self::SpaceMissing => f.write_str("white space or the end of the tag was expected here: add it"),
            Self::TextOutsideRoot => f.write_str("text stands outside of the root element: remove it"),
            Self::TooDeep => {
                write!(f, "elements are nested deeper than {DEPTH_MAX} levels, the bound here: flatten them")
            }
            Self::TooManyAttributes => {
                write!(f, "an element has more than {ATTRIBUTES_MAX} attributes, the bound here: remove some")
            }
            Self::TooManyNamespaces => {
                write!(f, "more than {BINDINGS_MAX} namespace declarations are in force, the bound here: remove some")
            }
            Self::UnboundPrefix(prefix) => {
                write!(f, "the prefix {0} is declared nowhere: add xmlns:{0}=\"...\" for it", shown(prefix))
            }
            Self::UndefinedEntity(name) => {
                write!(
                    f,
                    "&{0}; is defined nowhere: write the character itself, or &amp;{0}; for the text",
                    shown(name)
                )
            }
        }
    }
}
