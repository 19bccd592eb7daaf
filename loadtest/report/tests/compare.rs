//! Comparison of two runs: what counts as a change, what is not comparable, and how it reads.

mod fixture;

use phytoload_report::compare::{Comparison, Word, compare};
use phytoload_report::{Report, Verdict};

fn word(comparison: &Comparison, metric: &str) -> Word {
    comparison.rows.iter().find(|row| row.metric == metric).map(|row| row.word).expect("the metric is compared")
}

/// The words that the metric and all metrics together get when the second run is changed so.
fn changed(metric: &str, change: impl FnOnce(&mut Report)) -> (Word, Word) {
    let mut other = fixture::report();
    change(&mut other);
    let comparison = compare(&fixture::report(), &other);
    (word(&comparison, metric), comparison.overall)
}

fn deliver(report: &mut Report) -> &mut phytoload_report::Latency {
    report.latency.entry("deliver".to_owned()).or_default()
}

#[test]
fn a_run_is_the_same_as_itself() {
    for report in [fixture::report(), fixture::complete()] {
        let comparison = compare(&report, &report);
        assert!(comparison.rows.iter().all(|row| row.word == Word::Same), "{}", comparison.text());
        assert_eq!((comparison.overall, comparison.warnings.len()), (Word::Same, 0));
    }
}

#[test]
fn a_change_within_the_noise_is_none() {
    let same = (Word::Same, Word::Same);
    let cpu = |times: f64| move |report: &mut Report| report.hub.cpu_us_per_envelope = Some(112.5 * times);
    assert_eq!(changed("hub CPU an envelope", cpu(1.04)), same);
    assert_eq!(changed("hub CPU an envelope", cpu(0.96)), same);
    let p99 = |times: f64| move |report: &mut Report| deliver(report).p99 *= times;
    assert_eq!(changed("p99 of deliver", p99(1.09)), same);
    assert_eq!(changed("failed deliveries", |report| report.stages[0].failed = 0.001), same);
    assert_eq!(changed("knee", |report| report.knee.as_mut().unwrap().rate = 12_400.0), same);
    let tiny = |report: &mut Report| deliver(report).p50 += 0.09;
    assert_eq!(changed("p50 of deliver", tiny), same);
}

#[test]
fn a_change_beyond_the_noise_has_a_direction() {
    let (better, worse) = ((Word::Better, Word::Better), (Word::Worse, Word::Worse));
    let cpu = |times: f64| move |report: &mut Report| report.hub.cpu_us_per_envelope = Some(112.5 * times);
    assert_eq!(changed("hub CPU an envelope", cpu(1.2)), worse);
    assert_eq!(changed("hub CPU an envelope", cpu(0.8)), better);
    for kind in ["acknowledge", "deliver", "pull"] {
        let slower = |report: &mut Report| report.latency.get_mut(kind).unwrap().p99 *= 1.3;
        assert_eq!(changed(&format!("p99 of {kind}"), slower), worse);
    }
    let slower = |report: &mut Report| report.stages.iter_mut().for_each(|stage| stage.accepted *= 0.9);
    assert_eq!(changed("accepted", slower), worse);
    let faster = |report: &mut Report| report.knee.as_mut().unwrap().rate = 14_000.0;
    assert_eq!(changed("knee", faster), better);
    assert_eq!(changed("failed deliveries", |report| report.stages[2].failed = 0.01), worse);
    assert_eq!(changed("written an envelope", |report| report.hub.written_per_envelope = Some(9000.0)), better);
    assert_eq!(changed("hub memory, most", |report| report.hub.memory_max = Some(120 << 20)), worse);
    assert_eq!(changed("backlog worked off", |report| report.hub.drain_per_second = Some(6000.0)), better);
    assert_eq!(changed("generator CPU a request", |report| report.generator.cpu_us_per_request = 45.0), worse);
}

#[test]
fn noisy_runs_need_a_larger_change() {
    let noisy = |cpu: f64| {
        let mut report = fixture::report();
        report.hub.cpu_us_per_envelope = Some(cpu);
        for (second, value) in report.series.hub_cpu.iter_mut().enumerate() {
            *value *= if second % 2 == 0 { 0.5 } else { 1.5 };
        }
        report
    };
    assert_eq!(word(&compare(&fixture::report(), &noisy(125.0)), "hub CPU an envelope"), Word::Same);
    assert_eq!(word(&compare(&fixture::report(), &noisy(200.0)), "hub CPU an envelope"), Word::Worse);
}

#[test]
fn both_directions_are_mixed() {
    let (_, overall) = changed("accepted", |report| {
        report.hub.cpu_us_per_envelope = Some(80.0);
        report.hub.memory_max = Some(960 << 20);
    });
    assert_eq!(overall, Word::Mixed);
}

#[test]
fn a_run_that_fails_is_worse_whatever_its_speed() {
    let (_, overall) = changed("accepted", |report| {
        report.verdict = Verdict::Failed;
        report.hub.cpu_us_per_envelope = Some(80.0);
    });
    assert_eq!(overall, Word::Worse);
}

#[test]
fn latencies_that_cannot_be_believed_are_not_comparable() {
    for (a, b) in [(fixture::report(), fixture::limited()), (fixture::limited(), fixture::report())] {
        let comparison = compare(&a, &b);
        for kind in ["acknowledge", "deliver", "pull"] {
            for percentile in ["p50", "p99", "p99.9"] {
                assert_eq!(word(&comparison, &format!("{percentile} of {kind}")), Word::NotComparable);
            }
        }
        assert_eq!(word(&comparison, "hub CPU an envelope"), Word::Same);
        assert!(comparison.text().starts_with("warning: the latencies of "), "{}", comparison.text());
        let limited = comparison.rows.iter().filter(|row| row.metric.starts_with('p'));
        assert!(limited.into_iter().all(|row| row.change_percent.is_none() && (row.a.is_none() || row.b.is_none())));
    }
}

#[test]
fn what_one_run_lacks_is_not_comparable() {
    let not = (Word::NotComparable, Word::Same);
    assert_eq!(changed("knee", |report| report.knee = None), not);
    assert_eq!(changed("hub CPU an envelope", |report| report.hub.cpu_us_per_envelope = None), not);
    assert_eq!(changed("p99 of pull", |report| report.latency.retain(|kind, _| kind != "pull")), not);
    assert_eq!(compare(&Report::default(), &Report::default()).overall, Word::NotComparable);
}

#[test]
fn other_work_or_another_machine_is_said_first() {
    let mut other = fixture::report();
    other.scenario.settings = other.scenario.settings.replace("120", "60");
    other.machine.cores = 64;
    let text = compare(&fixture::report(), &other).text();
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some(
            "warning: the machines differ: 2 x Example 3000 at 2.5 GHz, 8 GiB, Linux 6.1, ext4, shared with the hub \
             in a, 64 x Example 3000 at 2.5 GHz, 8 GiB, Linux 6.1, ext4, shared with the hub in b"
        )
    );
    assert_eq!(lines.next(), Some("warning: the settings differ: members (120 in a, 60 in b)"));
    assert_eq!(lines.next(), Some("a: world, hub 0.1.0, phytoload 0.1.0, 2026-03-02T09:30:00Z, passed"));
}

#[test]
fn it_reads_well_and_can_be_read_by_programs() {
    let mut other = fixture::report();
    other.hub.cpu_us_per_envelope = Some(90.0);
    other.knee = None;
    let comparison = compare(&fixture::report(), &other);
    let expected = "\
a: world, hub 0.1.0, phytoload 0.1.0, 2026-03-02T09:30:00Z, passed
b: world, hub 0.1.0, phytoload 0.1.0, 2026-03-02T09:30:00Z, passed

  metric                         a        b   change       noise
  accepted                  247 /s   247 /s   +0.0 %       5.0 %  same
  p50 of acknowledge       1.25 ms  1.25 ms   +0.0 %      10.0 %  same
  p99 of acknowledge          5 ms     5 ms   +0.0 %      10.0 %  same
  p99.9 of acknowledge       10 ms    10 ms   +0.0 %      20.0 %  same
  p50 of deliver           1.94 ms  1.94 ms   +0.0 %      10.0 %  same
  p99 of deliver           7.75 ms  7.75 ms   +0.0 %      10.0 %  same
  p99.9 of deliver         15.5 ms  15.5 ms   +0.0 %      20.0 %  same
  p50 of pull               3.5 ms   3.5 ms   +0.0 %      10.0 %  same
  p99 of pull                14 ms    14 ms   +0.0 %      10.0 %  same
  p99.9 of pull              28 ms    28 ms   +0.0 %      20.0 %  same
  hub CPU an envelope       112 us    90 us  -20.0 %       5.0 %  better
  written an envelope       10 KiB   10 KiB   +0.0 %       5.0 %  same
  hub memory, most          96 MiB   96 MiB   +0.0 %      20.0 %  same
  backlog worked off         5 k/s    5 k/s   +0.0 %       5.0 %  same
  generator CPU a request  37.5 us  37.5 us   +0.0 %       5.0 %  same
  failed deliveries            0 %      0 %        -  0.1 points  same
  knee                      12 k/s        -        -       6.4 %  not comparable

overall: better
";
    let text = comparison.text();
    assert_eq!(text, expected);
    let json = serde_json::to_value(&comparison).unwrap();
    let row = json["rows"].as_array().unwrap().iter().find(|row| row["metric"] == "hub CPU an envelope").unwrap();
    assert_eq!(json["overall"], "better");
    assert_eq!((row["unit"].as_str(), row["word"].as_str()), (Some("microseconds"), Some("better")));
    assert_eq!(row["change_percent"], -20.0);
}
