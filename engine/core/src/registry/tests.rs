//! The registry: each change and each refusal, and who a certificate stands for.

use phytohub_model::{
    AllowedDocument, Direction, Document, DocumentStatus, FaultKind, Poison, PushTarget, RuleKind, Trust,
};

use super::change::{NAME_BYTES_MAX, SUBJECT_BYTES_MAX};
use super::*;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn code(text: &str) -> ConnectionCode {
    text.parse().expect("a code")
}

fn add(text: &str) -> RegistryCommand {
    RegistryCommand::AddNppo { code: code(text), name: String::new(), active: true, allowed: AllowedDocument::All }
}

fn certificate(n: u8, text: &str) -> Certificate {
    Certificate {
        fingerprint: CertificateFingerprint([n; 32]),
        code: code(text),
        subject: format!("CN=client {n}"),
        not_before: Timestamp(NOW.0 - 1000),
        not_after: Timestamp(NOW.0 + 1000),
    }
}

fn document(status: DocumentStatus) -> Document {
    Document { kind: DocumentType::PHYTOSANITARY, status }
}

/// A registry to which commands are given; every change is replayed as well.
#[derive(Default)]
struct Desk {
    registry: Registry,
    journal: Vec<RegistryFact>,
}

impl Desk {
    fn with(codes: &[&str]) -> Self {
        let mut desk = Self::default();
        for code in codes {
            desk.change(&add(code)).expect("a new member");
        }
        desk
    }

    /// Makes a change and gives the number of facts it brought.
    fn change(&mut self, command: &RegistryCommand) -> Result<usize, RegistryError> {
        let facts = self.registry.decide(NOW, command)?;
        for fact in &facts {
            self.registry.apply(fact);
        }
        self.journal.extend(facts.iter().cloned());
        for twice in [1, 2] {
            let mut replayed = Registry::default();
            for fact in self.journal.iter().flat_map(|fact| std::iter::repeat_n(fact, twice)) {
                replayed.apply(fact);
            }
            assert_eq!(replayed, self.registry, "a replay in which each fact comes {twice} times");
        }
        let mut rebuilt = Registry::default();
        self.registry.facts().iter().for_each(|fact| rebuilt.apply(fact));
        assert_eq!(rebuilt, self.registry, "the registry's own facts rebuild it");
        Ok(facts.len())
    }

    fn codes(&self, n: u8) -> Result<Vec<&'static str>, CallerError> {
        let all = ["DE", "LK", "NO"];
        let caller = self.registry.caller(NOW, &CertificateFingerprint([n; 32]))?;
        assert!(caller.codes.is_sorted());
        Ok(all.into_iter().filter(|text| caller.codes.contains(&code(text))).collect())
    }
}

#[test]
fn members_are_listed_by_code() {
    let desk = Desk::with(&["NO", "DE", "LK"]);
    let codes: Vec<_> = desk.registry.nppos().map(|nppo| nppo.code.to_string()).collect();
    assert_eq!(codes, ["DE", "LK", "NO"]);
    assert!(desk.registry.nppo(&code("NO")).is_some_and(|nppo| nppo.active));
    assert_eq!(desk.registry.nppo(&code("FR")), None);
}

#[test]
fn a_member_is_added_once() {
    let mut desk = Desk::with(&["NO"]);
    assert_eq!(desk.change(&add("NO")), Err(RegistryError::NppoExists(code("NO"))));
}

#[test]
fn a_name_of_any_length_is_not_kept() {
    let name = "é".repeat(NAME_BYTES_MAX / 2 + 1);
    let allowed = AllowedDocument::All;
    let command = RegistryCommand::AddNppo { code: code("NO"), name, active: true, allowed };
    let error = RegistryError::NameTooLong { code: code("NO"), bytes: NAME_BYTES_MAX + 2 };
    assert_eq!(Desk::default().change(&command), Err(error));
}

#[test]
fn a_member_is_deactivated_and_activated() {
    let mut desk = Desk::with(&["NO"]);
    let set = |active| RegistryCommand::SetActive { code: code("NO"), active };
    assert_eq!(desk.change(&set(true)), Ok(0), "it is active already");
    assert_eq!(desk.change(&set(false)), Ok(1));
    assert!(!desk.registry.nppo(&code("NO")).unwrap().active);
    assert_eq!(desk.change(&set(true)), Ok(1));
    assert!(desk.registry.nppo(&code("NO")).unwrap().active);
}

#[test]
fn what_a_member_receives_can_be_given_in_any_order() {
    use DocumentStatus as Status;
    let mut desk = Desk::with(&["NO"]);
    let pairs = vec![document(Status::ISSUED), document(Status::WITHDRAWN), document(Status::ISSUED)];
    let command = RegistryCommand::SetAllowed { code: code("NO"), allowed: AllowedDocument::Only(pairs) };
    assert_eq!(desk.change(&command), Ok(1));
    assert_eq!(desk.change(&command), Ok(0), "it is set already");
    let allowed = &desk.registry.nppo(&code("NO")).unwrap().allowed;
    assert!(allowed.contains(document(Status::ISSUED)) && allowed.contains(document(Status::WITHDRAWN)));
    assert!(!allowed.contains(document(Status::APPROVED)));
}

#[test]
fn changes_of_a_member_that_is_not_there_are_refused() {
    let mut desk = Desk::with(&["NO"]);
    let unknown = Err(RegistryError::NppoUnknown(code("LK")));
    assert_eq!(desk.change(&RegistryCommand::SetActive { code: code("LK"), active: true }), unknown);
    let allowed = AllowedDocument::All;
    assert_eq!(desk.change(&RegistryCommand::SetAllowed { code: code("LK"), allowed }), unknown);
    let unknown = Err(RegistryError::PartyUnknown(code("LK")));
    assert_eq!(desk.change(&RegistryCommand::AddCertificate(certificate(1, "LK"))), unknown);
}

#[test]
fn a_certificate_acts_for_each_code_it_was_added_for() {
    let mut desk = Desk::with(&["NO", "LK", "DE"]);
    for text in ["NO", "DE"] {
        assert_eq!(desk.change(&RegistryCommand::AddCertificate(certificate(1, text))), Ok(1));
        assert_eq!(desk.change(&RegistryCommand::AddCertificate(certificate(1, text))), Ok(0), "it is there already");
    }
    desk.change(&RegistryCommand::AddCertificate(certificate(2, "NO"))).unwrap();
    assert_eq!((desk.codes(1), desk.codes(2)), (Ok(vec!["DE", "NO"]), Ok(vec!["NO"])));
    assert_eq!(desk.registry.certificates_of(&code("NO")).count(), 2);
    assert_eq!(desk.registry.certificate(&CertificateFingerprint([1; 32])).len(), 2);
}

#[test]
fn an_unknown_certificate_is_answered_with_the_known_fault() {
    let error = Desk::with(&["NO"]).codes(1).expect_err("unknown");
    assert_eq!(Fault::from(error), Fault::unknown_certificate());
}

#[test]
fn a_revoked_certificate_acts_no_longer() {
    let mut desk = Desk::with(&["NO", "DE"]);
    for text in ["NO", "DE"] {
        desk.change(&RegistryCommand::AddCertificate(certificate(1, text))).unwrap();
    }
    let snapshot = desk.registry.clone();
    let fingerprint = CertificateFingerprint([1; 32]);
    let revoke = |text| RegistryCommand::RevokeCertificate { code: code(text), fingerprint };
    assert_eq!(desk.change(&revoke("NO")), Ok(1));
    assert_eq!(desk.codes(1), Ok(vec!["DE"]));
    assert_eq!(desk.change(&revoke("DE")), Ok(1));
    assert_eq!(desk.codes(1), Err(CallerError::Unknown));
    let unknown = RegistryError::CertificateUnknown { code: code("DE"), fingerprint };
    assert_eq!(desk.change(&revoke("DE")), Err(unknown));
    assert_eq!(snapshot.caller(NOW, &fingerprint).unwrap().codes.len(), 2, "a snapshot stays what it was");
}

#[test]
fn a_certificate_acts_only_in_its_time() {
    let mut desk = Desk::with(&["NO"]);
    let added = certificate(1, "NO");
    desk.change(&RegistryCommand::AddCertificate(added.clone())).unwrap();
    let caller = |now| desk.registry.caller(Timestamp(now), &added.fingerprint).map(|caller| caller.codes.len());
    let (not_before, not_after) = (added.not_before, added.not_after);
    assert_eq!(caller(not_before.0 - 1), Err(CallerError::NotYetValid { not_before }));
    assert_eq!((caller(not_before.0), caller(not_after.0)), (Ok(1), Ok(1)));
    assert_eq!(caller(not_after.0 + 1), Err(CallerError::Expired { not_after }));
    let fault = Fault::from(CallerError::Expired { not_after });
    assert_eq!(fault.kind, FaultKind::Client);
    assert!(fault.message.contains(&not_after.to_string()), "{}", fault.message);
}

#[test]
fn a_certificate_valid_for_some_codes_acts_for_those() {
    let mut desk = Desk::with(&["NO", "DE"]);
    desk.change(&RegistryCommand::AddCertificate(certificate(1, "NO"))).unwrap();
    let later = Certificate { not_before: Timestamp(NOW.0 + 1), ..certificate(1, "DE") };
    desk.change(&RegistryCommand::AddCertificate(later)).unwrap();
    assert_eq!(desk.codes(1), Ok(vec!["NO"]));
}

#[test]
fn a_certificate_that_cannot_be_used_is_not_added() {
    let mut desk = Desk::with(&["NO"]);
    let fingerprint = CertificateFingerprint([1; 32]);
    let not_after = Timestamp(NOW.0 - 1);
    let expired = Certificate { not_after, ..certificate(1, "NO") };
    let error = RegistryError::CertificateExpired { fingerprint, not_after };
    assert_eq!(desk.change(&RegistryCommand::AddCertificate(expired)), Err(error));
    let never = Certificate { not_before: Timestamp(NOW.0 + 2000), ..certificate(1, "NO") };
    let error = RegistryError::CertificateNeverValid(fingerprint);
    assert_eq!(desk.change(&RegistryCommand::AddCertificate(never)), Err(error));
}

#[test]
fn a_renewed_row_replaces_the_old_one() {
    let mut desk = Desk::with(&["NO"]);
    desk.change(&RegistryCommand::AddCertificate(certificate(1, "NO"))).unwrap();
    let renamed = Certificate { subject: "x".repeat(SUBJECT_BYTES_MAX + 1), ..certificate(1, "NO") };
    assert_eq!(desk.change(&RegistryCommand::AddCertificate(renamed)), Ok(1));
    let rows = desk.registry.certificate(&CertificateFingerprint([1; 32]));
    assert_eq!(rows.len(), 1);
    assert!(rows[0].subject.len() <= SUBJECT_BYTES_MAX && rows[0].subject.ends_with("[…]"));
}

fn channel(text: &str, receive: bool, send: bool) -> Channel {
    Channel { code: code(text), name: String::new(), receive, send }
}

fn rule(id: i32, kind: RuleKind, direction: Direction, text: &str) -> ChannelRule {
    let channel = code(text);
    ChannelRule { id, channel, kind, direction, document_type: None, document_status: None, partner: None }
}

#[test]
fn members_and_channels_share_one_name_space() {
    let mut desk = Desk::with(&["NO"]);
    assert_eq!(desk.change(&RegistryCommand::SetChannel(channel("CUSTOMS", true, false))), Ok(1));
    assert_eq!(desk.change(&RegistryCommand::SetChannel(channel("CUSTOMS", true, false))), Ok(0));
    let taken = |text| Err(RegistryError::CodeTaken(code(text)));
    assert_eq!(desk.change(&RegistryCommand::SetChannel(channel("NO", true, true))), taken("NO"));
    assert_eq!(desk.change(&add("CUSTOMS")), taken("CUSTOMS"));
    assert_eq!(desk.change(&RegistryCommand::AddCertificate(certificate(1, "CUSTOMS"))), Ok(1));
}

#[test]
fn a_rule_names_a_channel_that_can_do_what_it_says() {
    use Direction::{Incoming, Outgoing};
    let mut desk = Desk::with(&["NO"]);
    desk.change(&RegistryCommand::SetChannel(channel("CUSTOMS", true, false))).unwrap();
    let mut set = |member: &str, rule: ChannelRule| desk.change(&RegistryCommand::SetRule { code: code(member), rule });
    let good = rule(1, RuleKind::Delegate, Incoming, "CUSTOMS");
    assert_eq!(set("NO", good.clone()), Ok(1));
    assert_eq!(set("NO", good), Ok(0));
    assert_eq!(set("NO", rule(1, RuleKind::Forward, Outgoing, "CUSTOMS")), Ok(1), "replaced by its id");
    let cannot = RegistryError::ChannelCannot { channel: code("CUSTOMS"), what: "send" };
    assert_eq!(set("NO", rule(2, RuleKind::Delegate, Outgoing, "CUSTOMS")), Err(cannot));
    let unknown = RegistryError::ChannelUnknown(code("REGION"));
    assert_eq!(set("NO", rule(2, RuleKind::Forward, Incoming, "REGION")), Err(unknown));
    assert_eq!(set("LK", rule(1, RuleKind::Forward, Incoming, "CUSTOMS")), Err(RegistryError::NppoUnknown(code("LK"))));
    for id in 2..=64 {
        assert_eq!(set("NO", rule(id, RuleKind::Forward, Incoming, "CUSTOMS")), Ok(1));
    }
    let many = RegistryError::TooManyRules(code("NO"));
    assert_eq!(set("NO", rule(65, RuleKind::Forward, Incoming, "CUSTOMS")), Err(many));
    assert_eq!(desk.registry.rules_of(&code("NO")).len(), 64);
    assert_eq!(desk.change(&RegistryCommand::RemoveRule { code: code("NO"), id: 64 }), Ok(1));
    let unknown = RegistryError::RuleUnknown { code: code("NO"), id: 64 };
    assert_eq!(desk.change(&RegistryCommand::RemoveRule { code: code("NO"), id: 64 }), Err(unknown));
}

fn push_to(url: &str) -> Delivery {
    let trust = Trust::Pinned(CertificateFingerprint([9; 32]));
    Delivery::Push(PushTarget { url: url.to_owned(), trust, poison: Poison::Park })
}

#[test]
fn a_service_is_an_https_url_of_a_host() {
    let mut desk = Desk::with(&["NO"]);
    let mut set = |delivery| desk.change(&RegistryCommand::SetDelivery { code: code("NO"), delivery });
    assert_eq!(set(push_to("https://ephyto.example/service?wsdl")), Ok(1));
    let long = format!("https://ephyto.example/{}", "a".repeat(512));
    for wrong in [
        "http://ephyto.example/",
        "https://",
        "https:///path",
        "https://a@b/",
        "https://a/#b",
        "https://ä/",
        "https://a b/",
        &long,
    ] {
        assert!(set(push_to(wrong)).is_err(), "{wrong}");
    }
    assert_eq!(set(Delivery::Pull), Ok(1));
    assert_eq!(set(Delivery::Pull), Ok(0));
}

#[test]
fn document_types_have_names_from_the_start_and_an_operator_may_set_more() {
    let mut desk = Desk::with(&[]);
    let profiles = |desk: &Desk| {
        let documents = desk.registry.documents().into_iter();
        documents.map(|document| (document.kind.0, document.profile)).collect::<Vec<_>>()
    };
    let first = profiles(&desk);
    assert!(first.contains(&(851, "ippc".to_owned())) && first.contains(&(853, "lenient".to_owned())));
    let document = |kind, profile: &str| DocumentKind {
        kind: DocumentType(kind),
        name: "Fumigation record".to_owned(),
        profile: profile.to_owned(),
    };
    assert_eq!(desk.change(&RegistryCommand::SetDocument(document(900, "lenient"))), Ok(1));
    assert_eq!(desk.change(&RegistryCommand::SetDocument(document(853, "strict"))), Ok(1));
    assert!(
        profiles(&desk).contains(&(900, "lenient".to_owned())) && profiles(&desk).contains(&(853, "strict".to_owned()))
    );
    assert_eq!(desk.change(&RegistryCommand::RemoveDocument(DocumentType(853))), Ok(1));
    assert_eq!(desk.change(&RegistryCommand::RemoveDocument(DocumentType(900))), Ok(1));
    assert_eq!(profiles(&desk), first);
    assert!(desk.change(&RegistryCommand::RemoveDocument(DocumentType(851))).is_err());
}

#[test]
fn a_registry_written_anew_is_the_same_and_survives_its_first_fact_alone() {
    let mut desk = Desk::with(&["NO", "LK"]);
    desk.change(&RegistryCommand::SetChannel(channel("CUSTOMS", true, true))).unwrap();
    let no = code("NO");
    let set_rule =
        RegistryCommand::SetRule { code: no, rule: rule(1, RuleKind::Forward, Direction::Incoming, "CUSTOMS") };
    desk.change(&set_rule).unwrap();
    for party in ["NO", "CUSTOMS"] {
        let delivery = push_to("https://ephyto.example/");
        desk.change(&RegistryCommand::SetDelivery { code: code(party), delivery }).unwrap();
    }
    desk.change(&RegistryCommand::AddCertificate(certificate(1, "CUSTOMS"))).unwrap();
    let mut anew = Registry::default();
    desk.registry.facts().iter().for_each(|fact| anew.apply(fact));
    assert_eq!(anew, desk.registry);
    // Of a compaction that a crash cut off, any number of facts may have come again.
    let mut torn = desk.registry.clone();
    for fact in desk.registry.facts() {
        torn.apply(&fact);
        assert_eq!(torn, desk.registry);
    }
}
