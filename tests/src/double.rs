//! A stand-in for a running hub, in memory, over real mutual TLS, that is wrong in one way on purpose: what a ledger is
//! worth shows when it meets a hub that breaks a promise.

mod store;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use phytohub_model::{Fault, FaultKind};
use phytohub_operate::layout::{Layout, Lock, Running};
use phytohub_soap::{read_request, write_answer, write_fault};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

use crate::http::{read_http, write_http};
use crate::hub::{TestHub, phytohub_ok};

pub use store::Defect;
use store::Store;

const XML: &str = "text/xml; charset=utf-8";

/// A double and the directory of the hub that it plays. It ends when this is dropped.
pub struct Double {
    hub: TestHub,
    running: Running,
    service: Arc<Service>,
    // What its tasks hold goes before the directory.
    runtime: Option<Runtime>,
    _lock: Lock,
}

/// What the connections share.
struct Service {
    store: Store,
    /// The members' certificates: who shows one is that member.
    certificates: Vec<(CertificateDer<'static>, String)>,
    tls: TlsAcceptor,
    connections: AtomicU64,
    /// The answer to `GET /v1/nppos`.
    members: String,
}

impl Double {
    /// Makes a hub's directory with these members and plays the hub.
    ///
    /// # Panics
    /// When anything of it fails.
    pub fn start(members: &[&str], defect: Defect) -> Self {
        Self::listening(members, defect, "127.0.0.1:0")
    }

    /// As [`Self::start`], with the address to listen on.
    ///
    /// # Panics
    /// When anything of it fails.
    pub fn listening(members: &[&str], defect: Defect, address: &str) -> Self {
        let hub = TestHub::resting(members, &[]);
        let layout = Layout::new(hub.dir());
        let list = phytohub_ok(&["nppo", "list", "--json", hub.dir_text()]);
        let lock = layout.lock().expect("nobody else has the data");
        let read = |code: &str| CertificateDer::from_pem_file(hub.pki(&format!("nppo-{code}.pem")));
        let service = Arc::new(Service {
            store: Store::new(defect, members),
            certificates: members.iter().map(|&code| (read(code).expect("a certificate"), code.to_owned())).collect(),
            tls: TlsAcceptor::from(Arc::new(tls(&hub))),
            connections: AtomicU64::new(0),
            members: list,
        });
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let [soap, admin] = [address, "127.0.0.1:0"]
            .map(|address| runtime.block_on(TcpListener::bind(address)).expect("a free port on this machine"));
        let bound = |listener: &TcpListener| -> SocketAddr { listener.local_addr().expect("a bound address") };
        let running = Running {
            pid: std::process::id(),
            soap: bound(&soap).to_string(),
            admin: format!("http://{}", bound(&admin)),
        };
        layout.write_run_file(&running).expect("the addresses are written");
        runtime.spawn(accept(soap, Arc::clone(&service), Service::soap));
        runtime.spawn(accept(admin, Arc::clone(&service), Service::admin));
        Self { hub, running, service, runtime: Some(runtime), _lock: lock }
    }

    /// Names another address of the service in `run.json`, as if the hub were there.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn announce(&self, soap: &str) {
        let running = Running { soap: soap.to_owned(), ..self.running.clone() };
        Layout::new(self.hub.dir()).write_run_file(&running).expect("the addresses are written");
    }

    /// The directory of the hub that it plays.
    pub fn dir(&self) -> &Path {
        self.hub.dir()
    }

    /// Address of its service.
    pub fn soap(&self) -> &str {
        &self.running.soap
    }

    /// How many deliveries it accepted.
    pub fn accepted(&self) -> u64 {
        self.service.store.accepted()
    }

    /// How many connections its service got.
    pub fn connections(&self) -> u64 {
        self.service.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The hub's own certificate, and members' that the CA of its directory signed.
fn tls(hub: &TestHub) -> ServerConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(hub.pki("ca.pem")).expect("the CA")).expect("a CA certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_client_cert_verifier(verifier.expect("a verifier"))
        .with_single_cert(
            vec![CertificateDer::from_pem_file(hub.pki("hub.pem")).expect("the hub's certificate")],
            PrivateKeyDer::from_pem_file(hub.pki("hub.key")).expect("the hub's key"),
        )
        .expect("a pair")
}

async fn accept<F>(listener: TcpListener, service: Arc<Service>, serve: fn(Arc<Service>, TcpStream) -> F)
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    while let Ok((socket, _)) = listener.accept().await {
        // A client that breaks off is its own affair.
        tokio::spawn(serve(Arc::clone(&service), socket));
    }
}

impl Service {
    /// One connection of the service.
    async fn soap(self: Arc<Self>, socket: TcpStream) -> io::Result<()> {
        let connection = self.connections.fetch_add(1, Ordering::Relaxed);
        socket.set_nodelay(true)?;
        let stream = self.tls.accept(socket).await?;
        let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first()).cloned();
        let member = self.certificates.iter().find(|(certificate, _)| Some(certificate) == shown.as_ref());
        let member = member.map(|(_, code)| code.clone());
        let mut stream = BufReader::new(stream);
        while let Some((_, body)) = read_http(&mut stream).await? {
            let answer = match (&member, read_request(body.into())) {
                (Some(member), Ok(request)) => self.store.call(member, connection, request),
                (None, _) => Err(Fault::client("Nobody acts with this certificate")),
                (_, Err(fault)) => Err(fault),
            };
            let (status, body) = match answer {
                Ok(answer) => ("200 OK", write_answer(&answer).into_bytes()),
                Err(fault) if fault.kind == FaultKind::TooLarge => ("413 Content Too Large", write_fault(&fault)),
                Err(fault) => ("500 Internal Server Error", write_fault(&fault)),
            };
            write_http(&mut stream, status, XML, &body).await?;
        }
        Ok(())
    }

    /// One connection of the admin address, which ends with its answer.
    async fn admin(self: Arc<Self>, socket: TcpStream) -> io::Result<()> {
        let mut stream = BufReader::new(socket);
        let Some((first, _)) = read_http(&mut stream).await? else { return Ok(()) };
        let path = first.split(' ').nth(1).unwrap_or_default();
        let (status, kind, body) = match path.split('?').next().unwrap_or_default() {
            "/v1/nppos" => ("200 OK", "application/json", self.members.as_str()),
            "/readyz" => ("200 OK", "text/plain", "ready\n"),
            "/metrics" => ("200 OK", "text/plain", ""),
            _ => ("404 Not Found", "text/plain", "A double has no more than it needs.\n"),
        };
        write_http(&mut stream, status, kind, body.as_bytes()).await?;
        stream.shutdown().await
    }
}
