//! Reading a test run's output: how many tests passed and failed over all test binaries.

use std::fmt;

/// The sum of a run, built line by line from what the test binaries print.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    passed: u64,
    failed: u64,
    /// Binaries that began and gave no result: they died, and none of their tests says so.
    unfinished: u64,
}

impl Counts {
    /// Reads one line.
    pub(crate) fn read(&mut self, line: &str) {
        if let Some(result) = line.strip_prefix("test result: ") {
            self.unfinished = self.unfinished.saturating_sub(1);
            self.passed += number_before(result, " passed");
            self.failed += number_before(result, " failed");
        } else if is_start(line) {
            self.unfinished += 1;
        }
    }

    /// Closes the run. One that did not end well has at least one failure, also when no test got to say so (the build
    /// failed, a binary died); one that ran nothing proves nothing, so it has not succeeded either.
    pub(crate) fn close(&mut self, ended_well: bool) {
        self.failed += self.unfinished;
        self.unfinished = 0;
        let nothing = self.passed + self.failed == 0;
        if self.failed == 0 && (!ended_well || nothing) {
            self.failed = 1;
        }
    }

    /// Whether every test passed; asked after [`Self::close`].
    pub(crate) fn all_passed(&self) -> bool {
        self.failed == 0
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// Whether a test binary announces its tests: `running 12 tests`.
fn is_start(line: &str) -> bool {
    let number = line.strip_prefix("running ").and_then(|rest| rest.split(' ').next());
    let ends_so = line.ends_with(" tests") || line.ends_with(" test");
    ends_so && number.is_some_and(|text| text.parse::<u64>().is_ok())
}

/// The number that stands before `word`, 0 when there is none.
fn number_before(text: &str, word: &str) -> u64 {
    let before = text.split(word).next().filter(|_| text.contains(word));
    before.and_then(|part| part.rsplit(' ').next()).and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(lines: &[&str], ended_well: bool) -> Counts {
        let mut counts = Counts::default();
        lines.iter().for_each(|line| counts.read(line));
        counts.close(ended_well);
        counts
    }

    #[test]
    fn results_of_all_binaries_are_added_up() {
        let run = counts(
            &[
                "running 3 tests",
                "test code::tests::one ... ok",
                "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
                "running 1 test",
                "test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 7 filtered out; finished in 0.00s",
            ],
            false,
        );
        assert_eq!(run.to_string(), "3 passed, 1 failed");
        assert!(!run.all_passed());
    }

    #[test]
    fn a_binary_that_dies_is_a_failure() {
        let run =
            counts(&["running 3 tests", "running 1 test", "test result: ok. 1 passed; 0 failed; 0 ignored"], false);
        assert_eq!(run.to_string(), "1 passed, 1 failed");
    }

    #[test]
    fn a_failed_build_and_an_empty_run_are_failures() {
        assert_eq!(counts(&[], false).to_string(), "0 passed, 1 failed");
        let nothing = ["running 0 tests", "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 9 filtered out"];
        assert_eq!(counts(&nothing, true).to_string(), "0 passed, 1 failed");
    }

    #[test]
    fn what_tests_print_is_not_counted() {
        let prints = ["running late tests", "the test result: ok. 5 passed", "running 5 miles", "running 1 test"];
        let run = counts(&[&prints[..], &["test result: ok. 1 passed; 0 failed"]].concat(), true);
        assert_eq!(run.to_string(), "1 passed, 0 failed");
        assert!(run.all_passed());
    }
}
