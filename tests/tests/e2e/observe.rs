//! What operators see, and what they must never see.

use phytohub_server::party::Acknowledgement;
use phytohub_soap::Operation;
use phytohub_tests::hub::TestHub;
use phytohub_tests::parties::{certificate, header, party};
use phytohub_tests::wire;

#[tokio::test]
async fn metrics_count_what_happened() {
    let hub = TestHub::start(&["KE", "NL"]);
    let (mut sender, mut receiver) = (party(&hub, "KE"), party(&hub, "NL"));
    let content = certificate("KE", "NL", "KE-1");
    for number in ["KE-1", "KE-2"] {
        sender.deliver(Operation::DeliverEnvelope, &header("KE", "NL", number), &content).await.unwrap();
    }
    let waiting = receiver.pull_all().await.unwrap();
    receiver.acknowledge(&waiting[0].0.delivery_number, Acknowledgement::Received).await.unwrap();
    // Gauges follow with the next tick.
    for attempt in 0.. {
        if hub.metric("phytohub_pending{destination=\"NL\"}").await == 1.0 {
            break;
        }
        assert!(attempt < 100, "{}", hub.metrics().await);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(hub.metric("phytohub_accepted_total").await, 2.0);
    assert_eq!(hub.metric("phytohub_finished_total{state=\"Delivered\"}").await, 1.0);
    assert_eq!(hub.metric("phytohub_requests_total{operation=\"DeliverEnvelope\",outcome=\"ok\"}").await, 2.0);
    assert!(hub.metric("phytohub_oldest_pending_seconds{destination=\"NL\"}").await >= 0.0);
    let page = hub.metrics().await;
    for step in ["ingress", "authenticate", "append", "route", "deliver", "acknowledge", "forget"] {
        assert!(page.contains(&format!("phytohub_step_seconds_count{{step=\"{step}\"}}")), "{step}");
    }
    for name in ["journal_commit_seconds", "journal_batch_bytes", "journal_batch_requests", "connections"] {
        assert!(page.contains(&format!("phytohub_{name}")), "{name}");
    }
}

#[tokio::test]
async fn health_and_the_token_of_the_admin_address() {
    let hub = TestHub::start(&["KE"]);
    assert_eq!(wire::get(hub.admin(), "/livez").await.0, 200);
    assert_eq!(wire::get(hub.admin(), "/readyz").await.0, 200);
    let (status, body) = wire::get(hub.admin(), "/v1/nppos").await;
    assert_eq!(status, 401);
    assert!(body.contains("admin.token"), "{body}");
}

#[tokio::test]
async fn nothing_of_a_certificate_reaches_logs_or_metrics() {
    const CANARY: &str = "Canary-7f3a";
    let mut hub = TestHub::with(&["KE", "NL"], "[log]\nlevel = \"trace\"\n", &[]);
    let (mut sender, mut receiver) = (party(&hub, "KE"), party(&hub, "NL"));
    let content = certificate("KE", "NL", "KE-1").replace("<ram:Name>", &format!("<ram:Name>{CANARY}"));
    assert!(content.contains(CANARY), "the test would see it");
    let number = format!("{CANARY}-number");
    for content in [content.as_str(), &format!("<{CANARY}")] {
        for operation in [Operation::DeliverEnvelope, Operation::ValidateAndDeliverEnvelope] {
            let mut head = header("KE", "NL", &number);
            sender.deliver(operation, &head, content).await.unwrap();
            head.to = CANARY.to_owned();
            sender.deliver(operation, &head, content).await.unwrap();
        }
        sender.validate(content).await.unwrap();
    }
    for (head, _) in receiver.pull_all().await.unwrap() {
        receiver.acknowledge(&head.delivery_number, Acknowledgement::Warning(CANARY)).await.unwrap();
    }
    let _ = sender.call(format!("<{CANARY}").into_bytes()).await;
    assert!(!hub.metrics().await.contains(CANARY));
    assert!(hub.stop().success());
    let log = hub.log();
    for step in ["ingress", "authenticate", "validate", "append", "route", "deliver", "acknowledge", "forget"] {
        let closes = |line: &str| line.contains(&format!("{step}: phytohub::step: close"));
        assert!(log.lines().any(closes), "no span {step}: {log}");
    }
    assert!(!hub.log().contains(CANARY), "{}", hub.log());
}
