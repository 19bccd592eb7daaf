//! The page as a whole: it is complete in itself, shows what was found, and nothing that cannot be believed.

mod fixture;

use phytoload_report::{Check, Report, Verdict, html};

/// The text of a page, without style and markup.
fn text(page: &str) -> String {
    let body = page.split_once("</style>").map_or(page, |(_, body)| body);
    let mut text = String::new();
    let mut inside = false;
    for character in body.chars() {
        match character {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            other if !inside => text.push(other),
            _ => {}
        }
    }
    text
}

#[test]
fn it_needs_nothing_else() {
    let page = html::page(&fixture::report());
    for word in ["<script", "<link", "<img", "src=", "href=", "url(", "@import", "http://", "https://"] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn it_begins_with_the_verdict_and_shows_every_part() {
    let page = html::page(&fixture::complete());
    let text = text(&page);
    let verdict = text.find("Passed").unwrap();
    for part in ["All 3 checks hold.", "every accepted envelope delivered once", "What this proves", "Key figures"] {
        assert!(text.find(part).is_some_and(|at| at > verdict), "{part}");
    }
    for part in [
        "ten times",
        "12 k/s",
        "kill -9 and start again",
        "connection refused",
        "ext4",
        "median = 9000",
        "1,500 million",
        "GiB-months",
    ] {
        assert!(text.contains(part), "{part}");
    }
    let titles = ["Rate", "Latency of deliveries", "Pending", "Errors", "CPU", "Hub memory", "Commit"];
    for title in titles.into_iter().chain(["Latency by percentile", "Throughput against latency"]) {
        assert!(page.contains(&format!("<h3>{title}</h3></figcaption><svg")), "{title}");
    }
    assert!(!text.contains("not measured"));
}

#[test]
fn every_element_is_closed_and_every_id_is_one() {
    for report in [fixture::report(), fixture::limited(), Report::default()] {
        let page = html::page(&report);
        for name in
            ["section", "table", "figure", "svg", "text", "li", "ul", "div", "p", "th", "td", "tr", "dl", "main"]
        {
            let opened = page.matches(&format!("<{name}>")).count() + page.matches(&format!("<{name} ")).count();
            assert_eq!(opened, page.matches(&format!("</{name}>")).count(), "{name}");
        }
        for id in page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert_eq!(page.matches(&format!(" id=\"{id}\"")).count(), 1, "{id}");
        }
    }
}

#[test]
fn what_was_not_measured_is_said() {
    let page = html::page(&Report::default());
    assert_eq!(page.matches("<p class=\"none\">not measured</p>").count(), 9, "one for each plot");
    assert!(!page.contains("<path"), "no plot without data");
    assert!(!page.contains("NaN") && !page.contains("inf"), "no number that is none");
}

#[test]
fn hostile_names_stay_text() {
    let hostile = "</td><script>alert(1)</script>\" onload='x' &\u{1b}[2J";
    let mut report = fixture::report();
    for name in [
        &mut report.scenario.name,
        &mut report.scenario.proves,
        &mut report.scenario.settings,
        &mut report.started_at,
        &mut report.versions.phytohub,
        &mut report.machine.processor,
        &mut report.generator.reason,
    ] {
        hostile.clone_into(name);
    }
    report.stages.iter_mut().for_each(|stage| hostile.clone_into(&mut stage.name));
    report.faults.iter_mut().for_each(|fault| hostile.clone_into(&mut fault.what));
    report.knee.iter_mut().for_each(|knee| hostile.clone_into(&mut knee.limit));
    report.errors.insert(hostile.to_owned(), 1);
    report.ledger.faults.push(hostile.to_owned());
    report.ledger.classes.insert(hostile.to_owned(), 1);
    report.latency.insert(hostile.to_owned(), phytoload_report::Latency::default());
    report.curves.insert(hostile.to_owned(), phytoload_report::Curve { points: vec![(50.0, 1.0)] });
    let text_of = hostile.to_owned();
    report.checks.push(Check { name: text_of.clone(), limit: text_of.clone(), measured: text_of, passed: false });
    for verdict in [Verdict::Failed, Verdict::GeneratorLimited] {
        report.verdict = verdict;
        let page = html::page(&report);
        assert!(!page.contains("<script") && !page.contains("onload='") && !page.contains('\u{1b}'), "{verdict:?}");
        assert!(page.contains("&lt;script&gt;alert(1)"));
    }
}

#[test]
fn no_latency_is_shown_as_a_result_that_cannot_be_believed() {
    let page = html::page(&fixture::limited());
    let text = text(&page);
    assert!(text.contains("Generator limited"));
    assert!(text.contains("not believable: the generator could not keep up, it began deliveries late"));
    // p50, p99, p99.9 and max of the stages and of the kinds of request; the check's measure; the trials.
    let figures = ["1.94 ms", "7.75 ms", "15.5 ms", "62 ms", "1.51 ms", "6.05 ms", "1.25 ms", "17.5 ms", "48 ms"];
    let passed = html::page(&fixture::report());
    assert!(passed.contains("p99: from"));
    for figure in figures {
        assert!(passed.contains(figure), "the figure {figure} is not in the believable page either");
        assert!(!text.contains(figure), "{figure}");
    }
    assert!(text.contains("not judged"));
    assert_eq!(page.matches("<figure class=\"plot doubtful\">").count(), 3, "the plots of latencies are grey");
    assert!(!text.contains("p99: from"), "nor told to those who do not see them");
}

#[test]
fn a_stage_that_cannot_be_believed_hides_only_its_own() {
    let mut report = fixture::report();
    report.stages[0].generator_limited = true;
    let text = text(&html::page(&report));
    assert!(!text.contains("1.51 ms") && text.contains("1.63 ms"));
}

#[test]
fn a_long_run_is_drawn_with_as_many_points_as_can_be_seen() {
    let mut report = fixture::report();
    report.series = Default::default();
    report.faults.clear();
    report.series.second = (0..36_000).map(f64::from).collect();
    report.series.max = (0..36_000).map(|second| if second == 17_777 { 5000.0 } else { 1.0 }).collect();
    let page = html::page(&report);
    assert!(page.len() < 60_000, "{} bytes", page.len());
    assert!(page.contains("stands for 150 seconds"));
    // The peak is the highest point of the plot: at its upper edge.
    assert!(page.contains(" 34.0L"), "a peak is not averaged away");
}
