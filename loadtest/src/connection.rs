//! One connection of a member to the hub, over mutual TLS, opened anew when it broke or when it is to be fresh.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use phytoload_traffic::HttpShape;
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::http::{self, Answer};

/// Where the hub is, and how requests are marked.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Address that is connected to.
    pub(crate) address: SocketAddr,
    /// What the Host line says.
    pub(crate) host: String,
    /// Header lines that tell an operator, and the hub's log, what this traffic is.
    pub(crate) marks: String,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Failure {
    /// The hub takes no connection.
    NotConnected,
    /// The TLS handshake failed.
    Handshake,
    /// The connection closed or broke before the whole answer was there.
    BrokeOff,
    /// No answer within the client's patience.
    TimedOut,
    /// What came is no HTTP.
    NotHttp,
}

impl Failure {
    /// Its name in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NotConnected => "not connected",
            Self::Handshake => "handshake failed",
            Self::BrokeOff => "broke off",
            Self::TimedOut => "timed out",
            Self::NotHttp => "not HTTP",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The keys of a member, as its connections use them.
///
/// # Errors
/// A sentence that names the file that cannot be used.
pub(crate) fn keys(ca: &Path, certificate: &Path, key: &Path, tickets: bool) -> Result<Arc<ClientConfig>, String> {
    let read = |error: rustls::pki_types::pem::Error, file: &Path| format!("{}: {error}", file.display());
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_file(ca).map_err(|error| read(error, ca))?;
    roots.add(authority).map_err(|error| format!("{}: {error}", ca.display()))?;
    let chain = vec![CertificateDer::from_pem_file(certificate).map_err(|error| read(error, certificate))?];
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| read(error, key))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)
        .map_err(|error| error.to_string())?;
    if !tickets {
        config.resumption = Resumption::disabled();
    }
    Ok(Arc::new(config))
}

/// A connection, or the place for one.
pub(crate) struct Connection {
    target: Arc<Target>,
    keys: Arc<ClientConfig>,
    stream: Option<TlsStream<TcpStream>>,
    request: Vec<u8>,
    answer: BytesMut,
    /// Handshakes made so far.
    pub(crate) handshakes: u64,
}

impl Connection {
    pub(crate) fn new(target: Arc<Target>, keys: Arc<ClientConfig>) -> Self {
        let (request, answer) = (Vec::new(), BytesMut::new());
        Self { target, keys, stream: None, request, answer, handshakes: 0 }
    }

    /// Sends `body` and gives the answer and its body. `fresh` makes a new connection first.
    ///
    /// A connection that the hub had closed while it was idle is replaced without a word, as every client library does.
    ///
    /// # Errors
    /// [`Failure`]; whether the request was carried out is not known then, unless nothing was connected.
    pub(crate) async fn call(
        &mut self,
        shape: &HttpShape,
        body: &[u8],
        fresh: bool,
        patience: Duration,
    ) -> Result<(Answer, &[u8]), Failure> {
        self.request.clear();
        http::write_request(shape, &self.target.host, &self.target.marks, body, &mut self.request);
        if fresh {
            self.close();
        }
        let outcome = tokio::time::timeout(patience, self.converse(shape.expect_continue)).await;
        let outcome = outcome.unwrap_or(Err(Failure::TimedOut));
        match outcome {
            Ok(answer) => {
                if !answer.keeps {
                    self.close();
                }
                Ok((answer, &self.answer))
            }
            Err(failure) => {
                self.close();
                Err(failure)
            }
        }
    }

    /// Gives the connection up.
    pub(crate) fn close(&mut self) {
        self.stream = None;
    }

    async fn converse(&mut self, expects_continue: bool) -> Result<Answer, Failure> {
        let reused = self.stream.is_some();
        match self.attempt(expects_continue).await {
            Err(Failure::BrokeOff) if reused && self.answer.is_empty() => {
                self.close();
                self.attempt(expects_continue).await
            }
            outcome => outcome,
        }
    }

    async fn attempt(&mut self, expects_continue: bool) -> Result<Answer, Failure> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            empty => {
                let stream = connect(&self.target, &self.keys).await?;
                self.handshakes += 1;
                empty.insert(stream)
            }
        };
        http::exchange(stream, &self.request, expects_continue, &mut self.answer).await.map_err(|error| {
            if error.kind() == io::ErrorKind::InvalidData { Failure::NotHttp } else { Failure::BrokeOff }
        })
    }
}

async fn connect(target: &Target, keys: &Arc<ClientConfig>) -> Result<TlsStream<TcpStream>, Failure> {
    let socket = TcpStream::connect(target.address).await.map_err(|_| Failure::NotConnected)?;
    socket.set_nodelay(true).map_err(|_| Failure::NotConnected)?;
    // The certificate of a hub made by `phytohub init` is for this name, whatever address it listens on.
    let name = ServerName::try_from("localhost").map_err(|_| Failure::Handshake)?;
    TlsConnector::from(Arc::clone(keys)).connect(name, socket).await.map_err(|_| Failure::Handshake)
}
