//! IncludedSPSTradeLineItem: one commodity.

use crate::document::{in_languages, moment, note};
use crate::random::Random;
use crate::words::{COMMODITIES, Commodity, DECLARATIONS, TOWNS};
use crate::xml::Xml;
use crate::{History, Kind, Order};

const NOTE: &str = "AdditionalInformationSPSNote";

pub(crate) fn write(xml: &mut Xml, random: &mut Random, order: &Order<'_>, history: &History<'_>, sequence: usize) {
    let commodity = &random.pick(&COMMODITIES);
    // A certificate counts packages or describes them, never both.
    let counted = random.chance(80);
    xml.element("IncludedSPSTradeLineItem", |xml| {
        xml.leaf("SequenceNumeric", &sequence.to_string());
        in_languages(xml, "Description", &commodity.name);
        in_languages(xml, "CommonName", &commodity.name);
        xml.leaf("ScientificName", commodity.botanical);
        xml.leaf_with("IntendedUse", &[("languageID", "en")], commodity.intended_use);
        measures(xml, random, commodity);
        notes(xml, random, counted);
        if order.kind == Kind::ReExport {
            re_export(xml, random, history);
        }
        classifications(xml, commodity);
        if counted {
            xml.element("PhysicalSPSPackage", |xml| {
                xml.leaf("LevelCode", "4");
                xml.leaf("TypeCode", commodity.package);
                xml.leaf("ItemQuantity", &random.between(1, 2000).to_string());
            });
        }
        xml.element("OriginSPSCountry", |xml| {
            xml.leaf("ID", history.origin);
            xml.element("SubordinateSPSCountrySubDivision", |xml| {
                xml.leaf("Name", random.pick(&TOWNS));
                xml.leaf("HierarchicalLevelCode", "0");
            });
        });
        if random.chance(70) {
            treatment(xml, random, order);
        }
    });
}

fn measures(xml: &mut Xml, random: &mut Random, commodity: &Commodity) {
    let (net, tare) = (random.between(100, 24_000), random.between(1, 90));
    xml.leaf_with("NetWeightMeasure", &[("unitCode", "KGM")], &format!("{net}.{}", random.between(0, 9)));
    xml.leaf_with("GrossWeightMeasure", &[("unitCode", "KGM")], &format!("{}.50", net + tare));
    if commodity.part == "Wood" {
        let volume = format!("{}.{:04}", random.between(1, 60), random.between(0, 9999));
        xml.leaf_with("NetVolumeMeasure", &[("unitCode", "MTQ")], &volume);
    }
}

fn notes(xml: &mut Xml, random: &mut Random, counted: bool) {
    if !counted {
        note(xml, NOTE, "OPTND", &format!("{} pallets, wrapped in film", random.between(1, 40)));
    }
    if random.chance(20) {
        note(xml, NOTE, "OQV", &random.between(1, 5000).to_string());
        note(xml, NOTE, "OQU", "Stems");
    }
    note(xml, NOTE, "DMTLIL", &format!("Sample lot {}", random.between(1, 9999)));
    xml.element(NOTE, |xml| {
        xml.leaf("Subject", "ADTLIL");
        in_languages(xml, "Content", &random.pick(&DECLARATIONS));
    });
}

fn re_export(xml: &mut Xml, random: &mut Random, history: &History<'_>) {
    let truth = |truth: bool| if truth { "True" } else { "False" };
    let (repacked, inspected) = (random.chance(30), random.chance(50));
    for (subject, content) in [
        ("RPCST", "3"),
        ("RPCCO", history.origin),
        ("RPCRF", &history.original),
        ("RPCOR", "True"),
        ("RPCTC", "False"),
        ("RPCPK", truth(!repacked)),
        ("RPCRP", truth(repacked)),
        ("RPCOC", truth(!repacked)),
        ("RPCNC", truth(repacked)),
        ("RPCPC", "True"),
        ("RPCAI", truth(inspected)),
    ] {
        note(xml, NOTE, subject, content);
    }
}

fn classifications(xml: &mut Xml, commodity: &Commodity) {
    xml.element("ApplicableSPSClassification", |xml| {
        xml.leaf("SystemName", "HS");
        xml.leaf("ClassCode", commodity.tariff);
    });
    for (system, class) in [("IPPCPCVP", commodity.part), ("IPPCPCC", commodity.condition)] {
        xml.element("ApplicableSPSClassification", |xml| {
            xml.leaf("SystemName", system);
            xml.leaf_with("ClassName", &[("languageID", "en")], class);
        });
    }
}

/// A fumigation; it ends before the inspection of the same day begins.
fn treatment(xml: &mut Xml, random: &mut Random, order: &Order<'_>) {
    /// Codex number of the active ingredient.
    const METHYL_BROMIDE: &str = "52";
    let (hours, celsius, grams) = (random.between(2, 5), random.between(15, 32), random.between(16, 80));
    xml.element("AppliedSPSProcess", |xml| {
        xml.leaf("TypeCode", "ZZZ");
        xml.element("CompletionSPSPeriod", |xml| {
            xml.date("StartDateTime", &moment(order.issued, 1, 0));
            xml.date("EndDateTime", &moment(order.issued, 1 + hours, 0));
            xml.leaf_with("DurationMeasure", &[("unitCode", "HUR")], &hours.to_string());
        });
        for (tag, value) in [("TTL1", "CHT"), ("TTL2", "FG"), ("TTCH", METHYL_BROMIDE)] {
            characteristic(xml, tag, |xml| xml.leaf("Description", value));
        }
        for (tag, unit, value) in [("TTTM", "CEL", celsius), ("TTCO", "A93", grams)] {
            characteristic(xml, tag, |xml| {
                xml.leaf_with("ValueMeasure", &[("unitCode", unit)], &value.to_string());
            });
        }
        characteristic(xml, "TTFT", |xml| {
            let english = format!("Fumigation with methyl bromide, {grams} g/m³, {hours} h at {celsius} °C");
            xml.leaf_with("Description", &[("languageID", "en")], &english);
            let french = format!("Fumigation au bromure de méthyle, {grams} g/m³, {hours} h à {celsius} °C");
            xml.leaf_with("Description", &[("languageID", "fr")], &french);
        });
    });
}

/// One fact of a treatment: its tag, then what it says.
fn characteristic(xml: &mut Xml, tag: &str, value: impl FnOnce(&mut Xml)) {
    xml.element("ApplicableSPSProcessCharacteristic", |xml| {
        xml.leaf("Description", tag);
        value(xml);
    });
}
