//! `test` and `ci`: the tests with all they need, and what a change must pass.

use std::process::{Command, ExitCode};

use crate::counts::Counts;
use crate::prepare;
use crate::shell::{self, Failure, Workspace};

/// Tells the tests that the binaries are built.
const BUILT_VARIABLE: &str = "PHYTOHUB_TEST_BINARIES_BUILT";

/// Whether `Cargo.lock` may change while building.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lock {
    /// As a person works: a new dependency enters the lock file.
    Follows,
    /// As a change is judged: the lock file must fit already.
    Stands,
}

/// Prepares and runs the tests; the last line is the sum.
pub(crate) fn test(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode, Failure> {
    let counts = run_tests(workspace, arguments, Lock::Follows)?;
    println!("{counts}");
    Ok(if counts.all_passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prepares only.
pub(crate) fn prepared(workspace: &Workspace) -> Result<ExitCode, Failure> {
    let prepared = prepare::prepare(workspace)?;
    if !prepared.complete {
        return Err(Failure::new("some tests will fail for want of what is named above"));
    }
    println!("prepare: done; {}={}", prepare::PYTHON_VARIABLE, prepared.python.display());
    Ok(ExitCode::SUCCESS)
}

/// Format, lints and tests, all of them even if one fails, so that a person hears everything at once.
pub(crate) fn ci(workspace: &Workspace) -> Result<ExitCode, Failure> {
    let format = shell::run(&mut workspace.cargo(["fmt", "--all", "--check"]))?.success();
    let clippy = ["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"];
    let lints = shell::run(&mut workspace.cargo(clippy))?.success();
    let counts = run_tests(workspace, &[], Lock::Stands)?;
    let word = |well: bool| if well { "ok" } else { "FAILED" };
    println!("ci: format {}, lints {}, tests {}", word(format), word(lints), word(counts.all_passed()));
    println!("{counts}");
    Ok(if format && lints && counts.all_passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn run_tests(workspace: &Workspace, arguments: &[String], lock: Lock) -> Result<Counts, Failure> {
    let prepared = prepare::prepare(workspace)?;
    let mut counts = Counts::default();
    // The end-to-end tests start the real binaries. Building them together with the tests, in one call, gives both the
    // same features and so the same dependencies, built once.
    let mut build = workspace.cargo(["build", "--workspace", "--bins", "--tests"]);
    let built = shell::run(with_lock(&mut build, lock))?.success();
    if built {
        let mut command = workspace.cargo(["test", "--workspace", "--no-fail-fast"]);
        let command = with_lock(&mut command, lock).args(arguments).env(prepare::PYTHON_VARIABLE, prepared.python);
        command.env(BUILT_VARIABLE, "1");
        let ended = shell::run_lines(command, |line| counts.read(line))?;
        counts.close(ended.success());
    } else {
        println!("test: the build failed, so no test ran; the compiler's messages are above");
        counts.close(false);
    }
    Ok(counts)
}

fn with_lock(command: &mut Command, lock: Lock) -> &mut Command {
    match lock {
        Lock::Follows => command,
        Lock::Stands => command.arg("--locked"),
    }
}
