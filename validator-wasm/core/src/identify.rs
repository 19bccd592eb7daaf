//! What a certificate says of itself, for whoever puts it into an envelope.

use crate::characters::SPACE;
use crate::document::Document;
use crate::places::Place;
use crate::scanner::{Event, Scanner};

/// The fields of a certificate that an envelope's header repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// ISO 3166 code of the exporting country.
    pub from: String,
    /// ISO 3166 code of the importing country.
    pub to: String,
    /// The certificate's number.
    pub number: String,
    /// TypeCode.
    pub certificate_type: i32,
    /// StatusCode.
    pub certificate_status: i32,
}

/// The identity of the certificate in `content`, which may come in every form that [`crate::validate`] takes; nothing
/// when one of its parts is missing or no number where it must be one.
pub fn identify(content: &[u8]) -> Option<Identity> {
    let document = Document::read(content);
    let mut scanner = Scanner::new(&document);
    let mut open: Vec<Place> = Vec::new();
    let mut values: Vec<(Place, String)> = Vec::new();
    loop {
        match scanner.next().ok()? {
            Some(Event::Start { namespace, local, .. }) => {
                let place = known(open.last().copied(), &namespace, local);
                // Of a place that occurs more than once the first speaks.
                if place.has_value() && !values.iter().any(|(known, _)| *known == place) {
                    values.push((place, String::new()));
                    open.push(place);
                } else {
                    open.push(if place.has_value() { Place::Elsewhere } else { place });
                }
            }
            Some(Event::Text(text)) => add(&mut values, open.last(), text),
            Some(Event::Character(character)) => add(&mut values, open.last(), character.encode_utf8(&mut [0; 4])),
            Some(Event::End { .. }) => drop(open.pop()),
            None => break,
        }
    }
    let value = |wanted| {
        let (_, value) = values.iter().find(|(place, _)| *place == wanted)?;
        Some(value.trim_matches(SPACE)).filter(|value| !value.is_empty())
    };
    Some(Identity {
        from: value(Place::ExportCountryCode)?.to_owned(),
        to: value(Place::ImportCountryCode)?.to_owned(),
        number: value(Place::Number)?.to_owned(),
        certificate_type: value(Place::Type)?.parse().ok()?,
        certificate_status: value(Place::Status)?.parse().ok()?,
    })
}

fn known(parent: Option<Place>, namespace: &str, local: &str) -> Place {
    const ROOT: &[Place] = &[Place::Certificate];
    let candidates = parent.map_or(ROOT, Place::required);
    let found = candidates.iter().find(|place| place.name() == local && place.namespace() == namespace);
    found.copied().unwrap_or(Place::Elsewhere)
}

fn add(values: &mut [(Place, String)], open: Option<&Place>, text: &str) {
    if let Some((_, value)) = values.iter_mut().find(|(place, _)| Some(place) == open) {
        value.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFICATE: &str = "<a:SPSCertificate xmlns:a='urn:un:unece:uncefact:data:standard:SPSCertificate:17' \
        xmlns='urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:21'>\
        <a:SPSExchangedDocument><ID>KE-1</ID><TypeCode>851</TypeCode><StatusCode> 70 </StatusCode>\
        </a:SPSExchangedDocument><a:SPSConsignment><ImportSPSCountry><ID>N&#76;</ID></ImportSPSCountry>\
        <ExportSPSCountry><ID>KE</ID></ExportSPSCountry></a:SPSConsignment></a:SPSCertificate>";

    #[test]
    fn a_certificate_tells_what_its_header_repeats() {
        let identity = identify(CERTIFICATE.as_bytes()).unwrap();
        assert_eq!((identity.from.as_str(), identity.to.as_str()), ("KE", "NL"));
        assert_eq!((identity.number.as_str(), identity.certificate_type), ("KE-1", 851));
        assert_eq!(identity.certificate_status, 70);
    }

    #[test]
    fn what_lacks_a_part_has_no_identity() {
        for (part, without) in [("KE-1", ""), ("851", "many"), ("<ID>KE</ID>", ""), ("SPSCertificate:17", "Other:1")] {
            assert_eq!(identify(CERTIFICATE.replace(part, without).as_bytes()), None, "{part}");
        }
        assert_eq!(identify(b"<a><b></a>"), None);
    }
}
