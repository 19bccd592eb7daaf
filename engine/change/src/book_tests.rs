//! The life of releases, told as stories.

use super::*;
use crate::differ::Changes;
use crate::release::{Kind, Step};

fn release(id: u32, kind: Kind, name: &str, adds: bool) -> Release {
    Release {
        id,
        kind,
        name: name.to_owned(),
        adds,
        edition: "2030-01-01".to_owned(),
        title: String::new(),
        text: String::new(),
        file: "f".to_owned(),
        sha256: String::new(),
        bytes: 0,
        urn: String::new(),
        state: State::Announced,
        valid_from: None,
        active_from: None,
        activated_at: None,
        retired_at: None,
        problem: None,
        changes: Changes::default(),
        history: vec![Step { at: Timestamp(0), who: "owner".to_owned(), what: "announced".to_owned() }],
    }
}

fn list(id: u32, name: &str) -> Release {
    release(id, Kind::List, name, false)
}

fn states(book: &Book) -> Vec<State> {
    book.releases().iter().map(|release| release.state).collect()
}

fn ids(releases: &[&Release]) -> Vec<u32> {
    releases.iter().map(|release| release.id).collect()
}

#[test]
fn a_new_edition_retires_the_one_before_and_a_rollback_brings_it_back() {
    let mut book = Book::new(vec![list(1, "units"), list(2, "units"), list(3, "countries")]);
    assert_eq!(book.activate(1, Timestamp(10), "a"), Ok(vec![1]));
    assert_eq!(book.activate(3, Timestamp(11), "a"), Ok(vec![3]));
    assert_eq!(book.activate(2, Timestamp(12), "a"), Ok(vec![2, 1]));
    assert_eq!(states(&book), [State::Retired, State::Active, State::Active]);
    assert_eq!(ids(&book.in_force()), [3, 2]);
    assert_eq!(book.activate(1, Timestamp(13), "b"), Ok(vec![1, 2]), "the former again");
    assert_eq!(states(&book), [State::Active, State::Retired, State::Active]);
    let last = book.get(1).unwrap().history.last().unwrap().clone();
    assert_eq!((last.who.as_str(), last.what.as_str()), ("b", "active again"));
    assert!(book.get(2).unwrap().history.last().unwrap().what.contains("replaced by release 1"));
}

#[test]
fn additions_stand_beside_each_other_and_go_with_the_list() {
    let addition = |id| release(id, Kind::List, "units", true);
    let mut book = Book::new(vec![list(1, "units"), addition(2), addition(3), list(4, "units")]);
    for id in 1..=3 {
        book.activate(id, Timestamp(u64::from(id)), "a").unwrap();
    }
    assert_eq!(ids(&book.in_force()), [1, 2, 3]);
    assert_eq!(book.activate(4, Timestamp(9), "a"), Ok(vec![4, 1, 2, 3]));
}

#[test]
fn rule_sets_and_modules_replace_their_own_kind_only() {
    let mut book = Book::new(vec![
        release(1, Kind::Profile, "national", false),
        release(2, Kind::Validator, "validator", false),
        release(3, Kind::Profile, "other", false),
    ]);
    book.activate(1, Timestamp(1), "a").unwrap();
    book.activate(2, Timestamp(2), "a").unwrap();
    assert_eq!(book.activate(3, Timestamp(3), "a"), Ok(vec![3, 1]));
}

#[test]
fn those_whose_date_has_come_are_due_in_order() {
    let mut book = Book::new(vec![list(1, "a"), list(2, "b"), list(3, "c"), list(4, "d")]);
    book.schedule(1, Timestamp(30), Timestamp(5), "a").unwrap();
    book.schedule(2, Timestamp(20), Timestamp(5), "a").unwrap();
    book.schedule(4, Timestamp(40), Timestamp(5), "a").unwrap();
    assert_eq!(book.due(Timestamp(19)), [0_u32; 0]);
    assert_eq!(book.due(Timestamp(30)), [2, 1], "a moment belongs to what begins with it");
    // A hub that was down finds all of them.
    for id in book.due(Timestamp(99)) {
        book.activate(id, Timestamp(99), "hub").unwrap();
    }
    assert_eq!(states(&book), [State::Active, State::Active, State::Announced, State::Active]);
    assert!(book.due(Timestamp(99)).is_empty());
    book.retire(1, Timestamp(100), "a").unwrap();
    assert!(book.due(Timestamp(200)).is_empty(), "what is retired does not come back by itself");
}

#[test]
fn a_date_must_lie_ahead_and_not_before_the_list_is_valid() {
    let mut book = Book::new(vec![Release { valid_from: Some(Timestamp(50)), ..list(1, "a") }]);
    for (result, says) in [
        (book.clone().schedule(1, Timestamp(5), Timestamp(5), "a"), "is past"),
        (book.clone().schedule(1, Timestamp(49), Timestamp(5), "a"), "is valid from"),
        (book.clone().activate(1, Timestamp(49), "a"), "is valid from"),
    ] {
        let error = result.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    book.schedule(1, Timestamp(50), Timestamp(5), "a").unwrap();
    book.activate(1, Timestamp(50), "hub").unwrap();
    assert_eq!(
        book.schedule(1, Timestamp(90), Timestamp(60), "a").unwrap_err().to_string(),
        "release 1 is in force already"
    );
}

#[test]
fn one_is_in_shadow_at_a_time() {
    let mut book = Book::new(vec![list(1, "a"), list(2, "b")]);
    assert_eq!(book.shadow(1, Timestamp(1), "a"), Ok(vec![1]));
    assert_eq!(book.shadow(2, Timestamp(2), "a"), Ok(vec![1, 2]));
    assert_eq!(states(&book), [State::Announced, State::Shadow]);
    assert!(book.shadow(2, Timestamp(3), "a").is_err() && book.end_shadow(1, Timestamp(3), "a").is_err());
    book.activate(2, Timestamp(4), "a").unwrap();
    assert_eq!(book.in_shadow(), None, "what is in force is no longer tried");
    assert!(book.shadow(2, Timestamp(5), "a").is_err());
    // One that was retired may be tried before it comes back, and stands where it stood when it does not.
    book.retire(2, Timestamp(6), "a").unwrap();
    book.shadow(2, Timestamp(7), "a").unwrap();
    book.end_shadow(2, Timestamp(8), "a").unwrap();
    assert_eq!(states(&book), [State::Announced, State::Retired]);
    assert!(book.retire(2, Timestamp(9), "a").is_err());
}

#[test]
fn a_shadow_tries_all_that_is_in_force_on_its_day() {
    let mut book = Book::new(vec![list(1, "a"), list(2, "a"), list(3, "b"), list(4, "c"), list(5, "d")]);
    book.activate(1, Timestamp(10), "a").unwrap();
    book.schedule(2, Timestamp(100), Timestamp(20), "a").unwrap();
    book.schedule(3, Timestamp(100), Timestamp(20), "a").unwrap();
    book.schedule(4, Timestamp(101), Timestamp(20), "a").unwrap();
    let then = |id| ids(&book.when_active(id).unwrap().in_force());
    assert_eq!(then(3), [2, 3], "with the new edition of the same day, without that of the next");
    assert_eq!(then(5), [1, 5], "without a date: as if it were now");
    assert_eq!(then(1), [1]);
    assert!(book.when_active(9).is_err());
}

#[test]
fn a_change_that_was_cut_short_is_put_right() {
    let mut book = Book::new(vec![list(1, "a"), list(2, "a"), list(3, "b"), list(4, "c")]);
    book.activate(1, Timestamp(1), "a").unwrap();
    book.shadow(3, Timestamp(1), "a").unwrap();
    let before = book.clone();
    book.activate(2, Timestamp(2), "a").unwrap();
    book.shadow(4, Timestamp(3), "a").unwrap();
    // Only the first file of each change was written.
    let mut torn = book.clone();
    for id in [1, 3] {
        *torn.get_mut(id).unwrap() = before.get(id).unwrap().clone();
    }
    let (repaired, touched) = torn.repaired(Timestamp(9));
    assert_eq!(states(&repaired), states(&book));
    assert_eq!(touched, [1, 3]);
    assert_eq!(book.clone().repaired(Timestamp(9)), (book, Vec::new()));
}
