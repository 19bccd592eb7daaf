//! The envelope's header, as it comes and as the hub keeps it.

use std::fmt;

use crate::limits::CERTIFICATE_NUMBER_BYTES_MAX;
use crate::{CodeError, ConnectionCode, DeliveryNumber, Document, Forwarding, TrackingState};

/// The header as a client wrote it: read, but not yet believed. Texts are un-escaped and trimmed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderFields {
    /// Connection code of the sender.
    pub from: String,
    /// Connection code of the destination.
    pub to: String,
    /// CertificateType, 0 when the client left it empty.
    pub certificate_type: i32,
    /// CertificateStatus, 0 when the client left it empty.
    pub certificate_status: i32,
    /// The certificate's number as its country gave it.
    pub certificate_number: String,
    /// hubDeliveryNumber; clients leave it out or empty when they deliver.
    pub delivery_number: String,
    /// HUBTrackingInfo; only SetTrackingInfoUpdate reads it.
    pub tracking_info: String,
    /// hubDeliveryErrorMessage; only SetTrackingInfoUpdate reads it.
    pub error_message: String,
    /// Channels named in Forwardings.
    pub forwardings: Vec<Forwarding>,
}

/// The header of an envelope that the hub can route: each field checked once, here and in the core's admission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Sender.
    pub from: ConnectionCode,
    /// Destination.
    pub to: ConnectionCode,
    /// Type and status.
    pub document: Document,
    /// The certificate's number.
    pub certificate_number: CertificateNumber,
}

/// NPPOCertificateNumber: 1 to [`CERTIFICATE_NUMBER_BYTES_MAX`] bytes. Not unique: a withdrawal sends it again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CertificateNumber(Box<str>);

/// Why a text is no certificate number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateNumberError {
    /// Nothing there.
    Empty,
    /// More than [`CERTIFICATE_NUMBER_BYTES_MAX`] bytes.
    TooLong,
}

/// A header as the hub answers it: with number, state and message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackedHeader {
    /// The envelope's own fields.
    pub header: Header,
    /// hubDeliveryNumber.
    pub number: DeliveryNumber,
    /// HUBTrackingInfo.
    pub state: TrackingState,
    /// hubDeliveryErrorMessage, where there is one.
    pub message: Option<Box<str>>,
}

impl CertificateNumber {
    /// Checks a text's length.
    ///
    /// # Errors
    /// [`CertificateNumberError`] when the text is empty or too long.
    pub fn new(text: &str) -> Result<Self, CertificateNumberError> {
        if text.is_empty() {
            return Err(CertificateNumberError::Empty);
        }
        if text.len() > CERTIFICATE_NUMBER_BYTES_MAX {
            return Err(CertificateNumberError::TooLong);
        }
        Ok(Self(text.into()))
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CertificateNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Display for CertificateNumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::TooLong => write!(f, "is longer than {CERTIFICATE_NUMBER_BYTES_MAX} bytes"),
        }
    }
}

impl std::error::Error for CertificateNumberError {}

/// Why [`HeaderFields`] are no [`Header`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderError {
    /// From is no connection code.
    From(String, CodeError),
    /// To is no connection code.
    To(String, CodeError),
    /// NPPOCertificateNumber cannot be one.
    CertificateNumber(CertificateNumberError),
}

impl TryFrom<&HeaderFields> for Header {
    type Error = HeaderError;

    fn try_from(fields: &HeaderFields) -> Result<Self, HeaderError> {
        let from = fields.from.parse().map_err(|error| HeaderError::From(fields.from.clone(), error))?;
        let to = fields.to.parse().map_err(|error| HeaderError::To(fields.to.clone(), error))?;
        let certificate_number =
            CertificateNumber::new(&fields.certificate_number).map_err(HeaderError::CertificateNumber)?;
        let document = Document {
            kind: crate::DocumentType(fields.certificate_type),
            status: crate::DocumentStatus(fields.certificate_status),
        };
        Ok(Self { from, to, document, certificate_number })
    }
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::From(text, error) => write!(f, "From '{}' cannot be used: {error}", crate::refusal::shown(text)),
            Self::To(text, error) => write!(f, "To '{}' cannot be used: {error}", crate::refusal::shown(text)),
            Self::CertificateNumber(error) => write!(f, "NPPOCertificateNumber {error}"),
        }
    }
}

impl std::error::Error for HeaderError {}
