//! Content seen from outside: its identity, never its text.

use crate::ConnectionCode;

/// 128-bit hash that tells one delivery from another: sender, destination, type, status, certificate number and the
/// content's raw bytes. Two deliveries with the same one are the same delivery, sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub u128);

impl Fingerprint {
    /// The identity of the copy of this delivery that goes to a channel: always the same one for the same two.
    pub fn of_copy_for(self, receiver: &ConnectionCode) -> Self {
        // FNV-1a over the code, begun with the delivery's own hash: that is spread already, so this only has to differ.
        const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013B;
        let mix = |hash: u128, byte: u8| (hash ^ u128::from(byte)).wrapping_mul(PRIME);
        Self(receiver.as_str().bytes().fold(self.0 ^ 1, mix))
    }
}

/// What the core is told of a delivery's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// Bytes as stored.
    pub length: u32,
    /// Identity of the delivery it came in.
    pub fingerprint: Fingerprint,
}
