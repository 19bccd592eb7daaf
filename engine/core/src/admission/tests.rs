//! Each reason to refuse a delivery, one test each.

use phytohub_model::{
    AllowedDocument, CertificateNumberError, Channel, CodeError, Document, DocumentStatus, DocumentType, HeaderError,
    Nppo, RegistryFact,
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
        registry.apply(&RegistryFact::NppoSet(Nppo::new(code(text), String::new(), active, allowed)));
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

fn forwarding(code: &str) -> Forwarding {
    Forwarding { code: code.to_owned(), number: String::new() }
}

fn admit_as(caller: &str, fields: &HeaderFields) -> Result<Header, Refusal> {
    admit(&registry(), &[code(caller)], fields, true).map(|admitted| {
        assert_eq!((admitted.route, admitted.copies), (None, Vec::new()), "there are no channels");
        admitted.header
    })
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
    let forwarded = HeaderFields { forwardings: vec![forwarding("ASYCUDA")], ..fields("LK", "NO") };
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
    let mut wrong = HeaderFields { to: "no".to_owned(), forwardings: vec![forwarding("X")], ..fields("LK", "") };
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

/// The registry above with the channels CUSTOMS (receives), REGION (receives and sends) and CLOSED (neither), and these
/// rules.
fn with_rules(rules: &[(&str, RuleKind, Direction, &str, Option<&str>)]) -> Registry {
    let mut registry = registry();
    for (channel, receive, send) in [("CUSTOMS", true, false), ("REGION", true, true), ("CLOSED", false, false)] {
        let name = String::new();
        registry.apply(&RegistryFact::ChannelSet(Channel { code: code(channel), name, receive, send }));
    }
    for (id, &(member, kind, direction, channel, partner)) in (1..).zip(rules) {
        let (channel, partner) = (code(channel), partner.map(code));
        let (document_type, document_status) = (Some(DocumentType::PHYTOSANITARY), None);
        let rule = ChannelRule { id, channel, kind, direction, document_type, document_status, partner };
        registry.apply(&RegistryFact::RuleSet { code: code(member), rule });
    }
    registry
}

fn copies_of(admitted: &Admitted) -> Vec<(&str, bool)> {
    admitted.copies.iter().map(|copy| (copy.channel.as_str(), copy.told)).collect()
}

#[test]
fn a_named_channel_gets_a_copy_once_and_a_closed_one_is_unknown() {
    let registry = with_rules(&[]);
    let named = ["CUSTOMS", "REGION", "CUSTOMS"].map(forwarding).to_vec();
    let fields_named = HeaderFields { forwardings: named, ..fields("LK", "NO") };
    let admitted = admit(&registry, &[code("LK")], &fields_named, true).expect("admitted");
    assert_eq!(copies_of(&admitted), [("CUSTOMS", true), ("REGION", true)]);
    assert_eq!(admitted.route, None);
    for unknown in ["CLOSED", "NO", "", "nobody"] {
        let fields = HeaderFields { forwardings: vec![forwarding(unknown)], ..fields("LK", "NO") };
        let refused = admit(&registry, &[code("LK")], &fields, true);
        assert_eq!(refused, Err(Refusal::ChannelUnknown(unknown.to_owned())));
    }
    let many = vec![forwarding("CUSTOMS"); COPIES_MAX + 1];
    let refused = admit(&registry, &[code("LK")], &HeaderFields { forwardings: many, ..fields("LK", "NO") }, true);
    assert_eq!(refused, Err(Refusal::TooManyForwardings(COPIES_MAX + 1)));
}

#[test]
fn rules_of_both_sides_make_copies_and_only_the_senders_are_told() {
    use Direction::{Incoming, Outgoing};
    let registry = with_rules(&[
        ("LK", RuleKind::Forward, Outgoing, "REGION", Some("NO")),
        ("NO", RuleKind::Forward, Incoming, "CUSTOMS", None),
        ("NO", RuleKind::Forward, Incoming, "CLOSED", None),
        ("NO", RuleKind::Forward, Incoming, "REGION", Some("KE")),
        ("LK", RuleKind::Forward, Incoming, "CUSTOMS", None),
    ]);
    let admitted = admit(&registry, &[code("LK")], &fields("LK", "NO"), true).expect("admitted");
    assert_eq!(copies_of(&admitted), [("REGION", true), ("CUSTOMS", false)]);
    let named = HeaderFields { forwardings: vec![forwarding("CUSTOMS")], ..fields("LK", "NO") };
    let admitted = admit(&registry, &[code("LK")], &named, true).expect("admitted");
    assert_eq!(copies_of(&admitted), [("CUSTOMS", true), ("REGION", true)], "one copy, of which the sender is told");
    let to_itself = admit(&registry, &[code("LK")], &fields("LK", "LK"), true).expect("admitted");
    assert_eq!(copies_of(&to_itself), [("CUSTOMS", false)]);
}

#[test]
fn a_channel_receives_or_sends_in_a_members_stead() {
    use Direction::{Incoming, Outgoing};
    let registry = with_rules(&[
        ("NO", RuleKind::Delegate, Incoming, "CLOSED", None),
        ("NO", RuleKind::Delegate, Incoming, "CUSTOMS", Some("LK")),
        ("NO", RuleKind::Forward, Incoming, "CUSTOMS", Some("LK")),
        ("LK", RuleKind::Delegate, Outgoing, "REGION", Some("NO")),
        ("LK", RuleKind::Delegate, Outgoing, "CUSTOMS", None),
        ("LK", RuleKind::Forward, Outgoing, "REGION", None),
    ]);
    let admitted = admit(&registry, &[code("REGION")], &fields("LK", "NO"), true).expect("admitted");
    let route = Route { receiver: Some(code("CUSTOMS")), sender: Some(code("REGION")), original: None };
    assert_eq!(admitted.route.as_deref(), Some(&route), "the closed channel is passed over");
    assert_eq!(copies_of(&admitted), [], "who sends or receives it gets no copy");
    assert_eq!(admitted.header.from, code("LK"));
    // CUSTOMS does not send, and REGION sends to NO only.
    for (caller, to) in [("CUSTOMS", "NO"), ("REGION", "LK"), ("NO", "LK")] {
        let refused = admit(&registry, &[code(caller)], &fields("LK", to), true);
        assert_eq!(refused.expect_err("refused").reason(), "not_yours", "{caller} to {to}");
    }
    let round = HeaderFields { forwardings: vec![forwarding("REGION")], ..fields("LK", "NO") };
    assert_eq!(admit(&registry, &[code("REGION")], &round, true), Err(Refusal::ForwardingLoop(code("REGION"))));
}
