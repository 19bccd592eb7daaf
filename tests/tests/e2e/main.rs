//! End to end: the real binary over real mutual TLS on loopback.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod admin;
mod admin_api;
mod alerts;
mod canary;
mod change;
mod channels;
mod check_page;
mod command_line;
mod console;
mod disk_full;
mod drain;
mod faults;
mod forget;
mod hostile_transport;
mod hostile_xml;
mod http;
mod identity;
mod kill;
mod life_cycle;
mod load;
mod matrix;
mod observe;
mod onboarding;
mod push;
mod report;
mod rotation;
mod salvage;
mod slow_clients;
mod story;
mod validation;
