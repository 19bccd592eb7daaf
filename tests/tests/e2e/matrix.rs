//! Who may what: every operation, asked by each kind of caller, of what is its own, another's, and nobody's.

use std::time::{Duration, Instant};

use phytohub_model::HeaderFields;
use phytohub_server::party::was_accepted;
use phytohub_server::pki::{Pair, ThrowAwayCa};
use phytohub_soap::{Operation, client};
use phytohub_tests::hub::{TestHub, phytohub_ok};
use phytohub_tests::parties::{header, party};
use phytohub_tests::wire;

/// A number that could be one: of the first shard, as those of the envelopes here are.
const NOBODYS: &str = "00000000000000000000000000";
/// Stands for the number asked in what is compared.
const ASKED: &str = "NUMBER-ASKED";

/// Who asks, and how the files of its keys are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    /// KE, which sent both envelopes.
    Sender,
    /// NL, to which the first one is addressed.
    Receiver,
    /// A channel that receives for BE, to which the second one is addressed.
    Delegate,
    /// A member that has nothing to do with either.
    Other,
    /// The same, not active.
    Inactive,
    /// No certificate at all.
    Nobody,
    /// A certificate that was never registered.
    Unknown,
    /// One of KE's that was revoked.
    Revoked,
    /// One of KE's that is no longer valid.
    Expired,
    /// One of KE's that is not valid yet.
    Early,
}

use Caller::{Delegate, Early, Expired, Inactive, Nobody, Other, Receiver, Revoked, Sender, Unknown};

impl Caller {
    const MEMBERS: [Self; 5] = [Sender, Receiver, Delegate, Other, Inactive];
    const STRANGERS: [Self; 5] = [Nobody, Unknown, Revoked, Expired, Early];

    fn keys(self) -> Option<&'static str> {
        Some(match self {
            Sender => "KE",
            Receiver => "NL",
            Delegate => "REGION",
            Other => "NZ",
            Inactive => "UG",
            Nobody => return None,
            Unknown => "UNKNOWN",
            Revoked => "REVOKED",
            Expired => "EXPIRED",
            Early => "EARLY",
        })
    }

    /// What a caller that is not let in is told, whatever it asks.
    fn refusal(self) -> &'static str {
        match self {
            Nobody => "No client certificate was shown",
            Unknown | Revoked => "NPPO from client certificate not found",
            Expired => "Your client certificate expired at ",
            Early => "Your client certificate is not valid before ",
            _ => panic!("{self:?} is let in"),
        }
    }
}

/// A hub with all of them, and two envelopes.
struct Stage {
    hub: TestHub,
    /// From KE to NL.
    first: String,
    /// From KE to BE, whose envelopes REGION receives.
    second: String,
}

fn write(hub: &TestHub, name: &str, pair: &Pair) -> String {
    let [pem, key] = ["pem", "key"].map(|kind| hub.pki(&format!("nppo-{name}.{kind}")));
    std::fs::write(&pem, &pair.certificate).unwrap();
    std::fs::write(key, &pair.key).unwrap();
    pem.to_str().unwrap().to_owned()
}

async fn stage() -> Stage {
    let hub = TestHub::with(&["KE", "NL", "BE", "NZ", "UG"], "", &["--shards", "1"]);
    let dir = hub.dir_text();
    let ca = ThrowAwayCa::new().unwrap();
    let expired = ca.short_lived_member("KE").unwrap();
    let made = Instant::now();
    for (name, pair) in
        [("REVOKED", ca.member("KE").unwrap()), ("EXPIRED", expired), ("EARLY", ca.early_member("KE").unwrap())]
    {
        let pem = write(&hub, name, &pair);
        phytohub_ok(&["nppo", "certificate", "add", dir, "KE", &pem]);
        if name == "REVOKED" {
            phytohub_ok(&["nppo", "certificate", "revoke", dir, "KE", &pem]);
        }
    }
    write(&hub, "UNKNOWN", &ca.member("KE").unwrap());
    phytohub_ok(&["channel", "set", dir, "REGION", "--name", "Region", "--receive"]);
    let pem = write(&hub, "REGION", &ca.member("REGION").unwrap());
    phytohub_ok(&["nppo", "certificate", "add", dir, "REGION", &pem]);
    let delegate = ["--channel", "REGION", "--kind", "DELEGATE", "--direction", "INC"];
    phytohub_ok(&[&["nppo", "rule", "set", dir, "BE"][..], &delegate].concat());
    phytohub_ok(&["nppo", "deactivate", dir, "UG"]);
    let mut sender = party(&hub, "KE");
    let mut deliver = async |to: &str, number: &str| {
        let answer = sender.deliver(Operation::DeliverEnvelope, &header("KE", to, number), "secret").await.unwrap();
        assert!(was_accepted(&answer), "{}", answer.error_message);
        answer.delivery_number
    };
    let (first, second) = (deliver("NL", "SECRET-1").await, deliver("BE", "SECRET-2").await);
    assert_eq!(first.len(), NOBODYS.len(), "nobody's number looks like one");
    // The life of the certificate that is to be expired.
    tokio::time::sleep(Duration::from_secs(11).saturating_sub(made.elapsed())).await;
    Stage { hub, first, second }
}

/// The request of an operation about the envelope of this number, by a caller that calls itself `from`.
fn request(operation: Operation, number: &str, from: &str) -> Vec<u8> {
    let fields = header(from, "NL", "MADE-UP");
    let named = HeaderFields {
        delivery_number: number.to_owned(),
        tracking_info: "PendingDelivery".to_owned(),
        ..fields.clone()
    };
    match operation {
        Operation::DeliverEnvelope | Operation::ValidateAndDeliverEnvelope => {
            client::deliver(operation, &fields, "text")
        }
        Operation::DeliverPhytoEnvelope => client::deliver_xml(operation, &fields, "<SPSCertificate/>"),
        Operation::DeliverCountryResponseEnvelope => client::deliver_xml(operation, &fields, "<SPSAcknowledgement/>"),
        Operation::ValidatePhytoXml => client::validate("<SPSCertificate/>"),
        Operation::GetImportEnvelopeHeaders => client::import_headers(None),
        Operation::PullSingleImportEnvelope
        | Operation::AcknowledgeEnvelopeReceipt
        | Operation::GetEnvelopeTrackingInfo => client::with_number(operation, number),
        Operation::AdvancedAcknowledgeEnvelopeReceipt | Operation::AcknowledgeFailedEnvelopeReceipt => {
            client::with_message(operation, number, "a word")
        }
        Operation::SetTrackingInfoUpdate => client::set_tracking(&named),
        _ => client::plain(operation),
    }
}

const ABOUT_ONE: [Operation; 6] = [
    Operation::PullSingleImportEnvelope,
    Operation::GetEnvelopeTrackingInfo,
    Operation::SetTrackingInfoUpdate,
    Operation::AcknowledgeEnvelopeReceipt,
    Operation::AdvancedAcknowledgeEnvelopeReceipt,
    Operation::AcknowledgeFailedEnvelopeReceipt,
];

const LISTS: [Operation; 3] =
    [Operation::GetImportEnvelopeHeaders, Operation::PullImportEnvelope, Operation::GetUnderDeliveryEnvelope];

const DELIVERIES: [Operation; 4] = [
    Operation::DeliverEnvelope,
    Operation::ValidateAndDeliverEnvelope,
    Operation::DeliverPhytoEnvelope,
    Operation::DeliverCountryResponseEnvelope,
];

impl Stage {
    /// Status and whole body of the answer.
    async fn ask(&self, caller: Caller, request: Vec<u8>) -> (u16, String) {
        let mut stream = wire::connect(&self.hub, caller.keys()).await;
        let request = wire::post(&String::from_utf8(request).unwrap());
        let (head, body) = wire::exchange(&mut stream, &request).await;
        (wire::status(&head), body)
    }

    /// The answer about an envelope, with the number asked made unreadable.
    async fn about(&self, caller: Caller, operation: Operation, number: &str) -> (u16, String) {
        let (status, body) = self.ask(caller, request(operation, number, "KE")).await;
        (status, body.replace(number, ASKED))
    }

    /// Whether the answer lets anything be seen of either envelope.
    fn shows(&self, body: &str) -> bool {
        ["SECRET-", "secret", &self.first, &self.second].iter().any(|trace| body.contains(trace))
    }
}

#[tokio::test]
async fn who_is_not_let_in_is_told_one_thing_whatever_it_asks() {
    let stage = stage().await;
    for caller in Caller::STRANGERS {
        let mut answers = Vec::new();
        for operation in Operation::ALL {
            for number in [stage.first.as_str(), NOBODYS] {
                let (status, body) = stage.ask(caller, request(operation, number, "KE")).await;
                assert!(status == 500 && body.contains(caller.refusal()), "{caller:?} {operation:?}: {body}");
                answers.push(body);
            }
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{caller:?} can tell requests apart: {answers:?}");
    }
    assert_eq!(stage.hub.metric("phytohub_accepted_total").await, 2.0);
}

#[tokio::test]
async fn what_is_anothers_is_answered_as_what_nobody_has() {
    let stage = stage().await;
    for operation in ABOUT_ONE {
        for caller in Caller::MEMBERS {
            // A sender follows its own, nobody else's; the receiver and who receives in its stead do all.
            let follows = operation == Operation::GetEnvelopeTrackingInfo;
            let own: &[&str] = match caller {
                Sender if follows => &[&stage.first, &stage.second],
                Receiver => &[&stage.first],
                Delegate => &[&stage.second],
                _ => &[],
            };
            let unknown = stage.about(caller, operation, NOBODYS).await;
            assert!(!stage.shows(&unknown.1), "{caller:?} {operation:?}: {}", unknown.1);
            for number in [&stage.first, &stage.second].into_iter().filter(|number| !own.contains(&number.as_str())) {
                let others = stage.about(caller, operation, number).await;
                assert_eq!(others, unknown, "{caller:?} {operation:?} {number}");
            }
        }
    }
    // All of that changed nothing, and those whose they are see them.
    for (caller, number) in [(Receiver, &stage.first), (Delegate, &stage.second), (Sender, &stage.first)] {
        let (_, body) = stage.about(caller, Operation::GetEnvelopeTrackingInfo, number).await;
        assert!(body.contains("PendingDelivery") && body.contains("SECRET-"), "{caller:?}: {body}");
    }
    for (caller, number) in [(Receiver, &stage.first), (Delegate, &stage.second)] {
        for operation in [Operation::PullSingleImportEnvelope, Operation::AcknowledgeEnvelopeReceipt] {
            let (status, body) = stage.about(caller, operation, number).await;
            assert_eq!(status, 200, "{caller:?} {operation:?}: {body}");
        }
        let (_, body) = stage.about(Sender, Operation::GetEnvelopeTrackingInfo, number).await;
        assert!(body.contains(">Delivered<"), "{body}");
    }
}

#[tokio::test]
async fn lists_hold_what_is_the_callers_and_look_alike_where_nothing_is() {
    let stage = stage().await;
    for operation in LISTS {
        let (_, empty) = stage.ask(Other, request(operation, NOBODYS, "NZ")).await;
        assert!(!stage.shows(&empty), "{empty}");
        for caller in Caller::MEMBERS {
            let (status, body) = stage.ask(caller, request(operation, NOBODYS, "KE")).await;
            assert_eq!(status, 200);
            let holds = [body.contains("SECRET-1"), body.contains("SECRET-2")];
            let expected = match (operation, caller) {
                (Operation::GetUnderDeliveryEnvelope, Sender) => [true, true],
                (Operation::GetUnderDeliveryEnvelope, _) => [false, false],
                (_, Receiver) => [true, false],
                (_, Delegate) => [false, true],
                _ => [false, false],
            };
            assert_eq!(holds, expected, "{caller:?} {operation:?}: {body}");
            if expected == [false, false] {
                assert_eq!(body, empty, "{caller:?} {operation:?}");
            }
        }
    }
}

#[tokio::test]
async fn nobody_delivers_in_anothers_name_and_learns_whom_there_is() {
    let stage = stage().await;
    for operation in DELIVERIES {
        for caller in [Receiver, Delegate, Other, Inactive] {
            let (status, of_a_member) = stage.ask(caller, request(operation, NOBODYS, "KE")).await;
            let (_, of_nobody) = stage.ask(caller, request(operation, NOBODYS, "QQ")).await;
            assert!(status == 200 && of_a_member.contains("FailedDelivery"), "{caller:?} {operation:?}: {of_a_member}");
            let made_equal = of_a_member.replace("KE", "QQ");
            assert_eq!(made_equal, of_nobody, "{caller:?} {operation:?}");
            assert!(!stage.shows(&of_a_member), "{of_a_member}");
        }
        // Its own name is no use to who is not active.
        let (_, body) = stage.ask(Inactive, request(operation, NOBODYS, "UG")).await;
        assert!(body.contains("FailedDelivery") && body.contains("UG is not active"), "{operation:?}: {body}");
    }
    assert_eq!(stage.hub.metric("phytohub_accepted_total").await, 2.0);
    let (_, body) = stage.ask(Sender, request(Operation::DeliverEnvelope, NOBODYS, "KE")).await;
    assert!(body.contains("PendingDelivery"), "{body}");
}

/// What all may read is the same for all, but for each one's own row.
#[tokio::test]
async fn directory_lists_and_validator_are_the_same_for_every_member() {
    let stage = stage().await;
    let asked = ABOUT_ONE.iter().chain(&LISTS).chain(&DELIVERIES);
    let asked: Vec<_> = asked.copied().collect();
    let common: Vec<_> = Operation::ALL.into_iter().filter(|operation| !asked.contains(operation)).collect();
    assert_eq!((asked.len(), common.len()), (13, 14), "all 27 operations have their cells");
    for operation in common {
        let (status, first) = stage.ask(Sender, request(operation, NOBODYS, "KE")).await;
        assert_eq!(status, 200, "{operation:?}: {first}");
        assert!(!stage.shows(&first), "{operation:?}: {first}");
        for caller in Caller::MEMBERS {
            let (_, body) = stage.ask(caller, request(operation, NOBODYS, "KE")).await;
            if operation == Operation::GetProfile {
                let own = caller.keys().unwrap();
                let others = Caller::MEMBERS.iter().filter_map(|other| other.keys()).filter(|code| *code != own);
                assert!(body.contains(&format!(">{own}<")), "{caller:?}: {body}");
                others.for_each(|code| assert!(!body.contains(&format!(">{code}<")), "{caller:?}: {body}"));
            } else {
                assert_eq!(body, first, "{caller:?} {operation:?}");
            }
        }
        // To whom BE's envelopes go is BE's business.
        assert!(operation == Operation::GetAvailableChannels || !first.contains("REGION"), "{operation:?}: {first}");
    }
}

/// Asking for another's envelope takes the time of asking for nobody's.
#[tokio::test]
async fn time_does_not_tell_anothers_from_nobodys() {
    const ROUNDS: usize = 150;
    let stage = stage().await;
    for operation in [Operation::GetEnvelopeTrackingInfo, Operation::PullSingleImportEnvelope] {
        let mut stream = wire::connect(&stage.hub, Other.keys()).await;
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            for (number, times) in [stage.first.as_str(), NOBODYS].into_iter().zip(&mut times) {
                let request = wire::post(&String::from_utf8(request(operation, number, "NZ")).unwrap());
                let begin = Instant::now();
                wire::exchange(&mut stream, &request).await;
                times.push(begin.elapsed());
            }
        }
        let [others, nobodys] = times.map(|mut times| {
            times.sort();
            times[ROUNDS / 2]
        });
        const ROOM: u32 = 3;
        let floor = Duration::from_millis(2);
        assert!(others < nobodys * ROOM + floor && nobodys < others * ROOM + floor, "{others:?} and {nobodys:?}");
    }
}
