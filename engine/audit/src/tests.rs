//! Each kind of tampering, each kind of crash, and both at random.

use std::fs;
use std::path::PathBuf;

use phytohub_model::Timestamp;
use proptest::prelude::*;
use tempfile::TempDir;

use crate::{Act, Author, Break, Flaw, Opened, Outcome, Store, StoreError, Tip, Verified, page, verify};

/// A log in a directory of its own.
struct Log {
    dir: TempDir,
}

impl Log {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// One with that many entries: each change is asked for and done.
    fn of(entries: u64) -> Self {
        let log = Self::new();
        let mut store = log.open().store;
        for index in 0..entries / 2 {
            let asked = store.ask(at(index), ada(), Act::new("add member", format!("M{index}"), "")).unwrap();
            store.answer(at(index), &asked, Outcome::Done, "").unwrap();
        }
        if entries % 2 == 1 {
            store.note(at(entries), &ada(), &Act::new("look", "", ""), Outcome::Done).unwrap();
        }
        log
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("audit.log")
    }

    fn open(&self) -> Opened {
        Store::open(&self.path(), at(0)).unwrap()
    }

    fn lines(&self) -> Vec<String> {
        fs::read_to_string(self.path()).unwrap().lines().map(str::to_owned).collect()
    }

    fn write(&self, lines: &[String]) {
        fs::write(self.path(), lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    }

    fn verify(&self) -> Verified {
        self.verify_with(None)
    }

    fn verify_with(&self, noted: Option<&Tip>) -> Verified {
        verify(fs::read(self.path()).unwrap().as_slice(), noted).unwrap()
    }

    /// What verifying says after the lines were changed.
    fn after(&self, change: impl FnOnce(&mut Vec<String>)) -> Option<Break> {
        let mut lines = self.lines();
        change(&mut lines);
        self.write(&lines);
        self.verify().broken
    }
}

fn at(seconds: u64) -> Timestamp {
    Timestamp(1_780_000_000_000 + 1000 * seconds)
}

fn ada() -> Author {
    Author { name: "ada".to_owned(), role: "operator".to_owned() }
}

fn broken(line: u64, flaw: Flaw) -> Option<Break> {
    Some(Break { line, flaw })
}

#[test]
fn a_log_that_nobody_touched_is_whole() {
    let log = Log::of(10);
    let verified = log.verify();
    assert_eq!((verified.entries, verified.broken, verified.torn_bytes), (10, None, 0));
    assert_eq!(verified.tip, log.open().store.tip());
    assert_eq!(Log::new().open().store.tip(), None);
    assert_eq!(verify(&b""[..], None).unwrap().entries, 0);
}

#[test]
fn the_file_is_for_the_hubs_user_only() {
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(fs::metadata(Log::of(1).path()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn an_altered_entry_is_found() {
    let log = Log::of(10);
    assert_eq!(log.after(|lines| lines[4] = lines[4].replace("M2", "M9")), broken(5, Flaw::Altered(5)));
    // A blank that means nothing is a change, too.
    let log = Log::of(10);
    assert_eq!(log.after(|lines| lines[4] = lines[4].replace("\"at\":", "\"at\": ")), broken(5, Flaw::Altered(5)));
    let log = Log::of(10);
    assert_eq!(log.after(|lines| lines[9] = "nothing".to_owned()), broken(10, Flaw::NoEntry));
}

#[test]
fn an_entry_that_was_written_anew_with_its_hash_is_found() {
    let log = Log::of(10);
    let other = Log::of(10);
    // Another log's fifth entry is whole by itself.
    other.after(|lines| lines.truncate(4));
    other.open().store.note(at(99), &ada(), &Act::new("something else", "", ""), Outcome::Done).unwrap();
    let forged = other.lines()[4].clone();
    assert_eq!(log.after(|lines| lines[4] = forged), broken(5, Flaw::Rewritten(5)));
}

#[test]
fn removed_entries_are_found() {
    let log = Log::of(10);
    assert_eq!(log.after(|lines| drop(lines.remove(4))), broken(5, Flaw::Removed(5, 5)));
    let log = Log::of(10);
    assert_eq!(log.after(|lines| drop(lines.drain(2..6))), broken(3, Flaw::Removed(3, 6)));
}

#[test]
fn reordered_and_doubled_entries_are_found() {
    let log = Log::of(10);
    assert_eq!(log.after(|lines| lines.swap(3, 6)), broken(4, Flaw::Reordered { found: 7, expected: 4 }));
    let log = Log::of(10);
    assert_eq!(log.after(|lines| lines.swap(0, 1)), broken(1, Flaw::Reordered { found: 2, expected: 1 }));
    let log = Log::of(10);
    let doubled = log.after(|lines| lines.insert(5, lines[4].clone()));
    assert_eq!(doubled, broken(6, Flaw::Reordered { found: 5, expected: 6 }));
}

#[test]
fn a_head_that_was_cut_off_is_found() {
    let log = Log::of(10);
    assert_eq!(log.after(|lines| drop(lines.drain(..3))), broken(1, Flaw::HeadCutOff(4)));
}

#[test]
fn an_end_that_was_cut_off_is_found_by_a_noted_tip() {
    let log = Log::of(10);
    let noted = log.verify().tip.unwrap();
    log.after(|lines| lines.truncate(7));
    assert_eq!(log.verify().broken, None, "the rest is a chain as good as any");
    assert_eq!(log.verify_with(Some(&noted)).broken, broken(8, Flaw::EndCutOff(7, 10)));
}

#[test]
fn a_log_that_was_written_anew_is_found_by_a_noted_tip() {
    let log = Log::of(10);
    let noted = log.verify().tip.unwrap();
    log.after(|lines| lines.truncate(7));
    let mut store = log.open().store;
    // The seventh asks for something, which opening answers.
    for index in 0..5 {
        store.note(at(index), &ada(), &Act::new("look away", "", ""), Outcome::Done).unwrap();
    }
    assert_eq!(log.verify().broken, None);
    assert_eq!(log.verify_with(Some(&noted)).broken, broken(10, Flaw::OtherThanNoted(10)));
}

#[test]
fn a_noted_tip_stays_good_while_the_log_grows() {
    let log = Log::of(4);
    let noted: Tip = log.verify().tip.unwrap().to_string().parse().unwrap();
    log.open().store.note(at(0), &ada(), &Act::new("more", "", ""), Outcome::Done).unwrap();
    let verified = log.verify_with(Some(&noted));
    assert_eq!((verified.entries, verified.broken), (5, None));
    for wrong in ["", "4", "4:", "x:00", "4:zz", &format!("4:{}", "A".repeat(64))] {
        assert!(wrong.parse::<Tip>().unwrap_err().contains("SEQ:HASH"), "{wrong}");
    }
}

#[test]
fn a_line_that_a_crash_cut_short_is_mended_and_that_is_noted() {
    let log = Log::of(10);
    let whole = fs::read(log.path()).unwrap();
    let last = log.lines()[9].len() + 1;
    for cut in [1, 7, last - 1] {
        fs::write(log.path(), &whole[..whole.len() - cut]).unwrap();
        let verified = log.verify();
        assert_eq!((verified.entries, verified.torn_bytes, verified.broken), (9, (last - cut) as u64, None));
        let opened = log.open();
        assert_eq!((opened.torn_bytes, opened.is_interrupted), ((last - cut) as u64, true));
        let newest = page(&log.path(), None, 2).unwrap().entries;
        assert_eq!((newest[0].what.as_str(), newest[0].outcome), ("add member", Outcome::Unknown));
        assert_eq!((newest[1].what.as_str(), newest[1].who.as_str()), ("mend audit log", "hub"));
        assert_eq!((log.verify().broken, log.verify().torn_bytes), (None, 0));
    }
    // Of the very first entry nothing may be left.
    let log = Log::new();
    fs::write(log.path(), "{\"seq\":1").unwrap();
    assert_eq!(log.open().torn_bytes, 8);
    assert_eq!((log.verify().entries, log.verify().broken), (1, None));
}

#[test]
fn what_was_under_way_when_the_process_ended_is_unknown_and_told_once() {
    let log = Log::of(2);
    let _ = log.open().store.ask(at(1), ada(), Act::new("add member", "NZ", "Aotearoa")).unwrap();
    assert!(log.open().is_interrupted);
    assert!(!log.open().is_interrupted);
    let newest = page(&log.path(), None, 9).unwrap().entries.remove(0);
    assert_eq!((newest.seq, newest.who.as_str(), newest.subject.as_str()), (4, "ada", "NZ"));
    assert_eq!(newest.outcome, Outcome::Unknown);
    assert!(newest.details.starts_with("Aotearoa; the process ended"), "{}", newest.details);
}

#[test]
fn a_last_line_that_is_no_entry_is_kept_and_nothing_is_chained_to_it() {
    let log = Log::of(3);
    log.after(|lines| lines[2] = lines[2].replace("look", "lock"));
    let before = fs::read(log.path()).unwrap();
    let error = Store::open(&log.path(), at(0)).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert_eq!(fs::read(log.path()).unwrap(), before);
}

#[test]
fn a_log_that_is_changed_or_moved_while_it_is_open_is_not_added_to() {
    let log = Log::of(4);
    let mut store = log.open().store;
    log.after(|lines| lines.truncate(2));
    let note = |store: &mut Store| store.note(at(0), &ada(), &Act::new("more", "", ""), Outcome::Done);
    assert!(matches!(note(&mut store), Err(StoreError::Touched { .. })));
    let mut store = log.open().store;
    fs::rename(log.path(), log.dir.path().join("old.log")).unwrap();
    assert!(matches!(note(&mut store), Err(StoreError::Touched { .. })));
    assert!(!log.path().exists());
}

#[test]
fn pages_go_back_to_the_first_entry_and_each_change_is_there_once() {
    let log = Log::of(601);
    let (mut before, mut seen, mut pages) = (None, Vec::new(), 0);
    loop {
        let page = page(&log.path(), before, 70).unwrap();
        seen.extend(page.entries.iter().map(|entry| entry.seq));
        pages += 1;
        before = page.entries.last().map(|entry| entry.seq);
        if !page.more {
            break;
        }
    }
    let expected: Vec<u64> = std::iter::once(601).chain((1..=300).rev().map(|index| 2 * index)).collect();
    assert_eq!(seen, expected);
    assert_eq!(pages, 5, "301 things in pages of 70");
    assert_eq!(page(&log.path(), Some(1), 10).unwrap().entries, []);
    assert_eq!(page(&log.dir.path().join("none"), None, 10).unwrap().entries, []);
}

#[test]
fn a_line_without_an_end_costs_no_memory() {
    let log = Log::of(4);
    let mut bytes = fs::read(log.path()).unwrap();
    bytes.extend(vec![b'x'; 3 << 20]);
    bytes.push(b'\n');
    fs::write(log.path(), &bytes).unwrap();
    assert_eq!(log.verify().broken, broken(5, Flaw::NoEntry));
    assert_eq!(page(&log.path(), None, 9).unwrap().entries.len(), 2);
}

/// Something that a person could do to a file.
#[derive(Clone, Debug)]
enum Tampering {
    Byte(usize, u8),
    Remove(usize),
    Swap(usize, usize),
    Double(usize, usize),
    CutHead(usize),
    CutEnd(usize),
}

fn tampering() -> impl Strategy<Value = Tampering> {
    let place = 0..usize::MAX;
    prop_oneof![
        (place.clone(), 1..=u8::MAX).prop_map(|(at, bits)| Tampering::Byte(at, bits)),
        place.clone().prop_map(Tampering::Remove),
        (place.clone(), place.clone()).prop_map(|(a, b)| Tampering::Swap(a, b)),
        (place.clone(), place.clone()).prop_map(|(a, b)| Tampering::Double(a, b)),
        place.clone().prop_map(Tampering::CutHead),
        place.prop_map(Tampering::CutEnd),
    ]
}

/// The log after it, and the first line that is no longer what it was, from 1.
fn tampered(whole: &[u8], tampering: &Tampering) -> (Vec<u8>, u64) {
    let mut lines: Vec<Vec<u8>> = whole.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
    let before = lines.clone();
    let count = lines.len();
    match *tampering {
        Tampering::Byte(at, bits) => {
            let mut bytes = whole.to_vec();
            let at = at % bytes.len();
            bytes[at] ^= bits;
            lines = bytes.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
        }
        Tampering::Remove(at) => drop(lines.remove(at % count)),
        Tampering::Swap(a, b) => lines.swap(a % count, b % count),
        Tampering::Double(a, b) => lines.insert(b % count, lines[a % count].clone()),
        Tampering::CutHead(lost) => drop(lines.drain(..lost % count)),
        Tampering::CutEnd(kept) => lines.truncate(kept % count),
    }
    let same = before.iter().zip(&lines).take_while(|(before, after)| before == after).count();
    (lines.concat(), same as u64 + 1)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn whatever_is_done_to_a_log_its_first_line_that_is_wrong_is_named(
        entries in 1..30_u64,
        what in tampering(),
    ) {
        let log = Log::of(entries);
        let noted = log.verify().tip.unwrap();
        let whole = fs::read(log.path()).unwrap();
        let (bytes, first) = tampered(&whole, &what);
        let verified = verify(bytes.as_slice(), Some(&noted)).unwrap();
        if bytes == whole {
            prop_assert_eq!(verified.broken, None);
        } else {
            prop_assert_eq!(verified.broken.map(|broken| broken.line), Some(first));
        }
    }

    #[test]
    fn whatever_a_crash_leaves_of_the_last_line_the_log_is_whole_after_the_start(
        entries in 1..12_u64,
        kept in 0..usize::MAX,
    ) {
        let log = Log::of(entries);
        let whole = fs::read(log.path()).unwrap();
        let last = log.lines().pop().unwrap().len() + 1;
        fs::write(log.path(), &whole[..whole.len() - last + kept % last]).unwrap();
        let opened = log.open();
        prop_assert_eq!(opened.torn_bytes, (kept % last) as u64);
        let verified = log.verify();
        prop_assert_eq!((verified.broken, verified.torn_bytes), (None, 0));
        prop_assert_eq!(verified.tip, opened.store.tip());
    }
}
