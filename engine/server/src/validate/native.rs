//! The validator that is compiled into this program.

use std::borrow::Cow;
use std::path::PathBuf;

use phytoval::{Expected, Messages, Profile, Validator};

use super::profiles::Profiles;
use super::{Broken, Judge, Judgement};

/// The native validator with the lists and the profile in force.
pub(crate) struct NativeJudge {
    validator: Validator,
    profiles: Profiles<Profile>,
}

impl NativeJudge {
    /// With the overlays that lie in the hub's directory.
    pub(crate) fn new(validator: Validator, dir: PathBuf) -> Self {
        Self { validator, profiles: Profiles::new(dir) }
    }
}

impl Judge for NativeJudge {
    fn judge(&self, content: &[u8], expected: Option<&Expected<'_>>, profile: Option<&str>) -> Judgement {
        let named = profile.map(|name| self.profiles.get(name, |read| Ok(read.profile))).transpose();
        let profile = match &named {
            Ok(named) => named.as_deref().unwrap_or(&self.validator.profile),
            Err(problem) => {
                tracing::error!(target: "phytohub::validate", problem, "a document type's profile cannot be used");
                return Judgement::failed();
            }
        };
        let report = self.validator.validate_by(profile, content, expected);
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
