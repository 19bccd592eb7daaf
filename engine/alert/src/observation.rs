//! What the hub sees of itself at one moment: numbers, codes and times, never content.

use std::time::Duration;

use phytohub_model::Timestamp;

/// The hub at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observation {
    /// The moment, by the system's clock.
    pub at: Timestamp,
    /// The same by a clock that nobody sets: time since the process began.
    pub running: Duration,
    /// When the process began, by the system's clock as it was then.
    pub started: Timestamp,
    /// Members, with what waits for them and what they did.
    pub members: Vec<MemberSeen>,
    /// The disk of the journals.
    pub disk: DiskSeen,
    /// Write and sync of batches since the process began: how many took up to so long, and longer than the one before.
    pub commits: Vec<Bucket>,
    /// Open connections.
    pub connections: Used,
    /// Envelopes that wait, for anybody.
    pub pending: Used,
    /// The hub's own certificate, when it can be read.
    pub hub_certificate: Option<CertificateSeen>,
    /// What is wrong with the audit log, when something is.
    pub audit_broken: Option<String>,
}

/// A member.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemberSeen {
    /// Connection code.
    pub code: String,
    /// Whether it sends and receives.
    pub active: bool,
    /// Envelopes that wait for it.
    pub pending: Used,
    /// When the oldest of them was accepted.
    pub oldest: Option<Timestamp>,
    /// Deliveries of its own taken since the process began.
    pub accepted: u64,
    /// Deliveries of its own refused since the process began.
    pub refused: u64,
    /// Whether it fetches its envelopes (the hub does not call it).
    pub fetches: bool,
    /// When it last fetched, since the process began.
    pub last_fetch: Option<Timestamp>,
    /// Envelopes for it that were set aside.
    pub parked: u64,
    /// Since when the hub pauses its calls.
    pub breaker_open_since: Option<Timestamp>,
    /// Certificates that act for it.
    pub certificates: Vec<CertificateSeen>,
}

/// A certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertificateSeen {
    /// Its fingerprint's beginning: enough to tell it apart, nothing of who holds it.
    pub id: String,
    /// First moment of validity.
    pub not_before: Timestamp,
    /// Last moment of validity.
    pub not_after: Timestamp,
}

impl CertificateSeen {
    /// Whether one of `all` certificates of the same holder takes over from this one.
    pub fn has_successor(&self, at: Timestamp, all: &[Self]) -> bool {
        all.iter().any(|other| other.id != self.id && other.not_after > self.not_after && other.not_before <= at)
    }
}

/// Free space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskSeen {
    /// Bytes free.
    pub free_bytes: u64,
    /// Bytes below which deliveries are refused.
    pub low_water_bytes: u64,
    /// Whether deliveries are refused for want of it.
    pub refuses: bool,
}

/// So many took at most so long.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bucket {
    /// Upper bound in seconds.
    pub seconds: f64,
    /// How many fell between this bound and the one before.
    pub count: u64,
}

/// How much of a limit is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// In use.
    pub now: u64,
    /// At most.
    pub limit: u64,
}

impl Used {
    /// The share in use, in percent; 0 when there is no limit.
    pub fn percent(self) -> f64 {
        if self.limit == 0 { 0.0 } else { self.now as f64 * 100.0 / self.limit as f64 }
    }
}
