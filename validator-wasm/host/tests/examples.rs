//! The examples of hosts, run as people run them, say what the native validator says.

use std::path::{Path, PathBuf};
use std::process::Command;

use phytohub_certificates::typical;
use phytoval::Embedded;
use phytoval_host::MODULE;

/// A folder with the module and a certificate in which something is found.
struct Stage {
    folder: tempfile::TempDir,
    expected: String,
}

impl Stage {
    fn new() -> Self {
        let certificate = typical(1, "QM", "QZ", "QM-1").replace("unitCode=\"KGM\"", "unitCode=\"KG\"");
        let folder = tempfile::tempdir().expect("a folder can be made");
        std::fs::write(folder.path().join("phytoval.wasm"), MODULE).expect("a file can be written");
        std::fs::write(folder.path().join("certificate.xml"), &certificate).expect("a file can be written");
        let expected = Embedded::default().judge(certificate.as_bytes(), "").expect("no option is wrong");
        assert!(expected.contains("\"verdict\":\"findings\""));
        Self { folder, expected }
    }

    /// Runs `program` with the example and `files` of this folder, and holds its output to what is expected.
    fn check(&self, program: &Path, example: Option<&str>, files: &[&str]) {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
        let output = Command::new(program)
            .args(example.map(|name| examples.join(name)))
            .args(files.iter().map(|name| self.folder.path().join(name)))
            .output()
            .unwrap_or_else(|error| panic!("{}: {error}; `cargo xtask prepare` installs it", program.display()));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{}\n", self.expected));
    }
}

/// The folder of what is built in the profile of this test, as target/debug of target/debug/deps/examples-HASH.
fn built() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    test.ancestors().nth(2).expect("it is deep enough").to_owned()
}

#[test]
fn a_rust_host() {
    Stage::new().check(&built().join("examples/judge"), None, &["certificate.xml"]);
}

#[test]
fn a_python_host() {
    let python =
        std::env::var_os("PHYTOHUB_TEST_PYTHON").map_or_else(|| built().join("../venv/bin/python"), Into::into);
    Stage::new().check(&python, Some("host.py"), &["phytoval.wasm", "certificate.xml"]);
}

#[test]
fn a_node_host() {
    Stage::new().check(Path::new("node"), Some("host.mjs"), &["phytoval.wasm", "certificate.xml"]);
}
