//! A candidate that judges live traffic beside the validator in force, and what it would change.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::sync::{Mutex, PoisonError};

use phytohub_model::{Header, Level};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::settings::{Equipment, ValidationSettings};
use super::{Broken, Judgement};

/// Classes of certificates that are told apart; members times types times statuses stay far below.
const CLASSES_MAX: usize = 10_000;

/// A candidate and what was seen of it.
pub(super) struct Candidate {
    pub(super) settings: ValidationSettings,
    pub(super) equipment: Equipment,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    judged: u64,
    differing: u64,
    in_other_classes: u64,
    classes: BTreeMap<Class, Counts>,
}

/// Certificates of one sender, type and status.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Class {
    from: String,
    kind: i32,
    status: i32,
}

#[derive(Default)]
struct Counts {
    judged: u64,
    newly_refused: u64,
    no_longer_refused: u64,
    /// By rule and level: in how many only the validator in force found it, and only the candidate.
    rules: BTreeMap<(Cow<'static, str>, Level), (u64, u64)>,
}

/// What the candidate would change.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = CandidateReport)]
pub(crate) struct ShadowReport {
    /// What the candidate is made of.
    pub(crate) candidate: ValidationSettings,
    /// Deliveries that both judged.
    pub(crate) judged: u64,
    /// Of these, those on which they differ in a rule or its level.
    pub(crate) differing: u64,
    /// Deliveries that were not judged because too many waited.
    pub(crate) left_out: u64,
    /// Deliveries of further classes than are told apart; they count above only.
    pub(crate) in_other_classes: u64,
    /// The classes of certificates on which they differ.
    pub(crate) classes: Vec<ClassReport>,
}

/// What it would change for one class of certificates.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = CandidateClass)]
pub(crate) struct ClassReport {
    /// Sender.
    pub(crate) from: String,
    /// CertificateType.
    pub(crate) certificate_type: i32,
    /// CertificateStatus.
    pub(crate) certificate_status: i32,
    /// Deliveries of this class that both judged.
    pub(crate) judged: u64,
    /// Those that only the candidate refuses.
    pub(crate) newly_refused: u64,
    /// Those that only the validator in force refuses.
    pub(crate) no_longer_refused: u64,
    /// The rules on which they differ.
    pub(crate) rules: Vec<RuleReport>,
}

/// What it would change for one rule of one class.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = CandidateRule)]
pub(crate) struct RuleReport {
    /// The rule.
    pub(crate) rule: String,
    /// At this level.
    pub(crate) level: String,
    /// Deliveries in which only the validator in force found it.
    pub(crate) only_active: u64,
    /// Deliveries in which only the candidate found it.
    pub(crate) only_candidate: u64,
}

impl Candidate {
    pub(super) fn new(settings: ValidationSettings, equipment: Equipment) -> Self {
        Self { settings, equipment, seen: Mutex::default() }
    }

    /// Both have judged a delivery.
    pub(super) fn compare(&self, header: &Header, active: &Judgement, candidate: &Judgement) {
        let class = Class {
            from: header.from.as_str().to_owned(),
            kind: header.document.kind.0,
            status: header.document.status.0,
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (only_active, only_candidate) = (only(active, candidate), only(candidate, active));
        seen.judged += 1;
        seen.differing += u64::from(!only_active.is_empty() || !only_candidate.is_empty());
        if CLASSES_MAX <= seen.classes.len() && !seen.classes.contains_key(&class) {
            seen.in_other_classes += 1;
            return;
        }
        let counts = seen.classes.entry(class).or_default();
        counts.judged += 1;
        match (active.verdict.refuses(), candidate.verdict.refuses()) {
            (false, true) => counts.newly_refused += 1,
            (true, false) => counts.no_longer_refused += 1,
            _ => {}
        }
        for Broken { rule, level } in only_active {
            counts.rules.entry((rule.clone(), *level)).or_default().0 += 1;
        }
        for Broken { rule, level } in only_candidate {
            counts.rules.entry((rule.clone(), *level)).or_default().1 += 1;
        }
    }

    pub(super) fn report(&self, left_out: u64) -> ShadowReport {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let classes = seen.classes.iter().filter(|(_, counts)| !counts.rules.is_empty());
        ShadowReport {
            candidate: self.settings.clone(),
            judged: seen.judged,
            differing: seen.differing,
            left_out,
            in_other_classes: seen.in_other_classes,
            classes: classes.map(|(class, counts)| class.report(counts)).collect(),
        }
    }
}

/// What `one` has found and `other` has not, at this level.
pub(super) fn only<'a>(one: &'a Judgement, other: &Judgement) -> Vec<&'a Broken> {
    one.broken.iter().filter(|broken| !other.broken.contains(broken)).collect()
}

impl Class {
    fn report(&self, counts: &Counts) -> ClassReport {
        let rules = counts.rules.iter().map(|((rule, level), (only_active, only_candidate))| RuleReport {
            rule: rule.to_string(),
            level: level.as_str().to_owned(),
            only_active: *only_active,
            only_candidate: *only_candidate,
        });
        ClassReport {
            from: self.from.clone(),
            certificate_type: self.kind,
            certificate_status: self.status,
            judged: counts.judged,
            newly_refused: counts.newly_refused,
            no_longer_refused: counts.no_longer_refused,
            rules: rules.collect(),
        }
    }
}

impl fmt::Display for ShadowReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { candidate, judged, differing, left_out, in_other_classes, classes } = self;
        write!(f, "shadow: {candidate}\n  {judged} deliveries judged by both, {differing} differ")?;
        if 0 < *left_out {
            write!(f, ", {left_out} were left out because too many waited")?;
        }
        if 0 < *in_other_classes {
            write!(f, ", {in_other_classes} are of classes beyond the {CLASSES_MAX} that are told apart")?;
        }
        for class in classes {
            let ClassReport { from, certificate_type, certificate_status, judged, .. } = class;
            write!(f, "\n  {from} {certificate_type}:{certificate_status}, {judged} judged")?;
            write!(f, ", {} more refused", class.newly_refused)?;
            write!(f, ", {} no longer refused", class.no_longer_refused)?;
            for RuleReport { rule, level, only_active, only_candidate } in &class.rules {
                let mut line = format!("\n    {level:<8}{rule:<28}");
                write!(line, "only the candidate {only_candidate}, only the one in force {only_active}")?;
                f.write_str(&line)?;
            }
        }
        Ok(())
    }
}

/// What is in force and what is tried, as the admin address tells it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub(crate) struct ValidatorState {
    /// What judges: `base` with the releases in force.
    pub(crate) active: ValidationSettings,
    /// The section `[validation]`, or the candidate that was activated in its place.
    pub(crate) base: ValidationSettings,
    /// What is tried beside it.
    pub(crate) shadow: Option<ShadowReport>,
}

impl fmt::Display for ValidatorState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "active: {}", self.active)?;
        match &self.shadow {
            Some(shadow) => write!(f, "\n{shadow}"),
            None => f.write_str("\nshadow: none"),
        }
    }
}
