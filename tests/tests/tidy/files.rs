//! Tracked files of any kind: small, and the same on every machine.

use crate::tree::{File, Tree};

/// A repository keeps every version for ever; what is larger is made by a program or fetched.
const FILE_BYTES_MAX: usize = 1 << 20;

/// First folders of paths that exist on one machine only. Built into patterns below, so that this list is none itself.
const MACHINE_FOLDERS: [&str; 5] = ["Users", "home", "root", "tmp", "work"];

/// Hosts of package registries, in two parts for the same reason: the package client's configuration names its host,
/// never the project.
const REGISTRY_HOSTS: [(&str, &str); 7] = [
    ("crates", ".io"),
    ("deb.debian", ".org"),
    ("files.pythonhosted", ".org"),
    ("proxy.golang", ".org"),
    ("pypi", ".org"),
    ("registry.npmjs", ".org"),
    ("repo.maven.apache", ".org"),
];

/// Checks every tracked file.
pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for file in tree.files() {
        if file.bytes.len() > FILE_BYTES_MAX {
            findings.push(format!(
                "{}: has {} bytes, {FILE_BYTES_MAX} are the most for a tracked file; make it when it is needed",
                file.path,
                file.bytes.len()
            ));
        }
        // A lock file is the package client's own, hosts and all.
        if !file.path.ends_with(".lock") {
            findings.extend(machine_words(file));
        }
    }
    findings
}

fn machine_words(file: &File) -> Vec<String> {
    let mut findings = Vec::new();
    for (index, line) in file.text().unwrap_or_default().lines().enumerate() {
        let place = format!("{}:{}", file.path, index + 1);
        if let Some((name, end)) = REGISTRY_HOSTS.iter().find(|(name, end)| line.contains(&format!("{name}{end}"))) {
            findings.push(format!(
                "{place}: leave the registry's host ({name}{end}) to the package client's configuration"
            ));
        }
        if let Some(folder) = MACHINE_FOLDERS.iter().find(|folder| names_folder(line, folder)) {
            findings.push(format!("{place}: a path under /{folder} exists on one machine only; take it from outside"));
        }
    }
    findings
}

/// Whether a line names an absolute path below `folder`: the slash before it must begin a path, not continue one.
fn names_folder(line: &str, folder: &str) -> bool {
    let pattern = format!("/{folder}/");
    line.match_indices(&pattern).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|character| character.is_alphanumeric() || "./_-~}>)*$".contains(character))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_files_are_found() {
        let large = "x".repeat(FILE_BYTES_MAX + 1);
        assert_eq!(check(&Tree::planted(&[("a.bin", &large)])).len(), 1);
        assert!(check(&Tree::planted(&[("a.bin", &large[1..])])).is_empty());
    }

    #[test]
    fn paths_and_hosts_of_one_machine_are_found() {
        for folder in MACHINE_FOLDERS {
            for line in [format!("cd /{folder}/x"), format!("\"/{folder}/x\""), format!("a=/{folder}/x")] {
                assert_eq!(check(&Tree::planted(&[("a.md", &line)])).len(), 1, "{line}");
            }
            for line in
                [format!("a/{folder}/x"), format!("../{folder}/x"), format!("${{A}}/{folder}/x"), format!("/{folder}")]
            {
                assert!(check(&Tree::planted(&[("a.md", &line)])).is_empty(), "{line}");
            }
        }
        for (name, end) in REGISTRY_HOSTS {
            let line = format!("https://{name}{end}/x");
            assert_eq!(check(&Tree::planted(&[("a.toml", &line)])).len(), 1, "{line}");
            assert!(check(&Tree::planted(&[("Cargo.lock", &line)])).is_empty());
        }
    }
}
