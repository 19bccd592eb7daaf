//! What a change is, in the words of the audit log: codes, numbers, fingerprints; never content or a key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use phytohub_audit::Act;
use phytohub_model::DeliveryNumber;
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::control::Change;
use crate::identity;
use crate::maintenance::MaintenanceChange;
use crate::operators::OperatorChange;
use crate::releases::ReleaseChange;
use crate::validate::ValidatorChange;

/// Numbers of envelopes that an entry names; of more it says how many.
const NUMBERS_MAX: usize = 20;

/// What a handler wants said about what it did; an extension of its answer.
#[derive(Clone, Debug)]
pub(crate) struct Told(pub(crate) String);

/// The act of a request, and whether it could be read: what cannot might hold anything, so nothing of it is repeated.
pub(crate) fn of_request(method: &str, path: &str, body: &[u8]) -> (Act, bool) {
    let act = match path {
        "/v1/changes" => read(body).map(|change| of_change(&change)),
        "/v1/releases" => read(body).map(|change| of_release(&change)),
        "/v1/validator" => read(body).map(|change| of_validator(&change)),
        "/v1/redeliver" => read(body).map(|wanted| of_redelivery(&wanted)),
        "/v1/maintenance" => read(body).map(|change| of_maintenance(&change)),
        "/v1/operators" => read(body).map(|change| of_operator(&change)),
        // Whatever is added later is in the log from its first day on.
        _ => None,
    };
    let is_readable = act.is_some();
    (act.unwrap_or_else(|| Act::new(format!("{method} {path}"), "", "")), is_readable)
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    serde_json::from_slice(body).ok()
}

/// The parts that say something, in one sentence.
fn details(parts: &[(&str, &str)]) -> String {
    let said = parts.iter().filter(|(_, value)| !value.is_empty());
    said.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
}

/// A change of the registry.
pub(crate) fn of_change(change: &Change) -> Act {
    let all = |pairs: &[String]| if pairs.is_empty() { "all documents".to_owned() } else { pairs.join(" ") };
    match change {
        Change::Add { code, name, allow, reason } => {
            let reason = reason.as_deref().unwrap_or_default();
            let parts = [("name", name.as_str()), ("receives", &all(allow)), ("override:", reason)];
            Act::new("add member", code, details(&parts))
        }
        Change::Activate { code, proof, reason } => {
            let proof = proof.as_ref().map(|proof| format!("of {} by {}", proof.report.made_at, proof.signer));
            let parts =
                [("proof", proof.as_deref().unwrap_or_default()), ("override:", reason.as_deref().unwrap_or(""))];
            Act::new("activate member", code, details(&parts))
        }
        Change::Deactivate { code } => Act::new("deactivate member", code, ""),
        Change::Allow { code, allow } => Act::new("allow documents", code, all(allow)),
        Change::CertificateAdd { code, pem } => Act::new("add certificate", code, fingerprint(pem, code)),
        Change::CertificateRevoke { code, fingerprint } => Act::new("revoke certificate", code, fingerprint),
        Change::Pull { code } => Act::new("set pull", code, ""),
        Change::Push { code, url, pin, authority, poison } => {
            let authority = authority.as_deref().map(|pem| fingerprint(pem, code)).unwrap_or_default();
            let pin = pin.as_deref().unwrap_or_default();
            let parts = [("to", place(url)), ("pinned", pin), ("authority", &authority), ("refused:", poison)];
            Act::new("set push", code, details(&parts))
        }
        Change::Channel { code, name, receive, send } => {
            let does = |does: &bool| if *does { "yes" } else { "no" };
            let parts = [("name", name.as_str()), ("receives", does(receive)), ("sends", does(send))];
            Act::new("set channel", code, details(&parts))
        }
        Change::Rule { code, id, channel, kind, direction, document_type, status, partner } => {
            let number = |number: &Option<i32>| number.map(|number| number.to_string()).unwrap_or_default();
            let parts = [
                ("rule", if *id == 0 { "new" } else { &id.to_string() }),
                ("to", channel.as_str()),
                ("kind", kind),
                ("direction", direction),
                ("type", &number(document_type)),
                ("status", &number(status)),
                ("other side", partner.as_deref().unwrap_or_default()),
            ];
            Act::new("set rule", code, details(&parts))
        }
        Change::RuleRemove { code, id } => Act::new("remove rule", code, format!("rule {id}")),
        Change::Document { document_type, name, profile } => {
            Act::new("set document type", document_type.to_string(), details(&[("name", name), ("profile", profile)]))
        }
        Change::DocumentRemove { document_type } => Act::new("reset document type", document_type.to_string(), ""),
    }
}

/// A URL without what could be a secret in it.
fn place(url: &str) -> &str {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next().unwrap_or_default();
    if authority.contains('@') { "an address with credentials" } else { url }
}

fn fingerprint(pem: &str, code: &str) -> String {
    let certificate = code.parse().ok().and_then(|code| identity::read_certificate(pem.as_bytes(), code).ok());
    certificate.map_or_else(
        || "what cannot be read as a certificate".to_owned(),
        |certificate| certificate.fingerprint.to_string(),
    )
}

/// A change of the releases.
pub(crate) fn of_release(change: &ReleaseChange) -> Act {
    let numbered = |what, id: &u32, details: &str| Act::new(what, format!("release {id}"), details);
    match change {
        ReleaseChange::Announce { file, content, title, edition, active_from, .. } => {
            let name = file.rsplit('/').next().unwrap_or(file);
            let sha256 =
                STANDARD.decode(content).map(|bytes| hex(digest(&SHA256, &bytes).as_ref())).unwrap_or_default();
            let from = active_from.as_deref().unwrap_or_default();
            let parts = [("SHA-256", sha256.as_str()), ("title", title), ("edition", edition), ("active from", from)];
            Act::new("announce release", name, details(&parts))
        }
        ReleaseChange::Shadow { id } => numbered("start shadow", id, ""),
        ReleaseChange::EndShadow { id } => numbered("end shadow", id, ""),
        ReleaseChange::Activate { id, at } => {
            numbered("activate release", id, &details(&[("at", at.as_deref().unwrap_or_default())]))
        }
        ReleaseChange::Retire { id } => numbered("retire release", id, ""),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn of_validator(change: &ValidatorChange) -> Act {
    match change {
        ValidatorChange::Shadow { candidate } => {
            let module = candidate.validator.display().to_string();
            let lists: Vec<String> = candidate.lists.iter().map(|list| list.display().to_string()).collect();
            // A profile may be a whole file.
            let profile = candidate.profile.lines().next().unwrap_or_default();
            let parts = [("module", module.as_str()), ("profile", profile), ("lists", &lists.join(" "))];
            Act::new("start candidate", "", details(&parts))
        }
        ValidatorChange::Activate => Act::new("activate candidate", "", ""),
        ValidatorChange::Stop => Act::new("stop candidate", "", ""),
    }
}

/// What of a redelivery the log tells; a cause is a service's own words, which could repeat anything.
#[derive(Deserialize)]
struct Redelivery {
    #[serde(default)]
    numbers: Vec<String>,
    destination: Option<String>,
    cause: Option<String>,
}

fn of_redelivery(wanted: &Redelivery) -> Act {
    let numbers = wanted.numbers.iter().filter_map(|number| number.parse::<DeliveryNumber>().ok());
    let named: Vec<String> = numbers.take(NUMBERS_MAX).map(|number| number.to_string()).collect();
    let subject = match &wanted.destination {
        Some(destination) => destination.clone(),
        None => format!("{} envelope{}", wanted.numbers.len(), if wanted.numbers.len() == 1 { "" } else { "s" }),
    };
    let cause = wanted.cause.as_ref().map_or("", |_| "those of one cause");
    let more = if wanted.numbers.len() > named.len() { " …" } else { "" };
    Act::new("redeliver", subject, format!("{cause}{}{more}", named.join(" ")))
}

/// A change of the operators.
pub(crate) fn of_operator(change: &OperatorChange) -> Act {
    match change {
        OperatorChange::Add { name, role } => Act::new("add operator", name, format!("as {role}")),
        OperatorChange::Remove { name } => Act::new("remove operator", name, ""),
    }
}

fn of_maintenance(change: &MaintenanceChange) -> Act {
    change.act()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(path: &str, body: &str) -> Act {
        let (act, is_readable) = of_request("POST", path, body.as_bytes());
        assert!(is_readable, "{body}");
        act
    }

    #[test]
    fn changes_are_told_in_the_words_of_the_console() {
        let told = act("/v1/changes", r#"{"change":"activate","code":"NZ","override":"the minister knows"}"#);
        assert_eq!(told, Act::new("activate member", "NZ", "override: the minister knows"));
        let told = act("/v1/changes", r#"{"change":"allow","code":"KE","allow":["851:70","657:70"]}"#);
        assert_eq!(told, Act::new("allow documents", "KE", "851:70 657:70"));
        let told = act("/v1/releases", r#"{"change":"activate","id":3,"at":"2027-01-01"}"#);
        assert_eq!(told, Act::new("activate release", "release 3", "at 2027-01-01"));
        let told = act("/v1/redeliver", r#"{"destination":"EG","cause":"<Secret>"}"#);
        assert_eq!(told, Act::new("redeliver", "EG", "those of one cause"));
    }

    #[test]
    fn no_content_and_no_key_is_repeated() {
        let pem = r#"{"change":"certificate_add","code":"NZ","pem":"-----BEGIN PRIVATE KEY-----\nCanary\n"}"#;
        let told = act("/v1/changes", pem);
        assert_eq!(told, Act::new("add certificate", "NZ", "what cannot be read as a certificate"));
        let content = r#"{"change":"announce","file":"lists/units.csv","content":"Q2FuYXJ5"}"#;
        let told = act("/v1/releases", content);
        assert!(told.subject == "units.csv" && told.details.starts_with("SHA-256 "), "{told:?}");
        assert!(!told.details.contains("Canary") && !told.details.contains("Q2FuYXJ5"));
        let push = r#"{"change":"push","code":"NZ","url":"https://a:Canary@host/path?key=Canary","pin":"00"}"#;
        assert!(!act("/v1/changes", push).details.contains("Canary"));
        let (unread, is_readable) = of_request("POST", "/v1/changes", b"{\"change\":\"Canary\"}");
        assert_eq!((unread, is_readable), (Act::new("POST /v1/changes", "", ""), false));
    }
}
