//! What several tests need.

#![allow(dead_code, reason = "each test file uses its part")]

use phytoload_traffic::{COUNTRIES, Prototype, Traffic, TrafficSettings, number};

/// Traffic between the first of the world's countries.
pub(crate) fn traffic(settings: &TrafficSettings, seed: u64) -> Traffic {
    assert_eq!(settings.check(), Ok(()));
    Traffic::new(settings, &COUNTRIES.map(str::to_owned), seed)
}

/// A number for the prototype.
pub(crate) fn number_of(traffic: &Traffic, prototype: &Prototype, id: u64) -> String {
    number(&traffic.members[usize::from(prototype.from)].code, id)
}

pub(crate) fn body(prototype: &Prototype, number: &str) -> Vec<u8> {
    let mut out = Vec::new();
    prototype.body(number, &mut out);
    out
}

pub(crate) fn content(prototype: &Prototype, number: &str) -> Vec<u8> {
    let mut out = Vec::new();
    prototype.content(number, &mut out);
    out
}
