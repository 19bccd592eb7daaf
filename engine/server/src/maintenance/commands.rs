//! `phytohub maintenance`: begun, ended and shown while the hub runs or rests.

use std::io;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use phytohub_operate::layout::Layout;
use serde::Deserialize;

use super::{Kept, MaintenanceChange, Notice, row};
use crate::audit::ByHand;
use crate::client;
use crate::clock;

/// Commands about maintenance.
#[derive(Debug, Subcommand)]
pub enum MaintenanceCommand {
    /// Answer members 503 with a text from the next request on, and wait for what is under way
    On {
        /// The hub's directory
        dir: PathBuf,
        /// What members are told
        #[arg(long)]
        text: String,
        /// When it is expected to be over: members' systems are told to wait until then. It is ended by hand
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
    },
    /// Serve members again
    Off {
        /// The hub's directory
        dir: PathBuf,
    },
    /// Show whether the hub is in maintenance
    Show {
        /// The hub's directory
        dir: PathBuf,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

/// As the admin address answers.
#[derive(Deserialize)]
struct State {
    notice: Option<Notice>,
    under_way: usize,
}

/// Carries out a command; the text is for standard output.
///
/// # Errors
/// A sentence that says why not.
pub fn maintenance(command: MaintenanceCommand) -> Result<String, String> {
    match command {
        MaintenanceCommand::On { dir, text, until } => {
            told(&ask(&dir, Some(&MaintenanceChange { on: true, text, until }))?)
        }
        MaintenanceCommand::Off { dir } => {
            told(&ask(&dir, Some(&MaintenanceChange { on: false, text: String::new(), until: None }))?)
        }
        MaintenanceCommand::Show { dir, json: true } => {
            let state: serde_json::Value = serde_json::from_slice(&ask(&dir, None)?).map_err(unreadable)?;
            serde_json::to_string_pretty(&state).map_err(|error| error.to_string())
        }
        MaintenanceCommand::Show { dir, json: false } => told(&ask(&dir, None)?),
    }
}

fn unreadable(error: serde_json::Error) -> String {
    format!("the hub's answer cannot be read: {error}")
}

/// The state after a change or without one, from the running hub or in its directory.
fn ask(dir: &Path, change: Option<&MaintenanceChange>) -> Result<Vec<u8>, String> {
    let layout = Layout::new(dir);
    layout.fixed()?;
    match layout.lock() {
        Ok(_lock) => {
            let kept = Kept::at(layout.maintenance());
            let mut notice = kept.read()?;
            if let Some(change) = change {
                notice = ByHand::open(&layout)?.make(change.act(), || {
                    let notice = change.notice(notice.as_ref(), "owner at the command line", clock::now())?;
                    kept.write(notice.as_ref()).map(|()| notice)
                })?;
            }
            serde_json::to_vec(&row(notice.as_ref(), 0)).map_err(|error| error.to_string())
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            let body = change.map(serde_json::to_vec).transpose().map_err(|error| error.to_string())?;
            let method = if body.is_some() { "POST" } else { "GET" };
            client::admin(&layout, &layout.running()?, method, "/v1/maintenance", body)
        }
        Err(error) => Err(format!("{}: {error}", layout.data().display())),
    }
}

fn told(state: &[u8]) -> Result<String, String> {
    let State { notice, under_way } = serde_json::from_slice(state).map_err(unreadable)?;
    let Some(Notice { text, since, by, until }) = notice else { return Ok("not in maintenance".to_owned()) };
    let mut lines = vec![format!("in maintenance since {since}, by {by}")];
    lines.extend(until.map(|until| format!("expected to be over at {until}")));
    lines.push(format!("members are told: {text}"));
    lines.push(match under_way {
        0 => "nothing is under way any more".to_owned(),
        1 => "1 request or call is still under way".to_owned(),
        more => format!("{more} requests and calls are still under way"),
    });
    Ok(lines.join("\n"))
}
