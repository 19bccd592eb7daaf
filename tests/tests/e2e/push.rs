//! Push: the hub calls members' own services, in order, and loses nothing whatever they do.

use phytohub_server::party::Acknowledgement;
use phytohub_soap::Operation;
use phytohub_tests::hub::{TestHub, phytohub, phytohub_ok};
use phytohub_tests::parties::{certificate, header, party};
use phytohub_tests::service::{MemberService, Reaction, Received};

/// Short pauses, and services on this machine.
const CONFIG: &str = "[push]\nallow_private = true\npause_first = \"20 ms\"\npause_max = \"100 ms\"\n\
                      answer_timeout = \"500 ms\"\nremind_after = \"1 h\"\npark_refusals = 2\npark_unclear = 3\n";

/// Lets the hub push to a service, known by its pinned certificate.
fn push_to(hub: &TestHub, code: &str, service: &MemberService, more: &[&str]) {
    let (url, pin) = (service.url(), service.certificate());
    let mut arguments = vec!["nppo", "push", hub.dir_text(), code, "--url", &url, "--pin", pin.to_str().unwrap()];
    arguments.extend(more);
    phytohub_ok(&arguments);
}

async fn deliver(hub: &TestHub, number: &str) -> String {
    let head = header("KE", "NL", number);
    let answer = party(hub, "KE").deliver(Operation::DeliverEnvelope, &head, &certificate("KE", "NL", number)).await;
    answer.unwrap().delivery_number
}

fn numbers(received: &[Received]) -> Vec<&str> {
    received.iter().map(|received| received.header.certificate_number.as_str()).collect()
}

#[tokio::test]
async fn envelopes_are_pushed_in_order_with_number_and_content_and_acknowledged_later() {
    let hub = TestHub::with(&["KE", "NL"], CONFIG, &[]);
    let service = MemberService::start().await;
    let before = deliver(&hub, "KE-0").await;
    push_to(&hub, "NL", &service, &[]);
    let after = deliver(&hub, "KE-1").await;
    let received = service.until("both envelopes", |received| received.len() == 2).await;
    assert_eq!(numbers(&received), ["KE-0", "KE-1"], "what waited before the switch comes first");
    let delivered: Vec<&str> = received.iter().map(|received| received.header.delivery_number.as_str()).collect();
    assert_eq!(delivered, [before.as_str(), after.as_str()]);
    assert_eq!(received[1].content, certificate("KE", "NL", "KE-1"));
    // An answer is no acknowledgement.
    let mut receiver = party(&hub, "NL");
    assert_eq!(receiver.track(&after).await.unwrap().tracking_info, "PendingDelivery");
    receiver.acknowledge(&after, Acknowledgement::Received).await.unwrap();
    assert_eq!(party(&hub, "KE").track(&after).await.unwrap().tracking_info, "Delivered");
    assert!(hub.metric("phytohub_pushed_total{to=\"NL\",outcome=\"answered\"}").await >= 2.0);
}

#[tokio::test]
async fn a_service_that_fails_in_every_way_gets_each_envelope_under_one_number() {
    let mut hub = TestHub::with(&["KE", "NL"], CONFIG, &[]);
    let service = MemberService::start().await;
    service.react(&[Reaction::Busy, Reaction::Hang, Reaction::Redirect, Reaction::BreakOff], Reaction::Take);
    let authority = service.authority();
    let url = service.url();
    let arguments =
        ["nppo", "push", hub.dir_text(), "NL", "--url", &url, "--authority", authority.to_str().unwrap(), "--hold"];
    phytohub_ok(&arguments);
    let number = deliver(&hub, "KE-1").await;
    let second = deliver(&hub, "KE-2").await;
    let received = service.until("both envelopes", |received| {
        received.iter().filter(|received| received.reaction == Reaction::Take).count() == 2
    });
    let received = received.await;
    assert_eq!(numbers(&received), ["KE-1", "KE-1", "KE-1", "KE-1", "KE-1", "KE-2"]);
    assert!(received[..5].iter().all(|received| received.header.delivery_number == number));
    // What was handed over before the hub died is not handed over again at once after it.
    hub.kill();
    hub.restart();
    let third = deliver(&hub, "KE-3").await;
    let received = service.until("the third", |received| numbers(received).contains(&"KE-3")).await;
    let delivered: Vec<&str> = received[6..].iter().map(|received| received.header.delivery_number.as_str()).collect();
    assert!(delivered.ends_with(&[&third]) && !delivered.contains(&number.as_str()), "{delivered:?} {second}");
}

#[tokio::test]
async fn a_refused_envelope_is_parked_and_the_others_go_on() {
    let hub = TestHub::with(&["KE", "NL"], CONFIG, &[]);
    let service = MemberService::start().await;
    service.react_to("KE-BAD", Some(Reaction::Refuse));
    push_to(&hub, "NL", &service, &[]);
    let bad = deliver(&hub, "KE-BAD").await;
    deliver(&hub, "KE-GOOD").await;
    service.until("the good one", |received| numbers(received).ends_with(&["KE-GOOD"])).await;
    for attempt in 0.. {
        if hub.metric("phytohub_parked{destination=\"NL\"}").await > 0.0 {
            break;
        }
        assert!(attempt < 200, "the metrics do not show what is parked");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    // Parked is pending: it can be pulled and acknowledged as ever.
    let mut receiver = party(&hub, "NL");
    let (_, content) = receiver.pull(&bad).await.unwrap().expect("it waits");
    assert_eq!(content, certificate("KE", "NL", "KE-BAD"));
    receiver.acknowledge(&bad, Acknowledgement::Received).await.unwrap();
}

#[tokio::test]
async fn what_is_answered_and_not_acknowledged_is_pushed_again_on_its_schedule() {
    let config = CONFIG.replace("remind_after = \"1 h\"", "remind_after = \"200 ms\"");
    let hub = TestHub::with(&["KE", "NL"], &config, &[]);
    let service = MemberService::start().await;
    push_to(&hub, "NL", &service, &[]);
    let number = deliver(&hub, "KE-1").await;
    let received = service.until("three reminders", |received| received.len() >= 4).await;
    assert!(received.iter().all(|received| received.header.delivery_number == number));
    party(&hub, "NL").acknowledge(&number, Acknowledgement::Received).await.unwrap();
    let second = deliver(&hub, "KE-2").await;
    let received = service.until("the second, again", |received| {
        received.iter().filter(|received| received.header.delivery_number == second).count() >= 3
    });
    let received = received.await;
    let last_of_first = received.iter().rposition(|received| received.header.delivery_number == number).unwrap();
    let behind = received[last_of_first..].iter().filter(|received| received.header.delivery_number == second).count();
    assert!(behind >= 2, "never after it was acknowledged, but for a call that was under way");
}

#[tokio::test]
async fn switching_between_pull_and_push_loses_and_doubles_nothing() {
    let hub = TestHub::with(&["KE", "NL"], CONFIG, &[]);
    let service = MemberService::start().await;
    push_to(&hub, "NL", &service, &[]);
    let first = deliver(&hub, "KE-1").await;
    service.until("the first", |received| received.len() == 1).await;
    phytohub_ok(&["nppo", "pull", hub.dir_text(), "NL"]);
    let second = deliver(&hub, "KE-2").await;
    let mut receiver = party(&hub, "NL");
    let waiting: Vec<String> =
        receiver.pull_all().await.unwrap().into_iter().map(|(header, _)| header.delivery_number).collect();
    assert_eq!(waiting, [first.clone(), second.clone()]);
    receiver.acknowledge(&first, Acknowledgement::Received).await.unwrap();
    push_to(&hub, "NL", &service, &["--hold"]);
    let received = service.until("the second", |received| received.len() == 2).await;
    assert_eq!(received[1].header.delivery_number, second, "nothing that was acknowledged comes again");
    let shown = phytohub_ok(&["nppo", "show", hub.dir_text(), "NL"]);
    assert!(shown.contains("push") && shown.contains(&service.url()) && shown.contains("held"), "{shown}");
}

#[tokio::test]
async fn a_service_is_called_only_when_it_is_the_registered_one_at_an_allowed_address() {
    let hub = TestHub::with(&["KE", "NL"], &CONFIG.replace("allow_private = true", "allow_private = false"), &[]);
    let service = MemberService::start().await;
    push_to(&hub, "NL", &service, &[]);
    deliver(&hub, "KE-1").await;
    let says = async |hub: &TestHub, what: &str| {
        let outcome = "phytohub_pushed_total{to=\"NL\",outcome=\"unreachable\"}";
        for attempt in 0.. {
            if hub.metric(outcome).await > 0.0 {
                break;
            }
            assert!(attempt < 200, "{what}: not tried");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert_eq!(service.received(), [], "{what}");
    };
    says(&hub, "a private address").await;
    let hub = TestHub::with(&["KE", "NL"], CONFIG, &[]);
    let other = MemberService::start().await;
    let (url, wrong) = (service.url(), other.certificate());
    phytohub_ok(&["nppo", "push", hub.dir_text(), "NL", "--url", &url, "--pin", wrong.to_str().unwrap()]);
    deliver(&hub, "KE-1").await;
    says(&hub, "another certificate than the pinned one").await;
}

#[test]
fn a_service_that_cannot_be_called_is_refused_when_it_is_registered() {
    let hub = TestHub::resting(&["KE"], &[]);
    let ca = hub.pki("ca.pem");
    let cases = [
        (vec!["--url", "http://localhost/", "--authority", ca.to_str().unwrap()], "https://"),
        (vec!["--url", "https://localhost/", "--pin", "abc"], "fingerprint"),
        (vec!["--url", "https:///x", "--authority", ca.to_str().unwrap()], "https:///x"),
        (vec!["--url", "https://localhost/", "--authority", hub.dir_text()], "directory"),
    ];
    for (arguments, expected) in cases {
        let all: Vec<&str> = ["nppo", "push", hub.dir_text(), "KE"].into_iter().chain(arguments).collect();
        let output = phytohub(&all);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && errors.contains(expected), "{all:?}: {errors}");
    }
}
