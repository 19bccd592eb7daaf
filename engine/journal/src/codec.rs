//! Facts <-> the archive inside a frame. The only file that knows rkyv.
//!
//! The model's types are not serialisable; each fact has a mirror here whose layout is the format on disk. A layout
//! never changes: a change is a new kind with a new number, and [`FORMAT_VERSION`](crate::frame::FORMAT_VERSION) rises.
//! Reading is checked: rkyv proves that the archive is well formed, and every value passes the model's own parser.

use phytohub_model::{
    Accepted, Acknowledged, AllowedDocument, Certificate, CertificateFingerprint, CertificateNumber, ConnectionCode,
    DeliveryNumber, Document, DocumentStatus, DocumentType, Expired, Fact, Fingerprint, Header, Nppo, RegistryFact,
    Timestamp, Track, TrackingState,
};
use rkyv::api::high::{HighSerializer, HighValidator, access, to_bytes_in};
use rkyv::bytecheck::CheckBytes;
use rkyv::rancor::Failure;
use rkyv::ser::allocator::ArenaHandle;
use rkyv::with::{InlineAsBox, Map};
use rkyv::{Archive, Portable, Serialize};

/// Numbers of the kinds of facts, as frames carry them. Never used for something else.
mod kind {
    pub(super) const ACCEPTED: u8 = 1;
    pub(super) const ACKNOWLEDGED: u8 = 2;
    pub(super) const EXPIRED: u8 = 3;
    pub(super) const TRACK: u8 = 4;
    pub(super) const NPPO_SET: u8 = 16;
    pub(super) const ACTIVE_SET: u8 = 17;
    pub(super) const ALLOWED_SET: u8 = 18;
    pub(super) const CERTIFICATE_ADDED: u8 = 19;
    pub(super) const CERTIFICATE_REVOKED: u8 = 20;
}

/// A connection code: its text, filled up with zeros.
type Code = [u8; 12];

#[derive(Archive, Serialize)]
struct AcceptedRecord<'a> {
    number: [u8; 16],
    sequence: u64,
    at: u64,
    from: Code,
    to: Code,
    kind: i32,
    status: i32,
    fingerprint: u128,
    #[rkyv(with = InlineAsBox)]
    certificate_number: &'a str,
}

#[derive(Archive, Serialize)]
struct AcknowledgedRecord<'a> {
    number: [u8; 16],
    at: u64,
    outcome: u8,
    #[rkyv(with = Map<InlineAsBox>)]
    message: Option<&'a str>,
}

#[derive(Archive, Serialize)]
struct ExpiredRecord<'a> {
    number: [u8; 16],
    at: u64,
    #[rkyv(with = InlineAsBox)]
    message: &'a str,
}

#[derive(Archive, Serialize)]
struct TrackRecord<'a> {
    accepted: AcceptedRecord<'a>,
    state: u8,
    finished_at: u64,
    #[rkyv(with = Map<InlineAsBox>)]
    message: Option<&'a str>,
}

/// Pairs of type and status; `None` for all.
type Allowed = Option<Vec<(i32, i32)>>;

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

/// Why an archive is no fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecodeError {
    /// A kind that this release does not know.
    UnknownKind,
    /// The checksum is right, but the record is not one that this format has.
    Malformed,
}

/// A fact is too large for an archive (2 GiB).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// Writes the archive of `fact` over what `buffer` holds and gives its kind.
pub(crate) fn encode(fact: &Fact, buffer: &mut Vec<u8>) -> Result<u8, TooLarge> {
    buffer.clear();
    match fact {
        Fact::Accepted(accepted) => write(&accepted_record(accepted), buffer).map(|()| kind::ACCEPTED),
        Fact::Acknowledged(Acknowledged { number, at, outcome, message }) => {
            let outcome = state_number((*outcome).into());
            let record =
                AcknowledgedRecord { number: number.to_bytes(), at: at.0, outcome, message: message.as_deref() };
            write(&record, buffer).map(|()| kind::ACKNOWLEDGED)
        }
        Fact::Expired(Expired { number, at, message }) => {
            let record = ExpiredRecord { number: number.to_bytes(), at: at.0, message };
            write(&record, buffer).map(|()| kind::EXPIRED)
        }
        Fact::Track(Track { accepted, state, finished_at, message }) => {
            let record = TrackRecord {
                accepted: accepted_record(accepted),
                state: state_number(*state),
                finished_at: finished_at.0,
                message: message.as_deref(),
            };
            write(&record, buffer).map(|()| kind::TRACK)
        }
        Fact::Registry(fact) => encode_registry(fact, buffer),
    }
}

fn encode_registry(fact: &RegistryFact, buffer: &mut Vec<u8>) -> Result<u8, TooLarge> {
    match fact {
        RegistryFact::NppoSet(Nppo { code, name, active, allowed }) => {
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
    }
}

/// Reads the archive of a fact of a kind.
pub(crate) fn decode(kind: u8, archive: &[u8]) -> Result<Fact, DecodeError> {
    Ok(match kind {
        kind::ACCEPTED => Fact::Accepted(accepted(read::<ArchivedAcceptedRecord<'_>>(archive)?)?),
        kind::ACKNOWLEDGED => {
            let record = read::<ArchivedAcknowledgedRecord<'_>>(archive)?;
            Fact::Acknowledged(Acknowledged {
                number: DeliveryNumber::from_bytes(record.number),
                at: Timestamp(record.at.to_native()),
                outcome: state(record.outcome)?.outcome().ok_or(DecodeError::Malformed)?,
                message: record.message.as_deref().map(Into::into),
            })
        }
        kind::EXPIRED => {
            let record = read::<ArchivedExpiredRecord<'_>>(archive)?;
            Fact::Expired(Expired {
                number: DeliveryNumber::from_bytes(record.number),
                at: Timestamp(record.at.to_native()),
                message: (*record.message).into(),
            })
        }
        kind::TRACK => {
            let record = read::<ArchivedTrackRecord<'_>>(archive)?;
            Fact::Track(Track {
                accepted: accepted(&record.accepted)?,
                state: state(record.state)?,
                finished_at: Timestamp(record.finished_at.to_native()),
                message: record.message.as_deref().map(Into::into),
            })
        }
        _ => Fact::Registry(decode_registry(kind, archive)?),
    })
}

fn decode_registry(kind: u8, archive: &[u8]) -> Result<RegistryFact, DecodeError> {
    Ok(match kind {
        kind::NPPO_SET => {
            let record = read::<ArchivedNppoSetRecord<'_>>(archive)?;
            RegistryFact::NppoSet(Nppo {
                code: code(&record.code)?,
                name: (*record.name).into(),
                active: record.active,
                allowed: allowed(&record.allowed),
            })
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
        _ => return Err(DecodeError::UnknownKind),
    })
}

fn write<T>(record: &T, buffer: &mut Vec<u8>) -> Result<(), TooLarge>
where
    T: for<'a, 'b> Serialize<HighSerializer<&'b mut Vec<u8>, ArenaHandle<'a>, Failure>>,
{
    to_bytes_in::<_, Failure>(record, buffer).map(|_| ()).map_err(|_| TooLarge)
}

fn read<T>(archive: &[u8]) -> Result<&T, DecodeError>
where
    T: Portable + for<'a> CheckBytes<HighValidator<'a, Failure>>,
{
    access::<T, Failure>(archive).map_err(|_| DecodeError::Malformed)
}

fn accepted_record(accepted: &Accepted) -> AcceptedRecord<'_> {
    AcceptedRecord {
        number: accepted.number.to_bytes(),
        sequence: accepted.sequence,
        at: accepted.at.0,
        from: code_bytes(&accepted.header.from),
        to: code_bytes(&accepted.header.to),
        kind: accepted.header.document.kind.0,
        status: accepted.header.document.status.0,
        fingerprint: accepted.fingerprint.0,
        certificate_number: accepted.header.certificate_number.as_str(),
    }
}

fn accepted(record: &ArchivedAcceptedRecord<'_>) -> Result<Accepted, DecodeError> {
    let document =
        Document { kind: DocumentType(record.kind.to_native()), status: DocumentStatus(record.status.to_native()) };
    let certificate_number = CertificateNumber::new(&record.certificate_number).map_err(|_| DecodeError::Malformed)?;
    Ok(Accepted {
        number: DeliveryNumber::from_bytes(record.number),
        sequence: record.sequence.to_native(),
        at: Timestamp(record.at.to_native()),
        header: Header { from: code(&record.from)?, to: code(&record.to)?, document, certificate_number },
        fingerprint: Fingerprint(record.fingerprint.to_native()),
    })
}

fn code_bytes(code: &ConnectionCode) -> Code {
    let mut bytes = Code::default();
    // A code is never longer than its limit, which this length follows.
    bytes.iter_mut().zip(code.as_str().bytes()).for_each(|(place, byte)| *place = byte);
    bytes
}

const _: () = assert!(
    phytohub_model::limits::CONNECTION_CODE_LENGTH_MAX == size_of::<Code>(),
    "a longer code is a change of the format"
);

fn code(bytes: &Code) -> Result<ConnectionCode, DecodeError> {
    let length = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    let text = std::str::from_utf8(&bytes[..length]).map_err(|_| DecodeError::Malformed)?;
    text.parse().map_err(|_| DecodeError::Malformed)
}

fn state_number(state: TrackingState) -> u8 {
    match state {
        TrackingState::PendingDelivery => 0,
        TrackingState::Delivered => 1,
        TrackingState::FailedDelivery => 2,
        TrackingState::EnvelopeNotExists => 3,
        TrackingState::DeliveredWithWarnings => 4,
        TrackingState::DeliveredNotReadable => 5,
    }
}

fn state(number: u8) -> Result<TrackingState, DecodeError> {
    let found = TrackingState::ALL.into_iter().find(|&state| state_number(state) == number);
    found.ok_or(DecodeError::Malformed)
}

fn allowed_record(allowed: &AllowedDocument) -> Allowed {
    match allowed {
        AllowedDocument::All => None,
        AllowedDocument::Only(pairs) => Some(pairs.iter().map(|pair| (pair.kind.0, pair.status.0)).collect()),
    }
}

fn allowed(record: &<Allowed as Archive>::Archived) -> AllowedDocument {
    match record.as_ref() {
        None => AllowedDocument::All,
        Some(pairs) => AllowedDocument::Only(
            pairs
                .iter()
                .map(|pair| Document {
                    kind: DocumentType(pair.0.to_native()),
                    status: DocumentStatus(pair.1.to_native()),
                })
                .collect(),
        ),
    }
}
