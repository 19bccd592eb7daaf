//! What the validator says of one document.

mod json;
mod text;

use std::borrow::Cow;
use std::mem::take;

use phytohub_model::{Area, Level, Verdict};

use crate::codelists::{List, Lists};
use crate::findings::{Findings, Raw};
use crate::messages::{Messages, Values};
use crate::position::Positions;
use crate::rules::catalogue::{RULES_EDITION, Rule};
use crate::structure::tree::Tree;
use crate::{listing, order};

/// The verdict in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All was read and nothing was found.
    Clean,
    /// All was read, or as much as is XML, and this was found.
    Findings,
    /// A bound was hit before the end, so nothing is known of the rest.
    NotDetermined,
}

/// What a document says of itself, as far as it could be read; empty where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    /// Its number.
    pub number: String,
    /// Its type, as 851.
    pub kind: String,
    /// Its status, as 70.
    pub status: String,
    /// Exporting country.
    pub from: String,
    /// Importing country.
    pub to: String,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule that is broken.
    pub rule: Rule,
    /// How bad it is, by the profile.
    pub level: Level,
    /// Where: local names from the root, with a position from the second of a name on. Does not depend on prefixes.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Byte offset in the document's text in UTF-8, after base64 or UTF-16 was decoded.
    pub offset: usize,
    /// Local name of the element concerned, empty where there is none.
    pub element: String,
    /// What was found, shortened; empty where nothing is to be shown.
    pub found: String,
    /// What was expected; the same in every language.
    pub expected: String,
    /// A second name or value.
    pub other: String,
    /// The bound that was passed, 0 for none.
    pub limit: usize,
    /// The code list that was asked.
    pub list: Option<ListUsed>,
    /// Codes of that list that look like the one found, the nearest first.
    pub nearest: Vec<String>,
}

/// A code list with its edition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListUsed {
    /// Its name.
    pub name: &'static str,
    /// Its day.
    pub edition: Cow<'static, str>,
}

/// The judgement of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The verdict.
    pub outcome: Outcome,
    /// In document order, up to a thousand.
    pub findings: Vec<Finding>,
    /// How many findings there were in all: severe ones, warnings, advice.
    pub severe: usize,
    /// Warnings.
    pub warnings: usize,
    /// Advice.
    pub infos: usize,
    /// What the document says of itself.
    pub certificate: Certificate,
    /// The profile by which it was judged.
    pub profile: String,
    /// Edition of the rules.
    pub rules: &'static str,
    /// Editions of all code lists in force.
    pub lists: Vec<ListUsed>,
}

impl Report {
    pub(crate) fn new(
        text: &str,
        tree: &Tree<'_>,
        found: Findings<'_>,
        certificate: Certificate,
        profile: &str,
        lists: &Lists,
    ) -> Self {
        let (mut raw, [infos, warnings, severe]) = found.finish();
        let outcome = match raw.iter().any(|raw| raw.rule.is_bound()) {
            true => Outcome::NotDetermined,
            false if infos + warnings + severe == 0 => Outcome::Clean,
            false => Outcome::Findings,
        };
        let mut positions = Positions::new(text);
        let mut findings = Vec::with_capacity(raw.len());
        for index in in_order(&raw) {
            findings.extend(raw.get_mut(index).map(|raw| finding(raw, tree, &mut positions, lists)));
        }
        Self {
            outcome,
            findings,
            severe,
            warnings,
            infos,
            certificate,
            profile: profile.to_owned(),
            rules: RULES_EDITION,
            lists: List::ALL.iter().map(|&list| used(list, lists)).collect(),
        }
    }

    /// Findings beyond those that are listed.
    pub fn more(&self) -> usize {
        (self.severe + self.warnings + self.infos).saturating_sub(self.findings.len())
    }

    /// Whether the certificate may not be sent.
    pub fn refuses(&self) -> bool {
        0 < self.severe || self.outcome == Outcome::NotDetermined
    }

    /// The rows of the hub's ValidationResult.
    pub fn verdict(&self, messages: &Messages) -> Verdict {
        let mut findings: Vec<_> = self.findings.iter().map(|finding| finding.row(messages)).collect();
        if 0 < self.more() {
            findings.push(phytohub_model::Finding {
                area: Area::Schema,
                level: if 0 < self.severe { Level::Severe } else { Level::Info },
                field: String::new(),
                message: format!(
                    "{} more findings are not shown: mend the first {} and validate again",
                    self.more(),
                    self.findings.len()
                ),
            });
        }
        Verdict { findings }
    }
}

impl Finding {
    /// What is wrong, in the messages' language.
    pub fn sentence(&self, messages: &Messages) -> String {
        self.render(messages.sentence(self.rule.entry().id))
    }

    /// What to do.
    pub fn hint(&self, messages: &Messages) -> String {
        self.render(messages.hint(self.rule.entry().id))
    }

    /// Codes that may have been meant, as they are shown.
    fn nearest(&self) -> String {
        listing::of(&self.nearest.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn render(&self, template: &str) -> String {
        let values = Values {
            element: &self.element,
            found: &self.found,
            expected: &self.expected,
            limit: &self.limit.to_string(),
            other: &self.other,
        };
        Messages::render(template, &values)
    }

    fn row(&self, messages: &Messages) -> phytohub_model::Finding {
        let mut message = format!("Line {}, column {}: {}", self.line, self.column, self.sentence(messages));
        if !self.nearest.is_empty() {
            message.push_str(&format!(" [{}]", self.nearest()));
        }
        message.push_str(&format!(" {} ({})", self.hint(messages), self.rule.entry().id));
        phytohub_model::Finding { area: self.rule.entry().area, level: self.level, field: self.path.clone(), message }
    }
}

/// The order of the document, which is not that in which rules find.
fn in_order(findings: &[Raw]) -> Vec<usize> {
    let at = |index: usize| findings.get(index).map(|raw| raw.at);
    order::sorted(findings.len(), &|left, right| at(left).cmp(&at(right)))
}

#[cold]
fn finding(raw: &mut Raw, tree: &Tree<'_>, positions: &mut Positions<'_>, lists: &Lists) -> Finding {
    let mut path = raw.node.and_then(|node| tree.place(node)).map_or(String::new(), |place| place.path());
    if !raw.missing.is_empty() {
        path.push('/');
        path.push_str(raw.missing);
    }
    let position = positions.at(raw.at);
    let nearest = raw.list.as_ref().map_or(Vec::new(), |(list, code)| lists.nearest(*list, code));
    Finding {
        rule: raw.rule,
        level: raw.level,
        path,
        line: position.line,
        column: position.column,
        offset: raw.at,
        element: take(&mut raw.element),
        found: take(&mut raw.found),
        expected: take(&mut raw.expected),
        other: take(&mut raw.other),
        limit: raw.limit,
        list: raw.list.as_ref().map(|(list, _)| used(*list, lists)),
        nearest,
    }
}

fn used(list: List, lists: &Lists) -> ListUsed {
    ListUsed { name: list.name(), edition: lists.edition(list) }
}
