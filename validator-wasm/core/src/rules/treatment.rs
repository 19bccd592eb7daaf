//! AppliedSPSProcess: one treatment, whose facts are characteristics with a tag.

use std::cmp::Ordering;

use phytohub_model::UnitKind;

use super::values::{Decimal, Moment};
use super::{Context, date_of, is_longer};
use crate::codelists::List;
use crate::findings::Findings;
use crate::rules::catalogue::Rule;
use crate::structure::schema::Element;
use crate::structure::tree::Place;
use crate::tag::Known;
use crate::words::same;

/// The process type that says: see the characteristics.
const MUTUALLY_DEFINED: &str = "ZZZ";

const ADDITIONAL_CHARACTERS_MAX: usize = 400;
const FULL_TEXT_CHARACTERS_MAX: usize = 8000;

/// Absolute zero in degrees Celsius and Fahrenheit, without the sign.
const ABSOLUTE_ZERO: [(&str, &str); 2] = [("CEL", "273.15"), ("FAH", "459.67")];

/// The tags, in the order in which their occurrences are counted.
const TAGS: [&str; 7] = ["TTL1", "TTL2", "TTCH", "TTTM", "TTCO", "TTAI", "TTFT"];

#[inline(never)]
pub(super) fn judge(process: Place<'_>, context: &Context<'_, '_>, findings: &mut Findings<'_>) {
    if let Some(code) = process.child(Element::TypeCode)
        && code.text() != MUTUALLY_DEFINED
    {
        findings.add(Rule::TreatmentTypeCode, code).found(code.text());
    }
    if let Some(period) = process.child(Element::CompletionSPSPeriod) {
        judge_period(period, context, findings);
    }
    let mut counts = [0usize; TAGS.len()];
    for fact in process.children(Element::ApplicableSPSProcessCharacteristic) {
        let Some(tag) = fact.child(Element::Description) else { continue };
        let known = TAGS.iter().position(|known| same(known.as_bytes(), tag.text().as_bytes()));
        let Some(count) = known.and_then(|index| counts.get_mut(index)) else {
            findings.add(Rule::TreatmentTag, tag).found(tag.text());
            continue;
        };
        *count += 1;
        if *count == 2 && tag.text() != "TTCH" {
            findings.add(Rule::TreatmentTagTwice, fact).found(tag.text());
        }
        judge_fact(fact, tag.text(), findings);
    }
    let [level_1, level_2, .., full_text] = counts;
    if 0 < level_2 && level_1 == 0 {
        findings.add(Rule::TreatmentLevels, process);
    }
    if full_text == 0 {
        findings.add(Rule::TreatmentFullText, process);
    }
}

fn judge_period(period: Place<'_>, context: &Context<'_, '_>, findings: &mut Findings<'_>) {
    let date = |element| period.child(element).and_then(date_of);
    let (start, end) = (date(Element::StartDateTime), date(Element::EndDateTime));
    let read = |place: Option<Place<'_>>| place.and_then(|place| Moment::read(place.text()).ok());
    if let (Some(place), Some(start_place), Some(from), Some(to)) = (end, start, read(start), read(end))
        && from.is_surely_after(to)
    {
        findings.add(Rule::TreatmentPeriod, place).found(place.text()).other(start_place.text());
    }
    if let (Some(place), Some(from), Some(issued)) = (start, read(start), context.issued)
        && from.is_surely_after(issued)
    {
        findings.add(Rule::TreatmentAfterIssue, place).found(place.text()).other(context.issued_text);
    }
    let Some(duration) = period.child(Element::DurationMeasure).filter(|place| !place.text().is_empty()) else {
        return;
    };
    if Decimal::read(duration.text()).is_none_or(|number| number.is_negative) {
        findings.add(Rule::TreatmentDuration, duration).found(duration.text());
    }
    judge_unit(duration, UnitKind::Duration, Rule::TreatmentDurationUnit, context, findings);
}

fn judge_unit(place: Place<'_>, kind: UnitKind, rule: Rule, context: &Context<'_, '_>, findings: &mut Findings<'_>) {
    match place.attribute(Known::UnitCode).unwrap_or_default() {
        "" => {
            findings.add(Rule::UnitMissing, place).element(place.name());
        }
        unit if context.lists.unit_kind(unit) != Some(kind) => {
            let expected = context.lists.codes_of_kind(kind);
            findings.add(rule, place).not_in(List::UnitMeasures, unit).expected(&expected);
        }
        _ => {}
    }
}

fn judge_fact(fact: Place<'_>, tag: &str, findings: &mut Findings<'_>) {
    let limit = match tag {
        "TTTM" => return judge_temperature(fact, findings),
        "TTCO" => return judge_concentration(fact, findings),
        "TTFT" => FULL_TEXT_CHARACTERS_MAX,
        _ => ADDITIONAL_CHARACTERS_MAX,
    };
    let mut values = fact.children(Element::Description).skip(1).peekable();
    if values.peek().is_none_or(|value| value.text().is_empty()) {
        findings.add(Rule::TreatmentValue, fact).found(tag).expected("Description");
    }
    for value in values {
        if is_longer(value.text(), limit) {
            findings.add(Rule::TreatmentTextLength, value).found(tag).limit(limit);
        }
    }
}

/// The value of a measured fact; one without is a finding.
fn measured<'t>(fact: Place<'t>, tag: &str, findings: &mut Findings<'_>) -> Option<Place<'t>> {
    let value = fact.child(Element::ValueMeasure).filter(|value| !value.text().is_empty());
    if value.is_none() {
        findings.add(Rule::TreatmentValue, fact).found(tag).expected("ValueMeasure");
    }
    value
}

#[inline(never)]
fn judge_temperature(fact: Place<'_>, findings: &mut Findings<'_>) {
    let Some(value) = measured(fact, "TTTM", findings) else { return };
    let unit = value.attribute(Known::UnitCode).unwrap_or_default();
    let zero = ABSOLUTE_ZERO.iter().find(|(known, _)| *known == unit);
    match (unit, zero) {
        ("", _) => {
            findings.add(Rule::UnitMissing, value).element(value.name());
        }
        (_, None) => {
            findings.add(Rule::TreatmentTemperatureUnit, value).not_in(List::UnitMeasures, unit);
        }
        _ => {}
    }
    let is_possible = Decimal::read(value.text()).is_some_and(|number| {
        let coldest = zero.and_then(|(_, zero)| Decimal::read(zero));
        !number.is_negative || coldest.is_none_or(|coldest| number.compare_amount(coldest) != Ordering::Greater)
    });
    if !is_possible {
        findings.add(Rule::TreatmentTemperature, value).found(value.text());
    }
}

#[inline(never)]
fn judge_concentration(fact: Place<'_>, findings: &mut Findings<'_>) {
    let Some(value) = measured(fact, "TTCO", findings) else { return };
    if value.attribute(Known::UnitCode).is_none_or(str::is_empty) {
        findings.add(Rule::UnitMissing, value).element(value.name());
    }
    if Decimal::read(value.text()).is_none_or(|number| number.is_negative) {
        findings.add(Rule::TreatmentConcentration, value).found(value.text());
    }
}
