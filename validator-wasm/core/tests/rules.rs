//! The conformance suite, judged natively: what keeps each rule, and what breaks it and no other.

use std::collections::BTreeMap;

use phytoval::{Outcome, Rule, Validator};
use phytoval_conformance::{Case, EXPORT, cases};

/// The header that a case names.
fn expected_of(case: &Case) -> Option<phytoval::Expected<'_>> {
    let field = |name: &str| case.header.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    Some(phytoval::Expected {
        from: field("from")?,
        to: field("to")?,
        number: field("number")?,
        certificate_type: field("type")?.parse().ok()?,
        certificate_status: field("status")?.parse().ok()?,
    })
}

#[test]
fn every_case_finds_what_it_expects_and_nothing_else() {
    let mut wrong = Vec::new();
    for case in cases().unwrap() {
        let report = Validator::default().validate(&case.document, expected_of(&case).as_ref());
        let found: Vec<&str> = report.findings.iter().map(|finding| finding.rule.entry().id).collect();
        if found != case.expected {
            wrong.push(format!("{}: {found:?} instead of {:?}", case.id, case.expected));
        }
        let limit = !case.passes && case.rule.starts_with("limit-");
        if limit != (report.outcome == Outcome::NotDetermined) || (limit && !report.refuses()) {
            wrong.push(format!("{}: {:?} instead of the outcome it should have", case.id, report.outcome));
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_passes_keeps_its_rule_and_what_fails_breaks_it() {
    for case in cases().unwrap() {
        assert_eq!(case.expected.contains(&case.rule), !case.passes, "{}", case.id);
    }
}

#[test]
fn every_rule_is_kept_once_and_broken_twice() {
    let mut counts: BTreeMap<String, [u32; 2]> = BTreeMap::new();
    for case in cases().unwrap() {
        let [kept, broken] = counts.entry(case.rule).or_default();
        *if case.passes { kept } else { broken } += 1;
    }
    // Its documents are too large for a suite; it has a test of its own below.
    counts.insert("limit-size".to_owned(), [1, 2]);
    let few = counts.iter().filter(|(_, [kept, broken])| *kept < 1 || *broken < 2).collect::<Vec<_>>();
    assert!(few.is_empty(), "{few:?}");
    let mut all: Vec<&str> = Rule::ALL.iter().map(|rule| rule.entry().id).collect();
    all.sort_unstable();
    assert_eq!(counts.keys().map(String::as_str).collect::<Vec<_>>(), all);
}

#[test]
fn no_document_stands_in_the_suite_twice() {
    let mut seen: BTreeMap<(Vec<u8>, String), String> = BTreeMap::new();
    for case in cases().unwrap() {
        let key = (case.document.clone(), case.options());
        let before = seen.insert(key, case.id.clone());
        // One clean certificate may keep many rules.
        assert!(case.passes || before.is_none(), "{} is {before:?}", case.id);
    }
}

#[test]
fn content_above_the_bound_is_not_determined() {
    let bound = 64 << 20;
    for (length, rule) in [(bound, Rule::XmlEmpty), (bound + 1, Rule::LimitSize), (2 * bound, Rule::LimitSize)] {
        let report = Validator::default().validate(&vec![b' '; length], None);
        assert_eq!(report.findings[0].rule, rule);
        assert_eq!(report.outcome == Outcome::NotDetermined, rule == Rule::LimitSize);
    }
}

#[test]
fn content_in_the_wrong_encoding_is_told_where() {
    let content = [b"<a>" as &[u8], b"\xE4</a>"].concat();
    let report = Validator::default().validate(&content, None);
    let last = report.findings.last().unwrap();
    assert_eq!((last.rule, last.line, last.column, last.offset), (Rule::XmlEncoding, 1, 4, 3));
}

#[test]
fn the_certificate_that_cases_change_is_clean() {
    assert_eq!(Validator::default().validate(EXPORT.as_bytes(), None).findings, []);
}
