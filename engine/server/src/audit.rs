//! The audit log in the hub and on the command line: every change is written down before it is made and once more when
//! it is over.

mod acts;
pub mod commands;
pub(crate) mod routes;

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use phytohub_audit::{Act, Asked, Author, Outcome, Page, Store, Verified};
use phytohub_operate::layout::Layout;
use tokio::sync::Mutex as Turns;

use crate::clock;
use crate::guard::GuardMetrics;

pub(crate) use acts::{Told, of_change, of_operator, of_release, of_request};
pub(crate) use routes::routes;

/// The log of a running hub.
pub(crate) struct Audit {
    path: PathBuf,
    /// Without a log that can be added to nothing is changed; the exchange goes on.
    store: Mutex<Result<Store, String>>,
    /// Changes are made one after the other, so that what became of one stands behind what was asked.
    turns: Turns<()>,
    metrics: Arc<GuardMetrics>,
}

impl Audit {
    /// Opens the log, mends what a crash left of it, and looks whether it is whole.
    pub(crate) fn open(layout: &Layout, metrics: Arc<GuardMetrics>) -> Self {
        let path = layout.audit_log();
        match verified(&path, None) {
            Ok(Verified { broken: Some(broken), .. }) => {
                tracing::error!(target: "phytohub::audit", %broken, "the audit log is damaged or was changed");
            }
            Ok(_) => {}
            Err(error) => tracing::error!(target: "phytohub::audit", %error, "the audit log cannot be read"),
        }
        let store = Store::open(&path, clock::now()).map_err(|error| error.to_string()).map(|opened| {
            if 0 < opened.torn_bytes {
                let bytes = opened.torn_bytes;
                tracing::warn!(target: "phytohub::audit", bytes, "an entry that was cut short was removed");
            }
            if opened.is_interrupted {
                tracing::warn!(target: "phytohub::audit", "a change was under way when the hub ended");
            }
            opened.store
        });
        if let Err(error) = &store {
            tracing::error!(target: "phytohub::audit", %error, "nothing can be changed until this is put right");
        }
        let audit = Self { path, store: Mutex::new(store), turns: Turns::new(()), metrics };
        audit.count();
        audit
    }

    /// The turn to change something. Whoever writes to the log has it.
    pub(crate) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turns.lock().await
    }

    /// Writes down what is asked for. Waits for the disk.
    ///
    /// # Errors
    /// A sentence; then it must not be done.
    pub(crate) fn ask(&self, author: Author, act: Act) -> Result<Asked, String> {
        self.with(|store| store.ask(clock::now(), author, act).map_err(|error| error.to_string()))
    }

    /// Writes down what became of it. Waits for the disk.
    ///
    /// # Errors
    /// A sentence.
    pub(crate) fn answer(&self, asked: &Asked, outcome: Outcome, more: &str) -> Result<(), String> {
        tell(&asked.author, &asked.act, outcome);
        self.with(|store| store.answer(clock::now(), asked, outcome, more).map_err(|error| error.to_string()))
    }

    /// Writes down what the hub did by itself. Waits for the disk.
    pub(crate) fn note(&self, act: &Act) {
        let author = Author { name: "hub".to_owned(), role: "hub".to_owned() };
        tell(&author, act, Outcome::Done);
        let noted =
            self.with(|store| store.note(clock::now(), &author, act, Outcome::Done).map_err(|error| error.to_string()));
        if let Err(error) = noted {
            tracing::error!(target: "phytohub::audit", %error, "what the hub did by itself is not in the audit log");
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Store) -> Result<T, String>) -> Result<T, String> {
        let result = match &mut *self.store() {
            Ok(store) => work(store),
            Err(error) => Err(error.clone()),
        };
        self.count();
        result
    }

    fn store(&self) -> MutexGuard<'_, Result<Store, String>> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self) {
        let tip = self.store().as_ref().ok().and_then(Store::tip);
        if let Some(tip) = tip {
            self.metrics.audited(tip.seq);
            // Whoever keeps the logs elsewhere keeps the tip with them.
            tracing::debug!(target: "phytohub::audit", %tip, "the audit log's tip");
        }
    }

    /// Whether the log is whole. Reads all of it.
    fn verified(&self) -> io::Result<Verified> {
        // Not while an entry is being written.
        let _store = self.store();
        verified(&self.path, None)
    }

    fn page(&self, before: Option<u64>, limit: usize) -> io::Result<Page> {
        phytohub_audit::page(&self.path, before, limit)
    }
}

fn tell(author: &Author, act: &Act, outcome: Outcome) {
    let (who, what, subject, outcome) = (&author.name, &act.what, &act.subject, outcome.as_str());
    tracing::info!(target: "phytohub::audit", who, what, subject, outcome);
}

/// Reads a log and says whether it is whole; a log that is not there yet is.
fn verified(path: &Path, noted: Option<&phytohub_audit::Tip>) -> io::Result<Verified> {
    match File::open(path) {
        Ok(file) => phytohub_audit::verify(BufReader::with_capacity(64 << 10, file), noted),
        Err(error) if error.kind() == io::ErrorKind::NotFound => phytohub_audit::verify(io::empty(), noted),
        Err(error) => Err(error),
    }
}

/// Changes that the command line makes in a directory whose lock it holds.
pub(crate) struct ByHand(Store);

impl ByHand {
    /// Opens the log of the directory.
    ///
    /// # Errors
    /// A sentence; then nothing must be changed.
    pub(crate) fn open(layout: &Layout) -> Result<Self, String> {
        let opened = Store::open(&layout.audit_log(), clock::now());
        Ok(Self(opened.map_err(|error| format!("nothing was changed: {error}"))?.store))
    }

    /// Makes one change, written down before and after.
    ///
    /// # Errors
    /// Why it was not made, or is not in the log.
    pub(crate) fn make<T>(&mut self, act: Act, change: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
        let author = Author { name: "owner at the command line".to_owned(), role: "operator".to_owned() };
        let asked = self.0.ask(clock::now(), author, act);
        let asked = asked.map_err(|error| format!("nothing was changed: {error}"))?;
        let result = change();
        let (outcome, more) = match &result {
            Ok(_) => (Outcome::Done, ""),
            Err(error) => (Outcome::Refused, error.as_str()),
        };
        let told = self.0.answer(clock::now(), &asked, outcome, more);
        told.map_err(|error| format!("what became of it is not in the audit log: {error}"))?;
        result
    }
}
