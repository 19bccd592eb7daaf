//! Both ends against each other: what the client's end writes is read by the server's, and back.

mod common;

use std::sync::Arc;

use common::{CERTIFICATE, fields};
use phytohub_model::{
    AllowedDocument, Area, Channel, CodeList, CodeRow, Document, DocumentStatus, DocumentType, Fault, Finding,
    Forwarding, HeaderFields, Level, Nppo, TrackingState, UnitKind,
};
use phytohub_soap::client::{self, ClientError, Reply, read_answer};
use phytohub_soap::{Answer, Content, HeaderAnswer, Operation, Request, read_request, write_answer, write_fault};

fn answered(answer: &Answer) -> Reply {
    let reply = read_answer(&write_answer(answer).into_bytes()).expect("an answer");
    assert_eq!(reply.operation, answer.operation());
    reply
}

fn full() -> HeaderFields {
    HeaderFields {
        delivery_number: "0ABC".to_owned(),
        tracking_info: "Delivered".to_owned(),
        error_message: "a < b & c".to_owned(),
        forwardings: ["A", "B&B"].map(|code| Forwarding { code: code.to_owned(), number: String::new() }).to_vec(),
        ..fields()
    }
}

#[test]
fn every_operation_can_be_requested() {
    for operation in Operation::ALL {
        let body = match operation {
            Operation::DeliverEnvelope | Operation::ValidateAndDeliverEnvelope => {
                client::deliver(operation, &full(), CERTIFICATE)
            }
            Operation::DeliverPhytoEnvelope => client::deliver_xml(operation, &full(), "<SPSCertificate/>"),
            Operation::DeliverCountryResponseEnvelope => {
                client::deliver_xml(operation, &full(), "<a:SPSAcknowledgement xmlns:a=\"urn:a\"/>")
            }
            Operation::ValidatePhytoXml => client::validate(CERTIFICATE),
            Operation::GetImportEnvelopeHeaders => client::import_headers(Some("NZ")),
            Operation::PullSingleImportEnvelope
            | Operation::AcknowledgeEnvelopeReceipt
            | Operation::GetEnvelopeTrackingInfo => client::with_number(operation, "0ABC"),
            Operation::AdvancedAcknowledgeEnvelopeReceipt | Operation::AcknowledgeFailedEnvelopeReceipt => {
                client::with_message(operation, "0ABC", "a < b")
            }
            Operation::SetTrackingInfoUpdate => client::set_tracking(&full()),
            _ => client::plain(operation),
        };
        let request = read_request(body.into()).expect("a request");
        assert_eq!(request.operation(), operation);
        match request {
            Request::DeliverEnvelope(delivery) | Request::ValidateAndDeliverEnvelope(delivery) => {
                assert_eq!(delivery.header, full());
                assert_eq!(delivery.content, Some(Content::from_text(CERTIFICATE)));
            }
            Request::DeliverPhytoEnvelope(delivery) => {
                assert_eq!(delivery.content, Some(Content::from_text("<SPSCertificate/>")));
            }
            Request::DeliverCountryResponseEnvelope(delivery) => {
                let expected = Content::from_stored("&lt;a:SPSAcknowledgement xmlns:a=\"urn:a\"/&gt;".into());
                assert_eq!(delivery.content, Some(expected));
            }
            Request::ValidatePhytoXml(content) => assert_eq!(content, Some(Content::from_text(CERTIFICATE))),
            Request::GetImportEnvelopeHeaders { from } => assert_eq!(from.as_deref(), Some("NZ")),
            Request::PullSingleImportEnvelope { number }
            | Request::AcknowledgeEnvelopeReceipt { number }
            | Request::GetEnvelopeTrackingInfo { number } => assert_eq!(number, "0ABC"),
            Request::AdvancedAcknowledgeEnvelopeReceipt { number, message }
            | Request::AcknowledgeFailedEnvelopeReceipt { number, message } => {
                assert_eq!((number.as_str(), message.as_str()), ("0ABC", "a < b"));
            }
            Request::SetTrackingInfoUpdate(header) => assert_eq!(header, full()),
            Request::CodeList(list) => assert_eq!(operation.list(), Some(list)),
            _ => {}
        }
    }
}

#[test]
fn actions_are_those_of_the_contract() {
    assert_eq!(
        Operation::PullImportEnvelope.soap_action(),
        "http://ephyto.ippc.int/IDeliveryService/PULLImportEnvelope"
    );
    assert_eq!(
        Operation::AdvancedAcknowledgeEnvelopeReceipt.soap_action(),
        "http://ephyto.ippc.int/IDeliveryService/NegativeAcknowledgeEnvelopeReceipt"
    );
    for operation in Operation::ALL {
        assert_eq!(Operation::from_local_name(operation.name()), Some(operation));
    }
    assert_eq!(Operation::from_local_name("PullImportEnvelope"), None, "names are as the contract has them");
}

#[test]
fn headers_and_texts_come_back() {
    let echo = || HeaderAnswer::Echo(full());
    for operation in &Operation::ALL[..4] {
        let reply = answered(&Answer::Delivered { operation: *operation, header: echo() });
        assert_eq!(reply.headers, [full()]);
    }
    assert_eq!(answered(&Answer::Tracked(echo())).headers, [full()]);
    let reply = answered(&Answer::Acknowledged {
        operation: Operation::AcknowledgeFailedEnvelopeReceipt,
        state: TrackingState::DeliveredNotReadable,
    });
    assert_eq!(reply.text.as_deref(), Some("DeliveredNotReadable"));
    assert_eq!(answered(&Answer::TrackingSet).text, None);
}

#[test]
fn findings_members_and_channels_come_back() {
    let finding =
        Finding { area: Area::Mapping, level: Level::Warning, field: "/a".to_owned(), message: "a < b".to_owned() };
    assert_eq!(
        answered(&Answer::Findings(vec![finding.clone(), finding.clone()])).findings,
        [finding.clone(), finding]
    );
    let pair = Document { kind: DocumentType(999), status: DocumentStatus::ISSUED };
    let nppo =
        |active, pairs| Nppo::new("AU".parse().expect("a code"), String::new(), active, AllowedDocument::Only(pairs));
    let nppos = vec![nppo(true, vec![pair]), nppo(false, Vec::new())];
    assert_eq!(answered(&Answer::Nppos(nppos.clone())).nppos, nppos);
    let all = Nppo { allowed: AllowedDocument::All, ..nppo(true, Vec::new()) };
    let profile = answered(&Answer::Profile(all)).nppos.remove(0);
    let AllowedDocument::Only(pairs) = profile.allowed else { panic!("pairs are listed") };
    assert_eq!(pairs.len(), DocumentType::KNOWN.len() * DocumentStatus::KNOWN.len());
    let channel = Channel { code: "ASW".parse().expect("a code"), name: "B".to_owned(), receive: true, send: false };
    assert_eq!(answered(&Answer::Channels(vec![channel.clone()])).channels, [channel]);
}

#[test]
fn rows_come_back_with_the_fields_their_list_has() {
    let row = CodeRow {
        code: "12".to_owned(),
        text: "Heat".to_owned(),
        language: Some("en".to_owned()),
        level: Some(2),
        parent: Some("1".to_owned()),
        symbol: Some("°C".to_owned()),
        unit_kind: Some(UnitKind::Temperature),
        document_type_only: Some(657),
        edition: "2026-11-01".to_owned(),
        source: "IPPC".to_owned(),
    };
    for list in CodeList::ALL {
        let read = answered(&Answer::CodeList(list, Arc::new(vec![row.clone()]))).rows.remove(0);
        let has_language = !matches!(list, CodeList::Pesticides | CodeList::UnitMeasures);
        let is_treatment = list == CodeList::TreatmentTypes;
        let is_unit = list == CodeList::UnitMeasures;
        let expected = CodeRow {
            language: row.language.clone().filter(|_| has_language),
            level: row.level.filter(|_| is_treatment),
            parent: row.parent.clone().filter(|_| is_treatment),
            symbol: row.symbol.clone().filter(|_| is_unit),
            unit_kind: row.unit_kind.filter(|_| is_unit),
            document_type_only: row.document_type_only.filter(|_| list == CodeList::Statements),
            ..row.clone()
        };
        assert_eq!(read, expected, "{list:?}");
    }
}

#[test]
fn faults_and_what_is_no_answer_are_errors() {
    let fault = read_answer(&write_fault(&Fault::client("a < b"))).expect_err("a fault");
    assert_eq!(fault, ClientError::Fault { code: "Client".to_owned(), message: "a < b".to_owned() });
    for body in ["", "<html/>", "<html><br></html>", "Bad gateway"] {
        let error = read_answer(body.as_bytes()).expect_err("no answer");
        assert!(matches!(error, ClientError::Unreadable(_)), "{error}");
    }
    let error = read_answer(&client::plain(Operation::GetProfile)).expect_err("a request is no answer");
    assert!(error.to_string().contains("'GetProfile' in the namespace"), "{error}");
}
