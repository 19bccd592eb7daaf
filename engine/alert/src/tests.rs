//! Each rule fires, stays and clears; the caps; restarts. One observation after the other, no clock.

use std::time::Duration;

use phytohub_model::Timestamp;

use crate::alerts::{Alerts, Saved};
use crate::message::{Event, Message, What};
use crate::observation::{Bucket, CertificateSeen, DiskSeen, MemberSeen, Observation, Used};
use crate::rules::{Kind, Level, RULES, RuleId};
use crate::settings::AlertSettings;

const DAY: u64 = 86_400;
const HOUR: u64 = 3600;
/// Noon of some day, in seconds since 1970: far from the turn of the day.
const NOON: u64 = 20_000 * DAY + DAY / 2;

/// A hub with one member, to which things happen.
struct Scene {
    alerts: Alerts,
    seen: Observation,
}

impl Scene {
    fn new() -> Self {
        Self::with(AlertSettings::default())
    }

    fn with(settings: AlertSettings) -> Self {
        let certificate = CertificateSeen {
            id: "0a1b".to_owned(),
            not_before: Timestamp(0),
            not_after: Timestamp((NOON + 1000 * DAY) * 1000),
        };
        let member = MemberSeen {
            code: "NL".to_owned(),
            active: true,
            fetches: true,
            pending: Used { now: 0, limit: 100 },
            certificates: vec![certificate.clone()],
            ..MemberSeen::default()
        };
        let seen = Observation {
            at: Timestamp(NOON * 1000),
            members: vec![member],
            disk: DiskSeen { free_bytes: 100 << 30, low_water_bytes: 1 << 30, refuses: false },
            commits: [0.001, 0.1, 1.0].map(|seconds| Bucket { seconds, count: 0 }).to_vec(),
            connections: Used { now: 1, limit: 100 },
            pending: Used { now: 0, limit: 1000 },
            hub_certificate: Some(certificate),
            ..Observation::default()
        };
        let mut scene = Self { alerts: Alerts::new(settings, None, true), seen };
        assert_eq!(scene.look(), [], "a hub without trouble says nothing");
        scene
    }

    fn member(&mut self) -> &mut MemberSeen {
        &mut self.seen.members[0]
    }

    fn pass(&mut self, seconds: u64) {
        self.seen.at = self.seen.at.plus(Duration::from_secs(seconds));
        self.seen.running += Duration::from_secs(seconds);
    }

    fn message(&mut self) -> Option<Message> {
        self.alerts.observe(&self.seen)
    }

    fn look(&mut self) -> Vec<(What, RuleId, String)> {
        let events = self.message().map(|message| message.events).unwrap_or_default();
        events.into_iter().map(|Event { what, rule, subject, .. }| (what, rule, subject)).collect()
    }

    /// A process that ends and one that begins, `seconds` later.
    fn restart(&mut self, settings: AlertSettings, stopped: bool, seconds: u64) {
        let text = serde_json::to_string(&self.alerts.saved(stopped)).unwrap();
        let saved: Saved = serde_json::from_str(&text).unwrap();
        self.alerts = Alerts::new(settings, Some(saved), true);
        self.seen.at = self.seen.at.plus(Duration::from_secs(seconds));
        self.seen.running = Duration::ZERO;
        self.member().last_fetch = None;
        (self.member().accepted, self.member().refused) = (0, 0);
    }

    /// What happens from now on must fire, stay as it is for a while, and clear.
    fn lasts(&mut self, rule: RuleId, subject: &str, begin: impl Fn(&mut Self), end: impl Fn(&mut Self)) {
        let (fired, cleared) = ((What::Fired, rule, subject.to_owned()), (What::Cleared, rule, subject.to_owned()));
        let holds = rule.rule().holds.as_secs();
        begin(self);
        for waited in (0..holds).step_by(10) {
            assert_eq!(self.look(), [], "{rule:?} after {waited} s of {holds}");
            self.pass(10);
            begin(self);
        }
        assert_eq!(self.look(), [fired], "{rule:?}");
        for _ in 0..3 {
            self.pass(10);
            begin(self);
            assert_eq!(self.look(), [], "{rule:?} is told once");
            assert_eq!(self.alerts.firing()[0].rule, rule);
        }
        self.pass(10);
        end(self);
        assert_eq!(self.look(), [cleared], "{rule:?}");
        self.pass(10);
        assert_eq!((self.look(), self.alerts.firing()), (vec![], vec![]), "{rule:?} is over once");
    }
}

#[test]
fn what_depends_on_one_look_fires_stays_and_clears() {
    type Act = fn(&mut Scene);
    let cases: [(RuleId, &str, Act, Act); 9] = [
        (
            RuleId::OldestUndelivered,
            "NL",
            |scene| {
                scene.member().pending.now = 3;
                scene.member().oldest = Some(Timestamp(scene.seen.at.0 - DAY * 1000));
            },
            |scene| {
                scene.member().pending.now = 0;
                scene.member().oldest = None;
            },
        ),
        (RuleId::Parked, "NL", |scene| scene.member().parked = 2, |scene| scene.member().parked = 0),
        (
            RuleId::BreakerOpen,
            "NL",
            |scene| scene.member().breaker_open_since = Some(Timestamp(scene.seen.at.0 - 300_000)),
            |scene| scene.member().breaker_open_since = None,
        ),
        (RuleId::DiskLow, "", |scene| scene.seen.disk.refuses = true, |scene| scene.seen.disk.refuses = false),
        (RuleId::Connections, "", |scene| scene.seen.connections.now = 80, |scene| scene.seen.connections.now = 63),
        (RuleId::Pending, "", |scene| scene.seen.pending.now = 800, |scene| scene.seen.pending.now = 639),
        (RuleId::Pending, "NL", |scene| scene.member().pending.now = 80, |scene| scene.member().pending.now = 63),
        (
            RuleId::AuditBroken,
            "",
            |scene| scene.seen.audit_broken = Some("Entry 7 does not fit".to_owned()),
            |scene| scene.seen.audit_broken = None,
        ),
        (
            RuleId::CertificateExpiry,
            "hub 0a1b",
            |scene| {
                let at = scene.seen.at;
                let certificate = scene.seen.hub_certificate.as_mut().unwrap();
                certificate.not_after = at.plus(Duration::from_secs(6 * DAY));
            },
            |scene| {
                let at = scene.seen.at;
                let certificate = scene.seen.hub_certificate.as_mut().unwrap();
                certificate.not_after = at.plus(Duration::from_secs(600 * DAY));
            },
        ),
    ];
    for (rule, subject, begin, end) in cases {
        Scene::new().lasts(rule, subject, begin, end);
    }
}

#[test]
fn between_firing_and_clearing_nothing_flutters() {
    let mut scene = Scene::new();
    scene.seen.connections.now = 80;
    scene.look();
    scene.pass(30);
    assert_eq!(scene.look().len(), 1);
    for now in [79, 81, 65, 79, 80] {
        scene.seen.connections.now = now;
        scene.pass(40);
        assert_eq!(scene.look(), [], "{now}");
    }
}

#[test]
fn what_does_not_hold_long_enough_is_not_told() {
    let mut scene = Scene::new();
    for _ in 0..10 {
        scene.seen.disk.refuses = true;
        assert_eq!(scene.look(), []);
        scene.pass(20);
        scene.seen.disk.refuses = false;
        assert_eq!(scene.look(), []);
        scene.pass(20);
    }
}

#[test]
fn a_disk_that_fills_is_foretold() {
    let mut scene = Scene::new();
    // 99 GiB above the mark: 6 GiB an hour reach it in less than a day, which half an hour shows.
    let mut minutes = 0;
    let events = loop {
        scene.pass(60);
        scene.seen.disk.free_bytes -= (6 << 30) / 60;
        minutes += 1;
        let events = scene.look();
        if !events.is_empty() || minutes > 120 {
            break events;
        }
    };
    assert_eq!(events, [(What::Fired, RuleId::DiskFilling, String::new())]);
    assert_eq!(minutes, 40, "half an hour until the pace is known, and ten minutes that it holds");
    assert!(scene.alerts.firing()[0].text.contains("refused in 15 h"), "{:?}", scene.alerts.firing());
    let cleared = (0..120).any(|_| {
        scene.pass(60);
        scene.look() == [(What::Cleared, RuleId::DiskFilling, String::new())]
    });
    assert!(cleared, "a disk that fills no more");
}

#[test]
fn slow_commits_are_those_of_the_last_minutes() {
    let mut scene = Scene::new();
    let mut run = |fast: u64, slow: u64, seconds: u64| {
        let mut events = Vec::new();
        for _ in 0..seconds / 10 {
            scene.pass(10);
            scene.seen.commits[0].count += fast;
            scene.seen.commits[2].count += slow;
            events.extend(scene.look());
        }
        events
    };
    assert_eq!(run(100, 0, 600), []);
    assert_eq!(run(0, 0, 600), []);
    assert_eq!(run(0, 1, 600), [], "too few to say anything");
    assert_eq!(run(100, 10, 300), [(What::Fired, RuleId::CommitSlow, String::new())]);
    assert_eq!(run(100, 0, 600), [(What::Cleared, RuleId::CommitSlow, String::new())]);
}

#[test]
fn a_sender_whose_deliveries_are_refused_is_told_of_once() {
    let mut scene = Scene::new();
    let mut run = |accepted: u64, refused: u64, minutes: u64| {
        let mut events = Vec::new();
        for _ in 0..minutes {
            scene.pass(60);
            scene.member().accepted += accepted;
            scene.member().refused += refused;
            events.extend(scene.look());
        }
        events
    };
    let event = |what| vec![(what, RuleId::Refusals, "NL".to_owned())];
    assert_eq!(run(10, 1, 60), []);
    assert_eq!(run(0, 1, 10), [], "10 of its 50 deliveries and falling: not yet a quarter");
    assert_eq!(run(10, 10, 30), event(What::Fired));
    assert_eq!(run(10, 0, 30), event(What::Cleared));
    assert_eq!(run(0, 0, 20), []);
    assert_eq!(run(0, 1, 14), [], "fewer than 20 say nothing");
}

#[test]
fn a_certificate_is_told_of_at_each_step_once_and_after_its_end() {
    let mut scene = Scene::new();
    scene.member().certificates[0].not_after = Timestamp((NOON + 100 * DAY) * 1000);
    let mut days = Vec::new();
    for day in 0..110 {
        let message = scene.message();
        if let Some(message) = message {
            let [event] = &message.events[..] else { panic!("{message:?}") };
            assert_eq!(
                (event.what, event.rule, event.subject.as_str()),
                (What::Fired, RuleId::CertificateExpiry, "NL 0a1b")
            );
            days.push((100 - day, event.level));
        }
        scene.pass(DAY);
    }
    let (info, warning, critical) = (Level::Info, Level::Warning, Level::Critical);
    assert_eq!(days, [(90, info), (60, info), (30, warning), (7, critical), (0, critical)]);
    let successor = CertificateSeen {
        id: "2c3d".to_owned(),
        not_before: Timestamp(0),
        not_after: scene.seen.at.plus(Duration::from_secs(700 * DAY)),
    };
    scene.member().certificates.push(successor);
    assert_eq!(scene.look(), [(What::Cleared, RuleId::CertificateExpiry, "NL 0a1b".to_owned())]);
}

#[test]
fn a_certificate_with_a_successor_is_told_of_only_at_the_last_step() {
    let mut scene = Scene::new();
    let old = Timestamp((NOON + 100 * DAY) * 1000);
    scene.member().certificates.push(CertificateSeen {
        id: "2c3d".to_owned(),
        not_before: Timestamp(0),
        not_after: old,
    });
    let days: Vec<u64> = (0..=100_u64)
        .filter(|_| {
            let events = scene.look();
            scene.pass(DAY);
            !events.is_empty()
        })
        .collect();
    assert_eq!(days, [93, 100], "7 days before, and cleared at the end: the successor acts");
}

#[test]
fn a_revoked_certificate_and_a_member_that_left_clear() {
    let mut scene = Scene::new();
    scene.member().certificates[0].not_after = Timestamp((NOON + DAY) * 1000);
    scene.member().parked = 1;
    assert_eq!(scene.look().len(), 2);
    scene.pass(10);
    scene.member().certificates.clear();
    assert_eq!(scene.look(), [(What::Cleared, RuleId::CertificateExpiry, "NL 0a1b".to_owned())]);
    scene.pass(10);
    scene.member().active = false;
    assert_eq!(scene.look(), [(What::Cleared, RuleId::Parked, "NL".to_owned())]);
}

#[test]
fn a_clock_that_is_set_is_told_of_and_there_is_nothing_to_clear() {
    let mut scene = Scene::new();
    let jump = |scene: &mut Scene| {
        scene.pass(10);
        scene.message().map(|message| message.events[0].text.clone())
    };
    assert_eq!(jump(&mut scene), None);
    scene.seen.at = scene.seen.at.plus(Duration::from_secs(HOUR));
    assert_eq!(jump(&mut scene).as_deref(), Some("The system's clock was set forward by 1 h 0 min"));
    assert_eq!(jump(&mut scene), None);
    scene.seen.at = Timestamp(scene.seen.at.0 - 60_000);
    assert_eq!(jump(&mut scene).as_deref(), Some("The system's clock was set back by 1 min"));
    scene.seen.at = scene.seen.at.plus(Duration::from_secs(4));
    assert_eq!(jump(&mut scene), None, "a time service may set it by as much");
    assert_eq!((scene.alerts.clock_jumps(), scene.alerts.firing()), (2, vec![]));
}

#[test]
fn a_regular_member_that_falls_silent_is_told_of_whatever_restarts() {
    let mut scene = Scene::new();
    let fetch = |scene: &mut Scene, hours: u64| {
        for _ in 0..hours {
            scene.pass(HOUR);
            scene.member().last_fetch = Some(scene.seen.at);
            assert_eq!(scene.look(), []);
        }
    };
    fetch(&mut scene, 9);
    scene.pass(2 * DAY);
    assert_eq!(scene.look(), [], "nine hours make no habit");
    fetch(&mut scene, 1);
    scene.restart(AlertSettings::default(), true, 3 * DAY);
    assert_eq!(
        scene.look(),
        [(What::Fired, RuleId::HubRestarted, String::new())],
        "it could not have called meanwhile"
    );
    scene.pass(DAY - 1);
    assert_eq!(scene.look(), []);
    scene.pass(1);
    assert_eq!(scene.look(), [(What::Fired, RuleId::MemberSilent, "NL".to_owned())]);
    scene.restart(AlertSettings::default(), true, HOUR);
    assert_eq!(scene.look().len(), 1, "the restart, and no clearing of what still holds");
    scene.pass(HOUR);
    scene.member().last_fetch = Some(scene.seen.at);
    assert_eq!(scene.look(), [(What::Cleared, RuleId::MemberSilent, "NL".to_owned())]);
    scene.member().fetches = false;
    scene.pass(3 * DAY);
    assert_eq!(scene.look(), [], "one that the hub calls need not call");
}

#[test]
fn a_restart_neither_repeats_nor_forgets() {
    let mut scene = Scene::new();
    scene.member().parked = 1;
    assert_eq!(scene.look(), [(What::Fired, RuleId::Parked, "NL".to_owned())]);
    for stopped in [true, false] {
        scene.restart(AlertSettings::default(), stopped, 60);
        let message = scene.message().unwrap();
        assert_eq!(message.events.iter().map(|event| event.rule).collect::<Vec<_>>(), [RuleId::HubRestarted]);
        assert_eq!(message.text.contains("without being told"), !stopped, "{}", message.text);
    }
    scene.pass(10);
    scene.member().parked = 0;
    let message = scene.message().unwrap();
    assert_eq!((message.events[0].what, message.id), (What::Cleared, 4));
    assert_eq!(scene.alerts.recent().len(), 4, "with what happened before");
}

#[test]
fn a_first_start_is_no_restart_and_what_is_off_says_nothing() {
    let off = AlertSettings { off: vec!["hub-restarted".to_owned(), "parked".to_owned()], ..AlertSettings::default() };
    let mut scene = Scene::new();
    scene.member().parked = 1;
    assert_eq!(scene.look().len(), 1);
    scene.restart(off, false, 1);
    let message = scene.message().unwrap();
    assert_eq!(message.events[0].text, "The rule was turned off");
    scene.pass(10);
    assert_eq!((scene.look(), scene.alerts.firing().len()), (vec![], 0));
}

/// `count` members of which the given ones have something parked.
fn parked(scene: &mut Scene, members: std::ops::Range<usize>) {
    let member = MemberSeen { active: true, ..MemberSeen::default() };
    scene.seen.members = (0..20)
        .map(|index| MemberSeen {
            code: format!("M{index}"),
            parked: u64::from(members.contains(&index)),
            ..member.clone()
        })
        .collect();
}

#[test]
fn a_storm_is_capped_for_each_rule_and_what_was_not_told_is_counted() {
    let mut scene = Scene::with(AlertSettings { per_rule_per_day_max: 5, ..AlertSettings::default() });
    parked(&mut scene, 0..12);
    assert_eq!(scene.look().len(), 5 + 1 - 1, "NL has left, which was never told of");
    scene.pass(10);
    scene.seen.audit_broken = Some("Entry 7 does not fit".to_owned());
    let message = scene.message().unwrap();
    assert_eq!(message.events.len(), 1, "another rule is told of");
    assert!(message.withheld.is_empty(), "the first message said so already");
    scene.pass(10);
    parked(&mut scene, 0..0);
    let message = scene.message().unwrap();
    assert_eq!(message.events.len(), 5, "whoever was told of the beginning is told of the end, and of no other end");
    assert!(message.events.iter().all(|event| event.what == What::Cleared));
    // The same storm again on the same day: nothing at all is told, only counted.
    scene.pass(10);
    parked(&mut scene, 0..12);
    assert_eq!(scene.look(), []);
    assert_eq!(scene.alerts.firing().len(), 13);
    // A new day tells what holds still and was never told, within its own number.
    scene.pass(DAY / 2);
    let message = scene.message().unwrap();
    assert_eq!(message.events.len(), 5);
    assert_eq!(message.withheld.iter().map(|held| held.count).collect::<Vec<_>>(), [12 + 7]);
    assert!(message.text.contains("19 alerts of rule parked"), "{}", message.text);
}

#[test]
fn the_first_message_of_a_storm_says_how_much_it_leaves_out() {
    let mut scene = Scene::with(AlertSettings { per_day_max: 3, ..AlertSettings::default() });
    parked(&mut scene, 0..10);
    let message = scene.message().unwrap();
    assert_eq!((message.events.len(), message.withheld[0].count), (3, 7));
    scene.pass(10);
    scene.seen.audit_broken = Some("Entry 7 does not fit".to_owned());
    assert_eq!(scene.message(), None, "the number of all rules together");
    scene.restart(AlertSettings { per_day_max: 3, ..AlertSettings::default() }, true, 10);
    assert_eq!(scene.message(), None, "a restart is no new day");
}

#[test]
fn a_message_that_reached_nobody_is_counted_in_the_next() {
    let mut scene = Scene::new();
    scene.member().parked = 1;
    let lost = scene.message().unwrap().id;
    scene.alerts.ended(lost, false);
    scene.pass(10);
    scene.member().parked = 0;
    let message = scene.message().unwrap();
    assert_eq!(message.unsent, 1);
    assert!(message.text.contains("1 message before this one reached nobody"), "{}", message.text);
}

#[test]
fn every_rule_is_met_by_a_test_of_its_own() {
    let tests = include_str!("tests.rs");
    for rule in &RULES {
        assert!(tests.contains(&format!("RuleId::{:?}", rule.id)) || rule.kind == Kind::Momentary, "{}", rule.name);
    }
}
