//! Steps 2 and 5 of the way in: may this caller send this, does its destination take it, and who gets it?

use phytohub_model::limits::COPIES_MAX;
use phytohub_model::{
    ChannelRule, ConnectionCode, Direction, Document, Forwarding, Header, HeaderFields, Refusal, Route, RuleKind,
};

use crate::registry::Registry;

/// A delivery that the rules allow, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// Checked header.
    pub header: Header,
    /// How it goes, where not straight from From to To.
    pub route: Option<Box<Route>>,
    /// The channels that get a copy, each once; at most [`COPIES_MAX`].
    pub copies: Vec<CopyFor>,
}

/// A channel that gets a copy of an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyFor {
    /// Which.
    pub channel: ConnectionCode,
    /// Whether the sender is told the copy's number: it named the channel, or its own rule did. Whom the destination
    /// has its envelopes copied to is not the sender's business.
    pub told: bool,
}

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
) -> Result<Admitted, Refusal> {
    let header = Header::try_from(fields).map_err(Refusal::Header)?;
    let Header { from, to, document, .. } = header;
    let sender = sender(registry, caller, &header)?;
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
    let receiver = delegates(registry, &destination.rules, Direction::Incoming, document, &from)
        .find(|&channel| Some(channel) != sender);
    let copies = copies(registry, &header, &fields.forwardings, sender, receiver)?;
    if !has_content {
        return Err(Refusal::ContentMissing);
    }
    let route = Route { receiver, sender, original: None };
    Ok(Admitted { header, route: (!route.is_straight()).then(|| Box::new(route)), copies })
}

/// Who sends, where that is not From itself: a channel to which From delegates what it sends.
fn sender(registry: &Registry, caller: &[ConnectionCode], header: &Header) -> Result<Option<ConnectionCode>, Refusal> {
    if caller.contains(&header.from) {
        return Ok(None);
    }
    let rules = registry.rules_of(&header.from);
    let mut channels = delegates(registry, rules, Direction::Outgoing, header.document, &header.to);
    channels
        .find(|channel| caller.contains(channel))
        .map(Some)
        .ok_or_else(|| Refusal::NotYours { from: header.from, yours: caller.to_vec() })
}

/// The channels that receive or send in the stead of the member with these rules. A channel that cannot do so now is
/// passed over: the envelope then stays with the member itself.
fn delegates<'a>(
    registry: &'a Registry,
    rules: &'a [ChannelRule],
    direction: Direction,
    document: Document,
    partner: &'a ConnectionCode,
) -> impl Iterator<Item = ConnectionCode> + 'a {
    rules
        .iter()
        .filter(move |rule| rule.kind == RuleKind::Delegate && rule.matches(direction, document, partner))
        .filter(move |rule| {
            let able = registry.channel(&rule.channel).map(|channel| match direction {
                Direction::Incoming => channel.receive,
                Direction::Outgoing => channel.send,
            });
            able == Some(true)
        })
        .map(|rule| rule.channel)
}

/// Who gets a copy: the channels that the sender named, and those of both sides' rules. Who sends or receives the
/// envelope itself gets no copy of it, so that nothing goes round.
fn copies(
    registry: &Registry,
    header: &Header,
    named: &[Forwarding],
    sender: Option<ConnectionCode>,
    receiver: Option<ConnectionCode>,
) -> Result<Vec<CopyFor>, Refusal> {
    if named.len() > COPIES_MAX {
        return Err(Refusal::TooManyForwardings(named.len()));
    }
    let mut copies: Vec<CopyFor> = Vec::new();
    let mut add = |channel: ConnectionCode, told: bool| {
        let room = copies.len() < COPIES_MAX;
        match copies.iter_mut().find(|copy| copy.channel == channel) {
            Some(copy) => copy.told |= told,
            None if Some(channel) != sender && Some(channel) != receiver && room => {
                copies.push(CopyFor { channel, told });
            }
            None => {}
        }
    };
    for Forwarding { code, .. } in named {
        let channel = code.parse().ok().and_then(|code| registry.channel(&code));
        let channel = channel.filter(|channel| channel.receive);
        let channel = channel.ok_or_else(|| Refusal::ChannelUnknown(code.clone()))?.code;
        if Some(channel) == sender {
            return Err(Refusal::ForwardingLoop(channel));
        }
        add(channel, true);
    }
    let Header { from, to, document, .. } = header;
    for (member, direction, partner) in [(from, Direction::Outgoing, to), (to, Direction::Incoming, from)] {
        let rules = registry.rules_of(member).iter().filter(|rule| rule.kind == RuleKind::Forward);
        for rule in rules.filter(|rule| rule.matches(direction, *document, partner)) {
            if registry.channel(&rule.channel).is_some_and(|channel| channel.receive) {
                add(rule.channel, direction == Direction::Outgoing);
            }
        }
    }
    Ok(copies)
}

#[cfg(test)]
mod tests;
