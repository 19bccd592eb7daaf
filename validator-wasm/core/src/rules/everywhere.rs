//! Rules for values that occur in many places: dates, languages, names.

use super::values::{Moment, NoMoment};
use super::{Context, is_longer};
use crate::codelists::List;
use crate::findings::Findings;
use crate::rules::catalogue::Rule;
use crate::structure::schema::{ELEMENTS, Element};
use crate::structure::tree::{Place, Tree};
use crate::tag::Known;
use crate::words::same;

/// Names of places, means and persons; parties may have longer ones.
const NAME_CHARACTERS_MAX: usize = 256;
const PARTY_NAME_CHARACTERS_MAX: usize = 450;
const ADDRESS_LINE_CHARACTERS_MAX: usize = 200;

/// Certificates were electronic only after the one and are not issued for days beyond the other.
const YEARS: std::ops::RangeInclusive<i64> = 1990..=2099;

/// Texts that mean nothing, in the places where systems put them.
const FILLERS: [&str; 5] = ["NULL", "N/A", "NA", "-", "--"];

/// What an element's value is, wherever it stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Value {
    Date,
    Name,
    AddressLine,
    /// A text that says what a commodity is.
    Description,
    /// None of them.
    Other,
}

/// By element: most are no concern of these rules, which this shows without a jump.
static VALUES: [Value; ELEMENTS] = {
    let mut values = [Value::Other; ELEMENTS];
    let mut index = 0;
    while index < Element::ALL.len() {
        let element = Element::ALL[index];
        values[element as usize] = match element {
            Element::DateTimeString | Element::DateTime => Value::Date,
            Element::Name => Value::Name,
            Element::LineOne | Element::LineTwo | Element::LineThree | Element::LineFour | Element::LineFive => {
                Value::AddressLine
            }
            Element::CommonName | Element::ScientificName | Element::IntendedUse => Value::Description,
            _ => Value::Other,
        };
        index += 1;
    }
    values
};

pub(super) fn judge(tree: &Tree<'_>, context: &Context<'_, '_>, findings: &mut Findings<'_>) {
    // Mostly all are in one language, or in two by turns.
    let mut legal = [None; 2];
    for place in tree.places() {
        if let Some(language) = place.attribute(Known::LanguageId)
            && !legal.into_iter().flatten().any(|known: &str| same(known.as_bytes(), language.as_bytes()))
        {
            if is_language(language, context) {
                legal = [Some(language), legal[0]];
            } else {
                findings.add(Rule::LanguageUnknown, place).not_in(List::Languages, language);
            }
        }
        let value = VALUES[place.element() as usize];
        if value != Value::Other {
            judge_value(value, place, findings);
        }
    }
}

fn judge_value(value: Value, place: Place<'_>, findings: &mut Findings<'_>) {
    match value {
        Value::Date => judge_date(place, findings),
        Value::Name => judge_name(place, findings),
        Value::AddressLine if is_longer(place.text(), ADDRESS_LINE_CHARACTERS_MAX) => {
            findings.add(Rule::AddressLineLength, place).limit(ADDRESS_LINE_CHARACTERS_MAX);
        }
        Value::Description if is_filler(place.text()) => {
            findings.add(Rule::FillerValue, place).element(place.name()).found(place.text());
        }
        _ => {}
    }
}

fn is_filler(text: &str) -> bool {
    text.len() <= 4 && FILLERS.iter().any(|filler| filler.eq_ignore_ascii_case(text))
}

fn is_language(language: &str, context: &Context<'_, '_>) -> bool {
    // A region may follow, as in en-GB; the case varies.
    match language.as_bytes() {
        [_, _] | [_, _, b'-', ..] => {
            let code = language.get(..2).unwrap_or_default();
            context.lists.contains(List::Languages, code)
                || context.lists.contains(List::Languages, &code.to_ascii_lowercase())
        }
        _ => false,
    }
}

/// A date that is there; whether it must be is the rule of its place.
#[inline(never)]
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
pub(super) fn judge_languages(first: Option<Place<'_>>, findings: &mut Findings<'_>) {
    if first.and_then(Place::another).is_none() {
        return;
    }
    // Mostly there are few, which need no memory of their own.
    let (mut few, mut others) = ([""; LANGUAGES_USUAL], Vec::new());
    let mut count = 0;
    for place in std::iter::successors(first, |place| place.another()) {
        let Some(language) = language_of(place) else {
            findings.add(Rule::LanguageMissing, place).element(place.name());
            continue;
        };
        if few.iter().chain(&others).any(|known| known.eq_ignore_ascii_case(language)) {
            findings.add(Rule::LanguageTwice, place).element(place.name()).found(language);
        } else if count < LANGUAGES_MAX {
            match few.get_mut(count) {
                Some(free) => *free = language,
                None => others.push(language),
            }
            count += 1;
        }
    }
}

fn language_of(place: Place<'_>) -> Option<&str> {
    place.attribute(Known::LanguageId).filter(|language| !language.is_empty())
}

/// Languages that are told apart for one text: more than ISO 639-1 has, so that a flood costs no quadratic time.
const LANGUAGES_MAX: usize = 200;

/// Languages of one text for which there is room at once.
const LANGUAGES_USUAL: usize = 4;
