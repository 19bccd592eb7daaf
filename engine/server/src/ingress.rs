//! Step 1, ingress: TLS, HTTP, SOAP -> a request, and the answer's way back.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::header::{ALLOW, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode};
use phytohub_change::feed;
use phytohub_model::{CertificateFingerprint, Fault, FaultKind, Pressure};
use phytohub_soap::{Answer, HeaderAnswer};
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument;

use crate::answer::AnswerBody;
use crate::authenticate;
use crate::clock;
use crate::deadline::{Phase, Phases};
use crate::hub::Hub;
use crate::onboarding::Glimpse;
use crate::service;
use crate::step::Step;
use phytohub_operate::{Size, Span};

/// Section `[http]`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpSettings {
    /// Largest request body.
    pub body_max: Size,
    /// All bodies that are being received or worked on; more are told to try again later.
    pub bodies_max: Size,
    /// Connections at the same time. Where a bound on connections is reached, one that has not been used for a while
    /// makes room; where all are at work, the new one is closed at once.
    pub connections_max: usize,
    /// Connections from one IPv4 address or one IPv6 network of 64 bits; 0 = as many as there are.
    pub connections_per_address: usize,
    /// Connections with one client certificate; above it, requests are told to try again later. 0 = as many as there
    /// are.
    pub connections_per_party: usize,
    /// TLS handshakes under way.
    pub handshakes_max: usize,
    /// From the connection to the end of the TLS handshake.
    pub handshake_timeout: Span,
    /// From the first byte of a request to the end of its head.
    pub head_timeout: Span,
    /// From the end of the head to the end of the body.
    pub body_timeout: Span,
    /// From the first to the last byte of an answer.
    pub answer_timeout: Span,
    /// A connection without a request.
    pub idle_timeout: Span,
    /// How long a stop waits for the answers in flight.
    pub drain_timeout: Span,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            body_max: Size::mib(16),
            bodies_max: Size::mib(1024),
            connections_max: 10_000,
            connections_per_address: 1000,
            connections_per_party: 500,
            handshakes_max: 2000,
            handshake_timeout: Span::seconds(10),
            head_timeout: Span::seconds(10),
            body_timeout: Span::seconds(60),
            answer_timeout: Span::seconds(120),
            idle_timeout: Span::seconds(120),
            drain_timeout: Span::seconds(30),
        }
    }
}

impl HttpSettings {
    pub(crate) fn check(&self) -> Result<(), String> {
        let max = phytohub_model::limits::BODY_BYTES_MAX as u64;
        if self.body_max.0 == 0 || self.body_max.0 > max {
            return Err(format!("[http] body_max must be from 1 B to {}", Size(max)));
        }
        if self.bodies_max < self.body_max || u64::from(u32::MAX) < self.bodies_max.0 / BODY_UNIT_BYTES {
            return Err(format!("[http] bodies_max must be from body_max ({}) to 1024 GiB", self.body_max));
        }
        if self.connections_max == 0 || self.handshakes_max == 0 {
            return Err("[http] connections_max and handshakes_max must be at least 1".to_owned());
        }
        let spans = [
            self.handshake_timeout,
            self.head_timeout,
            self.body_timeout,
            self.answer_timeout,
            self.idle_timeout,
            self.drain_timeout,
        ];
        if spans.iter().any(|span| span.0.is_zero()) {
            return Err("[http] a timeout must be longer than 0 ms".to_owned());
        }
        Ok(())
    }
}

/// Bodies are counted in this unit.
const BODY_UNIT_BYTES: u64 = 1024;

/// Path of the service.
pub(crate) const PATH: &str = "/hub/DeliveryService";
/// What a refused client is told to wait.
const RETRY_AFTER_SECONDS: u64 = 5;
const XML: HeaderValue = HeaderValue::from_static("text/xml; charset=utf-8");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
/// Longest address that is put into the WSDL.
const HOST_BYTES_MAX: usize = 255;

/// Answers one HTTP request of a connection.
pub(crate) async fn handle(
    hub: Arc<Hub>,
    certificate: Option<CertificateFingerprint>,
    phases: Arc<Phases>,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, Infallible> {
    phases.enter(Phase::Body);
    let response = match (request.method(), request.uri().path()) {
        (&Method::POST, PATH) => post(&hub, certificate, &phases, request).await,
        (&Method::GET | &Method::HEAD, PATH) => get(&request),
        // Members cannot reach the admin address.
        (&Method::GET | &Method::HEAD, feed::JSON_PATH) => {
            let json = AnswerBody::whole(hub.releases.feeds().json.clone());
            respond(StatusCode::OK, HeaderValue::from_static(feed::JSON_TYPE), json)
        }
        (&Method::GET | &Method::HEAD, feed::ATOM_PATH) => {
            let atom = AnswerBody::whole(hub.releases.feeds().atom.clone());
            respond(StatusCode::OK, HeaderValue::from_static(feed::ATOM_TYPE), atom)
        }
        (&Method::GET | &Method::HEAD, _) => {
            page(StatusCode::NOT_FOUND, &format!("The service is at {PATH}, its WSDL at {PATH}?wsdl\n"))
        }
        (method, path) => {
            let mut response =
                page(StatusCode::METHOD_NOT_ALLOWED, &format!("{method} does nothing here: POST to {PATH}\n"));
            let allowed = if path == PATH { "GET, HEAD, POST" } else { "GET, HEAD" };
            response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
            response
        }
    };
    phases.enter(Phase::Answer);
    Ok(response.map(|body| body.observed(phases)))
}

/// Answers a request of a party that has as many connections as it may. Nothing of it is read.
pub(crate) async fn turn_away(hub: Arc<Hub>, phases: Arc<Phases>) -> Result<Response<AnswerBody>, Infallible> {
    phases.enter(Phase::Answer);
    let most = hub.door.per_party_max();
    let message = format!(
        "With this client certificate {most} connections are open and at work, as many as may be; use those, or try \
         again later"
    );
    let mut response = faulted(&hub, &Fault { kind: FaultKind::TryLater, message });
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    Ok(response.map(|body| body.observed(phases)))
}

/// The WSDL, or a word of help.
fn get(request: &Request<Incoming>) -> Response<AnswerBody> {
    let wants_wsdl = request.uri().query().is_some_and(|query| {
        query.split('&').any(|part| part.split('=').next().is_some_and(|key| key.eq_ignore_ascii_case("wsdl")))
    });
    if !wants_wsdl {
        return page(
            StatusCode::OK,
            &format!(
                "phytohub, exchange of electronic phytosanitary certificates\n\
                 POST SOAP 1.1 requests here; the WSDL is at {PATH}?wsdl\n"
            ),
        );
    }
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let host = host.filter(|host| host.len() <= HOST_BYTES_MAX).unwrap_or("localhost");
    let wsdl = phytohub_soap::wsdl(&format!("https://{host}{PATH}"));
    respond(StatusCode::OK, XML, AnswerBody::whole(wsdl.into()))
}

async fn post(
    hub: &Arc<Hub>,
    certificate: Option<CertificateFingerprint>,
    phases: &Phases,
    request: Request<Incoming>,
) -> Response<AnswerBody> {
    // Only a sandbox looks on, and tells a candidate what its requests lack before its certificate is known.
    let mut glimpse = hub.observer.as_ref().map(|_| Glimpse::of(&request));
    if glimpse.is_none()
        && let Err(fault) = authenticate::caller(&hub.registry.load(), certificate.as_ref())
    {
        return refuse_stranger(hub, phases, request, &fault).await;
    }
    let read = hub.metrics.step(Step::Ingress, read(hub, request, glimpse.as_mut())).await;
    phases.enter(Phase::Work);
    let (operation, result) = match read {
        // The body's room is given back when the request is answered.
        Ok((request, _room)) => {
            let operation = request.operation();
            let span = tracing::trace_span!(target: "phytohub", "request", operation = operation.name());
            (operation.name(), serve(hub, certificate.as_ref(), request).instrument(span).await)
        }
        Err(fault) => ("unreadable", Err(fault)),
    };
    if let (Some(observer), Some(glimpse)) = (&hub.observer, glimpse) {
        observer.saw(hub, certificate, glimpse, &result).await;
    }
    let is_fault = result.is_err();
    let (outcome, response) = match result {
        Ok(answer) => {
            let body = AnswerBody::chain(phytohub_soap::write_answer(&answer));
            (outcome(&answer), respond(StatusCode::OK, XML, body))
        }
        Err(fault) => (fault_outcome(&fault), faulted(hub, &fault)),
    };
    hub.metrics.request(operation, outcome, is_fault);
    tracing::debug!(target: "phytohub::ingress", operation, outcome, "answered");
    response
}

/// What somebody sends who is nobody here is neither kept nor read; it is taken off the wire all the same, since most
/// clients look for an answer only when they have sent all.
async fn refuse_stranger(
    hub: &Hub,
    phases: &Phases,
    request: Request<Incoming>,
    fault: &Fault,
) -> Response<AnswerBody> {
    let mut body = Limited::new(request.into_body(), body_max(hub));
    while let Some(Ok(_)) = body.frame().await {}
    phases.enter(Phase::Work);
    let outcome = fault_outcome(fault);
    hub.metrics.request("unknown_caller", outcome, true);
    tracing::debug!(target: "phytohub::ingress", outcome, "a stranger's request was not read");
    let mut response = faulted(hub, fault);
    if !body.is_end_stream() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

fn body_max(hub: &Hub) -> usize {
    usize::try_from(hub.config.http.body_max.0).unwrap_or(usize::MAX)
}

/// Bodies above this are read on a thread for blocking work: the milliseconds of one, and more where it attacks, would
/// hold up other requests.
const INLINE_BYTES_MAX: usize = 256 << 10;

async fn read_soap(body: Bytes) -> Result<phytohub_soap::Request, Fault> {
    if body.len() <= INLINE_BYTES_MAX {
        return phytohub_soap::read_request(body);
    }
    let read = tokio::task::spawn_blocking(move || phytohub_soap::read_request(body));
    read.await.unwrap_or_else(|error| {
        tracing::error!(target: "phytohub::ingress", panicked = error.is_panic(), "the reader of requests failed");
        Err(Fault::server("The hub failed on this request; tell its operator"))
    })
}

/// The answer to a request, or that the hub is in maintenance. One that was let in before ends as ever.
async fn serve(
    hub: &Arc<Hub>,
    certificate: Option<&CertificateFingerprint>,
    request: phytohub_soap::Request,
) -> Result<Answer, Fault> {
    match hub.maintenance.enter() {
        Some(_pass) => service::call(hub, certificate, request).await,
        None => Err(hub.maintenance.fault()),
    }
}

/// Body and SOAP.
async fn read(
    hub: &Hub,
    request: Request<Incoming>,
    glimpse: Option<&mut Glimpse>,
) -> Result<(phytohub_soap::Request, Room), Fault> {
    if let Some(encoding) = request.headers().get(CONTENT_ENCODING)
        && !encoding.as_bytes().eq_ignore_ascii_case(b"identity")
    {
        return Err(Fault::client("The body is compressed (Content-Encoding); send it as it is"));
    }
    let body_max = body_max(hub);
    let body = request.into_body();
    if body.size_hint().lower() > body_max as u64 {
        return Err(too_large(hub));
    }
    let (body, room) = collect(hub, Limited::new(body, body_max)).await?;
    let Some(glimpse) = glimpse else { return Ok((read_soap(body).await?, room)) };
    glimpse.body(&body);
    let request = read_soap(body).await?;
    glimpse.request(&request);
    Ok((request, room))
}

/// Room that a body takes of `bodies_max`, given back when this is dropped.
type Room = Option<OwnedSemaphorePermit>;

/// All the room there is.
pub(crate) fn bodies(settings: &HttpSettings) -> Arc<Semaphore> {
    let units = usize::try_from(settings.bodies_max.0 / BODY_UNIT_BYTES).unwrap_or(Semaphore::MAX_PERMITS);
    Arc::new(Semaphore::new(units.min(Semaphore::MAX_PERMITS)))
}

/// Takes room for a body that has `length` bytes so far, if there is: what it takes in all counts, or a body in chunks
/// of one byte would take a thousand times its size.
fn take_room(hub: &Hub, room: &mut Room, length: usize) -> Result<(), Fault> {
    let taken = room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
    let needed = usize::try_from((length as u64).div_ceil(BODY_UNIT_BYTES)).unwrap_or(usize::MAX);
    let units = u32::try_from(needed.saturating_sub(taken)).unwrap_or(u32::MAX);
    if units == 0 {
        return Ok(());
    }
    let more = Arc::clone(&hub.bodies).try_acquire_many_owned(units).map_err(|_| Fault::from(Pressure::Queue))?;
    match room {
        Some(room) => room.merge(more),
        None => *room = Some(more),
    }
    Ok(())
}

fn too_large(hub: &Hub) -> Fault {
    let max = hub.config.http.body_max;
    Fault { kind: FaultKind::TooLarge, message: format!("The request is larger than {max}, the most this hub takes") }
}

/// The body in one piece. One that came in one piece is not copied; one that came in many is joined once, because a
/// document that is read, stored and served must lie in one piece.
async fn collect(hub: &Hub, mut body: Limited<Incoming>) -> Result<(Bytes, Room), Fault> {
    let expected = usize::try_from(body.size_hint().exact().unwrap_or(0)).unwrap_or(0);
    let mut room = None;
    let mut length = 0;
    let mut first = Bytes::new();
    let mut joined = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| match error.downcast_ref::<LengthLimitError>() {
            Some(_) => too_large(hub),
            None => Fault::client(format!("The body broke off: {error}")),
        })?;
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        take_room(hub, &mut room, length)?;
        if first.is_empty() && joined.is_empty() {
            first = data;
            continue;
        }
        if joined.is_empty() {
            joined.reserve(expected.max(first.len() + data.len()));
            joined.extend_from_slice(&first);
            first = Bytes::new();
        }
        joined.extend_from_slice(&data);
    }
    Ok((if joined.is_empty() { first } else { joined.freeze() }, room))
}

fn outcome(answer: &Answer) -> &'static str {
    match answer {
        Answer::Delivered { header: HeaderAnswer::Echo(_), .. } => "refused",
        _ => "ok",
    }
}

fn fault_outcome(fault: &Fault) -> &'static str {
    match fault.kind {
        FaultKind::Client => "client_fault",
        FaultKind::TooLarge => "too_large",
        FaultKind::TryLater => "try_later",
        FaultKind::Server => "server_fault",
    }
}

/// A fault with the HTTP status that its kind stands for.
fn faulted(hub: &Hub, fault: &Fault) -> Response<AnswerBody> {
    let status = match fault.kind {
        FaultKind::Client | FaultKind::Server => StatusCode::INTERNAL_SERVER_ERROR,
        FaultKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        FaultKind::TryLater => StatusCode::SERVICE_UNAVAILABLE,
    };
    let mut response = respond(status, XML, AnswerBody::whole(phytohub_soap::write_fault(fault)));
    match fault.kind {
        FaultKind::TryLater => {
            let wait = hub.maintenance.retry_after(clock::now());
            let wait = wait.map_or(RETRY_AFTER_SECONDS, |wait| wait.as_secs());
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait));
        }
        // What is left of the body is not read.
        FaultKind::TooLarge => {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        FaultKind::Client | FaultKind::Server => {}
    }
    response
}

fn page(status: StatusCode, text: &str) -> Response<AnswerBody> {
    respond(status, TEXT, AnswerBody::whole(Bytes::copy_from_slice(text.as_bytes())))
}

fn respond(status: StatusCode, kind: HeaderValue, body: AnswerBody) -> Response<AnswerBody> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
