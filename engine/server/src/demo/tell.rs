//! What the demo says: one line for each thing that happened, with its time, and a count of what went wrong.

use std::time::{Duration, Instant};

/// Where a line belongs: a step of an envelope's way, or what surrounds them.
#[derive(Clone, Copy)]
pub(super) enum Part {
    SetUp,
    Ingress,
    Authenticate,
    Validate,
    Append,
    Route,
    Restart,
    Deliver,
    Acknowledge,
    Forget,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::SetUp => "set-up",
            Self::Ingress => "1 ingress",
            Self::Authenticate => "2 authenticate",
            Self::Validate => "3 validate",
            Self::Append => "4 append",
            Self::Route => "5 route",
            Self::Restart => "  restart",
            Self::Deliver => "6 deliver",
            Self::Acknowledge => "7 acknowledge",
            Self::Forget => "8 forget",
        }
    }
}

/// Prints and counts.
pub(super) struct Teller {
    began: Instant,
    last: Instant,
    failures: usize,
    lines: usize,
}

/// Where the time stands in a line; longer texts push it to the right.
const TEXT_WIDTH: usize = 104;

impl Teller {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), last: Instant::now(), failures: 0, lines: 0 }
    }

    /// Something is about to be timed.
    pub(super) fn start(&mut self) {
        self.last = Instant::now();
    }

    /// What was timed went well, or not; the next line's time begins here.
    pub(super) fn tell(&mut self, part: Part, went_well: bool, text: &str) {
        let took = self.last.elapsed();
        let mark = if went_well { "ok  " } else { "FAIL" };
        // Findings come one a line; here a line is a line.
        let text = text.replace('\n', "; ");
        say(&format!("{:<15} {mark} {text:<TEXT_WIDTH$} {:>9}", part.name(), milliseconds(took)));
        self.failures += usize::from(!went_well);
        self.lines += 1;
        self.last = Instant::now();
    }

    /// The last word; true when all went as it should.
    pub(super) fn conclude(&self, facts: &str) -> bool {
        say("");
        let (seconds, lines) = (self.began.elapsed().as_secs_f64(), self.lines);
        say(facts);
        if self.failures == 0 {
            say(&format!("All {lines} lines went as they should, in {seconds:.1} s."));
        } else {
            say(&format!("{} of {lines} lines did not go as they should (marked FAIL).", self.failures));
        }
        self.failures == 0
    }
}

fn milliseconds(span: Duration) -> String {
    format!("{:.1} ms", span.as_secs_f64() * 1000.0)
}

#[expect(clippy::print_stdout, reason = "the demo's story is its output")]
pub(super) fn say(text: &str) {
    println!("{text}");
}
