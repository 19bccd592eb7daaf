//! Answers, read into the words of the domain.

use std::fmt;

use bytes::Bytes;
use phytohub_model::{Channel, CodeRow, Finding, HeaderFields, Nppo};

use super::rows;
use crate::names;
use crate::operation::Operation;
use crate::read::header::{self, ContentKind};
use crate::read::walk;
use crate::xml::{Malformed, Reader, Start, check_document};

/// An answer. What an operation does not answer is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The operation that was answered.
    pub operation: Operation,
    /// Headers, of an operation that answers one or many.
    pub headers: Vec<HeaderFields>,
    /// Envelopes with what their content says.
    pub envelopes: Vec<(HeaderFields, String)>,
    /// Findings of the validator.
    pub findings: Vec<Finding>,
    /// Members; their names are not on the wire.
    pub nppos: Vec<Nppo>,
    /// Channels.
    pub channels: Vec<Channel>,
    /// Rows of a code list.
    pub rows: Vec<CodeRow>,
    /// The text that the two acknowledgements with a message answer.
    pub text: Option<String>,
}

/// Why there is no [`Reply`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientError {
    /// The service answered a fault.
    Fault {
        /// `Client` or `Server`, without its prefix.
        code: String,
        /// faultstring.
        message: String,
    },
    /// The answer cannot be read; a sentence with the place.
    Unreadable(String),
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault { code, message } => write!(f, "{code} fault: {message}"),
            Self::Unreadable(what) => write!(f, "the answer cannot be read: {what}"),
        }
    }
}

impl std::error::Error for ClientError {}

/// Reads the body of an answer.
///
/// # Errors
/// [`ClientError`] when it is a fault, or no answer of the contract.
pub fn read_answer(body: &[u8]) -> Result<Reply, ClientError> {
    let body = Bytes::copy_from_slice(body);
    match read(&body) {
        Ok(Outcome::Reply(reply)) => Ok(*reply),
        Ok(Outcome::Fault { code, message }) => Err(ClientError::Fault { code, message }),
        Err(malformed) => Err(ClientError::Unreadable(format!("{} ({})", malformed.what, malformed.place(&body)))),
    }
}

enum Outcome {
    Reply(Box<Reply>),
    Fault { code: String, message: String },
}

fn read(body: &Bytes) -> Result<Outcome, Malformed> {
    let document = check_document(body)?;
    let begin = crate::read::markup_begin(document)?;
    let mut reader = Reader::new(document, begin);
    let first = walk::enter_body(&mut reader)?;
    let namespace = reader.namespace(first.binding);
    if first.local == "Fault" && namespace == names::SOAP {
        return fault(&mut reader);
    }
    let operation = first
        .local
        .strip_suffix("Response")
        .and_then(Operation::from_local_name)
        .filter(|_| namespace == names::EPH)
        .ok_or_else(|| {
            Malformed::new(first.at, format!("{} is no answer of this service", walk::named(first.local, namespace)))
        })?;
    let mut reply = empty(operation);
    while let Some(child) = walk::child(&mut reader)? {
        read_child(&mut reader, body, &child, &mut reply)?;
    }
    walk::leave_body(&mut reader)?;
    Ok(Outcome::Reply(Box::new(reply)))
}

fn empty(operation: Operation) -> Reply {
    Reply {
        operation,
        headers: Vec::new(),
        envelopes: Vec::new(),
        findings: Vec::new(),
        nppos: Vec::new(),
        channels: Vec::new(),
        rows: Vec::new(),
        text: None,
    }
}

fn fault(reader: &mut Reader<'_>) -> Result<Outcome, Malformed> {
    let (mut code, mut message) = (String::new(), String::new());
    while let Some(child) = walk::child(reader)? {
        match child.local {
            "faultcode" => code = walk::text(reader, &child)?,
            "faultstring" => message = walk::text(reader, &child)?,
            _ => walk::skip(reader)?,
        }
    }
    walk::leave_body(reader)?;
    let code = code.rsplit(':').next().unwrap_or_default().to_owned();
    Ok(Outcome::Fault { code, message })
}

/// Reads one child of the answer: a result, a finding, a row, a text.
fn read_child(reader: &mut Reader<'_>, body: &Bytes, child: &Start<'_>, reply: &mut Reply) -> Result<(), Malformed> {
    use Operation as O;
    match reply.operation {
        O::DeliverEnvelope
        | O::ValidateAndDeliverEnvelope
        | O::DeliverPhytoEnvelope
        | O::DeliverCountryResponseEnvelope
        | O::GetEnvelopeTrackingInfo => reply.headers.push(header::read(reader, body, ContentKind::None)?.0),
        O::GetImportEnvelopeHeaders | O::GetUnderDeliveryEnvelope => {
            while walk::child(reader)?.is_some() {
                reply.headers.push(header::read(reader, body, ContentKind::None)?.0);
            }
        }
        O::PullSingleImportEnvelope => reply.envelopes.push(envelope(reader, body)?),
        O::PullImportEnvelope => {
            while walk::child(reader)?.is_some() {
                reply.envelopes.push(envelope(reader, body)?);
            }
        }
        O::AdvancedAcknowledgeEnvelopeReceipt | O::AcknowledgeFailedEnvelopeReceipt => {
            reply.text = Some(walk::text(reader, child)?);
        }
        O::ValidatePhytoXml => reply.findings.push(rows::finding(reader, child)?),
        O::GetActiveNppos => {
            while let Some(row) = walk::child(reader)? {
                reply.nppos.push(rows::nppo(reader, &row)?);
            }
        }
        O::GetProfile => reply.nppos.push(rows::nppo(reader, child)?),
        O::GetAvailableChannels => {
            while let Some(row) = walk::child(reader)? {
                reply.channels.push(rows::channel(reader, &row)?);
            }
        }
        operation => match operation.list() {
            Some(list) => reply.rows.push(rows::code_row(reader, list)?),
            None => walk::skip(reader)?,
        },
    }
    Ok(())
}

fn envelope(reader: &mut Reader<'_>, body: &Bytes) -> Result<(HeaderFields, String), Malformed> {
    let (header, content) = header::read(reader, body, ContentKind::Text("Content"))?;
    let mut scratch = Vec::new();
    let text = content.map(|content| String::from_utf8_lossy(content.unescape(&mut scratch)).into_owned());
    Ok((header, text.unwrap_or_default()))
}
