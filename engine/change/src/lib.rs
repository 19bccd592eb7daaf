//! Change management: code lists, rule sets (profiles) and validator modules have a life.
//!
//! A **release** is one file with a number. It is *announced* (members see it in a feed), may be *in shadow* (judges
//! live traffic beside what is in force, without effect), becomes *active* by hand or from a date, and is *retired* in
//! the end; a retired one can be activated again. [`Book`] decides, [`Store`] keeps it in `DIR/releases`, [`feed`]
//! tells members, [`Seen`] keeps who still sends what a release will refuse.
//!
//! It does not know the hub: no socket, no clock, no judging.

mod artefact;
mod book;
mod differ;
pub mod feed;
mod moment;
mod release;
mod report;
mod seen;
mod store;

pub use artefact::{ARTEFACT_BYTES_MAX, Artefact, ArtefactError};
pub use book::{Book, ChangeError};
pub use differ::{Changes, LevelChange};
pub use release::{Kind, Release, State, Step};
pub use report::{Format, ShadowReport};
pub use seen::{Delivery, Row, Seen, Sender};
pub use store::{Announcement, Store, StoreError};
