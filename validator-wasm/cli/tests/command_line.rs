//! The command line, run as people run it.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use phytohub_certificates::{Broken, broken, typical};

fn phytoval(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_phytoval"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // The program may end without reading what it does not need.
    let _ = child.stdin.take().expect("it was piped").write_all(input.as_bytes());
    child.wait_with_output().expect("the program ends")
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).expect("the program writes UTF-8")
}

#[test]
fn a_clean_certificate_on_standard_input_ends_with_0() {
    let output = phytoval(&["-"], &typical(1, "QM", "QZ", "QM-1"));
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), "-: clean\n"));
}

#[test]
fn a_folder_is_judged_file_by_file_and_one_severe_finding_ends_with_1() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.xml"), typical(1, "QM", "QZ", "QM-1")).unwrap();
    std::fs::write(folder.path().join("b.XML"), broken(1, "QM", "QZ", "QM-1", Broken::CutOff)).unwrap();
    std::fs::write(folder.path().join("c.txt"), "no certificate").unwrap();
    let output = phytoval(&["--format", "json", folder.path().to_str().unwrap()], "");
    assert_eq!(output.status.code(), Some(1));
    let reports: Vec<serde_json::Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let verdicts: Vec<&str> = reports.iter().map(|report| report["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["clean", "findings"]);
}

#[test]
fn what_cannot_be_used_ends_with_2_and_says_what() {
    let folder = tempfile::tempdir().unwrap();
    let overlay = folder.path().join("overlay.txt");
    std::fs::write(&overlay, "# profile: here\nno-such-rule = off\n").unwrap();
    let (overlay, empty) = (overlay.to_str().unwrap(), folder.path().to_str().unwrap());
    for (arguments, says) in [
        (&["no-such-file.xml"] as &[&str], "no-such-file.xml"),
        (&["--profile", "kind", "-"], "ippc, lenient, strict"),
        (&["--profile", overlay, "-"], "line 2: there is no rule 'no-such-rule'"),
        (&["--list", overlay, "-"], "line 1"),
        (&["--lang", "xx", "-"], "en, fr, es, ru, ar, zh"),
        (&["--lang", "fr", "--messages", overlay, "-"], "cannot be used with"),
        (&["--explain", "no-such-rule"], "--list-rules"),
        (&[empty], "no *.xml"),
        (&[], "Usage"),
    ] {
        let output = phytoval(arguments, "");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(says), "{arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn the_rules_are_listed_and_explained() {
    let output = phytoval(&["--list-rules", "--profile", "lenient"], "");
    let list = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0));
    assert!(list.contains("origin-missing               off "), "{list}");
    assert!(list.lines().count() > 100);
    let output = phytoval(&["--explain", "origin-missing"], "");
    assert!(text(&output.stdout).contains("  level:   SEVERE in the profile ippc\n"), "{}", text(&output.stdout));
    let output = phytoval(&["--explain", "origin-missing", "--lang", "es"], "");
    assert!(text(&output.stdout).contains("  nivel:      GRAVE en el perfil ippc\n"), "{}", text(&output.stdout));
    let output = phytoval(&["--list-rules", "--lang", "ru"], "");
    assert!(text(&output.stdout).contains(" ПРЕДУПРЕЖДЕНИЕ "), "{}", text(&output.stdout));
}

#[test]
fn all_words_come_in_the_language_that_is_asked_for() {
    let french = phytoval(&["--lang", "fr", "-"], "");
    assert!(text(&french.stdout).contains(": GRAVE [xml-empty] Le contenu est vide."), "{}", text(&french.stdout));
    let summary = "-: remarques: GRAVE : 1, AVERTISSEMENT : 0, CONSEIL : 0\n";
    assert!(text(&french.stdout).ends_with(summary), "{}", text(&french.stdout));
    let clean = phytoval(&["--lang", "zh", "-"], &typical(1, "QM", "QZ", "QM-1"));
    assert_eq!(text(&clean.stdout), "-: 无问题\n");
    let english = phytoval(&["-"], "");
    assert!(text(&english.stdout).contains("xml-empty") && !text(&english.stdout).contains("vide"));
    let report: serde_json::Value =
        serde_json::from_slice(&phytoval(&["--lang", "ar", "--format", "json", "-"], "").stdout).unwrap();
    assert_eq!(report["language"], "ar");
}

/// Whether `value` has what `schema` says: as much of JSON Schema as the report's uses.
fn conforms(value: &serde_json::Value, schema: &serde_json::Value, root: &serde_json::Value) -> bool {
    use serde_json::Value;
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.strip_prefix('#').expect("references are local");
        return conforms(value, root.pointer(pointer).expect("it is defined"), root);
    }
    if let Some(forms) = schema["oneOf"].as_array() {
        return forms.iter().filter(|form| conforms(value, form, root)).count() == 1;
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.contains(value);
    }
    match (schema["type"].as_str(), value) {
        (Some("null"), Value::Null) | (Some("string"), Value::String(_)) => true,
        (Some("integer"), Value::Number(number)) => {
            number.as_u64().is_some_and(|number| schema["minimum"].as_u64().unwrap_or(0) <= number)
        }
        (Some("array"), Value::Array(items)) => items.iter().all(|item| conforms(item, &schema["items"], root)),
        (Some("object"), Value::Object(members)) => {
            let required = schema["required"].as_array().expect("objects name what they must have");
            required.len() == members.len()
                && members.iter().all(|(name, value)| conforms(value, &schema["properties"][name], root))
        }
        _ => false,
    }
}

#[test]
fn the_json_form_is_what_its_schema_says() {
    let schema: serde_json::Value = serde_json::from_str(include_str!("../../report.schema.json")).unwrap();
    let certificate = typical(1, "QM", "QZ", "QM-1");
    let changed =
        certificate.replace("<ram:ModeCode>", "<ram:ModeCode>x").replace("unitCode=\"KGM\"", "unitCode=\"KG\"");
    assert_ne!(certificate, changed);
    for (document, findings) in [(certificate, false), (changed, true), ("<a>".repeat(100), true)] {
        let output = phytoval(&["--format", "json", "-"], &document);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(conforms(&report, &schema, &schema), "{report}");
        assert_eq!(report["findings"].as_array().is_some_and(|list| !list.is_empty()), findings);
    }
    assert!(!conforms(&serde_json::json!({"verdict": "fine"}), &schema, &schema));
}
