//! The report on a candidate: each case, passed or not, with its evidence.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::cases::{CASES, Kind};
use crate::checklist::{CheckList, Evidence, Spoken};

/// Number of the report's shape.
pub const REPORT_FORMAT: u32 = 1;

/// What a candidate has shown, for people and for the hub that lets it in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = OnboardingReport)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Shape of the document.
    pub format: u32,
    /// The candidate's connection code.
    pub code: String,
    /// When it was made, RFC 3339 in UTC.
    pub made_at: String,
    /// Version of the hub that looked on.
    pub hub_version: String,
    /// Whether each case passed that must.
    pub green: bool,
    /// Cases that passed.
    pub passed: usize,
    /// All cases.
    pub total: usize,
    /// Each case, in order of the script.
    pub cases: Vec<CaseReport>,
    /// How the candidate writes its requests.
    pub dialects: Vec<Spoken>,
    /// Fingerprints of the client certificates that it used.
    pub certificates: Vec<String>,
}

/// One case of the report.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseReport {
    /// Its name.
    pub id: String,
    /// `good` or `must-reject`.
    pub kind: String,
    /// In a few words.
    pub title: String,
    /// What to do.
    pub todo: String,
    /// Whether it may be left out.
    pub optional: bool,
    /// What ticked it off; None while it did not pass.
    pub passed: Option<Evidence>,
    /// What was seen last; None when it passed or nothing was seen.
    pub last: Option<Evidence>,
}

impl CheckList {
    /// The report as of `made_at`; the cases of `optional` may be missing in a green one.
    pub fn report(&self, optional: &[String], made_at: &str, hub_version: &str) -> Report {
        let cases: Vec<CaseReport> = CASES
            .iter()
            .map(|case| {
                let progress = self.progress(case.id).cloned().unwrap_or_default();
                CaseReport {
                    id: case.id.to_owned(),
                    kind: case.kind.as_str().to_owned(),
                    title: case.title.to_owned(),
                    todo: case.todo.to_owned(),
                    optional: optional.iter().any(|id| id == case.id),
                    passed: progress.passed,
                    last: progress.last,
                }
            })
            .collect();
        Report {
            format: REPORT_FORMAT,
            code: self.code.clone(),
            made_at: made_at.to_owned(),
            hub_version: hub_version.to_owned(),
            green: cases.iter().all(|case| case.optional || case.passed.is_some()),
            passed: cases.iter().filter(|case| case.passed.is_some()).count(),
            total: cases.len(),
            cases,
            dialects: self.dialects().to_vec(),
            certificates: self.certificates().map(str::to_owned).collect(),
        }
    }
}

impl Report {
    /// Whether the report says of itself what follows from its cases, for exactly the cases of this version's script.
    ///
    /// # Errors
    /// A sentence that names what is wrong.
    pub fn check(&self) -> Result<(), String> {
        if self.format != REPORT_FORMAT {
            return Err(format!("the report has format {}, this hub reads {REPORT_FORMAT}", self.format));
        }
        let ids: Vec<&str> = self.cases.iter().map(|case| case.id.as_str()).collect();
        if let Some(missing) = CASES.iter().find(|case| !ids.contains(&case.id)) {
            return Err(format!(
                "the report lacks the case '{}'; export it from a sandbox of this version",
                missing.id
            ));
        }
        if let Some(red) = self.red().next() {
            return Err(format!("the case '{}' did not pass: {}", red.id, red.todo));
        }
        if !self.green {
            return Err("the report is not green".to_owned());
        }
        Ok(())
    }

    /// Cases that must pass and did not.
    pub fn red(&self) -> impl Iterator<Item = &CaseReport> {
        self.cases.iter().filter(|case| !case.optional && case.passed.is_none())
    }

    /// The report as a document.
    ///
    /// # Errors
    /// When it cannot be written, which memory alone could be the cause of.
    pub fn json(&self) -> Result<String, String> {
        serde_json::to_string_pretty(self).map_err(|error| error.to_string())
    }
}

impl Kind {
    /// The kind as it stands in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::MustReject => "must-reject",
        }
    }
}
