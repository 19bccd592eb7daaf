//! The members of the exchange.

use std::fmt;
use std::str::FromStr;

use crate::{ChannelRule, ConnectionCode, Delivery, Document, Timestamp};

/// A national plant protection organisation as the registry knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nppo {
    /// Its connection code.
    pub code: ConnectionCode,
    /// Its name for people, may be empty.
    pub name: String,
    /// Only an active NPPO sends and receives.
    pub active: bool,
    /// What it receives.
    pub allowed: AllowedDocument,
    /// How it gets its envelopes.
    pub delivery: Delivery,
    /// Its rules about channels, sorted by id.
    pub rules: Vec<ChannelRule>,
}

/// Which (type, status) pairs an NPPO receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedDocument {
    /// Every pair.
    All,
    /// These pairs, sorted.
    Only(Vec<Document>),
}

/// SHA-256 of a certificate's DER: the identity of a client. Shown as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CertificateFingerprint(pub [u8; 32]);

/// A client certificate and the code it may act for; the same certificate can stand in the registry for many codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The exact certificate.
    pub fingerprint: CertificateFingerprint,
    /// For whom it acts.
    pub code: ConnectionCode,
    /// Its subject as text, for operators.
    pub subject: String,
    /// First moment of its validity.
    pub not_before: Timestamp,
    /// Last moment of its validity.
    pub not_after: Timestamp,
}

impl Nppo {
    /// A member that pulls and has no rules.
    pub fn new(code: ConnectionCode, name: String, active: bool, allowed: AllowedDocument) -> Self {
        Self { code, name, active, allowed, delivery: Delivery::Pull, rules: Vec::new() }
    }
}

impl AllowedDocument {
    /// Whether `document` is received.
    pub fn contains(&self, document: Document) -> bool {
        match self {
            Self::All => true,
            Self::Only(pairs) => pairs.binary_search(&document).is_ok(),
        }
    }
}

impl fmt::Display for CertificateFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for CertificateFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for CertificateFingerprint {
    type Err = ();

    /// Reads 64 hexadecimal digits, with or without the colons that other tools print between bytes.
    fn from_str(text: &str) -> Result<Self, ()> {
        let digits: Vec<u8> = text
            .chars()
            .filter(|&character| character != ':')
            .map(|character| character.to_digit(16).map(|digit| digit as u8).ok_or(()))
            .collect::<Result<_, ()>>()?;
        if digits.len() != 64 {
            return Err(());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = pair[0] << 4 | pair[1];
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_other_tools_print_it() {
        let fingerprint = CertificateFingerprint(std::array::from_fn(|index| index as u8 * 7));
        let plain = fingerprint.to_string();
        let colons = plain.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).to_uppercase());
        assert_eq!(plain.parse(), Ok(fingerprint));
        assert_eq!(colons.collect::<Vec<_>>().join(":").parse(), Ok(fingerprint));
        assert_eq!("ab".parse::<CertificateFingerprint>(), Err(()));
        assert_eq!("é".repeat(64).parse::<CertificateFingerprint>(), Err(()));
    }
}
