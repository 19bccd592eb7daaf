//! From a local name to its element: a table without a search.

use super::schema::Element;
use crate::words::{NAME_BYTES, ends, same};

/// Entries of the table, as a power of two.
const ENTRIES_BITS: u32 = 10;
const ENTRIES: usize = 1 << ENTRIES_BITS;

/// Spreads the names over the table so that no two meet: an odd number found by trying. A new name may need another.
const SPREAD: u64 = 0xC04D_D2B5_BC86_4E8F;

/// Elements by the hash of their name.
static TABLE: [Element; ENTRIES] = table();

const fn table() -> [Element; ENTRIES] {
    let mut table = [Element::Unknown; ENTRIES];
    let mut index = 0;
    while index < Element::ALL.len() {
        let element = Element::ALL[index];
        let name = element.name().as_bytes();
        let entry = hash(ends(name), name.len());
        assert!(matches!(table[entry], Element::Unknown), "two names meet: try other numbers for SPREAD");
        table[entry] = element;
        index += 1;
    }
    table
}

#[inline(always)]
const fn hash((first, last): (u64, u64), length: usize) -> usize {
    let mixed = first ^ last.rotate_left(23) ^ length as u64;
    (mixed.wrapping_mul(SPREAD) >> (u64::BITS - ENTRIES_BITS)) as usize
}

impl Element {
    /// The element of this local name, [`Element::Unknown`] where the message has none.
    #[inline(always)]
    pub(crate) fn of(name: &[u8]) -> Self {
        Self::at(hash(ends(name), name.len()), name)
    }

    /// As [`Self::of`], of the name that is so long and at the beginning of `bytes`.
    #[inline(always)]
    pub(crate) fn beginning(bytes: &[u8; NAME_BYTES], length: usize) -> Self {
        let first = u64::from_le_bytes(*bytes.first_chunk().unwrap_or(&[0; 8]));
        let name = bytes.get(..length).unwrap_or_default();
        let ends = match name.last_chunk() {
            Some(last) => (first, u64::from_le_bytes(*last)),
            None => {
                let first = first & !(u64::MAX << (8 * length));
                (first, first)
            }
        };
        Self::at(hash(ends, length), name)
    }

    #[inline(always)]
    fn at(entry: usize, name: &[u8]) -> Self {
        let element = TABLE[entry];
        if same(element.name().as_bytes(), name) { element } else { Self::Unknown }
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
    }
}
