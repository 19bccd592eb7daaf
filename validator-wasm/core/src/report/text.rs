//! The report as text for a terminal: the place with a caret under it, what is wrong and what to do.

use phytohub_model::Level;

use super::{Outcome, Report};
use crate::messages::{Messages, Phrase};

/// Characters of a line shown on each side of the place: a certificate is often one line of many thousands.
const EXCERPT_CHARACTERS: usize = 48;

impl Report {
    /// The report on the document `source`, which is called `name`. `source` is the text that was judged.
    pub fn to_text(&self, name: &str, source: &str, messages: &Messages) -> String {
        let mut text = String::new();
        for finding in &self.findings {
            let entry = finding.rule.entry();
            text.push_str(&format!(
                "{name}:{}:{}: {} [{}] {}\n",
                finding.line,
                finding.column,
                messages.phrase(Phrase::from(finding.level), &[]),
                entry.id,
                finding.sentence(messages)
            ));
            text.push_str(&excerpt(source, finding.offset));
            if !finding.path.is_empty() {
                text.push_str(&format!("    {}\n", finding.path));
            }
            text.push_str(&format!("    {}", finding.hint(messages)));
            if !finding.nearest.is_empty() {
                text.push_str(&format!(" [{}]", finding.nearest()));
            }
            text.push('\n');
        }
        text.push_str(&format!("{name}: {}", messages.phrase(Phrase::from(self.outcome), &[])));
        if self.outcome != Outcome::Clean {
            text.push_str(&format!(": {}", self.counts(messages)));
        }
        text.push('\n');
        text
    }

    /// How many findings there are, in the messages' language.
    fn counts(&self, messages: &Messages) -> String {
        let [severe, warnings, infos, more] =
            [self.severe, self.warnings, self.infos, self.more()].map(|count| count.to_string());
        let phrase = if 0 < self.more() { Phrase::CountsAndMore } else { Phrase::Counts };
        messages.phrase(phrase, &[("severe", &severe), ("warnings", &warnings), ("infos", &infos), ("more", &more)])
    }
}

impl From<Level> for Phrase {
    fn from(level: Level) -> Self {
        match level {
            Level::Info => Self::Info,
            Level::Severe => Self::Severe,
            Level::Warning => Self::Warning,
        }
    }
}

impl From<Outcome> for Phrase {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Clean => Self::Clean,
            Outcome::Findings => Self::Findings,
            Outcome::NotDetermined => Self::NotDetermined,
        }
    }
}

/// The line around `offset`, and a caret below it.
fn excerpt(source: &str, offset: usize) -> String {
    let Some((before, behind)) = source.split_at_checked(offset) else { return String::new() };
    let before = before.rsplit('\n').next().unwrap_or_default();
    let behind = behind.split('\n').next().unwrap_or_default();
    let skipped = before.chars().count().saturating_sub(EXCERPT_CHARACTERS);
    let visible = |character: char| if character.is_control() { ' ' } else { character };
    let left: String = before.chars().skip(skipped).map(visible).collect();
    let right: String = behind.chars().take(EXCERPT_CHARACTERS).map(visible).collect();
    let left = left.trim_start();
    format!("    {left}{right}\n    {}^\n", " ".repeat(left.chars().count()))
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn the_caret_stands_under_the_place() {
        assert_eq!(excerpt("<a>\n  <b>é</b>\n</a>", 6), "    <b>é</b>\n    ^\n");
        assert_eq!(
            excerpt("<a>\n  <b>é</b>\n</a>", 11),
            "    <b>é</b>\n         ^\n".replace("         ^", "        ^")
        );
        let long = format!("{}<x>{}", "a".repeat(500), "b".repeat(500));
        let shown = excerpt(&long, 500);
        assert!(shown.lines().next().unwrap().contains("a<x>b"));
        assert_eq!(shown.lines().nth(1).unwrap().find('^'), shown.find('<'));
        assert_eq!(excerpt("é", 1), "");
    }
}
