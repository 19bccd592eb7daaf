//! No content makes the validator panic.

use phytoval::{Expected, Messages, Validator};
use proptest::prelude::*;

const DOCUMENT: &str = r#"<?xml version="1.0" encoding="UTF-8"?><!-- c --><?pi x?>
<r:SPSCertificate xmlns:r="urn:un:unece:uncefact:data:standard:SPSCertificate:17"
    xmlns="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:21">
  <r:SPSExchangedDocument><Name a='&lt;' r:b="ö">検&amp;&#x1F331;</Name><ID>QM-0001</ID><TypeCode>851</TypeCode>
    <StatusCode><![CDATA[70]]></StatusCode></r:SPSExchangedDocument>
  <r:SPSConsignment><ExportSPSCountry><ID>QM</ID></ExportSPSCountry><TransitSPSCountry/><TransitSPSCountry/>
    <ImportSPSCountry><ID>QZ</ID></ImportSPSCountry></r:SPSConsignment>
</r:SPSCertificate>"#;

/// What is put into the document in place of something else.
fn insertion() -> impl Strategy<Value = Vec<u8>> {
    let marks: &[&[u8]] = &[
        b"",
        b"<",
        b">",
        b"/",
        b"&",
        b";",
        b"'",
        b"\"",
        b"=",
        b"]]>",
        b"<![CDATA[",
        b"<!--",
        b"--",
        b"<?",
        b"?>",
        b":",
        b"&#",
        b"&#x",
        b"\0",
        b"\xEF\xBB\xBF",
        b"\xEF\xBF\xBE",
        b"\xFF",
        b"\xFF\xFE",
        b"<ID>",
        b"</ID>",
        b"xmlns:",
    ];
    prop_oneof![
        prop::sample::select(marks.to_vec()).prop_map(<[u8]>::to_vec),
        prop::collection::vec(any::<u8>(), 0..4),
        (0..DOCUMENT.len(), 0..200usize).prop_map(|(at, length)| DOCUMENT.bytes().skip(at).take(length).collect()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_document_never_panics(
        changes in prop::collection::vec((0..DOCUMENT.len(), 0..40usize, insertion()), 1..4),
        from in "[A-Zé]{0,3}",
        certificate_type in prop::sample::select(vec![851, 312]),
    ) {
        let mut document = DOCUMENT.as_bytes().to_vec();
        for (at, length, inserted) in changes {
            let at = at.min(document.len());
            let end = (at + length).min(document.len());
            document.splice(at..end, inserted);
        }
        let expected = Expected { from: &from, to: "QZ", number: "QM-0001", certificate_type, certificate_status: 70 };
        let validator = Validator::default();
        let report = validator.validate(&document, Some(&expected));
        for finding in &report.findings {
            prop_assert!(1 <= finding.line && 1 <= finding.column, "{finding:?}");
            let sentence = finding.sentence(Messages::english());
            prop_assert!(!sentence.is_empty(), "{finding:?}");
        }
        report.to_text("-", &Validator::text(&document), Messages::english());
        validator.validate(&document, None).to_json(Messages::english());
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_are_never_clean(content in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Validator::default().validate(&content, None).refuses());
    }
}
