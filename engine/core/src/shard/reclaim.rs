//! What the journal may give back.

use phytohub_model::{DeliveryNumber, Fact, Locator};

use super::Shard;
use super::aside::Step;
use super::command::{SegmentUse, Survivor};

/// A segment of which less than this is needed is worth reclaiming: the journal then takes at most about twice the
/// room of what it has to keep, and a record is written again about once on average.
const NEEDED_PERCENT_MAX: u64 = 50;

/// What a record takes in the journal besides its content, and what a track takes, roughly.
const RECORD_BYTES: u64 = 256;

impl Shard {
    /// How much of a segment is still needed.
    pub fn segment_use(&self, segment: u32) -> SegmentUse {
        self.segments.get(segment).needed
    }

    /// Of the journal's sealed segments, given with the bytes used in each, the one most worth reclaiming: one of which
    /// nothing is needed, else one that keeps tracks from being forgotten, else the least needed one if that is
    /// below half.
    pub fn reclaimable(&self, sealed: &[(u32, u64)]) -> Option<u32> {
        sealed
            .iter()
            .filter_map(|&(number, used)| {
                let segment = self.segments.get(number);
                let needed = segment.needed.pending_bytes + segment.needed.facts * RECORD_BYTES;
                let percent = needed.saturating_mul(100) / used.max(1);
                match (segment.needed.facts, segment.overdue || self.segments.is_moved_away(number)) {
                    (0, _) => Some((0, 0, number)),
                    (_, true) => Some((1, percent, number)),
                    (_, false) => (percent < NEEDED_PERCENT_MAX).then_some((2, percent, number)),
                }
            })
            .min()
            .map(|(_, _, number)| number)
    }

    /// What of a record must be written again before its segment is released.
    pub fn survivor(&self, fact: &Fact, locator: Locator) -> Survivor {
        match fact {
            Fact::Accepted(accepted) => match self.entry_of(accepted.number) {
                Some(entry) if entry.accepted != locator => Survivor::Drop,
                Some(entry) if entry.is_pending() => Survivor::Copy,
                // With the end in the same segment, the end's record brings the track.
                Some(entry) if !entry.end.tracked && entry.end.segment != locator.segment => {
                    Survivor::Track(self.track_of(entry))
                }
                _ => Survivor::Drop,
            },
            Fact::Acknowledged(acknowledged) => self.survivor_of_end(acknowledged.number, locator, false),
            Fact::Expired(expired) => self.survivor_of_end(expired.number, locator, false),
            Fact::Track(track) => self.survivor_of_end(track.accepted.number, locator, true),
            Fact::Attempted(attempted) => self.survivor_of_step(attempted.number, attempted.ordinal, locator),
            Fact::Redelivered(redelivered) => self.survivor_of_step(redelivered.number, redelivered.ordinal, locator),
            // Not a shard's fact; what is not understood is not dropped.
            Fact::Registry(_) => Survivor::Copy,
        }
    }

    /// What happened to an envelope is kept as long as its track.
    fn survivor_of_step(&self, number: DeliveryNumber, ordinal: u32, locator: Locator) -> Survivor {
        let steps = self.asides.get(&number).map_or(&[][..], |aside| &aside.steps);
        let lies_here = |step: &Step| step.ordinal == ordinal && step.segment == locator.segment;
        if steps.iter().any(lies_here) { Survivor::Copy } else { Survivor::Drop }
    }

    fn survivor_of_end(&self, number: DeliveryNumber, locator: Locator, tracked: bool) -> Survivor {
        match self.entry_of(number) {
            Some(entry)
                if !entry.is_pending() && entry.end.segment == locator.segment && entry.end.tracked == tracked =>
            {
                Survivor::Track(self.track_of(entry))
            }
            _ => Survivor::Drop,
        }
    }

    /// To be called when the journal releases a segment: tracks whose envelope's acceptance lay there can be forgotten
    /// in their time.
    ///
    /// # Panics
    /// When something in the segment is still needed: better no hub than one that loses an envelope.
    pub fn released(&mut self, segment: u32) {
        let released = self.segments.release(segment);
        assert_eq!(released.needed, SegmentUse::default(), "segment {segment} is released but still needed");
    }

    /// After recovery: content that lies in the journal and is no longer needed, because its envelope has ended or it
    /// was copied elsewhere. It may have been erased already.
    pub fn erasable(&self) -> impl Iterator<Item = Locator> + '_ {
        let entries = self.entries.iter().map(|(_, entry)| entry);
        let ended = entries.filter(|entry| !entry.is_pending() && self.has_content_record(entry));
        ended.map(|entry| entry.accepted).chain(self.superfluous.iter().copied())
    }
}
