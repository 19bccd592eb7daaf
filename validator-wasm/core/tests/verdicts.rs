//! One canonical case for each way in which a certificate is refused, and the forms in which it may come.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use phytohub_model::{Area, Finding, Level, Verdict};
use phytoval::{Expected, validate};

const EXPECTED: Expected<'_> =
    Expected { from: "QM2", to: "QZ", number: "QM-0001", certificate_type: 851, certificate_status: 70 };

/// A certificate of what the validator looks at, and no more.
const CERTIFICATE: &str = r#"<r:SPSCertificate xmlns:r="urn:un:unece:uncefact:data:standard:SPSCertificate:17"
    xmlns="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:21">
  <r:SPSExchangedDocument>
    <Name>ö &amp; 検</Name>
    <ID> QM-0001</ID>
    <TypeCode>851</TypeCode>
    <StatusCode><!-- issued -->7&#48;</StatusCode>
  </r:SPSExchangedDocument>
  <r:SPSConsignment>
    <ExportSPSCountry><ID>QM</ID><Name>One</Name></ExportSPSCountry>
    <TransitSPSCountry><ID>QN</ID></TransitSPSCountry>
    <ImportSPSCountry><Name/><ID><![CDATA[QZ]]></ID></ImportSPSCountry>
  </r:SPSConsignment>
</r:SPSCertificate>"#;

const ACKNOWLEDGEMENT: &str = "<SPSAcknowledgement xmlns='urn:un:unece:uncefact:data:standard:SPSAcknowledgement:17'/>";

fn judged(content: &str, expected: &Expected<'_>) -> Vec<Finding> {
    validate(content.as_bytes(), Some(expected)).findings
}

/// The findings when `old` is replaced by `new` in the certificate, each as area, path and message.
fn findings(old: &str, new: &str) -> Vec<(Area, String, String)> {
    assert_eq!(CERTIFICATE.matches(old).count(), 1, "{old}");
    let findings = judged(&CERTIFICATE.replace(old, new), &EXPECTED);
    assert!(findings.iter().all(|finding| finding.level == Level::Severe));
    findings.into_iter().map(|finding| (finding.area, finding.field, finding.message)).collect()
}

fn check(old: &str, new: &str, area: Area, field: &str, message: &str) {
    assert_eq!(findings(old, new), [(area, field.to_owned(), message.to_owned())], "{new}");
}

#[test]
fn a_certificate_that_agrees_is_clean_in_every_form() {
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
            assert_eq!(validate(&content, expected), Verdict::default(), "{}", String::from_utf8_lossy(&content));
        }
    }
}

#[test]
fn what_contradicts_the_header_is_a_mapping() {
    let number = "SPSCertificate/SPSExchangedDocument/ID";
    check(
        " QM-0001",
        "QM-0002",
        Area::Mapping,
        number,
        concat!(
            "Line 5, column 5: ID, the certificate's number, is 'QM-0002', but NPPOCertificateNumber of the ",
            "envelope's header says 'QM-0001': make them agree",
        ),
    );
    let code = "SPSCertificate/SPSExchangedDocument/TypeCode";
    check(
        ">851<",
        ">657<",
        Area::Mapping,
        code,
        concat!(
            "Line 6, column 5: TypeCode, the certificate's type, is '657', but CertificateType of the envelope's ",
            "header says '851': make them agree",
        ),
    );
    let status = "SPSCertificate/SPSExchangedDocument/StatusCode";
    check(
        "7&#48;",
        "40",
        Area::Mapping,
        status,
        concat!(
            "Line 7, column 5: StatusCode, the certificate's status, is '40', but CertificateStatus of the envelope's ",
            "header says '70': make them agree",
        ),
    );
    let exporter = "SPSCertificate/SPSConsignment/ExportSPSCountry/ID";
    check(
        "<ID>QM</ID>",
        "<ID>QZ</ID>",
        Area::Mapping,
        exporter,
        concat!(
            "Line 10, column 23: ID, the exporting country's code, is 'QZ', but From of the envelope's header says ",
            "'QM': make them agree",
        ),
    );
    let importer = "SPSCertificate/SPSConsignment/ImportSPSCountry/ID";
    check(
        "<![CDATA[QZ]]>",
        "QM",
        Area::Mapping,
        importer,
        concat!(
            "Line 12, column 30: ID, the importing country's code, is 'QM', but To of the envelope's header says ",
            "'QZ': make them agree",
        ),
    );
    check(
        "<![CDATA[QZ]]>",
        "Qz",
        Area::Mapping,
        importer,
        "Line 12, column 30: ID, the importing country's code, is 'Qz': write the two capital letters of ISO 3166, QZ",
    );
}

#[test]
fn what_is_missing_or_empty_is_a_mandatory_element() {
    let mandatory = |old: &str, new: &str, field: &str, message: &str| {
        check(old, new, Area::MandatoryElements, field, message);
    };
    let number = "SPSCertificate/SPSExchangedDocument/ID";
    mandatory(
        "<ID> QM-0001</ID>",
        "",
        number,
        "Line 8, column 3: SPSExchangedDocument ends without ID, the certificate's number: add it",
    );
    mandatory(" QM-0001", " \n ", number, "Line 5, column 5: ID, the certificate's number, is empty: fill it in");
    mandatory(
        "<ID> QM-0001</ID>",
        "<r:ID>QM-0001</r:ID>",
        number,
        concat!(
            "Line 8, column 3: ID in SPSExchangedDocument is of another namespace than ",
            "'urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:21': put it there",
        ),
    );
    let code = "SPSCertificate/SPSExchangedDocument/TypeCode";
    mandatory(
        "<TypeCode>851</TypeCode>",
        "",
        code,
        "Line 8, column 3: SPSExchangedDocument ends without TypeCode, the certificate's type: add it",
    );
    let status = "SPSCertificate/SPSExchangedDocument/StatusCode";
    mandatory("7&#48;", "", status, "Line 7, column 5: StatusCode, the certificate's status, is empty: fill it in");
    let exporter = "SPSCertificate/SPSConsignment/ExportSPSCountry/ID";
    mandatory(
        "<ID>QM</ID>",
        "",
        exporter,
        "Line 10, column 39: ExportSPSCountry ends without ID, the exporting country's code: add it",
    );
    mandatory(
        "<ImportSPSCountry><Name/><ID><![CDATA[QZ]]></ID></ImportSPSCountry>",
        "",
        "SPSCertificate/SPSConsignment/ImportSPSCountry",
        "Line 13, column 3: SPSConsignment ends without ImportSPSCountry, the importing country: add it",
    );
    let consignment =
        &CERTIFICATE[CERTIFICATE.find("<r:SPSConsignment>").unwrap()..CERTIFICATE.find("</r:SPSCertificate>").unwrap()];
    mandatory(
        consignment,
        "",
        "SPSCertificate/SPSConsignment",
        "Line 9, column 3: SPSCertificate ends without SPSConsignment, the data of the consignment: add it",
    );
}

#[test]
fn a_second_one_of_what_is_single_is_refused_whatever_it_says() {
    check(
        "<ID> QM-0001</ID>",
        "<ID> QM-0001</ID><ID>QM-0001</ID>",
        Area::Schema,
        "SPSCertificate/SPSExchangedDocument/ID[2]",
        "Line 5, column 22: SPSExchangedDocument has more than one ID, the certificate's number: keep the right one",
    );
}

#[test]
fn all_findings_are_reported_in_document_order() {
    let expected = Expected { from: "QA", to: "QB", number: "other", certificate_type: 657, certificate_status: 40 };
    let fields: Vec<String> = judged(CERTIFICATE, &expected).into_iter().map(|finding| finding.field).collect();
    assert_eq!(
        fields,
        [
            "SPSCertificate/SPSExchangedDocument/ID",
            "SPSCertificate/SPSExchangedDocument/TypeCode",
            "SPSCertificate/SPSExchangedDocument/StatusCode",
            "SPSCertificate/SPSConsignment/ExportSPSCountry/ID",
            "SPSCertificate/SPSConsignment/ImportSPSCountry/ID",
        ]
    );
}

#[test]
fn a_breach_of_the_syntax_ends_the_reading_but_keeps_what_was_found() {
    assert_eq!(
        findings("851</TypeCode>", "852</TypeCode>&nbsp;<b>"),
        [
            (
                Area::Mapping,
                "SPSCertificate/SPSExchangedDocument/TypeCode".to_owned(),
                concat!(
                    "Line 6, column 5: TypeCode, the certificate's type, is '852', but CertificateType of the ",
                    "envelope's header says '851': make them agree"
                )
                .to_owned()
            ),
            (
                Area::Schema,
                "SPSCertificate/SPSExchangedDocument".to_owned(),
                concat!(
                    "Line 6, column 29: &nbsp; is defined nowhere: write the character itself, or &amp;nbsp; for ",
                    "the text"
                )
                .to_owned()
            ),
        ]
    );
}

#[test]
fn content_that_is_no_document_is_told_what_it_is() {
    let one = |content: &[u8]| match &validate(content, None).findings[..] {
        [.., Finding { area: Area::Schema, level: Level::Severe, message, .. }] => message.clone(),
        findings => panic!("{findings:?}"),
    };
    let not_xml =
        "Line 1, column 1: the content is neither XML, which begins with <, nor base64 of it: put the certificate here";
    assert_eq!(one(b""), "Line 1, column 1: there is no content: put the certificate here");
    assert_eq!(one(b" \n "), "Line 2, column 2: there is no content: put the certificate here");
    assert_eq!(one(b"%PDF-1.4"), not_xml);
    assert_eq!(one(b"test"), not_xml);
    assert_eq!(one(b"{}"), not_xml);
    assert_eq!(
        one(b"&lt;SPSCertificate/&gt;"),
        "Line 1, column 1: the content begins with an escaped <, so it was escaped twice: escape it once"
    );
    assert_eq!(one(b"<a>\xE4</a>"), "Line 1, column 4: here the content stops being UTF-8: write all of it in UTF-8");
    let utf16 = STANDARD.encode([0xFF, 0xFE, b'<', 0, b'a', 0, 0, 0xDC, b'>', 0]);
    assert_eq!(
        one(utf16.as_bytes()),
        "Line 1, column 3: here the content stops being UTF-16: write all of it in UTF-8"
    );
    assert_eq!(one(b"<!DOCTYPE a><a/>"), "Line 1, column 1: a DOCTYPE is refused, for safety: remove it");
}

#[test]
fn another_root_is_refused_and_its_children_are_not_judged() {
    let roots = [
        ("<SPSCertificate/>", "SPSCertificate of the namespace ''"),
        ("<a:b xmlns:a='urn:x'><ID/></a:b>", "b of the namespace 'urn:x'"),
    ];
    for (document, found) in roots {
        let [finding] = &judged(document, &EXPECTED)[..] else { panic!("{document}") };
        assert_eq!((finding.area, finding.level), (Area::Schema, Level::Severe));
        assert_eq!(
            finding.message,
            format!(
                "Line 1, column 1: the root element is {found}: it must be SPSCertificate of the namespace \
                 'urn:un:unece:uncefact:data:standard:SPSCertificate:17'"
            )
        );
    }
}

#[test]
fn a_country_response_holds_an_acknowledgement_and_nothing_else_does() {
    let response = Expected { certificate_type: 312, ..EXPECTED };
    assert_eq!(judged(ACKNOWLEDGEMENT, &response), []);
    let [finding] = &judged(CERTIFICATE, &response)[..] else { panic!("one finding") };
    assert!(finding.message.contains("it must be SPSAcknowledgement of the namespace"), "{}", finding.message);
    assert!(validate(ACKNOWLEDGEMENT.as_bytes(), Some(&EXPECTED)).refuses());
    assert!(validate(ACKNOWLEDGEMENT.as_bytes(), None).refuses());
    assert!(validate(ACKNOWLEDGEMENT.replace("/>", ">&;</SPSAcknowledgement>").as_bytes(), Some(&response)).refuses());
}

#[test]
fn findings_beyond_the_bound_are_counted() {
    let many = "<ID>QM-0001</ID>".repeat(1500);
    let findings = findings("<ID> QM-0001</ID>", &many);
    assert_eq!(findings.len(), 1001);
    assert_eq!(
        findings.last().map(|(_, _, message)| message.as_str()),
        Some("499 more findings are not shown: mend the first 1000 and validate again")
    );
}

#[test]
fn foreign_text_is_shortened_in_messages() {
    let [(_, _, message)] = &findings(" QM-0001", &"x".repeat(100_000))[..] else { panic!("one finding") };
    assert!(message.contains(&format!("'{}…'", "x".repeat(64))), "{message}");
}
