//! `/v1/members`: the members and channels, each with how it stands with it now.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use phytohub_core::registry::Registry;
use phytohub_core::shard::Inbox;
use phytohub_model::{ConnectionCode, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Problem, fail, seconds_since};
use crate::clock;
use crate::control::{self, MemberCertificate, PushRow, RuleRow};
use crate::hub::Hub;
use crate::member_figures::{DWELL_HOURS, Quality};
use crate::onboarding::{Asking, GrantedBy};
use crate::push::Status;

/// Days before its end from which a certificate is shown as expiring: the first of the warnings.
const EXPIRING_DAYS: i64 = 90;
/// Rules that a row names, those that are broken most.
const RULES_MAX: usize = 20;

/// Whom the list is about.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Whom {
    /// The one with this code; all without it.
    code: Option<String>,
}

/// A member or channel, what the registry says of it and how it stands with it now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberView {
    /// Connection code.
    code: String,
    kind: PartyKind,
    /// Name for people; may be empty.
    name: String,
    /// Whether it sends or receives.
    active: bool,
    delivery: DeliveryView,
    /// `TYPE:STATUS` pairs that a member receives; empty = all.
    allow: Vec<String>,
    /// A member's rules about channels.
    rules: Vec<RuleRow>,
    onboarding: Onboarding,
    /// Envelopes that wait for it.
    pending: u64,
    /// Those of them that wait for an operator.
    parked: u64,
    /// Age of the oldest that waits; null when none does.
    oldest_age_seconds: Option<f64>,
    /// Half of what it acknowledged in the last `dwell_hours` had waited no longer; at most an eighth above the true
    /// one. Null when it acknowledged nothing, or the hub has not run since.
    dwell_p50_seconds: Option<f64>,
    /// The same for 99 of 100.
    dwell_p99_seconds: Option<f64>,
    /// How far back the dwell times go, in hours.
    dwell_hours: u64,
    /// When its service last took an envelope, or its system last made a call that was answered well. Since the start.
    last_success_at: Option<String>,
    /// What last went wrong, with calls of its service or of its system. Since the start.
    last_error: Option<LastError>,
    /// Whether its service is called: `closed` = yes, `half-open` = being tried, `open` = not for now. Null with pull.
    breaker: Option<String>,
    certificates: Vec<CertificateView>,
    quality: QualityView,
}

/// What a party is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PartyKind {
    /// A national plant protection organisation.
    Nppo,
    /// A party that is none.
    Channel,
}

/// How it gets its envelopes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryView {
    /// `pull` or `push`.
    mode: String,
    /// Its service, with push.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// `pinned` and a fingerprint, or `authority` and a subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    trust: Option<String>,
    /// What happens to an envelope that it does not take: `park` or `hold`.
    #[serde(skip_serializing_if = "Option::is_none")]
    poison: Option<String>,
}

/// How it came in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Onboarding {
    /// In words: `live`, `let in by a report of 2026-11-02`, or how far it is in a sandbox.
    state: String,
    /// When it was let in, where this hub asked.
    let_in_at: Option<String>,
}

/// What last went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LastError {
    /// When.
    at: String,
    /// What.
    text: String,
}

/// A registered certificate.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CertificateView {
    /// SHA-256, hexadecimal.
    fingerprint: String,
    /// Its subject.
    subject: String,
    /// First moment of validity.
    not_before: String,
    /// Last moment of validity.
    not_after: String,
    /// Whole days until then; less than 0 behind it.
    days_left: i64,
    /// `valid`, `expiring`, `expired` or `not yet`.
    status: String,
}

/// What the validator found in what it sent, since the hub started: the counts of `phytohub_judged_total` and
/// `phytohub_findings_total`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QualityView {
    /// Deliveries judged.
    judged: u64,
    /// Those without a finding.
    clean: u64,
    /// The rules that were broken most, most first.
    rules: Vec<BrokenRule>,
}

/// A rule that was broken.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BrokenRule {
    /// The rule.
    rule: String,
    /// `severe`, `warning` or `info`.
    level: String,
    /// In how many deliveries.
    count: u64,
}

/// The members and channels, each with its queue, its service, its certificates and how clean what it sends is.
#[utoipa::path(get, path = "/v1/members", tag = "look", params(Whom), responses(
    (status = 200, body = Vec<MemberView>),
    (status = 404, body = Problem, description = "Nobody has this code."),
))]
pub(super) async fn members(State(hub): State<Arc<Hub>>, Query(whom): Query<Whom>) -> Response {
    let registry = hub.registry.load();
    let nppos = match control::members(&registry, None) {
        Ok(nppos) => nppos,
        Err(error) => return fail(StatusCode::INTERNAL_SERVER_ERROR, error),
    };
    let channels = control::channels(&registry).into_iter().map(Party::Channel);
    let wanted = |code: &str| whom.code.as_deref().is_none_or(|wanted| wanted == code);
    let parties: Vec<Party> =
        nppos.into_iter().map(Party::Nppo).chain(channels).filter(|party| wanted(party.code())).collect();
    if let (Some(code), true) = (&whom.code, parties.is_empty()) {
        return fail(StatusCode::NOT_FOUND, format!("'{code}' is neither a member nor a channel"));
    }
    let mut onboarding = onboarding(&hub, &parties).await;
    let live = Live::of(&hub);
    let row = |party| {
        let stage = onboarding.remove(Party::code(&party)).unwrap_or_else(|| Onboarding::of("live"));
        live.row(&hub, &registry, party, stage)
    };
    Json(parties.into_iter().map(row).collect::<Vec<_>>()).into_response()
}

/// One of the registry.
enum Party {
    Nppo(control::Member),
    Channel(control::ChannelRow),
}

impl Party {
    fn code(&self) -> &str {
        match self {
            Self::Nppo(member) => &member.code,
            Self::Channel(channel) => &channel.code,
        }
    }
}

/// What the shards and the workers of push say of everybody now.
struct Live {
    now: Timestamp,
    inboxes: HashMap<ConnectionCode, Vec<Inbox>>,
    parked: std::collections::BTreeMap<ConnectionCode, u64>,
    services: HashMap<ConnectionCode, Status>,
}

impl Live {
    fn of(hub: &Hub) -> Self {
        let mut inboxes: HashMap<ConnectionCode, Vec<Inbox>> = HashMap::new();
        for inbox in hub.metrics.inboxes() {
            inboxes.entry(inbox.code).or_default().push(inbox);
        }
        let services = hub.board.all().into_iter().collect();
        Self { now: clock::now(), inboxes, parked: hub.metrics.parked(), services }
    }

    fn row(&self, hub: &Hub, registry: &Registry, party: Party, onboarding: Onboarding) -> MemberView {
        let (kind, member) = match party {
            Party::Nppo(member) => (PartyKind::Nppo, member),
            Party::Channel(channel) => (PartyKind::Channel, as_member(channel)),
        };
        // A code of the registry is one.
        let code = member.code.parse::<ConnectionCode>().ok();
        let inboxes = || code.and_then(|code| self.inboxes.get(&code)).into_iter().flatten();
        let service = code.and_then(|code| self.services.get(&code));
        let contact = code.map(|code| hub.metrics.members.contact(&code)).unwrap_or_default();
        let waited = code.map(|code| hub.metrics.members.waited(&code, self.now)).unwrap_or_default();
        let dwell = |share| waited.percentile(share).map(|ms| ms as f64 / 1000.0);
        let last_success = service.and_then(|status| status.last_success).or(contact.last_success);
        let called = service.and_then(|status| status.last_error.clone());
        let last_error = [called, contact.last_error].into_iter().flatten().max_by_key(|(at, _)| *at);
        MemberView {
            kind,
            active: member.active,
            delivery: delivery(member.delivery, member.push),
            allow: member.allow,
            rules: member.rules,
            onboarding,
            pending: inboxes().map(|inbox| inbox.pending).sum(),
            parked: code.and_then(|code| self.parked.get(&code).copied()).unwrap_or(0),
            oldest_age_seconds: seconds_since(self.now, inboxes().filter_map(|inbox| inbox.oldest).min()),
            dwell_p50_seconds: dwell(0.5),
            dwell_p99_seconds: dwell(0.99),
            dwell_hours: DWELL_HOURS,
            last_success_at: last_success.map(|at| at.to_string()),
            last_error: last_error.map(|(at, text)| LastError { at: at.to_string(), text }),
            breaker: service.map(|status| status.breaker.as_str().to_owned()),
            certificates: certificates(registry, code, member.certificates, self.now),
            quality: QualityView::of(hub.metrics.members.quality(&member.code)),
            code: member.code,
            name: member.name,
        }
    }
}

/// A channel as a row like the others.
fn as_member(channel: control::ChannelRow) -> control::Member {
    let control::ChannelRow { code, name, receive, send, delivery, push, certificates } = channel;
    let (allow, rules) = (Vec::new(), Vec::new());
    control::Member { code, name, active: receive || send, delivery, push, allow, rules, certificates }
}

fn delivery(mode: String, push: Option<PushRow>) -> DeliveryView {
    let (url, trust, poison) = match push {
        Some(PushRow { url, trust, poison }) => (Some(url), Some(trust), Some(poison)),
        None => (None, None, None),
    };
    DeliveryView { mode, url, trust, poison }
}

fn certificates(
    registry: &Registry,
    code: Option<ConnectionCode>,
    shown: Vec<MemberCertificate>,
    now: Timestamp,
) -> Vec<CertificateView> {
    let Some(code) = code else { return Vec::new() };
    let view = |(certificate, shown): (&phytohub_model::Certificate, MemberCertificate)| CertificateView {
        fingerprint: shown.fingerprint,
        subject: shown.subject,
        not_before: shown.not_before,
        not_after: shown.not_after,
        days_left: shown.days_left,
        status: status(now, certificate.not_before, certificate.not_after).to_owned(),
    };
    registry.certificates_of(&code).zip(shown).map(view).collect()
}

fn status(now: Timestamp, not_before: Timestamp, not_after: Timestamp) -> &'static str {
    if now < not_before {
        "not yet"
    } else if not_after < now {
        "expired"
    } else if control::days_left(not_after, now) < EXPIRING_DAYS {
        "expiring"
    } else {
        "valid"
    }
}

impl QualityView {
    fn of(quality: Quality) -> Self {
        let mut rules: Vec<BrokenRule> = quality
            .rules
            .into_iter()
            .map(|((rule, level), count)| BrokenRule { rule, level: level.as_str().to_lowercase(), count })
            .collect();
        rules.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.rule.cmp(&other.rule)));
        rules.truncate(RULES_MAX);
        Self { judged: quality.judged, clean: quality.clean, rules }
    }
}

impl Onboarding {
    fn of(state: impl Into<String>) -> Self {
        Self { state: state.into(), let_in_at: None }
    }
}

/// How the members among them came in: how far they are in a sandbox, or by what a live hub let them in.
async fn onboarding(hub: &Arc<Hub>, parties: &[Party]) -> HashMap<String, Onboarding> {
    if let Some(observer) = &hub.observer {
        let optional = hub.config.onboarding.optional.clone();
        let reports = observer.reports(Asking { code: None, optional }).await;
        let stage = |report: phytohub_onboarding::Report| {
            let words = if report.green { "green" } else { "testing" };
            (report.code, Onboarding::of(format!("{words}, {} of {} cases", report.passed, report.total)))
        };
        return reports.into_iter().map(stage).collect();
    }
    let members: Vec<(String, bool)> = parties
        .iter()
        .filter_map(|party| match party {
            Party::Nppo(member) => Some((member.code.clone(), member.active)),
            Party::Channel(_) => None,
        })
        .collect();
    let hub = Arc::clone(hub);
    // What the gate keeps are files.
    let read = move || members.into_iter().map(|(code, active)| (code.clone(), let_in(&hub, &code, active))).collect();
    tokio::task::spawn_blocking(read).await.unwrap_or_default()
}

fn let_in(hub: &Hub, code: &str, active: bool) -> Onboarding {
    let Some(grant) = hub.gate.grant(code) else {
        let asks = hub.config.onboarding.required && !active;
        return Onboarding::of(if asks { "has to prove itself" } else { "live" });
    };
    let day = |at: &str| at.get(..10).unwrap_or(at).to_owned();
    let state = match &grant.by {
        GrantedBy::Proof { made_at, .. } => format!("let in by a report of {}", day(made_at)),
        GrantedBy::Override { reason } => format!("let in without a proof: {reason}"),
        GrantedBy::WasActive => "was active before proofs were asked".to_owned(),
    };
    Onboarding { state, let_in_at: Some(grant.at) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_told_by_the_days_it_is_still_valid() {
        let day = |days: u64| Timestamp(days * 86_400_000);
        let at = |now, not_after| (control::days_left(not_after, now), status(now, day(10), not_after));
        assert_eq!(at(day(9), day(400)), (391, "not yet"));
        assert_eq!(at(day(20), day(400)), (380, "valid"));
        assert_eq!(at(day(311), day(400)), (89, "expiring"));
        assert_eq!(at(day(400), day(400)), (0, "expiring"));
        assert_eq!(at(day(402), day(400)), (-2, "expired"));
    }
}
