//! What the hub saw at its last look at itself, on the page of metrics: the same numbers by which it alerts, so that a
//! Prometheus can alert by them, too.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use phytohub_alert::{CertificateSeen, HUB, Observation, RULES, Sight};
use phytohub_model::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use super::vitals::LastLook;

/// The gauges of the last look.
pub(crate) struct Gauges(Arc<ArcSwapOption<LastLook>>);

impl Gauges {
    pub(crate) fn new(last_look: Arc<ArcSwapOption<LastLook>>) -> Self {
        Self(last_look)
    }
}

impl fmt::Debug for Gauges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gauges")
    }
}

impl Collector for Gauges {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let last = self.0.load_full();
        let Some(last) = last.as_deref() else { return Ok(()) };
        of_hub(&mut encoder, &last.seen)?;
        of_members(&mut encoder, &last.seen, &last.sight)?;
        of_certificates(&mut encoder, &last.seen)?;
        of_alerts(&mut encoder, &last.sight)
    }
}

fn seconds(at: Timestamp) -> f64 {
    at.0 as f64 / 1000.0
}

fn of_hub(encoder: &mut DescriptorEncoder<'_>, seen: &Observation) -> fmt::Result {
    let limit = seen.members.first().map_or(0, |member| member.pending.limit);
    let gauges = [
        ("disk_free_bytes", "Free space on the disk of the journals", seen.disk.free_bytes as f64),
        ("disk_low_water_bytes", "Free space below which deliveries are refused", seen.disk.low_water_bytes as f64),
        ("connections_limit", "Connections that may be open", seen.connections.limit as f64),
        ("pending_total_limit", "Envelopes that may wait", seen.pending.limit as f64),
        ("pending_destination_limit", "Envelopes that may wait for one destination", limit as f64),
        ("start_timestamp_seconds", "When the hub started", seconds(seen.started)),
        ("audit_broken", "1 when the audit log does not fit its checksums", f64::from(seen.audit_broken.is_some())),
    ];
    for (name, help, value) in gauges {
        let gauge = ConstGauge::new(value);
        gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
    }
    Ok(())
}

/// One value for each of many, under one label.
fn family<'a>(
    encoder: &mut DescriptorEncoder<'_>,
    (name, help, label): (&str, &str, &str),
    values: impl Iterator<Item = (&'a str, f64)>,
) -> fmt::Result {
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (of, value) in values {
        ConstGauge::new(value).encode(family.encode_family(&[(label, of)])?)?;
    }
    Ok(())
}

fn of_members(encoder: &mut DescriptorEncoder<'_>, seen: &Observation, sight: &Sight) -> fmt::Result {
    let active = || seen.members.iter().filter(|member| member.active);
    let open = active()
        .filter_map(|member| Some((member.code.as_str(), seen.at.since(member.breaker_open_since?).as_secs_f64())));
    let help = "How long the hub has paused its calls of a member's service";
    family(encoder, ("breaker_open_seconds", help, "destination"), open)?;
    let fetched = sight.regular.iter().map(|(code, last)| (code.as_str(), seconds(*last)));
    let help = "When a member that fetches regularly last did";
    family(encoder, ("member_last_fetch_timestamp_seconds", help, "member"), fetched)
}

fn of_certificates(encoder: &mut DescriptorEncoder<'_>, seen: &Observation) -> fmt::Result {
    let help = "Last moment of validity of a certificate; successor = another of the same holder takes over";
    let name = "certificate_not_after_timestamp_seconds";
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    let members = seen.members.iter().filter(|member| member.active);
    let all = members.map(|member| (member.code.as_str(), member.certificates.as_slice()));
    for (holder, certificates) in all.chain([(HUB, seen.hub_certificate.as_slice())]) {
        for certificate in certificates {
            let successor = if certificate.has_successor(seen.at, certificates) { "yes" } else { "no" };
            let CertificateSeen { id, not_after, .. } = certificate;
            let labels = [("holder", holder), ("certificate", id.as_str()), ("successor", successor)];
            ConstGauge::new(seconds(*not_after)).encode(family.encode_family(&labels)?)?;
        }
    }
    Ok(())
}

fn of_alerts(encoder: &mut DescriptorEncoder<'_>, sight: &Sight) -> fmt::Result {
    let holding = RULES
        .iter()
        .map(|rule| (rule.name, sight.firing.iter().filter(|firing| firing.rule == rule.id).count() as f64));
    family(encoder, ("alerts_firing", "Alerts that hold, by rule", "rule"), holding)?;
    let jumps = ConstCounter::new(sight.clock_jumps);
    let help = "How often the system's clock was set while the hub ran";
    jumps.encode(encoder.encode_descriptor("clock_jumps", help, None, jumps.metric_type())?)?;
    let help = "Attempts to send a message about alerts, by way and outcome";
    let mut family = encoder.encode_descriptor("alert_messages", help, None, MetricType::Counter)?;
    for way in &sight.ways {
        for (outcome, count) in [("sent", way.sent), ("failed", way.failures)] {
            let labels = [("way", way.way.as_str()), ("outcome", outcome)];
            ConstCounter::new(count).encode(family.encode_family(&labels)?)?;
        }
    }
    Ok(())
}
