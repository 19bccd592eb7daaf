//! The conformance suite: for each rule a document that keeps it, as near to a breach as can be, and at least two that
//! break it. Each is a clean certificate with a change, so that an implementation that finds the expected rule, and no
//! other, has understood that rule.
//!
//! The cases are text (`cases/*.txt`, whose form `README.md` describes); this crate makes documents of them.

mod changes;
mod reader;

pub use crate::changes::Change;
pub use crate::reader::Problem;

/// A clean certificate for export with as much in it as the rules look at.
pub const EXPORT: &str = include_str!("../export.xml");

/// The lines of options that compare [`EXPORT`] with the header of its envelope.
pub const HEADER: [(&str, &str); 5] =
    [("from", "QM2"), ("to", "QZ"), ("number", "QM-0001"), ("type", "851"), ("status", "70")];

/// The files of cases, by what they are about.
const FILES: [(&str, &str); 7] = [
    ("syntax", include_str!("../cases/syntax.txt")),
    ("structure", include_str!("../cases/structure.txt")),
    ("document", include_str!("../cases/document.txt")),
    ("consignment", include_str!("../cases/consignment.txt")),
    ("lines", include_str!("../cases/lines.txt")),
    ("notes", include_str!("../cases/notes.txt")),
    ("treatments", include_str!("../cases/treatments.txt")),
];

/// The changes that make a clean certificate for re-export of [`EXPORT`].
const REEXPORT: &str = include_str!("../cases/reexport.txt");

/// One document and what is found in it.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// The rule it is about.
    pub rule: String,
    /// The rule, whether it is kept (`pass`) or broken (`fail`), and a number: unique and stable.
    pub id: String,
    /// Whether the rule is kept.
    pub passes: bool,
    /// The content to judge.
    pub document: Vec<u8>,
    /// Fields of the envelope's header to compare it with; empty for none.
    pub header: Vec<(String, String)>,
    /// The rules that are broken, in document order.
    pub expected: Vec<String>,
    /// How it differs from a clean certificate; empty where it is a document of its own.
    pub changes: Vec<Change>,
}

impl Case {
    /// Its options, as the modules take them: one `key=value` a line.
    pub fn options(&self) -> String {
        self.header.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("\n")
    }
}

/// All cases, in the order of their files.
///
/// # Errors
///
/// Where a file of cases is written wrongly; which none is that is tested.
pub fn cases() -> Result<Vec<Case>, Problem> {
    let reexport = reader::base(REEXPORT, EXPORT)?;
    let mut all = Vec::new();
    for (name, text) in FILES {
        all.extend(reader::cases(name, text, &reexport)?);
    }
    Ok(all)
}
