//! What browsers get at the admin address without a token: the operators' console and the pre-check page. Neither holds
//! anything secret; what the console shows it asks for with the token of whoever looks.

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use phytohub_console::{File, INDEX};

/// The routes of all pages.
pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/", get(|| async { served(&INDEX, phytohub_console::POLICY) }))
        .route("/console/{*file}", get(console))
        .route("/check", get(|| async { Redirect::permanent("/check/") }))
        .route("/check/", get(|| check(Path(String::new()))))
        .route("/check/{*file}", get(check))
}

async fn console(Path(path): Path<String>) -> Response {
    match phytohub_console::file(&path) {
        Some(file) => served(file, phytohub_console::POLICY),
        None => (StatusCode::NOT_FOUND, "the console has no such file; the console itself is /\n").into_response(),
    }
}

/// A file of the pre-check page. It asks nothing of the hub and sends it nothing.
async fn check(Path(path): Path<String>) -> Response {
    match phytoval_page::page(&path) {
        Some(file) => served(file, phytoval_page::POLICY),
        None => (StatusCode::NOT_FOUND, "the page has no such file; the page itself is /check/\n").into_response(),
    }
}

fn served(file: &'static File, policy: &'static str) -> Response {
    let head = [
        (header::CONTENT_TYPE, file.media_type),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        // After a new version of the hub, the page is that version's.
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (head, file.bytes).into_response()
}
