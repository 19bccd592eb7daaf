//! Alerts: what an operator is told about a hub, and by which way.
//!
//! [`Alerts`] is pure: observations in, messages out. [`Office`] keeps it with its messages and its file,
//! [`Way`] carries them. It knows nothing of how a hub works; what it sees of one is an [`Observation`].

mod alerts;
mod caps;
mod conditions;
mod mail;
mod message;
mod observation;
mod office;
mod outbox;
pub mod prometheus;
mod rules;
mod settings;
#[cfg(test)]
mod tests;
mod ways;
mod webhook;
mod windows;

use std::net::IpAddr;

pub use alerts::{Alerts, Firing, Recent, Saved, Sent};
pub use conditions::HUB;
pub use message::{Event, Message, What, Withheld};
pub use observation::{Bucket, CertificateSeen, DiskSeen, MemberSeen, Observation, Used};
pub use office::{Office, Sight, WayState, last_sight};
pub use rules::{Expression, Kind, Level, RULES, Rule, RuleId};
pub use settings::{AlertSettings, MailSettings, MailTls, Secret, WebhookSettings};
pub use ways::{Way, ways};
pub use webhook::{SIGNATURE, TIME};

/// Whether a host's name or address is this machine's own loopback.
fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
