//! One call of a candidate, as the sandbox saw it.

use phytohub_model::{HeaderFields, Timestamp, TrackingState};
use phytohub_soap::Operation;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A request of a candidate and what the hub answered.
#[derive(Clone, Debug)]
pub struct Call {
    /// When it was answered.
    pub at: Timestamp,
    /// What was asked; None when the request could not be read.
    pub operation: Option<Operation>,
    /// What the client certificate stood for.
    pub identity: Identity,
    /// What matters of the request.
    pub asked: Asked,
    /// What the hub answered.
    pub answered: Answered,
    /// How the request was written.
    pub dialect: Dialect,
}

/// What the client certificate of a call stood for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The candidate.
    Member,
    /// It was the candidate's once and is no longer.
    Revoked,
    /// Its time is over.
    Expired,
}

/// What matters of a request.
#[derive(Clone, Debug)]
pub enum Asked {
    /// An envelope to deliver.
    Delivery(HeaderFields, Content),
    /// A certificate to validate.
    Validation(Content),
    /// An acknowledgement, with its text.
    Acknowledgement {
        /// hubTrackingNumber.
        number: String,
        /// warningMessage or message; empty for the operation without one.
        message: String,
    },
    /// Something about an envelope.
    Number(String),
    /// Anything else that could be read.
    Other,
    /// Something that could not be read.
    Unreadable,
}

/// What the sandbox found in a content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// Whether a file is attached.
    pub attachment: bool,
    /// Ids of the validator's rules that are broken.
    pub broken: Vec<String>,
}

/// What the hub answered.
#[derive(Clone, Debug)]
pub enum Answered {
    /// A delivery was taken.
    Accepted {
        /// hubDeliveryNumber.
        number: String,
    },
    /// A delivery was refused.
    Refused {
        /// The reason's short name, as `Refusal::reason` gives it.
        reason: &'static str,
        /// The sentence answered.
        text: String,
    },
    /// Numbers of envelopes that were listed.
    Listed(Vec<String>),
    /// Numbers of envelopes that were handed out with their content.
    HandedOut(Vec<String>),
    /// An envelope's state.
    Tracked {
        /// Its number, as asked for.
        number: String,
        /// Its state.
        state: TrackingState,
    },
    /// An envelope ended.
    Acknowledged,
    /// Findings about a certificate: how many are SEVERE, and the first of these.
    Findings {
        /// Count.
        severe: usize,
        /// Its sentence; empty without any.
        first: String,
    },
    /// Rows of something.
    Rows(usize),
    /// A SOAP fault with this sentence.
    Fault(String),
}

/// A push of the hub to the candidate's own service.
#[derive(Clone, Debug)]
pub struct Push {
    /// When it ended.
    pub at: Timestamp,
    /// hubDeliveryNumber.
    pub number: String,
    /// What went wrong; None when the candidate's service took it.
    pub failure: Option<String>,
}

/// How a client writes its requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Dialect {
    /// `HTTP/1.0` or `HTTP/1.1`.
    pub http: String,
    /// User-Agent, cut.
    pub user_agent: String,
    /// Prefix of the SOAP namespace, as `soapenv`; empty for none.
    pub soap_prefix: String,
    /// `chunked` or `length`.
    pub framing: String,
}

impl Call {
    /// The header of a delivery that was taken, and its number.
    pub(crate) fn accepted(&self) -> Option<(&HeaderFields, &Content, &str)> {
        match (&self.asked, &self.answered) {
            (Asked::Delivery(header, content), Answered::Accepted { number }) => Some((header, content, number)),
            _ => None,
        }
    }

    /// Reason and sentence of a delivery that was refused.
    pub(crate) fn refused(&self) -> Option<(&'static str, &str)> {
        match &self.answered {
            Answered::Refused { reason, text } => Some((reason, text)),
            _ => None,
        }
    }

    /// The sentence of a fault.
    pub(crate) fn fault(&self) -> Option<&str> {
        match &self.answered {
            Answered::Fault(text) => Some(text),
            _ => None,
        }
    }

    /// What the hub said, in a sentence for the report.
    pub(crate) fn said(&self) -> String {
        match &self.answered {
            Answered::Accepted { number } => format!("PendingDelivery, number {number}"),
            Answered::Refused { text, .. } => format!("FailedDelivery: {text}"),
            Answered::Listed(numbers) => format!("{} listed", envelopes(numbers.len())),
            Answered::HandedOut(numbers) => format!("{} handed out", envelopes(numbers.len())),
            Answered::Tracked { state, .. } => state.as_str().to_owned(),
            Answered::Acknowledged => "the state was set".to_owned(),
            Answered::Findings { severe: 0, .. } => "no SEVERE finding".to_owned(),
            Answered::Findings { severe, first } => format!("{severe} SEVERE, the first: {first}"),
            Answered::Rows(1) => "1 row".to_owned(),
            Answered::Rows(rows) => format!("{rows} rows"),
            Answered::Fault(text) => format!("fault: {text}"),
        }
    }

    /// The delivery number that the call is about, where there is one.
    pub(crate) fn number(&self) -> Option<&str> {
        match (&self.answered, &self.asked) {
            (Answered::Accepted { number } | Answered::Tracked { number, .. }, _)
            | (_, Asked::Acknowledgement { number, .. } | Asked::Number(number)) => Some(number),
            (Answered::HandedOut(numbers), _) => numbers.first().map(String::as_str),
            _ => None,
        }
    }
}

fn envelopes(count: usize) -> String {
    if count == 1 { "1 envelope".to_owned() } else { format!("{count} envelopes") }
}
