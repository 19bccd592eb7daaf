//! Step 5, route: which shard owns a destination.

use phytohub_model::ConnectionCode;
use xxhash_rust::xxh3::xxh3_64;

/// Index of the shard that owns envelopes to `destination`. Fixed for ever for a given number of shards: the journals
/// of a hub's directory are laid out by it.
pub(crate) fn shard_index(destination: &ConnectionCode, shards: usize) -> usize {
    (xxh3_64(destination.as_str().as_bytes()) % shards.max(1) as u64) as usize
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
}
