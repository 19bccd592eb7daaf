//! Who changed what in a hub, when, and what became of it: a log to which lines are only ever added, each chained to
//! the one before by its SHA-256, so that nobody can alter, remove or reorder one unseen.
//!
//! * `entry.rs`: what an entry says.
//! * `chain.rs`: entries as lines, each with the hash of the one before, and the tip of the chain.
//! * `verify.rs`: whether a log is whole, and if not, which line is the first that is wrong, and why.
//! * `page.rs`: entries from the end, page by page, without reading all.
//! * `store.rs`: the file: appended and synced, mended after a crash.
//!
//! What the chain cannot tell by itself is whether its end was cut off, or all of it written anew. For that its tip is
//! noted elsewhere: [`verify()`] finds whether a noted tip is still part of it.

mod chain;
mod entry;
mod page;
mod store;
mod verify;

pub use chain::{Hash, Tip};
pub use entry::{Act, Author, Entry, Outcome};
pub use page::{Page, page};
pub use store::{Asked, Opened, Store, StoreError};
pub use verify::{Break, Flaw, Verified, verify};

#[cfg(test)]
mod tests;
