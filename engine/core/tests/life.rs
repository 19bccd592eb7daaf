//! The envelope's life: each of its rules, one test.

mod support;

use std::time::Duration;

use phytohub_core::shard::{Answer, Command, Elsewhere, Facts, Room, Settings};
use phytohub_model::limits::MESSAGE_BYTES_MAX;
use phytohub_model::{Outcome, Pressure, Timestamp, TrackingState};
use support::{DAY, Desk, HOUR, code, codes, deliver, header, number, seen, settings};

fn desk() -> Desk {
    Desk::new(settings())
}

#[test]
fn an_accepted_envelope_waits_for_its_destination() {
    let mut desk = desk();
    let Answer::Accepted { header: accepted, again: false, .. } = desk.deliver("LK", "NO", "1") else {
        panic!("not accepted")
    };
    assert_eq!(accepted.header, header("LK", "NO", "1"));
    assert_eq!((accepted.state, accepted.message), (TrackingState::PendingDelivery, None));
    assert_eq!(desk.inbox("NO"), [accepted.number]);
    assert_eq!(desk.outbox("LK"), [accepted.number]);
    assert_eq!((desk.shard.pending(), desk.shard.tracks()), (1, 0));
}

#[test]
fn a_member_can_send_to_itself() {
    let mut desk = desk();
    let number = desk.accept("LK", "LK", "1");
    assert_eq!((desk.inbox("LK"), desk.outbox("LK")), (vec![number], vec![number]));
    assert_eq!(desk.acknowledge("LK", number, Outcome::Delivered), Answer::Acknowledged(TrackingState::Delivered));
    assert_eq!((desk.inbox("LK"), desk.outbox("LK")), (vec![], vec![]));
}

#[test]
fn a_destination_gets_envelopes_in_the_order_of_their_acceptance() {
    let mut desk = desk();
    let numbers: Vec<_> = (0..20).map(|n| desk.accept(["LK", "KE"][n % 2], "NO", &n.to_string())).collect();
    assert_eq!(desk.inbox("NO"), numbers);
    let pulled: Vec<_> = desk.pull("NO").into_iter().map(|(listed, _)| listed.header.number).collect();
    assert_eq!(pulled, numbers);
}

#[test]
fn a_caller_of_many_codes_gets_all_its_inboxes_as_one_oldest_first() {
    let mut desk = desk();
    let numbers: Vec<_> = (0..9).map(|n| desk.accept("LK", ["NL", "DE", "FR"][n % 3], &n.to_string())).collect();
    assert_eq!(desk.inbox("DE FR NL"), numbers);
    // A code named twice gives nothing twice.
    assert_eq!(desk.inbox("DE DE FR NL"), numbers);
    assert_eq!(desk.inbox("DE"), [numbers[1], numbers[4], numbers[7]]);
    assert_eq!(desk.inbox("IT"), []);
}

#[test]
fn a_list_can_be_had_for_one_sender_only() {
    let mut desk = desk();
    let numbers: Vec<_> = (0..8).map(|n| desk.accept(["LK", "KE"][n % 2], "NO", &n.to_string())).collect();
    // LK sends much elsewhere, so that either list can be the shorter one.
    for n in 100..120 {
        desk.accept("LK", "DE", &n.to_string());
    }
    let mut from = |sender| desk.listed(&Command::ListInbox { codes: codes("NO"), from: Some(code(sender)) });
    assert_eq!(from("LK"), [numbers[0], numbers[2], numbers[4], numbers[6]]);
    assert_eq!(from("KE"), [numbers[1], numbers[3], numbers[5], numbers[7]]);
    assert_eq!(from("ZA"), []);
}

#[test]
fn lists_are_capped() {
    let mut desk = Desk::new(Settings { headers_per_answer_max: 3, ..settings() });
    let numbers: Vec<_> = (0..5).map(|n| desk.accept("LK", "NO", &n.to_string())).collect();
    assert_eq!(desk.inbox("NO"), numbers[..3]);
    assert_eq!(desk.outbox("LK"), numbers[..3]);
}

#[test]
fn what_was_pulled_but_not_acknowledged_is_offered_again() {
    let mut desk = desk();
    let number = desk.accept("LK", "NO", "1");
    for _ in 0..3 {
        assert_eq!(desk.pull("NO").len(), 1);
        assert!(desk.pull_one("NO", number).is_some());
    }
    assert_eq!(desk.state("LK", number), Some(TrackingState::PendingDelivery));
}

#[test]
fn a_pull_gives_as_many_as_fit_by_count_and_by_bytes() {
    let mut desk = Desk::new(Settings { envelopes_per_answer_max: 3, bytes_per_answer_max: 1000, ..settings() });
    for (n, length) in [400, 600, 1, 1, 1, 1].into_iter().enumerate() {
        desk.deliver_sized("LK", "NO", &n.to_string(), length);
    }
    let lengths = |desk: &mut Desk| -> Vec<u32> { desk.pull("NO").iter().map(|(_, place)| place.length).collect() };
    assert_eq!(lengths(&mut desk), [400, 600]);
    for number in [number(1), number(2)] {
        desk.acknowledge("NO", number, Outcome::Delivered);
    }
    assert_eq!(lengths(&mut desk), [1, 1, 1]);
}

#[test]
fn the_first_envelope_is_given_even_when_it_is_larger_than_the_limit() {
    let mut desk = Desk::new(Settings { bytes_per_answer_max: 1000, ..settings() });
    desk.deliver_sized("LK", "NO", "1", 5000);
    desk.deliver_sized("LK", "NO", "2", 1);
    assert_eq!(desk.pull("NO").len(), 1);
}

#[test]
fn a_pull_says_where_the_content_lies() {
    let mut desk = desk();
    let number = desk.accept("LK", "NO", "1");
    let record = desk.journal[&1][0].locator;
    assert_eq!(desk.pull_one("NO", number).map(|(_, locator)| locator), Some(record));
    assert_eq!(desk.pull("NO")[0].1, record);
}

#[test]
fn each_acknowledgement_leads_to_its_final_state() {
    let mut desk = desk();
    for (n, (outcome, state)) in [
        (Outcome::Delivered, TrackingState::Delivered),
        (Outcome::DeliveredWithWarnings, TrackingState::DeliveredWithWarnings),
        (Outcome::DeliveredNotReadable, TrackingState::DeliveredNotReadable),
    ]
    .into_iter()
    .enumerate()
    {
        let number = desk.accept("LK", "NO", &n.to_string());
        assert_eq!(desk.acknowledge("NO", number, outcome), Answer::Acknowledged(state));
        assert_eq!(desk.state("LK", number), Some(state));
        assert_eq!(desk.pull_one("NO", number), None);
    }
    assert_eq!((desk.inbox("NO"), desk.outbox("LK")), (vec![], vec![]));
    assert_eq!((desk.shard.pending(), desk.shard.tracks()), (0, 3));
}

#[test]
fn an_acknowledgement_frees_the_content_once() {
    let mut desk = desk();
    let number = desk.accept("LK", "NO", "1");
    let (record, accepted_at) = (desk.journal[&1][0].locator, desk.now);
    desk.wait(HOUR);
    desk.acknowledge("NO", number, Outcome::Delivered);
    desk.acknowledge("NO", number, Outcome::Delivered);
    let [freed] = desk.freed[..] else { panic!("{:?}", desk.freed) };
    assert_eq!((freed.locator, freed.from, freed.to), (record, code("LK"), code("NO")));
    assert_eq!(freed.accepted_at, accepted_at);
}

#[test]
fn acknowledging_again_with_the_same_outcome_answers_as_the_first_time() {
    let mut desk = desk();
    let number = desk.accept("LK", "NO", "1");
    let first = desk.acknowledge_saying("NO", number, Outcome::DeliveredWithWarnings, "first");
    let facts = desk.journal[&1].len();
    let second = desk.acknowledge_saying("NO", number, Outcome::DeliveredWithWarnings, "second");
    assert_eq!(first, second);
    assert_eq!(desk.journal[&1].len(), facts, "no second fact");
    assert_eq!(desk.track("LK", number).unwrap().message.as_deref(), Some("first"));
}

#[test]
fn acknowledging_with_another_outcome_is_told_the_present_state() {
    let mut desk = desk();
    let number = desk.accept("LK", "NO", "1");
    desk.acknowledge("NO", number, Outcome::Delivered);
    let answer = desk.acknowledge("NO", number, Outcome::DeliveredNotReadable);
    assert_eq!(answer, Answer::AlreadyFinal(TrackingState::Delivered));
    assert_eq!(desk.state("LK", number), Some(TrackingState::Delivered));
}

#[test]
fn the_destinations_message_is_kept_for_the_sender() {
    let mut desk = desk();
    let number = desk.accept("LK", "NO", "1");
    desk.acknowledge_saying("NO", number, Outcome::DeliveredNotReadable, "cannot be read");
    assert_eq!(desk.track("LK", number).unwrap().message.as_deref(), Some("cannot be read"));
}

#[test]
fn an_empty_message_is_none() {
    let mut desk = desk();
    let number = desk.accept("LK", "NO", "1");
    desk.acknowledge_saying("NO", number, Outcome::DeliveredNotReadable, "");
    assert_eq!(desk.track("LK", number).unwrap().message, None);
}

#[test]
fn a_message_too_long_is_cut_and_marked() {
    let mut desk = desk();
    let number = desk.accept("LK", "NO", "1");
    desk.acknowledge_saying("NO", number, Outcome::DeliveredWithWarnings, &"é".repeat(MESSAGE_BYTES_MAX));
    let message = desk.track("LK", number).unwrap().message.unwrap();
    assert!(message.len() <= MESSAGE_BYTES_MAX && message.ends_with("[…]"), "{} bytes", message.len());
}

#[test]
fn only_the_destination_acknowledges_and_pulls() {
    let mut desk = desk();
    let number = desk.accept("LK", "NO", "1");
    for other in ["LK", "KE"] {
        assert_eq!(desk.acknowledge(other, number, Outcome::Delivered), Answer::Unknown);
        assert_eq!(desk.pull_one(other, number), None);
        assert_eq!(desk.inbox(other), []);
    }
    assert_eq!(desk.state("LK", number), Some(TrackingState::PendingDelivery));
}

#[test]
fn anothers_envelope_looks_like_one_that_does_not_exist() {
    let mut desk = desk();
    let (theirs, nobodys) = (desk.accept("LK", "NO", "1"), number(999));
    let finished = desk.accept("LK", "NO", "2");
    desk.acknowledge("NO", finished, Outcome::Delivered);
    for number in [theirs, finished] {
        let mut same = |command: fn(_) -> Command| assert_eq!(desk.ask(&command(number)), desk.ask(&command(nobodys)));
        same(|number| Command::Track { codes: codes("KE ZA"), number });
        same(|number| Command::PullOne { codes: codes("KE ZA"), number });
        same(|number| Command::Confirm { codes: codes("KE ZA"), number });
        let outcome = Outcome::Delivered;
        same(|number| Command::Acknowledge {
            codes: codes("KE ZA"),
            number,
            outcome: Outcome::Delivered,
            message: None,
        });
        assert_eq!(desk.acknowledge("KE", number, outcome), Answer::Unknown);
    }
}

#[test]
fn sender_and_destination_can_track_an_envelope() {
    let mut desk = desk();
    let number = desk.accept("LK", "NO", "1");
    assert_eq!(desk.track("LK", number), desk.track("NO", number));
    assert!(desk.track("LK", number).is_some());
    assert_eq!(desk.track("KE", number), None);
}

#[test]
fn an_outbox_lists_only_what_still_waits() {
    let mut desk = desk();
    let numbers: Vec<_> = (0..4).map(|n| desk.accept("LK", ["NO", "KE"][n % 2], &n.to_string())).collect();
    desk.acknowledge("KE", numbers[1], Outcome::Delivered);
    assert_eq!(desk.outbox("LK"), [numbers[0], numbers[2], numbers[3]]);
}

#[test]
fn a_retry_while_the_first_waits_answers_with_the_first() {
    let mut desk = desk();
    let first = desk.accept("LK", "NO", "1");
    desk.wait(10 * DAY);
    let Answer::Accepted { header: again, again: true, .. } = desk.deliver("LK", "NO", "1") else {
        panic!("accepted twice")
    };
    assert_eq!((again.number, again.state), (first, TrackingState::PendingDelivery));
    assert_eq!(desk.inbox("NO"), [first]);
}

#[test]
fn a_retry_within_a_day_of_delivery_answers_with_the_first_and_its_state() {
    for (outcome, state) in [
        (Outcome::Delivered, TrackingState::Delivered),
        (Outcome::DeliveredWithWarnings, TrackingState::DeliveredWithWarnings),
    ] {
        let mut desk = desk();
        let first = desk.accept("LK", "NO", "1");
        desk.acknowledge("NO", first, outcome);
        desk.wait(24 * HOUR - Duration::from_millis(1));
        let Answer::Accepted { header: again, again: true, .. } = desk.deliver("LK", "NO", "1") else {
            panic!("accepted twice")
        };
        assert_eq!((again.number, again.state), (first, state));
        desk.wait(Duration::from_millis(1));
        assert_ne!(desk.accept("LK", "NO", "1"), first);
    }
}

#[test]
fn a_repetition_after_a_failed_delivery_is_a_new_delivery() {
    let mut desk = desk();
    let unreadable = desk.accept("LK", "NO", "1");
    desk.acknowledge("NO", unreadable, Outcome::DeliveredNotReadable);
    let expired = desk.accept("LK", "NO", "1");
    desk.wait(14 * DAY);
    assert_eq!(desk.expire(), 1);
    let third = desk.accept("LK", "NO", "1");
    assert_eq!(desk.inbox("NO"), [third]);
    assert_eq!(desk.state("LK", expired), Some(TrackingState::FailedDelivery));
}

#[test]
fn a_retry_is_known_after_a_restart() {
    let mut desk = desk();
    let waiting = desk.accept("LK", "NO", "1");
    let delivered = desk.accept("LK", "NO", "2");
    let unreadable = desk.accept("LK", "NO", "3");
    desk.acknowledge("NO", delivered, Outcome::Delivered);
    desk.acknowledge("NO", unreadable, Outcome::DeliveredNotReadable);
    desk.restart();
    let again = |answer| matches!(answer, Answer::Accepted { again: true, .. });
    assert!(again(desk.deliver("LK", "NO", "1")) && again(desk.deliver("LK", "NO", "2")));
    assert_ne!(desk.accept("LK", "NO", "3"), unreadable);
    assert_eq!(desk.inbox("NO")[0], waiting);
}

#[test]
fn what_only_shares_the_fingerprint_is_no_retry() {
    let mut desk = desk();
    let first = desk.accept("LK", "NO", "1");
    for other in [header("KE", "NO", "1"), header("LK", "KE", "1"), header("LK", "NO", "2")] {
        desk.delivered += 1;
        let mut colliding = deliver(desk.delivered, other, 1000);
        colliding.content.fingerprint = support::fingerprint(&format!("{:?}", header("LK", "NO", "1")));
        let answer = desk.ask(&Command::Deliver(colliding));
        assert!(
            matches!(&answer, Answer::Accepted { header, again: false, .. } if header.number != first),
            "{answer:?}"
        );
    }
    assert_eq!(desk.shard.pending(), 4);
}

#[test]
fn a_withdrawal_of_the_same_certificate_is_a_delivery_of_its_own() {
    let mut desk = desk();
    desk.accept("LK", "NO", "1");
    let mut withdrawn = header("LK", "NO", "1");
    withdrawn.document.status = phytohub_model::DocumentStatus::WITHDRAWN;
    let answer = desk.ask(&Command::Deliver(deliver(50, withdrawn, 1000)));
    assert!(matches!(answer, Answer::Accepted { again: false, .. }), "{answer:?}");
}

#[test]
fn limits_refuse_in_their_order() {
    let limits =
        Settings { pending_total_max: 4, pending_per_destination_max: 3, pending_per_sender_max: 2, ..settings() };
    let pressure = |held: &[(&str, &str)], room, elsewhere| {
        let mut desk = Desk::new(limits.clone());
        for (n, (from, to)) in held.iter().enumerate() {
            desk.accept(from, to, &n.to_string());
        }
        let delivery = deliver(100, header("LK", "NO", "new"), 1000);
        let delivery = phytohub_core::shard::Deliver { room, elsewhere, ..delivery };
        match desk.ask(&Command::Deliver(delivery)) {
            Answer::Refused(pressure) => Some(pressure),
            answer => {
                assert!(matches!(answer, Answer::Accepted { again: false, .. }), "{answer:?}");
                None
            }
        }
    };
    let none = Elsewhere::default();
    let (destination, sender) = ([("ZA", "NO"), ("KE", "NO"), ("KE", "NO")], [("LK", "DE"), ("LK", "DE")]);
    assert_eq!(pressure(&[], Room::Free, none), None);
    assert_eq!(pressure(&[], Room::DiskLow, none), Some(Pressure::Disk));
    assert_eq!(pressure(&sender, Room::Free, none), Some(Pressure::Sender));
    assert_eq!(pressure(&sender, Room::DiskLow, none), Some(Pressure::Sender));
    assert_eq!(pressure(&destination, Room::Free, none), Some(Pressure::Destination));
    let both = [("LK", "NO"), ("LK", "NO"), ("KE", "NO")];
    assert_eq!(pressure(&both, Room::DiskLow, none), Some(Pressure::Destination));
    let all = [("LK", "NO"), ("LK", "NO"), ("KE", "NO"), ("KE", "DE")];
    assert_eq!(pressure(&all, Room::DiskLow, none), Some(Pressure::Total));
    // What other shards hold counts too, and one below each limit is room.
    assert_eq!(pressure(&[], Room::Free, Elsewhere { total: 4, ..none }), Some(Pressure::Total));
    assert_eq!(pressure(&[], Room::Free, Elsewhere { total: 3, sender: 2, ..none }), Some(Pressure::Sender));
    assert_eq!(
        pressure(&[("LK", "DE")], Room::Free, Elsewhere { total: 1, sender: 1, ..none }),
        Some(Pressure::Sender)
    );
    assert_eq!(pressure(&[("KE", "NO"), ("KE", "NO")], Room::Free, Elsewhere { total: 1, sender: 1, ..none }), None);
    assert_eq!(
        pressure(&[], Room::Free, Elsewhere { total: u64::MAX, sender: u64::MAX, channel: u64::MAX }),
        Some(Pressure::Total)
    );
}

#[test]
fn a_retry_is_answered_when_there_is_no_room() {
    let mut desk = Desk::new(Settings { pending_total_max: 1, ..settings() });
    let first = desk.accept("LK", "NO", "1");
    let retry = phytohub_core::shard::Deliver { room: Room::DiskLow, ..deliver(2, header("LK", "NO", "1"), 1000) };
    let answer = desk.ask(&Command::Deliver(retry));
    assert!(matches!(&answer, Answer::Accepted { header, again: true, .. } if header.number == first), "{answer:?}");
}

#[test]
fn an_acknowledgement_makes_room() {
    let mut desk = Desk::new(Settings { pending_per_destination_max: 1, ..settings() });
    let number = desk.accept("LK", "NO", "1");
    assert_eq!(desk.deliver("LK", "NO", "2"), Answer::Refused(Pressure::Destination));
    desk.acknowledge("NO", number, Outcome::Delivered);
    desk.accept("LK", "NO", "2");
}

#[test]
fn what_nobody_fetched_in_time_fails_with_a_sentence_for_the_sender() {
    let mut desk = desk();
    let number = desk.accept("LK", "NO", "1");
    desk.wait(14 * DAY - Duration::from_millis(1));
    assert_eq!(desk.expire(), 0);
    desk.wait(Duration::from_millis(1));
    assert_eq!(desk.expire(), 1);
    let track = desk.track("LK", number).unwrap();
    assert_eq!(track.state, TrackingState::FailedDelivery);
    let message = track.message.unwrap();
    assert!(message.contains("NO") && message.contains("14 days") && message.contains("deliver it again"), "{message}");
    assert_eq!((desk.inbox("NO"), desk.freed.len()), (vec![], 1));
    assert_eq!(desk.expire(), 0);
}

#[test]
fn expiry_takes_the_oldest_first_and_not_too_many_at_once() {
    let mut desk = Desk::new(Settings { expired_per_tick_max: 3, ..settings() });
    let numbers: Vec<_> = (0..8).map(|n| desk.accept("LK", ["NO", "KE", "DE"][n % 3], &n.to_string())).collect();
    desk.wait(14 * DAY);
    assert_eq!(desk.expire(), 3);
    assert_eq!(desk.inbox("DE KE NO"), numbers[3..]);
    assert_eq!((desk.expire(), desk.expire(), desk.expire()), (3, 2, 0));
}

#[test]
fn an_expired_envelope_can_no_longer_be_acknowledged() {
    let mut desk = desk();
    let number = desk.accept("LK", "NO", "1");
    desk.wait(14 * DAY);
    desk.expire();
    for outcome in [Outcome::Delivered, Outcome::DeliveredWithWarnings, Outcome::DeliveredNotReadable] {
        let answer = desk.acknowledge("NO", number, outcome);
        assert_eq!(answer, Answer::AlreadyFinal(TrackingState::FailedDelivery));
    }
}

#[test]
fn a_track_is_kept_for_its_time_and_then_forgotten() {
    let mut desk = desk();
    let number = desk.accept("LK", "NO", "1");
    desk.acknowledge("NO", number, Outcome::Delivered);
    desk.reclaim(1, 2);
    desk.wait(400 * DAY - Duration::from_millis(1));
    assert_eq!(desk.shard.forget(desk.now), 0);
    assert_eq!(desk.state("LK", number), Some(TrackingState::Delivered));
    desk.wait(Duration::from_millis(1));
    assert_eq!(desk.shard.forget(desk.now), 1);
    desk.shard.check_invariants();
    assert_eq!((desk.state("LK", number), desk.shard.tracks()), (None, 0));
    assert_eq!(desk.shard.segment_use(2).facts, 0);
}

#[test]
fn a_track_outlives_its_retention_while_its_acceptance_lies_in_the_journal() {
    let mut desk = desk();
    let number = desk.accept("LK", "NO", "1");
    desk.head = 2;
    desk.acknowledge("NO", number, Outcome::Delivered);
    // The acknowledgement's segment goes, the acceptance's stays: the track alone keeps the envelope finished.
    desk.reclaim(2, 3);
    desk.wait(401 * DAY);
    assert_eq!(desk.shard.forget(desk.now), 0);
    desk.shard.check_invariants();
    desk.restart();
    assert_eq!(desk.inbox("NO"), []);
    desk.release(1);
    assert_eq!(desk.shard.forget(desk.now), 1);
    desk.shard.check_invariants();
}

#[test]
fn a_track_outlives_its_retention_while_an_older_copy_of_its_acceptance_lies_in_the_journal() {
    let mut desk = desk();
    let number = desk.accept("LK", "NO", "1");
    // Reclaiming segment 1 is given up after the copying; then the envelope's other segments are reclaimed.
    desk.copy_forward(1, 2);
    desk.head = 3;
    desk.acknowledge("NO", number, Outcome::Delivered);
    desk.reclaim(2, 4);
    desk.reclaim(3, 4);
    desk.wait(401 * DAY);
    assert_eq!(desk.shard.forget(desk.now), 0);
    desk.reclaim(4, 5);
    desk.restart();
    assert_eq!((desk.inbox("NO"), desk.shard.pending()), (vec![], 0));
    desk.reclaim(1, 6);
    assert_eq!(desk.shard.forget(desk.now), 1);
    desk.shard.check_invariants();
}

#[test]
fn an_older_copy_alone_keeps_a_track_from_being_forgotten() {
    let mut desk = desk();
    let number = desk.accept("LK", "NO", "1");
    desk.copy_forward(1, 2);
    desk.head = 3;
    desk.acknowledge("NO", number, Outcome::Delivered);
    desk.reclaim(2, 4);
    desk.wait(401 * DAY);
    assert_eq!(desk.shard.forget(desk.now), 0);
    desk.release(1);
    assert_eq!(desk.shard.forget(desk.now), 1);
}

#[test]
fn a_clock_that_was_ahead_stops_nothing() {
    let mut desk = desk();
    desk.wait(1000 * DAY);
    let ahead = desk.accept("LK", "NO", "ahead");
    let ended_ahead = desk.accept("LK", "KE", "ended");
    desk.acknowledge("KE", ended_ahead, Outcome::Delivered);
    desk.now = Timestamp(desk.now.0 - 1000 * DAY.as_millis() as u64);
    let right = desk.accept("LK", "NO", "right");
    let ended = desk.accept("LK", "KE", "right");
    desk.acknowledge("KE", ended, Outcome::Delivered);
    assert_eq!(desk.expire(), 0);
    desk.reclaim(1, 2);
    desk.head = 3;
    desk.wait(14 * DAY);
    assert_eq!(desk.expire(), 1);
    assert_eq!(desk.state("LK", right), Some(TrackingState::FailedDelivery));
    assert_eq!(desk.state("LK", ahead), Some(TrackingState::PendingDelivery));
    desk.reclaim(2, 4);
    desk.reclaim(3, 4);
    desk.wait(400 * DAY);
    assert_eq!(desk.shard.forget(desk.now), 2);
    desk.shard.check_invariants();
    assert_eq!(desk.state("LK", ended_ahead), Some(TrackingState::Delivered));
}

#[test]
fn the_ends_of_time_overflow_nothing() {
    let mut desk = Desk::new(Settings { expire_after: Duration::MAX, track_retention: Duration::MAX, ..settings() });
    for now in [u64::MAX, 0, u64::MAX] {
        desk.now = Timestamp(now);
        let number = desk.accept("LK", "NO", &now.to_string());
        desk.expire();
        desk.acknowledge("NO", number, Outcome::DeliveredNotReadable);
        desk.shard.forget(desk.now);
        desk.shard.check_invariants();
    }
}

#[test]
fn looking_changes_nothing() {
    let mut desk = desk();
    let number = desk.accept("LK", "NO", "1");
    let before = seen(&desk.shard, desk.now, "LK NO", &[number]);
    assert_eq!(desk.facts(&Command::PullMany { codes: codes("NO") }), Facts::None);
    assert_eq!(seen(&desk.shard, desk.now, "LK NO", &[number]), before);
    assert_eq!(desk.journal[&1].len(), 1);
}

#[test]
fn the_state_of_inboxes_and_senders_is_told() {
    let mut desk = desk();
    let oldest = desk.now;
    let first = desk.accept("LK", "NO", "1");
    desk.wait(HOUR);
    desk.accept("LK", "NO", "2");
    desk.accept("KE", "NO", "3");
    let inboxes: Vec<_> = desk.shard.inboxes().map(|inbox| (inbox.code, inbox.pending, inbox.oldest)).collect();
    assert_eq!(inboxes, [(code("NO"), 3, Some(oldest))]);
    let senders: Vec<_> = desk.shard.senders().collect();
    assert_eq!(senders, [(code("LK"), 2), (code("KE"), 1)]);
    desk.acknowledge("NO", first, Outcome::Delivered);
    let inbox = desk.shard.inboxes().next().unwrap();
    assert_eq!((inbox.pending, inbox.oldest), (2, Some(desk.now)));
}

#[test]
#[should_panic(expected = "is taken")]
fn a_number_given_twice_stops_the_shard_before_an_envelope_is_lost() {
    let mut desk = desk();
    for certificate_number in ["1", "2"] {
        desk.ask(&Command::Deliver(deliver(7, header("LK", "NO", certificate_number), 1000)));
    }
}
