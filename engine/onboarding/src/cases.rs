//! The script: every case with what to do, in the order in which a national system is best built.

use crate::call::Call;
use crate::checklist::Memory;
use crate::{judge, reject};

/// Whether a case shows that something works, or that something is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The hub must take it.
    Good,
    /// The hub must refuse it.
    MustReject,
}

/// One case of the script.
pub struct Case {
    /// Its name in reports and settings.
    pub id: &'static str,
    /// What it shows.
    pub kind: Kind,
    /// In a few words.
    pub title: &'static str,
    /// What to do, in a sentence.
    pub todo: &'static str,
    pub(crate) judge: fn(&Call, &Memory) -> Seen,
}

/// What a call is to a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Something else.
    Nothing,
    /// The case, but not as it must be: what was seen and what to do.
    Wrong(String),
    /// The case as it must be.
    Right,
}

/// A case's line in the table.
const fn good(id: &'static str, title: &'static str, todo: &'static str, judge: fn(&Call, &Memory) -> Seen) -> Case {
    Case { id, kind: Kind::Good, title, todo, judge }
}

const fn bad(id: &'static str, title: &'static str, todo: &'static str, judge: fn(&Call, &Memory) -> Seen) -> Case {
    Case { id, kind: Kind::MustReject, title, todo, judge }
}

/// The case of that id.
pub fn case(id: &str) -> Option<&'static Case> {
    CASES.iter().find(|case| case.id == id)
}

/// Every case.
pub static CASES: &[Case] = &[
    good("profile", "Own row of the directory", "Call GetProfile.", judge::profile),
    good("directory", "The directory", "Call GetActiveNppos.", judge::directory),
    good("channels", "The channels", "Call GetAvailableChannels.", judge::channels),
    good(
        "code-lists",
        "All ten code lists",
        "Call each of the ten operations that serve code lists.",
        judge::code_lists,
    ),
    good(
        "validate",
        "Validate a certificate",
        "Send a certificate without SEVERE findings to ValidatePhytoXML.",
        judge::validate,
    ),
    good("deliver", "Deliver an envelope", "Deliver a certificate to XA with DeliverEnvelope.", judge::deliver),
    good(
        "validate-and-deliver",
        "Validate and deliver",
        "Deliver a certificate without SEVERE findings to XA with ValidateAndDeliverEnvelope.",
        judge::validate_and_deliver,
    ),
    good(
        "deliver-xml",
        "Deliver as XML",
        "Deliver a certificate to XA with DeliverPhytoEnvelope, as XML elements instead of text.",
        judge::deliver_xml,
    ),
    good(
        "attachment",
        "A certificate with an attachment",
        "Deliver a certificate that has a file in AttachmentBinaryObject.",
        judge::attachment,
    ),
    good(
        "withdraw",
        "Withdraw a certificate",
        "Deliver a certificate with status 70, then deliver it again with the same number and status 40.",
        judge::withdraw,
    ),
    good(
        "retry",
        "Repeat a delivery",
        "Send the very same delivery twice, as after an answer that was lost; the hub answers the same number.",
        judge::retry,
    ),
    good("track", "Track an envelope", "Ask GetEnvelopeTrackingInfo about an envelope of yours.", judge::track),
    good(
        "see-delivered",
        "See Delivered",
        "Ask GetEnvelopeTrackingInfo about an envelope to XA until it is Delivered; XA answers in turn Delivered, with \
         warnings and not readable.",
        judge::see_delivered,
    ),
    good(
        "see-warnings",
        "See DeliveredWithWarnings",
        "Deliver to XA and ask GetEnvelopeTrackingInfo until an envelope is DeliveredWithWarnings, as every third is.",
        judge::see_warnings,
    ),
    good(
        "see-not-readable",
        "See DeliveredNotReadable",
        "Deliver to XA and ask GetEnvelopeTrackingInfo until an envelope is DeliveredNotReadable, as every third is.",
        judge::see_not_readable,
    ),
    good(
        "under-delivery",
        "What still waits",
        "Call GetUnderDeliveryEnvelope: it lists your envelopes that nobody acknowledged yet.",
        judge::under_delivery,
    ),
    good("list", "List what waits", "Call GetImportEnvelopeHeaders: XB keeps envelopes ready for you.", judge::list),
    good(
        "pull-single",
        "Fetch one envelope",
        "Call PULLSingleImportEnvelope with a number that GetImportEnvelopeHeaders listed.",
        judge::pull_single,
    ),
    good(
        "pull-many",
        "Fetch all that waits",
        "Call PULLImportEnvelope while something waits for you.",
        judge::pull_many,
    ),
    good(
        "acknowledge",
        "Acknowledge",
        "Call AcknowledgeEnvelopeReceipt with the number of an envelope that you fetched and stored.",
        judge::acknowledge,
    ),
    good(
        "acknowledge-warnings",
        "Acknowledge with warnings",
        "Call AdvancedAcknowledgeEnvelopeReceipt with a number and, in warningMessage, what is wrong.",
        judge::acknowledge_warnings,
    ),
    good(
        "acknowledge-unreadable",
        "Acknowledge as not readable",
        "Call AcknowledgeFailedEnvelopeReceipt with a number and, in message, why it cannot be read.",
        judge::acknowledge_unreadable,
    ),
    good(
        "set-tracking",
        "Set the state",
        "Call SetTrackingInfoUpdate for an envelope addressed to you, with HUBTrackingInfo Delivered.",
        judge::set_tracking,
    ),
    good(
        "country-response",
        "Answer a certificate",
        "Answer a certificate of XB's with DeliverCountryResponseEnvelope, an SPSAcknowledgement to XB.",
        judge::country_response,
    ),
    good(
        "push",
        "Receive by push",
        "Have the operator set you to push, take an envelope of XB's at your service and acknowledge it.",
        judge::push,
    ),
    bad(
        "wrong-sender",
        "Another country's From",
        "Deliver an envelope whose From is XB; the hub refuses it.",
        reject::wrong_sender,
    ),
    bad(
        "unknown-destination",
        "A destination that is not connected",
        "Deliver an envelope to ZZ; the hub refuses it.",
        reject::unknown_destination,
    ),
    bad(
        "type-not-received",
        "A document that the destination does not take",
        "Deliver an envelope of type 853 (veterinary certificate) to XB; the hub refuses it.",
        reject::type_not_received,
    ),
    bad(
        "no-content",
        "An empty envelope",
        "Deliver an envelope without Content; the hub refuses it.",
        reject::no_content,
    ),
    bad(
        "no-certificate-number",
        "No certificate number",
        "Deliver an envelope with an empty NPPOCertificateNumber; the hub refuses it.",
        reject::no_certificate_number,
    ),
    bad(
        "header-differs",
        "Header and certificate differ",
        "Send ValidateAndDeliverEnvelope with an NPPOCertificateNumber that is not the certificate's; the hub \
         refuses it.",
        reject::header_differs,
    ),
    bad(
        "unknown-code",
        "A code that is in no list",
        "Send ValidateAndDeliverEnvelope with a country code that does not exist, as AB for the country of origin; the \
         hub refuses it.",
        reject::unknown_code,
    ),
    bad(
        "broken-xml",
        "Broken XML",
        "Send ValidateAndDeliverEnvelope with a certificate that ends in the middle; the hub refuses it.",
        reject::broken_xml,
    ),
    bad(
        "doctype",
        "A DOCTYPE",
        "Send ValidateAndDeliverEnvelope with a certificate that has a DOCTYPE; the hub refuses it.",
        reject::doctype,
    ),
    bad(
        "not-soap",
        "No SOAP envelope",
        "POST something that is no SOAP envelope; the hub answers a fault.",
        reject::not_soap,
    ),
    bad(
        "unknown-number",
        "An envelope that is not yours",
        "Acknowledge a number that was never yours; the hub answers a fault.",
        reject::unknown_number,
    ),
    bad(
        "second-acknowledgement",
        "A contradiction",
        "Acknowledge an envelope that you acknowledged already, with another of the three; the hub answers a fault.",
        reject::second_acknowledgement,
    ),
    bad(
        "revoked-certificate",
        "A revoked certificate",
        "Call anything with a client certificate that was revoked (pki/nppo-CODE-revoked.pem of the sandbox, or an old \
         one of yours); the hub answers a fault.",
        reject::revoked_certificate,
    ),
    bad(
        "expired-certificate",
        "An expired certificate",
        "Call anything with a client certificate that expired (pki/nppo-CODE-expired.pem of the sandbox); the hub \
         answers a fault.",
        reject::expired_certificate,
    ),
];
