//! The journal against the raw limit: the same batches written by a bare loop, and recovery.
//!
//! Run with `cargo bench -p phytohub-benches --bench journal`. Files lie in Cargo's target directory, which must be on
//! a real disk. Beside criterion's figures the run prints the ratio of log to bare loop, measured in turns.

use std::hint::black_box;
use std::io::{self, IoSlice, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use criterion::{Criterion, Throughput};
use phytohub_journal::{ContentState, Disk, DiskFile, Log, RealDisk, Settings, Stream};
use phytohub_model::{
    Accepted, CertificateNumber, DeliveryNumber, Document, DocumentStatus, DocumentType, Fact, Fingerprint, Header,
    ShardId, Timestamp,
};
use tempfile::TempDir;

/// Writers that wait for each commit.
const WRITERS: usize = 64;
/// A certificate.
const CONTENT_BYTES: usize = 8 << 10;
const SETTINGS: Settings = Settings { segment_bytes: 64 << 20, spare_segments: 2 };
/// Size of the bare loop's file: as many bytes as the log goes through in turn, active segment, spares and surplus.
const BARE_BYTES: u64 = 5 * (64 << 20);
/// Recovery reads so many envelopes: several segments, few enough for the page cache of a small machine.
const ENVELOPES: u64 = 32_000;
/// Turns and batches in each, for the ratio.
const TURNS: usize = 40;
const BATCHES: usize = 32;

fn main() {
    ratio().expect("the disk works");
    let mut criterion = Criterion::default().configure_from_args();
    commits(&mut criterion);
    recovery(&mut criterion);
    criterion.final_summary();
}

/// Log and bare loop in turns, so that both meet the same moods of the disk; half a minute in all.
fn ratio() -> io::Result<()> {
    let dir = directory();
    let mut log = Writing::new(&dir.path().join("log"));
    let mut bare = Bare::new(dir.path())?;
    let mut turns = Vec::new();
    for _ in 0..TURNS {
        turns.push((log.run(BATCHES), bare.run(BATCHES)?));
    }
    let total =
        turns.iter().fold((0.0, 0.0), |(log, bare), turn| (log + turn.0.as_secs_f64(), bare + turn.1.as_secs_f64()));
    let records = (TURNS * BATCHES * WRITERS) as f64;
    let mut ratios: Vec<_> = turns.iter().map(|(log, bare)| bare.as_secs_f64() / log.as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    writeln!(
        io::stdout(),
        "journal: log {:.0} records/s, bare loop {:.0} records/s, ratio {:.2} (median of {TURNS} turns {:.2})",
        records / total.0,
        records / total.1,
        total.1 / total.0,
        ratios[TURNS / 2],
    )
}

fn commits(criterion: &mut Criterion) {
    let dir = directory();
    let mut group = criterion.benchmark_group("journal_commit_64_records_of_8_kb");
    group.throughput(Throughput::Elements(WRITERS as u64)).sample_size(20);
    let mut log = Writing::new(&dir.path().join("log"));
    group.bench_function("log", |bencher| bencher.iter_custom(|batches| log.run(batches as usize)));
    let mut bare = Bare::new(dir.path()).expect("the disk works");
    group.bench_function("bare_loop", |bencher| {
        bencher.iter_custom(|batches| bare.run(batches as usize).expect("the disk works"));
    });
    group.bench_function("log_with_its_maintenance", |bencher| {
        bencher.iter_custom(|batches| log.run_maintained(batches as usize));
    });
    group.finish();
}

fn recovery(criterion: &mut Criterion) {
    let dir = directory();
    let mut log = open(dir.path());
    let content = Bytes::from(vec![b'x'; CONTENT_BYTES]);
    for number in 0..ENVELOPES {
        log.stage(Stream::Hot, &fact(number), &content).expect("room");
        if number % 1000 == 999 {
            log.commit().expect("the disk works");
            log.run_jobs().expect("the disk works");
        }
    }
    log.close().expect("the disk works");
    let mut group = criterion.benchmark_group("journal_recovery");
    group.throughput(Throughput::Elements(ENVELOPES)).sample_size(10);
    group.bench_function("envelopes_of_8_kb", |bencher| {
        bencher.iter(|| {
            let mut intact = 0;
            let log = Log::open(Arc::new(RealDisk), dir.path(), SETTINGS, |fact, locator, state| {
                black_box((fact, locator));
                intact += u64::from(state == ContentState::Intact);
            });
            drop(log.expect("the log opens"));
            assert_eq!(intact, ENVELOPES);
        });
    });
    group.finish();
}

/// A log that is written to and whose full segments are given up at once.
struct Writing {
    log: Log<RealDisk>,
    content: Bytes,
    next: u64,
}

impl Writing {
    fn new(dir: &Path) -> Self {
        let mut log = open(dir);
        log.run_jobs().expect("the disk works");
        Self { log, content: Bytes::from(vec![b'x'; CONTENT_BYTES]), next: 0 }
    }

    fn batch(&mut self) {
        for _ in 0..WRITERS {
            self.next += 1;
            black_box(self.log.stage(Stream::Hot, &fact(self.next), &self.content).expect("room"));
        }
        self.log.commit().expect("the disk works");
    }

    fn release(&mut self) {
        for segment in self.log.segments().into_iter().filter(|segment| segment.sealed) {
            self.log.release(segment.id);
        }
    }

    /// Time of the batches alone.
    fn run(&mut self, batches: usize) -> Duration {
        let mut time = Duration::ZERO;
        for _ in 0..batches {
            let start = Instant::now();
            self.batch();
            time += start.elapsed();
            self.release();
            self.log.run_jobs().expect("the disk works");
        }
        time
    }

    /// Time with a second thread that zeroes each segment after its use, as in the hub.
    fn run_maintained(&mut self, batches: usize) -> Duration {
        let (jobs, inbox) = std::sync::mpsc::channel::<phytohub_journal::Job<RealDisk>>();
        let (outbox, outcomes) = std::sync::mpsc::channel();
        let start = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(move || inbox.into_iter().for_each(|job| outbox.send(job.run()).unwrap_or_default()));
            for _ in 0..batches {
                while !self.log.room().takes_deliveries() {
                    let outcome = outcomes.recv().expect("a job is under way");
                    self.log.finish_job(outcome).expect("the disk works");
                }
                self.batch();
                self.release();
                while let Some(job) = self.log.next_job() {
                    jobs.send(job).expect("the thread lives");
                }
                while let Ok(outcome) = outcomes.try_recv() {
                    self.log.finish_job(outcome).expect("the disk works");
                }
            }
            drop(jobs);
            for outcome in outcomes {
                self.log.finish_job(outcome).expect("the disk works");
            }
        });
        start.elapsed()
    }
}

/// One write and one sync into a zeroed file, again and again.
struct Bare {
    file: <RealDisk as Disk>::File,
    content: Vec<u8>,
    offset: u64,
}

impl Bare {
    fn new(dir: &Path) -> io::Result<Self> {
        let file = RealDisk.create(&dir.join("bare"))?;
        let zeros = vec![0; 1 << 20];
        for offset in (0..BARE_BYTES).step_by(zeros.len()) {
            file.write_all_at(&mut [IoSlice::new(&zeros)], offset)?;
        }
        DiskFile::sync_data(&file)?;
        Ok(Self { file, content: vec![b'x'; CONTENT_BYTES], offset: 0 })
    }

    fn run(&mut self, batches: usize) -> io::Result<Duration> {
        let start = Instant::now();
        for _ in 0..batches {
            let mut slices = [IoSlice::new(&self.content); WRITERS];
            if self.offset + (WRITERS * CONTENT_BYTES) as u64 > BARE_BYTES {
                self.offset = 0;
            }
            self.file.write_all_at(&mut slices, self.offset)?;
            DiskFile::sync_data(&self.file)?;
            self.offset += (WRITERS * CONTENT_BYTES) as u64;
        }
        Ok(start.elapsed())
    }
}

fn directory() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("the target directory takes files")
}

fn open(dir: &Path) -> Log<RealDisk> {
    let mut log = Log::open(Arc::new(RealDisk), dir, SETTINGS, |_, _, _| {}).expect("the log opens");
    log.run_jobs().expect("the disk works");
    log
}

fn fact(value: u64) -> Fact {
    let mut random = [0; 15];
    random[..8].copy_from_slice(&value.to_le_bytes());
    Fact::Accepted(Accepted {
        number: DeliveryNumber::new(ShardId(0), random),
        sequence: value,
        at: Timestamp(value),
        header: Header {
            from: "LK".parse().expect("a code"),
            to: "NL".parse().expect("a code"),
            document: Document { kind: DocumentType::PHYTOSANITARY, status: DocumentStatus::ISSUED },
            certificate_number: CertificateNumber::new("EPHYTO-LK-2026-0001234").expect("a number"),
        },
        fingerprint: Fingerprint(u128::from(value)),
        route: None,
    })
}
