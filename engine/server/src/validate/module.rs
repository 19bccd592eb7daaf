//! A WebAssembly module of the validator, such as the edition before or after the native one.

use std::borrow::Cow;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use phytohub_model::{Area, Finding, Level, Verdict};
use phytoval::Expected;
use phytoval_host::{HostError, Limits, Module};
use serde::Deserialize;

use super::profiles::{Profiles, Read};
use super::{Broken, Judge, Judgement};

/// A module with the lists and the profile in force.
pub(crate) struct ModuleJudge {
    /// By the profile in force.
    active: ByProfile,
    profiles: Profiles<ByProfile>,
}

/// A module with what makes it judge by one profile.
struct ByProfile {
    module: Module,
    /// The options that every call has.
    options: String,
}

/// What a module answers.
#[derive(Deserialize)]
struct Answer {
    verdict: String,
    rows: Vec<Row>,
}

/// A row of ValidationResult; without a rule where it says how many are not shown.
#[derive(Deserialize)]
struct Row {
    rule: String,
    area: String,
    level: String,
    field: String,
    message: String,
}

impl ModuleJudge {
    /// The module in the file `path`, with `parts`: the texts of lists and of the profile that is not built in.
    ///
    /// # Errors
    /// The file is no module of the validator, or cannot use a part.
    pub(crate) fn open(path: &Path, profile: &str, parts: &[String], dir: PathBuf) -> Result<Self, HostError> {
        let mut module = Module::open(path, Limits::default())?;
        for part in parts {
            module = module.with_part(part)?;
        }
        Ok(Self { active: ByProfile::new(module, profile)?, profiles: Profiles::new(dir) })
    }

    /// The same module by another profile.
    fn named(&self, name: &str) -> Result<Arc<ByProfile>, String> {
        self.profiles.get(name, |Read { profile, overlay }| {
            let module = self.active.module.clone();
            let module = match overlay {
                Some(text) => module.with_part(&text).map_err(|error| error.to_string())?,
                None => module,
            };
            ByProfile::new(module, profile.name()).map_err(|error| error.to_string())
        })
    }
}

impl ByProfile {
    fn new(module: Module, profile: &str) -> Result<Self, HostError> {
        let options = format!("form=rows\nprofile={profile}\n");
        // Nothing is in an empty document, but a profile that the module does not have is told now.
        module.judge(b"", &options)?;
        Ok(Self { module, options })
    }

    fn ask(&self, content: &[u8], expected: Option<&Expected<'_>>) -> Result<Judgement, String> {
        let mut options = self.options.clone();
        if let Some(expected) = expected {
            for (key, value) in [("from", expected.from), ("to", expected.to), ("number", expected.number)] {
                // A line break would begin another option.
                let _ = writeln!(options, "{key}={}", value.replace(['\n', '\r'], " "));
            }
            let (kind, status) = (expected.certificate_type, expected.certificate_status);
            let _ = writeln!(options, "type={kind}\nstatus={status}");
        }
        let answer = self.module.judge(content, &options).map_err(|error| error.to_string())?;
        let answer: Answer =
            serde_json::from_str(&answer).map_err(|error| format!("its answer is no rows: {error}"))?;
        let mut broken = Vec::new();
        let mut findings = Vec::new();
        for row in answer.rows {
            let finding = row.finding()?;
            if !row.rule.is_empty() {
                Broken::add(&mut broken, Cow::Owned(row.rule), finding.level);
            }
            findings.push(finding);
        }
        Ok(Judgement { outcome: Cow::Owned(answer.verdict), verdict: Verdict { findings }, broken })
    }
}

impl Row {
    fn finding(&self) -> Result<Finding, String> {
        let area =
            [Area::MandatoryElements, Area::Mapping, Area::Schema].into_iter().find(|area| area.as_str() == self.area);
        let level = [Level::Info, Level::Warning, Level::Severe].into_iter().find(|level| level.as_str() == self.level);
        let (Some(area), Some(level)) = (area, level) else {
            return Err(format!("its answer has the area '{}' and the level '{}'", self.area, self.level));
        };
        Ok(Finding { area, level, field: self.field.clone(), message: self.message.clone() })
    }
}

impl Judge for ModuleJudge {
    fn judge(&self, content: &[u8], expected: Option<&Expected<'_>>, profile: Option<&str>) -> Judgement {
        let judged = match profile {
            None => self.active.ask(content, expected),
            Some(name) => self.named(name).and_then(|named| named.ask(content, expected)),
        };
        judged.unwrap_or_else(|problem| {
            tracing::error!(target: "phytohub::validate", problem, "the validator's module failed");
            Judgement::failed()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::native::NativeJudge;

    #[test]
    fn a_module_says_what_the_native_validator_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("phytoval.wasm");
        std::fs::write(&path, phytoval_host::MODULE).unwrap();
        let module = ModuleJudge::open(&path, "ippc", &[], folder.path().to_owned()).unwrap();
        let native = NativeJudge::new(phytoval::Validator::default(), folder.path().to_owned());
        let overlay = "# profile: permits\n# base: strict\nunit-code = off\n";
        std::fs::write(folder.path().join("permits.txt"), overlay).unwrap();
        let expected =
            Expected { from: "QM", to: "QZ", number: "QM-2\n", certificate_type: 851, certificate_status: 70 };
        for certificate in
            [phytohub_certificates::typical(1, "QM", "QZ", "QM-1"), "<a>".to_owned(), "<a/>".repeat(2), String::new()]
        {
            for expected in [None, Some(&expected)] {
                // The last cannot be used, and nothing is called clean by it.
                for profile in [None, Some("strict"), Some("lenient"), Some("permits.txt"), Some("none.txt")] {
                    let judged = module.judge(certificate.as_bytes(), expected, profile);
                    let by_native = native.judge(certificate.as_bytes(), expected, profile);
                    assert_eq!(
                        (&judged.outcome, &judged.broken),
                        (&by_native.outcome, &by_native.broken),
                        "{profile:?}"
                    );
                    assert_eq!(judged.verdict.findings.len(), by_native.verdict.findings.len());
                    assert_eq!(judged.outcome == "not-determined", profile == Some("none.txt"));
                }
            }
        }
        let error = ModuleJudge::open(&path, "loud", &[], PathBuf::new()).err().unwrap();
        assert!(error.to_string().contains("loud"), "{error}");
    }
}
