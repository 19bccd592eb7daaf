//! `phytohub channel`, `phytohub document`, and of `phytohub nppo` push and rules: each tells in a line what it did.

use std::path::{Path, PathBuf};

use crate::cli::{ChannelCommand, DocumentCommand, MemberArgs, RuleCommand};
use crate::commands::{change, fingerprint_of, read};
use crate::control::{self, Change, ChannelRow, DocumentRow, RuleRow};

/// Carries out a command about channels; the text is for standard output.
///
/// # Errors
/// A sentence that says why not.
pub fn channel(command: ChannelCommand) -> Result<String, String> {
    match command {
        ChannelCommand::Set { channel: MemberArgs { dir, code }, name, receive, send } => {
            let does = match (receive, send) {
                (true, true) => "receives and sends",
                (true, false) => "receives",
                (false, true) => "sends",
                (false, false) => "is closed: it neither receives nor sends",
            };
            let done = format!("channel {code} {does}");
            change(&dir, Change::Channel { code, name, receive, send }).map(|()| done)
        }
        ChannelCommand::List { dir, json } => list_channels(&dir, json),
    }
}

fn list_channels(dir: &Path, json: bool) -> Result<String, String> {
    let channels: Vec<ChannelRow> = read(dir, "/v1/channels", |registry| Ok(control::channels(registry)))?;
    if json {
        return serde_json::to_string_pretty(&channels).map_err(|error| error.to_string());
    }
    let word = |does: bool| if does { "yes" } else { "no" };
    let mut lines =
        vec![format!("{:<13}{:<10}{:<7}{:<10}{:<14}NAME", "CODE", "RECEIVES", "SENDS", "DELIVERY", "CERTIFICATES")];
    lines.extend(channels.iter().map(|channel| {
        let ChannelRow { code, name, receive, send, delivery, certificates, .. } = channel;
        let (receives, sends, certificates) = (word(*receive), word(*send), certificates.len());
        format!("{code:<13}{receives:<10}{sends:<7}{delivery:<10}{certificates:<14}{name}").trim_end().to_owned()
    }));
    Ok(lines.join("\n"))
}

/// Carries out a command about document types; the text is for standard output.
///
/// # Errors
/// A sentence that says why not.
pub fn document(command: DocumentCommand) -> Result<String, String> {
    match command {
        DocumentCommand::Set { dir, document_type, name, profile } => {
            let done = format!("document type {document_type} is called '{name}' and judged by profile {profile}");
            change(&dir, Change::Document { document_type, name, profile }).map(|()| done)
        }
        DocumentCommand::Remove { dir, document_type } => {
            let done = format!("document type {document_type} is as it was from the start");
            change(&dir, Change::DocumentRemove { document_type }).map(|()| done)
        }
        DocumentCommand::List { dir, json } => list_documents(&dir, json),
    }
}

fn list_documents(dir: &Path, json: bool) -> Result<String, String> {
    let documents: Vec<DocumentRow> = read(dir, "/v1/documents", |registry| Ok(control::documents(registry)))?;
    if json {
        return serde_json::to_string_pretty(&documents).map_err(|error| error.to_string());
    }
    let mut lines = vec![format!("{:<8}{:<12}NAME", "TYPE", "PROFILE")];
    lines.extend(documents.iter().map(|document| {
        let DocumentRow { document_type, name, profile, .. } = document;
        format!("{document_type:<8}{profile:<12}{name}")
    }));
    Ok(lines.join("\n"))
}

/// `nppo push`.
pub(crate) fn push(
    member: MemberArgs,
    url: String,
    pin: Option<String>,
    authority: Option<PathBuf>,
    hold: bool,
) -> Result<String, String> {
    let MemberArgs { dir, code } = member;
    let pin = match pin {
        Some(pin) if Path::new(&pin).exists() => Some(fingerprint_of(Path::new(&pin), &code)?),
        pin => pin,
    };
    let read = |file: PathBuf| std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()));
    let authority = authority.map(read).transpose()?;
    let done = format!("{code} gets its envelopes at {url}");
    let poison = if hold { "hold" } else { "park" }.to_owned();
    change(&dir, Change::Push { code, url, pin, authority, poison }).map(|()| done)
}

/// `nppo rule ...`.
pub(crate) fn rule(command: RuleCommand) -> Result<String, String> {
    match command {
        RuleCommand::Set { member, channel, kind, direction, document_type, status, partner, id } => {
            let MemberArgs { dir, code } = member;
            let done = format!("{code} has the rule; `phytohub nppo show` lists it");
            change(&dir, Change::Rule { code, id, channel, kind, direction, document_type, status, partner })
                .map(|()| done)
        }
        RuleCommand::Remove { member: MemberArgs { dir, code }, id } => {
            let done = format!("rule {id} of {code} has ended");
            change(&dir, Change::RuleRemove { code, id }).map(|()| done)
        }
    }
}

/// A rule as a sentence.
pub(crate) fn rule_line(rule: &RuleRow) -> String {
    let RuleRow { id, channel, kind, direction, document_type, status, partner } = rule;
    let any = |number: &Option<i32>| number.map_or("any".to_owned(), |number| number.to_string());
    let (document_type, status) = (any(document_type), any(status));
    let partner = partner.as_deref().unwrap_or("any");
    format!("rule {id:<5}{kind} {direction} to {channel}: type {document_type}, status {status}, other side {partner}")
}
