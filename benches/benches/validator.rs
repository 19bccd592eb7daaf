//! The validator on certificates of several sizes, beside quick-xml's readers on the same bytes.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use phytoval::Validator;
use quick_xml::events::Event;
use quick_xml::{NsReader, Reader};

/// A certificate of the usual size, about 8.5 KB on one line.
fn typical() -> String {
    phytohub_certificates::typical(7, "QM", "QZ", "QM-0001")
}

/// quick-xml's events without their namespaces: how fast a lenient reader goes through the same bytes.
fn pull(content: &str) -> usize {
    let mut reader = Reader::from_str(content);
    let mut events = 0;
    while !matches!(reader.read_event().expect("the certificate is well-formed"), Event::Eof) {
        events += 1;
    }
    events
}

/// The same with each name resolved.
fn resolve(content: &str) -> usize {
    let mut reader = NsReader::from_str(content);
    let mut events = 0;
    while !matches!(reader.read_resolved_event().expect("the certificate is well-formed"), (_, Event::Eof)) {
        events += 1;
    }
    events
}

fn certificate(criterion: &mut Criterion) {
    let content = typical();
    let validator = Validator::default();
    assert!(validator.validate(content.as_bytes(), None).findings.is_empty());
    let mut group = criterion.benchmark_group("certificate");
    group.throughput(Throughput::Bytes(content.len() as u64));
    group.bench_function("phytoval", |bencher| {
        bencher.iter(|| validator.validate(black_box(content.as_bytes()), None));
    });
    group.bench_function("quick-xml with namespaces", |bencher| bencher.iter(|| resolve(black_box(&content))));
    group.bench_function("quick-xml", |bencher| bencher.iter(|| pull(black_box(&content))));
    group.finish();
}

criterion_group!(benches, certificate);
criterion_main!(benches);
