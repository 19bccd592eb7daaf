//! Facts of the registry.

use phytohub_model::{
    Certificate, CertificateFingerprint, Channel, ChannelRule, Delivery, Direction, DocumentKind, DocumentStatus,
    DocumentType, Nppo, Poison, PushTarget, RegistryFact, RuleKind, Timestamp, Trust,
};
use rkyv::with::{InlineAsBox, Map};
use rkyv::{Archive, Serialize};

use super::values::{Allowed, Code, allowed, allowed_record, code, code_bytes, no_code, some_code};
use super::{DecodeError, TooLarge, kind, read, write};

#[derive(Archive, Serialize)]
struct NppoSetRecord<'a> {
    code: Code,
    #[rkyv(with = InlineAsBox)]
    name: &'a str,
    active: bool,
    allowed: Allowed,
}

#[derive(Archive, Serialize)]
struct ActiveSetRecord {
    code: Code,
    active: bool,
}

#[derive(Archive, Serialize)]
struct AllowedSetRecord {
    code: Code,
    allowed: Allowed,
}

#[derive(Archive, Serialize)]
struct CertificateAddedRecord<'a> {
    fingerprint: [u8; 32],
    code: Code,
    #[rkyv(with = InlineAsBox)]
    subject: &'a str,
    not_before: u64,
    not_after: u64,
}

#[derive(Archive, Serialize)]
struct CertificateRevokedRecord {
    code: Code,
    fingerprint: [u8; 32],
}

/// A member's service: the certificate that is pinned, or the authority's.
#[derive(Archive, Serialize)]
struct TargetRecord<'a> {
    #[rkyv(with = InlineAsBox)]
    url: &'a str,
    pinned: Option<[u8; 32]>,
    #[rkyv(with = Map<InlineAsBox>)]
    authority: Option<&'a str>,
    holds: bool,
}

/// `None` for pull.
#[derive(Archive, Serialize)]
struct DeliverySetRecord<'a> {
    code: Code,
    target: Option<TargetRecord<'a>>,
}

#[derive(Archive, Serialize)]
struct ChannelSetRecord<'a> {
    code: Code,
    #[rkyv(with = InlineAsBox)]
    name: &'a str,
    receive: bool,
    send: bool,
}

/// `None` and a code of zeros for any.
#[derive(Archive, Serialize)]
struct RuleSetRecord {
    code: Code,
    id: i32,
    channel: Code,
    delegates: bool,
    incoming: bool,
    document_type: Option<i32>,
    document_status: Option<i32>,
    partner: Code,
}

#[derive(Archive, Serialize)]
struct RuleRemovedRecord {
    code: Code,
    id: i32,
}

#[derive(Archive, Serialize)]
struct DocumentSetRecord<'a> {
    kind: i32,
    #[rkyv(with = InlineAsBox)]
    name: &'a str,
    #[rkyv(with = InlineAsBox)]
    profile: &'a str,
}

#[derive(Archive, Serialize)]
struct DocumentRemovedRecord {
    kind: i32,
}

/// Writes a change of the registry.
pub(super) fn encode_registry(fact: &RegistryFact, buffer: &mut Vec<u8>) -> Result<u8, TooLarge> {
    match fact {
        // How it gets its envelopes and its rules are facts of their own.
        RegistryFact::NppoSet(Nppo { code, name, active, allowed, .. }) => {
            let record =
                NppoSetRecord { code: code_bytes(code), name, active: *active, allowed: allowed_record(allowed) };
            write(&record, buffer).map(|()| kind::NPPO_SET)
        }
        RegistryFact::ActiveSet { code, active } => {
            write(&ActiveSetRecord { code: code_bytes(code), active: *active }, buffer).map(|()| kind::ACTIVE_SET)
        }
        RegistryFact::AllowedSet { code, allowed } => {
            let record = AllowedSetRecord { code: code_bytes(code), allowed: allowed_record(allowed) };
            write(&record, buffer).map(|()| kind::ALLOWED_SET)
        }
        RegistryFact::CertificateAdded(Certificate { fingerprint, code, subject, not_before, not_after }) => {
            let record = CertificateAddedRecord {
                fingerprint: fingerprint.0,
                code: code_bytes(code),
                subject,
                not_before: not_before.0,
                not_after: not_after.0,
            };
            write(&record, buffer).map(|()| kind::CERTIFICATE_ADDED)
        }
        RegistryFact::CertificateRevoked { code, fingerprint } => {
            let record = CertificateRevokedRecord { code: code_bytes(code), fingerprint: fingerprint.0 };
            write(&record, buffer).map(|()| kind::CERTIFICATE_REVOKED)
        }
        RegistryFact::DeliverySet { code, delivery } => {
            let target = match delivery {
                Delivery::Pull => None,
                Delivery::Push(target) => Some(target_record(target)),
            };
            write(&DeliverySetRecord { code: code_bytes(code), target }, buffer).map(|()| kind::DELIVERY_SET)
        }
        RegistryFact::ChannelSet(Channel { code, name, receive, send }) => {
            let record = ChannelSetRecord { code: code_bytes(code), name, receive: *receive, send: *send };
            write(&record, buffer).map(|()| kind::CHANNEL_SET)
        }
        RegistryFact::RuleSet { code, rule } => {
            let ChannelRule { id, channel, kind: rule_kind, direction, document_type, document_status, partner } = rule;
            let record = RuleSetRecord {
                code: code_bytes(code),
                id: *id,
                channel: code_bytes(channel),
                delegates: *rule_kind == RuleKind::Delegate,
                incoming: *direction == Direction::Incoming,
                document_type: document_type.map(|kind| kind.0),
                document_status: document_status.map(|status| status.0),
                partner: partner.as_ref().map_or_else(no_code, code_bytes),
            };
            write(&record, buffer).map(|()| kind::RULE_SET)
        }
        RegistryFact::RuleRemoved { code, id } => {
            write(&RuleRemovedRecord { code: code_bytes(code), id: *id }, buffer).map(|()| kind::RULE_REMOVED)
        }
        RegistryFact::DocumentSet(DocumentKind { kind: document, name, profile }) => {
            write(&DocumentSetRecord { kind: document.0, name, profile }, buffer).map(|()| kind::DOCUMENT_SET)
        }
        RegistryFact::DocumentRemoved(document) => {
            write(&DocumentRemovedRecord { kind: document.0 }, buffer).map(|()| kind::DOCUMENT_REMOVED)
        }
    }
}

/// Reads a change of the registry.
pub(super) fn decode_registry(kind: u8, archive: &[u8]) -> Result<RegistryFact, DecodeError> {
    Ok(match kind {
        kind::NPPO_SET => {
            let record = read::<ArchivedNppoSetRecord<'_>>(archive)?;
            let (name, allowed) = ((*record.name).into(), allowed(&record.allowed));
            RegistryFact::NppoSet(Nppo::new(code(&record.code)?, name, record.active, allowed))
        }
        kind::ACTIVE_SET => {
            let record = read::<ArchivedActiveSetRecord>(archive)?;
            RegistryFact::ActiveSet { code: code(&record.code)?, active: record.active }
        }
        kind::ALLOWED_SET => {
            let record = read::<ArchivedAllowedSetRecord>(archive)?;
            RegistryFact::AllowedSet { code: code(&record.code)?, allowed: allowed(&record.allowed) }
        }
        kind::CERTIFICATE_ADDED => {
            let record = read::<ArchivedCertificateAddedRecord<'_>>(archive)?;
            RegistryFact::CertificateAdded(Certificate {
                fingerprint: CertificateFingerprint(record.fingerprint),
                code: code(&record.code)?,
                subject: (*record.subject).into(),
                not_before: Timestamp(record.not_before.to_native()),
                not_after: Timestamp(record.not_after.to_native()),
            })
        }
        kind::CERTIFICATE_REVOKED => {
            let record = read::<ArchivedCertificateRevokedRecord>(archive)?;
            RegistryFact::CertificateRevoked {
                code: code(&record.code)?,
                fingerprint: CertificateFingerprint(record.fingerprint),
            }
        }
        kind::DELIVERY_SET => {
            let record = read::<ArchivedDeliverySetRecord<'_>>(archive)?;
            let delivery =
                record.target.as_ref().map_or(Ok(Delivery::Pull), |record| target(record).map(Delivery::Push));
            RegistryFact::DeliverySet { code: code(&record.code)?, delivery: delivery? }
        }
        kind::CHANNEL_SET => {
            let record = read::<ArchivedChannelSetRecord<'_>>(archive)?;
            let (code, name) = (code(&record.code)?, (*record.name).into());
            RegistryFact::ChannelSet(Channel { code, name, receive: record.receive, send: record.send })
        }
        kind::RULE_SET => {
            let record = read::<ArchivedRuleSetRecord>(archive)?;
            RegistryFact::RuleSet { code: code(&record.code)?, rule: rule(record)? }
        }
        kind::RULE_REMOVED => {
            let record = read::<ArchivedRuleRemovedRecord>(archive)?;
            RegistryFact::RuleRemoved { code: code(&record.code)?, id: record.id.to_native() }
        }
        kind::DOCUMENT_SET => {
            let record = read::<ArchivedDocumentSetRecord<'_>>(archive)?;
            RegistryFact::DocumentSet(DocumentKind {
                kind: DocumentType(record.kind.to_native()),
                name: (*record.name).into(),
                profile: (*record.profile).into(),
            })
        }
        kind::DOCUMENT_REMOVED => {
            let record = read::<ArchivedDocumentRemovedRecord>(archive)?;
            RegistryFact::DocumentRemoved(DocumentType(record.kind.to_native()))
        }
        _ => return Err(DecodeError::UnknownKind),
    })
}

fn target_record(target: &PushTarget) -> TargetRecord<'_> {
    let (pinned, authority) = match &target.trust {
        Trust::Pinned(fingerprint) => (Some(fingerprint.0), None),
        Trust::Authority(pem) => (None, Some(pem.as_str())),
    };
    TargetRecord { url: &target.url, pinned, authority, holds: target.poison == Poison::Hold }
}

fn target(record: &ArchivedTargetRecord<'_>) -> Result<PushTarget, DecodeError> {
    let trust = match (record.pinned.as_ref(), record.authority.as_deref()) {
        (Some(fingerprint), None) => Trust::Pinned(CertificateFingerprint(*fingerprint)),
        (None, Some(pem)) => Trust::Authority(pem.into()),
        _ => return Err(DecodeError::Malformed),
    };
    let poison = if record.holds { Poison::Hold } else { Poison::Park };
    Ok(PushTarget { url: (*record.url).into(), trust, poison })
}

fn rule(record: &ArchivedRuleSetRecord) -> Result<ChannelRule, DecodeError> {
    Ok(ChannelRule {
        id: record.id.to_native(),
        channel: code(&record.channel)?,
        kind: if record.delegates { RuleKind::Delegate } else { RuleKind::Forward },
        direction: if record.incoming { Direction::Incoming } else { Direction::Outgoing },
        document_type: record.document_type.as_ref().map(|kind| DocumentType(kind.to_native())),
        document_status: record.document_status.as_ref().map(|status| DocumentStatus(status.to_native())),
        partner: some_code(&record.partner)?,
    })
}
