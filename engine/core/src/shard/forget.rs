//! Step 8, forget: what follows from time alone. No fact is written for it, since a replay followed by the same calls
//! forgets the same.

use phytohub_model::Timestamp;

use super::Shard;
use super::entry::{Entry, NO_SEGMENT};
use super::index::number_hash;

/// Work of one call in each list, in envelopes looked at: a millisecond or two, so that requests need not wait for it,
/// and at two calls a second as many as a busy hub ends.
const LOOKED_AT_PER_CALL: u32 = 10_000;

impl Shard {
    /// Drops tracks past their retention and the memory of deliveries past the retry window. Gives the number of
    /// tracks dropped. Bounded work a call, so it wants to be called often.
    ///
    /// A track stays as long as an acceptance of its envelope lies in the journal, whatever its age: without the track
    /// that record would make a waiting envelope of it at the next start. See [`Self::released`].
    pub fn forget(&mut self, now: Timestamp) -> usize {
        self.forget_deliveries(now);
        self.forget_tracks(now)
    }

    fn forget_deliveries(&mut self, now: Timestamp) {
        for _ in 0..LOOKED_AT_PER_CALL {
            let Some(slot) = self.recent.first() else { return };
            let ended_at = self.entries.get(slot).end.at;
            if ended_at <= now && now.since(ended_at) < self.settings.retry_window {
                return;
            }
            self.recent.unlink(&mut self.entries, slot);
            if ended_at <= now {
                self.forget_delivery(slot);
                self.finished.push(&mut self.entries, slot);
            } else {
                // The clock was ahead when it ended and is right again: it must not hold up those behind it.
                self.recent.push(&mut self.entries, slot);
            }
        }
    }

    fn forget_tracks(&mut self, now: Timestamp) -> usize {
        let mut forgotten = 0;
        for _ in 0..self.overdue.length.min(LOOKED_AT_PER_CALL) {
            let Some(slot) = self.overdue.first() else { break };
            self.overdue.unlink(&mut self.entries, slot);
            forgotten += self.drop_or_wait(slot);
        }
        for _ in 0..LOOKED_AT_PER_CALL {
            let Some(slot) = self.finished.first() else { break };
            let ended_at = self.entries.get(slot).end.at;
            if ended_at <= now && now.since(ended_at) < self.settings.track_retention {
                break;
            }
            self.finished.unlink(&mut self.entries, slot);
            if ended_at <= now {
                forgotten += self.drop_or_wait(slot);
            } else {
                self.finished.push(&mut self.entries, slot);
            }
        }
        forgotten
    }

    /// Drops a track past its retention, unless an acceptance of its envelope still lies in the journal. Gives the
    /// number of tracks dropped.
    fn drop_or_wait(&mut self, slot: u32) -> usize {
        let entry = self.entries.get(slot);
        let older_copies = self.segments.first_moved_away().is_some_and(|first| first <= entry.moved_from);
        if self.has_content_record(entry) {
            self.segments.mark_overdue(entry.accepted.segment);
        } else if entry.moved_from == NO_SEGMENT || !older_copies {
            self.drop_track(slot);
            return 1;
        }
        self.overdue.push(&mut self.entries, slot);
        0
    }

    fn drop_track(&mut self, slot: u32) {
        self.segments.subtract(self.entries.get(slot));
        // Present only when its end was not looked at since the window closed.
        self.forget_delivery(slot);
        let Entry { number, .. } = self.entries.remove(slot);
        if let Some(aside) = self.asides.remove(&number) {
            aside.steps.iter().for_each(|step| self.segments.subtract_record(step.segment));
        }
        self.by_number.remove(number_hash(number), slot);
    }
}
