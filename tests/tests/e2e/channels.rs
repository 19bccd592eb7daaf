//! Channels: copies and delegation, as the contract describes them.

use phytohub_model::Forwarding;
use phytohub_server::party::{Acknowledgement, Party, was_accepted};
use phytohub_server::pki::ThrowAwayCa;
use phytohub_soap::{Operation, client};
use phytohub_tests::hub::{TestHub, phytohub, phytohub_ok};
use phytohub_tests::parties::{certificate, header, party};

/// Adds a channel with keys of its own.
fn channel(hub: &TestHub, code: &str, abilities: &[&str]) {
    let mut arguments = vec!["channel", "set", hub.dir_text(), code, "--name", "A channel"];
    arguments.extend(abilities);
    phytohub_ok(&arguments);
    let pair = ThrowAwayCa::new().unwrap().member(code).unwrap();
    let [pem, key] = ["pem", "key"].map(|kind| hub.pki(&format!("nppo-{code}.{kind}")));
    std::fs::write(&pem, pair.certificate).unwrap();
    std::fs::write(key, pair.key).unwrap();
    phytohub_ok(&["nppo", "certificate", "add", hub.dir_text(), code, pem.to_str().unwrap()]);
}

fn rule(hub: &TestHub, member: &str, kind: &str, direction: &str, to: &str) {
    let what = ["--channel", to, "--kind", kind, "--direction", direction];
    let arguments: Vec<&str> = ["nppo", "rule", "set", hub.dir_text(), member].into_iter().chain(what).collect();
    phytohub_ok(&arguments);
}

async fn waiting(party: &mut Party) -> Vec<String> {
    party.import_headers(None).await.unwrap().into_iter().map(|header| header.delivery_number).collect()
}

#[tokio::test]
async fn a_named_channel_gets_a_copy_with_a_number_of_its_own() {
    let mut hub = TestHub::with(&["KE", "NL"], "", &["--shards", "3"]);
    channel(&hub, "CUSTOMS", &["--receive"]);
    let mut sender = party(&hub, "KE");
    let channels = sender.call(client::plain(Operation::GetAvailableChannels)).await.unwrap().channels;
    assert_eq!(channels.len(), 1);
    assert_eq!((channels[0].code.as_str(), channels[0].receive, channels[0].send), ("CUSTOMS", true, false));
    let named = Forwarding { code: "CUSTOMS".to_owned(), number: String::new() };
    let mut head = header("KE", "NL", "KE-1");
    head.forwardings.push(named);
    let content = certificate("KE", "NL", "KE-1");
    let answer = sender.deliver(Operation::DeliverEnvelope, &head, &content).await.unwrap();
    let copy = answer.forwardings[0].number.clone();
    assert!(was_accepted(&answer) && !copy.is_empty() && copy != answer.delivery_number);
    let again = sender.deliver(Operation::DeliverEnvelope, &head, &content).await.unwrap();
    assert_eq!((again.delivery_number.as_str(), &again.forwardings), (&*answer.delivery_number, &answer.forwardings));
    hub.kill();
    hub.restart();
    let (mut sender, mut customs, mut receiver) = (party(&hub, "KE"), party(&hub, "CUSTOMS"), party(&hub, "NL"));
    assert_eq!(waiting(&mut customs).await, [copy.as_str()]);
    assert_eq!(waiting(&mut receiver).await, [answer.delivery_number.as_str()]);
    let (pulled, text) = customs.pull_all().await.unwrap().remove(0);
    assert_eq!((pulled.from.as_str(), pulled.to.as_str(), text), ("KE", "NL", content));
    assert!(receiver.pull(&copy).await.unwrap().is_none(), "what is another's is not there");
    customs.acknowledge(&copy, Acknowledgement::Warning("seal missing")).await.unwrap();
    assert_eq!(sender.track(&copy).await.unwrap().error_message, "seal missing");
    assert_eq!(sender.track(&answer.delivery_number).await.unwrap().tracking_info, "PendingDelivery");
}

#[tokio::test]
async fn rules_forward_and_delegate_without_the_sender_and_nothing_goes_round() {
    let hub = TestHub::start(&["KE", "NL"]);
    channel(&hub, "CUSTOMS", &["--receive"]);
    channel(&hub, "REGION", &["--receive", "--send"]);
    rule(&hub, "NL", "FORWARD", "INC", "CUSTOMS");
    let (mut sender, mut receiver) = (party(&hub, "KE"), party(&hub, "NL"));
    let deliver = async |party: &mut Party, number: &str| {
        let head = header("KE", "NL", number);
        party.deliver(Operation::DeliverEnvelope, &head, &certificate("KE", "NL", number)).await.unwrap()
    };
    let first = deliver(&mut sender, "KE-1").await;
    assert_eq!(first.forwardings, [], "whom NL has its envelopes copied to is not the sender's business");
    let mut customs = party(&hub, "CUSTOMS");
    assert_eq!(waiting(&mut customs).await.len(), 1);
    let profile = receiver.call(client::plain(Operation::GetProfile)).await.unwrap();
    assert_eq!(profile.nppos[0].code.as_str(), "NL");

    // REGION receives for NL and sends for KE: its own delivery does not come back to it.
    rule(&hub, "NL", "DELEGATE", "INC", "REGION");
    let second = deliver(&mut sender, "KE-2").await;
    let mut region = party(&hub, "REGION");
    assert_eq!(waiting(&mut region).await, [second.delivery_number.as_str()]);
    assert_eq!(waiting(&mut receiver).await, [first.delivery_number.as_str()]);
    region.set_tracking(&second).await.expect("it waits for REGION, as SetTrackingInfoUpdate says again");
    region.acknowledge(&second.delivery_number, Acknowledgement::Received).await.unwrap();
    assert_eq!(receiver.track(&second.delivery_number).await.unwrap().tracking_info, "Delivered");
    let refused = deliver(&mut region, "KE-3").await;
    assert_eq!(refused.tracking_info, "FailedDelivery");
    assert!(refused.error_message.contains("From is KE"), "{}", refused.error_message);
    rule(&hub, "KE", "DELEGATE", "OUT", "REGION");
    let third = deliver(&mut region, "KE-3").await;
    assert!(was_accepted(&third), "{}", third.error_message);
    assert_eq!(waiting(&mut region).await, [] as [String; 0]);
    assert!(waiting(&mut receiver).await.contains(&third.delivery_number));
    assert_eq!(region.track(&third.delivery_number).await.unwrap().tracking_info, "PendingDelivery");
    let mut round = header("KE", "NL", "KE-4");
    round.forwardings.push(Forwarding { code: "REGION".to_owned(), number: String::new() });
    let refused = region.deliver(Operation::DeliverEnvelope, &round, "text").await.unwrap();
    assert!(refused.error_message.contains("send it round"), "{}", refused.error_message);
    let shown = phytohub_ok(&["nppo", "show", hub.dir_text(), "NL"]);
    assert!(shown.contains("FORWARD INC to CUSTOMS") && shown.contains("DELEGATE INC to REGION"), "{shown}");
}

#[test]
fn changes_that_make_no_sense_are_refused_with_the_reason() {
    let hub = TestHub::resting(&["KE"], &[]);
    phytohub_ok(&["channel", "set", hub.dir_text(), "CUSTOMS", "--receive"]);
    let rule = |more: &[&'static str]| {
        let begin = ["nppo", "rule", "set", hub.dir_text(), "KE"].map(str::to_owned).to_vec();
        begin.into_iter().chain(more.iter().map(|text| (*text).to_owned())).collect::<Vec<_>>()
    };
    let cases = [
        (rule(&["--channel", "CUSTOMS", "--kind", "DELEGATE", "--direction", "OUT"]), "does not send"),
        (rule(&["--channel", "NOBODY", "--kind", "FORWARD", "--direction", "INC"]), "NOBODY is not in the registry"),
        (rule(&["--channel", "CUSTOMS", "--kind", "COPY", "--direction", "INC"]), "FORWARD or DELEGATE"),
        (["channel", "set", hub.dir_text(), "KE", "--receive"].map(str::to_owned).to_vec(), "choose another code"),
        (["document", "remove", hub.dir_text(), "851"].map(str::to_owned).to_vec(), "was not set"),
    ];
    for (arguments, expected) in cases {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = phytohub(&arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && errors.contains(expected), "{arguments:?}: {errors}");
    }
    phytohub_ok(&["document", "set", hub.dir_text(), "853", "--name", "Veterinary", "--profile", "lenient"]);
    let list = phytohub_ok(&["document", "list", hub.dir_text()]);
    assert!(list.contains("853     lenient     Veterinary") && list.contains("851     ippc"), "{list}");
    let list = phytohub_ok(&["channel", "list", hub.dir_text()]);
    assert!(list.contains("CUSTOMS") && list.contains("yes"), "{list}");
}
