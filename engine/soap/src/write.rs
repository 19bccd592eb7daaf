//! The server's mouth: from an [`Answer`] to the bytes of a body.

mod body;
mod directory;
mod header;
mod lists;

use bytes::Bytes;
use phytohub_model::{Fault, FaultKind, Finding};

use crate::answer::Answer;
use crate::names;
use crate::operation::Operation;
pub use body::Body;
pub(crate) use body::Writer;
pub(crate) use header::{write_envelope, write_fields};
pub(crate) use lists::{Field, shape};

/// Writes an answer. Content is linked into the body, not copied.
pub fn write_answer(answer: &Answer) -> Body {
    let operation = answer.operation();
    let mut out = Writer::new();
    out.envelope_begins();
    out.markup(&format!(
        "<eph:{}Response xmlns:eph=\"{}\" xmlns:hub=\"{}\">",
        operation.name(),
        names::EPH,
        names::HUB
    ));
    match answer {
        Answer::Delivered { header, .. } | Answer::Tracked(header) => {
            in_result(&mut out, operation, |out| header::write_answer(out, header));
        }
        Answer::Findings(findings) => findings.iter().for_each(|finding| write_finding(&mut out, finding)),
        Answer::Headers { headers, .. } => in_result(&mut out, operation, |out| {
            for tracked in headers {
                out.element("hub:EnvelopeHeader", |out| header::write_tracked(out, tracked));
            }
        }),
        Answer::Envelope(None) | Answer::TrackingSet => {}
        Answer::Envelope(Some((tracked, content))) => {
            in_result(&mut out, operation, |out| write_envelope(out, tracked, content));
        }
        Answer::Envelopes(envelopes) => in_result(&mut out, operation, |out| {
            for (tracked, content) in envelopes {
                out.element("hub:Envelope", |out| write_envelope(out, tracked, content));
            }
        }),
        // The plain acknowledgement's answer has no field.
        Answer::Acknowledged { operation: Operation::AcknowledgeEnvelopeReceipt, .. } => {}
        Answer::Acknowledged { state, .. } => out.text_element("eph:return", state.as_str()),
        Answer::Nppos(nppos) => in_result(&mut out, operation, |out| {
            for nppo in nppos {
                out.element("hub:Nppo", |out| directory::write_nppo(out, nppo));
            }
        }),
        Answer::Profile(nppo) => in_result(&mut out, operation, |out| directory::write_nppo(out, nppo)),
        Answer::Channels(channels) => in_result(&mut out, operation, |out| {
            channels.iter().for_each(|channel| directory::write_channel(out, channel));
        }),
        Answer::CodeList(list, rows) => rows.iter().for_each(|row| lists::write_row(&mut out, *list, row)),
    }
    out.markup(&format!("</eph:{}Response>", operation.name()));
    out.envelope_ends();
    out.finish()
}

/// Writes a SOAP 1.1 fault with the detail that the contract declares.
pub fn write_fault(fault: &Fault) -> Bytes {
    let code = match fault.kind {
        FaultKind::Client | FaultKind::TooLarge => "soap:Client",
        FaultKind::TryLater | FaultKind::Server => "soap:Server",
    };
    let mut out = Writer::new();
    out.envelope_begins();
    out.element("soap:Fault", |out| {
        out.text_element("faultcode", code);
        out.text_element("faultstring", &fault.message);
        out.element("detail", |out| {
            out.markup(&format!("<eph:HubWebException xmlns:eph=\"{}\">", names::EPH));
            out.text_element("eph:message", &fault.message);
            out.markup("</eph:HubWebException>");
        });
    });
    out.envelope_ends();
    out.finish().into_bytes()
}

/// Writes the operation's result element around what `inside` writes.
fn in_result(out: &mut Writer, operation: Operation, inside: impl FnOnce(&mut Writer)) {
    out.element(&format!("eph:{}", operation.result_name()), inside);
}

fn write_finding(out: &mut Writer, finding: &Finding) {
    out.element("eph:ValidationResult", |out| {
        out.text_element("area", finding.area.as_str());
        out.text_element("field", &finding.field);
        out.text_element("level", finding.level.as_str());
        out.text_element("msg", &finding.message);
    });
}
