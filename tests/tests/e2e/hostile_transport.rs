//! Hostile transport: one test for each attack. While it lasts a member of good will is answered each time, and its
//! slow answers are hardly slower than without it.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use phytohub_soap::{Operation, client};
use phytohub_tests::hub::TestHub;
use phytohub_tests::parties::party;
use phytohub_tests::wire;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::client::TlsStream;

/// Deadlines and bounds as small as a test needs them.
const SMALL: &str = "[http]\nhandshake_timeout = \"2 s\"\nhead_timeout = \"2 s\"\nbody_timeout = \"2 s\"\n\
                     answer_timeout = \"2 s\"\nidle_timeout = \"2 s\"\nconnections_max = 300\n\
                     connections_per_address = 100\nconnections_per_party = 40\nhandshakes_max = 60\n";

const HEAD: &str = "POST /hub/DeliveryService HTTP/1.1\r\nHost: h\r\n";

fn profile() -> Vec<u8> {
    wire::post(&String::from_utf8(client::plain(Operation::GetProfile)).unwrap())
}

/// An address of this machine that only this number of attacker has.
fn other_address(attacker: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 1, attacker)
}

/// A connection to the hub from one of those; None where it was refused at once.
async fn connect_from(hub: &TestHub, attacker: u8) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((other_address(attacker), 0).into()).unwrap();
    socket.connect(hub.soap().parse().unwrap()).await.ok()
}

/// The member of good will: a request on a connection of its own, and on one that it keeps. The 99th percentile.
async fn good_will(hub: &TestHub, requests: usize) -> Duration {
    let mut kept = party(hub, "NL");
    let mut times = Vec::new();
    for index in 0..requests {
        let begin = Instant::now();
        if index % 10 == 0 {
            kept = party(hub, "NL");
        }
        kept.import_headers(None).await.unwrap_or_else(|error| panic!("request {index}: {error:?}"));
        times.push(begin.elapsed());
        // Between its requests others act.
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    times.sort();
    times[requests * 99 / 100 - 1]
}

/// Measures good will without the attack and under it. The room is wide: attackers, hub and member share one machine.
async fn withstands(hub: &TestHub, attack: impl Future<Output = ()>) {
    const REQUESTS: usize = 150;
    const ROOM: u32 = 10;
    const FLOOR: Duration = Duration::from_millis(500);
    let before = good_will(hub, REQUESTS).await;
    let under = tokio::select! {
        under = good_will(hub, REQUESTS) => under,
        () = attack => panic!("the attack is over before its victim"),
    };
    assert!(under <= before * ROOM + FLOOR, "p99 without the attack {before:?}, under it {under:?}");
}

/// Attackers without an end: each begins anew when the hub has closed it.
async fn again_and_again<F: Future<Output = ()> + Send + 'static>(count: usize, attack: impl Fn(usize) -> F) {
    let mut attackers = JoinSet::new();
    for index in 0.. {
        if attackers.len() >= count {
            attackers.join_next().await;
        }
        attackers.spawn(attack(index));
        // A loop without any wait would be an attack on the test.
        tokio::time::sleep(Duration::from_micros(300)).await;
    }
}

/// Reads until the hub closes.
async fn drain(mut stream: impl AsyncReadExt + Unpin) {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
}

/// Writes now and then until the hub closes.
async fn drip(mut stream: TlsStream<TcpStream>, begin: &str) {
    if stream.write_all(begin.as_bytes()).await.is_err() {
        return;
    }
    while stream.write_all(b"x").await.is_ok() && stream.flush().await.is_ok() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn ended(hub: &TestHub, reasons: &[&str]) -> f64 {
    let mut sum = 0.0;
    for reason in reasons {
        sum += hub.metric(&format!("phytohub_connections_ended_total{{reason=\"{reason}\"}}")).await;
    }
    sum
}

/// A runtime whose attackers do not wait for the member's turn.
fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(test);
}

/// TLS connections of KE, which has more of them than its bound.
async fn attack_over_tls(hub: &TestHub, count: usize, begin: &'static str) {
    let keys = wire::Keys::of(hub, Some("KE"));
    again_and_again(count, |_| {
        let keys = keys.clone();
        async move {
            if let Ok(stream) = keys.connect().await {
                drip(stream, begin).await;
            }
        }
    })
    .await;
}

#[test]
fn slow_heads_cost_the_others_nothing() {
    run(async {
        let hub = TestHub::with(&["KE", "NL"], SMALL, &[]);
        withstands(&hub, attack_over_tls(&hub, 80, "POST /hub/DeliveryService HTTP/1.1\r\nX-a: ")).await;
        assert!(ended(&hub, &["head_timeout", "too_many_of_party", "made_room"]).await > 0.0);
    });
}

#[test]
fn slow_bodies_cost_the_others_nothing() {
    run(async {
        let hub = TestHub::with(&["KE", "NL"], SMALL, &[]);
        let begin = "POST /hub/DeliveryService HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n";
        withstands(&hub, attack_over_tls(&hub, 80, begin)).await;
        assert!(ended(&hub, &["body_timeout", "too_many_of_party", "made_room"]).await > 0.0);
    });
}

#[test]
fn slow_readers_cost_the_others_nothing() {
    run(async {
        let hub = TestHub::with(&["KE", "NL"], SMALL, &[]);
        let keys = wire::Keys::of(&hub, Some("KE"));
        let request = wire::post(&String::from_utf8(client::plain(Operation::GetPackageTypes)).unwrap());
        let attack = again_and_again(30, |_| {
            let (keys, request) = (keys.clone(), request.repeat(200));
            async move {
                let Ok(mut stream) = keys.connect().await else { return };
                // Much is asked and nothing is read.
                let asked = stream.write_all(&request);
                let _ = tokio::time::timeout(Duration::from_secs(4), asked).await;
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
        });
        withstands(&hub, attack).await;
    });
}

#[test]
fn half_open_connections_make_room_for_those_that_ask() {
    run(async {
        let hub = TestHub::with(&["KE", "NL"], SMALL, &[]);
        // More addresses than connections in all, and nobody ever says a word.
        let address = hub.soap().to_owned();
        let attack = again_and_again(320, |index| {
            let address = address.clone();
            async move {
                let socket = TcpSocket::new_v4().unwrap();
                let attacker = u8::try_from(index % 200).unwrap_or(0);
                if socket.bind((other_address(attacker), 0).into()).is_ok()
                    && let Ok(stream) = socket.connect(address.parse().unwrap()).await
                {
                    drain(stream).await;
                }
            }
        });
        withstands(&hub, attack).await;
        assert!(ended(&hub, &["too_many", "too_many_handshakes", "made_room", "handshake_timeout"]).await > 0.0);
    });
}

#[test]
fn idle_connections_make_room_for_those_that_ask() {
    run(async {
        let hub = TestHub::with(&["KE", "NL"], &SMALL.replace("idle_timeout = \"2 s\"", "idle_timeout = \"1 h\""), &[]);
        // A member that leaks connections keeps its own place only.
        let keys = wire::Keys::of(&hub, Some("KE"));
        let attack = again_and_again(90, |_| {
            let keys = keys.clone();
            async move {
                if let Ok(stream) = keys.connect().await {
                    drain(stream).await;
                }
            }
        });
        withstands(&hub, attack).await;
        assert!(ended(&hub, &["made_room", "too_many_of_party", "too_many_of_address"]).await > 0.0);
    });
}

#[test]
fn a_flood_of_handshakes_costs_the_others_little() {
    run(async {
        let hub = TestHub::with(&["KE", "NL"], SMALL, &[]);
        let keys = wire::Keys::of(&hub, None);
        let attack = again_and_again(20, |_| {
            let keys = keys.clone();
            async move { drop(keys.connect().await) }
        });
        withstands(&hub, attack).await;
    });
}

/// What is no handshake, and handshakes that stop in the middle.
#[test]
fn broken_and_stalled_handshakes_cost_the_others_nothing() {
    run(async {
        let hub = TestHub::with(&["KE", "NL"], SMALL, &[]);
        let address = hub.soap().to_owned();
        let attack = again_and_again(80, |index| {
            let address = address.clone();
            async move {
                let Ok(mut stream) = TcpStream::connect(address).await else { return };
                let begins: [&[u8]; 4] = [
                    b"GET / HTTP/1.1\r\n\r\n",
                    b"\x16\x03\x01\x40\x00\x01\x00\x3f\xfc\x03\x03",
                    b"\x80\x2e\x01\x00\x02",
                    b"\x16\x03\x01\x00\x05\x01\xff\xff\xff\xff",
                ];
                let _ = stream.write_all(begins[index % begins.len()]).await;
                drain(stream).await;
            }
        });
        withstands(&hub, attack).await;
        assert!(ended(&hub, &["handshake_failed"]).await > 0.0);
    });
}

#[test]
fn pipelines_without_an_end_cost_the_others_little() {
    run(async {
        let hub = TestHub::with(&["KE", "NL"], SMALL, &[]);
        let keys = wire::Keys::of(&hub, Some("KE"));
        let attack = again_and_again(4, |_| {
            let keys = keys.clone();
            async move {
                let Ok(stream) = keys.connect().await else { return };
                let (reader, mut writer) = tokio::io::split(stream);
                let reading = tokio::spawn(drain(reader));
                let many = profile().repeat(20);
                for _ in 0..50 {
                    if writer.write_all(&many).await.is_err() {
                        break;
                    }
                }
                reading.abort();
            }
        });
        withstands(&hub, attack).await;
    });
}

/// What one address may have open is bounded, and others come in while it has that.
#[test]
fn an_address_and_a_party_at_their_bounds_keep_nobody_else_out() {
    run(async {
        let patient = SMALL.replace("body_timeout = \"2 s\"", "body_timeout = \"1 min\"");
        let hub = TestHub::with(&["KE", "NL"], &patient, &[]);
        let busy = format!("{HEAD}Content-Length: 1000000\r\n\r\n");
        let keys = wire::Keys::of(&hub, Some("KE"));
        let mut at_work = Vec::new();
        for _ in 0..40 {
            let mut stream = keys.connect().await.unwrap();
            stream.write_all(busy.as_bytes()).await.unwrap();
            stream.flush().await.unwrap();
            at_work.push(stream);
        }
        let mut one_more = keys.connect().await.unwrap();
        let (head, body) = wire::exchange(&mut one_more, &profile()).await;
        assert_eq!(wire::status(&head), 503, "{head}{body}");
        assert!(body.contains("40 connections are open and at work") && head.to_lowercase().contains("retry-after"));
        assert!(ended(&hub, &["too_many_of_party"]).await >= 1.0);
        assert_eq!(party(&hub, "NL").import_headers(None).await.unwrap(), []);
        drop(at_work);
        // One address: silent connections from it, more than it may have.
        let mut silent = Vec::new();
        for _ in 0..130 {
            silent.extend(connect_from(&hub, 7).await);
        }
        for attempt in 0.. {
            if ended(&hub, &["too_many_of_address", "made_room"]).await >= 30.0 {
                break;
            }
            assert!(attempt < 100, "130 connections from one address");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(party(&hub, "NL").import_headers(None).await.unwrap(), []);
    });
}

/// Requests that two readers could take for different ones: each is refused, or the connection ends behind it.
#[test]
fn requests_that_could_be_smuggled_end_their_connection() {
    run(async {
        let hub = TestHub::with(&["KE", "NL"], "", &[]);
        let body = String::from_utf8(client::plain(Operation::GetProfile)).unwrap();
        let length = body.len();
        let hidden = String::from_utf8(profile()).unwrap();
        let chunked = format!("{length:x}\r\n{body}\r\n0\r\n\r\n");
        let shapes = [
            ("two lengths", format!("{HEAD}Content-Length: {length}\r\nContent-Length: 0\r\n\r\n{body}")),
            ("lengths in one line", format!("{HEAD}Content-Length: {length}, 0\r\n\r\n{body}")),
            ("a length with a sign", format!("{HEAD}Content-Length: +{length}\r\n\r\n{body}")),
            ("a negative length", format!("{HEAD}Content-Length: -1\r\n\r\n{body}")),
            ("a length in hexadecimal", format!("{HEAD}Content-Length: 0x10\r\n\r\n{body}")),
            ("a length beyond all", format!("{HEAD}Content-Length: 99999999999999999999999\r\n\r\n{body}")),
            ("chunks of another coding", format!("{HEAD}Transfer-Encoding: chunked, identity\r\n\r\n{chunked}")),
            ("an unknown coding", format!("{HEAD}Transfer-Encoding: xchunked\r\n\r\n{chunked}")),
            ("a coding with a tab", format!("{HEAD}Transfer-Encoding:\u{b}chunked\r\n\r\n{chunked}")),
            (
                "chunks in HTTP/1.0",
                format!("POST /hub/DeliveryService HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n{chunked}"),
            ),
            ("a name with a space", format!("{HEAD}Content-Length : {length}\r\n\r\n{body}")),
            ("a folded line", format!("{HEAD}X-a: b\r\n Content-Length: 0\r\nContent-Length: {length}\r\n\r\n{body}")),
            ("a carriage return in a line", format!("{HEAD}X-a: b\rContent-Length: 0\r\n\r\n")),
            ("a NUL in a line", format!("{HEAD}X-a: b\0\r\nContent-Length: 0\r\n\r\n")),
            ("a chunk of a wrong size", format!("{HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n{body}\r\n0\r\n\r\n")),
            ("a chunk of a huge size", format!("{HEAD}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n")),
            ("a chunk with a sign", format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n-1\r\n{body}\r\n0\r\n\r\n")),
            ("a chunk without its line end", format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n0\r\n\r\n")),
            ("another protocol", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned()),
            ("no protocol", "POST /hub/DeliveryService\r\n\r\n".to_owned()),
        ];
        for (name, request) in shapes {
            let mut stream = wire::connect(&hub, Some("KE")).await;
            stream.write_all((request + &hidden).as_bytes()).await.unwrap();
            let mut answers = Vec::new();
            let read = tokio::time::timeout(wire::PATIENCE, stream.read_to_end(&mut answers)).await;
            assert!(read.is_ok(), "{name}: the connection stays");
            let answers = String::from_utf8_lossy(&answers);
            assert!(!answers.contains("GetProfileResult"), "{name}: what it hid was answered: {answers}");
        }
        // Both a length and chunks: the chunks count, as the standard has it, and nothing behind them is believed.
        let both = format!("{HEAD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n{chunked}");
        let mut stream = wire::connect(&hub, Some("KE")).await;
        stream.write_all((both + &hidden).as_bytes()).await.unwrap();
        let (head, answer) = wire::read_answer(&mut stream).await;
        assert!(wire::status(&head) == 400 || answer.matches("GetProfileResult>").count() <= 2, "{head}{answer}");
        assert_eq!(party(&hub, "NL").import_headers(None).await.unwrap(), []);
    });
}

#[test]
fn heads_beyond_reason_are_refused() {
    run(async {
        let hub = TestHub::with(&["KE", "NL"], "", &[]);
        let lines = |count: usize, line: &str| format!("{HEAD}{}\r\n", format!("{line}\r\n").repeat(count));
        let shapes = [
            ("many lines", lines(1000, "X-a: b")),
            ("long lines", lines(1, &format!("X-a: {}", "b".repeat(2 << 20)))),
            ("a long name", lines(1, &format!("{}: b", "X".repeat(200_000)))),
            ("a long path", format!("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", "a".repeat(100_000))),
            ("a long method", format!("{} / HTTP/1.1\r\n\r\n", "A".repeat(2 << 20))),
            (
                "long chunk extensions",
                format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n1;{}\r\nx\r\n0\r\n\r\n", "a".repeat(1 << 20)),
            ),
            (
                "many trailers",
                format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n{}\r\n", "X-a: b\r\n".repeat(100_000)),
            ),
        ];
        for (name, request) in shapes {
            let mut stream = wire::connect(&hub, Some("KE")).await;
            // It may be closed while it is still being sent.
            let _ = stream.write_all(request.as_bytes()).await;
            let mut answer = vec![0; 64];
            let read = tokio::time::timeout(wire::PATIENCE, stream.read(&mut answer)).await;
            let read = read.unwrap_or_else(|_| panic!("{name}: no answer and no end"));
            let status = String::from_utf8_lossy(&answer[..read.unwrap_or(0)]).into_owned();
            let is_refused =
                status.is_empty() || status.starts_with("HTTP/1.1 4") || status.starts_with("HTTP/1.1 500");
            assert!(is_refused, "{name}: {status}");
            assert_eq!(party(&hub, "NL").import_headers(None).await.unwrap(), [], "{name}");
        }
    });
}

/// What would be large when it is unpacked is refused while it is packed; HTTP/2 is not offered at all.
#[test]
fn nothing_is_unpacked_and_no_other_protocol_is_spoken() {
    run(async {
        let hub = TestHub::with(&["KE", "NL"], "", &[]);
        for coding in ["gzip", "deflate", "br", "zstd", "gzip, gzip", "identity, gzip"] {
            let mut stream = wire::connect(&hub, Some("KE")).await;
            let request = format!("{HEAD}Content-Encoding: {coding}\r\nContent-Length: 4\r\n\r\n\x1f\x08\x00\x00");
            let (head, answer) = wire::exchange(&mut stream, request.as_bytes()).await;
            assert_eq!(wire::status(&head), 500);
            assert!(answer.contains("compressed"), "{coding}: {answer}");
        }
        let stream = wire::Keys::of(&hub, Some("KE")).offering(&["h2", "http/1.1"]).connect().await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        assert!(wire::Keys::of(&hub, Some("KE")).offering(&["h2"]).connect().await.is_err(), "only HTTP/2 is offered");
    });
}
