//! Notes: each with a subject that says what its content is, at the document or at a line.

mod subjects;

use super::document::NUMBER_CHARACTERS_MAX;
use super::everywhere::judge_languages;
use super::values::{Decimal, Moment};
use super::{Context, is_longer};
use crate::codelists::List;
use crate::findings::Findings;
use crate::rules::catalogue::Rule;
use crate::structure::schema::Element;
use crate::structure::tree::Place;
use crate::words::same;
use subjects::{Content, Level, Subject};

/// Notes for which there is room at once.
const NOTES_USUAL: usize = 16;

/// The notes of a document or a line, with their subjects: many rules ask for one.
pub(super) struct Notes<'t>(Vec<(&'t str, Place<'t>)>);

impl<'t> Notes<'t> {
    pub(super) fn of(parent: Place<'t>) -> Self {
        let notes = parent.all().filter(|place| {
            matches!(place.element(), Element::IncludedSPSNote | Element::AdditionalInformationSPSNote)
        });
        let mut with_subjects = Vec::with_capacity(NOTES_USUAL);
        with_subjects.extend(notes.map(|note| (note.text_of(Element::Subject), note)));
        Self(with_subjects)
    }

    /// The first one with this subject.
    #[inline(never)]
    pub(super) fn first(&self, subject: &str) -> Option<Place<'t>> {
        let mut notes = self.0.iter();
        notes.find(|(known, _)| same(known.as_bytes(), subject.as_bytes())).map(|(_, note)| *note)
    }

    /// What it says; empty without one.
    fn content(&self, subject: &str) -> &'t str {
        content(self.first(subject))
    }
}

fn content<'t>(note: Option<Place<'t>>) -> &'t str {
    note.map_or("", |note| note.text_of(Element::Content))
}

/// The notes of the document, and the set that belongs to a replacement.
pub(super) fn judge_document(document: Place<'_>, context: &Context<'_, '_>, findings: &mut Findings<'_>) {
    let notes = Notes::of(document);
    judge_all(&notes, Level::Document, context, findings);
    let replaced = notes.first("ADRPN");
    match notes.first("ADRP") {
        Some(statement) => {
            if content(replaced).is_empty() {
                findings.add(Rule::ReplacementNumberMissing, statement);
            }
        }
        None => {
            let alone = ["ADRPN", "ADRD", "ADRPR"].iter().find_map(|&subject| notes.first(subject).zip(Some(subject)));
            if let Some((place, subject)) = alone {
                findings.add(Rule::ReplacementStatementMissing, place).found(subject);
            }
        }
    }
    if let Some(replaced) = replaced
        && !context.number.is_empty()
        && content(Some(replaced)) == context.number
    {
        findings.add(Rule::ReplacementSelf, replaced).found(context.number);
    }
    if let Some(date) = notes.first("ADRD")
        && let (Ok(replaced), Some(issued)) = (Moment::read(content(Some(date))), context.issued)
        && replaced.is_surely_after(issued)
    {
        findings.add(Rule::ReplacementDate, date).found(content(Some(date))).other(context.issued_text);
    }
}

/// The notes of a line, and the sets for other quantities and for re-export.
pub(super) fn judge_line(line: Place<'_>, notes: &Notes<'_>, context: &Context<'_, '_>, findings: &mut Findings<'_>) {
    judge_all(notes, Level::Line, context, findings);
    match (notes.first("OQV"), notes.first("OQU")) {
        (Some(value), None) => {
            findings.add(Rule::QuantityUnitMissing, value);
        }
        (None, Some(unit)) => {
            findings.add(Rule::QuantityValueMissing, unit);
        }
        _ => {}
    }
    if context.is_reexport() {
        judge_reexport(line, notes, findings);
    } else if context.is_export()
        && let Some((subject, note)) = notes.0.iter().find(|(subject, _)| subject.starts_with("RPC"))
    {
        findings.add(Rule::ReexportOnExport, *note).found(subject);
    }
}

#[inline(never)]
fn judge_reexport(line: Place<'_>, notes: &Notes<'_>, findings: &mut Findings<'_>) {
    for (subject, rule) in [
        ("RPCST", Rule::ReexportStatementMissing),
        ("RPCCO", Rule::ReexportOriginMissing),
        ("RPCRF", Rule::ReexportNumberMissing),
    ] {
        if notes.content(subject).is_empty() {
            findings.add(rule, line);
        }
    }
    let is_true = |subject| notes.content(subject).eq_ignore_ascii_case("true");
    if is_true("RPCOR") == is_true("RPCTC") {
        findings.add(Rule::ReexportOriginalOrCopy, line);
    }
    if is_true("RPCOC") == is_true("RPCNC") {
        findings.add(Rule::ReexportContainers, line);
    }
}

fn judge_all(notes: &Notes<'_>, level: Level, context: &Context<'_, '_>, findings: &mut Findings<'_>) {
    let mut seen = [false; subjects::ALL.len()];
    for &(name, note) in &notes.0 {
        let Some((index, subject)) = subjects::find(name) else {
            judge_unknown(note, name, context, findings);
            continue;
        };
        judge_level(note, subject, level, findings);
        if let Some(seen) = seen.get_mut(index) {
            if *seen && !subject.is_repeatable {
                findings.add(Rule::NoteTwice, note).found(name);
            }
            *seen = true;
        }
        judge_languages(note.child(Element::Content), findings);
        if note.children(Element::Content).all(|content| content.text().is_empty()) {
            findings.add(Rule::NoteEmpty, note).found(name);
            continue;
        }
        for content in note.children(Element::Content) {
            judge_content(content, subject, context, findings);
        }
    }
}

#[inline(never)]
fn judge_unknown(note: Place<'_>, name: &str, context: &Context<'_, '_>, findings: &mut Findings<'_>) {
    if name.is_empty() {
        findings.add(Rule::NoteSubjectEmpty, note);
    } else if !context.lists.contains(List::NoteSubjects, name) {
        // A deployment may add subjects of its own to the list.
        findings.add(Rule::NoteSubject, note).not_in(List::NoteSubjects, name);
    }
}

#[inline(never)]
fn judge_level(note: Place<'_>, subject: &Subject, level: Level, findings: &mut Findings<'_>) {
    match (subject.level, level) {
        (Level::Either, _) => {
            let expected = subject.twin(level);
            findings.add(Rule::NoteLevelOld, note).found(subject.name).expected(expected);
        }
        (belongs, here) if belongs != here => {
            let parent = note.parent().map_or("", Place::name);
            let twin = subject.twin(level);
            // Some subjects exist at one level only: then it is the place that is wrong.
            let expected = if twin.is_empty() { level.subjects() } else { twin.to_owned() };
            findings.add(Rule::NoteLevel, note).found(subject.name).other(parent).expected(&expected);
        }
        _ => {}
    }
}

fn judge_content(place: Place<'_>, subject: &Subject, context: &Context<'_, '_>, findings: &mut Findings<'_>) {
    let text = place.text();
    match subject.content {
        Content::Text(limit) => {
            if is_longer(text, limit) {
                findings.add(Rule::NoteLength, place).found(subject.name).limit(limit);
            }
        }
        Content::Number => {
            if is_longer(text, NUMBER_CHARACTERS_MAX) {
                findings.add(Rule::NoteLength, place).found(subject.name).limit(NUMBER_CHARACTERS_MAX);
            }
        }
        Content::Statement(code) => {
            if text != code {
                findings.add(Rule::NoteStatement, place).other(subject.name).found(text).expected(code);
            }
        }
        Content::Boolean => {
            if !text.eq_ignore_ascii_case("true") && !text.eq_ignore_ascii_case("false") {
                findings.add(Rule::NoteBoolean, place).other(subject.name).found(text);
            }
        }
        Content::Country => {
            if !context.lists.contains(List::Countries, text) {
                findings.add(Rule::CountryCode, place).not_in(List::Countries, text);
            }
        }
        Content::Decimal => {
            if Decimal::read(text).is_none() {
                findings.add(Rule::NoteNumber, place).other(subject.name).found(text);
            }
        }
        Content::Date { is_inspection } => match (Moment::read(text), context.issued) {
            (Err(_), _) => {
                findings.add(Rule::NoteDate, place).other(subject.name).found(text);
            }
            (Ok(date), Some(issued)) if is_inspection && date.is_surely_after(issued) => {
                findings.add(Rule::InspectionAfterIssue, place).found(text).other(context.issued_text);
            }
            _ => {}
        },
    }
}
