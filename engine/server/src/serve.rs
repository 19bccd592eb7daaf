//! `phytohub serve`: sockets, signals, and the order of start and stop.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use phytohub_model::CertificateFingerprint;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::admin;
use crate::alerts;
use crate::config::Config;
use crate::deadline::{Phase, Watched};
use crate::door::Place;
use crate::history;
use crate::hub::{self, Hub};
use crate::identity;
use crate::ingress;
use crate::memory;
use crate::onboarding;
use crate::own_certificate::OwnCertificate;
use crate::push;
use crate::statistics::Recorder;
use phytohub_operate::layout::{Layout, Running};

/// Why a connection that nobody used was closed.
const MADE_ROOM: &str = "made_room";
/// Largest head of a request: real clients send less than 2 KiB.
const HEAD_BYTES_MAX: usize = 64 << 10;
/// Pause after a failed accept, as when no file descriptor is left: the loop must not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Runs the hub in `layout` until it is told to stop.
///
/// # Errors
/// A sentence that says what is wrong and where; the process must end with a failure.
pub fn serve(layout: &Layout, config: Config) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("hub")
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    runtime.block_on(run(layout, config))
}

async fn run(layout: &Layout, config: Config) -> Result<(), String> {
    memory::keep_out_of_files();
    let own_certificate = OwnCertificate::open(&layout.pki("hub.pem"), &layout.pki("hub.key"))?;
    let tls = identity::server_config_showing(Arc::clone(&own_certificate))?;
    let own_identity = identity::own(&layout.pki("hub.pem"), &layout.pki("hub.key"))?;
    let token = admin::read_token(layout)?;
    let soap = bind(config.listen.soap, "[listen] soap").await?;
    let admin_socket = bind(config.listen.admin, "[listen] admin").await?;
    let (failed, mut failures) = mpsc::unbounded_channel();
    let (hub, threads) = Hub::start(config, layout, &failed)?;
    let (stopping, stop) = watch::channel(false);
    let drain = hub.config.http.drain_timeout.0;
    let (soap_address, admin_address) = (address(&soap)?, address(&admin_socket)?);
    let running =
        Running { pid: std::process::id(), soap: soap_address.to_string(), admin: format!("http://{admin_address}") };
    if let Err(error) = layout.write_run_file(&running) {
        // As on a full disk, where the hub must still hand out what waits.
        let file = layout.run_file();
        tracing::warn!(target: "phytohub", file = %file.display(), %error, "`phytohub nppo` will not find this hub");
    }
    let mut signals = Signals::new().map_err(|error| format!("no signals: {error}"))?;
    tokio::spawn(hub::keep_time(Arc::clone(&hub)));
    tokio::spawn(history::keep(Arc::clone(&hub), stop.clone()));
    let watch = alerts::start(&hub, layout, stop.clone());
    tokio::spawn(admin::serve(admin_socket, Arc::clone(&hub), token, stop.clone()));
    let pusher = tokio::spawn(push::run(Arc::clone(&hub), own_identity, stop.clone()));
    if hub.config.onboarding.is_sandbox() {
        onboarding::start_partners(layout, soap_address, &hub, &stop).await?;
    }
    let recorder = tokio::spawn(Recorder::new(Arc::clone(&hub), layout).run(stop.clone()));
    tokio::spawn(own_certificate.follow(stop.clone()));
    let door = tokio::spawn(accept(soap, TlsAcceptor::from(Arc::new(tls)), Arc::clone(&hub), stop));
    announce(soap_address, admin_address);
    let failure = tokio::select! {
        () = signals.stop() => None,
        failure = failures.recv() => failure,
    };
    if let Some(failure) = failure {
        // The journal can no longer be trusted: nothing more is answered, what is durable is found again at the start.
        return Err(format!("{failure}; the hub ends here, start it again to recover from the journal"));
    }
    tracing::info!(target: "phytohub", "stopping: no new work, answers in flight leave");
    // Fails only when nobody listens any more, which is what it asks for.
    let _ = stopping.send(true);
    if door.await.is_err() {
        return Err("the accept loop panicked".to_owned());
    }
    // A call that is not over by then is made again with the same number after the start.
    if let Ok(Err(_)) = tokio::time::timeout(drain, pusher).await {
        return Err("push panicked".to_owned());
    }
    hub.stop().await;
    // It ends with the stop; should it have panicked, nothing depends on it.
    let _ = watch.await;
    tokio::task::spawn_blocking(move || threads.join())
        .await
        .map_err(|error| error.to_string())?
        .map_err(|fault| fault.message)?;
    if let Ok(recorder) = recorder.await {
        recorder.finish();
    }
    if let Ok(failure) = failures.try_recv() {
        return Err(failure);
    }
    let _ = std::fs::remove_file(layout.run_file());
    tracing::info!(target: "phytohub", "stopped, journals closed");
    Ok(())
}

async fn bind(address: SocketAddr, setting: &str) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| format!("{setting} = \"{address}\": cannot listen there: {error}"))
}

fn address(socket: &TcpListener) -> Result<SocketAddr, String> {
    socket.local_addr().map_err(|error| error.to_string())
}

/// The one line on standard output that scripts wait for.
#[expect(clippy::print_stdout, reason = "standard output is the contract here")]
fn announce(soap: SocketAddr, admin: SocketAddr) {
    println!(r#"{{"event":"listening","soap":"https://{soap}{}","admin":"http://{admin}"}}"#, ingress::PATH);
}

struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Takes connections until told to stop, then waits for those that are busy.
async fn accept(listener: TcpListener, tls: TlsAcceptor, hub: Arc<Hub>, mut stop: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    while !*stop.borrow() {
        tokio::select! {
            biased;
            _ = stop.changed() => {}
            // Without this the set would keep every connection that ever was.
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((socket, address)) => match hub.door.admit(address.ip()) {
                    Ok(place) => {
                        let connection = connection(socket, place, tls.clone(), Arc::clone(&hub), stop.clone());
                        connections.spawn(connection);
                    }
                    Err(reason) => hub.metrics.connection_ended(reason),
                },
                Err(error) => {
                    tracing::warn!(target: "phytohub::ingress", %error, "no connection taken");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    let drain = hub.config.http.drain_timeout.0;
    let drained = tokio::time::timeout(drain, async { while connections.join_next().await.is_some() {} }).await;
    if drained.is_err() {
        let left = connections.len();
        tracing::warn!(target: "phytohub", left, "connections still busy after drain_timeout are closed");
        connections.shutdown().await;
    }
}

/// One connection from handshake to end.
async fn connection(socket: TcpStream, place: Place, tls: TlsAcceptor, hub: Arc<Hub>, stop: watch::Receiver<bool>) {
    hub.metrics.connections.inc();
    if let Err(reason) = converse(socket, place, tls, &hub, stop).await {
        hub.metrics.connection_ended(reason);
        tracing::debug!(target: "phytohub::ingress", reason, "connection ended");
    }
    hub.metrics.connections.dec();
}

async fn converse(
    socket: TcpStream,
    mut place: Place,
    tls: TlsAcceptor,
    hub: &Arc<Hub>,
    mut stop: watch::Receiver<bool>,
) -> Result<(), &'static str> {
    socket.set_nodelay(true).map_err(|_| "socket")?;
    let settings = &hub.config.http;
    let seat = Arc::clone(&place.seat);
    let stream = tokio::select! {
        shaken = tls.accept(socket) => shaken.map_err(|_| "handshake_failed")?,
        overstayed = seat.phases.overstayed(settings) => return Err(overstayed),
        () = seat.is_needed() => return Err(MADE_ROOM),
    };
    let certificate: Option<CertificateFingerprint> =
        stream.get_ref().1.peer_certificates().and_then(<[_]>::first).map(identity::fingerprint);
    let phases = Arc::clone(&seat.phases);
    phases.enter(Phase::Idle);
    let is_welcome = place.is_welcome(certificate);
    if !is_welcome {
        hub.metrics.connection_ended("too_many_of_party");
    }
    let service = service_fn(|request| {
        let (hub, phases) = (Arc::clone(hub), Arc::clone(&phases));
        async move {
            match is_welcome {
                true => ingress::handle(hub, certificate, phases, request).await,
                false => ingress::turn_away(hub, phases).await,
            }
        }
    });
    let connection = http1::Builder::new()
        .header_read_timeout(None)
        .max_buf_size(HEAD_BYTES_MAX.max(READ_BUFFER_BYTES))
        .serve_connection(TokioIo::new(Watched::new(stream, Arc::clone(&phases))), service);
    tokio::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return ended.map_err(|error| reason(&error)),
        overstayed = phases.overstayed(settings) => return Err(overstayed),
        // Who does not ask now what it was let in for waits in vain.
        () = tokio::time::sleep(settings.head_timeout.0), if !is_welcome => return Err("too_many_of_party"),
        () = seat.is_needed() => {
            if phases.is_idle() {
                return Err(MADE_ROOM);
            }
            // A request came in that moment: it is the last one.
            connection.as_mut().graceful_shutdown();
        }
        _ = stop.changed() => {
            if phases.is_idle() {
                return Ok(());
            }
            connection.as_mut().graceful_shutdown();
        }
    }
    // Stopping, or making room: the answer in flight leaves, the deadlines still hold.
    tokio::select! {
        ended = connection.as_mut() => ended.map_err(|error| reason(&error)),
        overstayed = phases.overstayed(settings) => Err(overstayed),
    }
}

/// hyper's read buffer: a body of usual size arrives in one piece and is not copied.
const READ_BUFFER_BYTES: usize = 512 << 10;

fn reason(error: &hyper::Error) -> &'static str {
    if error.is_parse() {
        "bad_http"
    } else if error.is_incomplete_message() {
        "broke_off"
    } else if error.is_timeout() {
        "timeout"
    } else {
        "socket"
    }
}
