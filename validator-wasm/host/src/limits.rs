//! What a module may use.

use std::time::Duration;

/// Bounds for one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Memory of an instance in bytes. A document of the largest size that a hub takes, all of it elements, needs less
    /// than the default.
    pub memory_bytes: usize,
    /// Time for a judgement; kept to a hundredth of a second.
    pub deadline: Duration,
    /// Certificates that are judged at the same time; more wait for their turn.
    pub instances: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory_bytes: 1 << 30, deadline: Duration::from_secs(5), instances: 32 }
    }
}
