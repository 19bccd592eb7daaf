//! Answers against their golden files, and against the contract's types with a parser that is not ours.
//!
//! `UPDATE_GOLDEN=1 cargo test -p phytohub-soap --test answers` writes the golden files anew; the difference is to be
//! read.

mod common;

use std::sync::Arc;

use common::{CERTIFICATE, fields, golden};
use phytohub_model::{
    AllowedDocument, Area, CertificateNumber, Channel, ChannelRule, CodeList, CodeRow, DeliveryNumber, Direction,
    Document, DocumentStatus, DocumentType, Fault, Finding, Forwarding, Header, HeaderFields, Level, Nppo, Pressure,
    RuleKind, ShardId, TrackedHeader, TrackingState, UnitKind,
};
use phytohub_soap::{Answer, Content, HeaderAnswer, Operation, write_answer, write_fault};
use quick_xml::NsReader;
use quick_xml::events::Event;
use quick_xml::name::ResolveResult;

fn tracked(state: TrackingState, message: Option<&str>) -> TrackedHeader {
    TrackedHeader {
        header: Header {
            from: "NZ".parse().expect("a code"),
            to: "AU2".parse().expect("a code"),
            document: Document { kind: DocumentType::PHYTOSANITARY, status: DocumentStatus::ISSUED },
            certificate_number: CertificateNumber::new("NZL/2026 <1> & \"2\"").expect("a number"),
        },
        number: DeliveryNumber::new(ShardId(3), *b"fifteen bytes !"),
        state,
        message: message.map(Into::into),
    }
}

fn echo() -> HeaderFields {
    HeaderFields {
        tracking_info: "FailedDelivery".to_owned(),
        error_message: "To 'Ω<' is unknown\r\nand U+0001 (\u{1}) is no character".to_owned(),
        to: "Ω<".to_owned(),
        forwardings: ["ARCHIVE", "B&B"].map(|code| forwarding(code, "")).to_vec(),
        ..fields()
    }
}

fn forwarding(code: &str, number: &str) -> Forwarding {
    Forwarding { code: code.to_owned(), number: number.to_owned() }
}

fn nppo(active: bool, allowed: AllowedDocument) -> Nppo {
    Nppo::new("AU".parse().expect("a code"), "not on the wire".to_owned(), active, allowed)
}

/// A member with two rules, one of them as narrow as a rule can be.
fn with_rules() -> Nppo {
    let narrow = ChannelRule {
        id: 7,
        channel: "CUSTOMS".parse().expect("a code"),
        kind: RuleKind::Delegate,
        direction: Direction::Incoming,
        document_type: Some(DocumentType::PHYTOSANITARY),
        document_status: Some(DocumentStatus::ISSUED),
        partner: Some("NL2".parse().expect("a code")),
    };
    let wide = ChannelRule {
        id: 8,
        kind: RuleKind::Forward,
        direction: Direction::Outgoing,
        document_type: None,
        document_status: None,
        partner: None,
        ..narrow.clone()
    };
    Nppo { rules: vec![narrow, wide], ..nppo(true, AllowedDocument::Only(Vec::new())) }
}

fn row() -> CodeRow {
    CodeRow {
        code: "12".to_owned(),
        text: "Heat & <steam>".to_owned(),
        language: Some("en".to_owned()),
        level: Some(2),
        parent: Some("1".to_owned()),
        symbol: Some("°C".to_owned()),
        unit_kind: Some(UnitKind::Temperature),
        document_type_only: Some(657),
        edition: "2026-11-01".to_owned(),
        source: "IPPC".to_owned(),
    }
}

/// Every answer there is, with the name of its golden file.
fn answers() -> Vec<(String, Answer)> {
    let pending = || tracked(TrackingState::PendingDelivery, None);
    let warned = || tracked(TrackingState::DeliveredWithWarnings, Some("Botanical name ≠ common name"));
    let stored = || Content::from_stored("&lt;a&gt;<![CDATA[<b/>]]>\r\n".into());
    let pair = Document { kind: DocumentType(999), status: DocumentStatus::ISSUED };
    let known = Document { kind: DocumentType::PHYTOSANITARY, status: DocumentStatus::ISSUED };
    let finding = |area, level| Finding { area, level, field: "/a/b[2]".to_owned(), message: "a < b".to_owned() };
    let channel =
        Channel { code: "ASW".parse().expect("a code"), name: "Window & co".to_owned(), receive: true, send: false };
    let mut answers = vec![
        ("tracked", Answer::Tracked(HeaderAnswer::Tracked(warned()))),
        ("tracked-echo", Answer::Tracked(HeaderAnswer::Echo(echo()))),
        (
            "delivered-forwarded",
            Answer::Delivered {
                operation: Operation::DeliverEnvelope,
                header: HeaderAnswer::Delivered(pending(), vec![forwarding("CUSTOMS", "03C8XFGY1KAKRQFF244FZ3F6J7")]),
            },
        ),
        ("profile-rules", Answer::Profile(with_rules())),
        (
            "findings",
            Answer::Findings(vec![
                finding(Area::Schema, Level::Severe),
                finding(Area::Mapping, Level::Warning),
                finding(Area::MandatoryElements, Level::Info),
            ]),
        ),
        ("findings-none", Answer::Findings(Vec::new())),
        ("envelope", Answer::Envelope(Some((pending(), Content::from_text(CERTIFICATE))))),
        ("envelope-none", Answer::Envelope(None)),
        ("envelopes", Answer::Envelopes(vec![(pending(), stored()), (warned(), Content::from_text("2"))])),
        ("envelopes-none", Answer::Envelopes(Vec::new())),
        ("tracking-set", Answer::TrackingSet),
        (
            "nppos",
            Answer::Nppos(vec![
                nppo(true, AllowedDocument::Only(vec![known, pair])),
                nppo(false, AllowedDocument::Only(Vec::new())),
            ]),
        ),
        ("profile", Answer::Profile(nppo(true, AllowedDocument::All))),
        ("channels", Answer::Channels(vec![channel])),
    ]
    .into_iter()
    .map(|(name, answer)| (name.to_owned(), answer))
    .collect::<Vec<_>>();
    for operation in &Operation::ALL[..4] {
        let header = HeaderAnswer::Tracked(pending());
        answers.push((format!("delivered-{}", operation.name()), Answer::Delivered { operation: *operation, header }));
    }
    let refused = Answer::Delivered { operation: Operation::DeliverEnvelope, header: HeaderAnswer::Echo(echo()) };
    answers.push(("delivered-refused".to_owned(), refused));
    for operation in [Operation::GetImportEnvelopeHeaders, Operation::GetUnderDeliveryEnvelope] {
        let headers = vec![pending(), warned()];
        answers.push((format!("headers-{}", operation.name()), Answer::Headers { operation, headers }));
    }
    for (operation, state) in [
        (Operation::AcknowledgeEnvelopeReceipt, TrackingState::Delivered),
        (Operation::AdvancedAcknowledgeEnvelopeReceipt, TrackingState::DeliveredWithWarnings),
        (Operation::AcknowledgeFailedEnvelopeReceipt, TrackingState::DeliveredNotReadable),
    ] {
        answers.push((format!("acknowledged-{}", operation.name()), Answer::Acknowledged { operation, state }));
    }
    for list in CodeList::ALL {
        let bare = CodeRow { code: "code".to_owned(), text: "text".to_owned(), ..CodeRow::default() };
        answers.push((format!("list-{list:?}"), Answer::CodeList(list, Arc::new(vec![row(), bare]))));
    }
    answers
}

fn faults() -> Vec<(String, Fault)> {
    let too_large =
        Fault { kind: phytohub_model::FaultKind::TooLarge, message: "The body is larger than 16 MiB".to_owned() };
    [
        ("unknown-certificate", Fault::unknown_certificate()),
        ("client", Fault::client("CertificateType is '<x>', a whole number is due")),
        ("server", Fault::server("no \u{0} here")),
        ("try-later", Pressure::Disk.into()),
        ("too-large", too_large),
    ]
    .into_iter()
    .map(|(name, fault)| (format!("fault-{name}"), fault))
    .collect()
}

/// Every answer and fault as bytes.
fn bodies() -> Vec<(String, Vec<u8>)> {
    let answers = answers().into_iter().map(|(name, answer)| (name, write_answer(&answer).into_bytes().to_vec()));
    answers.chain(faults().into_iter().map(|(name, fault)| (name, write_fault(&fault).to_vec()))).collect()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads its data from files")]
fn answers_are_as_their_golden_files() {
    let writes = std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1");
    for (name, body) in bodies() {
        let path = golden(&format!("answers/{name}.xml"));
        if writes {
            std::fs::write(&path, &body).expect("the golden file can be written");
        }
        let expected = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(String::from_utf8_lossy(&body), String::from_utf8_lossy(&expected), "{name}");
    }
}

#[test]
fn content_is_linked_into_an_answer_and_not_copied() {
    let content = Content::from_text(CERTIFICATE);
    let envelopes = (0..100).map(|_| (tracked(TrackingState::PendingDelivery, None), content.clone())).collect();
    let body = write_answer(&Answer::Envelopes(envelopes));
    let linked = body.chunks().iter().filter(|chunk| chunk.as_ptr() == content.raw().as_ptr()).count();
    assert_eq!(linked, 100);
    assert_eq!(body.len(), body.chunks().iter().map(|chunk| chunk.len()).sum::<usize>());
    assert_eq!(body.len(), body.clone().into_bytes().len());
}

/// An element as another parser sees it: prefix of its namespace in the table below, name, attributes, children.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: Vec<String>,
    children: Vec<Element>,
    text: String,
}

fn prefix(namespace: ResolveResult<'_>) -> &'static str {
    match namespace {
        ResolveResult::Bound(namespace) => match namespace.into_inner() {
            "http://schemas.xmlsoap.org/soap/envelope/" => "soap:",
            "http://ephyto.ippc.int/" => "eph:",
            "http://ephyto.ippc.int/HUB.Entities" => "hub:",
            other => panic!("a namespace that is not expected: {other}"),
        },
        ResolveResult::Unbound => "",
        ResolveResult::Unknown(prefix) => panic!("the prefix {prefix:?} is not bound"),
    }
}

fn parse(body: &[u8]) -> Element {
    let text = std::str::from_utf8(body).expect("an answer is UTF-8");
    let mut reader = NsReader::from_str(text);
    let mut open = vec![Element::default()];
    loop {
        let (namespace, event) = reader.read_resolved_event().expect("an answer is well-formed");
        let namespace = prefix(namespace);
        match event {
            Event::Start(start) => open.push(element(namespace, &start)),
            Event::Empty(start) => {
                let element = element(namespace, &start);
                open.last_mut().expect("the document").children.push(element);
            }
            Event::End(_) => {
                let element = open.pop().expect("an open element");
                open.last_mut().expect("the document").children.push(element);
            }
            Event::Text(run) => open.last_mut().expect("the document").text.push_str(&run),
            Event::GeneralRef(_) | Event::CData(_) => open.last_mut().expect("the document").text.push('?'),
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(open.len(), 1);
    open.remove(0).children.remove(0)
}

fn element(namespace: &str, start: &quick_xml::events::BytesStart<'_>) -> Element {
    let attributes = start.attributes().map(|attribute| attribute.expect("a well-formed attribute"));
    let attributes = attributes.map(|attribute| attribute.key.into_inner().to_owned());
    Element {
        name: format!("{namespace}{}", start.local_name().into_inner()),
        attributes: attributes.filter(|name| !name.starts_with("xmlns")).collect(),
        ..Element::default()
    }
}

/// Children of each element of an answer in the order of the contract's types: `?` 0..1, `*` 0..n, else exactly 1;
/// attributes behind `@`. Elements that are not listed hold text.
fn type_of(element: &str, parent: &str) -> &'static str {
    const HEADER: &str = "hub:From hub:To hub:CertificateType hub:CertificateStatus hub:NPPOCertificateNumber \
                          hub:hubDeliveryNumber? hub:HUBTrackingInfo? hub:hubDeliveryErrorMessage? hub:Forwardings?";
    const ENVELOPE: &str = "hub:From hub:To hub:CertificateType hub:CertificateStatus hub:NPPOCertificateNumber \
                            hub:hubDeliveryNumber? hub:HUBTrackingInfo? hub:hubDeliveryErrorMessage? hub:Forwardings? \
                            hub:Content?";
    const NPPO: &str = "hub:Country? hub:Receive? hub:Send? hub:AllowedDocument* hub:Signature? hub:ChannelRules?";
    match element {
        "soap:Envelope" => "soap:Header? soap:Body",
        "eph:DeliverEnvelopeResponse" => "eph:DeliverEnvelopeResult?",
        "eph:ValidateAndDeliverEnvelopeResponse" => "eph:ValidateAndDeliverEnvelopeResult?",
        "eph:DeliverPhytoEnvelopeResponse" => "eph:DeliverPhytoEnvelopeResult?",
        "eph:DeliverCountryResponseEnvelopeResponse" => "eph:DeliverCountryResponseEnvelopeResult?",
        "eph:GetEnvelopeTrackingInfoResponse" => "eph:GetEnvelopeTrackingInfoResult?",
        "eph:DeliverEnvelopeResult"
        | "eph:ValidateAndDeliverEnvelopeResult"
        | "eph:DeliverPhytoEnvelopeResult"
        | "eph:DeliverCountryResponseEnvelopeResult"
        | "eph:GetEnvelopeTrackingInfoResult"
        | "hub:EnvelopeHeader" => HEADER,
        "hub:Forwardings" => "hub:EnvelopeForwarding*",
        "hub:EnvelopeForwarding" => "hub:Code hub:HubDeliveryNumber?",
        "eph:GetImportEnvelopeHeadersResponse" => "eph:GetImportEnvelopeHeadersResult?",
        "eph:GetUnderDeliveryEnvelopeResponse" => "eph:GetUnderDeliveryEnvelopeResult?",
        "eph:GetImportEnvelopeHeadersResult" | "eph:GetUnderDeliveryEnvelopeResult" => "hub:EnvelopeHeader*",
        "eph:PULLSingleImportEnvelopeResponse" => "eph:PULLSingleImportEnvelopeResult?",
        "eph:PULLImportEnvelopeResponse" => "eph:PULLImportEnvelopesResult?",
        "eph:PULLImportEnvelopesResult" => "hub:Envelope*",
        "eph:PULLSingleImportEnvelopeResult" | "hub:Envelope" => ENVELOPE,
        "eph:AcknowledgeEnvelopeReceiptResponse" | "eph:SetTrackingInfoUpdateResponse" => "",
        "eph:AdvancedAcknowledgeEnvelopeReceiptResponse" | "eph:AcknowledgeFailedEnvelopeReceiptResponse" => {
            "eph:return?"
        }
        "eph:ValidatePhytoXMLResponse" => "eph:ValidationResult*",
        "eph:ValidationResult" => "area? field? level? msg?",
        "eph:GetActiveNpposResponse" => "eph:GetActiveNpposResult?",
        "eph:GetActiveNpposResult" => "hub:Nppo*",
        "eph:GetProfileResponse" => "eph:GetProfileResult?",
        "eph:GetProfileResult" | "hub:Nppo" => NPPO,
        "hub:AllowedDocument" => "@active certificateType? certificateStatus?",
        "certificateType" | "certificateStatus" => "@number @value?",
        "eph:GetAvailableChannelsResponse" => "eph:GetAvailableChannelsResult?",
        "eph:GetAvailableChannelsResult" => "hub:Channel*",
        "hub:Channel" => "@Receive @Send hub:Code? hub:Name?",
        "hub:ChannelRules" => "hub:ChannelRule*",
        "hub:ChannelRule" => "@id @active @ruleType @certificateType @certificateStatus @countryCode? @direction",
        "soap:Fault" => "faultcode faultstring faultactor? detail?",
        "detail" => "eph:HubWebException",
        "eph:HubWebException" => "eph:message?",
        _ => list_type_of(element, parent),
    }
}

fn list_type_of(element: &str, parent: &str) -> &'static str {
    match element {
        "eph:GetTreatmentTypesResponse" => "eph:TreatmentType*",
        "eph:GetAdditionalDeclarationsResponse" => "eph:AdditionalDeclaration*",
        "eph:GetIntendedUsesResponse" => "eph:IntendedUse*",
        "eph:GetPesticidesResponse" => "eph:Pesticide*",
        "eph:GetProductDescriptionsResponse" => "eph:ProductDescription*",
        "eph:GetUnitMeasuresResponse" => "eph:UnitMeasure*",
        "eph:GetMeanOfTransportsResponse" => "eph:MeanOfTransport*",
        "eph:GetStatementsResponse" => "eph:Statement*",
        "eph:GetConditionsResponse" => "eph:Condition*",
        "eph:GetPackageTypesResponse" => "eph:PackageType*",
        "eph:TreatmentType" => "active code? description? lang? lastModified? lastModifiedBy? level parentCode?",
        "eph:AdditionalDeclaration" => {
            "active additionalCode? code? lang? lastModified? lastModifiedBy? optionalText? text?"
        }
        "eph:IntendedUse" | "eph:ProductDescription" | "eph:Condition" => {
            "active code? lang? lastModified? lastModifiedBy? name?"
        }
        "eph:Pesticide" => "active code? description? lastModified? lastModifiedBy?",
        "eph:UnitMeasure" => "active code? lastModified? lastModifiedBy? name? symbol? type?",
        "eph:MeanOfTransport" => "active lang? lastModified? lastModifiedBy? modeCode? usedTransportMean?",
        "eph:Statement" => "active code? docTypeOnly lang? lastModified? lastModifiedBy? text?",
        "eph:PackageType" => "active code? description? lang? lastModified? lastModifiedBy?",
        "soap:Body" => "*",
        _ if parent == "soap:Body" => panic!("{element} is no answer"),
        _ => "text",
    }
}

fn check(element: &Element, parent: &str) {
    let expected = type_of(&element.name, parent);
    element.children.iter().for_each(|child| check(child, &element.name));
    if expected == "*" {
        return assert_eq!(element.children.len(), 1, "one answer in a body");
    }
    if expected == "text" {
        return assert!(element.children.is_empty() && element.attributes.is_empty(), "{element:?}");
    }
    assert_eq!(element.text, "", "{} has no text of its own", element.name);
    let mut children = element.children.iter().map(|child| child.name.as_str()).peekable();
    let mut attributes = element.attributes.iter().map(String::as_str).peekable();
    for part in expected.split_whitespace() {
        let name = part.trim_start_matches('@').trim_end_matches(['?', '*']);
        let count = match part.starts_with('@') {
            true => usize::from(attributes.next_if_eq(&name).is_some()),
            false => std::iter::from_fn(|| children.next_if_eq(&name)).count(),
        };
        let is_right = part.ends_with('*') || count == 1 || (part.ends_with('?') && count == 0);
        assert!(is_right, "{count} times {name} in {element:?}");
    }
    assert_eq!(children.next(), None, "out of order or unknown in {element:?}");
    assert_eq!(attributes.next(), None, "out of order or unknown in {element:?}");
}

#[test]
fn answers_have_the_fields_of_their_types_in_order_and_namespace() {
    for (_, body) in bodies() {
        let root = parse(&body);
        assert_eq!(root.name, "soap:Envelope");
        check(&root, "");
    }
}

#[test]
fn every_operation_has_an_answer_among_these() {
    for operation in Operation::ALL {
        let is_there = answers().iter().any(|(_, answer)| answer.operation() == operation);
        assert!(is_there, "{}", operation.name());
    }
}
