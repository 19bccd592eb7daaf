//! What is random about a run, from its seed: the same run again is the same run.

use phytohub_certificates::Random;

/// What is random about the thing of this number, wherever and whenever it is asked.
pub(crate) fn of(seed: u64, number: u64) -> u64 {
    let mixed = Random::new(number).next();
    Random::new(seed ^ mixed).next()
}

/// A number from 0 to 1, without 1, out of one of 64 bits.
pub(crate) fn fraction(number: u64) -> f64 {
    (number >> 11) as f64 / (1_u64 << 53) as f64
}

/// With mean 1: the distance between two events that know nothing of each other.
pub(crate) fn exponential(random: &mut Random) -> f64 {
    -(1.0 - fraction(random.next())).ln()
}
