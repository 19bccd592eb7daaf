//! `sbom`: a list of all that a program is made of, in the form of CycloneDX.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use crate::shell::{self, Failure, Workspace};

/// The programs, by the folders of their packages.
const PROGRAMS: [(&str, &str); 3] =
    [("phytohub", "engine/server"), ("phytoval", "validator-wasm/cli"), ("phytoload", "loadtest")];

/// Name of the files that the tool writes beside each manifest; ours, so that nothing else is taken for it.
const WRITTEN: &str = "phytohub-sbom";

/// Writes one list a program to a folder: `sbom FOLDER`.
pub(crate) fn sbom(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode, Failure> {
    let [folder] = arguments else { return Err(Failure::new("say the folder that the lists are written to")) };
    let folder = std::path::absolute(folder).map_err(|error| Failure::new(format!("{folder}: {error}")))?;
    fs::create_dir_all(&folder).map_err(|error| Failure::new(format!("{}: {error}", folder.display())))?;
    install(workspace)?;
    for (program, package) in PROGRAMS {
        let mut command =
            workspace.cargo(["cyclonedx", "--format", "json", "--spec-version", "1.5", "--target", "all"]);
        command.args(["--override-filename", WRITTEN, "--manifest-path"]);
        let made = shell::run(command.arg(workspace.root().join(package).join("Cargo.toml")))?;
        if !made.success() {
            return Err(Failure::new(format!("the list of {program} could not be made; the reason is above")));
        }
        let file = folder.join(format!("{program}.cdx.json"));
        take(workspace, package, &file)?;
        println!("sbom: {} lists what {program} is made of", file.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Takes the list of one package, and what the tool wrote for the others besides.
fn take(workspace: &Workspace, package: &str, file: &Path) -> Result<(), Failure> {
    let name = format!("{WRITTEN}.json");
    let written = workspace.root().join(package).join(&name);
    let fail = |error: std::io::Error| Failure::new(format!("{} to {}: {error}", written.display(), file.display()));
    // Where the sources lay is nobody's matter, and would differ from machine to machine.
    let list = fs::read_to_string(&written).map_err(fail)?;
    let root = workspace.root().display().to_string();
    fs::write(file, list.replace(&root, "/phytohub")).map_err(fail)?;
    remove_below(workspace.root(), &name, 4);
    Ok(())
}

/// Removes files of a name in a folder and those below it, so many levels deep.
fn remove_below(folder: &Path, name: &str, levels: usize) {
    // What cannot be removed shows in `git status`; the lists are made all the same.
    let _ = fs::remove_file(folder.join(name));
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten().filter(|_| levels > 0) {
        let is_ours = entry.file_name() != "target" && entry.file_name() != ".git";
        if is_ours && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_below(&entry.path(), name, levels - 1);
        }
    }
}

fn install(workspace: &Workspace) -> Result<(), Failure> {
    if shell::answers(&mut workspace.cargo(["cyclonedx", "--version"])) {
        return Ok(());
    }
    println!("sbom: cargo-cyclonedx is not installed; building it once, which takes some minutes");
    let mut command = workspace.cargo(["install", "cargo-cyclonedx", "--locked"]);
    match shell::run(command.env_remove("CARGO_TARGET_DIR"))?.success() {
        true => Ok(()),
        false => Err(Failure::new("cargo-cyclonedx could not be installed; the reason is above")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_tool_wrote_for_others_is_removed_and_nothing_else() {
        let root = std::env::temp_dir().join(format!("phytohub-sbom-{}", std::process::id()));
        let deep = root.join("a/b");
        fs::create_dir_all(&deep).unwrap();
        for file in ["phytohub-sbom.json", "a/phytohub-sbom.json", "a/b/phytohub-sbom.json", "a/b/other.json"] {
            fs::write(root.join(file), "{}").unwrap();
        }
        remove_below(&root, "phytohub-sbom.json", 2);
        assert!(deep.join("other.json").exists() && !deep.join("phytohub-sbom.json").exists());
        assert!(!root.join("phytohub-sbom.json").exists());
        fs::remove_dir_all(root).unwrap();
    }
}
