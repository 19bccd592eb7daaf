//! Content seen from outside: its identity, never its text.

/// 128-bit hash that tells one delivery from another: sender, destination, type, status, certificate number and the
/// content's raw bytes. Two deliveries with the same one are the same delivery, sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub u128);

/// What the core is told of a delivery's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// Bytes as stored.
    pub length: u32,
    /// Identity of the delivery it came in.
    pub fingerprint: Fingerprint,
}
