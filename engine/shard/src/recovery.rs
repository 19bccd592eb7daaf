//! Recovery: apply, for every fact in the journal.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use phytohub_core::shard::Shard;
use phytohub_journal::{ContentState, Disk, Log, Settings};
use phytohub_model::{Locator, ShardId};

use crate::Failure;

/// Where a shard lies, and how it is run.
#[derive(Clone, Debug)]
pub struct Parts<D> {
    /// Which shard.
    pub id: ShardId,
    /// The disk.
    pub disk: Arc<D>,
    /// The journal's directory.
    pub dir: PathBuf,
    /// The journal's settings.
    pub journal: Settings,
    /// The core's settings.
    pub core: phytohub_core::shard::Settings,
}

/// A shard as its journal has it.
pub struct Recovered<D: Disk> {
    /// The state.
    pub core: Shard,
    /// The journal, ready for more.
    pub log: Log<D>,
    /// Contents that ended and may still be on the disk.
    pub to_erase: Vec<Locator>,
}

/// Opens a shard's journal and builds its state.
///
/// # Errors
/// A sentence that names the damage. Nothing on disk was changed then.
pub fn recover<D: Disk>(parts: Parts<D>) -> Result<Recovered<D>, Failure> {
    let Parts { id, disk, dir, journal, core } = parts;
    let mut core = Shard::new(id, core);
    let mut unreadable: HashMap<Locator, ContentState> = HashMap::new();
    let mut log = Log::open(disk, &dir, journal, |fact, locator, content| {
        core.apply(&fact, locator);
        if matches!(content, ContentState::Erased | ContentState::Damaged) {
            unreadable.insert(locator, content);
        }
    })
    .map_err(|error| format!("{}: {error}", dir.display()))?;
    core.recovered();
    // Content that fails its checksum matters only while its envelope waits: erased content fails by intention.
    if let Some((number, locator)) = core.pending_locators().find(|(_, locator)| unreadable.contains_key(locator)) {
        return Err(format!(
            "{}: the content of waiting envelope {number} is damaged (segment {}, offset {}); nothing was changed: \
             `phytohub journal check` lists all damage, `phytohub journal repair` keeps what can be read",
            dir.display(),
            locator.segment,
            locator.offset
        ));
    }
    // Ready means ready: without a spare segment the first deliveries would be refused.
    log.run_jobs().map_err(|error| format!("{}: {error}", dir.display()))?;
    // What reads as erased is erased again: after a sync that failed, memory holds zeros that are on no disk.
    let to_erase = core.erasable().collect();
    Ok(Recovered { core, log, to_erase })
}
