//! Scales of axes: where a value stands, and which round numbers stand beside.

use crate::units;

/// How an axis is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Evenly, from zero to a round number.
    Linear,
    /// Evenly, from zero to the last value: for the time of a run, after which there is nothing to see.
    Time,
    /// By powers of ten: for latencies, which spread over several.
    Log,
    /// By nines: 90, 99, 99.9 and 99.99 percent are equally far apart.
    Nines,
}

/// An axis with its range and its ticks.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    kind: Kind,
    low: f64,
    high: f64,
    /// Values with a number beside, ascending.
    pub(super) ticks: Vec<f64>,
}

/// Ticks that fit beside a plot without touching.
const TICKS_MAX: f64 = 6.0;

/// Percentiles with a number beside.
const NINES: [f64; 6] = [50.0, 90.0, 99.0, 99.9, 99.99, 99.999];

/// A log axis over more decades than this has a tick a decade, else also at 2 and 5.
const DECADES_WITH_PARTS: f64 = 2.0;

impl Scale {
    /// The scale of `kind` on which all `values` have a place; those without one ([`Scale::has`]) are left out.
    pub(super) fn of(kind: Kind, values: impl Iterator<Item = f64>) -> Self {
        let empty = Self { kind, low: 0.0, high: 0.0, ticks: Vec::new() };
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|value| empty.has(*value)) {
            low = low.min(value);
            high = high.max(value);
        }
        match kind {
            Kind::Linear => Self::linear(high),
            Kind::Time => Self::time(high),
            Kind::Log => Self::log(low, high),
            Kind::Nines => Self::nines(high),
        }
    }

    fn linear(high: f64) -> Self {
        let high = if high > 0.0 && high.is_finite() { high } else { 1.0 };
        let step = round_up(high / TICKS_MAX);
        let steps = (high / step - 1e-9).ceil().max(1.0);
        let ticks = (0..=steps as usize).map(|index| index as f64 * step).collect();
        Self { kind: Kind::Linear, low: 0.0, high: steps * step, ticks }
    }

    fn time(high: f64) -> Self {
        let Self { low, high: round, ticks, .. } = Self::linear(high);
        let high = if high > 0.0 { high.min(round) } else { round };
        let ticks = ticks.into_iter().filter(|tick| *tick <= high).collect();
        Self { kind: Kind::Time, low, high, ticks }
    }

    fn log(low: f64, high: f64) -> Self {
        let (low, high) = if low <= high { (low, high) } else { (1.0, 10.0) };
        let (first, mut last) = (round_down(low), round_up(high));
        if last <= first {
            last = round_up(first * 1.5);
        }
        let parts: &[f64] = if (last / first).log10() <= DECADES_WITH_PARTS { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let decades = first.log10().floor() as i32..=last.log10().ceil() as i32;
        let all = decades.flat_map(|decade| parts.iter().map(move |part| part * 10_f64.powi(decade)));
        // A little room, because a power of ten is rarely exact.
        let ticks = all.filter(|tick| (first * 0.999..=last * 1.001).contains(tick)).collect();
        Self { kind: Kind::Log, low: first, high: last, ticks }
    }

    fn nines(high: f64) -> Self {
        let high = if high.is_finite() { high } else { 99.0 };
        let last = NINES.into_iter().find(|nines| *nines >= high).unwrap_or(high);
        let ticks = NINES.into_iter().filter(|nines| *nines <= last).collect();
        Self { kind: Kind::Nines, low: 0.0, high: last, ticks }
    }

    /// Whether a value has a place: a logarithm has none for zero, nines none for 100 percent.
    pub(super) fn has(&self, value: f64) -> bool {
        value.is_finite()
            && match self.kind {
                Kind::Linear | Kind::Time => true,
                Kind::Log => value > 0.0,
                Kind::Nines => (0.0..100.0).contains(&value),
            }
    }

    /// Where a value stands, from 0 at the low end to 1 at the high one; none without a place.
    pub(super) fn place(&self, value: f64) -> Option<f64> {
        if !self.has(value) {
            return None;
        }
        let (low, high) = (self.stretch(self.low), self.stretch(self.high));
        Some(((self.stretch(value) - low) / (high - low)).clamp(0.0, 1.0))
    }

    fn stretch(&self, value: f64) -> f64 {
        match self.kind {
            Kind::Linear | Kind::Time => value,
            Kind::Log => value.log10(),
            Kind::Nines => -(1.0 - value / 100.0).log10(),
        }
    }

    /// The number beside a tick.
    pub(super) fn label(tick: f64) -> String {
        units::plain(tick)
    }
}

/// The least of 1, 2 and 5 times a power of ten that is not below `value`.
fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    // A little room, or the rounding of the division would make 1.0000001 a 2.
    let part = value / power * (1.0 - 1e-9);
    power
        * if part <= 1.0 {
            1.0
        } else if part <= 2.0 {
            2.0
        } else if part <= 5.0 {
            5.0
        } else {
            10.0
        }
}

/// The greatest of 1, 2 and 5 times a power of ten that is not above `value`.
fn round_down(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    let part = value / power * (1.0 + 1e-9);
    power
        * if part >= 5.0 {
            5.0
        } else if part >= 2.0 {
            2.0
        } else {
            1.0
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(kind: Kind, values: &[f64]) -> Vec<String> {
        Scale::of(kind, values.iter().copied()).ticks.into_iter().map(Scale::label).collect()
    }

    #[test]
    fn ticks_are_round_and_hold_the_values() {
        assert_eq!(labels(Kind::Linear, &[3.0, 11.8]), ["0", "2", "4", "6", "8", "10", "12"]);
        assert_eq!(labels(Kind::Linear, &[0.0]), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(labels(Kind::Linear, &[60.0]), ["0", "10", "20", "30", "40", "50", "60"]);
        assert_eq!(labels(Kind::Time, &[93.0]), ["0", "20", "40", "60", "80"]);
        assert_eq!(labels(Kind::Log, &[0.3, 8.0]), ["0.2", "0.5", "1", "2", "5", "10"]);
        assert_eq!(labels(Kind::Log, &[0.0, 0.3, 800.0]), ["1", "10", "100", "1,000"]);
        assert_eq!(labels(Kind::Log, &[1.0]), ["1", "2"]);
        assert_eq!(labels(Kind::Nines, &[99.95]), ["50", "90", "99", "99.9", "99.99"]);
    }

    #[test]
    fn nothing_to_show_is_a_scale_too() {
        for kind in [Kind::Linear, Kind::Time, Kind::Log, Kind::Nines] {
            let scale = Scale::of(kind, [f64::NAN, f64::INFINITY].into_iter());
            assert!(scale.place(5.0).is_some_and(f64::is_finite), "{kind:?}");
        }
    }

    #[test]
    fn places_are_even_in_the_sense_of_the_scale() {
        let place = |kind, values: &[f64], value| {
            let place = Scale::of(kind, values.iter().copied()).place(value);
            place.map(|place| (place * 1000.0).round() / 1000.0)
        };
        assert_eq!(place(Kind::Linear, &[10.0], 5.0), Some(0.5));
        assert_eq!(place(Kind::Time, &[93.0], 93.0), Some(1.0));
        assert_eq!(place(Kind::Log, &[1.0, 100.0], 10.0), Some(0.5));
        assert_eq!(place(Kind::Log, &[1.0, 100.0], 0.0), None);
        assert_eq!(place(Kind::Nines, &[99.99], 99.0), Some(0.5));
        assert_eq!(place(Kind::Nines, &[99.99], 100.0), None);
    }
}
