//! Push and channels: what is handed to whose service, in which order, and that no restart changes it.

mod support;

use phytohub_core::admission::CopyFor;
use phytohub_core::shard::{
    Answer, Command, Copy, Elsewhere, Facts, NextPush, ParkAfter, Pushed, Settings, StoryStep, Wanted,
};
use phytohub_model::{Attempt, AttemptOutcome, DeliveryNumber, Outcome, Pressure, Route, Timestamp, TrackingState};
use proptest::prelude::*;
use support::{DAY, Desk, HOUR, code, codes, deliver, header, number, seen, settings};

const PARK: Option<ParkAfter> = Some(ParkAfter { refusals: 2, unclear: 4 });

fn next(desk: &mut Desk, receiver: &str, reminder_first: bool) -> NextPush {
    let command = Command::NextPush { receiver: code(receiver), remind_after: HOUR, reminder_first };
    match desk.ask(&command) {
        Answer::Push(next) => next,
        answer => panic!("{answer:?}"),
    }
}

fn next_envelope(desk: &mut Desk, receiver: &str) -> Pushed {
    match next(desk, receiver, false) {
        NextPush::Envelope(pushed) => *pushed,
        other => panic!("nothing to push: {other:?}"),
    }
}

fn attempt(desk: &mut Desk, number: DeliveryNumber, outcome: AttemptOutcome, park: Option<ParkAfter>) -> bool {
    let attempt = Attempt { at: desk.now, duration_ms: 12, outcome, text: Some("said".into()) };
    match desk.ask(&Command::Attempted { number, attempt, park }) {
        Answer::Attempted { parked } => parked,
        answer => panic!("{answer:?}"),
    }
}

#[test]
fn envelopes_are_handed_over_in_order_and_one_that_fails_holds_those_behind_it() {
    let mut desk = Desk::new(settings());
    let first = desk.accept("LK", "NO", "1");
    let second = desk.accept("KE", "NO", "2");
    for outcome in [AttemptOutcome::Unreachable, AttemptOutcome::Refused, AttemptOutcome::Unclear] {
        assert_eq!(next_envelope(&mut desk, "NO").header.number, first);
        assert!(!attempt(&mut desk, first, outcome, None), "held for ever");
    }
    assert!(!attempt(&mut desk, first, AttemptOutcome::Answered, None));
    assert_eq!(next_envelope(&mut desk, "NO").header.number, second);
    attempt(&mut desk, second, AttemptOutcome::Answered, None);
    assert!(matches!(next(&mut desk, "NO", false), NextPush::At(_)), "both wait to be acknowledged");
    assert_eq!(desk.state("NO", first), Some(TrackingState::PendingDelivery), "an answer is no acknowledgement");
    desk.acknowledge("NO", first, Outcome::Delivered);
    desk.acknowledge("NO", second, Outcome::Delivered);
    assert_eq!(next(&mut desk, "NO", false), NextPush::Nothing);
}

#[test]
fn what_is_not_acknowledged_is_handed_over_again_on_a_schedule_and_takes_turns_with_what_is_new() {
    let mut desk = Desk::new(settings());
    let first = desk.accept("LK", "NO", "1");
    attempt(&mut desk, first, AttemptOutcome::Answered, PARK);
    desk.wait(HOUR / 2);
    let due = desk.now.plus(HOUR / 2);
    assert_eq!(next(&mut desk, "NO", true), NextPush::At(due));
    desk.wait(HOUR / 2);
    let again = next_envelope(&mut desk, "NO");
    assert!(again.reminder && again.header.number == first && again.attempts == 1);
    let second = desk.accept("LK", "NO", "2");
    assert_eq!(next_envelope(&mut desk, "NO").header.number, second);
    let NextPush::Envelope(turn) = next(&mut desk, "NO", true) else { panic!("nothing due") };
    assert_eq!(turn.header.number, first);
    // A reminder that fails holds nobody and parks nothing; it is tried again after the same time.
    for _ in 0..10 {
        assert!(!attempt(&mut desk, first, AttemptOutcome::Refused, PARK));
    }
    assert_eq!(next_envelope(&mut desk, "NO").header.number, second);
    attempt(&mut desk, second, AttemptOutcome::Answered, PARK);
    assert!(matches!(next(&mut desk, "NO", true), NextPush::At(_)));
    desk.wait(HOUR);
    assert_eq!(next_envelope(&mut desk, "NO").header.number, first);
    desk.wait(14 * DAY);
    assert_eq!(desk.expire(), 2, "in the end it expires as with pull");
    assert_eq!(next(&mut desk, "NO", true), NextPush::Nothing);
}

#[test]
fn an_envelope_that_the_service_refuses_is_parked_and_can_be_taken_up_again() {
    let mut desk = Desk::new(settings());
    let [bad, good] = [desk.accept("LK", "NO", "1"), desk.accept("LK", "NO", "2")];
    assert!(!attempt(&mut desk, bad, AttemptOutcome::Unreachable, PARK), "the service's fault, not the envelope's");
    assert!(!attempt(&mut desk, bad, AttemptOutcome::Refused, PARK));
    assert!(attempt(&mut desk, bad, AttemptOutcome::Refused, PARK));
    assert_eq!(next_envelope(&mut desk, "NO").header.number, good);
    let Answer::Parked(rows) = desk.ask(&Command::ListParked { receiver: Some(code("NO")) }) else { panic!() };
    assert_eq!((rows.len(), rows[0].header.number, rows[0].attempts), (1, bad, 3));
    assert_eq!(rows[0].cause.as_deref(), Some("said"));
    assert_eq!(desk.inbox("NO"), [bad, good], "it can be pulled as before");
    let again = Command::Redeliver { numbers: vec![good, bad, number(99)], by: "Ada".to_owned() };
    let expected = Answer::Redelivered { redelivered: 1, not_parked: vec![good, number(99)] };
    assert_eq!(desk.ask(&again), expected);
    assert_eq!(next_envelope(&mut desk, "NO").header.number, bad, "its place in the order is the old one");
    assert!(!attempt(&mut desk, bad, AttemptOutcome::Refused, PARK), "the count begins anew");
    attempt(&mut desk, bad, AttemptOutcome::Answered, PARK);
    let Answer::Story(Some(story)) = desk.ask(&Command::Follow { number: bad }) else { panic!() };
    assert_eq!((story.steps.len(), story.parked), (6, false));
    assert!(matches!(&story.steps[3], StoryStep::Redelivered { by, .. } if &**by == "Ada"));
}

#[test]
fn a_service_that_never_answers_one_envelope_parks_it_too_but_later() {
    let mut desk = Desk::new(settings());
    let bad = desk.accept("LK", "NO", "1");
    let parked: Vec<bool> = (0..4).map(|_| attempt(&mut desk, bad, AttemptOutcome::Unclear, PARK)).collect();
    assert_eq!(parked, [false, false, false, true]);
    desk.acknowledge("NO", bad, Outcome::Delivered);
    assert_eq!(desk.ask(&Command::ListParked { receiver: None }), Answer::Parked(Vec::new()), "it had arrived");
    assert!(!attempt(&mut desk, bad, AttemptOutcome::Answered, PARK), "a late outcome is kept and changes nothing");
    assert_eq!(desk.state("NO", bad), Some(TrackingState::Delivered));
}

/// A delivery with copies for these channels.
fn with_copies(n: u64, to: &str, channels: &[&str]) -> Command {
    let mut deliver = deliver(n, header("LK", to, "77"), 1000);
    deliver.copies = (n + 1..)
        .zip(channels)
        .map(|(n, channel)| Copy {
            copy: CopyFor { channel: code(channel), told: *channel != "QUIET" },
            number: number(n),
        })
        .collect();
    Command::Deliver(deliver)
}

#[test]
fn copies_have_numbers_and_lives_of_their_own() {
    let mut desk = Desk::new(settings());
    let channels = ["CUSTOMS", "QUIET"];
    let Answer::Accepted { header: original, again: false, copies } = desk.ask(&with_copies(1, "NO", &channels)) else {
        panic!("not accepted")
    };
    assert_eq!(copies.iter().map(|copy| copy.channel).collect::<Vec<_>>(), [code("CUSTOMS")]);
    let copy = copies[0].number;
    assert_eq!((desk.inbox("NO"), desk.inbox("CUSTOMS")), (vec![original.number], vec![copy]));
    assert_eq!(desk.inbox("QUIET").len(), 1);
    assert_eq!(desk.outbox("LK"), [original.number], "copies are known by their numbers");
    let pulled = desk.pull_one("CUSTOMS", copy).expect("it waits").0;
    assert_eq!((pulled.header.from, pulled.header.to), (code("LK"), code("NO")), "the header stays as it was");
    assert_eq!(desk.pull_one("NO", copy), None, "what is another's is not there");
    desk.acknowledge("CUSTOMS", copy, Outcome::DeliveredNotReadable);
    assert_eq!(desk.state("LK", original.number), Some(TrackingState::PendingDelivery));
    assert_eq!(desk.state("LK", copy), Some(TrackingState::DeliveredNotReadable));
    // A retry makes neither a second envelope nor a second copy, whatever became of the first.
    let Answer::Accepted { header, again: true, copies } = desk.ask(&with_copies(10, "NO", &channels)) else {
        panic!("accepted twice")
    };
    assert_eq!((header.number, copies[0].number, desk.shard.pending()), (original.number, copy, 2));
    let Answer::Story(Some(story)) = desk.ask(&Command::Follow { number: copy }) else { panic!() };
    assert_eq!((story.receiver, story.original), (code("CUSTOMS"), Some(original.number)));
    let wanted = Wanted { slot: 0, from: Timestamp(0), until: desk.now.plus(HOUR) };
    let Answer::Accounted(account) = desk.ask(&Command::Account(wanted)) else { panic!() };
    let mut counted: Vec<_> = account.rows.iter().map(|row| (row.to.to_string(), row.copies)).collect();
    counted.sort();
    let copies = [("CUSTOMS".to_owned(), true), ("NO".to_owned(), false), ("QUIET".to_owned(), true)];
    assert_eq!(counted, copies, "a copy is no certificate more");
}

#[test]
fn a_copy_that_a_crash_kept_from_the_disk_is_made_by_the_retry() {
    let mut desk = Desk::new(settings());
    let Facts::Many(facts) = desk.facts(&with_copies(1, "NO", &["CUSTOMS"])) else { panic!("no copy") };
    desk.write(1, facts[0].clone(), 1000);
    desk.restart();
    assert!(desk.inbox("CUSTOMS").is_empty());
    let Answer::Accepted { again: true, copies, .. } = desk.ask(&with_copies(5, "NO", &["CUSTOMS"])) else { panic!() };
    assert_eq!(desk.inbox("CUSTOMS"), [copies[0].number]);
}

/// The inbox of To was judged, which stays empty then: a delegate that never fetched filled the hub up to its limit of
/// all, and everybody was refused.
#[test]
fn the_inbox_of_a_delegate_is_bounded_and_not_that_of_its_member() {
    let mut desk = Desk::new(Settings { pending_per_destination_max: 3, ..settings() });
    // What waited for the member itself before it delegated is no matter of the channel.
    for n in 0..3 {
        desk.accept("LK", "NO", &format!("before {n}"));
    }
    let delegated = |n: u64, to, receiver, channel| {
        let mut delivery = deliver(n, header("LK", to, &n.to_string()), 100);
        delivery.route = Some(Box::new(Route { receiver: Some(code(receiver)), ..Route::default() }));
        delivery.elsewhere = Elsewhere { channel, ..Elsewhere::default() };
        Command::Deliver(delivery)
    };
    let is_taken = |answer| matches!(answer, Answer::Accepted { again: false, .. });
    assert!(is_taken(desk.ask(&delegated(11, "NO", "REGION", 0))));
    assert!(is_taken(desk.ask(&delegated(12, "DE", "REGION", 1))));
    // Two here, one in another shard.
    assert_eq!(desk.ask(&delegated(13, "NO", "REGION", 1)), Answer::Refused(Pressure::Destination));
    assert!(is_taken(desk.ask(&delegated(14, "NO", "REGION", 0))));
    assert_eq!(desk.ask(&delegated(15, "DE", "REGION", 0)), Answer::Refused(Pressure::Destination));
    // Others have room, the members of the channel among them.
    assert!(is_taken(desk.ask(&delegated(16, "NO", "CUSTOMS", 0))));
    desk.accept("LK", "DE", "straight");
    assert_eq!(desk.deliver("LK", "NO", "straight"), Answer::Refused(Pressure::Destination));
    let first = desk.inbox("REGION")[0];
    desk.acknowledge("REGION", first, Outcome::Delivered);
    assert!(is_taken(desk.ask(&delegated(17, "DE", "REGION", 0))));
}

#[test]
fn what_is_delegated_lies_in_the_channels_inbox() {
    let mut desk = Desk::new(settings());
    let route = Route { receiver: Some(code("REGION")), sender: Some(code("BROKER")), original: None };
    let mut delivery = deliver(1, header("LK", "NO", "1"), 100);
    delivery.route = Some(Box::new(route));
    let Answer::Accepted { header, .. } = desk.ask(&Command::Deliver(delivery)) else { panic!() };
    assert_eq!((desk.inbox("NO"), desk.inbox("REGION")), (Vec::new(), vec![header.number]));
    for party in ["LK", "NO", "REGION", "BROKER"] {
        assert_eq!(desk.state(party, header.number), Some(TrackingState::PendingDelivery), "{party}");
    }
    assert_eq!(desk.state("KE", header.number), None);
    assert_eq!(desk.acknowledge("NO", header.number, Outcome::Delivered), Answer::Unknown);
    let confirm = |code| Command::Confirm { codes: codes(code), number: header.number };
    assert_eq!(desk.ask(&confirm("NO")), Answer::Unknown);
    assert_eq!(desk.ask(&confirm("REGION")), Answer::Acknowledged(TrackingState::PendingDelivery));
    let done = desk.acknowledge("REGION", header.number, Outcome::Delivered);
    assert_eq!(done, Answer::Acknowledged(TrackingState::Delivered));
    assert_eq!(desk.ask(&confirm("REGION")), Answer::AlreadyFinal(TrackingState::Delivered));
    desk.restart();
    desk.reclaim(1, 2);
    desk.restart();
    assert_eq!(desk.state("BROKER", header.number), Some(TrackingState::Delivered), "the track keeps its way");
}

/// One thing that happens in a random history.
#[derive(Clone, Debug)]
enum Happening {
    Deliver { copies: bool, delegated: bool },
    Push { receiver: usize, outcome: usize, park: bool },
    Acknowledge { which: usize },
    Redeliver { which: usize },
    Reclaim,
    Restart,
    Wait { hours: u32 },
}

const RECEIVERS: [&str; 3] = ["NO", "CUSTOMS", "REGION"];

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => (any::<bool>(), any::<bool>()).prop_map(|(copies, delegated)| Happening::Deliver { copies, delegated }),
        8 => (0..3_usize, 0..4_usize, any::<bool>())
            .prop_map(|(receiver, outcome, park)| Happening::Push { receiver, outcome, park }),
        3 => any::<usize>().prop_map(|which| Happening::Acknowledge { which }),
        2 => any::<usize>().prop_map(|which| Happening::Redeliver { which }),
        1 => Just(Happening::Reclaim),
        2 => Just(Happening::Restart),
        1 => (1..100_u32).prop_map(|hours| Happening::Wait { hours }),
    ]
}

/// Lets one thing happen; the numbers known grow by it.
fn happen(desk: &mut Desk, known: &mut Vec<DeliveryNumber>, happening: &Happening) {
    match *happening {
        Happening::Deliver { copies, delegated } => {
            let n = 10 * (known.len() as u64 + 1);
            let mut delivery = deliver(n, header("LK", "NO", &n.to_string()), 500);
            if delegated {
                delivery.route = Some(Box::new(Route { receiver: Some(code("REGION")), ..Route::default() }));
            }
            if copies {
                let copy = CopyFor { channel: code("CUSTOMS"), told: true };
                delivery.copies = vec![Copy { copy, number: number(n + 1) }];
                known.push(number(n + 1));
            }
            known.push(number(n));
            desk.ask(&Command::Deliver(delivery));
        }
        Happening::Push { receiver, outcome, park } => {
            if let NextPush::Envelope(pushed) = next(desk, RECEIVERS[receiver], outcome % 2 == 0) {
                let park = if park { PARK } else { None };
                attempt(desk, pushed.header.number, AttemptOutcome::ALL[outcome], park);
            }
        }
        Happening::Acknowledge { which } if !known.is_empty() => {
            let number = known[which % known.len()];
            desk.acknowledge("NO CUSTOMS REGION", number, Outcome::Delivered);
        }
        Happening::Redeliver { which } if !known.is_empty() => {
            let numbers = vec![known[which % known.len()]];
            desk.ask(&Command::Redeliver { numbers, by: "Ada".to_owned() });
        }
        Happening::Reclaim => {
            let (old, new) = (desk.head, desk.head + 1);
            desk.head = new + 1;
            desk.reclaim(old, new);
        }
        Happening::Wait { hours } => {
            desk.wait(HOUR * hours);
            desk.expire();
        }
        Happening::Acknowledge { .. } | Happening::Redeliver { .. } | Happening::Restart => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_restart_and_no_reclaiming_changes_what_anybody_sees(happenings in prop::collection::vec(happening(), 1..60)) {
        let mut desk = Desk::new(settings());
        let mut known = Vec::new();
        for what in &happenings {
            happen(&mut desk, &mut known, what);
            let parties = "LK NO CUSTOMS REGION";
            let before = seen(&desk.shard, desk.now, parties, &known);
            let replayed = seen(&desk.replayed(), desk.now, parties, &known);
            prop_assert_eq!(&before, &replayed);
            if matches!(what, Happening::Restart) {
                desk.restart();
            }
        }
    }
}
