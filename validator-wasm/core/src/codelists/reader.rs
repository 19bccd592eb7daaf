//! Reads a list's file, strictly: a list that is half understood would judge wrongly.

use std::fmt;

use phytohub_model::{CodeRow, UnitKind};

use super::csv;
use crate::characters::is_digits;
use crate::order;

/// Lines before the names of the columns.
const HEADER: [&str; 4] = ["list", "source", "edition", "valid-from"];

/// Why a list cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each says itself when it is shown")]
pub enum Problem {
    BadDate(String),
    BadQuotes,
    BadValue { column: &'static str, value: String },
    CodeMissing,
    ColumnMissing(&'static str),
    Header(&'static str),
    Length { expected: usize, found: usize },
    OtherList(String),
    Twice(String),
    UnknownColumn(String),
}

/// The list that the first line of a file names, and whether it adds to it.
pub(super) fn named(text: &str) -> (&str, bool) {
    let line = text.lines().next().unwrap_or_default();
    match (line.strip_prefix("# list: "), line.strip_prefix("# adds-to: ")) {
        (Some(name), _) => (name, false),
        (None, added) => (added.unwrap_or_default(), true),
    }
}

/// A list that was read.
pub(super) struct File<'t> {
    pub(super) edition: &'t str,
    pub(super) valid_from: &'t str,
    pub(super) source: &'t str,
    pub(super) rows: Vec<Row>,
}

/// The values of a row by column; none where it has none.
pub(super) struct Row([Option<String>; COLUMNS.len()]);

/// Names of the columns, in the order of [`Column`].
const COLUMNS: [&str; 8] = ["code", "document-type", "kind", "language", "level", "parent", "symbol", "text"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Code,
    DocumentType,
    Kind,
    Language,
    Level,
    Parent,
    Symbol,
    Text,
}

/// The rows of the list `name` in `text`, as the hub hands them out.
pub(super) fn read(name: &str, text: &str) -> Result<Vec<CodeRow>, ListError> {
    let File { edition, source, rows, .. } = parse(name, text)?;
    let rows = rows.into_iter().map(|row| CodeRow {
        code: row.value(Column::Code).to_owned(),
        text: row.value(Column::Text).to_owned(),
        language: row.own(Column::Language),
        level: row.value(Column::Level).parse().ok(),
        parent: row.own(Column::Parent),
        symbol: row.own(Column::Symbol),
        unit_kind: row.unit_kind(),
        document_type_only: row.value(Column::DocumentType).parse().ok(),
        edition: edition.to_owned(),
        source: source.to_owned(),
    });
    Ok(rows.collect())
}

/// The list `name` in `text`.
pub(super) fn parse<'t>(name: &str, text: &'t str) -> Result<File<'t>, ListError> {
    let mut lines = text.lines().zip(1..);
    let mut header = [""; HEADER.len()];
    for ((key, value), expected) in HEADER.iter().zip(&mut header).zip(1..) {
        let found = lines.next().and_then(|(line, _)| line.strip_prefix("# ")?.split_once(':'));
        // A list that is loaded may be one that adds to another.
        let found = found.filter(|(found, _)| found == key || (expected == 1 && *found == "adds-to"));
        *value = found
            .and_then(|(_, value)| value.strip_prefix(' '))
            .ok_or(ListError { line: expected, problem: Problem::Header(key) })?;
    }
    let [list, source, edition, valid_from] = header;
    if list != name {
        return Err(ListError { line: 1, problem: Problem::OtherList(list.into()) });
    }
    for (date, line) in [(edition, 3), (valid_from, 4)] {
        if !is_date(date) {
            return Err(ListError { line, problem: Problem::BadDate(date.into()) });
        }
    }
    let (names, line) = lines.next().unwrap_or(("", HEADER.len() + 1));
    let columns = columns(names).map_err(|problem| ListError { line, problem })?;
    let mut rows = Vec::new();
    for (text, line) in lines {
        rows.push(row(text, &columns).map_err(|problem| ListError { line, problem })?);
    }
    let name = |index: usize| rows.get(index).map(|row: &Row| (row.code(), row.value(Column::Language)));
    let repeated = order::repeated(rows.len(), &|left, right| name(left).cmp(&name(right)));
    match repeated.first().and_then(|index| Some((index, rows.get(*index)?))) {
        Some((index, row)) => {
            Err(ListError { line: HEADER.len() + 2 + index, problem: Problem::Twice(row.code().to_owned()) })
        }
        None => Ok(File { edition, valid_from, source, rows }),
    }
}

impl Row {
    pub(super) fn code(&self) -> &str {
        self.value(Column::Code)
    }

    pub(super) fn unit_kind(&self) -> Option<UnitKind> {
        unit_kind(self.value(Column::Kind))
    }

    /// Empty where the row has none.
    fn value(&self, column: Column) -> &str {
        self.0.get(column as usize).and_then(Option::as_deref).unwrap_or_default()
    }

    fn own(&self, column: Column) -> Option<String> {
        self.0.get(column as usize).cloned().flatten()
    }
}

/// The number of each column in [`COLUMNS`].
#[inline(never)]
fn columns(line: &str) -> Result<Vec<usize>, Problem> {
    let mut columns = Vec::new();
    for name in csv::values(line).ok_or(Problem::BadQuotes)? {
        match COLUMNS.iter().position(|known| *known == name) {
            Some(column) => columns.push(column),
            None => return Err(Problem::UnknownColumn(name)),
        }
    }
    match [(Column::Code, "code"), (Column::Text, "text")].iter().find(|(it, _)| !columns.contains(&(*it as usize))) {
        Some((_, name)) => Err(Problem::ColumnMissing(name)),
        None => Ok(columns),
    }
}

#[inline(never)]
fn row(line: &str, columns: &[usize]) -> Result<Row, Problem> {
    let values = csv::values(line).ok_or(Problem::BadQuotes)?;
    if values.len() != columns.len() {
        return Err(Problem::Length { expected: columns.len(), found: values.len() });
    }
    let mut row = Row([const { None }; COLUMNS.len()]);
    for (column, value) in columns.iter().zip(values) {
        if value.is_empty() {
            // Only a code must say something.
            if *column == Column::Code as usize {
                return Err(Problem::CodeMissing);
            }
            continue;
        }
        if let Some(name) = COLUMNS.get(*column)
            && !is_value(name, &value)
        {
            return Err(Problem::BadValue { column: name, value });
        }
        if let Some(known) = row.0.get_mut(*column) {
            *known = Some(value);
        }
    }
    Ok(row)
}

/// Whether a column may have the value, which is not empty.
fn is_value(column: &str, value: &str) -> bool {
    match column {
        "document-type" | "level" => value.parse::<i32>().is_ok(),
        "kind" => unit_kind(value).is_some(),
        "language" => value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_lowercase()),
        _ => true,
    }
}

fn unit_kind(value: &str) -> Option<UnitKind> {
    UnitKind::ALL.iter().find(|kind| kind.as_str() == value).copied()
}

/// Whether `text` is a day as in 2026-11-24.
fn is_date(text: &str) -> bool {
    let number = |from, to| text.get(from..to).filter(|part| is_digits(part));
    let parts = [(0, 4), (5, 7), (8, 10)].map(|(from, to)| number(from, to).and_then(|part| part.parse::<u32>().ok()));
    let is_form = matches!(text.as_bytes(), [_, _, _, _, b'-', _, _, b'-', _, _]);
    is_form && matches!(parts, [Some(1900..), Some(1..=12), Some(1..=31)])
}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        match &self.problem {
            Problem::BadDate(date) => write!(f, "'{date}' is no day: write YYYY-MM-DD"),
            Problem::BadQuotes => f.write_str("the quotes do not match: double those inside of a value"),
            Problem::BadValue { column, value } => write!(f, "'{value}' is no value of the column {column}"),
            Problem::CodeMissing => f.write_str("the row has no code"),
            Problem::ColumnMissing(name) => write!(f, "there is no column {name}"),
            Problem::Header(key) => write!(f, "'# {key}: ' and its value were expected here"),
            Problem::Length { expected, found } => write!(f, "{expected} values were expected, {found} found"),
            Problem::OtherList(list) => write!(f, "the file is the list '{list}', another was expected"),
            Problem::Twice(code) => write!(f, "the code '{code}' was there before, in the same language"),
            Problem::UnknownColumn(name) => write!(f, "there is no such column as '{name}'"),
        }
    }
}

impl std::error::Error for ListError {}
