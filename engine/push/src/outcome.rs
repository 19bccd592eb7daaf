//! What a service's answer means for the envelope.

use hyper::StatusCode;
use phytohub_model::{AttemptOutcome, TrackingState};
use phytohub_soap::client::{ClientError, read_answer};

/// Reads an answer. A redirect is not followed: the registry alone says where the hub sends envelopes.
pub(crate) fn read(status: StatusCode, body: &[u8]) -> (AttemptOutcome, Option<String>) {
    match read_answer(body) {
        Ok(reply) if status.is_success() => match reply.headers.into_iter().next() {
            Some(header) if header.tracking_info == TrackingState::FailedDelivery.as_str() => {
                let text = Some(header.error_message).filter(|text| !text.is_empty());
                (AttemptOutcome::Refused, text.or_else(|| Some("answered FailedDelivery without a reason".to_owned())))
            }
            _ => (AttemptOutcome::Answered, None),
        },
        // A service that failed may have kept the envelope or not.
        Err(ClientError::Fault { code, message }) if code == "Server" => {
            (AttemptOutcome::Unclear, Some(format!("Server fault (HTTP {}): {message}", status.as_u16())))
        }
        Err(ClientError::Fault { code, message }) => {
            (AttemptOutcome::Refused, Some(format!("{code} fault (HTTP {}): {message}", status.as_u16())))
        }
        Ok(_) => by_status(status, "an answer that does not fit this status"),
        Err(ClientError::Unreadable(what)) => by_status(status, &what),
    }
}

/// Without an answer of the contract only HTTP's own word is left.
fn by_status(status: StatusCode, what: &str) -> (AttemptOutcome, Option<String>) {
    let outcome = match status {
        StatusCode::PAYLOAD_TOO_LARGE => AttemptOutcome::Refused,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => AttemptOutcome::Unreachable,
        status if status.is_redirection() || status.is_client_error() => AttemptOutcome::Unreachable,
        _ => AttemptOutcome::Unclear,
    };
    let note = if status.is_redirection() { "a redirect, which is not followed" } else { what };
    (outcome, Some(format!("HTTP {}: {note}", status.as_u16())))
}

/// The text with characters that XML has no place for, and that journals and logs do not take, left out.
pub(crate) fn legal(text: &str) -> String {
    let legal = |character: &char| !character.is_control() && !matches!(character, '\u{fffe}' | '\u{ffff}');
    text.chars().map(|character| if character == '\n' { ' ' } else { character }).filter(legal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use phytohub_model::{Fault, FaultKind, HeaderFields};
    use phytohub_soap::{Answer, HeaderAnswer, Operation, write_answer, write_fault};

    fn answered(tracking_info: &str, error_message: &str) -> Vec<u8> {
        let fields = HeaderFields {
            tracking_info: tracking_info.to_owned(),
            error_message: error_message.to_owned(),
            ..HeaderFields::default()
        };
        let header = HeaderAnswer::Echo(fields);
        write_answer(&Answer::Delivered { operation: Operation::DeliverEnvelope, header }).into_bytes().to_vec()
    }

    fn fault(kind: FaultKind) -> Vec<u8> {
        write_fault(&Fault { kind, message: "no".to_owned() }).to_vec()
    }

    #[test]
    fn each_answer_means_what_it_says_about_the_envelope() {
        use AttemptOutcome::{Answered, Refused, Unclear, Unreachable};
        let cases: [(u16, Vec<u8>, AttemptOutcome); 14] = [
            (200, answered("PendingDelivery", ""), Answered),
            (200, answered("", ""), Answered),
            (200, answered("FailedDelivery", "unknown type"), Refused),
            (500, fault(FaultKind::Client), Refused),
            (500, fault(FaultKind::Server), Unclear),
            (503, Vec::new(), Unreachable),
            (429, b"slow down".to_vec(), Unreachable),
            (301, Vec::new(), Unreachable),
            (404, b"<html/>".to_vec(), Unreachable),
            (413, Vec::new(), Refused),
            (200, b"<html/>".to_vec(), Unclear),
            (200, Vec::new(), Unclear),
            (500, b"stack trace".to_vec(), Unclear),
            (504, Vec::new(), Unclear),
        ];
        for (status, body, expected) in cases {
            let (outcome, text) = read(StatusCode::from_u16(status).expect("a status"), &body);
            assert_eq!(outcome, expected, "{status} {}", String::from_utf8_lossy(&body));
            assert_eq!(text.is_none(), outcome == Answered, "what is not well says why");
        }
    }

    #[test]
    fn texts_of_others_are_made_legal() {
        assert_eq!(legal("a\0b\nc\u{1b}[31m\u{ffff}é"), "ab c[31mé");
    }
}
