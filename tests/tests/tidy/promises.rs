//! Documents that name tests as proof: each test that they name is there, and each promise names one.

use crate::tree::{File, Tree};
use crate::views::Views;

/// Documents with promises, and how their sections with one begin.
const DOCUMENTS: [(&str, &str); 2] = [("docs/guarantees.md", "## "), ("SECURITY.md", "### ")];

/// Sections of those documents that promise nothing.
const NO_PROMISE: [&str; 1] = ["What is assumed"];

/// Names that are no test, and promises that name none.
pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    let tests = tests(tree);
    for (path, heading) in DOCUMENTS {
        let Some(text) = tree.file(path) else {
            findings.push(format!("{path} is missing"));
            continue;
        };
        for section in text.split(&format!("\n{heading}")).skip(1) {
            let title = section.lines().next().unwrap_or_default();
            let named: Vec<&str> = section.lines().filter_map(named_test).collect();
            if named.is_empty() && !NO_PROMISE.contains(&title) {
                findings.push(format!("{path}: '{title}' names no test"));
            }
            let missing = named.iter().filter(|name| !tests.iter().any(|test| test == *name));
            findings.extend(missing.map(|name| format!("{path}: '{title}': there is no test {name}")));
        }
    }
    findings
}

/// The test that a line of a list names at its beginning.
fn named_test(line: &str) -> Option<&str> {
    let name = line.strip_prefix("* `")?.split('`').next()?;
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_').then_some(name)
}

/// Names of all functions that are tests: those with an attribute of one, and those inside `proptest!`.
fn tests(tree: &Tree) -> Vec<String> {
    let mut names = Vec::new();
    for text in tree.files().filter(|file| file.is_rust()).filter_map(File::text) {
        let code = Views::of(text).code;
        let mut is_test = false;
        for line in code.lines().map(str::trim) {
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                is_test = true;
                continue;
            }
            let signature = line.strip_prefix("async ").unwrap_or(line);
            if let (true, Some(rest)) = (is_test, signature.strip_prefix("fn ")) {
                names.push(rest.split('(').next().unwrap_or(rest).to_owned());
                is_test = false;
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_a_test_and_a_promise_without_a_name_are_found() {
        let document = "# Title\n\n## One\n\n* `it_holds`: so\n* `it_is_planned`\n\n## Two\n\nnothing\n";
        let source = "#[test]\nfn it_holds() {}\n\n/// Not a test: `it_is_planned`.\nfn it_is_planned() {}\n";
        let planted = [("SECURITY.md", ""), ("docs/guarantees.md", document), ("tests/a.rs", source)];
        let findings = check(&Tree::planted(&planted));
        assert_eq!(findings.len(), 2, "{findings:?}");
        assert!(findings[0].contains("it_is_planned") && findings[1].contains("'Two' names no test"), "{findings:?}");
    }

    #[test]
    fn a_document_that_is_gone_is_found() {
        let findings = check(&Tree::planted(&[("SECURITY.md", ""), ("tests/a.rs", "")]));
        assert_eq!(findings, ["docs/guarantees.md is missing"]);
    }
}
