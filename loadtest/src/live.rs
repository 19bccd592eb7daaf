//! Progress while a run goes on: one line that lives on a terminal, a line now and then elsewhere.

use std::io::{IsTerminal, Write};

use crate::conduct::Row;
use crate::worker::Run;

/// Seconds between two lines where there is no terminal.
const PLAIN_EVERY: u64 = 5;

/// Where progress is shown.
pub(crate) struct Live {
    terminal: bool,
    quiet: bool,
    /// What stands before each line, such as which try of a search it is.
    pub(crate) label: String,
}

impl Live {
    pub(crate) fn new(quiet: bool) -> Self {
        Self { terminal: std::io::stderr().is_terminal(), quiet, label: String::new() }
    }

    /// Shows how it goes at second `now`.
    pub(crate) fn show(&self, now: f64, run: &Run, rows: &[Row]) {
        if self.quiet || (!self.terminal && !(now as u64).is_multiple_of(PLAIN_EVERY)) {
            return;
        }
        let line = self.line(now, run, rows);
        let mut out = std::io::stderr().lock();
        // Progress that cannot be shown is no reason to end.
        let _ = match self.terminal {
            true => write!(out, "\r\x1b[2K{line}").and_then(|()| out.flush()),
            false => writeln!(out, "{line}"),
        };
    }

    fn line(&self, now: f64, run: &Run, rows: &[Row]) -> String {
        // The last second that all workers have told of.
        let row = rows.iter().rev().nth(1).cloned().unwrap_or_default();
        let errors: u64 = rows.iter().map(|row| row.what.errors).sum();
        let end = run.stages.last().map_or(0.0, |stage| stage.to);
        let left = match run.control.is_draining() || now > end {
            true => "draining".to_owned(),
            false => format!("{:.0} s left", end - now),
        };
        let stage = run.stage(run.now()).map_or("drain", |stage| run.stages[stage].name.as_str());
        let pending = rows.iter().rev().find_map(|row| row.look.and_then(|look| look.pending));
        let pending = pending.map_or("?".to_owned(), |pending| format!("{pending:.0}"));
        format!(
            "{}{now:5.0} s  {stage}: {}/s of {}/s, p99 {:.1} ms, {}/s acknowledged, {pending} waiting, \
             {errors} errors, {left}",
            self.label,
            row.what.accepted,
            row.what.offered,
            row.what.deliver.percentile(99.0),
            row.what.acknowledged,
        )
    }

    /// Ends the living line.
    pub(crate) fn end(&self) {
        if self.terminal && !self.quiet {
            let _ = writeln!(std::io::stderr());
        }
    }
}
