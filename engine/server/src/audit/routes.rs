//! `GET /v1/audit`: who changed what, and whether the log is whole.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use phytohub_audit::{Entry, Verified};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::admin::Problem;
use crate::hub::Hub;

/// Entries of a page when nobody says how many, and the most.
const LIMIT: usize = 50;
const LIMIT_MAX: usize = 1000;

/// The route; whoever merges it sees to the token.
pub(crate) fn routes<S>(hub: Arc<Hub>) -> Router<S> {
    Router::new().route("/v1/audit", get(audit)).with_state(hub)
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Entries before the one of this number; the newest without it.
    before: Option<u64>,
    /// Most entries of the answer, from 1 to 1000.
    limit: Option<usize>,
}

/// A page of the audit log.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditPage {
    /// The newest first.
    entries: Vec<Entry>,
    /// Whether there are older ones.
    more: bool,
    verified: AuditVerified,
}

/// Whether the audit log is whole.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditVerified {
    /// Nothing is wrong with it.
    ok: bool,
    /// Entries that are whole, up to the first break.
    entries: u64,
    /// The tip, `SEQ:HASH`, to be noted elsewhere; null while there is no entry.
    head: Option<String>,
    /// What was found, as a sentence.
    text: String,
}

/// Who changed what, and whether the log is whole.
#[utoipa::path(get, path = "/v1/audit", tag = "look", params(Wanted), responses(
    (status = 200, body = AuditPage),
    (status = 400, body = Problem, description = "What was asked cannot be read."),
    (status = 500, body = Problem, description = "The log cannot be read."),
))]
pub(crate) async fn audit(State(hub): State<Arc<Hub>>, Query(wanted): Query<Wanted>) -> Response {
    let limit = wanted.limit.unwrap_or(LIMIT).clamp(1, LIMIT_MAX);
    // All of the log is read.
    let read = tokio::task::spawn_blocking(move || {
        let verified = hub.audit.verified()?;
        hub.audit.page(wanted.before, limit).map(|page| (page, verified))
    });
    match read.await {
        Ok(Ok((page, verified))) => {
            Json(AuditPage { entries: page.entries, more: page.more, verified: row(&verified) }).into_response()
        }
        Ok(Err(error)) => (StatusCode::INTERNAL_SERVER_ERROR, format!("the audit log: {error}")).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn row(verified: &Verified) -> AuditVerified {
    AuditVerified {
        ok: verified.broken.is_none(),
        entries: verified.entries,
        head: verified.tip.map(|tip| tip.to_string()),
        text: text(verified),
    }
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
