//! Builds the validator's package for JavaScript, and gathers the files of the page around it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use phytoval_build::{Instructions, module};
use wasm_bindgen_cli_support::Bindgen;

/// Folders whose files are in the package.
const SOURCES: [&str; 5] = [
    "engine/model/src",
    "validator-wasm/codelists",
    "validator-wasm/core/src",
    "validator-wasm/js",
    "validator-wasm/messages",
];

/// What wasm-bindgen writes beside the module: the code that carries values over, and its types.
const GLUE: [&str; 2] = ["phytoval_glue.js", "phytoval_glue.d.ts"];

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            for line in problem.lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), String> {
    let out = PathBuf::from(env::var("OUT_DIR").map_err(|error| format!("OUT_DIR: {error}"))?);
    let plain = package(&out, Instructions::Plain, "phytoval.wasm")?;
    let simd = package(&out, Instructions::Simd, "phytoval-simd.wasm")?;
    for file in GLUE {
        if read(&plain.join(file))? != read(&simd.join(file))? {
            return Err(format!("{file} is not the same for both modules, so one cannot stand for both"));
        }
    }
    Ok(())
}

/// Builds one form of the module with its JavaScript and puts it into `OUT_DIR` as `name`; gives the folder.
fn package(out: &Path, instructions: Instructions, name: &str) -> Result<PathBuf, String> {
    let built = module("phytoval-js", &[], instructions, &SOURCES)?;
    let folder = out.join(name).with_extension("package");
    let fail = |error: &dyn std::fmt::Display| format!("wasm-bindgen, {}: {error}", built.display());
    Bindgen::new()
        .input_path(&built)
        .out_name("phytoval_glue")
        .web(true)
        .map_err(|error| fail(&error))?
        .omit_default_module_path(true)
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(&folder)
        .map_err(|error| fail(&error))?;
    copy(&folder.join("phytoval_glue_bg.wasm"), &out.join(name))?;
    for file in GLUE {
        copy(&folder.join(file), &out.join(file))?;
    }
    Ok(folder)
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::copy(from, to).map(drop).map_err(|error| format!("{} to {}: {error}", from.display(), to.display()))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}
