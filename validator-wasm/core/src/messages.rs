//! Sentences and hints of the rules, as data: `validator-wasm/messages`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::iter;
use std::sync::LazyLock;

/// English, which stands in for whatever another language lacks.
const ENGLISH: &str = include_str!("../../messages/en.txt");

/// The other languages, which a browser leaves out and loads one by one.
#[cfg(feature = "languages")]
const OTHERS: &[(&str, &str)] = &[
    ("fr", include_str!("../../messages/fr.txt")),
    ("es", include_str!("../../messages/es.txt")),
    ("ru", include_str!("../../messages/ru.txt")),
    ("ar", include_str!("../../messages/ar.txt")),
    ("zh", include_str!("../../messages/zh.txt")),
];
#[cfg(not(feature = "languages"))]
const OTHERS: &[(&str, &str)] = &[];

/// Names of all placeholders, as [`Values::of`] knows them.
const PLACEHOLDERS: [&str; 5] = ["element", "found", "expected", "limit", "other"];

/// Sentences and hints of one language, English where it lacks one.
#[derive(Clone, Debug)]
pub struct Messages {
    language: Text,
    name: Text,
    is_right_to_left: bool,
    /// Sentence and hint by the rule's id.
    texts: BTreeMap<Text, [Text; 2]>,
}

/// Borrowed where the file is compiled in, so that reading it copies nothing.
type Text = Cow<'static, str>;

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
        static MESSAGES: LazyLock<Messages> = LazyLock::new(|| {
            // What is compiled in is no input, and a test reads it.
            read(ENGLISH, Cow::Borrowed).expect("the English messages are well-formed")
        });
        &MESSAGES
    }

    /// Codes of the languages that are compiled in, English first.
    pub fn languages() -> impl Iterator<Item = &'static str> {
        iter::once("en").chain(OTHERS.iter().map(|&(code, _)| code))
    }

    /// The messages in `language`, a code of ISO 639-1, if they are compiled in.
    pub fn of(language: &str) -> Option<Self> {
        if language == "en" {
            return Some(Self::english().clone());
        }
        let (_, text) = OTHERS.iter().find(|(code, _)| *code == language)?;
        read(text, Cow::Borrowed).ok()
    }

    /// Reads a file of messages.
    ///
    /// # Errors
    ///
    /// The line, and what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, MessagesError> {
        read(text, |text| Cow::Owned(text.to_owned()))
    }

    /// Ids of the rules that it has texts of.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(AsRef::as_ref)
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
        let texts = self.texts.get(id).or_else(|| Self::english().texts.get(id));
        texts.map_or([""; 2], |[sentence, hint]| [sentence.as_ref(), hint.as_ref()])
    }

    /// `template` with its placeholders filled in; what they bring is not looked at again.
    pub fn render(template: &str, values: &Values<'_>) -> String {
        let mut text = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, behind)) = rest.split_once('{') {
            text.push_str(before);
            match behind.split_once('}').and_then(|(name, behind)| Some((values.of(name)?, behind))) {
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

/// Reads a file of messages, of which `keep` keeps the pieces.
fn read<'a>(text: &'a str, keep: impl Fn(&'a str) -> Text) -> Result<Messages, MessagesError> {
    let mut lines = text.lines().zip(1..);
    let mut header = [""; 3];
    for ((key, value), wanted) in ["# language: ", "# name: ", "# direction: "].into_iter().zip(&mut header).zip(1..) {
        let (line, _) = lines.next().unwrap_or_default();
        *value = line.strip_prefix(key).filter(|value| !value.is_empty()).ok_or_else(|| MessagesError {
            line: wanted,
            problem: format!("'{key}' and its value were expected here"),
        })?;
    }
    let [language, name, direction] = header;
    if !matches!(direction, "ltr" | "rtl") {
        let problem = format!("the direction is '{direction}': write ltr or rtl");
        return Err(MessagesError { line: header.len(), problem });
    }
    let mut texts = BTreeMap::new();
    while let Some((line, number)) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let fail = |problem: String| Err(MessagesError { line: number, problem });
        let Some(id) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) else {
            return fail("a rule's id in brackets was expected here".to_owned());
        };
        let pair @ [(sentence, _), (hint, _)] = [(); 2].map(|()| lines.next().unwrap_or_default());
        // A text that begins as an id does is the next rule's id, where one of the two lines was forgotten.
        if [sentence, hint].iter().any(|text| text.trim().is_empty() || text.starts_with('[')) {
            return fail(format!("'{id}' needs a line that says what is wrong and one that says what to do"));
        }
        for (text, line) in pair {
            check(text).map_err(|problem| MessagesError { line, problem })?;
        }
        if texts.insert(keep(id), [keep(sentence), keep(hint)]).is_some() {
            return fail(format!("'{id}' was there before"));
        }
    }
    Ok(Messages { language: keep(language), name: keep(name), is_right_to_left: direction == "rtl", texts })
}

/// Whether all braces of a template belong to placeholders: a misspelt one would be shown to people as it is.
fn check(template: &str) -> Result<(), String> {
    for piece in template.split('{').skip(1) {
        let name = piece.split_once('}').map(|(name, _)| name);
        if name.is_none_or(|name| !PLACEHOLDERS.contains(&name)) {
            return Err(format!("a {{ begins no placeholder: they are {}", PLACEHOLDERS.join(", ")));
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
