//! Releases on disk: `DIR/releases/NNNN/` with the file, which never changes, `release.json` and, once it was in
//! shadow, `shadow.json`. Each document is written beside and renamed, so that a reader sees the one before or the one
//! after.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use phytohub_model::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::artefact::Artefact;
use crate::book::{Book, ChangeError};
use crate::differ::Changes;
use crate::moment;
use crate::release::{Release, State, Step, number};
use crate::seen::Seen;

/// A release's file can be read by everyone and written by nobody.
const ARTEFACT_MODE: u32 = 0o444;

/// Mode of the documents beside it.
const DOCUMENT_MODE: u32 = 0o644;

/// Largest title and text of a release.
const TITLE_BYTES_MAX: usize = 200;
const TEXT_BYTES_MAX: usize = 4000;

/// The releases of a hub.
pub struct Store {
    dir: PathBuf,
    book: Book,
    identity: Identity,
}

/// What the feed is called, for as long as the directory lives.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identity {
    pub(crate) urn: String,
    #[serde(with = "moment")]
    pub(crate) made_at: Timestamp,
}

/// What an operator says of a new release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Announcement {
    /// A line for members; empty = made of what it is.
    pub title: String,
    /// More for members; may be empty.
    pub text: String,
    /// What to call the edition of a profile or module; a list says its own.
    pub edition: String,
    /// When it becomes active by itself; none = by hand, or a list's own valid-from when that lies ahead.
    pub active_from: Option<Timestamp>,
    /// Who announces it.
    pub who: String,
}

/// Why the releases cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file cannot be read or written.
    #[error("{path}: {error}")]
    Io {
        /// Which.
        path: String,
        /// What the system says.
        error: io::Error,
    },
    /// A file is not what it was.
    #[error("{path}: {problem}")]
    Damaged {
        /// Which.
        path: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// What the operator says of it cannot be used.
    #[error("{0}")]
    Unusable(String),
    /// The state does not allow it.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

impl Store {
    /// Reads all releases below the hub's directory `dir`; there may be none. `fresh` are random bytes for the name of
    /// the feed, should it have none yet.
    ///
    /// # Errors
    /// A document that cannot be read.
    pub fn open(dir: &Path, now: Timestamp, fresh: [u8; 16]) -> Result<Self, StoreError> {
        let dir = dir.join("releases");
        let mut releases = Vec::new();
        for entry in entries(&dir)? {
            let name = entry.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            // Without its document it is an announcement that was cut short: nobody was told of it.
            let is_whole = entry.join(RELEASE).exists();
            if let Some(id) = name.parse::<u32>().ok().filter(|id| is_whole && number(*id) == name) {
                let release: Release = read_document(&entry.join(RELEASE))?;
                if release.id != id {
                    let problem = format!("says that it is release {}; put the folder back", release.id);
                    return Err(damaged(&entry.join(RELEASE), problem));
                }
                releases.push(release);
            }
        }
        let feed = dir.join(FEED);
        let identity = match feed.exists() {
            true => read_document(&feed)?,
            false => Identity { urn: urn(fresh), made_at: now },
        };
        let (book, touched) = Book::new(releases).repaired(now);
        let mut store = Self { dir, book: Book::default(), identity };
        if touched.is_empty() {
            store.book = book;
        } else {
            store.keep(book, &touched)?;
        }
        Ok(store)
    }

    /// All releases.
    pub fn book(&self) -> &Book {
        &self.book
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The bytes of a release's file, which are those that were announced.
    ///
    /// # Errors
    /// It cannot be read, or is no longer what it was.
    pub fn bytes(&self, release: &Release) -> Result<Vec<u8>, StoreError> {
        let path = self.folder(release.id).join(&release.file);
        let bytes = fs::read(&path).map_err(|error| at(&path, error))?;
        if sha256(&bytes) != release.sha256 {
            let problem = "is not the file that was announced (its SHA-256 differs); put that back, or retire the \
                           release (`phytohub change retire DIR ID`) and announce the new file as one of its own";
            return Err(damaged(&path, problem.to_owned()));
        }
        Ok(bytes)
    }

    /// Holds the file of each release that is not retired to what was announced.
    ///
    /// # Errors
    /// One cannot be read, or is no longer what it was.
    pub fn verify(&self) -> Result<(), StoreError> {
        let mut in_use = self.book.releases().iter().filter(|release| release.state != State::Retired);
        in_use.try_for_each(|release| self.bytes(release).map(|_| ()))
    }

    /// A release's file, read.
    ///
    /// # Errors
    /// It cannot be read, or is no longer what it was.
    pub fn artefact(&self, release: &Release) -> Result<Artefact, StoreError> {
        let bytes = self.bytes(release)?;
        Artefact::read(&bytes).map_err(|error| damaged(&self.folder(release.id).join(&release.file), error.to_string()))
    }

    /// Announces a file: `check` gets the book as it would be and the number of the new release, whose file lies in its
    /// place then; when it agrees, the release is there for good.
    ///
    /// # Errors
    /// What is said of it cannot be used, `check` refuses, or the disk does.
    pub fn announce(
        &mut self,
        announcement: Announcement,
        bytes: &[u8],
        (artefact, changes): (&Artefact, Changes),
        now: Timestamp,
        check: impl FnOnce(&Book, u32) -> Result<(), String>,
    ) -> Result<u32, StoreError> {
        let release = self.release(announcement, bytes, (artefact, changes), now)?;
        let id = release.id;
        let folder = self.folder(id);
        let made = || -> Result<(), StoreError> {
            if folder.exists() {
                fs::remove_dir_all(&folder).map_err(|error| at(&folder, error))?;
            }
            fs::create_dir_all(&folder).map_err(|error| at(&folder, error))?;
            write_document(&self.dir.join(FEED), &self.identity)?;
            write_new(&folder.join(&release.file), bytes, ARTEFACT_MODE)?;
            let mut book = self.book.clone();
            book.add(release.clone());
            check(&book, id).map_err(StoreError::Unusable)?;
            sync(&self.dir)?;
            // Last: with its document it is a release.
            write_document(&folder.join(RELEASE), &release)
        };
        if let Err(error) = made() {
            let _ = fs::remove_dir_all(&folder);
            return Err(error);
        }
        self.book.add(release);
        Ok(id)
    }

    /// The release that an announcement makes.
    fn release(
        &self,
        announcement: Announcement,
        bytes: &[u8],
        (artefact, changes): (&Artefact, Changes),
        now: Timestamp,
    ) -> Result<Release, StoreError> {
        let Announcement { title, text, edition, active_from, who } = announcement;
        for (what, value, most) in [("title", &title, TITLE_BYTES_MAX), ("text", &text, TEXT_BYTES_MAX)] {
            let wrong = |character: char| character.is_control() && (character != '\n' || what == "title");
            if most < value.len() || value.contains(wrong) {
                return unusable(format!(
                    "the {what} has {} bytes or control characters; {most} are the most",
                    value.len()
                ));
            }
        }
        let (adds, own_edition, valid_from) = match artefact {
            Artefact::List(list) => (list.adds, Some(&list.edition), list.valid_from.parse::<Timestamp>().ok()),
            Artefact::Profile(_) | Artefact::Module => (false, None, None),
        };
        let edition = match own_edition {
            Some(own) if !edition.is_empty() && edition != *own => {
                return unusable(format!(
                    "the list says that it is edition {own}, not {edition}: leave the edition out"
                ));
            }
            Some(own) => own.clone(),
            None if edition.is_empty() => now.to_string().chars().take(DAY_CHARACTERS).collect(),
            None if TITLE_BYTES_MAX < edition.len() || edition.contains(char::is_control) => {
                return unusable(format!(
                    "the edition is longer than {TITLE_BYTES_MAX} bytes or has control characters"
                ));
            }
            None => edition,
        };
        let id = self.book.next_id();
        let mut release = Release {
            id,
            kind: artefact.kind(),
            name: artefact.name().to_owned(),
            adds,
            edition,
            title,
            text,
            file: artefact.file_name(),
            sha256: sha256(bytes),
            bytes: bytes.len() as u64,
            urn: urn(first_16(&digest(format!("{} {id}", self.identity.urn).as_bytes()))),
            state: State::Announced,
            valid_from,
            active_from: active_from.or(valid_from.filter(|from| now < *from)),
            activated_at: None,
            retired_at: None,
            problem: None,
            changes,
            history: vec![Step { at: now, who, what: "announced".to_owned() }],
        };
        if release.title.is_empty() {
            release.title = sentence_case(&release.subject());
        }
        if let Some(from) = release.active_from {
            // The rules for dates are the book's.
            let mut alone = Book::new(vec![release.clone()]);
            alone.schedule(id, from, now, "")?;
        }
        Ok(release)
    }

    /// Keeps a changed book: the releases that were `touched`, in this order.
    ///
    /// # Errors
    /// The disk refuses; the book stays as it was then, but for what was written already, which the next start puts
    /// right.
    pub fn keep(&mut self, book: Book, touched: &[u32]) -> Result<(), StoreError> {
        for id in touched {
            write_document(&self.folder(*id).join(RELEASE), book.get(*id)?)?;
        }
        self.book = book;
        Ok(())
    }

    /// What a release has seen in shadow; none if it never was.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn seen(&self, id: u32) -> Result<Option<Seen>, StoreError> {
        let path = self.folder(id).join(SHADOW);
        if path.exists() { read_document(&path).map(Some) } else { Ok(None) }
    }

    /// Keeps it.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn keep_seen(&self, id: u32, seen: &Seen) -> Result<(), StoreError> {
        write_document(&self.folder(id).join(SHADOW), seen)
    }

    fn folder(&self, id: u32) -> PathBuf {
        self.dir.join(number(id))
    }
}

/// Names of the documents.
const RELEASE: &str = "release.json";
const SHADOW: &str = "shadow.json";
const FEED: &str = "feed.json";

/// Of a time in text, the day.
const DAY_CHARACTERS: usize = 10;

fn unusable<T>(problem: String) -> Result<T, StoreError> {
    Err(StoreError::Unusable(problem))
}

fn sentence_case(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let read = || fs::read_dir(dir)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>();
    read().map_err(|error| at(dir, error))
}

fn read_document<T: DeserializeOwned>(path: &Path) -> Result<T, StoreError> {
    let text = fs::read(path).map_err(|error| at(path, error))?;
    serde_json::from_slice(&text).map_err(|error| damaged(path, error.to_string()))
}

fn write_document<T: Serialize>(path: &Path, document: &T) -> Result<(), StoreError> {
    let text = serde_json::to_vec_pretty(document).map_err(|error| damaged(path, error.to_string()))?;
    let beside = path.with_extension("tmp");
    let _ = fs::remove_file(&beside);
    write_new(&beside, &text, DOCUMENT_MODE)?;
    fs::rename(&beside, path).map_err(|error| at(path, error))?;
    path.parent().map_or(Ok(()), sync)
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), StoreError> {
    let write = || {
        let mut file = OpenOptions::new().create_new(true).write(true).mode(mode).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|error| at(path, error))
}

fn sync(dir: &Path) -> Result<(), StoreError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(|error| at(dir, error))
}

fn at(path: &Path, error: io::Error) -> StoreError {
    StoreError::Io { path: path.display().to_string(), error }
}

fn damaged(path: &Path, problem: String) -> StoreError {
    StoreError::Damaged { path: path.display().to_string(), problem }
}

fn digest(bytes: &[u8]) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, bytes).as_ref().to_vec()
}

fn sha256(bytes: &[u8]) -> String {
    digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn first_16(bytes: &[u8]) -> [u8; 16] {
    let mut first = [0; 16];
    first.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    first
}

/// A name of 16 bytes that are as good as random: a UUID of version 8 (RFC 9562), where they may be of any origin.
fn urn(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("urn:uuid:{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
