//! Random commands against a model too simple to be wrong, over a journal whose segments are reclaimed, with crashes
//! between copying and releasing, and restarts that meet the records in any order.

mod support;

use std::collections::HashSet;
use std::time::Duration;

use phytohub_core::shard::{Answer, Command, Settings, Shard};
use phytohub_model::{
    DeliveryNumber, Fact, Header, Locator, Outcome, Pressure, Timestamp, TrackedHeader, TrackingState,
};
use proptest::prelude::*;
use support::{DAY, Desk, HOUR, Record, SHARD, code, deliver, header, number, seen, settings};

const MEMBERS: &str = "LK NO KE";
const LENGTH: u32 = 1000;

fn tight() -> Settings {
    Settings {
        pending_per_destination_max: 6,
        pending_per_sender_max: 7,
        pending_total_max: 12,
        headers_per_answer_max: 4,
        envelopes_per_answer_max: 3,
        bytes_per_answer_max: 2 * u64::from(LENGTH),
        expired_per_tick_max: 2,
        ..settings()
    }
}

/// Everything that can happen. Numbers are reduced to what is there.
#[derive(Clone, Debug)]
enum Action {
    Deliver {
        from: usize,
        to: usize,
        certificate: usize,
    },
    Acknowledge {
        by: usize,
        which: usize,
        outcome: Outcome,
        message: Option<String>,
    },
    Expire,
    Forget,
    Wait(Duration),
    /// The hot log goes on in a new segment, or the cold one does.
    Roll {
        cold: bool,
    },
    /// Survivors are copied; unless the hub crashes then, the segment is released.
    Reclaim {
        which: usize,
        crash: bool,
    },
    /// The reclaiming that the core itself proposes, until it proposes none.
    Tidy,
    Restart {
        shuffle: Option<u64>,
    },
}

fn action() -> impl Strategy<Value = Action> {
    use Outcome::{Delivered, DeliveredNotReadable, DeliveredWithWarnings};
    let outcome = prop_oneof![Just(Delivered), Just(DeliveredWithWarnings), Just(DeliveredNotReadable)];
    let message = prop::option::of("[a-z]{0,3}");
    let span = prop_oneof![Just(HOUR), Just(23 * HOUR), Just(7 * DAY), Just(15 * DAY), Just(401 * DAY)];
    prop_oneof![
        8 => (0..3_usize, 0..3_usize, 0..3_usize).prop_map(|(from, to, certificate)| Action::Deliver {
            from, to, certificate
        }),
        6 => (0..3_usize, any::<usize>(), outcome, message).prop_map(|(by, which, outcome, message)| {
            Action::Acknowledge { by, which, outcome, message }
        }),
        1 => Just(Action::Expire),
        1 => Just(Action::Forget),
        2 => span.prop_map(Action::Wait),
        2 => any::<bool>().prop_map(|cold| Action::Roll { cold }),
        3 => (any::<usize>(), any::<bool>()).prop_map(|(which, crash)| Action::Reclaim { which, crash }),
        1 => Just(Action::Tidy),
        2 => prop::option::of(any::<u64>()).prop_map(|shuffle| Action::Restart { shuffle }),
    ]
}

/// The same with a clock that also goes back.
fn action_in_disorder() -> impl Strategy<Value = (Action, bool)> {
    (action(), prop::bool::weighted(0.3))
}

/// An envelope as the model knows it.
#[derive(Clone, Debug)]
struct Known {
    header: TrackedHeader,
    accepted_at: Timestamp,
    ended_at: Timestamp,
}

impl Known {
    fn is_pending(&self) -> bool {
        self.header.state == TrackingState::PendingDelivery
    }
}

struct World {
    desk: Desk,
    cold: u32,
    next_segment: u32,
    /// All envelopes ever accepted and not yet seen to be forgotten, in order.
    known: Vec<Known>,
    /// Contents that the shell erased.
    erased: HashSet<Locator>,
    numbers: u64,
}

fn member(index: usize) -> &'static str {
    MEMBERS.split(' ').nth(index).expect("a member")
}

impl World {
    fn new() -> Self {
        let mut desk = Desk::new(tight());
        desk.head = 1;
        Self { desk, cold: 2, next_segment: 3, known: Vec::new(), erased: HashSet::new(), numbers: 0 }
    }

    fn act(&mut self, action: &Action) {
        match action {
            Action::Deliver { from, to, certificate } => self.deliver(*from, *to, *certificate),
            Action::Acknowledge { by, which, outcome, message } => {
                self.acknowledge(*by, *which, *outcome, message.clone());
            }
            Action::Expire => self.expire(),
            Action::Forget => {
                self.desk.shard.forget(self.desk.now);
                self.desk.shard.check_invariants();
            }
            Action::Wait(span) => self.desk.wait(*span),
            Action::Roll { cold } => {
                let head = if *cold { &mut self.cold } else { &mut self.desk.head };
                *head = self.next_segment;
                self.next_segment += 1;
            }
            Action::Reclaim { which, crash } => self.reclaim(*which, *crash),
            Action::Tidy => self.tidy(),
            Action::Restart { shuffle } => self.restart(*shuffle),
        }
        for freed in self.desk.freed.drain(..) {
            self.erased.insert(freed.locator);
        }
        self.check_contents();
    }

    fn deliver(&mut self, from: usize, to: usize, certificate: usize) {
        self.numbers += 1;
        let header = header(member(from), member(to), &certificate.to_string());
        let expected = self.expected_of_delivery(&header);
        let answer = self.desk.ask(&Command::Deliver(deliver(self.numbers, header.clone(), LENGTH)));
        assert_eq!(answer, expected);
        if let Answer::Accepted { header, again: false, .. } = answer {
            self.known.push(Known { header, accepted_at: self.desk.now, ended_at: Timestamp(0) });
        }
    }

    fn expected_of_delivery(&self, header: &Header) -> Answer {
        use TrackingState::{Delivered, DeliveredWithWarnings};
        let now = self.desk.now;
        let first = self.known.iter().find(|known| {
            let delivered = matches!(known.header.state, Delivered | DeliveredWithWarnings);
            let remembered = known.is_pending() || delivered && now.since(known.ended_at) < 24 * HOUR;
            known.header.header == *header && remembered
        });
        if let Some(first) = first {
            return Answer::Accepted { header: first.header.clone(), again: true, copies: Vec::new() };
        }
        let waiting = |of: &dyn Fn(&Header) -> bool| {
            self.known.iter().filter(|known| known.is_pending() && of(&known.header.header)).count() as u64
        };
        let limits = tight();
        if waiting(&|_| true) >= limits.pending_total_max {
            Answer::Refused(Pressure::Total)
        } else if waiting(&|other| other.to == header.to) >= limits.pending_per_destination_max {
            Answer::Refused(Pressure::Destination)
        } else if waiting(&|other| other.from == header.from) >= limits.pending_per_sender_max {
            Answer::Refused(Pressure::Sender)
        } else {
            let (number, state) = (number(self.numbers), TrackingState::PendingDelivery);
            Answer::Accepted {
                header: TrackedHeader { header: header.clone(), number, state, message: None },
                again: false,
                copies: Vec::new(),
            }
        }
    }

    fn acknowledge(&mut self, by: usize, which: usize, outcome: Outcome, message: Option<String>) {
        // One in a while is a number that was never given.
        let which = which % (self.known.len() + 1);
        let number = self.known.get(which).map_or(number(u64::MAX), |known| known.header.number);
        let codes = vec![code(member(by))];
        let answer = self.desk.ask(&Command::Acknowledge { codes, number, outcome, message: message.clone() });
        let now = self.desk.now;
        let Some(known) = self.known.get_mut(which).filter(|known| known.header.header.to == code(member(by))) else {
            assert_eq!(answer, Answer::Unknown);
            return;
        };
        let wanted = TrackingState::from(outcome);
        if known.is_pending() {
            assert_eq!(answer, Answer::Acknowledged(wanted));
            known.header.state = wanted;
            known.header.message = message.filter(|text| !text.is_empty()).map(Into::into);
            known.ended_at = now;
        } else if answer == Answer::Unknown {
            assert!(now.since(known.ended_at) >= 400 * DAY, "forgotten too early");
        } else if known.header.state == wanted {
            assert_eq!(answer, Answer::Acknowledged(wanted));
        } else {
            assert_eq!(answer, Answer::AlreadyFinal(known.header.state));
        }
    }

    fn expire(&mut self) {
        let now = self.desk.now;
        let due: Vec<DeliveryNumber> = self
            .known
            .iter()
            .filter(|known| known.is_pending())
            .filter(|known| now.since(known.accepted_at) >= 14 * DAY)
            .map(|known| known.header.number)
            .take(2)
            .collect();
        let facts = self.desk.facts(&Command::Expire);
        assert_eq!(self.desk.expire(), due.len());
        assert_eq!(facts.as_slice().len(), due.len());
        for (fact, number) in facts.iter().zip(due) {
            let Fact::Expired(expired) = fact else { panic!("{fact:?}") };
            assert_eq!(expired.number, number);
            let known = self.known.iter_mut().find(|known| known.header.number == number).expect("known");
            known.header.state = TrackingState::FailedDelivery;
            known.header.message = Some(expired.message.clone());
            known.ended_at = now;
        }
    }

    /// Segments that are not written to any more.
    fn sealed(&self) -> Vec<u32> {
        let heads = [self.desk.head, self.cold];
        self.desk.journal.keys().copied().filter(|segment| !heads.contains(segment)).collect()
    }

    fn reclaim(&mut self, which: usize, crash: bool) {
        let sealed = self.sealed();
        if sealed.is_empty() {
            return;
        }
        let segment = sealed[which % sealed.len()];
        self.desk.copy_forward(segment, self.cold);
        assert_eq!(self.desk.shard.segment_use(segment), Default::default(), "all that is needed was copied");
        if crash {
            self.restart(Some(which as u64));
        } else {
            self.desk.release(segment);
        }
    }

    fn tidy(&mut self) {
        for _ in 0..50 {
            let used =
                |segment: &u32| self.desk.journal[segment].iter().map(|record| u64::from(record.locator.length) + 100);
            let sealed: Vec<_> = self.sealed().iter().map(|segment| (*segment, used(segment).sum())).collect();
            let Some(segment) = self.desk.shard.reclaimable(&sealed) else { return };
            self.desk.reclaim(segment, self.cold);
        }
        panic!("reclaiming has no end");
    }

    /// A restart finds the same state as before, in whatever order the journal brings the facts.
    fn restart(&mut self, shuffle: Option<u64>) {
        let mut records: Vec<&Record> = self.desk.journal.values().flatten().collect();
        if let Some(mut seed) = shuffle {
            for index in (1..records.len()).rev() {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                records.swap(index, (seed >> 33) as usize % (index + 1));
            }
        }
        let replayed = self.desk.replayed_in(records.into_iter());
        // Tracks past their retention may be gone here and there.
        let numbers: Vec<DeliveryNumber> = self
            .known
            .iter()
            .filter(|known| known.is_pending() || self.desk.now.since(known.ended_at) < 400 * DAY)
            .map(|known| known.header.number)
            .collect();
        let all = |shard: &Shard| {
            let seen = seen(shard, self.desk.now, MEMBERS, &numbers);
            (seen.pending, seen.answers, self.retries(shard))
        };
        assert_eq!(all(&replayed), all(&self.desk.shard));
        self.desk.shard = replayed;
        self.erased.extend(self.desk.shard.erasable());
    }

    /// Which deliveries would be taken for retries.
    fn retries(&self, shard: &Shard) -> Vec<Answer> {
        let mut answers = Vec::new();
        for (from, to, certificate) in (0..27).map(|n| (n / 9, n / 3 % 3, n % 3)) {
            let header = header(member(from), member(to), &certificate.to_string());
            let delivery = deliver(u64::MAX - 1, header, LENGTH);
            answers.push(shard.decide(self.desk.now, &Command::Deliver(delivery)).answer);
        }
        answers
    }

    /// The content of every waiting envelope is in the journal, under its number, and was not erased.
    fn check_contents(&self) {
        for (number, locator) in self.desk.shard.pending_locators() {
            assert!(!self.erased.contains(&locator), "the content of {number} was erased");
            let record = self.desk.journal[&locator.segment].iter().find(|record| record.locator == locator);
            let fact = record.map(|record| &record.fact);
            assert!(matches!(fact, Some(Fact::Accepted(accepted)) if accepted.number == number), "{fact:?}");
        }
    }

    /// What members see is what the model says.
    fn compare(&mut self) {
        let now = self.desk.now;
        let limits = tight();
        for by in MEMBERS.split(' ') {
            let waiting = |of: fn(&Header) -> phytohub_model::ConnectionCode| -> Vec<DeliveryNumber> {
                let mine = self.known.iter().filter(|known| known.is_pending() && of(&known.header.header) == code(by));
                mine.map(|known| known.header.number).collect()
            };
            let (mut inbox, mut outbox) = (waiting(|header| header.to), waiting(|header| header.from));
            inbox.truncate(limits.headers_per_answer_max);
            outbox.truncate(limits.headers_per_answer_max);
            assert_eq!(self.desk.inbox(by), inbox);
            assert_eq!(self.desk.outbox(by), outbox);
            let pulled: Vec<_> = self.desk.pull(by).into_iter().map(|(listed, _)| listed.header.number).collect();
            assert_eq!(pulled, inbox.into_iter().take(2).collect::<Vec<_>>());
        }
        let mut forgotten = Vec::new();
        for known in self.known.clone() {
            let number = known.header.number;
            for by in MEMBERS.split(' ') {
                let header = &known.header.header;
                let theirs = [header.from, header.to].contains(&code(by));
                let expected = theirs.then(|| known.header.clone());
                let track = self.desk.track(by, number);
                if theirs && track.is_none() {
                    assert!(!known.is_pending() && now.since(known.ended_at) >= 400 * DAY, "forgotten too early");
                    forgotten.push(number);
                } else {
                    assert_eq!(track, expected);
                }
                let waits_for_them = known.is_pending() && header.to == code(by);
                assert_eq!(self.desk.pull_one(by, number).is_some(), waits_for_them);
            }
        }
        // What was forgotten may come back after a restart, as the track it was, until its record is reclaimed.
        assert!(
            self.known.iter().filter(|known| known.is_pending()).all(|known| !forgotten.contains(&known.header.number))
        );
        let waiting = self.known.iter().filter(|known| known.is_pending()).count() as u64;
        assert_eq!(self.desk.shard.pending(), waiting);
        self.compare_account(waiting);
    }

    /// The count for reports: each envelope once, in its state; those past their retention are there or not.
    fn compare_account(&self, waiting: u64) {
        let now = self.desk.now;
        let until = now.plus(DAY);
        let (all, others) = self.desk.account(Timestamp(0), until);
        let certain = self.known.iter().filter(|known| known.is_pending() || now.since(known.ended_at) < 400 * DAY);
        assert!(all.holds() && others == 0, "{all:?}");
        assert_eq!(all.pending, waiting);
        assert!(all.accepted >= certain.count() as u64 && all.accepted <= self.known.len() as u64, "{all:?}");
        let (before, later) = self.desk.account(Timestamp(0), now);
        let (after, earlier) = self.desk.account(now, until);
        assert_eq!((before.accepted, after.accepted), (earlier, later));
        assert_eq!(before.accepted + after.accepted, all.accepted);
    }
}

proptest! {
    #[test]
    fn a_shard_does_what_the_model_says(actions in prop::collection::vec(action(), 1..80)) {
        let mut world = World::new();
        for action in &actions {
            world.act(action);
            world.compare();
        }
        world.restart(None);
        world.compare();
    }

    #[test]
    fn a_restart_finds_the_same_state_whatever_the_clock_did(
        actions in prop::collection::vec(action_in_disorder(), 1..60)
    ) {
        let mut world = World::new();
        for (action, back) in &actions {
            match action {
                Action::Wait(span) if *back => {
                    world.desk.now = Timestamp(world.desk.now.0 - span.as_millis() as u64);
                }
                Action::Expire => world.expire_in_disorder(),
                // Without a clock that goes forward the model's answers are not those of the rules.
                Action::Deliver { from, to, certificate } => world.deliver_in_disorder(*from, *to, *certificate),
                Action::Acknowledge { which, outcome, .. } => world.acknowledge_in_disorder(*which, *outcome),
                Action::Restart { .. } | Action::Reclaim { crash: true, .. } => {}
                action => world.act(action),
            }
            let replayed = world.desk.replayed();
            assert_eq!(replayed.pending(), world.desk.shard.pending());
            world.check_contents();
        }
        assert_eq!(world.desk.shard.id(), SHARD);
    }
}

impl World {
    fn deliver_in_disorder(&mut self, from: usize, to: usize, certificate: usize) {
        self.numbers += 1;
        let header = header(member(from), member(to), &certificate.to_string());
        let answer = self.desk.ask(&Command::Deliver(deliver(self.numbers, header, LENGTH)));
        if let Answer::Accepted { header, again: false, .. } = answer {
            self.known.push(Known { header, accepted_at: self.desk.now, ended_at: Timestamp(0) });
        }
    }

    fn acknowledge_in_disorder(&mut self, which: usize, outcome: Outcome) {
        if self.known.is_empty() {
            return;
        }
        let header = self.known[which % self.known.len()].header.clone();
        let by = header.header.to;
        self.desk.ask(&Command::Acknowledge { codes: vec![by], number: header.number, outcome, message: None });
    }

    fn expire_in_disorder(&mut self) {
        let facts = self.desk.facts(&Command::Expire);
        for fact in &facts {
            let Fact::Expired(expired) = fact else { panic!("{fact:?}") };
            let known = self.known.iter().find(|known| known.header.number == expired.number).expect("known");
            assert!(self.desk.now.since(known.accepted_at) >= 14 * DAY, "given up too early");
        }
        self.desk.expire();
    }
}
