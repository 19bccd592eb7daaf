//! What an entry of the log says.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest text of a part of an entry, in characters: an entry is a line that people read, and a page of them must stay
/// small.
const SHORT_MAX: usize = 200;
const DETAILS_MAX: usize = 2000;

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// Name of an operator, `owner` or `hub`.
    pub name: String,
    /// Its role.
    pub role: String,
}

/// What is done to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// In a few words, such as `add certificate`.
    pub what: String,
    /// To what, such as a member's code; may be empty.
    pub subject: String,
    /// What else matters; never content or keys.
    pub details: String,
}

impl Act {
    /// An act whose parts are cut to what an entry takes.
    pub fn new(what: impl AsRef<str>, subject: impl AsRef<str>, details: impl AsRef<str>) -> Self {
        Self {
            what: cut(what.as_ref(), SHORT_MAX),
            subject: cut(subject.as_ref(), SHORT_MAX),
            details: cut(details.as_ref(), DETAILS_MAX),
        }
    }

    /// The same with more said about it.
    pub(crate) fn and(&self, more: &str) -> Self {
        let details = match (self.details.as_str(), more) {
            (details, "") => details.to_owned(),
            ("", more) => more.to_owned(),
            (details, more) => format!("{details}; {more}"),
        };
        Self::new(&self.what, &self.subject, details)
    }
}

/// `text` in one line, and not longer than that.
fn cut(text: &str, max: usize) -> String {
    let line: String = text.trim().chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    match line.char_indices().nth(max) {
        None => line,
        Some((end, _)) => format!("{}…", &line[..end]),
    }
}

/// What became of an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = AuditOutcome)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was asked for; the next entry says what became of it.
    Asked,
    /// It took place.
    Done,
    /// It was not allowed or could not be read: nothing changed.
    Refused,
    /// The hub could not do it.
    Failed,
    /// The process ended in the middle of it.
    Unknown,
}

impl Outcome {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct Entry {
    /// Its number, from 1 on without a gap.
    pub seq: u64,
    /// When, in UTC.
    pub at: String,
    /// Who.
    pub who: String,
    /// As what.
    pub role: String,
    /// What was done.
    pub what: String,
    /// To what.
    pub subject: String,
    /// What became of it.
    pub outcome: Outcome,
    /// What else matters.
    pub details: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_one_line_each_and_bounded() {
        let act = Act::new("a\nb", "é".repeat(300), "x".repeat(3000));
        assert_eq!(act.what, "a b");
        assert_eq!(act.subject.chars().count(), SHORT_MAX + 1);
        assert_eq!(act.details.chars().count(), DETAILS_MAX + 1);
        assert_eq!(Act::new("a", "b", "").and("c").details, "c");
        assert_eq!(Act::new("a", "b", "c").and("").details, "c");
        assert_eq!(Act::new("a", "b", "c").and("d").details, "c; d");
    }

    #[test]
    fn an_outcome_is_written_as_it_is_told() {
        for outcome in [Outcome::Asked, Outcome::Done, Outcome::Refused, Outcome::Failed, Outcome::Unknown] {
            assert_eq!(serde_json::to_string(&outcome).unwrap(), format!("\"{}\"", outcome.as_str()));
        }
    }
}
