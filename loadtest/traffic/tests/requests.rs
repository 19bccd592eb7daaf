//! Every request is what it is said to be when a service reads it: a delivery with its header and content in the
//! dialect's clothes, or no request at all.

mod common;

use std::collections::BTreeSet;

use common::{body, content, number_of, traffic};
use phytohub_soap::{Delivery, Operation, Request, read_request};
use phytoload_traffic::{
    Dialect, Expect, HOSTILE_BYTES_MAX, HttpVersion, OperationWeights, Prototype, Traffic, TrafficSettings,
};

/// All operations, in one dialect.
fn settings(dialect: Dialect) -> TrafficSettings {
    TrafficSettings {
        prototypes: 150,
        withdrawals: 0.2,
        reexports: 0.2,
        invalid: 0.2,
        attachments: 0.1,
        attachment_bytes_max: 50_000,
        operations: OperationWeights { validate_and_deliver: 1.0, deliver: 1.0, deliver_phyto: 1.0 },
        dialects: vec![dialect],
        ..TrafficSettings::default()
    }
}

fn delivery(request: Request) -> Delivery {
    match request {
        Request::DeliverEnvelope(delivery)
        | Request::ValidateAndDeliverEnvelope(delivery)
        | Request::DeliverPhytoEnvelope(delivery) => delivery,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check(traffic: &Traffic, prototype: &Prototype, id: u64) {
    let number = number_of(traffic, prototype, id);
    let about = format!("{:?}, {:?}, {:?}", prototype.dialect, prototype.operation, prototype.kind);
    let request = read_request(body(prototype, &number).into());
    let request = request.unwrap_or_else(|fault| panic!("{about}: {}", fault.message));
    assert_eq!(request.operation(), prototype.operation, "{about}");
    let Delivery { header, content: found } = delivery(request);
    let code = |member: u16| &traffic.members[usize::from(member)].code;
    assert_eq!((&header.from, &header.to), (code(prototype.from), code(prototype.to)), "{about}");
    assert_eq!(header.certificate_type, prototype.certificate_type, "{about}");
    assert_eq!(header.certificate_status, prototype.certificate_status, "{about}");
    assert_eq!(header.certificate_number, number, "{about}");
    assert!(header.delivery_number.is_empty() && header.forwardings.is_empty(), "{about}");
    let mut scratch = Vec::new();
    let found = found.expect("content");
    let (found, expected) = (found.unescape(&mut scratch), content(prototype, &number));
    assert!(found == expected, "{about}: content differs");
}

#[test]
fn every_dialect_is_read_as_what_was_meant() {
    for (seed, dialect) in (0..).zip(Dialect::ALL) {
        let traffic = traffic(&settings(dialect), seed);
        let operations: BTreeSet<Operation> = traffic.prototypes.iter().map(|prototype| prototype.operation).collect();
        assert_eq!(operations.len(), 3, "{dialect:?}");
        for (id, prototype) in (u64::MAX - 1_000..).zip(&traffic.prototypes) {
            check(&traffic, prototype, id);
            if matches!(prototype.kind, Expect::Invalid(_)) {
                assert_eq!(prototype.operation, Operation::ValidateAndDeliverEnvelope);
            }
        }
    }
}

#[test]
fn large_files_are_read_as_what_was_meant() {
    let settings =
        TrafficSettings { prototypes: 12, attachments: 1.0, attachment_bytes_max: 3 << 20, ..settings(Dialect::Plain) };
    let settings = TrafficSettings { invalid: 0.0, dialects: Dialect::ALL.to_vec(), ..settings };
    let traffic = traffic(&settings, 6);
    for prototype in &traffic.prototypes {
        check(&traffic, prototype, 1);
    }
    assert!(traffic.prototypes.iter().any(|prototype| 300_000 < prototype.body_length()));
}

#[test]
fn attacks_are_no_requests() {
    let settings =
        TrafficSettings { prototypes: 200, hostile: 1.0, withdrawals: 0.0, reexports: 0.0, ..Default::default() };
    let mut sentences = BTreeSet::new();
    for seed in 0..3 {
        let traffic = traffic(&settings, seed);
        for prototype in &traffic.prototypes {
            let Expect::Hostile(name) = prototype.kind else {
                panic!("{:?}", prototype.kind);
            };
            assert!(prototype.body_length() <= HOSTILE_BYTES_MAX, "{name}: {}", prototype.body_length());
            let body = body(prototype, &number_of(&traffic, prototype, 1));
            let fault = read_request(body.into()).expect_err(name);
            sentences.insert((name, reason(&fault.message)));
        }
    }
    let lines: Vec<String> = sentences.iter().map(|(name, reason)| format!("{name}: {reason}")).collect();
    assert_eq!(
        lines,
        [
            "array-flood: Forwardings names more than 64 channels",
            "attribute-flood: an element has more than 64 attributes",
            "cut-off: the document ends while",
            "deep-nesting: elements are nested more than 100 deep",
            "entity-bomb: a DOCTYPE is not allowed in a SOAP message",
            "external-entity: a DOCTYPE is not allowed in a SOAP message",
            "field-twice: From stands twice; which one is meant?",
            "growth: as text, this XML would have more than 2 times the length of the request; send the certificate \
             escaped or in CDATA",
            "huge-name: a name is longer than 256 bytes",
            "huge-number: CertificateType is",
            "include: the content is an xop:Include; MTOM is not spoken here, send the certificate in the envelope \
             itself",
            "instruction: a processing instruction is not allowed in a SOAP message",
            "namespace-flood: more than 128 namespace declarations are in scope",
            "no-envelope: the document",
            "nul: the character U+0000 is not allowed in XML (is this UTF-16 without a byte order mark?)",
            "open-section: this CDATA section has no end",
            "other-soap: this is SOAP 1.2; SOAP 1.1 is spoken here, with text/xml",
            "two-bodies: soap:Body may not stand behind the SOAP Body",
            "undefined-entity: the entity",
            "unknown-operation: DeleteAllEnvelopes in the namespace",
            "wrong-encoding: the bytes from here on are not UTF-8; send the request as UTF-8",
        ]
    );
}

/// The fault's sentence without its place, up to the text of the request that it shows, which is chance, unless it
/// begins with that.
fn reason(message: &str) -> String {
    let reason = message.split_once("): ").map_or(message, |(_, reason)| reason);
    let mut parts = reason.split(['\'', '<', '>']);
    let first = parts.next().unwrap_or_default();
    let shown: String = if first.is_empty() { parts.take(2).collect() } else { first.to_owned() };
    shown.trim().to_owned()
}

#[test]
fn libraries_keep_their_habits_in_http() {
    let traffic = traffic(&TrafficSettings { chunked: 0.0, ..TrafficSettings::default() }, 3);
    for prototype in &traffic.prototypes {
        let http = &prototype.http;
        assert_eq!(http.version == HttpVersion::Http10, prototype.dialect == Dialect::Axis);
        assert_eq!(http.expect_continue, prototype.dialect == Dialect::DotNet);
        let chunks = matches!(prototype.dialect, Dialect::JaxWs | Dialect::Cxf | Dialect::Gsoap);
        assert_eq!(http.chunked.is_some(), chunks, "{:?}", prototype.dialect);
    }
}
