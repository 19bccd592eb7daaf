//! What each rule says of one observation, as far as that needs no memory.

use std::time::Duration;

use phytohub_model::Timestamp;

use crate::observation::{CertificateSeen, MemberSeen, Observation, Used};
use crate::rules::{Level, RuleId, level_of_days};
use crate::settings::AlertSettings;

/// What clears lies so far below what fires that a value at the edge does not flutter.
const CLEARS_BELOW: f64 = 0.8;

/// How things stand with one subject of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Good: what fires clears.
    Fine,
    /// Neither, or not known yet: everything stays as it is.
    Unsure,
    /// Bad, the worse the higher.
    Breach(u8),
}

/// A rule's word about one subject.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    pub(crate) rule: RuleId,
    /// Code of a member, or who holds a certificate; empty for the hub itself.
    pub(crate) subject: String,
    pub(crate) verdict: Verdict,
    pub(crate) level: Level,
    /// How things stand, as a sentence that is true in every case.
    pub(crate) text: String,
}

impl Condition {
    pub(crate) fn new(rule: RuleId, subject: &str, verdict: Verdict, text: String) -> Self {
        Self { rule, subject: subject.to_owned(), verdict, level: rule.rule().level, text }
    }
}

/// A value against what fires, with room between that and what clears.
pub(crate) fn above(value: f64, fires: f64) -> Verdict {
    if value >= fires {
        Verdict::Breach(1)
    } else if value < fires * CLEARS_BELOW {
        Verdict::Fine
    } else {
        Verdict::Unsure
    }
}

fn when(bad: bool) -> Verdict {
    if bad { Verdict::Breach(1) } else { Verdict::Fine }
}

/// Everything that can be said of this moment alone.
pub(crate) fn conditions(seen: &Observation, settings: &AlertSettings) -> Vec<Condition> {
    let mut all = Vec::new();
    for member in seen.members.iter().filter(|member| member.active) {
        all.extend(of_member(seen.at, member, settings));
        all.extend(of_certificates(seen.at, &member.code, &member.certificates, settings));
    }
    all.extend(of_certificates(seen.at, HUB, seen.hub_certificate.as_slice(), settings));
    all.push(near(RuleId::Connections, "", seen.connections, settings.connections_percent, "connections are open"));
    all.push(near(RuleId::Pending, "", seen.pending, settings.pending_percent, "envelopes wait in all"));
    let room = if seen.disk.refuses { "Deliveries are refused" } else { "Deliveries are taken" };
    let (free, low) = (bytes_text(seen.disk.free_bytes), bytes_text(seen.disk.low_water_bytes));
    let text = format!("{room}; {free} are free on the disk, the low-water mark is {low}");
    all.push(Condition::new(RuleId::DiskLow, "", when(seen.disk.refuses), text));
    let (bad, text) = match &seen.audit_broken {
        Some(broken) => (true, broken.clone()),
        None => (false, "The audit log fits its checksums".to_owned()),
    };
    all.push(Condition::new(RuleId::AuditBroken, "", when(bad), text));
    all
}

/// The holder of the hub's own certificate, in the place of a member's code (which has no small letters).
pub const HUB: &str = "hub";

fn of_member(at: Timestamp, member: &MemberSeen, settings: &AlertSettings) -> Vec<Condition> {
    let code = &member.code;
    let age = member.oldest.map_or(Duration::ZERO, |oldest| at.since(oldest));
    let text = match member.oldest {
        Some(_) => format!(
            "The oldest of {} for {code} has waited {}",
            counted(member.pending.now, "envelope"),
            span_text(age)
        ),
        None => format!("No envelope waits for {code}"),
    };
    let verdict = above(age.as_secs_f64(), settings.oldest_undelivered.0.as_secs_f64());
    let parked = format!("{} for {code} {} parked", counted(member.parked, "envelope"), are(member.parked));
    let (breaker, text_of_breaker) = match member.breaker_open_since {
        None => (Verdict::Fine, format!("The hub calls {code}'s service")),
        Some(since) => {
            let span = at.since(since);
            let verdict = if span >= settings.breaker_open.0 { Verdict::Breach(1) } else { Verdict::Unsure };
            (verdict, format!("{code}'s service has failed for {}; the hub pauses its calls", span_text(span)))
        }
    };
    let words = format!("envelopes wait for {code}");
    vec![
        Condition::new(RuleId::OldestUndelivered, code, verdict, text),
        Condition::new(RuleId::Parked, code, when(member.parked >= settings.parked), parked),
        Condition::new(RuleId::BreakerOpen, code, breaker, text_of_breaker),
        near(RuleId::Pending, code, member.pending, settings.pending_percent, &words),
    ]
}

fn near(rule: RuleId, subject: &str, used: Used, percent: u8, words: &str) -> Condition {
    let verdict = above(used.percent(), f64::from(percent));
    let text = format!("{} {words}, {} is the limit ({:.0} %)", used.now, used.limit, used.percent());
    Condition::new(rule, subject, verdict, text)
}

const DAY: Duration = Duration::from_secs(86_400);

/// One condition for each certificate. A holder with a successor in place has done what is to be done; it is reminded
/// once, at the last step, to see that its system uses it.
fn of_certificates(
    at: Timestamp,
    holder: &str,
    certificates: &[CertificateSeen],
    settings: &AlertSettings,
) -> Vec<Condition> {
    let steps = settings.certificate_steps();
    let whose = if holder == HUB { "The hub's own certificate".to_owned() } else { format!("{holder}'s certificate") };
    let mut all = Vec::new();
    for certificate in certificates {
        let left = certificate.not_after.since(at);
        let has_ended = certificate.not_after <= at;
        let successor = certificate.has_successor(at, certificates);
        if has_ended && successor {
            continue;
        }
        let passed = steps.iter().filter(|days| left <= DAY * **days).count();
        let reached = if successor && passed < steps.len() { 0 } else { passed };
        let days = reached.checked_sub(1).and_then(|index| steps.get(index)).copied().unwrap_or(u32::MAX);
        let id = &certificate.id;
        let mut text = match has_ended {
            true => format!("{whose} {id} ended on {}", day_text(certificate.not_after)),
            false => format!(
                "{whose} {id} ends on {}, in {}",
                day_text(certificate.not_after),
                counted(left.as_secs() / DAY.as_secs(), "day")
            ),
        };
        if successor {
            text.push_str("; a successor is registered, see that it is in use");
        }
        let verdict = match (reached, has_ended) {
            (0, false) => Verdict::Fine,
            // The end itself is one more step.
            (reached, ended) => Verdict::Breach(u8::try_from(reached + usize::from(ended)).unwrap_or(u8::MAX)),
        };
        let subject = format!("{holder} {id}");
        let level = level_of_days(if has_ended { 0 } else { days });
        all.push(Condition { rule: RuleId::CertificateExpiry, subject, verdict, level, text });
    }
    all
}

/// A span as people say it, in its two largest units.
pub(crate) fn span_text(span: Duration) -> String {
    let seconds = span.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// A size as people say it.
pub(crate) fn bytes_text(bytes: u64) -> String {
    const MIB: f64 = 1_048_576.0;
    let mib = bytes as f64 / MIB;
    if mib >= 1024.0 { format!("{:.1} GiB", mib / 1024.0) } else { format!("{mib:.0} MiB") }
}

fn day_text(at: Timestamp) -> String {
    at.to_string().chars().take("2026-11-23".len()).collect()
}

pub(crate) fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn are(count: u64) -> &'static str {
    if count == 1 { "is" } else { "are" }
}
