//! The check list of one candidate: what passed, what was seen last of the rest, and what must be remembered for that.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use phytohub_model::shown;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::call::{Call, Dialect, Identity, Push};
use crate::cases::{CASES, Seen};

/// Shape of the file in which a check list is kept.
const FORMAT: u32 = 1;
/// Envelopes that are remembered of a candidate: withdrawals and repeats come soon after what they are about.
const ENVELOPES_MAX: usize = 512;
/// Pushed envelopes that are remembered until they are acknowledged.
const PUSHED_MAX: usize = 64;
/// Dialects that are told apart; a system has a few.
const DIALECTS_MAX: usize = 16;
/// Client certificates that are remembered as the candidate's.
const CERTIFICATES_MAX: usize = 32;
/// Characters of a sentence that are kept.
const SENTENCE_CHARACTERS_MAX: usize = 400;

/// What a candidate has shown.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CheckList {
    format: u32,
    /// The candidate's connection code.
    pub code: String,
    /// By id of case; a case without an entry was not seen yet.
    cases: BTreeMap<String, Progress>,
    dialects: Vec<Spoken>,
    /// Fingerprints of client certificates that are or were the candidate's.
    certificates: BTreeSet<String>,
    memory: Memory,
}

/// How far a case is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Progress {
    /// What ticked it off.
    pub passed: Option<Evidence>,
    /// What was seen last while it was not right.
    pub last: Option<Evidence>,
}

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// The operation; `unreadable` when there was none.
    pub operation: String,
    /// hubDeliveryNumber, where there is one.
    pub number: Option<String>,
    /// The sentence answered, or what was wrong and what to do.
    pub text: String,
}

/// A dialect and how often it was spoken.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Spoken {
    /// The dialect.
    pub dialect: Dialect,
    /// Requests.
    pub requests: u64,
    /// When it was heard first.
    pub since: String,
}

/// What later calls are judged by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Memory {
    sent: VecDeque<Sent>,
    lists: BTreeSet<String>,
    pushed: VecDeque<String>,
}

/// An envelope that the hub took.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    number: String,
    to: String,
    certificate: String,
    status: i32,
}

impl CheckList {
    /// A candidate of which nothing was seen.
    pub fn new(code: &str) -> Self {
        Self {
            format: FORMAT,
            code: code.to_owned(),
            cases: BTreeMap::new(),
            dialects: Vec::new(),
            certificates: BTreeSet::new(),
            memory: Memory::default(),
        }
    }

    /// Reads what [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// A sentence that says what cannot be read.
    pub fn from_json(text: &[u8]) -> Result<Self, String> {
        let list: Self = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        if list.format != FORMAT {
            return Err(format!("format {}, this hub reads {FORMAT}", list.format));
        }
        Ok(list)
    }

    /// The check list as a document.
    ///
    /// # Errors
    /// When it cannot be written, which memory alone could be the cause of.
    pub fn to_json(&self) -> Result<Vec<u8>, String> {
        serde_json::to_vec_pretty(self).map_err(|error| error.to_string())
    }

    /// Judges a call by every case that did not pass yet. True when something changed that is worth keeping.
    pub fn saw(&mut self, call: &Call) -> bool {
        let operation = call.operation.map_or("unreadable", phytohub_soap::Operation::name);
        if let Some(operation) = call.operation.filter(|operation| operation.list().is_some() && call.fault().is_none())
        {
            self.memory.lists.insert(operation.name().to_owned());
        }
        let mut changed = false;
        for case in CASES {
            let progress = self.cases.get(case.id);
            if progress.is_some_and(|progress| progress.passed.is_some()) || !concerns(case.id, call.identity) {
                continue;
            }
            let evidence = |text: &str| Evidence {
                at: call.at.to_string(),
                operation: operation.to_owned(),
                number: call.number().map(shown),
                text: text.chars().take(SENTENCE_CHARACTERS_MAX).collect(),
            };
            match (case.judge)(call, &self.memory) {
                Seen::Nothing => continue,
                Seen::Wrong(text) => self.cases.entry(case.id.to_owned()).or_default().last = Some(evidence(&text)),
                Seen::Right => {
                    let progress = self.cases.entry(case.id.to_owned()).or_default();
                    *progress = Progress { passed: Some(evidence(&call.said())), last: None };
                }
            }
            changed = true;
        }
        self.memory.remember(call) | self.heard(call) | changed
    }

    /// The hub pushed an envelope to the candidate's own service.
    pub fn pushed(&mut self, push: &Push) {
        let case = self.cases.entry("push".to_owned()).or_default();
        if case.passed.is_some() {
            return;
        }
        let text = match &push.failure {
            None => "your service took the push; now acknowledge the envelope to the hub".to_owned(),
            Some(failure) => format!("your service did not take the push: {failure}; it is tried again"),
        };
        let number = Some(push.number.clone());
        case.last = Some(Evidence { at: push.at.to_string(), operation: "push".to_owned(), number, text });
        if push.failure.is_none() && !self.memory.was_pushed(&push.number) {
            keep(&mut self.memory.pushed, push.number.clone(), PUSHED_MAX);
        }
    }

    /// A certificate is or was the candidate's. True when that is new.
    pub fn has_certificate(&mut self, fingerprint: &str) -> bool {
        self.certificates.len() < CERTIFICATES_MAX && self.certificates.insert(fingerprint.to_owned())
    }

    /// Whether a certificate is known to be or have been the candidate's.
    pub fn knows_certificate(&self, fingerprint: &str) -> bool {
        self.certificates.contains(fingerprint)
    }

    /// Fingerprints of its certificates.
    pub fn certificates(&self) -> impl Iterator<Item = &str> {
        self.certificates.iter().map(String::as_str)
    }

    /// How far a case is.
    pub fn progress(&self, id: &str) -> Option<&Progress> {
        self.cases.get(id)
    }

    /// The dialects that were heard.
    pub fn dialects(&self) -> &[Spoken] {
        &self.dialects
    }

    /// Whether nothing was seen.
    pub fn is_blank(&self) -> bool {
        self.cases.is_empty() && self.dialects.is_empty()
    }

    fn heard(&mut self, call: &Call) -> bool {
        if call.identity != Identity::Member {
            return false;
        }
        if let Some(spoken) = self.dialects.iter_mut().find(|spoken| spoken.dialect == call.dialect) {
            spoken.requests += 1;
            return false;
        }
        let room = self.dialects.len() < DIALECTS_MAX;
        if room {
            let (dialect, since) = (call.dialect.clone(), call.at.to_string());
            self.dialects.push(Spoken { dialect, requests: 1, since });
        }
        room
    }
}

/// With a certificate that does not count, only the two cases about that can be met.
fn concerns(id: &str, identity: Identity) -> bool {
    identity == Identity::Member || matches!(id, "revoked-certificate" | "expired-certificate")
}

impl Memory {
    /// Whether a certificate of that number and status was sent there.
    pub(crate) fn sent(&self, to: &str, certificate: &str, status: i32) -> bool {
        self.sent.iter().any(|sent| sent.to == to && sent.certificate == certificate && sent.status == status)
    }

    /// Whether the hub gave this number before.
    pub(crate) fn knows(&self, number: &str) -> bool {
        self.sent.iter().any(|sent| sent.number == number)
    }

    /// Whether that operation was called and answered.
    pub(crate) fn has_list(&self, operation: &str) -> bool {
        self.lists.contains(operation)
    }

    /// Whether the hub pushed that envelope to the candidate.
    pub(crate) fn was_pushed(&self, number: &str) -> bool {
        self.pushed.iter().any(|pushed| pushed == number)
    }

    fn remember(&mut self, call: &Call) -> bool {
        let Some((header, _, number)) = call.accepted().filter(|(_, _, number)| !self.knows(number)) else {
            return false;
        };
        let sent = Sent {
            number: number.to_owned(),
            to: header.to.clone(),
            certificate: header.certificate_number.clone(),
            status: header.certificate_status,
        };
        keep(&mut self.sent, sent, ENVELOPES_MAX);
        true
    }
}

fn keep<T>(row: &mut VecDeque<T>, item: T, most: usize) {
    while row.len() >= most {
        row.pop_front();
    }
    row.push_back(item);
}
