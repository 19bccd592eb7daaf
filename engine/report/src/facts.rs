//! What the hub's tracks say: counts by month, parties and document, and by day.

use std::collections::{BTreeMap, HashMap};

use phytohub_model::{ConnectionCode, Day, Document, Month, Tally};

use crate::Asked;

/// Envelopes of one day, sender, destination and document, as a shard counts them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Day of their acceptance.
    pub day: Day,
    /// Sender.
    pub from: ConnectionCode,
    /// Destination, or the channel that got copies.
    pub to: ConnectionCode,
    /// Copies for a channel, which are no certificates more.
    pub copies: bool,
    /// Type and status.
    pub document: Document,
    /// How many, and what became of them.
    pub tally: Tally,
}

/// What is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Cell {
    pub(crate) month: Month,
    pub(crate) from: ConnectionCode,
    pub(crate) to: ConnectionCode,
    pub(crate) document: Document,
}

/// All counts of a period. As large as there are pairs of parties in a month, however many envelopes there were.
#[derive(Clone, Debug)]
pub struct Facts {
    from: Day,
    pub(crate) cells: HashMap<Cell, Tally>,
    /// Accepted on each day, those of the period before included.
    pub(crate) days: BTreeMap<Day, u64>,
    pub(crate) copies: Tally,
    /// Counted at once for each row, as a check of what the cells sum up to.
    pub(crate) total: Tally,
}

impl Facts {
    /// No counts yet. Rows of days before the period are counted by day only: they belong to the period before.
    pub fn new(asked: &Asked) -> Self {
        Self {
            from: asked.from,
            cells: HashMap::new(),
            days: BTreeMap::new(),
            copies: Tally::default(),
            total: Tally::default(),
        }
    }

    /// Adds what a shard counted.
    pub fn add(&mut self, row: &Row) {
        let is_of_period = row.day >= self.from;
        if row.copies {
            if is_of_period {
                self.copies += &row.tally;
            }
            return;
        }
        *self.days.entry(row.day).or_default() += row.tally.accepted;
        if is_of_period {
            let cell = Cell { month: row.day.month(), from: row.from, to: row.to, document: row.document };
            *self.cells.entry(cell).or_default() += &row.tally;
            self.total += &row.tally;
        }
    }
}
