//! The capacity table: whether the hub holds today's world, ten times and a hundred times that, on the machine of the
//! run.

use crate::{CapacityRow, Report};

/// Phytosanitary certificates of all countries in a year, on paper and electronic. An assumption in a round figure:
/// there is no count of all countries, and the rows for ten and a hundred times it leave room for its error.
pub const CERTIFICATES_A_YEAR: f64 = 15e6;

/// Offices issue certificates on working days, so that all of a year comes in these: 52 weeks less holidays.
pub const WORKING_DAYS_A_YEAR: f64 = 250.0;

/// And in these hours of a day: office hours of neighbouring time zones, where most of the trade is, overlap.
pub const WORKING_HOURS_A_DAY: f64 = 10.0;

/// The busiest minute over the average of the working hours: harvests, the hour before ships are loaded, and systems
/// that send what they collected come together. An assumption as well.
pub const PEAK_FACTOR: f64 = 4.0;

/// A rate was held when at least this share of what was offered was accepted: the rest is what was still on its way
/// when the stage ended.
pub const ACCEPTED_SHARE_MIN: f64 = 0.98;

const SECONDS_AN_HOUR: f64 = 3600.0;

/// The volumes of the table, as multiples of today's world.
const VOLUMES: [(&str, f64); 3] = [("today's world", 1.0), ("ten times", 10.0), ("a hundred times", 100.0)];

/// Certificates a second of a year's `per_year`, on the average of the working hours: about 1.7 for today's world.
pub fn average_per_second(per_year: f64) -> f64 {
    per_year / WORKING_DAYS_A_YEAR / WORKING_HOURS_A_DAY / SECONDS_AN_HOUR
}

/// Certificates a second in the busiest minute: about 6.7 for today's world.
pub fn peak_per_second(per_year: f64) -> f64 {
    average_per_second(per_year) * PEAK_FACTOR
}

/// The rows of the capacity table, for an outage of all receivers of `outage_hours` hours.
///
/// Headroom is the highest rate that was held over the rate of the busiest minute. It is a lower bound where no higher
/// rate was tried. An outage is taken to lie in working hours altogether, so that its disk and its drain are upper
/// bounds for one that is longer than a day's. A hub that lost or altered an envelope has held no rate.
pub fn rows(report: &Report, outage_hours: f64) -> Vec<CapacityRow> {
    let highest = highest_held(report);
    let row = |(name, times): (&str, f64)| {
        let per_year = CERTIFICATES_A_YEAR * times;
        let (average, peak) = (average_per_second(per_year), peak_per_second(per_year));
        let waiting = average * outage_hours * SECONDS_AN_HOUR;
        CapacityRow {
            name: name.to_owned(),
            per_year,
            peak_per_second: peak,
            held: highest >= peak,
            headroom: highest / peak,
            outage_hours,
            outage_disk: waiting * report.hub.written_per_envelope.unwrap_or(report.hub.content_per_envelope),
            drain_seconds: drain_seconds(waiting, average, report.hub.drain_per_second),
        }
    };
    VOLUMES.into_iter().map(row).collect()
}

/// The highest rate that was accepted and held, 0 if none was.
fn highest_held(report: &Report) -> f64 {
    if report.ledger.faulty() > 0 {
        return 0.0;
    }
    let enough = |offered: f64, accepted: f64| accepted >= offered * ACCEPTED_SHARE_MIN;
    let stages = report
        .stages
        .iter()
        .filter(|stage| !stage.generator_limited && stage.failed == 0.0 && enough(stage.offered, stage.accepted));
    let trials = report
        .knee
        .iter()
        .flat_map(|knee| &knee.trials)
        .filter(|trial| !trial.generator_limited && trial.held && enough(trial.offered, trial.accepted));
    let rates = stages.map(|stage| stage.accepted).chain(trials.map(|trial| trial.accepted));
    rates.filter(|rate| rate.is_finite()).fold(0.0, f64::max)
}

/// How long `waiting` envelopes take while `average` a second keep coming; none if they never end.
fn drain_seconds(waiting: f64, average: f64, drain_per_second: Option<f64>) -> Option<f64> {
    let gained = drain_per_second? - average;
    (gained > 0.0).then(|| waiting / gained)
}
