//! `/v1/me`, and `/v1/operators`, which only the owner changes: whoever could add operators could be anybody.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use axum::{Extension, Router};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Caller, Operator, OperatorChange, Operators, Role, add, read, remove};
use crate::admin::Problem;
use crate::clock;

/// The routes; whoever merges them sees to the token.
pub(crate) fn routes<S>(operators: Arc<Operators>) -> Router<S> {
    Router::new().route("/v1/me", get(me)).route("/v1/operators", get(list).post(change)).with_state(operators)
}

/// Who asks.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    /// Name of the operator, or `owner`.
    name: String,
    /// What it may do.
    role: Role,
}

/// An operator as it is shown: without the hash.
#[derive(Serialize, ToSchema)]
pub(crate) struct OperatorRow {
    /// Its name.
    name: String,
    /// What it may do.
    role: Role,
    /// When it was added.
    created: String,
}

/// A new operator and its token, which is told this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewOperator {
    /// Its name.
    name: String,
    /// What it may do.
    role: Role,
    /// For the header `Authorization: Bearer TOKEN`.
    token: String,
}

/// Who asks.
#[utoipa::path(get, path = "/v1/me", tag = "operators", responses((status = 200, body = Me)))]
pub(crate) async fn me(Extension(caller): Extension<Caller>) -> Json<Me> {
    Json(Me { name: caller.name, role: caller.role })
}

/// The operators, besides the owner.
#[utoipa::path(get, path = "/v1/operators", tag = "operators", responses(
    (status = 200, body = Vec<OperatorRow>),
    (status = 409, body = Problem, description = "Their file cannot be read."),
))]
pub(crate) async fn list(State(operators): State<Arc<Operators>>) -> Response {
    match read(operators.path()) {
        Ok(all) => Json(all.iter().map(row).collect::<Vec<_>>()).into_response(),
        Err(error) => (StatusCode::CONFLICT, error).into_response(),
    }
}

pub(super) fn row(operator: &Operator) -> OperatorRow {
    OperatorRow { name: operator.name.clone(), role: operator.role, created: operator.created.clone() }
}

/// Adds an operator or takes its token back; the owner only.
#[utoipa::path(post, path = "/v1/operators", tag = "operators", request_body = OperatorChange, responses(
    (status = 200, body = NewOperator, description = "It was added."),
    (status = 204, description = "It was removed."),
    (status = 403, body = Problem, description = "Only the owner may."),
    (status = 409, body = Problem, description = "What was asked cannot be done."),
))]
pub(crate) async fn change(
    State(operators): State<Arc<Operators>>,
    Extension(caller): Extension<Caller>,
    Json(wanted): Json<OperatorChange>,
) -> Response {
    if !caller.is_owner {
        let text = "only the owner, with the token of DIR/admin.token, adds and removes operators";
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    let changed = match wanted {
        OperatorChange::Add { name, role } => add(operators.path(), &name, role, clock::now())
            .map(|token| Json(NewOperator { name, role, token }).into_response()),
        OperatorChange::Remove { name } => {
            remove(operators.path(), &name).map(|()| StatusCode::NO_CONTENT.into_response())
        }
    };
    changed.unwrap_or_else(|error| (StatusCode::CONFLICT, error).into_response())
}
