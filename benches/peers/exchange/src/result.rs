//! What came out: rows, as a table for people and as JSON for programs.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::harness::{BYTES, DESTINATIONS, PRODUCERS};

/// From this share of the processors on, work of others is said to have disturbed a row.
const DISTURBED: f64 = 0.1;

const MICROS_PER_MILLI: f64 = 1000.0;

/// What was measured of one of them. None stands for what could not be.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Measured {
    /// Version and the settings that matter.
    pub(crate) what: String,
    /// Length of the measured part.
    pub(crate) seconds: f64,
    /// Messages acknowledged by consumers, a second.
    pub(crate) end_to_end: f64,
    /// Messages confirmed to producers, a second.
    pub(crate) confirmed: f64,
    /// Time from the sending to the confirm, milliseconds.
    pub(crate) confirm_p50: f64,
    pub(crate) confirm_p99: f64,
    pub(crate) confirm_max: f64,
    /// CPU time of the server's processes for a message's life, microseconds.
    pub(crate) cpu_us_per_message: Option<f64>,
    /// The same of the clients.
    pub(crate) client_cpu_us_per_message: Option<f64>,
    /// Most memory of the server's processes, bytes.
    pub(crate) memory: Option<u64>,
    /// Syncs to disk.
    pub(crate) syncs_per_message: Option<f64>,
    /// Bytes written to disk.
    pub(crate) written_per_message: Option<f64>,
    /// What other programs used meanwhile, as a share of all processors.
    pub(crate) others_share: Option<f64>,
    /// Messages that consumers did not get within the time for the rest.
    pub(crate) left: u64,
}

impl Measured {
    /// Fills in the confirms, which are counted in microseconds.
    pub(crate) fn confirm(&mut self, confirms: &Histogram<u64>) {
        let millis = |micros: u64| micros as f64 / MICROS_PER_MILLI;
        self.confirm_p50 = millis(confirms.value_at_quantile(0.5));
        self.confirm_p99 = millis(confirms.value_at_quantile(0.99));
        self.confirm_max = millis(confirms.max());
    }
}

/// One of those that were to be measured.
pub(crate) struct Row {
    /// Its short name.
    pub(crate) name: &'static str,
    /// What was measured, or why nothing was.
    pub(crate) outcome: Result<Measured, String>,
}

/// Everything.
pub(crate) struct Outcome {
    rows: Vec<Row>,
    /// Name of the row that the others are compared with.
    ours: &'static str,
}

#[derive(Serialize)]
struct Document<'a> {
    producers: usize,
    destinations: usize,
    message_bytes: usize,
    processors: usize,
    /// Names in the order of the run.
    order: Vec<&'static str>,
    measured: BTreeMap<&'static str, &'a Measured>,
    end_to_end_to_ours: BTreeMap<&'static str, f64>,
    failed: BTreeMap<&'static str, &'a str>,
}

impl Outcome {
    pub(crate) fn new(rows: Vec<Row>, ours: &'static str) -> Self {
        Self { rows, ours }
    }

    /// Whether there is a figure for each.
    pub(crate) fn is_complete(&self) -> bool {
        self.rows.iter().all(|row| row.outcome.is_ok())
    }

    fn measured(&self) -> impl Iterator<Item = (&'static str, &Measured)> {
        self.rows.iter().filter_map(|row| Some((row.name, row.outcome.as_ref().ok()?)))
    }

    /// How many times as fast as ours, where ours is known.
    fn to_ours(&self, measured: &Measured) -> Option<f64> {
        let ours = self.measured().find(|(name, _)| *name == self.ours)?.1.end_to_end;
        (ours > 0.0).then(|| measured.end_to_end / ours)
    }

    /// The table, with a line below for whatever is to be known of a row.
    pub(crate) fn table(&self) -> String {
        const HEADINGS: [&str; 8] = [
            "",
            "end to end/s",
            "confirm p50 ms",
            "p99 ms",
            "server CPU us/message",
            "memory MB",
            "syncs/message",
            "ratio to ours",
        ];
        let mut lines = vec![line(HEADINGS), line(["---"; 8])];
        lines.extend(self.rows.iter().map(|row| match &row.outcome {
            Ok(measured) => self.figures(measured),
            Err(_) => line([row.name, "-", "-", "-", "-", "-", "-", "-"]),
        }));
        lines.push(String::new());
        lines.extend(self.rows.iter().flat_map(notes));
        lines.join("\n")
    }

    fn figures(&self, measured: &Measured) -> String {
        let optional = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        line([
            measured.what.clone(),
            format!("{:.0}", measured.end_to_end),
            format!("{:.1}", measured.confirm_p50),
            format!("{:.1}", measured.confirm_p99),
            optional(measured.cpu_us_per_message.map(|cpu| format!("{cpu:.0}"))),
            optional(measured.memory.map(|bytes| format!("{:.0}", bytes as f64 / 1e6))),
            optional(measured.syncs_per_message.map(|syncs| format!("{syncs:.2}"))),
            optional(self.to_ours(measured).map(|times| format!("{times:.2}"))),
        ])
    }

    /// The same and more, for programs.
    pub(crate) fn json(&self) -> serde_json::Result<String> {
        let to_ours = self.measured().filter_map(|(name, measured)| Some((name, self.to_ours(measured)?)));
        let failed = self.rows.iter().filter_map(|row| Some((row.name, row.outcome.as_ref().err()?.as_str())));
        serde_json::to_string_pretty(&Document {
            producers: PRODUCERS,
            destinations: DESTINATIONS,
            message_bytes: BYTES,
            processors: std::thread::available_parallelism().map_or(0, usize::from),
            order: self.rows.iter().map(|row| row.name).collect(),
            measured: self.measured().collect(),
            end_to_end_to_ours: to_ours.collect(),
            failed: failed.collect(),
        })
    }
}

fn line<T: AsRef<str>>(cells: [T; 8]) -> String {
    format!("| {} |", cells.each_ref().map(AsRef::as_ref).join(" | "))
}

fn notes(row: &Row) -> Vec<String> {
    let name = row.name;
    let measured = match &row.outcome {
        Ok(measured) => measured,
        Err(failure) => return vec![format!("{name}: not measured: {failure}")],
    };
    let mut notes = Vec::new();
    if let Some(share) = measured.others_share.filter(|share| *share > DISTURBED) {
        let percent = share * 100.0;
        notes.push(format!("{name}: other programs used {percent:.0} % of the processors meanwhile; measure again"));
    }
    if measured.left > 0 {
        let left = measured.left;
        notes.push(format!("{name}: {left} messages were still waiting long after the last one was sent"));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome() -> Outcome {
        let rate = |end_to_end| Measured { what: "server 1".to_owned(), end_to_end, ..Measured::default() };
        let rows = vec![
            Row { name: "ours", outcome: Ok(rate(2000.0)) },
            Row { name: "fast", outcome: Ok(Measured { others_share: Some(0.5), left: 3, ..rate(5000.0) }) },
            Row { name: "gone", outcome: Err("not installed".to_owned()) },
        ];
        Outcome::new(rows, "ours")
    }

    #[test]
    fn each_has_a_row_and_what_is_odd_about_it_a_line() {
        let table = outcome().table();
        assert!(table.contains("| server 1 | 5000 | 0.0 | 0.0 | - | - | - | 2.50 |"), "{table}");
        assert!(table.contains("fast: other programs used 50 %"), "{table}");
        assert!(table.contains("fast: 3 messages"), "{table}");
        assert!(table.ends_with("gone: not measured: not installed"), "{table}");
        assert!(!outcome().is_complete());
    }

    #[test]
    fn the_document_says_the_same() {
        let value: serde_json::Value = serde_json::from_str(&outcome().json().unwrap()).unwrap();
        assert_eq!(value["end_to_end_to_ours"]["fast"], 2.5);
        assert_eq!(value["failed"]["gone"], "not installed");
        assert_eq!(value["measured"]["ours"]["end_to_end"], 2000.0);
        assert_eq!(value["order"][2], "gone");
    }

    #[test]
    fn without_ours_there_is_no_ratio() {
        let mut outcome = outcome();
        outcome.rows.remove(0);
        assert!(outcome.table().contains("| - |\n"), "{}", outcome.table());
    }
}
