//! Push: the hub as a client of members' own services.
//!
//! [`Service`] is one service and its connection; [`Service::call`] hands one envelope over and says how that ended,
//! in the words of [`phytohub_model::AttemptOutcome`]: whether the envelope may have arrived decides what may be done
//! next. What is called next, and when that may be, is the core's say, and none of this crate's.

mod address;
mod body;
mod call;
mod outcome;
mod service;
mod trust;

pub use address::is_public;
pub use call::Called;
pub use service::{Identity, Service, ServiceSettings, check};
