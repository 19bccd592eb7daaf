//! `demo` and `bench`: the hub at its full speed.

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
