//! Content as it came.

use bytes::Bytes;

use crate::xml::{self, Piece};

/// The content of an envelope: legal XML 1.0 character data (text with references, CDATA sections), exactly as its
/// sender wrote it. As such it can stand in an answer again without a change. A slice of the request's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content(Bytes);

impl Content {
    /// Character data that was checked when it came: read back from the journal, which verified its checksum.
    pub fn from_stored(raw: Bytes) -> Self {
        Self(raw)
    }

    /// Content that says `text`.
    pub fn from_text(text: &str) -> Self {
        let mut raw = Vec::with_capacity(text.len() + text.len() / 8);
        xml::escape(text, &mut raw);
        Self(raw.into())
    }

    /// Character data as it stands between the tags.
    pub fn raw(&self) -> &Bytes {
        &self.0
    }

    /// Its length in bytes, as it stands.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing at all, not even white space.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it says nothing but white space.
    pub fn is_blank(&self) -> bool {
        xml::pieces(self.text()).all(|piece| match piece {
            Piece::Text(text) => text.bytes().all(xml::is_white),
            Piece::Char(character) => u8::try_from(character).is_ok_and(xml::is_white),
        })
    }

    /// What the content says. Borrowed from the content itself when nothing is escaped in it, written to `scratch`
    /// otherwise.
    pub fn unescape<'a>(&'a self, scratch: &'a mut Vec<u8>) -> &'a [u8] {
        match xml::single_run(self.text()) {
            Some(run) => run.as_bytes(),
            None => {
                scratch.clear();
                xml::unescape_into(self.text(), scratch);
                scratch
            }
        }
    }

    /// Was checked to be UTF-8 when it came; were it not, the part up to there is what can be said of it.
    fn text(&self) -> &str {
        match std::str::from_utf8(&self.0) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(&self.0[..error.valid_up_to()]).unwrap_or_default(),
        }
    }
}
