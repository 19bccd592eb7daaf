//! The gate of a live hub: a member that was never active here becomes so by a proof from the sandbox, or by an
//! override with a reason. Both are written down, so that a member that was let in once need not prove itself again.

use std::fs;
use std::path::PathBuf;

use phytohub_core::registry::{Registry, RegistryCommand};
use phytohub_model::Timestamp;
use phytohub_onboarding::Signed;
use serde::{Deserialize, Serialize};

use super::observer::write_whole;
use super::settings::OnboardingSettings;
use super::sign;
use crate::control::Change;
use phytohub_operate::layout::Layout;

/// A report's time may lie this far ahead of this hub's clock.
const CLOCK_AHEAD: std::time::Duration = std::time::Duration::from_secs(3600);

/// Judges changes that let a member in.
pub(crate) struct Gate {
    layout: Layout,
    settings: OnboardingSettings,
}

/// Why a member may be active.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Grant {
    /// When it was let in.
    pub(crate) at: String,
    /// What for.
    pub(crate) by: GrantedBy,
}

/// What a member was let in for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum GrantedBy {
    /// A report of the sandbox.
    Proof {
        /// When the report was made.
        made_at: String,
        /// Certificate of the sandbox that signed it.
        signer: String,
    },
    /// An operator's word.
    Override {
        /// The reason given.
        reason: String,
    },
    /// It was active before it had to show anything.
    WasActive,
}

impl Gate {
    /// The gate of the hub in `layout`.
    pub(crate) fn new(layout: Layout, settings: OnboardingSettings) -> Self {
        Self { layout, settings }
    }

    /// The registry's command for a change, if the gate lets it pass.
    ///
    /// # Errors
    /// A sentence that says what is missing or wrong, and what to do.
    pub(crate) fn command(
        &self,
        registry: &Registry,
        now: Timestamp,
        change: &Change,
    ) -> Result<RegistryCommand, String> {
        let command = change.command()?;
        if self.settings.is_sandbox() || !self.settings.required {
            return Ok(command);
        }
        match (change, command) {
            (Change::Add { code, reason, .. }, RegistryCommand::AddNppo { code: parsed, name, allowed, .. }) => {
                let active = reason.is_some();
                if let Some(reason) = reason.as_ref().filter(|_| registry.nppo(&parsed).is_none()) {
                    self.overridden(code, reason, now)?;
                }
                Ok(RegistryCommand::AddNppo { code: parsed, name, active, allowed })
            }
            (Change::Activate { code, proof, reason }, command @ RegistryCommand::SetActive { code: parsed, .. }) => {
                if registry.nppo(&parsed).is_some_and(|nppo| !nppo.active) && self.grant(code).is_none() {
                    self.let_in(code, proof.as_deref(), reason.as_deref(), now)?;
                }
                Ok(command)
            }
            (Change::Deactivate { code }, command @ RegistryCommand::SetActive { code: parsed, .. }) => {
                let was_active = registry.nppo(&parsed).is_some_and(|nppo| nppo.active);
                if was_active
                    && self.grant(code).is_none()
                    && let Err(error) = self.write(code, GrantedBy::WasActive, now)
                {
                    // To stop a member matters more than how it comes back, which an override still does.
                    tracing::warn!(target: "phytohub::onboarding", code, %error, "that it was active is not kept");
                }
                Ok(command)
            }
            (_, command) => Ok(command),
        }
    }

    /// Why a member was let in, if that is known.
    pub(crate) fn grant(&self, code: &str) -> Option<Grant> {
        serde_json::from_slice(&fs::read(self.file(code)).ok()?).ok()
    }

    fn let_in(&self, code: &str, proof: Option<&Signed>, reason: Option<&str>, now: Timestamp) -> Result<(), String> {
        if let Some(reason) = reason {
            return self.overridden(code, reason, now);
        }
        let Some(proof) = proof else {
            return Err(format!(
                "{code} was never active here and must show first what its system can: `phytohub nppo activate DIR \
                 {code} --proof FILE` with the report that `phytohub onboarding export` of the sandbox wrote, or \
                 --override \"the reason\""
            ));
        };
        self.check(code, proof, now).map_err(|error| format!("{code} is not let in: {error}"))?;
        let (made_at, signer) = (proof.report.made_at.clone(), proof.signer.clone());
        tracing::info!(target: "phytohub::onboarding", code, made_at, signer, "let in by a proof of the sandbox");
        self.write(code, GrantedBy::Proof { made_at, signer }, now)
    }

    fn check(&self, code: &str, proof: &Signed, now: Timestamp) -> Result<(), String> {
        if self.settings.sandbox_certificate.is_empty() {
            return Err(
                "[onboarding] sandbox_certificate in hub.toml does not say whose proofs count; put the path of the \
                        sandbox hub's certificate (its pki/hub.pem) there and start the hub anew"
                    .to_owned(),
            );
        }
        sign::verify(proof, &self.layout.dir().join(&self.settings.sandbox_certificate))?;
        proof.report.check()?;
        if proof.report.code != code {
            return Err(format!("the report is about {}", proof.report.code));
        }
        // Times of one form, all in UTC, are in the order of their texts.
        let age_max = self.settings.proof_age_max;
        let made_at = &proof.report.made_at;
        let span = u64::try_from(age_max.0.as_millis()).unwrap_or(u64::MAX);
        if *made_at < Timestamp(now.0.saturating_sub(span)).to_string() {
            return Err(format!("the report is of {made_at}, older than proof_age_max ({age_max}); export a new one"));
        }
        if *made_at > now.plus(CLOCK_AHEAD).to_string() {
            return Err(format!("the report is of {made_at}, which has not come yet; mend the clock of either hub"));
        }
        Ok(())
    }

    fn overridden(&self, code: &str, reason: &str, now: Timestamp) -> Result<(), String> {
        let reason = reason.trim();
        if reason.is_empty() {
            return Err("an override needs a reason: who decided it, and why".to_owned());
        }
        tracing::warn!(target: "phytohub::onboarding", code, reason, "let in by an override, without a proof");
        self.write(code, GrantedBy::Override { reason: reason.to_owned() }, now)
    }

    fn write(&self, code: &str, by: GrantedBy, now: Timestamp) -> Result<(), String> {
        let file = self.file(code);
        let grant = Grant { at: now.to_string(), by };
        let text = serde_json::to_vec_pretty(&grant).map_err(|error| error.to_string())?;
        let written = fs::create_dir_all(self.dir()).and_then(|()| write_whole(&file, &text));
        written.map_err(|error| format!("{}: {error}", file.display()))
    }

    fn dir(&self) -> PathBuf {
        self.layout.onboarding().join("granted")
    }

    fn file(&self, code: &str) -> PathBuf {
        self.dir().join(format!("{code}.json"))
    }
}

#[cfg(test)]
mod tests;
