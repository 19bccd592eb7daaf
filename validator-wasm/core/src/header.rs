//! Compares what a certificate says of itself with the header of its envelope.

use phytohub_model::{Area, shown};

use crate::characters::SPACE;
use crate::places::Place;

/// What the header of an envelope says of the certificate inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected<'a> {
    /// From: the connection code of the exporting country; the country is its first two letters.
    pub from: &'a str,
    /// To: the connection code of the importing country, likewise.
    pub to: &'a str,
    /// NPPOCertificateNumber.
    pub number: &'a str,
    /// CertificateType.
    pub certificate_type: i32,
    /// CertificateStatus.
    pub certificate_status: i32,
}

/// What is wrong with `value`, the trimmed text of `place`: kind, and a sentence.
pub(crate) fn check(place: Place, value: &str, expected: Option<&Expected<'_>>) -> Result<(), (Area, String)> {
    let (name, meaning) = (place.name(), place.meaning());
    if value.is_empty() {
        return Err((Area::MandatoryElements, format!("{name}, {meaning}, is empty: fill it in")));
    }
    let is_country = matches!(place, Place::ExportCountryCode | Place::ImportCountryCode);
    if is_country && !is_country_code(value) {
        let sentence = format!(
            "{name}, {meaning}, is '{}': write the two capital letters of ISO 3166{}",
            shown(value),
            expected
                .and_then(|expected| wanted(place, expected))
                .map_or(String::new(), |(_, wanted)| format!(", {wanted}"))
        );
        return Err((Area::Mapping, sentence));
    }
    match expected.and_then(|expected| wanted(place, expected)) {
        Some((header, wanted)) if !is_same_token(value, &wanted) => {
            let sentence = format!(
                "{name}, {meaning}, is '{}', but {header} of the envelope's header says '{}': make them agree",
                shown(value),
                shown(&wanted)
            );
            Err((Area::Mapping, sentence))
        }
        _ => Ok(()),
    }
}

/// The field of the header that decides a place's value, and what the value must be.
fn wanted(place: Place, expected: &Expected<'_>) -> Option<(&'static str, String)> {
    Some(match place {
        Place::Number => ("NPPOCertificateNumber", expected.number.to_owned()),
        Place::Type => ("CertificateType", expected.certificate_type.to_string()),
        Place::Status => ("CertificateStatus", expected.certificate_status.to_string()),
        Place::ExportCountryCode => ("From", country(expected.from).to_owned()),
        Place::ImportCountryCode => ("To", country(expected.to).to_owned()),
        _ => return None,
    })
}

/// The country of a connection code.
fn country(code: &str) -> &str {
    code.get(..2).unwrap_or(code)
}

fn is_country_code(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Whether two texts are the same to XML Schema's token type: white space inside counts as one blank.
fn is_same_token(left: &str, right: &str) -> bool {
    let words = |text| str::split(text, SPACE).filter(|word: &&str| !word.is_empty());
    words(left).eq(words(right))
}
