//! Real-shaped traffic from a seed.
//!
//! [`Traffic`] is the requests of a run, made ahead: who sends what to whom, in the dialects of the client libraries
//! that national systems use, with certificates of real sizes, languages and kinds, invalid ones and attacks among
//! them. A request is a [`Prototype`] that lacks its number; filling that in is a few copies.
//!
//! It is pure: the same settings, codes and seed give the same bytes, on every machine. It knows no hub, no sockets
//! and no clock.

mod countries;
mod dialect;
mod draw;
mod hostile;
mod number;
mod prototype;
mod settings;
mod template;
mod traffic;

pub use countries::COUNTRIES;
pub use dialect::{Dialect, HttpShape, HttpVersion};
pub use hostile::HOSTILE_BYTES_MAX;
pub use number::{NUMBER_BYTES, number, parse_number};
pub use prototype::{Expect, Prototype};
pub use settings::{OperationWeights, TrafficSettings};
pub use traffic::{Member, Traffic};
