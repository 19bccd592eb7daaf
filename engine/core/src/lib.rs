//! The pure heart of the hub: what is decided and what follows from it.
//!
//! `decide` looks at the state and a command and says which facts follow and what to answer; `apply` is the only way
//! in which state changes, in normal running and in recovery alike. Nothing here knows bytes on disk, XML, clocks,
//! threads or chance: time and new delivery numbers come in as arguments, so a whole hub can be simulated.
//!
//! * [`registry`]: the members, their certificates and what they receive.
//! * [`admission`]: may this caller send this to that destination?
//! * [`shard`]: the envelopes of one shard, from their acceptance until they are forgotten.
//! * [`flow`]: when may a member's service be called again?

pub mod admission;
pub mod flow;
pub mod registry;
pub mod shard;
mod text;
