//! The search for the rate at which the limits break: up by steps, then in halves, several times.

use phytoload_report::{Knee, Trial};

use crate::scenario::Search;

/// How much higher the next rate is while all hold.
const STEP: f64 = 1.5;
/// Share of what was offered that must be accepted for a rate to count as held.
pub(crate) const ACCEPTED_SHARE: f64 = 0.98;

/// The search of one repeat: says which rate is tried next, until it knows.
#[derive(Clone, Debug)]
pub(crate) struct Bisection {
    search: Search,
    held: Option<f64>,
    broke: Option<f64>,
}

impl Bisection {
    pub(crate) fn new(search: Search) -> Self {
        Self { search, held: None, broke: None }
    }

    /// The next rate, or None when the knee is known.
    pub(crate) fn next(&self) -> Option<f64> {
        match (self.held, self.broke) {
            (None, None) => Some(self.search.from),
            (Some(held), None) if held >= self.search.to => None,
            (Some(held), None) => Some((held * STEP).min(self.search.to)),
            // Not even the first rate held: further down, to a point where it is not worth knowing.
            (None, Some(broke)) if broke <= self.search.from / 16.0 => None,
            (None, Some(broke)) => Some(broke / 2.0),
            (Some(held), Some(broke)) if broke - held <= self.search.precision * broke => None,
            (Some(held), Some(broke)) => Some((held + broke) / 2.0),
        }
    }

    /// A rate was tried.
    pub(crate) fn learn(&mut self, rate: f64, held: bool) {
        match held {
            true => self.held = Some(self.held.map_or(rate, |best| best.max(rate))),
            false => self.broke = Some(self.broke.map_or(rate, |worst| worst.min(rate))),
        }
    }

    /// The highest rate that held.
    pub(crate) fn knee(&self) -> f64 {
        self.held.unwrap_or_default()
    }
}

/// The knee over all repeats.
pub(crate) fn knee(repeats: Vec<f64>, limit: String, trials: Vec<Trial>) -> Knee {
    let mut sorted = repeats.clone();
    sorted.sort_by(f64::total_cmp);
    let rate = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    Knee { rate, repeats, limit, trials }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(true_knee: f64, settings: Search) -> (f64, usize) {
        let mut bisection = Bisection::new(settings);
        let mut tries = 0;
        while let Some(rate) = bisection.next() {
            bisection.learn(rate, rate <= true_knee);
            tries += 1;
            assert!(tries < 40, "the search ends");
        }
        (bisection.knee(), tries)
    }

    #[test]
    fn the_knee_is_found_within_the_precision_wherever_it_is() {
        let settings = Search { from: 1000.0, to: 50_000.0, precision: 0.05, ..Search::default() };
        for true_knee in [80.0, 900.0, 1000.0, 7777.0, 49_999.0] {
            let (knee, tries) = search(true_knee, settings);
            assert!(knee <= true_knee && knee >= true_knee * 0.94, "{true_knee}: {knee} after {tries}");
        }
        assert_eq!(search(1e9, settings).0, 50_000.0);
        assert_eq!(search(1.0, settings).0, 0.0);
    }

    #[test]
    fn the_median_of_the_repeats_counts() {
        assert_eq!(knee(vec![9.0, 1.0, 5.0], String::new(), Vec::new()).rate, 5.0);
    }
}
