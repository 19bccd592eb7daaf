//! The owner of one part of the hub's state and of its journal, without its thread.
//!
//! Core and journal are put together here, and only here: a request is decided, its facts are staged and applied, and
//! no answer leaves before the commit that makes all it speaks of durable. The server gives this a thread, a queue
//! and the real disk; the simulation gives it a fake disk and a fake clock and runs the very same code.
//!
//! The registry's owner ([`Members`]) is here for the same reason, and so is what the hub makes of the words of several
//! shards: [`append`], [`deliver`], [`route`].

pub mod append;
pub mod deliver;
mod members;
mod owner;
mod reclaim;
mod recovery;
pub mod route;

pub use members::{ChangeError, Members};
pub use owner::{Append, Limits, Now, Owner, Request, Witness};
pub use recovery::{Parts, Recovered, recover};

/// Why an owner can no longer go on: a sentence. The process must end and recover from the journal.
pub type Failure = String;
