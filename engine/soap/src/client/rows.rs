//! Rows of answers: findings, members, channels, codes.

use phytohub_model::{
    AllowedDocument, Area, Channel, CodeList, CodeRow, Document, DocumentStatus, DocumentType, Finding, Level, Nppo,
    UnitKind, shown,
};

use crate::read::walk;
use crate::write::{Field, shape};
use crate::xml::{Malformed, Reader, Start};

pub(super) fn finding(reader: &mut Reader<'_>, row: &Start<'_>) -> Result<Finding, Malformed> {
    let (mut area, mut level) = (None, None);
    let (mut field, mut message) = (String::new(), String::new());
    while let Some(child) = walk::child(reader)? {
        let text = walk::text(reader, &child)?;
        match child.local {
            "area" => area = AREAS.into_iter().find(|area| area.as_str() == text),
            "level" => level = LEVELS.into_iter().find(|level| level.as_str() == text),
            "field" => field = text,
            "msg" => message = text,
            _ => {}
        }
    }
    match (area, level) {
        (Some(area), Some(level)) => Ok(Finding { area, level, field, message }),
        _ => Err(Malformed::new(row.at, "a finding has no area or no level that is known")),
    }
}

const AREAS: [Area; 3] = [Area::MandatoryElements, Area::Mapping, Area::Schema];
const LEVELS: [Level; 3] = [Level::Severe, Level::Warning, Level::Info];

pub(super) fn nppo(reader: &mut Reader<'_>, row: &Start<'_>) -> Result<Nppo, Malformed> {
    let mut code = String::new();
    let (mut receives, mut sends) = (false, false);
    let mut pairs = Vec::new();
    while let Some(child) = walk::child(reader)? {
        match child.local {
            "Country" => code = walk::text(reader, &child)?,
            "Receive" => receives = walk::text(reader, &child)? == "True",
            "Send" => sends = walk::text(reader, &child)? == "True",
            "AllowedDocument" => pairs.extend(allowed(reader)?),
            _ => walk::skip(reader)?,
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    let code = code.parse().map_err(|error| {
        Malformed::new(row.at, format!("the member's Country '{}' cannot be used: {error}", shown(&code)))
    })?;
    Ok(Nppo::new(code, String::new(), receives && sends, AllowedDocument::Only(pairs)))
}

/// The pair that the AllowedDocument just begun allows.
fn allowed(reader: &mut Reader<'_>) -> Result<Option<Document>, Malformed> {
    let is_active = boolean(reader, "active");
    let (mut kind, mut status) = (None, None);
    while let Some(child) = walk::child(reader)? {
        let number = attribute(reader, "number").and_then(|number| number.trim().parse().ok());
        match child.local {
            "certificateType" => kind = number.map(DocumentType),
            "certificateStatus" => status = number.map(DocumentStatus),
            _ => {}
        }
        walk::skip(reader)?;
    }
    Ok(kind.zip(status).filter(|_| is_active).map(|(kind, status)| Document { kind, status }))
}

pub(super) fn channel(reader: &mut Reader<'_>, row: &Start<'_>) -> Result<Channel, Malformed> {
    let (receive, send) = (boolean(reader, "Receive"), boolean(reader, "Send"));
    let (mut code, mut name) = (String::new(), String::new());
    while let Some(child) = walk::child(reader)? {
        match child.local {
            "Code" => code = walk::text(reader, &child)?,
            "Name" => name = walk::text(reader, &child)?,
            _ => walk::skip(reader)?,
        }
    }
    let code = code.parse().map_err(|error| {
        Malformed::new(row.at, format!("the channel's Code '{}' cannot be used: {error}", shown(&code)))
    })?;
    Ok(Channel { code, name, receive, send })
}

pub(super) fn code_row(reader: &mut Reader<'_>, list: CodeList) -> Result<CodeRow, Malformed> {
    let shape = shape(list);
    let mut row = CodeRow::default();
    while let Some(child) = walk::child(reader)? {
        let text = walk::text(reader, &child)?;
        if let Some((_, field)) = shape.fields.iter().find(|(name, _)| *name == child.local) {
            set(&mut row, *field, text);
        }
    }
    Ok(row)
}

fn set(row: &mut CodeRow, field: Field, text: String) {
    match field {
        Field::Active => {}
        Field::Code | Field::CodeNumber => row.code = text,
        Field::Text => row.text = text,
        Field::Language => row.language = Some(text),
        Field::Edition => row.edition = text.split('T').next().unwrap_or_default().to_owned(),
        Field::Source => row.source = text,
        Field::Level => row.level = text.parse().ok(),
        Field::Parent => row.parent = Some(text),
        Field::Symbol => row.symbol = Some(text),
        Field::UnitKind => row.unit_kind = UnitKind::ALL.into_iter().find(|kind| kind.as_str() == text),
        Field::DocumentTypeOnly => row.document_type_only = text.parse().ok(),
    }
}

/// An attribute of the element just begun, as it stands.
fn attribute<'a>(reader: &Reader<'a>, name: &str) -> Option<&'a str> {
    reader.attributes().iter().find(|attribute| attribute.qualified == name).map(|attribute| attribute.value)
}

fn boolean(reader: &Reader<'_>, name: &str) -> bool {
    attribute(reader, name).is_some_and(|value| matches!(value.trim(), "true" | "1"))
}
