//! Messages by HTTP: one POST with JSON, signed, within bounded time. Redirects are not followed.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use ring::hmac;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::message::Message;
use crate::settings::WebhookSettings;

/// The header with the signature: `sha256=` and HMAC-SHA256 in hexadecimal, over the time, a dot and the body.
pub const SIGNATURE: &str = "X-Phytohub-Signature";
/// The header with the time that is signed: seconds since 1970.
pub const TIME: &str = "X-Phytohub-Time";
/// How much of an answer is read; only its status matters.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// Where messages are posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    uri: Uri,
    host: String,
    port: u16,
    is_tls: bool,
}

/// A webhook.
pub(crate) struct Webhook {
    target: Target,
    key: Option<hmac::Key>,
    tls: TlsConnector,
    timeout: Duration,
}

/// Reads the address; none when nothing is to be posted.
///
/// # Errors
/// A sentence that names the setting and what it may be.
pub(crate) fn target(settings: &WebhookSettings) -> Result<Option<Target>, String> {
    if settings.url.is_empty() {
        return Ok(None);
    }
    // The address itself may be a secret: many services put a token into it.
    let complain = |what: String| Err(format!("[alerts.webhook] url: {what}"));
    let uri: Uri = match settings.url.parse() {
        Ok(uri) => uri,
        Err(error) => return complain(format!("no address: {error}")),
    };
    let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else {
        return complain("write it in full, as in https://hooks.example.org/alerts".to_owned());
    };
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return complain("it holds a user; sign messages with `secret` instead".to_owned());
    }
    let host = host.trim_matches(['[', ']']).to_owned();
    let is_tls = match scheme {
        "https" => true,
        "http" if settings.plain_on_loopback && crate::is_loopback(&host) => false,
        "http" if settings.plain_on_loopback => {
            return complain(format!("plain http is for this machine only, '{host}' is elsewhere; use https"));
        }
        "http" => {
            return complain("use https, or set plain_on_loopback = true for a receiver on this machine".to_owned());
        }
        other => return complain(format!("'{other}' is neither https nor http")),
    };
    let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    Ok(Some(Target { uri, host, port, is_tls }))
}

impl Webhook {
    /// The webhook of these settings, if there is one; paths are relative to `dir`.
    ///
    /// # Errors
    /// A sentence that names the setting or file.
    pub(crate) fn new(settings: &WebhookSettings, dir: &Path) -> Result<Option<Self>, String> {
        let Some(target) = target(settings)? else { return Ok(None) };
        let secret = settings.secret(dir).map_err(|error| format!("[alerts.webhook] secret_file: {error}"))?;
        let key = secret.map(|secret| hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()));
        let tls = tls(&settings.ca, dir).map_err(|error| format!("[alerts.webhook] ca: {error}"))?;
        Ok(Some(Self { target, key, tls, timeout: settings.timeout.0 }))
    }

    /// The receiver's host.
    pub(crate) fn host(&self) -> &str {
        &self.target.host
    }

    /// Posts one message.
    ///
    /// # Errors
    /// Why the receiver did not take it, without the address.
    pub(crate) async fn send(&self, message: &Message) -> Result<(), String> {
        let post = async {
            let address = (self.target.host.as_str(), self.target.port);
            let socket = TcpStream::connect(address).await.map_err(|error| format!("no connection: {error}"))?;
            let request = self.request(message)?;
            if !self.target.is_tls {
                return exchange(socket, request).await;
            }
            let name = ServerName::try_from(self.target.host.clone()).map_err(|error| error.to_string())?;
            let stream = self.tls.connect(name, socket).await.map_err(|error| format!("no TLS connection: {error}"))?;
            exchange(stream, request).await
        };
        match tokio::time::timeout(self.timeout, post).await {
            Ok(outcome) => outcome,
            Err(_) => Err(format!("no answer within {} s", self.timeout.as_secs_f32())),
        }
    }

    fn request(&self, message: &Message) -> Result<Request<Full<Bytes>>, String> {
        let body = message.json();
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().to_string();
        let uri = &self.target.uri;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let host = uri.authority().map_or("", |authority| authority.as_str());
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(HOST, host)
            .header(USER_AGENT, concat!("phytohub/", env!("CARGO_PKG_VERSION")))
            .header(CONTENT_TYPE, "application/json")
            .header(TIME, &time);
        if let Some(key) = &self.key {
            request = request.header(SIGNATURE, signature(key, &time, &body));
        }
        debug_assert!(request.headers_ref().is_some_and(|headers| !headers.contains_key(AUTHORIZATION)));
        request.body(Full::new(Bytes::from(body))).map_err(|error| error.to_string())
    }
}

/// What the header [`SIGNATURE`] says.
fn signature(key: &hmac::Key, time: &str, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(key);
    context.update(time.as_bytes());
    context.update(b".");
    context.update(body);
    let hex: String = context.sign().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<(), String>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    let answer = async move {
        let answer = sender.send_request(request).await.map_err(|error| format!("no answer: {error}"))?;
        let status = answer.status();
        // Read to the end, so that the receiver is not cut off; what it says is of no use.
        let _ = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
        if status.is_success() { Ok(()) } else { Err(format!("the receiver answered HTTP {status}")) }
    };
    tokio::pin!(answer);
    tokio::select! {
        biased;
        outcome = &mut answer => outcome,
        // The connection may end with the answer already read.
        _ = connection => answer.await,
    }
}

/// TLS that trusts the certificates of `ca`, or else those of the system.
fn tls(ca: &Path, dir: &Path) -> Result<TlsConnector, String> {
    let mut roots = RootCertStore::empty();
    if ca.as_os_str().is_empty() {
        // What cannot be read is left out; when nothing is left, the handshake says so.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    } else {
        let file = dir.join(ca);
        let complain = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
        let all = CertificateDer::pem_file_iter(&file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        for certificate in all.map_err(|error| complain(&error))? {
            roots.add(certificate).map_err(|error| complain(&error))?;
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with `printf '1700000000.{}' | openssl dgst -sha256 -hmac "open sesame"`.
    #[test]
    fn the_signature_is_that_of_other_programs() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"open sesame");
        let expected = "sha256=38262c439297b3750c02eead8a10bf4927b9707798520e6fa459b9737d877712";
        assert_eq!(signature(&key, "1700000000", b"{}"), expected);
    }
}
