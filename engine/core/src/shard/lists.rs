//! Doubly linked lists through the slots: inboxes, outboxes, finished envelopes.

use super::entry::{Links, NIL, Slab};

/// Which links of an entry a list runs through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// Inbox, or finished.
    Main,
    /// Outbox.
    Sent,
}

/// One list.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    pub(super) lane: Lane,
    pub(super) head: u32,
    pub(super) tail: u32,
    pub(super) length: u32,
}

impl List {
    pub(super) const fn new(lane: Lane) -> Self {
        Self { lane, head: NIL, tail: NIL, length: 0 }
    }

    pub(super) fn push(&mut self, slab: &mut Slab, slot: u32) {
        *links(slab, self.lane, slot) = Links { previous: self.tail, next: NIL };
        match self.tail {
            NIL => self.head = slot,
            tail => links(slab, self.lane, tail).next = slot,
        }
        self.tail = slot;
        self.length += 1;
    }

    pub(super) fn unlink(&mut self, slab: &mut Slab, slot: u32) {
        let Links { previous, next } = std::mem::replace(links(slab, self.lane, slot), Links::NONE);
        match previous {
            NIL => self.head = next,
            previous => links(slab, self.lane, previous).next = next,
        }
        match next {
            NIL => self.tail = previous,
            next => links(slab, self.lane, next).previous = previous,
        }
        self.length -= 1;
    }

    /// The first slot, if there is one.
    pub(super) fn first(&self) -> Option<u32> {
        (self.head != NIL).then_some(self.head)
    }

    /// The slot behind `slot`, if there is one.
    pub(super) fn after(&self, slab: &Slab, slot: u32) -> Option<u32> {
        let next = links_of(slab, self.lane, slot).next;
        (next != NIL).then_some(next)
    }

    /// All slots, from the first on.
    pub(super) fn iter<'a>(&self, slab: &'a Slab) -> impl Iterator<Item = u32> + 'a {
        let list = *self;
        std::iter::successors(list.first(), move |&slot| list.after(slab, slot))
    }
}

pub(super) fn links_of(slab: &Slab, lane: Lane, slot: u32) -> Links {
    let entry = slab.get(slot);
    match lane {
        Lane::Main => entry.links,
        Lane::Sent => entry.sent_links,
    }
}

fn links(slab: &mut Slab, lane: Lane, slot: u32) -> &mut Links {
    let entry = slab.get_mut(slot);
    match lane {
        Lane::Main => &mut entry.links,
        Lane::Sent => &mut entry.sent_links,
    }
}
