//! Receivers of messages about alerts: a webhook and a mail server that keep what they get.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::http::{read_http, write_http};

/// How long a message may take: looks at the hub, and a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(50);

/// A message that was received.
#[derive(Clone, Debug)]
pub struct Received {
    /// Head of a request; for a mail the conversation before it.
    pub head: String,
    /// Body of a request; for a mail its head and text.
    pub body: String,
}

/// What a receiver does.
#[derive(Clone)]
pub enum Manner {
    /// Takes everything, in plain.
    Plain,
    /// Takes everything, over TLS.
    Tls(TlsAcceptor),
    /// Never answers.
    Hangs,
}

/// A receiver. It ends when this is dropped.
pub struct Sink {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    task: JoinHandle<()>,
}

/// TLS with a pair of PEM files.
///
/// # Panics
/// When they cannot be used.
pub fn acceptor(certificate: &Path, key: &Path) -> TlsAcceptor {
    let chain = vec![CertificateDer::from_pem_file(certificate).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_file(key).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a pair");
    TlsAcceptor::from(Arc::new(config))
}

impl Sink {
    /// A webhook.
    ///
    /// # Panics
    /// When there is no port.
    pub async fn webhook(manner: Manner) -> Self {
        Self::start(manner, |socket, manner, keep| async move {
            match manner {
                Manner::Plain => webhook(socket, &keep).await,
                Manner::Tls(tls) => webhook(tls.accept(socket).await?, &keep).await,
                Manner::Hangs => std::future::pending().await,
            }
        })
        .await
    }

    /// A mail server; with TLS it offers STARTTLS and login and takes no mail without both.
    ///
    /// # Panics
    /// When there is no port.
    pub async fn mail(manner: Manner) -> Self {
        Self::start(manner, |socket, manner, keep| async move {
            let tls = match manner {
                Manner::Hangs => return std::future::pending().await,
                Manner::Plain => None,
                Manner::Tls(tls) => Some(tls),
            };
            let mut plain = BufReader::new(socket);
            // After STARTTLS it is the client that speaks first.
            plain.write_all(b"220 localhost\r\n").await?;
            let Some(tls) = tls else { return mail(&mut plain, true, &keep).await.map(drop) };
            if mail(&mut plain, false, &keep).await? {
                let stream = tls.accept(plain.into_inner()).await?;
                mail(&mut BufReader::new(stream), true, &keep).await?;
            }
            Ok(())
        })
        .await
    }

    async fn start<F>(manner: Manner, serve: impl Fn(TcpStream, Manner, Keep) -> F + Send + 'static) -> Self
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let received = Keep::default();
        let keep = Arc::clone(&received);
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                // A sender that breaks off is its own affair.
                tokio::spawn(serve(socket, manner.clone(), Arc::clone(&keep)));
            }
        });
        Self { address, received, task }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// All that it has got.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The message number `index`, once it is there.
    ///
    /// # Panics
    /// When it does not come.
    pub async fn message(&self, index: usize) -> Received {
        for _ in 0..PATIENCE.as_millis() / LOOK.as_millis() {
            if let Some(message) = self.received().get(index) {
                return message.clone();
            }
            tokio::time::sleep(LOOK).await;
        }
        panic!("message {index} does not come; there are {:?}", self.received());
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Keep = Arc<Mutex<Vec<Received>>>;

fn keep(all: &Keep, head: String, body: &[u8]) {
    let body = String::from_utf8_lossy(body).into_owned();
    all.lock().unwrap_or_else(PoisonError::into_inner).push(Received { head, body });
}

async fn webhook(stream: impl AsyncRead + AsyncWrite + Unpin, all: &Keep) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some((head, body)) = read_http(&mut stream).await? {
        keep(all, head, &body);
        write_http(&mut stream, "200 OK", "text/plain", b"ok").await?;
    }
    Ok(())
}

/// SMTP as far as one mail needs it; `is_safe` = mail is taken, without more TLS. True = the client wants TLS now.
async fn mail<S>(stream: &mut S, is_safe: bool, all: &Keep) -> io::Result<bool>
where
    S: AsyncBufRead + AsyncWrite + Unpin,
{
    let mut head = String::new();
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        head.push_str(&line);
        let word = line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        let answer: &[u8] = match word.as_str() {
            "EHLO" if is_safe => b"250-localhost\r\n250 AUTH PLAIN\r\n",
            "EHLO" => b"250-localhost\r\n250 STARTTLS\r\n",
            "STARTTLS" => {
                stream.write_all(b"220 go ahead\r\n").await?;
                return Ok(true);
            }
            "MAIL" if !is_safe => b"530 not without TLS\r\n",
            "AUTH" => b"235 welcome\r\n",
            "DATA" => {
                stream.write_all(b"354 end with a dot\r\n").await?;
                let body = data(stream).await?;
                keep(all, std::mem::take(&mut head), body.as_bytes());
                b"250 taken\r\n"
            }
            "QUIT" => b"221 bye\r\n",
            _ => b"250 ok\r\n",
        };
        stream.write_all(answer).await?;
        line.clear();
    }
    Ok(false)
}

async fn data<S: AsyncBufRead + Unpin>(stream: &mut S) -> io::Result<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 || line.trim_end() == "." {
            return Ok(text);
        }
        text.push_str(&line);
    }
}
