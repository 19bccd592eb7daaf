//! From a local name to its element: a table without a search.

use super::schema::Element;
use crate::words::{ends, same};

/// Entries of the table: a power of two, and so many that a name is mostly where it is looked for first.
const ENTRIES: usize = 512;

/// Spreads the bits of a name over the table: an odd number without a pattern (the golden ratio in 64 bits).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// Elements by the hash of their name; of those that share one, the others follow.
static TABLE: [Element; ENTRIES] = table();

const fn table() -> [Element; ENTRIES] {
    let mut table = [Element::Unknown; ENTRIES];
    let mut index = 0;
    while index < Element::ALL.len() {
        let element = Element::ALL[index];
        let mut entry = hash(element.name().as_bytes());
        while !matches!(table[entry], Element::Unknown) {
            entry = (entry + 1) % ENTRIES;
        }
        table[entry] = element;
        index += 1;
    }
    table
}

#[inline(always)]
const fn hash(name: &[u8]) -> usize {
    let (first, last) = ends(name);
    let mixed = first ^ last.rotate_left(23) ^ name.len() as u64;
    (mixed.wrapping_mul(SPREAD) >> 48) as usize % ENTRIES
}

impl Element {
    /// The element of this local name, [`Element::Unknown`] where the message has none.
    #[inline(always)]
    pub(crate) fn of(name: &[u8]) -> Self {
        let mut entry = hash(name);
        // The table is never full, so there is an end to those that follow.
        loop {
            match TABLE.get(entry % ENTRIES) {
                None | Some(Self::Unknown) => return Self::Unknown,
                Some(element) if same(element.name().as_bytes(), name) => return *element,
                Some(_) => entry += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_no_other() {
        for &element in Element::ALL {
            assert_eq!(Element::of(element.name().as_bytes()), element);
            assert_eq!(Element::of(format!("{}s", element.name()).as_bytes()), Element::Unknown);
        }
        assert_eq!(Element::of(b""), Element::Unknown);
        assert!(Element::ALL.len() < ENTRIES / 2);
    }
}
