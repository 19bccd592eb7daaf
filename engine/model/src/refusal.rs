//! Refusals and faults, sorted by whose fault they are: that decides how they are answered.

use std::fmt;

use crate::limits::{COPIES_MAX, SHOWN_TEXT_CHARACTERS_MAX};
use crate::{ConnectionCode, DeliveryNumber, Document, HeaderError, TrackingState};

/// A delivery that the hub does not take, by the rules of the exchange. Not a fault on the wire: the sender gets its
/// header back with `FailedDelivery` and this sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A field of the header cannot be used.
    Header(HeaderError),
    /// The client certificate does not act for From.
    NotYours {
        /// The From of the header.
        from: ConnectionCode,
        /// The codes the certificate acts for.
        yours: Vec<ConnectionCode>,
    },
    /// From may not send now.
    SenderInactive(ConnectionCode),
    /// To is not in the directory.
    DestinationUnknown(ConnectionCode),
    /// To does not receive now.
    DestinationInactive(ConnectionCode),
    /// To does not receive this type and status.
    DocumentNotReceived {
        /// The destination.
        to: ConnectionCode,
        /// What it does not receive.
        document: Document,
    },
    /// A channel named in Forwardings is not known.
    ChannelUnknown(String),
    /// A channel named in Forwardings is the one that sends the envelope, so that it would go round.
    ForwardingLoop(ConnectionCode),
    /// More Forwardings than the hub follows.
    TooManyForwardings(usize),
    /// No Content, or an empty one.
    ContentMissing,
    /// The validator found something severe; the findings, one a line.
    Invalid(String),
}

/// The hub has no room now: nothing was accepted, the client should try again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pressure {
    /// Too many envelopes wait for this destination.
    Destination,
    /// Too many envelopes of this sender wait.
    Sender,
    /// Too many envelopes wait in all.
    Total,
    /// The disk is nearly full.
    Disk,
    /// The queue to the shard is full.
    Queue,
    /// The hub is stopping.
    Draining,
}

/// An answer that is a SOAP fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Whose fault.
    pub kind: FaultKind,
    /// The sentence for people: faultstring, and detail/HubWebException/message.
    pub message: String,
}

/// Whose fault a fault is; the HTTP status follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The request cannot be read or may not be made: faultcode Client, HTTP 500 as SOAP 1.1 demands (section 6.2).
    Client,
    /// The request is larger than the hub takes: faultcode Client, HTTP 413.
    TooLarge,
    /// The hub has no room: faultcode Server, HTTP 503 with Retry-After.
    TryLater,
    /// The hub failed: faultcode Server, HTTP 500.
    Server,
}

impl Fault {
    /// The known fault for a client certificate that is not in the registry.
    pub fn unknown_certificate() -> Self {
        Self::client("NPPO from client certificate not found")
    }

    /// A fault of the client's making.
    pub fn client(message: impl Into<String>) -> Self {
        Self { kind: FaultKind::Client, message: message.into() }
    }

    /// A fault of the hub's.
    pub fn server(message: impl Into<String>) -> Self {
        Self { kind: FaultKind::Server, message: message.into() }
    }

    /// An acknowledgement of an envelope that is not the caller's to acknowledge. What is someone else's looks like
    /// what does not exist.
    pub fn envelope_unknown(number: &str) -> Self {
        Self::client(format!(
            "No envelope with hubDeliveryNumber '{}' is addressed to you; GetImportEnvelopeHeaders lists what waits",
            shown(number)
        ))
    }

    /// An acknowledgement that contradicts the state an envelope already has.
    pub fn already_final(number: DeliveryNumber, state: TrackingState) -> Self {
        Self::client(format!("Envelope {number} is already {state}; a final state does not change"))
    }
}

impl From<Pressure> for Fault {
    fn from(pressure: Pressure) -> Self {
        Self { kind: FaultKind::TryLater, message: format!("{pressure}; nothing was accepted, try again later") }
    }
}

impl Refusal {
    /// A short name for metrics and logs, without anything from the request.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Header(_) => "header",
            Self::NotYours { .. } => "not_yours",
            Self::SenderInactive(_) => "sender_inactive",
            Self::DestinationUnknown(_) => "destination_unknown",
            Self::DestinationInactive(_) => "destination_inactive",
            Self::DocumentNotReceived { .. } => "document_not_received",
            Self::ChannelUnknown(_) => "channel_unknown",
            Self::ForwardingLoop(_) => "forwarding_loop",
            Self::TooManyForwardings(_) => "too_many_forwardings",
            Self::ContentMissing => "content_missing",
            Self::Invalid(_) => "invalid",
        }
    }
}

impl Pressure {
    /// A short name for metrics and logs.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Destination => "pending_destination",
            Self::Sender => "pending_sender",
            Self::Total => "pending_total",
            Self::Disk => "disk",
            Self::Queue => "queue",
            Self::Draining => "draining",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(error) => error.fmt(f),
            Self::NotYours { from, yours } => {
                let yours: Vec<&str> = yours.iter().map(ConnectionCode::as_str).collect();
                write!(f, "From is {from}, but your client certificate acts for {}", yours.join(", "))
            }
            Self::SenderInactive(code) => {
                write!(f, "{code} is not active on this hub and may not send; ask the hub's operator to activate it")
            }
            Self::DestinationUnknown(code) => {
                write!(f, "To {code} is not connected to this hub; GetActiveNppos lists who is")
            }
            Self::DestinationInactive(code) => {
                write!(f, "To {code} is not active on this hub and does not receive; GetActiveNppos lists who does")
            }
            Self::DocumentNotReceived { to, document } => {
                write!(f, "{to} does not receive documents of {document}; GetActiveNppos lists what it receives")
            }
            Self::ChannelUnknown(code) => {
                write!(f, "Channel '{}' is not known; GetAvailableChannels lists the channels", shown(code))
            }
            Self::ForwardingLoop(code) => {
                write!(
                    f,
                    "Channel {code} sends this envelope; forwarding it to {code} would send it round, leave it out"
                )
            }
            Self::TooManyForwardings(count) => {
                write!(f, "The header names {count} channels; {COPIES_MAX} are the most of one envelope")
            }
            Self::ContentMissing => f.write_str("The envelope has no Content: put the certificate there"),
            Self::Invalid(findings) => write!(f, "The certificate is not valid: {findings}"),
        }
    }
}

impl fmt::Display for Pressure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Destination => "Too many envelopes wait for this destination",
            Self::Sender => "Too many of your envelopes wait to be fetched",
            Self::Total => "Too many envelopes wait on this hub",
            Self::Disk => "The hub's disk is nearly full",
            Self::Queue => "The hub has more requests than it can take now",
            Self::Draining => "The hub is stopping",
        })
    }
}

/// A client's text as far as it is shown back to it: at most [`SHOWN_TEXT_CHARACTERS_MAX`] characters.
pub fn shown(text: &str) -> String {
    // Nearly every text; a character has at least a byte.
    if text.len() <= SHOWN_TEXT_CHARACTERS_MAX {
        return text.to_owned();
    }
    let mut characters = text.chars();
    let mut shown: String = characters.by_ref().take(SHOWN_TEXT_CHARACTERS_MAX).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}
