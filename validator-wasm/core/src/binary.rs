//! Whether a text is base64, without decoding it.

use crate::vectors::{FOUR_VECTORS_BYTES, are_digits, spaces_among_digits};

/// Whether `text` is base64Binary of XML Schema: the usual alphabet, white space anywhere, groups of four, padded at
/// the end only. Nothing at all is legal, too.
pub(crate) fn is_legal(text: &str) -> bool {
    let bytes = text.as_bytes();
    let data = bytes.iter().rposition(|&byte| byte != b'=' && !is_space(byte)).map_or(0, |last| last + 1);
    let (data, padding) = bytes.split_at_checked(data).unwrap_or_default();
    let (chunks, tail) = data.as_chunks::<FOUR_VECTORS_BYTES>();
    let (mut digits, mut has_lines) = (0, false);
    for chunk in chunks {
        // Mostly all are, or each line ends with white space.
        let spaces = if !has_lines && are_digits(chunk) { Some(0) } else { spaces_among_digits(chunk) };
        let Some(spaces) = spaces else { return false };
        digits += FOUR_VECTORS_BYTES - spaces;
        has_lines |= 0 < spaces;
    }
    for &byte in tail {
        if is_digit(byte) {
            digits += 1;
        } else if !is_space(byte) {
            return false;
        }
    }
    let padding = padding.iter().filter(|&&byte| byte == b'=').count();
    match digits % 4 {
        0 => padding == 0,
        2 => padding == 2,
        3 => padding == 1,
        _ => false,
    }
}

/// Whether `byte` is one of the sixty-four digits.
#[inline(always)]
pub(crate) fn is_digit(byte: u8) -> bool {
    // Letters of both cases as one range, and the slash with the ten digits that follow it.
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let number = byte.wrapping_sub(b'/') < 11;
    letter | number | (byte == b'+')
}

/// Whether `byte` is white space of XML.
#[inline(always)]
pub(crate) fn is_space(byte: u8) -> bool {
    (byte == b' ') | (byte == b'\t') | (byte == b'\r') | (byte == b'\n')
}

/// The first bytes of the file, as many as `file` has room for; how many there are.
pub(crate) fn begin(text: &str, file: &mut [u8]) -> usize {
    let (mut bits, mut count, mut written) = (0u32, 0, 0);
    for value in text.bytes().filter_map(digit) {
        bits = bits << 6 | u32::from(value);
        count += 6;
        if 8 <= count {
            count -= 8;
            match file.get_mut(written) {
                Some(byte) => *byte = u8::try_from(bits >> count & 0xFF).unwrap_or_default(),
                None => break,
            }
            written += 1;
        }
    }
    written
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legal_is_what_xml_schema_takes() {
        for legal in ["", "QUJD", "QUI=", "QQ==", "QU JD\n", "Q Q = =", &"QUJD".repeat(40)] {
            assert!(is_legal(legal), "{legal}");
        }
        for broken in ["QUJ", "Q", "QQ=", "QUJD=", "QQ===", "QU=JD", "QUJ*", "QU-_", "=", "Ä", "data:QUJD"] {
            assert!(!is_legal(broken), "{broken}");
        }
    }

    #[test]
    fn digits_and_white_space_are_told_apart_wherever_they_stand() {
        for byte in 0..=u8::MAX {
            for at in [0, 15, 16, 63] {
                let mut bytes = [b'A'; FOUR_VECTORS_BYTES];
                bytes[at] = byte;
                assert_eq!(are_digits(&bytes), is_digit(byte), "{byte} at {at}");
                let spaces = (is_digit(byte) || is_space(byte)).then_some(usize::from(is_space(byte)));
                assert_eq!(spaces_among_digits(&bytes), spaces, "{byte} at {at}");
            }
        }
        assert_eq!(spaces_among_digits(&[b' '; FOUR_VECTORS_BYTES]), Some(FOUR_VECTORS_BYTES));
    }

    #[test]
    fn a_file_begins_as_its_bytes_do() {
        let mut file = [0; 4];
        assert_eq!((begin("JVBE\n Ri0x", &mut file), &file), (4, b"%PDF"));
        assert_eq!(begin("QQ==", &mut file), 1);
        assert_eq!(begin("", &mut file), 0);
    }
}
