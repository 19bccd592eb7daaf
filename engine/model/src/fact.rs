//! Facts: what the journal keeps. The hub's state is what follows from them, in their order, and nothing else.

use crate::{
    AllowedDocument, Attempt, Certificate, CertificateFingerprint, Channel, ChannelRule, ConnectionCode, Delivery,
    DeliveryNumber, DocumentKind, DocumentType, Fingerprint, Header, Nppo, Outcome, Route, Timestamp, TrackingState,
};

/// One thing that happened. Facts about envelopes live in the journal of their shard, facts about members in the
/// registry's journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// An envelope is the hub's from now on; its content is in the same record.
    Accepted(Accepted),
    /// Its destination has it.
    Acknowledged(Acknowledged),
    /// Nobody fetched it in time.
    Expired(Expired),
    /// What is left of a finished envelope once its first records were reclaimed.
    Track(Track),
    /// The hub called its receiver's service.
    Attempted(Attempted),
    /// An operator had it taken up again.
    Redelivered(Redelivered),
    /// A change of the registry.
    Registry(RegistryFact),
}

/// An accepted envelope. A record of it may be written again, content and all, when its segment is reclaimed; it then
/// keeps its number and sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The envelope's name.
    pub number: DeliveryNumber,
    /// Place in the shard's order of acceptance: a destination gets its envelopes in this order.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// Whose, to whom, what.
    pub header: Header,
    /// Identity of the delivery, to know it again when it is retried.
    pub fingerprint: Fingerprint,
    /// How it differs from one that goes straight from From to To; boxed because nearly all do.
    pub route: Option<Box<Route>>,
}

/// One call of the receiver's service. What an envelope's state is follows from all its attempts and redeliveries
/// together, whatever the order in which a replay meets them: each has its place in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempted {
    /// Which envelope.
    pub number: DeliveryNumber,
    /// Place among the envelope's attempts and redeliveries, from 0 on.
    pub ordinal: u32,
    /// How it went.
    pub attempt: Attempt,
    /// The envelope is parked from now on.
    pub parks: bool,
}

/// An operator had a parked envelope taken up again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redelivered {
    /// Which envelope.
    pub number: DeliveryNumber,
    /// Place among the envelope's attempts and redeliveries.
    pub ordinal: u32,
    /// When.
    pub at: Timestamp,
    /// Who asked for it.
    pub by: Box<str>,
}

/// An acknowledged envelope: its content may be erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// Which.
    pub number: DeliveryNumber,
    /// When.
    pub at: Timestamp,
    /// What the destination said.
    pub outcome: Outcome,
    /// The destination's own words, for the sender.
    pub message: Option<Box<str>>,
}

/// An envelope given up: its content may be erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expired {
    /// Which.
    pub number: DeliveryNumber,
    /// When.
    pub at: Timestamp,
    /// The sentence for the sender.
    pub message: Box<str>,
}

/// A finished envelope without content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    /// As it was accepted.
    pub accepted: Accepted,
    /// How it ended; never `PendingDelivery` or `EnvelopeNotExists`.
    pub state: TrackingState,
    /// When it ended.
    pub finished_at: Timestamp,
    /// What was said at its end.
    pub message: Option<Box<str>>,
}

/// A change of the registry. Each is complete in itself: applying it twice is the same as once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryFact {
    /// A member is added, or its row replaced.
    NppoSet(Nppo),
    /// A member sends and receives from now on, or no longer.
    ActiveSet {
        /// Which.
        code: ConnectionCode,
        /// Whether it is active.
        active: bool,
    },
    /// What a member receives.
    AllowedSet {
        /// Which.
        code: ConnectionCode,
        /// The pairs.
        allowed: AllowedDocument,
    },
    /// A certificate acts for a code.
    CertificateAdded(Certificate),
    /// It no longer does.
    CertificateRevoked {
        /// For whom it acted.
        code: ConnectionCode,
        /// Which.
        fingerprint: CertificateFingerprint,
    },
    /// How a member or channel gets its envelopes.
    DeliverySet {
        /// Which.
        code: ConnectionCode,
        /// How.
        delivery: Delivery,
    },
    /// A channel is added, or its row replaced.
    ChannelSet(Channel),
    /// A member's rule about a channel is added, or the one of its id replaced.
    RuleSet {
        /// Whose.
        code: ConnectionCode,
        /// The rule.
        rule: ChannelRule,
    },
    /// A member's rule ends.
    RuleRemoved {
        /// Whose.
        code: ConnectionCode,
        /// Which.
        id: i32,
    },
    /// A document type is named, or its row replaced.
    DocumentSet(DocumentKind),
    /// A document type is no longer named.
    DocumentRemoved(DocumentType),
}
