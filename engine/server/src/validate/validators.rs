//! The validator in force, which can be exchanged while the hub runs, and what judges beside it.

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use phytohub_model::{CodeList, CodeRow, Header};
use phytohub_soap::Content;
use serde::{Deserialize, Serialize};

use super::aside::Aside;
use super::settings::{Equipment, Mode, ValidationSettings};
use super::shadow::{Candidate, ValidatorState};
use super::{Judge, judge_now};
use crate::metrics::Metrics;

/// All that judges in a hub.
pub(crate) struct Validators {
    /// The hub's directory, which paths are relative to.
    dir: PathBuf,
    active: Arc<ArcSwap<Active>>,
    shadow: ArcSwapOption<Shadow>,
    /// Judges deliveries after their answer, where nothing is to be refused.
    observer: Option<Aside>,
    metrics: Arc<Metrics>,
}

struct Active {
    settings: ValidationSettings,
    equipment: Equipment,
}

struct Shadow {
    candidate: Arc<Candidate>,
    thread: Aside,
}

/// A change of what judges, as it travels to the admin address.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum ValidatorChange {
    /// Lets a candidate judge beside the validator in force; takes the place of the one before.
    Shadow {
        /// What the candidate is made of. The mode stays the hub's.
        candidate: ValidationSettings,
    },
    /// Puts the candidate in force, until the hub ends.
    Activate,
    /// Ends the candidate.
    Stop,
}

impl Validators {
    /// Opens what the settings name.
    ///
    /// # Errors
    /// The file, its line, and what is wrong with it.
    pub(crate) fn open(settings: &ValidationSettings, dir: PathBuf, metrics: Arc<Metrics>) -> Result<Self, String> {
        let equipment = settings.open(&dir)?;
        let active = Arc::new(ArcSwap::from_pointee(Active { settings: settings.clone(), equipment }));
        let observer = match settings.mode {
            Mode::Enforce => None,
            Mode::Observe => {
                let (active, metrics) = (Arc::clone(&active), Arc::clone(&metrics));
                Some(Aside::start("observer", move |delivered| {
                    let judge = Arc::clone(&active.load().equipment.judge);
                    let judgement = judge_now(judge.as_ref(), &delivered.content, Some(&delivered.header));
                    metrics.judged(delivered.header.from.as_str(), &judgement);
                })?)
            }
        };
        Ok(Self { dir, active, shadow: ArcSwapOption::empty(), observer, metrics })
    }

    /// The validator in force.
    pub(crate) fn judge(&self) -> Arc<dyn Judge> {
        Arc::clone(&self.active.load().equipment.judge)
    }

    /// Whether nothing is refused for its content.
    pub(crate) fn only_observes(&self) -> bool {
        self.observer.is_some()
    }

    /// The rows of a code list in force.
    pub(crate) fn list(&self, wanted: CodeList) -> Arc<Vec<CodeRow>> {
        let active = self.active.load();
        let found = active.equipment.rows.iter().find(|(list, _)| *list == wanted);
        found.map(|(_, rows)| Arc::clone(rows)).unwrap_or_default()
    }

    /// Whether deliveries are wanted by [`Self::delivered`] at all.
    pub(crate) fn looks_on(&self) -> bool {
        self.observer.is_some() || self.shadow.load().is_some()
    }

    /// A delivery was taken: whoever judges beside the way gets it.
    pub(crate) fn delivered(&self, header: &Header, content: &Content) {
        if let Some(observer) = &self.observer
            && !observer.offer(header, content)
        {
            self.metrics.not_judged();
        }
        if let Some(shadow) = &*self.shadow.load() {
            shadow.thread.offer(header, content);
        }
    }

    /// What is in force and what is tried.
    pub(crate) fn state(&self) -> ValidatorState {
        let shadow = self.shadow.load();
        ValidatorState {
            active: self.active.load().settings.clone(),
            shadow: shadow.as_ref().map(|shadow| shadow.candidate.report(shadow.thread.left_out())),
        }
    }

    /// Changes what judges. Opening a module takes about a second, so this is for a thread that may wait.
    ///
    /// # Errors
    /// What cannot be used, with its file; nothing has changed then.
    pub(crate) fn change(&self, change: ValidatorChange) -> Result<(), String> {
        match change {
            ValidatorChange::Shadow { candidate } => {
                let settings = ValidationSettings { mode: self.active.load().settings.mode, ..candidate };
                let equipment = settings.open(&self.dir)?;
                self.shadow.store(Some(Arc::new(self.try_out(Candidate::new(settings, equipment))?)));
            }
            ValidatorChange::Activate => {
                let shadow = self.shadow.swap(None).ok_or(NO_SHADOW)?;
                let Candidate { settings, equipment, .. } = &*shadow.candidate;
                self.active.store(Arc::new(Active { settings: settings.clone(), equipment: equipment.clone() }));
            }
            ValidatorChange::Stop => {
                self.shadow.swap(None).ok_or(NO_SHADOW)?;
            }
        }
        Ok(())
    }

    fn try_out(&self, candidate: Candidate) -> Result<Shadow, String> {
        let candidate = Arc::new(candidate);
        let (active, tried) = (Arc::clone(&self.active), Arc::clone(&candidate));
        let thread = Aside::start("shadow", move |delivered| {
            let in_force = Arc::clone(&active.load().equipment.judge);
            let header = &delivered.header;
            let by = |judge: &dyn Judge| judge_now(judge, &delivered.content, Some(header));
            tried.compare(header, &by(in_force.as_ref()), &by(tried.equipment.judge.as_ref()));
        })?;
        Ok(Shadow { candidate, thread })
    }
}

const NO_SHADOW: &str = "there is no candidate: `phytohub validator shadow DIR` starts one";
