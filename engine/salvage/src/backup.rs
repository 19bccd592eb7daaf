//! A copy of a whole hub, while it runs or rests.
//!
//! No word passes between this and the hub. Files are copied as they are; journals are read by records, in an order
//! in which nothing that was durable when the backup began can be missed (see [`phytohub_journal::inspect`]), and
//! written as journals of their own, which are then opened as a hub would. `backup.json` is written last: a
//! directory without it is no backup.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use phytohub_journal::{ContentState, RealDisk, Settings, inspect};
use phytohub_model::Timestamp;
use phytohub_operate::layout::{Layout, PUBLIC, write_new};
use serde::{Deserialize, Serialize};

use crate::copy::Copy;
use crate::repair::prove;
use crate::{Failure, Place, files, places};

/// The number of this shape of `backup.json`.
const FORMAT: u32 = 1;

/// How often the registry is read anew when the hub rewrites it meanwhile: that happens after thousands of changes.
const REGISTRY_TRIES: usize = 5;

/// The registry's segments in a backup: as the hub makes them.
const REGISTRY_SEGMENT_BYTES: u32 = 1 << 20;

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Shape of this document.
    pub format: u32,
    /// Release that made it.
    pub version: String,
    /// All that was acknowledged before this moment is in it.
    pub began_at: String,
    /// Files that are no journals.
    pub files: u64,
    /// Records of each journal.
    pub records: BTreeMap<String, u64>,
    /// Envelopes that wait in it.
    pub waiting: u64,
}

impl Manifest {
    /// Reads that of a backup.
    ///
    /// # Errors
    /// When the directory is no backup, or one that was not finished.
    pub fn read(dir: &Path) -> Result<Self, Failure> {
        let file = dir.join("backup.json");
        let text = fs::read_to_string(&file)
            .map_err(|error| format!("{}: {error}; this is no backup, or one that was not finished", file.display()))?;
        let manifest: Self = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        if manifest.format == FORMAT {
            return Ok(manifest);
        }
        Err(format!("{}: format {}, this release reads {FORMAT}", file.display(), manifest.format))
    }
}

/// Copies a hub's directory to `target`, which must not be there yet or be empty.
///
/// # Errors
/// When something cannot be read or written, or is damaged: a backup that lacks something is none.
pub fn backup(
    layout: &Layout,
    target: &Path,
    settings: Settings,
    version: &str,
    now: Timestamp,
) -> Result<Manifest, Failure> {
    let places = places(layout)?;
    files::make_new(target)?;
    let copied = files::copy_all(layout.dir(), target)?;
    let to = Layout::new(target);
    let disk = Arc::new(RealDisk);
    let (mut records, mut waiting) = (BTreeMap::new(), 0);
    for place in &places {
        let settings = settings_of(place, settings);
        let copy = same_place(&to, place);
        records.insert(place.name.clone(), copy_journal(&disk, place, &copy, settings)?);
        waiting += prove(&disk, &copy, settings)?;
        remove_spares(&copy)?;
    }
    files::sync_dir(&to.data())?;
    let manifest = Manifest {
        format: FORMAT,
        version: version.to_owned(),
        began_at: now.to_string(),
        files: copied,
        records,
        waiting,
    };
    let text = serde_json::to_string_pretty(&manifest).map_err(|error| error.to_string())?;
    write_new(&target.join("backup.json"), text.as_bytes(), PUBLIC).map_err(|error| error.to_string())?;
    files::sync_dir(target)?;
    Ok(manifest)
}

/// The same journal below another directory.
pub(crate) fn same_place(layout: &Layout, place: &Place) -> Place {
    let dir = place.shard.map_or_else(|| layout.registry(), |shard| layout.shard(shard.0));
    Place { dir, ..place.clone() }
}

/// How a journal is laid out: the registry's has small segments, whatever those of the shards have.
pub fn settings_of(place: &Place, shards: Settings) -> Settings {
    match place.shard {
        Some(_) => shards,
        None => Settings { segment_bytes: REGISTRY_SEGMENT_BYTES, ..shards },
    }
}

/// Writes all records of a journal into another one; gives their number.
fn copy_journal(disk: &Arc<RealDisk>, from: &Place, to: &Place, settings: Settings) -> Result<u64, Failure> {
    for _ in 0..REGISTRY_TRIES {
        let mut copy = Copy::new(Arc::clone(disk), &to.dir, settings)?;
        let mut failed = None;
        let inspection = inspect(&**disk, &from.dir, &mut |record| {
            // Content that is being erased belongs to an envelope whose end comes further on; if it does not, what is
            // proved in the end fails.
            let content = if record.state == ContentState::Intact { record.content } else { &[] };
            match copy.put(record.stream, &record.fact, content) {
                Ok(()) => ControlFlow::Continue(()),
                Err(failure) => {
                    failed = Some(failure);
                    ControlFlow::Break(())
                }
            }
        })
        .map_err(|error| format!("{}: {error}", from.dir.display()))?;
        if let Some(failure) = failed {
            return Err(failure);
        }
        if inspection.is_damaged() {
            let (name, dir) = (&from.name, from.dir.display());
            return Err(format!("{name}: {dir} is damaged; `phytohub journal check` says where, then repair it first"));
        }
        // A registry that was written anew leaves out what was taken back, certificates too: half of the old one and
        // the new one together would bring those back.
        if from.shard.is_some() || !inspection.moved {
            return copy.finish();
        }
        drop(copy);
        fs::remove_dir_all(&to.dir).map_err(|error| format!("{}: {error}", to.dir.display()))?;
    }
    Err("the registry changes all the time; try again".to_owned())
}

/// What a start keeps ready would only take room in a backup.
fn remove_spares(place: &Place) -> Result<(), Failure> {
    let fail = |error: std::io::Error| format!("{}: {error}", place.dir.display());
    for entry in fs::read_dir(&place.dir).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if path.extension().is_some_and(|ending| ending == "free" || ending == "prep") {
            fs::remove_file(&path).map_err(fail)?;
        }
    }
    files::sync_dir(&place.dir)
}
