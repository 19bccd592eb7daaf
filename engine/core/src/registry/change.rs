//! Changes of the registry: what an operator asks for, and whether it is made.

use std::fmt;

use phytohub_model::{
    AllowedDocument, Certificate, CertificateFingerprint, Channel, ChannelRule, ConnectionCode, Delivery, Direction,
    DocumentKind, DocumentType, Nppo, RegistryFact, RuleKind, Timestamp, Trust,
};

use super::Registry;
use crate::text::cut;

/// A name is for people's eyes, in lists: longer ones are refused.
pub(super) const NAME_BYTES_MAX: usize = 256;

/// A certificate's subject can be of any length; what an operator needs to tell certificates apart is at its beginning.
pub(super) const SUBJECT_BYTES_MAX: usize = 1024;

/// The name of a built-in profile or the path of an overlay.
const PROFILE_BYTES_MAX: usize = 256;

/// A member's service needs no more: it is a host and a path.
const URL_BYTES_MAX: usize = 512;

/// One certificate as PEM; the largest with a key of 16,384 bits has less.
const AUTHORITY_BYTES_MAX: usize = 6144;

/// Every delivery looks through the rules of both sides, so they must stay few.
const RULES_MAX: usize = 64;

/// A change that an operator asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryCommand {
    /// A new member.
    AddNppo {
        /// Its code.
        code: ConnectionCode,
        /// Its name for people, may be empty.
        name: String,
        /// Whether it sends and receives from the start.
        active: bool,
        /// What it receives.
        allowed: AllowedDocument,
    },
    /// A member sends and receives from now on, or no longer.
    SetActive {
        /// Which.
        code: ConnectionCode,
        /// Whether it is active.
        active: bool,
    },
    /// What a member receives.
    SetAllowed {
        /// Which.
        code: ConnectionCode,
        /// The pairs, in any order.
        allowed: AllowedDocument,
    },
    /// A certificate acts for a code.
    AddCertificate(Certificate),
    /// It no longer does.
    RevokeCertificate {
        /// For whom it acted.
        code: ConnectionCode,
        /// Which.
        fingerprint: CertificateFingerprint,
    },
    /// How a member or channel gets its envelopes from now on.
    SetDelivery {
        /// Which.
        code: ConnectionCode,
        /// How.
        delivery: Delivery,
    },
    /// A channel is added, or its row replaced.
    SetChannel(Channel),
    /// A member's rule about a channel is added, or the one of its id replaced.
    SetRule {
        /// Whose.
        code: ConnectionCode,
        /// The rule; number 0 = the next free one.
        rule: ChannelRule,
    },
    /// A member's rule ends.
    RemoveRule {
        /// Whose.
        code: ConnectionCode,
        /// Which.
        id: i32,
    },
    /// A document type is named, or its row replaced.
    SetDocument(DocumentKind),
    /// A document type is no longer named.
    RemoveDocument(DocumentType),
}

/// Why a change is not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryError {
    /// There is a member of that code.
    NppoExists(ConnectionCode),
    /// There is none.
    NppoUnknown(ConnectionCode),
    /// More than 256 bytes.
    NameTooLong {
        /// Whose.
        code: ConnectionCode,
        /// How long it is.
        bytes: usize,
    },
    /// The certificate cannot be used any more.
    CertificateExpired {
        /// Which.
        fingerprint: CertificateFingerprint,
        /// Since when.
        not_after: Timestamp,
    },
    /// The certificate's validity ends before it begins.
    CertificateNeverValid(CertificateFingerprint),
    /// The certificate does not act for the code.
    CertificateUnknown {
        /// The code.
        code: ConnectionCode,
        /// The certificate.
        fingerprint: CertificateFingerprint,
    },
    /// There is a channel of the code that a member shall have, or the other way round.
    CodeTaken(ConnectionCode),
    /// Neither a member nor a channel has the code.
    PartyUnknown(ConnectionCode),
    /// No channel has the code.
    ChannelUnknown(ConnectionCode),
    /// The channel does not receive, or send, as the rule wants it to.
    ChannelCannot {
        /// Which.
        channel: ConnectionCode,
        /// `receive` or `send`.
        what: &'static str,
    },
    /// The member has no rule of that number.
    RuleUnknown {
        /// Whose.
        code: ConnectionCode,
        /// Which.
        id: i32,
    },
    /// A member has as many rules as it can have.
    TooManyRules(ConnectionCode),
    /// The address of a member's service cannot be used.
    BadUrl(&'static str),
    /// The operator did not name that document type.
    DocumentUnknown(DocumentType),
    /// A text is longer than the registry keeps.
    TooLong {
        /// What text.
        what: &'static str,
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        max: usize,
    },
}

impl Registry {
    /// Decides a change. No fact means that it already is as the command wants it.
    ///
    /// # Errors
    /// [`RegistryError`] when the change cannot be made.
    pub fn decide(&self, now: Timestamp, command: &RegistryCommand) -> Result<Vec<RegistryFact>, RegistryError> {
        match command {
            RegistryCommand::AddNppo { code, name, active, allowed } => {
                if self.nppo(code).is_some() {
                    return Err(RegistryError::NppoExists(*code));
                }
                if self.channel(code).is_some() {
                    return Err(RegistryError::CodeTaken(*code));
                }
                if name.len() > NAME_BYTES_MAX {
                    return Err(RegistryError::NameTooLong { code: *code, bytes: name.len() });
                }
                let (name, allowed) = (name.clone(), sorted(allowed));
                Ok(vec![RegistryFact::NppoSet(Nppo::new(*code, name, *active, allowed))])
            }
            RegistryCommand::SetActive { code, active } => {
                let change = self.known(code)?.active != *active;
                Ok(change.then_some(RegistryFact::ActiveSet { code: *code, active: *active }).into_iter().collect())
            }
            RegistryCommand::SetAllowed { code, allowed } => {
                let allowed = sorted(allowed);
                let change = self.known(code)?.allowed != allowed;
                Ok(change.then_some(RegistryFact::AllowedSet { code: *code, allowed }).into_iter().collect())
            }
            RegistryCommand::AddCertificate(certificate) => self.add_certificate(now, certificate),
            RegistryCommand::RevokeCertificate { code, fingerprint } => {
                let (code, fingerprint) = (*code, *fingerprint);
                if !self.certificate(&fingerprint).iter().any(|certificate| certificate.code == code) {
                    return Err(RegistryError::CertificateUnknown { code, fingerprint });
                }
                Ok(vec![RegistryFact::CertificateRevoked { code, fingerprint }])
            }
            RegistryCommand::SetDelivery { code, delivery } => self.set_delivery(*code, delivery),
            RegistryCommand::SetChannel(channel) => self.set_channel(channel),
            RegistryCommand::SetRule { code, rule } => self.set_rule(*code, rule),
            RegistryCommand::RemoveRule { code, id } => {
                let (code, id) = (*code, *id);
                if !self.known(&code)?.rules.iter().any(|rule| rule.id == id) {
                    return Err(RegistryError::RuleUnknown { code, id });
                }
                Ok(vec![RegistryFact::RuleRemoved { code, id }])
            }
            RegistryCommand::SetDocument(document) => {
                within("the name of a document type", &document.name, NAME_BYTES_MAX)?;
                within("the profile of a document type", &document.profile, PROFILE_BYTES_MAX)?;
                let change = self.document(document.kind) != Some(document);
                Ok(change.then(|| RegistryFact::DocumentSet(document.clone())).into_iter().collect())
            }
            RegistryCommand::RemoveDocument(kind) => match self.document(*kind) {
                Some(_) => Ok(vec![RegistryFact::DocumentRemoved(*kind)]),
                None => Err(RegistryError::DocumentUnknown(*kind)),
            },
        }
    }

    fn add_certificate(&self, now: Timestamp, added: &Certificate) -> Result<Vec<RegistryFact>, RegistryError> {
        self.party(&added.code)?;
        let Certificate { fingerprint, not_before, not_after, .. } = *added;
        if not_after < not_before {
            return Err(RegistryError::CertificateNeverValid(fingerprint));
        }
        if not_after < now {
            return Err(RegistryError::CertificateExpired { fingerprint, not_after });
        }
        let added = Certificate { subject: cut(&added.subject, SUBJECT_BYTES_MAX).into(), ..added.clone() };
        if self.certificate(&fingerprint).contains(&added) {
            return Ok(Vec::new());
        }
        Ok(vec![RegistryFact::CertificateAdded(added)])
    }

    fn set_delivery(&self, code: ConnectionCode, delivery: &Delivery) -> Result<Vec<RegistryFact>, RegistryError> {
        let before = self.party(&code)?;
        if let Delivery::Push(target) = delivery {
            check_url(&target.url)?;
            if let Trust::Authority(pem) = &target.trust {
                within("the authority's certificate", pem, AUTHORITY_BYTES_MAX)?;
            }
        }
        let change = before != delivery;
        Ok(change.then(|| RegistryFact::DeliverySet { code, delivery: delivery.clone() }).into_iter().collect())
    }

    fn set_channel(&self, channel: &Channel) -> Result<Vec<RegistryFact>, RegistryError> {
        if self.nppo(&channel.code).is_some() {
            return Err(RegistryError::CodeTaken(channel.code));
        }
        within("the name of a channel", &channel.name, NAME_BYTES_MAX)?;
        let change = self.channel(&channel.code) != Some(channel);
        Ok(change.then(|| RegistryFact::ChannelSet(channel.clone())).into_iter().collect())
    }

    fn set_rule(&self, code: ConnectionCode, rule: &ChannelRule) -> Result<Vec<RegistryFact>, RegistryError> {
        let nppo = self.known(&code)?;
        let channel = self.channel(&rule.channel).ok_or(RegistryError::ChannelUnknown(rule.channel))?;
        let (able, what) = match (rule.kind, rule.direction) {
            (RuleKind::Delegate, Direction::Outgoing) => (channel.send, "send"),
            _ => (channel.receive, "receive"),
        };
        if !able {
            return Err(RegistryError::ChannelCannot { channel: rule.channel, what });
        }
        if nppo.rules.contains(rule) {
            return Ok(Vec::new());
        }
        let next = nppo.rules.last().map_or(1, |rule| rule.id.saturating_add(1));
        let rule = ChannelRule { id: if rule.id == 0 { next } else { rule.id }, ..rule.clone() };
        if nppo.rules.len() >= RULES_MAX && !nppo.rules.iter().any(|other| other.id == rule.id) {
            return Err(RegistryError::TooManyRules(code));
        }
        Ok(vec![RegistryFact::RuleSet { code, rule }])
    }

    fn known(&self, code: &ConnectionCode) -> Result<&Nppo, RegistryError> {
        self.nppo(code).ok_or(RegistryError::NppoUnknown(*code))
    }

    /// A member or channel.
    fn party(&self, code: &ConnectionCode) -> Result<&Delivery, RegistryError> {
        self.delivery(code).ok_or(RegistryError::PartyUnknown(*code))
    }
}

/// Pairs in the order in which look-ups want them, each once.
fn sorted(allowed: &AllowedDocument) -> AllowedDocument {
    let mut allowed = allowed.clone();
    if let AllowedDocument::Only(pairs) = &mut allowed {
        pairs.sort_unstable();
        pairs.dedup();
    }
    allowed
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NppoExists(code) => write!(f, "NPPO {code} is in the registry already"),
            Self::NppoUnknown(code) => write!(f, "NPPO {code} is not in the registry; add it first"),
            Self::NameTooLong { code, bytes } => {
                write!(f, "the name of NPPO {code} has {bytes} bytes; at most {NAME_BYTES_MAX} are kept")
            }
            Self::CertificateExpired { fingerprint, not_after } => {
                write!(f, "certificate {fingerprint} expired at {not_after}; add the one that replaces it")
            }
            Self::CertificateNeverValid(fingerprint) => {
                write!(f, "certificate {fingerprint} is never valid: its validity ends before it begins")
            }
            Self::CertificateUnknown { code, fingerprint } => {
                write!(f, "certificate {fingerprint} does not act for NPPO {code}")
            }
            Self::CodeTaken(code) => {
                write!(f, "{code} is in the registry as the other of NPPO and channel; choose another code")
            }
            Self::PartyUnknown(code) => {
                write!(f, "neither an NPPO nor a channel {code} is in the registry; add it first")
            }
            Self::ChannelUnknown(code) => write!(f, "channel {code} is not in the registry; add it first"),
            Self::ChannelCannot { channel, what } => write!(f, "channel {channel} does not {what}; let it do so first"),
            Self::RuleUnknown { code, id } => write!(f, "NPPO {code} has no rule {id}"),
            Self::TooManyRules(code) => write!(f, "NPPO {code} has {RULES_MAX} rules already, which are the most"),
            Self::BadUrl(why) => write!(f, "the URL cannot be used: {why}"),
            Self::DocumentUnknown(kind) => {
                write!(f, "document type {} was not set; the names from the start cannot be removed", kind.0)
            }
            Self::TooLong { what, bytes, max } => write!(f, "{what} has {bytes} bytes; at most {max} are kept"),
        }
    }
}

impl std::error::Error for RegistryError {}

fn within(what: &'static str, text: &str, max: usize) -> Result<(), RegistryError> {
    if text.len() > max { Err(RegistryError::TooLong { what, bytes: text.len(), max }) } else { Ok(()) }
}

/// What can be said of a URL without reading it as one: the rest is the caller's who connects there.
fn check_url(url: &str) -> Result<(), RegistryError> {
    within("the URL", url, URL_BYTES_MAX)?;
    let Some(rest) = url.strip_prefix("https://") else {
        return Err(RegistryError::BadUrl("it must begin with https://"));
    };
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    if host.is_empty() {
        return Err(RegistryError::BadUrl("it names no host"));
    }
    if host.contains('@') || url.contains('#') {
        return Err(RegistryError::BadUrl("neither a user nor a fragment (#) may be in it"));
    }
    if !url.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(RegistryError::BadUrl("it may have printable ASCII characters only"));
    }
    Ok(())
}
