//! Onboarding: a sandbox in which a national system shows what it can, and the gate that asks for the proof.
//!
//! In mode `sandbox` the hub looks on while its members call it (`sight.rs` makes a call of a request and its answer,
//! `observer.rs` owns the check lists), and plays two partner countries that always answer (`partners.rs`). A live hub
//! asks for the signed report before a new member becomes active (`gate.rs`).

mod candidates;
mod commands;
mod gate;
mod observer;
mod partners;
mod receiver;
mod script;
mod settings;
mod sight;
mod sign;

pub(crate) use candidates::{Keys, partner_changes, prepare};
pub(crate) use commands::read_signed;
pub use commands::{OnboardingCommand, onboarding};
pub(crate) use gate::{Gate, GrantedBy};
pub(crate) use observer::{Asking, Observer, is_partner, write_whole};
pub(crate) use partners::start as start_partners;
pub use settings::{AcknowledgingWay, OnboardingSettings, Operation, SendingWay};
pub(crate) use sight::Glimpse;
