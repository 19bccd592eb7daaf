//! The envelopes of one shard: what was accepted, what waits for whom, how it ended.
//!
//! Entries live in a slab of slots; tables lead from numbers and fingerprints to slots, and each destination's inbox
//! and each sender's outbox is a list through the slots in order of acceptance. State changes in [`Shard::apply`] and,
//! by time alone, in [`Shard::forget`].

mod account;
mod apply;
mod aside;
mod command;
mod decide;
mod entry;
mod failed;
mod forget;
mod index;
mod invariants;
mod lists;
mod push;
mod reclaim;
mod search;
mod segments;
mod story;

use std::collections::{BTreeMap, HashMap};
use std::hash::RandomState;

pub use account::{Account, AccountRow, Wanted};
pub use command::{
    Answer, Applied, Command, Copied, Copy, Decision, Deliver, Elsewhere, Facts, Freed, Inbox, Listed, NextPush,
    Parked, Pushed, Room, SegmentUse, Settings, Survivor,
};
pub use failed::{FailedGroup, FailedPart, FailedWanted};
use phytohub_model::{Accepted, ConnectionCode, DeliveryNumber, Header, Locator, Route, ShardId, Track, TrackedHeader};
pub use push::ParkAfter;
pub use search::{Found, FoundRow, Search, Sought};
pub use story::{Story, StoryStep};

use apply::Replay;
use aside::{Asides, Routed};
use entry::{Entry, NO_SEGMENT, Slab};
use index::{Index, number_hash};
use lists::{Lane, List};
use push::Pushing;
use segments::Segments;

/// The state of one shard.
#[derive(Clone, Debug)]
pub struct Shard {
    id: ShardId,
    settings: Settings,
    entries: Slab,
    by_number: Index,
    /// Envelopes that a repeated delivery may meet: what waits, and what was delivered not long ago. Of several with
    /// the same fingerprint the latest.
    by_fingerprint: Index,
    keys: RandomState,
    /// What few envelopes have besides their entries.
    asides: Asides,
    /// Waiting envelopes that a service did not take, by their sequence.
    parked: BTreeMap<u64, u32>,
    parties: Vec<Party>,
    party_ids: HashMap<ConnectionCode, u32>,
    /// Finished envelopes that may still stand in `by_fingerprint`, in order of their end.
    recent: List,
    /// Finished envelopes of which only the track is left to keep, in order of their end.
    finished: List,
    /// Finished envelopes past their retention whose acceptance still lies in the journal.
    overdue: List,
    pending: u64,
    next_sequence: u64,
    segments: Segments,
    /// Present until the journal is replayed: lists are linked after that.
    replay: Option<Replay>,
    /// Copies of contents that the replay found twice, as after a crash between copying and releasing.
    superfluous: Vec<Locator>,
}

/// A sender or destination.
#[derive(Clone, Debug)]
struct Party {
    code: ConnectionCode,
    inbox: List,
    outbox: List,
    /// Where its own service stands in the inbox.
    pushing: Pushing,
    /// Whether something was ever addressed to it.
    receives: bool,
}

impl Shard {
    /// An empty shard, ready for the facts of its journal; [`Self::recovered`] ends their replay.
    pub fn new(id: ShardId, settings: Settings) -> Self {
        Self {
            id,
            settings,
            entries: Slab::new(),
            by_number: Index::new(),
            by_fingerprint: Index::new(),
            keys: RandomState::new(),
            asides: Asides::default(),
            parked: BTreeMap::new(),
            parties: Vec::new(),
            party_ids: HashMap::new(),
            recent: List::new(Lane::Main),
            finished: List::new(Lane::Main),
            overdue: List::new(Lane::Main),
            pending: 0,
            next_sequence: 0,
            segments: Segments::default(),
            replay: Some(Replay::default()),
            superfluous: Vec::new(),
        }
    }

    /// Which shard this is.
    pub fn id(&self) -> ShardId {
        self.id
    }

    /// How many envelopes wait.
    pub fn pending(&self) -> u64 {
        self.pending
    }

    /// How many finished envelopes can be tracked.
    pub fn tracks(&self) -> u64 {
        self.entries.len() as u64 - self.pending
    }

    /// What waits for each destination that ever got something here, also when that is nothing now.
    pub fn inboxes(&self) -> impl Iterator<Item = Inbox> + '_ {
        self.parties.iter().filter(|party| party.receives).map(|party| Inbox {
            code: party.code,
            pending: u64::from(party.inbox.length),
            oldest: party.inbox.first().map(|slot| self.entries.get(slot).accepted_at),
        })
    }

    /// How many envelopes of each sender wait, for senders with any.
    pub fn senders(&self) -> impl Iterator<Item = (ConnectionCode, u64)> + '_ {
        let sending = self.parties.iter().filter(|party| party.outbox.length > 0);
        sending.map(|party| (party.code, u64::from(party.outbox.length)))
    }

    /// Where the content of each waiting envelope lies: after recovery all of it must be readable.
    pub fn pending_locators(&self) -> impl Iterator<Item = (DeliveryNumber, Locator)> + '_ {
        let entries = self.entries.iter().map(|(_, entry)| entry);
        entries.filter(|entry| entry.is_pending()).map(|entry| (entry.number, entry.accepted))
    }

    fn slot_of(&self, number: DeliveryNumber) -> Option<u32> {
        self.by_number.find(number_hash(number), |slot| self.entries.get(slot).number == number)
    }

    fn entry_of(&self, number: DeliveryNumber) -> Option<&Entry> {
        self.slot_of(number).map(|slot| self.entries.get(slot))
    }

    fn party_id(&self, code: &ConnectionCode) -> Option<u32> {
        self.party_ids.get(code).copied()
    }

    /// The party's id; a new one for a code not met before. Codes come from admitted headers only, so there are no
    /// more of them than members.
    fn intern(&mut self, code: ConnectionCode) -> u32 {
        *self.party_ids.entry(code).or_insert_with(|| {
            let (inbox, outbox) = (List::new(Lane::Main), List::new(Lane::Sent));
            self.parties.push(Party { code, inbox, outbox, pushing: Pushing::new(), receives: false });
            (self.parties.len() - 1) as u32
        })
    }

    fn party(&self, id: u32) -> &Party {
        &self.parties[id as usize]
    }

    fn party_mut(&mut self, id: u32) -> &mut Party {
        &mut self.parties[id as usize]
    }

    fn routed(&self, entry: &Entry) -> Option<Routed> {
        self.asides.get(&entry.number).and_then(|aside| aside.routed)
    }

    /// To of its header.
    fn to_of(&self, entry: &Entry) -> u32 {
        self.routed(entry).map_or(entry.receiver, |routed| routed.to)
    }

    fn route_of(&self, entry: &Entry) -> Option<Box<Route>> {
        let Routed { straight, sender, original, .. } = self.routed(entry)?;
        let receiver = (!straight).then(|| self.party(entry.receiver).code);
        Some(Box::new(Route { receiver, sender: sender.map(|id| self.party(id).code), original }))
    }

    fn header_of(&self, entry: &Entry) -> Header {
        Header {
            from: self.party(entry.from).code,
            to: self.party(self.to_of(entry)).code,
            document: entry.document,
            certificate_number: entry.certificate_number.clone(),
        }
    }

    fn tracked_header_of(&self, entry: &Entry) -> TrackedHeader {
        TrackedHeader {
            header: self.header_of(entry),
            number: entry.number,
            state: entry.end.state,
            message: entry.end.message.clone(),
        }
    }

    /// What is left of a finished envelope.
    fn track_of(&self, entry: &Entry) -> Track {
        debug_assert!(!entry.is_pending());
        Track {
            accepted: Accepted {
                number: entry.number,
                sequence: entry.sequence,
                at: entry.accepted_at,
                header: self.header_of(entry),
                fingerprint: entry.fingerprint,
                route: self.route_of(entry),
            },
            state: entry.end.state,
            finished_at: entry.end.at,
            message: entry.end.message.clone(),
        }
    }

    fn listed(&self, entry: &Entry) -> Listed {
        Listed { accepted_at: entry.accepted_at, header: self.tracked_header_of(entry) }
    }

    /// Whether the record with the entry's content still lies in the journal.
    fn has_content_record(&self, entry: &Entry) -> bool {
        entry.accepted.segment != NO_SEGMENT && self.segments.is_live(entry.accepted.segment)
    }
}
