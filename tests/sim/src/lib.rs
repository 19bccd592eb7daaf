//! A simulation of the whole hub on one thread: shards, journal, registry, delivery and push on a fake disk, clock and
//! network, with many members, random work and faults, all of it from one seed. An oracle outside of the hub judges
//! what the hub promised.
//!
//! What runs is the hub's own code but for its threads and sockets: `phytohub-core`, `phytohub-journal` and
//! `phytohub-shard`. The simulation plays the shell: queues, the order in which things happen, and the members. See
//! ARCHITECTURE.md, *Simulation*.

mod bugs;
mod campaign;
mod clock;
mod disk;
mod faults;
mod hub;
mod look;
mod mutation;
mod network;
mod oracle;
mod parties;
mod plan;
mod push;
mod random;
mod tasks;
mod trace;
mod world;

pub use campaign::{Failure, Outcome, run, run_aloud};
pub use mutation::Mutation;
pub use oracle::{Guarantee, Violation};
pub use trace::Counts;
