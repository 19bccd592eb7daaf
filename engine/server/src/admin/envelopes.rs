//! `/v1/envelopes`: a search through all that the hub knows, and the track of one envelope. Header only, never content.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use bytes::Bytes;
use phytohub_core::shard::{Answer, Command, Found, FoundRow, Search, Sought, Story, StoryStep};
use phytohub_model::{ConnectionCode, DeliveryNumber, Fault, FaultKind, TrackingState};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa::ToSchema;

use super::{Problem, busy, fail};
use crate::append::unexpected;
use crate::hub::Hub;
use crate::shard::ShardHandle;

/// Rows of an answer, where nothing else is asked, and at the most.
const ROWS: usize = 100;
const ROWS_MAX: usize = 1000;
/// Searches that go on at once: each looks at every envelope that the hub knows.
static AT_ONCE: Semaphore = Semaphore::const_new(2);
/// Pause before a shard with a full queue is asked again: who delivers goes first.
const BUSY_PAUSE: Duration = Duration::from_millis(20);
/// After so many pauses the hub is too busy.
const BUSY_PAUSES_MAX: usize = 500;

/// What is looked for; all that is given must hold.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Delivery number, or how it begins.
    #[serde(default)]
    number: String,
    /// Certificate number, or how it begins; small and capital letters are the same.
    #[serde(default)]
    certificate: String,
    /// Code of the sender.
    #[serde(default)]
    from: String,
    /// Code of the destination, or of the channel that got it.
    #[serde(default)]
    to: String,
    /// `pending`, `delivered` (with warnings and not readable included) or `failed`.
    #[serde(default)]
    state: String,
    /// Most rows of the answer, from 1 to 1000.
    limit: Option<usize>,
}

/// Where an envelope stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EnvelopeState {
    /// It waits for its destination.
    Pending,
    /// Its destination has it.
    Delivered,
    /// Its destination has it and warns.
    DeliveredWithWarnings,
    /// Its destination has it and cannot read it.
    DeliveredNotReadable,
    /// Nobody acknowledged it in time.
    Failed,
}

impl EnvelopeState {
    fn of(state: TrackingState) -> Self {
        match state {
            TrackingState::PendingDelivery => Self::Pending,
            TrackingState::Delivered => Self::Delivered,
            TrackingState::DeliveredWithWarnings => Self::DeliveredWithWarnings,
            TrackingState::DeliveredNotReadable => Self::DeliveredNotReadable,
            TrackingState::FailedDelivery | TrackingState::EnvelopeNotExists => Self::Failed,
        }
    }
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FoundEnvelopes {
    /// The newest of them, newest first.
    envelopes: Vec<EnvelopeRow>,
    /// How many there are in all.
    matched: u64,
    /// Whether there are more than are listed.
    more: bool,
}

/// An envelope in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EnvelopeRow {
    /// Delivery number.
    number: String,
    /// From of its header.
    from: String,
    /// To of its header.
    to: String,
    /// Who receives it: To, or a channel.
    receiver: String,
    /// Of a copy for a channel: the envelope that it is a copy of.
    original: Option<String>,
    /// CertificateType.
    #[serde(rename = "type")]
    document_type: i32,
    /// CertificateStatus.
    status: i32,
    /// NPPOCertificateNumber.
    certificate_number: String,
    state: EnvelopeState,
    /// Whether it waits for an operator.
    parked: bool,
    /// When it was accepted.
    accepted_at: String,
    /// When it ended.
    ended_at: Option<String>,
}

impl EnvelopeRow {
    fn of(row: FoundRow) -> Self {
        let FoundRow { header, receiver, original, accepted_at, ended_at, parked } = row;
        Self {
            number: header.number.to_string(),
            from: header.header.from.to_string(),
            to: header.header.to.to_string(),
            receiver: receiver.to_string(),
            original: original.map(|number| number.to_string()),
            document_type: header.header.document.kind.0,
            status: header.header.document.status.0,
            certificate_number: header.header.certificate_number.as_str().to_owned(),
            state: EnvelopeState::of(header.state),
            parked,
            accepted_at: accepted_at.to_string(),
            ended_at: ended_at.map(|at| at.to_string()),
        }
    }
}

/// Envelopes by their numbers, parties and state. It looks at all that the hub knows, part by part behind those who
/// deliver: among millions it takes a second or more.
#[utoipa::path(get, path = "/v1/envelopes", tag = "look", params(Wanted), responses(
    (status = 200, body = FoundEnvelopes),
    (status = 400, body = Problem, description = "What is looked for cannot be read."),
    (status = 503, body = Problem, description = "The hub is too busy, or stopping."),
))]
pub(super) async fn search(State(hub): State<Arc<Hub>>, Query(wanted): Query<Wanted>) -> Response {
    let (sought, limit) = match sought(&wanted) {
        Ok(sought) => sought,
        Err(error) => return fail(StatusCode::BAD_REQUEST, error),
    };
    let Ok(_turn) = AT_ONCE.acquire().await else { return fail(StatusCode::SERVICE_UNAVAILABLE, "stopping") };
    let (mut rows, mut matched) = (Vec::new(), 0);
    for shard in hub.shards() {
        let mut slot = Some(0);
        while let Some(next) = slot {
            let found = match part(shard, Search { slot: next, sought: sought.clone(), rows_max: limit }).await {
                Ok(found) => found,
                Err(fault) => return busy(fault),
            };
            matched += found.matched;
            slot = found.next;
            rows.extend(found.rows);
            rows.sort_by_key(|row| Reverse((row.accepted_at, row.header.number)));
            rows.truncate(limit);
        }
    }
    let envelopes: Vec<EnvelopeRow> = rows.into_iter().map(EnvelopeRow::of).collect();
    let more = (envelopes.len() as u64) < matched;
    Json(FoundEnvelopes { envelopes, matched, more }).into_response()
}

/// What is looked for, and how many rows are wanted.
fn sought(wanted: &Wanted) -> Result<(Sought, usize), String> {
    let Wanted { number, certificate, from, to, state, limit } = wanted;
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let code = |text: &str| {
        let parse = |text: String| {
            text.to_uppercase().parse::<ConnectionCode>().map_err(|error| format!("'{text}' is no code: {error}"))
        };
        given(text).map(parse).transpose()
    };
    let range = |text: String| {
        DeliveryNumber::beginning_with(&text).ok_or_else(|| {
            format!("'{text}' is not how a delivery number begins: digits and capital letters without I, L, O and U")
        })
    };
    let limit = limit.unwrap_or(ROWS);
    if !(1..=ROWS_MAX).contains(&limit) {
        return Err(format!("limit is {limit}; from 1 to {ROWS_MAX} rows can be asked for"));
    }
    let sought = Sought {
        numbers: given(number).map(range).transpose()?,
        certificate: given(certificate),
        from: code(from)?,
        to: code(to)?,
        states: states(state)?,
    };
    Ok((sought, limit))
}

fn states(text: &str) -> Result<Vec<TrackingState>, String> {
    use TrackingState::{Delivered, DeliveredNotReadable, DeliveredWithWarnings, FailedDelivery, PendingDelivery};
    match text {
        "" => Ok(Vec::new()),
        "pending" => Ok(vec![PendingDelivery]),
        "delivered" => Ok(vec![Delivered, DeliveredWithWarnings, DeliveredNotReadable]),
        "failed" => Ok(vec![FailedDelivery]),
        other => Err(format!("state '{other}' is not known; pending, delivered and failed are")),
    }
}

async fn part(shard: &ShardHandle, search: Search) -> Result<Found, Fault> {
    match ask_patiently(shard, Command::Search(search)).await? {
        Answer::Found(found) => Ok(found),
        other => Err(unexpected(&other)),
    }
}

/// Asks a shard; where its queue is full, those who deliver go first.
pub(super) async fn ask_patiently(shard: &ShardHandle, command: Command) -> Result<Answer, Fault> {
    let mut pauses = 0;
    loop {
        match shard.ask(command.clone(), Bytes::new()).await {
            Err(fault) if fault.kind == FaultKind::TryLater && pauses < BUSY_PAUSES_MAX => {
                pauses += 1;
                tokio::time::sleep(BUSY_PAUSE).await;
            }
            answer => return answer,
        }
    }
}

/// All that is known of an envelope.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EnvelopeTrack {
    /// Delivery number.
    number: String,
    /// From of its header.
    from: String,
    /// To of its header.
    to: String,
    /// CertificateType.
    #[serde(rename = "type")]
    document_type: i32,
    /// CertificateStatus.
    status: i32,
    /// NPPOCertificateNumber.
    certificate_number: String,
    state: EnvelopeState,
    /// When it was accepted.
    accepted_at: String,
    /// When it ended.
    ended_at: Option<String>,
    /// Who receives it: To, or a channel.
    receiver: String,
    /// Who sent it: From, or a channel in its stead.
    sender: String,
    /// Of a copy for a channel: the envelope that it is a copy of.
    original: Option<String>,
    /// Its copies for channels.
    copies: Vec<CopyRow>,
    /// What who acknowledged it, or the hub, said to its sender.
    message: Option<String>,
    /// Whether it waits for an operator.
    parked: bool,
    /// What happened to it, oldest first; of the calls of a service the latest 500.
    steps: Vec<TrackStep>,
}

/// A copy for a channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CopyRow {
    /// The channel.
    code: String,
    /// The copy's own delivery number.
    number: String,
}

/// One thing that happened to an envelope.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrackStep {
    /// When.
    at: String,
    /// `accepted`, `attempt`, `parked`, `redelivered`, or the state in which it ended.
    what: String,
    /// How a call of its receiver's service went: `answered`, `refused`, `unclear` or `unreachable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    /// How long the call took.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u32>,
    /// More of it; may be empty.
    text: String,
}

/// The track of one envelope: its header, and everything that happened to it.
#[utoipa::path(get, path = "/v1/envelopes/{number}", tag = "look",
    params(("number" = String, Path, description = "Delivery number")),
    responses(
        (status = 200, body = EnvelopeTrack),
        (status = 404, body = Problem, description = "The hub knows no such envelope, or not any more."),
        (status = 503, body = Problem, description = "The hub is too busy, or stopping."),
    ))]
pub(super) async fn envelope(State(hub): State<Arc<Hub>>, Path(number): Path<String>) -> Response {
    let unknown = || fail(StatusCode::NOT_FOUND, format!("there is no envelope with delivery number '{number}'"));
    let Ok(wanted) = number.parse::<DeliveryNumber>() else { return unknown() };
    let Some(shard) = hub.shard(wanted.shard()) else { return unknown() };
    match shard.ask(Command::Follow { number: wanted }, Bytes::new()).await {
        Ok(Answer::Story(Some(story))) => Json(track(&story)).into_response(),
        Ok(Answer::Story(None)) => unknown(),
        Ok(other) => busy(unexpected(&other)),
        Err(fault) => busy(fault),
    }
}

fn track(story: &Story) -> EnvelopeTrack {
    let tracked = &story.header;
    let copy = |(code, number): &(ConnectionCode, DeliveryNumber)| CopyRow {
        code: code.to_string(),
        number: number.to_string(),
    };
    let mut steps = vec![step(story.accepted_at.to_string(), "accepted", format!("from {}", story.sender))];
    steps.extend(story.steps.iter().flat_map(story_steps));
    if let Some(at) = story.ended_at {
        let what = match EnvelopeState::of(tracked.state) {
            EnvelopeState::Pending => "pending",
            EnvelopeState::Delivered => "delivered",
            EnvelopeState::DeliveredWithWarnings => "delivered with warnings",
            EnvelopeState::DeliveredNotReadable => "delivered, not readable",
            EnvelopeState::Failed => "failed",
        };
        steps.push(step(at.to_string(), what, tracked.message.as_deref().unwrap_or_default().to_owned()));
    }
    EnvelopeTrack {
        number: tracked.number.to_string(),
        from: tracked.header.from.to_string(),
        to: tracked.header.to.to_string(),
        document_type: tracked.header.document.kind.0,
        status: tracked.header.document.status.0,
        certificate_number: tracked.header.certificate_number.as_str().to_owned(),
        state: EnvelopeState::of(tracked.state),
        accepted_at: story.accepted_at.to_string(),
        ended_at: story.ended_at.map(|at| at.to_string()),
        receiver: story.receiver.to_string(),
        sender: story.sender.to_string(),
        original: story.original.map(|number| number.to_string()),
        copies: story.copies.iter().map(copy).collect(),
        message: tracked.message.as_deref().map(str::to_owned),
        parked: story.parked,
        steps,
    }
}

fn step(at: String, what: &str, text: String) -> TrackStep {
    TrackStep { at, what: what.to_owned(), outcome: None, duration_ms: None, text }
}

/// A step of an envelope's story; an attempt that parks it is two.
fn story_steps(told: &StoryStep) -> Vec<TrackStep> {
    match told {
        StoryStep::Redelivered { at, by } => vec![step(at.to_string(), "redelivered", format!("by {by}"))],
        StoryStep::Attempt { attempt, parks } => {
            let at = attempt.at.to_string();
            let called = TrackStep {
                outcome: Some(attempt.outcome.as_str().to_owned()),
                duration_ms: Some(attempt.duration_ms),
                ..step(at.clone(), "attempt", attempt.text.as_deref().unwrap_or_default().to_owned())
            };
            let parked = parks.then(|| step(at, "parked", "it waits for an operator".to_owned()));
            std::iter::once(called).chain(parked).collect()
        }
    }
}
