//! The report in a few lines, for the end of a run on a terminal.

use crate::table::{Side, aligned, printable};
use crate::{Knee, Latency, Report};
use phytohub_plot::units;

use Side::{Left, Right};

/// The report in short: the verdict, the checks, the key figures, the ledger, and knee, capacity and cost where there
/// are any.
pub fn summary(report: &Report) -> String {
    let mut text = format!(
        "{}: {}. {}\n",
        report.verdict.word().to_uppercase(),
        printable(&report.scenario.name),
        printable(&report.verdict_sentence())
    );
    let parts = [
        ("checks", checks(report)),
        ("key figures", key_figures(report)),
        ("ledger", ledger(report)),
        ("errors", errors(report)),
        ("knee", knee(report)),
        ("capacity", capacity(report)),
        ("cost of a million envelopes", cost(report)),
    ];
    for (heading, part) in parts.iter().filter(|(_, part)| !part.is_empty()) {
        text.push_str(&format!("\n{heading}\n{part}"));
    }
    text
}

fn checks(report: &Report) -> String {
    let row = |check: &crate::Check| {
        let word = report.judged(check).word().to_owned();
        vec![word, check.name.clone(), report.measured(check).to_owned(), check.limit.clone()]
    };
    aligned(&[Left; 4], &report.checks.iter().map(row).collect::<Vec<_>>())
}

fn key_figures(report: &Report) -> String {
    let unknown = || "not measured".to_owned();
    let hub = &report.hub;
    let mut rows = vec![vec!["accepted".to_owned(), report.accepted_rate().map_or_else(unknown, units::rate)]];
    if let Some(stage) = report.fastest_stage().filter(|_| report.stages.len() > 1) {
        rows.push(vec!["at most".to_owned(), format!("{} in stage {}", units::rate(stage.accepted), stage.name)]);
    }
    for (kind, latency) in report.latency.iter().filter(|(_, latency)| latency.count > 0) {
        // The verdict above says why.
        let figures = if report.believable() { latencies(latency) } else { "not believable".to_owned() };
        rows.push(vec![format!("latency of {kind}"), figures]);
    }
    let cpu = hub.cpu_us_per_envelope.map(|us| format!("{} us an envelope", units::significant(us)));
    rows.push(vec!["hub CPU".to_owned(), cpu.unwrap_or_else(unknown)]);
    rows.push(vec!["hub memory, most".to_owned(), hub.memory_max.map_or_else(unknown, |max| units::size(max as f64))]);
    let written = hub.written_per_envelope.map(|bytes| format!("{} an envelope", units::size(bytes)));
    rows.push(vec!["written to disk".to_owned(), written.unwrap_or_else(unknown)]);
    let generator = format!("{} us a request", units::significant(report.generator.cpu_us_per_request));
    rows.push(vec!["generator CPU".to_owned(), generator]);
    aligned(&[Left, Left], &rows)
}

fn latencies(latency: &Latency) -> String {
    let [p50, p99, p999, max] = [latency.p50, latency.p99, latency.p999, latency.max].map(units::latency);
    format!("p50 {p50}, p99 {p99}, p99.9 {p999}, max {max}")
}

fn ledger(report: &Report) -> String {
    let ledger = &report.ledger;
    let counts = [("deliveries begun", ledger.intended), ("of these accepted", ledger.accepted)];
    let classes = ledger.classes.iter().map(|(class, count)| (class.as_str(), *count));
    let rows = counts.into_iter().chain(classes).chain([("came again, as allowed", ledger.offered_again)]);
    let rows: Vec<_> = rows.map(|(name, number)| vec![name.to_owned(), units::count(number)]).collect();
    let faults = ledger.faults.iter().map(|fault| format!("  ! {}\n", printable(fault)));
    aligned(&[Left, Right], &rows) + &faults.collect::<String>()
}

fn errors(report: &Report) -> String {
    let rows = report.errors.iter().map(|(reason, count)| vec![reason.clone(), units::count(*count)]);
    aligned(&[Left, Right], &rows.collect::<Vec<_>>())
}

fn knee(report: &Report) -> String {
    let Some(knee) = &report.knee else { return String::new() };
    let limit =
        if knee.limit.is_empty() { String::new() } else { format!("  beyond it breaks: {}\n", printable(&knee.limit)) };
    format!("  {}\n{limit}", knee_sentence(knee))
}

fn capacity(report: &Report) -> String {
    let header = ["volume", "a year", "busiest minute", "", "headroom", "outage", "disk for it", "worked off in"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(report.capacity.iter().map(|row| {
        vec![
            row.name.clone(),
            million(row.per_year),
            units::rate(row.peak_per_second),
            if row.held { "held" } else { "not shown" }.to_owned(),
            format!("{} x", units::significant(row.headroom)),
            units::span(row.outage_hours * 3600.0),
            units::size(row.outage_disk),
            row.drain_seconds.map_or_else(|| "unknown".to_owned(), units::span),
        ]
    }));
    if report.capacity.is_empty() {
        return String::new();
    }
    aligned(&[Left, Right, Right, Left, Right, Right, Right, Right], &rows)
}

fn cost(report: &Report) -> String {
    let Some(cost) = &report.cost else { return String::new() };
    let total = vec!["total".to_owned(), String::new(), String::new(), money(cost.total), cost.currency.clone()];
    let rows = cost.lines.iter().map(|line| {
        vec![line.what.clone(), line.amount.clone(), line.price.clone(), money(line.cost), cost.currency.clone()]
    });
    aligned(&[Left, Right, Right, Right, Left], &rows.chain([total]).collect::<Vec<_>>())
}

/// The knee with its repeats and how far they are apart.
pub(crate) fn knee_sentence(knee: &Knee) -> String {
    let rate = units::rate(knee.rate);
    let low = knee.repeats.iter().copied().fold(f64::INFINITY, f64::min);
    let high = knee.repeats.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if knee.repeats.len() < 2 || knee.rate <= 0.0 {
        return format!("The knee is at {rate}; it was looked for once.");
    }
    format!(
        "The knee is at {rate}, the median of {} repeats from {} to {}, which are {} apart.",
        knee.repeats.len(),
        units::rate(low),
        units::rate(high),
        units::percent((high - low) / knee.rate)
    )
}

/// A number of certificates a year: `150 million`.
pub(crate) fn million(number: f64) -> String {
    format!("{} million", units::significant(number / 1e6))
}

/// An amount of money: with four decimals, because a million envelopes may cost next to nothing.
pub(crate) fn money(amount: f64) -> String {
    format!("{amount:.4}")
}
