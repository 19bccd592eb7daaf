//! Step 3, validate: the validator behind an interface, off the shard's thread.

mod aside;
mod lists;
mod module;
mod native;
mod profiles;
mod release;
mod settings;
mod shadow;
mod validators;

use std::borrow::Cow;

use phytohub_core::registry::{Registry, first_profile};
use phytohub_model::{DocumentType, Finding, Header, Level, Refusal, Verdict};
use phytohub_soap::Content;
use phytoval::Expected;

pub(crate) use aside::Delivered;
pub(crate) use lists::ListInForce;
pub(crate) use release::ReleaseShadow;
pub(crate) use settings::{Above, ValidationSettings};
pub(crate) use shadow::ValidatorState;
pub(crate) use validators::{ValidatorChange, Validators};

/// Judges certificates: the native validator, or a WebAssembly module of it.
pub(crate) trait Judge: Send + Sync {
    /// Judges un-escaped content, against the header of its envelope when there is one; by the profile in force, or by
    /// this one: a built-in one or the path of an overlay.
    fn judge(&self, content: &[u8], expected: Option<&Expected<'_>>, profile: Option<&str>) -> Judgement;
}

/// What a judge says.
#[derive(Clone, Debug)]
pub(crate) struct Judgement {
    /// `clean`, `findings` or `not-determined`.
    pub(crate) outcome: Cow<'static, str>,
    /// The rows of ValidationResult.
    pub(crate) verdict: Verdict,
    /// The rules that are broken, each once.
    pub(crate) broken: Vec<Broken>,
}

/// A rule that is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) rule: Cow<'static, str>,
    pub(crate) level: Level,
}

impl Broken {
    /// Adds a rule to those that are broken, if it is not there.
    fn add(broken: &mut Vec<Self>, rule: Cow<'static, str>, level: Level) {
        if !broken.iter().any(|known| known.rule == rule) {
            broken.push(Self { rule, level });
        }
    }
}

impl Judgement {
    /// The validator failed: never "clean" after a failure.
    fn failed() -> Self {
        let broken = vec![Broken { rule: Cow::Borrowed("validator-failed"), level: Level::Severe }];
        Self { outcome: Cow::Borrowed("not-determined"), verdict: Verdict { findings: vec![failed()] }, broken }
    }
}

/// Content above this size is judged on a thread for blocking work: its milliseconds would hold up other requests.
const INLINE_BYTES_MAX: usize = 256 << 10;

/// Findings named in a refusal; the message must stay readable, ValidatePhytoXML gives all.
const FINDINGS_IN_REFUSAL_MAX: usize = 20;

/// Judges content as ValidatePhytoXML and ValidateAndDeliverEnvelope do.
pub(crate) async fn judge(
    hub: &std::sync::Arc<crate::hub::Hub>,
    content: &Content,
    header: Option<&Header>,
) -> Judgement {
    let profile = header.and_then(|header| profile_of(&hub.registry.load(), header.document.kind));
    if content.len() <= INLINE_BYTES_MAX {
        return judge_now(hub.validators.judge().as_ref(), content, header, profile.as_deref());
    }
    let (on_thread, content, header) = (std::sync::Arc::clone(hub), content.clone(), header.cloned());
    let judged = tokio::task::spawn_blocking(move || {
        judge_now(on_thread.validators.judge().as_ref(), &content, header.as_ref(), profile.as_deref())
    });
    match judged.await {
        Ok(judgement) => judgement,
        Err(error) => {
            tracing::error!(target: "phytohub::validate", panicked = error.is_panic(), "the validator failed");
            Judgement::failed()
        }
    }
}

/// The name of a profile.
pub(crate) type ProfileName = Cow<'static, str>;

/// By which profile documents of a type are judged; none = by the one in force, which is for phytosanitary
/// certificates. An operator may name another for each type; without that, of all others only syntax and structure are
/// known.
pub(crate) fn profile_of(registry: &Registry, kind: DocumentType) -> Option<ProfileName> {
    let first = first_profile(kind);
    match registry.document(kind) {
        Some(document) if document.profile != first => Some(Cow::Owned(document.profile.clone())),
        _ if kind.is_phytosanitary() => None,
        _ => Some(Cow::Borrowed(first)),
    }
}

fn judge_now(judge: &dyn Judge, content: &Content, header: Option<&Header>, profile: Option<&str>) -> Judgement {
    let mut scratch = Vec::new();
    let text = content.unescape(&mut scratch);
    let expected = header.map(|header| Expected {
        from: header.from.as_str(),
        to: header.to.as_str(),
        number: header.certificate_number.as_str(),
        certificate_type: header.document.kind.0,
        certificate_status: header.document.status.0,
    });
    judge.judge(text, expected.as_ref(), profile)
}

fn failed() -> Finding {
    Finding {
        area: phytohub_model::Area::Schema,
        level: Level::Severe,
        field: String::new(),
        message: "The validator failed on this certificate, so it cannot be called clean; tell the hub's operator"
            .to_owned(),
    }
}

/// The refusal that a verdict leads to, if one does: the severe findings, one a line.
pub(crate) fn refusal(verdict: &Verdict) -> Option<Refusal> {
    if !verdict.refuses() {
        return None;
    }
    let severe = || verdict.findings.iter().filter(|finding| finding.level == Level::Severe);
    let mut lines: Vec<String> = severe()
        .take(FINDINGS_IN_REFUSAL_MAX)
        .map(|finding| format!("{} {}: {}", finding.area.as_str(), finding.field, finding.message))
        .collect();
    let more = severe().count().saturating_sub(FINDINGS_IN_REFUSAL_MAX);
    if more > 0 {
        lines.push(format!("and {more} more; ValidatePhytoXML answers all"));
    }
    Some(Refusal::Invalid(lines.join("\n")))
}
