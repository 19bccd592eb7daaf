//! When deliveries are due: an open model, in which they come at their own times, however the hub is doing.
//!
//! Pure: offsets in nanoseconds from the start of the run come out, the same for the same seed.

use phytohub_certificates::Random;

use crate::random;

/// Nanoseconds in a second, as the fraction that rates are reckoned in.
pub(crate) const SECOND: f64 = 1e9;

/// A part of the run in which the rate goes evenly from one value to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Segment {
    /// Length in seconds.
    pub(crate) seconds: f64,
    /// Deliveries a second at its begin.
    pub(crate) from: f64,
    /// Deliveries a second at its end.
    pub(crate) to: f64,
}

/// How arrivals lie around their rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Pattern {
    /// At even distances.
    Even,
    /// Independent of each other, as many senders make them.
    Poisson,
    /// In bursts of so many at once, the bursts independent of each other.
    Bursty(u32),
}

/// The times of a whole run.
#[derive(Clone, Debug)]
pub(crate) enum Schedule {
    /// By rate.
    Rate {
        /// In order, the first from the start of the run.
        segments: Vec<Segment>,
        /// How arrivals lie around the rate.
        pattern: Pattern,
        /// Seed of what is random in it.
        seed: u64,
    },
    /// Recorded offsets in nanoseconds, ascending.
    Trace(Vec<u64>),
}

impl Schedule {
    /// The times, ascending.
    pub(crate) fn times(&self) -> Box<dyn Iterator<Item = u64> + '_> {
        match self {
            Self::Trace(times) => Box::new(times.iter().copied()),
            Self::Rate { segments, pattern, seed } => Box::new(Times {
                segments,
                pattern: *pattern,
                random: Random::new(*seed),
                begin: 0.0,
                passed: 0.0,
                due: 0.0,
                left: 0,
            }),
        }
    }
}

/// Walks through the area under the rate: the next arrival is due where the area since the start reaches its value.
struct Times<'a> {
    segments: &'a [Segment],
    pattern: Pattern,
    random: Random,
    /// Where the first of `segments` begins, seconds.
    begin: f64,
    /// Area before it.
    passed: f64,
    /// Area at which the next arrival is due.
    due: f64,
    /// How many of a burst are still to come at the same time.
    left: u32,
}

impl Iterator for Times<'_> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        if self.left > 0 {
            self.left -= 1;
        } else {
            self.due += match self.pattern {
                Pattern::Even => 1.0,
                Pattern::Poisson => random::exponential(&mut self.random),
                Pattern::Bursty(size) => {
                    self.left = size - 1;
                    f64::from(size) * random::exponential(&mut self.random)
                }
            };
        }
        while let Some(segment) = self.segments.first() {
            let wanted = self.due - self.passed;
            if wanted <= segment.area() {
                return Some(((self.begin + segment.time_of(wanted)) * SECOND) as u64);
            }
            self.passed += segment.area();
            self.begin += segment.seconds;
            self.segments = &self.segments[1..];
        }
        None
    }
}

impl Segment {
    /// A segment of one rate.
    pub(crate) fn steady(seconds: f64, rate: f64) -> Self {
        Self { seconds, from: rate, to: rate }
    }

    /// How many deliveries are due in it.
    pub(crate) fn area(&self) -> f64 {
        self.seconds * (self.from + self.to) / 2.0
    }

    /// Seconds from its begin until so many were due.
    fn time_of(&self, area: f64) -> f64 {
        let slope = (self.to - self.from) / self.seconds;
        if slope.abs() < 1e-9 {
            return area / self.from;
        }
        // from * t + slope * t^2 / 2 = area, the root that lies in the segment.
        let root = (self.from * self.from + 2.0 * slope * area).max(0.0).sqrt();
        (root - self.from) / slope
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(segments: Vec<Segment>, pattern: Pattern) -> Vec<u64> {
        Schedule::Rate { segments, pattern, seed: 7 }.times().collect()
    }

    #[test]
    fn an_even_rate_is_even() {
        let times = times(vec![Segment::steady(2.0, 10.0)], Pattern::Even);
        assert_eq!(times.len(), 20);
        assert!(times.windows(2).all(|pair| (99_999_000..=100_001_000).contains(&(pair[1] - pair[0]))), "{times:?}");
    }

    #[test]
    fn a_ramp_has_the_area_below_it_and_grows_denser() {
        let times = times(vec![Segment { seconds: 10.0, from: 0.0, to: 200.0 }], Pattern::Even);
        assert!((999..=1000).contains(&times.len()), "{}", times.len());
        let early = times.iter().filter(|&&time| time < 5_000_000_000).count();
        assert!((249..=251).contains(&early), "a quarter of the area lies in the first half: {early}");
    }

    #[test]
    fn steps_follow_each_other() {
        let times = times(vec![Segment::steady(1.0, 100.0), Segment::steady(1.0, 1000.0)], Pattern::Even);
        let first = times.iter().filter(|&&time| time < 1_000_000_000).count();
        assert!((99..=100).contains(&first) && (1099..=1100).contains(&times.len()), "{first} of {}", times.len());
    }

    #[test]
    fn random_patterns_keep_the_rate_and_differ_from_it() {
        for pattern in [Pattern::Poisson, Pattern::Bursty(20)] {
            let times = times(vec![Segment::steady(100.0, 100.0)], pattern);
            assert!((8_500..=11_500).contains(&times.len()), "{pattern:?}: {}", times.len());
            assert!(times.windows(2).all(|pair| pair[0] <= pair[1]), "{pattern:?}");
        }
        let bursts = times(vec![Segment::steady(10.0, 100.0)], Pattern::Bursty(10));
        assert!(bursts.chunks_exact(10).all(|burst| burst[0] == burst[9]), "ten at a time");
    }

    #[test]
    fn a_pause_has_no_arrivals() {
        let segments = vec![Segment::steady(1.0, 10.0), Segment::steady(5.0, 0.0), Segment::steady(1.0, 10.0)];
        let times = times(segments, Pattern::Even);
        assert!(times.iter().all(|&time| time <= 1_000_000_001 || time >= 6_000_000_000), "{times:?}");
        assert!((19..=20).contains(&times.len()));
    }
}
