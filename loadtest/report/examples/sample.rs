//! Prints the page of a made-up report, to be looked at in a browser: `cargo run -p phytoload-report --example sample`.
//!
//! An argument makes it another: `limited` (the generator could not keep up), `empty` (nothing was measured), `text`
//! (what the command line prints).

#[path = "../tests/fixture/mod.rs"]
mod fixture;

use std::io::Write as _;

use phytoload_report::{Report, html, text};

fn main() -> std::io::Result<()> {
    let report = match std::env::args().nth(1).as_deref() {
        Some("text") => text::summary(&fixture::complete()),
        Some("empty") => html::page(&Report::default()),
        Some("limited") => html::page(&fixture::limited()),
        _ => html::page(&fixture::complete()),
    };
    std::io::stdout().write_all(report.as_bytes())
}
