//! The hub and its peers at the same work, one after the other in one run: `cargo xtask peers exchange`.
//!
//! Messages of 8 KB from 64 producers, each the next when the last is confirmed as durable, to 50 destinations, where
//! they are consumed and acknowledged. Every server runs with its data below the target directory, and ends with us.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks")]

mod failure;
mod harness;
mod install;
mod nats;
mod ours;
mod peer;
mod postgresql;
mod rabbitmq;
mod redis;
mod result;
mod server;
mod usage;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use failure::{Failure, Result, While};
use install::Package;
use ours::Ours;
use result::{Measured, Outcome, Row};

/// Every name that `--only` takes, in the order of the run.
const NAMES: [&str; 5] = [OURS, "redis", "rabbitmq", "postgresql", "nats"];

/// Our own.
const OURS: &str = "ours";

/// How long each is measured when nobody says how long.
const SECONDS: u64 = 10;

/// Longest that makes sense: it is for comparing, not for endurance.
const SECONDS_MAX: u64 = 3600;

/// Longest that a peer may need beside its measured time: to start, to warm up, for syncs to be counted, for the rest.
const BESIDE: Duration = Duration::from_secs(300);

/// Before each, so that the disk is done with what the one before has written.
const PAUSE: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> ExitCode {
    // Servers are started here, on the main thread: they end with it.
    let ended = tokio::select! {
        ended = run() => ended,
        _ = tokio::signal::ctrl_c() => Err(Failure::new("interrupted; servers that were started are stopped")),
    };
    match ended {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("peers: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<ExitCode> {
    let options = Options::read(std::env::args().skip(1))?;
    let mut rows = Vec::new();
    for name in NAMES.into_iter().filter(|name| options.only.is_empty() || options.only.iter().any(|o| o == name)) {
        tokio::time::sleep(PAUSE).await;
        eprintln!("peers: {name}");
        let outcome = one(name, &options).await;
        match &outcome {
            Ok(measured) => eprintln!("peers: {name}: {:.0}/s end to end", measured.end_to_end),
            Err(failure) => eprintln!("peers: {name}: {failure}"),
        }
        rows.push(Row { name, outcome: outcome.map_err(|failure| failure.to_string()) });
    }
    let outcome = Outcome::new(rows, OURS);
    println!("{}", outcome.table());
    if let Some(file) = &options.json {
        let json = outcome.json().during("writing JSON")?;
        fs::write(file, json + "\n").during(file.display())?;
    }
    Ok(if outcome.is_complete() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn one(name: &str, options: &Options) -> Result<Measured> {
    let folder = &options.folder.join(name);
    let time = options.time;
    let measured = match name {
        "redis" => peer::<redis::Redis>(&install::REDIS, folder, time).await,
        "rabbitmq" => peer::<rabbitmq::RabbitMq>(&install::RABBITMQ, folder, time).await,
        "postgresql" => peer::<postgresql::Postgresql>(&install::POSTGRESQL, folder, time).await,
        "nats" => peer::<nats::Nats>(&install::NATS, folder, time).await,
        _ => options.ours.measure(folder, time).await,
    };
    if measured.is_ok() {
        // Data of gigabytes; after a failure it stays, to be looked at.
        fs::remove_dir_all(folder).during(folder.display())?;
    }
    measured
}

async fn peer<P: peer::Peer>(package: &Package, folder: &Path, time: Duration) -> Result<Measured> {
    package.ensure()?;
    server::empty_folder(folder)?;
    let measured = tokio::time::timeout(time + BESIDE, harness::measure::<P>(folder, time)).await;
    measured.unwrap_or_else(|_| Err(Failure::new("it hung: a client waits for an answer; its server was stopped")))
}

/// What was asked for.
struct Options {
    only: Vec<String>,
    time: Duration,
    json: Option<PathBuf>,
    folder: PathBuf,
    ours: Ours,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self {
            only: Vec::new(),
            time: Duration::from_secs(SECONDS),
            json: None,
            folder: PathBuf::from("target/peers/exchange"),
            ours: Ours {
                phytoload: PathBuf::from("target/release/phytoload"),
                scenario: PathBuf::from("benches/peers/exchange/ours.toml"),
            },
        };
        while let Some(option) = arguments.next() {
            let value = arguments.next().ok_or_else(|| Failure::new(format!("{option} wants a value")))?;
            match option.as_str() {
                "--only" if NAMES.contains(&value.as_str()) => options.only.push(value),
                "--only" => return Err(Failure::new(format!("--only {value}: one of {} is meant", NAMES.join(", ")))),
                "--seconds" => options.time = seconds(&value)?,
                "--json" => options.json = Some(PathBuf::from(value)),
                "--folder" => options.folder = absolute(&value)?,
                "--phytoload" => options.ours.phytoload = absolute(&value)?,
                "--scenario" => options.ours.scenario = absolute(&value)?,
                _ => {
                    return Err(Failure::new(format!(
                        "there is no {option}; there are --seconds N, --json FILE and --only NAME"
                    )));
                }
            }
        }
        options.folder = std::path::absolute(&options.folder).during(options.folder.display())?;
        Ok(options)
    }
}

fn seconds(value: &str) -> Result<Duration> {
    match value.parse() {
        Ok(seconds @ 1..=SECONDS_MAX) => Ok(Duration::from_secs(seconds)),
        _ => Err(Failure::new(format!("--seconds {value}: a number from 1 to {SECONDS_MAX} is meant"))),
    }
}

fn absolute(value: &str) -> Result<PathBuf> {
    std::path::absolute(value).during(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Options> {
        Options::read(arguments.iter().map(|&argument| argument.to_owned()))
    }

    #[test]
    fn options_are_read_and_wrong_ones_refused() {
        let options = read(&["--only", "redis", "--seconds", "3", "--only", "ours"]).unwrap();
        assert_eq!(options.only, ["redis", "ours"]);
        assert_eq!(options.time, Duration::from_secs(3));
        for wrong in [&["--only", "kafka"][..], &["--seconds", "0"], &["--json"], &["--fast", "1"]] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
