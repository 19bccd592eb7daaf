//! Step 5, route: which shard owns a destination, and where something can wait for a party.

use phytohub_core::registry::Registry;
use phytohub_model::ConnectionCode;
use xxhash_rust::xxh3::xxh3_64;

/// Index of the shard that owns envelopes to `destination`. Fixed for ever for a given number of shards: the journals
/// of a hub's directory are laid out by it.
pub fn shard_index(destination: &ConnectionCode, shards: usize) -> usize {
    (xxh3_64(destination.as_str().as_bytes()) % shards.max(1) as u64) as usize
}

/// The shards in which something can wait for one of `codes`, each once, ascending. What waits for a channel lies in
/// the shards of those it was sent to.
pub fn shards_of(registry: &Registry, codes: &[ConnectionCode], shards: usize) -> Vec<usize> {
    if codes.iter().any(|code| registry.channel(code).is_some()) {
        return (0..shards).collect();
    }
    let mut indices: Vec<usize> = codes.iter().map(|code| shard_index(code, shards)).collect();
    indices.sort_unstable();
    indices.dedup();
    indices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_of_a_destination_never_changes() {
        // Golden: another answer here would orphan what waits in existing directories.
        let owners = |shards| ["LK", "NO", "AR", "EC", "EU1"].map(|code| shard_index(&code.parse().unwrap(), shards));
        assert_eq!(owners(1), [0; 5]);
        assert_eq!(owners(4), [3, 3, 2, 1, 3]);
    }

    #[test]
    fn each_shard_is_asked_once() {
        let codes = ["LK", "EC", "NO"].map(|code| code.parse().unwrap());
        assert_eq!(shards_of(&Registry::default(), &codes, 4), [1, 3]);
    }
}
