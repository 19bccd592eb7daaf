//! A national system, as the demo and the tests play it: the operations of the service as methods.

use std::path::Path;

use phytohub_model::{CodeRow, Finding, HeaderFields, Nppo, TrackingState};
use phytohub_soap::Operation;
use phytohub_soap::client::{self, Reply};

use crate::client::{CallError, SoapClient};

/// One party of the exchange and its connection.
pub struct Party {
    /// Its connection code.
    pub code: String,
    client: SoapClient,
}

/// What an acknowledgement says.
#[derive(Clone, Copy, Debug)]
pub enum Acknowledgement<'a> {
    /// All is well.
    Received,
    /// With a warning.
    Warning(&'a str),
    /// It cannot be read.
    Unreadable(&'a str),
}

impl Party {
    /// The party `code` with the keys that `phytohub init` made for it in `dir`, for the hub at `address`.
    ///
    /// # Errors
    /// A sentence that names the file that cannot be read.
    pub fn new(dir: &Path, address: &str, code: &str) -> Result<Self, String> {
        let pki = dir.join("pki");
        let [certificate, key] = ["pem", "key"].map(|kind| pki.join(format!("nppo-{code}.{kind}")));
        Self::with_keys(dir, address, code, &certificate, &key)
    }

    /// As [`Self::new`], with other keys.
    ///
    /// # Errors
    /// A sentence that names the file that cannot be read.
    pub fn with_keys(dir: &Path, address: &str, code: &str, certificate: &Path, key: &Path) -> Result<Self, String> {
        let client = SoapClient::new(address, &dir.join("pki/ca.pem"), certificate, key)?;
        Ok(Self { code: code.to_owned(), client })
    }

    /// Delivers `content` by one of the delivering operations; the header that the hub answers.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn deliver(
        &mut self,
        operation: Operation,
        header: &HeaderFields,
        content: &str,
    ) -> Result<HeaderFields, CallError> {
        let request = match operation {
            Operation::DeliverPhytoEnvelope | Operation::DeliverCountryResponseEnvelope => {
                client::deliver_xml(operation, header, without_declaration(content))
            }
            _ => client::deliver(operation, header, content),
        };
        one_header(self.client.call(request).await?)
    }

    /// ValidatePhytoXML.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn validate(&mut self, content: &str) -> Result<Vec<Finding>, CallError> {
        Ok(self.client.call(client::validate(content)).await?.findings)
    }

    /// GetImportEnvelopeHeaders.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn import_headers(&mut self, from: Option<&str>) -> Result<Vec<HeaderFields>, CallError> {
        Ok(self.client.call(client::import_headers(from)).await?.headers)
    }

    /// PULLSingleImportEnvelope.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn pull(&mut self, number: &str) -> Result<Option<(HeaderFields, String)>, CallError> {
        let request = client::with_number(Operation::PullSingleImportEnvelope, number);
        Ok(self.client.call(request).await?.envelopes.pop())
    }

    /// PULLImportEnvelope.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn pull_all(&mut self) -> Result<Vec<(HeaderFields, String)>, CallError> {
        Ok(self.client.call(client::plain(Operation::PullImportEnvelope)).await?.envelopes)
    }

    /// One of the three acknowledgements.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn acknowledge(&mut self, number: &str, what: Acknowledgement<'_>) -> Result<Reply, CallError> {
        self.client
            .call(match what {
                Acknowledgement::Received => client::with_number(Operation::AcknowledgeEnvelopeReceipt, number),
                Acknowledgement::Warning(text) => {
                    client::with_message(Operation::AdvancedAcknowledgeEnvelopeReceipt, number, text)
                }
                Acknowledgement::Unreadable(text) => {
                    client::with_message(Operation::AcknowledgeFailedEnvelopeReceipt, number, text)
                }
            })
            .await
    }

    /// SetTrackingInfoUpdate.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn set_tracking(&mut self, header: &HeaderFields) -> Result<(), CallError> {
        self.client.call(client::set_tracking(header)).await.map(drop)
    }

    /// GetEnvelopeTrackingInfo.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn track(&mut self, number: &str) -> Result<HeaderFields, CallError> {
        one_header(self.client.call(client::with_number(Operation::GetEnvelopeTrackingInfo, number)).await?)
    }

    /// GetUnderDeliveryEnvelope.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn under_delivery(&mut self) -> Result<Vec<HeaderFields>, CallError> {
        Ok(self.client.call(client::plain(Operation::GetUnderDeliveryEnvelope)).await?.headers)
    }

    /// GetActiveNppos.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn active_nppos(&mut self) -> Result<Vec<Nppo>, CallError> {
        Ok(self.client.call(client::plain(Operation::GetActiveNppos)).await?.nppos)
    }

    /// One of the ten code lists.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn list(&mut self, operation: Operation) -> Result<Vec<CodeRow>, CallError> {
        Ok(self.client.call(client::plain(operation)).await?.rows)
    }

    /// Any request.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn call(&mut self, request: Vec<u8>) -> Result<Reply, CallError> {
        self.client.call(request).await
    }
}

fn one_header(mut reply: Reply) -> Result<HeaderFields, CallError> {
    reply.headers.pop().ok_or_else(|| CallError::NoAnswer("the answer has no header".to_owned()))
}

/// A document as it can stand inside another: without XML declaration and what surrounds its root.
pub fn without_declaration(document: &str) -> &str {
    let trimmed = document.trim_start_matches('\u{feff}').trim();
    match trimmed.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")) {
        Some((_, rest)) => rest.trim_start(),
        None => trimmed,
    }
}

/// Whether the hub took a delivery: it waits, or was a retry of one that ended well.
pub fn was_accepted(answer: &HeaderFields) -> bool {
    !answer.delivery_number.is_empty() && answer.tracking_info != TrackingState::FailedDelivery.as_str()
}
