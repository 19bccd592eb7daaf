//! What attacks the reader is refused in the right words, or read as what it is, at a cost that its size justifies.

use std::time::{Duration, Instant};

use allocation_counter::{AllocationInfo, measure};
use bytes::Bytes;
use phytohub_hostile::{Attack, Expected, GROWN, attacks};
use phytohub_model::{Fault, FaultKind};
use phytohub_soap::{Request, read_request};

fn read(attack: &Attack, size: usize) -> Result<Request, Fault> {
    read_request(attack.body(size).into())
}

/// What is wrong with what was said of the attack, if anything is.
fn complaint(attack: &Attack, said: &Result<Request, Fault>) -> Option<String> {
    let (name, place) = (attack.name, attack.place);
    let is_right = match (attack.expected, said) {
        (Expected::Fault(words), Err(fault)) => fault.message.contains(words),
        (Expected::Read(operation) | Expected::ReadOrGrown(operation), Ok(request)) => {
            request.operation().name() == operation
        }
        (Expected::FaultOrGrown(words), Err(fault)) => fault.message.contains(words) || fault.message.contains(GROWN),
        (Expected::ReadOrGrown(_), Err(fault)) => fault.message.contains(GROWN),
        _ => false,
    };
    if is_right {
        return None;
    }
    let said = match said {
        Ok(request) => format!("read as {}", request.operation().name()),
        Err(fault) => fault.message.clone(),
    };
    Some(format!("{name} ({place:?}): expected {:?}\n    got {said}", attack.expected))
}

#[track_caller]
fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn every_attack_gets_its_fault_or_is_read_as_what_it_is() {
    let mut complaints = Vec::new();
    for attack in attacks() {
        for size in [2 << 10, 100 << 10] {
            complaints.extend(complaint(&attack, &read(&attack, size)));
        }
    }
    assert_none(&complaints);
}

/// Whatever the attack, the fault is the client's, names the place, and is as short as one that a person wrote.
#[test]
fn every_fault_is_the_clients_names_the_place_and_is_short() {
    const CHARACTERS_MAX: usize = 700;
    let mut complaints = Vec::new();
    for attack in attacks() {
        let Err(fault) = read(&attack, 64 << 10) else { continue };
        // Of a broken encoding there are no lines to count.
        let names_place = fault.message.contains("(line ") || attack.name.starts_with("utf-16-");
        if fault.kind != FaultKind::Client || !names_place || fault.message.chars().count() > CHARACTERS_MAX {
            complaints.push(format!("{}: {fault:?}", attack.name));
        }
    }
    assert_none(&complaints);
}

/// Runs one reading and counts what it takes from the memory; the body itself is not counted.
fn memory(attack: &Attack, size: usize) -> AllocationInfo {
    let body = Bytes::from(attack.body(size));
    measure(|| drop(read_request(body)))
}

/// Content is rewritten at twice the body's length at most, in a text that doubles as it grows, and from another of
/// that length; UTF-16 becomes text once more. Eight times the body is the most that any attack reaches at one time.
#[test]
fn no_attack_takes_more_memory_than_its_size_justifies() {
    const SIZE: usize = 256 << 10;
    const FIXED_BYTES: u64 = 64 << 10;
    let mut complaints = Vec::new();
    for attack in attacks() {
        let (once, twice) = (memory(&attack, SIZE), memory(&attack, 2 * SIZE));
        let length = attack.body(2 * SIZE).len() as u64;
        let is_linear = twice.bytes_total <= 2 * once.bytes_total + once.bytes_total / 2 + FIXED_BYTES
            && twice.count_total <= 2 * once.count_total + once.count_total / 2 + 64;
        if !is_linear || twice.bytes_max > 8 * length + FIXED_BYTES {
            complaints.push(format!(
                "{} ({:?}): {} bytes in {} pieces, {} at one time; of twice the size {} in {}, {} at one time",
                attack.name,
                attack.place,
                once.bytes_total,
                once.count_total,
                once.bytes_max,
                twice.bytes_total,
                twice.count_total,
                twice.bytes_max
            ));
        }
    }
    assert_none(&complaints);
}

/// The shortest of some readings: whatever else the machine does only ever makes one longer.
#[expect(clippy::disallowed_methods, reason = "a test may look at the clock")]
fn shortest(body: &Bytes, rounds: usize) -> Duration {
    let once = || {
        let body = body.clone();
        let begin = Instant::now();
        drop(read_request(body));
        begin.elapsed()
    };
    (0..rounds).map(|_| once()).min().unwrap_or_default()
}

/// Twice the size takes twice the time; a quadratic reader would take four times as long, and of eight times the size
/// sixty-four. Room is left for caches that the larger one does not fit into.
#[test]
fn no_attack_takes_more_time_than_its_size_justifies() {
    // Small enough that the system lets one reading through in one piece, however busy the machine is.
    const SIZE: usize = 4 << 10;
    const FACTOR: u32 = 8;
    const ROOM: u32 = 3;
    const FLOOR: Duration = Duration::from_micros(500);
    let mut complaints = Vec::new();
    for attack in attacks() {
        let [small, large] = [SIZE, SIZE * FACTOR as usize].map(|size| Bytes::from(attack.body(size)));
        let is_linear = |rounds| {
            let (once, often) = (shortest(&small, rounds), shortest(&large, rounds));
            (often <= once * FACTOR * ROOM + FLOOR).then_some(()).ok_or((once, often))
        };
        // A second look, with more patience, before it is called quadratic.
        if let Err((once, often)) = is_linear(10).or_else(|_| is_linear(300)) {
            complaints
                .push(format!("{} ({:?}): {once:?}, and of eight times the size {often:?}", attack.name, attack.place));
        }
    }
    assert_none(&complaints);
}
