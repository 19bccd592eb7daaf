//! Headers and envelopes: fields in the order of their type, all in the hub's namespace.

use phytohub_model::{Forwarding, HeaderFields, TrackedHeader};

use super::body::Writer;
use crate::answer::HeaderAnswer;
use crate::content::Content;

pub(super) fn write_answer(out: &mut Writer, header: &HeaderAnswer) {
    match header {
        HeaderAnswer::Tracked(tracked) => write_tracked(out, tracked),
        HeaderAnswer::Delivered(tracked, copies) => {
            write_tracked(out, tracked);
            write_forwardings(out, copies);
        }
        HeaderAnswer::Echo(fields) => write_fields(out, fields),
    }
}

pub(crate) fn write_envelope(out: &mut Writer, tracked: &TrackedHeader, content: &Content) {
    write_tracked(out, tracked);
    out.element("hub:Content", |out| out.content(content));
}

pub(super) fn write_tracked(out: &mut Writer, tracked: &TrackedHeader) {
    let header = &tracked.header;
    out.text_element("hub:From", header.from.as_str());
    out.text_element("hub:To", header.to.as_str());
    write_number(out, "hub:CertificateType", header.document.kind.0);
    write_number(out, "hub:CertificateStatus", header.document.status.0);
    out.text_element("hub:NPPOCertificateNumber", header.certificate_number.as_str());
    out.text_element("hub:hubDeliveryNumber", &tracked.number.to_string());
    out.text_element("hub:HUBTrackingInfo", tracked.state.as_str());
    if let Some(message) = &tracked.message {
        out.text_element("hub:hubDeliveryErrorMessage", message);
    }
}

/// Fields as a client writes them or gets them back.
pub(crate) fn write_fields(out: &mut Writer, fields: &HeaderFields) {
    out.text_element("hub:From", &fields.from);
    out.text_element("hub:To", &fields.to);
    write_number(out, "hub:CertificateType", fields.certificate_type);
    write_number(out, "hub:CertificateStatus", fields.certificate_status);
    out.text_element("hub:NPPOCertificateNumber", &fields.certificate_number);
    let optional = [
        ("hub:hubDeliveryNumber", &fields.delivery_number),
        ("hub:HUBTrackingInfo", &fields.tracking_info),
        ("hub:hubDeliveryErrorMessage", &fields.error_message),
    ];
    for (name, text) in optional.into_iter().filter(|(_, text)| !text.is_empty()) {
        out.text_element(name, text);
    }
    write_forwardings(out, &fields.forwardings);
}

fn write_forwardings(out: &mut Writer, forwardings: &[Forwarding]) {
    if forwardings.is_empty() {
        return;
    }
    out.element("hub:Forwardings", |out| {
        for Forwarding { code, number } in forwardings {
            out.element("hub:EnvelopeForwarding", |out| {
                out.text_element("hub:Code", code);
                if !number.is_empty() {
                    out.text_element("hub:HubDeliveryNumber", number);
                }
            });
        }
    });
}

fn write_number(out: &mut Writer, name: &str, number: i32) {
    out.element(name, |out| out.markup(&number.to_string()));
}
