//! What only few envelopes have, kept beside their entries: a way of their own, copies, calls of their receiver's
//! service.

use hashbrown::HashMap;
use phytohub_model::{Attempt, AttemptOutcome, DeliveryNumber, Timestamp};

/// Attempts and redeliveries that are kept of one envelope, the latest: an envelope that a service does not take for
/// two weeks is tried some thousand times at the longest pause, and what the last ones said is what helps.
pub(super) const STEPS_MAX: usize = 500;

/// All of them, by the envelope's number.
pub(super) type Asides = HashMap<DeliveryNumber, Aside>;

/// What is known of one envelope besides its entry.
#[derive(Clone, Debug, Default)]
pub(super) struct Aside {
    /// How it goes, where not straight.
    pub(super) routed: Option<Routed>,
    /// Its copies for channels.
    pub(super) copies: Vec<DeliveryNumber>,
    /// In the order of their ordinals.
    pub(super) steps: Vec<Step>,
}

/// A [`phytohub_model::Route`] in interned codes; who receives it stands in the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Routed {
    /// To of its header.
    pub(super) to: u32,
    /// Whether it is `to` that receives it.
    pub(super) straight: bool,
    /// Who sent it, where not From.
    pub(super) sender: Option<u32>,
    /// Of which envelope it is a copy.
    pub(super) original: Option<DeliveryNumber>,
}

/// An attempt or a redelivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) ordinal: u32,
    /// Segment of its record.
    pub(super) segment: u32,
    pub(super) what: StepKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StepKind {
    Attempt { attempt: Attempt, parks: bool },
    Redelivered { at: Timestamp, by: Box<str> },
}

/// Where an envelope stands with its receiver's service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PushState {
    /// To be handed over, in its order.
    Waiting,
    /// Handed over, not acknowledged yet.
    Answered,
    /// Not taken; it waits for an operator.
    Parked,
}

impl Aside {
    /// Follows from the steps since the last redelivery, in whatever order they became known.
    pub(super) fn state(&self) -> PushState {
        let mut state = PushState::Waiting;
        for step in self.current() {
            state = match &step.what {
                StepKind::Attempt { parks: true, .. } => PushState::Parked,
                StepKind::Attempt { attempt, .. } if attempt.outcome == AttemptOutcome::Answered => PushState::Answered,
                StepKind::Attempt { .. } => state,
                StepKind::Redelivered { .. } => PushState::Waiting,
            };
        }
        state
    }

    /// How many attempts since the last redelivery ended so.
    pub(super) fn count(&self, outcome: AttemptOutcome) -> u32 {
        let ended =
            |step: &&Step| matches!(&step.what, StepKind::Attempt { attempt, .. } if attempt.outcome == outcome);
        self.current().iter().filter(ended).count() as u32
    }

    /// When the last attempt ended.
    pub(super) fn last_attempt(&self) -> Option<&Attempt> {
        self.steps.iter().rev().find_map(|step| match &step.what {
            StepKind::Attempt { attempt, .. } => Some(attempt),
            StepKind::Redelivered { .. } => None,
        })
    }

    /// The ordinal of the next step.
    pub(super) fn next_ordinal(&self) -> u32 {
        self.steps.last().map_or(0, |step| step.ordinal.saturating_add(1))
    }

    /// The last redelivery and what came after it.
    fn current(&self) -> &[Step] {
        let is_redelivery = |step: &Step| matches!(step.what, StepKind::Redelivered { .. });
        &self.steps[self.steps.iter().rposition(is_redelivery).unwrap_or(0)..]
    }

    /// Adds a step, or the other record of one that is known. Gives the segments that are needed no more, because of
    /// each one record.
    pub(super) fn add(&mut self, step: Step, in_replay: bool) -> Option<u32> {
        match self.steps.binary_search_by_key(&step.ordinal, |step| step.ordinal) {
            Ok(place) => {
                let known = &mut self.steps[place];
                // In replay both records were met, in whichever order; the one further on counts.
                let segment = if in_replay { step.segment.max(known.segment) } else { step.segment };
                let left = known.segment.min(step.segment);
                let left = if segment == step.segment { known.segment } else { left };
                known.segment = segment;
                Some(left)
            }
            Err(place) => {
                self.steps.insert(place, step);
                (self.steps.len() > STEPS_MAX).then(|| self.steps.remove(0).segment)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(ordinal: u32, outcome: AttemptOutcome, parks: bool) -> Step {
        let attempt = Attempt { at: Timestamp(u64::from(ordinal)), duration_ms: 1, outcome, text: None };
        Step { ordinal, segment: 1, what: StepKind::Attempt { attempt, parks } }
    }

    #[test]
    fn the_state_follows_from_the_steps_in_whatever_order_they_are_met() {
        use AttemptOutcome::{Answered, Refused, Unreachable};
        let again = Step { ordinal: 2, segment: 1, what: StepKind::Redelivered { at: Timestamp(2), by: "op".into() } };
        let steps = [
            attempt(0, Unreachable, false),
            attempt(1, Refused, true),
            again,
            attempt(3, Refused, false),
            attempt(4, Answered, false),
            attempt(5, Unreachable, false),
        ];
        let states = [
            PushState::Waiting,
            PushState::Parked,
            PushState::Waiting,
            PushState::Waiting,
            PushState::Answered,
            PushState::Answered,
        ];
        for length in 1..=steps.len() {
            let mut forwards = Aside::default();
            let mut backwards = Aside::default();
            for step in &steps[..length] {
                assert_eq!(forwards.add(step.clone(), true), None);
            }
            for step in steps[..length].iter().rev() {
                assert_eq!(backwards.add(step.clone(), true), None);
            }
            assert_eq!((forwards.state(), backwards.state()), (states[length - 1], states[length - 1]), "{length}");
            assert_eq!(forwards.steps, backwards.steps);
        }
    }

    #[test]
    fn of_two_records_of_one_step_the_one_further_on_counts_in_replay() {
        let mut aside = Aside::default();
        let at = |segment| Step { segment, ..attempt(0, AttemptOutcome::Refused, false) };
        assert_eq!(aside.add(at(5), true), None);
        assert_eq!(aside.add(at(3), true), Some(3));
        assert_eq!(aside.add(at(7), true), Some(5));
        assert_eq!(aside.add(at(2), false), Some(7), "in normal running the new one counts");
        assert_eq!(aside.steps, [at(2)]);
    }

    #[test]
    fn only_the_latest_steps_are_kept() {
        let mut aside = Aside::default();
        let surplus = 10;
        for ordinal in 0..(STEPS_MAX + surplus) as u32 {
            let left = aside.add(attempt(ordinal, AttemptOutcome::Unreachable, false), false);
            assert_eq!(left.is_some(), ordinal as usize >= STEPS_MAX);
        }
        assert_eq!(aside.steps.len(), STEPS_MAX);
        assert_eq!(aside.steps[0].ordinal, surplus as u32);
    }
}
