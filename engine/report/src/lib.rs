//! What a hub did in a period, for those who govern and pay it.
//!
//! Pure: counts folded from the hub's tracks, statistics, members and prices in, a [`Report`] out, and that as a page,
//! as CSV or as JSON. It knows no hub, no socket, no file and no clock.

mod assemble;
mod csv;
mod facts;
mod html;
mod model;
mod money;
mod period;
mod prices;
mod reconcile;
mod statistics;

pub use assemble::{Known, Member, assemble};
pub use csv::csv;
pub use facts::{Facts, Row};
pub use html::page;
pub use model::{
    Availability, By, Capacity, Copies, DayLine, Dwell, FORMAT, Figures, Growth, Line, MemberLine, MonthServed, Named,
    Outage, Period, Quality, Reconciled, Refusals, Report,
};
pub use money::{Amount, Cost, Forecast, Money, Share, Split};
pub use period::{Asked, AskedError};
pub use prices::{Band, Model, Prices};
pub use statistics::{Counts, Minute, MinuteOf, Observed};

/// The report as JSON, as `engine/report/README.md` describes it.
///
/// # Errors
/// None in practice: the report has no part that JSON cannot say.
pub fn json(report: &Report) -> Result<String, String> {
    serde_json::to_string_pretty(report).map_err(|error| error.to_string())
}
