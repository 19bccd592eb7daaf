//! Content is not copied: not between the body it came in and the journal, not between the journal and the answer.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

use std::path::Path;
use std::sync::Arc;

use allocation_counter::measure;
use bytes::Bytes;
use phytohub_journal::fake::FakeDisk;
use phytohub_journal::{Log, RealDisk, Settings, Stream};
use phytohub_model::{
    Accepted, DeliveryNumber, Fact, Fingerprint, Header, HeaderFields, ShardId, Timestamp, TrackedHeader, TrackingState,
};
use phytohub_soap::{Answer, Content, Operation, Request, client, read_request, write_answer};

/// Content much larger than everything else that a request needs.
const CONTENT_BYTES: usize = 1 << 20;
/// What header, record and bookkeeping may take.
const OVERHEAD_BYTES: u64 = 64 << 10;
const SETTINGS: Settings = Settings { segment_bytes: 8 << 20, spare_segments: 1 };

fn fields() -> HeaderFields {
    HeaderFields {
        from: "KE".to_owned(),
        to: "NL".to_owned(),
        certificate_type: 851,
        certificate_status: 70,
        certificate_number: "KE-1".to_owned(),
        ..HeaderFields::default()
    }
}

fn body() -> Bytes {
    let text = "<a>1 &amp; 2</a>\n".repeat(CONTENT_BYTES / 17);
    Bytes::from(client::deliver(Operation::DeliverEnvelope, &fields(), &text))
}

fn accepted() -> Accepted {
    Accepted {
        number: DeliveryNumber::new(ShardId(0), [1; 15]),
        sequence: 1,
        at: Timestamp(1),
        header: Header::try_from(&fields()).unwrap(),
        fingerprint: Fingerprint(1),
        route: None,
    }
}

fn contents(request: Request) -> Content {
    match request {
        Request::DeliverEnvelope(delivery) => delivery.content.expect("content"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn from_the_body_to_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = Log::open(Arc::new(RealDisk), dir.path(), SETTINGS, |_, _, _| {}).unwrap();
    log.run_jobs().unwrap();
    let (body, fact) = (body(), Fact::Accepted(accepted()));
    let range = body.as_ptr_range();
    let allocated = measure(|| {
        let content = contents(read_request(body.clone()).unwrap());
        assert!(CONTENT_BYTES < content.len(), "escaped, and all there");
        assert!(range.contains(&content.raw().as_ptr()), "a slice of the body");
        log.stage(Stream::Hot, &fact, content.raw()).unwrap();
        log.commit().unwrap();
    });
    assert!(allocated.bytes_total < OVERHEAD_BYTES, "{} bytes were allocated", allocated.bytes_total);
}

#[test]
fn from_the_journal_to_the_answer() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = Log::open(Arc::new(RealDisk), dir.path(), SETTINGS, |_, _, _| {}).unwrap();
    log.run_jobs().unwrap();
    let content = contents(read_request(body()).unwrap());
    let accepted = accepted();
    let locator = log.stage(Stream::Hot, &Fact::Accepted(accepted.clone()), content.raw()).unwrap();
    log.commit().unwrap();
    let reader = log.reader();
    let mut read = Bytes::new();
    let allocated = measure(|| read = reader.read(locator).unwrap());
    // The one buffer into which the disk is read, and no second.
    assert!(allocated.bytes_total < content.len() as u64 + OVERHEAD_BYTES, "{} bytes", allocated.bytes_total);
    assert_eq!(&read, content.raw());
    let header = TrackedHeader {
        header: accepted.header,
        number: accepted.number,
        state: TrackingState::PendingDelivery,
        message: None,
    };
    let range = read.as_ptr_range();
    let answer = Answer::Envelope(Some((header, Content::from_stored(read))));
    let mut served = None;
    let allocated = measure(|| served = Some(write_answer(&answer)));
    assert!(allocated.bytes_total < OVERHEAD_BYTES, "{} bytes were allocated", allocated.bytes_total);
    let chunks = served.unwrap().into_chunks();
    assert!(chunks.iter().any(|chunk| chunk.as_ptr_range() == range), "the very slice that was read");
}

/// The test would see a copy: unescaping makes one.
#[test]
fn the_measure_sees_a_copy() {
    let content = contents(read_request(body()).unwrap());
    let allocated = measure(|| {
        let mut scratch = Vec::new();
        assert!(!content.unescape(&mut scratch).is_empty());
    });
    assert!(CONTENT_BYTES as u64 <= allocated.bytes_total + 1024);
    // The fake disk keeps what it is given: a journal on it does copy, which is why the tests above use a real one.
    let mut log = Log::open(Arc::new(FakeDisk::new()), Path::new("/log"), SETTINGS, |_, _, _| {}).unwrap();
    log.run_jobs().unwrap();
    log.stage(Stream::Hot, &Fact::Accepted(accepted()), content.raw()).unwrap();
    let allocated = measure(|| {
        log.commit().unwrap();
    });
    assert!(CONTENT_BYTES as u64 <= allocated.bytes_total);
}
