//! Certificates that attack the validator are judged, and never called clean, at a cost that their size justifies.

use std::time::{Duration, Instant};

use allocation_counter::measure;
use phytohub_hostile::{FLOODS, SHAPES, attacks};
use phytoval::{Report, Validator};

type Make = Box<dyn Fn(usize) -> Vec<u8>>;

/// All certificates: shapes of XML, much of one thing, and what attacks a reader of requests.
fn certificates() -> Vec<(String, Make)> {
    let shapes = SHAPES
        .iter()
        .map(|shape| -> (String, Make) { (format!("shape {}", shape.name), Box::new(|size| shape.certificate(size))) });
    let floods = FLOODS
        .iter()
        .map(|flood| -> (String, Make) { (format!("flood {}", flood.name), Box::new(|size| flood.certificate(size))) });
    let requests = attacks().into_iter().map(|attack| -> (String, Make) {
        (format!("request {} ({:?})", attack.name, attack.place), Box::new(move |size| attack.body(size)))
    });
    shapes.chain(floods).chain(requests).collect()
}

fn judge(certificate: &[u8]) -> Report {
    Validator::default().validate(certificate, None)
}

#[track_caller]
fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn every_shape_that_is_wrong_breaks_its_rule() {
    let mut complaints = Vec::new();
    for shape in SHAPES {
        let Some(rule) = shape.rule else { continue };
        for size in [2 << 10, 100 << 10] {
            let report = judge(&shape.certificate(size));
            let broken: Vec<_> = report.findings.iter().map(|finding| finding.rule.entry().id).collect();
            if !broken.contains(&rule) || !report.refuses() {
                let last = broken.last();
                complaints.push(format!("{} of {size} bytes: expected {rule}, found last {last:?}", shape.name));
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn no_hostile_certificate_is_ever_called_clean() {
    let mut complaints = Vec::new();
    for (name, make) in certificates() {
        if !judge(&make(100 << 10)).refuses() {
            complaints.push(name);
        }
    }
    assert_none(&complaints);
}

/// A node of the tree takes about thirty times the four bytes of `<a/>`, and findings are bounded in number.
#[test]
fn no_certificate_takes_more_memory_than_its_size_justifies() {
    const SIZE: usize = 256 << 10;
    const FIXED_BYTES: u64 = 2 << 20;
    const TIMES: u64 = 100;
    let mut complaints = Vec::new();
    for (name, make) in certificates() {
        let [once, twice] = [SIZE, 2 * SIZE].map(|size| {
            let certificate = make(size);
            measure(|| drop(judge(&certificate)))
        });
        let is_linear = twice.bytes_total <= 2 * once.bytes_total + once.bytes_total / 2 + FIXED_BYTES
            && twice.count_total <= 2 * once.count_total + once.count_total / 2 + 1000;
        if !is_linear || twice.bytes_max > TIMES * (2 * SIZE) as u64 + FIXED_BYTES {
            complaints.push(format!(
                "{name}: {} bytes in {} pieces; of twice the size {} in {}, {} at one time",
                once.bytes_total, once.count_total, twice.bytes_total, twice.count_total, twice.bytes_max
            ));
        }
    }
    assert_none(&complaints);
}

/// The shortest of some judgements: whatever else the machine does only ever makes one longer.
#[expect(clippy::disallowed_methods, reason = "a test may look at the clock")]
fn shortest(certificate: &[u8], rounds: usize) -> Duration {
    let once = || {
        let begin = Instant::now();
        drop(judge(certificate));
        begin.elapsed()
    };
    (0..rounds).map(|_| once()).min().unwrap_or_default()
}

/// Of eight times the size a linear judgement takes eight times as long, a quadratic one sixty-four times.
#[test]
fn no_certificate_takes_more_time_than_its_size_justifies() {
    const SIZE: usize = 32 << 10;
    const FACTOR: u32 = 8;
    const ROOM: u32 = 3;
    // A thousand findings cost this on a busy machine, and the smaller one need not have them; what is quadratic takes
    // seconds.
    const FLOOR: Duration = Duration::from_millis(150);
    let mut complaints = Vec::new();
    for (name, make) in certificates() {
        let [small, large] = [SIZE, SIZE * FACTOR as usize].map(&make);
        let is_linear = |rounds| {
            let (once, often) = (shortest(&small, rounds), shortest(&large, rounds));
            (often <= once * FACTOR * ROOM + FLOOR).then_some(()).ok_or((once, often))
        };
        // A second look, with more patience, before it is called quadratic.
        if let Err((once, often)) = is_linear(3).or_else(|_| is_linear(15)) {
            complaints.push(format!("{name}: {once:?}, and of eight times the size {often:?}"));
        }
    }
    assert_none(&complaints);
}
