//! The lock file: each crate once. Two versions of one crate are built twice, audited twice, and disagree at run time.

use std::collections::{BTreeMap, BTreeSet};

use crate::tree::Tree;

/// A crate that is locked in several versions, and why that cannot be helped today.
pub(crate) type Duplicate = (&'static str, &'static str);

/// The duplicates of today. The list only ever gets shorter.
pub(crate) const DUPLICATES: &[Duplicate] = &[
    ("allocator-api2", "the module's allocator asks for 0.4, cranelift's arena for 0.2; the two never share a program"),
    ("base64", "wasm-bindgen's tool asks for 0.22; it runs while building only"),
    ("cpufeatures", "cranelift hashes with sha2 0.10, which asks for 0.2; randomness of the property tests with 0.3"),
    ("embedded-io", "wasmtime's serialiser names two, for platforms without a standard library; neither is built"),
    ("getrandom", "ring 0.17 asks for 0.2; the hub and its other libraries use 0.4"),
    ("gimli", "wasm-bindgen's tool asks for 0.32, cranelift for 0.33"),
    ("hashbrown", "dashmap 6 asks for 0.14; its next major version is not released"),
    ("itertools", "criterion asks for 0.13, wasmtime's compiler for 0.14"),
    ("nom", "x509-parser asks for 7, lettre for 8"),
    ("wasm-encoder", "wasm-bindgen's tool asks for 0.245, wasmtime for 0.254"),
    ("wasmparser", "as wasm-encoder"),
    ("synstructure", "as syn"),
    ("syn", "half of the derive macros have moved to 3; it runs while building only"),
];

/// Crates that only systems other than ours build; they are in the lock file and in nobody's target directory.
const FOREIGN: &str = "windows";

/// Checks `Cargo.lock`.
pub(crate) fn check(tree: &Tree, duplicates: &[Duplicate]) -> Vec<String> {
    let Some(lock) = tree.file("Cargo.lock").and_then(|text| text.parse::<toml::Table>().ok()) else {
        return vec!["Cargo.lock: is missing or no TOML; it belongs into the repository".to_owned()];
    };
    let several: BTreeMap<String, BTreeSet<String>> =
        versions(&lock).into_iter().filter(|(_, versions)| versions.len() > 1).collect();
    let unknown = several.iter().filter(|(name, _)| !duplicates.iter().any(|(listed, _)| listed == name));
    let mut findings: Vec<String> = unknown
        .map(|(name, versions)| {
            let versions = versions.iter().map(String::as_str).collect::<Vec<_>>().join(" and ");
            format!(
                "Cargo.lock: {name} is there as {versions}; see `cargo tree --invert {name}` and settle on one, or \
                 list it in DUPLICATES with the reason"
            )
        })
        .collect();
    let gone = duplicates.iter().filter(|(name, _)| !several.contains_key(*name));
    findings.extend(gone.map(|(name, _)| format!("Cargo.lock: {name} is there once; remove it from DUPLICATES")));
    findings
}

fn versions(lock: &toml::Table) -> BTreeMap<String, BTreeSet<String>> {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let packages = lock.get("package").and_then(toml::Value::as_array);
    for package in packages.into_iter().flatten() {
        let field = |name| package.get(name).and_then(toml::Value::as_str);
        if let (Some(name), Some(version)) = (field("name"), field("version"))
            && !name.starts_with(FOREIGN)
        {
            versions.entry(name.to_owned()).or_default().insert(version.to_owned());
        }
    }
    versions
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "[[package]]\nname = 'a'\nversion = '1.0.0'\n\
                        [[package]]\nname = 'a'\nversion = '2.0.0'\n\
                        [[package]]\nname = 'windows-sys'\nversion = '1.0.0'\n\
                        [[package]]\nname = 'windows-sys'\nversion = '2.0.0'\n";

    #[test]
    fn duplicates_are_a_ratchet() {
        let tree = Tree::planted(&[("Cargo.lock", LOCK)]);
        assert!(matches!(&check(&tree, &[])[..], [one] if one.contains("a is there as 1.0.0 and 2.0.0")));
        assert!(check(&tree, &[("a", "b wants 1")]).is_empty());
        assert_eq!(check(&tree, &[("a", "b wants 1"), ("c", "gone")]).len(), 1, "an entry nobody needs");
    }

    #[test]
    fn a_missing_lock_file_is_found() {
        assert_eq!(check(&Tree::planted(&[]), &[]).len(), 1);
    }
}
