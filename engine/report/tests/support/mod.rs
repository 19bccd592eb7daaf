//! A made-up year of a hub.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test file uses its part of it")]

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use phytohub_model::{ConnectionCode, Day, Document, DocumentStatus, DocumentType, Tally, Timestamp, TrackingState};
use phytohub_report::{Asked, By, Facts, Known, Member, Minute, MinuteOf, Observed, Prices, Report, Row, assemble};

pub const PRICES: &str = include_str!("../../../../deploy/prices.toml");
pub const DAY: Duration = Duration::from_secs(86_400);

pub fn code(text: &str) -> ConnectionCode {
    text.parse().expect("a code")
}

pub fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

pub fn document(kind: i32, status: i32) -> Document {
    Document { kind: DocumentType(kind), status: DocumentStatus(status) }
}

/// One envelope.
pub fn row(at: Day, from: &str, to: &str, document: Document, state: TrackingState, dwell: Duration) -> Row {
    let mut tally = Tally::default();
    tally.count(state, dwell);
    Row { day: at, from: code(from), to: code(to), copies: false, document, tally }
}

pub struct World {
    pub asked: Asked,
    pub facts: Facts,
    pub observed: Observed,
    pub members: Vec<Member>,
    pub documents: BTreeMap<i32, String>,
    pub capacity: Option<f64>,
    pub prices: Option<Prices>,
}

impl World {
    pub fn new(from: &str, to: &str, now: Timestamp) -> Self {
        let asked = Asked::new(from, to, now).expect("a period");
        let member = |code_of: &str, name: &str| Member { code: code(code_of), name: name.to_owned(), active: true };
        Self {
            asked,
            facts: Facts::new(&asked),
            observed: Observed::default(),
            members: vec![member("KE", "Kenya"), member("NL", "Netherlands"), member("NZ", "New Zealand")],
            documents: BTreeMap::new(),
            capacity: None,
            prices: None,
        }
    }

    pub fn add(&mut self, row: &Row) {
        self.facts.add(row);
    }

    pub fn note(&mut self, minute: &Minute) {
        self.observed.add(&serde_json::to_string(minute).expect("JSON"), &self.asked);
    }

    pub fn report(&self, by: By) -> Report {
        assemble(&Known {
            asked: self.asked,
            by,
            facts: &self.facts,
            observed: &self.observed,
            members: &self.members,
            documents: &self.documents,
            version: "1.2.3",
            tracks_kept: 400 * DAY,
            capacity: self.capacity,
            prices: self.prices.as_ref(),
        })
    }
}

/// A year and the one before it, with all that a report can tell.
pub fn year() -> &'static World {
    static YEAR: OnceLock<World> = OnceLock::new();
    YEAR.get_or_init(make_year)
}

pub fn make_year() -> World {
    use TrackingState::{Delivered, DeliveredNotReadable, DeliveredWithWarnings, FailedDelivery, PendingDelivery};
    let mut world = World::new("2025-11-01", "2026-10-31", day("2026-11-03").start());
    let (issued, withdrawn) = (document(851, 70), document(851, 40));
    let states = [Delivered, Delivered, Delivered, Delivered, DeliveredWithWarnings, Delivered, DeliveredNotReadable];
    let pairs = [("KE", "NL"), ("KE", "NL"), ("NZ", "NL"), ("NL", "KE"), ("KE", "NZ"), ("ZA", "NL")];
    for (index, at) in (day("2024-11-01").0..day("2026-11-01").0).map(Day).enumerate() {
        let envelopes = 20 + index % 7 * 3 + index / 40;
        if at < world.asked.from {
            let minute = MinuteOf::of(at.start()).to_string();
            world.note(&Minute { minute, up: 60, accepted: envelopes as u64, ..Minute::default() });
        }
        for nth in 0..envelopes {
            let (from, to) = pairs[(index + nth) % pairs.len()];
            let state = states[(index * 3 + nth) % states.len()];
            let document = if nth % 11 == 0 { withdrawn } else { issued };
            let dwell = Duration::from_secs(30 + (index as u64 * 97 + nth as u64 * 1313) % 40_000);
            world.add(&row(at, from, to, document, state, dwell));
        }
    }
    world.add(&row(day("2026-03-01"), "KE", "NZ", document(657, 70), FailedDelivery, 14 * DAY));
    world.add(&row(day("2026-10-31"), "KE", "NZ", document(911, 17), PendingDelivery, Duration::ZERO));
    let copy = Row { copies: true, ..row(day("2026-02-02"), "KE", "CUSTOMS", issued, Delivered, DAY) };
    world.add(&copy);
    world.documents.insert(911, "Import permit".to_owned());
    let count = |member: &str, what: &str, count| (member.to_owned(), BTreeMap::from([(what.to_owned(), count)]));
    let first = day("2025-11-01").0;
    for (index, hour) in (u64::from(first) * 24..u64::from(day("2026-11-03").0) * 24).enumerate() {
        // Each minute served, but for half an hour each fifty days and a second here and there.
        for minute in hour * 60..hour * 60 + 60 {
            let away = index % 1200 == 700 && minute % 60 >= 30;
            if away {
                continue;
            }
            let mut line = Minute { minute: MinuteOf(minute).to_string(), up: 60, ..Minute::default() };
            if minute % 60 == 7 {
                line.accepted = 3;
                line.peak = 2 + (index % 9) as u64;
                line.pending = 40;
                line.journal_bytes = 3 << 30;
                line.refused = [count("KE", "invalid", 1), count("NZ", "not_yours", 1)].into();
                line.refused_rules = [count("KE", "hs-code", 1)].into();
                line.judged = [count("KE", "clean", 3), count("NL", "findings", 1)].into();
                line.findings = [count("NL", "origin-missing", 1)].into();
            } else {
                line.journal_bytes = 3 << 30;
            }
            world.note(&line);
        }
    }
    world.capacity = Some(7600.0);
    world.prices = Some(Prices::parse(PRICES).expect("prices"));
    world
}
