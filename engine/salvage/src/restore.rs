//! From a backup to a hub's directory, with all that can still be read of the one that was lost.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use phytohub_journal::{RealDisk, Settings};
use phytohub_model::{DeliveryNumber, Timestamp};
use phytohub_operate::layout::Layout;

use crate::backup::{Manifest, same_place, settings_of};
use crate::check::check;
use crate::files;
use crate::repair::{Merged, merge, prove};
use crate::{Failure, Place, places};

/// What was made.
#[derive(Clone, Debug)]
pub struct Restored {
    /// What the backup says of itself.
    pub manifest: Manifest,
    /// Envelopes that wait.
    pub waiting: u64,
    /// Envelopes whose content is neither in the backup nor in what was left: their senders are told to send again.
    pub failed: Vec<DeliveryNumber>,
    /// The registry is that of the backup, although later changes may lie in what was left, which is damaged there.
    pub older_registry: bool,
}

/// Makes `target`, which must not be there yet or be empty, a hub's directory as `backup` has it; with `left`, the
/// directory of the hub that was lost, all that can still be read there is added.
///
/// # Errors
/// When something cannot be read or written; `target` is then no hub's directory yet.
pub fn restore(
    backup: &Path,
    target: &Path,
    left: Option<&Path>,
    settings: Settings,
    now: Timestamp,
) -> Result<Restored, Failure> {
    let manifest = Manifest::read(backup)?;
    let from = Layout::new(backup);
    let places = places(&from)?;
    files::make_new(target)?;
    files::copy_all(backup, target)?;
    let to = Layout::new(target);
    let left = left.map(Layout::new);
    let mut restored = Restored { manifest, waiting: 0, failed: Vec::new(), older_registry: false };
    for place in &places {
        let copy = same_place(&to, place);
        let settings = settings_of(place, settings);
        let rest = left.as_ref().map(|left| same_place(left, place)).filter(|rest| rest.dir.is_dir());
        let sources = match rest {
            None => vec![place.clone()],
            Some(rest) if place.shard.is_some() => vec![place.clone(), rest],
            // Parts of two registries together would bring back what was taken back between them.
            Some(rest) if check(&RealDisk, &rest).is_ok_and(|found| !found.is_damaged()) => vec![rest],
            Some(_) => {
                restored.older_registry = true;
                vec![place.clone()]
            }
        };
        let sources: Vec<&Place> = sources.iter().collect();
        let Merged { failed, .. } = merge(&sources, &copy, settings, now)?;
        restored.failed.extend(failed);
        restored.waiting += prove(&Arc::new(RealDisk), &copy, settings)?;
    }
    files::sync_dir(&to.data())?;
    fs::write(target.join("restored-from.txt"), note(backup, left.as_ref(), &restored, now))
        .map_err(|error| format!("{}: {error}", target.display()))?;
    files::sync_dir(target)?;
    Ok(restored)
}

/// What whoever finds the directory in a year should know of it.
fn note(backup: &Path, left: Option<&Layout>, restored: &Restored, now: Timestamp) -> String {
    let (backup, began) = (backup.display(), &restored.manifest.began_at);
    let left = left.map_or_else(String::new, |left| format!(" and what was left in {}", left.dir().display()));
    format!("Restored at {now} from the backup {backup} of {began}{left}.\n")
}
