//! A shard with a journal in memory, for tests: what a hub's shell does, without disk, threads and time.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test file uses its part of it")]

use std::collections::BTreeMap;
use std::time::Duration;

use phytohub_core::shard::{
    Answer, Applied, Command, Deliver, Elsewhere, Facts, Freed, Listed, NextPush, Pushed, Room, Settings, Shard,
    Survivor, Wanted,
};
use phytohub_model::{
    CertificateNumber, ConnectionCode, Content, DeliveryNumber, Document, DocumentStatus, DocumentType, Fact,
    Fingerprint, Header, Locator, Outcome, ShardId, Tally, Timestamp, TrackedHeader, TrackingState,
};

pub const HOUR: Duration = Duration::from_secs(3600);
pub const DAY: Duration = Duration::from_secs(86_400);
pub const SHARD: ShardId = ShardId(3);

pub fn settings() -> Settings {
    Settings {
        pending_per_destination_max: 1000,
        pending_per_sender_max: 1000,
        pending_total_max: 1000,
        expire_after: 14 * DAY,
        track_retention: 400 * DAY,
        retry_window: 24 * HOUR,
        headers_per_answer_max: 5000,
        envelopes_per_answer_max: 100,
        bytes_per_answer_max: 8 << 20,
        expired_per_tick_max: 100,
    }
}

pub fn code(text: &str) -> ConnectionCode {
    text.parse().expect("a code")
}

pub fn codes(text: &str) -> Vec<ConnectionCode> {
    text.split(' ').map(code).collect()
}

/// The `n`th delivery number; spread like a random one.
pub fn number(n: u64) -> DeliveryNumber {
    let mixed = (u128::from(n) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    let mut random = [0; 15];
    random.copy_from_slice(&mixed.to_be_bytes()[1..]);
    DeliveryNumber::new(SHARD, random)
}

pub fn header(from: &str, to: &str, certificate_number: &str) -> Header {
    Header {
        from: code(from),
        to: code(to),
        document: Document { kind: DocumentType::PHYTOSANITARY, status: DocumentStatus::ISSUED },
        certificate_number: CertificateNumber::new(certificate_number).expect("a number"),
    }
}

/// Stands for the shell's hash: any text of the same identity gives the same.
pub fn fingerprint(text: &str) -> Fingerprint {
    let mix = |hash: u128, byte: u8| (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013B);
    Fingerprint(text.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, mix))
}

/// A delivery of `length` bytes that are told from others by header alone.
pub fn deliver(n: u64, header: Header, length: u32) -> Deliver {
    let fingerprint = fingerprint(&format!("{header:?}"));
    Deliver {
        header,
        content: Content { length, fingerprint },
        number: number(n),
        elsewhere: Elsewhere::default(),
        route: None,
        copies: Vec::new(),
        room: Room::Free,
    }
}

/// A record of the journal.
#[derive(Clone, Debug)]
pub struct Record {
    pub fact: Fact,
    pub locator: Locator,
}

/// A shard and the journal that its facts went to.
#[derive(Clone, Debug)]
pub struct Desk {
    pub shard: Shard,
    pub settings: Settings,
    pub now: Timestamp,
    /// Segments by number, each with its records.
    pub journal: BTreeMap<u32, Vec<Record>>,
    /// Segment written to.
    pub head: u32,
    pub freed: Vec<Freed>,
    pub delivered: u64,
}

impl Desk {
    pub fn new(settings: Settings) -> Self {
        let mut shard = Shard::new(SHARD, settings.clone());
        shard.recovered();
        let now = Timestamp(1_800_000_000_000);
        Self { shard, settings, now, journal: BTreeMap::new(), head: 1, freed: Vec::new(), delivered: 0 }
    }

    pub fn wait(&mut self, span: Duration) {
        self.now = self.now.plus(span);
    }

    /// What the shell does with a command: decide, stage, apply.
    pub fn ask(&mut self, command: &Command) -> Answer {
        let decision = self.shard.decide(self.now, command);
        let length = match command {
            Command::Deliver(deliver) => deliver.content.length,
            _ => 0,
        };
        for fact in &decision.facts {
            self.write(self.head, fact.clone(), if matches!(fact, Fact::Accepted(_)) { length } else { 0 });
        }
        decision.answer
    }

    /// The facts a command would bring, and the answer, without letting them happen.
    pub fn facts(&self, command: &Command) -> Facts {
        self.shard.decide(self.now, command).facts
    }

    pub fn write(&mut self, segment: u32, fact: Fact, length: u32) -> Applied {
        let records = self.journal.entry(segment).or_default();
        let offset = records.last().map_or(0, |last| last.locator.offset + last.locator.length + 100);
        let locator = Locator { segment, offset, length };
        records.push(Record { fact: fact.clone(), locator });
        let applied = self.shard.apply(&fact, locator);
        self.freed.extend(applied.freed);
        self.shard.check_invariants();
        applied
    }

    pub fn deliver(&mut self, from: &str, to: &str, certificate_number: &str) -> Answer {
        self.deliver_sized(from, to, certificate_number, 1000)
    }

    pub fn deliver_sized(&mut self, from: &str, to: &str, certificate_number: &str, length: u32) -> Answer {
        self.delivered += 1;
        let deliver = deliver(self.delivered, header(from, to, certificate_number), length);
        self.ask(&Command::Deliver(deliver))
    }

    /// A delivery that must be accepted as a new one.
    pub fn accept(&mut self, from: &str, to: &str, certificate_number: &str) -> DeliveryNumber {
        match self.deliver(from, to, certificate_number) {
            Answer::Accepted { header, again: false, .. } => header.number,
            answer => panic!("not accepted as new: {answer:?}"),
        }
    }

    pub fn acknowledge(&mut self, by: &str, number: DeliveryNumber, outcome: Outcome) -> Answer {
        self.ask(&Command::Acknowledge { codes: codes(by), number, outcome, message: None })
    }

    pub fn acknowledge_saying(&mut self, by: &str, number: DeliveryNumber, outcome: Outcome, text: &str) -> Answer {
        self.ask(&Command::Acknowledge { codes: codes(by), number, outcome, message: Some(text.to_owned()) })
    }

    /// The count of all envelopes accepted from one moment until another, and how many were accepted at others.
    pub fn account(&self, from: Timestamp, until: Timestamp) -> (Tally, u64) {
        let (mut slot, mut total, mut others) = (Some(0), Tally::default(), 0);
        while let Some(next) = slot {
            let wanted = Wanted { slot: next, from, until };
            let Answer::Accounted(part) = self.shard.decide(self.now, &Command::Account(wanted)).answer else {
                panic!("another answer");
            };
            part.rows.iter().for_each(|row| total += &row.tally);
            (slot, others) = (part.next, others + part.others);
        }
        (total, others)
    }

    pub fn track(&mut self, by: &str, number: DeliveryNumber) -> Option<TrackedHeader> {
        match self.ask(&Command::Track { codes: codes(by), number }) {
            Answer::Tracked(header) => header,
            answer => panic!("{answer:?}"),
        }
    }

    pub fn state(&mut self, by: &str, number: DeliveryNumber) -> Option<TrackingState> {
        self.track(by, number).map(|header| header.state)
    }

    pub fn inbox(&mut self, by: &str) -> Vec<DeliveryNumber> {
        self.listed(&Command::ListInbox { codes: codes(by), from: None })
    }

    pub fn outbox(&mut self, by: &str) -> Vec<DeliveryNumber> {
        self.listed(&Command::ListOutbox { codes: codes(by) })
    }

    pub fn listed(&mut self, command: &Command) -> Vec<DeliveryNumber> {
        match self.ask(command) {
            Answer::Headers(headers) => headers.into_iter().map(|listed| listed.header.number).collect(),
            answer => panic!("{answer:?}"),
        }
    }

    pub fn pull(&mut self, by: &str) -> Vec<(Listed, Locator)> {
        match self.ask(&Command::PullMany { codes: codes(by) }) {
            Answer::Envelopes(envelopes) => envelopes,
            answer => panic!("{answer:?}"),
        }
    }

    pub fn pull_one(&mut self, by: &str, number: DeliveryNumber) -> Option<(TrackedHeader, Locator)> {
        match self.ask(&Command::PullOne { codes: codes(by), number }) {
            Answer::Envelope(envelope) => envelope,
            answer => panic!("{answer:?}"),
        }
    }

    pub fn expire(&mut self) -> usize {
        match self.ask(&Command::Expire) {
            Answer::Expired(count) => count,
            answer => panic!("{answer:?}"),
        }
    }

    /// Writes what is needed of a segment again, at `target`, as the shell does.
    pub fn copy_forward(&mut self, segment: u32, target: u32) {
        for Record { fact, locator } in self.journal.get(&segment).cloned().unwrap_or_default() {
            match self.shard.survivor(&fact, locator) {
                Survivor::Drop => {}
                Survivor::Copy => {
                    self.write(target, fact, locator.length);
                }
                Survivor::Track(track) => {
                    self.write(target, Fact::Track(track), 0);
                }
            }
        }
    }

    pub fn release(&mut self, segment: u32) {
        self.journal.remove(&segment);
        self.shard.released(segment);
        self.shard.check_invariants();
    }

    pub fn reclaim(&mut self, segment: u32, target: u32) {
        self.copy_forward(segment, target);
        self.release(segment);
    }

    /// The shard as a restart finds it: every fact of the journal, in order of segments.
    pub fn replayed(&self) -> Shard {
        self.replayed_in(self.journal.values().flatten())
    }

    pub fn replayed_in<'a>(&self, records: impl Iterator<Item = &'a Record>) -> Shard {
        let mut shard = Shard::new(SHARD, self.settings.clone());
        for record in records {
            shard.apply(&record.fact, record.locator);
        }
        shard.recovered();
        shard.check_invariants();
        shard
    }

    pub fn restart(&mut self) {
        self.shard = self.replayed();
    }
}

/// Everything that clients can see of a shard.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub pending: u64,
    pub tracks: u64,
    pub answers: Vec<Answer>,
}

/// What the members `all` can see now. Locators are left out: they may differ.
pub fn seen(shard: &Shard, now: Timestamp, all: &str, numbers: &[DeliveryNumber]) -> Seen {
    let mut answers = Vec::new();
    let mut ask = |command: Command| {
        let decision = shard.decide(now, &command);
        assert_eq!(decision.facts, Facts::None, "looking changes nothing");
        answers.push(match decision.answer {
            Answer::Envelopes(envelopes) => Answer::Headers(envelopes.into_iter().map(|(listed, _)| listed).collect()),
            Answer::Envelope(envelope) => Answer::Tracked(envelope.map(|(header, _)| header)),
            Answer::Push(NextPush::Envelope(pushed)) => {
                let locator = Locator { segment: 0, offset: 0, length: pushed.locator.length };
                Answer::Push(NextPush::Envelope(Box::new(Pushed { locator, ..*pushed })))
            }
            answer => answer,
        });
    };
    for by in all.split(' ') {
        ask(Command::ListInbox { codes: codes(by), from: None });
        ask(Command::ListOutbox { codes: codes(by) });
        ask(Command::PullMany { codes: codes(by) });
        for &number in numbers {
            ask(Command::Track { codes: codes(by), number });
            ask(Command::PullOne { codes: codes(by), number });
        }
        for reminder_first in [false, true] {
            let receiver = code(by);
            ask(Command::NextPush { receiver, remind_after: HOUR, reminder_first });
        }
    }
    for &number in numbers {
        ask(Command::Follow { number });
    }
    ask(Command::ListParked { receiver: None });
    Seen { pending: shard.pending(), tracks: shard.tracks(), answers }
}
