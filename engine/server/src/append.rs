//! Step 4, append: an admitted delivery goes to its shard and comes back with a number, durable.

use bytes::Bytes;
use phytohub_core::admission::Admitted;
use phytohub_core::shard::{Answer, Command, Copied, Copy, Deliver, Elsewhere, Room};
use phytohub_model::{Content, DeliveryNumber, Fault, FaultKind, Fingerprint, Header, ShardId, TrackedHeader};
use xxhash_rust::xxh3::Xxh3;

use crate::hub::Hub;
use crate::shard::log_settings;

/// What became of a delivery that the rules allow.
pub(crate) struct Appended {
    /// The header to answer with.
    pub(crate) header: TrackedHeader,
    /// The copies that the sender is told of.
    pub(crate) copies: Vec<Copied>,
    /// Whether it was known already: a retry.
    pub(crate) again: bool,
}

/// Hands the envelope to its shard.
///
/// # Errors
/// A fault: the hub has no room, or failed. Nothing was accepted then.
pub(crate) async fn append(hub: &Hub, admitted: Admitted, content: Bytes) -> Result<Appended, Fault> {
    let Admitted { header, route, copies } = admitted;
    let (id, shard) = hub.shard_of(&header.to);
    let length = length(hub, &content)?;
    let fingerprint = fingerprint(&header, &content);
    let from = header.from;
    let command = Command::Deliver(Deliver {
        header,
        content: Content { length, fingerprint },
        number: new_number(id)?,
        route,
        // Copies lie in the shard of the envelope itself, so that all of them become durable together.
        copies: copies
            .into_iter()
            .map(|copy| Ok(Copy { copy, number: new_number(id)? }))
            .collect::<Result<_, Fault>>()?,
        // The shard's thread fills in how things stand when it takes the command.
        elsewhere: Elsewhere::default(),
        room: Room::Free,
    });
    match shard.ask(command, content).await? {
        Answer::Accepted { header, again, copies } => Ok(Appended { header, again, copies }),
        Answer::Refused(pressure) => {
            hub.metrics.refused(from.as_str(), pressure.reason());
            Err(pressure.into())
        }
        other => Err(unexpected(&other)),
    }
}

/// The content's length, if a journal segment can hold it. Nearly always the bound of the body has seen to that;
/// content that came as real XML grows when it is made text.
fn length(hub: &Hub, content: &Bytes) -> Result<u32, Fault> {
    let most = log_settings(&hub.config.journal).content_bytes_max();
    let length = u32::try_from(content.len()).ok().filter(|_| content.len() <= most);
    length.ok_or_else(|| Fault {
        kind: FaultKind::TooLarge,
        message: format!("Content has {} bytes as text, {most} are the most this hub takes", content.len()),
    })
}

/// A number of fresh randomness: not guessable, so that nobody can ask for an envelope whose number it was not told.
fn new_number(shard: ShardId) -> Result<DeliveryNumber, Fault> {
    let mut bytes = [0; 15];
    getrandom::fill(&mut bytes).map_err(|error| Fault::server(format!("The system gives no randomness: {error}")))?;
    Ok(DeliveryNumber::new(shard, bytes))
}

/// The identity of a delivery: the same fields and the same raw content give the same.
fn fingerprint(header: &Header, content: &[u8]) -> Fingerprint {
    let mut hash = Xxh3::new();
    for text in [header.from.as_str(), header.to.as_str(), header.certificate_number.as_str()] {
        // The length first, so that no two different rows of texts run together into the same bytes.
        hash.update(&(text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
    hash.update(&header.document.kind.0.to_le_bytes());
    hash.update(&header.document.status.0.to_le_bytes());
    hash.update(content);
    Fingerprint(hash.digest128())
}

/// An answer of the core that does not fit its question: a programming error, answered as the hub's fault.
pub(crate) fn unexpected(answer: &Answer) -> Fault {
    tracing::error!(target: "phytohub", answer = ?std::mem::discriminant(answer), "answer does not fit the command");
    Fault::server("The hub failed on this request; tell its operator")
}
