//! The good cases: what ticks each of them off.

use phytohub_model::{CodeList, TrackingState};
use phytohub_soap::Operation;

use crate::call::{Answered, Asked, Call};
use crate::cases::Seen;
use crate::checklist::Memory;

/// An issued certificate, and one that is withdrawn.
const ISSUED: i32 = 70;
const WITHDRAWN: i32 = 40;

/// A call of `operation` that was answered without a fault.
fn answered(call: &Call, operation: Operation) -> Seen {
    if call.operation != Some(operation) {
        return Seen::Nothing;
    }
    call.fault().map_or(Seen::Right, |text| Seen::Wrong(format!("{} answered a fault: {text}", operation.name())))
}

/// A delivery by `operation` that was taken.
fn taken(call: &Call, operation: Operation) -> Seen {
    match (answered(call, operation), call.refused()) {
        (Seen::Right, Some((_, text))) => Seen::Wrong(format!("{} was refused: {text}", operation.name())),
        (seen, _) => seen,
    }
}

pub(crate) fn profile(call: &Call, _: &Memory) -> Seen {
    answered(call, Operation::GetProfile)
}

pub(crate) fn directory(call: &Call, _: &Memory) -> Seen {
    answered(call, Operation::GetActiveNppos)
}

pub(crate) fn channels(call: &Call, _: &Memory) -> Seen {
    answered(call, Operation::GetAvailableChannels)
}

pub(crate) fn code_lists(call: &Call, memory: &Memory) -> Seen {
    let Some(operation) = call.operation.filter(|operation| operation.list().is_some()) else { return Seen::Nothing };
    if let Some(text) = call.fault() {
        return Seen::Wrong(format!("{} answered a fault: {text}", operation.name()));
    }
    let all = CodeList::ALL.map(|list| Operation::of_list(list).name());
    let missing: Vec<&str> = all.into_iter().filter(|name| !memory.has_list(name)).collect();
    if missing.is_empty() {
        return Seen::Right;
    }
    Seen::Wrong(format!("{} of {} were called; call {} too", all.len() - missing.len(), all.len(), missing.join(", ")))
}

pub(crate) fn validate(call: &Call, _: &Memory) -> Seen {
    match (&call.answered, answered(call, Operation::ValidatePhytoXml)) {
        (Answered::Findings { severe, first }, Seen::Right) if *severe > 0 => {
            Seen::Wrong(format!("the certificate has {severe} SEVERE findings; mend them, the first is: {first}"))
        }
        (_, seen) => seen,
    }
}

pub(crate) fn deliver(call: &Call, _: &Memory) -> Seen {
    taken(call, Operation::DeliverEnvelope)
}

pub(crate) fn validate_and_deliver(call: &Call, _: &Memory) -> Seen {
    taken(call, Operation::ValidateAndDeliverEnvelope)
}

pub(crate) fn deliver_xml(call: &Call, _: &Memory) -> Seen {
    taken(call, Operation::DeliverPhytoEnvelope)
}

pub(crate) fn attachment(call: &Call, _: &Memory) -> Seen {
    match &call.asked {
        Asked::Delivery(_, content) if content.attachment => call.refused().map_or(Seen::Right, |(_, text)| {
            Seen::Wrong(format!("the certificate with an attachment was refused: {text}"))
        }),
        _ => Seen::Nothing,
    }
}

pub(crate) fn withdraw(call: &Call, memory: &Memory) -> Seen {
    let Asked::Delivery(header, _) = &call.asked else { return Seen::Nothing };
    if header.certificate_status != WITHDRAWN {
        return Seen::Nothing;
    }
    let number = phytohub_model::shown(&header.certificate_number);
    if let Some((_, text)) = call.refused() {
        return Seen::Wrong(format!("the withdrawal of {number} was refused: {text}"));
    }
    if memory.sent(&header.to, &header.certificate_number, ISSUED) {
        return Seen::Right;
    }
    Seen::Wrong(format!(
        "certificate {number} was withdrawn (status 40) but never sent to {to} as issued; send it to {to} with \
         status 70 first, then with the same NPPOCertificateNumber and status 40",
        to = phytohub_model::shown(&header.to)
    ))
}

pub(crate) fn retry(call: &Call, memory: &Memory) -> Seen {
    let Some((header, _, number)) = call.accepted() else { return Seen::Nothing };
    if memory.knows(number) {
        return Seen::Right;
    }
    if memory.sent(&header.to, &header.certificate_number, header.certificate_status) {
        return Seen::Wrong(format!(
            "certificate {} was sent again and got another number, so something in header or Content differed; repeat \
             the very same request, byte for byte",
            phytohub_model::shown(&header.certificate_number)
        ));
    }
    Seen::Nothing
}

/// A state that the hub told of an envelope.
fn state_seen(call: &Call) -> Option<(&str, TrackingState)> {
    match &call.answered {
        Answered::Tracked { number, state } => Some((number, *state)),
        _ => None,
    }
}

pub(crate) fn track(call: &Call, _: &Memory) -> Seen {
    match state_seen(call) {
        Some((number, TrackingState::EnvelopeNotExists)) => Seen::Wrong(format!(
            "number '{}' is no envelope from or to you; ask with the hubDeliveryNumber that a \
             delivery was answered with",
            phytohub_model::shown(number)
        )),
        Some(_) => Seen::Right,
        None => answered(call, Operation::GetEnvelopeTrackingInfo),
    }
}

fn see(call: &Call, wanted: TrackingState) -> Seen {
    match state_seen(call) {
        Some((_, state)) if state == wanted => Seen::Right,
        Some((number, TrackingState::PendingDelivery)) => {
            Seen::Wrong(format!("envelope {number} is still PendingDelivery; XA takes a second or two, ask again"))
        }
        Some((number, state)) if state != TrackingState::EnvelopeNotExists => Seen::Wrong(format!(
            "envelope {number} is {state}; deliver another one to XA and ask about that, it answers in turn"
        )),
        _ => Seen::Nothing,
    }
}

pub(crate) fn see_delivered(call: &Call, _: &Memory) -> Seen {
    see(call, TrackingState::Delivered)
}

pub(crate) fn see_warnings(call: &Call, _: &Memory) -> Seen {
    see(call, TrackingState::DeliveredWithWarnings)
}

pub(crate) fn see_not_readable(call: &Call, _: &Memory) -> Seen {
    see(call, TrackingState::DeliveredNotReadable)
}

pub(crate) fn under_delivery(call: &Call, _: &Memory) -> Seen {
    answered(call, Operation::GetUnderDeliveryEnvelope)
}

pub(crate) fn list(call: &Call, _: &Memory) -> Seen {
    match (answered(call, Operation::GetImportEnvelopeHeaders), &call.answered) {
        (Seen::Right, Answered::Listed(numbers)) if numbers.is_empty() => Seen::Wrong(
            "nothing was listed; XB sends you envelopes every second, ask again without a countryCode".into(),
        ),
        (seen, _) => seen,
    }
}

fn handed_out(call: &Call, operation: Operation, nothing: &str) -> Seen {
    match (answered(call, operation), &call.answered) {
        (Seen::Right, Answered::HandedOut(numbers)) if numbers.is_empty() => Seen::Wrong(nothing.to_owned()),
        (seen, _) => seen,
    }
}

pub(crate) fn pull_single(call: &Call, _: &Memory) -> Seen {
    let nothing =
        "no envelope of that number waits for you; use a hubDeliveryNumber that GetImportEnvelopeHeaders lists";
    handed_out(call, Operation::PullSingleImportEnvelope, nothing)
}

pub(crate) fn pull_many(call: &Call, _: &Memory) -> Seen {
    let nothing = "nothing waited; XB sends you envelopes every second, ask again";
    handed_out(call, Operation::PullImportEnvelope, nothing)
}

pub(crate) fn acknowledge(call: &Call, _: &Memory) -> Seen {
    answered(call, Operation::AcknowledgeEnvelopeReceipt)
}

/// An acknowledgement that must say something.
fn acknowledge_saying(call: &Call, operation: Operation, field: &str) -> Seen {
    match (answered(call, operation), &call.asked) {
        (Seen::Right, Asked::Acknowledgement { message, .. }) if message.trim().is_empty() => Seen::Wrong(format!(
            "{} came without {field}; say there what is wrong, the sender reads it",
            operation.name()
        )),
        (seen, _) => seen,
    }
}

pub(crate) fn acknowledge_warnings(call: &Call, _: &Memory) -> Seen {
    acknowledge_saying(call, Operation::AdvancedAcknowledgeEnvelopeReceipt, "warningMessage")
}

pub(crate) fn acknowledge_unreadable(call: &Call, _: &Memory) -> Seen {
    acknowledge_saying(call, Operation::AcknowledgeFailedEnvelopeReceipt, "message")
}

pub(crate) fn set_tracking(call: &Call, _: &Memory) -> Seen {
    answered(call, Operation::SetTrackingInfoUpdate)
}

pub(crate) fn country_response(call: &Call, _: &Memory) -> Seen {
    taken(call, Operation::DeliverCountryResponseEnvelope)
}

pub(crate) fn push(call: &Call, memory: &Memory) -> Seen {
    let Asked::Acknowledgement { number, .. } = &call.asked else { return Seen::Nothing };
    if !memory.was_pushed(number) {
        return Seen::Nothing;
    }
    match call.fault() {
        None => Seen::Right,
        Some(text) => Seen::Wrong(format!("the acknowledgement of the pushed envelope {number} failed: {text}")),
    }
}
