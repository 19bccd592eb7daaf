//! Section `[alerts]` of the configuration, with `[alerts.webhook]` and `[alerts.mail]`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use phytohub_operate::Span;
use serde::{Deserialize, Serialize};

use crate::rules::{RULES, RuleId};

/// Section `[alerts]`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlertSettings {
    /// What this hub is called in messages.
    pub name: String,
    /// How often the hub looks at itself.
    pub every: Span,
    /// Alerts told in one day (UTC), all rules together.
    pub per_day_max: u32,
    /// Alerts of one rule told in one day.
    pub per_rule_per_day_max: u32,
    /// Names of rules that are not wanted.
    pub off: Vec<String>,
    /// Age of the oldest envelope that waits for a member.
    pub oldest_undelivered: Span,
    /// Parked envelopes of a member.
    pub parked: u64,
    /// How long the hub has paused its calls of a member's service.
    pub breaker_open: Span,
    /// The disk will be at its low-water mark within this time.
    pub disk_full_within: Span,
    /// 99th percentile of write and sync of a batch.
    pub commit_p99: Span,
    /// Share of a sender's deliveries that is refused, in percent.
    pub refused_percent: u8,
    /// Deliveries of a sender within 15 minutes from which on that share means something.
    pub refused_at_least: u64,
    /// Days before the end of a certificate on which is told, each once.
    pub certificate_days: Vec<u32>,
    /// How far the clock was set.
    pub clock_jump: Span,
    /// Share of `[http] connections_max`, in percent.
    pub connections_percent: u8,
    /// Share of `[limits]` pending_total and pending_per_destination, in percent.
    pub pending_percent: u8,
    /// How long a member that fetches regularly has not fetched.
    pub member_silent: Span,
    /// Messages by HTTP.
    pub webhook: WebhookSettings,
    /// Messages by e-mail.
    pub mail: MailSettings,
}

/// Section `[alerts.webhook]`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookSettings {
    /// Where messages are posted; empty = nowhere.
    pub url: String,
    /// Whether plain http is allowed, to this machine only.
    pub plain_on_loopback: bool,
    /// Shared secret of the signature; empty = messages are not signed.
    pub secret: Secret,
    /// A file with that secret.
    pub secret_file: PathBuf,
    /// A file with the certificates (PEM) that the receiver is trusted by; empty = those of the system.
    pub ca: PathBuf,
    /// From the first to the last byte of one attempt.
    pub timeout: Span,
}

/// Section `[alerts.mail]`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct MailSettings {
    /// Name of the mail server; empty = no mail.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: MailTls,
    /// User at the server; empty = no login.
    pub user: String,
    /// Its password.
    pub password: Secret,
    /// A file with that password.
    pub password_file: PathBuf,
    /// Sender's address.
    pub from: String,
    /// Receivers' addresses.
    pub to: Vec<String>,
    /// A file with the certificates (PEM) that the server is trusted by; empty = those of the system.
    pub ca: PathBuf,
    /// From the first to the last byte of one attempt.
    pub timeout: Span,
}

/// How mail travels to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// Plain at first, then TLS, and nothing is sent before.
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// None, to a server on this machine only.
    None,
}

/// A text that no log shows.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "none" } else { "secret" })
    }
}

impl Default for AlertSettings {
    fn default() -> Self {
        Self {
            name: "phytohub".to_owned(),
            every: Span::seconds(10),
            per_day_max: 100,
            per_rule_per_day_max: 20,
            off: Vec::new(),
            oldest_undelivered: Span::seconds(86_400),
            parked: 1,
            breaker_open: Span::seconds(300),
            disk_full_within: Span::seconds(86_400),
            commit_p99: Span(Duration::from_millis(250)),
            refused_percent: 25,
            refused_at_least: 20,
            certificate_days: vec![90, 60, 30, 7],
            clock_jump: Span::seconds(5),
            connections_percent: 80,
            pending_percent: 80,
            member_silent: Span::seconds(86_400),
            webhook: WebhookSettings::default(),
            mail: MailSettings::default(),
        }
    }
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self {
            url: String::new(),
            plain_on_loopback: false,
            secret: Secret::default(),
            secret_file: PathBuf::new(),
            ca: PathBuf::new(),
            timeout: Span::seconds(10),
        }
    }
}

impl Default for MailSettings {
    fn default() -> Self {
        Self {
            server: String::new(),
            port: 587,
            tls: MailTls::Starttls,
            user: String::new(),
            password: Secret::default(),
            password_file: PathBuf::new(),
            from: String::new(),
            to: Vec::new(),
            ca: PathBuf::new(),
            timeout: Span::seconds(30),
        }
    }
}

/// Looking more often than this costs more than it tells.
const EVERY_MIN: Duration = Duration::from_secs(1);
/// Looking less often would miss what rules speak of in minutes.
const EVERY_MAX: Duration = Duration::from_secs(60);

impl AlertSettings {
    /// Refuses values that say nothing.
    ///
    /// # Errors
    /// A sentence that names the key and what it may be.
    pub fn check(&self) -> Result<(), String> {
        if !(EVERY_MIN..=EVERY_MAX).contains(&self.every.0) {
            return Err(format!("[alerts] every = \"{}\": 1 s to 1 min are possible", self.every));
        }
        for (key, percent) in [
            ("refused_percent", self.refused_percent),
            ("connections_percent", self.connections_percent),
            ("pending_percent", self.pending_percent),
        ] {
            if !(1..=100).contains(&percent) {
                return Err(format!("[alerts] {key} = {percent}: 1 to 100 are possible; `off` turns a rule off"));
            }
        }
        let spans = [
            ("oldest_undelivered", self.oldest_undelivered),
            ("disk_full_within", self.disk_full_within),
            ("commit_p99", self.commit_p99),
            ("clock_jump", self.clock_jump),
            ("member_silent", self.member_silent),
        ];
        if let Some((key, _)) = spans.iter().find(|(_, span)| span.0.is_zero()) {
            return Err(format!("[alerts] {key} must be longer than nothing; `off` turns a rule off"));
        }
        if self.parked == 0 || self.refused_at_least == 0 {
            return Err("[alerts] parked and refused_at_least must be at least 1; `off` turns a rule off".to_owned());
        }
        if let Some(unknown) = self.off.iter().find(|name| RuleId::named(name).is_none()) {
            let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
            return Err(format!("[alerts] off: there is no rule '{unknown}'; there are {}", names.join(", ")));
        }
        self.webhook.check()?;
        self.mail.check()
    }

    /// Whether a rule is not wanted.
    pub fn is_off(&self, rule: RuleId) -> bool {
        self.off.iter().any(|name| name == rule.rule().name)
    }

    /// The days before the end of a certificate on which is told, most first.
    pub fn certificate_steps(&self) -> Vec<u32> {
        let mut days = self.certificate_days.clone();
        days.sort_unstable_by(|left, right| right.cmp(left));
        days.dedup();
        days
    }
}

impl WebhookSettings {
    fn check(&self) -> Result<(), String> {
        crate::webhook::target(self).map(|_| ())?;
        one_source("[alerts.webhook] secret", &self.secret, &self.secret_file)?;
        if self.timeout.0.is_zero() {
            return Err("[alerts.webhook] timeout must be longer than nothing".to_owned());
        }
        Ok(())
    }

    /// The shared secret, from wherever it stands; paths are relative to `dir`.
    ///
    /// # Errors
    /// A sentence that names the file.
    pub fn secret(&self, dir: &Path) -> Result<Option<String>, String> {
        read_secret(&self.secret, &self.secret_file, dir)
    }
}

impl MailSettings {
    fn check(&self) -> Result<(), String> {
        if self.server.is_empty() {
            return Ok(());
        }
        one_source("[alerts.mail] password", &self.password, &self.password_file)?;
        if self.to.is_empty() {
            return Err("[alerts.mail] to: name at least one address that gets the messages".to_owned());
        }
        for (key, address) in std::iter::once(("from", &self.from)).chain(self.to.iter().map(|to| ("to", to))) {
            crate::mail::mailbox(address).map_err(|error| format!("[alerts.mail] {key} = \"{address}\": {error}"))?;
        }
        if self.tls == MailTls::None && !crate::is_loopback(&self.server) {
            return Err(format!(
                "[alerts.mail] tls = \"none\" is for a server on this machine only, '{}' is elsewhere; use \
                 \"starttls\" or \"tls\"",
                self.server
            ));
        }
        if self.timeout.0.is_zero() {
            return Err("[alerts.mail] timeout must be longer than nothing".to_owned());
        }
        Ok(())
    }

    /// The password, from wherever it stands; paths are relative to `dir`.
    ///
    /// # Errors
    /// A sentence that names the file.
    pub fn password(&self, dir: &Path) -> Result<Option<String>, String> {
        read_secret(&self.password, &self.password_file, dir)
    }
}

fn one_source(key: &str, text: &Secret, file: &Path) -> Result<(), String> {
    match text.0.is_empty() || file.as_os_str().is_empty() {
        true => Ok(()),
        false => Err(format!("{key} and its file {} are both given; keep one", file.display())),
    }
}

fn read_secret(text: &Secret, file: &Path, dir: &Path) -> Result<Option<String>, String> {
    if file.as_os_str().is_empty() {
        return Ok((!text.0.is_empty()).then(|| text.0.clone()));
    }
    let file = dir.join(file);
    let read = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    match read.trim() {
        "" => Err(format!("{}: the file is empty", file.display())),
        secret => Ok(Some(secret.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(toml: &str) -> String {
        let settings: AlertSettings = toml::from_str(toml).unwrap();
        settings.check().unwrap_err()
    }

    #[test]
    fn the_defaults_are_fit() {
        assert_eq!(AlertSettings::default().check(), Ok(()));
    }

    #[test]
    fn what_says_nothing_is_refused_with_its_key() {
        for (toml, words) in [
            ("every = \"1 ms\"", "every"),
            ("pending_percent = 0", "pending_percent"),
            ("off = [\"disk\"]", "disk-low"),
            ("clock_jump = \"0 s\"", "clock_jump"),
            ("[webhook]\nurl = \"http://hooks.example/a\"", "https"),
            ("[webhook]\nurl = \"http://hooks.example/a\"\nplain_on_loopback = true", "this machine"),
            ("[webhook]\nurl = \"hooks\"", "url"),
            ("[webhook]\nsecret = \"a\"\nsecret_file = \"b\"", "both"),
            ("[mail]\nserver = \"localhost\"\nfrom = \"hub@example.org\"", "to"),
            ("[mail]\nserver = \"localhost\"\nfrom = \"hub\"\nto = [\"a@example.org\"]", "from"),
            (
                "[mail]\nserver = \"mail.example.org\"\ntls = \"none\"\n\
                 from = \"a@example.org\"\nto = [\"b@example.org\"]",
                "this machine",
            ),
        ] {
            assert!(refused(toml).contains(words), "{toml}: {}", refused(toml));
        }
        assert!(toml::from_str::<AlertSettings>("[webhook]\nurls = \"\"").is_err(), "unknown keys");
    }

    #[test]
    fn a_secret_comes_from_a_file_and_no_debug_text_shows_one() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("secret"), "open sesame\n").unwrap();
        let settings: AlertSettings = toml::from_str("[webhook]\nsecret_file = \"secret\"").unwrap();
        assert_eq!(settings.webhook.secret(dir.path()), Ok(Some("open sesame".to_owned())));
        let missing: AlertSettings = toml::from_str("[webhook]\nsecret_file = \"none\"").unwrap();
        assert!(missing.webhook.secret(dir.path()).unwrap_err().contains("none"));
        let settings: AlertSettings = toml::from_str("[webhook]\nsecret = \"open sesame\"").unwrap();
        assert!(!format!("{settings:?}").contains("sesame"));
    }
}
