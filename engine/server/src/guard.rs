//! The guard before all that tells of envelopes or changes anything: whose token it is, what that role may do, and that
//! every change is in the audit log before it is made and once more when it is over. What it lets through and what it
//! refuses says an error as a document, `{"error": "sentence"}`.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Json, Response};
use phytohub_audit::{Asked, Outcome};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use serde_json::json;

use crate::audit::{self, Told};
use crate::hub::Hub;
use crate::operators::{Caller, Operators, Role};
use crate::releases::BODY_BYTES_MAX;

/// Longest error that is turned into a document: a sentence, with room to spare.
const ERROR_BYTES_MAX: usize = 64 << 10;

/// Requests not let in, by reason.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusedLabel {
    reason: &'static str,
}

/// What is counted of the admin address.
#[derive(Debug, Default)]
pub(crate) struct GuardMetrics {
    refused: Family<RefusedLabel, Counter>,
    audited: Gauge<u64, AtomicU64>,
    maintenance: Gauge,
}

impl GuardMetrics {
    pub(crate) fn new(registry: &mut Registry) -> Arc<Self> {
        let metrics = Self::default();
        let help = "Requests of the admin address that were not let in: no token, an unknown one, or not this role's";
        registry.register("admin_refused", help, metrics.refused.clone());
        registry.register("audit_entries", "Number of the audit log's last entry", metrics.audited.clone());
        let help = "Whether the hub is in maintenance: 1 = members are answered 503 on purpose";
        registry.register("maintenance", help, metrics.maintenance.clone());
        Arc::new(metrics)
    }

    pub(crate) fn audited(&self, seq: u64) {
        self.audited.set(seq);
    }

    pub(crate) fn maintenance(&self, is_on: bool) {
        self.maintenance.set(i64::from(is_on));
    }

    fn refused(&self, reason: &'static str) {
        self.refused.get_or_create(&RefusedLabel { reason }).inc();
    }
}

/// What the guard needs to know.
#[derive(Clone)]
pub(crate) struct Guard {
    pub(crate) hub: Arc<Hub>,
    pub(crate) operators: Arc<Operators>,
}

/// An error as a document.
fn fail(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({"error": error}))).into_response()
}

/// Lets a request through, or says why not.
pub(crate) async fn guard(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    let shown = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = shown.and_then(|value| value.strip_prefix("Bearer "));
    let Some(caller) = shown.and_then(|token| guard.operators.caller(token.trim())) else {
        return unknown(&guard, &request, shown.is_some());
    };
    let is_look = matches!(*request.method(), Method::GET | Method::HEAD);
    if caller.role == Role::Reader && !is_look {
        guard.hub.metrics.guard.refused("role");
        let (who, method, path) = (&caller.name, request.method(), request.uri().path());
        tracing::warn!(target: "phytohub::admin", who, %method, path, "a reader may not change anything");
        return fail(StatusCode::FORBIDDEN, "your role is reader: it looks, and changes nothing");
    }
    request.extensions_mut().insert(caller.clone());
    if is_look {
        return settled(next.run(request).await).await.0;
    }
    // A task of its own: a client that goes away does not end a change in the middle.
    let made = tokio::spawn(async move { change(&guard.hub, caller, request, next).await }).await;
    made.unwrap_or_else(|error| fail(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()))
}

fn unknown(guard: &Guard, request: &Request, is_shown: bool) -> Response {
    let (method, path) = (request.method(), request.uri().path());
    if is_shown {
        guard.hub.metrics.guard.refused("unknown_token");
        tracing::warn!(target: "phytohub::admin", %method, path, "a token that nobody has was shown");
    } else {
        guard.hub.metrics.guard.refused("no_token");
        tracing::debug!(target: "phytohub::admin", %method, path, "no token was shown");
    }
    let text =
        "this needs the header 'Authorization: Bearer TOKEN' with an operator's token, or that of DIR/admin.token";
    let mut response = fail(StatusCode::UNAUTHORIZED, text);
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

/// Makes a change: written down, made, written down.
async fn change(hub: &Arc<Hub>, caller: Caller, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let body = match to_bytes(body, BODY_BYTES_MAX).await {
        Ok(body) => body,
        Err(error) => return fail(StatusCode::PAYLOAD_TOO_LARGE, &format!("the request cannot be read: {error}")),
    };
    let (act, is_readable) = audit::of_request(parts.method.as_str(), parts.uri.path(), &body);
    let _turn = hub.audit.turn().await;
    let asked = match written(hub, move |hub| hub.audit.ask(caller.author(), act)).await {
        Ok(asked) => asked,
        Err(error) => {
            let text = format!("nothing was changed, because it could not be written into the audit log: {error}");
            return fail(StatusCode::SERVICE_UNAVAILABLE, &text);
        }
    };
    // Should it panic, that is told, too.
    let made = tokio::spawn(next.run(Request::from_parts(parts, Body::from(body)))).await;
    let made = made.unwrap_or_else(|error| fail(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()));
    let (response, sentence) = settled(made).await;
    if response.status() == StatusCode::FORBIDDEN {
        hub.metrics.guard.refused("role");
    }
    let outcome = match response.status() {
        status if status.is_success() => Outcome::Done,
        status if status.is_client_error() => Outcome::Refused,
        _ => Outcome::Failed,
    };
    let told = response.extensions().get::<Told>().map(|told| told.0.clone()).unwrap_or_default();
    let more = match sentence {
        Some(sentence) if is_readable => sentence,
        Some(_) => "the request cannot be read".to_owned(),
        None => told,
    };
    match conclude(hub, asked, outcome, more).await {
        Ok(()) => response,
        Err(error) => fail(
            StatusCode::INTERNAL_SERVER_ERROR,
            &format!("what became of it could not be written into the audit log, look whether it took place: {error}"),
        ),
    }
}

async fn conclude(hub: &Arc<Hub>, asked: Asked, outcome: Outcome, more: String) -> Result<(), String> {
    let told = written(hub, move |hub| hub.audit.answer(&asked, outcome, &more)).await;
    if let Err(error) = &told {
        tracing::error!(target: "phytohub::admin", %error, "what became of a change is not in the audit log");
    }
    told
}

/// Writes to the log, on a thread that may wait.
async fn written<T: Send + 'static>(
    hub: &Arc<Hub>,
    write: impl FnOnce(&Hub) -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let hub = Arc::clone(hub);
    tokio::task::spawn_blocking(move || write(&hub)).await.map_err(|error| error.to_string())?
}

/// The answer with its error as a document, and that error.
async fn settled(response: Response) -> (Response, Option<String>) {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return (response, None);
    }
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, ERROR_BYTES_MAX).await.unwrap_or_default();
    if let Some(sentence) = documented(&body) {
        return (Response::from_parts(parts, Body::from(body)), Some(sentence));
    }
    let text = String::from_utf8_lossy(&body).trim().to_owned();
    let sentence = if text.is_empty() { status.canonical_reason().unwrap_or("failed").to_owned() } else { text };
    let document: Bytes = json!({"error": sentence}).to_string().into();
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    parts.headers.insert(header::CONTENT_LENGTH, document.len().into());
    (Response::from_parts(parts, Body::from(document)), Some(sentence))
}

/// The sentence of an error that is a document already.
fn documented(body: &[u8]) -> Option<String> {
    let document: serde_json::Value = serde_json::from_slice(body).ok()?;
    document.get("error")?.as_str().map(str::to_owned)
}
