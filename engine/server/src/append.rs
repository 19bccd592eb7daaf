//! Step 4, append: an admitted delivery goes to its shard and comes back with a number, durable.

use bytes::Bytes;
use phytohub_core::admission::Admitted;
use phytohub_core::shard::{Answer, Copied};
use phytohub_model::{DeliveryNumber, Fault, FaultKind, ShardId, TrackedHeader};
use phytohub_shard::append::delivery;

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
    let (id, shard) = hub.shard_of(&admitted.header.to);
    let length = length(hub, &content)?;
    copies_fit(hub, content.len(), admitted.copies.len())?;
    let from = admitted.header.from;
    let command = delivery(admitted, &content, length, || new_number(id))?;
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

/// An envelope becomes durable together with its copies or not at all, so there must be room for all of them at
/// once: what never finds it is not told to try again.
fn copies_fit(hub: &Hub, length: usize, copies: usize) -> Result<(), Fault> {
    let most = log_settings(&hub.config.journal).records_max(length);
    if copies == 0 || copies < most {
        return Ok(());
    }
    Err(Fault {
        kind: FaultKind::TooLarge,
        message: format!(
            "Content has {length} bytes, and with {copies} copies for channels it is more than this hub takes at once: \
             {} copies of it are the most",
            most.saturating_sub(1)
        ),
    })
}

/// A number of fresh randomness: not guessable, so that nobody can ask for an envelope whose number it was not told.
fn new_number(shard: ShardId) -> Result<DeliveryNumber, Fault> {
    let mut bytes = [0; 15];
    getrandom::fill(&mut bytes).map_err(|error| Fault::server(format!("The system gives no randomness: {error}")))?;
    Ok(DeliveryNumber::new(shard, bytes))
}

/// An answer of the core that does not fit its question: a programming error, answered as the hub's fault.
pub(crate) fn unexpected(answer: &Answer) -> Fault {
    tracing::error!(target: "phytohub", answer = ?std::mem::discriminant(answer), "answer does not fit the command");
    Fault::server("The hub failed on this request; tell its operator")
}
