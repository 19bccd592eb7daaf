//! `fuzz`: libFuzzer on the validator and on what the hub reads, for as long as one likes.

use std::process::{Command, ExitCode};

use crate::shell::{self, Failure, Workspace};

/// The package of the targets: a workspace of its own.
const FOLDER: &str = "validator-wasm/fuzz/libfuzzer";

/// The targets, each with what it looks for and the package that has its corpus.
const TARGETS: [(&str, &str, &str); 7] = [
    ("judge", "that the validator ends on any content, with a report that makes sense", VALIDATOR),
    ("agree", "that the modules say what the native validator says", VALIDATOR),
    ("soap", "that the reader of requests ends on any body, and what it read says the same again", HUB),
    ("operations", "that requests of the shape of the WSDL are read as what they name, or refused", HUB),
    ("journal", "that a start ends, whatever lies on the disk", HUB),
    ("fact", "that a start ends, whatever a record holds", HUB),
    ("config", "that any configuration is read or refused in words", HUB),
];

const VALIDATOR: &str = "phytoval-fuzz";
const HUB: &str = "phytohub-fuzz";

/// How long a target runs when nobody says how long.
const SECONDS: u64 = 60;

/// One content that takes longer is a finding: a certificate takes microseconds.
const TIMEOUT_SECONDS: u64 = 5;

/// Longest content that is made: bounds are far below, and long ones are seldom different.
const LENGTH_MAX: u64 = 64 * 1024;

/// Runs one target, or each in turn, for some seconds: `fuzz [TARGET] [SECONDS]`.
pub(crate) fn fuzz(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode, Failure> {
    let (targets, seconds) = wanted(arguments)?;
    install(workspace)?;
    for (target, package) in targets {
        let corpus = workspace.target().join("fuzz").join(target);
        let mut seeds = workspace.cargo(["run", "--quiet", "--package", package, "--example", "corpus", "--"]);
        if package == HUB {
            seeds.arg(target);
        }
        if !shell::run(seeds.arg(&corpus))?.success() {
            return Err(Failure::new("the first contents could not be written; the reason is above"));
        }
        let mut command = Command::new("cargo");
        command.args(["+nightly", "fuzz", "run", "--fuzz-dir", FOLDER, target]).arg(&corpus).arg("--");
        command.args([
            format!("-max_total_time={seconds}"),
            format!("-timeout={TIMEOUT_SECONDS}"),
            format!("-max_len={LENGTH_MAX}"),
        ]);
        let target_folder = workspace.target().join("fuzz-build");
        let command = command.current_dir(workspace.root()).env("CARGO_TARGET_DIR", target_folder);
        if !shell::run(command)?.success() {
            println!("fuzz: {target} found something; the content is in {FOLDER}/artifacts/{target}");
            return Ok(ExitCode::FAILURE);
        }
    }
    println!("fuzz: nothing found");
    Ok(ExitCode::SUCCESS)
}

/// Names of targets with their packages.
type Targets = Vec<(&'static str, &'static str)>;

fn wanted(arguments: &[String]) -> Result<(Targets, u64), Failure> {
    let (mut targets, mut seconds) = (Vec::new(), SECONDS);
    for argument in arguments {
        if let Some((name, _, package)) = TARGETS.iter().find(|(name, ..)| name == argument) {
            targets.push((*name, *package));
        } else if let Ok(number) = argument.parse() {
            seconds = number;
        } else {
            let known = TARGETS.map(|(name, what, _)| format!("  {name}  {what}")).join("\n");
            return Err(Failure::new(format!("{argument}: a target or a number of seconds was expected\n{known}")));
        }
    }
    if targets.is_empty() {
        targets.extend(TARGETS.map(|(name, _, package)| (name, package)));
    }
    Ok((targets, seconds))
}

fn install(workspace: &Workspace) -> Result<(), Failure> {
    if !shell::answers(Command::new("cargo").args(["+nightly", "--version"])) {
        return Err(Failure::new("libFuzzer needs a nightly compiler: run `rustup toolchain install nightly`"));
    }
    let target = ["target", "add", "--toolchain", "nightly", "wasm32-unknown-unknown"];
    if !shell::run(Command::new("rustup").args(target))?.success() {
        return Err(Failure::new("the target of the modules could not be added to nightly; the reason is above"));
    }
    if shell::answers(Command::new("cargo").args(["fuzz", "--version"])) {
        return Ok(());
    }
    println!("fuzz: cargo-fuzz is not installed; building it once");
    let mut command = workspace.cargo(["install", "cargo-fuzz", "--locked"]);
    match shell::run(command.env_remove("CARGO_TARGET_DIR"))?.success() {
        true => Ok(()),
        false => Err(Failure::new("cargo-fuzz could not be installed; the reason is above")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_and_seconds_come_in_any_order() {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        assert_eq!(wanted(&[]).ok().map(|(targets, seconds)| (targets.len(), seconds)), Some((TARGETS.len(), SECONDS)));
        assert_eq!(wanted(&owned(&["5", "agree"])).ok(), Some((vec![("agree", VALIDATOR)], 5)));
        assert!(wanted(&owned(&["soup"])).is_err());
    }
}
