//! The server's ear: from a body to a [`Request`].

mod embedded;
mod encoding;
pub(crate) mod header;
mod request;
pub(crate) mod walk;

use bytes::Bytes;
use phytohub_model::Fault;

use crate::names;
use crate::operation::Operation;
use crate::request::Request;
use crate::xml::{Malformed, Reader, Start, check_document};
use walk::{enter_body, leave_body, named};

/// Reads a request. Only the body counts: neither SOAPAction nor any header, which real clients send as they like.
///
/// The work is linear in the body's length, its memory bounded by it, and content is not copied (but for a body in
/// UTF-16, and content with markup in it, which has to be rewritten).
///
/// # Errors
/// A [`Fault`] of the client's with line, column and what to do, when the body is no request of the contract.
pub fn read_request(body: Bytes) -> Result<Request, Fault> {
    let (body, was_utf_16) = checked_encoding(body)?;
    read_utf8(&body, was_utf_16).map_err(|malformed| malformed.fault(&body))
}

/// Where the markup of a UTF-8 document begins.
pub(crate) fn markup_begin(document: &str) -> Result<usize, Malformed> {
    encoding::markup_begin(document, false)
}

fn checked_encoding(body: Bytes) -> Result<(Bytes, bool), Fault> {
    encoding::check_kind(&body).map_err(|malformed| malformed.fault(&body))?;
    encoding::to_utf8(body)
        .map_err(|malformed| Fault::client(format!("The request cannot be read: {}", malformed.what)))
}

fn read_utf8(body: &Bytes, was_utf_16: bool) -> Result<Request, Malformed> {
    let document = check_document(body)?;
    let begin = encoding::markup_begin(document, was_utf_16)?;
    let mut reader = Reader::new(document, begin);
    let first = enter_body(&mut reader)?;
    let operation = operation(&reader, &first)?;
    let request = request::read(&mut reader, body, operation, &first)?;
    leave_body(&mut reader)?;
    Ok(request)
}

fn operation(reader: &Reader<'_>, first: &Start<'_>) -> Result<Operation, Malformed> {
    let namespace = reader.namespace(first.binding);
    let known = Operation::from_local_name(first.local);
    known.filter(|_| namespace == names::EPH).ok_or_else(|| {
        let expected = match known {
            Some(_) => format!("it is one of this service only in the namespace '{}'", names::EPH),
            None => "the service's WSDL lists its operations".to_owned(),
        };
        let what = format!("{} is no operation of this service; {expected}", named(first.local, namespace));
        Malformed::new(first.at, what)
    })
}
