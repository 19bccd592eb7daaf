//! What the tests need beside Rust: curl, node with the W3C's suite for parsers, a browser, promtool, and a Python
//! with a SOAP library and a runtime for WebAssembly that we did not write.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{self, Failure, Workspace};

/// Tells the tests which Python has the libraries.
pub(crate) const PYTHON_VARIABLE: &str = "PHYTOHUB_TEST_PYTHON";

/// The libraries of the Python clients, each at one version.
const REQUIREMENTS: &str = "tests/clients/requirements.txt";

/// The packages for JavaScript, each at one version.
const PACKAGES: &str = "tests/clients/package.json";

/// The target of the validator's modules, which build scripts need and rustup may leave out of a toolchain that was
/// there before this checkout.
const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Sees that the compiler has the target of the validator's modules.
pub(crate) fn wasm_target(workspace: &Workspace) -> Result<(), Failure> {
    let mut asked = Command::new("rustc");
    asked.args(["--print", "target-libdir", "--target", WASM_TARGET]).current_dir(workspace.root());
    let folder = asked.output().map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    if folder.is_ok_and(|folder| !folder.is_empty() && Path::new(&folder).is_dir()) {
        return Ok(());
    }
    let added = shell::run(Command::new("rustup").args(["target", "add", WASM_TARGET]).current_dir(workspace.root()));
    match added {
        Ok(status) if status.success() => Ok(()),
        _ => Err(Failure::new(format!(
            "the compiler's target {WASM_TARGET} is missing, and without it neither hub nor tests can be built; \
             install it with `rustup target add {WASM_TARGET}` or from the package of your system"
        ))),
    }
}

/// What was found or made.
pub(crate) struct Prepared {
    /// The Python of the virtual environment, whether or not it is there.
    pub(crate) python: PathBuf,
    /// Whether every test has what it needs.
    pub(crate) complete: bool,
}

/// Sees that everything is there. What cannot be had is said, with the tests that need it; these then fail rather
/// than pass unseen.
pub(crate) fn prepare(workspace: &Workspace) -> Result<Prepared, Failure> {
    let curl = shell::answers(Command::new("curl").arg("--version")) || install(&["curl"])?;
    if !curl {
        println!("test: without curl the test that pastes the demo's curl line fails");
    }
    let environment = workspace.target().join("venv");
    let client = is_ready(workspace, &environment)? || make_environment(workspace, &environment)?;
    if !client {
        println!("test: without its Python packages the SOAP client of tests/clients and the Python host fail");
    }
    let node = shell::answers(Command::new("node").arg("--version")) || install(&["nodejs"])?;
    if !node {
        println!("test: without node the JavaScript host of validator-wasm/host and the tests of the package fail");
    }
    let packages = packages(workspace, PACKAGES, &packages_of(workspace))?;
    if !packages {
        println!("test: without its packages for JavaScript the test with the suite of the W3C fails");
    }
    let browser = has_browser() || (install(&["chromium", "chromium-driver"])? && has_browser());
    if !browser {
        println!("test: without chromium and chromedriver the tests of the pre-check page fail");
    }
    let tools = tools()?;
    let complete = curl && client && node && packages && browser && tools;
    Ok(Prepared { python: python_of(&environment), complete })
}

/// What checks the files of `deploy/` and lets calls to the disk fail: each with the Debian package that brings it.
const TOOLS: [(&str, &str, &str); 4] = [
    ("strace", "--version", "strace"),
    ("promtool", "--version", "prometheus"),
    ("haproxy", "-v", "haproxy"),
    ("systemd-analyze", "--version", "systemd"),
];

fn tools() -> Result<bool, Failure> {
    let mut complete = true;
    for (tool, question, package) in TOOLS {
        let is_there = || shell::answers(Command::new(tool).arg(question));
        if !(is_there() || (install(&[package])? && is_there())) {
            println!("test: without {tool} (Debian's {package}) its test of faults or of what lies in deploy/ fails");
            complete = false;
        }
    }
    Ok(complete)
}

fn python_of(environment: &Path) -> PathBuf {
    environment.join("bin").join("python")
}

/// The copy of the requirements that is written once they are installed.
fn stamp_of(environment: &Path) -> PathBuf {
    environment.join("phytohub-requirements.txt")
}

/// Whether the environment holds just what is required today and its Python still starts.
fn is_ready(workspace: &Workspace, environment: &Path) -> Result<bool, Failure> {
    let required = text_of(workspace, REQUIREMENTS)?;
    let installed = fs::read_to_string(stamp_of(environment)).unwrap_or_default();
    Ok(required == installed && shell::answers(Command::new(python_of(environment)).args(["-c", ""])))
}

fn make_environment(workspace: &Workspace, environment: &Path) -> Result<bool, Failure> {
    if !has_python() {
        install(&["python3", "python3-venv"])?;
    }
    if !has_python() {
        println!("test: python3 with its modules venv and ensurepip is missing");
        return Ok(false);
    }
    let made = shell::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(environment))?;
    if !made.success() {
        println!("test: python3 could not make the virtual environment {}", environment.display());
        return Ok(false);
    }
    let mut command = Command::new(python_of(environment));
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", REQUIREMENTS]);
    if !shell::run(command.current_dir(workspace.root()))?.success() {
        println!("test: pip could not install {REQUIREMENTS}");
        return Ok(false);
    }
    let stamp = stamp_of(environment);
    fs::write(&stamp, text_of(workspace, REQUIREMENTS)?)
        .map_err(|error| Failure::new(format!("{} could not be written: {error}", stamp.display())))?;
    Ok(true)
}

/// Where the packages for JavaScript are: tests know it, too.
fn packages_of(workspace: &Workspace) -> PathBuf {
    workspace.target().join("npm")
}

/// Sees that `folder` holds the packages that the file `wanted` names, as they are wanted today.
pub(crate) fn packages(workspace: &Workspace, wanted: &str, folder: &Path) -> Result<bool, Failure> {
    // What was wanted is written there once it is there.
    let stamp = folder.join("installed.json");
    let text = text_of(workspace, wanted)?;
    if fs::read_to_string(&stamp).unwrap_or_default() == text {
        return Ok(true);
    }
    if !shell::answers(Command::new("npm").arg("--version")) && !install(&["npm"])? {
        return Ok(false);
    }
    let fail = |error: std::io::Error| Failure::new(format!("{}: {error}", folder.display()));
    fs::create_dir_all(folder).map_err(fail)?;
    fs::write(folder.join("package.json"), &text).map_err(fail)?;
    let mut command = Command::new("npm");
    command.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--loglevel=error"]);
    if !shell::run(command.current_dir(folder))?.success() {
        println!("test: npm could not install {wanted}");
        return Ok(false);
    }
    fs::write(stamp, text).map_err(fail)?;
    Ok(true)
}

fn has_browser() -> bool {
    ["chromium", "chromedriver"].iter().all(|program| shell::answers(Command::new(program).arg("--version")))
}

fn has_python() -> bool {
    shell::answers(Command::new("python3").args(["-c", "import ensurepip, venv"]))
}

fn text_of(workspace: &Workspace, file: &str) -> Result<String, Failure> {
    let path = workspace.root().join(file);
    fs::read_to_string(&path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

/// Installs packages where that is ours to do: as root on a system with apt. Says what to do elsewhere.
fn install(packages: &[&str]) -> Result<bool, Failure> {
    let names = packages.join(" ");
    if !is_root() || !shell::answers(Command::new("apt-get").arg("--version")) {
        println!("test: please install: {names}");
        return Ok(false);
    }
    // The lists of a new machine may be empty or old; an update that fails still leaves the ones there are.
    shell::run(Command::new("apt-get").args(["update", "--quiet"]))?;
    let mut command = Command::new("apt-get");
    command.args(["install", "--yes", "--quiet"]).args(packages).env("DEBIAN_FRONTEND", "noninteractive");
    Ok(shell::run(&mut command)?.success())
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
