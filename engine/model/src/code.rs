//! Connection codes: the addresses of the exchange.

use std::fmt;
use std::str::FromStr;

use crate::limits::CONNECTION_CODE_LENGTH_MAX;

/// The code under which an NPPO is connected: an ISO 3166-1 alpha-2 code and an optional suffix of capital letters or
/// digits (`LK`, `LK2`). The certificate inside an envelope still uses plain ISO codes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionCode {
    // Bytes behind `length` are zero, so that the derived order is that of the text.
    bytes: [u8; CONNECTION_CODE_LENGTH_MAX],
    length: u8,
}

/// Why a text is no connection code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeError {
    /// Shorter than the two letters of a country.
    TooShort,
    /// Longer than [`CONNECTION_CODE_LENGTH_MAX`].
    TooLong,
    /// The first two characters are not capital letters.
    NoCountry,
    /// A character of the suffix is neither a capital letter nor a digit.
    BadSuffix,
}

impl ConnectionCode {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        // Only ASCII is ever stored, so this never takes the empty branch.
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }

    /// The two letters of the country, without the suffix.
    pub fn country(&self) -> &str {
        &self.as_str()[..2]
    }
}

impl FromStr for ConnectionCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let source = text.as_bytes();
        if source.len() < 2 {
            return Err(CodeError::TooShort);
        }
        if source.len() > CONNECTION_CODE_LENGTH_MAX {
            return Err(CodeError::TooLong);
        }
        let (country, suffix) = source.split_at(2);
        if !country.iter().all(u8::is_ascii_uppercase) {
            return Err(CodeError::NoCountry);
        }
        if !suffix.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
            return Err(CodeError::BadSuffix);
        }
        let mut bytes = [0; CONNECTION_CODE_LENGTH_MAX];
        bytes[..source.len()].copy_from_slice(source);
        Ok(Self { bytes, length: source.len() as u8 })
    }
}

impl fmt::Display for ConnectionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for ConnectionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort => f.write_str("a connection code begins with the two letters of an ISO 3166 country code"),
            Self::TooLong => write!(f, "a connection code has at most {CONNECTION_CODE_LENGTH_MAX} characters"),
            Self::NoCountry => {
                f.write_str("a connection code begins with two capital letters, the ISO 3166 country code")
            }
            Self::BadSuffix => f.write_str("behind the country a connection code has only capital letters and digits"),
        }
    }
}

impl std::error::Error for CodeError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_alone_and_with_a_suffix_are_codes() {
        for text in ["LK", "LK2", "EU1A", "GBNI"] {
            let code: ConnectionCode = text.parse().expect("a legal code");
            assert_eq!(code.as_str(), text);
            assert_eq!(code.country(), &text[..2]);
        }
    }

    #[test]
    fn each_kind_of_wrong_code_has_its_error() {
        let error = |text: &str| text.parse::<ConnectionCode>().expect_err("an illegal code");
        assert_eq!(error(""), CodeError::TooShort);
        assert_eq!(error("L"), CodeError::TooShort);
        assert_eq!(error("lk"), CodeError::NoCountry);
        assert_eq!(error("2K"), CodeError::NoCountry);
        assert_eq!(error("LK-2"), CodeError::BadSuffix);
        assert_eq!(error("LKä"), CodeError::BadSuffix);
        assert_eq!(error("LK123456789012345"), CodeError::TooLong);
    }
}
