//! HTTP as clients really send it.

use std::process::Command;

use phytohub_server::client::CallError;
use phytohub_soap::{Operation, client};
use phytohub_tests::hub::TestHub;
use phytohub_tests::parties::{header, party};
use phytohub_tests::wire;
use tokio::io::AsyncWriteExt;

fn profile() -> String {
    String::from_utf8(client::plain(Operation::GetProfile)).unwrap()
}

#[tokio::test]
async fn http_1_0_chunks_continue_and_pipelining_are_understood() {
    let hub = TestHub::start(&["KE"]);
    let body = profile();
    let mut stream = wire::connect(&hub, Some("KE")).await;
    let chunked = format!(
        "POST /hub/DeliveryService HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTE: deflate,gzip\r\n\r\n\
         {:x}\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n",
        10,
        &body[..10],
        body.len() - 10,
        &body[10..]
    );
    let (head, answer) = wire::exchange(&mut stream, chunked.as_bytes()).await;
    assert_eq!(wire::status(&head), 200, "{answer}");
    let expecting = format!(
        "POST /hub/DeliveryService HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = wire::connect(&hub, Some("KE")).await;
    stream.write_all(expecting.as_bytes()).await.unwrap();
    let mut interim = [0; 25];
    tokio::io::AsyncReadExt::read_exact(&mut stream, &mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    let (head, _) = wire::exchange(&mut stream, body.as_bytes()).await;
    assert_eq!(wire::status(&head), 200);
    let mut twice = wire::post(&body);
    twice.extend(wire::post(&body));
    let mut stream = wire::connect(&hub, Some("KE")).await;
    stream.write_all(&twice).await.unwrap();
    let mut bytes = Vec::new();
    while String::from_utf8_lossy(&bytes).matches("GetProfileResult>").count() < 4 {
        assert!(tokio::io::AsyncReadExt::read_buf(&mut stream, &mut bytes).await.unwrap() > 0);
    }
    let old = format!(
        "POST /hub/DeliveryService HTTP/1.0\r\nAccept: application/soap+xml, application/dime, text/*\r\n\
         Soapaction: \"\"\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = wire::connect(&hub, Some("KE")).await;
    let (head, answer) = wire::exchange(&mut stream, old.as_bytes()).await;
    assert_eq!(wire::status(&head), 200, "{answer}");
}

#[tokio::test]
async fn wrong_paths_methods_and_bodies_are_told_so() {
    let hub = TestHub::start(&["KE"]);
    let ask = async |request: &[u8]| {
        let mut stream = wire::connect(&hub, Some("KE")).await;
        let (head, body) = wire::exchange(&mut stream, request).await;
        (wire::status(&head), body)
    };
    let get = async |path: &str| ask(format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes()).await;
    assert_eq!(get("/hub/DeliveryService").await.0, 200);
    assert!(get("/hub/DeliveryService").await.1.contains("?wsdl"));
    assert!(get("/hub/DeliveryService?WSDL").await.1.contains("definitions"));
    assert_eq!(get("/").await.0, 404);
    assert_eq!(ask(b"POST /hub HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n").await.0, 405);
    assert_eq!(ask(b"PUT /hub/DeliveryService HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n").await.0, 405);
    for (body, word) in [
        ("", "SOAP"),
        ("hello", "XML"),
        ("<a/>", "Envelope"),
        ("<Envelope xmlns='http://www.w3.org/2003/05/soap-envelope'/>", "1.1"),
        (&profile().replace("GetProfile", "GetProfiles"), "GetProfiles"),
    ] {
        let (status, answer) = ask(&wire::post(body)).await;
        assert_eq!(status, 500, "{answer}");
        assert!(answer.contains("faultstring") && answer.contains("HubWebException"), "{answer}");
        assert!(answer.contains(word), "{word}: {answer}");
    }
    let compressed =
        b"POST /hub/DeliveryService HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx";
    assert!(ask(compressed).await.1.contains("compressed"));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_before_it_is_sent() {
    let hub = TestHub::with(&["KE", "NL"], "[http]\nbody_max = \"100 KiB\"\n", &[]);
    let mut stream = wire::connect(&hub, Some("KE")).await;
    let announced = b"POST /hub/DeliveryService HTTP/1.1\r\nHost: h\r\nContent-Length: 999999999999\r\n\r\n<";
    let (head, body) = wire::exchange(&mut stream, announced).await;
    assert_eq!(wire::status(&head), 413);
    assert!(body.contains("100 KiB"), "{body}");
    let mut stream = wire::connect(&hub, Some("KE")).await;
    let mut endless = b"POST /hub/DeliveryService HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..3 {
        endless.extend_from_slice(b"c800\r\n");
        endless.extend(std::iter::repeat_n(b' ', 0xc800));
        endless.extend_from_slice(b"\r\n");
    }
    let (head, _) = wire::exchange(&mut stream, &endless).await;
    assert_eq!(wire::status(&head), 413);
    // What fits is taken.
    let content = "x".repeat(90 << 10);
    let mut sender = party(&hub, "KE");
    sender.deliver(Operation::DeliverEnvelope, &header("KE", "NL", "KE-1"), &content).await.unwrap();
}

#[tokio::test]
async fn bodies_under_way_are_bounded_in_all() {
    let hub = TestHub::with(&["KE", "NL"], "[http]\nbody_max = \"200 KiB\"\nbodies_max = \"200 KiB\"\n", &[]);
    let content = "x".repeat(150 << 10);
    let request = client::deliver(Operation::DeliverEnvelope, &header("KE", "NL", "KE-1"), &content);
    let request = wire::post(&String::from_utf8(request).unwrap());
    let (most, rest) = request.split_at(request.len() - 10);
    let mut first = wire::connect(&hub, Some("KE")).await;
    first.write_all(most).await.unwrap();
    first.flush().await.unwrap();
    let mut second = party(&hub, "KE");
    let head = header("KE", "NL", "KE-2");
    for attempt in 0.. {
        match second.deliver(Operation::DeliverEnvelope, &head, &content).await {
            Err(CallError::Fault { status: 503, message, .. }) => {
                assert!(message.contains("try again later"), "{message}");
                break;
            }
            // The first one's bytes are still on their way, or this one was cut short before its answer was read.
            _ => assert!(attempt < 100, "two bodies of 150 KiB are taken"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let (head_of_answer, body) = wire::exchange(&mut first, rest).await;
    assert_eq!(wire::status(&head_of_answer), 200, "{body}");
    let mut third = party(&hub, "KE");
    third.deliver(Operation::DeliverEnvelope, &header("KE", "NL", "KE-3"), &content).await.unwrap();
}

#[tokio::test]
async fn a_content_of_sixteen_mebibytes_goes_through_unchanged() {
    let hub = TestHub::start(&["KE", "NL"]);
    let content = "<a>&amp;\u{20ac}</a>\n".repeat((15 << 20) / 40);
    let (mut sender, mut receiver) = (party(&hub, "KE"), party(&hub, "NL"));
    let answer = sender.deliver(Operation::DeliverEnvelope, &header("KE", "NL", "KE-1"), &content).await.unwrap();
    let (_, arrived) = receiver.pull(&answer.delivery_number).await.unwrap().expect("it waits");
    assert!(arrived == content, "{} bytes came as {}", content.len(), arrived.len());
}

/// The command line that documentation shows, with a client that is on every machine.
#[test]
fn curl_speaks_to_the_hub() {
    let hub = TestHub::start(&["KE"]);
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--cacert"])
        .arg(hub.pki("ca.pem"))
        .arg("--cert")
        .arg(hub.pki("nppo-KE.pem"))
        .arg("--key")
        .arg(hub.pki("nppo-KE.key"))
        .args(["-H", "Content-Type: text/xml; charset=utf-8", "--data-binary", &profile()])
        .arg(format!("https://{}/hub/DeliveryService", hub.soap()))
        .output()
        .expect("curl is installed");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("GetProfileResult"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}
