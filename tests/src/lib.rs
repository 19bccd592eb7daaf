//! What the end-to-end tests share: the real binary, run in a directory of its own, and clients that speak to it.

pub mod admin_double;
pub mod browser;
pub mod double;
pub mod furnished;
mod http;
pub mod hub;
pub mod ledger;
pub mod parties;
pub mod schema;
pub mod service;
pub mod sinks;
pub mod wire;
