//! The registry: members, what they receive, and the certificates that act for them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

pub use change::{RegistryCommand, RegistryError};
use phytohub_model::{
    Certificate, CertificateFingerprint, Channel, ChannelRule, ConnectionCode, Delivery, DocumentKind, DocumentType,
    Fault, Nppo, RegistryFact, Timestamp,
};

mod change;

/// The state of the registry. Clones share it until one of them changes, so a snapshot costs nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registry {
    state: Arc<State>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    nppos: BTreeMap<ConnectionCode, Nppo>,
    channels: BTreeMap<ConnectionCode, ChannelRow>,
    clients: BTreeMap<CertificateFingerprint, Client>,
    /// Document types that an operator named; those with a name from the start are not in it.
    documents: BTreeMap<DocumentType, DocumentKind>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct ChannelRow {
    channel: Channel,
    delivery: Delivery,
}

/// All that one certificate stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Client {
    /// One for each code, sorted by code.
    certificates: Vec<Certificate>,
    /// Their codes: what nearly every request asks for, ready to hand out.
    codes: Arc<[ConnectionCode]>,
}

/// Who stands behind a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The codes that it may act for, sorted; never empty.
    pub codes: Arc<[ConnectionCode]>,
}

/// Why a certificate stands for nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerError {
    /// It is not in the registry.
    Unknown,
    /// Its time has not come.
    NotYetValid {
        /// When it comes.
        not_before: Timestamp,
    },
    /// Its time is over.
    Expired {
        /// When it ended.
        not_after: Timestamp,
    },
}

impl Registry {
    /// Lets a fact happen: after a decision, and for each fact of the journal at the start.
    pub fn apply(&mut self, fact: &RegistryFact) {
        let state = Arc::make_mut(&mut self.state);
        match fact {
            RegistryFact::NppoSet(nppo) => {
                // How it gets its envelopes and its rules are facts of their own, and stay.
                let before = state.nppos.remove(&nppo.code);
                let (delivery, rules) = before.map(|nppo| (nppo.delivery, nppo.rules)).unwrap_or_default();
                state.nppos.insert(nppo.code, Nppo { delivery, rules, ..nppo.clone() });
            }
            RegistryFact::ActiveSet { code, active } => {
                if let Some(nppo) = state.nppos.get_mut(code) {
                    nppo.active = *active;
                }
            }
            RegistryFact::AllowedSet { code, allowed } => {
                if let Some(nppo) = state.nppos.get_mut(code) {
                    nppo.allowed = allowed.clone();
                }
            }
            RegistryFact::CertificateAdded(certificate) => {
                let client = state.clients.entry(certificate.fingerprint).or_default();
                client.remove(certificate.code);
                client.certificates.push(certificate.clone());
                client.put_in_order();
            }
            RegistryFact::CertificateRevoked { code, fingerprint } => {
                if let Some(client) = state.clients.get_mut(fingerprint) {
                    client.remove(*code);
                    client.put_in_order();
                    if client.certificates.is_empty() {
                        state.clients.remove(fingerprint);
                    }
                }
            }
            RegistryFact::DeliverySet { code, delivery } => {
                if let Some(nppo) = state.nppos.get_mut(code) {
                    nppo.delivery = delivery.clone();
                } else if let Some(row) = state.channels.get_mut(code) {
                    row.delivery = delivery.clone();
                }
            }
            RegistryFact::ChannelSet(channel) => {
                let delivery = state.channels.remove(&channel.code).map(|row| row.delivery).unwrap_or_default();
                state.channels.insert(channel.code, ChannelRow { channel: channel.clone(), delivery });
            }
            RegistryFact::RuleSet { code, rule } => {
                if let Some(nppo) = state.nppos.get_mut(code) {
                    nppo.rules.retain(|other| other.id != rule.id);
                    nppo.rules.push(rule.clone());
                    nppo.rules.sort_unstable_by_key(|rule| rule.id);
                }
            }
            RegistryFact::RuleRemoved { code, id } => {
                if let Some(nppo) = state.nppos.get_mut(code) {
                    nppo.rules.retain(|rule| rule.id != *id);
                }
            }
            RegistryFact::DocumentSet(document) => {
                state.documents.insert(document.kind, document.clone());
            }
            RegistryFact::DocumentRemoved(kind) => {
                state.documents.remove(kind);
            }
        }
    }

    /// The facts from which the present state follows, for a journal that begins anew.
    pub fn facts(&self) -> Vec<RegistryFact> {
        let channels = self.channels().cloned().map(RegistryFact::ChannelSet);
        let nppos = self.nppos().cloned().map(RegistryFact::NppoSet);
        let pushed = self.parties().filter_map(|(code, delivery)| match delivery {
            Delivery::Pull => None,
            Delivery::Push(_) => Some(RegistryFact::DeliverySet { code, delivery: delivery.clone() }),
        });
        let rules = self.nppos().flat_map(|nppo| {
            nppo.rules.iter().map(|rule| RegistryFact::RuleSet { code: nppo.code, rule: rule.clone() })
        });
        let documents = self.state.documents.values().cloned().map(RegistryFact::DocumentSet);
        let clients = self.state.clients.values().flat_map(|client| &client.certificates);
        let certificates = clients.cloned().map(RegistryFact::CertificateAdded);
        channels.chain(nppos).chain(pushed).chain(rules).chain(documents).chain(certificates).collect()
    }

    /// The member of that code.
    pub fn nppo(&self, code: &ConnectionCode) -> Option<&Nppo> {
        self.state.nppos.get(code)
    }

    /// All members, sorted by code.
    pub fn nppos(&self) -> impl Iterator<Item = &Nppo> {
        self.state.nppos.values()
    }

    /// The channel of that code.
    pub fn channel(&self, code: &ConnectionCode) -> Option<&Channel> {
        self.state.channels.get(code).map(|row| &row.channel)
    }

    /// All channels, sorted by code.
    pub fn channels(&self) -> impl Iterator<Item = &Channel> {
        self.state.channels.values().map(|row| &row.channel)
    }

    /// How a member or channel gets its envelopes.
    pub fn delivery(&self, code: &ConnectionCode) -> Option<&Delivery> {
        let nppo = self.state.nppos.get(code).map(|nppo| &nppo.delivery);
        nppo.or_else(|| self.state.channels.get(code).map(|row| &row.delivery))
    }

    /// All members and then all channels, with how each gets its envelopes.
    pub fn parties(&self) -> impl Iterator<Item = (ConnectionCode, &Delivery)> {
        let nppos = self.state.nppos.iter().map(|(code, nppo)| (*code, &nppo.delivery));
        nppos.chain(self.state.channels.iter().map(|(code, row)| (*code, &row.delivery)))
    }

    /// The rules of a member about channels, sorted by id; none of who is no member.
    pub fn rules_of(&self, code: &ConnectionCode) -> &[ChannelRule] {
        self.state.nppos.get(code).map_or(&[], |nppo| &nppo.rules)
    }

    /// What an operator or the exchange named, sorted by type.
    pub fn documents(&self) -> Vec<DocumentKind> {
        let named = DocumentType::NAMED.into_iter().map(|kind| (kind, first_document(kind)));
        let mut documents: BTreeMap<DocumentType, DocumentKind> = named.collect();
        documents.extend(self.state.documents.iter().map(|(kind, document)| (*kind, document.clone())));
        documents.into_values().collect()
    }

    /// The row of a document type as an operator set it, if one did. The validator's profile of all others is
    /// [`first_profile`].
    pub fn document(&self, kind: DocumentType) -> Option<&DocumentKind> {
        self.state.documents.get(&kind)
    }

    /// The certificates that act for a code, sorted by fingerprint.
    pub fn certificates_of(&self, code: &ConnectionCode) -> impl Iterator<Item = &Certificate> {
        let code = *code;
        let certificates = self.state.clients.values().flat_map(|client| &client.certificates);
        certificates.filter(move |certificate| certificate.code == code)
    }

    /// What a certificate stands for: one row for each code, sorted by code; none when it is not known.
    pub fn certificate(&self, fingerprint: &CertificateFingerprint) -> &[Certificate] {
        self.state.clients.get(fingerprint).map_or(&[], |client| &client.certificates)
    }

    /// Step 2, authenticate: whom a certificate may act for now.
    ///
    /// # Errors
    /// [`CallerError`] when for nobody.
    pub fn caller(&self, now: Timestamp, fingerprint: &CertificateFingerprint) -> Result<Caller, CallerError> {
        let client = self.state.clients.get(fingerprint).ok_or(CallerError::Unknown)?;
        let mut failure = CallerError::Unknown;
        let mut valid = |certificate: &&Certificate| {
            let Certificate { not_before, not_after, .. } = **certificate;
            if now < not_before {
                failure = CallerError::NotYetValid { not_before };
            } else if not_after < now {
                failure = CallerError::Expired { not_after };
            }
            (not_before..=not_after).contains(&now)
        };
        if client.certificates.iter().all(|certificate| valid(&certificate)) {
            return Ok(Caller { codes: Arc::clone(&client.codes) });
        }
        let codes: Arc<[_]> = client.certificates.iter().filter(valid).map(|certificate| certificate.code).collect();
        if codes.is_empty() { Err(failure) } else { Ok(Caller { codes }) }
    }
}

/// By which profile a document type is judged as long as no operator says otherwise: phytosanitary certificates by the
/// rules for them, everything else as a document of unknown meaning.
pub fn first_profile(kind: DocumentType) -> &'static str {
    if kind.is_phytosanitary() { "ippc" } else { "lenient" }
}

fn first_document(kind: DocumentType) -> DocumentKind {
    DocumentKind { kind, name: kind.name().to_owned(), profile: first_profile(kind).to_owned() }
}

impl Client {
    fn remove(&mut self, code: ConnectionCode) {
        self.certificates.retain(|certificate| certificate.code != code);
    }

    fn put_in_order(&mut self) {
        self.certificates.sort_unstable_by_key(|certificate| certificate.code);
        self.codes = self.certificates.iter().map(|certificate| certificate.code).collect();
    }
}

impl fmt::Display for CallerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str(&Fault::unknown_certificate().message),
            Self::NotYetValid { not_before } => {
                write!(f, "Your client certificate is not valid before {not_before}; use one that is valid now")
            }
            Self::Expired { not_after } => write!(
                f,
                "Your client certificate expired at {not_after}; ask the hub's operator to register your new one"
            ),
        }
    }
}

impl std::error::Error for CallerError {}

impl From<CallerError> for Fault {
    fn from(error: CallerError) -> Self {
        Self::client(error.to_string())
    }
}

#[cfg(test)]
mod tests;
