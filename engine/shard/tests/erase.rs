//! What has ended leaves the disk, whatever the disk did meanwhile.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use phytohub_core::shard::{Answer, Command, Deliver, Elsewhere, Freed, Room};
use phytohub_journal::Settings;
use phytohub_journal::fake::{FakeDisk, Faults};
use phytohub_model::{
    CertificateNumber, ConnectionCode, Content, DeliveryNumber, Document, DocumentStatus, DocumentType, Fact,
    Fingerprint, Header, Outcome, ShardId, Timestamp,
};
use phytohub_shard::{Limits, Now, Owner, Parts, Request, Witness};

const SECRET: &[u8] = b"<secret>";
const ERASE_AFTER: Duration = Duration::from_secs(5);
const PLENTY: u64 = 1 << 40;

struct Nobody;

impl Witness for Nobody {
    type Reply = ();
    type Guard = ();

    fn elsewhere(&self, _sender: &ConnectionCode, _channel: Option<&ConnectionCode>) -> Elsewhere {
        Elsewhere::default()
    }
    fn decides(&mut self, _reply: &()) {}
    fn accepted(&mut self, _sender: &ConnectionCode, _channel: Option<&ConnectionCode>) {}
    fn ended(&mut self, _fact: &Fact, _freed: &Freed) {}
    fn arrived(&mut self, _receiver: &ConnectionCode) {}
    fn wants_arrivals(&self) -> bool {
        false
    }
}

type Shard = Owner<FakeDisk, Nobody>;

fn at(seconds: u64) -> Now {
    Now { wall: Timestamp(1_800_000_000_000 + seconds * 1000), steady: Duration::from_secs(seconds) }
}

fn start(disk: &FakeDisk) -> Shard {
    let parts = Parts {
        id: ShardId(0),
        disk: Arc::new(disk.clone()),
        dir: PathBuf::from("shard"),
        journal: Settings { segment_bytes: 64 << 10, spare_segments: 1 },
        core: phytohub_core::shard::Settings::default(),
    };
    let limits = Limits {
        held_max: 8,
        batch_records_max: 8,
        batch_bytes_max: 1 << 20,
        disk_low_water: 0,
        erase_after: ERASE_AFTER,
    };
    Owner::recover(parts, limits, at(0), Nobody).expect("the shard starts")
}

fn ask(shard: &mut Shard, command: Command, content: Bytes) -> Answer {
    shard.take(at(1), Request { command, content, reply: () }).expect("the request is taken");
    let durable = shard.commit().expect("the batch is committed");
    shard.answers(&durable).next().expect("an answer").1
}

/// Delivers an envelope and acknowledges it.
fn deliver_and_end(shard: &mut Shard) {
    let (number, to) = (DeliveryNumber::new(ShardId(0), [7; 15]), "NL".parse().expect("a code"));
    let content = Bytes::from(SECRET.repeat(200));
    let header = Header {
        from: "LK".parse().expect("a code"),
        to,
        document: Document { kind: DocumentType::PHYTOSANITARY, status: DocumentStatus::ISSUED },
        certificate_number: CertificateNumber::new("1").expect("a number"),
    };
    let deliver = Deliver {
        header,
        content: Content { length: content.len() as u32, fingerprint: Fingerprint(1) },
        number,
        route: None,
        copies: Vec::new(),
        elsewhere: Elsewhere::default(),
        room: Room::Free,
    };
    let answer = ask(shard, Command::Deliver(deliver), content);
    assert!(matches!(answer, Answer::Accepted { .. }), "{answer:?}");
    let end = Command::Acknowledge { codes: vec![to], number, outcome: Outcome::Delivered, message: None };
    let answer = ask(shard, end, Bytes::new());
    assert!(matches!(answer, Answer::Acknowledged(_)), "{answer:?}");
}

/// Lets the time for erasing come; gives whether all jobs went well.
fn erase(shard: &mut Shard) -> bool {
    shard.tick(at(1 + 2 * ERASE_AFTER.as_secs()), PLENTY).expect("a tick");
    while let Some(job) = shard.next_job() {
        if shard.finish_job(job.run()).is_err() {
            return false;
        }
    }
    true
}

fn has_secret(disk: &FakeDisk) -> bool {
    let mut found = false;
    disk.each_version(&mut |_, bytes| found |= bytes.windows(SECRET.len()).any(|window| window == SECRET));
    found
}

/// The next process read zeros, took the content for erased, and left it on the disk.
#[test]
fn content_whose_erasure_was_not_synced_is_erased_by_the_next_process() {
    let disk = FakeDisk::new();
    let mut shard = start(&disk);
    deliver_and_end(&mut shard);
    assert!(has_secret(&disk));
    // The erasure is one write and its sync.
    disk.set_faults(Faults { error_at: Some(1), ..Faults::default() });
    assert!(!erase(&mut shard), "the sync of the erasure fails");
    drop(shard);
    disk.restart();
    assert!(has_secret(&disk), "it is on the disk, though a process reads zeros");
    let mut shard = start(&disk);
    assert!(erase(&mut shard));
    assert!(!has_secret(&disk));
}
