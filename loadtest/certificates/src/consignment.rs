//! SPSConsignment: who sends what to whom, and how.

use crate::random::Random;
use crate::words::{COMPANIES, TOWNS, TRANSPORTS};
use crate::xml::{Namespace, Xml};
use crate::{History, Order, line, third_country};

pub(crate) fn write(xml: &mut Xml, random: &mut Random, order: &Order<'_>, history: &History<'_>) {
    xml.element_of(Namespace::Root, "SPSConsignment", |xml| {
        party(xml, random, "ConsignorSPSParty", order.from);
        party(xml, random, "ConsigneeSPSParty", order.to);
        xml.element("ExportSPSCountry", |xml| xml.leaf("ID", order.from));
        xml.element("ImportSPSCountry", |xml| xml.leaf("ID", order.to));
        if random.chance(30) {
            let transit = third_country(random, order);
            xml.element("TransitSPSCountry", |xml| xml.leaf("ID", transit));
        }
        xml.element("UnloadingBaseportSPSLocation", |xml| xml.leaf("Name", random.pick(&TOWNS)));
        // Mandatory, but without meaning in this message.
        xml.element("ExaminationSPSEvent", |xml| {
            xml.element("OccurrenceSPSLocation", |xml| xml.leaf("Name", "NULL"));
        });
        transport(xml, random);
        xml.element("IncludedSPSConsignmentItem", |xml| {
            for sequence in 1..=order.lines.max(1) {
                line::write(xml, random, order, history, sequence);
            }
        });
    });
}

fn party(xml: &mut Xml, random: &mut Random, role: &str, country: &str) {
    xml.element(role, |xml| {
        xml.leaf("Name", &format!("{} {}", random.pick(&COMPANIES), random.between(1, 999)));
        xml.element("SpecifiedSPSAddress", |xml| {
            xml.leaf("LineOne", &format!("{} Sample Road", random.between(1, 200)));
            xml.leaf("LineTwo", random.pick(&TOWNS));
            xml.leaf("LineThree", &format!("{:05} Sample Region", random.between(0, 99_999)));
            xml.leaf("LineFour", country);
        });
    });
}

fn transport(xml: &mut Xml, random: &mut Random) {
    let (mode, name) = random.pick(&TRANSPORTS);
    xml.element("MainCarriageSPSTransportMovement", |xml| {
        xml.leaf("ID", &format!("SMP{}", random.between(100, 9999)));
        xml.leaf("ModeCode", mode);
        xml.element("UsedSPSTransportMeans", |xml| xml.leaf("Name", name));
    });
    if mode == "1" {
        xml.element("UtilizedSPSTransportEquipment", |xml| {
            xml.leaf("ID", &format!("SMPU{:07}", random.between(0, 9_999_999)));
            xml.element("AffixedSPSSeal", |xml| xml.leaf("ID", &format!("SEAL-{}", random.between(1000, 99_999))));
        });
    }
}
