//! `/v1/me`, and `/v1/operators`, which only the owner changes: whoever could add operators could be anybody.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use axum::{Extension, Router};
use serde_json::{Value, json};

use super::{Caller, Operator, OperatorChange, Operators, add, read, remove};
use crate::clock;

/// The routes; whoever merges them sees to the token.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(operators: Arc<Operators>) -> Router<S> {
    let listed = Arc::clone(&operators);
    Router::new().route("/v1/me", get(me)).route(
        "/v1/operators",
        get(move || async move { list(&listed) }).post(
            move |Extension(caller): Extension<Caller>, Json(wanted): Json<OperatorChange>| async move {
                change(&operators, &caller, &wanted)
            },
        ),
    )
}

async fn me(Extension(caller): Extension<Caller>) -> Json<Value> {
    Json(json!({"name": caller.name, "role": caller.role}))
}

fn list(operators: &Operators) -> Response {
    match read(operators.path()) {
        Ok(all) => Json(all.iter().map(row).collect::<Vec<_>>()).into_response(),
        Err(error) => (StatusCode::CONFLICT, error).into_response(),
    }
}

/// An operator as it is shown: without the hash.
pub(super) fn row(operator: &Operator) -> Value {
    json!({"name": operator.name, "role": operator.role, "created": operator.created})
}

fn change(operators: &Operators, caller: &Caller, wanted: &OperatorChange) -> Response {
    if !caller.is_owner {
        let text = "only the owner, with the token of DIR/admin.token, adds and removes operators";
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    let changed = match wanted {
        OperatorChange::Add { name, role } => add(operators.path(), name, *role, clock::now())
            .map(|token| Json(json!({"name": name, "role": role, "token": token})).into_response()),
        OperatorChange::Remove { name } => {
            remove(operators.path(), name).map(|()| StatusCode::NO_CONTENT.into_response())
        }
    };
    changed.unwrap_or_else(|error| (StatusCode::CONFLICT, error).into_response())
}
