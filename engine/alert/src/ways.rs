//! The ways a message takes.

use std::path::Path;

use crate::mail::Mail;
use crate::message::Message;
use crate::settings::AlertSettings;
use crate::webhook::Webhook;

/// A way that is set.
pub struct Way(Carrier);

enum Carrier {
    Webhook(Webhook),
    Mail(Mail),
}

/// All ways that are set; paths of settings are relative to `dir`.
///
/// # Errors
/// A sentence that names the setting or file that cannot be used.
pub fn ways(settings: &AlertSettings, dir: &Path) -> Result<Vec<Way>, String> {
    let webhook = Webhook::new(&settings.webhook, dir)?.map(Carrier::Webhook);
    let mail = Mail::new(&settings.mail, dir)?.map(Carrier::Mail);
    Ok(webhook.into_iter().chain(mail).map(Way).collect())
}

impl Way {
    /// `webhook` or `mail`.
    pub fn name(&self) -> &'static str {
        match self.0 {
            Carrier::Webhook(_) => "webhook",
            Carrier::Mail(_) => "mail",
        }
    }

    /// The machine at its other end; a webhook's whole address may be a secret.
    pub fn host(&self) -> &str {
        match &self.0 {
            Carrier::Webhook(webhook) => webhook.host(),
            Carrier::Mail(mail) => mail.server(),
        }
    }

    /// Sends one message, once, within the time that is set.
    ///
    /// # Errors
    /// Why it was not taken.
    pub async fn send(&self, message: &Message) -> Result<(), String> {
        match &self.0 {
            Carrier::Webhook(webhook) => webhook.send(message).await,
            Carrier::Mail(mail) => mail.send(message).await,
        }
    }
}
