//! A Rust host: judges the certificate in a file and shows the report.
//!
//! `cargo run -p phytoval-host --example judge -- certificate.xml`
#![expect(clippy::print_stdout, reason = "the report is what this is for")]

use std::error::Error;

use phytoval_host::{Limits, MODULE_SIMD, Module};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("name a file with a certificate")?;
    let module = Module::compile(MODULE_SIMD, Limits::default())?;
    println!("{}", module.judge(&std::fs::read(path)?, "language=en\nprofile=ippc")?);
    Ok(())
}
