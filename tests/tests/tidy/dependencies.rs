//! What each crate may depend on: the directions of ARCHITECTURE.md as a table.

use toml::{Table, Value};

use crate::tree::Tree;

/// A crate and its direct dependencies. What is not in the list is not forbidden for ever: it is a change of the
/// architecture, so it is made here, in the open, and explained in ARCHITECTURE.md.
pub(crate) struct Crate {
    folder: &'static str,
    name: &'static str,
    normal: &'static [&'static str],
    /// For its tests and benches only.
    dev: &'static [&'static str],
}

/// What build scripts may use: they are for the validator's modules and pages that stem from its rules.
const BUILD_SCRIPTS: &[&str] =
    &["phytoval", "phytoval-build", "phytoval-conformance", "serde_json", "wasm-bindgen-cli-support"];

/// Every crate of the workspace.
pub(crate) const CRATES: &[Crate] = &[
    Crate { folder: "engine/model", name: "phytohub-model", normal: &[], dev: &[] },
    Crate { folder: "engine/console", name: "phytohub-console", normal: &["phytoval-page"], dev: &[] },
    Crate {
        folder: "engine/alert",
        name: "phytohub-alert",
        normal: &[
            "bytes",
            "http-body-util",
            "hyper",
            "hyper-util",
            "lettre",
            "phytohub-model",
            "phytohub-operate",
            "ring",
            "rustix",
            "rustls",
            "rustls-native-certs",
            "serde",
            "serde_json",
            "tokio",
            "tokio-rustls",
            "utoipa",
        ],
        dev: &["tempfile", "toml"],
    },
    Crate {
        folder: "engine/core",
        name: "phytohub-core",
        normal: &["hashbrown", "phytohub-model"],
        dev: &["allocation-counter", "proptest"],
    },
    Crate {
        folder: "engine/soap",
        name: "phytohub-soap",
        normal: &["bytes", "memchr", "phytohub-model"],
        dev: &["allocation-counter", "phytohub-hostile", "proptest", "quick-xml"],
    },
    Crate {
        folder: "engine/journal",
        name: "phytohub-journal",
        normal: &["arc-swap", "bytes", "crc32fast", "phytohub-model", "rkyv", "rustix", "thiserror"],
        dev: &["proptest", "tempfile"],
    },
    Crate {
        folder: "validator-wasm/core",
        name: "phytoval",
        normal: &["base64", "phytohub-model", "simdutf8", "wide"],
        dev: &["allocation-counter", "phytohub-hostile", "phytoval-conformance", "proptest", "quick-xml"],
    },
    Crate { folder: "validator-wasm/conformance", name: "phytoval-conformance", normal: &[], dev: &[] },
    Crate {
        folder: "validator-wasm/fuzz",
        name: "phytoval-fuzz",
        normal: &["phytoval", "phytoval-conformance", "phytoval-host"],
        dev: &["serde_json"],
    },
    Crate {
        folder: "validator-wasm/fuzz/libfuzzer",
        name: "phytoval-libfuzzer",
        normal: &["libfuzzer-sys", "phytohub-fuzz", "phytoval-fuzz"],
        dev: &[],
    },
    Crate { folder: "validator-wasm/build", name: "phytoval-build", normal: &[], dev: &[] },
    Crate {
        folder: "validator-wasm/cli",
        name: "phytoval-cli",
        normal: &["clap", "phytohub-model", "phytoval"],
        dev: &["phytohub-certificates", "serde_json", "tempfile"],
    },
    Crate {
        folder: "validator-wasm/host",
        name: "phytoval-host",
        normal: &["thiserror", "wasmtime"],
        dev: &["phytohub-certificates", "phytoval", "phytoval-build", "phytoval-conformance", "tempfile", "wat"],
    },
    Crate { folder: "validator-wasm/host/module", name: "phytoval-module", normal: &["phytoval", "talc"], dev: &[] },
    Crate { folder: "validator-wasm/js", name: "phytoval-js", normal: &["phytoval", "rlsf", "wasm-bindgen"], dev: &[] },
    Crate {
        folder: "validator-wasm/page",
        name: "phytoval-page",
        normal: &[],
        dev: &["phytohub-certificates", "phytoval", "phytoval-conformance", "serde_json", "tempfile"],
    },
    Crate { folder: "loadtest/certificates", name: "phytohub-certificates", normal: &[], dev: &["phytoval"] },
    Crate {
        folder: "engine/onboarding",
        name: "phytohub-onboarding",
        normal: &["phytohub-model", "phytohub-soap", "serde", "serde_json", "utoipa"],
        dev: &[],
    },
    Crate {
        folder: "engine/operate",
        name: "phytohub-operate",
        normal: &["phytohub-model", "rustix", "serde", "serde_json"],
        dev: &["tempfile"],
    },
    Crate {
        folder: "engine/shard",
        name: "phytohub-shard",
        normal: &["bytes", "phytohub-core", "phytohub-journal", "phytohub-model", "thiserror", "xxhash-rust"],
        dev: &[],
    },
    Crate {
        folder: "engine/salvage",
        name: "phytohub-salvage",
        normal: &[
            "bytes",
            "phytohub-core",
            "phytohub-journal",
            "phytohub-model",
            "phytohub-operate",
            "phytohub-shard",
            "serde",
            "serde_json",
        ],
        dev: &[],
    },
    Crate {
        folder: "engine/push",
        name: "phytohub-push",
        normal: &[
            "bytes",
            "http-body-util",
            "hyper",
            "hyper-util",
            "phytohub-model",
            "phytohub-soap",
            "ring",
            "rustls",
            "tokio",
            "tokio-rustls",
        ],
        dev: &["rcgen"],
    },
    Crate {
        folder: "engine/audit",
        name: "phytohub-audit",
        normal: &["phytohub-model", "ring", "serde", "serde_json", "thiserror", "utoipa"],
        dev: &["proptest", "tempfile"],
    },
    Crate {
        folder: "engine/change",
        name: "phytohub-change",
        normal: &["phytohub-model", "phytoval", "ring", "serde", "serde_json", "thiserror", "utoipa"],
        dev: &["tempfile"],
    },
    Crate {
        folder: "loadtest",
        name: "phytoload",
        normal: &[
            "bytes",
            "clap",
            "crc32fast",
            "crossbeam-channel",
            "hdrhistogram",
            "http-body-util",
            "httparse",
            "hyper",
            "hyper-util",
            "memchr",
            "phytohub-certificates",
            "phytohub-model",
            "phytohub-operate",
            "phytohub-soap",
            "phytoload-report",
            "phytoload-traffic",
            "rustix",
            "rustls",
            "serde",
            "serde_json",
            "tempfile",
            "tokio",
            "tokio-rustls",
            "toml",
            "xxhash-rust",
        ],
        dev: &[],
    },
    Crate { folder: "engine/plot", name: "phytohub-plot", normal: &[], dev: &[] },
    Crate {
        folder: "engine/report",
        name: "phytohub-report",
        normal: &["phytohub-model", "phytohub-plot", "serde", "serde_json", "toml", "utoipa"],
        dev: &["proptest"],
    },
    Crate {
        folder: "loadtest/report",
        name: "phytoload-report",
        normal: &["phytohub-plot", "serde", "serde_json", "toml"],
        dev: &[],
    },
    Crate {
        folder: "loadtest/traffic",
        name: "phytoload-traffic",
        normal: &["phytohub-certificates", "phytohub-model", "phytohub-soap", "serde"],
        dev: &["phytoval"],
    },
    Crate {
        folder: "engine/server",
        name: "phytohub-server",
        normal: &[
            "arc-swap",
            "axum",
            "base64",
            "bytes",
            "clap",
            "crossbeam-channel",
            "dashmap",
            "getrandom",
            "http-body-util",
            "hyper",
            "hyper-util",
            "memchr",
            "phytohub-alert",
            "phytohub-audit",
            "phytohub-certificates",
            "phytohub-change",
            "phytohub-console",
            "phytohub-core",
            "phytohub-journal",
            "phytohub-model",
            "phytohub-onboarding",
            "phytohub-onboarding",
            "phytohub-operate",
            "phytohub-plot",
            "phytohub-report",
            "phytohub-push",
            "phytohub-salvage",
            "phytohub-shard",
            "phytohub-soap",
            "phytoval",
            "phytoval-host",
            "phytoval-page",
            "prometheus-client",
            "rcgen",
            "ring",
            "rustix",
            "rustls",
            "serde",
            "serde_json",
            "tempfile",
            "thiserror",
            "tokio",
            "tokio-rustls",
            "toml",
            "tracing",
            "tracing-subscriber",
            "x509-parser",
            "utoipa",
        ],
        dev: &["allocation-counter"],
    },
    Crate {
        folder: "tests",
        name: "phytohub-tests",
        normal: &[
            "base64",
            "memchr",
            "phytohub-certificates",
            "phytohub-console",
            "phytohub-model",
            "phytohub-operate",
            "phytohub-server",
            "phytohub-soap",
            "phytoval",
            "rustls",
            "serde_json",
            "tempfile",
            "tokio",
            "tokio-rustls",
        ],
        dev: &["phytohub-alert", "phytohub-hostile", "phytoval-conformance", "phytoval-host", "rustix", "toml"],
    },
    Crate {
        folder: "tests/fuzz",
        name: "phytohub-fuzz",
        normal: &[
            "bytes",
            "crc32fast",
            "phytohub-core",
            "phytohub-hostile",
            "phytohub-journal",
            "phytohub-model",
            "phytohub-server",
            "phytohub-soap",
            "phytoval-fuzz",
        ],
        dev: &[],
    },
    Crate { folder: "tests/hostile", name: "phytohub-hostile", normal: &[], dev: &[] },
    Crate {
        folder: "tests/sim",
        name: "phytohub-sim",
        normal: &["bytes", "memchr", "phytohub-core", "phytohub-journal", "phytohub-model", "phytohub-shard"],
        dev: &[],
    },
    Crate {
        folder: "benches",
        name: "phytohub-benches",
        normal: &["phytohub-certificates"],
        dev: &[
            "bytes",
            "criterion",
            "phytohub-certificates",
            "phytohub-core",
            "phytohub-journal",
            "phytohub-model",
            "phytohub-soap",
            "phytoval",
            "phytoval-host",
            "quick-xml",
            "tempfile",
        ],
    },
    Crate {
        folder: "benches/peers/exchange",
        name: "phytohub-exchange-peers",
        normal: &[
            "async-nats",
            "bytes",
            "futures-util",
            "hdrhistogram",
            "lapin",
            "phytohub-certificates",
            "redis",
            "rustix",
            "serde",
            "serde_json",
            "tokio",
            "tokio-postgres",
        ],
        dev: &[],
    },
    Crate { folder: "xtask", name: "xtask", normal: &[], dev: &[] },
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Normal,
    Dev,
    Build,
}

/// Checks each manifest against its row.
pub(crate) fn check(tree: &Tree, crates: &[Crate]) -> Vec<String> {
    let mut findings = Vec::new();
    for (folder, manifest) in tree.manifests() {
        match crates.iter().find(|row| row.folder == folder) {
            Some(row) => findings.extend(check_crate(row, &manifest)),
            None => findings.push(format!(
                "{folder}/Cargo.toml: the crate is not in CRATES; add it there and to ARCHITECTURE.md, with what \
                 it may depend on"
            )),
        }
    }
    let gone = crates.iter().filter(|row| tree.file(&format!("{}/Cargo.toml", row.folder)).is_none());
    findings.extend(gone.map(|row| format!("{}/Cargo.toml: is no more; remove its row from CRATES", row.folder)));
    findings
}

/// The names of all dependencies of a manifest, of any kind and for any target.
pub(crate) fn all_names(manifest: &Table) -> Vec<String> {
    dependencies(manifest).into_iter().map(|(_, name, _)| name.to_owned()).collect()
}

fn check_crate(row: &Crate, manifest: &Table) -> Vec<String> {
    let place = format!("{}/Cargo.toml", row.folder);
    let mut findings = Vec::new();
    let name = manifest.get("package").and_then(|package| package.get("name")).and_then(Value::as_str);
    if name != Some(row.name) {
        findings.push(format!("{place}: the crate's name should be {}", row.name));
    }
    for (kind, name, value) in dependencies(manifest) {
        let (allowed, section) = match kind {
            Kind::Normal => (row.normal, "dependencies"),
            Kind::Dev => (row.dev, "dev-dependencies"),
            Kind::Build => (BUILD_SCRIPTS, "build-dependencies"),
        };
        if !allowed.contains(&name) {
            findings.push(format!(
                "{place}: {name} is not among the {section} that {} may have; do without it, or argue for it in \
                 ARCHITECTURE.md and add it to CRATES in tests/tests/tidy/dependencies.rs",
                row.name
            ));
        }
        // What is a workspace of its own has nowhere else to write them.
        let is_apart = manifest.contains_key("workspace");
        if !is_apart && value.get("workspace").and_then(Value::as_bool) != Some(true) {
            findings
                .push(format!("{place}: write `{name}.workspace = true`; versions stand in the root Cargo.toml only"));
        }
    }
    findings
}

fn dependencies(manifest: &Table) -> Vec<(Kind, &str, &Value)> {
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(|targets| targets.values());
    let places = std::iter::once(manifest).chain(targets.filter_map(Value::as_table));
    let sections =
        [("dependencies", Kind::Normal), ("dev-dependencies", Kind::Dev), ("build-dependencies", Kind::Build)];
    places
        .flat_map(|place| sections.iter().map(move |&(section, kind)| (place.get(section), kind)))
        .filter_map(|(section, kind)| Some((section?.as_table()?, kind)))
        .flat_map(|(section, kind)| section.iter().map(move |(name, value)| (kind, name.as_str(), value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: &[Crate] = &[Crate { folder: "a", name: "phytohub-a", normal: &["bytes"], dev: &["proptest"] }];

    fn findings(manifest: &str) -> Vec<String> {
        let manifest = format!("[package]\nname = \"phytohub-a\"\n{manifest}");
        check(&Tree::planted(&[("a/Cargo.toml", &manifest)]), ROWS)
    }

    #[test]
    fn what_the_table_has_is_allowed() {
        assert!(
            findings("[dependencies]\nbytes.workspace = true\n[dev-dependencies]\nproptest.workspace = true\n")
                .is_empty()
        );
        assert!(findings("").is_empty());
    }

    #[test]
    fn what_it_has_not_is_found_in_every_section() {
        for section in ["dependencies", "dev-dependencies", "build-dependencies", "target.'cfg(unix)'.dependencies"] {
            let found = findings(&format!("[{section}]\nserde.workspace = true\n"));
            assert!(matches!(&found[..], [one] if one.contains("serde is not among")), "{section}: {found:?}");
        }
        assert_eq!(findings("[dependencies]\nproptest.workspace = true\n").len(), 1, "for tests only");
        assert_eq!(findings("[dependencies.serde]\nworkspace = true\n").len(), 1);
        assert!(
            matches!(&findings("[dependencies]\nbytes = \"1\"\n")[..], [one] if one.contains("bytes.workspace = true"))
        );
    }

    #[test]
    fn the_table_and_the_crates_are_the_same() {
        let named = |name: &str| format!("[package]\nname = \"{name}\"\n");
        let tree = Tree::planted(&[("a/Cargo.toml", &named("other")), ("b/Cargo.toml", &named("b"))]);
        let found = check(&tree, ROWS);
        assert!(
            matches!(&found[..], [one, two] if one.contains("should be phytohub-a") && two.contains("not in CRATES"))
        );
        assert!(matches!(&check(&Tree::planted(&[]), ROWS)[..], [one] if one.contains("is no more")));
    }
}
