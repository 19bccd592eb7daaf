//! Steps 2 and 5 of the way in: may this caller send this, and does its destination take it?

use phytohub_model::{ConnectionCode, Header, HeaderFields, Refusal};

use crate::registry::Registry;

/// Makes a header of the fields that a caller wrote, or says why the hub does not take the delivery.
///
/// The order of the checks is that in which a sender has to mend things: first what it wrote, then who it is, then
/// whether the destination would take it.
///
/// # Errors
/// The first reason met.
pub fn admit(
    registry: &Registry,
    caller: &[ConnectionCode],
    fields: &HeaderFields,
    has_content: bool,
) -> Result<Header, Refusal> {
    let header = Header::try_from(fields).map_err(Refusal::Header)?;
    let Header { from, to, document, .. } = header;
    if !caller.contains(&from) {
        return Err(Refusal::NotYours { from, yours: caller.to_vec() });
    }
    if !registry.nppo(&from).is_some_and(|sender| sender.active) {
        return Err(Refusal::SenderInactive(from));
    }
    let destination = registry.nppo(&to).ok_or(Refusal::DestinationUnknown(to))?;
    if !destination.active {
        return Err(Refusal::DestinationInactive(to));
    }
    if !destination.allowed.contains(document) {
        return Err(Refusal::DocumentNotReceived { to, document });
    }
    // No channels exist yet, so none can be known.
    if let Some(channel) = fields.forwardings.first() {
        return Err(Refusal::ChannelUnknown(channel.clone()));
    }
    if !has_content {
        return Err(Refusal::ContentMissing);
    }
    Ok(header)
}

#[cfg(test)]
mod tests;
