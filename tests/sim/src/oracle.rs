//! What must hold, judged from outside: by what was sent, what was answered, what was handed out and what lies on the
//! disk. It knows nothing of how the hub works, and believes nothing but answers that left it. Only which contents may
//! lie on the disk, and how many envelopes wait where one is refused, follow from no answers, and are asked of the
//! hub's state, which all else judges.
//!
//! Time on the hub's clock is known only within bounds (it is set forward and back), so each judgement that depends on
//! it (expiry, retention, the window of retries) is made only where it is sure whatever the hub saw.

mod erasure;
mod handed;
mod ledger;
mod registry;
mod state;

use std::fmt;

use phytohub_model::ConnectionCode;

pub(crate) use erasure::marked;
pub(crate) use ledger::{Moment, Oracle};
pub(crate) use registry::Expected;
pub(crate) use state::delivery_of;

/// A promise of the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guarantee {
    /// What was answered with a number survives everything.
    Durable,
    /// Every envelope ends delivered, expired or refused.
    NoneVanishes,
    /// Once its end was answered, an envelope is never handed out again and its state never changes.
    NeverAfter,
    /// A destination gets its envelopes in the order of their acceptance.
    Order,
    /// What is delivered is what was accepted.
    Bytes,
    /// Damage is found, named and never served.
    Damage,
    /// Nobody is refused or kept waiting on another's account.
    Fair,
    /// An unanswered request may be sent again.
    Retry,
    /// What has ended is on no disk any more.
    Erased,
    /// A change of the registry that was answered survives.
    Registry,
    /// Who may not is refused, from the next request on.
    Identity,
    /// The hub ends only when its disk fails, and starts when the disk is well.
    Lives,
    /// The hub's own checks of its state hold.
    Invariants,
}

impl Guarantee {
    /// As a sentence.
    pub fn text(self) -> &'static str {
        match self {
            Self::Durable => "what was answered with a number survives everything",
            Self::NoneVanishes => "every envelope ends delivered, expired or refused",
            Self::NeverAfter => "once its end was answered, an envelope is never handed out again",
            Self::Order => "a destination gets its envelopes in the order of their acceptance",
            Self::Bytes => "what is delivered is what was accepted",
            Self::Damage => "damage is found, named and never served",
            Self::Fair => "nobody is refused or kept waiting on another's account",
            Self::Retry => "an unanswered request may be sent again and counts once",
            Self::Erased => "what has ended is on no disk any more",
            Self::Registry => "a change of the registry that was answered survives",
            Self::Identity => "who may not is refused from the next request on",
            Self::Lives => "the hub ends only when its disk fails, and starts when the disk is well",
            Self::Invariants => "the hub's own checks of its state hold",
        }
    }
}

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub guarantee: Guarantee,
    /// By what.
    pub what: String,
}

/// Whether all is well.
pub(crate) type Verdict = Result<(), Violation>;

pub(crate) fn broken<T>(guarantee: Guarantee, what: impl Into<String>) -> Result<T, Violation> {
    Err(Violation { guarantee, what: what.into() })
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({}): {}", self.guarantee, self.guarantee.text(), self.what)
    }
}

/// Codes as they stand in a sentence.
pub(crate) fn names(codes: &[ConnectionCode]) -> String {
    let names: Vec<&str> = codes.iter().map(ConnectionCode::as_str).collect();
    names.join("+")
}
