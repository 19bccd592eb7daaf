//! `audit`: what we depend on, judged by `deny.toml`.

use std::process::ExitCode;

use crate::shell::{self, Failure, Workspace};

/// How the check of known vulnerabilities ended.
#[derive(Debug, PartialEq, Eq)]
enum Advisories {
    Clean,
    Found,
    NoDatabase,
}

/// Checks licences, bans and sources, which need nothing but the checkout, and then the advisories, which need a
/// database from the internet.
pub(crate) fn audit(workspace: &Workspace) -> Result<ExitCode, Failure> {
    install(workspace)?;
    let own = shell::run(&mut workspace.cargo(["deny", "check", "licenses", "bans", "sources"]))?;
    let advisories = advisories(workspace)?;
    let own_words = if own.success() { "ok" } else { "FAILED" };
    let advisory_words = match advisories {
        Advisories::Clean => "ok",
        Advisories::Found => "FAILED",
        Advisories::NoDatabase => "NOT CHECKED, the advisory database could not be fetched (it needs the internet)",
    };
    println!("audit: licences, bans, sources {own_words}; advisories {advisory_words}");
    Ok(match advisories {
        _ if !own.success() => ExitCode::FAILURE,
        Advisories::Clean => ExitCode::SUCCESS,
        Advisories::Found => ExitCode::FAILURE,
        Advisories::NoDatabase => ExitCode::from(2),
    })
}

fn install(workspace: &Workspace) -> Result<(), Failure> {
    if shell::answers(&mut workspace.cargo(["deny", "--version"])) {
        return Ok(());
    }
    println!("audit: cargo-deny is not installed; building it once, which takes some minutes");
    // In a target directory of its own choice: ours is for the workspace.
    let mut command = workspace.cargo(["install", "cargo-deny", "--locked"]);
    let installed = shell::run(command.env_remove("CARGO_TARGET_DIR"))?;
    match installed.success() {
        true => Ok(()),
        false => Err(Failure::new("cargo-deny could not be installed; the reason is above")),
    }
}

fn advisories(workspace: &Workspace) -> Result<Advisories, Failure> {
    let mut no_database = false;
    let mut command = workspace.cargo(["deny", "check", "advisories"]);
    let ended = shell::run_error_lines(&mut command, |line| no_database |= tells_of_no_database(line))?;
    Ok(match (ended.success(), no_database) {
        (true, _) => Advisories::Clean,
        (false, true) => Advisories::NoDatabase,
        (false, false) => Advisories::Found,
    })
}

/// Whether a line of cargo-deny says that the database could not be fetched or read.
fn tells_of_no_database(line: &str) -> bool {
    line.contains("failed to") && ["advisory database", "advisory-db"].iter().any(|words| line.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_cannot_be_had_is_told_from_a_finding() {
        assert!(tells_of_no_database("2026-01-01 00:00:00 [ERROR] failed to fetch advisory database"));
        assert!(tells_of_no_database("[ERROR] failed to get HEAD timestamp: [\"-C\", \"advisory-dbs/advisory-db-1\"]"));
        assert!(!tells_of_no_database("error[vulnerability]: a crate with an advisory"));
        assert!(!tells_of_no_database("advisories FAILED"));
    }
}
