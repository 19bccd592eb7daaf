//! phytoval: judges electronic phytosanitary certificates.
//!
//! [`Validator::validate`] takes the content of an envelope and reports all that is wrong with it, in three layers:
//! whether it is well-formed XML (strict, in linear time), whether its elements are those of the message, and whether
//! what they say is complete, legal and consistent; with the header of its envelope, whether they agree. Where a
//! document stops being XML the reading ends. [`codelists`] holds the lists of codes that certificates use, as data
//! with an edition; [`Profile`] says at which level each [`Rule`] counts; [`Messages`] says it to people.
//!
//! The crate is pure: no file, no clock, no thread, no socket, and it knows nothing of the hub but the words of the
//! domain. No content can make it panic.

mod binary;
mod characters;
pub mod codelists;
mod document;
mod embedded;
mod findings;
mod header;
mod identify;
mod limits;
mod listing;
mod messages;
mod namespaces;
mod order;
mod position;
mod profile;
mod references;
mod report;
mod rules;
mod scanner;
mod structure;
mod syntax;
mod tag;
mod validator;
mod vectors;
mod words;

pub use embedded::{CallError, Embedded};
pub use header::Expected;
pub use identify::{Identity, identify};
pub use messages::{Messages, MessagesError, Phrase, Values};
pub use profile::{PROFILES, Profile, ProfileError};
pub use report::{Certificate, Finding, ListUsed, Outcome, Report};
pub use rules::catalogue::{Entry, Layer, RULES_EDITION, Rule};
pub use validator::Validator;
