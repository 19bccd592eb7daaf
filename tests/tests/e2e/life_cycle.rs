//! The life of an envelope, as its parties see it.

use std::process::Command;

use phytohub_server::client::CallError;
use phytohub_server::party::{Acknowledgement, was_accepted};
use phytohub_soap::Operation;
use phytohub_tests::hub::{TestHub, program};
use phytohub_tests::parties::{certificate, header, party};

fn fault(result: Result<impl std::fmt::Debug, CallError>) -> String {
    match result {
        Err(CallError::Fault { message, .. }) => message,
        other => panic!("a fault, not {other:?}"),
    }
}

#[tokio::test]
async fn an_envelope_is_delivered_pulled_acknowledged_and_tracked() {
    let mut hub = TestHub::start(&["KE", "NL"]);
    let (mut sender, mut receiver) = (party(&hub, "KE"), party(&hub, "NL"));
    let content = certificate("KE", "NL", "KE-1");
    let answer =
        sender.deliver(Operation::ValidateAndDeliverEnvelope, &header("KE", "NL", "KE-1"), &content).await.unwrap();
    assert_eq!(answer.tracking_info, "PendingDelivery", "{}", answer.error_message);
    let number = answer.delivery_number;
    assert_eq!(receiver.import_headers(None).await.unwrap()[0].delivery_number, number);
    assert_eq!(receiver.import_headers(Some("KE")).await.unwrap().len(), 1);
    assert_eq!(receiver.import_headers(Some("NZ")).await.unwrap().len(), 0);
    assert_eq!(sender.under_delivery().await.unwrap().len(), 1);
    let (pulled, arrived) = receiver.pull(&number).await.unwrap().expect("it waits");
    assert_eq!((pulled.certificate_number.as_str(), arrived == content), ("KE-1", true));
    // Not acknowledged: offered again, also after a restart.
    hub.restart();
    let (mut sender, mut receiver) = (party(&hub, "KE"), party(&hub, "NL"));
    assert_eq!(receiver.pull_all().await.unwrap().len(), 1);
    receiver.acknowledge(&number, Acknowledgement::Warning("Gewicht überprüft")).await.unwrap();
    receiver.acknowledge(&number, Acknowledgement::Warning("again")).await.unwrap();
    let other = fault(receiver.acknowledge(&number, Acknowledgement::Received).await);
    assert!(other.contains("DeliveredWithWarnings"), "{other}");
    assert!(receiver.pull(&number).await.unwrap().is_none());
    hub.restart();
    let mut sender_again = party(&hub, "KE");
    let tracked = sender_again.track(&number).await.unwrap();
    assert_eq!(tracked.tracking_info, "DeliveredWithWarnings");
    assert_eq!(tracked.error_message, "Gewicht überprüft");
    assert!(sender.under_delivery().await.is_err() || sender_again.under_delivery().await.unwrap().is_empty());
    assert_eq!(party(&hub, "NL").pull_all().await.unwrap(), []);
}

#[tokio::test]
async fn a_retry_is_answered_with_the_first_number_and_not_delivered_twice() {
    let mut hub = TestHub::with(&["KE", "NL"], "", &["--shards", "3"]);
    let mut sender = party(&hub, "KE");
    let (head, content) = (header("KE", "NL", "KE-1"), certificate("KE", "NL", "KE-1"));
    let first = sender.deliver(Operation::DeliverEnvelope, &head, &content).await.unwrap();
    let again = sender.deliver(Operation::DeliverEnvelope, &head, &content).await.unwrap();
    assert_eq!(first.delivery_number, again.delivery_number);
    hub.kill();
    hub.restart();
    let (mut sender, mut receiver) = (party(&hub, "KE"), party(&hub, "NL"));
    let after = sender.deliver(Operation::DeliverEnvelope, &head, &content).await.unwrap();
    assert_eq!(first.delivery_number, after.delivery_number);
    assert_eq!(receiver.pull_all().await.unwrap().len(), 1);
    receiver.acknowledge(&first.delivery_number, Acknowledgement::Received).await.unwrap();
    let late = sender.deliver(Operation::DeliverEnvelope, &head, &content).await.unwrap();
    assert_eq!((late.delivery_number, late.tracking_info.as_str()), (first.delivery_number, "Delivered"));
    // A withdrawal sends the same certificate number with another status: a delivery of its own.
    let mut withdrawal = head.clone();
    withdrawal.certificate_status = 40;
    let withdrawn = sender.deliver(Operation::DeliverEnvelope, &withdrawal, &content).await.unwrap();
    assert_eq!(withdrawn.tracking_info, "PendingDelivery");
    assert_eq!(receiver.pull_all().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_destination_gets_envelopes_in_the_order_of_their_acceptance() {
    let hub = TestHub::with(&["KE", "NZ", "NL"], "[limits]\nenvelopes_per_answer = 7\n", &["--shards", "2"]);
    let mut numbers = Vec::new();
    let (mut first, mut second) = (party(&hub, "KE"), party(&hub, "NZ"));
    for index in 0..20 {
        let (sender, code) = if index % 3 == 0 { (&mut second, "NZ") } else { (&mut first, "KE") };
        let head = header(code, "NL", &format!("{code}-{index}"));
        numbers.push(sender.deliver(Operation::DeliverEnvelope, &head, "text").await.unwrap().delivery_number);
    }
    let mut receiver = party(&hub, "NL");
    let listed = receiver.import_headers(None).await.unwrap();
    assert_eq!(listed.into_iter().map(|header| header.delivery_number).collect::<Vec<_>>(), numbers);
    let mut pulled = Vec::new();
    loop {
        let envelopes = receiver.pull_all().await.unwrap();
        if envelopes.is_empty() {
            break;
        }
        assert!(envelopes.len() <= 7);
        for (header, _) in envelopes {
            receiver.acknowledge(&header.delivery_number, Acknowledgement::Received).await.unwrap();
            pulled.push(header.delivery_number);
        }
    }
    assert_eq!(pulled, numbers);
}

#[tokio::test]
async fn a_refused_delivery_says_why_and_leaves_nothing() {
    let hub = TestHub::start(&["KE", "NL"]);
    let mut sender = party(&hub, "KE");
    let content = certificate("KE", "NL", "KE-1");
    let mut refused = async |head, content: &str, reason: &str| {
        let answer = sender.deliver(Operation::ValidateAndDeliverEnvelope, &head, content).await.unwrap();
        assert!(!was_accepted(&answer));
        assert_eq!((answer.tracking_info.as_str(), answer.delivery_number.as_str()), ("FailedDelivery", ""));
        assert!(answer.error_message.contains(reason), "{reason}: {}", answer.error_message);
    };
    refused(header("NL", "KE", "KE-1"), &content, "acts for KE").await;
    refused(header("KE", "ZZ", "KE-1"), &content, "ZZ is not connected").await;
    refused(header("KE", "nl", "KE-1"), &content, "To 'nl'").await;
    refused(header("KE", "NL", ""), &content, "NPPOCertificateNumber").await;
    refused(header("KE", "NL", "KE-1"), "", "no Content").await;
    refused(header("KE", "NL", "KE-2"), &content, "KE-1").await;
    refused(header("KE", "NL", "KE-1"), "<broken", "Schema").await;
    let mut with_channel = header("KE", "NL", "KE-1");
    with_channel.forwardings.push(phytohub_model::Forwarding { code: "CUSTOMS".to_owned(), number: String::new() });
    refused(with_channel, &content, "CUSTOMS").await;
    assert_eq!(party(&hub, "NL").import_headers(None).await.unwrap(), []);
    assert_eq!(hub.metric("phytohub_refused_total{reason=\"invalid\"}").await, 2.0);
}

#[tokio::test]
async fn what_is_not_yours_looks_like_what_does_not_exist() {
    let hub = TestHub::start(&["KE", "NL", "NZ"]);
    let (mut sender, mut stranger) = (party(&hub, "KE"), party(&hub, "NZ"));
    let answer = sender.deliver(Operation::DeliverEnvelope, &header("KE", "NL", "KE-1"), "text").await.unwrap();
    let number = answer.delivery_number;
    let unknown = "0000000000000000000000000Z";
    for number in [number.as_str(), unknown, "../../etc/passwd", ""] {
        assert!(stranger.pull(number).await.unwrap().is_none());
        let tracked = stranger.track(number).await.unwrap();
        assert_eq!((tracked.tracking_info.as_str(), tracked.from.as_str()), ("EnvelopeNotExists", ""));
        let text = fault(stranger.acknowledge(number, Acknowledgement::Received).await);
        assert_eq!(
            text.replace(&format!("'{number}'"), "'N'"),
            fault(stranger.acknowledge("N", Acknowledgement::Received).await)
        );
    }
    // The sender cannot acknowledge in its receiver's stead.
    fault(sender.acknowledge(&number, Acknowledgement::Received).await);
    assert_eq!(sender.track(&number).await.unwrap().tracking_info, "PendingDelivery");
}

#[tokio::test]
async fn set_tracking_info_update_acknowledges() {
    let hub = TestHub::start(&["KE", "NL"]);
    let (mut sender, mut receiver) = (party(&hub, "KE"), party(&hub, "NL"));
    let mut head = sender.deliver(Operation::DeliverEnvelope, &header("KE", "NL", "KE-1"), "text").await.unwrap();
    head.tracking_info = "PendingDelivery".to_owned();
    receiver.set_tracking(&head).await.unwrap();
    head.tracking_info = "FailedDelivery".to_owned();
    assert!(fault(receiver.set_tracking(&head).await).contains("cannot be set"));
    head.tracking_info = "DeliveredNotReadable".to_owned();
    head.error_message = "empty".to_owned();
    receiver.set_tracking(&head).await.unwrap();
    let tracked = sender.track(&head.delivery_number).await.unwrap();
    assert_eq!((tracked.tracking_info.as_str(), tracked.error_message.as_str()), ("DeliveredNotReadable", "empty"));
}

#[tokio::test]
async fn all_code_lists_answer() {
    let hub = TestHub::start(&["KE"]);
    let mut party = party(&hub, "KE");
    for (operation, least) in [
        (Operation::GetTreatmentTypes, 1),
        (Operation::GetAdditionalDeclarations, 0),
        (Operation::GetIntendedUses, 1),
        (Operation::GetPesticides, 0),
        (Operation::GetProductDescriptions, 1),
        (Operation::GetUnitMeasures, 10),
        (Operation::GetMeanOfTransports, 5),
        (Operation::GetStatements, 5),
        (Operation::GetConditions, 1),
        (Operation::GetPackageTypes, 100),
    ] {
        let rows = party.list(operation).await.unwrap();
        assert!(rows.len() >= least, "{}: {}", operation.name(), rows.len());
    }
}

/// A SOAP library that this project did not write generates its client from the WSDL that the hub serves.
#[test]
fn a_client_generated_by_zeep_passes_the_life_cycle() {
    let hub = TestHub::start(&["KE", "NL"]);
    let target = program().ancestors().nth(2).expect("a target folder").to_owned();
    let python = std::env::var_os("PHYTOHUB_TEST_PYTHON").map_or_else(|| target.join("venv/bin/python"), Into::into);
    assert!(python.exists(), "{}: no Python with zeep; `cargo xtask prepare` makes it", python.display());
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/zeep_life_cycle.py");
    let first = hub.dir().join("first.xml");
    let second = hub.dir().join("second.xml");
    std::fs::write(&first, certificate("KE", "NL", "KE-1")).unwrap();
    std::fs::write(&second, certificate("KE", "NL", "KE-2")).unwrap();
    let output = Command::new(python)
        .arg(script)
        .args(["--wsdl", &format!("https://{}/hub/DeliveryService?wsdl", hub.soap())])
        .arg("--ca")
        .arg(hub.pki("ca.pem"))
        .args(["--sender", "KE", "--sender-certificate"])
        .arg(hub.pki("nppo-KE.pem"))
        .arg("--sender-key")
        .arg(hub.pki("nppo-KE.key"))
        .args(["--receiver", "NL", "--receiver-certificate"])
        .arg(hub.pki("nppo-NL.pem"))
        .arg("--receiver-key")
        .arg(hub.pki("nppo-NL.key"))
        .args([&first, &second])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
}
