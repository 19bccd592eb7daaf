//! What the hub, the load tool and the tests share to run a hub: its directory, its process, and the units in which
//! settings are written.
//!
//! It knows where things lie and how a process is started, not what a hub does.

pub mod layout;
pub mod process;
mod units;

pub use units::{Size, Span};
