//! Code lists: ten types that differ in which fields they have and what they call them.

use phytohub_model::{CodeList, CodeRow};

use super::body::Writer;

/// A list's row on the wire.
pub(crate) struct Shape {
    /// Element of one row, in the service's namespace.
    pub(crate) element: &'static str,
    /// Its children in their order, in no namespace.
    pub(crate) fields: &'static [(&'static str, Field)],
}

/// What a child of a row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// Whether the row is in use: a list only has such rows.
    Active,
    /// The code.
    Code,
    /// The code where the type wants an xs:int; left out when it is none.
    CodeNumber,
    /// Name, text or description.
    Text,
    /// Language.
    Language,
    /// When the row was last changed: the day of the list's edition.
    Edition,
    /// Who changed it: the publisher.
    Source,
    /// Level of a treatment type.
    Level,
    /// Parent of a treatment type.
    Parent,
    /// Symbol of a unit.
    Symbol,
    /// What a unit measures.
    UnitKind,
    /// Document type of a statement.
    DocumentTypeOnly,
}

macro_rules! shape {
    ($element:literal: $($name:ident = $field:ident),+) => {
        Shape { element: $element, fields: &[$((stringify!($name), Field::$field)),+] }
    };
}

/// The shape of a list's rows.
pub(crate) fn shape(list: CodeList) -> Shape {
    match list {
        CodeList::TreatmentTypes => shape!("TreatmentType": active = Active, code = Code, description = Text,
            lang = Language, lastModified = Edition, lastModifiedBy = Source, level = Level, parentCode = Parent),
        CodeList::AdditionalDeclarations => shape!("AdditionalDeclaration": active = Active, code = Code,
            lang = Language, lastModified = Edition, lastModifiedBy = Source, text = Text),
        CodeList::IntendedUses => shape!("IntendedUse": active = Active, code = Code, lang = Language,
            lastModified = Edition, lastModifiedBy = Source, name = Text),
        CodeList::Pesticides => shape!("Pesticide": active = Active, code = Code, description = Text,
            lastModified = Edition, lastModifiedBy = Source),
        CodeList::ProductDescriptions => shape!("ProductDescription": active = Active, code = Code, lang = Language,
            lastModified = Edition, lastModifiedBy = Source, name = Text),
        CodeList::UnitMeasures => shape!("UnitMeasure": active = Active, code = Code, lastModified = Edition,
            lastModifiedBy = Source, name = Text, symbol = Symbol, type = UnitKind),
        CodeList::MeanOfTransports => shape!("MeanOfTransport": active = Active, lang = Language,
            lastModified = Edition, lastModifiedBy = Source, modeCode = CodeNumber, usedTransportMean = Text),
        CodeList::Statements => shape!("Statement": active = Active, code = Code, docTypeOnly = DocumentTypeOnly,
            lang = Language, lastModified = Edition, lastModifiedBy = Source, text = Text),
        CodeList::Conditions => shape!("Condition": active = Active, code = Code, lang = Language,
            lastModified = Edition, lastModifiedBy = Source, name = Text),
        CodeList::PackageTypes => shape!("PackageType": active = Active, code = Code, description = Text,
            lang = Language, lastModified = Edition, lastModifiedBy = Source),
    }
}

pub(super) fn write_row(out: &mut Writer, list: CodeList, row: &CodeRow) {
    let shape = shape(list);
    out.element(&format!("eph:{}", shape.element), |out| {
        for &(name, field) in shape.fields {
            if let Some(value) = value(field, row) {
                out.text_element(name, &value);
            }
        }
    });
}

/// What the row says in a field; None where it leaves an optional field out.
fn value(field: Field, row: &CodeRow) -> Option<String> {
    match field {
        Field::Active => Some("true".to_owned()),
        Field::Code => Some(row.code.clone()),
        Field::CodeNumber => row.code.parse::<i32>().ok().map(|number| number.to_string()),
        Field::Text => Some(row.text.clone()),
        Field::Language => row.language.clone(),
        Field::Edition => (!row.edition.is_empty()).then(|| format!("{}T00:00:00Z", row.edition)),
        Field::Source => (!row.source.is_empty()).then(|| row.source.clone()),
        // Demanded by the type: a treatment type without a level has one from its parent.
        Field::Level => Some(row.level.unwrap_or(1 + i32::from(row.parent.is_some())).to_string()),
        Field::Parent => row.parent.clone(),
        Field::Symbol => row.symbol.clone(),
        Field::UnitKind => row.unit_kind.map(|kind| kind.as_str().to_owned()),
        // Demanded by the type: 0 stands for any.
        Field::DocumentTypeOnly => Some(row.document_type_only.unwrap_or(0).to_string()),
    }
}
