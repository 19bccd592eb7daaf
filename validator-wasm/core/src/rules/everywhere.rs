//! Rules for values that occur in many places: dates, languages, names.

use super::values::{Moment, NoMoment};
use super::{Context, is_longer};
use crate::codelists::List;
use crate::findings::Findings;
use crate::rules::catalogue::Rule;
use crate::structure::schema::Element;
use crate::structure::tree::{Place, Tree};

/// Names of places, means and persons; parties may have longer ones.
const NAME_CHARACTERS_MAX: usize = 256;
const PARTY_NAME_CHARACTERS_MAX: usize = 450;
const ADDRESS_LINE_CHARACTERS_MAX: usize = 200;

/// Certificates were electronic only after the one and are not issued for days beyond the other.
const YEARS: std::ops::RangeInclusive<i64> = 1990..=2099;

/// Texts that mean nothing, in the places where systems put them.
const FILLERS: [&str; 5] = ["NULL", "N/A", "NA", "-", "--"];

pub(super) fn judge(tree: &Tree<'_>, context: &Context<'_, '_>, findings: &mut Findings<'_>) {
    for place in tree.places() {
        if let Some(language) = place.attribute("languageID") {
            judge_language(place, language, context, findings);
        }
        match place.element() {
            Element::DateTimeString | Element::DateTime => judge_date(place, findings),
            Element::Name => judge_name(place, findings),
            Element::LineOne | Element::LineTwo | Element::LineThree | Element::LineFour | Element::LineFive
                if is_longer(place.text(), ADDRESS_LINE_CHARACTERS_MAX) =>
            {
                findings.add(Rule::AddressLineLength, place).limit(ADDRESS_LINE_CHARACTERS_MAX);
            }
            Element::CommonName | Element::ScientificName | Element::IntendedUse if is_filler(place.text()) => {
                findings.add(Rule::FillerValue, place).element(place.name()).found(place.text());
            }
            _ => {}
        }
    }
}

fn is_filler(text: &str) -> bool {
    text.len() <= 4 && FILLERS.iter().any(|filler| filler.eq_ignore_ascii_case(text))
}

fn judge_language(place: Place<'_>, language: &str, context: &Context<'_, '_>, findings: &mut Findings<'_>) {
    // A region may follow, as in en-GB; the case varies.
    let known = match language.as_bytes() {
        [first, second] | [first, second, b'-', ..] => {
            let code = [first.to_ascii_lowercase(), second.to_ascii_lowercase()];
            str::from_utf8(&code).is_ok_and(|code| context.lists.contains(List::Languages, code))
        }
        _ => false,
    };
    if !known {
        findings.add(Rule::LanguageUnknown, place).not_in(List::Languages, language);
    }
}

/// A date that is there; whether it must be is the rule of its place.
fn judge_date(place: Place<'_>, findings: &mut Findings<'_>) {
    let text = place.text();
    if text.is_empty() {
        return;
    }
    let is_issue = place.parent().is_some_and(|parent| {
        parent.element() == Element::IssueDateTime
            && parent.parent().is_some_and(|parent| parent.element() == Element::SPSExchangedDocument)
    });
    match Moment::read(text) {
        Err(NoMoment::Form) => {
            findings.add(if is_issue { Rule::IssueDateForm } else { Rule::DateForm }, place).found(text);
        }
        Err(NoMoment::Day) => {
            findings.add(Rule::DateDay, place).found(text);
        }
        Ok(moment) => {
            if !moment.has_offset {
                findings.add(Rule::DateOffset, place).found(text);
            }
            if !YEARS.contains(&moment.year) {
                findings.add(Rule::DateYear, place).found(text);
            }
        }
    }
}

fn judge_name(place: Place<'_>, findings: &mut Findings<'_>) {
    let is_party = place.parent().is_some_and(|parent| parent.name().ends_with("SPSParty"));
    let (rule, limit) = match is_party {
        true => (Rule::PartyNameLength, PARTY_NAME_CHARACTERS_MAX),
        false => (Rule::NameLength, NAME_CHARACTERS_MAX),
    };
    if is_longer(place.text(), limit) {
        findings.add(rule, place).element(place.name()).limit(limit);
    }
}

/// The same element once per language: each says which, and each another.
pub(super) fn judge_languages(parent: Place<'_>, element: Element, findings: &mut Findings<'_>) {
    if parent.child(element).and_then(Place::another).is_none() {
        return;
    }
    let mut known: Vec<&str> = Vec::new();
    for place in parent.children(element) {
        match place.attribute("languageID").filter(|language| !language.is_empty()) {
            None => {
                findings.add(Rule::LanguageMissing, place).element(place.name());
            }
            Some(language) => {
                if known.iter().any(|known| known.eq_ignore_ascii_case(language)) {
                    findings.add(Rule::LanguageTwice, place).element(place.name()).found(language);
                } else if known.len() < LANGUAGES_MAX {
                    known.push(language);
                }
            }
        }
    }
}

/// Languages that are told apart for one text: more than ISO 639-1 has, so that a flood costs no quadratic time.
const LANGUAGES_MAX: usize = 200;
