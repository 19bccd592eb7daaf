//! What a report says, and the forms in which a document may come.

mod fixture;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use fixture::{CERTIFICATE, EXPECTED, broken, changed};
use phytohub_model::{Area, Level};
use phytoval::{Expected, Finding, Messages, Outcome, Profile, Rule, Validator};

const ACKNOWLEDGEMENT: &str = "<SPSAcknowledgement xmlns='urn:un:unece:uncefact:data:standard:SPSAcknowledgement:17'/>";

fn one(content: &str) -> Finding {
    let report = Validator::default().validate(content.as_bytes(), None);
    let [finding] = &report.findings[..] else { panic!("{:?}", report.findings) };
    finding.clone()
}

#[test]
fn a_certificate_is_clean_in_every_form() {
    let declared = format!("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>{CERTIFICATE}");
    let spaced = format!("\u{FEFF}\r\n\t {declared}\n\n");
    let in_lines =
        STANDARD.encode(&declared).as_bytes().chunks(76).map(<[u8]>::to_vec).collect::<Vec<_>>().join(&b"\r\n"[..]);
    let utf16 = |bytes: fn(u16) -> [u8; 2]| {
        STANDARD.encode(format!("\u{FEFF}{declared}").encode_utf16().flat_map(bytes).collect::<Vec<u8>>())
    };
    for content in [
        CERTIFICATE.into(),
        declared.clone().into_bytes(),
        spaced.clone().into_bytes(),
        STANDARD.encode(&spaced).into_bytes(),
        STANDARD_NO_PAD.encode(format!("{declared} ")).into_bytes(),
        in_lines,
        utf16(u16::to_le_bytes).into_bytes(),
        utf16(u16::to_be_bytes).into_bytes(),
    ] {
        for expected in [None, Some(&EXPECTED)] {
            let report = Validator::default().validate(&content, expected);
            assert_eq!((report.outcome, report.findings.len()), (Outcome::Clean, 0));
            assert_eq!((report.certificate.number.as_str(), report.certificate.to.as_str()), ("QM-0001", "QZ"));
        }
    }
}

#[test]
fn a_finding_says_where_and_what_and_what_to_do() {
    let report = Validator::default()
        .validate(changed("<ID>QM</ID></OriginSPSCountry>", "<ID>qm</ID></OriginSPSCountry>").as_bytes(), None);
    let finding = &report.findings[0];
    assert_eq!((finding.line, finding.column), (29, 19));
    assert_eq!(
        finding.path,
        "SPSCertificate/SPSConsignment/IncludedSPSConsignmentItem/IncludedSPSTradeLineItem/OriginSPSCountry/ID"
    );
    assert_eq!((finding.found.as_str(), finding.nearest.first().map(String::as_str)), ("qm", Some("QM")));
    assert_eq!(finding.list.as_ref().map(|list| list.name), Some("countries"));
    assert_eq!(finding.sentence(Messages::english()), "'qm' is no country code.");
    let [row] = &report.verdict(Messages::english()).findings[..] else { panic!("one row") };
    assert_eq!((row.area, row.level, &row.field), (Area::Mapping, Level::Severe, &finding.path));
    assert!(row.message.starts_with("Line 29, column 19: 'qm' is no country code. [QM"), "{}", row.message);
    let text = report.to_text("a.xml", CERTIFICATE, Messages::english());
    assert!(text.starts_with("a.xml:29:19: SEVERE [country-code] "), "{text}");
    assert!(text.contains("\n                      ^\n"), "{text}");
    assert!(text.ends_with("a.xml: findings: 1 SEVERE, 0 WARNING, 0 INFO\n"), "{text}");
}

#[test]
fn prefixes_do_not_matter() {
    let other = changed("<IntendedUse>Consumption", "<IntendedUse>N/A");
    let renamed = other.replace("r:", "certificate:").replace("xmlns:r=", "xmlns:certificate=");
    assert_eq!(one(&other).path, one(&renamed).path);
}

#[test]
fn the_json_form_has_all_of_it() {
    let report =
        Validator::default().validate(changed("BX", "</script>").replace("</script>", "b&lt;x").as_bytes(), None);
    let json = report.to_json(Messages::english());
    for part in [
        r#"{"verdict":"findings","severe":1,"warnings":0,"infos":0,"more":0,"profile":"ippc","#,
        r#""certificate":{"number":"QM-0001","type":"851","status":"70","from":"QM","to":"QZ"}"#,
        r#""rule":"package-type","level":"SEVERE","area":"Mapping""#,
        r#""found":"b\u003cx","expected":"","list":{"name":"package-types","edition":"2006-01-01"}"#,
        r#""lists":[{"name":"countries","edition":"2026-02-16"},"#,
    ] {
        assert!(json.contains(part), "{part}\n{json}");
    }
}

#[test]
fn a_breach_of_the_syntax_ends_the_reading_but_keeps_what_was_found() {
    let content = changed("<TypeCode>851", "<TypeCod>851").replace("851</TypeCode>", "851</TypeCod>&nbsp;");
    // What is missing in half a document is not known, so nothing else is said of it.
    assert_eq!(broken(&content, None), ["element-unknown", "xml-entity"]);
}

#[test]
fn another_root_is_refused_and_its_children_are_not_judged() {
    for (document, found) in [("<SPSCertificate/>", "SPSCertificate"), ("<a:b xmlns:a='urn:x'><ID/></a:b>", "{urn:x}b")]
    {
        let finding = one(document);
        assert_eq!((finding.rule, finding.found.as_str()), (Rule::RootElement, found));
        assert!(finding.expected.ends_with(":SPSCertificate:17}SPSCertificate"), "{}", finding.expected);
    }
}

#[test]
fn a_country_response_holds_an_acknowledgement_and_nothing_else_does() {
    let response = Expected { certificate_type: 312, ..EXPECTED };
    assert_eq!(broken(ACKNOWLEDGEMENT, Some(&response)), [""; 0]);
    assert_eq!(broken(CERTIFICATE, Some(&response)), ["root-element"]);
    assert_eq!(broken(ACKNOWLEDGEMENT, Some(&EXPECTED)), ["root-element"]);
    assert_eq!(broken(&ACKNOWLEDGEMENT.replace("/>", ">&;</SPSAcknowledgement>"), Some(&response)), ["xml-ampersand"]);
}

#[test]
fn findings_beyond_the_bound_are_counted() {
    let content = changed("<ID> QM-0001</ID>", &"<ID>QM-0001</ID>".repeat(1501));
    let report = Validator::default().validate(content.as_bytes(), None);
    assert_eq!((report.findings.len(), report.more(), report.severe), (1000, 500, 1500));
    let rows = report.verdict(Messages::english()).findings;
    assert_eq!(rows.last().map(|row| (row.level, row.message.starts_with("500 more"))), Some((Level::Severe, true)));
}

/// A flood of warnings once hid why the certificate was refused.
#[test]
fn what_refuses_is_said_behind_a_thousand_warnings() {
    let content = changed("<ID> QM-0001</ID>", &("<Sample/>".repeat(1500) + "<ID>QM-0001</ID><ID/>"));
    let report = Validator::default().validate(content.as_bytes(), None);
    let severe = report.findings.iter().filter(|finding| finding.level == Level::Severe).count();
    assert_eq!((report.findings.len(), report.severe, severe), (1000, 1, 1));
}

/// What is read of a document that hits a bound was once called all of it, when there were many findings before.
#[test]
fn a_bound_behind_a_thousand_findings_is_not_determined() {
    for flood in ["<Sample/>", "<ID>QM-0001</ID>"] {
        let content = changed("<ID> QM-0001</ID>", &(flood.repeat(1500) + &"<Sample>".repeat(100)));
        let report = Validator::default().validate(content.as_bytes(), None);
        assert_eq!((report.findings.len(), report.outcome), (1000, Outcome::NotDetermined), "{flood}");
        assert_eq!(report.findings.last().map(|finding| finding.rule.entry().id), Some("limit-depth"), "{flood}");
    }
}

#[test]
fn foreign_text_is_shortened() {
    let finding = one(&changed("<RelationshipTypeCode>ZZZ", &format!("<RelationshipTypeCode>{}", "x".repeat(100_000))));
    assert_eq!(finding.found.chars().count(), 65);
}

#[test]
fn a_profile_decides_what_is_said() {
    let content = changed("<IntendedUse>Consumption", "<IntendedUse>N/A");
    let judged = |name: &str| {
        let validator = Validator { profile: Profile::named(name).unwrap(), ..Validator::default() };
        let report = validator.validate(content.as_bytes(), None);
        (report.outcome, report.warnings, report.infos)
    };
    assert_eq!(judged("ippc"), (Outcome::Findings, 0, 1));
    assert_eq!(judged("strict"), (Outcome::Findings, 1, 0));
    assert_eq!(judged("lenient"), (Outcome::Clean, 0, 0));
}

#[test]
fn a_list_of_the_deployment_is_the_one_that_counts() {
    let mut validator = Validator::default();
    let header = "# list: package-types\n# source: here\n# edition: 2030-01-01\n# valid-from: 2030-01-01\n";
    let list = format!("{header}code,text\nCRATE,Crate\n");
    validator.lists.load(&list).unwrap();
    assert_eq!(validator.validate(changed("BX", "CRATE").as_bytes(), None).outcome, Outcome::Clean);
    let report = validator.validate(CERTIFICATE.as_bytes(), None);
    assert_eq!(report.findings[0].list.as_ref().map(|list| &*list.edition), Some("2030-01-01"));
}
