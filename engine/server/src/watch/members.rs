//! The members and channels, each with how it stands with it now.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use phytohub_model::{ConnectionCode, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{fail, seconds_since};
use crate::clock;
use crate::control::{self, MemberCertificate, PushRow};
use crate::hub::Hub;

/// Days before its end from which a certificate is shown as expiring: the first of the warnings.
const EXPIRING_DAYS: i64 = 90;

/// Whom the list is about.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Whom {
    code: Option<String>,
}

pub(super) async fn members(State(hub): State<Arc<Hub>>, Query(whom): Query<Whom>) -> Response {
    let registry = hub.registry.load();
    let nppos = match control::members(&registry, None) {
        Ok(nppos) => nppos,
        Err(error) => return fail(StatusCode::INTERNAL_SERVER_ERROR, error),
    };
    let members = nppos.into_iter().map(|member| {
        json!({
            "code": member.code,
            "kind": "nppo",
            "name": member.name,
            "active": member.active,
            "allow": member.allow,
            "rules": member.rules,
            "delivery": delivery(&member.delivery, member.push.as_ref()),
            "certificates": certificates(&registry, &member.code, &member.certificates),
        })
    });
    let channels = control::channels(&registry).into_iter().map(|channel| {
        json!({
            "code": channel.code,
            "kind": "channel",
            "name": channel.name,
            "active": channel.receive || channel.send,
            "delivery": delivery(&channel.delivery, channel.push.as_ref()),
            "certificates": certificates(&registry, &channel.code, &channel.certificates),
        })
    });
    let mut rows: Vec<Value> = members.chain(channels).collect();
    if let Some(code) = &whom.code {
        rows.retain(|row| row["code"] == code.as_str());
        if rows.is_empty() {
            return fail(StatusCode::NOT_FOUND, format!("'{code}' is neither a member nor a channel"));
        }
    }
    rows.iter_mut().for_each(|row| add_live(&hub, row));
    Json(rows).into_response()
}

fn delivery(mode: &str, push: Option<&PushRow>) -> Value {
    match push {
        None => json!({"mode": mode}),
        Some(push) => json!({"mode": mode, "url": push.url, "trust": push.trust, "poison": push.poison}),
    }
}

fn certificates(registry: &phytohub_core::registry::Registry, code: &str, shown: &[MemberCertificate]) -> Vec<Value> {
    let now = clock::now();
    let Ok(code) = code.parse::<ConnectionCode>() else { return Vec::new() };
    let rows = registry.certificates_of(&code).zip(shown);
    rows.map(|(certificate, shown)| {
        json!({
            "fingerprint": shown.fingerprint,
            "subject": shown.subject,
            "not_before": shown.not_before,
            "not_after": shown.not_after,
            "days_left": days_left(now, certificate.not_after),
            "status": status(now, certificate.not_before, certificate.not_after),
        })
    })
    .collect()
}

/// Whole days until the end of a validity; negative after it.
fn days_left(now: Timestamp, not_after: Timestamp) -> i64 {
    const DAY_MS: i64 = 86_400_000;
    let millis = |time: Timestamp| i64::try_from(time.0).unwrap_or(i64::MAX);
    (millis(not_after) - millis(now)).div_euclid(DAY_MS)
}

fn status(now: Timestamp, not_before: Timestamp, not_after: Timestamp) -> &'static str {
    if now < not_before {
        "not yet"
    } else if not_after < now {
        "expired"
    } else if days_left(now, not_after) < EXPIRING_DAYS {
        "expiring"
    } else {
        "valid"
    }
}

/// What the shards and the workers of push say of a party now.
fn add_live(hub: &Hub, row: &mut Value) {
    let Some(code) = row["code"].as_str().and_then(|code| code.parse::<ConnectionCode>().ok()) else { return };
    let now = clock::now();
    let inboxes = hub.metrics.inboxes();
    let inboxes = || inboxes.iter().filter(|inbox| inbox.code == code);
    let oldest = inboxes().filter_map(|inbox| inbox.oldest).min();
    row["pending"] = inboxes().map(|inbox| inbox.pending).sum::<u64>().into();
    row["parked"] = hub.metrics.parked().get(&code).copied().unwrap_or(0).into();
    row["oldest_age_seconds"] = json!(seconds_since(now, oldest));
    let service = hub.board.all().into_iter().find(|(called, _)| *called == code).map(|(_, status)| status);
    row["breaker"] = json!(service.as_ref().map(|status| status.breaker.as_str()));
    let last_success = service.as_ref().and_then(|status| status.last_success);
    row["last_success_at"] = json!(last_success.map(|at| at.to_string()));
    let last_error = service.and_then(|status| status.last_error);
    row["last_error"] = json!(last_error.map(|(at, text)| json!({"at": at.to_string(), "text": text})));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_told_by_the_days_it_is_still_valid() {
        let day = |days: u64| Timestamp(days * 86_400_000);
        let at = |now, not_after| (days_left(now, not_after), status(now, day(10), not_after));
        assert_eq!(at(day(9), day(400)), (391, "not yet"));
        assert_eq!(at(day(20), day(400)), (380, "valid"));
        assert_eq!(at(day(311), day(400)), (89, "expiring"));
        assert_eq!(at(day(400), day(400)), (0, "expiring"));
        assert_eq!(at(day(402), day(400)), (-2, "expired"));
    }
}
