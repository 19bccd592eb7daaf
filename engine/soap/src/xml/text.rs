//! Character data: checking it, un-escaping it, escaping it.

use std::borrow::Cow;

use bytes::BufMut;
use memchr::{memchr_iter, memchr3, memmem};
use phytohub_model::shown;

use super::{Malformed, chars};

/// Longest reference that is looked for; `&#x10FFFF;` has ten characters, leading zeros are legal.
const REFERENCE_BYTES_MAX: usize = 32;

const CDATA_OPEN: &str = "<![CDATA[";
const CDATA_CLOSE: &str = "]]>";

/// A part of character data, un-escaped.
pub(crate) enum Piece<'a> {
    /// As it stands.
    Text(&'a str),
    /// What a reference or a line end means.
    Char(char),
}

/// Checks a run of text without `<`: each `&` begins a legal reference, and there is no `]]>`. `at` is the run's place.
pub(crate) fn check_run(run: &str, at: usize) -> Result<(), Malformed> {
    if let Some(offset) = memmem::find(run.as_bytes(), CDATA_CLOSE.as_bytes()) {
        return Err(Malformed::new(at + offset, "']]>' may not stand in text; write ']]&gt;'"));
    }
    check_references(run, at)
}

/// Checks that each `&` begins one of the five predefined entities or a reference to a legal character.
pub(crate) fn check_references(run: &str, at: usize) -> Result<(), Malformed> {
    let bytes = run.as_bytes();
    for ampersand in memchr_iter(b'&', bytes) {
        if !matches!(bytes[ampersand + 1..], [b'l' | b'g', b't', b';', ..] | [b'a', b'm', b'p', b';', ..])
            && let Err(what) = reference(&run[ampersand..])
        {
            return Err(Malformed::new(at + ampersand, what));
        }
    }
    Ok(())
}

/// The character that the reference at the beginning of `text` stands for, and the reference's length.
fn reference(text: &str) -> Result<(char, usize), String> {
    let bytes = text.as_bytes();
    let end = bytes.iter().take(REFERENCE_BYTES_MAX).position(|&byte| byte == b';');
    let name = end.and_then(|end| text.get(1..end)).filter(|name| !name.is_empty() && !name.contains([' ', '&', '<']));
    let (Some(end), Some(name)) = (end, name) else {
        return Err("'&' does not begin a reference here; write '&amp;'".to_owned());
    };
    let character = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => match name.strip_prefix('#') {
            Some(digits) => numeric(digits)
                .ok_or_else(|| format!("'&{};' is no reference to a character that XML allows", shown(name)))?,
            None => {
                return Err(format!(
                    "the entity '&{};' is not defined; XML knows &lt; &gt; &amp; &quot; &apos; and references by \
                     number",
                    shown(name)
                ));
            }
        },
    };
    Ok((character, end + 1))
}

fn numeric(digits: &str) -> Option<char> {
    let (digits, radix) = digits.strip_prefix('x').map_or((digits, 10), |hexadecimal| (hexadecimal, 16));
    // from_str_radix takes a sign, XML does not.
    let code =
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, radix).ok())??;
    char::from_u32(code).filter(|&character| chars::is_legal(character))
}

/// Character data (text, references and CDATA sections) in its parts. Total: what cannot be a reference or a section is
/// text.
pub(crate) fn pieces(raw: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = raw;
    let mut in_section = false;
    std::iter::from_fn(move || {
        loop {
            let next = if in_section { section_stop(rest) } else { memchr3(b'&', b'<', b'\r', rest.as_bytes()) };
            let stop = next.unwrap_or(rest.len());
            if stop > 0 {
                let (text, behind) = rest.split_at(stop);
                rest = behind;
                return Some(Piece::Text(text));
            }
            if rest.is_empty() {
                return None;
            }
            if in_section && rest.starts_with(CDATA_CLOSE) {
                (rest, in_section) = (&rest[CDATA_CLOSE.len()..], false);
                continue;
            }
            if !in_section && rest.starts_with(CDATA_OPEN) {
                (rest, in_section) = (&rest[CDATA_OPEN.len()..], true);
                continue;
            }
            let (character, length) = single(rest);
            rest = &rest[length..];
            return Some(Piece::Char(character));
        }
    })
}

/// Where the section's plain text stops: at its end or at a carriage return.
fn section_stop(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    memchr::memchr2_iter(b']', b'\r', bytes).find(|&at| bytes[at] == b'\r' || bytes[at..].starts_with(b"]]>"))
}

/// What stands at the beginning of `text`, which begins with `&`, `<` or a carriage return. A line end of any system
/// is a line feed to the reader of a document (XML 1.0, 2.11).
fn single(text: &str) -> (char, usize) {
    match text.as_bytes() {
        [b'\r', b'\n', ..] => ('\n', 2),
        [b'\r', ..] => ('\n', 1),
        [b'&', ..] => reference(text).unwrap_or(('&', 1)),
        _ => ('<', 1),
    }
}

/// Character data un-escaped; borrowed when it is one run of plain text.
pub(crate) fn unescape(raw: &str) -> Cow<'_, str> {
    match single_run(raw) {
        Some(run) => Cow::Borrowed(run),
        None => {
            let mut bytes = Vec::new();
            unescape_into(raw, &mut bytes);
            // Parts of a text and whole characters are all that was written.
            Cow::Owned(String::from_utf8(bytes).unwrap_or_default())
        }
    }
}

/// The text that character data says, if it stands there in one run: plain, or in a single CDATA section and nothing
/// around it.
pub(crate) fn single_run(raw: &str) -> Option<&str> {
    if let Some(section) = raw.strip_prefix(CDATA_OPEN) {
        let end = section_stop(section)?;
        return (&section[end..] == CDATA_CLOSE).then(|| &section[..end]);
    }
    memchr3(b'&', b'<', b'\r', raw.as_bytes()).is_none().then_some(raw)
}

/// Appends what character data says.
pub(crate) fn unescape_into(raw: &str, out: &mut Vec<u8>) {
    out.reserve(raw.len());
    if memchr::memchr2(b'<', b'\r', raw.as_bytes()).is_none() {
        return unescape_references(raw, out);
    }
    for piece in pieces(raw) {
        match piece {
            Piece::Text(part) => out.extend_from_slice(part.as_bytes()),
            Piece::Char(character) => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// The same for text with references alone, which is what nearly every client sends.
fn unescape_references(raw: &str, out: &mut Vec<u8>) {
    let bytes = raw.as_bytes();
    let mut plain_from = 0;
    for ampersand in memchr_iter(b'&', bytes) {
        out.extend_from_slice(&bytes[plain_from..ampersand]);
        plain_from = ampersand
            + match bytes[ampersand..] {
                [_, b'l', b't', b';', ..] => {
                    out.push(b'<');
                    4
                }
                [_, b'g', b't', b';', ..] => {
                    out.push(b'>');
                    4
                }
                _ => {
                    let (character, length) = reference(&raw[ampersand..]).unwrap_or(('&', 1));
                    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                    length
                }
            };
    }
    out.extend_from_slice(&bytes[plain_from..]);
}

/// Writes `text` so that it stands as text or inside a quoted attribute. What XML does not allow becomes U+FFFD:
/// texts of clients and files end here, and an answer must be readable whatever is in them.
pub(crate) fn escape(text: &str, out: &mut impl BufMut) {
    let mut plain_from = 0;
    for (at, character) in text.char_indices() {
        let replacement = match character {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            // Plain, it would be read as a line feed.
            '\r' => "&#13;",
            _ if chars::is_legal(character) => continue,
            _ => "\u{FFFD}",
        };
        out.put_slice(&text.as_bytes()[plain_from..at]);
        out.put_slice(replacement.as_bytes());
        plain_from = at + character.len_utf8();
    }
    out.put_slice(&text.as_bytes()[plain_from..]);
}
