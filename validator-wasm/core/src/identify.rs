//! What a certificate says of itself, for whoever puts it into an envelope.

use crate::document::Document;
use crate::findings::Findings;
use crate::profile::Profile;
use crate::structure;
use crate::structure::schema::Element;

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

/// The identity of the certificate in `content`, which may come in every form that [`crate::Validator::validate`]
/// takes; nothing when one of its parts is missing or no number where it must be one.
pub fn identify(content: &[u8]) -> Option<Identity> {
    let profile = Profile::default();
    let document = Document::read(content);
    let (tree, is_whole) = structure::read(&document, None, &mut Findings::new(&profile));
    let root = tree.root().filter(|root| is_whole && root.element() == Element::SPSCertificate)?;
    let (document, consignment) = (Element::SPSExchangedDocument, Element::SPSConsignment);
    // Of what occurs more than once the first speaks.
    let value = |path: &[Element]| Some(root.find(path)?.text()).filter(|value| !value.is_empty());
    Some(Identity {
        from: value(&[consignment, Element::ExportSPSCountry, Element::ID])?.to_owned(),
        to: value(&[consignment, Element::ImportSPSCountry, Element::ID])?.to_owned(),
        number: value(&[document, Element::ID])?.to_owned(),
        certificate_type: value(&[document, Element::TypeCode])?.parse().ok()?,
        certificate_status: value(&[document, Element::StatusCode])?.parse().ok()?,
    })
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
