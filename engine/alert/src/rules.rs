//! The rules, each written once: what it says, how bad it is, which setting moves it, and the same as an expression
//! over the hub's metrics.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::settings::AlertSettings;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, ToSchema)]
#[schema(as = AlertLevel)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Good to know; nothing is at risk today.
    Info,
    /// Somebody should look at it within a day.
    Warning,
    /// Envelopes are refused or not delivered, or soon will be.
    Critical,
}

impl Level {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// Which rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, ToSchema)]
#[schema(as = AlertRuleId)]
#[serde(rename_all = "kebab-case")]
pub enum RuleId {
    /// An envelope waits too long for a member.
    OldestUndelivered,
    /// Envelopes were set aside because their receiver cannot take them.
    Parked,
    /// The hub gave up calling a member's service for a while.
    BreakerOpen,
    /// Deliveries are refused for want of disk.
    DiskLow,
    /// The disk will be full soon at the present pace.
    DiskFilling,
    /// Making a batch durable takes long.
    CommitSlow,
    /// Much of what a member sends is refused.
    Refusals,
    /// A member's certificate, or the hub's own, ends soon.
    CertificateExpiry,
    /// The system's clock was set.
    ClockJump,
    /// Nearly all connections are in use.
    Connections,
    /// Nearly as many envelopes wait as may.
    Pending,
    /// The hub started again.
    HubRestarted,
    /// The audit log was altered.
    AuditBroken,
    /// A member that fetches regularly no longer does.
    MemberSilent,
}

/// How long a rule's state stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It fires, stays, and clears.
    Lasting,
    /// It happened: told once, and there is nothing to clear.
    Momentary,
}

/// A rule, or one step of it, over the hub's metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {
    /// How bad it is.
    pub level: Level,
    /// Days before the end, for certificates.
    pub days: Option<u32>,
    /// In PromQL.
    pub text: String,
}

/// A rule.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Which.
    pub id: RuleId,
    /// Its name in messages, settings and lists.
    pub name: &'static str,
    /// How bad it is at its worst step.
    pub level: Level,
    /// Whether there is something to clear.
    pub kind: Kind,
    /// What it watches, in a sentence.
    pub sentence: &'static str,
    /// What to do.
    pub hint: &'static str,
    /// The key of section `[alerts]` that moves it; empty for none.
    pub setting: &'static str,
    /// What that setting says, as text.
    pub value: fn(&AlertSettings) -> String,
    /// How long it must hold before it fires.
    pub holds: Duration,
    /// The same over the hub's metrics; one for each step.
    pub expressions: fn(&AlertSettings) -> Vec<Expression>,
    /// The label of that expression which names the subject; empty when the subject is the hub.
    pub label: &'static str,
}

impl RuleId {
    /// The rule itself.
    pub fn rule(self) -> &'static Rule {
        RULES.iter().find(|rule| rule.id == self).unwrap_or(&RULES[0])
    }

    /// The rule of this name.
    pub fn named(name: &str) -> Option<Self> {
        RULES.iter().find(|rule| rule.name == name).map(|rule| rule.id)
    }
}

/// Batches within the window from which on their 99th percentile means something.
pub(crate) const COMMITS_AT_LEAST: u64 = 100;

const AT_ONCE: Duration = Duration::ZERO;
const HALF_A_MINUTE: Duration = Duration::from_secs(30);
const TWO_MINUTES: Duration = Duration::from_secs(120);
/// A new segment file is a step of the disk's use that must not be taken for its pace.
const TEN_MINUTES: Duration = Duration::from_secs(600);

fn no_setting(_: &AlertSettings) -> String {
    String::new()
}

/// How bad it is that a certificate ends within so many days.
pub(crate) fn level_of_days(days: u32) -> Level {
    match days {
        0..=7 => Level::Critical,
        8..=30 => Level::Warning,
        _ => Level::Info,
    }
}

/// One for each step, none of which holds together with another. Whoever has a successor is reminded only at the last.
fn certificate_expressions(settings: &AlertSettings) -> Vec<Expression> {
    const LEFT: &str = "phytohub_certificate_not_after_timestamp_seconds{successor=\"no\"} - time()";
    let steps = settings.certificate_steps();
    let next = steps.iter().skip(1);
    let step = |days: u32, text| Expression { level: level_of_days(days), days: Some(days), text };
    let between =
        |(days, next): (&u32, &u32)| step(*days, format!("{LEFT} < {days} * 86400 and {LEFT} >= {next} * 86400"));
    let mut all: Vec<Expression> = steps.iter().zip(next).map(between).collect();
    if let Some(last) = steps.last() {
        let left = LEFT.replace("{successor=\"no\"}", "");
        all.push(step(*last, format!("{left} < {last} * 86400")));
    }
    all
}

fn one(level: Level, text: String) -> Vec<Expression> {
    vec![Expression { level, days: None, text }]
}

/// All rules, in the order in which they are listed.
pub const RULES: [Rule; 14] = [
    Rule {
        id: RuleId::OldestUndelivered,
        name: "oldest-undelivered",
        level: Level::Warning,
        kind: Kind::Lasting,
        sentence: "An envelope has waited too long for a member.",
        hint: "Ask the member whether its system fetches and acknowledges; its row in the list of members says when it \
               last called. What nobody acknowledges expires ([forget] expire_after).",
        setting: "oldest_undelivered",
        value: |settings| settings.oldest_undelivered.to_string(),
        holds: AT_ONCE,
        expressions: |settings| {
            one(
                Level::Warning,
                format!("phytohub_oldest_pending_seconds > {}", settings.oldest_undelivered.0.as_secs_f64()),
            )
        },
        label: "destination",
    },
    Rule {
        id: RuleId::Parked,
        name: "parked",
        level: Level::Warning,
        kind: Kind::Lasting,
        sentence: "Envelopes are parked because their receiver could not take them.",
        hint: "Look at the failed envelopes by cause, settle it with the receiver, then redeliver them.",
        setting: "parked",
        value: |settings| settings.parked.to_string(),
        holds: AT_ONCE,
        expressions: |settings| one(Level::Warning, format!("phytohub_parked >= {}", settings.parked)),
        label: "destination",
    },
    Rule {
        id: RuleId::BreakerOpen,
        name: "breaker-open",
        level: Level::Warning,
        kind: Kind::Lasting,
        sentence: "A member's service fails so often that the hub pauses its calls.",
        hint: "Look at the member's last error; the hub goes on by itself once the service answers.",
        setting: "breaker_open",
        value: |settings| settings.breaker_open.to_string(),
        holds: AT_ONCE,
        expressions: |settings| {
            one(Level::Warning, format!("phytohub_breaker_open_seconds > {}", settings.breaker_open.0.as_secs_f64()))
        },
        label: "destination",
    },
    Rule {
        id: RuleId::DiskLow,
        name: "disk-low",
        level: Level::Critical,
        kind: Kind::Lasting,
        sentence: "Deliveries are refused because the disk has too little room.",
        hint: "Free space or enlarge the disk; fetching and acknowledging go on meanwhile and give space back.",
        setting: "",
        value: no_setting,
        holds: HALF_A_MINUTE,
        expressions: |_| one(Level::Critical, "phytohub_shards_without_room > 0".to_owned()),
        label: "",
    },
    Rule {
        id: RuleId::DiskFilling,
        name: "disk-filling",
        level: Level::Warning,
        kind: Kind::Lasting,
        sentence: "At the pace of the last hour the disk will soon be too full for deliveries.",
        hint: "See what grows: envelopes that nobody fetches, or other programs' files; enlarge the disk in time.",
        setting: "disk_full_within",
        value: |settings| settings.disk_full_within.to_string(),
        holds: TEN_MINUTES,
        expressions: |settings| {
            one(
                Level::Warning,
                format!(
                    "predict_linear(phytohub_disk_free_bytes[1h], {}) < phytohub_disk_low_water_bytes",
                    settings.disk_full_within.0.as_secs()
                ),
            )
        },
        label: "",
    },
    Rule {
        id: RuleId::CommitSlow,
        name: "commit-slow",
        level: Level::Warning,
        kind: Kind::Lasting,
        sentence: "Making envelopes durable takes long: the disk is slow.",
        hint: "See who else writes to this disk, and whether it is failing; senders wait this long for each answer.",
        setting: "commit_p99",
        value: |settings| settings.commit_p99.to_string(),
        holds: TWO_MINUTES,
        expressions: |settings| {
            const COMMIT: &str = "phytohub_journal_commit_seconds";
            let p99 = format!("histogram_quantile(0.99, sum by (le, job, instance) (rate({COMMIT}_bucket[5m])))");
            let many = format!("sum by (job, instance) (increase({COMMIT}_count[5m])) >= {COMMITS_AT_LEAST}");
            one(Level::Warning, format!("{p99} > {} and {many}", settings.commit_p99.0.as_secs_f64()))
        },
        label: "",
    },
    Rule {
        id: RuleId::Refusals,
        name: "refusals",
        level: Level::Warning,
        kind: Kind::Lasting,
        sentence: "Much of what a member sends is refused.",
        hint: "Its refusals by rule say what is wrong; the member's developers should see them.",
        setting: "refused_percent",
        value: |settings| format!("{} %", settings.refused_percent),
        holds: AT_ONCE,
        expressions: |settings| {
            let refused = "increase(phytohub_deliveries_total{outcome=\"refused\"}[15m])";
            let all = "sum by (from, job, instance) (increase(phytohub_deliveries_total[15m]))";
            one(
                Level::Warning,
                format!(
                    "sum by (from, job, instance) ({refused}) / {all} > {} and {all} >= {}",
                    f64::from(settings.refused_percent) / 100.0,
                    settings.refused_at_least
                ),
            )
        },
        label: "from",
    },
    Rule {
        id: RuleId::CertificateExpiry,
        name: "certificate-expiry",
        level: Level::Critical,
        kind: Kind::Lasting,
        sentence: "A certificate ends soon, and nobody can act with it then.",
        hint: "Have a new one registered beside it (`phytohub nppo certificate add`), then used; for the hub's own, \
               replace pki/hub.pem and pki/hub.key.",
        setting: "certificate_days",
        value: |settings| format!("{:?} days", settings.certificate_days),
        holds: AT_ONCE,
        expressions: certificate_expressions,
        label: "holder",
    },
    Rule {
        id: RuleId::ClockJump,
        name: "clock-jump",
        level: Level::Warning,
        kind: Kind::Momentary,
        sentence: "The system's clock was set forward or back.",
        hint: "See that a time service runs; ages, expiry and validity of certificates are judged by this clock.",
        setting: "clock_jump",
        value: |settings| settings.clock_jump.to_string(),
        holds: AT_ONCE,
        expressions: |_| one(Level::Warning, "increase(phytohub_clock_jumps_total[10m]) > 0".to_owned()),
        label: "",
    },
    Rule {
        id: RuleId::Connections,
        name: "connections",
        level: Level::Warning,
        kind: Kind::Lasting,
        sentence: "Nearly as many connections are open as may be.",
        hint: "See who holds them; raise [http] connections_max if they are all in earnest.",
        setting: "connections_percent",
        value: |settings| format!("{} %", settings.connections_percent),
        holds: HALF_A_MINUTE,
        expressions: |settings| {
            let share = f64::from(settings.connections_percent) / 100.0;
            one(Level::Warning, format!("phytohub_connections / phytohub_connections_limit > {share}"))
        },
        label: "",
    },
    Rule {
        id: RuleId::Pending,
        name: "pending",
        level: Level::Critical,
        kind: Kind::Lasting,
        sentence: "Nearly as many envelopes wait as may; then deliveries are refused.",
        hint: "See which members do not fetch; raise [limits] only if memory and disk allow it.",
        setting: "pending_percent",
        value: |settings| format!("{} %", settings.pending_percent),
        holds: HALF_A_MINUTE,
        expressions: |settings| {
            let share = f64::from(settings.pending_percent) / 100.0;
            one(
                Level::Critical,
                format!(
                    "phytohub_pending_total / phytohub_pending_total_limit > {share} or \
                 phytohub_pending / on (job, instance) group_left () phytohub_pending_destination_limit > {share}"
                ),
            )
        },
        label: "destination",
    },
    Rule {
        id: RuleId::HubRestarted,
        name: "hub-restarted",
        level: Level::Warning,
        kind: Kind::Momentary,
        sentence: "The hub started again.",
        hint: "If nobody meant it to, its log says how the run before ended.",
        setting: "",
        value: no_setting,
        holds: AT_ONCE,
        expressions: |_| one(Level::Warning, "changes(phytohub_start_timestamp_seconds[10m]) > 0".to_owned()),
        label: "",
    },
    Rule {
        id: RuleId::AuditBroken,
        name: "audit-broken",
        level: Level::Critical,
        kind: Kind::Lasting,
        sentence: "The audit log does not fit its own checksums: it was altered or damaged.",
        hint: "Keep the file as it is, compare it with a backup, and find out who could write to it.",
        setting: "",
        value: no_setting,
        holds: AT_ONCE,
        expressions: |_| one(Level::Critical, "phytohub_audit_broken > 0".to_owned()),
        label: "",
    },
    Rule {
        id: RuleId::MemberSilent,
        name: "member-silent",
        level: Level::Warning,
        kind: Kind::Lasting,
        sentence: "A member that fetches regularly has not called for long.",
        hint: "Ask the member; its system may be down, or its certificate or network changed.",
        setting: "member_silent",
        value: |settings| settings.member_silent.to_string(),
        holds: AT_ONCE,
        expressions: |settings| {
            let span = settings.member_silent.0.as_secs_f64();
            one(
                Level::Warning,
                format!(
                    "time() - phytohub_member_last_fetch_timestamp_seconds > {span} and on (job, instance) \
                 (time() - phytohub_start_timestamp_seconds > {span})"
                ),
            )
        },
        label: "member",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_ids_and_each_stands_once() {
        for (index, rule) in RULES.iter().enumerate() {
            assert_eq!(serde_json::to_string(&rule.id).unwrap(), format!("{:?}", rule.name));
            assert_eq!(RuleId::named(rule.name), Some(rule.id));
            assert!(RULES[..index].iter().all(|other| other.id != rule.id), "{} stands twice", rule.name);
        }
    }

    #[test]
    fn each_says_what_and_what_to_do_and_names_a_setting_that_exists() {
        let defaults = toml::Table::try_from(AlertSettings::default()).unwrap();
        for rule in &RULES {
            assert!(rule.sentence.ends_with('.') && rule.hint.ends_with('.'), "{}", rule.name);
            assert!(rule.setting.is_empty() || defaults.contains_key(rule.setting), "{}", rule.setting);
            assert_eq!(rule.setting.is_empty(), (rule.value)(&AlertSettings::default()).is_empty());
        }
    }
}
