//! The parameters of each operation.

use bytes::Bytes;

use super::{header, walk};
use crate::operation::Operation;
use crate::request::{Delivery, Request};
use crate::xml::{Malformed, Reader, Start};

/// Reads the parameters of the operation whose element was just begun, up to its end.
pub(super) fn read(
    reader: &mut Reader<'_>,
    body: &Bytes,
    operation: Operation,
    first: &Start<'_>,
) -> Result<Request, Malformed> {
    use Operation as O;
    let request = match operation {
        O::DeliverEnvelope => Request::DeliverEnvelope(delivery(reader, body, operation, first)?),
        O::ValidateAndDeliverEnvelope => Request::ValidateAndDeliverEnvelope(delivery(reader, body, operation, first)?),
        O::DeliverPhytoEnvelope => Request::DeliverPhytoEnvelope(delivery(reader, body, operation, first)?),
        O::DeliverCountryResponseEnvelope => {
            Request::DeliverCountryResponseEnvelope(delivery(reader, body, operation, first)?)
        }
        O::SetTrackingInfoUpdate => Request::SetTrackingInfoUpdate(delivery(reader, body, operation, first)?.header),
        O::ValidatePhytoXml => Request::ValidatePhytoXml(certificate(reader, body)?),
        O::GetImportEnvelopeHeaders => {
            let [from] = texts(reader, ["countryCode"])?;
            Request::GetImportEnvelopeHeaders { from: from.filter(|code| !code.is_empty()) }
        }
        O::PullSingleImportEnvelope => Request::PullSingleImportEnvelope { number: number(reader, first)? },
        O::AcknowledgeEnvelopeReceipt => Request::AcknowledgeEnvelopeReceipt { number: number(reader, first)? },
        O::GetEnvelopeTrackingInfo => Request::GetEnvelopeTrackingInfo { number: number(reader, first)? },
        O::AdvancedAcknowledgeEnvelopeReceipt => {
            let (number, message) = number_and_message(reader, first, "warningMessage")?;
            Request::AdvancedAcknowledgeEnvelopeReceipt { number, message }
        }
        O::AcknowledgeFailedEnvelopeReceipt => {
            let (number, message) = number_and_message(reader, first, "message")?;
            Request::AcknowledgeFailedEnvelopeReceipt { number, message }
        }
        _ => {
            let request = Request::without_parameters(operation);
            walk::skip(reader)?;
            // Every operation with parameters has its arm above.
            request.ok_or_else(|| Malformed::new(first.at, "this operation cannot be read"))?
        }
    };
    Ok(request)
}

/// The envelope or header that is the operation's parameter.
fn delivery(
    reader: &mut Reader<'_>,
    body: &Bytes,
    operation: Operation,
    first: &Start<'_>,
) -> Result<Delivery, Malformed> {
    let name = operation.envelope_parameter();
    let mut delivery = None;
    while let Some(parameter) = walk::child(reader)? {
        if parameter.local != name {
            walk::skip(reader)?;
            continue;
        }
        if delivery.is_some() {
            return Err(twice(&parameter));
        }
        let (header, content) = header::read(reader, body, header::ContentKind::of(operation))?;
        delivery = Some(Delivery { header, content });
    }
    delivery.ok_or_else(|| missing(first, name))
}

fn certificate(reader: &mut Reader<'_>, body: &Bytes) -> Result<Option<crate::Content>, Malformed> {
    let mut certificate = None;
    let mut is_seen = false;
    while let Some(parameter) = walk::child(reader)? {
        if parameter.local != "ePhytoXML" {
            walk::skip(reader)?;
            continue;
        }
        if is_seen {
            return Err(twice(&parameter));
        }
        is_seen = true;
        certificate = header::content(reader, body, &parameter)?;
    }
    Ok(certificate)
}

fn number(reader: &mut Reader<'_>, first: &Start<'_>) -> Result<String, Malformed> {
    let [number] = texts(reader, [NUMBER])?;
    number.ok_or_else(|| missing(first, NUMBER))
}

fn number_and_message(
    reader: &mut Reader<'_>,
    first: &Start<'_>,
    message: &'static str,
) -> Result<(String, String), Malformed> {
    let [number, message] = texts(reader, [NUMBER, message])?;
    Ok((number.ok_or_else(|| missing(first, NUMBER))?, message.unwrap_or_default()))
}

const NUMBER: &str = "hubTrackingNumber";

/// The operation's parameters that are texts, up to its end.
fn texts<const N: usize>(reader: &mut Reader<'_>, names: [&'static str; N]) -> Result<[Option<String>; N], Malformed> {
    let mut texts = [const { None }; N];
    while let Some(parameter) = walk::child(reader)? {
        match names.iter().position(|&name| name == parameter.local) {
            None => walk::skip(reader)?,
            Some(index) if texts[index].is_some() => return Err(twice(&parameter)),
            Some(index) => texts[index] = Some(walk::text(reader, &parameter)?),
        }
    }
    Ok(texts)
}

fn twice(parameter: &Start<'_>) -> Malformed {
    Malformed::new(parameter.at, format!("{} stands twice; which one is meant?", parameter.local))
}

fn missing(first: &Start<'_>, name: &str) -> Malformed {
    Malformed::new(first.at, format!("{} needs the element {name}, which is missing", first.local))
}
