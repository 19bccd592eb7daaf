//! The same sources give the same module, byte for byte, in whatever folder they lie: whoever has the sources can
//! see that a module is what it claims to be.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

use std::fs;
use std::path::Path;
use std::process::Command;

use phytoval_build::{Instructions, build};

/// Copies what git knows of the checkout, or, in a copy without git, all but what is built.
fn copy_sources(from: &Path, to: &Path) {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(from).output();
    let files: Vec<String> = match listed {
        Ok(output) if output.status.success() => {
            String::from_utf8(output.stdout).unwrap().split_terminator('\0').map(str::to_owned).collect()
        }
        _ => walk(from, Path::new("")),
    };
    assert!(files.iter().any(|file| file == "Cargo.lock"), "no sources in {}", from.display());
    for file in files.iter().filter(|file| from.join(file).is_file()) {
        fs::create_dir_all(to.join(file).parent().unwrap()).unwrap();
        fs::copy(from.join(file), to.join(file)).unwrap();
    }
}

fn walk(root: &Path, inside: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(root.join(inside)).unwrap() {
        let entry = entry.unwrap();
        let path = inside.join(entry.file_name());
        if entry.file_type().unwrap().is_file() {
            files.push(path.to_str().unwrap().to_owned());
        } else if entry.file_name() != "target" && entry.file_name() != ".git" {
            files.extend(walk(root, &path));
        }
    }
    files
}

#[test]
fn a_module_built_in_another_folder_is_the_same_byte_for_byte() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let other = tempfile::tempdir().unwrap();
    let copy = other.path().join("a folder of another name");
    copy_sources(root, &copy);
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let target = other.path().join("target");
    let built = build(&cargo, &copy, &target, "phytoval-module", &["languages"], Instructions::Simd).unwrap();
    let built = fs::read(built).unwrap();
    assert!(built.len() > 100_000, "{} bytes are no validator", built.len());
    let differs = built.iter().zip(phytoval_host::MODULE_SIMD).position(|(one, other)| one != other);
    assert!(
        built == phytoval_host::MODULE_SIMD,
        "{} and {} bytes, different from byte {differs:?} on",
        built.len(),
        phytoval_host::MODULE_SIMD.len()
    );
}
