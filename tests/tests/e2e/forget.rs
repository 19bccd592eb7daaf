//! Expiry, erasure, and what stays.

use std::time::Duration;

use phytohub_server::party::Acknowledgement;
use phytohub_soap::Operation;
use phytohub_tests::hub::TestHub;
use phytohub_tests::parties::{header, party};

#[tokio::test]
async fn what_nobody_fetched_becomes_failed_delivery_with_a_text() {
    let mut hub = TestHub::with(&["KE", "NL"], "[forget]\nexpire_after = \"300 ms\"\n", &[]);
    let (mut sender, mut receiver) = (party(&hub, "KE"), party(&hub, "NL"));
    let head = header("KE", "NL", "KE-1");
    let answer = sender.deliver(Operation::DeliverEnvelope, &head, "text").await.unwrap();
    for attempt in 0.. {
        let tracked = sender.track(&answer.delivery_number).await.unwrap();
        if tracked.tracking_info == "FailedDelivery" {
            assert!(!tracked.error_message.is_empty());
            break;
        }
        assert!(attempt < 300, "{}", tracked.tracking_info);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(receiver.import_headers(None).await.unwrap(), []);
    assert!(receiver.acknowledge(&answer.delivery_number, Acknowledgement::Received).await.is_err());
    hub.kill();
    hub.restart();
    let mut sender = party(&hub, "KE");
    let tracked = sender.track(&answer.delivery_number).await.unwrap();
    assert_eq!(tracked.tracking_info, "FailedDelivery");
    // Sent again it is a new delivery.
    let again = sender.deliver(Operation::DeliverEnvelope, &head, "text").await.unwrap();
    assert_ne!(again.delivery_number, answer.delivery_number);
}

#[tokio::test]
async fn acknowledged_content_is_gone_from_the_disk_and_waiting_content_stays() {
    const ERASED: &str = "canary-of-the-acknowledged-one";
    const KEPT: &str = "canary-of-the-waiting-one";
    let mut hub = TestHub::with(&["KE", "NL"], "[forget]\nerase_after = \"100 ms\"\n", &[]);
    let (mut sender, mut receiver) = (party(&hub, "KE"), party(&hub, "NL"));
    let first = sender.deliver(Operation::DeliverEnvelope, &header("KE", "NL", "KE-1"), ERASED).await.unwrap();
    let second = sender.deliver(Operation::DeliverEnvelope, &header("KE", "NL", "KE-2"), KEPT).await.unwrap();
    assert!(!hub.data_is_free_of(ERASED.as_bytes()), "the test would see it");
    receiver.acknowledge(&first.delivery_number, Acknowledgement::Received).await.unwrap();
    for attempt in 0.. {
        if hub.data_is_free_of(ERASED.as_bytes()) {
            break;
        }
        assert!(attempt < 100, "acknowledged content stays on the disk");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(!hub.data_is_free_of(KEPT.as_bytes()));
    hub.kill();
    hub.restart();
    let mut receiver = party(&hub, "NL");
    assert!(receiver.pull(&first.delivery_number).await.unwrap().is_none());
    let (_, content) = receiver.pull(&second.delivery_number).await.unwrap().expect("it waits");
    assert_eq!(content, KEPT);
}

#[tokio::test]
async fn content_acknowledged_just_before_a_crash_is_erased_after_the_restart() {
    const ERASED: &str = "canary-of-the-crash";
    let mut hub = TestHub::with(&["KE", "NL"], "[forget]\nerase_after = \"1 h\"\n", &[]);
    let (mut sender, mut receiver) = (party(&hub, "KE"), party(&hub, "NL"));
    let first = sender.deliver(Operation::DeliverEnvelope, &header("KE", "NL", "KE-1"), ERASED).await.unwrap();
    receiver.acknowledge(&first.delivery_number, Acknowledgement::Received).await.unwrap();
    hub.kill();
    assert!(!hub.data_is_free_of(ERASED.as_bytes()));
    hub.set("PHYTOHUB_FORGET_ERASE_AFTER", "50 ms");
    hub.restart();
    for attempt in 0.. {
        if hub.data_is_free_of(ERASED.as_bytes()) {
            break;
        }
        assert!(attempt < 100, "acknowledged content stays on the disk");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Many more bytes than the disk space that the journal keeps: segments are reclaimed and used again.
#[tokio::test]
async fn the_journal_does_not_grow_with_what_was_delivered() {
    let config =
        "[http]\nbody_max = \"128 KiB\"\n[journal]\nsegment = \"512 KiB\"\n[forget]\nerase_after = \"20 ms\"\n";
    let hub = TestHub::with(&["KE", "NL"], config, &[]);
    let (mut sender, mut receiver) = (party(&hub, "KE"), party(&hub, "NL"));
    let straggler = sender.deliver(Operation::DeliverEnvelope, &header("KE", "NL", "KE-S"), "stays").await.unwrap();
    let content = "c".repeat(100 << 10);
    for index in 0..120 {
        let head = header("KE", "NL", &format!("KE-{index}"));
        let answer = sender.deliver(Operation::DeliverEnvelope, &head, &content).await.unwrap();
        receiver.acknowledge(&answer.delivery_number, Acknowledgement::Received).await.unwrap();
    }
    for attempt in 0.. {
        let segments = hub.metric("phytohub_journal_segments").await;
        if segments <= 8.0 {
            break;
        }
        assert!(attempt < 100, "{segments} segments are in use for one waiting envelope");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let (_, content) = receiver.pull(&straggler.delivery_number).await.unwrap().expect("it waits");
    assert_eq!(content, "stays");
    let first = sender.track(&straggler.delivery_number).await.unwrap();
    assert_eq!(first.tracking_info, "PendingDelivery");
}
