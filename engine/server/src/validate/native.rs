//! The validator that is compiled into this program.

use std::borrow::Cow;

use phytoval::{Expected, Messages, Validator};

use super::{Broken, Judge, Judgement};

/// The native validator with the lists and the profile in force.
pub(crate) struct NativeJudge {
    validator: Validator,
}

impl NativeJudge {
    pub(crate) fn new(validator: Validator) -> Self {
        Self { validator }
    }
}

impl Judge for NativeJudge {
    fn judge(&self, content: &[u8], expected: Option<&Expected<'_>>) -> Judgement {
        let report = self.validator.validate(content, expected);
        let mut broken: Vec<Broken> = Vec::new();
        for finding in &report.findings {
            Broken::add(&mut broken, Cow::Borrowed(finding.rule.entry().id), finding.level);
        }
        Judgement {
            outcome: Cow::Borrowed(report.outcome.as_str()),
            verdict: report.verdict(Messages::english()),
            broken,
        }
    }
}
