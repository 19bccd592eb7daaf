//! What operators search, and what failed.

mod support;

use phytohub_core::shard::{Answer, Command, FailedWanted, Found, ParkAfter, Search, Settings, Shard, Sought};
use phytohub_model::{Attempt, AttemptOutcome, DeliveryNumber, Outcome, Timestamp, TrackingState};
use support::{DAY, Desk, HOUR, code, number, settings};

/// All that is found, part by part.
fn search(shard: &Shard, now: Timestamp, sought: &Sought, rows_max: usize) -> Found {
    let (mut all, mut slot) = (Found::default(), Some(0));
    while let Some(next) = slot {
        let search = Search { slot: next, sought: sought.clone(), rows_max };
        let Answer::Found(part) = shard.decide(now, &Command::Search(search)).answer else { panic!() };
        all.matched += part.matched;
        all.rows.extend(part.rows);
        slot = part.next;
    }
    all
}

fn numbers(desk: &Desk, sought: Sought) -> Vec<DeliveryNumber> {
    search(&desk.shard, desk.now, &sought, 100).rows.iter().map(|row| row.header.number).collect()
}

#[test]
fn envelopes_are_found_by_numbers_parties_and_state() {
    let mut desk = Desk::new(settings());
    let first = desk.accept("LK", "NO", "LK-2026-1");
    desk.wait(HOUR);
    let second = desk.accept("LK", "NO", "LK-2026-2");
    let third = desk.accept("KE", "NO", "KE-2026-1");
    desk.acknowledge("NO", first, Outcome::DeliveredWithWarnings);
    let any = Sought::default;
    assert_eq!(numbers(&desk, any()), [third, second, first], "the newest first");
    for (sought, expected) in [
        (Sought { certificate: Some("lk-2026-".to_owned()), ..any() }, vec![second, first]),
        (Sought { certificate: Some("LK-2026-2".to_owned()), ..any() }, vec![second]),
        (Sought { certificate: Some("2026".to_owned()), ..any() }, vec![]),
        (Sought { certificate: Some("KE-2026-1-and-more".to_owned()), ..any() }, vec![]),
        (Sought { from: Some(code("KE")), ..any() }, vec![third]),
        (Sought { to: Some(code("NO")), from: Some(code("LK")), ..any() }, vec![second, first]),
        (Sought { to: Some(code("LK")), ..any() }, vec![]),
        (Sought { from: Some(code("ZZ")), ..any() }, vec![]),
        (Sought { states: vec![TrackingState::PendingDelivery], ..any() }, vec![third, second]),
        (Sought { states: vec![TrackingState::DeliveredWithWarnings], ..any() }, vec![first]),
        (Sought { numbers: DeliveryNumber::beginning_with(&second.to_string()), ..any() }, vec![second]),
        (Sought { numbers: DeliveryNumber::beginning_with(&second.to_string()[..12]), ..any() }, vec![second]),
    ] {
        assert_eq!(numbers(&desk, sought.clone()), expected, "{sought:?}");
    }
    let found = search(&desk.shard, desk.now, &any(), 2);
    assert_eq!((found.matched, found.rows.len()), (3, 2), "what has no row is counted");
    let ended = search(&desk.shard, desk.now, &Sought { certificate: Some("LK-2026-1".to_owned()), ..any() }, 9);
    assert_eq!(ended.rows[0].ended_at, Some(desk.now));
}

#[test]
fn a_search_meets_each_envelope_once_while_others_come() {
    const BEFORE: u64 = 4200;
    let many = u64::from(u32::MAX);
    let limits = (many, many, many);
    let mut desk = Desk::new(Settings {
        pending_per_destination_max: limits.0,
        pending_per_sender_max: limits.1,
        pending_total_max: limits.2,
        ..settings()
    });
    for n in 0..BEFORE {
        desk.accept("LK", "NO", &format!("LK-{n}"));
    }
    let wanted = |slot| Command::Search(Search { slot, sought: Sought::default(), rows_max: 0 });
    let Answer::Found(part) = desk.ask(&wanted(0)) else { panic!() };
    assert!(part.matched < BEFORE && part.next.is_some(), "a part is bounded");
    desk.accept("LK", "NO", "LK-new");
    let Answer::Found(rest) = desk.ask(&wanted(part.next.unwrap())) else { panic!() };
    assert_eq!((part.matched + rest.matched, rest.next), (BEFORE + 1, None));
}

#[test]
fn what_failed_is_counted_by_receiver_and_what_is_tried_is_told() {
    let mut desk = Desk::new(settings());
    let old = desk.accept("LK", "NO", "1");
    desk.wait(15 * DAY);
    desk.expire();
    let since = desk.now;
    desk.wait(DAY);
    let failed: Vec<DeliveryNumber> = (2..5).map(|n| desk.accept("LK", "NO", &n.to_string())).collect();
    let other = desk.accept("LK", "KE", "9");
    desk.wait(15 * DAY);
    desk.expire();
    let part = |desk: &Desk, since| {
        let wanted = FailedWanted { slot: 0, since, numbers_max: 2 };
        let Answer::Failed(part) = desk.shard.decide(desk.now, &Command::ListFailed(wanted)).answer else { panic!() };
        part.groups
    };
    let groups = part(&desk, since.plus(HOUR));
    let told: Vec<_> = groups.iter().map(|group| (group.receiver.to_string(), group.count)).collect();
    assert_eq!(told.len(), 2);
    assert!(told.contains(&("NO".to_owned(), 3)) && told.contains(&("KE".to_owned(), 1)), "{told:?}");
    let no = groups.iter().find(|group| group.receiver == code("NO")).unwrap();
    assert_eq!((no.oldest, no.newest, no.numbers.len()), (desk.now, desk.now, 2));
    assert!(failed.contains(&no.numbers[0]) && no.cause.is_some());
    let since_ever: u64 = part(&desk, Timestamp(0)).iter().map(|group| group.count).sum();
    assert_eq!(since_ever, 5, "{old} and {other} among them");

    let failing = |desk: &mut Desk| match desk.ask(&Command::ListFailing) {
        Answer::Parked(rows) => rows,
        other => panic!("{other:?}"),
    };
    let tried = desk.accept("LK", "NO", "20");
    desk.accept("LK", "NO", "21");
    assert!(failing(&mut desk).is_empty(), "nothing was called yet");
    let attempt = |outcome, text: &str| Attempt { at: Timestamp(7), duration_ms: 1, outcome, text: Some(text.into()) };
    let ended = |outcome, text| Command::Attempted {
        number: tried,
        attempt: attempt(outcome, text),
        park: Some(ParkAfter { refusals: 2, unclear: 2 }),
    };
    desk.ask(&ended(AttemptOutcome::Refused, "no"));
    let rows = failing(&mut desk);
    assert_eq!((rows.len(), rows[0].header.number, rows[0].cause.as_deref()), (1, tried, Some("no")));
    desk.ask(&ended(AttemptOutcome::Refused, "no"));
    assert!(failing(&mut desk).is_empty(), "it is parked, and the one behind it was not called");
    let parked = search(&desk.shard, desk.now, &Sought { certificate: Some("20".to_owned()), ..Sought::default() }, 9);
    assert!(parked.rows[0].parked);
    assert_ne!(number(0), tried);
}
