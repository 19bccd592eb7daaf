//! Requests, one function for each shape.

use phytohub_model::{HeaderFields, TrackedHeader};

use crate::content::Content;
use crate::names;
use crate::operation::Operation;
use crate::write::{Body, Writer, write_envelope, write_fields};

/// DeliverEnvelope or ValidateAndDeliverEnvelope, with the certificate as text.
pub fn deliver(operation: Operation, header: &HeaderFields, content_text: &str) -> Vec<u8> {
    write(operation, |out| {
        out.element(&format!("eph:{}", operation.envelope_parameter()), |out| {
            write_fields(out, header);
            out.text_element("hub:Content", content_text);
        });
    })
}

/// DeliverEnvelope of an envelope that a hub has, with its number and state; content is linked, not copied.
pub fn deliver_stored(header: &TrackedHeader, content: &Content) -> Body {
    let operation = Operation::DeliverEnvelope;
    body(operation, |out| {
        out.element(&format!("eph:{}", operation.envelope_parameter()), |out| write_envelope(out, header, content));
    })
}

/// DeliverPhytoEnvelope or DeliverCountryResponseEnvelope, with the certificate or acknowledgement as an XML element
/// (without an XML declaration) that declares the namespaces it uses.
pub fn deliver_xml(operation: Operation, header: &HeaderFields, xml_element: &str) -> Vec<u8> {
    write(operation, |out| {
        out.element(&format!("eph:{}", operation.envelope_parameter()), |out| {
            write_fields(out, header);
            out.markup(xml_element);
        });
    })
}

/// ValidatePhytoXML.
pub fn validate(content_text: &str) -> Vec<u8> {
    write(Operation::ValidatePhytoXml, |out| out.text_element("eph:ePhytoXML", content_text))
}

/// PULLSingleImportEnvelope, AcknowledgeEnvelopeReceipt or GetEnvelopeTrackingInfo.
pub fn with_number(operation: Operation, number: &str) -> Vec<u8> {
    write(operation, |out| out.text_element("eph:hubTrackingNumber", number))
}

/// AdvancedAcknowledgeEnvelopeReceipt or AcknowledgeFailedEnvelopeReceipt.
pub fn with_message(operation: Operation, number: &str, message: &str) -> Vec<u8> {
    let name = match operation {
        Operation::AdvancedAcknowledgeEnvelopeReceipt => "eph:warningMessage",
        _ => "eph:message",
    };
    write(operation, |out| {
        out.text_element("eph:hubTrackingNumber", number);
        out.text_element(name, message);
    })
}

/// GetImportEnvelopeHeaders, from one sender or from all.
pub fn import_headers(from: Option<&str>) -> Vec<u8> {
    write(Operation::GetImportEnvelopeHeaders, |out| {
        if let Some(code) = from {
            out.text_element("eph:countryCode", code);
        }
    })
}

/// SetTrackingInfoUpdate.
pub fn set_tracking(header: &HeaderFields) -> Vec<u8> {
    write(Operation::SetTrackingInfoUpdate, |out| out.element("eph:header", |out| write_fields(out, header)))
}

/// An operation without parameters.
pub fn plain(operation: Operation) -> Vec<u8> {
    write(operation, |_| {})
}

fn write(operation: Operation, parameters: impl FnOnce(&mut Writer)) -> Vec<u8> {
    body(operation, parameters).into_bytes().into()
}

fn body(operation: Operation, parameters: impl FnOnce(&mut Writer)) -> Body {
    let mut out = Writer::new();
    out.envelope_begins();
    out.markup(&format!("<eph:{} xmlns:eph=\"{}\" xmlns:hub=\"{}\">", operation.name(), names::EPH, names::HUB));
    parameters(&mut out);
    out.markup(&format!("</eph:{}>", operation.name()));
    out.envelope_ends();
    out.finish()
}
