//! `peers`: what we make beside what others made, doing the same work in one run.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::prepare;
use crate::shell::{self, Failure, Workspace};

/// Folder of the scripts and of the packages that they need.
const SCRIPTS: &str = "benches/peers/validator";
const PACKAGES: &str = "benches/peers/package.json";

/// Rounds of which the smallest time counts.
const ROUNDS: &str = "1000";

/// Compares the named one of our parts with its peers.
pub(crate) fn peers(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode, Failure> {
    match arguments {
        [what] if what == "validator" => validator(workspace),
        _ => Err(Failure::new("say which part is compared: validator")),
    }
}

fn validator(workspace: &Workspace) -> Result<ExitCode, Failure> {
    let python = prepare::prepare(workspace)?.python;
    let packages = workspace.target().join("npm-peers");
    prepare::packages(workspace, PACKAGES, &packages)?;
    let folder = workspace.target().join("peers");
    let schema = folder.join("schema");
    fs::create_dir_all(&schema).map_err(|error| Failure::new(format!("{}: {error}", schema.display())))?;
    example(workspace, &["documents".as_ref(), &folder])?;
    let documents = ["typical.xml", "attachment.xml"].map(|name| folder.join(name));
    let scripts = workspace.root().join(SCRIPTS);
    let mut lines = Vec::new();
    let mut ask = |command: &mut Command| collect(command, &mut lines);
    let libxml2 = scripts.join("libxml2.py");
    ask(Command::new(&python).arg(&libxml2).arg("--schema").arg(&schema))?;
    ask(Command::new(&python).arg(&libxml2).arg(ROUNDS).args(&documents))?;
    ask(Command::new("node")
        .arg(scripts.join("libxml2-wasm.mjs"))
        .arg(ROUNDS)
        .args([&packages, &schema])
        .args(&documents))?;
    ask(Command::new("node")
        .arg(scripts.join("node.mjs"))
        .arg(ROUNDS)
        .arg(folder.join("phytoval-simd.wasm"))
        .args(&documents))?;
    let file = folder.join("validator.txt");
    fs::write(&file, lines.join("\n")).map_err(|error| Failure::new(format!("{}: {error}", file.display())))?;
    example(workspace, &["table".as_ref(), &folder, &file])?;
    Ok(ExitCode::SUCCESS)
}

fn example(workspace: &Workspace, arguments: &[&Path]) -> Result<(), Failure> {
    let mut command = workspace.cargo(["run", "--quiet", "--release", "--package", "phytohub-benches"]);
    command.args(["--example", "validator_peers", "--"]).args(arguments);
    match shell::run(&mut command)?.success() {
        true => Ok(()),
        false => Err(Failure::new("our own part of the comparison failed; the reason is above")),
    }
}

/// Runs a peer and keeps the lines that it prints.
fn collect(command: &mut Command, lines: &mut Vec<String>) -> Result<(), Failure> {
    let ended = shell::run_lines(command, |line| lines.push(line.to_owned()))?;
    match ended.success() {
        true => Ok(()),
        false => Err(Failure::new(format!("a peer failed: {command:?}; the reason is above"))),
    }
}
