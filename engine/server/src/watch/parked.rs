//! Parked envelopes: in groups by receiver and cause, and taken up again.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use bytes::Bytes;
use phytohub_core::shard::{Answer, Command, Parked};
use phytohub_model::{DeliveryNumber, Fault, ShardId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{busy, fail};
use crate::append::unexpected;
use crate::audit::Told;
use crate::hub::Hub;
use crate::operators::Caller;

/// Numbers that a group lists: enough to look at a few, and to take them up one by one.
const NUMBERS_MAX: usize = 100;
/// Envelopes that one command to a shard takes up again.
const BATCH: usize = 1000;

/// All that is parked, of all shards, oldest first in each.
async fn all(hub: &Hub) -> Result<Vec<Parked>, Fault> {
    let mut parked = Vec::new();
    for shard in hub.shards() {
        match shard.ask(Command::ListParked { receiver: None }, Bytes::new()).await? {
            Answer::Parked(rows) => parked.extend(rows),
            other => return Err(unexpected(&other)),
        }
    }
    Ok(parked)
}

fn cause(parked: &Parked) -> &str {
    parked.cause.as_deref().unwrap_or("no reason was given")
}

pub(super) async fn failed(State(hub): State<Arc<Hub>>) -> Response {
    let parked = match all(&hub).await {
        Ok(parked) => parked,
        Err(fault) => return busy(fault),
    };
    let mut groups: BTreeMap<(String, String), Vec<&Parked>> = BTreeMap::new();
    for row in &parked {
        groups.entry((row.receiver.to_string(), cause(row).to_owned())).or_default().push(row);
    }
    Json(groups.iter().map(|((receiver, cause), rows)| group(receiver, cause, rows)).collect::<Vec<_>>())
        .into_response()
}

fn group(receiver: &str, cause: &str, rows: &[&Parked]) -> Value {
    let times = || rows.iter().map(|row| row.parked_at);
    let numbers: Vec<String> = rows.iter().take(NUMBERS_MAX).map(|row| row.header.number.to_string()).collect();
    json!({
        "destination": receiver,
        "kind": "parked",
        "cause": cause,
        "count": rows.len(),
        "oldest_at": times().min().map(|at| at.to_string()),
        "newest_at": times().max().map(|at| at.to_string()),
        "numbers": numbers,
    })
}

/// What is to be taken up again: these numbers, or a group.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    numbers: Option<Vec<String>>,
    destination: Option<String>,
    cause: Option<String>,
}

pub(super) async fn redeliver(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Json(wanted): Json<Wanted>,
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
        (None, Some(destination)) => match all(&hub).await {
            Ok(parked) => {
                let is_meant = |row: &&Parked| {
                    row.receiver.as_str() == destination
                        && wanted.cause.as_deref().is_none_or(|text| text == cause(row))
                };
                parked.iter().filter(is_meant).map(|row| row.header.number).collect()
            }
            Err(fault) => return busy(fault),
        },
        _ => return fail(StatusCode::BAD_REQUEST, "give either numbers, or a destination and perhaps a cause"),
    };
    match take_up(&hub, &caller.name, &numbers).await {
        Ok((redelivered, not_parked)) => {
            tracing::info!(target: "phytohub::admin", redelivered, "parked envelopes are delivered again");
            let told = Told(format!("{redelivered} delivered again, {} not parked", not_parked.len()));
            (Extension(told), Json(json!({"redelivered": redelivered, "not_parked": not_parked}))).into_response()
        }
        Err(fault) => busy(fault),
    }
}

/// How many were taken up, and the numbers that are not parked.
async fn take_up(hub: &Hub, by: &str, numbers: &[DeliveryNumber]) -> Result<(usize, Vec<String>), Fault> {
    let mut by_shard: BTreeMap<u8, Vec<DeliveryNumber>> = BTreeMap::new();
    for number in numbers {
        by_shard.entry(number.shard().0).or_default().push(*number);
    }
    let (mut done, mut others) = (0, Vec::new());
    for (shard, numbers) in by_shard {
        let Some(shard) = hub.shard(ShardId(shard)) else {
            others.extend(numbers.iter().map(DeliveryNumber::to_string));
            continue;
        };
        for batch in numbers.chunks(BATCH) {
            let command = Command::Redeliver { numbers: batch.to_vec(), by: by.to_owned() };
            match shard.ask(command, Bytes::new()).await? {
                Answer::Redelivered { redelivered, not_parked } => {
                    done += redelivered;
                    others.extend(not_parked.iter().map(DeliveryNumber::to_string));
                }
                other => return Err(unexpected(&other)),
            }
        }
    }
    Ok((done, others))
}
