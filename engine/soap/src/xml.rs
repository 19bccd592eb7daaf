//! XML 1.0 with namespaces, without DTDs: what SOAP 1.1 allows, read strictly.
//!
//! Own code and not a general parser, because each of the following would have to be added around one: the whole of
//! well-formedness (general parsers for speed leave out legal characters, references, `<` in attributes, `]]>`),
//! bounds on depth, attributes and names, and a text run of many thousand references as **one** slice of the source.
//! The tests hold it against a general parser.

mod chars;
mod error;
mod reader;
mod tag;
mod text;

#[cfg(test)]
mod tests;

pub(crate) use chars::{check_document, is_white};
pub(crate) use error::Malformed;
pub(crate) use reader::{Binding, Event, Reader, Start};
pub(crate) use text::{Piece, escape, pieces, single_run, unescape, unescape_into};
