//! One look at the hub: what `phytohub-alert` weighs, gathered from where it is known.

use std::collections::HashMap;
use std::time::Instant;

use phytohub_alert::{CertificateSeen, DiskSeen, MemberSeen, Observation, Used};
use phytohub_core::registry::Registry;
use phytohub_core::shard::Inbox;
use phytohub_model::{ConnectionCode, Delivery, Timestamp};
use phytohub_operate::layout::Layout;

use crate::clock;
use crate::hub::Hub;
use crate::identity;

/// Digits of a fingerprint that tell certificates apart.
const ID_DIGITS: usize = 12;

/// What does not change while the hub runs.
#[derive(Clone)]
pub(crate) struct Standing {
    layout: Layout,
    began: Instant,
    started: Timestamp,
}

impl Standing {
    /// The hub begins now.
    pub(crate) fn now(layout: &Layout) -> Self {
        Self { layout: layout.clone(), began: Instant::now(), started: clock::now() }
    }
}

/// The hub as it is now.
pub(crate) fn observe(hub: &Hub, standing: &Standing) -> Observation {
    let inboxes: HashMap<ConnectionCode, Inbox> =
        hub.metrics.inboxes().into_iter().map(|inbox| (inbox.code, inbox)).collect();
    let parked = hub.metrics.parked();
    let registry = hub.registry.load();
    let members: Vec<MemberSeen> = registry
        .parties()
        .map(|(code, delivery)| MemberSeen {
            parked: parked.get(&code).copied().unwrap_or(0),
            ..member(hub, &registry, code, delivery, inboxes.get(&code))
        })
        .collect();
    let limits = &hub.config.limits;
    Observation {
        at: clock::now(),
        running: standing.began.elapsed(),
        started: standing.started,
        members,
        disk: DiskSeen {
            free_bytes: free_bytes(&standing.layout),
            low_water_bytes: hub.config.journal.disk_low_water.0,
            refuses: hub.metrics.shards_without_room() > 0,
        },
        commits: hub.metrics.commits(),
        connections: Used {
            now: u64::try_from(hub.metrics.connections.get()).unwrap_or(0),
            limit: hub.door.total_max() as u64,
        },
        pending: Used { now: inboxes.values().map(|inbox| inbox.pending).sum(), limit: limits.pending_total },
        hub_certificate: hub_certificate(&standing.layout),
        audit_broken: None,
    }
}

fn member(
    hub: &Hub,
    registry: &Registry,
    code: ConnectionCode,
    delivery: &Delivery,
    inbox: Option<&Inbox>,
) -> MemberSeen {
    let vitals = &hub.metrics.vitals;
    let (accepted, refused) = vitals.deliveries_of(&code);
    let certificates = registry.certificates_of(&code).map(|certificate| CertificateSeen {
        id: id(&certificate.fingerprint.to_string()),
        not_before: certificate.not_before,
        not_after: certificate.not_after,
    });
    MemberSeen {
        code: code.to_string(),
        // A channel is always active.
        active: registry.nppo(&code).is_none_or(|nppo| nppo.active),
        pending: Used { now: inbox.map_or(0, |inbox| inbox.pending), limit: hub.config.limits.pending_per_destination },
        oldest: inbox.and_then(|inbox| inbox.oldest),
        accepted,
        refused,
        fetches: *delivery == Delivery::Pull,
        last_fetch: vitals.last_fetch(&code),
        parked: 0,
        breaker_open_since: hub.board.down_since(&code),
        certificates: certificates.collect(),
    }
}

fn id(fingerprint: &str) -> String {
    fingerprint.chars().take(ID_DIGITS).collect()
}

/// 0 when the system does not tell, which is as bad.
fn free_bytes(layout: &Layout) -> u64 {
    rustix::fs::statvfs(layout.data().as_path()).map_or(0, |fs| fs.f_bavail.saturating_mul(fs.f_frsize))
}

/// The certificate that the hub shows: that of its file, which it follows.
fn hub_certificate(layout: &Layout) -> Option<CertificateSeen> {
    let pem = std::fs::read(layout.pki("hub.pem")).ok()?;
    let read = identity::read_validity(&pem).ok()?;
    Some(CertificateSeen {
        id: id(&read.fingerprint.to_string()),
        not_before: read.not_before,
        not_after: read.not_after,
    })
}
