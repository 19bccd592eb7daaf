//! When a service may be called again: back-off, and a breaker that says whether the service is believed to work.
//!
//! Pure: time is an argument (since any fixed moment), and so is chance.

use std::time::Duration;

use phytohub_model::AttemptOutcome;

/// Pauses and limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowSettings {
    /// Pause after the first call that failed; it doubles with each further one.
    pub pause_first: Duration,
    /// The longest pause.
    pub pause_max: Duration,
    /// Calls in a row that did not reach the service, or got no answer, after which it is believed down.
    pub breaker_failures: u32,
}

/// Whether a service is believed to work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Breaker {
    /// It is.
    #[default]
    Closed,
    /// It is not; nothing is called before the pause is over.
    Open,
    /// The next call tries whether it works again.
    HalfOpen,
}

/// The calls of one service so far, as far as they decide about the next.
#[derive(Clone, Debug)]
pub struct Flow {
    settings: FlowSettings,
    /// Calls in a row that were not answered well.
    unanswered: u32,
    /// Calls in a row that failed because of the service and not of the envelope.
    failures: u32,
    /// No call before this time.
    not_before: Duration,
}

impl Flow {
    /// No calls yet.
    pub fn new(settings: FlowSettings) -> Self {
        Self { settings, unanswered: 0, failures: 0, not_before: Duration::ZERO }
    }

    /// A call ended at `now`. `next_is_another` says that the next call is with another envelope: then a refusal of
    /// this one is no reason to wait. `chance` is a number from 0 to 1 that spreads the calls of many services.
    pub fn ended(&mut self, now: Duration, outcome: AttemptOutcome, next_is_another: bool, chance: f64) {
        match outcome {
            AttemptOutcome::Answered => (self.unanswered, self.failures) = (0, 0),
            AttemptOutcome::Refused => {
                self.failures = 0;
                self.unanswered = if next_is_another { 0 } else { self.unanswered.saturating_add(1) };
            }
            AttemptOutcome::Unreachable | AttemptOutcome::Unclear => {
                self.failures = self.failures.saturating_add(1);
                self.unanswered = self.unanswered.saturating_add(1);
            }
        }
        self.not_before = if self.unanswered == 0 { now } else { now.saturating_add(self.pause(chance)) };
    }

    /// How long to wait before the next call; zero = not at all.
    pub fn wait(&self, now: Duration) -> Duration {
        self.not_before.saturating_sub(now)
    }

    /// Whether the service is believed to work.
    pub fn breaker(&self, now: Duration) -> Breaker {
        match (self.failures >= self.settings.breaker_failures, self.wait(now).is_zero()) {
            (false, _) => Breaker::Closed,
            (true, false) => Breaker::Open,
            (true, true) => Breaker::HalfOpen,
        }
    }

    /// Between half of what it would be and all of it, so that what failed together is not called together again.
    fn pause(&self, chance: f64) -> Duration {
        let doublings = self.unanswered.saturating_sub(1).min(u32::BITS - 1);
        let full = self.settings.pause_first.saturating_mul(1 << doublings).min(self.settings.pause_max);
        full.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
    }
}

impl Breaker {
    /// A short name for lists and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half-open",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AttemptOutcome::{Answered, Refused, Unclear, Unreachable};

    const SECOND: Duration = Duration::from_secs(1);

    fn flow() -> Flow {
        Flow::new(FlowSettings { pause_first: SECOND, pause_max: SECOND * 60, breaker_failures: 3 })
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_are_spread() {
        let mut flow = flow();
        let mut pauses = Vec::new();
        for _ in 0..40 {
            flow.ended(SECOND, Unreachable, false, 1.0);
            pauses.push(flow.wait(SECOND).as_secs());
        }
        assert_eq!(pauses[..8], [1, 2, 4, 8, 16, 32, 60, 60]);
        assert!(pauses[8..].iter().all(|&pause| pause == 60));
        flow.ended(SECOND, Unreachable, false, 0.0);
        assert_eq!(flow.wait(SECOND), SECOND * 30, "at the least half");
    }

    #[test]
    fn a_service_that_fails_again_and_again_is_tried_by_one_call_after_each_pause() {
        let mut flow = flow();
        let mut now = SECOND;
        for outcome in [Unreachable, Unclear] {
            flow.ended(now, outcome, false, 1.0);
            assert_eq!(flow.breaker(now), Breaker::Closed);
        }
        flow.ended(now, Unreachable, false, 1.0);
        assert_eq!(flow.breaker(now), Breaker::Open);
        now += flow.wait(now);
        assert_eq!(flow.breaker(now), Breaker::HalfOpen);
        flow.ended(now, Unreachable, false, 1.0);
        assert_eq!(flow.breaker(now), Breaker::Open);
        now += flow.wait(now);
        flow.ended(now, Answered, true, 1.0);
        assert_eq!((flow.breaker(now), flow.wait(now)), (Breaker::Closed, Duration::ZERO));
    }

    #[test]
    fn a_refusal_shows_that_the_service_works_and_waits_only_for_the_same_envelope() {
        let mut flow = flow();
        flow.ended(SECOND, Unreachable, false, 1.0);
        flow.ended(SECOND, Unreachable, false, 1.0);
        flow.ended(SECOND, Refused, false, 1.0);
        assert_eq!((flow.breaker(SECOND), flow.wait(SECOND)), (Breaker::Closed, SECOND * 4));
        flow.ended(SECOND, Refused, true, 1.0);
        assert_eq!(flow.wait(SECOND), Duration::ZERO, "it is parked, the next one goes at once");
    }
}
