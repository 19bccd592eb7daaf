//! The validator in force, which can be exchanged while the hub runs, and what judges beside it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, ArcSwapOption};
use phytohub_model::{CodeList, CodeRow};
use phytoval::Profile;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Judge;
use super::aside::{Aside, Delivered};
use super::lists::ListInForce;
use super::profiles::Read;
use super::release::ReleaseShadow;
use super::settings::{Above, Equipment, Mode, ValidationSettings};
use super::shadow::{Candidate, ValidatorState};
use crate::metrics::Metrics;

/// All that judges in a hub.
pub(crate) struct Validators {
    /// The hub's directory, which paths are relative to.
    dir: PathBuf,
    /// What is wanted to be in force; held while that changes, never while something is judged.
    wanted: Mutex<Wanted>,
    active: Arc<ArcSwap<Active>>,
    shadow: ArcSwapOption<Shadow>,
    /// The release that is in shadow.
    release: ArcSwapOption<ReleaseShadow>,
    /// Judges deliveries after their answer, where nothing is to be refused.
    observer: Option<Aside>,
    metrics: Arc<Metrics>,
}

struct Wanted {
    /// The section `[validation]`, or the candidate that was activated in its place.
    base: ValidationSettings,
    /// The releases in force.
    above: Above,
}

pub(super) struct Active {
    settings: ValidationSettings,
    /// The settings without the releases.
    base: ValidationSettings,
    pub(super) equipment: Equipment,
}

struct Shadow {
    candidate: Arc<Candidate>,
    thread: Aside,
}

/// A change of what judges, as it travels to the admin address.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
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
    pub(crate) fn open(
        base: &ValidationSettings,
        above: Above,
        dir: PathBuf,
        metrics: Arc<Metrics>,
    ) -> Result<Self, String> {
        let settings = base.with(&above);
        let (equipment, mode) = (settings.open(&dir)?, settings.mode);
        let active = Arc::new(ArcSwap::from_pointee(Active { settings, base: base.clone(), equipment }));
        let observer = match mode {
            Mode::Enforce => None,
            Mode::Observe => {
                let (active, metrics) = (Arc::clone(&active), Arc::clone(&metrics));
                Some(Aside::start("observer", move |delivered| {
                    let judge = Arc::clone(&active.load().equipment.judge);
                    let judgement = delivered.judged(judge.as_ref());
                    metrics.judged(delivered.header.from.as_str(), &judgement);
                })?)
            }
        };
        let wanted = Mutex::new(Wanted { base: base.clone(), above });
        let (shadow, release) = (ArcSwapOption::empty(), ArcSwapOption::empty());
        Ok(Self { dir, wanted, active, shadow, release, observer, metrics })
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

    /// The code lists in force, as operators are told.
    pub(crate) fn lists(&self) -> Vec<ListInForce> {
        self.active.load().equipment.lists.clone()
    }

    /// Whether deliveries are wanted by [`Self::delivered`] at all.
    pub(crate) fn looks_on(&self) -> bool {
        self.observer.is_some() || self.shadow.load().is_some() || self.release.load().is_some()
    }

    /// A delivery was taken: whoever judges beside the way gets it.
    pub(crate) fn delivered(&self, delivered: &Delivered) {
        if let Some(observer) = &self.observer
            && !observer.offer(delivered)
        {
            self.metrics.not_judged();
        }
        if let Some(shadow) = &*self.shadow.load() {
            shadow.thread.offer(delivered);
        }
        if let Some(release) = &*self.release.load() {
            release.offer(delivered);
        }
    }

    /// What is in force and what is tried.
    pub(crate) fn state(&self) -> ValidatorState {
        let shadow = self.shadow.load();
        ValidatorState {
            active: self.active.load().settings.clone(),
            base: self.active.load().base.clone(),
            shadow: shadow.as_ref().map(|shadow| shadow.candidate.report(shadow.thread.left_out())),
        }
    }

    /// Changes what judges. Opening a module takes about a second, so this is for a thread that may wait.
    ///
    /// # Errors
    /// What cannot be used, with its file; nothing has changed then.
    pub(crate) fn change(&self, change: ValidatorChange) -> Result<(), String> {
        let mut wanted = self.wanted();
        match change {
            ValidatorChange::Shadow { candidate } => {
                let settings = ValidationSettings { mode: wanted.base.mode, ..candidate };
                self.shadow.store(Some(Arc::new(self.try_out(settings, &wanted.above)?)));
            }
            ValidatorChange::Activate => {
                let base =
                    self.shadow.load().as_ref().map(|shadow| shadow.candidate.settings.clone()).ok_or(NO_SHADOW)?;
                let settings = base.with(&wanted.above);
                let equipment = settings.open(&self.dir)?;
                self.active.store(Arc::new(Active { settings, base: base.clone(), equipment }));
                wanted.base = base;
                self.shadow.store(None);
            }
            ValidatorChange::Stop => {
                self.shadow.swap(None).ok_or(NO_SHADOW)?;
            }
        }
        Ok(())
    }

    /// Puts the releases `above` in force, once `commit` has made that durable. As [`Self::change`], for a thread that
    /// may wait.
    ///
    /// # Errors
    /// What cannot be used, with its file, or the error of `commit`; nothing has changed then.
    pub(crate) fn put<E: From<String>>(&self, above: Above, commit: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        let mut wanted = self.wanted();
        let settings = wanted.base.with(&above);
        let equipment = settings.open(&self.dir)?;
        let candidate = self.shadow.load().as_ref().map(|shadow| shadow.candidate.settings.clone());
        // What a candidate was compared with is gone, so it begins anew.
        let shadow = candidate.map(|candidate| self.try_out(candidate, &above)).transpose()?;
        commit()?;
        self.active.store(Arc::new(Active { settings, base: wanted.base.clone(), equipment }));
        self.shadow.store(shadow.map(Arc::new));
        wanted.above = above;
        Ok(())
    }

    /// What judges, if the releases `above` were in force.
    ///
    /// # Errors
    /// What cannot be used, with its file.
    pub(crate) fn equip(&self, above: &Above) -> Result<Equipment, String> {
        let settings = self.wanted().base.with(above);
        settings.open(&self.dir)
    }

    /// The lists that the settings name.
    pub(crate) fn base_lists(&self) -> Vec<PathBuf> {
        self.active.load().base.lists.clone()
    }

    /// The profile that the settings name; the default where it cannot be read.
    pub(crate) fn base_profile(&self) -> Profile {
        Read::named(&self.active.load().base.profile, &self.dir).map(|read| read.profile).unwrap_or_default()
    }

    /// Whether a document type can be judged by this profile.
    ///
    /// # Errors
    /// There is none of this name, or its file cannot be used.
    pub(crate) fn has_profile(&self, name: &str) -> Result<(), String> {
        Read::named(name, &self.dir).map(|_| ())
    }

    /// Lets a release judge beside what is in force, or none.
    pub(crate) fn shadow_release(&self, release: Option<Arc<ReleaseShadow>>) {
        self.release.store(release);
    }

    /// Whatever is in force, always.
    pub(super) fn active(&self) -> Arc<ArcSwap<Active>> {
        Arc::clone(&self.active)
    }

    fn wanted(&self) -> std::sync::MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn try_out(&self, settings: ValidationSettings, above: &Above) -> Result<Shadow, String> {
        let equipment = settings.with(above).open(&self.dir)?;
        let candidate = Arc::new(Candidate::new(settings, equipment));
        let (active, tried) = (Arc::clone(&self.active), Arc::clone(&candidate));
        let thread = Aside::start("shadow", move |delivered| {
            let in_force = Arc::clone(&active.load().equipment.judge);
            let active = delivered.judged(in_force.as_ref());
            let candidate = delivered.judged(tried.equipment.judge.as_ref());
            tried.compare(&delivered.header, &active, &candidate);
        })?;
        Ok(Shadow { candidate, thread })
    }
}

const NO_SHADOW: &str = "there is no candidate: `phytohub validator shadow DIR` starts one";
