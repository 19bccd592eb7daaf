//! The report as data and as text.

mod fixture;

use phytoload_report::{FORMAT, Report, Verdict, text};

#[test]
fn what_is_written_is_read_again() {
    for report in [fixture::report(), fixture::limited()] {
        assert_eq!(Report::parse(&report.to_json()), Ok(report));
    }
    let json = Report::default().to_json();
    assert_eq!(Report::parse(&json).unwrap().format, FORMAT, "whatever was in the field");
}

#[test]
fn another_format_is_refused_with_what_to_do() {
    let json = fixture::report().to_json().replacen("\"format\": 1", "\"format\": 7", 1);
    let error = Report::parse(&json).unwrap_err();
    assert_eq!(error, "the report has format 7, this phytoload reads format 1; use the version that wrote it");
    assert!(Report::parse("{}").unwrap_err().starts_with("this is not a report of phytoload: "));
    assert!(Report::parse("{\"format\": 1}").unwrap_err().starts_with("the report is damaged: "));
}

#[test]
fn the_summary_begins_with_the_verdict() {
    let expected = "\
PASSED: world. All 3 checks hold.

checks
  ok  every accepted envelope delivered once  22,179 of 22,179  all
  ok  p99 of deliver                          7.75 ms           at most 20 ms
  ok  failed deliveries                       0.175 %           at most 1 %

key figures
  accepted                247 /s
  at most                 667 /s in stage a hundred
  latency of acknowledge  p50 1.25 ms, p99 5 ms, p99.9 10 ms, max 40 ms
  latency of deliver      p50 1.94 ms, p99 7.75 ms, p99.9 15.5 ms, max 62 ms
  latency of pull         p50 3.5 ms, p99 14 ms, p99.9 28 ms, max 112 ms
  hub CPU                 112 us an envelope
  hub memory, most        96 MiB
  written to disk         10 KiB an envelope
  generator CPU           37.5 us a request

ledger
  deliveries begun        22,218
  of these accepted       22,179
  delivered once          22,179
  lost                         0
  refused                      0
  unanswered                  39
  came again, as allowed      11

errors
  connection refused  37
  no answer in 10 s    2

knee
  The knee is at 12 k/s, the median of 3 repeats from 11.7 k/s to 12.3 k/s, which are 5 % apart.
  beyond it breaks: p99 of deliver at most 20 ms

capacity
  volume                  a year  busiest minute        headroom  outage  disk for it  worked off in
  today's world       15 million         6.67 /s  held   1,845 x     1 d     1.37 GiB         28.8 s
  ten times          150 million         66.7 /s  held     184 x     1 d     13.7 GiB     4 min 49 s
  a hundred times  1,500 million          667 /s  held    18.4 x     1 d      137 GiB    49 min 39 s

cost of a million envelopes
  CPU of the hub             0.0312 hours      0.05 USD per hour  0.0016  USD
  disk while they wait   0.314 GiB-months  0.1 USD per GiB-month  0.0314  USD
  disk for their tracks   3.14 GiB-months  0.1 USD per GiB-month  0.3135  USD
  sent to receivers              8.58 GiB       0.09 USD per GiB  0.7725  USD
  total                                                           1.1189  USD
";
    assert_eq!(text::summary(&fixture::complete()), expected);
}

#[test]
fn the_summary_shows_no_latency_that_cannot_be_believed() {
    let summary = text::summary(&fixture::limited());
    assert!(
        summary.starts_with("GENERATOR LIMITED: world. The generator could not keep up (it began deliveries late)")
    );
    for figure in ["1.94 ms", "7.75 ms", "62 ms", "112 ms"] {
        assert!(!summary.contains(figure), "{figure} in {summary}");
    }
    assert!(summary.contains("not judged  p99 of deliver"));
}

#[test]
fn a_broken_check_and_a_fault_are_said() {
    let mut report = fixture::report();
    report.verdict = Verdict::Failed;
    report.checks[0].passed = false;
    report.ledger.faults.push("envelope 7 came altered\u{1b}[2J".to_owned());
    let summary = text::summary(&report);
    assert!(summary.starts_with("FAILED: world. One check does not hold.\n"), "{summary}");
    assert!(summary.contains("  broken  every accepted envelope"), "{summary}");
    assert!(summary.contains("  ! envelope 7 came altered?[2J\n"), "{summary}");
}

#[test]
fn a_report_of_nothing_has_a_summary() {
    let summary = text::summary(&Report::default());
    assert!(summary.contains("not measured") && !summary.contains("NaN"), "{summary}");
}
