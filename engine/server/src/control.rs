//! Changes of the registry as documents: what the command line asks, through the running hub or on its directory.

use std::collections::BTreeMap;

use phytohub_core::registry::{Registry, RegistryCommand};
use phytohub_model::{
    AllowedDocument, Certificate, CertificateFingerprint, ConnectionCode, Document, DocumentStatus, DocumentType, Nppo,
};
use serde::{Deserialize, Serialize};

use crate::identity;

/// A change, as it travels to the admin address.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// Adds a member, active at once.
    Add {
        /// Connection code.
        code: String,
        /// Name for people.
        #[serde(default)]
        name: String,
        /// `TYPE:STATUS` pairs it receives; empty = all.
        #[serde(default)]
        allow: Vec<String>,
    },
    /// Lets a member send and receive.
    Activate {
        /// Connection code.
        code: String,
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
}

/// A member as it is listed and shown.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Member {
    /// Connection code.
    pub code: String,
    /// Name for people.
    pub name: String,
    /// Whether it sends and receives.
    pub active: bool,
    /// `pull`: how it gets its envelopes.
    pub delivery: String,
    /// `TYPE:STATUS` pairs it receives; empty = all.
    pub allow: Vec<String>,
    /// Its certificates.
    pub certificates: Vec<MemberCertificate>,
}

/// A registered certificate as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct MemberCertificate {
    /// SHA-256, hexadecimal.
    pub fingerprint: String,
    /// Subject.
    pub subject: String,
    /// First moment of validity.
    pub not_before: String,
    /// Last moment of validity.
    pub not_after: String,
}

impl Change {
    /// The command for the registry.
    ///
    /// # Errors
    /// A sentence that names the part that cannot be read.
    pub fn command(&self) -> Result<RegistryCommand, String> {
        Ok(match self {
            Self::Add { code, name, allow } => RegistryCommand::AddNppo {
                code: parse_code(code)?,
                name: name.clone(),
                active: true,
                allowed: parse_allowed(allow)?,
            },
            Self::Activate { code } => RegistryCommand::SetActive { code: parse_code(code)?, active: true },
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
        })
    }
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

/// All members, or the one asked for.
pub fn members(registry: &Registry, code: Option<&str>) -> Result<Vec<Member>, String> {
    let wanted = code.map(parse_code).transpose()?;
    let members: BTreeMap<ConnectionCode, Member> = registry
        .nppos()
        .filter(|nppo| wanted.is_none_or(|wanted| wanted == nppo.code))
        .map(|nppo| (nppo.code, member(registry, nppo)))
        .collect();
    match wanted {
        Some(code) if members.is_empty() => {
            Err(format!("{code} is not in the registry; `phytohub nppo list` shows who is"))
        }
        _ => Ok(members.into_values().collect()),
    }
}

fn member(registry: &Registry, nppo: &Nppo) -> Member {
    let allow = match &nppo.allowed {
        AllowedDocument::All => Vec::new(),
        AllowedDocument::Only(pairs) => {
            pairs.iter().map(|document| format!("{}:{}", document.kind.0, document.status.0)).collect()
        }
    };
    Member {
        code: nppo.code.to_string(),
        name: nppo.name.clone(),
        active: nppo.active,
        delivery: "pull".to_owned(),
        allow,
        certificates: registry.certificates_of(&nppo.code).map(certificate).collect(),
    }
}

fn certificate(certificate: &Certificate) -> MemberCertificate {
    MemberCertificate {
        fingerprint: certificate.fingerprint.to_string(),
        subject: certificate.subject.clone(),
        not_before: certificate.not_before.to_string(),
        not_after: certificate.not_after.to_string(),
    }
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
        let change = Change::Add { code: "LK".to_owned(), name: String::new(), allow: vec!["851:70".to_owned()] };
        let text = serde_json::to_string(&change).unwrap();
        assert_eq!(serde_json::from_str::<Change>(&text).unwrap(), change);
        assert!(serde_json::from_str::<Change>(r#"{"change":"activate","code":"LK","extra":1}"#).is_err());
    }
}
