//! The code lists, compiled in from `validator-wasm/codelists`, where their format is described.

mod compiled;
mod csv;
mod lists;
mod reader;
#[cfg(test)]
mod tests;

pub use lists::{List, Lists};
pub use reader::{ListError, Problem};

use std::collections::BTreeSet;

use phytohub_model::{CodeList, CodeRow};

/// All rows of a list, in the order of its file; none where the list is not public.
pub fn rows(list: CodeList) -> Vec<CodeRow> {
    let (name, text) = file(list);
    // What is compiled in is no input, and a test reads every list.
    reader::read(name, text).expect("the lists that are compiled in are well-formed")
}

/// The file of one of the hub's lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListFile {
    /// Which list.
    pub list: CodeList,
    /// Whether its rows add to the list (`# adds-to: NAME`) instead of taking its place (`# list: NAME`).
    pub adds: bool,
    /// Its rows, in its order.
    pub rows: Vec<CodeRow>,
}

/// Reads a file with one of the hub's lists.
///
/// # Errors
///
/// The line, and what is wrong with it; a list that the hub does not serve is [`Problem::OtherList`].
pub fn read(text: &str) -> Result<ListFile, ListError> {
    let (name, adds) = reader::named(text);
    let Some(list) = CodeList::ALL.into_iter().find(|&list| file(list).0 == name) else {
        return Err(ListError { line: 1, problem: Problem::OtherList(name.to_owned()) });
    };
    Ok(ListFile { list, adds, rows: reader::read(name, text)? })
}

/// What the file of a list says of itself, and its codes: of any list that rules ask or the hub serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListText {
    /// Name of the list.
    pub name: String,
    /// Whether its codes add to the list (`# adds-to: NAME`) instead of taking its place (`# list: NAME`).
    pub adds: bool,
    /// Who publishes it.
    pub source: String,
    /// Day of its edition, `YYYY-MM-DD`.
    pub edition: String,
    /// The day from which certificates are judged by it, `YYYY-MM-DD`.
    pub valid_from: String,
    /// Its codes.
    pub codes: BTreeSet<String>,
}

/// Reads the file of a list for what it says of itself.
///
/// # Errors
///
/// The line, and what is wrong with it; a list that neither rules ask nor the hub serves is [`Problem::OtherList`].
pub fn describe(text: &str) -> Result<ListText, ListError> {
    let (name, adds) = reader::named(text);
    if compiled_in(name).is_none() {
        return Err(ListError { line: 1, problem: Problem::OtherList(name.to_owned()) });
    }
    let file = reader::parse(name, text)?;
    let codes = file.rows.iter().map(|row| row.code().to_owned()).collect();
    Ok(ListText {
        name: name.to_owned(),
        adds,
        source: file.source.to_owned(),
        edition: file.edition.to_owned(),
        valid_from: file.valid_from.to_owned(),
        codes,
    })
}

/// The file of the list of this name, as it was when the program was built; none where there is no such list.
pub fn compiled_in(name: &str) -> Option<&'static str> {
    let asked = List::ALL.iter().find(|list| list.name() == name).map(|list| list.compiled_in());
    asked.or_else(|| CodeList::ALL.into_iter().map(file).find(|(known, _)| *known == name).map(|(_, text)| text))
}

/// The list's name and its file.
fn file(list: CodeList) -> (&'static str, &'static str) {
    macro_rules! file {
        ($name:literal) => {
            ($name, include_str!(concat!("../../codelists/", $name, ".csv")))
        };
    }
    match list {
        CodeList::TreatmentTypes => file!("treatment-types"),
        CodeList::AdditionalDeclarations => file!("additional-declarations"),
        CodeList::IntendedUses => file!("intended-uses"),
        CodeList::Pesticides => file!("pesticides"),
        CodeList::ProductDescriptions => file!("product-descriptions"),
        CodeList::UnitMeasures => file!("unit-measures"),
        CodeList::MeanOfTransports => file!("means-of-transport"),
        CodeList::Statements => file!("statements"),
        CodeList::Conditions => file!("conditions"),
        CodeList::PackageTypes => file!("package-types"),
    }
}
