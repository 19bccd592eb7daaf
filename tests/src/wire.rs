//! Bytes on the wire, for what a well-behaved client would never send.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::hub::TestHub;

/// No answer of a healthy hub takes this long.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// GET over plain HTTP: status and body.
///
/// # Panics
/// When there is no answer.
pub async fn get(address: &str, path: &str) -> (u16, String) {
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    let answer = plain(address, request.as_bytes()).await;
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    (status(head), body.to_owned())
}

/// Sends bytes over plain TCP: all that comes back until the other side closes.
///
/// # Panics
/// When there is no answer.
pub async fn plain(address: &str, request: &[u8]) -> String {
    let mut socket = TcpStream::connect(address).await.expect("the address listens");
    socket.write_all(request).await.expect("the request is sent");
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.expect("an answer");
    String::from_utf8(answer).expect("text")
}

/// The status of an answer's head.
///
/// # Panics
/// When it has none.
pub fn status(head: &str) -> u16 {
    head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status line")
}

/// A TLS connection with the keys of `member` (`None` = without a client certificate).
///
/// # Panics
/// When the handshake fails.
pub async fn connect(hub: &TestHub, member: Option<&str>) -> TlsStream<TcpStream> {
    Keys::of(hub, member).connect().await.expect("a handshake")
}

/// What many connections need: read once, for who opens them by the thousand.
#[derive(Clone)]
pub struct Keys {
    address: String,
    config: Arc<ClientConfig>,
}

impl Keys {
    /// Those of `member` (`None` = without a client certificate), for this hub.
    ///
    /// # Panics
    /// When they cannot be read.
    pub fn of(hub: &TestHub, member: Option<&str>) -> Self {
        let keys = member.map(|code| (hub.pki(&format!("nppo-{code}.pem")), hub.pki(&format!("nppo-{code}.key"))));
        let keys = keys.as_ref().map(|(certificate, key)| (certificate.as_path(), key.as_path()));
        Self { address: hub.soap().to_owned(), config: Arc::new(tls(&hub.pki("ca.pem"), keys)) }
    }

    /// The same, offering these protocols by ALPN.
    pub fn offering(&self, protocols: &[&str]) -> Self {
        let mut config = ClientConfig::clone(&self.config);
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        Self { address: self.address.clone(), config: Arc::new(config) }
    }

    /// A new connection, its handshake done.
    ///
    /// # Errors
    /// When the hub does not want it.
    pub async fn connect(&self) -> std::io::Result<TlsStream<TcpStream>> {
        let socket = TcpStream::connect(&self.address).await?;
        let name = ServerName::try_from("localhost").map_err(std::io::Error::other)?;
        TlsConnector::from(Arc::clone(&self.config)).connect(name, socket).await
    }
}

fn tls(ca: &Path, keys: Option<(&Path, &Path)>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).expect("the CA")).expect("a CA certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_root_certificates(roots);
    match keys {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => builder
            .with_client_auth_cert(
                vec![CertificateDer::from_pem_file(certificate).expect("a certificate")],
                PrivateKeyDer::from_pem_file(key).expect("a key"),
            )
            .expect("a pair"),
    }
}

/// Sends raw bytes and reads one answer: its head and body (by Content-Length or to the end).
///
/// # Panics
/// When no answer comes.
pub async fn exchange(stream: &mut TlsStream<TcpStream>, request: &[u8]) -> (String, String) {
    stream.write_all(request).await.expect("the request is sent");
    // TLS keeps the end of a large request to itself until the socket takes it.
    stream.flush().await.expect("all of the request is sent");
    read_answer(stream).await
}

/// Reads one answer: its head and body.
///
/// # Panics
/// When none comes.
pub async fn read_answer(stream: &mut TlsStream<TcpStream>) -> (String, String) {
    let read = async {
        let mut bytes = Vec::new();
        loop {
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
                let length = head.lines().find_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
                });
                if length.is_some_and(|length| bytes.len() >= end + 4 + length) {
                    return (head, String::from_utf8_lossy(&bytes[end + 4..]).into_owned());
                }
            }
            if stream.read_buf(&mut bytes).await.expect("an answer") == 0 {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let (head, body) = text.split_once("\r\n\r\n").expect("a head before the end");
                return (head.to_owned(), body.to_owned());
            }
        }
    };
    tokio::time::timeout(PATIENCE, read).await.expect("an answer in time")
}

/// A POST of `body` as most clients send it.
pub fn post(body: &str) -> Vec<u8> {
    format!(
        "POST /hub/DeliveryService HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml; charset=utf-8\r\n\
         SOAPAction: \"\"\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// What the admin address answered.
pub struct AdminAnswer {
    /// Status.
    pub status: u16,
    /// Content-Type without its parameters; empty for none.
    pub media_type: String,
    /// Body.
    pub body: String,
}

/// A request to the admin address of a running hub, with the token of its directory; a GET without a body.
///
/// # Panics
/// When there is no answer.
pub async fn ask_admin(hub: &TestHub, path: &str, body: Option<&str>) -> AdminAnswer {
    let token = std::fs::read_to_string(hub.dir().join("admin.token")).expect("the token");
    let address = hub.admin();
    let mut socket = TcpStream::connect(address).await.expect("the address listens");
    let (method, text) = if body.is_some() { ("POST", body.unwrap_or_default()) } else { ("GET", "") };
    let request = format!(
        "{method} {path} HTTP/1.0\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{text}",
        token.trim(),
        text.len()
    );
    socket.write_all(request.as_bytes()).await.expect("the request is sent");
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.expect("an answer");
    let answer = String::from_utf8(answer).expect("text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let kind = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-type").then(|| value.split(';').next().unwrap_or_default().to_owned())
    });
    AdminAnswer { status: status(head), media_type: kind.unwrap_or_default(), body: body.to_owned() }
}
