//! The subjects of notes: where each belongs and what its content is.

use crate::listing;
use crate::words::same;

/// Where a subject belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Document,
    Line,
    /// Older forms that do not say.
    Either,
}

/// What the content of a note is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Content {
    /// Text of so many characters.
    Text(usize),
    /// A certificate's number.
    Number,
    /// This statement's code.
    Statement(&'static str),
    Boolean,
    /// A country's code.
    Country,
    Decimal,
    Date {
        is_inspection: bool,
    },
}

/// One subject.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) name: &'static str,
    pub(super) level: Level,
    pub(super) content: Content,
    pub(super) is_repeatable: bool,
    /// The same at the document and at a line; empty where there is none.
    twins: [&'static str; 2],
}

const INSPECTION: Content = Content::Date { is_inspection: true };

const DECLARATION: [&str; 2] = ["ADEDL", "ADTLIL"];
const PERMIT: [&str; 2] = ["ADIPEDL", "ADIPTLIL"];
const INSPECTED: [&str; 2] = ["ADDIEDL", "ADDITLIL"];
const OFFICIAL: [&str; 2] = ["ADAOEDL", "ADAOTLIL"];
const MARKS: [&str; 2] = ["DMCL", "DMTLIL"];
const NONE: [&str; 2] = ["", ""];

/// Number of characters of declarations and official information.
const LONG: usize = 8000;

macro_rules! subjects {
    ($($name:literal $level:ident $content:expr, $repeatable:literal $twins:expr;)*) => {
        /// All of them.
        pub(super) const ALL: &[Subject] = &[$(Subject {
            name: $name,
            level: Level::$level,
            content: $content,
            is_repeatable: $repeatable,
            twins: $twins,
        },)*];
    };
}

subjects! {
    "SPSFL" Document Content::Statement("5"), false NONE;
    "ADEDL" Document Content::Text(LONG), true DECLARATION;
    "ADIPEDL" Document Content::Text(256), true PERMIT;
    "ADDIEDL" Document INSPECTION, true INSPECTED;
    "ADAOEDL" Document Content::Text(LONG), true OFFICIAL;
    "ADRP" Document Content::Statement("4"), false NONE;
    "ADRPN" Document Content::Number, true NONE;
    "ADRD" Document Content::Date { is_inspection: false }, true NONE;
    "ADRPR" Document Content::Text(512), true NONE;
    "DMCL" Document Content::Text(512), true MARKS;
    "ADTLIL" Line Content::Text(LONG), true DECLARATION;
    "ADIPTLIL" Line Content::Text(256), true PERMIT;
    "ADDITLIL" Line INSPECTION, true INSPECTED;
    "ADAOTLIL" Line Content::Text(LONG), true OFFICIAL;
    "DMTLIL" Line Content::Text(1024), true MARKS;
    "OPTND" Line Content::Text(512), true NONE;
    "OQV" Line Content::Decimal, false NONE;
    "OQU" Line Content::Text(50), false NONE;
    "RPCST" Line Content::Statement("3"), false NONE;
    "RPCCO" Line Content::Country, true NONE;
    "RPCRF" Line Content::Number, true NONE;
    "RPCOR" Line Content::Boolean, false NONE;
    "RPCTC" Line Content::Boolean, false NONE;
    "RPCPK" Line Content::Boolean, false NONE;
    "RPCRP" Line Content::Boolean, false NONE;
    "RPCOC" Line Content::Boolean, false NONE;
    "RPCNC" Line Content::Boolean, false NONE;
    "RPCPC" Line Content::Boolean, false NONE;
    "RPCAI" Line Content::Boolean, false NONE;
    "ADCO" Either Content::Text(LONG), true DECLARATION;
    "ADIP" Either Content::Text(256), true PERMIT;
    "ADDI" Either INSPECTION, true INSPECTED;
    "ADAO" Either Content::Text(LONG), true OFFICIAL;
}

/// The subject called `name`, and its number.
pub(super) fn find(name: &str) -> Option<(usize, &'static Subject)> {
    ALL.iter().enumerate().find(|(_, subject)| same(subject.name.as_bytes(), name.as_bytes()))
}

impl Subject {
    /// The subject that says the same at `level`.
    pub(super) fn twin(&self, level: Level) -> &'static str {
        let [document, line] = self.twins;
        if level == Level::Line { line } else { document }
    }
}

impl Level {
    /// The subjects that belong here.
    pub(super) fn subjects(self) -> String {
        let names: Vec<_> = ALL.iter().filter(|subject| subject.level == self).map(|subject| subject.name).collect();
        listing::of(&names)
    }
}
