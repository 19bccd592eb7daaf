//! SPSAcknowledgement: what an importing country answers to a certificate, in an envelope of type 312.

use crate::document::moment;
use crate::random::Random;
use crate::xml::{Namespace, Xml};
use crate::{Day, Kind};

/// The answer of status `status` (39 approved, 41 rejected, ...) to the certificate `number`, which was of `kind`.
pub fn acknowledgement(seed: u64, number: &str, kind: Kind, status: i32, issued: Day) -> String {
    const NAMESPACE: &str = "urn:un:unece:uncefact:data:standard:SPSAcknowledgement:17";
    Xml::document(&mut Random::new(seed), NAMESPACE, "SPSAcknowledgement", |xml, random| {
        xml.element_of(Namespace::Root, "SPSAcknowledgementDocument", |xml| {
            xml.date("IssueDateTime", &moment(issued, random.between(8, 17), random.between(0, 59)));
            xml.leaf("StatusCode", &status.to_string());
            let reason = format!("Sample decision {}", random.between(1, 999));
            xml.leaf_with("ReasonInformation", &[("languageID", "en")], &reason);
            xml.element("ReferenceSPSReferencedDocument", |xml| {
                xml.leaf("TypeCode", &kind.certificate_type().to_string());
                xml.leaf("RelationshipTypeCode", "ZZZ");
                xml.leaf("ID", number);
            });
        });
    })
}
