//! Every record that can be read, as a line of JSON.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use phytohub_journal::{ContentState, Disk, Record, inspect};
use phytohub_model::{Accepted, Delivery, Fact, RegistryFact};
use phytohub_operate::layout::SECRET;
use serde_json::{Map, Value, json};

use crate::{Failure, Place};

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Lines.
    pub records: u64,
    /// Files with content.
    pub contents: u64,
    /// Whether some of the journal could not be read.
    pub damaged: bool,
}

/// Writes a line for each record to `out`, and each content that can be read to `NUMBER.xml` in `contents`, if that
/// is given. The same content may lie in a journal twice; its file is then written twice.
///
/// # Errors
/// When the journal cannot be read at all, or something cannot be written.
pub fn export<D: Disk>(
    disk: &D,
    place: &Place,
    out: &mut dyn Write,
    contents: Option<&Path>,
) -> Result<Exported, Failure> {
    let mut exported = Exported::default();
    let mut failed = None;
    let inspection = inspect(disk, &place.dir, &mut |record| match write(&record, place, out, contents) {
        Ok(with_content) => {
            exported.records += 1;
            exported.contents += u64::from(with_content);
            ControlFlow::Continue(())
        }
        Err(failure) => {
            failed = Some(failure);
            ControlFlow::Break(())
        }
    })
    .map_err(|error| format!("{}: {error}", place.dir.display()))?;
    exported.damaged = inspection.is_damaged();
    match failed {
        Some(failure) => Err(failure),
        None => Ok(exported),
    }
}

fn write(record: &Record<'_>, place: &Place, out: &mut dyn Write, contents: Option<&Path>) -> Result<bool, Failure> {
    let mut line = Map::new();
    line.insert("journal".to_owned(), place.name.clone().into());
    line.insert("segment".to_owned(), record.segment.into());
    line.insert("offset".to_owned(), record.offset.into());
    line.insert("sequence".to_owned(), record.sequence.into());
    if let Value::Object(fields) = fields(&record.fact) {
        line.extend(fields);
    }
    if record.state != ContentState::None {
        let state = format!("{:?}", record.state).to_lowercase();
        line.insert("content".to_owned(), json!({"bytes": record.content.len(), "state": state}));
    }
    writeln!(out, "{}", Value::Object(line)).map_err(|error| format!("the export cannot be written: {error}"))?;
    let (Some(folder), Fact::Accepted(accepted), ContentState::Intact) = (contents, &record.fact, record.state) else {
        return Ok(false);
    };
    let file = folder.join(format!("{}.xml", accepted.number));
    write_secret(&file, record.content).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(true)
}

/// Content is for its owner's eyes only.
fn write_secret(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true).mode(SECRET).open(file)?.write_all(bytes)
}

fn fields(fact: &Fact) -> Value {
    match fact {
        Fact::Accepted(accepted) => with_kind("accepted", acceptance(accepted)),
        Fact::Acknowledged(fact) => json!({
            "kind": "acknowledged",
            "number": fact.number.to_string(),
            "at": fact.at.to_string(),
            "outcome": format!("{:?}", fact.outcome),
            "message": fact.message.as_deref(),
        }),
        Fact::Expired(fact) => json!({
            "kind": "expired",
            "number": fact.number.to_string(),
            "at": fact.at.to_string(),
            "message": &*fact.message,
        }),
        Fact::Track(track) => {
            let mut row = acceptance(&track.accepted);
            row["state"] = track.state.as_str().into();
            row["ended_at"] = track.finished_at.to_string().into();
            row["message"] = track.message.as_deref().into();
            with_kind("track", row)
        }
        Fact::Attempted(fact) => json!({
            "kind": "attempted",
            "number": fact.number.to_string(),
            "ordinal": fact.ordinal,
            "at": fact.attempt.at.to_string(),
            "duration_ms": fact.attempt.duration_ms,
            "outcome": fact.attempt.outcome.as_str(),
            "parks": fact.parks,
            "text": fact.attempt.text.as_deref(),
        }),
        Fact::Redelivered(fact) => json!({
            "kind": "redelivered",
            "number": fact.number.to_string(),
            "ordinal": fact.ordinal,
            "at": fact.at.to_string(),
            "by": &*fact.by,
        }),
        Fact::Registry(fact) => registry(fact),
    }
}

fn with_kind(kind: &str, mut row: Value) -> Value {
    row["kind"] = kind.into();
    row
}

fn acceptance(accepted: &Accepted) -> Value {
    let Accepted { number, sequence, at, header, route, .. } = accepted;
    let route = route.as_deref();
    json!({
        "number": number.to_string(),
        "place": sequence,
        "at": at.to_string(),
        "from": header.from.as_str(),
        "to": header.to.as_str(),
        "type": header.document.kind.0,
        "status": header.document.status.0,
        "certificate_number": header.certificate_number.as_str(),
        "receiver": route.and_then(|route| route.receiver).map(|code| code.to_string()),
        "sender": route.and_then(|route| route.sender).map(|code| code.to_string()),
        "original": route.and_then(|route| route.original).map(|number| number.to_string()),
    })
}

fn registry(fact: &RegistryFact) -> Value {
    match fact {
        RegistryFact::NppoSet(nppo) => {
            json!({"kind": "nppo_set", "code": nppo.code.as_str(), "name": nppo.name.as_str(), "active": nppo.active})
        }
        RegistryFact::ActiveSet { code, active } => {
            json!({"kind": "active_set", "code": code.as_str(), "active": active})
        }
        RegistryFact::AllowedSet { code, allowed } => {
            json!({"kind": "allowed_set", "code": code.as_str(), "allowed": format!("{allowed:?}")})
        }
        RegistryFact::CertificateAdded(certificate) => json!({
            "kind": "certificate_added",
            "code": certificate.code.as_str(),
            "fingerprint": certificate.fingerprint.to_string(),
            "not_before": certificate.not_before.to_string(),
            "not_after": certificate.not_after.to_string(),
        }),
        RegistryFact::CertificateRevoked { code, fingerprint } => {
            json!({"kind": "certificate_revoked", "code": code.as_str(), "fingerprint": fingerprint.to_string()})
        }
        RegistryFact::DeliverySet { code, delivery } => {
            let url = match delivery {
                Delivery::Pull => None,
                Delivery::Push(target) => Some(target.url.as_str()),
            };
            json!({"kind": "delivery_set", "code": code.as_str(), "push_to": url})
        }
        RegistryFact::ChannelSet(channel) => {
            json!({"kind": "channel_set", "code": channel.code.as_str(), "name": channel.name.as_str()})
        }
        RegistryFact::RuleSet { code, rule } => {
            json!({"kind": "rule_set", "code": code.as_str(), "id": rule.id, "rule": rule.kind.as_str()})
        }
        RegistryFact::RuleRemoved { code, id } => json!({"kind": "rule_removed", "code": code.as_str(), "id": id}),
        RegistryFact::DocumentSet(document) => {
            json!({"kind": "document_set", "type": document.kind.0, "name": document.name.as_str()})
        }
        RegistryFact::DocumentRemoved(kind) => json!({"kind": "document_removed", "type": kind.0}),
    }
}
