//! Builds a WebAssembly module of this workspace from within a build script.
//!
//! A crate that carries a module (the hub with its pre-check page, the embedding and its tests) is then built by
//! `cargo build` alone, and no generated file stands among the sources. Cargo is called once more, with a target
//! directory of its own inside the script's, so that the two never wait for each other.
#![expect(clippy::print_stdout, reason = "a build script speaks to cargo on standard output")]

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The target of all modules: no operating system, no imports of its own.
const TARGET: &str = "wasm32-unknown-unknown";

/// Bytes of a module's stack: the deepest document, of 64 elements, needs a small part of it. A megabyte is usual, and
/// a runtime looks at all pages of an instance when the instance ends.
const STACK_BYTES: u32 = 256 << 10;

/// How much a call may be worth to be made a copy of what it calls, in the compiler's measure, of which 225 is usual.
/// With fewer copies a browser has less to load and to compile before the first verdict; what is hot says so itself.
const INLINE_THRESHOLD: u32 = 115;

/// What the build of the outer crate sets and must not reach the module's: its flags and its wrappers (clippy).
const FOREIGN_SETTINGS: [&str; 7] = [
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_TARGET_DIR",
    "RUSTFLAGS",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
];

/// Instructions that the module may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instructions {
    /// Those of the first edition, which every runtime has.
    Plain,
    /// Those on vectors of 128 bits (`simd128`) as well.
    Simd,
}

/// Builds `package`, a `cdylib` of this workspace, with `features`, and gives the module's path.
///
/// The same sources give the same bytes in whatever folder they lie. The build script is run again when a file
/// below `sources`, folders relative to the workspace's, changes.
///
/// # Errors
///
/// What failed and what to do, in words for whoever builds.
pub fn module(
    package: &str,
    features: &[&str],
    instructions: Instructions,
    sources: &[&str],
) -> Result<PathBuf, String> {
    let root = workspace()?;
    for source in ["Cargo.lock", "Cargo.toml", "rust-toolchain.toml"].iter().chain(sources) {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    let out = PathBuf::from(variable("OUT_DIR")?);
    let target = out.join(match instructions {
        Instructions::Plain => "plain",
        Instructions::Simd => "simd",
    });
    build(&variable("CARGO")?, &root, &target, package, features, instructions)
}

/// Builds `package` of the workspace at `root` with the cargo `cargo` into the folder `target`, and gives the
/// module's path.
///
/// # Errors
///
/// What failed and what to do, in words for whoever builds.
pub fn build(
    cargo: &str,
    root: &Path,
    target: &Path,
    package: &str,
    features: &[&str],
    instructions: Instructions,
) -> Result<PathBuf, String> {
    let mut command = Command::new(cargo);
    for setting in FOREIGN_SETTINGS {
        command.env_remove(setting);
    }
    command
        .env("CARGO_ENCODED_RUSTFLAGS", flags(root, instructions))
        .args(["build", "--locked", "--quiet", "--profile", "wasm", "--target", TARGET, "--package", package])
        .args(["--features", &features.join(",")])
        .arg("--manifest-path")
        .arg(root.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target);
    let output = command.output().map_err(|error| format!("cargo did not start: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "the module of {package} could not be built; if the target is missing, run `rustup target add {TARGET}`\n\
             {said}"
        ));
    }
    let file = format!("{}.wasm", package.replace('-', "_"));
    Ok(target.join(TARGET).join("wasm").join(file))
}

/// Paths of this machine are cut out of the module, the stack is small, copies of functions are few, and vectors are
/// put in where they are wanted.
fn flags(root: &Path, instructions: Instructions) -> String {
    let homes = [("CARGO_HOME", ".cargo", "/cargo"), ("RUSTUP_HOME", ".rustup", "/rustup")];
    let mut flags = vec![
        format!("--remap-path-prefix={}=/phytohub", root.display()),
        format!("-Clink-arg=-zstack-size={STACK_BYTES}"),
        format!("-Cllvm-args=-inline-threshold={INLINE_THRESHOLD}"),
    ];
    for (setting, folder, name) in homes {
        let home = env::var_os(setting).map(PathBuf::from);
        if let Some(home) = home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(folder))) {
            flags.push(format!("--remap-path-prefix={}={name}", home.display()));
        }
    }
    if instructions == Instructions::Simd {
        flags.push("-Ctarget-feature=+simd128".to_owned());
    }
    // Not by spaces, which a folder's name may have.
    flags.join("\x1f")
}

/// The workspace that this crate was built in.
fn workspace() -> Result<PathBuf, String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).map(Path::to_owned).ok_or_else(|| "the workspace was not found".to_owned())
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set: this is called from a build script"))
}
