//! Messages by e-mail, over SMTP.

use std::path::Path;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use crate::message::Message;
use crate::settings::{MailSettings, MailTls};

/// A subject longer than this is cut: it would fold over lines that some programs show badly.
const SUBJECT_CHARACTERS_MAX: usize = 150;

/// A mail server and who gets mail by it.
pub(crate) struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    server: String,
    from: Mailbox,
    to: Vec<Mailbox>,
    timeout: Duration,
}

/// Reads an address, `hub@example.org` or `The hub <hub@example.org>`.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn mailbox(address: &str) -> Result<Mailbox, String> {
    address.parse().map_err(|error| format!("no mail address: {error}"))
}

impl Mail {
    /// The mail of these settings, if there is any; paths are relative to `dir`.
    ///
    /// # Errors
    /// A sentence that names the setting or file.
    pub(crate) fn new(settings: &MailSettings, dir: &Path) -> Result<Option<Self>, String> {
        if settings.server.is_empty() {
            return Ok(None);
        }
        let complain = |key: &str, error: &dyn std::fmt::Display| format!("[alerts.mail] {key}: {error}");
        let from = mailbox(&settings.from).map_err(|error| complain("from", &error))?;
        let to = settings.to.iter().map(|address| mailbox(address)).collect::<Result<Vec<_>, _>>();
        let to = to.map_err(|error| complain("to", &error))?;
        let password = settings.password(dir).map_err(|error| complain("password_file", &error))?;
        let tls = match settings.tls {
            MailTls::Starttls => Tls::Required(tls(settings, dir)?),
            MailTls::Tls => Tls::Wrapper(tls(settings, dir)?),
            MailTls::None => Tls::None,
        };
        // The builder is called dangerous because it begins without TLS; that is set here.
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.server)
            .port(settings.port)
            .tls(tls)
            .hello_name(hello_name())
            .timeout(Some(settings.timeout.0));
        if !settings.user.is_empty() {
            transport = transport.credentials(Credentials::new(settings.user.clone(), password.unwrap_or_default()));
        }
        let (server, timeout) = (settings.server.clone(), settings.timeout.0);
        Ok(Some(Self { transport: transport.build(), server, from, to, timeout }))
    }

    /// Name of the server.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// Sends one message to all receivers.
    ///
    /// # Errors
    /// Why the server did not take it.
    pub(crate) async fn send(&self, message: &Message) -> Result<(), String> {
        let subject: String = message.summary.chars().take(SUBJECT_CHARACTERS_MAX).collect();
        let mut mail = lettre::Message::builder().from(self.from.clone()).subject(subject).date_now();
        for to in &self.to {
            mail = mail.to(to.clone());
        }
        let mail = mail
            .header(ContentType::TEXT_PLAIN)
            .body(format!("{}\n", message.text))
            .map_err(|error| error.to_string())?;
        match tokio::time::timeout(self.timeout, self.transport.send(mail)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("not taken within {} s", self.timeout.as_secs_f32())),
        }
    }
}

/// How this machine calls itself to a mail server, some of which refuse one that has no name.
fn hello_name() -> ClientId {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if name.is_empty() { ClientId::default() } else { ClientId::Domain(name) }
}

fn tls(settings: &MailSettings, dir: &Path) -> Result<TlsParameters, String> {
    let mut parameters = TlsParameters::builder(settings.server.clone());
    if !settings.ca.as_os_str().is_empty() {
        let file = dir.join(&settings.ca);
        let complain = |error: &dyn std::fmt::Display| format!("[alerts.mail] ca: {}: {error}", file.display());
        let pem = std::fs::read(&file).map_err(|error| complain(&error))?;
        let certificate = Certificate::from_pem(&pem).map_err(|error| complain(&error))?;
        parameters = parameters.certificate_store(CertificateStore::None).add_root_certificate(certificate);
    }
    parameters.build().map_err(|error| format!("[alerts.mail] tls: {error}"))
}
