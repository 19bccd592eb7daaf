//! The code lists, compiled in from `validator-wasm/codelists`, where their format is described.

mod compiled;
mod csv;
mod lists;
mod reader;
#[cfg(test)]
mod tests;

pub use lists::{List, Lists};
pub use reader::{ListError, Problem};

use phytohub_model::{CodeList, CodeRow};

/// All rows of a list, in the order of its file; none where the list is not public.
pub fn rows(list: CodeList) -> Vec<CodeRow> {
    let (name, text) = file(list);
    // What is compiled in is no input, and a test reads every list.
    reader::read(name, text).expect("the lists that are compiled in are well-formed")
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
