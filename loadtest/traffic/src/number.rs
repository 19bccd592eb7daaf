//! Certificate numbers of load: they name their sender and carry an id, so that whoever reads one knows what it is.

use crate::countries::country;

/// Length of each number: the mark of the load tool, a country and 16 hexadecimal digits.
pub const NUMBER_BYTES: usize = "LT-XX-0123456789ABCDEF".len();

/// How a number begins. It marks all traffic of the load tool on a hub.
const MARK: &str = "LT-";

const DIGITS: usize = 16;

/// The certificate number of the id, sent by the member `code`.
pub fn number(code: &str, id: u64) -> String {
    format!("{MARK}{}-{id:016X}", country(code))
}

/// The id in a certificate number that [`number`] made; None for any other text.
pub fn parse_number(text: &str) -> Option<u64> {
    let (code, digits) = text.strip_prefix(MARK)?.split_once('-')?;
    let is_number = code.len() == 2
        && digits.len() == DIGITS
        && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'));
    is_number.then(|| u64::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_back_is_the_same_id() {
        for id in [0, 1, 0xABCD, u64::MAX] {
            for code in ["LK", "LK2"] {
                let text = number(code, id);
                assert_eq!(text.len(), NUMBER_BYTES);
                assert!(text.starts_with("LT-LK-"), "{text}");
                assert_eq!(parse_number(&text), Some(id));
            }
        }
    }

    #[test]
    fn other_numbers_are_no_number_of_load() {
        for text in
            ["", "LT-", "LT-LK-", "LT-LK-1", "LK-2026-1", "LT-LK-00000000000000fF", "LT-LKA-000000000000000", "LT-é-0"]
        {
            assert_eq!(parse_number(text), None, "{text}");
        }
        assert_eq!(parse_number(&(number("LK", 7) + "-OTHER")), None);
    }
}
