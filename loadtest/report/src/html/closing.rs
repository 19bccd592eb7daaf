//! The end of the page: where and with what it was run, so that it can be run again.

use crate::Report;
use phytohub_plot::markup::{Cell, Column, Table, escape, section};
use phytohub_plot::units;

/// Machine, versions, seed, what generator and hub used, and all settings.
pub(super) fn closing(report: &Report) -> String {
    let mut table = Table::new("Where and with what it was run", &[("what", Column::Text), ("value", Column::Text)]);
    for (name, value) in facts(report) {
        let value = if value.trim().is_empty() { "unknown".to_owned() } else { value };
        table.row([name.into(), Cell::from(value)]);
    }
    let settings = if report.scenario.settings.trim().is_empty() {
        String::new()
    } else {
        format!(
            "<details><summary>All settings as they held</summary>\n<pre tabindex=\"0\">{}</pre></details>\n",
            escape(report.scenario.settings.trim_end())
        )
    };
    section("How it was run", &(table.html() + &settings))
}

fn facts(report: &Report) -> Vec<(&'static str, String)> {
    let (machine, generator, hub) = (&report.machine, &report.generator, &report.hub);
    let place = if machine.shared { "share the machine" } else { "are on two machines" };
    let unknown = || "not measured".to_owned();
    let late = &generator.lateness;
    let lateness = if late.count == 0 {
        unknown()
    } else {
        let [p50, p99, max] = [late.p50, late.p99, late.max].map(units::latency);
        format!("p50 {p50}, p99 {p99}, max {max}")
    };
    vec![
        ("scenario", report.scenario.name.clone()),
        ("seed", report.scenario.seed.to_string()),
        ("phytoload", report.versions.phytoload.clone()),
        ("phytohub", report.versions.phytohub.clone()),
        ("processor", machine.processor.clone()),
        ("cores", machine.cores.to_string()),
        ("memory", units::size(machine.memory as f64)),
        ("system", machine.system.clone()),
        ("file system", machine.file_system.clone()),
        ("generator and hub", place.to_owned()),
        ("requests made", units::count(generator.requests)),
        ("generator's CPU", format!("{} us a request", units::significant(generator.cpu_us_per_request))),
        ("how late it began", lateness),
        ("due but never begun", units::count(generator.not_begun)),
        ("hub's CPU", hub.cpu_seconds.map_or_else(unknown, |seconds| format!("{} in all", units::span(seconds)))),
        ("commits", hub.commits.map_or_else(unknown, units::count)),
        ("written to disk", hub.written_per_envelope.map_or_else(unknown, an_envelope)),
        ("content", an_envelope(hub.content_per_envelope)),
        ("backlog worked off", hub.drain_per_second.map_or_else(unknown, units::rate)),
        ("drain at the end", units::span(hub.drain_seconds)),
    ]
}

fn an_envelope(bytes: f64) -> String {
    format!("{} an envelope", units::size(bytes))
}
