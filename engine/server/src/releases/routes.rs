//! `/v1/releases` and the feeds on the admin address.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use axum::{Extension, Router};
use phytohub_change::{Release, ShadowReport, feed};

use super::documents::{BODY_BYTES_MAX, Denied, DeniedKind, Glance, Listed, ListedReleases, ReleaseChange};
use crate::admin::Problem;
use crate::audit::Told;
use crate::hub::Hub;
use crate::operators::Caller;

/// What needs credentials.
pub(crate) fn guarded<S>(hub: Arc<Hub>) -> Router<S> {
    Router::new()
        .route("/v1/releases", get(list).post(change).layer(DefaultBodyLimit::max(BODY_BYTES_MAX)))
        .route("/v1/releases/{id}", get(report))
        .with_state(hub)
}

/// What everyone may read.
pub(crate) fn feeds<S>(hub: Arc<Hub>) -> Router<S> {
    Router::new().route(feed::JSON_PATH, get(json)).route(feed::ATOM_PATH, get(atom)).with_state(hub)
}

/// Announced releases, as a JSON Feed (<https://www.jsonfeed.org/version/1.1/>).
#[utoipa::path(get, path = "/changes.json", tag = "open", security(()), responses(
    (status = 200, body = Object, content_type = "application/feed+json"),
))]
pub(crate) async fn json(State(hub): State<Arc<Hub>>) -> Response {
    ([(header::CONTENT_TYPE, feed::JSON_TYPE)], hub.releases.feeds().json.clone()).into_response()
}

/// Announced releases, as an Atom feed.
#[utoipa::path(get, path = "/changes.atom", tag = "open", security(()), responses(
    (status = 200, body = String, content_type = "application/atom+xml"),
))]
pub(crate) async fn atom(State(hub): State<Arc<Hub>>) -> Response {
    ([(header::CONTENT_TYPE, feed::ATOM_TYPE)], hub.releases.feeds().atom.clone()).into_response()
}

/// All releases, with a glance at what each saw in shadow.
#[utoipa::path(get, path = "/v1/releases", tag = "validation", responses((status = 200, body = ListedReleases)))]
pub(crate) async fn list(State(hub): State<Arc<Hub>>) -> Response {
    wait(move || {
        let releases = hub.releases.list().into_iter();
        let listed = |(release, seen)| Listed { release, shadow: Option::as_ref(&seen).map(Glance::of) };
        Ok(Json(ListedReleases { releases: releases.map(listed).collect() }).into_response())
    })
    .await
}

/// What one release saw in shadow: who still sends what it will refuse.
#[utoipa::path(get, path = "/v1/releases/{id}", tag = "validation",
    params(("id" = u32, Path, description = "Number of the release")),
    responses(
        (status = 200, body = ShadowReport),
        (status = 404, body = Problem, description = "There is no such release."),
    ))]
pub(crate) async fn report(State(hub): State<Arc<Hub>>, Path(id): Path<u32>) -> Response {
    wait(move || hub.releases.report(id).map(|report| Json(report).into_response())).await
}

/// Announces a release, tries it in shadow, puts it in force or retires it.
#[utoipa::path(post, path = "/v1/releases", tag = "validation", request_body = ReleaseChange, responses(
    (status = 200, body = Release),
    (status = 400, body = Problem, description = "What was asked cannot be read."),
    (status = 404, body = Problem, description = "There is no such release."),
    (status = 409, body = Problem, description = "Its state does not allow it."),
    (status = 503, body = Problem, description = "The disk does not allow it."),
))]
pub(crate) async fn change(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Json(change): Json<ReleaseChange>,
) -> Response {
    wait(move || {
        let release = hub.releases.change(&hub.validators, change, &caller.name)?;
        let (id, state) = (release.id, release.state);
        tracing::info!(target: "phytohub::admin", id, %state, "a release was changed");
        let told = Told(format!("release {id}, {state}"));
        Ok((Extension(told), Json(release)).into_response())
    })
    .await
}

/// Does on a thread that may wait what reads the disk or opens modules.
async fn wait(work: impl FnOnce() -> Result<Response, Denied> + Send + 'static) -> Response {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(response)) => response,
        Ok(Err(Denied { kind, sentence })) => {
            let status = match kind {
                DeniedKind::Bad => StatusCode::BAD_REQUEST,
                DeniedKind::Unknown => StatusCode::NOT_FOUND,
                DeniedKind::Conflict => StatusCode::CONFLICT,
                DeniedKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            };
            (status, sentence).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
