//! Slow and silent clients end, and cost the others nothing.

use std::time::Duration;

use phytohub_server::party::was_accepted;
use phytohub_soap::{Operation, client};
use phytohub_tests::hub::TestHub;
use phytohub_tests::parties::{header, party};
use phytohub_tests::wire;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const DEADLINES: &str = "[http]\nhandshake_timeout = \"300 ms\"\nhead_timeout = \"300 ms\"\nbody_timeout = \"300 ms\"\n\
                         answer_timeout = \"600 ms\"\nidle_timeout = \"300 ms\"\n";

/// Reads until the hub closes; panics when it does not.
async fn closes(stream: &mut (impl AsyncReadExt + Unpin)) {
    let mut bytes = Vec::new();
    // An abrupt end is an end.
    let read = tokio::time::timeout(wire::PATIENCE, stream.read_to_end(&mut bytes)).await;
    assert!(read.is_ok(), "the hub keeps the connection");
}

#[tokio::test]
async fn each_kind_of_slow_client_ends_by_its_own_deadline_while_others_are_served() {
    let hub = TestHub::with(&["KE", "NL"], DEADLINES, &[]);
    let mut silent = TcpStream::connect(hub.soap()).await.unwrap();
    let mut idle = wire::connect(&hub, Some("KE")).await;
    let mut slow_head = wire::connect(&hub, Some("KE")).await;
    slow_head.write_all(b"POST /hub/Deliv").await.unwrap();
    let mut slow_body = wire::connect(&hub, Some("KE")).await;
    slow_body
        .write_all(b"POST /hub/DeliveryService HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n<soap")
        .await
        .unwrap();
    let mut served = party(&hub, "KE");
    let answer = served.deliver(Operation::DeliverEnvelope, &header("KE", "NL", "KE-1"), "text").await.unwrap();
    assert!(was_accepted(&answer));
    closes(&mut silent).await;
    closes(&mut idle).await;
    closes(&mut slow_head).await;
    closes(&mut slow_body).await;
    for reason in ["handshake_timeout", "idle_timeout", "head_timeout", "body_timeout"] {
        let name = format!("phytohub_connections_ended_total{{reason=\"{reason}\"}}");
        assert!(hub.metric(&name).await >= 1.0, "{reason}");
    }
}

#[tokio::test]
async fn a_client_that_drips_its_body_does_not_gain_time() {
    let hub = TestHub::with(&["KE"], DEADLINES, &[]);
    let mut drip = wire::connect(&hub, Some("KE")).await;
    drip.write_all(b"POST /hub/DeliveryService HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n").await.unwrap();
    let mut ended = false;
    for _ in 0..200 {
        if drip.write_all(b"x").await.is_err() || drip.flush().await.is_err() {
            ended = true;
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(ended, "a byte now and then keeps the connection for ever");
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answer_ends() {
    let hub = TestHub::with(&["KE", "NL"], DEADLINES, &[]);
    let content = "z".repeat(1 << 20);
    for index in 0..8 {
        // A connection of its own each: the deadlines of this hub are short.
        let mut sender = party(&hub, "KE");
        let head = header("KE", "NL", &format!("KE-{index}"));
        sender.deliver(Operation::DeliverEnvelope, &head, &content).await.unwrap();
    }
    let mut reader = wire::connect(&hub, Some("NL")).await;
    let request = wire::post(&String::from_utf8(client::plain(Operation::PullImportEnvelope)).unwrap());
    // Many answers of 8 MiB, more than any socket buffers.
    for _ in 0..4 {
        reader.write_all(&request).await.unwrap();
    }
    reader.flush().await.unwrap();
    let name = "phytohub_connections_ended_total{reason=\"answer_timeout\"}";
    for attempt in 0.. {
        if hub.metric(name).await >= 1.0 {
            break;
        }
        assert!(attempt < 300, "the hub waits for a client that does not read");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(party(&hub, "NL").import_headers(None).await.unwrap().len(), 8, "nothing was lost by it");
}

/// A connection that is at work until it is dropped: the hub waits for its body, and has said so.
async fn at_work(hub: &TestHub) -> impl AsyncReadExt + Unpin {
    let mut stream = wire::connect(hub, Some("KE")).await;
    let head = "POST /hub/DeliveryService HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    tokio::time::timeout(wire::PATIENCE, stream.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 100");
    stream
}

#[tokio::test]
async fn connections_above_the_bound_are_closed_and_room_comes_back() {
    let hub = TestHub::with(&["KE"], "[http]\nconnections_max = 2\nidle_timeout = \"1 s\"\n", &[]);
    // What nobody uses would make room.
    let (first, second) = (at_work(&hub).await, at_work(&hub).await);
    let mut third = TcpStream::connect(hub.soap()).await.unwrap();
    closes(&mut third).await;
    assert!(hub.metric("phytohub_connections_ended_total{reason=\"too_many\"}").await >= 1.0);
    drop((first, second));
    for attempt in 0.. {
        if party(&hub, "KE").active_nppos().await.is_ok() {
            break;
        }
        assert!(attempt < 100, "no room came back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
