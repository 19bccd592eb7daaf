//! How much of each segment of the journal is still needed: part of the state, so replay rebuilds it.

use std::collections::{BTreeMap, BTreeSet};

use super::command::SegmentUse;
use super::entry::{Entry, NO_SEGMENT};

/// What the shard knows of one segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) needed: SegmentUse,
    /// A track waits to be forgotten until the envelope's acceptance, which lies here, is gone.
    pub(super) overdue: bool,
}

/// All segments in which records of this shard lie.
#[derive(Clone, Debug, Default)]
pub(super) struct Segments {
    live: BTreeMap<u32, Segment>,
    /// Those from which envelopes were moved away, and whose old records therefore lie there until the segment is
    /// released. Were a track forgotten meanwhile, a restart would find such a record and take the envelope for a
    /// waiting one.
    moved_away: BTreeSet<u32>,
}

/// Each record that is still needed because of this entry, as (segment, bytes of content).
fn needs(entry: &Entry) -> impl Iterator<Item = (u32, u64)> {
    let accepted = match (entry.is_pending(), entry.end.tracked) {
        (true, _) => Some((entry.accepted.segment, u64::from(entry.accepted.length))),
        (false, false) => Some((entry.accepted.segment, 0)),
        (false, true) => None,
    };
    let end = (!entry.is_pending()).then_some((entry.end.segment, 0));
    accepted.into_iter().chain(end).filter(|&(segment, _)| segment != NO_SEGMENT)
}

impl Segments {
    /// A record was written there.
    pub(super) fn seen(&mut self, segment: u32) {
        self.live.entry(segment).or_default();
    }

    /// Counts what is needed because of `entry`.
    pub(super) fn add(&mut self, entry: &Entry) {
        for (segment, bytes) in needs(entry) {
            let needed = &mut self.live.entry(segment).or_default().needed;
            needed.facts += 1;
            needed.pending_bytes += bytes;
        }
    }

    /// Takes back what [`Self::add`] counted; the entry must not have changed since.
    pub(super) fn subtract(&mut self, entry: &Entry) {
        for (segment, bytes) in needs(entry) {
            let needed = &mut self.live.entry(segment).or_default().needed;
            needed.facts -= 1;
            needed.pending_bytes -= bytes;
        }
    }

    /// Counts a record without content, as of a call of a service.
    pub(super) fn add_record(&mut self, segment: u32) {
        self.live.entry(segment).or_default().needed.facts += 1;
    }

    /// Takes back what [`Self::add_record`] counted.
    pub(super) fn subtract_record(&mut self, segment: u32) {
        self.live.entry(segment).or_default().needed.facts -= 1;
    }

    pub(super) fn get(&self, segment: u32) -> Segment {
        self.live.get(&segment).copied().unwrap_or_default()
    }

    /// Whether records are there and the segment was not released.
    pub(super) fn is_live(&self, segment: u32) -> bool {
        self.live.contains_key(&segment)
    }

    pub(super) fn mark_overdue(&mut self, segment: u32) {
        if let Some(segment) = self.live.get_mut(&segment) {
            segment.overdue = true;
        }
    }

    pub(super) fn mark_moved_away(&mut self, segment: u32) {
        if self.is_live(segment) {
            self.moved_away.insert(segment);
        }
    }

    pub(super) fn is_moved_away(&self, segment: u32) -> bool {
        self.moved_away.contains(&segment)
    }

    /// The lowest segment in which an old record of a moved envelope may lie.
    pub(super) fn first_moved_away(&self) -> Option<u32> {
        self.moved_away.first().copied()
    }

    pub(super) fn release(&mut self, segment: u32) -> Segment {
        self.moved_away.remove(&segment);
        self.live.remove(&segment).unwrap_or_default()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Segment)> {
        self.live.iter().map(|(&number, segment)| (number, segment))
    }
}
