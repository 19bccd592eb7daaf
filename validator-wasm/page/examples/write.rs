//! Writes the page, or the package for JavaScript, to a folder, for any static server or for npm.
//!
//! `cargo run -p phytoval-page --example write -- page|package FOLDER`, which `cargo xtask page FOLDER` and
//! `cargo xtask package FOLDER` do.
#![expect(clippy::print_stdout, reason = "it tells what it wrote")]

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let files = match arguments.next().as_deref().and_then(|what| what.to_str()) {
        Some("page") => phytoval_page::PAGE,
        Some("package") => phytoval_page::PACKAGE,
        _ => return Err("name what is wanted, page or package, and a folder".into()),
    };
    let folder = PathBuf::from(arguments.next().ok_or("name a folder")?);
    phytoval_page::write(files, &folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for file in files {
        println!("{}: {} bytes", folder.join(file.path).display(), file.bytes.len());
    }
    Ok(())
}
