//! What is wrong with a document, and where.

use phytohub_model::Fault;

/// One thing that makes a document unreadable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// Byte of the document at which it shows.
    pub(crate) at: usize,
    /// The sentence for people, without the place.
    pub(crate) what: String,
}

impl Malformed {
    pub(crate) fn new(at: usize, what: impl Into<String>) -> Self {
        Self { at, what: what.into() }
    }

    /// The fault for the client, with line and column. `document` needs to be valid up to the place only.
    pub(crate) fn fault(&self, document: &[u8]) -> Fault {
        Fault::client(format!("The request cannot be read ({}): {}", self.place(document), self.what))
    }

    /// Line and column, both from 1, the column in characters.
    pub(crate) fn place(&self, document: &[u8]) -> String {
        let before = document.get(..self.at).unwrap_or(document);
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        let column = String::from_utf8_lossy(&before[line_start..]).chars().count() + 1;
        format!("line {line}, column {column}")
    }
}
