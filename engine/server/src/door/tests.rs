//! Bounds, who makes room, and that nothing stays of connections that ended.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::thread::sleep;
use std::time::Duration;

use super::*;
use crate::deadline::Phase;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

fn door(total: usize, per_address: usize, per_party: usize, handshakes: usize) -> Arc<Door> {
    let settings = HttpSettings {
        connections_max: total,
        connections_per_address: per_address,
        connections_per_party: per_party,
        handshakes_max: handshakes,
        ..HttpSettings::default()
    };
    Door::new(&settings)
}

/// Longer than a connection may be unused before it makes room.
const UNUSED: Duration = Duration::from_millis(1200);

/// Lets so many in, whose handshakes are over and who are at work.
fn at_work(door: &Arc<Door>, address: IpAddr, count: usize) -> Vec<Place> {
    let place = |_| {
        let mut place = door.admit(address).expect("room");
        assert!(place.is_welcome(Some(CertificateFingerprint([7; 32]))));
        place.seat.phases.enter(Phase::Work);
        place
    };
    (0..count).map(place).collect()
}

#[test]
fn each_bound_refuses_by_its_name_while_all_are_at_work() {
    for (door, reason) in [(door(3, 0, 0, 9), "too_many"), (door(9, 3, 0, 9), "too_many_of_address")] {
        let places = at_work(&door, HERE, 3);
        assert_eq!(door.admit(HERE).err(), Some(reason));
        assert_eq!(door.admit(THERE).is_ok(), reason == "too_many_of_address", "another address");
        drop(places);
        assert!(door.admit(HERE).is_ok(), "room comes back");
    }
}

/// A flood of silent connections once kept all others out for as long as they stay.
#[tokio::test]
async fn the_oldest_handshake_makes_room_for_a_new_one() {
    let door = door(9, 0, 0, 2);
    let places = [door.admit(HERE).expect("room"), door.admit(HERE).expect("room")];
    sleep(Duration::from_millis(5));
    let _new = door.admit(THERE).expect("the place of the first");
    places[0].seat.is_needed().await;
    let _newer = door.admit(THERE).expect("the place of the second");
    places[1].seat.is_needed().await;
}

#[test]
fn a_party_is_bounded_wherever_it_comes_from() {
    let door = door(9, 0, 2, 9);
    let _places = at_work(&door, HERE, 2);
    let party = |byte: u8| Some(CertificateFingerprint([byte; 32]));
    assert!(!door.admit(THERE).expect("room").is_welcome(party(7)));
    assert!(door.admit(THERE).expect("room").is_welcome(party(8)));
    assert!(door.admit(THERE).expect("room").is_welcome(None));
}

#[tokio::test]
async fn what_is_unused_longest_makes_room() {
    let door = door(3, 0, 0, 9);
    let places = at_work(&door, HERE, 3);
    places[1].seat.phases.enter(Phase::Idle);
    sleep(Duration::from_millis(500));
    places[0].seat.phases.enter(Phase::Idle);
    sleep(UNUSED);
    places[2].seat.phases.enter(Phase::Idle);
    let new = door.admit(THERE).expect("the place of the second");
    places[1].seat.is_needed().await;
    new.seat.phases.enter(Phase::Work);
    places[0].seat.phases.enter(Phase::Work);
    assert_eq!(door.admit(THERE).err(), Some("too_many"), "the third is idle since a moment ago only");
}

/// Idle ones behind many that are at work are found with the next connections.
#[test]
fn every_connection_is_looked_at_in_turn() {
    let door = door(200, 0, 0, 999);
    let places = at_work(&door, HERE, 200);
    places[150].seat.phases.enter(Phase::Idle);
    sleep(UNUSED);
    let tries = (1..10).find(|_| door.admit(THERE).is_ok());
    assert_eq!(tries, Some(5), "a look at 32 of 200 finds the one at place 150 with the fifth");
}

#[test]
fn nothing_stays_of_connections_that_ended() {
    let door = door(9, 0, 0, 9);
    drop(at_work(&door, HERE, 5));
    drop(door.admit(THERE));
    assert!(door.addresses.is_empty() && door.parties.is_empty());
    assert!(locked(&door.total).seats.is_empty() && locked(&door.handshakes).seats.is_empty());
}

#[test]
fn a_network_of_ipv6_is_one_address_and_a_mapped_address_is_what_it_maps() {
    let network = |text: &str| Network::from(IpAddr::V6(text.parse::<Ipv6Addr>().expect("an address")));
    assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::2"));
    assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
    assert_eq!(network("::ffff:192.0.2.1"), Network::from(THERE));
}
