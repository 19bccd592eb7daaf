//! The cases that the hub must refuse: what ticks each of them off.

use phytohub_model::{DeliveryNumber, Fault, TrackingState};
use phytohub_soap::Operation;

use crate::call::{Asked, Call, Content, Identity};
use crate::cases::Seen;
use crate::checklist::Memory;

/// Rules that a code which stands in no list breaks.
const CODE_RULES: [&str; 14] = [
    "classification-system",
    "conveyance-mode",
    "country-code",
    "language-unknown",
    "note-subject",
    "package-level",
    "package-type",
    "point-of-entry-code",
    "statement-code",
    "status-code",
    "treatment-duration-unit",
    "treatment-temperature-unit",
    "treatment-type-code",
    "unit-code",
];

/// A delivery that was refused for `reason`.
fn refused_for(call: &Call, reason: &str) -> Seen {
    match call.refused() {
        Some((given, _)) if given == reason => Seen::Right,
        _ => Seen::Nothing,
    }
}

pub(crate) fn wrong_sender(call: &Call, _: &Memory) -> Seen {
    refused_for(call, "not_yours")
}

pub(crate) fn unknown_destination(call: &Call, _: &Memory) -> Seen {
    refused_for(call, "destination_unknown")
}

pub(crate) fn type_not_received(call: &Call, _: &Memory) -> Seen {
    refused_for(call, "document_not_received")
}

pub(crate) fn no_content(call: &Call, _: &Memory) -> Seen {
    refused_for(call, "content_missing")
}

pub(crate) fn no_certificate_number(call: &Call, _: &Memory) -> Seen {
    let Asked::Delivery(header, _) = &call.asked else { return Seen::Nothing };
    if !header.certificate_number.is_empty() {
        return Seen::Nothing;
    }
    match refused_for(call, "header") {
        Seen::Nothing => Seen::Wrong(
            "the delivery without a certificate number was refused for something else; let all else be right"
                .to_owned(),
        ),
        seen => seen,
    }
}

/// A content that breaks one of the rules meant, refused for that by ValidateAndDeliverEnvelope.
fn content_refused(call: &Call, meant: impl Fn(&str) -> bool) -> Seen {
    let (Asked::Delivery(_, content) | Asked::Validation(content)) = &call.asked else { return Seen::Nothing };
    let Content { broken, .. } = content;
    if !broken.iter().any(|rule| meant(rule)) {
        return Seen::Nothing;
    }
    if call.operation != Some(Operation::ValidateAndDeliverEnvelope) {
        let name = call.operation.map_or("the request", Operation::name);
        return Seen::Wrong(format!("{name} does not refuse such a content; send it with ValidateAndDeliverEnvelope"));
    }
    match call.refused() {
        Some(("invalid", _)) => Seen::Right,
        Some((_, text)) => Seen::Wrong(format!("it was refused for something else, mend that first: {text}")),
        None => Seen::Wrong(
            "the hub took it: what is broken is no SEVERE finding; break something that is, as the step says"
                .to_owned(),
        ),
    }
}

pub(crate) fn header_differs(call: &Call, _: &Memory) -> Seen {
    content_refused(call, |rule| rule.starts_with("header-"))
}

pub(crate) fn unknown_code(call: &Call, _: &Memory) -> Seen {
    content_refused(call, |rule| CODE_RULES.contains(&rule))
}

/// The validator's rule about a DOCTYPE.
const DOCTYPE_RULE: &str = "xml-doctype";

pub(crate) fn broken_xml(call: &Call, _: &Memory) -> Seen {
    content_refused(call, |rule| rule.starts_with("xml-") && rule != DOCTYPE_RULE)
}

pub(crate) fn doctype(call: &Call, _: &Memory) -> Seen {
    match (&call.asked, call.fault()) {
        // In the SOAP envelope itself, or in a certificate that came as elements.
        (Asked::Unreadable, Some(text)) if text.contains("DOCTYPE") => Seen::Right,
        _ => content_refused(call, |rule| rule == DOCTYPE_RULE),
    }
}

pub(crate) fn not_soap(call: &Call, _: &Memory) -> Seen {
    match (&call.asked, call.fault()) {
        (Asked::Unreadable, Some(text)) if !text.contains("DOCTYPE") => Seen::Right,
        _ => Seen::Nothing,
    }
}

pub(crate) fn unknown_number(call: &Call, _: &Memory) -> Seen {
    match (&call.asked, call.fault()) {
        (Asked::Acknowledgement { number, .. }, Some(text)) if text == Fault::envelope_unknown(number).message => {
            Seen::Right
        }
        _ => Seen::Nothing,
    }
}

pub(crate) fn second_acknowledgement(call: &Call, _: &Memory) -> Seen {
    let (Asked::Acknowledgement { number, .. }, Some(text)) = (&call.asked, call.fault()) else { return Seen::Nothing };
    let Ok(number) = number.parse::<DeliveryNumber>() else { return Seen::Nothing };
    let contradicts = |state| text == Fault::already_final(number, state).message;
    if TrackingState::ALL.into_iter().any(contradicts) { Seen::Right } else { Seen::Nothing }
}

pub(crate) fn revoked_certificate(call: &Call, _: &Memory) -> Seen {
    if call.identity == Identity::Revoked && call.fault().is_some() { Seen::Right } else { Seen::Nothing }
}

pub(crate) fn expired_certificate(call: &Call, _: &Memory) -> Seen {
    if call.identity == Identity::Expired && call.fault().is_some() { Seen::Right } else { Seen::Nothing }
}
