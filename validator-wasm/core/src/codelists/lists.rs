//! The lists that rules ask: those compiled in, and those that a deployment put in their place or added to.

use std::borrow::Cow;
use std::sync::Arc;

use phytohub_model::UnitKind;

use super::compiled::TABLES;
use super::reader::{self, ListError, Problem};
use crate::{listing, order};

/// A suggestion is offered up to this many.
const NEAREST_MAX: usize = 3;

/// Codes longer than this get no suggestions: comparing is quadratic in the length, and no code is longer.
const COMPARED_BYTES_MAX: usize = 16;

macro_rules! lists {
    ($($name:ident $file:literal)*) => {
        /// The lists that rules ask.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "each is the file of its name, which says what it is")]
        pub enum List {
            $($name,)*
        }

        impl List {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name, which is its file's without `.csv`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $file,)*
                }
            }

            /// Its file, as it was when the program was built.
            pub(super) const fn compiled_in(self) -> &'static str {
                match self {
                    $(Self::$name => include_str!(concat!("../../../codelists/", $file, ".csv")),)*
                }
            }
        }
    };
}

lists! {
    Countries "countries"
    DocumentStatuses "document-statuses"
    DocumentTypes "document-types"
    Languages "languages"
    MeansOfTransport "means-of-transport"
    NoteSubjects "note-subjects"
    PackageTypes "package-types"
    PackagingLevels "packaging-levels"
    UnitMeasures "unit-measures"
}

/// How many there are.
pub(super) const LISTS: usize = List::ALL.len();

/// A list that was read at run time.
struct Loaded {
    edition: String,
    /// Sorted, each once, with its kind of unit in lists of units.
    codes: Vec<(String, Option<UnitKind>)>,
}

/// The lists in force.
#[derive(Clone, Default)]
pub struct Lists {
    /// Those that are not the compiled-in ones.
    loaded: [Option<Arc<Loaded>>; LISTS],
}

impl Loaded {
    /// Of rows with the same code, as each language has one, the first counts.
    fn new(edition: String, rows: &[(String, Option<UnitKind>)]) -> Self {
        let code = |index: usize| rows.get(index).map(|(code, _)| code);
        let order = order::sorted(rows.len(), &|left, right| code(left).cmp(&code(right)));
        let mut codes: Vec<(String, Option<UnitKind>)> = Vec::with_capacity(rows.len());
        for row in order.into_iter().filter_map(|index| rows.get(index)) {
            if codes.last().is_none_or(|(known, _)| *known != row.0) {
                codes.push(row.clone());
            }
        }
        Self { edition, codes }
    }

    fn find(&self, code: &str) -> Option<Option<UnitKind>> {
        let found = self.codes.binary_search_by(|(known, _)| known.as_str().cmp(code)).ok()?;
        self.codes.get(found).map(|(_, kind)| *kind)
    }
}

impl Lists {
    fn loaded(&self, list: List) -> Option<&Loaded> {
        self.loaded.get(list as usize)?.as_deref()
    }

    /// Whether `code` is in `list`, letter for letter.
    pub fn contains(&self, list: List, code: &str) -> bool {
        match self.loaded(list) {
            Some(loaded) => loaded.find(code).is_some(),
            None => TABLES[list as usize].contains(code),
        }
    }

    /// What the unit `code` measures; none where it is no unit of the list.
    pub fn unit_kind(&self, code: &str) -> Option<UnitKind> {
        match self.loaded(List::UnitMeasures) {
            Some(loaded) => loaded.find(code).flatten(),
            None => TABLES[List::UnitMeasures as usize].unit_kind(code),
        }
    }

    /// The units that measure `kind`: `CMQ, FTQ, GLL`.
    pub fn codes_of_kind(&self, kind: UnitKind) -> String {
        let mut codes = String::new();
        self.each(List::UnitMeasures, &mut |code, of| {
            if of == Some(kind) {
                listing::add(&mut codes, code);
            }
        });
        codes
    }

    /// Shows `take` all codes in their order, with what each measures.
    fn each(&self, list: List, take: &mut dyn FnMut(&str, Option<UnitKind>)) {
        match self.loaded(list) {
            Some(loaded) => loaded.codes.iter().for_each(|(code, kind)| take(code, *kind)),
            None => TABLES[list as usize].each(take),
        }
    }

    /// Day of the list's edition; where one was added to, that of each part, joined by `+`.
    pub fn edition(&self, list: List) -> Cow<'static, str> {
        match self.loaded(list) {
            Some(loaded) => Cow::Owned(loaded.edition.clone()),
            None => Cow::Borrowed(TABLES[list as usize].edition),
        }
    }

    /// The codes that look like `code`, the nearest first: the same but for case, then one letter off, then two.
    pub fn nearest(&self, list: List, code: &str) -> Vec<String> {
        if code.is_empty() || COMPARED_BYTES_MAX < code.len() {
            return Vec::new();
        }
        let farthest = if code.chars().count() <= 3 { 1 } else { 2 };
        let upper = code.to_ascii_uppercase();
        let mut near: Vec<(usize, String)> = Vec::new();
        self.each(list, &mut |known, _| {
            if known.len() <= COMPARED_BYTES_MAX {
                let distance = distance(&upper, &known.to_ascii_uppercase());
                if distance <= farthest {
                    near.push((distance, known.to_owned()));
                }
            }
        });
        let order = order::sorted(near.len(), &|left, right| near.get(left).cmp(&near.get(right)));
        order.into_iter().take(NEAREST_MAX).filter_map(|index| near.get(index).map(|(_, code)| code.clone())).collect()
    }

    /// Puts the list in `text`, a file of the format of `validator-wasm/codelists`, in the place of the one that its
    /// first line names (`# list: NAME`), or adds its codes to that one (`# adds-to: NAME`).
    ///
    /// # Errors
    ///
    /// The line, and what is wrong with it; the lists stay as they were.
    pub fn load(&mut self, text: &str) -> Result<List, ListError> {
        let (name, adds) = reader::named(text);
        let Some(list) = List::ALL.iter().copied().find(|list| list.name() == name) else {
            return Err(ListError { line: 1, problem: Problem::OtherList(name.to_owned()) });
        };
        let file = reader::parse(name, text)?;
        let mut edition = file.edition.to_owned();
        let mut codes: Vec<_> = file.rows.iter().map(|row| (row.code().to_owned(), row.unit_kind())).collect();
        if adds {
            edition = format!("{}+{edition}", self.edition(list));
            self.each(list, &mut |code, kind| codes.push((code.to_owned(), kind)));
        }
        let loaded = Loaded::new(edition, &codes);
        if let Some(known) = self.loaded.get_mut(list as usize) {
            *known = Some(Arc::new(loaded));
        }
        Ok(list)
    }
}

/// Letters that must be put in, left out or exchanged to make one of the other (Levenshtein).
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (letter, index) in left.chars().zip(1..) {
        let mut diagonal = std::mem::replace(&mut row[0], index);
        for (column, other) in right.iter().enumerate() {
            let exchanged = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = exchanged.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_letter_for_letter() {
        let lists = Lists::default();
        for (list, code) in [
            (List::Countries, "NO"),
            (List::Countries, "QM"),
            (List::Languages, "nn"),
            (List::PackageTypes, "BX"),
            (List::MeansOfTransport, "1"),
            (List::PackagingLevels, "4"),
            (List::DocumentTypes, "657"),
            (List::DocumentStatuses, "40"),
            (List::NoteSubjects, "OPTND"),
            (List::UnitMeasures, "KGM"),
        ] {
            assert!(lists.contains(list, code), "{list:?} {code}");
            assert!(!lists.contains(list, &format!("{code}?")), "{list:?}");
            assert!(lists.edition(list).starts_with("20"), "{list:?}");
        }
        assert!(!lists.contains(List::Countries, "no"));
        assert_eq!(lists.unit_kind("MTQ"), Some(UnitKind::Volume));
        assert_eq!(lists.unit_kind("XXX"), None);
        assert_eq!(lists.codes_of_kind(UnitKind::Temperature), "CEL, FAH");
    }

    #[test]
    fn the_nearest_codes_are_offered() {
        let lists = Lists::default();
        assert_eq!(lists.nearest(List::PackageTypes, "bx").first().map(String::as_str), Some("BX"));
        assert_eq!(lists.nearest(List::UnitMeasures, "KG"), ["KGM"]);
        assert_eq!(lists.nearest(List::Countries, "no").first().map(String::as_str), Some("NO"));
        assert!(lists.nearest(List::UnitMeasures, "kilogram").is_empty());
        assert!(lists.nearest(List::UnitMeasures, &"K".repeat(1 << 20)).is_empty());
        assert_eq!(distance("KITTEN", "SITTING"), 3);
    }

    #[test]
    fn a_list_is_replaced_at_run_time() {
        let mut lists = Lists::default();
        let before = lists.clone();
        let header = "# list: countries\n# source: a test\n# edition: 2030-01-01\n# valid-from: 2030-01-01\n";
        let text = format!("{header}code,text\nQQ,Nowhere\n");
        assert_eq!(lists.load(&text), Ok(List::Countries));
        assert!(lists.contains(List::Countries, "QQ") && !lists.contains(List::Countries, "NO"));
        assert_eq!(lists.edition(List::Countries), "2030-01-01");
        assert!(before.contains(List::Countries, "NO"));
        let header = "# adds-to: countries\n# source: a test\n# edition: 2031-01-01\n# valid-from: 2031-01-01\n";
        lists.load(&format!("{header}code,text\nQR,Elsewhere\n")).unwrap();
        assert!(lists.contains(List::Countries, "QQ") && lists.contains(List::Countries, "QR"));
        assert_eq!(lists.edition(List::Countries), "2030-01-01+2031-01-01");
        let error = lists.load("# list: nothing\n").unwrap_err();
        assert!(error.to_string().contains("nothing"), "{error}");
        assert_eq!(lists.load(&text.replace("2030-01-01\ncode", "soon\ncode")).unwrap_err().line, 4);
    }
}
