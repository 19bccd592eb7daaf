//! The validator on certificates of several sizes, beside quick-xml's readers on the same bytes.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use phytohub_benches::documents;
use phytoval::{Embedded, Validator};
use phytoval_host::{Limits, MODULE, MODULE_SIMD, Module};
use quick_xml::events::Event;
use quick_xml::{NsReader, Reader};

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
    let content = documents::typical();
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

/// The same question to the native validator and to the module on wasmtime, in a fresh instance for each certificate.
fn module(criterion: &mut Criterion) {
    let content = documents::typical();
    let native = Embedded::default();
    let mut group = criterion.benchmark_group("module");
    group.throughput(Throughput::Bytes(content.len() as u64));
    group.bench_function("native", |bencher| bencher.iter(|| native.judge(black_box(content.as_bytes()), "")));
    for (name, bytes) in [("wasmtime", MODULE), ("wasmtime simd", MODULE_SIMD)] {
        let module = Module::compile(bytes, Limits::default()).expect("the module compiles");
        group.bench_function(name, |bencher| {
            bencher.iter(|| module.judge(black_box(content.as_bytes()), "").expect("it judges"));
        });
        if bytes == MODULE_SIMD {
            let code = module.precompiled().expect("it has code");
            group.bench_function("wasmtime simd, loaded and first verdict", |bencher| {
                bencher.iter(|| {
                    let module = Module::load_precompiled(black_box(&code), Limits::default()).expect("it loads");
                    module.judge(content.as_bytes(), "").expect("it judges")
                });
            });
        }
    }
    group.finish();
}

/// Time must grow as the document does: the throughput of all is to be about the same.
fn lines(criterion: &mut Criterion) {
    let validator = Validator::default();
    let mut group = criterion.benchmark_group("lines");
    group.sample_size(SAMPLES_OF_LARGE);
    for lines in documents::LINES {
        let content = documents::of_lines(lines);
        group.throughput(Throughput::Bytes(content.len() as u64));
        group.bench_with_input(BenchmarkId::from_parameter(lines), &content, |bencher, content| {
            bencher.iter(|| validator.validate(black_box(content.as_bytes()), None));
        });
    }
    group.finish();
}

/// A large file inside: nearly all of the time is for its base64.
fn attachment(criterion: &mut Criterion) {
    let (validator, content) = (Validator::default(), documents::attachment());
    let mut group = criterion.benchmark_group("attachment");
    group.sample_size(SAMPLES_OF_LARGE);
    group.throughput(Throughput::Bytes(content.len() as u64));
    group.bench_function("phytoval", |bencher| {
        bencher.iter(|| validator.validate(black_box(content.as_bytes()), None));
    });
    group.bench_function("quick-xml", |bencher| bencher.iter(|| pull(black_box(&content))));
    group.finish();
}

/// Samples where one takes milliseconds.
const SAMPLES_OF_LARGE: usize = 20;

criterion_group!(benches, certificate, module, lines, attachment);
criterion_main!(benches);
