//! IncludedSPSTradeLineItem: one commodity.

use std::cmp::Ordering;

use phytohub_model::UnitKind;

use super::consignment::judge_country;
use super::everywhere::judge_languages;
use super::notes::Notes;
use super::values::Decimal;
use super::{Context, is_void, notes, treatment};
use crate::characters::is_digits;
use crate::codelists::List;
use crate::findings::Findings;
use crate::order;
use crate::rules::catalogue::Rule;
use crate::structure::schema::{Element, Type};
use crate::structure::tree::{Firsts, Place};
use crate::tag::Known;

/// Decimals of quantities.
const DECIMALS_MAX: usize = 4;

/// A tariff code begins with the six digits of the Harmonized System.
const HS_DIGITS_MIN: usize = 6;

/// The four measures of a line, with the kind of their unit.
const MEASURES: [(Element, UnitKind); 4] = [
    (Element::NetWeightMeasure, UnitKind::Weight),
    (Element::GrossWeightMeasure, UnitKind::Weight),
    (Element::NetVolumeMeasure, UnitKind::Volume),
    (Element::GrossVolumeMeasure, UnitKind::Volume),
];

/// Judges all lines of an item.
pub(super) fn judge_all(item: Place<'_>, context: &Context<'_, '_>, findings: &mut Findings<'_>) {
    let mut numbers = Vec::new();
    for (line, index) in item.children(Element::IncludedSPSTradeLineItem).zip(0..) {
        let children = &Firsts::of(line, Type::TradeLineItem);
        if let Some(sequence) = children.child(Element::SequenceNumeric)
            && let Some(number) = judge_sequence(sequence, index == 0, findings)
        {
            numbers.push((number, sequence));
        }
        judge(line, children, context, findings);
    }
    judge_sequences(&numbers, findings);
}

/// The number of a line, where it is one.
fn judge_sequence<'t>(sequence: Place<'t>, is_first: bool, findings: &mut Findings<'_>) -> Option<Decimal<'t>> {
    let text = sequence.text();
    let number = Decimal::read(text).filter(|number| number.is_whole() && !number.is_negative);
    match number {
        None => {
            findings.add(Rule::LineSequence, sequence).found(text);
        }
        Some(number) if is_first && !number.is_zero() && !number.is_one() => {
            findings.add(Rule::LineSequenceStart, sequence).found(text);
        }
        Some(_) => {}
    }
    number
}

/// No two lines have the same number.
fn judge_sequences(numbers: &[(Decimal<'_>, Place<'_>)], findings: &mut Findings<'_>) {
    if numbers.is_sorted_by(|(one, _), (next, _)| one.compare_amount(*next) == Ordering::Less) {
        return;
    }
    let repeated = order::repeated(numbers.len(), &|left, right| match (numbers.get(left), numbers.get(right)) {
        (Some((left, _)), Some((right, _))) => left.compare_amount(*right),
        _ => Ordering::Equal,
    });
    for (_, sequence) in repeated.into_iter().filter_map(|index| numbers.get(index)) {
        findings.add(Rule::LineSequenceTwice, *sequence).found(sequence.text());
    }
}

fn judge(line: Place<'_>, children: &Firsts<'_>, context: &Context<'_, '_>, findings: &mut Findings<'_>) {
    // Whether Description is there at all is the structure's.
    if let Some(description) = children.child(Element::Description)
        && children.children(Element::Description).all(|description| is_void(description.text()))
    {
        findings.add(Rule::DescriptionEmpty, description);
    }
    if children.children(Element::ScientificName).all(|name| is_void(name.text())) {
        findings.add(Rule::BotanicalNameEmpty, line);
    }
    for element in [Element::Description, Element::IntendedUse] {
        judge_languages(children.child(element), findings);
    }
    judge_origins(line, children, context, findings);
    let notes = &Notes::of(line);
    judge_packages(line, children, notes, context, findings);
    judge_quantities(line, children, notes, context, findings);
    judge_classifications(children, findings);
    notes::judge_line(line, notes, context, findings);
    for process in children.children(Element::AppliedSPSProcess) {
        treatment::judge(process, context, findings);
    }
}

fn judge_origins(line: Place<'_>, children: &Firsts<'_>, context: &Context<'_, '_>, findings: &mut Findings<'_>) {
    if children.child(Element::OriginSPSCountry).is_none() {
        findings.add(Rule::OriginMissing, line);
    }
    for origin in children.children(Element::OriginSPSCountry) {
        judge_country(origin, context, findings);
    }
}

fn judge_packages(
    line: Place<'_>,
    children: &Firsts<'_>,
    notes: &Notes<'_>,
    context: &Context<'_, '_>,
    findings: &mut Findings<'_>,
) {
    let note = notes.first("OPTND");
    let package = children.child(Element::PhysicalSPSPackage);
    match (package, note) {
        (None, None) => {
            findings.add(Rule::PackagesMissing, line);
        }
        (Some(_), Some(note)) => {
            findings.add(Rule::PackagesTwice, note);
        }
        _ => {}
    }
    for package in children.children(Element::PhysicalSPSPackage) {
        for (element, rule, list) in [
            (Element::LevelCode, Rule::PackageLevel, List::PackagingLevels),
            (Element::TypeCode, Rule::PackageType, List::PackageTypes),
        ] {
            if let Some(code) = package.child(element)
                && !context.lists.contains(list, code.text())
            {
                findings.add(rule, code).not_in(list, code.text());
            }
        }
        let Some(quantity) = package.child(Element::ItemQuantity) else { continue };
        match Decimal::read(quantity.text()) {
            None => {
                findings.add(Rule::PackageQuantity, quantity).found(quantity.text());
            }
            Some(number) if number.is_zero() || number.is_negative => {
                findings.add(Rule::PackageQuantityZero, quantity).found(quantity.text());
            }
            Some(number) => judge_decimals(quantity, number, findings),
        }
    }
}

fn judge_decimals(place: Place<'_>, number: Decimal<'_>, findings: &mut Findings<'_>) {
    if DECIMALS_MAX < number.decimals {
        findings.add(Rule::QuantityDecimals, place).found(place.text()).limit(DECIMALS_MAX);
    }
}

fn judge_quantities(
    line: Place<'_>,
    children: &Firsts<'_>,
    notes: &Notes<'_>,
    context: &Context<'_, '_>,
    findings: &mut Findings<'_>,
) {
    let mut values = [None; MEASURES.len()];
    for ((element, kind), value) in MEASURES.into_iter().zip(&mut values) {
        if let Some(measure) = children.child(element) {
            *value = judge_measure(measure, kind, context, findings);
        }
    }
    let [net_weight, gross_weight, net_volume, gross_volume] = values;
    for (net, gross) in [(net_weight, gross_weight), (net_volume, gross_volume)] {
        if let (Some((place, net, unit)), Some((gross_place, gross, gross_unit))) = (net, gross)
            && unit == gross_unit
            && net.compare_amount(gross) == Ordering::Greater
        {
            findings.add(Rule::NetAboveGross, place).found(place.text()).other(gross_place.text());
        }
    }
    let declares = MEASURES.iter().any(|&(element, _)| children.child(element).is_some())
        || children.child(Element::PhysicalSPSPackage).is_some()
        || notes.first("OQV").is_some();
    if !declares {
        findings.add(Rule::QuantityMissing, line);
    }
}

/// The measure's place, value and unit, where its value is one.
fn judge_measure<'t>(
    measure: Place<'t>,
    kind: UnitKind,
    context: &Context<'_, '_>,
    findings: &mut Findings<'_>,
) -> Option<(Place<'t>, Decimal<'t>, &'t str)> {
    let unit = measure.attribute(Known::UnitCode).unwrap_or_default();
    if unit.is_empty() {
        findings.add(Rule::UnitMissing, measure).element(measure.name());
    } else if context.lists.unit_kind(unit) != Some(kind) {
        let expected = context.lists.codes_of_kind(kind);
        findings
            .add(Rule::UnitCode, measure)
            .element(measure.name())
            .not_in(List::UnitMeasures, unit)
            .expected(&expected);
    }
    let Some(number) = Decimal::read(measure.text()) else {
        findings.add(Rule::MeasureForm, measure).element(measure.name()).found(measure.text());
        return None;
    };
    if number.is_negative {
        findings.add(Rule::MeasureNegative, measure).element(measure.name()).found(measure.text());
        return None;
    }
    judge_decimals(measure, number, findings);
    Some((measure, number, unit))
}

fn judge_classifications(children: &Firsts<'_>, findings: &mut Findings<'_>) {
    for classification in children.children(Element::ApplicableSPSClassification) {
        let Some(system) = classification.child(Element::SystemName) else { continue };
        match system.text() {
            "HS" => {
                let code = classification.child(Element::ClassCode).filter(|code| !code.text().is_empty());
                let Some(code) = code else {
                    findings.add(Rule::ClassificationEmpty, classification).found("HS").expected("ClassCode");
                    continue;
                };
                let is_code = HS_DIGITS_MIN <= code.text().len() && is_digits(code.text());
                if !is_code {
                    findings.add(Rule::HsCode, code).found(code.text());
                }
            }
            name @ ("IPPCPCVP" | "IPPCPCC") => {
                if is_void(classification.text_of(Element::ClassName)) {
                    findings.add(Rule::ClassificationEmpty, classification).found(name).expected("ClassName");
                }
            }
            other => {
                findings.add(Rule::ClassificationSystem, system).found(other);
            }
        }
    }
}
