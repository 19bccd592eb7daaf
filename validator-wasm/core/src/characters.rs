//! The character classes of XML 1.0, fifth edition.

use crate::vectors::{FOUR_VECTORS_BYTES, has_odd, has_suspicious};

/// White space of XML: nothing else separates attributes or trims values.
pub(crate) const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// Bytes looked at in one go when the document is searched for illegal characters: one or two vector registers.
const CHUNK_BYTES: usize = FOUR_VECTORS_BYTES;

/// `text` without white space around it. Values mostly have none, which two looks show.
#[inline(always)]
pub(crate) fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if b' ' < *first && b' ' < *last => text,
        // Of ASCII's white space only the form feed is none of XML's, and it is illegal.
        _ => text.trim_ascii(),
    }
}

/// The ASCII bytes of names with their prefixes.
static NAMES: [bool; 256] = {
    let mut names = [false; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        names[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':');
        byte += 1;
    }
    names
};

/// Whether all of `text` are digits; of nothing that is so, too.
#[inline(never)]
pub(crate) fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `character` may stand in an XML document at all.
pub(crate) fn is_legal(character: char) -> bool {
    !matches!(character, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}

/// Where the first illegal character of `text` stands.
pub(crate) fn illegal_at(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (chunks, _) = bytes.as_chunks::<CHUNK_BYTES>();
    for (index, chunk) in chunks.iter().enumerate() {
        let start = index * CHUNK_BYTES;
        if has_odd(chunk)
            && has_suspicious(chunk)
            && let Some(at) = first_illegal(bytes, start, start + CHUNK_BYTES)
        {
            return Some(at);
        }
    }
    // The last chunk once more, some of it for the second time.
    match bytes.last_chunk() {
        Some(last) if !has_odd(last) => None,
        _ => first_illegal(bytes, chunks.len() * CHUNK_BYTES, bytes.len()),
    }
}

/// As [`illegal_at`] for the characters that begin in `start..end`, byte by byte.
fn first_illegal(bytes: &[u8], start: usize, end: usize) -> Option<usize> {
    let mut at = start;
    loop {
        at += bytes.get(at..end)?.iter().position(|&byte| byte < b' ' || byte == 0xEF)?;
        match bytes.get(at..) {
            Some([b'\t' | b'\n' | b'\r', ..]) => {}
            Some([0xEF, second, third, ..]) if (*second, *third) < (0xBF, 0xBE) => {}
            _ => return Some(at),
        }
        at += 1;
    }
}

/// The length of the name, with or without a prefix, at the beginning of `text`; whether it begins as a name must is
/// not looked at.
pub(crate) fn name_length(text: &str) -> usize {
    // Nearly all names are ASCII, which needs no decoding.
    let length = text.bytes().position(|byte| !NAMES[usize::from(byte)]).unwrap_or(text.len());
    match text.get(length..) {
        Some(rest) if rest.starts_with(|next: char| !next.is_ascii() && continues_name(next)) => {
            length + rest.find(|next| next != ':' && !continues_name(next)).unwrap_or(rest.len())
        }
        _ => length,
    }
}

/// Whether a name may begin with `character`. The colon is a letter of XML's names, but namespaces took it.
pub(crate) fn begins_name(character: char) -> bool {
    match character {
        'A'..='Z' | 'a'..='z' | '_' => true,
        _ if character.is_ascii() => false,
        _ => matches!(character,
            '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}'
            | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
            | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}'),
    }
}

/// Whether `character` may stand inside a name.
pub(crate) fn continues_name(character: char) -> bool {
    match character {
        '0'..='9' | '-' | '.' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}' => true,
        _ => begins_name(character),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_where_its_characters_end() {
        for (text, length) in
            [("", 0), ("a", 1), ("a:b-1.c_d>", 9), (":a ", 2), ("é>", 2), ("aé:b×", 5), ("a×", 1), (">", 0)]
        {
            assert_eq!(name_length(text), length, "{text}");
        }
    }

    #[test]
    fn the_search_agrees_with_the_class_wherever_the_character_stands() {
        let all = ['\0', '\u{8}', '\t', '\n', '\u{B}', '\u{C}', '\r', '\u{1F}', ' ', '\u{7F}', '\u{FFFD}', '\u{FFFE}'];
        for character in all.into_iter().chain(['\u{FFFF}', '\u{FEFF}', '\u{10FFFF}', 'ä', 'ﾀ']) {
            for before in [0, 1, 61, 62, 63, 64, 65, 200] {
                let text = format!("{}{character}rest", "x".repeat(before));
                assert_eq!(illegal_at(&text), (!is_legal(character)).then_some(before), "{character:?} after {before}");
            }
        }
    }
}
