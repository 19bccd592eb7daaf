//! The table of types in the form in which it is asked: by element, and by sets of children as bits.

use super::schema::{Child, ELEMENTS, Element, Type};

/// Children that one type has at most: their sets are bits of a word.
pub(super) const CHILDREN_MAX: usize = u32::BITS as usize;

/// No child of the type.
const NONE: u8 = u8::MAX;

/// What is asked of a type.
struct Row {
    /// The place of each element among the children.
    slots: [u8; ELEMENTS],
    mandatory: u32,
    fillers: u32,
    /// [`Type::children`], which is a jump that no processor foresees.
    children: &'static [Child],
}

static ROWS: [Row; Type::ALL.len()] = rows();

const fn rows() -> [Row; Type::ALL.len()] {
    let mut rows =
        [const { Row { slots: [NONE; ELEMENTS], mandatory: 0, fillers: 0, children: &[] } }; Type::ALL.len()];
    let mut kind = 0;
    while kind < rows.len() {
        let children = Type::ALL[kind].children();
        rows[kind].children = children;
        let mut slot = 0;
        while slot < children.len() {
            let Child { element, need, .. } = children[slot];
            rows[kind].slots[element as usize] = slot as u8;
            rows[kind].mandatory |= (need.is_mandatory() as u32) << slot;
            rows[kind].fillers |= (need.is_filler() as u32) << slot;
            slot += 1;
        }
        kind += 1;
    }
    rows
}

impl Type {
    /// The child that is `element`, and its place in the schema's order.
    #[inline(always)]
    pub(crate) fn child(self, element: Element) -> Option<(usize, Child)> {
        let row = ROWS.get(self as usize)?;
        let slot = usize::from(*row.slots.get(element as usize)?);
        Some((slot, *row.children.get(slot)?))
    }

    /// The mandatory children among those that are not in `seen`, and then the fillers, as bits.
    #[inline(always)]
    pub(crate) fn missing(self, seen: u32) -> [u32; 2] {
        ROWS.get(self as usize).map_or([0; 2], |row| [row.mandatory & !seen, row.fillers & !seen])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_say_what_the_table_of_types_says() {
        for &kind in Type::ALL {
            assert!(kind.children().len() <= CHILDREN_MAX, "{kind:?}");
            for (slot, child) in kind.children().iter().enumerate() {
                let (found, same) = kind.child(child.element).unwrap();
                assert_eq!((found, same.kind), (slot, child.kind), "{kind:?}");
                let others = !(1 << slot);
                assert_eq!(kind.missing(others)[0] != 0, child.need.is_mandatory(), "{kind:?} {slot}");
                assert_eq!(kind.missing(others)[1] != 0, child.need.is_filler(), "{kind:?} {slot}");
            }
            let strangers = Element::ALL.iter().filter(|element| kind.child(**element).is_none()).count();
            assert_eq!(strangers, Element::ALL.len() - kind.children().len(), "{kind:?}");
            assert!(kind.child(Element::Unknown).is_none());
        }
        // The thirty of the message, and the two that choose the form of a date or an indicator.
        assert_eq!(Type::ALL.iter().filter(|kind| !kind.children().is_empty()).count(), 32);
    }
}
