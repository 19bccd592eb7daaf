//! The hub's shell: TLS, HTTP, shards, admin address, command line, demo, and their wiring.
//!
//! It knows how, not why: what is allowed and what follows from it is `phytohub-core`'s, what lies on disk is
//! `phytohub-journal`'s, what stands on the wire is `phytohub-soap`'s.

mod acknowledge;
mod admin;
pub mod alert_commands;
mod alerts;
mod answer;
mod append;
pub mod audit;
mod authenticate;
pub mod cli;
pub mod client;
mod clock;
pub mod commands;
pub mod config;
pub mod control;
mod deadline;
mod deliver;
pub mod demo;
mod descriptors;
mod door;
mod forget;
mod guard;
pub mod health;
mod history;
mod hub;
mod identity;
mod ingress;
mod limits;
mod listen;
mod logging;
pub mod maintenance;
mod member_figures;
mod members;
mod memory;
mod metrics;
pub mod onboarding;
pub mod operators;
mod own_certificate;
mod owner;
mod pages;
pub mod party;
pub mod party_commands;
mod pending;
pub mod pki;
mod push;
mod releases;
pub mod report;
pub mod salvage_commands;
pub mod serve;
mod service;
mod shard;
mod statistics;
mod step;
mod validate;
pub mod validator_commands;
mod wakers;

pub use releases::commands as change_commands;
