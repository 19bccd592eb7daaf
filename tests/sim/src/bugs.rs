//! What the planted bugs need: memories that no hub should have, and the deeds of those that sit in the shell. Without
//! a mutation nothing here does anything.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use phytohub_core::registry::{Registry, RegistryCommand};
use phytohub_core::shard::{Command, Deliver};
use phytohub_model::{ConnectionCode, DeliveryNumber, Fingerprint, Locator, Timestamp, TrackedHeader, TrackingState};
use phytohub_shard::Request;

use crate::disk::SimDisk;
use crate::hub::shard_dir;
use crate::mutation::Mutation;
use crate::random::Random;
use crate::tasks::Task;
use crate::world::World;

/// What one answer of a pull carried.
type Envelopes = Vec<(TrackedHeader, Bytes)>;

/// What a hub with a bug remembers; it is gone when the hub ends.
#[derive(Default)]
pub(crate) struct Memory {
    seen: BTreeMap<usize, TrackedHeader>,
    pulls: BTreeMap<Vec<ConnectionCode>, (u64, Envelopes)>,
    old_registry: Option<(u64, Registry)>,
    failures: BTreeMap<DeliveryNumber, u32>,
    early: u32,
}

/// Stands for a content that was not there any more: for [`Mutation::SkipWhatMoved`].
pub(crate) const LEFT_OUT: Bytes = Bytes::from_static(b"left out");

/// How long a stale answer or registry is used.
const STALE: u64 = 3000;

impl Memory {
    /// A delivery was handed to its shard.
    pub(crate) fn note(&mut self, intent: usize, deliver: &Deliver) {
        let (header, number) = (deliver.header.clone(), deliver.number);
        let header = TrackedHeader { header, number, state: TrackingState::PendingDelivery, message: None };
        self.seen.entry(intent).or_insert(header);
    }

    /// The header of a delivery that was handed to its shard, whatever became of it.
    pub(crate) fn seen(&self, intent: usize) -> Option<TrackedHeader> {
        self.seen.get(&intent).cloned()
    }

    /// The registry by which a request is judged.
    pub(crate) fn registry(&mut self, now: &Registry, at: u64, mutation: Option<Mutation>) -> Registry {
        if mutation != Some(Mutation::StaleRegistry) {
            return now.clone();
        }
        match &self.old_registry {
            Some((since, registry)) if at - since < STALE => registry.clone(),
            _ => {
                self.old_registry = Some((at, now.clone()));
                now.clone()
            }
        }
    }

    /// Changes what is published and leaves the journal for later, which never comes.
    pub(crate) fn change_early(&mut self, registry: &mut Registry, now: Timestamp, command: &RegistryCommand) -> bool {
        let Ok(facts) = registry.decide(now, command) else { return false };
        facts.iter().for_each(|fact| registry.apply(fact));
        self.early += 1;
        true
    }

    /// A call of a service failed; true with the third.
    pub(crate) fn fails(&mut self, number: DeliveryNumber) -> bool {
        let count = self.failures.entry(number).or_default();
        *count += 1;
        *count == 3
    }
}

impl World {
    /// The answer of an earlier pull, for [`Mutation::ServeStalePulls`].
    pub(crate) fn stale_pull(&self, codes: &[ConnectionCode]) -> Option<Vec<(TrackedHeader, Bytes)>> {
        let (since, envelopes) = self.hub.as_ref()?.bugs.pulls.get(codes)?;
        (self.clock.steady() - since < STALE).then(|| envelopes.clone())
    }

    /// Keeps the answer of a pull, for [`Mutation::ServeStalePulls`].
    pub(crate) fn keep_pull(&mut self, codes: &[ConnectionCode], envelopes: &[(TrackedHeader, Bytes)]) {
        let at = self.clock.steady();
        if self.mutation == Some(Mutation::ServeStalePulls)
            && let Some(hub) = &mut self.hub
        {
            hub.bugs.pulls.insert(codes.to_vec(), (at, envelopes.to_vec()));
        }
    }
}

/// The request that a shard takes next: the oldest, or with `serve_first` those of the member with the first code.
pub(crate) fn next_request(
    queue: &mut VecDeque<Request<u64>>,
    serve_first: Option<&BTreeMap<u64, Task>>,
) -> Option<Request<u64>> {
    let Some(tasks) = serve_first else { return queue.pop_front() };
    // Only its requests are served; who comes later in the alphabet waits for ever.
    let first = tasks.values().flat_map(|task| task.codes.first()).min()?;
    let theirs =
        |request: &Request<u64>| tasks.get(&request.reply).is_some_and(|task| task.codes.first() == Some(first));
    let place = queue.iter().position(theirs)?;
    queue.remove(place)
}

/// Changes a delivery on its way to the shard.
pub(crate) fn deform(command: &mut Command, mutation: Option<Mutation>, random: &mut Random) {
    let Command::Deliver(deliver) = command else { return };
    match mutation {
        Some(Mutation::ForgetRetries) => {
            let chance = u128::from(random.number());
            deliver.content.fingerprint = Fingerprint(deliver.content.fingerprint.0 ^ chance);
        }
        Some(Mutation::ForgetCopies) => deliver.copies.clear(),
        _ => {}
    }
}

/// A content as it lies on the disk, without a look at its checksum: for [`Mutation::ServeDamage`].
pub(crate) fn raw(disk: &SimDisk, shard: usize, locator: Locator) -> Bytes {
    let path = shard_dir(shard).join(format!("{:010}.used", locator.segment));
    let bytes = disk.fake().contents(&path).unwrap_or_default();
    let from = (locator.offset as usize).min(bytes.len());
    // The content stands behind the record's head and fields, which have less than this together.
    let place = bytes[from..].windows(4).position(|window| window == b"~SIM").unwrap_or(0);
    let end = (from + place + locator.length as usize).min(bytes.len());
    Bytes::copy_from_slice(&bytes[from + place..end])
}
