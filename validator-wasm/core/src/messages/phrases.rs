//! Words around the sentences of a report as text: levels, verdicts, counts, what `phytoval` says of a rule.

use super::{HEADER, Messages, MessagesError};

macro_rules! phrases {
    ($($(#[$doc:meta])* $phrase:ident $key:literal $placeholders:expr;)*) => {
        /// A word or a few of them that a report as text consists of besides its sentences.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Phrase {
            $($(#[$doc])* $phrase,)*
        }

        impl Phrase {
            /// All of them, in the order of the files.
            pub const ALL: &'static [Self] = &[$(Self::$phrase),*];

            /// Its name in files of messages.
            pub fn key(self) -> &'static str {
                match self {
                    $(Self::$phrase => $key,)*
                }
            }

            /// Names of its placeholders.
            pub fn placeholders(self) -> &'static [&'static str] {
                match self {
                    $(Self::$phrase => &$placeholders,)*
                }
            }
        }
    };
}

phrases! {
    /// The level SEVERE.
    Severe "severe" [];
    /// The level WARNING.
    Warning "warning" [];
    /// The level INFO.
    Info "info" [];
    /// In the place of a level: the rule is not applied.
    Off "off" [];
    /// The verdict where nothing was found.
    Clean "clean" [];
    /// The verdict where something was.
    Findings "findings" [];
    /// The verdict where a bound was hit.
    NotDetermined "not-determined" [];
    /// How many findings there are of each level.
    Counts "counts" ["severe", "warnings", "infos"];
    /// The same, and how many of them are not listed.
    CountsAndMore "counts-and-more" ["severe", "warnings", "infos", "more"];
    /// Before the sentence of a rule.
    Says "says" [];
    /// Before its hint.
    ToDo "to-do" [];
    /// Before its level.
    Level "level" [];
    /// Before its area.
    Area "area" [];
    /// Before its source.
    Source "source" [];
    /// A rule's level, and where it has that.
    LevelInProfile "level-in-profile" ["level", "profile"];
    /// Below the list of all rules.
    Rules "rules" ["count", "edition", "profile"];
}

impl Messages {
    /// `phrase` in this language, English where it lacks it, with its placeholders filled in by name.
    pub fn phrase(&self, phrase: Phrase, values: &[(&str, &str)]) -> String {
        let own = self.own_phrase(phrase).or_else(|| Self::english().own_phrase(phrase)).unwrap_or_default();
        Self::fill(own, |name| values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value))
    }

    /// `phrase` as it stands in the file, if it does.
    pub fn own_phrase(&self, phrase: Phrase) -> Option<&str> {
        let lines = self.text.lines().skip(HEADER.len()).take_while(|line| !line.starts_with('['));
        lines.filter_map(split).find_map(|(key, text)| (key == phrase.key()).then_some(text))
    }
}

fn split(line: &str) -> Option<(&str, &str)> {
    let (key, text) = line.split_once('=')?;
    Some((key.strip_suffix(' ')?, text.strip_prefix(' ')?))
}

/// Whether the line `number` is a phrase, which then is added to `known`; an error if it is one that cannot be used.
pub(super) fn check<'t>(
    line: &'t str,
    number: usize,
    known: &mut Vec<(&'t str, usize)>,
) -> Result<bool, MessagesError> {
    let Some((key, text)) = split(line).filter(|_| !line.starts_with('[')) else { return Ok(false) };
    let fail = |problem| Err(MessagesError { line: number, problem });
    let Some(phrase) = Phrase::ALL.iter().find(|phrase| phrase.key() == key) else {
        return fail(format!("there is no phrase '{key}'"));
    };
    if text.trim_ascii().is_empty() {
        return fail(format!("'{key}' says nothing"));
    }
    super::check(text, phrase.placeholders()).map_err(|problem| MessagesError { line: number, problem })?;
    known.push((key, number));
    Ok(true)
}
