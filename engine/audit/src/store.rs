//! The file: entries are appended and synced; what a crash left is mended when it is opened.
//!
//! A change is asked for in an entry of its own, which is on the disk before anything changes, and answered in a second
//! one. So whatever moment a process ends at, no change took place that the log does not have.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use phytohub_model::Timestamp;

use crate::chain::{self, Hash, Link, Tip};
use crate::entry::{Act, Author, Entry, Outcome};
use crate::page::Backwards;

/// Only the hub's user reads who did what.
const MODE: u32 = 0o600;

/// Why the log cannot be opened or added to.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The system says no.
    #[error("{path}: {error}")]
    Io {
        /// Which file.
        path: String,
        /// What it says.
        error: io::Error,
    },
    /// The last line is no entry, so that nothing can be chained to it.
    #[error(
        "{path}: its last line is no entry of an audit log or was altered; keep the file elsewhere (`mv`), so that a \
         new one is begun"
    )]
    Damaged {
        /// Which file.
        path: String,
    },
    /// Somebody else changed the file.
    #[error(
        "{path}: somebody changed or moved it while this process used it; look at it with `phytohub audit verify`, \
         then start the hub anew"
    )]
    Touched {
        /// Which file.
        path: String,
    },
    /// An earlier write or sync failed.
    #[error("{path}: a sync of it failed, so what it holds is not sure; look at the disk, then start the hub anew")]
    Unsure {
        /// Which file.
        path: String,
    },
}

/// The log of a hub, for the process that owns its directory.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    file: File,
    tip: Option<Tip>,
    bytes: u64,
    is_unsure: bool,
}

/// A log that was opened, and what had to be mended.
#[derive(Debug)]
pub struct Opened {
    /// The log.
    pub store: Store,
    /// Bytes of an entry that a crash had cut short, which were removed.
    pub torn_bytes: u64,
    /// Whether a change was under way when the process before ended.
    pub is_interrupted: bool,
}

/// What was asked for and is not answered yet.
#[derive(Debug)]
#[must_use = "what became of it must be told"]
pub struct Asked {
    /// By whom.
    pub author: Author,
    /// What.
    pub act: Act,
}

impl Store {
    /// Opens the log at `path`, or begins it. A line that a crash cut short is removed, and what was under way is noted
    /// as unknown; both in entries of the log itself.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(path: &Path, now: Timestamp) -> Result<Opened, StoreError> {
        let io = |error| StoreError::Io { path: path.display().to_string(), error };
        let is_new = !path.exists();
        let file = OpenOptions::new().create(true).append(true).read(true).mode(MODE).open(path).map_err(io)?;
        if is_new && let Some(dir) = path.parent() {
            File::open(dir).and_then(|dir| dir.sync_all()).map_err(io)?;
        }
        let (whole_bytes, last) = last_line(path).map_err(io)?;
        let bytes = file.metadata().map_err(io)?.len();
        let torn_bytes = bytes.saturating_sub(whole_bytes);
        let last = match last {
            None => None,
            Some(line) => match Link::read(&line).filter(Link::is_intact) {
                Some(link) => Some(link),
                None => return Err(StoreError::Damaged { path: path.display().to_string() }),
            },
        };
        if 0 < torn_bytes {
            file.set_len(whole_bytes).and_then(|()| file.sync_all()).map_err(io)?;
        }
        let tip = last.as_ref().map(Link::tip);
        let mut store = Self { path: path.to_owned(), file, tip, bytes: whole_bytes, is_unsure: false };
        if 0 < torn_bytes {
            let details = format!("{torn_bytes} bytes of an entry that was not written to its end were removed");
            store.note(now, &hub(), &Act::new("mend audit log", "", details), Outcome::Done)?;
        }
        let open = last.map(|link| link.entry).filter(|entry| entry.outcome == Outcome::Asked);
        if let Some(entry) = &open {
            let author = Author { name: entry.who.clone(), role: entry.role.clone() };
            let more = "the process ended in the middle of it: whether it took place, the hub itself tells";
            let act = Act::new(&entry.what, &entry.subject, &entry.details).and(more);
            store.note(now, &author, &act, Outcome::Unknown)?;
        }
        Ok(Opened { store, torn_bytes, is_interrupted: open.is_some() })
    }

    /// The last entry.
    pub fn tip(&self) -> Option<Tip> {
        self.tip
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes down what is asked for, before it is done. On the disk when this returns.
    ///
    /// # Errors
    /// [`StoreError`]; then it must not be done.
    pub fn ask(&mut self, now: Timestamp, author: Author, act: Act) -> Result<Asked, StoreError> {
        self.note(now, &author, &act, Outcome::Asked)?;
        Ok(Asked { author, act })
    }

    /// Writes down what became of it, with more about it. On the disk when this returns.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn answer(&mut self, now: Timestamp, asked: &Asked, outcome: Outcome, more: &str) -> Result<(), StoreError> {
        self.note(now, &asked.author, &asked.act.and(more), outcome)
    }

    /// Writes down one thing that nobody asked for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn note(&mut self, now: Timestamp, author: &Author, act: &Act, outcome: Outcome) -> Result<(), StoreError> {
        let entry = Entry {
            seq: self.tip.map_or(0, |tip| tip.seq) + 1,
            at: now.to_string(),
            who: author.name.clone(),
            role: author.role.clone(),
            what: act.what.clone(),
            subject: act.subject.clone(),
            outcome,
            details: act.details.clone(),
        };
        let previous = self.tip.map_or(Hash::NONE, |tip| tip.hash);
        let written = chain::line(&entry, previous).map_err(io::Error::other);
        let (line, hash) = written.map_err(|error| self.io(error))?;
        self.append(line.as_bytes())?;
        self.tip = Some(Tip { seq: entry.seq, hash });
        Ok(())
    }

    fn append(&mut self, line: &[u8]) -> Result<(), StoreError> {
        let path = || self.path.display().to_string();
        if self.is_unsure {
            return Err(StoreError::Unsure { path: path() });
        }
        let ours = self.file.metadata().map_err(|error| self.io(error))?;
        let there = fs::metadata(&self.path).ok().map(|there| (there.dev(), there.ino()));
        if ours.len() != self.bytes || there != Some((ours.dev(), ours.ino())) {
            return Err(StoreError::Touched { path: path() });
        }
        if let Err(error) = self.file.write_all(line) {
            // As on a full disk: what was written of the line is taken back, so that a later one can follow.
            self.is_unsure = self.file.set_len(self.bytes).is_err();
            return Err(self.io(error));
        }
        if let Err(error) = self.file.sync_data() {
            // Never tried again: what the disk has of it is not known.
            self.is_unsure = true;
            return Err(self.io(error));
        }
        self.bytes += line.len() as u64;
        Ok(())
    }

    fn io(&self, error: io::Error) -> StoreError {
        StoreError::Io { path: self.path.display().to_string(), error }
    }
}

/// Who acts when nobody does.
fn hub() -> Author {
    Author { name: "hub".to_owned(), role: "hub".to_owned() }
}

/// How many bytes the whole lines of a file have, and the last of them.
fn last_line(path: &Path) -> io::Result<(u64, Option<Vec<u8>>)> {
    let file = File::open(path)?;
    let mut lines = Backwards::of(file)?;
    let line = lines.next()?;
    Ok((lines.whole_bytes(), line))
}
