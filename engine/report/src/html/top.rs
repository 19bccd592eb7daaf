//! Begin and end of the page: what was asked, the summary, the figures that matter most, and what is not known.

use phytohub_plot::markup::{Cell, escape, figures, paragraph, section};
use phytohub_plot::units;

use crate::assemble::nines;
use crate::model::Report;

/// Title, period, summary, and whether the figures agree.
pub(super) fn head(report: &Report) -> String {
    let (class, sign, words) = match report.reconciles {
        true => ("passed", "✓", "All figures of this report agree with each other and with the journal."),
        false => ("failed", "✗", "Figures of this report contradict each other; see the reconciliation."),
    };
    let summary: String = report.summary.iter().map(|sentence| paragraph(sentence)).collect();
    let (from, to) = (escape(&report.period.from), escape(&report.period.to));
    format!(
        "<header class=\"verdict {class}\">\n<h1>Report of the exchange <span class=\"scenario\">{from} to {to}</span>\
         </h1>\n{summary}<p><span class=\"sign\" aria-hidden=\"true\">{sign}</span> \
         <span class=\"word\">{}</span></p>\n\
         <p class=\"quiet\">Made at {} by phytohub {}. States are as of then, days and months are those of UTC.</p>\n\
         </header>\n",
        escape(words),
        escape(&report.period.made_at),
        escape(&report.version)
    )
}

/// The figures that are looked for first.
pub(super) fn key_figures(report: &Report) -> String {
    let total = &report.total;
    let unknown = || Cell::of("doubt", "not known");
    let taken = total.delivered + total.with_warnings + total.not_readable;
    let growth = report.growth.share.map(|share| {
        let sign = if share < 0.0 { "-" } else { "+" };
        format!("{sign}{} a day", units::percent(share.abs()))
    });
    let dwell =
        total.dwell.map(|dwell| format!("{}, {}", units::span(dwell.p50_seconds), units::span(dwell.p99_seconds)));
    let peak = report.capacity.peak_per_second.map(|peak| match report.capacity.used {
        Some(used) => format!("{} /s, {} of capacity", units::count(peak), units::percent(used)),
        None => format!("{} /s", units::count(peak)),
    });
    let noted = report.availability.noted_from.is_some();
    let cell = |text: Option<String>| text.map_or_else(unknown, Cell::from);
    let mut pairs: Vec<(&str, Cell)> = vec![
        ("accepted", units::count(total.accepted).into()),
        ("acknowledged", units::count(taken).into()),
        ("given up", units::count(total.failed).into()),
        ("waiting", units::count(total.pending).into()),
        ("against the period before", cell(growth)),
        ("until acknowledged: p50, p99", cell(dwell)),
        ("available", cell(report.availability.share.map(nines))),
        ("active members", units::count(report.active_members as u64).into()),
        ("active pairs", units::count(report.active_pairs as u64).into()),
        ("busiest second", cell(peak)),
        ("deliveries not accepted", cell(noted.then(|| units::count(report.refusals.total)))),
    ];
    if let Some(money) = &report.money {
        pairs.push(("cost", format!("{} {}", super::tables::sum(money.total), money.currency).into()));
    }
    section("Key figures", &figures(&pairs))
}

/// What the figures leave open.
pub(super) fn not_known(report: &Report) -> String {
    let items: String = report.not_known.iter().map(|words| format!("<li>{}</li>\n", escape(words))).collect();
    section("What is not known", &format!("<ul>\n{items}</ul>\n"))
}
