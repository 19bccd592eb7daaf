//! `/v1/failed` and `/v1/redeliver`: what did not arrive, in groups by receiver and cause, and parked envelopes taken
//! up again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use bytes::Bytes;
use phytohub_core::shard::{Answer, Command, FailedGroup, FailedWanted, Parked};
use phytohub_model::{DeliveryNumber, Fault, ShardId, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use utoipa::ToSchema;

use super::envelopes::ask_patiently;
use super::{Problem, busy, fail};
use crate::append::unexpected;
use crate::audit::Told;
use crate::clock;
use crate::hub::Hub;
use crate::operators::Caller;

/// Numbers that a group lists: enough to look at a few, and to take them up one by one.
const NUMBERS_MAX: usize = 100;
/// Envelopes that one command to a shard takes up again.
const BATCH: usize = 1000;
/// How far back envelopes that failed are listed.
const FAILED_DAYS: u64 = 14;
/// How long the count of those is good: it looks at every envelope that the hub knows.
const COUNTED_FOR: Duration = Duration::from_secs(60);

/// Envelopes of one receiver that did not arrive by one cause.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Trouble {
    /// Who receives them.
    destination: String,
    kind: TroubleKind,
    /// What was said.
    cause: String,
    /// How many.
    count: u64,
    /// When the first was parked, tried or given up.
    oldest_at: Option<String>,
    /// The same for the last.
    newest_at: Option<String>,
    /// Delivery numbers of some of them, up to 100.
    numbers: Vec<String>,
}

/// What became of envelopes that did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TroubleKind {
    /// Their service refused them; they wait until they are redelivered, pulled or expired.
    Parked,
    /// Their service did not take them at the last call; they are tried again.
    Failing,
    /// Nobody acknowledged them in time; their senders were told. Those of the last 14 days, as of a minute ago.
    Failed,
}

/// The count of what failed, and when it was made.
#[derive(Default)]
pub(crate) struct Counted(Mutex<Option<(Instant, Vec<Trouble>)>>);

/// What did not arrive, in groups by receiver and cause: parked, being tried, given up.
#[utoipa::path(get, path = "/v1/failed", tag = "look", responses(
    (status = 200, body = Vec<Trouble>),
    (status = 503, body = Problem, description = "The hub is too busy, or stopping."),
))]
pub(super) async fn failed(State(hub): State<Arc<Hub>>) -> Response {
    match troubles(&hub).await {
        Ok(troubles) => Json(troubles).into_response(),
        Err(fault) => busy(fault),
    }
}

async fn troubles(hub: &Hub) -> Result<Vec<Trouble>, Fault> {
    let mut all = grouped(TroubleKind::Parked, &listed(hub, &Command::ListParked { receiver: None }).await?);
    all.extend(grouped(TroubleKind::Failing, &listed(hub, &Command::ListFailing).await?));
    let mut counted = hub.failed.0.lock().await;
    if counted.as_ref().is_none_or(|(at, _)| COUNTED_FOR < at.elapsed()) {
        *counted = Some((Instant::now(), given_up(hub).await?));
    }
    all.extend(counted.iter().flat_map(|(_, troubles)| troubles.clone()));
    Ok(all)
}

/// What all shards list, oldest first in each.
async fn listed(hub: &Hub, command: &Command) -> Result<Vec<Parked>, Fault> {
    let mut rows = Vec::new();
    for shard in hub.shards() {
        match shard.ask(command.clone(), Bytes::new()).await? {
            Answer::Parked(more) => rows.extend(more),
            other => return Err(unexpected(&other)),
        }
    }
    Ok(rows)
}

fn cause(text: Option<&str>) -> &str {
    text.unwrap_or("no reason was given")
}

fn grouped(kind: TroubleKind, rows: &[Parked]) -> Vec<Trouble> {
    let mut groups: BTreeMap<(String, &str), Vec<&Parked>> = BTreeMap::new();
    for row in rows {
        groups.entry((row.receiver.to_string(), cause(row.cause.as_deref()))).or_default().push(row);
    }
    let trouble = |((destination, cause), rows): ((String, &str), Vec<&Parked>)| {
        let times = || rows.iter().map(|row| row.parked_at);
        Trouble {
            destination,
            kind,
            cause: cause.to_owned(),
            count: rows.len() as u64,
            oldest_at: times().min().map(|at| at.to_string()),
            newest_at: times().max().map(|at| at.to_string()),
            numbers: rows.iter().take(NUMBERS_MAX).map(|row| row.header.number.to_string()).collect(),
        }
    };
    groups.into_iter().map(trouble).collect()
}

/// What was given up in the last days, counted part by part behind those who deliver.
async fn given_up(hub: &Hub) -> Result<Vec<Trouble>, Fault> {
    let since = Timestamp(clock::now().0.saturating_sub(FAILED_DAYS * 86_400_000));
    let mut groups: BTreeMap<(String, String), FailedGroup> = BTreeMap::new();
    for shard in hub.shards() {
        let mut slot = Some(0);
        while let Some(next) = slot {
            let wanted = FailedWanted { slot: next, since, numbers_max: NUMBERS_MAX };
            let part = match ask_patiently(shard, Command::ListFailed(wanted)).await? {
                Answer::Failed(part) => part,
                other => return Err(unexpected(&other)),
            };
            slot = part.next;
            for group in part.groups {
                let key = (group.receiver.to_string(), cause(group.cause.as_deref()).to_owned());
                match groups.get_mut(&key) {
                    Some(known) => join(known, group),
                    None => drop(groups.insert(key, group)),
                }
            }
        }
    }
    let trouble = |((destination, cause), group): ((String, String), FailedGroup)| Trouble {
        destination,
        kind: TroubleKind::Failed,
        cause,
        count: group.count,
        oldest_at: Some(group.oldest.to_string()),
        newest_at: Some(group.newest.to_string()),
        numbers: group.numbers.iter().map(DeliveryNumber::to_string).collect(),
    };
    Ok(groups.into_iter().map(trouble).collect())
}

fn join(known: &mut FailedGroup, more: FailedGroup) {
    known.count += more.count;
    (known.oldest, known.newest) = (known.oldest.min(more.oldest), known.newest.max(more.newest));
    let room = NUMBERS_MAX.saturating_sub(known.numbers.len());
    known.numbers.extend(more.numbers.into_iter().take(room));
}

/// What is to be taken up again: these numbers, or a group.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Redeliver {
    /// Delivery numbers; these or a destination.
    numbers: Option<Vec<String>>,
    /// All that is parked for this one.
    destination: Option<String>,
    /// Of these only what was parked by this cause.
    cause: Option<String>,
}

/// What was taken up again.
#[derive(Serialize, ToSchema)]
pub(crate) struct Redelivered {
    /// How many envelopes.
    redelivered: usize,
    /// Delivery numbers of those that are not parked.
    not_parked: Vec<String>,
}

/// Takes parked envelopes up again: the receiver's service is called with the same delivery numbers.
#[utoipa::path(post, path = "/v1/redeliver", tag = "change", request_body = Redeliver, responses(
    (status = 200, body = Redelivered),
    (status = 400, body = Problem, description = "What was asked cannot be read."),
    (status = 503, body = Problem, description = "The hub is too busy, or stopping."),
))]
pub(super) async fn redeliver(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Json(wanted): Json<Redeliver>,
) -> Response {
    let numbers = match (wanted.numbers, wanted.destination) {
        (Some(numbers), None) => {
            let parsed: Result<Vec<DeliveryNumber>, String> = numbers
                .iter()
                .map(|text| text.parse().map_err(|error| format!("'{text}' is no delivery number: {error}")))
                .collect();
            match parsed {
                Ok(numbers) => numbers,
                Err(error) => return fail(StatusCode::BAD_REQUEST, error),
            }
        }
        (None, Some(destination)) => match listed(&hub, &Command::ListParked { receiver: None }).await {
            Ok(parked) => {
                let is_meant = |row: &&Parked| {
                    row.receiver.as_str() == destination
                        && wanted.cause.as_deref().is_none_or(|text| text == cause(row.cause.as_deref()))
                };
                parked.iter().filter(is_meant).map(|row| row.header.number).collect()
            }
            Err(fault) => return busy(fault),
        },
        _ => return fail(StatusCode::BAD_REQUEST, "give either numbers, or a destination and perhaps a cause"),
    };
    match take_up(&hub, &caller.name, &numbers).await {
        Ok(done) => {
            let redelivered = done.redelivered;
            tracing::info!(target: "phytohub::admin", redelivered, "parked envelopes are delivered again");
            let told = Told(format!("{redelivered} delivered again, {} not parked", done.not_parked.len()));
            (Extension(told), Json(done)).into_response()
        }
        Err(fault) => busy(fault),
    }
}

async fn take_up(hub: &Hub, by: &str, numbers: &[DeliveryNumber]) -> Result<Redelivered, Fault> {
    let mut by_shard: BTreeMap<u8, Vec<DeliveryNumber>> = BTreeMap::new();
    for number in numbers {
        by_shard.entry(number.shard().0).or_default().push(*number);
    }
    let mut all = Redelivered { redelivered: 0, not_parked: Vec::new() };
    for (shard, numbers) in by_shard {
        let Some(shard) = hub.shard(ShardId(shard)) else {
            all.not_parked.extend(numbers.iter().map(DeliveryNumber::to_string));
            continue;
        };
        for batch in numbers.chunks(BATCH) {
            let command = Command::Redeliver { numbers: batch.to_vec(), by: by.to_owned() };
            match shard.ask(command, Bytes::new()).await? {
                Answer::Redelivered { redelivered, not_parked } => {
                    all.redelivered += redelivered;
                    all.not_parked.extend(not_parked.iter().map(DeliveryNumber::to_string));
                }
                other => return Err(unexpected(&other)),
            }
        }
    }
    Ok(all)
}
