//! The tables of the page: stages, latency, knee, capacity, ledger, errors, faults and cost.

use crate::{Latency, Report};
use phytohub_plot::markup::{Cell, Column, Table, paragraph, section};
use phytohub_plot::units;

use Column::{Number, Text};

/// What stands in a cell for a latency that cannot be believed; the reason stands above the table.
const NOT_BELIEVABLE: &str = "not believable";

/// What stands in a cell for what nobody measured.
const NOT_MEASURED: &str = "not measured";

/// A row for each part of the run.
pub(super) fn stages(report: &Report) -> String {
    if report.stages.is_empty() {
        return String::new();
    }
    let columns = [
        ("stage", Text),
        ("from", Number),
        ("for", Number),
        ("offered", Number),
        ("accepted", Number),
        ("acknowledged", Number),
        ("failed", Number),
        ("p50", Number),
        ("p99", Number),
        ("p99.9", Number),
        ("max", Number),
        ("hub CPU", Number),
        ("generator", Text),
    ];
    let mut table = Table::new("Stages, with the latency of deliveries", &columns);
    for stage in &report.stages {
        let believable = report.believable() && !stage.generator_limited;
        let mut cells: Vec<Cell> = vec![
            stage.name.as_str().into(),
            units::span(stage.from).into(),
            units::span(stage.seconds()).into(),
            units::rate(stage.offered).into(),
            units::rate(stage.accepted).into(),
            units::rate(stage.acknowledged).into(),
            units::percent(stage.failed).into(),
        ];
        cells.extend(latencies(&stage.latency, believable));
        cells.push(stage.hub_cpu.map_or_else(|| NOT_MEASURED.to_owned(), units::percent).into());
        cells.push(kept_up(stage.generator_limited));
        table.row(cells);
    }
    section("Stages", &table.html())
}

/// p50, p99, p99.9 and the largest.
fn latencies(latency: &Latency, believable: bool) -> Vec<Cell> {
    let values = [latency.p50, latency.p99, latency.p999, latency.max];
    let cell = |value: f64| match (believable, latency.count) {
        (false, _) => Cell::of("doubt", NOT_BELIEVABLE),
        (true, 0) => NOT_MEASURED.into(),
        (true, _) => units::latency(value).into(),
    };
    values.into_iter().map(cell).collect()
}

fn kept_up(limited: bool) -> Cell {
    if limited { Cell::of("doubt", "limited") } else { "kept up".into() }
}

/// A row for each kind of request.
pub(super) fn latency(report: &Report) -> String {
    if report.latency.is_empty() {
        return String::new();
    }
    let columns =
        [("request", Text), ("measured", Number), ("p50", Number), ("p99", Number), ("p99.9", Number), ("max", Number)];
    let mut table = Table::new("Latency by kind of request", &columns);
    for (kind, latency) in &report.latency {
        let mut cells: Vec<Cell> = vec![kind.as_str().into(), units::count(latency.count).into()];
        cells.extend(latencies(latency, report.believable()));
        table.row(cells);
    }
    let doubt = if report.believable() { String::new() } else { paragraph(&sentence(&report.not_believable())) };
    section("Latency", &(doubt + &table.html()))
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).chain(['.']).collect()).unwrap_or_default()
}

/// The knee with every rate that was tried.
pub(super) fn knee(report: &Report) -> String {
    let Some(knee) = &report.knee else { return String::new() };
    let mut html = paragraph(&crate::text::knee_sentence(knee));
    if !knee.limit.is_empty() {
        html.push_str(&paragraph(&format!("Beyond it breaks: {}.", knee.limit.trim_end_matches('.'))));
    }
    let columns = [
        ("repeat", Number),
        ("offered", Number),
        ("accepted", Number),
        ("p99 of deliver", Number),
        ("limits", Text),
        ("generator", Text),
    ];
    let mut table = Table::new("Rates that were tried", &columns);
    for trial in &knee.trials {
        let p99 = if trial.generator_limited || !report.believable() {
            Cell::of("doubt", NOT_BELIEVABLE)
        } else {
            units::latency(trial.p99).into()
        };
        let limits = match (trial.generator_limited, trial.held) {
            (true, _) => Cell::of("doubt", "! not judged"),
            (false, true) => Cell::of("good", "✓ held"),
            (false, false) => Cell::of("bad", "✗ broken"),
        };
        table.row([
            trial.repeat.to_string().into(),
            units::rate(trial.offered).into(),
            units::rate(trial.accepted).into(),
            p99,
            limits,
            kept_up(trial.generator_limited),
        ]);
    }
    if !knee.trials.is_empty() {
        html.push_str(&table.html());
    }
    section("Knee", &html)
}

/// What the hub holds on this machine.
pub(super) fn capacity(report: &Report) -> String {
    if report.capacity.is_empty() {
        return String::new();
    }
    let columns = [
        ("volume", Text),
        ("held", Text),
        ("headroom", Number),
        ("certificates a year", Number),
        ("busiest minute", Number),
        ("outage of all receivers", Number),
        ("disk for it", Number),
        ("worked off in", Number),
    ];
    let mut table = Table::new("What this hub holds on this machine", &columns);
    for row in &report.capacity {
        table.row([
            row.name.as_str().into(),
            if row.held { Cell::of("good", "✓ held") } else { Cell::of("bad", "✗ not shown") },
            format!("{} x", units::significant(row.headroom)).into(),
            crate::text::million(row.per_year).into(),
            units::rate(row.peak_per_second).into(),
            units::span(row.outage_hours * 3600.0).into(),
            units::size(row.outage_disk).into(),
            row.drain_seconds.map_or_else(|| "unknown".to_owned(), units::span).into(),
        ]);
    }
    let note = "Headroom is the highest rate that was held, over the rate of the busiest minute: higher ones were not \
                tried, or did not hold.";
    section("Capacity", &(table.html() + &paragraph(note)))
}

/// What became of the envelopes.
pub(super) fn ledger(report: &Report) -> String {
    let ledger = &report.ledger;
    let mut table = Table::new("Envelopes by what became of them", &[("class", Text), ("envelopes", Number)]);
    table.row(["deliveries begun".into(), units::count(ledger.intended).into()]);
    table.row(["of these accepted".into(), units::count(ledger.accepted).into()]);
    for (class, count) in &ledger.classes {
        let bad = *count > 0 && crate::facts::is_faulty(class);
        table.row([class.as_str().into(), Cell::of(if bad { "bad" } else { "" }, units::count(*count))]);
    }
    table.row(["came again, as allowed".into(), units::count(ledger.offered_again).into()]);
    let faults = ledger.faults.iter().map(|fault| format!("<li>{}</li>\n", phytohub_plot::markup::escape(fault)));
    let faults: String = faults.collect();
    let faults = if faults.is_empty() { faults } else { format!("<h3>First faults</h3>\n<ul>\n{faults}</ul>\n") };
    section("Ledger", &(table.html() + &faults))
}

/// Requests that did not end as they should.
pub(super) fn errors(report: &Report) -> String {
    let mut table = Table::new("Requests that failed, by reason", &[("reason", Text), ("requests", Number)]);
    for (reason, count) in &report.errors {
        table.row([reason.as_str().into(), units::count(*count).into()]);
    }
    let html = if report.errors.is_empty() { paragraph("No request failed.") } else { table.html() };
    section("Errors", &html)
}

/// What was done to the hub on purpose.
pub(super) fn faults(report: &Report) -> String {
    if report.faults.is_empty() {
        return String::new();
    }
    let columns = [("what", Text), ("at", Number), ("served again after", Number)];
    let mut table = Table::new("What was done to the hub on purpose", &columns);
    for fault in &report.faults {
        let recovered = fault.recovered_after.map_or_else(|| "-".to_owned(), units::span);
        table.row([fault.what.as_str().into(), units::span(fault.at).into(), recovered.into()]);
    }
    section("Faults on purpose", &table.html())
}

/// What a million envelopes cost.
pub(super) fn cost(report: &Report) -> String {
    let Some(cost) = &report.cost else { return String::new() };
    let columns = [("what", Text), ("amount", Number), ("price", Number), ("cost", Number)];
    let mut table = Table::new("Cost of a million envelopes", &columns);
    let money = |amount: f64| format!("{} {}", crate::text::money(amount), cost.currency);
    for line in &cost.lines {
        let cells = [line.what.as_str(), line.amount.as_str(), line.price.as_str()];
        table.row(cells.into_iter().map(Cell::from).chain([money(line.cost).into()]));
    }
    table.row(["total".into(), "".into(), "".into(), Cell::of("strong", money(cost.total))]);
    section("Cost", &table.html())
}
