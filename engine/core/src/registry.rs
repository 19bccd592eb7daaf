//! The registry: members, what they receive, and the certificates that act for them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use phytohub_model::{
    AllowedDocument, Certificate, CertificateFingerprint, ConnectionCode, Fault, Nppo, RegistryFact, Timestamp,
};

use crate::text::cut;

/// A name is for people's eyes, in lists: longer ones are refused.
const NAME_BYTES_MAX: usize = 256;

/// A certificate's subject can be of any length; what an operator needs to tell certificates apart is at its beginning.
const SUBJECT_BYTES_MAX: usize = 1024;

/// The state of the registry. Clones share it until one of them changes, so a snapshot costs nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registry {
    state: Arc<State>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    nppos: BTreeMap<ConnectionCode, Nppo>,
    clients: BTreeMap<CertificateFingerprint, Client>,
}

/// All that one certificate stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Client {
    /// One for each code, sorted by code.
    certificates: Vec<Certificate>,
    /// Their codes: what nearly every request asks for, ready to hand out.
    codes: Arc<[ConnectionCode]>,
}

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
                if name.len() > NAME_BYTES_MAX {
                    return Err(RegistryError::NameTooLong { code: *code, bytes: name.len() });
                }
                let (name, allowed) = (name.clone(), sorted(allowed));
                Ok(vec![RegistryFact::NppoSet(Nppo { code: *code, name, active: *active, allowed })])
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
        }
    }

    fn add_certificate(&self, now: Timestamp, added: &Certificate) -> Result<Vec<RegistryFact>, RegistryError> {
        self.known(&added.code)?;
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

    /// Lets a fact happen: after a decision, and for each fact of the journal at the start.
    pub fn apply(&mut self, fact: &RegistryFact) {
        let state = Arc::make_mut(&mut self.state);
        match fact {
            RegistryFact::NppoSet(nppo) => {
                state.nppos.insert(nppo.code, nppo.clone());
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
        }
    }

    /// The facts from which the present state follows, for a journal that begins anew.
    pub fn facts(&self) -> Vec<RegistryFact> {
        let nppos = self.nppos().cloned().map(RegistryFact::NppoSet);
        let clients = self.state.clients.values().flat_map(|client| &client.certificates);
        nppos.chain(clients.cloned().map(RegistryFact::CertificateAdded)).collect()
    }

    /// The member of that code.
    pub fn nppo(&self, code: &ConnectionCode) -> Option<&Nppo> {
        self.state.nppos.get(code)
    }

    /// All members, sorted by code.
    pub fn nppos(&self) -> impl Iterator<Item = &Nppo> {
        self.state.nppos.values()
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

    fn known(&self, code: &ConnectionCode) -> Result<&Nppo, RegistryError> {
        self.nppo(code).ok_or(RegistryError::NppoUnknown(*code))
    }
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
        }
    }
}

impl std::error::Error for RegistryError {}

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
