//! `phytohub operator`: who may use the admin address, looked at and changed while the hub runs or rests.

use std::io;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use phytohub_operate::layout::Layout;
use serde::Deserialize;

use super::routes::row;
use super::{OperatorChange, Role, add, read, remove};
use crate::audit::{ByHand, of_operator};
use crate::client;
use crate::clock;

/// Commands about operators.
#[derive(Debug, Subcommand)]
pub enum OperatorCommand {
    /// Give somebody a token for the console and the admin address; it is printed once and kept nowhere
    Add {
        /// The hub's directory
        dir: PathBuf,
        /// What the audit log calls this person
        name: String,
        /// Who changes things, or only looks
        #[arg(long, value_enum)]
        role: Role,
    },
    /// List who has a token besides the owner
    List {
        /// The hub's directory
        dir: PathBuf,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Take a token back: the next request with it is refused
    Remove {
        /// The hub's directory
        dir: PathBuf,
        /// Whose
        name: String,
    },
}

/// Carries out a command; the text is for standard output.
///
/// # Errors
/// A sentence that says why not.
pub fn operator(command: OperatorCommand) -> Result<String, String> {
    match command {
        OperatorCommand::Add { dir, name, role } => {
            let token = change(&dir, &OperatorChange::Add { name: name.clone(), role })?;
            Ok(format!("{name} is {role}; the token, which is shown only now:\n{token}"))
        }
        OperatorCommand::List { dir, json } => list(&dir, json),
        OperatorCommand::Remove { dir, name } => {
            change(&dir, &OperatorChange::Remove { name: name.clone() })?;
            Ok(format!("{name} is no operator any more"))
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    token: String,
}

/// Makes the change, through the running hub or in its directory; the token of who was added.
fn change(dir: &Path, change: &OperatorChange) -> Result<String, String> {
    let layout = Layout::new(dir);
    layout.fixed()?;
    match layout.lock() {
        Ok(_lock) => ByHand::open(&layout)?.make(of_operator(change), || match change {
            OperatorChange::Add { name, role } => add(&layout.operators(), name, *role, clock::now()),
            OperatorChange::Remove { name } => remove(&layout.operators(), name).map(|()| String::new()),
        }),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            let body = serde_json::to_vec(change).map_err(|error| error.to_string())?;
            let answer = client::admin(&layout, &layout.running()?, "POST", "/v1/operators", Some(body))?;
            if answer.is_empty() {
                return Ok(String::new());
            }
            let answer: Result<Answer, _> = serde_json::from_slice(&answer);
            answer.map(|answer| answer.token).map_err(|error| format!("the hub's answer cannot be read: {error}"))
        }
        Err(error) => Err(format!("{}: {error}", layout.data().display())),
    }
}

fn list(dir: &Path, json: bool) -> Result<String, String> {
    let layout = Layout::new(dir);
    layout.fixed()?;
    let operators = read(&layout.operators())?;
    if json {
        let rows: Vec<_> = operators.iter().map(row).collect();
        return serde_json::to_string_pretty(&rows).map_err(|error| error.to_string());
    }
    if operators.is_empty() {
        return Ok("nobody but the owner, whose token is in admin.token".to_owned());
    }
    let mut lines = vec![format!("{:<10}{:<26}NAME", "ROLE", "SINCE")];
    let row = |operator: &super::Operator| {
        format!("{:<10}{:<26}{}", operator.role.to_string(), operator.created, operator.name)
    };
    lines.extend(operators.iter().map(row));
    Ok(lines.join("\n"))
}
