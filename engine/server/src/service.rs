//! The 27 operations, each as the steps it consists of.

use std::sync::Arc;

use phytohub_core::admission::admit;
use phytohub_core::shard::Copied;
use phytohub_model::{
    AllowedDocument, CertificateFingerprint, ConnectionCode, DocumentType, Fault, Forwarding, HeaderFields, Nppo,
    Outcome, Refusal, TrackingState,
};
use phytohub_soap::{Answer, Delivery, HeaderAnswer, Operation, Request};

use crate::acknowledge;
use crate::append;
use crate::authenticate::{self, Caller};
use crate::clock;
use crate::deliver;
use crate::hub::Hub;
use crate::step::Step;
use crate::validate;

/// Answers one request of the client with this certificate.
///
/// # Errors
/// The fault to answer with.
pub(crate) async fn call(
    hub: &Arc<Hub>,
    certificate: Option<&CertificateFingerprint>,
    request: Request,
) -> Result<Answer, Fault> {
    let authenticated = async { authenticate::caller(&hub.registry.load(), certificate) };
    let caller = hub.metrics.step(Step::Authenticate, authenticated).await?;
    let operation = request.operation();
    let result = perform(hub, &caller, operation, request).await;
    let members = &hub.metrics.members;
    match &result {
        // Noted where the reason is known, see `refused`.
        Ok(Answer::Delivered { header: HeaderAnswer::Echo(_), .. }) => {}
        Ok(_) => members.served(&caller.codes, clock::now()),
        Err(fault) => {
            members.failed(&caller.codes, clock::now(), &format!("{}: {}", operation.name(), fault.message));
        }
    }
    result
}

/// The steps of one request of a known caller.
async fn perform(hub: &Arc<Hub>, caller: &Caller, operation: Operation, request: Request) -> Result<Answer, Fault> {
    match request {
        Request::DeliverEnvelope(delivery) | Request::DeliverPhytoEnvelope(delivery) => {
            deliver_envelope(hub, caller, operation, delivery, Validation::No).await
        }
        Request::ValidateAndDeliverEnvelope(delivery) => {
            deliver_envelope(hub, caller, operation, delivery, Validation::First).await
        }
        Request::DeliverCountryResponseEnvelope(mut delivery) => {
            // An envelope of its own, whatever type the client copied from the certificate it answers.
            delivery.header.certificate_type = DocumentType::COUNTRY_RESPONSE.0;
            deliver_envelope(hub, caller, operation, delivery, Validation::No).await
        }
        Request::ValidatePhytoXml(content) => {
            let content = content.unwrap_or_else(|| phytohub_soap::Content::from_text(""));
            let verdict = hub.metrics.step(Step::Validate, validate::judge(hub, &content, None)).await.verdict;
            Ok(Answer::Findings(verdict.findings))
        }
        Request::GetImportEnvelopeHeaders { .. }
        | Request::PullSingleImportEnvelope { .. }
        | Request::PullImportEnvelope
        | Request::GetUnderDeliveryEnvelope => {
            hub.metrics.step(Step::Deliver, fetch(hub, caller, operation, request)).await
        }
        Request::AcknowledgeEnvelopeReceipt { .. }
        | Request::AdvancedAcknowledgeEnvelopeReceipt { .. }
        | Request::AcknowledgeFailedEnvelopeReceipt { .. }
        | Request::SetTrackingInfoUpdate(_)
        | Request::GetEnvelopeTrackingInfo { .. } => {
            hub.metrics.step(Step::Acknowledge, conclude(hub, caller, operation, request)).await
        }
        Request::GetActiveNppos => {
            let registry = hub.registry.load();
            // Whom a member has its envelopes copied to is its own business: rules are in its own profile only.
            let row = |nppo: &Nppo| Nppo::new(nppo.code, nppo.name.clone(), true, nppo.allowed.clone());
            Ok(Answer::Nppos(registry.nppos().filter(|nppo| nppo.active).map(row).collect()))
        }
        Request::GetProfile => Ok(Answer::Profile(profile(hub, &caller.codes))),
        Request::GetAvailableChannels => {
            let registry = hub.registry.load();
            Ok(Answer::Channels(
                registry.channels().filter(|channel| channel.receive || channel.send).cloned().collect(),
            ))
        }
        Request::CodeList(list) => Ok(Answer::CodeList(list, hub.validators.list(list))),
    }
}

/// Whether a delivery is judged before it is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Validation {
    First,
    No,
}

/// The way in: authenticate, validate, append and route.
async fn deliver_envelope(
    hub: &Arc<Hub>,
    caller: &Caller,
    operation: Operation,
    delivery: Delivery,
    validation: Validation,
) -> Result<Answer, Fault> {
    let Delivery { header: fields, content } = delivery;
    let content = content.filter(|content| !content.is_blank());
    let admitted = match admit(&hub.registry.load(), &caller.codes, &fields, content.is_some()) {
        Ok(admitted) => admitted,
        Err(refusal) => return Ok(refused(hub, caller, operation, fields, &refusal)),
    };
    let Some(content) = content else { return Ok(refused(hub, caller, operation, fields, &Refusal::ContentMissing)) };
    if validation == Validation::First && !hub.validators.only_observes() {
        let header = &admitted.header;
        let judgement = hub.metrics.step(Step::Validate, validate::judge(hub, &content, Some(header))).await;
        hub.metrics.judged(header.from.as_str(), &judgement);
        if let Some(refusal) = validate::refusal(&judgement.verdict) {
            hub.metrics.tallies.refused_for(header.from.as_str(), &judgement);
            return Ok(refused(hub, caller, operation, fields, &refusal));
        }
    }
    let looked_on = hub.validators.looks_on().then(|| admitted.header.clone());
    let appended = hub.metrics.step(Step::Append, append::append(hub, admitted, content.raw().clone())).await?;
    if !appended.again {
        hub.metrics.vitals.accepted(&appended.header.header.from);
    }
    // What is delivered again was looked on the first time.
    if let Some(header) = looked_on.filter(|_| !appended.again) {
        let profile = validate::profile_of(&hub.registry.load(), header.document.kind);
        let is_enforced = validation == Validation::First;
        hub.validators.delivered(&validate::Delivered { header, content, profile, is_enforced });
    }
    tracing::debug!(target: "phytohub::append", number = %appended.header.number, again = appended.again, "accepted");
    let told = |copied: Copied| Forwarding { code: copied.channel.to_string(), number: copied.number.to_string() };
    let forwardings = appended.copies.into_iter().map(told).collect();
    Ok(Answer::Delivered { operation, header: HeaderAnswer::Delivered(appended.header, forwardings) })
}

/// A delivery that the rules do not allow: the sender's own header, `FailedDelivery` and why. Nothing is kept of it, so
/// it has no number.
fn refused(hub: &Hub, caller: &Caller, operation: Operation, mut fields: HeaderFields, refusal: &Refusal) -> Answer {
    // From may be another's: it is noted of who sent it.
    let own = caller.codes.iter().find(|code| code.as_str() == fields.from).or(caller.codes.first());
    hub.metrics.refused(own.map_or("", ConnectionCode::as_str), refusal.reason());
    hub.metrics.vitals.refused(&caller.codes, &fields.from);
    let why = format!("{}: refused, {}", operation.name(), refusal.reason().replace('_', " "));
    hub.metrics.members.failed(own.map_or(&[], std::slice::from_ref), clock::now(), &why);
    tracing::debug!(target: "phytohub::authenticate", reason = refusal.reason(), "delivery refused");
    fields.delivery_number.clear();
    fields.tracking_info = TrackingState::FailedDelivery.as_str().to_owned();
    fields.error_message = refusal.to_string();
    Answer::Delivered { operation, header: HeaderAnswer::Echo(fields) }
}

/// What a receiver or sender asks of what waits.
async fn fetch(hub: &Hub, caller: &Caller, operation: Operation, request: Request) -> Result<Answer, Fault> {
    let codes = &caller.codes;
    if operation != Operation::GetUnderDeliveryEnvelope {
        hub.metrics.vitals.fetched(codes);
    }
    match request {
        Request::GetImportEnvelopeHeaders { from } => {
            let from = match from.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
                Some(text) => Some(text.parse::<ConnectionCode>().map_err(|error| {
                    Fault::client(format!("countryCode cannot be used: {error}; leave it empty for all"))
                })?),
                None => None,
            };
            Ok(Answer::Headers { operation, headers: deliver::import_headers(hub, codes, from).await? })
        }
        Request::PullSingleImportEnvelope { number } => {
            Ok(Answer::Envelope(deliver::pull_single(hub, codes, &number).await?))
        }
        Request::PullImportEnvelope => Ok(Answer::Envelopes(deliver::pull_many(hub, codes).await?)),
        _ => Ok(Answer::Headers { operation, headers: deliver::under_delivery(hub, codes).await? }),
    }
}

/// What ends an envelope, and what is told of it.
async fn conclude(hub: &Hub, caller: &Caller, operation: Operation, request: Request) -> Result<Answer, Fault> {
    let codes = &caller.codes;
    let (number, outcome, message) = match request {
        Request::AcknowledgeEnvelopeReceipt { number } => (number, Outcome::Delivered, None),
        Request::AdvancedAcknowledgeEnvelopeReceipt { number, message } => {
            (number, Outcome::DeliveredWithWarnings, Some(message))
        }
        Request::AcknowledgeFailedEnvelopeReceipt { number, message } => {
            (number, Outcome::DeliveredNotReadable, Some(message))
        }
        Request::SetTrackingInfoUpdate(header) => {
            acknowledge::set_tracking(hub, codes, &header).await?;
            return Ok(Answer::TrackingSet);
        }
        Request::GetEnvelopeTrackingInfo { number } => return track(hub, codes, number).await,
        _ => return Err(Fault::server("The hub failed on this request; tell its operator")),
    };
    let message = message.filter(|message| !message.is_empty());
    let state = acknowledge::acknowledge(hub, codes, &number, outcome, message).await?;
    Ok(Answer::Acknowledged { operation, state })
}

async fn track(hub: &Hub, codes: &[ConnectionCode], number: String) -> Result<Answer, Fault> {
    Ok(Answer::Tracked(match acknowledge::tracking(hub, codes, &number).await? {
        Some(header) => HeaderAnswer::Tracked(header),
        None => HeaderAnswer::Echo(HeaderFields {
            delivery_number: number,
            tracking_info: TrackingState::EnvelopeNotExists.as_str().to_owned(),
            ..HeaderFields::default()
        }),
    }))
}

/// The caller's own row; of a party with many codes the first. A channel has none of its own: its row allows nothing.
fn profile(hub: &Hub, codes: &[ConnectionCode]) -> Nppo {
    let registry = hub.registry.load();
    let own = codes.iter().find_map(|code| registry.nppo(code).cloned());
    own.unwrap_or_else(|| Nppo::new(codes[0], String::new(), false, AllowedDocument::Only(Vec::new())))
}
