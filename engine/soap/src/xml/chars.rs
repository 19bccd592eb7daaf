//! Which characters may stand where (XML 1.0, fifth edition).

use super::Malformed;

/// Bytes looked at in one go: a loop without a way out is turned into vector instructions.
const BLOCK_BYTES: usize = 128;

/// Checks once for the whole document that it is UTF-8 and only has legal characters, so that nobody behind this needs
/// to look again.
pub(crate) fn check_document(document: &[u8]) -> Result<&str, Malformed> {
    let text = std::str::from_utf8(document).map_err(|error| {
        Malformed::new(error.valid_up_to(), "the bytes from here on are not UTF-8; send the request as UTF-8")
    })?;
    match first_illegal(text) {
        None => Ok(text),
        Some(at) => {
            let character = text[at..].chars().next().map_or(0, u32::from);
            let hint = if character == 0 { " (is this UTF-16 without a byte order mark?)" } else { "" };
            Err(Malformed::new(at, format!("the character U+{character:04X} is not allowed in XML{hint}")))
        }
    }
}

/// Whether XML 1.0 allows the character at all.
pub(crate) fn is_legal(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => true,
        '\u{FFFE}' | '\u{FFFF}' => false,
        _ => ' ' <= character,
    }
}

fn first_illegal(text: &str) -> Option<usize> {
    let control = |byte: u8| byte < b' ' && byte != b'\t' && byte != b'\n' && byte != b'\r';
    let bytes = text.as_bytes();
    let blocks = bytes.chunks(BLOCK_BYTES).enumerate();
    let first_control = blocks
        .filter(|(_, block)| block.iter().fold(false, |found, &byte| found | control(byte)))
        .find_map(|(index, block)| Some(index * BLOCK_BYTES + block.iter().position(|&byte| control(byte))?));
    // U+FFFE and U+FFFF are EF BF BE and EF BF BF.
    let first_nonsense = memchr::memchr_iter(0xEF, bytes).find(|&at| matches!(bytes[at..], [_, 0xBF, 0xBE | 0xBF, ..]));
    first_control.into_iter().chain(first_nonsense).min()
}

/// White space as XML knows it.
pub(crate) fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Whether a name's byte may be: of ASCII exactly the name characters, beyond it all (see [`is_name`]).
pub(super) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':') || byte >= 0x80
}

/// Whether text made of [`is_name_byte`] is a name without a colon.
pub(super) fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(is_name_start) && characters.all(is_name_character)
}

fn is_name_start(character: char) -> bool {
    matches!(character,
        'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

fn is_name_character(character: char) -> bool {
    is_name_start(character)
        || matches!(character, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}
