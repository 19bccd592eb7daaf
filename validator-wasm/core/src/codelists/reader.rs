//! Reads a list's file, strictly: a list that is half understood would judge wrongly.

use std::fmt;

use phytohub_model::{CodeRow, UnitKind};

use super::csv;
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

/// The rows of the list `name` in `text`.
pub(super) fn read(name: &str, text: &str) -> Result<Vec<CodeRow>, ListError> {
    let mut lines = text.lines().zip(1..);
    let mut header = [""; HEADER.len()];
    for ((key, value), expected) in HEADER.iter().zip(&mut header).zip(1..) {
        let found = lines.next().and_then(|(line, _)| line.strip_prefix("# ")?.split_once(": "));
        // A list that is loaded may be one that adds to another.
        let found = found.filter(|(found, _)| found == key || (expected == 1 && *found == "adds-to"));
        *value = found.map(|(_, value)| value).ok_or(ListError { line: expected, problem: Problem::Header(key) })?;
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
    let base = CodeRow { edition: edition.into(), source: source.into(), ..CodeRow::default() };
    let (names, line) = lines.next().unwrap_or(("", HEADER.len() + 1));
    let columns = columns(names).map_err(|problem| ListError { line, problem })?;
    let mut rows = Vec::new();
    for (text, line) in lines {
        rows.push(row(text, &columns, base.clone()).map_err(|problem| ListError { line, problem })?);
    }
    let name = |index: usize| rows.get(index).map(|row: &CodeRow| (&row.code, &row.language));
    let repeated = order::repeated(rows.len(), &|left, right| name(left).cmp(&name(right)));
    match repeated.first().and_then(|index| Some((index, rows.get(*index)?))) {
        Some((index, row)) => {
            Err(ListError { line: HEADER.len() + 2 + index, problem: Problem::Twice(row.code.clone()) })
        }
        None => Ok(rows),
    }
}

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

fn columns(line: &str) -> Result<Vec<Column>, Problem> {
    let names = csv::values(line).ok_or(Problem::BadQuotes)?;
    let columns = names.into_iter().map(|name| {
        Ok(match name.as_str() {
            "code" => Column::Code,
            "document-type" => Column::DocumentType,
            "kind" => Column::Kind,
            "language" => Column::Language,
            "level" => Column::Level,
            "parent" => Column::Parent,
            "symbol" => Column::Symbol,
            "text" => Column::Text,
            _ => return Err(Problem::UnknownColumn(name)),
        })
    });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    match [(Column::Code, "code"), (Column::Text, "text")].iter().find(|(column, _)| !columns.contains(column)) {
        Some((_, name)) => Err(Problem::ColumnMissing(name)),
        None => Ok(columns),
    }
}

fn row(line: &str, columns: &[Column], mut row: CodeRow) -> Result<CodeRow, Problem> {
    let values = csv::values(line).ok_or(Problem::BadQuotes)?;
    if values.len() != columns.len() {
        return Err(Problem::Length { expected: columns.len(), found: values.len() });
    }
    for (column, value) in columns.iter().zip(values) {
        match column {
            Column::Code if value.is_empty() => return Err(Problem::CodeMissing),
            Column::Code => row.code = value,
            Column::Text => row.text = value,
            // In every other column an empty value says that the row has none.
            _ if value.is_empty() => {}
            Column::DocumentType => row.document_type_only = Some(number("document-type", value)?),
            Column::Kind => row.unit_kind = Some(unit_kind(value)?),
            Column::Language => row.language = Some(language(value)?),
            Column::Level => row.level = Some(number("level", value)?),
            Column::Parent => row.parent = Some(value),
            Column::Symbol => row.symbol = Some(value),
        }
    }
    Ok(row)
}

fn number(column: &'static str, value: String) -> Result<i32, Problem> {
    value.parse().map_err(|_| Problem::BadValue { column, value })
}

fn unit_kind(value: String) -> Result<UnitKind, Problem> {
    UnitKind::ALL.into_iter().find(|kind| kind.as_str() == value).ok_or(Problem::BadValue { column: "kind", value })
}

fn language(value: String) -> Result<String, Problem> {
    let is_code = value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_lowercase());
    if is_code { Ok(value) } else { Err(Problem::BadValue { column: "language", value }) }
}

fn is_date(text: &str) -> bool {
    let parts: Vec<Option<u32>> = text
        .split('-')
        .map(|part| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok()).flatten())
        .collect();
    text.len() == "YYYY-MM-DD".len() && matches!(parts[..], [Some(1900..), Some(1..=12), Some(1..=31)])
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
