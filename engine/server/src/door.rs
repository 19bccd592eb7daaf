//! Who may connect: connections are bounded in all, for each address and for each party, and so are handshakes that are
//! under way.
//!
//! Where a bound is reached, the connection that has been idle longest, or is longest in its handshake, makes room for
//! the new one: what nobody uses keeps nobody out, and a handshake that goes on is never the oldest for long. Only
//! where all are at work the new one is refused.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use dashmap::DashMap;
use phytohub_model::CertificateFingerprint;
use tokio::sync::Notify;

use crate::deadline::Phases;
use crate::descriptors;
use crate::ingress::HttpSettings;

/// Connections that are looked at to find one that makes room: of the oldest ones so many, and so many more in turn. A
/// look must cost less than what it saves.
const LOOKED_AT_MAX: usize = 32;

/// Why a connection was not let in, for metrics.
pub(crate) type Reason = &'static str;

/// One connection.
pub(crate) struct Seat {
    id: u64,
    /// What it is waiting for.
    pub(crate) phases: Arc<Phases>,
    left: Notify,
}

impl Seat {
    /// Ends when another connection needs the place of this one.
    pub(crate) async fn is_needed(&self) {
        self.left.notified().await;
    }
}

/// Connections that share a bound.
#[derive(Default)]
struct Room {
    /// In the order in which they came.
    seats: BTreeMap<u64, Arc<Seat>>,
    /// Where the next look begins: those that were busy a moment ago are not looked at again and again.
    next_look: u64,
}

impl Room {
    /// Takes a place, of another one if need be. False where there is none.
    fn enter(&mut self, seat: &Arc<Seat>, max: usize) -> bool {
        if max <= self.seats.len() {
            let Some(idle) = self.longest_idle() else { return false };
            idle.left.notify_one();
            self.seats.remove(&idle.id);
        }
        self.seats.insert(seat.id, Arc::clone(seat));
        true
    }

    fn longest_idle(&mut self) -> Option<Arc<Seat>> {
        let oldest = self.seats.values().take(LOOKED_AT_MAX);
        let in_turn: Vec<_> = self.seats.range(self.next_look..).map(|(_, seat)| seat).take(LOOKED_AT_MAX).collect();
        self.next_look = in_turn.last().map_or(0, |seat| seat.id + 1);
        let unused = oldest.chain(in_turn).filter_map(|seat| Some((seat.phases.unused_for()?, seat)));
        // Of those of one moment the one that came first.
        unused.max_by_key(|(time, seat)| (*time, Reverse(seat.id))).map(|(_, seat)| Arc::clone(seat))
    }
}

/// Where connections come from: an IPv4 address, or an IPv6 network of 64 bits, whose addresses one customer has all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Network {
    V4(u32),
    V6(u64),
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            IpAddr::V6(address) => Self::V6((address.to_bits() >> 64) as u64),
        }
    }
}

/// Whose connections they are: the exact certificate, or none at all.
type Party = Option<CertificateFingerprint>;

/// All connections of the service.
pub(crate) struct Door {
    total: Mutex<Room>,
    handshakes: Mutex<Room>,
    addresses: DashMap<Network, Room>,
    parties: DashMap<Party, Room>,
    next: AtomicU64,
    total_max: usize,
    handshakes_max: usize,
    per_address_max: usize,
    per_party_max: usize,
}

impl Door {
    /// With the bounds of the settings, and no more connections in all than the process can have open.
    pub(crate) fn new(settings: &HttpSettings) -> Arc<Self> {
        let open_max = descriptors::for_connections(settings.connections_max);
        let unless_0 = |bound: usize| if bound == 0 { usize::MAX } else { bound };
        Arc::new(Self {
            total: Mutex::default(),
            handshakes: Mutex::default(),
            addresses: DashMap::new(),
            parties: DashMap::new(),
            next: AtomicU64::new(0),
            total_max: settings.connections_max.min(open_max),
            handshakes_max: settings.handshakes_max,
            per_address_max: unless_0(settings.connections_per_address),
            per_party_max: unless_0(settings.connections_per_party),
        })
    }

    /// Connections that may be open in all.
    pub(crate) fn total_max(&self) -> usize {
        self.total_max
    }

    /// Connections that one party may have open.
    pub(crate) fn per_party_max(&self) -> usize {
        self.per_party_max
    }

    /// Lets a connection in that begins now, in its handshake.
    ///
    /// # Errors
    /// Which bound is reached by connections that are all at work.
    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr) -> Result<Place, Reason> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let seat = Arc::new(Seat { id, phases: Phases::new(), left: Notify::new() });
        // Leaves each room it is in, whichever that is, when it is dropped.
        let place = Place { door: Arc::clone(self), seat, network: address.into(), party: None };
        let seat = &place.seat;
        if !self.addresses.entry(place.network).or_default().enter(seat, self.per_address_max) {
            return Err("too_many_of_address");
        }
        if !locked(&self.total).enter(seat, self.total_max) {
            return Err("too_many");
        }
        if !locked(&self.handshakes).enter(seat, self.handshakes_max) {
            return Err("too_many_handshakes");
        }
        Ok(place)
    }
}

fn locked(room: &Mutex<Room>) -> std::sync::MutexGuard<'_, Room> {
    room.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The place of a connection, given back when this is dropped.
pub(crate) struct Place {
    door: Arc<Door>,
    /// The connection.
    pub(crate) seat: Arc<Seat>,
    network: Network,
    /// Known after the handshake.
    party: Option<Party>,
}

impl Place {
    /// The handshake is over, and this is who is there. False where the party has as many connections as it may, all of
    /// them at work.
    pub(crate) fn is_welcome(&mut self, party: Party) -> bool {
        locked(&self.door.handshakes).seats.remove(&self.seat.id);
        self.party = Some(party);
        self.door.parties.entry(party).or_default().enter(&self.seat, self.door.per_party_max)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let id = &self.seat.id;
        locked(&self.door.handshakes).seats.remove(id);
        locked(&self.door.total).seats.remove(id);
        leave(&self.door.addresses, &self.network, id);
        if let Some(party) = &self.party {
            leave(&self.door.parties, party, id);
        }
    }
}

/// Leaves one of many rooms; an empty one is no room any more.
fn leave<K: Eq + std::hash::Hash>(rooms: &DashMap<K, Room>, key: &K, id: &u64) {
    if let Some(mut room) = rooms.get_mut(key) {
        room.seats.remove(id);
    }
    rooms.remove_if(key, |_, room| room.seats.is_empty());
}

#[cfg(test)]
mod tests;
