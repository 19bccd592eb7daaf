//! Step 6, deliver: what several shards said, put together into one answer, and read without one envelope overtaking
//! another. Asking and reading wait; what is made of it is here.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use phytohub_core::shard::{Listed, NextPush, Pushed};
use phytohub_model::{Locator, Timestamp, TrackedHeader};

/// How often an answer is begun anew when content went away between the shard's word and its reading: it was moved by
/// reclaiming, or ended by another system of the same party. Each try asks again where it lies; a second one is rare.
pub const TRIES_MAX: u32 = 5;

/// Lists of headers of several shards as one.
#[derive(Default)]
pub struct Headers {
    listed: Vec<(Timestamp, TrackedHeader)>,
}

impl Headers {
    /// Adds what one shard said.
    pub fn add(&mut self, listed: Vec<Listed>) {
        self.listed
            .extend(in_order(listed.into_iter().map(|listed| (listed, ()))).map(|(time, header, ())| (time, header)));
    }

    /// At most so many, oldest first.
    pub fn oldest_first(mut self, most: usize) -> Vec<TrackedHeader> {
        // Stable: within a shard the order of acceptance stays, also inside one millisecond.
        self.listed.sort_by_key(|(time, _)| *time);
        self.listed.truncate(most);
        self.listed.into_iter().map(|(_, header)| header).collect()
    }
}

/// Gives each of one shard's list, which is in the order of acceptance, a time by which lists of several shards can be
/// merged: none earlier than the one before it, although the clock may have been set back in between.
fn in_order<T>(listed: impl Iterator<Item = (Listed, T)>) -> impl Iterator<Item = (Timestamp, TrackedHeader, T)> {
    let mut latest = Timestamp(0);
    listed.map(move |(listed, with)| {
        latest = latest.max(listed.accepted_at);
        (latest, listed.header, with)
    })
}

/// Envelopes of several shards on their way to one answer. `P` says in which shard a locator is read.
pub struct Waiting<P> {
    found: Vec<(Timestamp, TrackedHeader, (Locator, P))>,
}

impl<P> Default for Waiting<P> {
    fn default() -> Self {
        Self { found: Vec::new() }
    }
}

impl<P: Clone> Waiting<P> {
    /// Adds what one shard said.
    pub fn add(&mut self, envelopes: Vec<(Listed, Locator)>, place: &P) {
        self.found.extend(in_order(envelopes.into_iter().map(|(listed, at)| (listed, (at, place.clone())))));
    }

    /// What one answer carries, oldest first: at most so many envelopes and bytes, the first whatever its size.
    pub fn oldest_first(mut self, envelopes_max: usize, bytes_max: u64) -> Reading<(Locator, P)> {
        self.found.sort_by_key(|(time, ..)| *time);
        let mut bytes = 0;
        let fits = |(_, header, place): (Timestamp, TrackedHeader, (Locator, P))| {
            let is_first = bytes == 0;
            bytes += u64::from(place.0.length).max(1);
            (is_first || bytes <= bytes_max).then_some((header, place))
        };
        Reading::new(self.found.into_iter().take(envelopes_max).map_while(fits))
    }
}

/// Contents that are read in their order, and never past one that is not there any more: what was accepted later must
/// not overtake it.
pub struct Reading<P> {
    waiting: VecDeque<(TrackedHeader, P)>,
    read: Vec<(TrackedHeader, Bytes)>,
    nothing_waits: bool,
}

impl<P> Reading<P> {
    fn new(waiting: impl Iterator<Item = (TrackedHeader, P)>) -> Self {
        let waiting: VecDeque<_> = waiting.collect();
        Self { nothing_waits: waiting.is_empty(), read: Vec::with_capacity(waiting.len()), waiting }
    }

    /// Where the next content lies; `None` when all were read that can be.
    pub fn next_place(&self) -> Option<&P> {
        self.waiting.front().map(|(_, place)| place)
    }

    /// Takes what was read there; `None` = it is not there any more.
    pub fn take(&mut self, content: Option<Bytes>) {
        match (self.waiting.pop_front(), content) {
            (Some((header, _)), Some(content)) => self.read.push((header, content)),
            _ => self.waiting.clear(),
        }
    }

    /// The answer; `None` when the shards must be asked again, because already the first content was gone.
    pub fn finish(self) -> Option<Vec<(TrackedHeader, Bytes)>> {
        (self.nothing_waits || !self.read.is_empty()).then_some(self.read)
    }
}

/// What several shards said is to be handed to a service next, as one: the oldest that any of them has.
pub struct Soonest<P> {
    reminder_first: bool,
    first: Option<(Box<Pushed>, P)>,
    wait: Duration,
}

/// What is next for a service.
pub enum Next<P> {
    /// This envelope, and where it is read.
    Envelope(Box<Pushed>, P),
    /// Nothing for so long, unless something new comes.
    Nothing(Duration),
}

impl<P> Soonest<P> {
    /// `reminder_first` is what the shards were asked with; with nothing to do the next look is after `wait_max`.
    pub fn new(reminder_first: bool, wait_max: Duration) -> Self {
        Self { reminder_first, first: None, wait: wait_max }
    }

    /// Adds what one shard said.
    pub fn add(&mut self, now: Timestamp, next: NextPush, place: P) {
        match next {
            NextPush::Envelope(pushed) => {
                let rank = |pushed: &Pushed| (pushed.reminder != self.reminder_first, pushed.accepted_at);
                if self.first.as_ref().is_none_or(|(before, _)| rank(&pushed) < rank(before)) {
                    self.first = Some((pushed, place));
                }
            }
            NextPush::At(at) => self.wait = self.wait.min(at.since(now)),
            NextPush::Nothing => {}
        }
    }

    /// What is next.
    pub fn next(self) -> Next<P> {
        self.first.map_or(Next::Nothing(self.wait), |(pushed, place)| Next::Envelope(pushed, place))
    }
}

#[cfg(test)]
mod tests {
    use phytohub_model::{
        CertificateNumber, DeliveryNumber, Document, DocumentStatus, DocumentType, Header, ShardId, TrackingState,
    };

    use super::*;

    fn listed(at: u64, name: u8) -> Listed {
        let header = Header {
            from: "LK".parse().unwrap(),
            to: "NL".parse().unwrap(),
            document: Document { kind: DocumentType::PHYTOSANITARY, status: DocumentStatus::ISSUED },
            certificate_number: CertificateNumber::new("1").unwrap(),
        };
        let number = DeliveryNumber::new(ShardId(0), [name; 15]);
        let header = TrackedHeader { header, number, state: TrackingState::PendingDelivery, message: None };
        Listed { accepted_at: Timestamp(at), header }
    }

    fn at(length: u32) -> Locator {
        Locator { segment: 1, offset: 0, length }
    }

    fn names(headers: impl IntoIterator<Item = TrackedHeader>) -> Vec<u8> {
        headers.into_iter().map(|header| header.number.to_bytes()[15]).collect()
    }

    #[test]
    fn lists_are_merged_by_time_and_each_keeps_its_own_order() {
        let mut headers = Headers::default();
        // The clock was set back between the two of the first shard.
        headers.add(vec![listed(50, 1), listed(10, 2)]);
        headers.add(vec![listed(20, 3), listed(60, 4)]);
        assert_eq!(names(headers.oldest_first(10)), [3, 1, 2, 4]);
    }

    #[test]
    fn an_answer_has_bounds_but_never_less_than_one_envelope() {
        let waiting = || {
            let mut waiting = Waiting::default();
            waiting.add(vec![(listed(1, 1), at(100)), (listed(3, 3), at(10))], &"a");
            waiting.add(vec![(listed(2, 2), at(10))], &"b");
            waiting
        };
        let read = |envelopes_max, bytes_max| {
            let mut reading = waiting().oldest_first(envelopes_max, bytes_max);
            while reading.next_place().is_some() {
                reading.take(Some(Bytes::new()));
            }
            names(reading.finish().unwrap().into_iter().map(|(header, _)| header))
        };
        assert_eq!(read(10, 1000), [1, 2, 3]);
        assert_eq!(read(2, 1000), [1, 2]);
        assert_eq!(read(10, 115), [1, 2]);
        assert_eq!(read(10, 1), [1]);
    }

    #[test]
    fn what_was_moved_while_it_was_read_is_not_overtaken() {
        let mut waiting = Waiting::default();
        waiting.add(vec![(listed(1, 1), at(1)), (listed(2, 2), at(2)), (listed(3, 3), at(3))], &());
        let mut reading = waiting.oldest_first(10, 1000);
        while let Some((locator, ())) = reading.next_place() {
            let is_moved = locator.length == 2;
            reading.take((!is_moved).then(|| Bytes::from_static(b"content")));
        }
        assert_eq!(names(reading.finish().unwrap().into_iter().map(|(header, _)| header)), [1]);
    }

    #[test]
    fn an_answer_whose_first_content_is_gone_is_begun_anew() {
        let mut waiting = Waiting::default();
        waiting.add(vec![(listed(1, 1), at(1)), (listed(2, 2), at(1))], &());
        let mut reading = waiting.oldest_first(10, 1000);
        reading.take(None);
        assert!(reading.next_place().is_none() && reading.finish().is_none());
        assert_eq!(Waiting::<()>::default().oldest_first(10, 1000).finish(), Some(Vec::new()));
    }
}
