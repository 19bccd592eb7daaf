//! The wire: a request read, content un-escaped, answers written.

use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use phytohub_model::{
    CertificateNumber, DeliveryNumber, Document, DocumentStatus, DocumentType, Header, HeaderFields, ShardId,
    TrackedHeader, TrackingState,
};
use phytohub_soap::{Answer, Content, HeaderAnswer, Operation, Request, client, read_request, write_answer};

/// Size of the body that the target of 10 us speaks of.
const BODY_BYTES: usize = 12 << 10;

fn fields() -> HeaderFields {
    HeaderFields {
        from: "NZ".to_owned(),
        to: "AU".to_owned(),
        certificate_type: 851,
        certificate_status: 70,
        certificate_number: "NZL2026/AU/0000123".to_owned(),
        ..HeaderFields::default()
    }
}

/// A certificate's markup, line items repeated until an escaped body of it has [`BODY_BYTES`].
fn certificate() -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rsm:SPSCertificate xmlns:rsm=\"urn:example:certificate\" \
         xmlns:ram=\"urn:example:parts\">\n",
    );
    let mut line = 0;
    while client::deliver(Operation::DeliverEnvelope, &fields(), &text).len() < BODY_BYTES {
        line += 1;
        text += &format!(
            "  <ram:IncludedSPSTradeLineItem>\n    <ram:SequenceNumeric>{line}</ram:SequenceNumeric>\n    \
             <ram:Description languageID=\"en\">Kiwifruit, côté soleil, fresh & whole</ram:Description>\n    \
             <ram:NetWeightMeasure unitCode=\"KGM\">1520.5</ram:NetWeightMeasure>\n  </ram:IncludedSPSTradeLineItem>\n",
        );
    }
    text + "</rsm:SPSCertificate>\n"
}

fn escaped_body() -> Bytes {
    client::deliver(Operation::DeliverEnvelope, &fields(), &certificate()).into()
}

fn cdata_body() -> Bytes {
    let body = client::deliver(Operation::DeliverEnvelope, &fields(), "@");
    let body = String::from_utf8(body).expect("a request is text");
    let mut text = certificate();
    while body.len() + text.len() < BODY_BYTES {
        text.push('\n');
    }
    body.replace('@', &format!("<![CDATA[{text}]]>")).into()
}

fn content(body: Bytes) -> Content {
    match read_request(body) {
        Ok(Request::DeliverEnvelope(delivery)) => delivery.content.expect("the request has content"),
        other => panic!("no delivery: {other:?}"),
    }
}

fn tracked(index: u8) -> TrackedHeader {
    TrackedHeader {
        header: Header {
            from: "NZ".parse().expect("a code"),
            to: "AU".parse().expect("a code"),
            document: Document { kind: DocumentType::PHYTOSANITARY, status: DocumentStatus::ISSUED },
            certificate_number: CertificateNumber::new("NZL2026/AU/0000123").expect("a number"),
        },
        number: DeliveryNumber::new(ShardId(0), [index; 15]),
        state: TrackingState::PendingDelivery,
        message: None,
    }
}

fn read(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("soap/read_deliver");
    for (name, body) in [("escaped", escaped_body()), ("cdata", cdata_body())] {
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter_batched(|| body.clone(), |body| read_request(body).is_ok(), BatchSize::SmallInput);
        });
    }
    let number: Bytes =
        client::with_number(Operation::AcknowledgeEnvelopeReceipt, &tracked(7).number.to_string()).into();
    group.throughput(Throughput::Bytes(number.len() as u64));
    group.bench_function("acknowledgement", |bencher| {
        bencher.iter_batched(|| number.clone(), |body| read_request(body).is_ok(), BatchSize::SmallInput);
    });
    group.finish();
}

fn unescape(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("soap/unescape");
    for (name, content) in [("escaped", content(escaped_body())), ("cdata", content(cdata_body()))] {
        group.throughput(Throughput::Bytes(content.len() as u64));
        let mut scratch = Vec::new();
        group.bench_function(name, |bencher| bencher.iter(|| content.unescape(&mut scratch).len()));
    }
    group.finish();
}

fn write(criterion: &mut Criterion) {
    let content = content(escaped_body());
    let delivered =
        Answer::Delivered { operation: Operation::DeliverEnvelope, header: HeaderAnswer::Tracked(tracked(7)) };
    let one = Answer::Envelope(Some((tracked(7), content.clone())));
    let hundred = Answer::Envelopes((0..100).map(|index| (tracked(index), content.clone())).collect());
    let mut group = criterion.benchmark_group("soap/write");
    for (name, answer) in [("delivered", delivered), ("envelope", one), ("100 envelopes", hundred)] {
        group.bench_function(name, |bencher| bencher.iter(|| write_answer(&answer).len()));
    }
    group.finish();
}

criterion_group!(soap, read, unescape, write);
criterion_main!(soap);
