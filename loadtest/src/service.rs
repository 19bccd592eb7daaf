//! A web service of the contract that takes DeliverEnvelope: what a hub pushes to, with settable latency and errors,
//! and what the generator itself is measured against.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use phytohub_model::{Fault, HeaderFields};
use phytohub_soap::{Answer, HeaderAnswer, write_answer, write_fault};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::cli::ReceiverArgs;
use crate::commands::{say, span};
use crate::random;

/// Largest body that is taken.
const BODY_BYTES_MAX: usize = 64 << 20;

/// How the service behaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manners {
    /// How long it takes for an answer.
    pub(crate) latency: Duration,
    /// Share of requests that it answers with a fault.
    pub(crate) faults: f64,
    /// Share of requests at which it closes the connection without an answer.
    pub(crate) silent: f64,
    /// Answers with the same bytes to everything, without reading it as SOAP.
    pub(crate) blind: bool,
}

/// A running service.
pub(crate) struct Service {
    manners: Manners,
    tls: TlsAcceptor,
    taken: AtomicU64,
}

impl Service {
    /// A service with this certificate.
    ///
    /// # Errors
    /// A sentence that names the file that cannot be used.
    pub(crate) fn new(manners: Manners, certificate: &Path, key: &Path) -> Result<Arc<Self>, String> {
        let read = |error: rustls::pki_types::pem::Error, file: &Path| format!("{}: {error}", file.display());
        let chain = vec![CertificateDer::from_pem_file(certificate).map_err(|error| read(error, certificate))?];
        let key = PrivateKeyDer::from_pem_file(key).map_err(|error| read(error, key))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|error| error.to_string())?;
        Ok(Arc::new(Self { manners, tls: TlsAcceptor::from(Arc::new(config)), taken: AtomicU64::new(0) }))
    }

    /// Serves until the process ends.
    pub(crate) async fn serve(self: Arc<Self>, listener: TcpListener) {
        loop {
            match listener.accept().await {
                Ok((socket, _)) => {
                    let service = Arc::clone(&self);
                    tokio::spawn(async move { drop(service.connection(socket).await) });
                }
                // As when no file descriptor is left: the loop must not spin.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    async fn connection(self: Arc<Self>, socket: TcpStream) -> io::Result<()> {
        socket.set_nodelay(true)?;
        let stream = self.tls.accept(socket).await?;
        let service = service_fn(|request| Arc::clone(&self).answer(request));
        let served = http1::Builder::new().max_buf_size(1 << 20).serve_connection(TokioIo::new(stream), service);
        served.await.map_err(io::Error::other)
    }

    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, io::Error> {
        let turn = self.taken.fetch_add(1, Ordering::Relaxed);
        let drawn = random::fraction(random::of(0x5e1e, turn));
        let mut incoming = request.into_body();
        let mut body = BytesMut::new();
        while let Some(frame) = incoming.frame().await {
            let Ok(data) = frame.map_err(io::Error::other)?.into_data() else { continue };
            if body.len() + data.len() > BODY_BYTES_MAX {
                return Err(io::Error::other("a body that is larger than is taken"));
            }
            if !self.manners.blind {
                body.extend_from_slice(&data);
            }
        }
        if !self.manners.latency.is_zero() {
            tokio::time::sleep(self.manners.latency).await;
        }
        if drawn < self.manners.silent {
            return Err(io::Error::other("silent on purpose"));
        }
        let answer = if drawn < self.manners.silent + self.manners.faults {
            Err(Fault::server("The receiver's system fails on purpose"))
        } else if self.manners.blind {
            Ok(delivered(HeaderFields { delivery_number: format!("BLIND{turn:016}"), ..HeaderFields::default() }))
        } else {
            read(body.freeze())
        };
        let (status, bytes) = match answer {
            Ok(answer) => (StatusCode::OK, write_answer(&answer).into_bytes()),
            Err(fault) => (StatusCode::INTERNAL_SERVER_ERROR, write_fault(&fault)),
        };
        let mut response = Response::new(Full::new(bytes));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/xml; charset=utf-8"));
        Ok(response)
    }
}

fn delivered(fields: HeaderFields) -> Answer {
    let fields = HeaderFields { tracking_info: "PendingDelivery".to_owned(), ..fields };
    Answer::Delivered { operation: phytohub_soap::Operation::DeliverEnvelope, header: HeaderAnswer::Echo(fields) }
}

/// What a receiver answers to a push: the header as it came.
fn read(body: Bytes) -> Result<Answer, Fault> {
    match phytohub_soap::read_request(body)? {
        phytohub_soap::Request::DeliverEnvelope(delivery) => Ok(delivered(delivery.header)),
        request => Err(Fault::client(format!("{} is not what a receiver answers", request.operation().name()))),
    }
}

/// `phytoload receiver`.
pub(crate) fn receiver(arguments: &ReceiverArgs) -> Result<(), String> {
    let address: SocketAddr = arguments.listen;
    if !address.ip().is_loopback() {
        return Err(format!("--listen {address}: only an address of this machine's loopback is taken"));
    }
    for (name, share) in [("--faults", arguments.faults), ("--silent", arguments.silent)] {
        if !(0.0..=1.0).contains(&share) {
            return Err(format!("{name} {share}: a share is from 0 to 1"));
        }
    }
    let manners = Manners {
        latency: span(&arguments.latency)?,
        faults: arguments.faults,
        silent: arguments.silent,
        blind: arguments.blind,
    };
    let service = Service::new(manners, &arguments.certificate, &arguments.key)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await.map_err(|error| format!("{address}: {error}"))?;
        let bound = listener.local_addr().map_err(|error| error.to_string())?;
        say(&format!(r#"{{"event":"listening","soap":"https://{bound}{}","admin":""}}"#, crate::http::PATH));
        tokio::select! {
            () = service.serve(listener) => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        Ok(())
    })
}
