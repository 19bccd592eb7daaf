//! One member's service: where it is, by what it is known, and the connection to it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::Uri;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use phytohub_model::PushTarget;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::address::is_public;
use crate::body::Chain;
use crate::trust;

/// Port of a URL that names none.
const HTTPS_PORT: u16 = 443;

/// The hub's own certificate and key, shown to services that ask for one.
pub struct Identity {
    /// Its certificate, and those between it and the authority.
    pub chain: Vec<CertificateDer<'static>>,
    /// Its key.
    pub key: PrivateKeyDer<'static>,
}

/// What holds for all services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceSettings {
    /// Time for name look-up, connection and handshake.
    pub connect_timeout: Duration,
    /// Time from the first byte of the request to the last of the answer.
    pub answer_timeout: Duration,
    /// Whether addresses of private and special networks may be called.
    pub allow_private: bool,
}

/// A service and the connection to it, which is kept as long as it lives.
pub struct Service {
    uri: Uri,
    host: String,
    port: u16,
    name: ServerName<'static>,
    tls: TlsConnector,
    pub(crate) settings: ServiceSettings,
    pub(crate) connection: Option<SendRequest<Chain>>,
}

/// Whether a target can be called at all: its URL and its authority's certificate can be read.
///
/// # Errors
/// A sentence that says what cannot be used.
pub fn check(target: &PushTarget) -> Result<(), String> {
    place(&target.url)?;
    trust::client_config(&target.trust, None).map(drop)
}

/// URL, host, port and the name that the certificate must have.
fn place(url: &str) -> Result<(Uri, String, u16, ServerName<'static>), String> {
    let wrong = |why: &str| format!("the URL '{url}' cannot be used: {why}");
    let uri: Uri = url.parse().map_err(|error| wrong(&format!("{error}")))?;
    if uri.scheme_str() != Some("https") {
        return Err(wrong("it must begin with https://"));
    }
    let host = uri.host().ok_or_else(|| wrong("it names no host"))?;
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(host.clone()).map_err(|_| wrong("its host is neither a name nor an address"))?;
    let port = uri.port_u16().unwrap_or(HTTPS_PORT);
    Ok((uri, host, port, name))
}

impl Service {
    /// A service that was not called yet.
    ///
    /// # Errors
    /// A sentence that says what cannot be used.
    pub fn new(target: &PushTarget, identity: &Identity, settings: ServiceSettings) -> Result<Self, String> {
        let (uri, host, port, name) = place(&target.url)?;
        let tls = trust::client_config(&target.trust, Some(identity))?;
        Ok(Self { uri, host, port, name, tls: TlsConnector::from(Arc::new(tls)), settings, connection: None })
    }

    /// Path and query of its requests.
    pub(crate) fn path(&self) -> &str {
        self.uri.path_and_query().map_or("/", |path| path.as_str())
    }

    /// Host and port for the header of that name.
    pub(crate) fn host_header(&self) -> &str {
        self.uri.authority().map_or(self.host.as_str(), |authority| authority.as_str())
    }

    /// A connection that can take a request: the one there is, or a new one.
    pub(crate) async fn connected(&mut self) -> Result<SendRequest<Chain>, String> {
        if let Some(mut connection) = self.connection.take()
            && connection.ready().await.is_ok()
        {
            return Ok(connection);
        }
        let timeout = self.settings.connect_timeout;
        let seconds = timeout.as_secs_f64();
        tokio::time::timeout(timeout, self.connect())
            .await
            .map_err(|_| format!("{} port {}: no connection within {seconds} s", self.host, self.port))?
    }

    async fn connect(&self) -> Result<SendRequest<Chain>, String> {
        let mut failure = format!("{}: the name has no address", self.host);
        for address in self.addresses().await? {
            match self.connect_to(address).await {
                Ok(connection) => return Ok(connection),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// The addresses of the host that may be called.
    async fn addresses(&self) -> Result<Vec<SocketAddr>, String> {
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await;
        let all: Vec<SocketAddr> = found.map_err(|error| format!("{}: {error}", self.host))?.collect();
        let allowed = |address: &SocketAddr| self.settings.allow_private || is_public(address.ip());
        let (allowed, refused): (Vec<_>, Vec<_>) = all.into_iter().partition(allowed);
        match (allowed.is_empty(), refused.first()) {
            (true, Some(address)) => {
                let (host, ip) = (&self.host, address.ip());
                Err(format!("{host} is {ip}, which is no public address; [push] allow_private lets the hub call such"))
            }
            _ => Ok(allowed),
        }
    }

    async fn connect_to(&self, address: SocketAddr) -> Result<SendRequest<Chain>, String> {
        let socket = TcpStream::connect(address).await.map_err(|error| format!("{address}: {error}"))?;
        socket.set_nodelay(true).map_err(|error| format!("{address}: {error}"))?;
        let stream = self.tls.connect(self.name.clone(), socket).await;
        let stream = stream.map_err(|error| format!("{address}: no TLS connection: {error}"))?;
        let (connection, driver) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| format!("{address}: {error}"))?;
        // Its error reaches the call that waits for an answer.
        tokio::spawn(async move { drop(driver.await) });
        Ok(connection)
    }
}
