//! The network between members and the hub: messages are lost, late, doubled, and answers come when nobody waits for
//! them any more.

use crate::random::Random;

/// How the network is just now.
pub(crate) struct Network {
    random: Random,
    /// Messages of a thousand that are lost.
    loss: u64,
    /// Of a thousand that arrive twice.
    doubled: u64,
    /// Of a thousand that are very late.
    late: u64,
}

/// Usual time of a message, in milliseconds.
const TRAVEL: u64 = 20;
/// The longest, when one is late.
const LATE: u64 = 8000;

impl Network {
    pub(crate) fn new(random: Random, loss: u64) -> Self {
        Self { random, loss, doubled: loss, late: loss / 2 }
    }

    /// So much is lost from now on; a storm doubles and delays more, too.
    pub(crate) fn set(&mut self, loss: u64) {
        (self.loss, self.doubled, self.late) = (loss, loss, loss / 2);
    }

    /// When the copies of a message arrive, from now on: none, one or two.
    pub(crate) fn carry(&mut self) -> Vec<u64> {
        if self.random.per_mille(self.loss) {
            return Vec::new();
        }
        let count = if self.random.per_mille(self.doubled) { 2 } else { 1 };
        (0..count).map(|_| self.travel()).collect()
    }

    fn travel(&mut self) -> u64 {
        let most = if self.random.per_mille(self.late) { LATE } else { TRAVEL };
        self.random.between(1, most)
    }
}
