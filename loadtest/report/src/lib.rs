//! What a load run found: the report as data, as a page, and compared with another.
//!
//! Pure: it knows no hub, no socket and no file. `phytoload` fills a [`Report`] and writes what this crate makes of it.

mod model;

pub use model::{
    CapacityRow, Check, Cost, CostLine, Curve, Fault, Generator, HubUse, Knee, Latency, Ledger, Machine, Report,
    Scenario, Series, Stage, Trial, Verdict, Versions,
};
