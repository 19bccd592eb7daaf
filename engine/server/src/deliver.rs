//! Step 6, deliver: what waits for a party, listed and pulled, content read from the journal.

use bytes::Bytes;
use phytohub_core::shard::{Answer, Command, Listed};
use phytohub_journal::{ReadError, Reader, RealDisk};
use phytohub_model::{ConnectionCode, DeliveryNumber, Fault, Locator, Pressure, Timestamp, TrackedHeader};
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
        listed.extend(in_order(headers(shard.ask(command, Bytes::new()).await?)?));
    }
    Ok(oldest_first(listed, hub.config.limits.headers_per_answer as usize))
}

/// GetUnderDeliveryEnvelope: what the party sent and nobody acknowledged yet, oldest first.
pub(crate) async fn under_delivery(hub: &Hub, codes: &[ConnectionCode]) -> Result<Vec<TrackedHeader>, Fault> {
    let mut listed = Vec::new();
    for shard in hub.shards() {
        let command = Command::ListOutbox { codes: codes.to_vec() };
        listed.extend(in_order(headers(shard.ask(command, Bytes::new()).await?)?));
    }
    Ok(oldest_first(listed, hub.config.limits.headers_per_answer as usize))
}

/// Gives each of one shard's list, which is in the order of acceptance, a time by which lists of several shards can be
/// merged: none earlier than the one before it, although the clock may have been set back in between.
fn in_order(listed: Vec<Listed>) -> impl Iterator<Item = (Timestamp, Listed)> {
    let mut latest = Timestamp(0);
    listed.into_iter().map(move |listed| {
        latest = latest.max(listed.accepted_at);
        (latest, listed)
    })
}

fn headers(answer: Answer) -> Result<Vec<Listed>, Fault> {
    match answer {
        Answer::Headers(listed) => Ok(listed),
        other => Err(unexpected(&other)),
    }
}

fn oldest_first(mut listed: Vec<(Timestamp, Listed)>, most: usize) -> Vec<TrackedHeader> {
    // Stable: within a shard the order of acceptance stays, also inside one millisecond.
    listed.sort_by_key(|(time, _)| *time);
    listed.truncate(most);
    listed.into_iter().map(|(_, listed)| listed.header).collect()
}

/// How often an answer is begun anew when content went away between the shard's word and its reading: it was moved by
/// reclaiming, or ended by another system of the same party. Each try asks again where it lies; a second one is rare.
const TRIES_MAX: u32 = 5;

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
    for _ in 0..TRIES_MAX {
        let waiting = waiting(hub, codes).await?;
        let nothing_waits = waiting.is_empty();
        let envelopes = up_to_the_first_gone(waiting, async |(locator, reader)| read(&reader, locator).await).await?;
        if nothing_waits || !envelopes.is_empty() {
            return Ok(envelopes);
        }
    }
    Err(Pressure::Queue.into())
}

/// Reads contents in their order, and never past one that is not there any more: what was accepted later must not
/// overtake it.
async fn up_to_the_first_gone<H, P>(
    waiting: Vec<(H, P)>,
    read: impl AsyncFn(P) -> Result<Option<Bytes>, Fault>,
) -> Result<Vec<(H, Content)>, Fault> {
    let mut envelopes = Vec::with_capacity(waiting.len());
    for (header, place) in waiting {
        match read(place).await? {
            Some(content) => envelopes.push((header, Content::from_stored(content))),
            None => break,
        }
    }
    Ok(envelopes)
}

/// Where a content lies, and who reads it.
type Place = (Locator, Reader<RealDisk>);

/// What one answer of PULLImportEnvelope carries, oldest first, and where each content is read.
async fn waiting(hub: &Hub, codes: &[ConnectionCode]) -> Result<Vec<(TrackedHeader, Place)>, Fault> {
    let mut found = Vec::new();
    for shard in hub.shards_of(codes) {
        match shard.ask(Command::PullMany { codes: codes.to_vec() }, Bytes::new()).await? {
            Answer::Envelopes(envelopes) => {
                let (listed, locators): (Vec<Listed>, Vec<Locator>) = envelopes.into_iter().unzip();
                let placed = in_order(listed).zip(locators);
                found.extend(
                    placed.map(|((time, listed), locator)| (time, listed.header, locator, shard.reader().clone())),
                );
            }
            other => return Err(unexpected(&other)),
        }
    }
    found.sort_by_key(|(time, ..)| *time);
    let limits = &hub.config.limits;
    let mut bytes = 0;
    let fits = |(_, header, locator, reader): (Timestamp, TrackedHeader, Locator, Reader<RealDisk>)| {
        let is_first = bytes == 0;
        bytes += u64::from(locator.length).max(1);
        (is_first || bytes <= limits.bytes_per_answer.0).then_some((header, (locator, reader)))
    };
    Ok(found.into_iter().take(limits.envelopes_per_answer as usize).map_while(fits).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_moved_while_it_was_read_is_not_overtaken() {
        let read = async |place: &str| Ok((place != "moved").then(|| Bytes::copy_from_slice(place.as_bytes())));
        let waiting = vec![(1, "first"), (2, "moved"), (3, "third")];
        let envelopes = up_to_the_first_gone(waiting, read).await.unwrap();
        assert_eq!(envelopes, [(1, Content::from_text("first"))]);
    }
}
