//! The workspace's list of dependencies: each with the reason why it is there, each in use.

use std::collections::BTreeSet;

use crate::dependencies;
use crate::tree::Tree;

const MANIFEST: &str = "Cargo.toml";

/// Checks the root manifest.
pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let text = tree.file(MANIFEST).unwrap_or_default();
    let used: BTreeSet<String> =
        tree.manifests().flat_map(|(_, manifest)| dependencies::all_names(&manifest)).collect();
    let mut findings = Vec::new();
    let mut before = "";
    for (line_number, line) in section(text) {
        if let Some((name, rest)) = dependency(line) {
            if !before.starts_with('#') && !rest.contains("path =") {
                findings.push(format!("{MANIFEST}:{line_number}: say in a comment above {name} why it is here"));
            }
            if !used.contains(name) {
                findings.push(format!("{MANIFEST}:{line_number}: no crate uses {name}; remove it"));
            }
        }
        before = line;
    }
    findings
}

/// The lines of `[workspace.dependencies]` with their numbers.
fn section(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    let inside = lines.skip_while(|(_, line)| *line != "[workspace.dependencies]").skip(1);
    inside.take_while(|(_, line)| !line.starts_with('['))
}

fn dependency(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.split_once('=')?;
    let name = name.trim();
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    is_name.then_some((name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_and_users_are_asked_for() {
        let root = "[workspace.dependencies]\nours = { path = \"ours\" }\n# With a = reason.\na = \"1\"\n\
                    b = \"1\"\n# Idle.\nc = \"1\"\n\n[profile.dev]\nd = 1\n";
        let ours =
            "[dependencies]\na.workspace = true\nb.workspace = true\n[dev-dependencies]\nours.workspace = true\n";
        let tree = Tree::planted(&[("Cargo.toml", root), ("ours/Cargo.toml", ours)]);
        assert_eq!(
            check(&tree),
            ["Cargo.toml:5: say in a comment above b why it is here", "Cargo.toml:7: no crate uses c; remove it"]
        );
    }
}
