//! The profiles that document types name: built-in ones and overlays, each read when it is first asked for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dashmap::DashMap;
use phytoval::{PROFILES, Profile};

/// Profiles by name, each in the form that a judge uses it in.
pub(super) struct Profiles<T> {
    /// The hub's directory, which paths of overlays are relative to.
    dir: PathBuf,
    known: DashMap<String, Arc<T>>,
}

/// A profile and, where it is an overlay, its text.
pub(super) struct Read {
    pub(super) profile: Profile,
    pub(super) overlay: Option<String>,
}

impl Read {
    /// A built-in profile, or the overlay in the file of this name.
    ///
    /// # Errors
    /// The file, its line, and what is wrong with it.
    pub(super) fn named(name: &str, dir: &Path) -> Result<Self, String> {
        if let Some(profile) = Profile::named(name) {
            return Ok(Self { profile, overlay: None });
        }
        let path = dir.join(name);
        if !path.is_file() {
            let (known, dir) = (PROFILES.join(", "), dir.display());
            return Err(format!("profile '{name}' is none of {known}, and no such file is in {dir}"));
        }
        let text =
            std::fs::read_to_string(&path).map_err(|error| format!("profile: {name}: cannot be read: {error}"))?;
        let profile = Profile::parse(&text).map_err(|error| format!("profile: {name}: {error}"))?;
        Ok(Self { profile, overlay: Some(text) })
    }
}

impl<T> Profiles<T> {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir, known: DashMap::new() }
    }

    /// The profile of this name, made by `make` when it is first asked for.
    ///
    /// # Errors
    /// It cannot be used; it is tried again the next time, as its file may have been put right.
    pub(super) fn get(&self, name: &str, make: impl FnOnce(Read) -> Result<T, String>) -> Result<Arc<T>, String> {
        if let Some(known) = self.known.get(name) {
            return Ok(Arc::clone(&known));
        }
        let made = Arc::new(make(Read::named(name, &self.dir)?)?);
        self.known.insert(name.to_owned(), Arc::clone(&made));
        Ok(made)
    }
}
