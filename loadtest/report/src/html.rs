//! The report as one page that needs nothing else: style and plots are in it, and nothing of it runs.

mod closing;
mod plots;
mod tables;
mod top;

use crate::Report;
use phytohub_plot::page;

/// The report as `report.html`: complete in itself, for a screen, a phone and paper, in the light and in the dark.
pub fn page(report: &Report) -> String {
    let title = format!("{}: {} - phytoload", report.scenario.name, report.verdict.word());
    let sections = [
        top::verdict(report),
        top::key_figures(report),
        tables::capacity(report),
        tables::stages(report),
        plots::plots(report),
        tables::latency(report),
        tables::knee(report),
        "<div class=\"beside\">\n".to_owned(),
        tables::ledger(report),
        tables::errors(report),
        tables::faults(report),
        "</div>\n".to_owned(),
        tables::cost(report),
        closing::closing(report),
    ];
    page::page(&title, &sections.concat())
}
