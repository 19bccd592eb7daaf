//! The code lists in force, as they are told to operators.

use std::collections::BTreeSet;
use std::path::Path;

use phytoval::codelists::{self, ListText};
use serde::Serialize;
use utoipa::ToSchema;

/// Where releases lie in the hub's directory (`phytohub_change::Release::path`).
const RELEASES: &str = "releases";

/// The lists by their names, and what they are for people.
const NAMES: [(&str, &str); 16] = [
    ("additional-declarations", "Additional declarations"),
    ("conditions", "Conditions of products"),
    ("countries", "Countries"),
    ("document-statuses", "Statuses of documents"),
    ("document-types", "Types of documents"),
    ("intended-uses", "Intended uses"),
    ("languages", "Languages"),
    ("means-of-transport", "Means of transport"),
    ("note-subjects", "Subjects of notes"),
    ("package-types", "Types of packages"),
    ("packaging-levels", "Levels of packaging"),
    ("pesticides", "Pesticides"),
    ("product-descriptions", "Descriptions of products"),
    ("statements", "Statements"),
    ("treatment-types", "Types of treatment"),
    ("unit-measures", "Units of measure"),
];

/// A code list in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ListInForce {
    /// Its name in files and settings.
    id: String,
    /// Its name for people.
    name: String,
    /// Day of its edition; where it was added to, that of each part, joined by `+`.
    edition: String,
    /// Who publishes it, of each part.
    source: String,
    /// The day from which certificates are judged by it: that of its last part.
    valid_from: String,
    /// How many codes it has.
    rows: usize,
    /// Where it comes from: `built in`, or the files of `[validation] lists` and the releases that replaced it or added
    /// to it, in their order.
    from: Vec<ListPart>,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ListPart {
    origin: ListOrigin,
    /// Its file, relative to the hub's directory; empty for what is built in.
    file: String,
    /// Whether it added to what was there instead of taking its place.
    adds: bool,
    /// Day of its edition.
    edition: String,
    /// How many codes it has.
    rows: usize,
}

/// Who put a list in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ListOrigin {
    /// It came with this version of the hub.
    Hub,
    /// `[validation] lists` in hub.toml, or a candidate that was activated.
    Settings,
    /// A release.
    Release,
}

/// One list while it is put together.
struct Building {
    row: ListInForce,
    codes: BTreeSet<String>,
}

/// The lists in force, those that are built in at first.
pub(super) struct Lists(Vec<Building>);

impl Lists {
    /// Those that are built in.
    pub(super) fn built_in() -> Self {
        let described = NAMES.iter().filter_map(|(id, name)| {
            // A test reads every one of them.
            let text = codelists::describe(codelists::compiled_in(id)?).ok()?;
            Some(Building::new(id, name, text))
        });
        Self(described.collect())
    }

    /// Puts a list from a file in force.
    pub(super) fn load(&mut self, file: &Path, text: &str) {
        // Whoever asks has read it before: it is a list.
        let Ok(text) = codelists::describe(text) else { return };
        let origin = if file.starts_with(RELEASES) { ListOrigin::Release } else { ListOrigin::Settings };
        if let Some(known) = self.0.iter_mut().find(|building| building.row.id == text.name) {
            known.load(origin, file.display().to_string(), text);
        }
    }

    /// All of them, by their names.
    pub(super) fn rows(self) -> Vec<ListInForce> {
        self.0.into_iter().map(|building| building.row).collect()
    }
}

impl Building {
    fn new(id: &str, name: &str, text: ListText) -> Self {
        let row = ListInForce {
            id: id.to_owned(),
            name: name.to_owned(),
            edition: String::new(),
            source: String::new(),
            valid_from: String::new(),
            rows: 0,
            from: Vec::new(),
        };
        let mut building = Self { row, codes: BTreeSet::new() };
        building.load(ListOrigin::Hub, String::new(), text);
        building
    }

    fn load(&mut self, origin: ListOrigin, file: String, text: ListText) {
        let ListText { adds, source, edition, valid_from, codes, .. } = text;
        let part = ListPart { origin, file, adds, edition: edition.clone(), rows: codes.len() };
        let row = &mut self.row;
        if adds {
            row.edition = format!("{}+{edition}", row.edition);
            if !row.source.contains(&source) {
                row.source = format!("{}; {source}", row.source);
            }
            self.codes.extend(codes);
        } else {
            (row.edition, row.source, self.codes) = (edition, source, codes);
            row.from.clear();
        }
        row.valid_from = valid_from;
        row.rows = self.codes.len();
        row.from.push(part);
    }
}

#[cfg(test)]
mod tests {
    use phytohub_model::CodeList;
    use phytoval::codelists::List;

    use super::*;

    #[test]
    fn every_list_that_rules_ask_or_the_hub_serves_is_told() {
        let lists = Lists::built_in().rows();
        assert_eq!(lists.len(), NAMES.len());
        for list in List::ALL {
            assert!(lists.iter().any(|row| row.id == list.name()), "{list:?}");
        }
        assert!(CodeList::ALL.len() <= lists.len());
        assert!(lists.iter().all(|row| !row.source.is_empty() && row.edition.len() == 10 && row.from.len() == 1));
    }

    #[test]
    fn what_replaces_a_list_or_adds_to_it_is_told_with_its_file() {
        let text = |head: &str, edition: &str, code: &str| {
            format!(
                "# {head}: package-types\n# source: a test\n# edition: {edition}\n# valid-from: {edition}\n\
                     code,language,text\n{code},en,A thing\n"
            )
        };
        let mut lists = Lists::built_in();
        lists.load(Path::new("more.csv"), &text("adds-to", "2030-01-01", "Q9"));
        let before = |lists: &Lists| lists.0.iter().find(|one| one.row.id == "package-types").unwrap().row.clone();
        let added = before(&lists);
        assert_eq!((added.edition.as_str(), added.from.len()), ("2006-01-01+2030-01-01", 2));
        assert_eq!(added.rows, added.from[0].rows + 1);
        assert!(added.source.ends_with("; a test") && added.valid_from == "2030-01-01");
        lists.load(Path::new("releases/0001/packages.csv"), &text("list", "2031-01-01", "QQ"));
        let replaced = before(&lists);
        assert_eq!((replaced.edition.as_str(), replaced.rows, replaced.from.len()), ("2031-01-01", 1, 1));
        assert_eq!(replaced.from[0].origin, ListOrigin::Release);
    }
}
