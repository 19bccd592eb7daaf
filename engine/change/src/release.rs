//! One release: what it is, and where in its life it stands.

use std::fmt;

use phytohub_model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::differ::Changes;
use crate::moment;

/// What a release is a new edition of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = ReleaseKind)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A code list.
    List,
    /// A rule set: the levels of rules.
    Profile,
    /// A WebAssembly module of the validator.
    Validator,
}

/// Where in its life a release stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = ReleaseState)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Members see it in the feed; it judges nothing.
    Announced,
    /// It also judges live traffic, without any effect.
    Shadow,
    /// It is in force.
    Active,
    /// It was replaced or taken back; kept for the record, and to be activated again.
    Retired,
}

/// One step of a release's life.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = ReleaseStep)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// When.
    #[serde(with = "moment")]
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// Who: the name of an operator, or `hub`.
    pub who: String,
    /// What, as a sentence.
    pub what: String,
}

/// A release, as `release.json` keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct Release {
    /// Its number, from 1.
    pub id: u32,
    /// What it is an edition of.
    pub kind: Kind,
    /// The list's name, the profile's, or `validator`.
    pub name: String,
    /// Of a list: whether it adds to the list instead of taking its place.
    pub adds: bool,
    /// Day of a list's edition, or what the operator calls it.
    pub edition: String,
    /// A line for members.
    pub title: String,
    /// A sentence or more for members; may be empty.
    pub text: String,
    /// The file in the release's folder.
    pub file: String,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// Length of the file.
    pub bytes: u64,
    /// A name for feeds that is the same for ever: `urn:uuid:…`.
    pub urn: String,
    /// Where in its life it stands.
    pub state: State,
    /// The earliest moment at which it may become active: the list's own valid-from.
    #[serde(with = "moment::maybe")]
    #[schema(value_type = Option<String>)]
    pub valid_from: Option<Timestamp>,
    /// When it becomes active by itself; none = by hand.
    #[serde(with = "moment::maybe")]
    #[schema(value_type = Option<String>)]
    pub active_from: Option<Timestamp>,
    /// When it became active last.
    #[serde(with = "moment::maybe")]
    #[schema(value_type = Option<String>)]
    pub activated_at: Option<Timestamp>,
    /// When it was retired last.
    #[serde(with = "moment::maybe")]
    #[schema(value_type = Option<String>)]
    pub retired_at: Option<Timestamp>,
    /// Why it could not become active at its date.
    pub problem: Option<String>,
    /// What it changes.
    pub changes: Changes,
    /// Its life so far.
    pub history: Vec<Step>,
}

impl Release {
    /// The number as four digits, which is also the name of its folder.
    pub fn number(&self) -> String {
        number(self.id)
    }

    /// The path of its file, relative to the hub's directory.
    pub fn path(&self) -> String {
        format!("releases/{}/{}", self.number(), self.file)
    }

    /// When it was announced.
    pub fn announced_at(&self) -> Timestamp {
        self.history.first().map_or(Timestamp::default(), |step| step.at)
    }

    /// When members last had something new to read of it.
    pub fn updated_at(&self) -> Timestamp {
        self.history.last().map_or(Timestamp::default(), |step| step.at)
    }

    /// Whether the two cannot be active together: editions of the same thing.
    pub(crate) fn replaces(&self, other: &Self) -> bool {
        // What a whole list was added to is gone, so its additions are, too; additions stand beside each other.
        self.kind == other.kind && (self.kind != Kind::List || (self.name == other.name && !self.adds))
    }

    /// What it is, in words: `code list unit-measures, edition 2027-01-01`.
    pub fn subject(&self) -> String {
        let what = match (self.kind, self.adds) {
            (Kind::List, false) => "code list",
            (Kind::List, true) => "additions to the code list",
            (Kind::Profile, _) => "rule set",
            (Kind::Validator, _) => return format!("validator module, edition {}", self.edition),
        };
        format!("{what} {}, edition {}", self.name, self.edition)
    }

    pub(crate) fn note(&mut self, at: Timestamp, who: &str, what: impl Into<String>) {
        self.history.push(Step { at, who: who.to_owned(), what: what.into() });
    }
}

/// A release's number as people and folders write it.
pub(crate) fn number(id: u32) -> String {
    format!("{id:04}")
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::List => "list",
            Self::Profile => "profile",
            Self::Validator => "validator",
        })
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Announced => "announced",
            Self::Shadow => "shadow",
            Self::Active => "active",
            Self::Retired => "retired",
        })
    }
}
