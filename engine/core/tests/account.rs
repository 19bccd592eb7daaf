//! The count of envelopes for reports.

mod support;

use phytohub_core::shard::{Account, Answer, Command, Shard, Wanted};
use phytohub_model::{Day, DocumentStatus, Outcome, Tally, Timestamp};
use support::{DAY, Desk, HOUR, codes, deliver, header, number, settings};

fn part(shard: &Shard, slot: u32, until: Timestamp) -> Account {
    let wanted = Wanted { slot, from: Timestamp(0), until };
    match shard.decide(until, &Command::Account(wanted)).answer {
        Answer::Accounted(part) => part,
        other => panic!("{other:?}"),
    }
}

/// A desk that takes as many as it is given.
fn desk() -> Desk {
    let many = u64::from(u32::MAX);
    Desk::new(phytohub_core::shard::Settings {
        pending_per_destination_max: many,
        pending_per_sender_max: many,
        pending_total_max: many,
        ..settings()
    })
}

#[test]
fn rows_tell_day_parties_document_and_end() {
    let mut desk = desk();
    let mut withdrawal = header("LK", "NO", "1");
    withdrawal.document.status = DocumentStatus::WITHDRAWN;
    desk.ask(&Command::Deliver(deliver(1, header("LK", "NO", "1"), 10)));
    desk.ask(&Command::Deliver(deliver(2, withdrawal, 10)));
    desk.ask(&Command::Deliver(deliver(3, header("KE", "NO", "3"), 10)));
    let first_day = Day::of(desk.now);
    desk.wait(HOUR);
    let outcome = Outcome::DeliveredWithWarnings;
    desk.ask(&Command::Acknowledge { codes: codes("NO"), number: number(1), outcome, message: None });
    desk.wait(DAY);
    desk.ask(&Command::Deliver(deliver(4, header("KE", "NO", "4"), 10)));
    let mut rows = part(&desk.shard, 0, desk.now.plus(HOUR)).rows;
    rows.sort_by_key(|row| (row.day, row.from, row.document));
    let told: Vec<_> =
        rows.iter().map(|row| (row.day.0 - first_day.0, row.from.to_string(), row.tally.clone())).collect();
    let waits = Tally { accepted: 1, pending: 1, ..Tally::default() };
    assert_eq!(told[0], (0, "KE".to_owned(), waits.clone()));
    assert_eq!(told[1], (0, "LK".to_owned(), waits.clone()));
    assert_eq!((told[2].2.with_warnings, told[2].2.accepted), (1, 1));
    let dwell = told[2].2.dwell.percentile(1.0).unwrap();
    assert!((3_600_000..=3_600_000 * 9 / 8).contains(&dwell), "{dwell}");
    assert_eq!(told[3], (1, "KE".to_owned(), waits));
    assert_eq!(told.len(), 4);
}

/// Between two parts the hub goes on: what comes then is not met twice, and what was there is not missed.
#[test]
fn envelopes_are_counted_once_while_others_come_and_go() {
    const BEFORE: u64 = 4200;
    let mut desk = desk();
    for n in 0..BEFORE {
        desk.ask(&Command::Deliver(deliver(n, header("LK", "NO", &n.to_string()), 10)));
    }
    desk.wait(HOUR);
    let until = desk.now;
    let (mut slot, mut total, mut others, mut parts) = (Some(0), Tally::default(), 0, 0_u64);
    while let Some(from) = slot {
        let part = part(&desk.shard, from, until);
        part.rows.iter().for_each(|row| total += &row.tally);
        (slot, others, parts) = (part.next, others + part.others, parts + 1);
        for n in 0..100 {
            let new = BEFORE + parts * 100 + n;
            desk.ask(&Command::Deliver(deliver(new, header("KE", "NO", &new.to_string()), 10)));
            let (codes, number) = (codes("NO"), number(BEFORE - 100 + n));
            desk.ask(&Command::Acknowledge { codes, number, outcome: Outcome::Delivered, message: None });
        }
    }
    assert!(parts >= 2, "{parts}");
    assert_eq!(total.accepted, BEFORE);
    assert!(total.holds() && total.delivered > 0, "{total:?}");
    assert!(others > 0 && others < parts * 100);
}
