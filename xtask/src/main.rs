//! The project's own commands, run as `cargo xtask COMMAND`: one way to build, test and show it on every machine.
//!
//! Nothing but the standard library, so that the first command of a new checkout starts after seconds.
#![expect(clippy::print_stdout, reason = "a command line speaks on standard output")]

mod audit;
mod counts;
mod demo;
mod fuzz;
mod peers;
mod prepare;
mod sbom;
mod shell;
mod tests;

use std::env;
use std::process::ExitCode;

use shell::{Failure, Workspace};

const HELP: &str = "\
Usage: cargo xtask COMMAND [ARGUMENTS]

  demo [ARGUMENTS]   build the hub (release) and run `phytohub demo` with these arguments, for instance
                     `--once` or `--certificates DIR`
  test [ARGUMENTS]   prepare what the tests need, then run `cargo test --workspace` with these arguments,
                     for instance a part of a test's name
  prepare            only prepare, for running a part of the tests with `cargo test` afterwards
  ci                 what a change must pass: format, lints, tests
  audit              licences, bans and sources of all dependencies, and known vulnerabilities; builds
                     cargo-deny the first time, which takes minutes. Exit code 2: all that could be checked
                     is well, but the database of vulnerabilities could not be had
  sbom FOLDER        write what each program is made of, as CycloneDX (JSON); builds cargo-cyclonedx the first time
  module FOLDER      write the validator's WebAssembly modules to FOLDER: phytoval.wasm for every runtime and
                     phytoval-simd.wasm for those with instructions on vectors
  fuzz [TARGET] [SECONDS]
                     libFuzzer on the validator: targets judge and agree, 60 seconds each; needs nightly
  page FOLDER        write the pre-check page to FOLDER, for any static server
  package FOLDER     write the validator's package for browsers and node to FOLDER
  load [ARGUMENTS]   build hub and load tool (release) and run `phytoload run` with these arguments, for
                     instance `smoke`
  sim [--runs N] [--minutes M] [--seed S]
                     the whole hub on a fake disk, clock and network, with an oracle: random work and faults from
                     a seed, a minute of seeds unless told otherwise. Exit code 1: a guarantee was broken; the
                     last steps and the command that repeats them are shown
  bench [ARGUMENTS]  run the benchmarks, for instance with a part of a benchmark's name
  peers validator    the validator beside libxml2 and others on the same certificates, as a table
  peers exchange [--seconds N] [--json FILE] [--only NAME]...
                     the hub beside redis, rabbitmq, postgresql and nats at the same work, as a table; ours is
                     named `ours`. Exit code 1: one of them could not be measured
  help               this text
";

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let command = arguments.next().unwrap_or_else(|| "help".to_owned());
    let rest: Vec<String> = arguments.collect();
    match run(&command, &rest) {
        Ok(code) => code,
        Err(failure) => {
            println!("xtask {command}: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &str, arguments: &[String]) -> Result<ExitCode, Failure> {
    let workspace = Workspace::find()?;
    if !matches!(command, "audit" | "sbom" | "help" | "--help" | "-h") {
        prepare::wasm_target(&workspace)?;
    }
    match command {
        "demo" => demo::demo(&workspace, arguments),
        "test" => tests::test(&workspace, arguments),
        "prepare" => tests::prepared(&workspace),
        "ci" => tests::ci(&workspace),
        "audit" => audit::audit(&workspace),
        "sbom" => sbom::sbom(&workspace, arguments),
        "module" => demo::module(&workspace, arguments),
        "fuzz" => fuzz::fuzz(&workspace, arguments),
        "page" | "package" => demo::page(&workspace, command, arguments),
        "load" => demo::load(&workspace, arguments),
        "sim" => demo::sim(&workspace, arguments),
        "bench" => demo::bench(&workspace, arguments),
        "peers" => peers::peers(&workspace, arguments),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            print!("{HELP}");
            Err(Failure::new(format!("there is no command '{command}'; the commands are above")))
        }
    }
}
