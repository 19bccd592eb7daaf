//! How uncertain a run's own figures are, from how much its seconds differ.

use crate::Report;
use crate::facts::median;

/// From the median absolute deviation to the standard deviation, for values that spread as a normal distribution does.
const DEVIATION: f64 = 1.4826;

/// Standard errors that a change must exceed: three are exceeded by chance in three comparisons of a thousand.
const ERRORS: f64 = 3.0;

/// Fewer values say nothing about how they spread.
const VALUES_MIN: usize = 3;

/// How far the mean of a series is uncertain, as a share of it: 0 where too little is known.
///
/// Each second is held against the median of its stage, so that a run whose rate rises on purpose is not taken for one
/// that is noisy. Seconds without a value (0, as where no delivery ended) are left out.
pub(super) fn noise(report: &Report, values: &[f64]) -> f64 {
    let seconds = &report.series.second;
    let known = || seconds.iter().zip(values).filter(|(_, value)| value.is_finite() && **value > 0.0);
    let mut deviations = Vec::new();
    for stage in &report.stages {
        let inside = known().filter(|(second, _)| (stage.from..stage.to).contains(*second));
        deviations.extend(deviations_of(&inside.map(|(_, value)| *value).collect::<Vec<_>>()));
    }
    if report.stages.is_empty() {
        deviations = deviations_of(&known().map(|(_, value)| *value).collect::<Vec<_>>());
    }
    error(&deviations)
}

/// The same of a few values that stand for themselves.
pub(super) fn of(values: &[f64]) -> f64 {
    error(&deviations_of(values))
}

/// One series over another, second by second; 0 where there is nothing to divide by.
pub(super) fn ratio(over: &[f64], under: &[f64]) -> Vec<f64> {
    over.iter().zip(under).map(|(over, under)| if *under > 0.0 { over / under } else { 0.0 }).collect()
}

/// How far each value is from the median of all, as a share of it.
fn deviations_of(values: &[f64]) -> Vec<f64> {
    match median(values) {
        Some(middle) if middle > 0.0 => values.iter().map(|value| (value - middle).abs() / middle).collect(),
        _ => Vec::new(),
    }
}

fn error(deviations: &[f64]) -> f64 {
    if deviations.len() < VALUES_MIN {
        return 0.0;
    }
    let spread = median(deviations).unwrap_or_default();
    ERRORS * DEVIATION * spread / (deviations.len() as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Series, Stage};

    /// 100 seconds, half of them 10 % above and half 10 % below 100.
    fn noisy() -> Report {
        let series = Series {
            second: (0..100).map(f64::from).collect(),
            accepted: (0..100).map(|second| if second % 2 == 0 { 90.0 } else { 110.0 }).collect(),
            ..Series::default()
        };
        Report { series, ..Report::default() }
    }

    fn close(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-9
    }

    #[test]
    fn it_is_three_standard_errors() {
        let report = noisy();
        assert!(close(noise(&report, &report.series.accepted), 3.0 * 1.4826 * 0.1 / 10.0));
        assert!(close(of(&[90.0, 100.0, 110.0]), 3.0 * 1.4826 * 0.1 / 3.0_f64.sqrt()));
        assert!(close(of(&[90.0, 110.0]), 0.0), "two values say nothing");
    }

    #[test]
    fn a_rate_that_rises_by_stages_is_not_noisy() {
        let mut report = noisy();
        report.series.accepted = (0..100).map(|second| if second < 50 { 10.0 } else { 1000.0 }).collect();
        assert!(noise(&report, &report.series.accepted) > 0.1, "taken as one");
        let stage = |from: f64| Stage { from, to: from + 50.0, ..Stage::default() };
        report.stages = vec![stage(0.0), stage(50.0)];
        assert!(close(noise(&report, &report.series.accepted), 0.0), "taken by stage");
    }

    #[test]
    fn seconds_without_a_value_are_left_out() {
        assert_eq!(ratio(&[1.0, 2.0, 3.0], &[2.0, 0.0]), [0.5, 0.0]);
        let mut report = noisy();
        let full = noise(&report, &report.series.accepted);
        report.series.second.extend([100.0, 101.0]);
        report.series.accepted.extend([0.0, f64::NAN]);
        assert!(close(noise(&report, &report.series.accepted), full));
    }
}
