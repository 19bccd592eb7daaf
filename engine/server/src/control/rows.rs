//! Members, channels and document types as they are listed and shown.

use std::collections::BTreeMap;

use phytohub_core::registry::Registry;
use phytohub_model::{
    AllowedDocument, Certificate, Channel, ChannelRule, ConnectionCode, Delivery, DocumentKind, Nppo, Timestamp, Trust,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock;
use crate::identity;

/// A member as it is listed and shown.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct Member {
    /// Connection code.
    pub code: String,
    /// Name for people.
    pub name: String,
    /// Whether it sends and receives.
    pub active: bool,
    /// `pull` or `push`: how it gets its envelopes.
    pub delivery: String,
    /// Its service, with `push`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<PushRow>,
    /// `TYPE:STATUS` pairs it receives; empty = all.
    pub allow: Vec<String>,
    /// Its rules about channels.
    #[serde(default)]
    pub rules: Vec<RuleRow>,
    /// Its certificates.
    pub certificates: Vec<MemberCertificate>,
}

/// A service that the hub calls.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct PushRow {
    /// Where.
    pub url: String,
    /// `pinned` and the fingerprint of its certificate, or `authority` and the subject of the authority's.
    pub trust: String,
    /// `park` or `hold`.
    pub poison: String,
}

/// A rule as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct RuleRow {
    /// Its number.
    pub id: i32,
    /// The channel's code.
    pub channel: String,
    /// `FORWARD` or `DELEGATE`.
    pub kind: String,
    /// `INC` or `OUT`.
    pub direction: String,
    /// Document type; null = all.
    #[serde(rename = "type")]
    pub document_type: Option<i32>,
    /// Document status; null = all.
    pub status: Option<i32>,
    /// The other side; null = any.
    pub partner: Option<String>,
}

/// A channel as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct ChannelRow {
    /// Its code.
    pub code: String,
    /// Name for people.
    pub name: String,
    /// Whether it receives.
    pub receive: bool,
    /// Whether it sends in members' stead.
    pub send: bool,
    /// `pull` or `push`.
    pub delivery: String,
    /// Its service, with `push`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<PushRow>,
    /// Its certificates.
    pub certificates: Vec<MemberCertificate>,
}

/// A document type as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct DocumentRow {
    /// Its number.
    #[serde(rename = "type")]
    pub document_type: i32,
    /// Its name for people.
    pub name: String,
    /// By which profile its content is judged.
    pub profile: String,
    /// Whether the row is the hub's own and no operator's.
    pub built_in: bool,
}

/// A registered certificate as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct MemberCertificate {
    /// SHA-256, hexadecimal.
    pub fingerprint: String,
    /// Subject.
    pub subject: String,
    /// First moment of validity.
    pub not_before: String,
    /// Last moment of validity.
    pub not_after: String,
    /// Whole days until then; less than 0 when it has expired.
    #[serde(default)]
    pub days_left: i64,
}

/// All members, or the one asked for.
pub(crate) fn members(registry: &Registry, code: Option<&str>) -> Result<Vec<Member>, String> {
    let wanted = code.map(super::parse_code).transpose()?;
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
        delivery: delivery(&nppo.delivery),
        push: push(&nppo.delivery),
        allow,
        rules: nppo.rules.iter().map(rule).collect(),
        certificates: registry.certificates_of(&nppo.code).map(certificate).collect(),
    }
}

/// Whole days from `now` to the end of a certificate; less than 0 behind it.
pub(crate) fn days_left(not_after: Timestamp, now: Timestamp) -> i64 {
    const DAY_MS: i128 = 86_400_000;
    let days = (i128::from(not_after.0) - i128::from(now.0)).div_euclid(DAY_MS);
    i64::try_from(days).unwrap_or(i64::MAX)
}

fn certificate(certificate: &Certificate) -> MemberCertificate {
    MemberCertificate {
        fingerprint: certificate.fingerprint.to_string(),
        subject: certificate.subject.clone(),
        not_before: certificate.not_before.to_string(),
        not_after: certificate.not_after.to_string(),
        days_left: days_left(certificate.not_after, clock::now()),
    }
}

/// All channels.
pub(crate) fn channels(registry: &Registry) -> Vec<ChannelRow> {
    let row = |channel: &Channel| {
        let way = registry.delivery(&channel.code).cloned().unwrap_or_default();
        ChannelRow {
            code: channel.code.to_string(),
            name: channel.name.clone(),
            receive: channel.receive,
            send: channel.send,
            delivery: delivery(&way),
            push: push(&way),
            certificates: registry.certificates_of(&channel.code).map(certificate).collect(),
        }
    };
    registry.channels().map(row).collect()
}

/// All document types that have a name.
pub(crate) fn documents(registry: &Registry) -> Vec<DocumentRow> {
    let row = |document: DocumentKind| DocumentRow {
        built_in: registry.document(document.kind).is_none(),
        document_type: document.kind.0,
        name: document.name,
        profile: document.profile,
    };
    registry.documents().into_iter().map(row).collect()
}

fn delivery(delivery: &Delivery) -> String {
    match delivery {
        Delivery::Pull => "pull",
        Delivery::Push(_) => "push",
    }
    .to_owned()
}

fn push(delivery: &Delivery) -> Option<PushRow> {
    let Delivery::Push(target) = delivery else { return None };
    let trust = match &target.trust {
        Trust::Pinned(fingerprint) => format!("pinned {fingerprint}"),
        Trust::Authority(pem) => {
            let subject = identity::subject_of(pem.as_bytes()).unwrap_or_else(|error| error);
            format!("authority {subject}")
        }
    };
    Some(PushRow { url: target.url.clone(), trust, poison: target.poison.to_string() })
}

fn rule(rule: &ChannelRule) -> RuleRow {
    RuleRow {
        id: rule.id,
        channel: rule.channel.to_string(),
        kind: rule.kind.to_string(),
        direction: rule.direction.to_string(),
        document_type: rule.document_type.map(|kind| kind.0),
        status: rule.document_status.map(|status| status.0),
        partner: rule.partner.map(|code| code.to_string()),
    }
}
