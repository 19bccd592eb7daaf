//! `/v1/lists`: the code lists in force.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::hub::Hub;
use crate::validate::ListInForce;

/// The code lists in force: those of this version of the hub, and what a deployment or a release put in their place or
/// added to them.
#[utoipa::path(get, path = "/v1/lists", tag = "look", responses((status = 200, body = Vec<ListInForce>)))]
pub(super) async fn lists(State(hub): State<Arc<Hub>>) -> Json<Vec<ListInForce>> {
    Json(hub.validators.lists())
}
