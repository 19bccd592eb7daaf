//! SPSExchangedDocument: the certificate as a paper of its own.

use crate::random::Random;
use crate::words::{DECLARATIONS, TOWNS, Words};
use crate::xml::{Namespace, Xml};
use crate::{Day, History, Kind, Order, attachment};

/// The offset from UTC in which all times of a certificate are written.
const OFFSET: &str = "+05:30";

pub(crate) fn write(xml: &mut Xml, random: &mut Random, order: &Order<'_>, history: &History<'_>) {
    xml.element_of(Namespace::Root, "SPSExchangedDocument", |xml| {
        let name = match order.kind {
            Kind::Export | Kind::Withdrawal => "Phytosanitary certificate",
            Kind::ReExport => "Phytosanitary certificate for re-export",
        };
        xml.leaf_with("Name", &[("languageID", "en")], name);
        xml.leaf("ID", order.number);
        xml.leaf("TypeCode", &order.kind.certificate_type().to_string());
        xml.leaf("StatusCode", &order.kind.certificate_status().to_string());
        xml.date("IssueDateTime", &moment(order.issued, random.between(10, 17), random.between(0, 59)));
        xml.element("IssuerSPSParty", |xml| {
            xml.leaf("Name", &format!("Plant Protection Organisation of Sample Country {}", order.from));
        });
        notes(xml, random, order);
        references(xml, random, order, history);
        signatory(xml, random, order);
    });
}

/// A date and time on `day`.
pub(crate) fn moment(day: Day, hour: u64, minute: u64) -> String {
    format!("{day}T{hour:02}:{minute:02}:00{OFFSET}")
}

/// A text in the languages in which the message has it.
pub(crate) fn in_languages(xml: &mut Xml, name: &str, words: &Words) {
    xml.leaf_with(name, &[("languageID", "en")], words.english);
    let (language, text) = words.other;
    xml.leaf_with(name, &[("languageID", language)], text);
}

/// A note: what it is about, and one text.
pub(crate) fn note(xml: &mut Xml, element: &str, subject: &str, content: &str) {
    xml.element(element, |xml| {
        xml.leaf("Subject", subject);
        xml.leaf("Content", content);
    });
}

fn notes(xml: &mut Xml, random: &mut Random, order: &Order<'_>) {
    const NOTE: &str = "IncludedSPSNote";
    note(xml, NOTE, "SPSFL", "5");
    for _ in 0..random.between(1, 2) {
        xml.element(NOTE, |xml| {
            xml.leaf("Subject", "ADEDL");
            in_languages(xml, "Content", &random.pick(&DECLARATIONS));
        });
    }
    note(xml, NOTE, "ADIPEDL", &format!("IP-{}-{}", order.to, random.between(1000, 99_999)));
    note(xml, NOTE, "ADDIEDL", &moment(order.issued, random.between(7, 9), random.between(0, 59)));
    note(xml, NOTE, "DMCL", &format!("SAMPLE / {} / NOT FOR TRADE", random.between(1, 999)));
}

fn references(xml: &mut Xml, random: &mut Random, order: &Order<'_>, history: &History<'_>) {
    /// A page of the original, scanned small.
    const ORIGINAL_BYTES: usize = 600;
    if order.kind == Kind::ReExport {
        xml.element("ReferenceSPSReferencedDocument", |xml| {
            let earlier = Day { year: order.issued.year.saturating_sub(1), month: 6, day: 15 };
            xml.date("IssueDateTime", &moment(earlier, 12, 0));
            xml.leaf("RelationshipTypeCode", "AWR");
            xml.leaf("ID", &history.original);
            let file = [("mimeCode", "application/pdf"), ("filename", "original-certificate.pdf")];
            xml.leaf_with("AttachmentBinaryObject", &file, &attachment::pdf(random, ORIGINAL_BYTES));
            xml.leaf_with("Information", &[("languageID", "en")], "Original phytosanitary certificate");
        });
    }
    for number in 1..=order.attachments {
        xml.element("ReferenceSPSReferencedDocument", |xml| {
            xml.leaf("RelationshipTypeCode", "ZZZ");
            xml.leaf("ID", &format!("ATT-{number}"));
            let file = [("mimeCode", "application/pdf"), ("filename", &*format!("packing-list-{number}.pdf"))];
            xml.leaf_with("AttachmentBinaryObject", &file, &attachment::pdf(random, order.attachment_bytes));
            xml.leaf_with("Information", &[("languageID", "en")], "Packing list");
        });
    }
}

fn signatory(xml: &mut Xml, random: &mut Random, order: &Order<'_>) {
    xml.element("SignatorySPSAuthentication", |xml| {
        xml.element("IssueSPSLocation", |xml| xml.leaf("Name", random.pick(&TOWNS)));
        xml.element("ProviderSPSParty", |xml| {
            xml.leaf("Name", "Sample Plant Inspection Service");
            xml.element("SpecifiedSPSPerson", |xml| {
                xml.leaf("Name", &format!("Officer Sample {}", random.between(1, 99)));
            });
        });
        // A certificate for re-export has statements of its own, on each line.
        if order.kind != Kind::ReExport {
            for clause in ["1", "2"] {
                xml.element("IncludedSPSClause", |xml| xml.leaf("ID", clause));
            }
        }
    });
}
