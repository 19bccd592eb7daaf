//! From an envelope's content to the text of a document.

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::characters::SPACE;
use crate::syntax::Kind;

/// The usual alphabet; some senders leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A document's text as far as it can be read.
pub(crate) struct Document<'a> {
    pub(crate) text: Cow<'a, str>,
    /// Where its first tag or its XML declaration stands: senders put white space and byte order marks before it.
    pub(crate) start: usize,
    /// Why it cannot be read further, if that is so.
    pub(crate) stop: Option<Kind<'static>>,
}

impl<'a> Document<'a> {
    /// The document in `content`: as text, or as base64 of it. What is neither is an empty document with its reason.
    pub(crate) fn read(content: &'a [u8]) -> Self {
        let mut document = Self::decode(Cow::Borrowed(content));
        let start = document.start;
        let (space, found) = document.text.split_at_checked(start).unwrap_or_default();
        if found.starts_with('<') || (found.is_empty() && document.stop.is_some()) {
            return document;
        }
        if let Some(bytes) = from_base64(found) {
            let inner = Document::decode(Cow::Owned(bytes));
            if inner.text.get(inner.start..).is_some_and(|text| text.starts_with('<')) {
                return inner;
            }
        }
        document.stop = Some(match found {
            "" => Kind::Empty,
            _ if found.starts_with("&lt;") => Kind::EscapedTwice,
            _ => Kind::NotXml,
        });
        document.text = Cow::Owned(space.to_owned());
        document
    }

    /// UTF-8, or UTF-16 by its byte order mark.
    fn decode(bytes: Cow<'a, [u8]>) -> Self {
        let (text, stop) = match &*bytes {
            [0xFE, 0xFF, units @ ..] => from_utf16(units, u16::from_be_bytes),
            [0xFF, 0xFE, units @ ..] => from_utf16(units, u16::from_le_bytes),
            _ => from_utf8(bytes),
        };
        let content = text.trim_start_matches(|character| character == '\u{FEFF}' || SPACE.contains(&character));
        let start = text.len() - content.len();
        Self { text, start, stop }
    }
}

fn from_utf8(bytes: Cow<'_, [u8]>) -> (Cow<'_, str>, Option<Kind<'static>>) {
    let broken = Some(Kind::BadEncoding("UTF-8"));
    match bytes {
        Cow::Borrowed(bytes) => match text(bytes) {
            Ok(text) => (Cow::Borrowed(text), None),
            Err(valid) => {
                let valid = bytes.get(..valid).unwrap_or_default();
                (Cow::Borrowed(str::from_utf8(valid).unwrap_or_default()), broken)
            }
        },
        Cow::Owned(bytes) => match String::from_utf8(bytes) {
            Ok(text) => (Cow::Owned(text), None),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let mut bytes = error.into_bytes();
                bytes.truncate(valid);
                (Cow::Owned(String::from_utf8(bytes).unwrap_or_default()), broken)
            }
        },
    }
}

/// `bytes` as text, or how many of them are.
fn text(bytes: &[u8]) -> Result<&str, usize> {
    // It says only that something is wrong, which is quicker.
    simdutf8::basic::from_utf8(bytes).or_else(|_| str::from_utf8(bytes).map_err(|error| error.valid_up_to()))
}

#[inline(never)]
fn from_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> (Cow<'static, str>, Option<Kind<'static>>) {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len());
    for character in char::decode_utf16(pairs.iter().map(|&pair| unit(pair))) {
        match character {
            Ok(character) => text.push(character),
            Err(_) => return (Cow::Owned(text), Some(Kind::BadEncoding("UTF-16"))),
        }
    }
    (Cow::Owned(text), (!odd.is_empty()).then_some(Kind::BadEncoding("UTF-16")))
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let bytes: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    BASE64.decode(bytes).ok()
}
