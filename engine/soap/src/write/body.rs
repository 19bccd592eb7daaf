//! A body as a chain of slices, and the writer that links it.

use bytes::{Bytes, BytesMut};

use crate::content::Content;
use crate::names;
use crate::xml;

/// Room for an answer without content: about twice a header.
const CAPACITY_BYTES: usize = 2048;

/// The bytes of an answer, in pieces: markup of ours and content as it is stored.
#[derive(Clone, Debug, Default)]
pub struct Body {
    chunks: Vec<Bytes>,
    length: usize,
}

/// Writes markup and links content.
pub(crate) struct Writer {
    markup: BytesMut,
    body: Body,
}

impl Body {
    /// The pieces in their order.
    pub fn chunks(&self) -> &[Bytes] {
        &self.chunks
    }

    /// The pieces in their order, for whoever sends them one by one.
    pub fn into_chunks(self) -> Vec<Bytes> {
        self.chunks
    }

    /// Length of all pieces together: the Content-Length.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// All pieces as one, which copies them if there are more than one.
    pub fn into_bytes(mut self) -> Bytes {
        match self.chunks.len() {
            1 => self.chunks.remove(0),
            _ => self.chunks.concat().into(),
        }
    }

    fn push(&mut self, chunk: Bytes) {
        self.length += chunk.len();
        self.chunks.push(chunk);
    }
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self { markup: BytesMut::with_capacity(CAPACITY_BYTES), body: Body::default() }
    }

    pub(crate) fn envelope_begins(&mut self) {
        self.markup("<?xml version=\"1.0\" encoding=\"UTF-8\"?><soap:Envelope xmlns:soap=\"");
        self.markup(names::SOAP);
        self.markup("\"><soap:Body>");
    }

    pub(crate) fn envelope_ends(&mut self) {
        self.markup("</soap:Body></soap:Envelope>");
    }

    /// Writes markup as it is.
    pub(crate) fn markup(&mut self, markup: &str) {
        self.markup.extend_from_slice(markup.as_bytes());
    }

    /// Writes text, escaped.
    pub(crate) fn text(&mut self, text: &str) {
        xml::escape(text, &mut self.markup);
    }

    /// Links content.
    pub(crate) fn content(&mut self, content: &Content) {
        self.cut();
        self.body.push(content.raw().clone());
    }

    pub(crate) fn element(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.markup("<");
        self.markup(name);
        self.markup(">");
        inside(self);
        self.markup("</");
        self.markup(name);
        self.markup(">");
    }

    pub(crate) fn text_element(&mut self, name: &str, text: &str) {
        self.element(name, |out| out.text(text));
    }

    pub(crate) fn finish(mut self) -> Body {
        self.cut();
        self.body
    }

    fn cut(&mut self) {
        if !self.markup.is_empty() {
            self.body.push(self.markup.split().freeze());
        }
    }
}
