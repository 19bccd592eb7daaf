//! The report as one page that needs nothing else, for a screen, a phone and paper.

mod plots;
mod tables;
mod top;

use phytohub_plot::page;

use crate::model::{By, Report};

/// The report as a page.
pub fn page(report: &Report) -> String {
    let title = format!("Report of the exchange, {} to {} - phytohub", report.period.from, report.period.to);
    let mut grouped = [
        (By::Month, tables::months(report)),
        (By::Member, tables::members(report)),
        (By::Pair, tables::pairs(report)),
        (By::Type, tables::types(report)),
    ];
    // What was asked for comes first, the others keep their order.
    grouped.sort_by_key(|(by, _)| *by != report.by);
    let grouped: String = grouped.into_iter().map(|(_, table)| table).collect();
    let sections = [
        top::head(report),
        top::key_figures(report),
        plots::plots(report),
        grouped,
        tables::copies(report),
        tables::refusals(report),
        tables::quality(report),
        tables::availability(report),
        tables::capacity(report),
        tables::money(report),
        tables::reconciliation(report),
        top::not_known(report),
    ];
    page::page(&title, &sections.concat())
}
