//! The words of the domain, shared by every other crate: codes, numbers, headers, states, verdicts, facts, limits.
//!
//! This crate does not know XML, disks, sockets, clocks or threads, and depends on nothing but the standard library.
//! Its types are not serialisable on purpose: the wire has its own form (`phytohub-soap`), the disk another
//! (`phytohub-journal`).

mod channel;
mod code;
mod content;
mod day;
mod directory;
mod document;
mod fact;
mod header;
pub mod limits;
mod lists;
mod number;
mod push;
mod refusal;
mod state;
mod tally;
mod time;
mod verdict;

pub use channel::{Channel, ChannelRule, Direction, Forwarding, Route, RuleKind};
pub use code::{CodeError, ConnectionCode};
pub use content::{Content, Fingerprint};
pub use day::{Day, DayError, Month};
pub use directory::{AllowedDocument, Certificate, CertificateFingerprint, Nppo};
pub use document::{Document, DocumentKind, DocumentStatus, DocumentType};
pub use fact::{Accepted, Acknowledged, Attempted, Expired, Fact, Redelivered, RegistryFact, Track};
pub use header::{CertificateNumber, CertificateNumberError, Header, HeaderError, HeaderFields, TrackedHeader};
pub use lists::{CodeList, CodeRow, UnitKind};
pub use number::{DeliveryNumber, NumberError, ShardId};
pub use push::{Attempt, AttemptOutcome, Delivery, Poison, PushTarget, Trust};
pub use refusal::{Fault, FaultKind, Pressure, Refusal, shown};
pub use state::{Outcome, TrackingState};
pub use tally::{Dwell, Tally};
pub use time::{TimeError, Timestamp};
pub use verdict::{Area, Finding, Level, Verdict};

/// Where a record's frame lies in a journal: what the core keeps instead of content.
///
/// Opaque to everyone but the journal that made it; the core compares and counts by `segment` only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Locator {
    /// Segment of the journal; segments are numbered in the order in which they were begun and never reused.
    pub segment: u32,
    /// Byte offset of the frame inside its segment.
    pub offset: u32,
    /// Length of the content that the frame carries, in bytes; 0 for a fact without content.
    pub length: u32,
}
