//! Change management in the hub: releases of lists, rule sets and validators are announced, tried, put in force at
//! their moment and retired. `phytohub-change` decides and keeps; here it meets what judges.

pub mod commands;
pub(crate) mod documents;
pub(crate) mod routes;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use phytohub_change::{
    Announcement, Artefact, Book, ChangeError, Changes, Kind, Release, Seen, ShadowReport, Store, StoreError, feed,
};
use phytohub_model::Timestamp;

use crate::clock;
use crate::validate::{Above, ReleaseShadow, Validators};
use documents::Denied;

pub(crate) use documents::{BODY_BYTES_MAX, ReleaseChange};
pub(crate) use routes::{feeds, guarded};

/// How often the hub looks whether a release is due: a date means the second in which it begins.
pub(crate) const TICK: Duration = Duration::from_secs(1);

/// Ticks between two writes of what a shadow has seen: a kill loses no more counts than these seconds had.
const TICKS_PER_SAVE: u32 = 10;

/// A release that could not become active is tried again after this: its files or the settings may have been put right.
const RETRY: Duration = Duration::from_secs(60);

/// The hub's releases.
pub(crate) struct Releases {
    /// The hub's directory.
    dir: PathBuf,
    inner: Mutex<Inner>,
    /// What members read, made anew with each change.
    feeds: ArcSwap<Feeds>,
}

struct Inner {
    store: Store,
    shadow: Option<Running>,
    /// Releases that could not become active, and when to try again.
    retries: BTreeMap<u32, Timestamp>,
    ticks: u32,
}

/// The shadow that runs.
struct Running {
    id: u32,
    above: Above,
    shadow: Arc<ReleaseShadow>,
    /// What was kept of it last.
    kept: Option<Seen>,
}

/// The two forms of the feed.
pub(crate) struct Feeds {
    pub(crate) json: Bytes,
    pub(crate) atom: Bytes,
}

impl Feeds {
    fn of(store: &Store) -> Self {
        Self { json: feed::json(store).into(), atom: feed::atom(store).into() }
    }
}

impl Releases {
    /// Reads the releases below the hub's directory.
    ///
    /// # Errors
    /// The file, and what is wrong with it.
    pub(crate) fn open(dir: PathBuf) -> Result<Self, String> {
        let mut fresh = [0; 16];
        getrandom::fill(&mut fresh).map_err(|error| error.to_string())?;
        let store = Store::open(&dir, clock::now(), fresh).map_err(|error| error.to_string())?;
        let feeds = ArcSwap::from_pointee(Feeds::of(&store));
        let inner = Inner { store, shadow: None, retries: BTreeMap::new(), ticks: 0 };
        Ok(Self { dir, inner: Mutex::new(inner), feeds })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds the files to what was announced.
    ///
    /// # Errors
    /// Which is no longer what it was.
    pub(crate) fn verify(&self) -> Result<(), String> {
        self.inner().store.verify().map_err(|error| error.to_string())
    }

    /// The files of what is in force.
    pub(crate) fn above(&self) -> Above {
        above(self.inner().store.book())
    }

    /// The numbers of what is in force, for a sentence.
    pub(crate) fn in_force(&self) -> Vec<u32> {
        self.inner().store.book().in_force().into_iter().map(|release| release.id).collect()
    }

    /// What members read.
    pub(crate) fn feeds(&self) -> Arc<Feeds> {
        self.feeds.load_full()
    }

    /// What is due becomes active, what a shadow has seen is kept from time to time. Called every [`TICK`], and at the
    /// start; gives the numbers of what became active. For a thread that may wait.
    pub(crate) fn tick(&self, validators: &Validators, now: Timestamp) -> Vec<u32> {
        let mut inner = self.inner();
        let mut became_active = Vec::new();
        for id in inner.store.book().due(now) {
            if inner.retries.get(&id).is_some_and(|again| now < *again) {
                continue;
            }
            match self.make(&mut inner, validators, |book| book.activate(id, now, HUB)) {
                Ok(()) => {
                    inner.retries.remove(&id);
                    became_active.push(id);
                    tracing::info!(target: "phytohub::releases", id, "a release became active at its date");
                }
                Err(problem) => self.failed(&mut inner, id, &problem.to_string(), now),
            }
        }
        inner.ticks = inner.ticks.wrapping_add(1);
        if inner.ticks.is_multiple_of(TICKS_PER_SAVE) {
            inner.keep_seen();
        }
        became_active
    }

    /// Goes on with the shadow that ran before the hub ended. For a thread that may wait.
    pub(crate) fn resume(&self, validators: &Validators) {
        self.inner().follow(validators);
    }

    /// Keeps what a shadow has seen, before the hub ends.
    pub(crate) fn flush(&self) {
        self.inner().keep_seen();
    }

    /// Tells of a release that could not become active; not with every try.
    fn failed(&self, inner: &mut Inner, id: u32, problem: &str, now: Timestamp) {
        inner.retries.insert(id, now.plus(RETRY));
        let known = inner.store.book().get(id).is_ok_and(|release| release.problem.as_deref() == Some(problem));
        if known {
            return;
        }
        tracing::error!(target: "phytohub::releases", id, problem, "a release could not become active at its date");
        let mut book = inner.store.book().clone();
        let kept = book.failed(id, problem, now).map_err(StoreError::from);
        if let Err(error) = kept.and_then(|touched| inner.store.keep(book, &touched)) {
            tracing::error!(target: "phytohub::releases", id, %error, "that cannot be written down either");
        }
        self.feeds.store(Arc::new(Feeds::of(&inner.store)));
    }

    /// Carries out what an operator asks. For a thread that may wait: opening a module takes about a second.
    ///
    /// # Errors
    /// Why not; nothing has changed then.
    pub(crate) fn change(&self, validators: &Validators, change: ReleaseChange, who: &str) -> Result<Release, Denied> {
        let now = clock::now();
        let mut inner = self.inner();
        let id = match change {
            ReleaseChange::Announce { file, content, title, text, edition, active_from } => {
                let bytes = documents::decoded(&content)?;
                let active_from = active_from.as_deref().map(documents::time).transpose()?;
                let said = Announcement { title, text, edition, active_from, who: who.to_owned() };
                self.announce(&mut inner, validators, (&file, &bytes), said, now)?
            }
            ReleaseChange::Shadow { id } => {
                // Told before anything changes.
                validators.equip(&above(&inner.store.book().when_active(id)?)).map_err(Denied::conflict)?;
                self.make(&mut inner, validators, |book| book.shadow(id, now, who))?;
                id
            }
            ReleaseChange::EndShadow { id } => {
                self.make(&mut inner, validators, |book| book.end_shadow(id, now, who))?;
                id
            }
            ReleaseChange::Activate { id, at: None } => {
                self.make(&mut inner, validators, |book| book.activate(id, now, who))?;
                id
            }
            ReleaseChange::Activate { id, at: Some(at) } => {
                let at = documents::time(&at)?;
                self.make(&mut inner, validators, |book| book.schedule(id, at, now, who))?;
                inner.retries.remove(&id);
                id
            }
            ReleaseChange::Retire { id } => {
                self.make(&mut inner, validators, |book| book.retire(id, now, who))?;
                id
            }
        };
        Ok(inner.store.book().get(id)?.clone())
    }

    /// Announces the file; `name` is what the operator calls it.
    fn announce(
        &self,
        inner: &mut Inner,
        validators: &Validators,
        (name, bytes): (&str, &[u8]),
        said: Announcement,
        now: Timestamp,
    ) -> Result<u32, Denied> {
        let wrong = |problem: String| Denied::bad(format!("{name}: {problem}"));
        let artefact = Artefact::read(bytes).map_err(|error| wrong(error.to_string()))?;
        let below = inner.below(validators, said.active_from, &self.dir);
        let changes = Changes::of(&artefact, &below, &validators.base_profile());
        let check = |book: &Book, id: u32| {
            let then = book.when_active(id).map_err(|error| error.to_string())?;
            let path = book.get(id).map(Release::path).unwrap_or_default();
            let opened = validators.equip(&above(&then));
            opened.map(|_| ()).map_err(|problem| {
                problem.replace(&self.dir.join(&path).display().to_string(), name).replace(&path, name)
            })
        };
        let id = inner.store.announce(said, bytes, (&artefact, changes), now, check)?;
        self.feeds.store(Arc::new(Feeds::of(&inner.store)));
        inner.follow(validators);
        Ok(id)
    }

    /// Makes one change of the book: tried, kept, in force, in this order.
    fn make(
        &self,
        inner: &mut Inner,
        validators: &Validators,
        change: impl FnOnce(&mut Book) -> Result<Vec<u32>, ChangeError>,
    ) -> Result<(), Denied> {
        let mut book = inner.store.book().clone();
        let touched = change(&mut book)?;
        // A file that was changed meanwhile must not come into force.
        for release in book.in_force().into_iter().chain(book.in_shadow()) {
            inner.store.bytes(release)?;
        }
        let (before, after) = (above(inner.store.book()), above(&book));
        let keep = || inner.store.keep(book, &touched).map_err(Denied::from);
        if before == after {
            keep()?
        } else {
            validators.put(after, keep)?
        }
        self.feeds.store(Arc::new(Feeds::of(&inner.store)));
        inner.follow(validators);
        Ok(())
    }

    /// All releases, the newest first, each with what its shadow has seen.
    pub(crate) fn list(&self) -> Vec<(Release, Option<Seen>)> {
        let inner = self.inner();
        let all = inner.store.book().releases().iter().rev();
        all.map(|release| (release.clone(), inner.seen(release.id))).collect()
    }

    /// What a release has seen in shadow.
    ///
    /// # Errors
    /// There is none of this number.
    pub(crate) fn report(&self, id: u32) -> Result<ShadowReport, Denied> {
        let inner = self.inner();
        let book = inner.store.book();
        let release = book.get(id)?.clone();
        let tried = book.when_active(id)?;
        let tried = tried.in_force().into_iter().map(|release| format!("{} ({})", release.subject(), release.id));
        Ok(ShadowReport { release, tried: tried.collect(), seen: inner.seen(id) })
    }
}

/// Who acts when nobody does.
const HUB: &str = "hub";

impl Inner {
    /// What would be below a release that becomes active at `from`, or now: the lists of the settings, then the
    /// releases.
    fn below(&self, validators: &Validators, from: Option<Timestamp>, dir: &std::path::Path) -> Vec<Artefact> {
        let book = self.store.book();
        let earlier = book.due(from.unwrap_or_default());
        let then = earlier.last().and_then(|id| book.when_active(*id).ok()).unwrap_or_else(|| book.clone());
        let lists = validators
            .base_lists()
            .into_iter()
            .filter_map(|path| std::fs::read(dir.join(path)).ok().and_then(|bytes| Artefact::read(&bytes).ok()));
        lists.chain(then.in_force().into_iter().filter_map(|release| self.store.artefact(release).ok())).collect()
    }

    /// Lets the shadow that runs be the one that the book wants.
    fn follow(&mut self, validators: &Validators) {
        let wanted = self.store.book().in_shadow().map(|release| release.id);
        let wanted = wanted.and_then(|id| Some((id, above(&self.store.book().when_active(id).ok()?))));
        let runs = self.shadow.as_ref().map(|running| (running.id, &running.above));
        if runs == wanted.as_ref().map(|(id, above)| (*id, above)) {
            return;
        }
        self.keep_seen();
        validators.shadow_release(None);
        self.shadow = None;
        let Some((id, above)) = wanted else { return };
        let seen = self.store.seen(id).unwrap_or_else(|error| {
            tracing::error!(target: "phytohub::releases", id, %error, "what the shadow has seen is lost");
            None
        });
        let seen = seen.unwrap_or_else(|| Seen::new(clock::now()));
        let started = validators.equip(&above).and_then(|equipment| ReleaseShadow::start(validators, equipment, seen));
        match started {
            Ok(shadow) => {
                let shadow = Arc::new(shadow);
                validators.shadow_release(Some(Arc::clone(&shadow)));
                self.shadow = Some(Running { id, above, shadow, kept: None });
            }
            Err(problem) => {
                tracing::error!(target: "phytohub::releases", id, problem, "the release in shadow cannot judge");
            }
        }
    }

    /// What a release has seen, up to now.
    fn seen(&self, id: u32) -> Option<Seen> {
        match self.shadow.as_ref().filter(|running| running.id == id) {
            Some(running) => Some(running.shadow.seen()),
            None => self.store.seen(id).ok().flatten(),
        }
    }

    fn keep_seen(&mut self) {
        let Some(running) = &mut self.shadow else { return };
        let seen = running.shadow.seen();
        if running.kept.as_ref() == Some(&seen) {
            return;
        }
        match self.store.keep_seen(running.id, &seen) {
            Ok(()) => running.kept = Some(seen),
            Err(error) => {
                let id = running.id;
                tracing::warn!(target: "phytohub::releases", id, %error, "what the shadow has seen is not kept");
            }
        }
    }
}

/// The files of what is in force in a book.
fn above(book: &Book) -> Above {
    let mut above = Above::default();
    for release in book.in_force() {
        let path = release.path();
        match release.kind {
            Kind::List => above.lists.push(path.into()),
            Kind::Profile => above.profile = Some(path),
            Kind::Validator => above.validator = Some(path.into()),
        }
    }
    above
}
