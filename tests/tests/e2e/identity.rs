//! Who is who, and how that changes while the hub runs.

use phytohub_server::client::CallError;
use phytohub_server::party::{Party, was_accepted};
use phytohub_server::pki::ThrowAwayCa;
use phytohub_soap::{Operation, client};
use phytohub_tests::hub::{TestHub, phytohub, phytohub_ok};
use phytohub_tests::parties::{header, party};
use phytohub_tests::wire;

fn message(result: Result<impl std::fmt::Debug, CallError>) -> String {
    match result {
        Err(CallError::Fault { message, code, status }) => {
            assert_eq!((code.as_str(), status), ("Client", 500));
            message
        }
        other => panic!("a fault, not {other:?}"),
    }
}

/// Keys that the hub has not seen, by an issuer it has not seen.
fn stranger(hub: &TestHub, code: &str) -> Party {
    let pair = ThrowAwayCa::new().unwrap().member(code).unwrap();
    let [certificate, key] = ["stranger.pem", "stranger.key"].map(|name| hub.dir().join(name));
    std::fs::write(&certificate, pair.certificate).unwrap();
    std::fs::write(&key, pair.key).unwrap();
    Party::with_keys(hub.dir(), hub.soap(), code, &certificate, &key).unwrap()
}

#[tokio::test]
async fn an_unknown_certificate_gets_the_known_fault() {
    let hub = TestHub::start(&["KE"]);
    let text = message(stranger(&hub, "KE").active_nppos().await);
    assert_eq!(text, "NPPO from client certificate not found");
}

#[tokio::test]
async fn without_a_certificate_the_wsdl_is_served_and_operations_say_what_is_missing() {
    let hub = TestHub::start(&["KE"]);
    let mut stream = wire::connect(&hub, None).await;
    let request = b"GET /hub/DeliveryService?wsdl HTTP/1.1\r\nHost: hub.example:1\r\n\r\n";
    let (head, body) = wire::exchange(&mut stream, request).await;
    assert_eq!(wire::status(&head), 200);
    assert!(body.contains("https://hub.example:1/hub/DeliveryService"), "the address that the client used");
    let envelope = String::from_utf8(client::plain(Operation::GetProfile)).unwrap();
    let (head, body) = wire::exchange(&mut stream, &wire::post(&envelope)).await;
    assert_eq!(wire::status(&head), 500);
    assert!(body.contains("No client certificate"), "{body}");
}

#[tokio::test]
async fn a_revoked_certificate_fails_on_its_next_request_on_an_open_connection() {
    let hub = TestHub::start(&["KE", "NL"]);
    let mut stream = wire::connect(&hub, Some("KE")).await;
    let request = wire::post(&String::from_utf8(client::plain(Operation::GetProfile)).unwrap());
    let (head, _) = wire::exchange(&mut stream, &request).await;
    assert_eq!(wire::status(&head), 200);
    let pem = hub.pki("nppo-KE.pem");
    phytohub_ok(&["nppo", "certificate", "revoke", hub.dir_text(), "KE", pem.to_str().unwrap()]);
    let (head, body) = wire::exchange(&mut stream, &request).await;
    assert_eq!(wire::status(&head), 500);
    assert!(body.contains("NPPO from client certificate not found"), "{body}");
    phytohub_ok(&["nppo", "certificate", "add", hub.dir_text(), "KE", pem.to_str().unwrap()]);
    let (head, _) = wire::exchange(&mut stream, &request).await;
    assert_eq!(wire::status(&head), 200, "and is known again, on the same connection");
}

#[tokio::test]
async fn a_member_is_added_while_the_hub_runs_and_stays_after_a_crash() {
    let mut hub = TestHub::start(&["KE"]);
    let mut new = stranger(&hub, "NZ");
    let pem = hub.dir().join("stranger.pem");
    phytohub_ok(&[
        "nppo",
        "add",
        hub.dir_text(),
        "NZ",
        "--name",
        "Aotearoa",
        "--allow",
        "851:70",
        "--override",
        "a test",
    ]);
    phytohub_ok(&["nppo", "certificate", "add", hub.dir_text(), "NZ", pem.to_str().unwrap()]);
    let codes: Vec<String> = new.active_nppos().await.unwrap().iter().map(|nppo| nppo.code.to_string()).collect();
    assert_eq!(codes, ["KE", "NZ"]);
    hub.kill();
    hub.restart();
    let mut sender = party(&hub, "KE");
    let mut head = header("KE", "NZ", "KE-1");
    assert!(was_accepted(&sender.deliver(Operation::DeliverEnvelope, &head, "text").await.unwrap()));
    head.certificate_status = 40;
    let refused = sender.deliver(Operation::DeliverEnvelope, &head, "text").await.unwrap();
    assert!(refused.error_message.contains("type 851, status 40"), "{}", refused.error_message);
}

#[tokio::test]
async fn an_inactive_member_reads_and_fetches_what_waits_but_neither_sends_nor_receives() {
    let hub = TestHub::start(&["KE", "NL"]);
    let (mut sender, mut receiver) = (party(&hub, "KE"), party(&hub, "NL"));
    let first = sender.deliver(Operation::DeliverEnvelope, &header("KE", "NL", "KE-1"), "text").await.unwrap();
    phytohub_ok(&["nppo", "deactivate", hub.dir_text(), "NL"]);
    let refused = sender.deliver(Operation::DeliverEnvelope, &header("KE", "NL", "KE-2"), "text").await.unwrap();
    assert!(refused.error_message.contains("NL is not active"), "{}", refused.error_message);
    let refused = receiver.deliver(Operation::DeliverEnvelope, &header("NL", "KE", "NL-1"), "text").await.unwrap();
    assert!(refused.error_message.contains("NL is not active"), "{}", refused.error_message);
    assert!(receiver.pull(&first.delivery_number).await.unwrap().is_some());
    assert_eq!(receiver.active_nppos().await.unwrap().len(), 1);
    phytohub_ok(&["nppo", "activate", hub.dir_text(), "NL"]);
    let accepted = sender.deliver(Operation::DeliverEnvelope, &header("KE", "NL", "KE-2"), "text").await.unwrap();
    assert!(was_accepted(&accepted));
}

#[tokio::test]
async fn one_certificate_acts_for_many_codes() {
    let hub = TestHub::start(&["KE", "NL", "BE"]);
    let pem = hub.pki("nppo-NL.pem");
    phytohub_ok(&["nppo", "certificate", "add", hub.dir_text(), "BE", pem.to_str().unwrap()]);
    let (mut sender, mut system) = (party(&hub, "KE"), party(&hub, "NL"));
    for to in ["NL", "BE"] {
        sender.deliver(Operation::DeliverEnvelope, &header("KE", to, &format!("KE-{to}")), "text").await.unwrap();
    }
    let waiting: Vec<String> = system.import_headers(None).await.unwrap().into_iter().map(|header| header.to).collect();
    assert_eq!(waiting, ["NL", "BE"]);
    for from in ["NL", "BE"] {
        let head = header(from, "KE", &format!("{from}-1"));
        assert!(was_accepted(&system.deliver(Operation::DeliverEnvelope, &head, "text").await.unwrap()));
    }
}

#[test]
fn the_registry_refuses_what_cannot_be() {
    let hub = TestHub::start(&["KE"]);
    let complain = |arguments: &[&str]| {
        let output = phytohub(arguments);
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let dir = hub.dir_text();
    assert!(complain(&["nppo", "add", dir, "KE"]).contains("KE"));
    assert!(complain(&["nppo", "add", dir, "ke"]).contains("capital"));
    assert!(complain(&["nppo", "add", dir, "NZ", "--allow", "851"]).contains("851:70"));
    assert!(complain(&["nppo", "activate", dir, "NZ"]).contains("NZ"));
    assert!(complain(&["nppo", "certificate", "revoke", dir, "KE", "abc"]).contains("fingerprint"));
    assert!(complain(&["nppo", "certificate", "add", dir, "KE", "/no/such/file"]).contains("/no/such/file"));
    let token = hub.dir().join("admin.token");
    assert!(complain(&["nppo", "certificate", "add", dir, "KE", token.to_str().unwrap()]).contains("PEM"));
}
