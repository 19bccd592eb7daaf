//! XB's own service, to which the sandbox hub pushes: it takes, refuses or hangs, as it is set.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use phytohub_model::{Delivery, Poison, PushTarget, TrackingState, Trust};
use phytohub_soap::{Answer, HeaderAnswer, Operation};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;

use super::settings::SendingWay;
use crate::identity;
use phytohub_operate::layout::Layout;

/// Largest body that is taken: the hub takes no larger one.
const BODY_BYTES_MAX: usize = phytohub_model::limits::BODY_BYTES_MAX;
/// Envelopes that may wait to be acknowledged; the hub reminds of what is left out.
const TAKEN_MAX: usize = 1024;

/// Starts the service; where the hub finds it, and the numbers of what it takes.
///
/// # Errors
/// A sentence that says what is in the way.
pub(super) async fn start(
    layout: &Layout,
    way: SendingWay,
    stop: watch::Receiver<bool>,
) -> Result<(Delivery, mpsc::Receiver<String>), String> {
    let (certificate, key) = (layout.pki("hub.pem"), layout.pki("hub.key"));
    let tls = identity::server_config(&certificate, &key)?;
    let der =
        CertificateDer::from_pem_file(&certificate).map_err(|error| format!("{}: {error}", certificate.display()))?;
    let complain = |error: std::io::Error| format!("XB's service in the sandbox cannot listen: {error}");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(complain)?;
    let address = listener.local_addr().map_err(complain)?;
    let (taken, numbers) = mpsc::channel(TAKEN_MAX);
    let target = PushTarget {
        url: format!("https://{address}/service"),
        trust: Trust::Pinned(identity::fingerprint(&der)),
        poison: Poison::Park,
    };
    tokio::spawn(accept(listener, TlsAcceptor::from(Arc::new(tls)), way, taken, stop));
    Ok((Delivery::Push(target), numbers))
}

async fn accept(
    listener: TcpListener,
    tls: TlsAcceptor,
    way: SendingWay,
    taken: mpsc::Sender<String>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((socket, _)) = accepted {
                    tokio::spawn(converse(socket, tls.clone(), way, taken.clone()));
                }
            }
            _ = stop.changed() => return,
        }
    }
}

async fn converse(socket: TcpStream, tls: TlsAcceptor, way: SendingWay, taken: mpsc::Sender<String>) {
    let Ok(stream) = tls.accept(socket).await else { return };
    let service = service_fn(move |request| answer(request, way, taken.clone()));
    // The hub, which is the only caller, has the error, too.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    request: Request<Incoming>,
    way: SendingWay,
    taken: mpsc::Sender<String>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, body) = match read(request).await {
        Ok(delivery) => (StatusCode::OK, decide(delivery, way, &taken).await),
        Err(fault) => (StatusCode::INTERNAL_SERVER_ERROR, phytohub_soap::write_fault(&fault)),
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let kind = hyper::header::HeaderValue::from_static("text/xml; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(response)
}

async fn read(request: Request<Incoming>) -> Result<phytohub_soap::Delivery, phytohub_model::Fault> {
    let fault = |text: String| phytohub_model::Fault::client(text);
    let body = Limited::new(request.into_body(), BODY_BYTES_MAX).collect().await;
    let body = body.map_err(|error| fault(format!("The body cannot be read: {error}")))?.to_bytes();
    match phytohub_soap::read_request(body)? {
        phytohub_soap::Request::DeliverEnvelope(delivery) => Ok(delivery),
        other => Err(fault(format!("{} is not for XB's service; it takes DeliverEnvelope", other.operation().name()))),
    }
}

async fn decide(delivery: phytohub_soap::Delivery, way: SendingWay, taken: &mpsc::Sender<String>) -> Bytes {
    let mut header = delivery.header;
    match way {
        SendingWay::Hang => std::future::pending().await,
        SendingWay::Refuse => {
            header.tracking_info = TrackingState::FailedDelivery.as_str().to_owned();
            header.error_message = "XB refuses, as its part in the sandbox is".to_owned();
        }
        // When too many wait, the hub's reminder brings it again.
        SendingWay::Well => drop(taken.try_send(header.delivery_number.clone())),
    }
    let answer = Answer::Delivered { operation: Operation::DeliverEnvelope, header: HeaderAnswer::Echo(header) };
    phytohub_soap::write_answer(&answer).into_bytes()
}
