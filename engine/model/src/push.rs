//! Push: the hub calls a member's own service instead of waiting for it to pull.

use std::fmt;
use std::str::FromStr;

use crate::{CertificateFingerprint, Timestamp};

/// How a party gets its envelopes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    /// It asks for them.
    #[default]
    Pull,
    /// The hub calls DeliverEnvelope on its service. It may pull as well.
    Push(PushTarget),
}

/// A member's service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushTarget {
    /// `https://host[:port]/path`.
    pub url: String,
    /// By what the hub knows that service.
    pub trust: Trust,
    /// What happens when the service does not take an envelope.
    pub poison: Poison,
}

/// By what a member's service is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// This very certificate, whoever issued it and whatever it says.
    Pinned(CertificateFingerprint),
    /// A certificate for the URL's host that this authority (a certificate, PEM) issued.
    Authority(String),
}

/// What happens to an envelope that the member's service refuses again and again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Poison {
    /// It is tried until it is taken or expires; those behind it wait, so that the order holds.
    Hold,
    /// It is parked and those behind it go on. A parked envelope is pending still: it is shown, can be pulled, and an
    /// operator can have it delivered again.
    #[default]
    Park,
}

/// How one call of a member's service ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AttemptOutcome {
    /// The service has taken the envelope.
    Answered,
    /// The service was reached and does not take this envelope.
    Refused,
    /// The envelope was not sent: no connection, no handshake, or the service said that it is busy.
    Unreachable,
    /// The envelope was sent and there was no answer that can be read: it may have arrived or not.
    Unclear,
}

/// One call of a member's service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When it ended.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u32,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// What was said, where something was.
    pub text: Option<Box<str>>,
}

impl AttemptOutcome {
    /// All of them, in the order of their numbers on disk.
    pub const ALL: [Self; 4] = [Self::Answered, Self::Refused, Self::Unreachable, Self::Unclear];

    /// A short name for metrics, lists and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Unclear => "unclear",
        }
    }
}

impl fmt::Display for AttemptOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Poison {
    /// As settings and lists write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Park => "park",
        }
    }
}

impl fmt::Display for Poison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Poison {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Hold, Self::Park].into_iter().find(|poison| poison.as_str() == text).ok_or(())
    }
}
