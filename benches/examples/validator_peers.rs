//! The native validator's share of the comparison with its peers, and the table of all.
//!
//! `validator_peers documents FOLDER` writes the certificates and the module that all judge; `validator_peers table
//! FOLDER FILE DOCUMENT ROUNDS ...` measures the native validator on them, each in so many rounds, and prints the
//! table, with the lines of `FILE` that the peers wrote: what was done, a tab, microseconds.
#![expect(clippy::print_stdout, reason = "an example for the command line")]

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use phytohub_benches::documents;
use phytoval::{Embedded, Validator};
use phytoval_host::{Limits, MODULE_SIMD, Module};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["documents", folder] => write(Path::new(folder)),
        ["table", folder, peers, ref documents @ ..] => table(Path::new(folder), Path::new(peers), documents),
        _ => Err("say `documents FOLDER` or `table FOLDER FILE DOCUMENT ROUNDS ...`".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            println!("validator_peers: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &Path) -> Result<(), String> {
    let put = |name: &str, content: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, content).map_err(|error| format!("{}: {error}", path.display()))
    };
    put("typical.xml", documents::typical().as_bytes())?;
    put("attachment.xml", documents::attachment().as_bytes())?;
    put("phytoval-simd.wasm", MODULE_SIMD)
}

fn table(folder: &Path, peers: &Path, documents: &[&str]) -> Result<(), String> {
    let others = fs::read_to_string(peers).map_err(|error| format!("{}: {error}", peers.display()))?;
    let module = Module::compile(MODULE_SIMD, Limits::default()).map_err(|error| error.to_string())?;
    let (documents, _) = documents.as_chunks::<2>();
    for [name, rounds] in documents {
        let rounds = rounds.parse().map_err(|_| format!("'{rounds}' is no number of rounds"))?;
        let path = folder.join(format!("{name}.xml"));
        let content = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        println!("{name}.xml, {} bytes{:>37} {:>9}", content.len(), "microseconds", "ratio");
        let (validator, embedded) = (Validator::default(), Embedded::default());
        let native = best(rounds, || drop(validator.validate(&content, None)));
        row("phytoval, native", native, native);
        row("phytoval, native, report as JSON", best(rounds, || drop(embedded.judge(&content, ""))), native);
        let fresh = best(rounds, || drop(module.judge(&content, "")));
        row("phytoval on wasmtime, fresh instance, report as JSON", fresh, native);
        for line in others.lines() {
            let Some((work, time)) =
                line.strip_prefix(*name).and_then(|rest| rest.strip_prefix(": ")?.split_once('\t'))
            else {
                continue;
            };
            row(work, time.parse().map_err(|_| format!("'{line}' has no time"))?, native);
        }
        println!();
    }
    Ok(())
}

fn row(work: &str, microseconds: f64, native: f64) {
    println!("  {work:<62} {microseconds:>9.1} {:>9.2}", microseconds / native);
}

/// The smallest time of `work` in microseconds, of so many: what the machine's other users take can only add.
fn best(rounds: usize, mut work: impl FnMut()) -> f64 {
    let times = (0..rounds).map(|_| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64() * 1e6
    });
    times.fold(f64::INFINITY, f64::min)
}
