//! What holds for whatever the hub reads: requests, its journal, its registry, its configuration. The tests try it on
//! the corpus and on mutations of it for a moment, `cargo xtask fuzz` with libFuzzer for as long as one likes.
//!
//! `corpus/TARGET` is what each target begins with. What a fuzzer found and was mended is added to it.

mod config;
mod journal;
mod operations;
mod soap;

use std::fs;
use std::path::{Path, PathBuf};

pub use config::config;
pub use journal::{fact, journal};
pub use operations::{Choices, operations, request};
pub use soap::soap;

/// A target: it panics where something does not hold.
pub type Target = fn(&[u8]);

/// All targets by their names, which are those of the folders of their corpora.
pub const TARGETS: [(&str, Target); 5] =
    [("soap", soap), ("operations", operations), ("journal", journal), ("fact", fact), ("config", config)];

/// The folder with the corpus of a target.
pub fn corpus_folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// What a target begins with: its corpus, and what is made for it.
///
/// # Panics
/// When the corpus cannot be read.
pub fn corpus(target: &str) -> Vec<Vec<u8>> {
    let mut names: Vec<PathBuf> = fs::read_dir(corpus_folder(target))
        .expect("a folder of the corpus")
        .map(|entry| entry.expect("an entry of the corpus").path())
        .collect();
    // The order of a directory is nobody's promise, and the same seed has to give the same contents.
    names.sort();
    let mut contents: Vec<Vec<u8>> = names.iter().map(|name| fs::read(name).expect("a file of the corpus")).collect();
    if target == "soap" {
        const SIZE: usize = 512;
        contents.extend(phytohub_hostile::attacks().iter().map(|attack| attack.body(SIZE)));
    }
    contents
}
