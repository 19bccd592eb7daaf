//! A segment of format version 1, kept as it was first written: every later release must read it, and this one must
//! write the same bytes. `PHYTOHUB_BLESS=1` writes the file anew; only for a version that was never released.

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::{accepted, acknowledged, content, number};
use phytohub_journal::{ContentState, Log, RealDisk, Settings, Stream};
use phytohub_model::{
    Accepted, Acknowledged, AllowedDocument, Certificate, CertificateFingerprint, Document, DocumentStatus,
    DocumentType, Expired, Fact, Nppo, Outcome, RegistryFact, Timestamp, Track, TrackingState,
};

const SETTINGS: Settings = Settings { segment_bytes: 1 << 16, spare_segments: 1 };
const SEGMENT: &str = "0000000001.used";

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/version-1.segment")
}

/// Every kind of fact, with and without what is optional in it.
fn facts() -> Vec<(Fact, usize)> {
    let track = |state, message: Option<&str>| {
        let Fact::Accepted(accepted) = accepted(7) else { unreachable!() };
        let accepted = Accepted { sequence: u64::MAX, ..accepted };
        Fact::Track(Track { accepted, state, finished_at: Timestamp(99), message: message.map(Into::into) })
    };
    let pair = |kind, status| Document { kind: DocumentType(kind), status: DocumentStatus(status) };
    let code = || "GBNI".parse().expect("a code");
    let fingerprint = CertificateFingerprint(std::array::from_fn(|index| index as u8));
    let nppo = |allowed| Nppo { code: code(), name: "Größe ☘".into(), active: true, allowed };
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

#[test]
fn a_segment_of_version_1_is_read() {
    let mut bytes = std::fs::read(golden()).unwrap();
    bytes.resize(1 << 16, 0);
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(SEGMENT), bytes).unwrap();
    let mut replayed = Vec::new();
    let log = Log::open(Arc::new(RealDisk), dir.path(), SETTINGS, |fact, locator, state| {
        replayed.push((fact, locator, state));
    });
    let reader = log.unwrap().reader();
    assert_eq!(replayed.len(), facts().len());
    for (index, ((fact, length), (read, locator, state))) in facts().into_iter().zip(replayed).enumerate() {
        assert_eq!(fact, read);
        assert_eq!(state, if length == 0 { ContentState::None } else { ContentState::Intact });
        assert_eq!(reader.read(locator).unwrap(), content(index, length));
    }
}

#[test]
fn this_release_writes_version_1() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = Log::open(Arc::new(RealDisk), dir.path(), SETTINGS, |_, _, _| {}).unwrap();
    log.run_jobs().unwrap();
    for (index, (fact, length)) in facts().iter().enumerate() {
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
        std::fs::write(golden(), &written).unwrap();
    }
    assert!(written == std::fs::read(golden()).unwrap(), "the format on disk has changed without a new version");
}
