//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Load, capacity and contingency tests of a hub.
#[derive(Debug, Parser)]
#[command(
    name = "phytoload",
    version,
    about = "Load, capacity and contingency tests of a hub",
    long_about = "Load, capacity and contingency tests of a hub. Every run is a correctness run, too: what is lost, \
                  altered or delivered twice fails it.",
    max_term_width = 110
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a scenario against a hub and write its report; exit status 0 when it passed, 1 when not, 2 when it could not
    /// be run
    Run(RunArgs),
    /// Compare two runs: exit status 0 unless something is worse
    Compare {
        /// Folder or report.json of the first run
        a: PathBuf,
        /// Folder or report.json of the second
        b: PathBuf,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// List the scenarios that ship, or print one of them as a file to start from
    Scenarios {
        /// The one to print
        name: Option<String>,
    },
    /// Judge the ledger of a run again, for instance of one whose machine crashed
    Ledger {
        /// Its ledger.bin
        file: PathBuf,
    },
    /// Run the web service of a receiver that a hub pushes to: it takes DeliverEnvelope as it is told
    Receiver(ReceiverArgs),
    /// Measure how fast the generator itself is, against a service that answers at once
    Ceiling {
        /// How long, in seconds
        #[arg(long, default_value_t = 10)]
        seconds: u32,
        /// Threads of the generator
        #[arg(long, default_value_t = 1)]
        threads: usize,
    },
    /// Print a price file to start from
    Prices,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// A scenario that ships, or the path of a file
    pub(crate) scenario: String,
    /// Directory of the hub, running or not [default: a throw-away hub in the folder of the results]
    #[arg(long, value_name = "DIR")]
    pub(crate) hub: Option<PathBuf>,
    /// Scale the scenario so that its highest rate is this one, in deliveries a second
    #[arg(long, value_name = "N")]
    pub(crate) rate: Option<f64>,
    /// Stretch the measured part, as in 90s, 5min or 2h
    #[arg(long, value_name = "T")]
    pub(crate) duration: Option<String>,
    /// Folder for report.json, report.html, histograms and ledger [default: phytoload-SCENARIO-TIME]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Seed, instead of the scenario's
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// The hub's program [default: phytohub beside this program, or on the path]
    #[arg(long, value_name = "FILE")]
    pub(crate) phytohub: Option<PathBuf>,
    /// File that names hosts beyond this machine that may be loaded: hosts = ["host:port"]
    #[arg(long, value_name = "FILE")]
    pub(crate) hosts: Option<PathBuf>,
    /// Price file for the cost of a million envelopes; `phytoload prices` prints one to start from
    #[arg(long, value_name = "FILE")]
    pub(crate) prices: Option<PathBuf>,
    /// Hours of an outage of all receivers that the capacity table speaks of
    #[arg(long, value_name = "N", default_value_t = 24.0)]
    pub(crate) outage_hours: f64,
    /// No progress
    #[arg(long)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ReceiverArgs {
    /// Address to listen on; only loopback addresses are taken
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0")]
    pub(crate) listen: std::net::SocketAddr,
    /// Its certificate and key, as PEM files
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: PathBuf,
    /// The key
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// How long it takes for an answer, as in 50ms
    #[arg(long, value_name = "T", default_value = "0ms")]
    pub(crate) latency: String,
    /// Share of requests that it answers with a fault
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub(crate) faults: f64,
    /// Share of requests at which it closes the connection without an answer
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub(crate) silent: f64,
    /// Answer everything with the same bytes, without reading it
    #[arg(long, hide = true)]
    pub(crate) blind: bool,
}
