//! What a release changes: codes that come and go, rules whose level changes.

use std::collections::BTreeSet;
use std::fmt::{self, Write};

use phytoval::{Profile, Rule, codelists};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::artefact::Artefact;

/// Codes and rules that a sentence names; the feed's JSON and `phytohub change show --json` have all.
const NAMED_MAX: usize = 40;

/// What a release changes in what is below it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = ReleaseChanges)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// The edition of the list, or the profile, that it was compared with; empty where there is nothing to compare.
    pub since: String,
    /// Codes that certificates may have from then on.
    pub added: Vec<String>,
    /// Codes that certificates may no longer have.
    pub removed: Vec<String>,
    /// Rules whose level changes.
    pub levels: Vec<LevelChange>,
}

/// A rule that counts otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LevelChange {
    /// The rule.
    pub rule: String,
    /// `off`, `INFO`, `WARNING` or `SEVERE`.
    pub from: String,
    /// Likewise.
    pub to: String,
}

/// A list below a release: its codes and its editions.
struct Below {
    codes: BTreeSet<String>,
    edition: String,
}

impl Changes {
    /// What `artefact` changes where `below` is in force, from the lowest to the highest, above the lists that are
    /// compiled in and the profile `base`.
    pub fn of(artefact: &Artefact, below: &[Artefact], base: &Profile) -> Self {
        match artefact {
            Artefact::List(list) => {
                let before = Below::of(&list.name, below);
                let gone = |code: &&String| !list.adds && !list.codes.contains(*code);
                Self {
                    added: list.codes.difference(&before.codes).cloned().collect(),
                    removed: before.codes.iter().filter(gone).cloned().collect(),
                    since: before.edition,
                    levels: Vec::new(),
                }
            }
            Artefact::Profile(profile) => {
                let last = below.iter().rev().find_map(|artefact| match artefact {
                    Artefact::Profile(profile) => Some(profile),
                    _ => None,
                });
                let before = last.unwrap_or(base);
                let changed = Rule::ALL.iter().filter(|rule| before.level(**rule) != profile.level(**rule));
                let levels = changed.map(|rule| LevelChange {
                    rule: rule.entry().id.to_owned(),
                    from: level(before, *rule),
                    to: level(profile, *rule),
                });
                Self { since: before.name().to_owned(), levels: levels.collect(), ..Self::default() }
            }
            Artefact::Module => Self::default(),
        }
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.levels.is_empty()
    }
}

impl Below {
    fn of(name: &str, below: &[Artefact]) -> Self {
        let compiled_in = codelists::compiled_in(name).and_then(|text| codelists::describe(text).ok());
        let mut all = compiled_in.map_or_else(
            || Self { codes: BTreeSet::new(), edition: String::new() },
            |list| Self { codes: list.codes, edition: list.edition },
        );
        for artefact in below {
            match artefact {
                Artefact::List(list) if list.name == name && list.adds => {
                    all.codes.extend(list.codes.iter().cloned());
                    all.edition = format!("{}+{}", all.edition, list.edition);
                }
                Artefact::List(list) if list.name == name => {
                    all = Self { codes: list.codes.clone(), edition: list.edition.clone() };
                }
                _ => {}
            }
        }
        all
    }
}

fn level(profile: &Profile, rule: Rule) -> String {
    profile.level(rule).map_or("off", |level| level.as_str()).to_owned()
}

/// As sentences: `Against edition 2026-11-23 it adds 1 code (AAA) and removes 2 codes (KGM, GRM).`
impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        for (verb, codes) in [("adds", &self.added), ("removes", &self.removed)] {
            if !codes.is_empty() {
                let noun = if codes.len() == 1 { "code" } else { "codes" };
                parts.push(format!("{verb} {} {noun} ({})", codes.len(), listing(codes.iter().cloned())));
            }
        }
        if !self.levels.is_empty() {
            let noun = if self.levels.len() == 1 { "rule" } else { "rules" };
            let levels = self.levels.iter().map(|LevelChange { rule, from, to }| format!("{rule}: {from} to {to}"));
            parts.push(format!("changes the level of {} {noun} ({})", self.levels.len(), listing(levels)));
        }
        match (parts.is_empty(), self.since.is_empty()) {
            (true, true) => Ok(()),
            (true, false) => write!(f, "Against {} it changes no code and no level.", self.since),
            (false, _) => write!(f, "Against {} it {}.", self.since, parts.join(" and ")),
        }
    }
}

fn listing(mut items: impl ExactSizeIterator<Item = String>) -> String {
    let more = items.len().saturating_sub(NAMED_MAX);
    let mut text = items.by_ref().take(NAMED_MAX).collect::<Vec<_>>().join(", ");
    if 0 < more {
        // Writing to a text cannot fail.
        let _ = write!(text, " and {more} more");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(first: &str, edition: &str, codes: &[&str]) -> Artefact {
        let rows: String = codes.iter().map(|code| format!("{code},{code}\n")).collect();
        let text =
            format!("# {first}\n# source: a test\n# edition: {edition}\n# valid-from: {edition}\ncode,text\n{rows}");
        Artefact::read(text.as_bytes()).unwrap()
    }

    fn texts(codes: &[&str]) -> Vec<String> {
        codes.iter().map(|code| (*code).to_owned()).collect()
    }

    #[test]
    fn codes_that_come_and_go_are_computed_against_what_is_below() {
        let first = list("list: conditions", "2030-01-01", &["A", "B", "C"]);
        let more = list("adds-to: conditions", "2031-01-01", &["D", "A"]);
        let next = list("list: conditions", "2032-01-01", &["B", "E"]);
        let base = Profile::default();
        let changes = Changes::of(&more, std::slice::from_ref(&first), &base);
        assert_eq!((changes.added, changes.removed), (texts(&["D"]), texts(&[])));
        let changes = Changes::of(&next, &[first, list("list: statements", "2031-01-01", &["Z"]), more], &base);
        assert_eq!(changes.since, "2030-01-01+2031-01-01");
        assert_eq!((&changes.added, &changes.removed), (&texts(&["E"]), &texts(&["A", "C", "D"])));
        let said = changes.to_string();
        assert_eq!(said, "Against 2030-01-01+2031-01-01 it adds 1 code (E) and removes 3 codes (A, C, D).");
        // Against the list that is compiled in.
        let changes = Changes::of(&list("adds-to: unit-measures", "2032-01-01", &["KGM", "ZZZ"]), &[], &base);
        assert_eq!((changes.added, changes.removed.len()), (texts(&["ZZZ"]), 0));
    }

    #[test]
    fn levels_that_change_are_computed_against_the_profile_in_force() {
        let read = |text: &str| Artefact::read(text.as_bytes()).unwrap();
        let national = read("# profile: national\nunit-code = warning\n");
        let next = read("# profile: next\nunit-code = off\nhs-code = severe\n");
        let changes = Changes::of(&next, &[national], &Profile::default());
        let said = changes.to_string();
        assert!(said.starts_with("Against national it changes the level of 2 rules ("), "{said}");
        assert!(said.contains("unit-code: WARNING to off") && said.contains("hs-code: WARNING to SEVERE"), "{said}");
        let same = Changes::of(&next, std::slice::from_ref(&next), &Profile::default());
        assert!(same.is_empty() && same.to_string().contains("no code and no level"), "{same}");
    }

    #[test]
    fn a_sentence_names_so_many_only() {
        let codes: Vec<String> = (0..100).map(|number| format!("C{number}")).collect();
        let said = Changes { since: "0".into(), added: codes, ..Changes::default() }.to_string();
        assert!(said.contains("adds 100 codes (C0, ") && said.ends_with("C39 and 60 more)."), "{said}");
    }
}
