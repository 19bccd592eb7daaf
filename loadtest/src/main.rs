//! `phytoload`: proves, before the day, what a hub holds, and that it loses nothing while it holds it.

mod acknowledging;
mod assemble;
mod ceiling;
mod checks;
mod cli;
mod commands;
mod conduct;
mod connection;
mod delivering;
mod dispatch;
mod http;
mod hub;
mod injure;
mod knee;
mod ledger;
mod live;
mod measure;
mod members;
mod pool;
mod preflight;
mod random;
mod receiver;
mod scenario;
mod schedule;
mod service;
mod session;
mod small_disk;
mod target;
mod when;
mod worker;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match commands::run(cli::Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            complain(&error);
            ExitCode::from(2)
        }
    }
}

#[expect(clippy::print_stderr, reason = "a command's error belongs on standard error, in plain words")]
fn complain(error: &str) {
    eprintln!("phytoload: {error}");
}
