//! One canonical case for each rule of the catalogue: a clean certificate, changed in one place.

mod fixture;

use fixture::{CERTIFICATE, EXPECTED, broken, changed};
use phytoval::{Outcome, Rule, Validator};

/// For each rule what is replaced in the clean certificate, and by what: `[rule]`, `- old`, `+ new`.
fn changes() -> Vec<(&'static str, &'static str, &'static str)> {
    let lines: Vec<&str> = include_str!("fixture/changes.txt").lines().collect();
    let read = |change: &[&'static str]| match change {
        [rule, old, new, ""] | [rule, old, new] => {
            Some((rule.strip_prefix('[')?.strip_suffix(']')?, old.strip_prefix("- ")?, new.strip_prefix("+ ")?))
        }
        _ => None,
    };
    lines.chunks(4).map(|change| read(change).expect("three lines and an empty one")).collect()
}

#[test]
fn the_certificate_itself_is_clean() {
    assert_eq!(broken(CERTIFICATE, Some(&EXPECTED)), [""; 0]);
}

#[test]
fn each_change_breaks_its_rule_and_no_other() {
    for (rule, old, new) in changes() {
        assert_eq!(broken(&changed(old, new), None), [rule], "{new}");
    }
}

/// A note of a line.
fn note(subject: &str, content: &str) -> String {
    let inside = format!("<Subject>{subject}</Subject><Content>{content}</Content>");
    format!("<AdditionalInformationSPSNote>{inside}</AdditionalInformationSPSNote>")
}

/// Documents of which a change in one place is not enough.
fn documents() -> Vec<(&'static str, String)> {
    [syntax(), values(), reexports()].concat()
}

fn syntax() -> Vec<(&'static str, String)> {
    vec![
        ("xml-character", changed("Sampletown", "Sample\u{1}town")),
        ("xml-empty", " ".into()),
        ("xml-not-xml", "%PDF-1.4".into()),
        ("xml-escaped-twice", "&lt;SPSCertificate/&gt;".into()),
        ("xml-declaration", format!("<?xml version=\"2\"?>{CERTIFICATE}")),
        ("xml-doctype", format!("<!DOCTYPE a>{CERTIFICATE}")),
        ("xml-no-root", "<!-- nothing -->".into()),
        ("limit-depth", "<a>".repeat(65)),
        ("limit-attributes", format!("<a {}/>", (0..65).map(|n| format!("a{n}='' ")).collect::<String>())),
        ("limit-name-length", format!("<{}/>", "a".repeat(1025))),
        ("limit-namespace-length", format!("<a xmlns='{}'/>", "a".repeat(1025))),
        ("limit-namespaces", {
            let declare = |from: usize| (from..from + 60).map(|n| format!("xmlns:a{n}='u{n}' ")).collect::<String>();
            format!("<a {}><a {}><a {}/></a></a>", declare(0), declare(60), declare(120))
        }),
        ("root-element", "<SPSCertificate/>".into()),
    ]
}

fn values() -> Vec<(&'static str, String)> {
    let long = |old: &str, length: usize| changed(old, &"é".repeat(length));
    let line = CERTIFICATE.find("<IncludedSPSTradeLineItem>").expect("it stands there")
        ..CERTIFICATE.find("</IncludedSPSConsignmentItem>").expect("it stands there");
    vec![
        ("number-length", long("QM-0001", 61)),
        ("name-length", long("Sampletown", 257)),
        ("party-name-length", long("Sample Exporter", 451)),
        ("address-line-length", long("Sample Road 1", 201)),
        ("note-length", long("Free from pests", 8001)),
        ("treatment-text-length", long("Fumigated", 8001)),
        ("countries-same", CERTIFICATE.replace("<ExportSPSCountry><ID>QM", "<ExportSPSCountry><ID>QZ")),
        ("description-empty", CERTIFICATE.replace("Apples", "").replace("Pommes", "NULL")),
        (
            "line-sequence-twice",
            CERTIFICATE.replacen(&CERTIFICATE[line.clone()], &CERTIFICATE[line.clone()].repeat(2), 1),
        ),
        ("quantity-missing", {
            let start = CERTIFICATE.find("<NetWeightMeasure").expect("it stands there");
            let end = CERTIFICATE.find("<ApplicableSPSClassification>").expect("it stands there");
            let without = CERTIFICATE.replace(&CERTIFICATE[start..end], &note("OPTND", "loose"));
            let start = without.find("<PhysicalSPSPackage>").expect("it stands there");
            let end = without.find("<OriginSPSCountry>").expect("it stands there");
            without.replace(&without[start..end], "")
        }),
        ("treatment-after-issue", CERTIFICATE.replace("2026-03-09T", "2026-03-11T")),
    ]
}

/// Certificates for re-export, made of the one for export.
fn reexports() -> Vec<(&'static str, String)> {
    let set = |left_out: &str, changed: (&str, &str)| -> String {
        let facts = [
            ("RPCST", "3"),
            ("RPCCO", "QN"),
            ("RPCRF", "QN-1"),
            ("RPCOR", "True"),
            ("RPCTC", "FALSE"),
            ("RPCOC", "true"),
            ("RPCNC", "false"),
        ];
        facts
            .iter()
            .filter(|(subject, _)| *subject != left_out)
            .map(|&(subject, content)| note(subject, if subject == changed.0 { changed.1 } else { content }))
            .collect()
    };
    let reexport = |notes: &str| {
        CERTIFICATE
            .replace(">851<", ">657<")
            .replace(">ZZZ</RelationshipTypeCode>", ">AWR</RelationshipTypeCode>")
            .replace(
                "<IncludedSPSClause><ID>1</ID></IncludedSPSClause><IncludedSPSClause><ID>2</ID></IncludedSPSClause>",
                "",
            )
            .replace(
                "<ApplicableSPSClassification><SystemName>HS",
                &format!("{notes}<ApplicableSPSClassification><SystemName>HS"),
            )
    };
    let whole = reexport(&set("", ("", "")));
    assert_eq!(broken(&whole, None), [""; 0]);
    vec![
        ("original-missing", whole.replace(">AWR<", ">ZZZ<")),
        (
            "statement-on-reexport",
            whole.replace(
                "</SignatorySPSAuthentication>",
                "<IncludedSPSClause><ID>2</ID></IncludedSPSClause></SignatorySPSAuthentication>",
            ),
        ),
        ("reexport-statement-missing", reexport(&set("RPCST", ("", "")))),
        ("reexport-origin-missing", reexport(&set("RPCCO", ("", "")))),
        ("reexport-number-missing", reexport(&set("RPCRF", ("", "")))),
        ("reexport-original-or-copy", reexport(&set("", ("RPCTC", "true")))),
        ("reexport-containers", reexport(&set("", ("RPCOC", "false")))),
        ("note-boolean", reexport(&set("", ("RPCTC", "no")))),
    ]
}

#[test]
fn each_document_breaks_its_rule_and_no_other() {
    for (rule, document) in documents() {
        let broken = broken(&document, None);
        if rule.starts_with("limit-") {
            // Some are documents of nobody's, whose root is a finding, too.
            assert_eq!(broken.last(), Some(&rule));
            let report = Validator::default().validate(document.as_bytes(), None);
            assert!(report.outcome == Outcome::NotDetermined && report.refuses(), "{rule}");
        } else {
            assert_eq!(broken, [rule]);
        }
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
fn content_above_the_bound_is_not_determined() {
    let content = vec![b' '; (64 << 20) + 1];
    let report = Validator::default().validate(&content, None);
    assert_eq!(report.outcome, Outcome::NotDetermined);
    assert_eq!(report.findings[0].rule, Rule::LimitSize);
}

#[test]
fn each_field_of_the_header_has_its_rule() {
    let other =
        phytoval::Expected { from: "QA", to: "QB", number: "other", certificate_type: 657, certificate_status: 40 };
    assert_eq!(
        broken(CERTIFICATE, Some(&other)),
        ["header-number", "header-type", "header-status", "header-from", "header-to"]
    );
}

#[test]
fn every_rule_of_the_catalogue_has_a_case() {
    let mut tried: Vec<&str> = changes().iter().map(|(rule, ..)| *rule).collect();
    tried.extend(documents().iter().map(|(rule, _)| *rule));
    // Each has a test of its own above.
    tried.extend([
        "xml-encoding",
        "limit-size",
        "header-number",
        "header-type",
        "header-status",
        "header-from",
        "header-to",
    ]);
    tried.sort_unstable();
    let mut all: Vec<&str> = Rule::ALL.iter().map(|rule| rule.entry().id).collect();
    all.sort_unstable();
    assert_eq!(tried, all);
}
