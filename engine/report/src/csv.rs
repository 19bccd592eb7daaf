//! The report's foremost table as CSV (RFC 4180): for spreadsheets, one row a line, a header first.

use crate::model::{By, Figures, Line, MemberLine, Report};

/// Columns of figures, in the order of [`fields`].
const FIGURES: [&str; 9] = [
    "accepted",
    "delivered",
    "with_warnings",
    "not_readable",
    "failed",
    "pending",
    "dwell_p50_seconds",
    "dwell_p90_seconds",
    "dwell_p99_seconds",
];

/// The table that the report is foremost by.
pub fn csv(report: &Report) -> String {
    let name = match report.by {
        By::Month => "month",
        By::Member => return members(&report.members),
        By::Pair => "pair",
        By::Type => "type",
    };
    let lines = match report.by {
        By::Pair => &report.pairs,
        By::Type => &report.types,
        By::Month | By::Member => &report.months,
    };
    let mut text = row([name.to_owned()].into_iter().chain(FIGURES.map(str::to_owned)));
    lines
        .iter()
        .for_each(|Line { name, figures }| text.push_str(&row([name.clone()].into_iter().chain(fields(figures)))));
    text
}

fn members(members: &[MemberLine]) -> String {
    let figures = |side: &'static str| FIGURES.map(|name| format!("{side}_{name}"));
    let head = ["member", "name", "active", "refused"].map(str::to_owned);
    let mut text = row(head.into_iter().chain(figures("sent")).chain(figures("received")));
    for member in members {
        let head = [member.code.clone(), member.name.clone(), member.active.to_string(), member.refused.to_string()];
        text.push_str(&row(head.into_iter().chain(fields(&member.sent)).chain(fields(&member.received))));
    }
    text
}

/// What is not known is an empty field.
fn fields(figures: &Figures) -> Vec<String> {
    let counts = [
        figures.accepted,
        figures.delivered,
        figures.with_warnings,
        figures.not_readable,
        figures.failed,
        figures.pending,
    ];
    let dwell = figures.dwell.map(|dwell| [dwell.p50_seconds, dwell.p90_seconds, dwell.p99_seconds]);
    let dwell = dwell.map_or_else(Default::default, |dwell| dwell.map(|seconds| seconds.to_string()));
    counts.iter().map(u64::to_string).chain(dwell).collect()
}

fn row(fields: impl Iterator<Item = String>) -> String {
    let fields: Vec<String> = fields.map(|field| quoted(&field)).collect();
    format!("{}\r\n", fields.join(","))
}

/// A field as it may stand in a row. One that a spreadsheet would take for a formula gets an apostrophe, so that a name
/// cannot become one.
fn quoted(field: &str) -> String {
    let formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let field = if formula { format!("'{field}") } else { field.to_owned() };
    if field.contains([',', '"', '\r', '\n']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_its_field_and_is_no_formula() {
        assert_eq!(quoted("a,\"b\"\n"), "\"a,\"\"b\"\"\n\"");
        assert_eq!(quoted("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(quoted("KE to NL"), "KE to NL");
    }
}
