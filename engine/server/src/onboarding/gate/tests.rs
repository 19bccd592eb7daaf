//! Who is let in, and what is written down of it.

use std::time::Duration;

use phytohub_onboarding::{CASES, CheckList, Evidence};

use super::*;
use crate::pki::ThrowAwayCa;
use phytohub_operate::Span;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

struct World {
    _temporary: tempfile::TempDir,
    gate: Gate,
    registry: Registry,
}

impl World {
    fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let layout = Layout::new(temporary.path());
        let pair = ThrowAwayCa::new().unwrap().hub(&[]).unwrap();
        fs::write(temporary.path().join("sandbox.pem"), pair.certificate).unwrap();
        fs::write(temporary.path().join("sandbox.key"), pair.key).unwrap();
        let settings =
            OnboardingSettings { sandbox_certificate: "sandbox.pem".to_owned(), ..OnboardingSettings::default() };
        Self { gate: Gate::new(layout, settings), _temporary: temporary, registry: Registry::default() }
    }

    fn change(&mut self, change: Change) -> Result<(), String> {
        let command = self.gate.command(&self.registry, NOW, &change)?;
        for fact in self.registry.decide(NOW, &command).map_err(|error| error.to_string())? {
            self.registry.apply(&fact);
        }
        Ok(())
    }

    fn active(&self) -> bool {
        self.registry.nppo(&"KE".parse().unwrap()).is_some_and(|nppo| nppo.active)
    }

    /// A green report of `code`, `age` old.
    fn proof(&self, code: &str, age: Duration) -> Signed {
        let at = Timestamp(NOW.0 - age.as_millis() as u64).to_string();
        let mut report = CheckList::new(code).report(&[], &at, "0");
        report.cases.iter_mut().for_each(|case| case.passed = Some(Evidence::default()));
        report.green = true;
        let file = |name| self.gate.layout.dir().join(name);
        sign::sign(report, &file("sandbox.pem"), &file("sandbox.key")).unwrap()
    }
}

fn add(reason: Option<&str>) -> Change {
    let reason = reason.map(str::to_owned);
    Change::Add { code: "KE".to_owned(), name: String::new(), allow: Vec::new(), reason }
}

fn activate(proof: Option<Signed>, reason: Option<&str>) -> Change {
    Change::Activate { code: "KE".to_owned(), proof: proof.map(Box::new), reason: reason.map(str::to_owned) }
}

#[test]
fn a_new_member_is_registered_and_not_active_until_it_has_proved_itself() {
    let mut world = World::new();
    world.change(add(None)).unwrap();
    assert!(!world.active());
    let error = world.change(activate(None, None)).unwrap_err();
    assert!(error.contains("--proof") && error.contains("--override"), "{error}");
    assert!(!world.active());
    let proof = world.proof("KE", Duration::ZERO);
    world.change(activate(Some(proof), None)).unwrap();
    assert!(world.active());
    assert!(matches!(world.gate.grant("KE").unwrap().by, GrantedBy::Proof { .. }));
    // Once let in, it comes and goes without another proof.
    world.change(Change::Deactivate { code: "KE".to_owned() }).unwrap();
    world.change(activate(None, None)).unwrap();
    assert!(world.active());
}

#[test]
fn proofs_that_do_not_count_are_told_apart() {
    let mut world = World::new();
    world.change(add(None)).unwrap();
    let good = world.proof("KE", Duration::ZERO);
    let mut not_green = good.clone();
    not_green.report.cases[0].passed = None;
    let day = Duration::from_secs(86_400);
    for (proof, said) in [
        (world.proof("NL", Duration::ZERO), "about NL"),
        (world.proof("KE", 400 * day), "proof_age_max"),
        (not_green, "changed after it was signed"),
        (Signed { signature: "00".to_owned(), ..good }, "does not fit"),
    ] {
        let error = world.change(activate(Some(proof), None)).unwrap_err();
        assert!(error.contains(said) && !world.active(), "{said}: {error}");
    }
    let mut report = world.proof("KE", Duration::ZERO).report;
    report.cases[1].passed = None;
    let file = |name| world.gate.layout.dir().join(name);
    let signed = sign::sign(report, &file("sandbox.pem"), &file("sandbox.key")).unwrap();
    let error = world.change(activate(Some(signed), None)).unwrap_err();
    assert!(error.contains(CASES[1].id) && error.contains(CASES[1].todo), "signed, but red: {error}");
}

#[test]
fn an_override_needs_a_reason_and_is_written_down() {
    let mut world = World::new();
    assert!(world.change(add(Some("  "))).unwrap_err().contains("reason"));
    world.change(add(Some("connected since 2019"))).unwrap();
    assert!(world.active());
    let granted = world.gate.grant("KE").unwrap().by;
    assert_eq!(granted, GrantedBy::Override { reason: "connected since 2019".to_owned() });
}

#[test]
fn who_was_active_before_comes_back_without_a_proof() {
    let mut world = World::new();
    world.gate.settings.required = false;
    world.change(add(None)).unwrap();
    assert!(world.active(), "where nothing is required, all is as it was");
    world.gate.settings.required = true;
    world.change(Change::Deactivate { code: "KE".to_owned() }).unwrap();
    world.change(activate(None, None)).unwrap();
    assert!(world.active());
    assert_eq!(world.gate.grant("KE").unwrap().by, GrantedBy::WasActive);
}

#[test]
fn without_a_sandbox_certificate_no_proof_counts_and_the_setting_is_named() {
    let mut world = World::new();
    world.gate.settings.sandbox_certificate.clear();
    world.gate.settings.proof_age_max = Span::seconds(1);
    world.change(add(None)).unwrap();
    let proof = world.proof("KE", Duration::ZERO);
    assert!(world.change(activate(Some(proof), None)).unwrap_err().contains("sandbox_certificate"));
}
