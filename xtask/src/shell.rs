//! Running other programs: where the workspace is, which cargo, and what to say when something does not start.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

/// Why a command of ours ended early: a sentence for the person in front of it.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The checkout and where it is built.
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
    cargo: PathBuf,
}

impl Workspace {
    /// Finds the workspace of this very program and the target directory that cargo uses for it.
    pub(crate) fn find() -> Result<Self, Failure> {
        let manifest =
            env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.parent().map(Path::to_path_buf);
        let root = root.ok_or_else(|| Failure::new("cannot tell where the workspace is: run it as `cargo xtask`"))?;
        // A relative CARGO_TARGET_DIR is meant from where the person stands, while our commands run at the root.
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(named) => std::path::absolute(&named)
                .map_err(|error| Failure::new(format!("CARGO_TARGET_DIR {}: {error}", named.display())))?,
            None => root.join("target"),
        };
        let cargo = env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
        Ok(Self { root, target, cargo })
    }

    /// The top of the checkout.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where cargo puts what it builds.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// A cargo command at the workspace's root.
    pub(crate) fn cargo<I: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = I>) -> Command {
        let mut command = Command::new(&self.cargo);
        command.args(arguments).current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        own_variables(env::vars_os().map(|(name, _)| name)).for_each(|name| {
            command.env_remove(name);
        });
        command
    }
}

/// The variables by which cargo told this program of its own package. Handed on they would be taken for a change by
/// build scripts that watch them, and all above those built again with each turn from `cargo xtask` to `cargo`.
fn own_variables(names: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    const PREFIXES: [&str; 2] = ["CARGO_MANIFEST_", "CARGO_PKG_"];
    names.filter(|name| name.to_str().is_some_and(|name| PREFIXES.iter().any(|prefix| name.starts_with(prefix))))
}

/// Says what is run, and runs it with this terminal.
pub(crate) fn run(command: &mut Command) -> Result<ExitStatus, Failure> {
    announce(command);
    command.status().map_err(|error| not_started(command, &error))
}

/// As [`run`], but every line of standard output is shown *and* handed to `line`.
pub(crate) fn run_lines(command: &mut Command, line: impl FnMut(&str)) -> Result<ExitStatus, Failure> {
    announce(command);
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| not_started(command, &error))?;
    if let Some(output) = child.stdout.take() {
        show_lines(output, &mut io::stdout(), line)?;
    }
    child.wait().map_err(|error| not_started(command, &error))
}

/// As [`run_lines`], for what a program says on standard error.
pub(crate) fn run_error_lines(command: &mut Command, line: impl FnMut(&str)) -> Result<ExitStatus, Failure> {
    announce(command);
    let mut child = command.stderr(Stdio::piped()).spawn().map_err(|error| not_started(command, &error))?;
    if let Some(output) = child.stderr.take() {
        show_lines(output, &mut io::stderr(), line)?;
    }
    child.wait().map_err(|error| not_started(command, &error))
}

/// Whether a program is there and answers well; what it says is not shown.
pub(crate) fn answers(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// The exit code that ours should be for another program's.
pub(crate) fn code_of(status: ExitStatus) -> u8 {
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

fn show_lines(input: impl io::Read, shown: &mut impl Write, mut line: impl FnMut(&str)) -> Result<(), Failure> {
    let unreadable = |error: io::Error| Failure::new(format!("the output could not be passed on: {error}"));
    let mut input = BufReader::new(input);
    let mut bytes = Vec::new();
    while input.read_until(b'\n', &mut bytes).map_err(unreadable)? > 0 {
        shown.write_all(&bytes).and_then(|()| shown.flush()).map_err(unreadable)?;
        line(String::from_utf8_lossy(&bytes).trim_end());
        bytes.clear();
    }
    Ok(())
}

fn announce(command: &Command) {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program()).to_string_lossy();
    let arguments = command.get_args().map(|argument| format!(" {}", argument.to_string_lossy()));
    println!("> {program}{}", arguments.collect::<String>());
}

fn not_started(command: &Command, error: &io::Error) -> Failure {
    Failure::new(format!("{} could not be run: {error}", command.get_program().display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_passed_on_as_they_came_and_read_without_their_end() {
        let mut shown = Vec::new();
        let mut seen = Vec::new();
        show_lines(&b"one\r\ntwo \xff\nthree"[..], &mut shown, |line| seen.push(line.to_owned()))
            .expect("all passed on");
        assert_eq!(shown, b"one\r\ntwo \xff\nthree");
        assert_eq!(seen, ["one", "two \u{fffd}", "three"]);
    }

    #[test]
    fn the_variables_of_this_package_are_not_handed_on() {
        let names = ["CARGO_PKG_NAME", "CARGO_MANIFEST_DIR", "CARGO_TARGET_DIR", "CARGO_HOME", "PATH"];
        let own: Vec<OsString> = own_variables(names.iter().map(OsString::from)).collect();
        assert_eq!(own, ["CARGO_PKG_NAME", "CARGO_MANIFEST_DIR"]);
    }

    #[test]
    fn a_program_that_is_not_there_does_not_answer() {
        assert!(!answers(&mut Command::new("phytohub-has-no-such-program")));
        let failure = run(&mut Command::new("phytohub-has-no-such-program")).expect_err("nothing to start");
        assert!(failure.to_string().starts_with("phytohub-has-no-such-program could not be run"), "{failure}");
    }
}
