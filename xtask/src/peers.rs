//! `peers`: what we make beside what others made, doing the same work in one run.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::prepare;
use crate::shell::{self, Failure, Workspace};

/// Folder of the scripts and of the packages that they need.
const SCRIPTS: &str = "benches/peers/validator";
const PACKAGES: &str = "benches/peers/package.json";

/// The hub's peers: a workspace of its own.
const EXCHANGE: &str = "benches/peers/exchange";
const EXCHANGE_PROGRAM: &str = "phytohub-exchange-peers";

/// Our own among the names of `--only`.
const OURS: &str = "ours";

/// The documents, and in how many rounds of each the smallest time is looked for, by all alike: a round takes
/// microseconds, or up to some milliseconds, and of many short ones most are disturbed.
const DOCUMENTS: [(&str, &str); 2] = [("typical", "5000"), ("attachment", "500")];

/// Compares the named one of our parts with its peers.
pub(crate) fn peers(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode, Failure> {
    match arguments {
        [what] if what == "validator" => validator(workspace),
        [what, rest @ ..] if what == "exchange" => exchange(workspace, rest),
        _ => Err(Failure::new("say which part is compared: validator, or exchange")),
    }
}

/// The hub beside brokers and queues. The programs are built here; what is measured, and how, is the peers' own matter.
fn exchange(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode, Failure> {
    let target = workspace.target();
    if compares_ours(arguments) {
        build(&mut workspace.cargo(["build", "--release", "--package", "phytohub-server", "--package", "phytoload"]))?;
    }
    let built = target.join("peers-exchange");
    let manifest = workspace.root().join(EXCHANGE).join("Cargo.toml");
    let mut command = workspace.cargo(["build", "--release", "--locked", "--manifest-path"]);
    build(command.arg(manifest).arg("--target-dir").arg(&built))?;
    let mut command = Command::new(built.join("release").join(EXCHANGE_PROGRAM));
    command.arg("--folder").arg(target.join("peers").join("exchange"));
    command.arg("--phytoload").arg(target.join("release").join("phytoload"));
    command.arg("--scenario").arg(workspace.root().join(EXCHANGE).join("ours.toml"));
    let ended = shell::run(command.args(arguments))?;
    Ok(ExitCode::from(shell::code_of(ended)))
}

/// Without `--only` all are compared.
fn compares_ours(arguments: &[String]) -> bool {
    let mut only = arguments.windows(2).filter(|pair| pair[0] == "--only").peekable();
    only.peek().is_none() || only.any(|pair| pair[1] == OURS)
}

fn build(command: &mut Command) -> Result<(), Failure> {
    match shell::run(command)?.success() {
        true => Ok(()),
        false => Err(Failure::new("what is compared could not be built; the reason is above")),
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
    let scripts = workspace.root().join(SCRIPTS);
    let mut lines = Vec::new();
    let mut ask = |command: &mut Command| collect(command, &mut lines);
    let libxml2 = scripts.join("libxml2.py");
    ask(Command::new(&python).arg(&libxml2).arg("--schema").arg(&schema))?;
    for (name, rounds) in DOCUMENTS {
        let document = folder.join(format!("{name}.xml"));
        ask(Command::new(&python).arg(&libxml2).arg(rounds).arg(&document))?;
        let mut libxml2_in_v8 = Command::new("node");
        libxml2_in_v8.arg(scripts.join("libxml2-wasm.mjs")).arg(rounds).args([&packages, &schema, &document]);
        ask(&mut libxml2_in_v8)?;
        let module = folder.join("phytoval-simd.wasm");
        ask(Command::new("node").arg(scripts.join("node.mjs")).arg(rounds).args([&module, &document]))?;
    }
    let file = folder.join("validator.txt");
    fs::write(&file, lines.join("\n")).map_err(|error| Failure::new(format!("{}: {error}", file.display())))?;
    let mut arguments: Vec<&Path> = vec!["table".as_ref(), &folder, &file];
    arguments.extend(DOCUMENTS.iter().flat_map(|(name, rounds)| [Path::new(name), Path::new(rounds)]));
    example(workspace, &arguments)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_is_built_when_it_is_compared() {
        let ours = |texts: &[&str]| compares_ours(&texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>());
        assert!(ours(&[]) && ours(&["--seconds", "3"]) && ours(&["--only", "redis", "--only", "ours"]));
        assert!(!ours(&["--only", "redis", "--json", "ours"]));
    }
}
