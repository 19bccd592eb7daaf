//! `/v1/maintenance`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use axum::{Extension, Router};

use super::{Denied, MaintenanceChange, MaintenanceState};
use crate::admin::Problem;
use crate::hub::Hub;
use crate::operators::Caller;

/// How long an answer waits for what is under way: requests end in milliseconds, calls of members' services may not.
const PATIENCE: Duration = Duration::from_secs(5);

/// The routes; whoever merges them sees to the token.
pub(crate) fn routes<S>(hub: Arc<Hub>) -> Router<S> {
    Router::new().route("/v1/maintenance", get(show).post(change)).with_state(hub)
}

/// Whether the hub is in maintenance, and what members are told.
#[utoipa::path(get, path = "/v1/maintenance", tag = "look", responses((status = 200, body = MaintenanceState)))]
pub(crate) async fn show(State(hub): State<Arc<Hub>>) -> Response {
    Json(hub.maintenance.row()).into_response()
}

/// Begins or ends it. The answer waits a moment for what is under way.
#[utoipa::path(post, path = "/v1/maintenance", tag = "change", request_body = MaintenanceChange, responses(
    (status = 200, body = MaintenanceState),
    (status = 400, body = Problem, description = "What was asked cannot be used."),
    (status = 503, body = Problem, description = "The disk does not allow it."),
))]
pub(crate) async fn change(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Json(wanted): Json<MaintenanceChange>,
) -> Response {
    let (changed, is_on) = (Arc::clone(&hub), wanted.on);
    let made = tokio::task::spawn_blocking(move || changed.maintenance.change(&wanted, &caller.name)).await;
    match made {
        Ok(Ok(())) if is_on => {
            hub.maintenance.drained(PATIENCE).await;
            Json(hub.maintenance.row()).into_response()
        }
        Ok(Ok(())) => Json(hub.maintenance.row()).into_response(),
        Ok(Err(Denied::Unusable(error))) => (StatusCode::BAD_REQUEST, error).into_response(),
        Ok(Err(Denied::Disk(error))) => (StatusCode::SERVICE_UNAVAILABLE, error).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
