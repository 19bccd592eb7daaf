//! Collects findings.

use std::fmt;

use phytohub_model::{Area, Finding, Level, Verdict};

use crate::limits::FINDINGS_MAX;
use crate::position::Positions;

/// The findings so far, up to [`FINDINGS_MAX`].
pub(crate) struct Report<'a> {
    positions: Positions<'a>,
    findings: Vec<Finding>,
    /// How many came after the bound, and the worst of them.
    more: usize,
    worst: Level,
}

impl<'a> Report<'a> {
    /// A report on `text`.
    pub(crate) fn new(text: &'a str) -> Self {
        Self { positions: Positions::new(text), findings: Vec::new(), more: 0, worst: Level::Info }
    }

    /// Adds a finding about the element `field` at the offset `at`. `sentence` says what is wrong and what to do.
    pub(crate) fn add(&mut self, area: Area, level: Level, field: String, at: usize, sentence: impl fmt::Display) {
        if FINDINGS_MAX <= self.findings.len() {
            self.more += 1;
            self.worst = self.worst.max(level);
            return;
        }
        let position = self.positions.at(at);
        let message = format!("Line {}, column {}: {sentence}", position.line, position.column);
        self.findings.push(Finding { area, level, field, message });
    }

    /// The verdict; it says so when there were more findings than it shows.
    pub(crate) fn verdict(mut self) -> Verdict {
        if 0 < self.more {
            self.findings.push(Finding {
                area: Area::Schema,
                level: self.worst,
                field: String::new(),
                message: format!(
                    "{} more findings are not shown: mend the first {FINDINGS_MAX} and validate again",
                    self.more
                ),
            });
        }
        Verdict { findings: self.findings }
    }
}
