//! What people are told: one message for all that changed at one look.

use std::fmt::Write;

use phytohub_model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::conditions::counted;
use crate::rules::{Level, RuleId};

/// What happened to an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = AlertChange)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// It began, or became worse.
    Fired,
    /// It is over.
    Cleared,
}

impl What {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fired => "fired",
            Self::Cleared => "cleared",
        }
    }
}

/// An alert that began or ended.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Event {
    /// Whether it began or ended.
    pub what: What,
    /// By which rule.
    pub rule: RuleId,
    /// How bad it is.
    pub level: Level,
    /// About whom: a member's code, the holder of a certificate; empty for the hub.
    pub subject: String,
    /// Since when, in RFC 3339.
    pub since: String,
    /// How things stand.
    pub text: String,
    /// What to do; empty when it is over.
    pub hint: String,
}

/// Alerts of a rule that were not told because the day's number was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Withheld {
    /// Which rule.
    pub rule: RuleId,
    /// How many.
    pub count: u64,
}

/// A message, as it stands in the body of a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Message {
    /// Grows by one with each message of this hub: a receiver tells by it what it has already.
    pub id: u64,
    /// Name of the hub.
    pub hub: String,
    /// When it was written, in RFC 3339.
    pub at: String,
    /// All in plain words, for receivers that show only this.
    pub text: String,
    /// One line, as a mail's subject.
    pub summary: String,
    /// What changed.
    pub events: Vec<Event>,
    /// What was not told since the last message.
    pub withheld: Vec<Withheld>,
    /// Messages before this one that reached nobody.
    pub unsent: u64,
}

impl Message {
    /// Writes a message about `events`.
    pub(crate) fn new(
        id: u64,
        hub: &str,
        at: Timestamp,
        events: Vec<Event>,
        withheld: Vec<Withheld>,
        unsent: u64,
    ) -> Self {
        let summary = format!("{hub}: {}", summary(&events));
        let mut text = summary.clone();
        for event in &events {
            // Writing to a text cannot fail.
            let _ = write!(
                text,
                "\n\n{} ({}{}) {}\n  {}\n  since {}",
                event.what.as_str().to_uppercase(),
                event.level.as_str(),
                if event.subject.is_empty() { String::new() } else { format!(", {}", event.subject) },
                event.rule.rule().name,
                event.text,
                event.since
            );
            if !event.hint.is_empty() {
                let _ = write!(text, "\n  what to do: {}", event.hint);
            }
        }
        if !withheld.is_empty() {
            text.push_str("\n\nNot told, because the day's number of alerts was reached:");
            for Withheld { rule, count } in &withheld {
                let _ = write!(text, "\n  {} of rule {}", counted(*count, "alert"), rule.rule().name);
            }
            text.push_str("\n  `phytohub alert list` shows what holds now");
        }
        if unsent > 0 {
            let _ = write!(text, "\n\n{} before this one reached nobody", counted(unsent, "message"));
        }
        Self { id, hub: hub.to_owned(), at: at.to_string(), text, summary, events, withheld, unsent }
    }

    /// A message that only shows that messages arrive.
    pub fn test(hub: &str, at: Timestamp) -> Self {
        let text = format!("{hub}: this is a test of the alerts' way to you; nothing is wrong");
        let events = Vec::new();
        Self {
            id: 0,
            hub: hub.to_owned(),
            at: at.to_string(),
            summary: text.clone(),
            text,
            events,
            withheld: Vec::new(),
            unsent: 0,
        }
    }

    /// The body of a webhook.
    pub fn json(&self) -> Vec<u8> {
        // Texts and numbers only: there is nothing that could fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

fn summary(events: &[Event]) -> String {
    let sentence = |event: &Event| format!("{}: {}", event.what.as_str(), event.text);
    match events {
        [] => "alerts that were not told".to_owned(),
        [one] => sentence(one),
        [first, rest @ ..] => format!("{} (and {} more)", sentence(first), rest.len()),
    }
}
