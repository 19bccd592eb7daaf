//! The fields of an envelope or header, in any order, with any prefixes.

use bytes::Bytes;
use phytohub_model::{Forwarding, HeaderFields, shown};

use super::{embedded, walk};
use crate::content::Content;
use crate::limits::FORWARDINGS_MAX;
use crate::operation::Operation;
use crate::xml::{Malformed, Reader, Start};

/// Where an operation's envelope has its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ContentKind {
    /// Text in an element of this name.
    Text(&'static str),
    /// An element of this name is the content.
    Element(&'static str),
    /// The operation takes a bare header.
    None,
}

impl ContentKind {
    pub(crate) fn of(operation: Operation) -> Self {
        match operation {
            Operation::DeliverEnvelope | Operation::ValidateAndDeliverEnvelope => Self::Text("Content"),
            Operation::DeliverPhytoEnvelope => Self::Element("SPSCertificate"),
            Operation::DeliverCountryResponseEnvelope => Self::Element("SPSAcknowledgement"),
            _ => Self::None,
        }
    }
}

const FIELDS: [&str; 9] = [
    "From",
    "To",
    "CertificateType",
    "CertificateStatus",
    "NPPOCertificateNumber",
    "hubDeliveryNumber",
    "HUBTrackingInfo",
    "hubDeliveryErrorMessage",
    "Forwardings",
];

/// Reads the envelope whose element was just begun. Fields that the contract does not know are passed over; a field
/// that stands twice is refused, since nobody can say which one is meant.
pub(crate) fn read(
    reader: &mut Reader<'_>,
    body: &Bytes,
    kind: ContentKind,
) -> Result<(HeaderFields, Option<Content>), Malformed> {
    let mut header = HeaderFields::default();
    let mut content = None;
    let mut seen_content = false;
    let mut seen = [false; FIELDS.len()];
    while let Some(field) = walk::child(reader)? {
        match kind {
            ContentKind::Text(name) if field.local == name => {
                note_once(&mut seen_content, &field)?;
                content = self::content(reader, body, &field)?;
                continue;
            }
            ContentKind::Element(name) if field.local == name => {
                note_once(&mut seen_content, &field)?;
                content = element(reader, body, &field)?;
                continue;
            }
            _ => {}
        }
        match FIELDS.iter().position(|&name| name == field.local) {
            None => walk::skip(reader)?,
            Some(index) => {
                note_once(&mut seen[index], &field)?;
                read_field(reader, &field, &mut header)?;
            }
        }
    }
    Ok((header, content))
}

fn read_field(reader: &mut Reader<'_>, field: &Start<'_>, header: &mut HeaderFields) -> Result<(), Malformed> {
    match field.local {
        "From" => header.from = walk::text(reader, field)?,
        "To" => header.to = walk::text(reader, field)?,
        "CertificateType" => header.certificate_type = number(reader, field)?,
        "CertificateStatus" => header.certificate_status = number(reader, field)?,
        "NPPOCertificateNumber" => header.certificate_number = walk::text(reader, field)?,
        "hubDeliveryNumber" => header.delivery_number = walk::text(reader, field)?,
        "HUBTrackingInfo" => header.tracking_info = walk::text(reader, field)?,
        "hubDeliveryErrorMessage" => header.error_message = walk::text(reader, field)?,
        _ => header.forwardings = forwardings(reader)?,
    }
    Ok(())
}

fn note_once(seen: &mut bool, field: &Start<'_>) -> Result<(), Malformed> {
    match std::mem::replace(seen, true) {
        true => Err(Malformed::new(field.at, format!("{} stands twice; which one is meant?", field.local))),
        false => Ok(()),
    }
}

/// xs:int; 0 for an empty one, as JAX-WS sends what was never set.
fn number(reader: &mut Reader<'_>, field: &Start<'_>) -> Result<i32, Malformed> {
    let text = walk::text(reader, field)?;
    if text.is_empty() {
        return Ok(0);
    }
    text.parse().map_err(|_| {
        let what = format!("{} is '{}', a whole number is due", field.local, shown(&text));
        Malformed::new(field.at, what)
    })
}

/// The channels named; items that are nil or have an empty code name none.
fn forwardings(reader: &mut Reader<'_>) -> Result<Vec<Forwarding>, Malformed> {
    let mut forwardings = Vec::new();
    while let Some(item) = walk::child(reader)? {
        let mut forwarding = Forwarding::default();
        let (mut code_seen, mut number_seen) = (false, false);
        while let Some(field) = walk::child(reader)? {
            match field.local {
                "Code" => {
                    note_once(&mut code_seen, &field)?;
                    forwarding.code = walk::text(reader, &field)?;
                }
                "HubDeliveryNumber" => {
                    note_once(&mut number_seen, &field)?;
                    forwarding.number = walk::text(reader, &field)?;
                }
                _ => walk::skip(reader)?,
            }
        }
        if forwarding.code.is_empty() {
            continue;
        }
        if forwardings.len() == FORWARDINGS_MAX {
            return Err(Malformed::new(item.at, format!("Forwardings names more than {FORWARDINGS_MAX} channels")));
        }
        forwardings.push(forwarding);
    }
    Ok(forwardings)
}

/// The content of the element just begun: a slice of the body where it is character data, else rewritten as such.
pub(crate) fn content(reader: &mut Reader<'_>, body: &Bytes, field: &Start<'_>) -> Result<Option<Content>, Malformed> {
    let is_nil = walk::is_nil(reader);
    let content = match reader.character_data()? {
        Some(data) => {
            walk::child(reader)?;
            Content::from_stored(body.slice_ref(data.as_bytes()))
        }
        None => Content::from_stored(embedded::character_data(reader, body.len())?.into()),
    };
    if is_nil && !content.is_blank() {
        return Err(not_empty(field));
    }
    Ok((!is_nil).then_some(content))
}

/// The element just begun as content: what a receiver un-escapes is that element again.
fn element(reader: &mut Reader<'_>, body: &Bytes, field: &Start<'_>) -> Result<Option<Content>, Malformed> {
    if walk::is_nil(reader) {
        return match walk::child(reader)? {
            Some(_) => Err(not_empty(field)),
            None => Ok(None),
        };
    }
    Ok(Some(Content::from_stored(embedded::element(reader, body.len(), field)?.into())))
}

fn not_empty(field: &Start<'_>) -> Malformed {
    Malformed::new(field.at, format!("{} is xsi:nil and yet not empty", field.local))
}
