//! Writes the modules that this crate carries to a folder, for whoever embeds them elsewhere.
//!
//! `cargo run -p phytoval-host --example export -- FOLDER`, which `cargo xtask module FOLDER` does.
#![expect(clippy::print_stdout, reason = "it tells what it wrote")]

use std::error::Error;
use std::path::PathBuf;

use phytoval_host::{MODULE, MODULE_SIMD};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("name a folder")?);
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for (name, module) in [("phytoval.wasm", MODULE), ("phytoval-simd.wasm", MODULE_SIMD)] {
        let path = folder.join(name);
        std::fs::write(&path, module).map_err(|error| format!("{}: {error}", path.display()))?;
        println!("{}: {} bytes", path.display(), module.len());
    }
    Ok(())
}
