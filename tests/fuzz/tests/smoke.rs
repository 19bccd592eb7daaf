//! A moment of what `cargo xtask fuzz` does for longer. A failure prints the target, the seed and the content.

use std::panic::catch_unwind;

use phytohub_fuzz::{Choices, TARGETS, corpus, request};
use phytohub_soap::{Operation, read_request};
use phytoval_fuzz::Mutations;

const SEED: u64 = 11;

fn holds(target: &str, content: &[u8]) {
    let (_, check) = TARGETS.iter().find(|(name, _)| *name == target).expect("a target");
    let failed = catch_unwind(|| check(content)).is_err();
    assert!(!failed, "{target}, seed {SEED}: {:?}", String::from_utf8_lossy(content));
}

/// The corpus, and so many mutations of it.
fn each(target: &str, count: usize) {
    let contents = corpus(target);
    assert!(contents.len() >= 4, "{target}: a corpus of {}", contents.len());
    contents.iter().for_each(|content| holds(target, content));
    Mutations::of(contents, SEED).take(count).for_each(|content| holds(target, &content));
}

#[test]
fn whatever_is_nearly_a_request_is_read_or_refused() {
    each("soap", 30_000);
}

#[test]
fn whatever_is_nearly_of_the_shape_of_the_wsdl_is_read_or_refused() {
    each("operations", 20_000);
}

#[test]
fn whatever_lies_on_the_disk_a_start_ends() {
    each("journal", 3_000);
}

#[test]
fn whatever_a_record_holds_a_start_ends() {
    each("fact", 3_000);
}

#[test]
fn whatever_the_configuration_says_it_is_read_or_refused() {
    each("config", 1_000);
}

/// What is made of the corpus reaches every operation, and some of it is read.
#[test]
fn requests_of_the_shape_of_the_wsdl_reach_every_operation() {
    let mut seen = [0; Operation::ALL.len()];
    for content in Mutations::of(corpus("operations"), SEED).take(5_000) {
        let (operation, text) = request(&mut Choices::new(&content));
        let index = Operation::ALL.iter().position(|known| *known == operation).expect("one of them");
        seen[index] += usize::from(read_request(text.into()).is_ok());
    }
    assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
}
