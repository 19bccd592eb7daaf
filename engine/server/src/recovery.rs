//! Recovery: apply, for every fact in the journal.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use phytohub_core::shard::Shard;
use phytohub_journal::{ContentState, Log, RealDisk, Settings};
use phytohub_model::Locator;

use crate::shard::{JournalSettings, ShardParts};

/// The journal's own settings from the operator's.
pub(crate) fn log_settings(settings: &JournalSettings) -> Settings {
    Settings {
        // The check of the configuration keeps it in 32 bits.
        segment_bytes: u32::try_from(settings.segment.0).unwrap_or(u32::MAX),
        spare_segments: settings.spare_segments,
    }
}

/// The state and log of a shard, and what is left to erase.
type Recovered = (Shard, Log<RealDisk>, VecDeque<(Instant, Locator)>);

/// Opens a shard's journal and builds its state.
///
/// # Errors
/// A sentence that names the damage. Nothing on disk was changed then.
pub(crate) fn recover(parts: &ShardParts) -> Result<Recovered, String> {
    let started = Instant::now();
    let mut core = Shard::new(parts.id, parts.core.clone());
    let mut unreadable: HashMap<Locator, ContentState> = HashMap::new();
    let disk = Arc::new(RealDisk);
    let mut log = Log::open(disk, &parts.dir, log_settings(&parts.journal), |fact, locator, content| {
        core.apply(&fact, locator);
        if matches!(content, ContentState::Erased | ContentState::Damaged) {
            unreadable.insert(locator, content);
        }
    })
    .map_err(|error| format!("{}: {error}", parts.dir.display()))?;
    core.recovered();
    // Content that fails its checksum matters only while its envelope waits: erased content fails by intention.
    if let Some((number, locator)) = core.pending_locators().find(|(_, locator)| unreadable.contains_key(locator)) {
        return Err(format!(
            "{}: the content of waiting envelope {number} is damaged (segment {}, offset {}); restore the segment from \
             a backup or a disk copy, nothing was changed",
            parts.dir.display(),
            locator.segment,
            locator.offset
        ));
    }
    // Ready means ready: without a spare segment the first deliveries would be refused.
    log.run_jobs().map_err(|error| format!("{}: {error}", parts.dir.display()))?;
    let now = Instant::now();
    let to_erase: VecDeque<_> = core
        .erasable()
        .filter(|locator| unreadable.get(locator) != Some(&ContentState::Erased))
        .map(|locator| (now, locator))
        .collect();
    tracing::info!(
        target: "phytohub::recovery",
        shard = parts.id.0,
        pending = core.pending(),
        tracks = core.tracks(),
        to_erase = to_erase.len(),
        milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "shard recovered"
    );
    Ok((core, log, to_erase))
}
