//! `phytohub`: the hub's binary.

use std::process::ExitCode;

use clap::Parser;
use phytohub_operate::layout::Layout;
use phytohub_server::cli::{Cli, Command};
use phytohub_server::config::Config;
use phytohub_server::{
    alert_commands, audit, change_commands, commands, demo, health, maintenance, onboarding, operators, party_commands,
    report, salvage_commands, serve, validator_commands,
};

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Demo { certificates, once } => return demo::demo(certificates.as_deref(), once),
        Command::Alert { command } => alert_commands::alert(command).map(say),
        Command::Init { dir, unless_there: true, .. } if Layout::new(&dir).config().exists() => {
            say(format!("{}: there is a hub already", dir.display()));
            Ok(())
        }
        Command::Health { dir } => health::health(&dir).map(say),
        Command::Init { dir, nppos, names, shards, sandbox, .. } => {
            commands::init(&dir, &nppos, &names, shards, sandbox).map(say)
        }
        Command::Nppo { command } => commands::nppo(command).map(say),
        Command::Channel { command } => party_commands::channel(command).map(say),
        Command::Document { command } => party_commands::document(command).map(say),
        Command::Audit { command } => audit::commands::audit(command).map(say),
        Command::Maintenance { command } => maintenance::commands::maintenance(command).map(say),
        Command::Operator { command } => operators::commands::operator(command).map(say),
        Command::Change { command } => change_commands::change(command).map(say),
        Command::Onboarding { command } => onboarding::onboarding(command).map(say),
        Command::Report(args) => report::report(&args).map(|told| told.into_iter().for_each(say)),
        Command::Journal { command } => salvage_commands::journal(command).map(|told| told.into_iter().for_each(say)),
        Command::Backup(args) => salvage_commands::backup(&args).map(say),
        Command::Restore(args) => salvage_commands::restore(&args).map(say),
        Command::Validator { command } => validator_commands::validator(command).map(say),
        Command::Serve { dir, listen, admin } => {
            let layout = Layout::new(dir);
            Config::read(&layout.config(), std::env::vars()).and_then(|mut config| {
                config.listen.soap = listen.unwrap_or(config.listen.soap);
                config.listen.admin = admin.unwrap_or(config.listen.admin);
                config.log.start();
                serve::serve(&layout, config)
            })
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "the answer of a command belongs on standard output")]
fn say(text: String) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "a command's error belongs on standard error, in plain words")]
fn complain(error: &str) {
    eprintln!("phytohub: {error}");
}
