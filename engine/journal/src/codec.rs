//! Facts <-> the archive inside a frame. This file and those below it are the only ones that know rkyv.
//!
//! The model's types are not serialisable; each fact has a mirror here whose layout is the format on disk. A layout
//! never changes: a change is a new kind with a new number, and [`FORMAT_VERSION`](crate::frame::FORMAT_VERSION) rises.
//! Reading is checked: rkyv proves that the archive is well formed, and every value passes the model's own parser.

use phytohub_model::{
    Accepted, Acknowledged, Attempt, AttemptOutcome, Attempted, CertificateNumber, ConnectionCode, DeliveryNumber,
    Document, DocumentStatus, DocumentType, Expired, Fact, Fingerprint, Header, Redelivered, Route, Timestamp, Track,
    TrackingState,
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
    pub(super) const ACCEPTED_ROUTED: u8 = 5;
    pub(super) const TRACK_ROUTED: u8 = 6;
    pub(super) const ATTEMPTED: u8 = 7;
    pub(super) const REDELIVERED: u8 = 8;
    pub(super) const NPPO_SET: u8 = 16;
    pub(super) const ACTIVE_SET: u8 = 17;
    pub(super) const ALLOWED_SET: u8 = 18;
    pub(super) const CERTIFICATE_ADDED: u8 = 19;
    pub(super) const CERTIFICATE_REVOKED: u8 = 20;
    pub(super) const DELIVERY_SET: u8 = 21;
    pub(super) const CHANNEL_SET: u8 = 22;
    pub(super) const RULE_SET: u8 = 23;
    pub(super) const RULE_REMOVED: u8 = 24;
    pub(super) const DOCUMENT_SET: u8 = 25;
    pub(super) const DOCUMENT_REMOVED: u8 = 26;
}

mod registry;
mod values;

use registry::{decode_registry, encode_registry};
use values::{Code, code, code_bytes, no_code, some_code};

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

/// How an envelope goes that does not go straight. A code of zeros for none.
#[derive(Archive, Serialize)]
struct RouteRecord {
    receiver: Code,
    sender: Code,
    original: Option<[u8; 16]>,
}

#[derive(Archive, Serialize)]
struct AcceptedRoutedRecord<'a> {
    accepted: AcceptedRecord<'a>,
    route: RouteRecord,
}

#[derive(Archive, Serialize)]
struct TrackRoutedRecord<'a> {
    track: TrackRecord<'a>,
    route: RouteRecord,
}

#[derive(Archive, Serialize)]
struct AttemptedRecord<'a> {
    number: [u8; 16],
    ordinal: u32,
    at: u64,
    duration_ms: u32,
    outcome: u8,
    parks: bool,
    #[rkyv(with = Map<InlineAsBox>)]
    text: Option<&'a str>,
}

#[derive(Archive, Serialize)]
struct RedeliveredRecord<'a> {
    number: [u8; 16],
    ordinal: u32,
    at: u64,
    #[rkyv(with = InlineAsBox)]
    by: &'a str,
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
        Fact::Accepted(accepted) => match &accepted.route {
            None => write(&accepted_record(accepted), buffer).map(|()| kind::ACCEPTED),
            Some(route) => {
                let record = AcceptedRoutedRecord { accepted: accepted_record(accepted), route: route_record(route) };
                write(&record, buffer).map(|()| kind::ACCEPTED_ROUTED)
            }
        },
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
        Fact::Track(track) => match &track.accepted.route {
            None => write(&track_record(track), buffer).map(|()| kind::TRACK),
            Some(route) => {
                let record = TrackRoutedRecord { track: track_record(track), route: route_record(route) };
                write(&record, buffer).map(|()| kind::TRACK_ROUTED)
            }
        },
        Fact::Attempted(Attempted { number, ordinal, attempt, parks }) => {
            let Attempt { at, duration_ms, outcome, text } = attempt;
            let record = AttemptedRecord {
                number: number.to_bytes(),
                ordinal: *ordinal,
                at: at.0,
                duration_ms: *duration_ms,
                outcome: outcome_number(*outcome),
                parks: *parks,
                text: text.as_deref(),
            };
            write(&record, buffer).map(|()| kind::ATTEMPTED)
        }
        Fact::Redelivered(Redelivered { number, ordinal, at, by }) => {
            let record = RedeliveredRecord { number: number.to_bytes(), ordinal: *ordinal, at: at.0, by };
            write(&record, buffer).map(|()| kind::REDELIVERED)
        }
        Fact::Registry(fact) => encode_registry(fact, buffer),
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
        kind::TRACK => Fact::Track(track(read::<ArchivedTrackRecord<'_>>(archive)?)?),
        kind::ACCEPTED_ROUTED => {
            let record = read::<ArchivedAcceptedRoutedRecord<'_>>(archive)?;
            Fact::Accepted(Accepted { route: route(&record.route)?, ..accepted(&record.accepted)? })
        }
        kind::TRACK_ROUTED => {
            let record = read::<ArchivedTrackRoutedRecord<'_>>(archive)?;
            let straight = track(&record.track)?;
            let accepted = Accepted { route: route(&record.route)?, ..straight.accepted };
            Fact::Track(Track { accepted, ..straight })
        }
        kind::ATTEMPTED => {
            let record = read::<ArchivedAttemptedRecord<'_>>(archive)?;
            let attempt = Attempt {
                at: Timestamp(record.at.to_native()),
                duration_ms: record.duration_ms.to_native(),
                outcome: outcome(record.outcome)?,
                text: record.text.as_deref().map(Into::into),
            };
            Fact::Attempted(Attempted {
                number: DeliveryNumber::from_bytes(record.number),
                ordinal: record.ordinal.to_native(),
                attempt,
                parks: record.parks,
            })
        }
        kind::REDELIVERED => {
            let record = read::<ArchivedRedeliveredRecord<'_>>(archive)?;
            Fact::Redelivered(Redelivered {
                number: DeliveryNumber::from_bytes(record.number),
                ordinal: record.ordinal.to_native(),
                at: Timestamp(record.at.to_native()),
                by: (*record.by).into(),
            })
        }
        _ => Fact::Registry(decode_registry(kind, archive)?),
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
        route: None,
    })
}

fn track_record(track: &Track) -> TrackRecord<'_> {
    TrackRecord {
        accepted: accepted_record(&track.accepted),
        state: state_number(track.state),
        finished_at: track.finished_at.0,
        message: track.message.as_deref(),
    }
}

fn track(record: &ArchivedTrackRecord<'_>) -> Result<Track, DecodeError> {
    Ok(Track {
        accepted: accepted(&record.accepted)?,
        state: state(record.state)?,
        finished_at: Timestamp(record.finished_at.to_native()),
        message: record.message.as_deref().map(Into::into),
    })
}

fn route_record(route: &Route) -> RouteRecord {
    let code = |code: &Option<ConnectionCode>| code.as_ref().map_or_else(no_code, code_bytes);
    RouteRecord {
        receiver: code(&route.receiver),
        sender: code(&route.sender),
        original: route.original.map(|number| number.to_bytes()),
    }
}

fn route(record: &ArchivedRouteRecord) -> Result<Option<Box<Route>>, DecodeError> {
    let route = Route {
        receiver: some_code(&record.receiver)?,
        sender: some_code(&record.sender)?,
        original: record.original.as_ref().map(|bytes| DeliveryNumber::from_bytes(*bytes)),
    };
    // Written only of an envelope that has a way of its own.
    if route.is_straight() { Err(DecodeError::Malformed) } else { Ok(Some(Box::new(route))) }
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

fn outcome_number(outcome: AttemptOutcome) -> u8 {
    match outcome {
        AttemptOutcome::Answered => 0,
        AttemptOutcome::Refused => 1,
        AttemptOutcome::Unreachable => 2,
        AttemptOutcome::Unclear => 3,
    }
}

fn outcome(number: u8) -> Result<AttemptOutcome, DecodeError> {
    let found = AttemptOutcome::ALL.into_iter().find(|&outcome| outcome_number(outcome) == number);
    found.ok_or(DecodeError::Malformed)
}
