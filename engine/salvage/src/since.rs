//! What a hub answered for after a backup was made: what the backup does not know, and what it takes for waiting.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;

use phytohub_journal::{RealDisk, Record, inspect};
use phytohub_model::{Accepted, DeliveryNumber, Fact};
use phytohub_operate::layout::Layout;
use serde_json::{Value, json};

use crate::backup::{Manifest, same_place};
use crate::ledger::Ledger;
use crate::{Failure, Place, places};

/// One envelope that is otherwise in the backup.
#[derive(Clone, Debug)]
struct Row {
    accepted: Accepted,
    /// The backup does not know it.
    is_new: bool,
    /// How it ended since.
    end: Option<String>,
}

/// The envelopes that are otherwise in a backup.
#[derive(Clone, Debug)]
pub struct Since {
    /// The backup.
    pub manifest: Manifest,
    rows: BTreeMap<(u64, DeliveryNumber), Row>,
    /// Some of the hub's journals cannot be read: there may be more.
    pub damaged: bool,
}

/// Compares a hub's directory, in use, at rest or damaged, with a backup of it.
///
/// # Errors
/// When one of them cannot be read at all.
pub fn since(backup: &Path, dir: &Path) -> Result<Since, Failure> {
    let manifest = Manifest::read(backup)?;
    let (from, now) = (Layout::new(backup), Layout::new(dir));
    let mut since = Since { manifest, rows: BTreeMap::new(), damaged: false };
    for place in places(&from)?.iter().filter(|place| place.shard.is_some()) {
        let (mut before, mut after) = (Ledger::default(), Ledger::default());
        let mut headers: BTreeMap<DeliveryNumber, Accepted> = BTreeMap::new();
        read(place, &mut |record| before.add(record))?;
        let damaged = read(&same_place(&now, place), &mut |record| {
            after.add(record);
            let accepted = match &record.fact {
                Fact::Accepted(accepted) => accepted,
                Fact::Track(track) => &track.accepted,
                _ => return,
            };
            // What ended before the backup is the same in both, and most of all there is.
            if before.end_of(accepted.number).is_none() {
                headers.insert(accepted.number, accepted.clone());
            }
        })?;
        since.damaged |= damaged;
        for (number, accepted) in headers {
            let is_new = !before.knows(number);
            let end = after.end_of(number).map(|(state, at)| format!("{} at {at}", state.as_str()));
            if is_new || end.is_some() {
                since.rows.insert((accepted.at.0, number), Row { accepted, is_new, end });
            }
        }
    }
    Ok(since)
}

fn read(place: &Place, take: &mut dyn FnMut(&Record<'_>)) -> Result<bool, Failure> {
    let inspection = inspect(&RealDisk, &place.dir, &mut |record| {
        take(&record);
        ControlFlow::Continue(())
    })
    .map_err(|error| format!("{}: {error}", place.dir.display()))?;
    Ok(inspection.is_damaged())
}

impl Since {
    /// Envelopes that were accepted since.
    pub fn accepted(&self) -> usize {
        self.rows.values().filter(|row| row.is_new).count()
    }

    /// Envelopes that the backup takes for waiting and that have ended.
    pub fn ended(&self) -> usize {
        self.rows.values().filter(|row| !row.is_new).count()
    }

    /// A line for each, oldest first.
    pub fn to_json(&self) -> Vec<Value> {
        let rows = self.rows.values().map(|Row { accepted, is_new, end }| {
            json!({
                "number": accepted.number.to_string(),
                "from": accepted.header.from.as_str(),
                "to": accepted.header.to.as_str(),
                "certificate_number": accepted.header.certificate_number.as_str(),
                "accepted_at": accepted.at.to_string(),
                "in_backup": if *is_new { "no" } else { "waiting" },
                "end": end,
            })
        });
        rows.collect()
    }
}

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<37}{:<13}{:<13}{:<26}{:<12}NOW", "NUMBER", "FROM", "TO", "ACCEPTED", "IN BACKUP")?;
        for Row { accepted, is_new, end } in self.rows.values() {
            let Accepted { number, header, at, .. } = accepted;
            let (number, from, to, at) = (number.to_string(), header.from.as_str(), header.to.as_str(), at.to_string());
            let backup = if *is_new { "no" } else { "waiting" };
            let end = end.as_deref().unwrap_or("waiting");
            writeln!(f, "{number:<37}{from:<13}{to:<13}{at:<26}{backup:<12}{end}")?;
        }
        let (began, accepted, ended) = (&self.manifest.began_at, self.accepted(), self.ended());
        write!(f, "since the backup of {began}: {accepted} envelopes accepted, {ended} of those that waited ended")
    }
}
