//! From the bytes of a body to UTF-8 text and the place where its markup begins.

use bytes::Bytes;
use phytohub_model::shown;

use crate::xml::{Malformed, is_white};

const UTF_8_MARK: &[u8] = b"\xEF\xBB\xBF";
const UTF_16_MARKS: [&[u8]; 2] = [b"\xFE\xFF", b"\xFF\xFE"];

/// The body as UTF-8: itself, unless a byte order mark says that it is UTF-16.
pub(super) fn to_utf8(body: Bytes) -> Result<(Bytes, bool), Malformed> {
    if !body.starts_with(UTF_16_MARKS[0]) && !body.starts_with(UTF_16_MARKS[1]) {
        return Ok((body, false));
    }
    let is_big_endian = body.starts_with(UTF_16_MARKS[0]);
    let (pairs, rest) = body[2..].as_chunks::<2>();
    if !rest.is_empty() {
        return Err(Malformed::new(
            body.len(),
            "the request is UTF-16 by its byte order mark, but ends in half a unit",
        ));
    }
    let units =
        pairs.iter().map(|&pair| if is_big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) });
    let mut text = String::with_capacity(pairs.len());
    for character in char::decode_utf16(units) {
        match character {
            Ok(character) => text.push(character),
            Err(_) => return Err(Malformed::new(text.len(), "the request is UTF-16 with half a surrogate pair")),
        }
    }
    Ok((text.into(), true))
}

/// What is plainly something else than XML, so that it is named instead of "text before the root".
pub(super) fn check_kind(body: &[u8]) -> Result<(), Malformed> {
    let first = body.iter().find(|&&byte| !is_white(byte));
    let what = match (first, body) {
        (None, _) => "the body is empty; send a SOAP 1.1 envelope",
        (_, [b'-', b'-', ..]) => "this is a multipart body; send the envelope alone, without attachments (no MTOM)",
        (_, [0x1F, 0x8B, ..]) => "this is compressed; send the envelope without Content-Encoding",
        (Some(b'<' | 0xEF | 0xFE | 0xFF | 0), _) => return Ok(()),
        _ => "this is not XML; send a SOAP 1.1 envelope",
    };
    Err(Malformed::new(0, what))
}

/// The byte behind a byte order mark and an XML declaration. Refuses a declaration of something else than what the
/// bytes are: believed or not, somebody would read other characters than were meant.
pub(super) fn markup_begin(document: &str, was_utf_16: bool) -> Result<usize, Malformed> {
    let mark = if document.as_bytes().starts_with(UTF_8_MARK) { UTF_8_MARK.len() } else { 0 };
    let text = &document[mark..];
    let is_declared = text.strip_prefix("<?xml").is_some_and(|rest| rest.bytes().next().is_some_and(is_white));
    if !is_declared {
        return Ok(mark);
    }
    let Some(end) = text.find("?>") else {
        return Err(Malformed::new(mark, "the XML declaration has no end"));
    };
    let declaration = &text["<?xml".len()..end];
    let fields = declared_fields(declaration)
        .filter(|fields| fields.first().is_some_and(|field| field.0 == "version"))
        .ok_or_else(|| Malformed::new(mark, "the XML declaration cannot be read; write <?xml version=\"1.0\"?>"))?;
    for (name, value) in fields {
        match name {
            "version" if value == "1.0" => {}
            "encoding" if is_encoding(value, document, was_utf_16) => {}
            "standalone" if value == "yes" || value == "no" => {}
            "version" => {
                return Err(Malformed::new(mark, format!("XML {} is not spoken here, XML 1.0 is", shown(value))));
            }
            "encoding" => {
                let is = if was_utf_16 { "UTF-16 by its byte order mark" } else { "read as UTF-8" };
                let what = format!("the XML declaration says '{}', but the request is {is}; send UTF-8", shown(value));
                return Err(Malformed::new(mark, what));
            }
            _ => {
                let what = format!("the XML declaration has an unknown or unreadable part '{}'", shown(name));
                return Err(Malformed::new(mark, what));
            }
        }
    }
    Ok(mark + end + 2)
}

fn is_encoding(name: &str, document: &str, was_utf_16: bool) -> bool {
    if was_utf_16 {
        return ["UTF-16", "UTF-16LE", "UTF-16BE"].iter().any(|known| name.eq_ignore_ascii_case(known));
    }
    let is_utf_8 = name.eq_ignore_ascii_case("UTF-8") || name.eq_ignore_ascii_case("UTF8");
    is_utf_8 || (name.eq_ignore_ascii_case("US-ASCII") && document.is_ascii())
}

/// `name="value"` pairs; None when it is something else.
fn declared_fields(mut rest: &str) -> Option<Vec<(&str, &str)>> {
    const FIELDS_MAX: usize = 3;
    let mut fields = Vec::with_capacity(FIELDS_MAX);
    loop {
        let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        if trimmed.is_empty() {
            return Some(fields);
        }
        if trimmed.len() == rest.len() || fields.len() == FIELDS_MAX {
            return None;
        }
        let (name, behind) = trimmed.split_once('=')?;
        let behind = behind.trim_start_matches([' ', '\t', '\n', '\r']);
        let quote = behind.chars().next().filter(|&quote| quote == '"' || quote == '\'')?;
        let (value, behind) = behind[1..].split_once(quote)?;
        fields.push((name.trim_end_matches([' ', '\t', '\n', '\r']), value));
        rest = behind;
    }
}
