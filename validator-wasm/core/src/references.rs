//! References to characters: `&lt;`, `&#223;`, `&#x1F331;`.

use crate::characters::{self, SPACE};
use crate::syntax::Kind;
use crate::words::find_any;

/// A reference's name is looked for in this many bytes: `#x0010FFFF` fits, even with more leading zeros than anybody
/// writes, and an ampersand alone does not make the rest of the document be searched.
const NAME_BYTES_MAX: usize = 64;

/// Reads what stands behind an `&`: the character and the bytes up to and including the semicolon.
pub(crate) fn read(text: &str) -> Result<(char, usize), Kind<'_>> {
    let end = text
        .bytes()
        .take(NAME_BYTES_MAX)
        .position(|byte| !(byte.is_ascii_alphanumeric() || b"#._-:".contains(&byte)) && byte < 0x80);
    let name = match end {
        Some(end) if text.as_bytes().get(end) == Some(&b';') => text.get(..end).unwrap_or_default(),
        None if text.len() < NAME_BYTES_MAX => return Err(Kind::Ends("&")),
        _ => return Err(Kind::AmpersandAlone),
    };
    let character = match name.strip_prefix('#') {
        Some(number) => numbered(number).ok_or(Kind::BadCharacterReference(name))?,
        None => match name {
            "" => return Err(Kind::AmpersandAlone),
            "amp" => '&',
            "apos" => '\'',
            "gt" => '>',
            "lt" => '<',
            "quot" => '"',
            _ => return Err(Kind::UndefinedEntity(name)),
        },
    };
    Ok((character, name.len() + ";".len()))
}

fn numbered(number: &str) -> Option<char> {
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // The number reader of the standard library takes a sign, XML does not.
    let code = if digits.chars().all(|digit| digit.is_digit(radix)) {
        u32::from_str_radix(digits, radix).ok()?
    } else {
        return None;
    };
    char::from_u32(code).filter(|&character| characters::is_legal(character))
}

/// Whether all references of an attribute's value can be resolved; else the offset of the first that cannot.
pub(crate) fn check(value: &str) -> Result<(), (usize, Kind<'_>)> {
    let mut at = 0;
    while let Some(found) = value.get(at..).and_then(|rest| find_any(rest.as_bytes(), [b'&'; 3])) {
        at += found;
        let (_, length) = read(value.get(at + 1..).unwrap_or_default()).map_err(|kind| match kind {
            // Only the value ends here, not the document.
            Kind::Ends(_) => (at, Kind::AmpersandAlone),
            _ => (at, kind),
        })?;
        at += 1 + length;
    }
    Ok(())
}

/// An attribute's value as XML normalises it: references resolved, white space to blanks. All references are legal.
pub(crate) fn resolve(value: &str) -> String {
    let mut resolved = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(character) = rest.chars().next() {
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
        match character {
            '&' => {
                let Ok((character, length)) = read(rest) else { continue };
                resolved.push(character);
                rest = rest.get(length..).unwrap_or_default();
            }
            '\r' if rest.starts_with('\n') => {}
            _ => resolved.push(if SPACE.contains(&character) { ' ' } else { character }),
        }
    }
    resolved
}
