//! What the sandbox sees of one request: its dialect, what it asks, and what the hub answered.

use std::sync::Arc;

use bytes::Bytes;
use hyper::Version;
use hyper::header::{CONTENT_LENGTH, USER_AGENT};
use phytohub_core::admission::admit;
use phytohub_core::registry::CallerError;
use phytohub_model::{CertificateFingerprint, ConnectionCode, Fault, Header, HeaderFields, Level, TrackingState};
use phytohub_onboarding::{Answered, Asked, Call, Content, Dialect, Identity};
use phytohub_soap::{Answer, Delivery, HeaderAnswer, Request};

use crate::clock;
use crate::hub::Hub;
use crate::validate;

/// Characters of User-Agent that are kept.
const USER_AGENT_CHARACTERS_MAX: usize = 100;
/// The SOAP envelope's tag stands near the beginning, behind a declaration and comments.
const TAG_WITHIN_BYTES: usize = 4096;
/// Longest prefix that is kept.
const PREFIX_BYTES_MAX: usize = 32;
/// What a content with a file contains, whatever its prefixes.
const ATTACHMENT: &[u8] = b"AttachmentBinaryObject";

/// A request as far as it was seen before it was answered.
pub(crate) struct Glimpse {
    dialect: Dialect,
    request: Option<Request>,
}

/// A request and its answer, with whose it was.
#[derive(Debug)]
pub(crate) struct Sighting {
    /// The codes that the certificate acts for; empty when it stands for nobody now.
    pub(crate) codes: Vec<ConnectionCode>,
    pub(crate) certificate: Option<CertificateFingerprint>,
    pub(crate) call: Call,
}

impl Glimpse {
    /// What the head tells.
    pub(crate) fn of<B>(request: &hyper::Request<B>) -> Self {
        let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        let dialect = Dialect {
            http: if request.version() == Version::HTTP_10 { "HTTP/1.0" } else { "HTTP/1.1" }.to_owned(),
            user_agent: agent.chars().take(USER_AGENT_CHARACTERS_MAX).collect(),
            soap_prefix: String::new(),
            framing: if request.headers().contains_key(CONTENT_LENGTH) { "length" } else { "chunked" }.to_owned(),
        };
        Self { dialect, request: None }
    }

    /// What the body tells.
    pub(crate) fn body(&mut self, body: &Bytes) {
        self.dialect.soap_prefix = prefix(body).unwrap_or_default();
    }

    /// What was asked.
    pub(crate) fn request(&mut self, request: &Request) {
        self.request = Some(request.clone());
    }
}

/// The prefix of the envelope's tag.
fn prefix(body: &[u8]) -> Option<String> {
    let start = &body[..body.len().min(TAG_WITHIN_BYTES)];
    let at = memchr::memmem::find(start, b":Envelope")?;
    let tag = memchr::memrchr(b'<', &start[..at])?;
    let prefix = std::str::from_utf8(&start[tag + 1..at]).ok()?;
    let is_name = prefix.len() <= PREFIX_BYTES_MAX && !prefix.contains(char::is_whitespace);
    is_name.then(|| prefix.to_owned())
}

impl Sighting {
    /// Puts together what was asked and what the hub answered.
    pub(crate) async fn new(
        hub: &Arc<Hub>,
        certificate: Option<CertificateFingerprint>,
        glimpse: Glimpse,
        result: &Result<Answer, Fault>,
    ) -> Self {
        let at = clock::now();
        let caller = certificate.map(|certificate| hub.registry.load().caller(at, &certificate));
        let (codes, identity) = match caller {
            Some(Ok(caller)) => (caller.codes.to_vec(), Identity::Member),
            Some(Err(CallerError::Expired { .. })) => (Vec::new(), Identity::Expired),
            _ => (Vec::new(), Identity::Revoked),
        };
        let Glimpse { dialect, request } = glimpse;
        let answered = match result {
            Ok(answer) => answered(hub, &codes, request.as_ref(), answer),
            Err(fault) => Answered::Fault(fault.message.clone()),
        };
        let operation = request.as_ref().map(Request::operation);
        let asked = match request {
            Some(request) => asked(hub, request).await,
            None => Asked::Unreadable,
        };
        Self { codes, certificate, call: Call { at, operation, identity, asked, answered, dialect } }
    }
}

async fn asked(hub: &Arc<Hub>, request: Request) -> Asked {
    match request {
        Request::DeliverEnvelope(delivery)
        | Request::ValidateAndDeliverEnvelope(delivery)
        | Request::DeliverPhytoEnvelope(delivery)
        | Request::DeliverCountryResponseEnvelope(delivery) => {
            let Delivery { header, content } = delivery;
            let judged = look(hub, content.as_ref(), Some(&header)).await;
            Asked::Delivery(header, judged)
        }
        Request::ValidatePhytoXml(content) => Asked::Validation(look(hub, content.as_ref(), None).await),
        Request::AcknowledgeEnvelopeReceipt { number } => Asked::Acknowledgement { number, message: String::new() },
        Request::AdvancedAcknowledgeEnvelopeReceipt { number, message }
        | Request::AcknowledgeFailedEnvelopeReceipt { number, message } => Asked::Acknowledgement { number, message },
        Request::SetTrackingInfoUpdate(header) => {
            Asked::Acknowledgement { number: header.delivery_number, message: header.error_message }
        }
        Request::PullSingleImportEnvelope { number } | Request::GetEnvelopeTrackingInfo { number } => {
            Asked::Number(number)
        }
        _ => Asked::Other,
    }
}

/// What is in a content, judged once more: the answer names no rules.
async fn look(hub: &Arc<Hub>, content: Option<&phytohub_soap::Content>, header: Option<&HeaderFields>) -> Content {
    let Some(content) = content.filter(|content| !content.is_blank()) else { return Content::default() };
    let header = header.and_then(|fields| Header::try_from(fields).ok());
    let judgement = validate::judge(hub, content, header.as_ref()).await;
    let severe = judgement.broken.iter().filter(|broken| broken.level == Level::Severe);
    Content {
        attachment: memchr::memmem::find(content.raw(), ATTACHMENT).is_some(),
        broken: severe.map(|broken| broken.rule.to_string()).collect(),
    }
}

fn answered(hub: &Hub, codes: &[ConnectionCode], request: Option<&Request>, answer: &Answer) -> Answered {
    match answer {
        Answer::Delivered { header: HeaderAnswer::Tracked(header) | HeaderAnswer::Delivered(header, _), .. } => {
            Answered::Accepted { number: header.number.to_string() }
        }
        Answer::Delivered { header: HeaderAnswer::Echo(fields), .. } => {
            Answered::Refused { reason: reason(hub, codes, request), text: fields.error_message.clone() }
        }
        Answer::Headers { headers, .. } => {
            Answered::Listed(headers.iter().map(|header| header.number.to_string()).collect())
        }
        Answer::Envelope(envelope) => {
            Answered::HandedOut(envelope.iter().map(|(header, _)| header.number.to_string()).collect())
        }
        Answer::Envelopes(envelopes) => {
            Answered::HandedOut(envelopes.iter().map(|(header, _)| header.number.to_string()).collect())
        }
        Answer::Acknowledged { .. } | Answer::TrackingSet => Answered::Acknowledged,
        Answer::Tracked(HeaderAnswer::Tracked(header) | HeaderAnswer::Delivered(header, _)) => {
            Answered::Tracked { number: header.number.to_string(), state: header.state }
        }
        Answer::Tracked(HeaderAnswer::Echo(fields)) => {
            Answered::Tracked { number: fields.delivery_number.clone(), state: TrackingState::EnvelopeNotExists }
        }
        Answer::Findings(findings) => {
            let mut severe = findings.iter().filter(|finding| finding.level == Level::Severe);
            let first = severe.next().map(|finding| finding.message.clone());
            Answered::Findings {
                severe: severe.count() + usize::from(first.is_some()),
                first: first.unwrap_or_default(),
            }
        }
        Answer::Nppos(rows) => Answered::Rows(rows.len()),
        Answer::Channels(rows) => Answered::Rows(rows.len()),
        Answer::CodeList(_, rows) => Answered::Rows(rows.len()),
        Answer::Profile(_) => Answered::Rows(1),
    }
}

/// Why a delivery was refused: the rules asked again, as the answer has only their sentence.
fn reason(hub: &Hub, codes: &[ConnectionCode], request: Option<&Request>) -> &'static str {
    let Some(
        Request::DeliverEnvelope(delivery)
        | Request::ValidateAndDeliverEnvelope(delivery)
        | Request::DeliverPhytoEnvelope(delivery)
        | Request::DeliverCountryResponseEnvelope(delivery),
    ) = request
    else {
        return "";
    };
    let has_content = delivery.content.as_ref().is_some_and(|content| !content.is_blank());
    match admit(&hub.registry.load(), codes, &delivery.header, has_content) {
        Err(refusal) => refusal.reason(),
        // The rules allow it, so it was its content.
        Ok(_) => "invalid",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_of_the_envelope_is_found_behind_what_stands_before_it() {
        let found = |text: &str| prefix(text.as_bytes());
        assert_eq!(found("<soapenv:Envelope xmlns:soapenv='u'>").as_deref(), Some("soapenv"));
        assert_eq!(found("<?xml version='1.0'?>\n<!-- a -->\n<S:Envelope>").as_deref(), Some("S"));
        assert_eq!(found("<Envelope xmlns='u'>"), None);
        assert_eq!(found("no SOAP"), None);
        assert_eq!(found("<a b=':Envelope'>"), None);
    }
}
