//! The package for JavaScript, installed as npm would and run by node, says what the native validator says.

use std::fs;
use std::path::Path;
use std::process::Command;

use phytohub_certificates::{Broken, broken, typical};
use phytoval::Embedded;
use phytoval_page::{PACKAGE, write};

/// A folder with the package installed, the example and certificates; and what node prints there.
struct Project(tempfile::TempDir);

impl Project {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        write(PACKAGE, &folder.path().join("node_modules/phytoval")).expect("files can be written");
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../js/examples/judge.mjs");
        fs::copy(example, folder.path().join("judge.mjs")).expect("a file can be copied");
        Self(folder)
    }

    fn node(&self, arguments: &[&str]) -> Result<String, String> {
        let output = Command::new("node")
            .args(arguments)
            .current_dir(self.0.path())
            .output()
            .unwrap_or_else(|error| panic!("node: {error}; `cargo xtask prepare` installs it"));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }
}

#[test]
fn node_says_what_the_native_validator_says_in_every_language() {
    let project = Project::new();
    let mut contents: Vec<String> = (0..20).map(|seed| typical(seed, "QM", "QZ", &format!("QM-{seed}"))).collect();
    contents.extend(Broken::ALL.iter().map(|&how| broken(7, "QM", "QZ", "QM-7", how)));
    let names: Vec<String> = (0..contents.len()).map(|index| format!("{index}.xml")).collect();
    for (name, content) in names.iter().zip(&contents) {
        fs::write(project.0.path().join(name), content).unwrap();
    }
    for language in ["en", "fr", "es", "ru", "ar", "zh"] {
        let mut arguments = vec!["judge.mjs", language];
        arguments.extend(names.iter().map(String::as_str));
        let said = project.node(&arguments).unwrap();
        assert_eq!(said.lines().count(), contents.len());
        let native = Embedded::default();
        for ((line, name), content) in said.lines().zip(&names).zip(&contents) {
            let expected = native.judge(content.as_bytes(), &format!("language={language}")).unwrap();
            // The report is escaped for use inside of HTML; what JavaScript writes of it is not.
            assert_eq!(line, expected.replace("\\u003c", "<"), "{name} in {language}");
        }
    }
}

/// Judges the documents of `cases.json` and prints a report a line.
const JUDGE_CASES: &str = "
    import { readFileSync } from 'node:fs';
    import { init, moduleName, validate } from 'phytoval';
    await init(readFileSync(new URL(import.meta.resolve('phytoval/' + moduleName()))));
    for (const { file, header } of JSON.parse(readFileSync('cases.json'))) {
        console.log(JSON.stringify(validate(readFileSync(file), { header: header ?? undefined })));
    }";

#[test]
fn node_gives_the_conformance_suite_the_reports_of_the_native_validator() {
    let project = Project::new();
    let cases = phytoval_conformance::cases().unwrap();
    let mut listed = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let file = format!("case-{index}");
        fs::write(project.0.path().join(&file), &case.document).unwrap();
        let header: serde_json::Map<_, _> =
            case.header.iter().map(|(key, value)| (key.clone(), value.clone().into())).collect();
        let header = if header.is_empty() { serde_json::Value::Null } else { header.into() };
        listed.push(serde_json::json!({ "file": file, "header": header }));
    }
    fs::write(project.0.path().join("cases.json"), serde_json::to_string(&listed).unwrap()).unwrap();
    let said = project.node(&["--input-type=module", "--eval", JUDGE_CASES]).unwrap();
    assert_eq!(said.lines().count(), cases.len());
    let native = Embedded::default();
    for (line, case) in said.lines().zip(&cases) {
        let expected = native.judge(&case.document, &case.options()).unwrap();
        assert_eq!(line, expected.replace("\\u003c", "<"), "{}", case.id);
    }
}

#[test]
fn a_wrong_call_throws_and_says_how() {
    let project = Project::new();
    let call = |code: &str| {
        let start = "import { readFileSync } from 'node:fs'; import * as p from 'phytoval';
            const start = () => p.init(readFileSync(new URL(import.meta.resolve('phytoval/' + p.moduleName()))));";
        project.node(&["--input-type=module", "--eval", &format!("{start} {code}")])
    };
    for (code, expected) in [
        ("p.validate('<a/>')", "init"),
        ("await p.init()", "init needs the module"),
        ("await start(); p.validate(7)", "TypeError"),
        ("await start(); p.validate('<a/>', { profile: 'none' })", "none"),
        ("await start(); p.validate('<a/>', { language: 'fr\\nprofile=lenient' })", "line"),
        ("await start(); p.validate('<a/>', { langauge: 'fr' })", "langauge"),
        ("await start(); p.load('nonsense')", "were expected in line 1"),
    ] {
        let error = call(code).expect_err(code);
        assert!(error.contains(expected), "{code}: {error}");
    }
    let judged = "await start(); console.log(p.validate('<a/>').verdict)";
    assert_eq!(call(judged), Ok("findings\n".to_owned()));
    // As in browsers that compile nothing large at once outside of workers.
    let waits = "WebAssembly.Module = function () { throw new RangeError('too large'); };";
    assert_eq!(call(&format!("{waits} {judged}")), Ok("findings\n".to_owned()));
}
