//! Time: a steady clock that the events drive, and the hub's own, which people and protocols set forward and back.

use std::time::Duration;

use phytohub_model::Timestamp;
use phytohub_shard::Now;

/// Wall time when a run begins. Far from zero, so that the clock can be set back.
const BEGINNING: u64 = 1_790_000_000_000;

/// Both clocks, in milliseconds.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    steady: u64,
    wall_ahead: i64,
    /// When the wall clock was set, and what it showed before and after.
    steps: Vec<(u64, u64, u64)>,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self { steady: 0, wall_ahead: 0, steps: Vec::new() }
    }

    /// Milliseconds since the run began.
    pub(crate) fn steady(&self) -> u64 {
        self.steady
    }

    pub(crate) fn advance_to(&mut self, steady: u64) {
        self.steady = self.steady.max(steady);
    }

    /// What the hub's clock shows.
    pub(crate) fn wall(&self) -> Timestamp {
        Timestamp(self.wall_at(self.steady))
    }

    pub(crate) fn now(&self) -> Now {
        Now { wall: self.wall(), steady: Duration::from_millis(self.steady) }
    }

    /// Sets the hub's clock forward, or back where `by` is negative.
    pub(crate) fn step(&mut self, by: i64) {
        let before = self.wall_at(self.steady);
        self.wall_ahead += by;
        self.steps.push((self.steady, before, self.wall_at(self.steady)));
    }

    /// How much time at the most the hub can have seen go by since `steady`: what it was told, not what went by.
    pub(crate) fn seen_since(&self, steady: u64) -> Duration {
        // The offset that held at `steady` is the one before the first later step.
        let then = self.steps.iter().find(|(at, ..)| *at >= steady).map(|(at, before, _)| before - (at - steady));
        let then = then.unwrap_or_else(|| self.wall_at(steady));
        let later = self.steps.iter().filter(|(at, ..)| *at >= steady).flat_map(|(_, before, after)| [*before, *after]);
        let shown = later.chain([then, self.wall_at(self.steady)]);
        let (least, most) = shown.fold((u64::MAX, 0), |(least, most), wall| (least.min(wall), most.max(wall)));
        Duration::from_millis(most - least)
    }

    fn wall_at(&self, steady: u64) -> u64 {
        (BEGINNING + steady).saturating_add_signed(self.wall_ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_hub_saw_counts_steps_of_its_clock() {
        let mut clock = Clock::new();
        clock.advance_to(1000);
        clock.step(-500);
        clock.advance_to(1100);
        clock.step(5000);
        clock.advance_to(1200);
        assert_eq!(clock.seen_since(1200), Duration::ZERO);
        assert_eq!(clock.seen_since(1050), Duration::from_millis(5150));
        assert_eq!(clock.seen_since(900), Duration::from_millis(5200), "from the lowest to the highest it showed");
    }
}
