//! Hostile XML and SOAP, each sent to the real hub: the right fault, nothing taken, and others are answered in between.

use std::time::Duration;

use phytohub_hostile::{Attack, Expected, GROWN, attacks};
use phytohub_server::party::was_accepted;
use phytohub_soap::{Operation, client};
use phytohub_tests::hub::TestHub;
use phytohub_tests::parties::{header, party};
use phytohub_tests::wire;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

/// A POST of bytes that may be no text.
fn post(body: &[u8]) -> Vec<u8> {
    let mut request = wire::post("").strip_suffix(b"0\r\n\r\n").unwrap().to_vec();
    request.extend_from_slice(format!("{}\r\n\r\n", body.len()).as_bytes());
    request.extend_from_slice(body);
    request
}

/// The text of an element, as people see it.
fn text_of<'a>(answer: &'a str, element: &str) -> Option<&'a str> {
    let (_, rest) = answer.split_once(&format!("<{element}>"))?;
    rest.split_once(&format!("</{element}>")).map(|(text, _)| text)
}

fn plain(escaped: &str) -> String {
    escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// What is wrong with the hub's answer to an attack, if anything is.
fn complaint(attack: &Attack, status: u16, answer: &str) -> Option<String> {
    let fault = text_of(answer, "faultstring").map(plain);
    // Clients show either of them.
    let is_whole = fault.is_none() || answer.matches(text_of(answer, "faultstring")?).count() == 2;
    let faulted = |words: &[&str]| {
        status == 500
            && is_whole
            && text_of(answer, "faultcode").is_some_and(|code| code.ends_with(":Client"))
            && fault.as_ref().is_some_and(|fault| words.iter().any(|word| fault.contains(word)))
    };
    let read = |operation: &str| status == 200 && answer.contains(&format!("{operation}Response"));
    let is_right = match attack.expected {
        Expected::Fault(words) => faulted(&[words]),
        Expected::FaultOrGrown(words) => faulted(&[words, GROWN]),
        Expected::Read(operation) => read(operation),
        Expected::ReadOrGrown(operation) => read(operation) || faulted(&[GROWN]),
    };
    let shown: String = answer.chars().take(1500).collect();
    (!is_right)
        .then(|| format!("{} ({:?}): expected {:?}, got {status} {shown}", attack.name, attack.place, attack.expected))
}

#[tokio::test]
async fn each_attack_gets_its_fault_nothing_is_taken_and_others_are_answered_in_between() {
    let hub = TestHub::start(&["KE", "NL"]);
    let mut attacker = wire::connect(&hub, Some("KE")).await;
    let mut other = party(&hub, "NL");
    let mut complaints = Vec::new();
    for attack in attacks() {
        let (head, answer) = wire::exchange(&mut attacker, &post(&attack.body(40 << 10))).await;
        complaints.extend(complaint(&attack, wire::status(&head), &answer));
        assert_eq!(other.import_headers(None).await.unwrap(), [], "{} was taken", attack.name);
    }
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
    assert_eq!(hub.metric("phytohub_accepted_total").await, 0.0);
    // The attacker's connection serves as before.
    let profile = client::plain(Operation::GetProfile);
    assert_eq!(wire::status(&wire::exchange(&mut attacker, &post(&profile)).await.0), 200);
}

/// The dearest of them, as large as a body may be, and many at one time.
#[tokio::test]
async fn the_largest_attacks_at_one_time_do_not_stop_the_others() {
    const SIZE: usize = 15 << 20;
    let hub = TestHub::start(&["KE", "NL"]);
    let names = ["attributes-of-one-name", "growing-content", "entities-of-entities", "namespaces-of-each", "empties"];
    let chosen: Vec<_> = attacks().into_iter().filter(|attack| names.contains(&attack.name)).collect();
    assert!(names.len() < chosen.len(), "shapes stand in several places");
    let mut under_way = tokio::task::JoinSet::new();
    for attack in chosen {
        let mut stream = wire::connect(&hub, Some("KE")).await;
        under_way.spawn(async move {
            let (head, answer) = wire::exchange(&mut stream, &post(&attack.body(SIZE))).await;
            complaint(&attack, wire::status(&head), &answer)
        });
    }
    let mut other = party(&hub, "NL");
    let mut answered = 0;
    let mut complaints = Vec::new();
    loop {
        tokio::select! {
            ended = under_way.join_next() => match ended {
                Some(said) => complaints.extend(said.unwrap()),
                None => break,
            },
            () = tokio::time::sleep(Duration::from_millis(5)) => {
                let number = format!("NL-{answered}");
                let taken = other.deliver(Operation::DeliverEnvelope, &header("NL", "KE", &number), "x").await.unwrap();
                assert!(was_accepted(&taken), "{}", taken.error_message);
                answered += 1;
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert!(answered > 0, "nobody else asked");
}

#[tokio::test]
async fn nothing_that_a_request_names_is_ever_called() {
    let hub = TestHub::start(&["KE", "NL"]);
    let trap = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = trap.local_addr().unwrap().to_string();
    let mut stream = wire::connect(&hub, Some("KE")).await;
    let mut named = 0;
    for attack in attacks() {
        let Ok(body) = String::from_utf8(attack.body(4 << 10)) else { continue };
        if body.contains("://127.0.0.1") {
            named += 1;
            let body = body.replace("127.0.0.1:9/", "127.0.0.1/").replace("://127.0.0.1/", &format!("://{address}/"));
            wire::exchange(&mut stream, &wire::post(&body)).await;
        }
    }
    assert!(named >= 5, "only {named} attacks name an address");
    assert!(tokio::time::timeout(Duration::from_millis(300), trap.accept()).await.is_err(), "the hub called it");
}

#[tokio::test]
async fn the_body_says_what_is_done_whatever_soapaction_and_content_type_say() {
    let hub = TestHub::start(&["KE", "NL"]);
    let deliver = client::deliver(Operation::DeliverEnvelope, &header("KE", "NL", "KE-1"), "x");
    let profile = client::plain(Operation::GetProfile);
    let mut stream = wire::connect(&hub, Some("KE")).await;
    let with = |body: &[u8], lines: &str| {
        let head =
            format!("POST /hub/DeliveryService HTTP/1.1\r\nHost: h\r\n{lines}Content-Length: {}\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    };
    let deliver_action = Operation::DeliverEnvelope.soap_action();
    for lines in [
        format!("SOAPAction: \"{deliver_action}\"\r\n"),
        format!("SOAPAction: \"\"\r\nSOAPAction: \"{deliver_action}\"\r\n"),
        format!("SOAPAction: {}\r\n", "x".repeat(8 << 10)),
        "Content-Type: text/xml; charset=utf-7\r\n".to_owned(),
        "Content-Type: multipart/related; type=\"application/xop+xml\"; boundary=a\r\n".to_owned(),
    ] {
        let (head, answer) = wire::exchange(&mut stream, &with(&profile, &lines)).await;
        assert_eq!((wire::status(&head), answer.contains("GetProfileResult")), (200, true), "{lines}: {answer}");
    }
    assert_eq!(party(&hub, "NL").import_headers(None).await.unwrap(), [], "the body asked for a profile");
    let lines = format!("SOAPAction: \"{}\"\r\n", Operation::GetProfile.soap_action());
    let (_, answer) = wire::exchange(&mut stream, &with(&deliver, &lines)).await;
    assert!(answer.contains("PendingDelivery"), "{answer}");
}

/// A body in chunks of one byte once took a thousand times its size of `bodies_max`.
#[tokio::test]
async fn a_body_in_the_smallest_chunks_takes_no_more_room_than_its_size() {
    let hub = TestHub::with(&["KE", "NL"], "[http]\nbody_max = \"64 KiB\"\nbodies_max = \"64 KiB\"\n", &[]);
    let mut stream = wire::connect(&hub, Some("KE")).await;
    let body = client::deliver(Operation::DeliverEnvelope, &header("KE", "NL", "KE-1"), &"x".repeat(20 << 10));
    let mut request = b"POST /hub/DeliveryService HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for byte in body {
        request.extend_from_slice(&[b'1', b'\r', b'\n', byte, b'\r', b'\n']);
    }
    request.extend_from_slice(b"0\r\n\r\n");
    let (head, answer) = wire::exchange(&mut stream, &request).await;
    assert_eq!(wire::status(&head), 200, "{answer}");
    assert!(answer.contains("PendingDelivery"), "{answer}");
}

#[tokio::test]
async fn chunks_without_an_end_are_refused_at_the_bound() {
    let hub = TestHub::with(&["KE", "NL"], "[http]\nbody_max = \"64 KiB\"\n", &[]);
    let mut stream = wire::connect(&hub, Some("KE")).await;
    let head = b"POST /hub/DeliveryService HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head).await.unwrap();
    let mut other = party(&hub, "NL");
    let chunk = b"400\r\n".iter().copied().chain([b' '; 1024]).chain(*b"\r\n").collect::<Vec<_>>();
    for _ in 0..65 {
        stream.write_all(&chunk).await.unwrap();
    }
    stream.flush().await.unwrap();
    assert_eq!(other.import_headers(None).await.unwrap(), []);
    let (head, answer) = wire::read_answer(&mut stream).await;
    assert_eq!(wire::status(&head), 413);
    assert!(answer.contains("larger than 64 KiB"), "{answer}");
}

/// Only who is known here has the hub read XML.
#[tokio::test]
async fn what_a_stranger_sends_is_not_read() {
    let hub = TestHub::start(&["KE"]);
    let mut stream = wire::connect(&hub, None).await;
    for body in [b"<a".to_vec(), vec![b' '; 1 << 20], client::plain(Operation::GetProfile)] {
        let (head, answer) = wire::exchange(&mut stream, &post(&body)).await;
        assert_eq!(wire::status(&head), 500);
        assert!(answer.contains("No client certificate was shown"), "{answer}");
    }
    let name = "phytohub_requests_total{operation=\"unknown_caller\",outcome=\"client_fault\"}";
    assert_eq!(hub.metric(name).await, 3.0);
}
