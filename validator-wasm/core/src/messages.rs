//! Sentences and hints of the rules, as data: `validator-wasm/messages`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

/// English, which stands in for whatever another language lacks.
const ENGLISH: &str = include_str!("../../messages/en.txt");

/// Sentences and hints of one language, English where it lacks one.
#[derive(Clone, Debug)]
pub struct Messages {
    language: String,
    name: String,
    is_right_to_left: bool,
    /// Sentence and hint by the rule's id.
    texts: BTreeMap<String, [String; 2]>,
}

/// What placeholders stand for.
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
    /// The messages that are compiled in.
    pub fn english() -> &'static Self {
        static MESSAGES: LazyLock<Messages> = LazyLock::new(|| {
            // What is compiled in is no input, and a test reads it.
            Messages::parse(ENGLISH).expect("the English messages are well-formed")
        });
        &MESSAGES
    }

    /// Reads a file of messages.
    ///
    /// # Errors
    ///
    /// The line, and what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, MessagesError> {
        let mut lines = text.lines().zip(1..);
        let mut header = [""; 3];
        for (key, value) in ["# language: ", "# name: ", "# direction: "].into_iter().zip(&mut header) {
            let (line, number) = lines.next().unwrap_or(("", 1));
            *value = line.strip_prefix(key).filter(|value| !value.is_empty()).ok_or_else(|| MessagesError {
                line: number,
                problem: format!("'{key}' and its value were expected here"),
            })?;
        }
        let [language, name, direction] = header.map(str::to_owned);
        let mut texts = BTreeMap::new();
        while let Some((line, number)) = lines.next() {
            if line.is_empty() {
                continue;
            }
            let fail = |problem: String| Err(MessagesError { line: number, problem });
            let Some(id) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) else {
                return fail("a rule's id in brackets was expected here".to_owned());
            };
            let [sentence, hint] = [(); 2].map(|()| lines.next().map_or("", |(line, _)| line).to_owned());
            if sentence.is_empty() || hint.is_empty() {
                return fail(format!("'{id}' needs a line that says what is wrong and one that says what to do"));
            }
            if texts.insert(id.to_owned(), [sentence, hint]).is_some() {
                return fail(format!("'{id}' was there before"));
            }
        }
        Ok(Self { language, name, is_right_to_left: direction == "rtl", texts })
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
        texts.map_or([""; 2], |[sentence, hint]| [sentence.as_str(), hint.as_str()])
    }

    /// `template` with its placeholders filled in; what they bring is not looked at again.
    pub fn render(template: &str, values: &Values<'_>) -> String {
        let mut text = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, behind)) = rest.split_once('{') {
            text.push_str(before);
            let known = [
                ("element}", values.element),
                ("found}", values.found),
                ("expected}", values.expected),
                ("limit}", values.limit),
                ("other}", values.other),
            ];
            match known.iter().find_map(|(name, value)| behind.strip_prefix(name).zip(Some(value))) {
                Some((behind, value)) => {
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

impl fmt::Display for MessagesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for MessagesError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::catalogue::Rule;

    #[test]
    fn every_rule_has_a_sentence_and_a_hint_and_nothing_else_has() {
        let english = Messages::english();
        for rule in Rule::ALL {
            assert!(english.texts.contains_key(rule.entry().id), "{}", rule.entry().id);
        }
        assert_eq!(english.texts.len(), Rule::ALL.len());
    }

    #[test]
    fn placeholders_are_known_and_filled_once() {
        for (id, texts) in &Messages::english().texts {
            for text in texts {
                let filled = Messages::render(text, &Values::default());
                assert!(!filled.contains('{'), "{id}: {filled}");
            }
        }
        let values = Values { found: "{other}", other: "x", ..Values::default() };
        assert_eq!(Messages::render("{found} {other} { {nothing}", &values), "{other} x { {nothing}");
    }

    #[test]
    fn a_broken_file_is_refused_with_its_line() {
        let header = "# language: xx\n# name: X\n# direction: rtl\n";
        assert!(Messages::parse(header).unwrap().is_right_to_left());
        for (text, line) in [
            (String::new(), 1),
            ("# language: xx\n# name:\n".to_owned(), 2),
            (format!("{header}text"), 4),
            (format!("{header}[a]\nonly one"), 4),
            (format!("{header}[a]\nb\nc\n\n[a]\nb\nc\n"), 8),
        ] {
            assert_eq!(Messages::parse(&text).unwrap_err().line, line, "{text}");
        }
    }
}
