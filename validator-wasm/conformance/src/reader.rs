//! Reads files of cases.

use std::fmt;

use crate::changes::bytes;
use crate::{Case, Change, EXPORT, HEADER};

/// A file of cases that is written wrongly, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem(String);

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Problem {}

/// The document that a file of changes makes of another.
pub(crate) fn base(text: &str, document: &str) -> Result<String, Problem> {
    let mut draft = Draft::default();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        draft.take(line).map_err(|problem| Problem(format!("{line}: {problem}")))?;
    }
    let made = draft.document(document).map_err(Problem)?;
    String::from_utf8(made).map_err(|error| Problem(error.to_string()))
}

/// The cases of a file.
pub(crate) fn cases(name: &str, text: &str, reexport: &str) -> Result<Vec<Case>, Problem> {
    let mut reading = Reading { reexport, ..Reading::default() };
    for (index, line) in text.lines().enumerate() {
        let fail = |problem: String| Problem(format!("cases/{name}.txt, line {}: {problem}", index + 1));
        reading.take(line).map_err(fail)?;
    }
    reading.finish().map_err(|problem| Problem(format!("cases/{name}.txt, at its end: {problem}")))?;
    Ok(reading.cases)
}

#[derive(Default)]
struct Reading<'a> {
    reexport: &'a str,
    rule: String,
    /// Cases of the rule so far that pass, and that fail.
    counts: [u32; 2],
    /// The case that is being read.
    draft: Option<Draft>,
    cases: Vec<Case>,
}

impl Reading<'_> {
    fn take(&mut self, line: &str) -> Result<(), String> {
        if let Some(rule) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            self.finish()?;
            (self.rule, self.counts) = (rule.to_owned(), [0; 2]);
        } else if let Some(kind) = ["pass", "fail"].iter().find(|kind| line.starts_with(*kind)) {
            self.finish()?;
            let reexport = match line[kind.len()..].trim() {
                "" => false,
                "reexport" => true,
                other => return Err(format!("{other:?} is not known")),
            };
            self.draft = Some(Draft { passes: *kind == "pass", reexport, ..Draft::default() });
        } else if !line.is_empty() && !line.starts_with('#') {
            self.draft.as_mut().ok_or("pass or fail was expected")?.take(line)?;
        }
        Ok(())
    }

    /// The case that ends here.
    fn finish(&mut self) -> Result<(), String> {
        let Some(draft) = self.draft.take() else { return Ok(()) };
        let count = &mut self.counts[usize::from(draft.passes)];
        *count += 1;
        let kind = if draft.passes { "pass" } else { "fail" };
        let kept = if draft.passes { Vec::new() } else { vec![self.rule.clone()] };
        self.cases.push(Case {
            id: format!("{}-{kind}-{count}", self.rule),
            rule: self.rule.clone(),
            passes: draft.passes,
            document: draft.document(if draft.reexport { self.reexport } else { EXPORT })?,
            header: draft.header,
            expected: draft.expected.unwrap_or(kept),
            changes: draft.changes,
        });
        Ok(())
    }
}

#[derive(Default)]
struct Draft {
    passes: bool,
    reexport: bool,
    /// The document itself, where it is no changed certificate.
    whole: Option<Vec<u8>>,
    changes: Vec<Change>,
    /// What is to be replaced by the line that follows.
    old: Option<(Vec<u8>, bool)>,
    header: Vec<(String, String)>,
    expected: Option<Vec<String>>,
}

impl Draft {
    fn take(&mut self, line: &str) -> Result<(), String> {
        let (sign, rest) = line.split_once(' ').unwrap_or((line, ""));
        match sign {
            "-" | "-*" => self.old = Some((bytes(rest)?, sign == "-*")),
            "+" => {
                let (old, everywhere) = self.old.take().ok_or("nothing is to be replaced by it")?;
                self.changes.push(Change { old, new: bytes(rest)?, everywhere });
            }
            "=" => self.whole = Some(bytes(rest)?),
            "header" => self.header = header(rest)?,
            "finds" => self.expected = Some(rest.split_whitespace().map(str::to_owned).collect()),
            _ => return Err(format!("{sign:?} is not known")),
        }
        Ok(())
    }

    fn document(&self, base: &str) -> Result<Vec<u8>, String> {
        if self.old.is_some() {
            return Err("`-` has no `+`".to_owned());
        }
        let start = self.whole.clone().unwrap_or_else(|| base.as_bytes().to_vec());
        self.changes.iter().try_fold(start, |document, change| change.make(&document))
    }
}

/// The header that belongs to the certificate for export, but for the fields that are given.
fn header(given: &str) -> Result<Vec<(String, String)>, String> {
    let mut header: Vec<(String, String)> =
        HEADER.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    for field in given.split_whitespace() {
        let (name, text) = field.split_once('=').ok_or_else(|| format!("{field}: name=value was expected"))?;
        let (_, value) = header.iter_mut().find(|(key, _)| key == name).ok_or_else(|| format!("{name}: no field"))?;
        text.clone_into(value);
    }
    Ok(header)
}
