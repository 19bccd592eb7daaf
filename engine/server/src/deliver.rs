//! Step 6, deliver: what waits for a party, listed and pulled, content read from the journal.

use bytes::Bytes;
use phytohub_core::shard::{Answer, Command, Listed};
use phytohub_journal::{ReadError, Reader, RealDisk};
use phytohub_model::{ConnectionCode, DeliveryNumber, Fault, Locator, TrackedHeader};
use phytohub_soap::Content;

use crate::append::unexpected;
use crate::hub::Hub;

/// GetImportEnvelopeHeaders: oldest first.
pub(crate) async fn import_headers(
    hub: &Hub,
    codes: &[ConnectionCode],
    from: Option<ConnectionCode>,
) -> Result<Vec<TrackedHeader>, Fault> {
    let mut listed = Vec::new();
    for shard in hub.shards_of(codes) {
        let command = Command::ListInbox { codes: codes.to_vec(), from };
        listed.extend(headers(shard.ask(command, Bytes::new()).await?)?);
    }
    Ok(oldest_first(listed, hub.config.limits.headers_per_answer as usize))
}

/// GetUnderDeliveryEnvelope: what the party sent and nobody acknowledged yet, oldest first.
pub(crate) async fn under_delivery(hub: &Hub, codes: &[ConnectionCode]) -> Result<Vec<TrackedHeader>, Fault> {
    let mut listed = Vec::new();
    for shard in hub.shards() {
        let command = Command::ListOutbox { codes: codes.to_vec() };
        listed.extend(headers(shard.ask(command, Bytes::new()).await?)?);
    }
    Ok(oldest_first(listed, hub.config.limits.headers_per_answer as usize))
}

fn headers(answer: Answer) -> Result<Vec<Listed>, Fault> {
    match answer {
        Answer::Headers(listed) => Ok(listed),
        other => Err(unexpected(&other)),
    }
}

fn oldest_first(mut listed: Vec<Listed>, most: usize) -> Vec<TrackedHeader> {
    // Stable: within a shard the order of acceptance stays, also inside one millisecond.
    listed.sort_by_key(|listed| listed.accepted_at);
    listed.truncate(most);
    listed.into_iter().map(|listed| listed.header).collect()
}

/// PULLSingleImportEnvelope: `None` for what does not wait for this party.
pub(crate) async fn pull_single(
    hub: &Hub,
    codes: &[ConnectionCode],
    number: &str,
) -> Result<Option<(TrackedHeader, Content)>, Fault> {
    let Ok(number) = number.parse::<DeliveryNumber>() else { return Ok(None) };
    let Some(shard) = hub.shard(number.shard()) else { return Ok(None) };
    let command = Command::PullOne { codes: codes.to_vec(), number };
    match shard.ask(command, Bytes::new()).await? {
        Answer::Envelope(None) => Ok(None),
        Answer::Envelope(Some((header, locator))) => {
            let content = read(shard.reader(), vec![locator]).await?.pop().flatten();
            Ok(content.map(|content| (header, Content::from_stored(content))))
        }
        other => Err(unexpected(&other)),
    }
}

/// PULLImportEnvelope: all that waits, oldest first, as many as one answer carries.
pub(crate) async fn pull_many(hub: &Hub, codes: &[ConnectionCode]) -> Result<Vec<(TrackedHeader, Content)>, Fault> {
    let mut found = Vec::new();
    for shard in hub.shards_of(codes) {
        match shard.ask(Command::PullMany { codes: codes.to_vec() }, Bytes::new()).await? {
            Answer::Envelopes(envelopes) => {
                found.extend(envelopes.into_iter().map(|(listed, locator)| (listed, locator, shard.reader())));
            }
            other => return Err(unexpected(&other)),
        }
    }
    found.sort_by_key(|(listed, ..)| listed.accepted_at);
    let limits = &hub.config.limits;
    let mut bytes = 0;
    let mut envelopes = Vec::new();
    for (listed, locator, reader) in found.into_iter().take(limits.envelopes_per_answer as usize) {
        bytes += u64::from(locator.length);
        if bytes > limits.bytes_per_answer.0 && !envelopes.is_empty() {
            break;
        }
        // Gone in the meantime: somebody else of the same party acknowledged it.
        if let Some(content) = read(reader, vec![locator]).await?.pop().flatten() {
            envelopes.push((listed.header, Content::from_stored(content)));
        }
    }
    Ok(envelopes)
}

/// Reads contents: from the page cache at once, else on a thread for blocking work. `None` = erased since.
async fn read(reader: &Reader<RealDisk>, locators: Vec<Locator>) -> Result<Vec<Option<Bytes>>, Fault> {
    let mut contents = Vec::with_capacity(locators.len());
    for locator in locators {
        let content = match reader.try_read_cached(locator) {
            Ok(Some(content)) => Ok(content),
            Ok(None) => {
                let reader = reader.clone();
                tokio::task::spawn_blocking(move || reader.read(locator))
                    .await
                    .map_err(|_| Fault::server("The hub failed to read an envelope; tell its operator"))?
            }
            Err(error) => Err(error),
        };
        contents.push(match content {
            Ok(content) => Some(content),
            Err(ReadError::Gone) => None,
            Err(error) => {
                tracing::error!(target: "phytohub::deliver", %error, "content cannot be read");
                return Err(Fault::server(
                    "The hub cannot read an envelope that waits for you; it is kept, tell the hub's operator",
                ));
            }
        });
    }
    Ok(contents)
}
