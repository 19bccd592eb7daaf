//! What a load run found: the report as data, as a page, and compared with another.
//!
//! Pure: it knows no hub, no socket and no file. `phytoload` fills a [`Report`] and writes what this crate makes of it.

pub mod capacity;
pub mod compare;
pub mod cost;
mod facts;
pub mod html;
mod json;
mod model;
mod table;
pub mod text;

pub use json::FORMAT;
pub use model::{
    CapacityRow, Check, Cost, CostLine, Curve, Fault, Generator, HubUse, Knee, Latency, Ledger, Machine, Report,
    Scenario, Series, Stage, Trial, Verdict, Versions,
};
