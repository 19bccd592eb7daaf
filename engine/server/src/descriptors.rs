//! File descriptors: connections must never take those that the journal needs.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Kept for segments, which stay open while they hold something, for push and for the admin address.
const KEPT: u64 = 1024;

/// Raises the limit as far as the process may, and gives how many connections may be open. Where descriptors run out
/// the journal cannot make its next segment, and the hub would end by a client's doing.
pub(crate) fn for_connections(wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, ..limit };
    let most = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    let free = most.map_or(u64::MAX, connections);
    let free = usize::try_from(free).unwrap_or(usize::MAX);
    if free < wanted {
        tracing::warn!(
            target: "phytohub",
            connections_max = wanted,
            open_max = free,
            "the system allows fewer open files than the settings need; raise the limit (LimitNOFILE, ulimit -n)"
        );
    }
    free
}

/// How many of so many descriptors are for connections.
fn connections(descriptors: u64) -> u64 {
    (descriptors / 2).max(descriptors.saturating_sub(KEPT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_journal_keeps_its_share() {
        assert_eq!([256, 1024, 2048, 65_536].map(connections), [128, 512, 1024, 64_512]);
    }
}
