//! Pages of figures, as the hub's reports and those of the load tool are: numbers as people read them, tables, plots as
//! inline SVG, and a page around them that needs nothing else.
//!
//! Pure, and knows nothing of what is shown.

pub mod chart;
pub mod markup;
pub mod page;
pub mod units;
