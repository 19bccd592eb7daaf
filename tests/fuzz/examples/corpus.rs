//! Writes what a target begins with to a folder, for a fuzzer: `corpus TARGET FOLDER`.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let target = arguments.next().ok_or("name the target")?;
    let folder = PathBuf::from(arguments.next().ok_or("name the folder")?);
    fs::create_dir_all(&folder)?;
    for (index, content) in phytohub_fuzz::corpus(&target).into_iter().enumerate() {
        fs::write(folder.join(format!("{index:03}")), content)?;
    }
    Ok(())
}
