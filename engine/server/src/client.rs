//! The other end: a client of the admin address for the command line, and one of the service for the demo.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use phytohub_soap::client::{ClientError, Reply};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::admin::read_token;
use crate::identity;
use crate::ingress::PATH;
use phytohub_operate::layout::{Layout, Running};

/// How long one call may take before the client gives up.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// One call to the admin address of a running hub; the body of its answer.
///
/// # Errors
/// The hub's own sentence, or why it could not be asked.
pub(crate) fn admin(
    layout: &Layout,
    running: &Running,
    method: &str,
    path: &str,
    body: Option<Vec<u8>>,
) -> Result<Vec<u8>, String> {
    let token = read_token(layout)?;
    let address = running.admin.strip_prefix("http://").unwrap_or(&running.admin);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, address)
        .header(AUTHORIZATION, format!("Bearer {token}"))
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(body.unwrap_or_default())))
        .map_err(|error| error.to_string())?;
    let call = async {
        let socket = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        let mut sender = handshake(socket).await?;
        send(&mut sender, request).await
    };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let answer = runtime.block_on(async { tokio::time::timeout(CALL_TIMEOUT, call).await });
    let (status, body) = answer
        .map_err(|_| format!("no answer within {} s", CALL_TIMEOUT.as_secs()))
        .and_then(|answer| answer)
        .map_err(|error| format!("the hub at {} (process {}) cannot be asked: {error}", running.admin, running.pid))?;
    if status.is_success() { Ok(body.to_vec()) } else { Err(refusal(&body)) }
}

/// The sentence of an answer that is no success: of `{"error": "sentence"}`, or of a text that is one.
fn refusal(body: &[u8]) -> String {
    let document: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let sentence = document.as_ref().and_then(|document| document.get("error")?.as_str());
    sentence.map_or_else(|| String::from_utf8_lossy(body).trim().to_owned(), str::to_owned)
}

type Sender = SendRequest<Full<Bytes>>;

async fn handshake<S>(socket: S) -> Result<Sender, String>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(socket)).await.map_err(|error| error.to_string())?;
    // Its error reaches whoever waits for an answer on it.
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}

async fn send(sender: &mut Sender, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), String> {
    sender.ready().await.map_err(|error| error.to_string())?;
    let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
    let status = response.status();
    let body = response.into_body().collect().await.map_err(|error| error.to_string())?;
    Ok((status, body.to_bytes()))
}

/// Why a call has no reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The hub answered a fault.
    #[error("{code} fault (HTTP {status}): {message}")]
    Fault {
        /// HTTP status.
        status: u16,
        /// `Client` or `Server`.
        code: String,
        /// The sentence for people.
        message: String,
    },
    /// There was no answer, or none that can be read: whether the request was carried out is not known.
    #[error("no answer: {0}")]
    NoAnswer(String),
}

/// A national system as it speaks to a hub: one connection over mutual TLS, opened anew when it broke.
pub struct SoapClient {
    address: String,
    tls: TlsConnector,
    sender: Option<Sender>,
}

impl SoapClient {
    /// A client with the keys that lie in these PEM files, for a hub at `address` (`127.0.0.1:PORT`).
    ///
    /// # Errors
    /// A sentence that names the file.
    pub fn new(address: &str, ca: &Path, certificate: &Path, key: &Path) -> Result<Self, String> {
        let read = |error: rustls::pki_types::pem::Error, file: &Path| format!("{}: {error}", file.display());
        let mut roots = RootCertStore::empty();
        let ca_der = CertificateDer::from_pem_file(ca).map_err(|error| read(error, ca))?;
        roots.add(ca_der).map_err(|error| format!("{}: {error}", ca.display()))?;
        let chain = vec![CertificateDer::from_pem_file(certificate).map_err(|error| read(error, certificate))?];
        let key = PrivateKeyDer::from_pem_file(key).map_err(|error| read(error, key))?;
        let config = ClientConfig::builder_with_provider(identity::provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, key)
            .map_err(|error| error.to_string())?;
        Ok(Self { address: address.to_owned(), tls: TlsConnector::from(Arc::new(config)), sender: None })
    }

    /// Sends one SOAP envelope and reads the answer.
    ///
    /// # Errors
    /// The fault that the hub answered, or why there is no answer that can be read.
    pub async fn call(&mut self, envelope: Vec<u8>) -> Result<Reply, CallError> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(PATH)
            .header(HOST, &self.address)
            .header(CONTENT_TYPE, "text/xml; charset=utf-8")
            .header("SOAPAction", "\"\"")
            .body(Full::new(Bytes::from(envelope)))
            .map_err(|error| CallError::NoAnswer(error.to_string()))?;
        let exchange = async {
            if self.sender.as_ref().is_none_or(SendRequest::is_closed) {
                self.sender = Some(self.connect().await?);
            }
            match &mut self.sender {
                Some(sender) => send(sender, request).await,
                None => Err("not connected".to_owned()),
            }
        };
        let (status, body) = tokio::time::timeout(CALL_TIMEOUT, exchange)
            .await
            .map_err(|_| format!("no answer within {} s", CALL_TIMEOUT.as_secs()))
            .and_then(|answer| answer)
            .map_err(CallError::NoAnswer)?;
        phytohub_soap::client::read_answer(&body).map_err(|error| match error {
            ClientError::Fault { code, message } => CallError::Fault { status: status.as_u16(), code, message },
            ClientError::Unreadable(what) => CallError::NoAnswer(format!("HTTP {status}, {what}")),
        })
    }

    async fn connect(&self) -> Result<Sender, String> {
        let socket = TcpStream::connect(&self.address).await.map_err(|error| format!("{}: {error}", self.address))?;
        socket.set_nodelay(true).map_err(|error| error.to_string())?;
        let name = ServerName::try_from("localhost").map_err(|error| error.to_string())?;
        handshake(self.tls.connect(name, socket).await.map_err(|error| error.to_string())?).await
    }
}
