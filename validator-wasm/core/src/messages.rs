//! Sentences and hints of the rules, as data: `validator-wasm/messages`.

mod phrases;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

pub use phrases::Phrase;

use crate::{listing, order};

macro_rules! compiled_in {
    ($language:literal $name:literal $is_right_to_left:literal) => {
        Messages {
            text: Cow::Borrowed(include_str!(concat!("../../messages/", $language, ".txt"))),
            language: Cow::Borrowed($language),
            name: Cow::Borrowed($name),
            is_right_to_left: $is_right_to_left,
            index: OnceLock::new(),
        }
    };
}

/// English first, which stands in for whatever another language lacks. Headers are repeated here, so that a message
/// needs no reading before it is wanted; a test compares them.
static ENGLISH: Messages = compiled_in!("en" "English" false);

/// The other languages, which a browser leaves out and loads one by one.
#[cfg(feature = "languages")]
static OTHERS: [Messages; 5] = [
    compiled_in!("fr" "Français" false),
    compiled_in!("es" "Español" false),
    compiled_in!("ru" "Русский" false),
    compiled_in!("ar" "العربية" true),
    compiled_in!("zh" "简体中文" false),
];
#[cfg(not(feature = "languages"))]
static OTHERS: [Messages; 0] = [];

/// Names of all placeholders, as [`Values::of`] knows them.
const PLACEHOLDERS: [&str; 5] = ["element", "found", "expected", "limit", "other"];

/// Sentences and hints of one language, English where it lacks one.
#[derive(Clone, Debug)]
pub struct Messages {
    /// The file.
    text: Cow<'static, str>,
    language: Cow<'static, str>,
    name: Cow<'static, str>,
    is_right_to_left: bool,
    /// Sorted by the rule's id. Made when the first sentence is wanted: a clean certificate wants none, and a fresh
    /// instance of a module starts with nothing.
    index: OnceLock<Vec<Entry>>,
}

/// Where id, sentence and hint of a rule stand in the file.
type Entry = [Range<usize>; 3];

/// What placeholders stand for; a value that is empty renders as nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Values<'a> {
    /// `{element}`
    pub element: &'a str,
    /// `{found}`
    pub found: &'a str,
    /// `{expected}`
    pub expected: &'a str,
    /// `{limit}`
    pub limit: &'a str,
    /// `{other}`
    pub other: &'a str,
}

/// Why a file of messages cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagesError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong, and what to do.
    pub problem: String,
}

impl Messages {
    /// The messages in English, which are always compiled in.
    pub fn english() -> &'static Self {
        &ENGLISH
    }

    /// Codes of the languages that are compiled in, English first.
    pub fn languages() -> impl Iterator<Item = &'static str> {
        std::iter::once("en").chain(OTHERS.iter().map(|messages| messages.language()))
    }

    /// The messages in `language`, a code of ISO 639-1, if they are compiled in.
    pub fn of(language: &str) -> Option<&'static Self> {
        if language == "en" {
            return Some(Self::english());
        }
        OTHERS.iter().find(|messages| messages.language == language)
    }

    /// Reads a file of messages.
    ///
    /// # Errors
    ///
    /// The line, and what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, MessagesError> {
        let mut header = [""; HEADER.len()];
        for (((key, value), line), number) in
            HEADER.into_iter().zip(&mut header).zip(text.lines().chain([""; 3])).zip(1..)
        {
            *value = line.strip_prefix(key).filter(|value| !value.is_empty()).ok_or_else(|| MessagesError {
                line: number,
                problem: format!("'{key}' and its value were expected here"),
            })?;
        }
        let [language, name, direction] = header;
        if !matches!(direction, "ltr" | "rtl") {
            let problem = format!("the direction is '{direction}': write ltr or rtl");
            return Err(MessagesError { line: HEADER.len(), problem });
        }
        check_entries(text)?;
        Ok(Self {
            text: Cow::Owned(text.to_owned()),
            language: Cow::Owned(language.to_owned()),
            name: Cow::Owned(name.to_owned()),
            is_right_to_left: direction == "rtl",
            index: OnceLock::new(),
        })
    }

    fn index(&self) -> &[Entry] {
        self.index.get_or_init(|| {
            let mut entries = Vec::new();
            let mut lines = lines(&self.text);
            while let Some((line, range)) = lines.next() {
                if line.starts_with('[') && line.ends_with(']') {
                    let [sentence, hint] = [(); 2].map(|()| lines.next().map_or(0..0, |(_, range)| range));
                    entries.push([range.start + 1..range.end - 1, sentence, hint]);
                }
            }
            let id = |index: usize| entries.get(index).map(|[id, ..]: &Entry| self.piece(id));
            let order = order::sorted(entries.len(), &|left, right| id(left).cmp(&id(right)));
            order.into_iter().filter_map(|index| entries.get(index).cloned()).collect()
        })
    }

    fn piece(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    /// Ids of the rules that it has texts of.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.index().iter().map(|[id, ..]| self.piece(id))
    }

    /// Its code of ISO 639-1.
    pub fn language(&self) -> &str {
        &self.language
    }

    /// Its name in the language itself.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is written from right to left.
    pub fn is_right_to_left(&self) -> bool {
        self.is_right_to_left
    }

    /// What is wrong where the rule `id` is broken, with placeholders.
    pub fn sentence(&self, id: &str) -> &str {
        let [sentence, _] = self.texts_of(id);
        sentence
    }

    /// What to do then, with placeholders.
    pub fn hint(&self, id: &str) -> &str {
        let [_, hint] = self.texts_of(id);
        hint
    }

    fn texts_of(&self, id: &str) -> [&str; 2] {
        self.own_texts_of(id).or_else(|| Self::english().own_texts_of(id)).unwrap_or_default()
    }

    fn own_texts_of(&self, id: &str) -> Option<[&str; 2]> {
        let index = self.index();
        let found = index.binary_search_by_key(&id, |[id, ..]| self.piece(id)).ok()?;
        index.get(found).map(|[_, sentence, hint]| [self.piece(sentence), self.piece(hint)])
    }

    /// `template` with its placeholders filled in; what they bring is not looked at again.
    pub fn render(template: &str, values: &Values<'_>) -> String {
        Self::fill(template, |name| values.of(name))
    }

    fn fill<'v>(template: &str, value_of: impl Fn(&str) -> Option<&'v str>) -> String {
        let mut text = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, behind)) = rest.split_once('{') {
            text.push_str(before);
            match behind.split_once('}').and_then(|(name, behind)| Some((value_of(name)?, behind))) {
                Some((value, behind)) => {
                    text.push_str(value);
                    rest = behind;
                }
                None => {
                    text.push('{');
                    rest = behind;
                }
            }
        }
        text.push_str(rest);
        text
    }
}

impl<'a> Values<'a> {
    /// What the placeholder `name` stands for, none if there is no such placeholder.
    fn of(&self, name: &str) -> Option<&'a str> {
        let values = [self.element, self.found, self.expected, self.limit, self.other];
        PLACEHOLDERS.into_iter().zip(values).find_map(|(known, value)| (known == name).then_some(value))
    }
}

/// What a file begins with, line by line.
const HEADER: [&str; 3] = ["# language: ", "# name: ", "# direction: "];

/// The lines of a text with where they stand.
fn lines(text: &str) -> impl Iterator<Item = (&str, Range<usize>)> {
    let mut start = 0;
    text.lines().map(move |line| {
        let range = start..start + line.len();
        start = next_line(text, range.end);
        (line, range)
    })
}

/// Where the line begins that follows the one that ends at `end`.
fn next_line(text: &str, end: usize) -> usize {
    let rest = text.get(end..).unwrap_or_default();
    end + if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) }
}

/// Whether all behind the header of a file are phrases, and then entries: an id, what is wrong, what to do.
fn check_entries(text: &str) -> Result<(), MessagesError> {
    let mut lines = text.lines().zip(1..).skip(HEADER.len());
    let (mut known, mut phrases) = (Vec::new(), Vec::new());
    while let Some((line, number)) = lines.next() {
        if line.is_empty() || (known.is_empty() && phrases::check(line, number, &mut phrases)?) {
            continue;
        }
        let fail = |problem: String| Err(MessagesError { line: number, problem });
        let Some(id) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) else {
            return fail("a rule's id in brackets was expected here".to_owned());
        };
        let pair @ [(sentence, _), (hint, _)] = [(); 2].map(|()| lines.next().unwrap_or_default());
        // A text that begins as an id does is the next rule's id, where one of the two lines was forgotten.
        if [sentence, hint].iter().any(|text| text.trim_ascii().is_empty() || text.starts_with('[')) {
            return fail(format!("'{id}' needs a line that says what is wrong and one that says what to do"));
        }
        for (text, line) in pair {
            check(text, &PLACEHOLDERS).map_err(|problem| MessagesError { line, problem })?;
        }
        known.push((id, number));
    }
    is_each_once(&phrases)?;
    is_each_once(&known)
}

/// Whether all names, each with its line, are different.
fn is_each_once(names: &[(&str, usize)]) -> Result<(), MessagesError> {
    let name = |index: usize| names.get(index).map(|(name, _)| name);
    let repeated = order::repeated(names.len(), &|left, right| name(left).cmp(&name(right)));
    match repeated.first().and_then(|index| names.get(*index)) {
        Some((name, line)) => Err(MessagesError { line: *line, problem: format!("'{name}' was there before") }),
        None => Ok(()),
    }
}

/// Whether all braces of a template belong to its `placeholders`: a misspelt one would be shown to people as it is.
fn check(template: &str, placeholders: &[&str]) -> Result<(), String> {
    for piece in template.split('{').skip(1) {
        let name = piece.split_once('}').map(|(name, _)| name);
        if name.is_none_or(|name| !placeholders.contains(&name)) {
            return Err(format!("a {{ begins no placeholder: they are {}", listing::of(placeholders)));
        }
    }
    Ok(())
}

impl fmt::Display for MessagesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for MessagesError {}
