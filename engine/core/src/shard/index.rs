//! Tables from delivery numbers and fingerprints to slots.
//!
//! A table holds nothing but slots (4 bytes and a tag an entry); the key is looked at in the slab. Neither table can be
//! turned against the hub by keys that meet in one bucket. The numbers that are *stored* are the hub's own, drawn at
//! random, whatever numbers come in look-ups: their own bits serve as hash. Fingerprints follow from contents that
//! senders choose, so they are hashed under keys that no sender knows; nothing that the shard does depends on these.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;
use phytohub_model::{DeliveryNumber, Fingerprint};

/// A table of one piece would stop the shard for a tenth of a second when it grows at a million entries; each of these
/// parts grows alone.
const PARTS: usize = 1024;

/// A table of slots.
#[derive(Clone, Debug)]
pub(super) struct Index {
    parts: Vec<HashTable<u32>>,
}

impl Index {
    pub(super) fn new() -> Self {
        Self { parts: vec![HashTable::new(); PARTS] }
    }

    pub(super) fn find(&self, hash: u64, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        self.parts[part(hash)].find(hash, |&slot| is_it(slot)).copied()
    }

    /// Adds a slot that is not there. `hash_of` gives the hash of any slot in the table.
    pub(super) fn insert(&mut self, hash: u64, slot: u32, hash_of: impl Fn(u32) -> u64) {
        self.parts[part(hash)].insert_unique(hash, slot, |&slot| hash_of(slot));
    }

    /// Takes the slot out if it is there.
    pub(super) fn remove(&mut self, hash: u64, slot: u32) -> bool {
        match self.parts[part(hash)].find_entry(hash, |&other| other == slot) {
            Ok(entry) => {
                entry.remove();
                true
            }
            Err(_) => false,
        }
    }

    /// All slots in it, in no order that means anything.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        self.parts.iter().flat_map(|part| part.iter().copied())
    }
}

/// The table itself uses the lowest bits of the hash and the topmost seven: the part comes from bits between.
fn part(hash: u64) -> usize {
    (hash >> 40) as usize % PARTS
}

pub(super) fn number_hash(number: DeliveryNumber) -> u64 {
    // The first byte is the shard, the same for all.
    u128::from_be_bytes(number.to_bytes()) as u64
}

pub(super) fn fingerprint_hash(keys: &RandomState, fingerprint: Fingerprint) -> u64 {
    keys.hash_one(fingerprint.0)
}
