//! The capacity table: its arithmetic, and what counts as held.

mod fixture;

use phytoload_report::{Report, capacity};

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() <= other.abs() * 1e-9
}

/// The fixture with its stages only, the last one at `rate`.
fn at(rate: f64) -> Report {
    let mut report = fixture::report();
    report.knee = None;
    for stage in &mut report.stages {
        (stage.offered, stage.accepted) = (rate, rate);
    }
    report
}

fn held(report: &Report) -> [bool; 3] {
    let rows = capacity::rows(report, 24.0);
    [rows[0].held, rows[1].held, rows[2].held]
}

#[test]
fn the_world_is_counted() {
    let rows = capacity::rows(&at(700.0), 24.0);
    let names: Vec<_> = rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["today's world", "ten times", "a hundred times"]);
    // 15 million / 250 days / 10 hours / 3600 s is 1 2/3 a second, four times that is 6 2/3.
    let (average, peak) = (5.0 / 3.0, 20.0 / 3.0);
    for (row, times) in rows.iter().zip([1.0, 10.0, 100.0]) {
        assert!(close(row.per_year, 15e6 * times) && close(row.peak_per_second, peak * times), "{row:?}");
        assert!(close(row.headroom, 700.0 / (peak * times)), "{row:?}");
        let waiting = average * times * 24.0 * 3600.0;
        assert!(close(row.outage_disk, waiting * 10_240.0), "{row:?}");
        assert!(row.drain_seconds.is_some_and(|drain| close(drain, waiting / (5000.0 - average * times))), "{row:?}");
        assert!(close(row.outage_hours, 24.0));
    }
}

#[test]
fn a_peak_is_held_by_a_rate_at_least_as_high() {
    assert_eq!(held(&at(700.0)), [true, true, true]);
    assert_eq!(held(&at(666.0)), [true, true, false]);
    assert_eq!(held(&at(6.6)), [false, false, false]);
    assert_eq!(held(&Report::default()), [false, false, false]);
}

#[test]
fn a_rate_that_is_not_believable_or_not_served_holds_nothing() {
    let spoilt = |spoil: &dyn Fn(&mut phytoload_report::Stage)| {
        let mut report = at(700.0);
        report.stages.iter_mut().for_each(spoil);
        held(&report)
    };
    assert_eq!(spoilt(&|stage| stage.accepted = 690.0), [true, true, true], "98.6 % are enough");
    assert_eq!(spoilt(&|stage| stage.accepted = 680.0), [false, false, false], "97.1 % are not");
    assert_eq!(spoilt(&|stage| stage.failed = 0.0001), [false, false, false]);
    assert_eq!(spoilt(&|stage| stage.generator_limited = true), [false, false, false]);
    let mut report = at(700.0);
    report.ledger.classes.insert("lost".to_owned(), 1);
    assert_eq!(held(&report), [false, false, false], "one lost envelope");
}

#[test]
fn a_trial_of_the_knee_counts_if_it_held() {
    let mut report = fixture::report();
    assert!(close(capacity::rows(&report, 24.0)[0].headroom, 12_300.0 / (20.0 / 3.0)), "the highest that held");
    for trial in report.knee.iter_mut().flat_map(|knee| &mut knee.trials) {
        trial.held = false;
    }
    assert!(close(capacity::rows(&report, 24.0)[0].headroom, 667.0 / (20.0 / 3.0)), "the stages are left");
}

#[test]
fn what_was_not_measured_is_not_made_up() {
    let mut report = at(700.0);
    report.hub.written_per_envelope = None;
    report.hub.drain_per_second = None;
    let row = &capacity::rows(&report, 1.0)[0];
    assert!(close(row.outage_disk, 6000.0 * 9216.0), "the content, where what was written is unknown");
    assert_eq!(row.drain_seconds, None);
    report.hub.drain_per_second = Some(100.0);
    let rows = capacity::rows(&report, 1.0);
    assert!(rows[1].drain_seconds.is_some());
    assert_eq!(rows[2].drain_seconds, None, "167 a second come, 100 go");
}
