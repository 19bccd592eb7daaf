//! Writes the documents of the conformance suite to a folder, for a fuzzer to start from: `corpus FOLDER`.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("name the folder")?);
    fs::create_dir_all(&folder)?;
    for case in phytoval_conformance::cases()? {
        fs::write(folder.join(&case.id), &case.document)?;
    }
    Ok(())
}
