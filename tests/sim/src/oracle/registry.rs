//! The registry as it must be by the changes that were answered.

use std::collections::{BTreeMap, BTreeSet};

use phytohub_core::registry::{Registry, RegistryCommand};
use phytohub_model::{CertificateFingerprint, ConnectionCode, Delivery};

use super::{Guarantee, Verdict, broken};

/// What of the registry changes within a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) active: BTreeMap<ConnectionCode, bool>,
    pub(crate) certificates: BTreeSet<(CertificateFingerprint, ConnectionCode)>,
    pub(crate) pushed: BTreeSet<ConnectionCode>,
    rules: BTreeMap<ConnectionCode, usize>,
    /// A change whose answer never came: it was made or not.
    unclear: Option<Box<RegistryCommand>>,
}

impl Expected {
    /// A change was answered.
    pub(crate) fn changed(&mut self, command: &RegistryCommand) {
        match command {
            RegistryCommand::AddNppo { code, active, .. } => {
                self.active.insert(*code, *active);
            }
            RegistryCommand::SetActive { code, active } => {
                self.active.insert(*code, *active);
            }
            RegistryCommand::AddCertificate(certificate) => {
                self.certificates.insert((certificate.fingerprint, certificate.code));
            }
            RegistryCommand::RevokeCertificate { code, fingerprint } => {
                self.certificates.remove(&(*fingerprint, *code));
            }
            RegistryCommand::SetDelivery { code, delivery: Delivery::Pull } => {
                self.pushed.remove(code);
            }
            RegistryCommand::SetDelivery { code, delivery: Delivery::Push(_) } => {
                self.pushed.insert(*code);
            }
            RegistryCommand::SetRule { code, .. } => *self.rules.entry(*code).or_default() += 1,
            _ => {}
        }
    }

    /// The hub ended before it answered this change.
    pub(crate) fn unanswered(&mut self, command: RegistryCommand) {
        self.unclear = Some(Box::new(command));
    }

    /// Compares with the registry of a hub that has started.
    pub(crate) fn compare(&mut self, registry: &Registry) -> Verdict {
        let unclear = self.unclear.take();
        let found = self.of(registry);
        if found == *self {
            return Ok(());
        }
        if let Some(command) = unclear {
            let mut with = self.clone();
            with.changed(&command);
            if found == with {
                *self = with;
                return Ok(());
            }
        }
        broken(Guarantee::Registry, format!("after the start the registry is {found:?}, by the answers {self:?}"))
    }

    /// The codes that a certificate acts for.
    pub(crate) fn codes_of(&self, certificate: CertificateFingerprint) -> Vec<ConnectionCode> {
        let theirs = self.certificates.iter().filter(|(fingerprint, _)| *fingerprint == certificate);
        theirs.map(|(_, code)| *code).collect()
    }

    fn of(&self, registry: &Registry) -> Self {
        let nppos = || registry.nppos();
        let mut certificates = BTreeSet::new();
        for (code, _) in registry.parties() {
            certificates.extend(registry.certificates_of(&code).map(|one| (one.fingerprint, code)));
        }
        Self {
            active: nppos().map(|nppo| (nppo.code, nppo.active)).collect(),
            certificates,
            pushed: registry
                .parties()
                .filter(|(_, delivery)| matches!(delivery, Delivery::Push(_)))
                .map(|(code, _)| code)
                .collect(),
            rules: nppos().map(|nppo| (nppo.code, nppo.rules.len())).filter(|(_, count)| *count > 0).collect(),
            unclear: None,
        }
    }
}
