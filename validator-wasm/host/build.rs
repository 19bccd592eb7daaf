//! Builds the module that this crate carries.

use std::process::ExitCode;

use phytoval_build::{Instructions, module};

/// Folders whose files are in the module.
const SOURCES: [&str; 5] = [
    "engine/model/src",
    "validator-wasm/codelists",
    "validator-wasm/core/src",
    "validator-wasm/host/module/src",
    "validator-wasm/messages",
];

fn main() -> ExitCode {
    for (instructions, variable) in [(Instructions::Plain, "MODULE"), (Instructions::Simd, "MODULE_SIMD")] {
        match module("phytoval-module", &["languages"], instructions, &SOURCES) {
            Ok(path) => println!("cargo::rustc-env={variable}={}", path.display()),
            Err(problem) => {
                for line in problem.lines() {
                    println!("cargo::error={line}");
                }
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
