//! `demo`, `bench`, and what is written to folders: hub and validator at their full speed.

use std::process::{Command, ExitCode};

use crate::shell::{self, Failure, Workspace};

/// Builds the hub in release and hands over to `phytohub demo`, in the directory where the person stands, so that the
/// paths among the arguments mean what they seem to.
pub(crate) fn demo(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode, Failure> {
    let built = shell::run(&mut workspace.cargo(["build", "--release", "--package", "phytohub-server"]))?;
    if !built.success() {
        return Err(Failure::new("the hub could not be built; the compiler's messages are above"));
    }
    let hub = workspace.target().join("release").join("phytohub");
    let ended = shell::run(Command::new(hub).arg("demo").args(own_arguments(arguments)))?;
    match ended.success() {
        true => println!("demo: ended well"),
        false => println!("demo: failed ({ended})"),
    }
    Ok(ExitCode::from(shell::code_of(ended)))
}

/// Builds hub and load tool in release and runs `phytoload run` with these arguments.
pub(crate) fn load(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode, Failure> {
    let build = ["build", "--release", "--package", "phytohub-server", "--package", "phytoload"];
    if !shell::run(&mut workspace.cargo(build))?.success() {
        return Err(Failure::new("hub and load tool could not be built; the compiler's messages are above"));
    }
    let tool = workspace.target().join("release").join("phytoload");
    let ended = shell::run(Command::new(tool).arg("run").args(own_arguments(arguments)))?;
    Ok(ExitCode::from(shell::code_of(ended)))
}

/// Builds the simulation of the whole hub and runs it.
pub(crate) fn sim(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode, Failure> {
    let build = ["build", "--release", "--package", "phytohub-sim"];
    if !shell::run(&mut workspace.cargo(build))?.success() {
        return Err(Failure::new("the simulation could not be built; the compiler's messages are above"));
    }
    let tool = workspace.target().join("release").join("phytohub-sim");
    let ended = shell::run(Command::new(tool).args(own_arguments(arguments)))?;
    Ok(ExitCode::from(shell::code_of(ended)))
}

/// Runs the benchmarks.
pub(crate) fn bench(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode, Failure> {
    let mut command = workspace.cargo(["bench", "--package", "phytohub-benches"]);
    let ended = shell::run(command.args(own_arguments(arguments)))?;
    match ended.success() {
        true => println!("bench: done, figures are above and in {}", workspace.target().join("criterion").display()),
        false => println!("bench: failed ({ended})"),
    }
    Ok(ExitCode::from(shell::code_of(ended)))
}

/// Writes the validator's modules to the folder that is named, relative to where the person stands.
pub(crate) fn module(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode, Failure> {
    export(workspace, ["phytoval-host", "export"], &[], arguments)
}

/// Writes the pre-check page or the package for JavaScript, as `what` says, to the folder that is named.
pub(crate) fn page(workspace: &Workspace, what: &str, arguments: &[String]) -> Result<ExitCode, Failure> {
    export(workspace, ["phytoval-page", "write"], &[what], arguments)
}

/// Runs the example of a package that writes what the package carries.
fn export(
    workspace: &Workspace,
    [package, example]: [&str; 2],
    what: &[&str],
    arguments: &[String],
) -> Result<ExitCode, Failure> {
    let [folder] = own_arguments(arguments) else {
        return Err(Failure::new("name the folder that the files are written to"));
    };
    let folder = std::path::absolute(folder).map_err(|error| Failure::new(format!("{folder}: {error}")))?;
    let mut command = workspace.cargo(["run", "--package", package, "--example", example, "--"]);
    let ended = shell::run(command.args(what).arg(folder))?;
    Ok(ExitCode::from(shell::code_of(ended)))
}

/// The arguments without the `--` that some people put between a command and what it hands on.
fn own_arguments(arguments: &[String]) -> &[String] {
    match arguments {
        [first, rest @ ..] if first == "--" => rest,
        all => all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_leading_separator_is_dropped() {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        assert_eq!(own_arguments(&owned(&["--", "--once"])), owned(&["--once"]));
        assert_eq!(own_arguments(&owned(&["--once", "--"])), owned(&["--once", "--"]));
        assert!(own_arguments(&[]).is_empty());
    }
}
