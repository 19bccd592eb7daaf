//! Who still sends what a release will refuse, as text, CSV and a page.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::feed::{escape, sentences};
use crate::release::Release;
use crate::seen::{Row, Seen, Sender};

/// What a release has seen in shadow, with what it tried.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = ReleaseReport)]
#[serde(deny_unknown_fields)]
pub struct ShadowReport {
    /// The release.
    pub release: Release,
    /// What the shadow is made of: all releases that are in force when this one becomes active, the lowest first.
    pub tried: Vec<String>,
    /// What it has seen; none if it was never in shadow.
    pub seen: Option<Seen>,
}

/// The forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    Text,
    /// All of it.
    Json,
    /// One line a sender, rule and class, for a spreadsheet.
    Csv,
    /// A page that needs nothing else.
    Html,
}

const COLUMNS: [&str; 10] = [
    "from",
    "rule",
    "level",
    "certificate_type",
    "certificate_status",
    "count",
    "by_validate_and_deliver",
    "first_seen",
    "last_seen",
    "example_certificate",
];

/// Nothing may be fetched and nothing run.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

const STYLE: &str = include_str!("report.css");

impl ShadowReport {
    /// Writes it.
    pub fn write(&self, format: Format) -> String {
        match format {
            Format::Text => self.text(),
            Format::Json => format!("{:#}", serde_json::json!(self)),
            Format::Csv => self.csv(),
            Format::Html => self.html(),
        }
    }

    fn rows(&self) -> Vec<Row> {
        self.seen.as_ref().map(Seen::rows).unwrap_or_default()
    }

    /// Those who send what it will refuse, most first.
    fn refused(&self) -> Vec<(&String, &Sender)> {
        let senders = self.seen.iter().flat_map(|seen| &seen.senders);
        let mut refused: Vec<_> = senders.filter(|(_, sender)| 0 < sender.newly_refused).collect();
        refused.sort_by_key(|(_, sender)| std::cmp::Reverse(sender.newly_refused));
        refused
    }

    /// The sentences above the table.
    fn summary(&self) -> Vec<String> {
        let Self { release, tried, seen } = self;
        let mut lines =
            vec![format!("release {}: {} ({})", release.id, release.title, release.state), sentences(release)];
        if 1 < tried.len() {
            lines.push(format!("Tried together, as they will be in force together: {}.", tried.join("; ")));
        }
        let Some(seen) = seen else {
            lines.push(format!("It was never in shadow: `phytohub change shadow DIR {}` lets it judge.", release.id));
            return lines;
        };
        let last = seen.last_at.map_or("none yet".to_owned(), |at| at.to_string());
        lines.push(format!(
            "Since {} it judged {} deliveries (the last: {last}): {} of them only it refuses, {} only what is in \
             force.",
            seen.since, seen.judged, seen.newly_refused, seen.no_longer_refused
        ));
        if 0 < seen.left_out {
            lines.push(format!("{} deliveries were not judged because too many waited.", seen.left_out));
        }
        if 0 < seen.beyond_rows {
            lines.push(format!("{} findings are beyond the rows that are told apart.", seen.beyond_rows));
        }
        lines
    }

    fn text(&self) -> String {
        let mut text = self.summary().join("\n");
        let refused = self.refused();
        if self.seen.is_some() && refused.is_empty() {
            text.push_str("\nNobody sends what it will refuse.");
        }
        for (from, sender) in refused {
            let Sender { judged, newly_refused, enforced, last_refused_at } = sender;
            let last = last_refused_at.map_or(String::new(), |at| format!(", last {at}"));
            let _ = write!(
                text,
                "\n{from}: {newly_refused} of {judged} will be refused{last}; {enforced} came by \
                 ValidateAndDeliverEnvelope, which refuses"
            );
        }
        for row in self.rows() {
            let Row { from, rule, level, certificate_type, certificate_status, count, .. } = &row;
            let _ = write!(
                text,
                "\n  {from:<13}{level:<8} {rule:<28}{certificate_type}:{certificate_status} {count:>8}  {} to {}, such \
                 as {}",
                row.first_at,
                row.last_at,
                printable(&row.example)
            );
        }
        text
    }

    fn csv(&self) -> String {
        let mut text = COLUMNS.join(",") + "\r\n";
        for row in self.rows() {
            let cells = cells(&row).map(|cell| quoted(&cell));
            text.push_str(&cells.join(","));
            text.push_str("\r\n");
        }
        text
    }

    fn html(&self) -> String {
        let title = escape(&format!("Release {}: {}", self.release.id, self.release.title));
        let mut body: String = self.summary().iter().skip(1).map(|line| format!("<p>{}</p>\n", escape(line))).collect();
        let senders = self.refused().into_iter().map(|(from, sender)| {
            let last = sender.last_refused_at.map_or(String::new(), |at| at.to_string());
            let [judged, refused, enforced] =
                [sender.judged, sender.newly_refused, sender.enforced].map(|count| count.to_string());
            vec![from.clone(), judged, refused, enforced, last]
        });
        let heads = ["From", "Judged", "Will be refused", "Of these by ValidateAndDeliverEnvelope", "Last seen"];
        body.push_str(&table("Who sends what will be refused", &heads, &[1, 2, 3], senders.collect()));
        let heads = COLUMNS.map(|column| column.replace('_', " "));
        let rows = self.rows().iter().map(|row| cells(row).to_vec()).collect();
        body.push_str(&table("By sender, rule and class", &heads.each_ref().map(String::as_str), &[5, 6], rows));
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n\
             </head>\n<body>\n<main>\n<h1>{title}</h1>\n{body}</main>\n</body>\n</html>\n"
        )
    }
}

fn cells(row: &Row) -> [String; 10] {
    [
        row.from.clone(),
        row.rule.clone(),
        row.level.clone(),
        row.certificate_type.to_string(),
        row.certificate_status.to_string(),
        row.count.to_string(),
        row.enforced.to_string(),
        row.first_at.to_string(),
        row.last_at.to_string(),
        row.example.clone(),
    ]
}

/// A table whose columns `numbers` are set to the right; nothing where it has no rows.
fn table(caption: &str, heads: &[&str], numbers: &[usize], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let class = |column: usize| if numbers.contains(&column) { " class=\"number\"" } else { "" };
    let cell = |(column, cell): (usize, &String)| format!("<td{}>{}</td>", class(column), escape(cell));
    let heads = heads.iter().enumerate();
    let heads: String =
        heads.map(|(at, head)| format!("<th scope=\"col\"{}>{}</th>", class(at), escape(head))).collect();
    let rows: String =
        rows.iter().map(|row| format!("<tr>{}</tr>\n", row.iter().enumerate().map(cell).collect::<String>())).collect();
    format!(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\"><table>\n\
         <caption>{caption}</caption>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
    )
}

/// A value of CSV. A spreadsheet must not take what a sender wrote for a formula.
fn quoted(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if is_formula { format!("'{cell}") } else { cell.to_owned() };
    match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    }
}

/// A number from a certificate must not write over a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '?' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use phytohub_model::Timestamp;

    use super::*;
    use crate::seen::Delivery;
    use crate::{Artefact, Changes, Store};

    fn report() -> ShadowReport {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path(), Timestamp(1), [1; 16]).unwrap();
        let text = "# profile: <national>\nunit-code = severe\n";
        let artefact = Artefact::read(text.as_bytes()).unwrap();
        let parts = (&artefact, Changes::default());
        let id = store.announce(Default::default(), text.as_bytes(), parts, Timestamp(1), |_, _| Ok(())).unwrap();
        let mut seen = Seen::new(Timestamp(2));
        let delivery = Delivery {
            from: "KE",
            certificate_type: 851,
            certificate_status: 70,
            certificate_number: "=1,\"<b>\u{1b}",
            is_enforced: true,
            at: Timestamp(3),
        };
        seen.judged(&delivery, (false, true), [("unit-code", "SEVERE")].into_iter());
        seen.judged(&Delivery { from: "NL", ..delivery }, (false, false), std::iter::empty());
        ShadowReport { release: store.book().get(id).unwrap().clone(), tried: vec!["a".into()], seen: Some(seen) }
    }

    #[test]
    fn each_form_names_the_sender_and_the_rule_and_is_safe_to_open() {
        let report = report();
        let text = report.write(Format::Text);
        assert!(text.contains("KE: 1 of 1 will be refused") && text.contains("unit-code"), "{text}");
        assert!(!text.contains('\u{1b}') && !text.contains("NL:"), "{text}");
        let csv = report.write(Format::Csv);
        let line = csv.lines().nth(1).unwrap();
        assert!(line.starts_with("KE,unit-code,SEVERE,851,70,1,1,1970-01-01T00:00:00.003Z,"), "{line}");
        assert!(line.contains("\"'=1,\"\"<b>"), "{line}");
        let html = report.write(Format::Html);
        assert!(html.contains("<td>unit-code</td>") && html.contains("=1,&quot;&lt;b&gt;?"), "{html}");
        assert!(!html.contains("<b>") && !html.contains("<national>"), "{html}");
        let json = report.write(Format::Json);
        assert_eq!(serde_json::from_str::<ShadowReport>(&json).unwrap(), report);
    }

    #[test]
    fn a_report_without_a_shadow_says_how_to_get_one() {
        let text = ShadowReport { seen: None, ..report() }.write(Format::Text);
        assert!(text.contains("never in shadow") && text.contains("phytohub change shadow"), "{text}");
    }
}
