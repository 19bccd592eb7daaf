//! phytoval: judges electronic phytosanitary certificates.
//!
//! [`validate`] takes the content of an envelope and says what is wrong with it: whether it is well-formed XML
//! (strict, in one pass and linear time), whether it is a certificate, and whether it agrees with the
//! header of its envelope. All findings are reported, not the first; only where a document stops being XML the reading
//! ends. [`codelists`] holds the lists of codes that certificates use, as data with an edition.
//!
//! The crate is pure: no file, no clock, no thread, no socket, and it knows nothing of the hub but the words of the
//! domain. No content can make it panic.

mod certificate;
mod characters;
pub mod codelists;
mod document;
mod header;
mod identify;
mod limits;
mod namespaces;
mod path;
mod places;
mod position;
mod references;
mod report;
mod scanner;
mod syntax;
mod tag;

pub use header::Expected;
pub use identify::{Identity, identify};

use phytohub_model::Verdict;

/// Judges `content`, the un-escaped content of an envelope: a document as text, with or without XML declaration, byte
/// order mark and white space around it, or base64 of one. With `expected`, the document must agree with the envelope's
/// header; a country response (type 312) is read as an acknowledgement, of which only the root is known.
pub fn validate(content: &[u8], expected: Option<&Expected<'_>>) -> Verdict {
    certificate::judge(&document::Document::read(content), expected)
}
