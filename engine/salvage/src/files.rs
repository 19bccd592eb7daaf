//! The files of a hub's directory that are no journals.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use crate::Failure;

/// What belongs to one running process or to the machine only, or is no part of the hub.
const LEFT_OUT: [&str; 4] = ["run.json", "data/lock", "quarantine", "backup.json"];

/// Makes a directory that must not be there yet, or be empty, for its owner's eyes only: it will hold keys and
/// content.
pub(crate) fn make_new(dir: &Path) -> Result<(), Failure> {
    let fail = |error: io::Error| format!("{}: {error}", dir.display());
    match fs::read_dir(dir).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(format!("{}: it is not empty; choose another directory", dir.display())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(dir).map_err(fail),
        Err(error) => Err(fail(error)),
    }
}

fn make(dir: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// Copies all files below `from` but journals and what a running process keeps there; gives their number.
pub(crate) fn copy_all(from: &Path, to: &Path) -> Result<u64, Failure> {
    let mut copied = 0;
    copy_below(from, to, Path::new(""), &mut copied)?;
    Ok(copied)
}

fn copy_below(from: &Path, to: &Path, inside: &Path, copied: &mut u64) -> Result<(), Failure> {
    let source = from.join(inside);
    let fail = |error: io::Error| format!("{}: {error}", source.display());
    make(&to.join(inside)).map_err(|error| format!("{}: {error}", to.join(inside).display()))?;
    for entry in fs::read_dir(&source).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let path = inside.join(entry.file_name());
        let kind = entry.file_type().map_err(fail)?;
        if is_left_out(&path) {
            continue;
        }
        if kind.is_dir() {
            copy_below(from, to, &path, copied)?;
        } else if kind.is_file() {
            *copied += u64::from(copy(&from.join(&path), &to.join(&path))?);
        }
    }
    sync_dir(&to.join(inside))
}

/// Copies a file with its mode, durably; `false` when it is gone, as one that a running hub has just renamed.
fn copy(from: &Path, to: &Path) -> Result<bool, Failure> {
    match fs::copy(from, to).and_then(|_| File::open(to)?.sync_all()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !from.exists() => Ok(false),
        Err(error) => Err(format!("{} to {}: {error}", from.display(), to.display())),
    }
}

/// Makes the names in a directory durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), Failure> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(|error| format!("{}: {error}", dir.display()))
}

fn is_left_out(path: &Path) -> bool {
    let journal = path.parent() == Some(Path::new("data"))
        && path.file_name().is_some_and(|name| name == "registry" || name.to_string_lossy().starts_with("shard-"));
    let part = path.extension().is_some_and(|ending| ending == "part");
    journal || part || LEFT_OUT.iter().any(|left| path == Path::new(left))
}
