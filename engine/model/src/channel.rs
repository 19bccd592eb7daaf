//! Channels, and the rules by which envelopes take another way than from From to To.

use std::fmt;
use std::str::FromStr;

use crate::{ConnectionCode, DeliveryNumber, Document, DocumentStatus, DocumentType};

/// A channel: a party that is no NPPO, such as a customs system or a regional archive, to which envelopes can be
/// forwarded or delegated. Its code shares the name space of the members' codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its code.
    pub code: ConnectionCode,
    /// Its name for people.
    pub name: String,
    /// Whether it receives: copies by FORWARD and by Forwardings, envelopes by DELEGATE.
    pub receive: bool,
    /// Whether it sends in an NPPO's stead by DELEGATE.
    pub send: bool,
}

/// A rule of an NPPO about a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelRule {
    /// Its number among the NPPO's rules.
    pub id: i32,
    /// Which channel.
    pub channel: ConnectionCode,
    /// What it does.
    pub kind: RuleKind,
    /// Whether it is about what the NPPO receives or what it sends.
    pub direction: Direction,
    /// Which document types; `None` = all. On the wire 0.
    pub document_type: Option<DocumentType>,
    /// Which statuses; `None` = all. On the wire 0.
    pub document_status: Option<DocumentStatus>,
    /// The other side: a country (all codes of it) or one connection code; `None` = any.
    pub partner: Option<ConnectionCode>,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleKind {
    /// A copy also goes to the channel.
    Forward,
    /// The channel receives or sends in the NPPO's stead.
    Delegate,
}

/// Which envelopes a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// Those the NPPO sends.
    Outgoing,
    /// Those the NPPO receives.
    Incoming,
}

impl ChannelRule {
    /// Whether the rule is about an envelope of `document` in `direction` with `partner` on the other side.
    pub fn matches(&self, direction: Direction, document: Document, partner: &ConnectionCode) -> bool {
        self.direction == direction
            && self.document_type.is_none_or(|kind| kind == document.kind)
            && self.document_status.is_none_or(|status| status == document.status)
            && self.partner.is_none_or(|wanted| wanted == *partner || wanted.as_str() == partner.country())
    }
}

/// How an envelope differs from one that goes straight from From to To.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// Who receives it, where that is not To: a channel.
    pub receiver: Option<ConnectionCode>,
    /// Who sent it, where that is not From: a channel.
    pub sender: Option<ConnectionCode>,
    /// Of which envelope it is a copy.
    pub original: Option<DeliveryNumber>,
}

impl Route {
    /// Whether the envelope goes straight.
    pub fn is_straight(&self) -> bool {
        *self == Self::default()
    }
}

/// A forwarding as it stands in a header: a channel, and in answers the number of the copy for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forwarding {
    /// The channel's code as the client wrote it.
    pub code: String,
    /// HubDeliveryNumber; empty in requests.
    pub number: String,
}

impl RuleKind {
    /// As it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forward => "FORWARD",
            Self::Delegate => "DELEGATE",
        }
    }
}

impl Direction {
    /// As it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Outgoing => "OUT",
            Self::Incoming => "INC",
        }
    }
}

impl fmt::Display for RuleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for RuleKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Forward, Self::Delegate].into_iter().find(|kind| kind.as_str() == text).ok_or(())
    }
}

impl FromStr for Direction {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Outgoing, Self::Incoming].into_iter().find(|direction| direction.as_str() == text).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> ConnectionCode {
        text.parse().expect("a code")
    }

    #[test]
    fn a_rule_matches_by_type_status_partner_and_direction() {
        let rule = ChannelRule {
            id: 1,
            channel: code("CUSTOMS"),
            kind: RuleKind::Forward,
            direction: Direction::Incoming,
            document_type: Some(DocumentType::PHYTOSANITARY),
            document_status: None,
            partner: Some(code("NL")),
        };
        let issued = Document { kind: DocumentType::PHYTOSANITARY, status: DocumentStatus::ISSUED };
        let re_export = Document { kind: DocumentType::RE_EXPORT, ..issued };
        assert!(rule.matches(Direction::Incoming, issued, &code("NL")));
        assert!(rule.matches(Direction::Incoming, issued, &code("NL2")), "a country stands for all its codes");
        assert!(!rule.matches(Direction::Incoming, issued, &code("NO")));
        assert!(!rule.matches(Direction::Outgoing, issued, &code("NL")));
        assert!(!rule.matches(Direction::Incoming, re_export, &code("NL")));
        let exact = ChannelRule { partner: Some(code("NL2")), document_type: None, ..rule };
        assert!(exact.matches(Direction::Incoming, re_export, &code("NL2")));
        assert!(!exact.matches(Direction::Incoming, re_export, &code("NL")), "a code is not its country");
    }
}
