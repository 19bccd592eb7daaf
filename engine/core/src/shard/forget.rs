//! Step 8, forget: what follows from time alone. No fact is written for it, since a replay followed by the same calls
//! forgets the same.

use phytohub_model::Timestamp;

use super::Shard;
use super::entry::{Entry, NO_SEGMENT};
use super::index::number_hash;

/// Work of one call, in envelopes looked at: well below a millisecond, so that requests need not wait for it.
const LOOKED_AT_PER_CALL: usize = 2000;

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
        let moved_away = self.segments.first_moved_away();
        for _ in 0..LOOKED_AT_PER_CALL {
            let Some(slot) = self.finished.first() else { break };
            let entry = self.entries.get(slot);
            let ended_at = entry.end.at;
            if ended_at <= now && now.since(ended_at) < self.settings.track_retention {
                break;
            }
            self.finished.unlink(&mut self.entries, slot);
            let entry = self.entries.get(slot);
            let moved = entry.moved_from != NO_SEGMENT && moved_away.is_some_and(|first| first <= entry.moved_from);
            if ended_at > now || moved || self.has_content_record(entry) {
                if ended_at <= now && !moved {
                    self.segments.mark_overdue(entry.accepted.segment);
                }
                self.finished.push(&mut self.entries, slot);
            } else {
                self.drop_track(slot);
                forgotten += 1;
            }
        }
        forgotten
    }

    fn drop_track(&mut self, slot: u32) {
        self.segments.subtract(self.entries.get(slot));
        // Present only when its end was not looked at since the window closed.
        self.forget_delivery(slot);
        let Entry { number, .. } = self.entries.remove(slot);
        self.by_number.remove(number_hash(number), slot);
    }
}
