//! The core's part of a request: what one delivery, acknowledgement, pull or recovered envelope costs.
//!
//! The target for `deliver/1,000,000 wait`, decide and apply together: at most 1 us. `deliver/tables grow` runs through
//! the point at which the tables of numbers and fingerprints double.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use phytohub_core::shard::{Command, Deliver, Elsewhere, Room, Settings, Shard};
use phytohub_model::{
    Accepted, CertificateNumber, ConnectionCode, Content, DeliveryNumber, Document, DocumentStatus, DocumentType, Fact,
    Fingerprint, Header, Locator, Outcome, ShardId, Timestamp,
};

const MEMBERS: u64 = 120;
const NOW: Timestamp = Timestamp(1_800_000_000_000);
const CONTENT_BYTES: u32 = 9000;
/// Records of that size in a segment of 64 MiB.
const RECORDS_PER_SEGMENT: u64 = 7000;
/// Requests for which the shard is not copied anew.
const BATCH: u64 = 100_000;

/// Numbers as random as real ones, the same in each run (the finaliser of splitmix64).
fn random(n: u64) -> u64 {
    let mut value = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

fn number(n: u64) -> DeliveryNumber {
    let mut bytes = [0; 15];
    bytes[7..].copy_from_slice(&random(n).to_be_bytes());
    DeliveryNumber::new(ShardId(0), bytes)
}

fn code(member: u64) -> ConnectionCode {
    let letter = |value: u64| char::from(b'A' + (value % 26) as u8);
    [letter(member / 26), letter(member)].iter().collect::<String>().parse().expect("two letters are a code")
}

fn receiver(n: u64) -> ConnectionCode {
    code(random(n) % MEMBERS)
}

fn delivery(n: u64) -> Deliver {
    let certificate_number = CertificateNumber::new(&format!("EPHYTO-2026-{n:08}")).expect("a short text");
    let document = Document { kind: DocumentType::PHYTOSANITARY, status: DocumentStatus::ISSUED };
    let hash = u128::from(random(n ^ 1 << 60)) << 64 | u128::from(random(n ^ 1 << 61));
    Deliver {
        header: Header { from: code(random(n) >> 32), to: receiver(n), document, certificate_number },
        content: Content { length: CONTENT_BYTES, fingerprint: Fingerprint(hash) },
        number: number(n),
        elsewhere: Elsewhere { sender: 10, total: 1000, ..Elsewhere::default() },
        room: Room::Free,
        route: None,
        copies: Vec::new(),
    }
}

fn locator(n: u64, length: u32) -> Locator {
    let (segment, place) = (n / RECORDS_PER_SEGMENT, n % RECORDS_PER_SEGMENT);
    Locator { segment: segment as u32, offset: place as u32 * (CONTENT_BYTES + 200), length }
}

fn accepted(n: u64) -> Fact {
    let Deliver { header, content, number, .. } = delivery(n);
    Fact::Accepted(Accepted { number, sequence: n, at: NOW, header, fingerprint: content.fingerprint, route: None })
}

/// What follows from a command, as the shard's thread does it but for the journal.
fn run(shard: &mut Shard, command: &Command, locator: Locator) {
    let decision = shard.decide(NOW, command);
    for fact in &decision.facts {
        black_box(shard.apply(fact, locator));
    }
    black_box(decision.answer);
}

fn with_waiting(count: u64) -> Shard {
    let mut shard = Shard::new(ShardId(0), Settings::default());
    for n in 0..count {
        shard.apply(&accepted(n), locator(n, CONTENT_BYTES));
    }
    shard.recovered();
    shard
}

/// Time for `count` commands, each its own, on copies of a shard; making the copies and commands does not count.
fn timed(shard: &Shard, count: u64, command: impl Fn(u64) -> (Command, Locator)) -> Duration {
    let mut total = Duration::ZERO;
    for first in (0..count).step_by(BATCH as usize) {
        let mut shard = shard.clone();
        let commands: Vec<_> = (0..BATCH.min(count - first)).map(&command).collect();
        let start = Instant::now();
        for (command, locator) in &commands {
            run(&mut shard, command, *locator);
        }
        total += start.elapsed();
    }
    total
}

fn deliver(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("deliver");
    group.sample_size(10).throughput(Throughput::Elements(1));
    for (name, waiting) in [("1,000,000 wait", 1_000_000), ("tables grow", 870_000)] {
        let shard = with_waiting(waiting);
        let command = |n| (Command::Deliver(delivery(waiting + n)), locator(waiting + n, CONTENT_BYTES));
        group.bench_function(name, |bencher| bencher.iter_custom(|count| timed(&shard, count, command)));
    }
    let shard = with_waiting(1_000_000);
    let retry = |n| (Command::Deliver(delivery(random(n) % 1_000_000)), locator(0, 0));
    group.bench_function("retry, 1,000,000 wait", |bencher| bencher.iter_custom(|count| timed(&shard, count, retry)));
}

fn fetch(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fetch");
    group.sample_size(10);
    let shard = with_waiting(1_000_000);
    group.throughput(Throughput::Elements(1));
    let acknowledge = |n: u64| {
        let codes = vec![receiver(n)];
        let command = Command::Acknowledge { codes, number: number(n), outcome: Outcome::Delivered, message: None };
        (command, locator(1_000_000 + n, 0))
    };
    group.bench_function("acknowledge, 1,000,000 wait", |bencher| {
        bencher.iter_custom(|count| timed(&shard, count, acknowledge));
    });
    for (name, command, count) in [
        ("pull 100", Command::PullMany { codes: vec![code(1)] }, 100),
        ("list 5,000", Command::ListInbox { codes: vec![code(1)], from: None }, 5000),
        ("list 5,000 of 27 codes", Command::ListInbox { codes: (0..27).map(code).collect(), from: None }, 5000),
    ] {
        group.throughput(Throughput::Elements(count));
        group.bench_function(name, |bencher| bencher.iter(|| shard.decide(NOW, &command)));
    }
}

/// Recovery without the journal: facts that were read already.
fn recover(criterion: &mut Criterion) {
    const COUNT: u64 = 100_000;
    let facts: Vec<_> = (0..COUNT).map(|n| (accepted(n), locator(n, CONTENT_BYTES))).collect();
    let mut group = criterion.benchmark_group("recover");
    group.sample_size(10).throughput(Throughput::Elements(COUNT));
    group.bench_function("100,000 waiting", |bencher| {
        bencher.iter_with_large_drop(|| {
            let mut shard = Shard::new(ShardId(0), Settings::default());
            for (fact, locator) in &facts {
                shard.apply(fact, *locator);
            }
            shard.recovered();
            shard
        });
    });
}

criterion_group!(benches, deliver, fetch, recover);
criterion_main!(benches);
