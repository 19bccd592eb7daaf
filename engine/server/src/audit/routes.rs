//! `GET /v1/audit`: who changed what, and whether the log is whole.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use phytohub_audit::Verified;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::hub::Hub;

/// Entries of a page when nobody says how many, and the most.
const LIMIT: usize = 50;
const LIMIT_MAX: usize = 1000;

/// The route; whoever merges it sees to the token.
pub(crate) fn routes<S>(hub: Arc<Hub>) -> Router<S> {
    Router::new().route("/v1/audit", get(audit)).with_state(hub)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    before: Option<u64>,
    limit: Option<usize>,
}

async fn audit(State(hub): State<Arc<Hub>>, Query(wanted): Query<Wanted>) -> Response {
    let limit = wanted.limit.unwrap_or(LIMIT).clamp(1, LIMIT_MAX);
    // All of the log is read.
    let read = tokio::task::spawn_blocking(move || {
        let verified = hub.audit.verified()?;
        hub.audit.page(wanted.before, limit).map(|page| (page, verified))
    });
    match read.await {
        Ok(Ok((page, verified))) => {
            Json(json!({"entries": page.entries, "more": page.more, "verified": row(&verified)})).into_response()
        }
        Ok(Err(error)) => (StatusCode::INTERNAL_SERVER_ERROR, format!("the audit log: {error}")).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn row(verified: &Verified) -> Value {
    json!({
        "ok": verified.broken.is_none(),
        "entries": verified.entries,
        "head": verified.tip.map(|tip| tip.to_string()),
        "text": text(verified),
    })
}

/// What is found, as a sentence.
pub(super) fn text(verified: &Verified) -> String {
    let entries = verified.entries;
    let counted = format!("{entries} entr{}", if entries == 1 { "y" } else { "ies" });
    match (&verified.broken, &verified.last_at) {
        (Some(broken), _) => format!("{broken}. The {counted} before it are whole."),
        (None, Some(at)) => format!("{counted}, each chained to the one before; the last was written {at}."),
        (None, None) => "Nothing was changed yet.".to_owned(),
    }
}
