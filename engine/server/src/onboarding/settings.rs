//! Section `[onboarding]`.

use phytohub_onboarding::{CASES, case};
use serde::{Deserialize, Serialize};

use phytohub_operate::Span;

/// Section `[onboarding]`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct OnboardingSettings {
    /// What the hub is for.
    pub mode: Operation,
    /// On a live hub: whether a new member becomes active only by a proof from the sandbox, or by an override.
    pub required: bool,
    /// On a live hub: path of the certificate of the sandbox hub that signs proofs, relative to the hub's directory;
    /// empty for none.
    pub sandbox_certificate: String,
    /// On a live hub: how old a proof may be.
    pub proof_age_max: Span,
    /// In the sandbox: cases that may be missing in a green report.
    pub optional: Vec<String>,
    /// In the sandbox: how XA acknowledges.
    pub xa: AcknowledgingWay,
    /// In the sandbox: how XB's own service answers a push.
    pub xb: SendingWay,
    /// In the sandbox: how long a slow partner takes.
    pub slow: Span,
}

/// What a hub is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Real certificates.
    Live,
    /// Candidates show what their systems can.
    Sandbox,
}

/// How XA acknowledges what it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AcknowledgingWay {
    /// In turn as delivered, with warnings and as not readable, for each candidate anew.
    Script,
    /// AcknowledgeEnvelopeReceipt.
    Delivered,
    /// AdvancedAcknowledgeEnvelopeReceipt.
    Warnings,
    /// AcknowledgeFailedEnvelopeReceipt.
    Unreadable,
    /// As delivered, after a while.
    Slow,
    /// Not at all.
    Never,
}

/// How XB's own service answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SendingWay {
    /// It takes what it is sent and acknowledges it.
    Well,
    /// It refuses.
    Refuse,
    /// It does not answer.
    Hang,
}

/// Days that a proof counts: a system changes, and so does the script.
const PROOF_AGE_DAYS: u64 = 180;

impl Default for OnboardingSettings {
    fn default() -> Self {
        Self {
            mode: Operation::Live,
            required: true,
            sandbox_certificate: String::new(),
            proof_age_max: Span::seconds(PROOF_AGE_DAYS * 86_400),
            optional: ["channels", "deliver-xml", "push"].map(str::to_owned).to_vec(),
            xa: AcknowledgingWay::Script,
            xb: SendingWay::Well,
            slow: Span::seconds(30),
        }
    }
}

impl OnboardingSettings {
    pub(crate) fn check(&self) -> Result<(), String> {
        if let Some(unknown) = self.optional.iter().find(|id| case(id).is_none()) {
            let all: Vec<&str> = CASES.iter().map(|case| case.id).collect();
            return Err(format!("[onboarding] optional: there is no case '{unknown}'; there are {}", all.join(", ")));
        }
        Ok(())
    }

    /// Whether this hub is a sandbox.
    pub(crate) fn is_sandbox(&self) -> bool {
        self.mode == Operation::Sandbox
    }
}
