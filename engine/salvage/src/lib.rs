//! Journals outside of a running hub: looking for damage, listing what is there, keeping all that can be read,
//! copies of a whole hub and the way back from them.
//!
//! Everything here reads by [`phytohub_journal::inspect`], which does not stop at damage, and writes by a
//! [`phytohub_journal::Log`], as the hub does. What an envelope's facts amount to is told by a [`ledger`](Ledger)
//! that knows no more than that an envelope ends once. It knows the files of a hub's directory, no sockets and no
//! clock.

mod backup;
mod check;
mod copy;
mod export;
mod files;
mod ledger;
mod repair;
mod restore;
mod since;

pub use backup::{Manifest, backup, settings_of};
pub use check::{JournalCheck, check};
pub use export::{Exported, export};
pub use ledger::Ledger;
pub use repair::{Repaired, repair};
pub use restore::{Restored, restore};
pub use since::{Since, since};

use std::path::PathBuf;

use phytohub_model::ShardId;
use phytohub_operate::layout::Layout;

/// Why something could not be done: a sentence for the operator.
pub type Failure = String;

/// One journal of a hub's directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `registry` or `shard-NN`.
    pub name: String,
    /// Its directory.
    pub dir: PathBuf,
    /// Which shard it is; `None` for the registry.
    pub shard: Option<ShardId>,
}

/// All journals of a hub, the registry's first.
///
/// # Errors
/// When the directory is no hub's.
pub fn places(layout: &Layout) -> Result<Vec<Place>, Failure> {
    let shards = layout.fixed()?.shards;
    let mut places = vec![Place { name: "registry".to_owned(), dir: layout.registry(), shard: None }];
    for shard in 0..shards {
        let dir = layout.shard(shard);
        let name = dir.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        places.push(Place { name, dir, shard: Some(ShardId(shard)) });
    }
    Ok(places)
}
