//! Tidiness as tests: what the project promises about its own shape, checked over every tracked file.
//!
//! Each check is a function that returns its findings, so that the tests beside it can show that it finds something.
//! The lists of exceptions are ratchets: an entry nobody needs any more is a finding too.

#[path = "tidy/dependencies.rs"]
mod dependencies;
#[path = "tidy/files.rs"]
mod files;
#[path = "tidy/functions.rs"]
mod functions;
#[path = "tidy/lock.rs"]
mod lock;
#[path = "tidy/promises.rs"]
mod promises;
#[path = "tidy/sources.rs"]
mod sources;
#[path = "tidy/tree.rs"]
mod tree;
#[path = "tidy/views.rs"]
mod views;
#[path = "tidy/words.rs"]
mod words;
#[path = "tidy/workspace.rs"]
mod workspace;

use tree::Tree;

#[track_caller]
fn assert_none(findings: &[String]) {
    assert!(findings.is_empty(), "{} findings:\n{}\n", findings.len(), findings.join("\n"));
}

#[test]
fn crates_keep_to_their_dependencies() {
    assert_none(&dependencies::check(&Tree::load(), dependencies::CRATES));
}

#[test]
fn workspace_dependencies_have_a_reason_and_a_user() {
    assert_none(&workspace::check(&Tree::load()));
}

#[test]
fn no_crate_is_locked_twice() {
    assert_none(&lock::check(&Tree::load(), lock::DUPLICATES));
}

#[test]
fn words_stay_where_they_belong() {
    assert_none(&words::check(&Tree::load()));
}

#[test]
fn sources_are_introduced_short_and_finished() {
    assert_none(&sources::check(&Tree::load(), sources::LONG_FILES));
}

#[test]
fn functions_fit_a_screen() {
    assert_none(&functions::check(&Tree::load(), functions::LONG_FUNCTIONS));
}

#[test]
fn tracked_files_are_small_and_name_no_machine() {
    assert_none(&files::check(&Tree::load()));
}

#[test]
fn promises_name_tests_that_exist() {
    assert_none(&promises::check(&Tree::load()));
}
