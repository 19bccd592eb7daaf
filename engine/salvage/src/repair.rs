//! Making a journal anew from all that can be read of the old one, and of further sources.
//!
//! Nothing is mended in place: a whole new journal is written beside the old one, opened as the hub would, and only
//! then takes its name; the old one goes to the hub's `quarantine` as it is.

use std::collections::HashSet;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use phytohub_journal::{ContentState, Inspection, RealDisk, Record, Settings, inspect};
use phytohub_model::{DeliveryNumber, Expired, Fact, Timestamp};
use phytohub_operate::layout::Layout;
use phytohub_shard::{Parts, recover};

use crate::check::{JournalCheck, check};
use crate::copy::Copy;
use crate::files;
use crate::ledger::Ledger;
use crate::{Failure, Place};

/// What the sender of an envelope is told whose content was lost.
const LOST: &str = "The hub's disk was damaged and this certificate could not be kept. Please send it again.";

/// What became of a journal.
#[derive(Clone, Debug)]
pub struct Repaired {
    /// What was wrong.
    pub before: JournalCheck,
    /// Records of the new journal.
    pub records: u64,
    /// Envelopes that waited and whose content is lost: their senders are told to send again.
    pub failed: Vec<DeliveryNumber>,
    /// Where the old journal lies now.
    pub quarantine: PathBuf,
}

/// Makes a damaged journal anew; `None` when there is no damage. The caller holds the lock of the hub's directory.
///
/// # Errors
/// When something cannot be read or written; the old journal is then as it was.
pub fn repair(layout: &Layout, place: &Place, settings: Settings, now: Timestamp) -> Result<Option<Repaired>, Failure> {
    let disk = Arc::new(RealDisk);
    let before = check(&*disk, place)?;
    if !before.is_damaged() {
        return Ok(None);
    }
    let mut fresh = place.clone();
    fresh.dir = place.dir.with_extension("repaired");
    if fresh.dir.exists() {
        // Of a repair that did not come to its end.
        fs::remove_dir_all(&fresh.dir).map_err(|error| format!("{}: {error}", fresh.dir.display()))?;
    }
    let Merged { records, failed } = merge(&[place], &fresh, settings, now)?;
    let quarantine = exchange(layout, place, &fresh.dir, now)?;
    Ok(Some(Repaired { before, records, failed, quarantine }))
}

/// Puts a new journal in the place of the old one.
fn exchange(layout: &Layout, place: &Place, fresh: &Path, now: Timestamp) -> Result<PathBuf, Failure> {
    let folder = layout.dir().join("quarantine");
    let kept = folder.join(format!("{}-{}", place.name, now.to_string().replace(':', "")));
    let fail = |error: std::io::Error| format!("{}: {error}", kept.display());
    fs::create_dir_all(&folder).map_err(fail)?;
    fs::rename(&place.dir, &kept).map_err(fail)?;
    fs::rename(fresh, &place.dir).map_err(|error| {
        format!(
            "{} has gone to {}, but {} could not take its place: {error}; rename it yourself",
            place.dir.display(),
            kept.display(),
            fresh.display()
        )
    })?;
    files::sync_dir(&folder)?;
    files::sync_dir(&layout.data())?;
    Ok(kept)
}

/// What was written.
pub(crate) struct Merged {
    pub(crate) records: u64,
    pub(crate) failed: Vec<DeliveryNumber>,
}

/// Writes a journal of all that any of the sources has: facts mean the same however often and in whatever order
/// they come. What waits and has no readable content anywhere is ended, so that its sender learns of it.
pub(crate) fn merge(sources: &[&Place], target: &Place, settings: Settings, now: Timestamp) -> Result<Merged, Failure> {
    let disk = Arc::new(RealDisk);
    let (mut known, mut lost) = (Ledger::default(), HashSet::new());
    for source in sources {
        let mut here = Ledger::default();
        let inspection = read(source, &mut |record| {
            known.add(&record);
            here.add(&record);
            Ok(())
        })?;
        lost.extend(here.unreadable(&inspection).into_iter().map(|(number, ..)| number));
    }
    let mut copy = Copy::new(Arc::clone(&disk), &target.dir, settings)?;
    let (mut accepted, mut failed) = (HashSet::new(), Vec::new());
    let mut take = |record: Record<'_>| {
        let Fact::Accepted(fact) = &record.fact else {
            return copy.put(record.stream, &record.fact, &[]);
        };
        let number = fact.number;
        if known.end_of(number).is_some() {
            // Its content is not needed any more, and what is not there need not be erased.
            return if accepted.insert(number) { copy.put(record.stream, &record.fact, &[]) } else { Ok(()) };
        }
        if record.state == ContentState::Intact {
            let first = accepted.insert(number);
            return if first { copy.put(record.stream, &record.fact, record.content) } else { Ok(()) };
        }
        // What is not lost, and not readable either, belongs to a batch that was never finished or answered.
        if known.is_readable(number) || !lost.contains(&number) || !accepted.insert(number) {
            return Ok(());
        }
        failed.push(number);
        copy.put(record.stream, &record.fact, &[])?;
        let end = Expired { number, at: now, message: LOST.into() };
        copy.put(record.stream, &Fact::Expired(end), &[])
    };
    for source in sources {
        read(source, &mut take)?;
    }
    let records = copy.finish()?;
    prove(&disk, target, settings)?;
    Ok(Merged { records, failed })
}

fn read(source: &Place, take: &mut dyn FnMut(Record<'_>) -> Result<(), Failure>) -> Result<Inspection, Failure> {
    let mut failed = None;
    let inspection = inspect(&RealDisk, &source.dir, &mut |record| match take(record) {
        Ok(()) => ControlFlow::Continue(()),
        Err(failure) => {
            failed = Some(failure);
            ControlFlow::Break(())
        }
    })
    .map_err(|error| format!("{}: {error}", source.dir.display()))?;
    failed.map_or(Ok(inspection), Err)
}

/// Opens a new journal as the hub will, and sees that each envelope that waits has its content.
pub(crate) fn prove(disk: &Arc<RealDisk>, place: &Place, settings: Settings) -> Result<u64, Failure> {
    let found = check(&**disk, place)?;
    if found.is_damaged() {
        return Err(format!("the copy is not as it should be; is the disk failing?\n{found}"));
    }
    let Some(id) = place.shard else { return Ok(0) };
    let (disk, dir, core) = (Arc::clone(disk), place.dir.clone(), phytohub_core::shard::Settings::default());
    let recovered = recover(Parts { id, disk, dir, journal: Settings { spare_segments: 1, ..settings }, core })?;
    let empty = recovered.core.pending_locators().find(|(_, locator)| locator.length == 0);
    if let Some((number, _)) = empty {
        return Err(format!("{}: the content of waiting envelope {number} cannot be read", place.dir.display()));
    }
    let waiting = recovered.core.pending();
    recovered.log.close().map_err(|error| format!("{}: {error}", place.dir.display()))?;
    Ok(waiting)
}
