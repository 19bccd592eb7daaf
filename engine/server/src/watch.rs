//! What operators see of a hub that runs, and what they do with parked envelopes: headers, times and outcomes, never
//! content.

mod members;
mod parked;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use phytohub_core::shard::{Answer, Command, Story, StoryStep};
use phytohub_model::{DeliveryNumber, Fault, Timestamp};
use phytohub_push::Breaker;
use serde_json::{Value, json};

use crate::append::unexpected;
use crate::clock;
use crate::hub::Hub;

/// The routes; whoever merges them sees to the token.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(hub: Arc<Hub>) -> Router<S> {
    Router::new()
        .route("/v1/overview", get(overview))
        .route("/v1/members", get(members::members))
        .route("/v1/envelopes/{number}", get(envelope))
        .route("/v1/failed", get(parked::failed))
        .route("/v1/redeliver", post(parked::redeliver))
        .with_state(hub)
}

/// An error as a document.
fn fail(status: StatusCode, error: impl Into<String>) -> Response {
    (status, Json(json!({"error": error.into()}))).into_response()
}

/// What a shard could not answer.
fn busy(fault: Fault) -> Response {
    fail(StatusCode::SERVICE_UNAVAILABLE, fault.message)
}

fn seconds_since(now: Timestamp, then: Option<Timestamp>) -> Option<f64> {
    then.map(|then| now.since(then).as_secs_f64())
}

async fn overview(State(hub): State<Arc<Hub>>) -> Json<Value> {
    let now = clock::now();
    let parked: u64 = hub.metrics.parked().values().sum();
    let services = hub.board.all();
    let open = services.iter().filter(|(_, status)| status.breaker != Breaker::Closed).count();
    let oldest = hub.metrics.inboxes().iter().filter_map(|inbox| inbox.oldest).min();
    let pending = hub.metrics.pending_total();
    let limit = hub.config.limits.pending_total;
    Json(json!({
        "now": now.to_string(),
        "version": env!("CARGO_PKG_VERSION"),
        "ready": true,
        "maintenance": hub.maintenance.notice().as_deref(),
        "totals": {
            "accepted": hub.metrics.accepted_total(),
            "ended": hub.metrics.finished_total(),
            "pending": pending,
            "parked": parked,
            "oldest_age_seconds": seconds_since(now, oldest),
        },
        "disk": {
            "low_water_bytes": hub.config.journal.disk_low_water.0,
            "low": hub.metrics.shards_without_room() > 0,
        },
        "capacity": {
            "pending_limit": limit,
            "pending_used_fraction": pending as f64 / limit.max(1) as f64,
        },
        "push": {"destinations": services.len(), "breakers_open": open, "parked": parked},
    }))
}

async fn envelope(State(hub): State<Arc<Hub>>, Path(number): Path<String>) -> Response {
    let unknown = || fail(StatusCode::NOT_FOUND, format!("there is no envelope with delivery number '{number}'"));
    let Ok(wanted) = number.parse::<DeliveryNumber>() else { return unknown() };
    let Some(shard) = hub.shard(wanted.shard()) else { return unknown() };
    match shard.ask(Command::Follow { number: wanted }, Bytes::new()).await {
        Ok(Answer::Story(Some(story))) => Json(story_row(&story)).into_response(),
        Ok(Answer::Story(None)) => unknown(),
        Ok(other) => busy(unexpected(&other)),
        Err(fault) => busy(fault),
    }
}

fn story_row(story: &Story) -> Value {
    let tracked = &story.header;
    let copies: Vec<Value> = story
        .copies
        .iter()
        .map(|(code, number)| json!({"code": code.as_str(), "number": number.to_string()}))
        .collect();
    let mut steps = vec![json!({
        "at": story.accepted_at.to_string(),
        "what": "accepted",
        "text": format!("from {}", story.sender),
    })];
    steps.extend(story.steps.iter().flat_map(step_rows));
    if let Some(at) = story.ended_at {
        steps.push(json!({
            "at": at.to_string(),
            "what": tracked.state.as_str(),
            "text": tracked.message.as_deref().unwrap_or_default(),
        }));
    }
    json!({
        "number": tracked.number.to_string(),
        "from": tracked.header.from.as_str(),
        "to": tracked.header.to.as_str(),
        "type": tracked.header.document.kind.0,
        "status": tracked.header.document.status.0,
        "certificate_number": tracked.header.certificate_number.as_str(),
        "state": tracked.state.as_str(),
        "accepted_at": story.accepted_at.to_string(),
        "ended_at": story.ended_at.map(|at| at.to_string()),
        "receiver": story.receiver.as_str(),
        "sender": story.sender.as_str(),
        "original": story.original.map(|number| number.to_string()),
        "copies": copies,
        "message": tracked.message.as_deref(),
        "parked": story.parked,
        "steps": steps,
    })
}

/// A step of an envelope's story; an attempt that parks it is two.
fn step_rows(step: &StoryStep) -> Vec<Value> {
    match step {
        StoryStep::Redelivered { at, by } => {
            vec![json!({"at": at.to_string(), "what": "redelivered", "text": format!("by {by}")})]
        }
        StoryStep::Attempt { attempt, parks } => {
            let at = attempt.at.to_string();
            let called = json!({
                "at": at,
                "what": "attempt",
                "outcome": attempt.outcome.as_str(),
                "duration_ms": attempt.duration_ms,
                "text": attempt.text.as_deref().unwrap_or_default(),
            });
            let parked = parks.then(|| json!({"at": at, "what": "parked", "text": "it waits for an operator"}));
            std::iter::once(called).chain(parked).collect()
        }
    }
}
