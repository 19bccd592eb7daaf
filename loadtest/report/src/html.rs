//! The report as one page that needs nothing else: style and plots are in it, and nothing of it runs.

mod closing;
pub(crate) mod markup;
mod plots;
mod tables;
mod top;

use crate::Report;
use markup::escape;

/// Nothing may be fetched and nothing run: a name from a certificate or a hub that got past the escaping is still only
/// text.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

const STYLE: &str = include_str!("html/page.css");

/// The report as `report.html`: complete in itself, for a screen, a phone and paper, in the light and in the dark.
pub fn page(report: &Report) -> String {
    let title = escape(&format!("{}: {}", report.scenario.name, report.verdict.word()));
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
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title} - phytoload</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n\
         </html>\n",
        sections.concat()
    )
}
