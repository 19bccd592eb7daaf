//! What follows from a report's figures, for all who show them: which are believable, and what they come to.

use crate::{Check, Ledger, Report, Stage, Verdict};

/// Classes of envelopes that a hub must not have. All others are what may become of an envelope.
const FAULTY_CLASSES: [&str; 7] =
    ["lost", "unexpected", "duplicate", "misrouted", "altered", "out of order", "wrongly accepted"];

/// Whether envelopes of this class show a fault of the hub.
pub(crate) fn is_faulty(class: &str) -> bool {
    FAULTY_CLASSES.contains(&class)
}

/// What a check says of the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judged {
    /// The limit holds.
    Holds,
    /// It does not.
    Broken,
    /// Nobody can tell, because the generator could not keep up.
    Not,
}

impl Judged {
    /// The word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Holds => "ok",
            Self::Broken => "broken",
            Self::Not => "not judged",
        }
    }
}

impl Ledger {
    /// How many envelopes were lost, altered or otherwise treated as a hub must not.
    pub fn faulty(&self) -> u64 {
        self.classes.iter().filter(|(class, _)| is_faulty(class)).map(|(_, count)| count).sum()
    }
}

impl Stage {
    /// How long it lasted.
    pub(crate) fn seconds(&self) -> f64 {
        (self.to - self.from).max(0.0)
    }
}

impl Verdict {
    /// The verdict in a word or two.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::GeneratorLimited => "generator limited",
            Self::Interrupted => "interrupted",
        }
    }
}

impl Report {
    /// Whether the generator kept up, so that latencies can be believed.
    pub fn believable(&self) -> bool {
        self.verdict != Verdict::GeneratorLimited && !self.generator.limited
    }

    /// What stands in the place of a latency that cannot be believed.
    pub(crate) fn not_believable(&self) -> String {
        let reason = self.generator.reason.trim();
        if reason.is_empty() {
            "not believable: the generator could not keep up".to_owned()
        } else {
            format!("not believable: the generator could not keep up, {reason}")
        }
    }

    /// Deliveries accepted a second: the mean over the stages, or over the seconds where there are none.
    pub(crate) fn accepted_rate(&self) -> Option<f64> {
        let seconds: f64 = self.stages.iter().map(Stage::seconds).sum();
        if seconds > 0.0 {
            return Some(self.stages.iter().map(|stage| stage.accepted * stage.seconds()).sum::<f64>() / seconds);
        }
        mean(&self.series.accepted)
    }

    /// The stage with the highest rate accepted.
    pub(crate) fn fastest_stage(&self) -> Option<&Stage> {
        self.stages.iter().max_by(|one, other| one.accepted.total_cmp(&other.accepted))
    }

    /// Share of all deliveries that failed: the mean over the stages, each as its deliveries count.
    pub(crate) fn failed_share(&self) -> Option<f64> {
        let deliveries = |stage: &Stage| stage.offered * stage.seconds();
        let all: f64 = self.stages.iter().map(deliveries).sum();
        (all > 0.0).then(|| self.stages.iter().map(|stage| stage.failed * deliveries(stage)).sum::<f64>() / all)
    }

    /// The verdict in a sentence.
    pub(crate) fn verdict_sentence(&self) -> String {
        let broken = self.checks.iter().filter(|check| self.judged(check) == Judged::Broken).count();
        let broken = match broken {
            0 => String::new(),
            1 => " One check does not hold.".to_owned(),
            more => format!(" {more} checks do not hold."),
        };
        match self.verdict {
            Verdict::Passed if broken.is_empty() => match self.checks.len() {
                0 => "There was nothing to check.".to_owned(),
                1 => "The only check holds.".to_owned(),
                all => format!("All {all} checks hold."),
            },
            Verdict::Passed | Verdict::Failed if broken.is_empty() => "The run failed outside its checks.".to_owned(),
            Verdict::Passed | Verdict::Failed => broken.trim().to_owned(),
            Verdict::GeneratorLimited => {
                let reason = self.generator.reason.trim().trim_end_matches('.');
                let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
                format!(
                    "The generator could not keep up{reason}, so latencies are not believable; the ledger is.{broken}"
                )
            }
            Verdict::Interrupted => {
                format!("It was stopped before its end; this tells of the part that ran.{broken}")
            }
        }
    }

    /// What a check says of the hub: a latency is not judged where it cannot be believed.
    pub(crate) fn judged(&self, check: &Check) -> Judged {
        match (speaks_of_latency(check) && !self.believable(), check.passed) {
            (true, _) => Judged::Not,
            (false, true) => Judged::Holds,
            (false, false) => Judged::Broken,
        }
    }

    /// What was measured for a check, as it may be shown.
    pub(crate) fn measured<'r>(&self, check: &'r Check) -> &'r str {
        if self.judged(check) == Judged::Not { "not believable" } else { &check.measured }
    }
}

/// Whether a check is about a latency: it names a percentile or the word, or was measured in milliseconds.
fn speaks_of_latency(check: &Check) -> bool {
    let is_percentile =
        |word: &str| word.strip_prefix('p').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    check.name.split_whitespace().any(is_percentile)
        || check.name.to_lowercase().contains("latency")
        || check.measured.ends_with(" ms")
}

/// The mean; none of nothing.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The value in the middle, or between the two in the middle; none of nothing.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = sorted.get(sorted.len() / 2)?;
    let lower = sorted.get((sorted.len() - 1) / 2)?;
    Some((lower + upper) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_checks_of_latencies_are_not_judged_when_the_generator_is_late() {
        let judged = |limited: bool, name: &str, measured: &str, passed: bool| {
            let mut report = Report::default();
            report.generator.limited = limited;
            let check = Check { name: name.to_owned(), measured: measured.to_owned(), passed, ..Check::default() };
            (report.judged(&check), report.measured(&check).to_owned())
        };
        let latencies = [
            ("p99 of deliver", "1.5 s"),
            ("the others' p99", "+ 3 %"),
            ("Latency of pull", "1 s"),
            ("slowest", "9 ms"),
        ];
        for (name, measured) in latencies {
            assert_eq!(judged(true, name, measured, false), (Judged::Not, "not believable".to_owned()), "{name}");
            assert_eq!(judged(false, name, measured, false), (Judged::Broken, measured.to_owned()), "{name}");
        }
        for name in ["lost envelopes", "pending at the end", "people per item"] {
            assert_eq!(judged(true, name, "0", true), (Judged::Holds, "0".to_owned()), "{name}");
            assert_eq!(judged(true, name, "7", false), (Judged::Broken, "7".to_owned()), "{name}");
        }
    }

    #[test]
    fn means_weigh_stages_by_their_length_and_their_deliveries() {
        let stage = |from: f64, to: f64, rate: f64, failed: f64| Stage {
            from,
            to,
            offered: rate,
            accepted: rate,
            failed,
            ..Stage::default()
        };
        let mut report =
            Report { stages: vec![stage(0.0, 30.0, 10.0, 0.1), stage(30.0, 40.0, 90.0, 0.0)], ..Report::default() };
        assert_eq!(report.accepted_rate(), Some(30.0));
        assert!(report.failed_share().is_some_and(|share| (share - 0.025).abs() < 1e-12));
        report.stages.clear();
        assert_eq!((report.accepted_rate(), report.failed_share()), (None, None));
        report.series.accepted = vec![1.0, 3.0];
        assert_eq!(report.accepted_rate(), Some(2.0));
    }

    #[test]
    fn a_median_is_in_the_middle() {
        let cases: [(&[f64], Option<f64>); 4] =
            [(&[], None), (&[3.0], Some(3.0)), (&[9.0, 1.0], Some(5.0)), (&[9.0, 1.0, 2.0], Some(2.0))];
        for (values, middle) in cases {
            assert_eq!(median(values), middle, "{values:?}");
        }
    }
}
