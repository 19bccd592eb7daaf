//! A member's own service, to which a hub pushes: over real TLS, and wrong in whatever way a test wants.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use phytohub_model::{Fault, FaultKind, HeaderFields};
use phytohub_server::pki::ThrowAwayCa;
use phytohub_soap::{Answer, HeaderAnswer, Operation, Request, read_request, write_answer, write_fault};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::http::{read_http, write_http};

/// What the service does with an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Takes it.
    Take,
    /// Answers FailedDelivery.
    Refuse,
    /// Takes it and lets the connection break off before the answer.
    BreakOff,
    /// Answers 503.
    Busy,
    /// Answers a redirect.
    Redirect,
    /// Never answers.
    Hang,
}

/// What a service got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The envelope's header, with its delivery number.
    pub header: HeaderFields,
    /// Its content, un-escaped.
    pub content: String,
    /// What the service did.
    pub reaction: Reaction,
}

/// A running service. It ends when this is dropped.
pub struct MemberService {
    shared: Arc<Shared>,
    address: SocketAddr,
    folder: TempDir,
    accepting: JoinHandle<()>,
}

struct Shared {
    state: Mutex<State>,
    tls: TlsAcceptor,
}

struct State {
    /// Reactions to the next envelopes; then `after`.
    next: VecDeque<Reaction>,
    after: Reaction,
    /// Reaction to one certificate number, before all others.
    to_number: Option<(String, Reaction)>,
    received: Vec<Received>,
}

impl MemberService {
    /// A service that takes everything.
    ///
    /// # Panics
    /// When anything of it fails.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let ca = ThrowAwayCa::new().expect("a CA");
        let pair = ca.hub(&[]).expect("a certificate");
        std::fs::write(folder.path().join("ca.pem"), ca.certificate()).expect("a file is written");
        std::fs::write(folder.path().join("service.pem"), &pair.certificate).expect("a file is written");
        let chain = vec![CertificateDer::from_pem_slice(pair.certificate.as_bytes()).expect("a certificate")];
        let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a pair");
        let state = State { next: VecDeque::new(), after: Reaction::Take, to_number: None, received: Vec::new() };
        let shared = Arc::new(Shared { state: Mutex::new(state), tls: TlsAcceptor::from(Arc::new(config)) });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port on this machine");
        let address = listener.local_addr().expect("a bound address");
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { shared, address, folder, accepting }
    }

    /// Its URL, by the name that its certificate has.
    pub fn url(&self) -> String {
        format!("https://localhost:{}/service", self.address.port())
    }

    /// Its certificate.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("service.pem")
    }

    /// The certificate of the authority that issued it.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A folder of its own, for what a test needs beside.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Reacts so to the next envelopes, one each, and then as `after` says.
    pub fn react(&self, next: &[Reaction], after: Reaction) {
        let mut state = self.shared.state();
        state.next = next.iter().copied().collect();
        state.after = after;
    }

    /// Reacts so to the envelopes of one certificate, until told otherwise.
    pub fn react_to(&self, certificate_number: &str, reaction: Option<Reaction>) {
        self.shared.state().to_number = reaction.map(|reaction| (certificate_number.to_owned(), reaction));
    }

    /// All that it got, in order.
    pub fn received(&self) -> Vec<Received> {
        self.shared.state().received.clone()
    }

    /// Waits until it got so many envelopes, or one of them fits.
    ///
    /// # Panics
    /// When that takes too long.
    pub async fn until(&self, what: &str, fits: impl Fn(&[Received]) -> bool) -> Vec<Received> {
        const PATIENCE: Duration = Duration::from_secs(60);
        let waiting = async {
            loop {
                let received = self.received();
                if fits(&received) {
                    return received;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        waited.unwrap_or_else(|_| panic!("{what} did not come: {:?}", self.received()))
    }
}

impl Drop for MemberService {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Shared {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What to do with an envelope; it is noted.
    fn take(&self, header: HeaderFields, content: String) -> Reaction {
        let mut state = self.state();
        let special = state.to_number.as_ref().filter(|(number, _)| *number == header.certificate_number);
        let reaction = match special {
            Some((_, reaction)) => *reaction,
            None => state.next.pop_front().unwrap_or(state.after),
        };
        state.received.push(Received { header, content, reaction });
        reaction
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((socket, _)) = listener.accept().await {
        // A client that breaks off is its own affair.
        tokio::spawn(serve(Arc::clone(&shared), socket));
    }
}

async fn serve(shared: Arc<Shared>, socket: TcpStream) -> io::Result<()> {
    const XML: &str = "text/xml; charset=utf-8";
    let mut stream = BufReader::new(shared.tls.accept(socket).await?);
    while let Some((_, body)) = read_http(&mut stream).await? {
        let delivery = match read_request(body.into()) {
            Ok(Request::DeliverEnvelope(delivery)) => delivery,
            other => {
                let fault = Fault::client(format!("DeliverEnvelope is due, not {other:?}"));
                write_http(&mut stream, "500 Internal Server Error", XML, &write_fault(&fault)).await?;
                continue;
            }
        };
        let mut scratch = Vec::new();
        let content =
            delivery.content.map(|content| String::from_utf8_lossy(content.unescape(&mut scratch)).into_owned());
        let reaction = shared.take(delivery.header.clone(), content.unwrap_or_default());
        let mut header = delivery.header;
        let (status, body) = match reaction {
            Reaction::Take => ("200 OK", answer(header)),
            Reaction::Refuse => {
                header.tracking_info = "FailedDelivery".to_owned();
                header.error_message = "this certificate is not for us".to_owned();
                ("200 OK", answer(header))
            }
            Reaction::Busy => {
                let fault = Fault { kind: FaultKind::TryLater, message: "busy".to_owned() };
                ("503 Service Unavailable", write_fault(&fault).to_vec())
            }
            Reaction::Redirect => ("302 Found", Vec::new()),
            Reaction::BreakOff => return stream.shutdown().await,
            Reaction::Hang => return std::future::pending().await,
        };
        write_http(&mut stream, status, XML, &body).await?;
    }
    Ok(())
}

fn answer(header: HeaderFields) -> Vec<u8> {
    let header = HeaderAnswer::Echo(header);
    write_answer(&Answer::Delivered { operation: Operation::DeliverEnvelope, header }).into_bytes().to_vec()
}
