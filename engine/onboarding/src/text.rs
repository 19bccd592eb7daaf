//! The report as text.

use crate::report::{CaseReport, Report};

impl Report {
    /// For a terminal: a line for each case, and below those that are not right what was seen and what to do.
    pub fn text(&self) -> String {
        let mut lines = vec![self.headline(), String::new()];
        for (kind, title) in [("good", "Must work:"), ("must-reject", "Must be refused:")] {
            lines.push(title.to_owned());
            self.cases.iter().filter(|case| case.kind == kind).for_each(|case| lines.extend(case_lines(case)));
            lines.push(String::new());
        }
        lines.push("Dialects:".to_owned());
        lines.extend(self.dialects.iter().map(|spoken| {
            let dialect = &spoken.dialect;
            let (agent, prefix) = (or(&dialect.user_agent, "no User-Agent"), or(&dialect.soap_prefix, "no prefix"));
            format!("  {}, {}, {agent}, SOAP {prefix}: {} requests", dialect.http, dialect.framing, spoken.requests)
        }));
        if self.dialects.is_empty() {
            lines.push("  nothing was heard yet".to_owned());
        }
        lines.join("\n")
    }

    /// The verdict in a sentence.
    pub fn headline(&self) -> String {
        let (code, passed, total) = (&self.code, self.passed, self.total);
        match (self.green, self.red().count()) {
            (true, _) => format!("{code} is green: {passed} of {total} cases passed, all that are required"),
            (false, 1) => format!("{code} is not green: {passed} of {total} cases passed, 1 required case is missing"),
            (false, red) => {
                format!("{code} is not green: {passed} of {total} cases passed, {red} required cases are missing")
            }
        }
    }
}

fn case_lines(case: &CaseReport) -> Vec<String> {
    let mark = match (&case.passed, case.optional) {
        (Some(_), _) => "ok  ",
        (None, true) => "-   ",
        (None, false) => "TODO",
    };
    let mut lines = vec![format!("  {mark} {:<23} {}", case.id, case.title)];
    match (&case.passed, &case.last) {
        (Some(evidence), _) => {
            let text = cut(evidence.text.lines().next().unwrap_or_default());
            lines[0] = format!("{:<70} {} {text}", lines[0], evidence.at);
        }
        (None, Some(last)) => {
            lines.push(format!("       seen at {} ({}): {}", last.at, last.operation, last.text.replace('\n', " ")));
            lines.push(format!("       to do: {}", case.todo));
        }
        (None, None) => lines.push(format!("       to do: {}", case.todo)),
    }
    lines
}

/// Characters of evidence in a line; the other forms have all.
const EVIDENCE_CHARACTERS_MAX: usize = 110;

fn cut(text: &str) -> String {
    let mut characters = text.chars();
    let mut cut: String = characters.by_ref().take(EVIDENCE_CHARACTERS_MAX).collect();
    if characters.next().is_some() {
        cut.push('…');
    }
    cut
}

fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}
