//! A segment of each format version, kept as it was first written: every later release must read it, and this one must
//! write the bytes of its own. `PHYTOHUB_BLESS=1` writes that file anew; only for a version that was never released.

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::{accepted, acknowledged, content, number};
use phytohub_journal::{ContentState, Log, RealDisk, Settings, Stream};
use phytohub_model::{
    Accepted, Acknowledged, AllowedDocument, Attempt, AttemptOutcome, Attempted, Certificate, CertificateFingerprint,
    Channel, ChannelRule, Delivery, Direction, Document, DocumentKind, DocumentStatus, DocumentType, Expired, Fact,
    Nppo, Outcome, Poison, PushTarget, Redelivered, RegistryFact, Route, RuleKind, Timestamp, Track, TrackingState,
    Trust,
};

const SETTINGS: Settings = Settings { segment_bytes: 1 << 16, spare_segments: 1 };
const SEGMENT: &str = "0000000001.used";

fn golden(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/version-{version}.segment"))
}

/// Every kind of fact of version 1, with and without what is optional in it.
fn facts_1() -> Vec<(Fact, usize)> {
    let track = |state, message: Option<&str>| {
        let Fact::Accepted(accepted) = accepted(7) else { unreachable!() };
        let accepted = Accepted { sequence: u64::MAX, ..accepted };
        Fact::Track(Track { accepted, state, finished_at: Timestamp(99), message: message.map(Into::into) })
    };
    let pair = |kind, status| Document { kind: DocumentType(kind), status: DocumentStatus(status) };
    let code = || "GBNI".parse().expect("a code");
    let fingerprint = CertificateFingerprint(std::array::from_fn(|index| index as u8));
    let nppo = |allowed| Nppo::new(code(), "Größe ☘".into(), true, allowed);
    let registry = [
        RegistryFact::NppoSet(nppo(AllowedDocument::All)),
        RegistryFact::NppoSet(nppo(AllowedDocument::Only(vec![pair(-1, 70), pair(851, i32::MAX)]))),
        RegistryFact::ActiveSet { code: code(), active: false },
        RegistryFact::AllowedSet { code: code(), allowed: AllowedDocument::Only(Vec::new()) },
        RegistryFact::CertificateAdded(Certificate {
            fingerprint,
            code: "LK1234567890".parse().expect("a code"),
            subject: "CN=Test".into(),
            not_before: Timestamp(1),
            not_after: Timestamp(u64::MAX),
        }),
        RegistryFact::CertificateRevoked { code: code(), fingerprint },
    ];
    let acknowledged_silently =
        Acknowledged { number: number(2), at: Timestamp(5), outcome: Outcome::Delivered, message: None };
    let mut facts = vec![
        (accepted(1), 300),
        (accepted(2), 1),
        (acknowledged(1), 0),
        (Fact::Acknowledged(acknowledged_silently), 0),
        (Fact::Expired(Expired { number: number(3), at: Timestamp(6), message: "Nobody came".into() }), 0),
        (track(TrackingState::DeliveredNotReadable, Some("cannot be read")), 0),
        (track(TrackingState::FailedDelivery, None), 0),
    ];
    facts.extend(registry.map(|fact| (Fact::Registry(fact), 0)));
    facts
}

/// Those of version 1, and the kinds that came with version 2.
fn facts_2() -> Vec<(Fact, usize)> {
    let accepted = |value, route| {
        let Fact::Accepted(accepted) = accepted(value) else { unreachable!() };
        Accepted { route: Some(Box::new(route)), ..accepted }
    };
    let code = |text: &str| text.parse().expect("a code");
    let copy = Route { receiver: Some(code("CUSTOMS")), sender: None, original: Some(number(1)) };
    let delegated = Route { receiver: None, sender: Some(code("EU1")), original: None };
    let track = Track {
        accepted: accepted(9, delegated.clone()),
        state: TrackingState::Delivered,
        finished_at: Timestamp(99),
        message: None,
    };
    let attempted = |ordinal, outcome, parks, text: Option<&str>| {
        let attempt = Attempt { at: Timestamp(7), duration_ms: 1234, outcome, text: text.map(Into::into) };
        Fact::Attempted(Attempted { number: number(8), ordinal, attempt, parks })
    };
    let push = |trust, poison| RegistryFact::DeliverySet {
        code: code("GBNI"),
        delivery: Delivery::Push(PushTarget { url: "https://example.org/push".into(), trust, poison }),
    };
    let rule = ChannelRule {
        id: -3,
        channel: code("CUSTOMS"),
        kind: RuleKind::Delegate,
        direction: Direction::Incoming,
        document_type: Some(DocumentType(851)),
        document_status: None,
        partner: Some(code("NL")),
    };
    let any = ChannelRule {
        kind: RuleKind::Forward,
        direction: Direction::Outgoing,
        document_type: None,
        document_status: Some(DocumentStatus(70)),
        partner: None,
        ..rule.clone()
    };
    let registry = [
        push(Trust::Pinned(CertificateFingerprint([7; 32])), Poison::Hold),
        push(Trust::Authority("-----BEGIN CERTIFICATE-----".into()), Poison::Park),
        RegistryFact::DeliverySet { code: code("GBNI"), delivery: Delivery::Pull },
        RegistryFact::ChannelSet(Channel { code: code("CUSTOMS"), name: "Zoll".into(), receive: true, send: false }),
        RegistryFact::RuleSet { code: code("GBNI"), rule },
        RegistryFact::RuleSet { code: code("GBNI"), rule: any },
        RegistryFact::RuleRemoved { code: code("GBNI"), id: -3 },
        RegistryFact::DocumentSet(DocumentKind {
            kind: DocumentType(853),
            name: "Veterinary certificate".into(),
            profile: "lenient".into(),
        }),
        RegistryFact::DocumentRemoved(DocumentType(853)),
    ];
    let mut facts = facts_1();
    facts.extend([
        (Fact::Accepted(accepted(8, copy)), 500),
        (Fact::Track(track), 0),
        (attempted(0, AttemptOutcome::Unreachable, false, Some("no route to host")), 0),
        (attempted(1, AttemptOutcome::Unclear, false, None), 0),
        (attempted(2, AttemptOutcome::Refused, true, Some("unknown certificate")), 0),
        (Fact::Redelivered(Redelivered { number: number(8), ordinal: 3, at: Timestamp(8), by: "operator".into() }), 0),
        (attempted(4, AttemptOutcome::Answered, false, None), 0),
    ]);
    facts.extend(registry.map(|fact| (Fact::Registry(fact), 0)));
    facts
}

#[test]
fn a_segment_of_version_1_is_read() {
    is_read(1, &facts_1());
}

#[test]
fn a_segment_of_version_2_is_read() {
    is_read(2, &facts_2());
}

fn is_read(version: u32, facts: &[(Fact, usize)]) {
    let mut bytes = std::fs::read(golden(version)).expect("the golden segment");
    bytes.resize(1 << 16, 0);
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join(SEGMENT), bytes).expect("a file is written");
    let mut replayed = Vec::new();
    let log = Log::open(Arc::new(RealDisk), dir.path(), SETTINGS, |fact, locator, state| {
        replayed.push((fact, locator, state));
    });
    let reader = log.expect("it opens").reader();
    assert_eq!(replayed.len(), facts.len());
    for (index, ((fact, length), (read, locator, state))) in facts.iter().zip(replayed).enumerate() {
        assert_eq!(*fact, read);
        assert_eq!(state, if *length == 0 { ContentState::None } else { ContentState::Intact });
        assert_eq!(reader.read(locator).expect("it is read"), content(index, *length));
    }
}

#[test]
fn this_release_writes_version_2() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = Log::open(Arc::new(RealDisk), dir.path(), SETTINGS, |_, _, _| {}).unwrap();
    log.run_jobs().unwrap();
    for (index, (fact, length)) in facts_2().iter().enumerate() {
        log.stage(Stream::Hot, fact, &content(index, *length)).unwrap();
        if index % 3 == 2 {
            log.commit().unwrap();
        }
    }
    log.commit().unwrap();
    log.close().unwrap();
    let mut written = std::fs::read(dir.path().join(SEGMENT)).unwrap();
    let used = written.iter().rposition(|&byte| byte != 0).unwrap() + 1;
    assert!(written[used..].iter().all(|&byte| byte == 0));
    written.truncate(used);
    if std::env::var_os("PHYTOHUB_BLESS").is_some() {
        std::fs::write(golden(2), &written).unwrap();
    }
    assert!(written == std::fs::read(golden(2)).unwrap(), "the format on disk has changed without a new version");
}
