//! The admin address: metrics, health and the pages for everyone who can reach it, the registry for who has
//! the token.

mod envelopes;
mod failed;
mod lists;
mod members;
mod openapi;
mod overview;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use phytohub_model::{Fault, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::watch as signal;
use utoipa::ToSchema;

use crate::alerts::{self, AlertsAnswer};
use crate::clock;
use crate::control::{self, Change};
use crate::guard::{self, Guard};
use crate::hub::Hub;
use crate::maintenance;
use crate::onboarding::Asking;
use crate::operators::{self, Operators};
use crate::pages;
use crate::releases;
use crate::validate::{ValidatorChange, ValidatorState};
pub(crate) use failed::Counted;
use phytohub_operate::layout::{Layout, SECRET, write_new};

/// Random bytes of a token.
const TOKEN_BYTES: usize = 32;

/// Makes the token of a new hub.
///
/// # Errors
/// When the file exists or cannot be written.
pub(crate) fn create_token(layout: &Layout) -> std::io::Result<()> {
    write_new(&layout.admin_token(), new_token()?.as_bytes(), SECRET)
}

/// A token that nobody can guess.
///
/// # Errors
/// When the system has no randomness.
pub(crate) fn new_token() -> std::io::Result<String> {
    let mut bytes = [0_u8; TOKEN_BYTES];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Reads the token; refuses one that others can read.
///
/// # Errors
/// A sentence that says what to do.
pub(crate) fn read_token(layout: &Layout) -> Result<String, String> {
    let file = layout.admin_token();
    let complain = |what: &str| Err(format!("{}: {what}", file.display()));
    let mode = match fs::metadata(&file) {
        Ok(metadata) => metadata.permissions().mode(),
        Err(error) => return complain(&format!("{error}; `phytohub init` makes one")),
    };
    if mode & 0o077 != 0 {
        return complain("others than its owner can read it; `chmod 600` it");
    }
    match fs::read_to_string(&file) {
        Ok(token) if token.trim().len() >= TOKEN_BYTES => Ok(token.trim().to_owned()),
        Ok(_) => complain("it is too short to be a token"),
        Err(error) => complain(&error.to_string()),
    }
}

#[derive(Clone)]
struct Admin {
    hub: Arc<Hub>,
    stop: signal::Receiver<bool>,
}

/// Serves the admin address until the process ends: health can be asked to the last.
pub(crate) async fn serve(listener: TcpListener, hub: Arc<Hub>, token: String, stop: signal::Receiver<bool>) {
    let operators = Arc::new(Operators::new(hub.layout.operators(), &token));
    let admin = Admin { hub, stop };
    let guard = Guard { hub: Arc::clone(&admin.hub), operators: Arc::clone(&operators) };
    let guarded = Router::new()
        .route("/v1/nppos", get(nppos))
        .route("/v1/channels", get(channels))
        .route("/v1/documents", get(documents))
        .route("/v1/changes", post(change))
        .route("/v1/alerts", get(alerts))
        .route("/v1/onboarding", get(onboarding))
        .route("/v1/validator", get(validator).post(change_validator))
        .merge(releases::guarded(Arc::clone(&admin.hub)))
        .merge(crate::report::routes(Arc::clone(&admin.hub)))
        .merge(looks(Arc::clone(&admin.hub), admin.stop.clone()))
        .merge(crate::audit::routes(Arc::clone(&admin.hub)))
        .merge(maintenance::routes(Arc::clone(&admin.hub)))
        .merge(operators::routes(operators))
        .route_layer(middleware::from_fn_with_state(guard, guard::guard));
    let app = Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/openapi.json", get(openapi::openapi))
        .merge(pages::router())
        .merge(releases::feeds(Arc::clone(&admin.hub)))
        .merge(guarded)
        .with_state(admin);
    if let Err(error) = axum::serve(listener, app).await {
        tracing::error!(target: "phytohub::admin", %error, "the admin address is gone");
    }
}

/// What operators see of a hub that runs, and what they do with parked envelopes: headers, times and outcomes, never
/// content.
fn looks<S>(hub: Arc<Hub>, stop: signal::Receiver<bool>) -> Router<S> {
    Router::new()
        .route("/v1/overview", get(move |hub| overview::overview(hub, !*stop.borrow())))
        .route("/v1/members", get(members::members))
        .route("/v1/envelopes", get(envelopes::search))
        .route("/v1/envelopes/{number}", get(envelopes::envelope))
        .route("/v1/failed", get(failed::failed))
        .route("/v1/redeliver", post(failed::redeliver))
        .route("/v1/lists", get(lists::lists))
        .with_state(hub)
}

/// Why something was not answered or not done.
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem {
    /// A sentence that says what is wrong.
    error: String,
}

/// An error as a document.
pub(crate) fn fail(status: StatusCode, error: impl Into<String>) -> Response {
    (status, Json(Problem { error: error.into() })).into_response()
}

/// What a shard could not answer.
fn busy(fault: Fault) -> Response {
    fail(StatusCode::SERVICE_UNAVAILABLE, fault.message)
}

fn seconds_since(now: Timestamp, then: Option<Timestamp>) -> Option<f64> {
    then.map(|then| now.since(then).as_secs_f64())
}

/// What is wrong, what was, which rules look and who is told.
#[utoipa::path(get, path = "/v1/alerts", tag = "look", responses((status = 200, body = AlertsAnswer)))]
async fn alerts(State(admin): State<Admin>) -> Json<AlertsAnswer> {
    Json(alerts::answer(&admin.hub))
}

/// Figures for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "open", security(()), responses(
    (status = 200, body = String, content_type = "application/openmetrics-text"),
))]
async fn metrics(State(admin): State<Admin>) -> Response {
    match admin.hub.metrics.encode() {
        Ok(page) => ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], page)
            .into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// Whether the process lives.
#[utoipa::path(get, path = "/livez", tag = "open", security(()), responses(
    (status = 200, body = String, content_type = "text/plain"),
))]
async fn livez() -> &'static str {
    "live\n"
}

/// Ready = recovered and not stopping. The admin address opens only after recovery. A hub in maintenance is ready: it
/// is the hub that tells members so, and a balancer that took it out would answer them nothing at all.
#[utoipa::path(get, path = "/readyz", tag = "open", security(()), responses(
    (status = 200, body = String, content_type = "text/plain"),
    (status = 503, body = String, content_type = "text/plain", description = "The hub stops."),
))]
async fn readyz(State(admin): State<Admin>) -> (StatusCode, &'static str) {
    if *admin.stop.borrow() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
    } else if admin.hub.maintenance.is_on() {
        (StatusCode::OK, "ready, in maintenance\n")
    } else {
        (StatusCode::OK, "ready\n")
    }
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// The one with this code; all without it.
    code: Option<String>,
}

/// Members as the registry has them.
#[utoipa::path(get, path = "/v1/nppos", tag = "registry", params(Wanted), responses(
    (status = 200, body = Vec<control::Member>),
    (status = 404, body = Problem, description = "Nobody has this code."),
))]
async fn nppos(State(admin): State<Admin>, Query(wanted): Query<Wanted>) -> Response {
    match control::members(&admin.hub.registry.load(), wanted.code.as_deref()) {
        Ok(members) => Json(members).into_response(),
        Err(error) => (StatusCode::NOT_FOUND, error).into_response(),
    }
}

/// Channels as the registry has them.
#[utoipa::path(get, path = "/v1/channels", tag = "registry",
    responses((status = 200, body = Vec<control::ChannelRow>)))]
async fn channels(State(admin): State<Admin>) -> Response {
    Json(control::channels(&admin.hub.registry.load())).into_response()
}

/// Types of documents that have a name, and by which profile each is judged.
#[utoipa::path(get, path = "/v1/documents", tag = "registry",
    responses((status = 200, body = Vec<control::DocumentRow>)))]
async fn documents(State(admin): State<Admin>) -> Response {
    Json(control::documents(&admin.hub.registry.load())).into_response()
}

/// The reports on candidates, where this hub is a sandbox.
#[utoipa::path(get, path = "/v1/onboarding", tag = "look", params(Wanted), responses(
    (status = 200, body = Vec<phytohub_onboarding::Report>),
    (status = 409, body = Problem, description = "This hub is no sandbox."),
))]
async fn onboarding(State(admin): State<Admin>, Query(wanted): Query<Wanted>) -> Response {
    let Some(observer) = &admin.hub.observer else {
        let text = "this hub is no sandbox; `phytohub init DIR --sandbox --nppo CODE` makes one\n";
        return (StatusCode::CONFLICT, text).into_response();
    };
    let optional = admin.hub.config.onboarding.optional.clone();
    Json(observer.reports(Asking { code: wanted.code, optional }).await).into_response()
}

/// What judges, and the candidate beside it.
#[utoipa::path(get, path = "/v1/validator", tag = "validation", responses((status = 200, body = ValidatorState)))]
async fn validator(State(admin): State<Admin>) -> Response {
    Json(admin.hub.validators.state()).into_response()
}

/// Starts a candidate, puts it in force, or ends it.
#[utoipa::path(post, path = "/v1/validator", tag = "validation", request_body = ValidatorChange, responses(
    (status = 200, body = ValidatorState),
    (status = 409, body = Problem, description = "What is named cannot be used."),
))]
async fn change_validator(State(admin): State<Admin>, Json(change): Json<ValidatorChange>) -> Response {
    let hub = Arc::clone(&admin.hub);
    // To compile a module takes its time.
    match tokio::task::spawn_blocking(move || hub.validators.change(change)).await {
        Ok(Ok(())) => {
            let state = admin.hub.validators.state();
            tracing::info!(target: "phytohub::admin", active = %state.active, "the validator was changed");
            Json(state).into_response()
        }
        Ok(Err(error)) => (StatusCode::CONFLICT, error).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// One change of the registry.
#[utoipa::path(post, path = "/v1/changes", tag = "registry", request_body = Change, responses(
    (status = 204, description = "It is done, and durable."),
    (status = 400, body = Problem, description = "What was asked cannot be read."),
    (status = 409, body = Problem, description = "The registry or the gate says no."),
))]
async fn change(State(admin): State<Admin>, Json(change): Json<Change>) -> Response {
    if let Change::Document { profile, .. } = &change
        && let Err(problem) = admin.hub.validators.has_profile(profile)
    {
        return (StatusCode::BAD_REQUEST, problem).into_response();
    }
    if let Err(error) = change.command() {
        return (StatusCode::BAD_REQUEST, error).into_response();
    }
    let hub = Arc::clone(&admin.hub);
    // The gate reads and writes files.
    let judged =
        tokio::task::spawn_blocking(move || hub.gate.command(&hub.registry.load(), clock::now(), &change)).await;
    let command = match judged {
        Ok(Ok(command)) => command,
        Ok(Err(error)) => return (StatusCode::CONFLICT, error).into_response(),
        Err(error) => return (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    };
    match admin.hub.registry.change(command).await {
        Ok(()) => {
            tracing::info!(target: "phytohub::admin", "the registry was changed");
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => (StatusCode::CONFLICT, error).into_response(),
    }
}
