//! Changes of the registry as documents: what the command line asks, through the running hub or on its directory.

use phytohub_core::registry::RegistryCommand;
use phytohub_model::{
    AllowedDocument, CertificateFingerprint, Channel, ChannelRule, ConnectionCode, Delivery, Document, DocumentKind,
    DocumentStatus, DocumentType, Poison, PushTarget, Trust,
};
use phytohub_onboarding::Signed;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::identity;
pub use rows::{ChannelRow, DocumentRow, Member, MemberCertificate, PushRow, RuleRow};
pub(crate) use rows::{channels, days_left, documents, members};

mod rows;

/// A change, as it travels to the admin address.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = RegistryChange)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// Adds a member; whether it is active at once is for the gate to say (`onboarding/gate.rs`).
    Add {
        /// Connection code.
        code: String,
        /// Name for people.
        #[serde(default)]
        name: String,
        /// `TYPE:STATUS` pairs it receives; empty = all.
        #[serde(default)]
        allow: Vec<String>,
        /// Why it is active without a proof from the sandbox.
        #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Lets a member send and receive.
    Activate {
        /// Connection code.
        code: String,
        /// What its system has shown in the sandbox.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<Box<Signed>>,
        /// Why it is let in without.
        #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Stops a member from sending and receiving.
    Deactivate {
        /// Connection code.
        code: String,
    },
    /// Sets which documents a member receives.
    Allow {
        /// Connection code.
        code: String,
        /// `TYPE:STATUS` pairs; empty = all.
        allow: Vec<String>,
    },
    /// Registers a certificate for a member.
    CertificateAdd {
        /// Connection code.
        code: String,
        /// The certificate as PEM.
        pem: String,
    },
    /// Takes a certificate back.
    CertificateRevoke {
        /// Connection code.
        code: String,
        /// SHA-256 of the certificate, hexadecimal.
        fingerprint: String,
    },
    /// Lets a member or channel ask for its envelopes.
    Pull {
        /// Its code.
        code: String,
    },
    /// Lets the hub call a member's or channel's own service.
    Push {
        /// Its code.
        code: String,
        /// `https://host[:port]/path`.
        url: String,
        /// SHA-256 of the service's certificate, hexadecimal; this or `authority`.
        #[serde(default)]
        pin: Option<String>,
        /// The certificate of the authority that issued the service's, as PEM.
        #[serde(default)]
        authority: Option<String>,
        /// What happens to an envelope that the service does not take: `park` or `hold`.
        #[serde(default = "park")]
        poison: String,
    },
    /// Adds a channel, or changes it.
    Channel {
        /// Its code.
        code: String,
        /// Name for people.
        #[serde(default)]
        name: String,
        /// Whether it receives.
        receive: bool,
        /// Whether it sends in members' stead.
        send: bool,
    },
    /// Adds a rule of a member about a channel, or changes the one of that number.
    Rule {
        /// The member's code.
        code: String,
        /// The rule's number; 0 or left out = the next free one.
        #[serde(default)]
        id: i32,
        /// The channel's code.
        channel: String,
        /// `FORWARD` or `DELEGATE`.
        kind: String,
        /// `INC` or `OUT`.
        direction: String,
        /// Document type; left out = all.
        #[serde(default, rename = "type")]
        document_type: Option<i32>,
        /// Document status; left out = all.
        #[serde(default)]
        status: Option<i32>,
        /// Country or connection code of the other side; left out = any.
        #[serde(default)]
        partner: Option<String>,
    },
    /// Ends a member's rule.
    RuleRemove {
        /// The member's code.
        code: String,
        /// The rule's number.
        id: i32,
    },
    /// Names a document type and says by which profile its content is judged.
    Document {
        /// The type's number.
        #[serde(rename = "type")]
        document_type: i32,
        /// Its name for people.
        name: String,
        /// A profile of the validator, such as `ippc` or `lenient`.
        profile: String,
    },
    /// Takes that back.
    DocumentRemove {
        /// The type's number.
        #[serde(rename = "type")]
        document_type: i32,
    },
}

fn park() -> String {
    Poison::Park.to_string()
}

impl Change {
    /// The command for the registry.
    ///
    /// # Errors
    /// A sentence that names the part that cannot be read.
    pub fn command(&self) -> Result<RegistryCommand, String> {
        Ok(match self {
            Self::Add { code, name, allow, .. } => RegistryCommand::AddNppo {
                code: parse_code(code)?,
                name: name.clone(),
                active: true,
                allowed: parse_allowed(allow)?,
            },
            Self::Activate { code, .. } => RegistryCommand::SetActive { code: parse_code(code)?, active: true },
            Self::Deactivate { code } => RegistryCommand::SetActive { code: parse_code(code)?, active: false },
            Self::Allow { code, allow } => {
                RegistryCommand::SetAllowed { code: parse_code(code)?, allowed: parse_allowed(allow)? }
            }
            Self::CertificateAdd { code, pem } => {
                RegistryCommand::AddCertificate(identity::read_certificate(pem.as_bytes(), parse_code(code)?)?)
            }
            Self::CertificateRevoke { code, fingerprint } => RegistryCommand::RevokeCertificate {
                code: parse_code(code)?,
                fingerprint: parse_fingerprint(fingerprint)?,
            },
            Self::Pull { code } => RegistryCommand::SetDelivery { code: parse_code(code)?, delivery: Delivery::Pull },
            Self::Push { code, url, pin, authority, poison } => {
                let target = target(url, pin.as_deref(), authority.as_deref(), poison)?;
                RegistryCommand::SetDelivery { code: parse_code(code)?, delivery: Delivery::Push(target) }
            }
            Self::Channel { code, name, receive, send } => RegistryCommand::SetChannel(Channel {
                code: parse_code(code)?,
                name: name.clone(),
                receive: *receive,
                send: *send,
            }),
            Self::Rule { code, .. } => RegistryCommand::SetRule { code: parse_code(code)?, rule: self.rule()? },
            Self::RuleRemove { code, id } => RegistryCommand::RemoveRule { code: parse_code(code)?, id: *id },
            Self::Document { document_type, name, profile } => RegistryCommand::SetDocument(DocumentKind {
                kind: DocumentType(*document_type),
                name: name.clone(),
                profile: profile.clone(),
            }),
            Self::DocumentRemove { document_type } => RegistryCommand::RemoveDocument(DocumentType(*document_type)),
        })
    }

    fn rule(&self) -> Result<ChannelRule, String> {
        let Self::Rule { id, channel, kind, direction, document_type, status, partner, .. } = self else {
            return Err("this change is about no rule".to_owned());
        };
        Ok(ChannelRule {
            id: *id,
            channel: parse_code(channel)?,
            kind: kind.parse().map_err(|()| format!("'{kind}' is no rule: FORWARD or DELEGATE"))?,
            direction: direction.parse().map_err(|()| format!("'{direction}' is no direction: INC or OUT"))?,
            document_type: document_type.map(DocumentType),
            document_status: status.map(DocumentStatus),
            partner: partner.as_deref().map(parse_code).transpose()?,
        })
    }
}

/// A member's service. That the authority's certificate can be used is found out here, not at the first call.
fn target(url: &str, pin: Option<&str>, authority: Option<&str>, poison: &str) -> Result<PushTarget, String> {
    let trust = match (pin, authority) {
        (Some(pin), None) => Trust::Pinned(parse_fingerprint(pin)?),
        (None, Some(pem)) => Trust::Authority(pem.to_owned()),
        _ => return Err("give either the service's own certificate (pin) or its authority's (authority)".to_owned()),
    };
    let poison = poison.parse().map_err(|()| format!("'{poison}' is no way with a bad envelope: park or hold"))?;
    let target = PushTarget { url: url.to_owned(), trust, poison };
    phytohub_push::check(&target)?;
    Ok(target)
}

fn parse_code(text: &str) -> Result<ConnectionCode, String> {
    text.parse().map_err(|error| format!("'{text}': {error}"))
}

fn parse_fingerprint(text: &str) -> Result<CertificateFingerprint, String> {
    text.parse()
        .map_err(|()| format!("'{text}' is no fingerprint: 64 hexadecimal digits, as `phytohub nppo show` prints them"))
}

fn parse_allowed(pairs: &[String]) -> Result<AllowedDocument, String> {
    if pairs.is_empty() {
        return Ok(AllowedDocument::All);
    }
    let mut documents: Vec<Document> = pairs
        .iter()
        .map(|pair| {
            let (kind, status) = pair.split_once(':')?;
            Some(Document { kind: DocumentType(kind.parse().ok()?), status: DocumentStatus(status.parse().ok()?) })
        })
        .zip(pairs)
        .map(|(document, pair)| document.ok_or_else(|| format!("'{pair}' is no TYPE:STATUS pair such as 851:70")))
        .collect::<Result<_, _>>()?;
    documents.sort_unstable();
    documents.dedup();
    Ok(AllowedDocument::Only(documents))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_sorted_and_once() {
        let pairs = |texts: &[&str]| parse_allowed(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        let AllowedDocument::Only(documents) = pairs(&["851:70", "657:70", "851:70"]).unwrap() else { panic!() };
        assert_eq!(documents.iter().map(|document| document.kind.0).collect::<Vec<_>>(), [657, 851]);
        assert_eq!(pairs(&[]), Ok(AllowedDocument::All));
        for wrong in ["851", "851:x", ":70"] {
            assert!(pairs(&[wrong]).unwrap_err().contains(wrong));
        }
    }

    #[test]
    fn a_change_travels_as_a_document_with_no_unknown_parts() {
        let allow = vec!["851:70".to_owned()];
        let change = Change::Add { code: "LK".to_owned(), name: String::new(), allow, reason: None };
        let text = serde_json::to_string(&change).unwrap();
        assert_eq!(serde_json::from_str::<Change>(&text).unwrap(), change);
        assert!(serde_json::from_str::<Change>(r#"{"change":"activate","code":"LK","extra":1}"#).is_err());
    }
}
