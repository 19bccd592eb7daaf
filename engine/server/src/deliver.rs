//! Step 6, deliver: what waits for a party, listed and pulled, content read from the journal.

use bytes::Bytes;
use phytohub_core::shard::{Answer, Command, Listed};
use phytohub_journal::{ReadError, Reader, RealDisk};
use phytohub_model::{ConnectionCode, DeliveryNumber, Fault, Locator, Pressure, TrackedHeader};
use phytohub_shard::deliver::{Headers, TRIES_MAX, Waiting};
use phytohub_soap::Content;

use crate::append::unexpected;
use crate::hub::Hub;

/// GetImportEnvelopeHeaders: oldest first.
pub(crate) async fn import_headers(
    hub: &Hub,
    codes: &[ConnectionCode],
    from: Option<ConnectionCode>,
) -> Result<Vec<TrackedHeader>, Fault> {
    let mut found = Headers::default();
    for shard in hub.shards_of(codes) {
        let command = Command::ListInbox { codes: codes.to_vec(), from };
        found.add(headers(shard.ask(command, Bytes::new()).await?)?);
    }
    Ok(found.oldest_first(hub.config.limits.headers_per_answer as usize))
}

/// GetUnderDeliveryEnvelope: what the party sent and nobody acknowledged yet, oldest first.
pub(crate) async fn under_delivery(hub: &Hub, codes: &[ConnectionCode]) -> Result<Vec<TrackedHeader>, Fault> {
    let mut found = Headers::default();
    for shard in hub.shards() {
        let command = Command::ListOutbox { codes: codes.to_vec() };
        found.add(headers(shard.ask(command, Bytes::new()).await?)?);
    }
    Ok(found.oldest_first(hub.config.limits.headers_per_answer as usize))
}

fn headers(answer: Answer) -> Result<Vec<Listed>, Fault> {
    match answer {
        Answer::Headers(listed) => Ok(listed),
        other => Err(unexpected(&other)),
    }
}

/// PULLSingleImportEnvelope: `None` for what does not wait for this party.
pub(crate) async fn pull_single(
    hub: &Hub,
    codes: &[ConnectionCode],
    number: &str,
) -> Result<Option<(TrackedHeader, Content)>, Fault> {
    let Ok(number) = number.parse::<DeliveryNumber>() else { return Ok(None) };
    let Some(shard) = hub.shard(number.shard()) else { return Ok(None) };
    for _ in 0..TRIES_MAX {
        let command = Command::PullOne { codes: codes.to_vec(), number };
        match shard.ask(command, Bytes::new()).await? {
            Answer::Envelope(None) => return Ok(None),
            Answer::Envelope(Some((header, locator))) => {
                if let Some(content) = read(shard.reader(), locator).await? {
                    return Ok(Some((header, Content::from_stored(content))));
                }
            }
            other => return Err(unexpected(&other)),
        }
    }
    Err(Pressure::Queue.into())
}

/// PULLImportEnvelope: all that waits, oldest first, as many as one answer carries.
pub(crate) async fn pull_many(hub: &Hub, codes: &[ConnectionCode]) -> Result<Vec<(TrackedHeader, Content)>, Fault> {
    let limits = &hub.config.limits;
    for _ in 0..TRIES_MAX {
        let waiting = waiting(hub, codes).await?;
        let mut reading = waiting.oldest_first(limits.envelopes_per_answer as usize, limits.bytes_per_answer.0);
        while let Some((locator, reader)) = reading.next_place() {
            let content = read(reader, *locator).await?;
            reading.take(content);
        }
        if let Some(envelopes) = reading.finish() {
            let from_stored = |(header, content)| (header, Content::from_stored(content));
            return Ok(envelopes.into_iter().map(from_stored).collect());
        }
    }
    Err(Pressure::Queue.into())
}

/// What waits in all shards, and where each content is read.
async fn waiting(hub: &Hub, codes: &[ConnectionCode]) -> Result<Waiting<Reader<RealDisk>>, Fault> {
    let mut waiting = Waiting::default();
    for shard in hub.shards_of(codes) {
        match shard.ask(Command::PullMany { codes: codes.to_vec() }, Bytes::new()).await? {
            Answer::Envelopes(envelopes) => waiting.add(envelopes, shard.reader()),
            other => return Err(unexpected(&other)),
        }
    }
    Ok(waiting)
}

/// Reads a content: from the page cache at once, else on a thread for blocking work. `None` = not there any more.
pub(crate) async fn read(reader: &Reader<RealDisk>, locator: Locator) -> Result<Option<Bytes>, Fault> {
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
    match content {
        Ok(content) => Ok(Some(content)),
        Err(ReadError::Gone) => Ok(None),
        Err(error) => {
            tracing::error!(target: "phytohub::deliver", %error, "content cannot be read");
            let text = "The hub cannot read an envelope that waits for you; it is kept, tell the hub's operator";
            Err(Fault::server(text))
        }
    }
}
