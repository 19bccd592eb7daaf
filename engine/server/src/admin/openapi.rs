//! `/openapi.json`: what the admin address answers, as a document that is made of the types of the answers themselves.

use std::sync::OnceLock;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

/// The document. A test asks every route of a real hub and holds its answer to it.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "phytohub admin address",
        description = "What operators see of a hub and change in it. Times are RFC 3339 in UTC. What is below /v1 \
                       needs the header 'Authorization: Bearer TOKEN'; errors there are documents with a sentence. \
                       Headers and figures only: no certificate's content is ever answered.",
        contact(),
    ),
    paths(
        super::overview::overview,
        super::members::members,
        super::envelopes::search,
        super::envelopes::envelope,
        super::failed::failed,
        super::failed::redeliver,
        super::lists::lists,
        super::nppos,
        super::channels,
        super::documents,
        super::change,
        super::alerts,
        super::onboarding,
        super::validator,
        super::change_validator,
        crate::audit::routes::audit,
        crate::maintenance::routes::show,
        crate::maintenance::routes::change,
        crate::operators::routes::me,
        crate::operators::routes::list,
        crate::operators::routes::change,
        super::metrics,
        super::livez,
        super::readyz,
        openapi,
        crate::releases::routes::list,
        crate::releases::routes::change,
        crate::releases::routes::report,
        crate::releases::routes::json,
        crate::releases::routes::atom,
        crate::report::without_prices,
        crate::report::with_prices,
    ),
    modifiers(&Token),
    security(("token" = [])),
    tags(
        (name = "look", description = "How it stands with the hub, its members and their envelopes"),
        (name = "registry", description = "Members, channels and types of documents"),
        (name = "validation", description = "What judges, and what will"),
        (name = "change", description = "What is done with envelopes"),
        (name = "operators", description = "Who may use the admin address"),
        (name = "open", description = "Needs no token"),
    ),
)]
struct Document;

/// The token of the directory, or an operator's.
struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "open", security(()), responses(
    (status = 200, content_type = "application/json", body = Object, description = "OpenAPI 3.1"),
))]
pub(super) async fn openapi() -> Response {
    static TEXT: OnceLock<Result<String, String>> = OnceLock::new();
    match TEXT.get_or_init(|| Document::openapi().to_pretty_json().map_err(|error| error.to_string())) {
        Ok(text) => ([(header::CONTENT_TYPE, "application/json")], text.as_str()).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.as_str()).into_response(),
    }
}
