//! Steps through a message, one element at a time: what the reader of requests and the reader of answers share.

use phytohub_model::shown;

use crate::names;
use crate::xml::{Event, Malformed, Reader, Start, is_white, unescape};

/// The next child of the element that is open, or None at its end. Only white space may stand between children.
pub(crate) fn child<'a>(reader: &mut Reader<'a>) -> Result<Option<Start<'a>>, Malformed> {
    loop {
        let at = reader.at();
        match reader.next()? {
            Event::Start(start) => return Ok(Some(start)),
            Event::End(_) | Event::Eof => return Ok(None),
            Event::Text(text) | Event::Section(text) => {
                if let Some(offset) = text.bytes().position(|byte| !is_white(byte)) {
                    return Err(Malformed::new(at + offset, "text stands where only elements may stand"));
                }
            }
            Event::Instruction(at) => return Err(instruction(at)),
        }
    }
}

/// Passes the rest of the element just begun.
pub(crate) fn skip(reader: &mut Reader<'_>) -> Result<(), Malformed> {
    let outside = reader.depth() - 1;
    while reader.depth() > outside {
        if let Event::Instruction(at) = reader.next()? {
            return Err(instruction(at));
        }
    }
    Ok(())
}

/// The text of the element just begun, un-escaped and trimmed; empty for a nil one.
pub(crate) fn text(reader: &mut Reader<'_>, start: &Start<'_>) -> Result<String, Malformed> {
    let text = raw_text(reader, start)?;
    Ok(unescape(&text).trim_matches(|character| u8::try_from(character).is_ok_and(is_white)).to_owned())
}

/// The character data of the element just begun, without comments.
pub(crate) fn raw_text(reader: &mut Reader<'_>, start: &Start<'_>) -> Result<String, Malformed> {
    let mut text = String::new();
    loop {
        match reader.next()? {
            Event::Text(part) | Event::Section(part) => text.push_str(part),
            Event::End(_) | Event::Eof => return Ok(text),
            Event::Start(inner) => {
                let what =
                    format!("{} takes a text, but <{}> begins in it", shown(start.local), shown(inner.qualified));
                return Err(Malformed::new(inner.at, what));
            }
            Event::Instruction(at) => return Err(instruction(at)),
        }
    }
}

/// Whether the element just begun says `xsi:nil`.
pub(crate) fn is_nil(reader: &Reader<'_>) -> bool {
    reader.attributes().iter().any(|attribute| {
        attribute.local == "nil"
            && matches!(attribute.value.trim(), "true" | "1")
            && reader.namespace(attribute.binding) == names::XSI
    })
}

/// Passes to the first element of a SOAP body and returns it. The Header is passed over whatever is in it: nothing of
/// it is for this service, and clients mark WS-Addressing headers as to be understood without meaning it.
pub(crate) fn enter_body<'a>(reader: &mut Reader<'a>) -> Result<Start<'a>, Malformed> {
    let root = child(reader)?.ok_or_else(|| Malformed::new(reader.at(), "the document has no element"))?;
    match (root.local, reader.namespace(root.binding)) {
        ("Envelope", names::SOAP) => {}
        ("Envelope", names::SOAP_12) => {
            return Err(Malformed::new(root.at, "this is SOAP 1.2; SOAP 1.1 is spoken here, with text/xml"));
        }
        (_, namespace) => {
            let what = format!(
                "the document's root is {} and not the Envelope of SOAP 1.1 ('{}')",
                named(root.local, namespace),
                names::SOAP
            );
            return Err(Malformed::new(root.at, what));
        }
    }
    loop {
        let Some(part) = child(reader)? else {
            return Err(Malformed::new(reader.at(), "the SOAP envelope has no Body"));
        };
        if part.local == "Body" && reader.namespace(part.binding) == names::SOAP {
            let empty = || Malformed::new(part.at, "the SOAP Body is empty; an operation's element is due in it");
            return child(reader)?.ok_or_else(empty);
        }
        skip(reader)?;
    }
}

/// Behind the first element of the Body: nothing more may come but what SOAP allows behind the Body.
pub(crate) fn leave_body(reader: &mut Reader<'_>) -> Result<(), Malformed> {
    if let Some(second) = child(reader)? {
        let what =
            format!("the SOAP Body has a second element <{}>; one request, one element", shown(second.qualified));
        return Err(Malformed::new(second.at, what));
    }
    while let Some(part) = child(reader)? {
        if reader.namespace(part.binding) == names::SOAP {
            let what = format!("<{}> may not stand behind the SOAP Body", shown(part.qualified));
            return Err(Malformed::new(part.at, what));
        }
        skip(reader)?;
    }
    // Behind the root only comments and white space may come; the reader says so.
    child(reader).map(drop)
}

/// A name for people: `{namespace}local`.
pub(crate) fn named(local: &str, namespace: &str) -> String {
    match namespace {
        "" => format!("'{}' in no namespace", shown(local)),
        _ => format!("'{}' in the namespace '{}'", shown(local), shown(namespace)),
    }
}

fn instruction(at: usize) -> Malformed {
    Malformed::new(at, "a processing instruction is not allowed in a SOAP message")
}
