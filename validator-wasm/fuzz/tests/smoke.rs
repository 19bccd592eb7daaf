//! A moment of what `cargo xtask fuzz` does for longer. A failure prints the seed, and the document with its number.

use std::panic::catch_unwind;

use phytoval::Embedded;
use phytoval_fuzz::{Mutations, agree, judge};

/// Runs a check on documents of the seed, and says which one failed.
fn each(seed: u64, count: usize, check: fn(&[u8])) {
    for (number, document) in Mutations::new(seed).take(count).enumerate() {
        let failed = catch_unwind(|| check(&document)).is_err();
        assert!(!failed, "seed {seed}, document {number}: {}", String::from_utf8_lossy(&document));
    }
}

#[test]
fn nearly_certificates_are_judged() {
    each(1, 20_000, judge);
}

#[test]
fn native_and_module_agree_on_nearly_certificates() {
    each(2, 2_000, agree);
}

#[test]
fn every_report_is_json() {
    for document in Mutations::new(3).take(2_000) {
        let report = Embedded::default().judge(&document, "").unwrap();
        serde_json::from_str::<serde_json::Value>(&report).unwrap_or_else(|error| panic!("{error}: {report}"));
    }
}

#[test]
fn a_seed_always_gives_the_same_documents_and_most_are_broken() {
    let [first, second] = [(); 2].map(|()| Mutations::new(7).take(200).collect::<Vec<_>>());
    assert_eq!(first, second);
    let clean =
        first.iter().filter(|document| phytoval::Validator::default().validate(document, None).findings.is_empty());
    let clean = clean.count();
    assert!((1..100).contains(&clean), "{clean} of 200 are clean: the changes are too many or too few");
}
