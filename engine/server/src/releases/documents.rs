//! Releases as documents of the admin address.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use phytohub_change::{ARTEFACT_BYTES_MAX, ChangeError, Release, Row, Seen, Sender, StoreError};
use phytohub_model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest body of a change: the largest file in base64, and the words around it.
pub(crate) const BODY_BYTES_MAX: usize = ARTEFACT_BYTES_MAX / 3 * 4 + (64 << 10);

/// Rows of a shadow's report in the list of all releases; `/v1/releases/ID` has all.
const ROWS_IN_LIST: usize = 50;

/// What an operator asks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum ReleaseChange {
    /// Makes a release of a file.
    Announce {
        /// What the operator calls the file, for messages.
        file: String,
        /// Its bytes as base64.
        content: String,
        /// A line for members; empty = made of what it is.
        #[serde(default)]
        title: String,
        /// More for members.
        #[serde(default)]
        text: String,
        /// What to call the edition; a list says its own.
        #[serde(default)]
        edition: String,
        /// When it becomes active by itself.
        #[serde(default)]
        active_from: Option<String>,
    },
    /// Lets it judge beside what is in force.
    Shadow {
        /// Its number.
        id: u32,
    },
    /// Ends that.
    EndShadow {
        /// Its number.
        id: u32,
    },
    /// Puts it in force.
    Activate {
        /// Its number.
        id: u32,
        /// Not now, but then.
        #[serde(default)]
        at: Option<String>,
    },
    /// Takes it out of force, or back before it ever was.
    Retire {
        /// Its number.
        id: u32,
    },
}

/// A release with a glance at its shadow.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = ListedRelease)]
pub(crate) struct Listed {
    #[serde(flatten)]
    pub(crate) release: Release,
    pub(crate) shadow: Option<Glance>,
}

/// The totals of a shadow's report and its first rows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub(crate) struct Glance {
    pub(crate) since: String,
    pub(crate) last_at: Option<String>,
    pub(crate) judged: u64,
    pub(crate) newly_refused: u64,
    pub(crate) no_longer_refused: u64,
    pub(crate) left_out: u64,
    /// Those who send what it will refuse.
    pub(crate) senders: Vec<ListedSender>,
    /// What refuses first, then by how often.
    pub(crate) rows: Vec<Row>,
    /// Whether there are more rows.
    pub(crate) more_rows: bool,
}

/// A sender of what the release will refuse.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub(crate) struct ListedSender {
    pub(crate) code: String,
    #[serde(flatten)]
    pub(crate) sender: Sender,
}

/// All releases.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub(crate) struct ListedReleases {
    pub(crate) releases: Vec<Listed>,
}

impl Glance {
    pub(crate) fn of(seen: &Seen) -> Self {
        let refused = seen.senders.iter().filter(|(_, sender)| 0 < sender.newly_refused);
        let mut rows = seen.rows();
        let more_rows = ROWS_IN_LIST < rows.len();
        rows.truncate(ROWS_IN_LIST);
        Self {
            since: seen.since.to_string(),
            last_at: seen.last_at.map(|at| at.to_string()),
            judged: seen.judged,
            newly_refused: seen.newly_refused,
            no_longer_refused: seen.no_longer_refused,
            left_out: seen.left_out,
            senders: refused
                .map(|(code, sender)| ListedSender { code: code.clone(), sender: sender.clone() })
                .collect(),
            rows,
            more_rows,
        }
    }
}

/// Why a release does not do that, by what is to be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denied {
    pub(crate) kind: DeniedKind,
    pub(crate) sentence: String,
}

/// Whose fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeniedKind {
    /// What was asked cannot be read.
    Bad,
    /// There is no such release.
    Unknown,
    /// The state does not allow it.
    Conflict,
    /// The disk does not allow it.
    Unavailable,
}

impl Denied {
    pub(crate) fn bad(sentence: String) -> Self {
        Self { kind: DeniedKind::Bad, sentence }
    }

    pub(crate) fn conflict(sentence: String) -> Self {
        Self { kind: DeniedKind::Conflict, sentence }
    }
}

/// What judges could not be opened.
impl From<String> for Denied {
    fn from(sentence: String) -> Self {
        Self::conflict(sentence)
    }
}

impl From<ChangeError> for Denied {
    fn from(error: ChangeError) -> Self {
        let kind = match error {
            ChangeError::Unknown(_) => DeniedKind::Unknown,
            ChangeError::Conflict(_) => DeniedKind::Conflict,
        };
        Self { kind, sentence: error.to_string() }
    }
}

impl From<StoreError> for Denied {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Change(error) => error.into(),
            StoreError::Unusable(sentence) => Self::bad(sentence),
            StoreError::Damaged { .. } => Self::conflict(error.to_string()),
            StoreError::Io { .. } => Self { kind: DeniedKind::Unavailable, sentence: error.to_string() },
        }
    }
}

impl std::fmt::Display for Denied {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence)
    }
}

pub(crate) fn decoded(content: &str) -> Result<Vec<u8>, Denied> {
    STANDARD.decode(content).map_err(|error| Denied::bad(format!("content is no base64: {error}")))
}

pub(crate) fn encoded(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(crate) fn time(text: &str) -> Result<Timestamp, Denied> {
    text.parse().map_err(|error| Denied::bad(format!("'{text}' is {error}")))
}
