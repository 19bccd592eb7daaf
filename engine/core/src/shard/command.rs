//! What a shard can be asked, and what it says.

use std::slice;
use std::time::Duration;

use phytohub_model::{
    Attempt, ConnectionCode, Content, DeliveryNumber, Fact, Header, Locator, Outcome, Pressure, Route, Timestamp,
    Track, TrackedHeader, TrackingState,
};

use super::account::{Account, Wanted};
use super::failed::{FailedPart, FailedWanted};
use super::push::ParkAfter;
use super::search::{Found, Search};
use super::story::Story;
use crate::admission::CopyFor;

/// Limits and times of a shard. The server's configuration gives them; the figures named here are its defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Envelopes that may wait for one destination.
    pub pending_per_destination_max: u64,
    /// Envelopes of one sender that may wait, over all shards.
    pub pending_per_sender_max: u64,
    /// Envelopes that may wait on the whole hub.
    pub pending_total_max: u64,
    /// An envelope that nobody acknowledged fails after this time (14 days).
    pub expire_after: Duration,
    /// How long a finished envelope can be tracked (400 days).
    pub track_retention: Duration,
    /// How long after its delivery a repeated delivery is known as the same (24 hours).
    pub retry_window: Duration,
    /// Headers in one list (5,000).
    pub headers_per_answer_max: usize,
    /// Envelopes in one PullMany (100).
    pub envelopes_per_answer_max: usize,
    /// Bytes of content in one PullMany (8 MiB); the first envelope is given whatever its size.
    pub bytes_per_answer_max: u64,
    /// Envelopes that one Expire gives up: a batch must stay small.
    pub expired_per_tick_max: usize,
}

/// The figures named above; what may wait is not bounded until somebody says how much.
impl Default for Settings {
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(86_400);
        Self {
            pending_per_destination_max: u64::MAX,
            pending_per_sender_max: u64::MAX,
            pending_total_max: u64::MAX,
            expire_after: DAY * 14,
            track_retention: DAY * 400,
            retry_window: DAY,
            headers_per_answer_max: 5000,
            envelopes_per_answer_max: 100,
            bytes_per_answer_max: 8 << 20,
            expired_per_tick_max: 1000,
        }
    }
}

/// A request to a shard. `codes` are always those that the caller's certificate acts for: look-ups go through them
/// first, so that what is another's looks like what does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A delivery that admission let through.
    Deliver(Deliver),
    /// The headers of what waits for the caller, oldest first.
    ListInbox {
        /// The caller's.
        codes: Vec<ConnectionCode>,
        /// Only what this sender sent.
        from: Option<ConnectionCode>,
    },
    /// One waiting envelope with content.
    PullOne {
        /// The caller's.
        codes: Vec<ConnectionCode>,
        /// Which.
        number: DeliveryNumber,
    },
    /// What waits for the caller, with content, oldest first, as much as fits one answer.
    PullMany {
        /// The caller's.
        codes: Vec<ConnectionCode>,
    },
    /// The destination says how a delivery ended.
    Acknowledge {
        /// The caller's.
        codes: Vec<ConnectionCode>,
        /// Which.
        number: DeliveryNumber,
        /// How.
        outcome: Outcome,
        /// The destination's own words, for the sender.
        message: Option<String>,
    },
    /// The destination says that it has not ended a delivery.
    Confirm {
        /// The caller's.
        codes: Vec<ConnectionCode>,
        /// Which.
        number: DeliveryNumber,
    },
    /// Where an envelope is.
    Track {
        /// The caller's.
        codes: Vec<ConnectionCode>,
        /// Which.
        number: DeliveryNumber,
    },
    /// The headers of the caller's own envelopes that wait in this shard, oldest first.
    ListOutbox {
        /// The caller's.
        codes: Vec<ConnectionCode>,
    },
    /// Time has passed: give up what nobody fetched.
    Expire,
    /// What is to be handed to a receiver's service now.
    NextPush {
        /// Whose.
        receiver: ConnectionCode,
        /// What was handed over and not acknowledged is handed over again after this time.
        remind_after: Duration,
        /// Whether what is due again goes before what was never handed over: the caller takes turns.
        reminder_first: bool,
    },
    /// A receiver's service was called.
    Attempted {
        /// With which envelope.
        number: DeliveryNumber,
        /// How it went.
        attempt: Attempt,
        /// When the envelope is parked; `None` = never.
        park: Option<ParkAfter>,
    },
    /// An operator wants parked envelopes taken up again.
    Redeliver {
        /// Which.
        numbers: Vec<DeliveryNumber>,
        /// Who wants it.
        by: String,
    },
    /// What is parked, oldest first.
    ListParked {
        /// Of one receiver; `None` = of all.
        receiver: Option<ConnectionCode>,
    },
    /// All that is known of an envelope, for operators.
    Follow {
        /// Which.
        number: DeliveryNumber,
    },
    /// A part of the count of all envelopes, for a report.
    Account(Wanted),
    /// A part of a search through all envelopes, for operators.
    Search(Search),
    /// A part of the envelopes that failed, for operators.
    ListFailed(FailedWanted),
    /// What a service did not take and is offered again by itself, for operators.
    ListFailing,
}

/// A delivery that admission let through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deliver {
    /// Checked header.
    pub header: Header,
    /// Size and identity of the content.
    pub content: Content,
    /// The number it gets if it is new: fresh randomness from the shell, never used before.
    pub number: DeliveryNumber,
    /// How it goes, where not straight from From to To.
    pub route: Option<Box<Route>>,
    /// Its copies for channels.
    pub copies: Vec<Copy>,
    /// What waits in the other shards.
    pub elsewhere: Elsewhere,
    /// Whether the disk takes more.
    pub room: Room,
}

impl Deliver {
    /// Who receives, where that is not To: a channel.
    pub fn channel(&self) -> Option<&ConnectionCode> {
        self.route.as_ref()?.receiver.as_ref()
    }
}

/// A copy of a delivery for a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copy {
    /// For whom.
    pub copy: CopyFor,
    /// The number it gets if it is new, as random as the delivery's own.
    pub number: DeliveryNumber,
}

/// A copy that the sender is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// For which channel.
    pub channel: ConnectionCode,
    /// Its number.
    pub number: DeliveryNumber,
}

/// What is to be handed to a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextPush {
    /// This envelope.
    Envelope(Box<Pushed>),
    /// Nothing before this time, unless something new comes.
    At(Timestamp),
    /// Nothing, unless something new comes.
    Nothing,
}

/// An envelope that is to be handed to a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// Header, number, state.
    pub header: TrackedHeader,
    /// Where its content lies.
    pub locator: Locator,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// How many steps are kept of it already.
    pub attempts: u32,
    /// It was handed over before and is not acknowledged.
    pub reminder: bool,
}

/// A parked envelope, or one that is being tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// Header, number, state.
    pub header: TrackedHeader,
    /// Whose service did not take it.
    pub receiver: ConnectionCode,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// When it was parked, or last tried.
    pub parked_at: Timestamp,
    /// How many steps are kept of it.
    pub attempts: u32,
    /// What the service said.
    pub cause: Option<Box<str>>,
}

/// What waits in the other shards: the limits hold for the whole hub.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Elsewhere {
    /// Envelopes of this sender.
    pub sender: u64,
    /// Envelopes for who receives, where that is a channel; what waits for a member lies in its shard.
    pub channel: u64,
    /// All envelopes.
    pub total: u64,
}

/// Whether the disk takes another delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// It does.
    Free,
    /// What is left is for acknowledgements.
    DiskLow,
}

/// What follows from a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// To be staged and applied in this order, before the next command is decided.
    pub facts: Facts,
    /// Leaves once the facts are durable.
    pub answer: Answer,
}

/// The facts of a decision: nearly always none or one, which stands here unboxed so that it needs no allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Facts {
    /// Nothing happened.
    None,
    /// One thing happened.
    One(Fact),
    /// Many did.
    Many(Vec<Fact>),
}

impl Facts {
    /// All of them, in order.
    pub fn as_slice(&self) -> &[Fact] {
        match self {
            Self::None => &[],
            Self::One(fact) => slice::from_ref(fact),
            Self::Many(facts) => facts,
        }
    }

    /// All of them, in order.
    pub fn iter(&self) -> slice::Iter<'_, Fact> {
        self.as_slice().iter()
    }
}

impl<'a> IntoIterator for &'a Facts {
    type Item = &'a Fact;
    type IntoIter = slice::Iter<'a, Fact>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// A header in a list, with the time by which lists of several shards are merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// When the envelope was accepted.
    pub accepted_at: Timestamp,
    /// Header, number, state.
    pub header: TrackedHeader,
}

/// What a shard answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Deliver: the envelope is the hub's.
    Accepted {
        /// Its number and state.
        header: TrackedHeader,
        /// It was accepted before and this is its retry.
        again: bool,
        /// The copies that its sender is told of.
        copies: Vec<Copied>,
    },
    /// Deliver: no room, nothing was accepted.
    Refused(Pressure),
    /// ListInbox, ListOutbox.
    Headers(Vec<Listed>),
    /// PullOne: nothing when no such envelope waits for the caller.
    Envelope(Option<(TrackedHeader, Locator)>),
    /// PullMany.
    Envelopes(Vec<(Listed, Locator)>),
    /// Acknowledge: the state that the caller asked for holds.
    Acknowledged(TrackingState),
    /// Acknowledge: the envelope already has this other state.
    AlreadyFinal(TrackingState),
    /// Acknowledge: no such envelope is addressed to the caller.
    Unknown,
    /// Track: nothing when the envelope is not one of the caller's.
    Tracked(Option<TrackedHeader>),
    /// Expire: so many were given up; at the limit there may be more.
    Expired(usize),
    /// NextPush.
    Push(NextPush),
    /// Attempted: whether the envelope is parked by it.
    Attempted {
        /// Whether it is.
        parked: bool,
    },
    /// Redeliver.
    Redelivered {
        /// How many were taken up.
        redelivered: usize,
        /// Those that are not parked, or were too many.
        not_parked: Vec<DeliveryNumber>,
    },
    /// ListParked, ListFailing.
    Parked(Vec<Parked>),
    /// Follow: nothing when the shard does not know the number.
    Story(Option<Box<Story>>),
    /// Account: a part of the count.
    Accounted(Account),
    /// Search: what was found in a part.
    Found(Found),
    /// ListFailed: a part.
    Failed(FailedPart),
}

/// What the shell may do after a fact was applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// There is something new for this party's service.
    pub arrived: Option<ConnectionCode>,
    /// An envelope ended: once that is durable, its content may be erased.
    pub freed: Option<Freed>,
}

/// Content that nobody needs any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freed {
    /// Where it lies.
    pub locator: Locator,
    /// Whose it was.
    pub from: ConnectionCode,
    /// For whom it was.
    pub to: ConnectionCode,
    /// When it was accepted.
    pub accepted_at: Timestamp,
}

/// What of a record is still needed when its segment is reclaimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Survivor {
    /// Nothing.
    Drop,
    /// The record as it is, content and all: its envelope waits.
    Copy,
    /// Only the track of its envelope.
    Track(Track),
}

/// How much of a segment is still needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SegmentUse {
    /// Content of waiting envelopes.
    pub pending_bytes: u64,
    /// Records, with content or without.
    pub facts: u64,
}

/// What waits for one destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inbox {
    /// The destination.
    pub code: ConnectionCode,
    /// How many envelopes wait.
    pub pending: u64,
    /// When the oldest of them was accepted.
    pub oldest: Option<Timestamp>,
}
