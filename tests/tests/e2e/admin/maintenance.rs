//! Maintenance: members are told why, nothing that was accepted is lost, and it outlives a restart.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use phytohub_server::client::CallError;
use phytohub_server::party::Party;
use phytohub_soap::Operation;
use phytohub_tests::hub::{TestHub, phytohub_ok};
use phytohub_tests::ledger::Ledger;
use phytohub_tests::parties::{certificate, header, party};
use phytohub_tests::service::MemberService;
use phytohub_tests::wire;
use serde_json::{Value, json};

use super::{ask, complaint, owner};

const TEXT: &str = "the hub is being upgraded and will be back at noon";

fn on(hub: &TestHub) -> String {
    phytohub_ok(&["maintenance", "on", hub.dir_text(), "--text", TEXT])
}

fn off(hub: &TestHub) {
    assert!(phytohub_ok(&["maintenance", "off", hub.dir_text()]).contains("not in maintenance"));
}

#[tokio::test]
async fn members_get_503_and_the_text_and_the_rest_stays() {
    let hub = TestHub::start(&["KE", "NL"]);
    let said = on(&hub);
    assert!(said.contains("by owner") && said.contains(TEXT) && said.contains("nothing is under way"), "{said}");
    let requests = [
        phytohub_soap::client::deliver(Operation::DeliverEnvelope, &header("KE", "NL", "KE-1"), "text"),
        phytohub_soap::client::plain(Operation::PullImportEnvelope),
        phytohub_soap::client::plain(Operation::GetActiveNppos),
    ];
    let mut stream = wire::connect(&hub, Some("KE")).await;
    for request in requests {
        let request = wire::post(&String::from_utf8(request).unwrap());
        let (head, body) = wire::exchange(&mut stream, &request).await;
        assert_eq!(wire::status(&head), 503, "{head}");
        assert!(head.to_lowercase().contains("retry-after: 60"), "{head}");
        assert!(body.contains("soap:Server") && body.contains("try again later") && body.contains(TEXT), "{body}");
    }
    for path in ["/hub/DeliveryService?wsdl", "/changes.json", "/changes.atom"] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let (head, _) = wire::exchange(&mut stream, request.as_bytes()).await;
        assert_eq!(wire::status(&head), 200, "{path}");
    }
    // It is the hub that tells members so: a balancer must leave it in.
    assert_eq!(wire::get(hub.admin(), "/readyz").await, (200, "ready, in maintenance\n".to_owned()));
    assert_eq!(wire::get(hub.admin(), "/livez").await.0, 200);
    assert!(phytohub_ok(&["health", hub.dir_text()]).contains("in maintenance"));
    assert_eq!(hub.metric("phytohub_maintenance").await, 1.0);
    let (_, overview) = ask(&hub, &owner(&hub), "GET /v1/overview", "").await;
    assert_eq!((&overview["maintenance"]["text"], &overview["maintenance"]["by"]), (&json!(TEXT), &json!("owner")));
    off(&hub);
    assert_eq!(wire::get(hub.admin(), "/readyz").await, (200, "ready\n".to_owned()));
    assert_eq!(hub.metric("phytohub_maintenance").await, 0.0);
    assert!(party(&hub, "NL").pull_all().await.unwrap().is_empty());
}

#[tokio::test]
async fn its_announced_end_is_what_members_are_told_to_wait() {
    let hub = TestHub::start(&["KE", "NL"]);
    let dir = hub.dir_text();
    assert!(complaint(&["maintenance", "on", dir, "--text", TEXT, "--until", "2001-01-01"]).contains("over already"));
    assert!(complaint(&["maintenance", "on", dir, "--text", TEXT, "--until", "noon"]).contains("no time"));
    assert!(complaint(&["maintenance", "on", dir, "--text", " "]).contains("what members are told"));
    assert!(phytohub_ok(&["maintenance", "show", dir]).contains("not in maintenance"));
    let said = phytohub_ok(&["maintenance", "on", dir, "--text", TEXT, "--until", "2999-01-01T06:00:00Z"]);
    assert!(said.contains("2999-01-01T06:00:00"), "{said}");
    let mut stream = wire::connect(&hub, Some("KE")).await;
    let request = String::from_utf8(phytohub_soap::client::plain(Operation::PullImportEnvelope)).unwrap();
    let (head, _) = wire::exchange(&mut stream, &wire::post(&request)).await;
    assert!(head.to_lowercase().contains("retry-after: 3600"), "an hour at the most: {head}");
    let shown: Value = serde_json::from_str(&phytohub_ok(&["maintenance", "show", dir, "--json"])).unwrap();
    assert_eq!((&shown["on"], &shown["notice"]["text"], &shown["under_way"]), (&json!(true), &json!(TEXT), &json!(0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_traffic_nothing_is_lost_and_nothing_is_accepted_until_it_ends() {
    const SENDERS: usize = 4;
    let mut hub = TestHub::start(&["KE", "NL"]);
    let (ledger, answered) = (Arc::new(Ledger::default()), Arc::new(AtomicUsize::new(0)));
    let (told_off, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let sending = |hub: &TestHub, round: usize| -> Vec<_> {
        let sender = |task: usize| {
            let party = Party::new(hub.dir(), hub.soap(), "KE").unwrap();
            let counts = (Arc::clone(&answered), Arc::clone(&told_off), Arc::clone(&stop));
            tokio::spawn(send(party, format!("{round}{task}"), Arc::clone(&ledger), counts))
        };
        (0..SENDERS).map(sender).collect()
    };
    let until = async |count: &AtomicUsize, least: usize| {
        while count.load(Ordering::Relaxed) < least {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let senders = sending(&hub, 0);
    until(&answered, 100).await;
    assert!(on(&hub).contains("nothing is under way"));
    let accepted = hub.metric("phytohub_accepted_total").await;
    until(&told_off, 50).await;
    assert_eq!(hub.metric("phytohub_accepted_total").await, accepted, "what was under way had ended");
    stop.store(true, Ordering::Relaxed);
    for sender in senders {
        sender.await.unwrap();
    }

    assert!(hub.stop().success());
    hub.restart();
    stop.store(false, Ordering::Relaxed);
    told_off.store(0, Ordering::Relaxed);
    let senders = sending(&hub, 1);
    until(&told_off, 20).await;
    assert_eq!(hub.metric("phytohub_accepted_total").await, 0.0, "it is kept over a restart");
    let before = answered.load(Ordering::Relaxed);
    off(&hub);
    until(&answered, before + 100).await;
    stop.store(true, Ordering::Relaxed);
    for sender in senders {
        sender.await.unwrap();
    }
    let mut receiver = party(&hub, "NL");
    loop {
        let pulled = receiver.pull_all().await.unwrap();
        if pulled.is_empty() {
            break;
        }
        for (head, content) in pulled {
            ledger.arrived("NL", &head.delivery_number, &head.certificate_number, &content);
            receiver
                .acknowledge(&head.delivery_number, phytohub_server::party::Acknowledgement::Received)
                .await
                .unwrap();
            ledger.acknowledged(&head.delivery_number);
        }
    }
    assert_eq!(ledger.faults(), Vec::<String>::new());
}

type Counts = (Arc<AtomicUsize>, Arc<AtomicUsize>, Arc<AtomicBool>);

/// Delivers until told to stop; what is told off is tried again under the same number.
async fn send(mut party: Party, task: String, ledger: Arc<Ledger>, (answered, told_off, stop): Counts) {
    for index in 0.. {
        let number = format!("KE{task}-{index}");
        ledger.intend(&format!("KE{task}"), "NL", &number, &number);
        loop {
            match party.deliver(Operation::DeliverEnvelope, &header("KE", "NL", &number), &number).await {
                Ok(answer) => {
                    ledger.answered(&number, &answer.delivery_number);
                    answered.fetch_add(1, Ordering::Relaxed);
                    break;
                }
                Err(CallError::Fault { status: 503, message, .. }) => {
                    assert!(message.contains(TEXT), "{message}");
                    told_off.fetch_add(1, Ordering::Relaxed);
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Err(error) => panic!("{error}"),
            }
        }
        if stop.load(Ordering::Relaxed) {
            return;
        }
    }
}

#[tokio::test]
async fn a_hub_that_starts_in_maintenance_calls_no_member_until_it_ends() {
    let config = "[push]\nallow_private = true\npause_first = \"20 ms\"\npause_max = \"100 ms\"\n";
    let mut hub = TestHub::with(&["KE", "NL"], config, &[]);
    let dir = hub.dir_text().to_owned();
    let head = header("KE", "NL", "KE-1");
    party(&hub, "KE").deliver(Operation::DeliverEnvelope, &head, &certificate("KE", "NL", "KE-1")).await.unwrap();
    assert!(hub.stop().success());
    // Begun while the hub rests: it starts in maintenance.
    phytohub_ok(&["maintenance", "on", &dir, "--text", TEXT]);
    let service = MemberService::start().await;
    let (url, pin) = (service.url(), service.certificate());
    phytohub_ok(&["nppo", "push", &dir, "NL", "--url", &url, "--pin", pin.to_str().unwrap()]);
    hub.restart();
    assert!(hub.log().contains("the hub starts in maintenance"));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(service.received().len(), 0, "no member is called");
    off(&hub);
    assert_eq!(service.until("the envelope", |received| !received.is_empty()).await.len(), 1);
    let (_, page) = ask(&hub, &owner(&hub), "GET /v1/audit?limit=3", "").await;
    let said: Vec<[&str; 2]> = page["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| ["who", "what"].map(|name| entry[name].as_str().unwrap()))
        .collect();
    let hand = "owner at the command line";
    assert_eq!(said, [["owner", "maintenance off"], [hand, "set push"], [hand, "maintenance on"]]);
}
