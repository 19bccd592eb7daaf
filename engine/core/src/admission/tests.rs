//! Each reason to refuse a delivery, one test each.

use phytohub_model::{
    AllowedDocument, CertificateNumberError, CodeError, Document, DocumentStatus, DocumentType, HeaderError, Nppo,
    RegistryFact,
};

use super::*;

const ISSUED: Document = Document { kind: DocumentType::PHYTOSANITARY, status: DocumentStatus::ISSUED };

fn code(text: &str) -> ConnectionCode {
    text.parse().expect("a code")
}

/// LK and NO are active, NO takes issued phytosanitary certificates only; KE is not active.
fn registry() -> Registry {
    let mut registry = Registry::default();
    let only_issued = AllowedDocument::Only(vec![ISSUED]);
    for (text, active, allowed) in
        [("LK", true, AllowedDocument::All), ("NO", true, only_issued), ("KE", false, AllowedDocument::All)]
    {
        registry.apply(&RegistryFact::NppoSet(Nppo { code: code(text), name: String::new(), active, allowed }));
    }
    registry
}

fn fields(from: &str, to: &str) -> HeaderFields {
    HeaderFields {
        from: from.to_owned(),
        to: to.to_owned(),
        certificate_type: 851,
        certificate_status: 70,
        certificate_number: "EPHYTO-1".to_owned(),
        ..HeaderFields::default()
    }
}

fn admit_as(caller: &str, fields: &HeaderFields) -> Result<Header, Refusal> {
    admit(&registry(), &[code(caller)], fields, true)
}

#[test]
fn a_delivery_by_the_rules_is_admitted_with_the_header_it_had() {
    let header = admit_as("LK", &fields("LK", "NO")).expect("admitted");
    assert_eq!((header.from, header.to, header.document), (code("LK"), code("NO"), ISSUED));
    assert_eq!(header.certificate_number.as_str(), "EPHYTO-1");
}

#[test]
fn a_member_may_send_to_itself() {
    assert!(admit_as("LK", &fields("LK", "LK")).is_ok());
}

#[test]
fn a_caller_of_many_codes_may_send_for_each_of_them() {
    let caller = [code("LK"), code("NO")];
    assert!(admit(&registry(), &caller, &fields("NO", "LK"), true).is_ok());
    assert!(admit(&registry(), &caller, &fields("LK", "NO"), true).is_ok());
}

#[test]
fn a_header_that_cannot_be_used_is_refused_by_the_field() {
    let refused = |fields: &HeaderFields| admit_as("LK", fields).expect_err("refused");
    let too_short = HeaderError::To(String::new(), CodeError::TooShort);
    assert_eq!(refused(&fields("LK", "")), Refusal::Header(too_short));
    let no_number = HeaderFields { certificate_number: String::new(), ..fields("LK", "NO") };
    let empty = HeaderError::CertificateNumber(CertificateNumberError::Empty);
    assert_eq!(refused(&no_number), Refusal::Header(empty));
}

#[test]
fn sending_for_another_is_refused_with_the_codes_that_are_the_callers() {
    let refusal = Refusal::NotYours { from: code("LK"), yours: vec![code("NO")] };
    assert_eq!(admit_as("NO", &fields("LK", "NO")), Err(refusal));
}

#[test]
fn who_is_not_active_may_not_send() {
    assert_eq!(admit_as("KE", &fields("KE", "NO")), Err(Refusal::SenderInactive(code("KE"))));
    assert_eq!(admit_as("FR", &fields("FR", "NO")), Err(Refusal::SenderInactive(code("FR"))));
}

#[test]
fn a_destination_must_be_known_and_active() {
    assert_eq!(admit_as("LK", &fields("LK", "FR")), Err(Refusal::DestinationUnknown(code("FR"))));
    assert_eq!(admit_as("LK", &fields("LK", "KE")), Err(Refusal::DestinationInactive(code("KE"))));
}

#[test]
fn a_destination_gets_only_what_it_receives() {
    let withdrawn = HeaderFields { certificate_status: 40, ..fields("LK", "NO") };
    let document = Document { status: DocumentStatus::WITHDRAWN, ..ISSUED };
    let refusal = Refusal::DocumentNotReceived { to: code("NO"), document };
    assert_eq!(admit_as("LK", &withdrawn), Err(refusal));
}

#[test]
fn a_channel_that_does_not_exist_is_named() {
    let forwarded = HeaderFields { forwardings: vec!["ASYCUDA".to_owned()], ..fields("LK", "NO") };
    assert_eq!(admit_as("LK", &forwarded), Err(Refusal::ChannelUnknown("ASYCUDA".to_owned())));
}

#[test]
fn an_envelope_without_content_is_refused() {
    let refused = admit(&registry(), &[code("LK")], &fields("LK", "NO"), false);
    assert_eq!(refused, Err(Refusal::ContentMissing));
}

#[test]
fn what_the_sender_mends_first_is_said_first() {
    // Everything is wrong at once; mending one thing brings the next.
    let mut wrong = HeaderFields { to: "no".to_owned(), forwardings: vec!["X".to_owned()], ..fields("LK", "") };
    let mut reasons = Vec::new();
    let mut try_again = |caller: &str, fields: &HeaderFields, has_content| {
        let refused = admit(&registry(), &[code(caller)], fields, has_content);
        reasons.push(refused.expect_err("refused").reason());
    };
    try_again("NO", &wrong, false);
    wrong.to = "FR".to_owned();
    try_again("NO", &wrong, false);
    wrong.from = "KE".to_owned();
    try_again("KE", &wrong, false);
    wrong.from = "LK".to_owned();
    try_again("LK", &wrong, false);
    wrong.to = "KE".to_owned();
    try_again("LK", &wrong, false);
    (wrong.to, wrong.certificate_status) = ("NO".to_owned(), 40);
    try_again("LK", &wrong, false);
    wrong.certificate_status = 70;
    try_again("LK", &wrong, false);
    wrong.forwardings.clear();
    try_again("LK", &wrong, false);
    let order = [
        "header",
        "not_yours",
        "sender_inactive",
        "destination_unknown",
        "destination_inactive",
        "document_not_received",
        "channel_unknown",
        "content_missing",
    ];
    assert_eq!(reasons, order);
}
