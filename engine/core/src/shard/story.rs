//! All that is known of one envelope, for operators: never its content.

use phytohub_model::{Attempt, ConnectionCode, DeliveryNumber, Timestamp, TrackedHeader};

use super::Shard;
use super::aside::{PushState, StepKind};

/// An envelope from its acceptance to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// Header, number, state, message.
    pub header: TrackedHeader,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// When it ended, if it has.
    pub ended_at: Option<Timestamp>,
    /// Who receives it: To, or a channel.
    pub receiver: ConnectionCode,
    /// Who sent it: From, or a channel.
    pub sender: ConnectionCode,
    /// Of which envelope it is a copy.
    pub original: Option<DeliveryNumber>,
    /// Its copies, and for whom.
    pub copies: Vec<(ConnectionCode, DeliveryNumber)>,
    /// Whether it is parked.
    pub parked: bool,
    /// What happened to it in between, oldest first; the latest 500.
    pub steps: Vec<StoryStep>,
}

/// One thing that happened to an envelope between acceptance and end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoryStep {
    /// Its receiver's service was called.
    Attempt {
        /// How it went.
        attempt: Attempt,
        /// The envelope was parked by it.
        parks: bool,
    },
    /// An operator had it taken up again.
    Redelivered {
        /// When.
        at: Timestamp,
        /// Who.
        by: Box<str>,
    },
}

impl Shard {
    pub(super) fn story(&self, number: DeliveryNumber) -> Option<Story> {
        let entry = self.entry_of(number)?;
        let aside = self.asides.get(&number);
        let routed = self.routed(entry);
        let code = |id: u32| self.party(id).code;
        let copies = aside.map_or(&[][..], |aside| &aside.copies).iter();
        let steps = aside.map_or(&[][..], |aside| &aside.steps).iter();
        Some(Story {
            header: self.tracked_header_of(entry),
            accepted_at: entry.accepted_at,
            ended_at: (!entry.is_pending()).then_some(entry.end.at),
            receiver: code(entry.receiver),
            sender: code(routed.and_then(|routed| routed.sender).unwrap_or(entry.from)),
            original: routed.and_then(|routed| routed.original),
            copies: copies.filter_map(|&copy| Some((code(self.entry_of(copy)?.receiver), copy))).collect(),
            parked: entry.is_pending() && self.push_state(number) == PushState::Parked,
            steps: steps.map(|step| story_step(&step.what)).collect(),
        })
    }
}

fn story_step(what: &StepKind) -> StoryStep {
    match what {
        StepKind::Attempt { attempt, parks } => StoryStep::Attempt { attempt: attempt.clone(), parks: *parks },
        StepKind::Redelivered { at, by } => StoryStep::Redelivered { at: *at, by: by.clone() },
    }
}
