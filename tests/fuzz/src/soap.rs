//! The reader of requests: it ends, its faults can be read, and what it read says the same when it is sent on.

use bytes::Bytes;
use phytohub_model::{FaultKind, HeaderFields};
use phytohub_soap::{Content, Delivery, Request, client, read_request, write_fault};

/// Longest text of a fault: names are cut, and no fault quotes a text of the client's twice.
const FAULT_CHARACTERS_MAX: usize = 700;

/// Reads a body.
///
/// # Panics
/// Where something does not hold.
pub fn soap(body: &[u8]) {
    match read_request(Bytes::copy_from_slice(body)) {
        Ok(request) => said_again(&request),
        Err(fault) => {
            assert_eq!(fault.kind, FaultKind::Client, "{}", fault.message);
            assert!(!fault.message.is_empty() && fault.message.chars().count() <= FAULT_CHARACTERS_MAX);
            let answer = client::read_answer(&write_fault(&fault));
            let Err(client::ClientError::Fault { message, .. }) = answer else {
                panic!("the fault cannot be read: {answer:?}");
            };
            assert_eq!(message.split_whitespace().count(), fault.message.split_whitespace().count());
        }
    }
}

/// A request written by our own client says the same as the one that was read.
fn said_again(request: &Request) {
    let operation = request.operation();
    let again = match request {
        Request::DeliverEnvelope(delivery)
        | Request::ValidateAndDeliverEnvelope(delivery)
        | Request::DeliverPhytoEnvelope(delivery)
        | Request::DeliverCountryResponseEnvelope(delivery) => return delivered_again(delivery),
        Request::ValidatePhytoXml(content) => client::validate(&text(content.as_ref())),
        Request::GetImportEnvelopeHeaders { from } => client::import_headers(from.as_deref()),
        Request::PullSingleImportEnvelope { number }
        | Request::AcknowledgeEnvelopeReceipt { number }
        | Request::GetEnvelopeTrackingInfo { number } => client::with_number(operation, number),
        Request::AdvancedAcknowledgeEnvelopeReceipt { number, message }
        | Request::AcknowledgeFailedEnvelopeReceipt { number, message } => {
            client::with_message(operation, number, message)
        }
        Request::SetTrackingInfoUpdate(header) => client::set_tracking(header),
        _ => client::plain(operation),
    };
    let again = read(again);
    match (request, &again) {
        (Request::ValidatePhytoXml(first), Request::ValidatePhytoXml(second)) => {
            assert_eq!(text(first.as_ref()), text(second.as_ref()));
        }
        _ => assert_eq!(&again, request),
    }
}

fn delivered_again(delivery: &Delivery) {
    let Delivery { header, content } = delivery;
    let content = text(content.as_ref());
    let operation = phytohub_soap::Operation::DeliverEnvelope;
    let Request::DeliverEnvelope(again) = read(client::deliver(operation, header, &content)) else {
        panic!("another operation");
    };
    assert_eq!(
        (without_forwardings(&again.header), text(again.content.as_ref())),
        (without_forwardings(header), content)
    );
}

/// Forwardings have numbers in answers only, and names that are empty are none.
fn without_forwardings(header: &HeaderFields) -> HeaderFields {
    HeaderFields { forwardings: Vec::new(), ..header.clone() }
}

fn read(request: Vec<u8>) -> Request {
    let shown = String::from_utf8_lossy(&request).into_owned();
    read_request(request.into()).unwrap_or_else(|fault| panic!("{}: {shown}", fault.message))
}

fn text(content: Option<&Content>) -> String {
    let mut scratch = Vec::new();
    let bytes = content.map(|content| content.unescape(&mut scratch).to_vec()).unwrap_or_default();
    String::from_utf8(bytes).expect("content is text")
}
