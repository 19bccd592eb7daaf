//! One call: DeliverEnvelope on a member's service.

use std::time::Instant;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::client::conn::http1::SendRequest;
use hyper::header::{CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Method, Request, StatusCode};
use phytohub_model::{AttemptOutcome, TrackedHeader};
use phytohub_soap::Content;
use phytohub_soap::client::deliver_stored;

use crate::body::Chain;
use crate::outcome;
use crate::service::Service;

/// An answer is a header, or a fault with a sentence: whatever is larger is none.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// Whether the envelope arrived.
    pub outcome: AttemptOutcome,
    /// Milliseconds from beginning to end, connection included.
    pub duration_ms: u32,
    /// What was said, or what failed.
    pub text: Option<String>,
}

impl Service {
    /// Hands an envelope over. Never longer than the two timeouts together.
    pub async fn call(&mut self, header: &TrackedHeader, content: &Content) -> Called {
        let started = Instant::now();
        let (outcome, text) = match self.connected().await {
            Err(error) => (AttemptOutcome::Unreachable, Some(error)),
            Ok(connection) => self.deliver(connection, header, content).await,
        };
        let duration_ms = u32::try_from(started.elapsed().as_millis()).unwrap_or(u32::MAX);
        Called { outcome, duration_ms, text: text.map(|text| outcome::legal(&text)) }
    }

    async fn deliver(
        &mut self,
        mut connection: SendRequest<Chain>,
        header: &TrackedHeader,
        content: &Content,
    ) -> (AttemptOutcome, Option<String>) {
        let request = match self.request(header, content) {
            Ok(request) => request,
            Err(error) => return (AttemptOutcome::Unreachable, Some(error)),
        };
        let timeout = self.settings.answer_timeout;
        match tokio::time::timeout(timeout, exchange(&mut connection, request)).await {
            Ok(Ok((status, body))) => {
                self.connection = Some(connection);
                outcome::read(status, &body)
            }
            // The request, or part of it, is on its way: it may have arrived.
            Ok(Err(error)) => (AttemptOutcome::Unclear, Some(format!("the connection broke off: {error}"))),
            Err(_) => (AttemptOutcome::Unclear, Some(format!("no answer within {} s", timeout.as_secs_f64()))),
        }
    }

    fn request(&self, header: &TrackedHeader, content: &Content) -> Result<Request<Chain>, String> {
        Request::builder()
            .method(Method::POST)
            .uri(self.path())
            .header(HOST, self.host_header())
            .header(CONTENT_TYPE, "text/xml; charset=utf-8")
            .header(USER_AGENT, concat!("phytohub/", env!("CARGO_PKG_VERSION")))
            .header("SOAPAction", "\"http://ephyto.ippc.int/IDeliveryService/DeliverEnvelope\"")
            .body(Chain::new(deliver_stored(header, content)))
            .map_err(|error| format!("the request cannot be made: {error}"))
    }
}

async fn exchange(connection: &mut SendRequest<Chain>, request: Request<Chain>) -> Result<(StatusCode, Bytes), String> {
    let response = connection.send_request(request).await.map_err(|error| error.to_string())?;
    let status = response.status();
    let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX);
    let body = body.collect().await.map_err(|error| error.to_string())?;
    Ok((status, body.to_bytes()))
}
