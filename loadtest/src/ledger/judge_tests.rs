//! Each class, by the shortest story that gives it.

use super::super::record::NOBODYS;
use super::*;

fn intent(id: u64, at: u64) -> Record {
    Record { to: 1, hash: 77, ..Record::new(Kind::Intent, id, at) }
}

fn accepted(id: u64, at: u64) -> Record {
    Record { number: 1000 + id, ..Record::new(Kind::Answer, id, at) }
}

fn receipt(id: u64, at: u64) -> Record {
    Record { party: 1, number: id.wrapping_add(1000), hash: 77, ..Record::new(Kind::Receipt, id, at) }
}

fn acknowledged(id: u64, at: u64) -> Record {
    Record::new(Kind::Acknowledged, id, at)
}

fn drained() -> Record {
    Record { party: 1, ..Record::new(Kind::Drained, 0, 99) }
}

fn close(records: &[Record]) -> Summary {
    let mut books = Books::default();
    records.iter().for_each(|record| books.take(record));
    books.close(&["KE".to_owned(), "NL".to_owned()])
}

#[track_caller]
fn assert_class(records: &[Record], name: &str) {
    let summary = close(records);
    assert_eq!(summary.classes.get(name), Some(&1), "{name}: {summary:?}");
    let told = !summary.faults.is_empty();
    assert_eq!(told, summary.faulty() > 0, "{summary:?}");
}

#[test]
fn a_whole_life_is_delivered_once() {
    assert_class(&[intent(0, 1), accepted(0, 2), receipt(0, 3), acknowledged(0, 4), drained()], "delivered once");
    // Offered again before the acknowledgement was confirmed.
    let summary = close(&[intent(0, 1), accepted(0, 2), receipt(0, 3), receipt(0, 4), acknowledged(0, 5)]);
    assert_eq!((summary.offered_again, summary.faulty()), (1, 0));
}

#[test]
fn what_ends_without_a_fault() {
    assert_class(&[intent(0, 1), accepted(0, 2)], "waiting");
    assert_class(&[intent(0, 1), accepted(0, 2), receipt(0, 3)], "waiting");
    // Its destination asked last before it was accepted, as when a run is interrupted.
    assert_class(&[intent(0, 1), accepted(0, 2), Record { since: 2, ..drained() }], "waiting");
    assert_class(&[intent(0, 1), drained(), accepted(0, 100)], "waiting");
    let unknown = Record { outcome: Outcome::Unknown, ..Record::new(Kind::Answer, 0, 2) };
    assert_class(&[intent(0, 1), unknown, drained()], "unanswered");
    let refused = Record { outcome: Outcome::Refused, ..Record::new(Kind::Answer, 0, 2) };
    let poison = Record { outcome: Outcome::Refused, ..intent(0, 1) };
    assert_class(&[poison, refused], "refused");
    assert_class(&[intent(0, 1), refused], "wrongly refused");
}

#[test]
fn each_broken_promise_is_seen() {
    assert_class(&[intent(0, 1), accepted(0, 2), drained()], "lost");
    assert_class(&[intent(0, 1), accepted(0, 2), Record { since: 3, ..drained() }], "lost");
    assert_class(&[receipt(0, 3)], "unexpected");
    assert_class(&[receipt(NOBODYS, 3)], "unexpected");
    let refused = Record { outcome: Outcome::Refused, ..Record::new(Kind::Answer, 0, 2) };
    assert_class(&[intent(0, 1), refused, receipt(0, 3)], "unexpected");
    let poison = Record { outcome: Outcome::Refused, ..intent(0, 1) };
    assert_class(&[poison, accepted(0, 2)], "wrongly accepted");
    assert_class(&[intent(0, 1), accepted(0, 2), Record { party: 0, ..receipt(0, 3) }], "misrouted");
    assert_class(&[intent(0, 1), accepted(0, 2), Record { hash: 78, ..receipt(0, 3) }], "altered");
}

#[test]
fn a_second_number_or_a_return_after_the_end_is_a_duplicate() {
    let story = [intent(0, 1), accepted(0, 2), receipt(0, 3)];
    let with = |record: Record| [story.to_vec(), vec![record]].concat();
    assert_class(&with(Record { number: 5, ..receipt(0, 4) }), "duplicate");
    assert_class(&with(Record { number: 5, ..accepted(0, 4) }), "duplicate");
    assert_class(&[story.to_vec(), vec![acknowledged(0, 4), receipt(0, 5)]].concat(), "duplicate");
    // It began to ask before the acknowledgement was confirmed, so it may have been offered again.
    let overlapping = Record { since: 3, ..receipt(0, 5) };
    assert_class(&[story.to_vec(), vec![acknowledged(0, 4), overlapping]].concat(), "delivered once");
}

#[test]
fn order_is_judged_where_it_was_sure() {
    let one = [intent(0, 1), accepted(0, 2)];
    let after = [intent(1, 3), accepted(1, 4), receipt(1, 5), receipt(0, 6)];
    assert_class(&[one.to_vec(), after.to_vec()].concat(), "out of order");
    // Sent before the other was answered: either may come first.
    let beside = [intent(1, 2), accepted(1, 4), receipt(1, 5), receipt(0, 6)];
    assert_eq!(close(&[one.to_vec(), beside.to_vec()].concat()).faulty(), 0);
}
