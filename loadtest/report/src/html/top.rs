//! The top of the page: the verdict with its checks, what the scenario proves, and the figures that matter most.

use crate::facts::Judged;
use crate::{Report, Verdict};
use phytohub_plot::markup::{Cell, Column, Table, escape, figures, paragraph, section};
use phytohub_plot::units;

/// The verdict, big, and each check.
pub(super) fn verdict(report: &Report) -> String {
    let (class, sign) = match report.verdict {
        Verdict::Passed => ("passed", "✓"),
        Verdict::Failed => ("failed", "✗"),
        Verdict::GeneratorLimited | Verdict::Interrupted => ("limited", "!"),
    };
    let mut html = format!(
        "<header class=\"verdict {class}\">\n<h1><span class=\"sign\" aria-hidden=\"true\">{sign}</span> \
         <span class=\"word\">{}</span> <span class=\"scenario\">{}</span></h1>\n<p>{}</p>\n<p class=\"quiet\">{}</p>\n\
         </header>\n",
        capital(report.verdict.word()),
        escape(&report.scenario.name),
        escape(&report.verdict_sentence()),
        escape(&when(report)),
    );
    html.push_str(&section("Checks", &checks(report)));
    if !report.scenario.proves.trim().is_empty() {
        html.push_str(&section("What this proves", &paragraph(report.scenario.proves.trim())));
    }
    html
}

fn when(report: &Report) -> String {
    let began = if report.started_at.is_empty() { "an unknown time" } else { &report.started_at };
    format!("Began {began}, took {}, seed {}.", units::span(report.seconds), report.scenario.seed)
}

fn checks(report: &Report) -> String {
    if report.checks.is_empty() {
        return paragraph("The scenario has no limits.");
    }
    let columns =
        [("check", Column::Text), ("holds", Column::Text), ("measured", Column::Text), ("limit", Column::Text)];
    let mut table = Table::new("Limits and what was measured", &columns);
    for check in &report.checks {
        let judged = report.judged(check);
        let (class, sign) = match judged {
            Judged::Holds => ("good", "✓"),
            Judged::Broken => ("bad", "✗"),
            Judged::Not => ("doubt", "!"),
        };
        table.row([
            check.name.as_str().into(),
            Cell::of(class, format!("{sign} {}", judged.word())),
            report.measured(check).into(),
            check.limit.as_str().into(),
        ]);
    }
    table.html()
}

/// The figures that are looked for first.
pub(super) fn key_figures(report: &Report) -> String {
    let mut pairs: Vec<(&str, Cell)> = vec![("accepted", accepted(report).into())];
    let deliver = report.latency.get("deliver").filter(|latency| latency.count > 0);
    for (name, value) in
        [("p50 of deliver", deliver.map(|latency| latency.p50)), ("p99 of deliver", deliver.map(|latency| latency.p99))]
    {
        let cell = match value {
            _ if !report.believable() => Cell::of("doubt", report.not_believable()),
            Some(value) => units::latency(value).into(),
            None => "not measured".into(),
        };
        pairs.push((name, cell));
    }
    let or_unknown = |text: Option<String>| text.unwrap_or_else(|| "not measured".to_owned());
    let cpu = report.hub.cpu_us_per_envelope.map(|us| format!("{} us an envelope", units::significant(us)));
    pairs.push(("hub CPU", or_unknown(cpu).into()));
    pairs.push(("hub memory, most", or_unknown(report.hub.memory_max.map(|bytes| units::size(bytes as f64))).into()));
    let faulty = report.ledger.faulty();
    let sum = format!(
        "{} accepted, {}",
        units::count(report.ledger.accepted),
        if faulty == 0 { "no fault".to_owned() } else { format!("{} at fault", units::count(faulty)) }
    );
    pairs.push(("ledger", Cell::of(if faulty == 0 { "" } else { "bad" }, sum)));
    section("Key figures", &figures(&pairs))
}

fn accepted(report: &Report) -> String {
    let Some(rate) = report.accepted_rate() else { return "not measured".to_owned() };
    match report.fastest_stage().filter(|_| report.stages.len() > 1) {
        Some(stage) => format!("{}, at most {}", units::rate(rate), units::rate(stage.accepted)),
        None => units::rate(rate),
    }
}

/// With a capital letter, as a heading begins.
fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
