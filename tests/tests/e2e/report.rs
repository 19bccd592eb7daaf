//! Reports of a hub that runs and of one that rests, against what its parties know.

use std::time::Duration;

use phytohub_model::Day;
use phytohub_model::Timestamp;
use phytohub_server::party::{Acknowledgement, was_accepted};
use phytohub_soap::Operation;
use phytohub_tests::browser::Browser;
use phytohub_tests::hub::{TestHub, phytohub, phytohub_ok};
use phytohub_tests::parties::{certificate, header, party};
use serde_json::{Value, json};

const PRICES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/prices.toml");

/// Today, and the days around it.
fn days() -> [String; 3] {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let today = Day::of(Timestamp(u64::try_from(since.as_millis()).unwrap()));
    [Day(today.0 - 1), today, today.next()].map(|day| day.to_string())
}

/// The arguments of a report over yesterday, today and tomorrow: midnight may come while the test runs.
fn arguments<'a>(hub: &'a TestHub, days: &'a [String; 3], more: &[&'a str]) -> Vec<&'a str> {
    [&["report", hub.dir_text(), "--from", &days[0], "--to", &days[2]], more].concat()
}

fn report(hub: &TestHub, more: &[&str]) -> Value {
    let days = days();
    let arguments = arguments(hub, &days, &[&["--format", "json"], more].concat());
    serde_json::from_str(&phytohub_ok(&arguments)).unwrap()
}

/// What does not depend on when the report was made.
fn lasting(report: &Value) -> Value {
    let parts = ["total", "members", "pairs", "types", "days", "copies", "active_pairs", "reconciles"];
    json!(parts.map(|part| report[part].clone()))
}

/// What the parties of [`a_reported_day`] know of it.
struct Ledger {
    accepted: u64,
    delivered: u64,
    with_warnings: u64,
    not_readable: u64,
    failed: u64,
    pending: u64,
}

/// Deliveries, acknowledgements of each kind, refusals and expiry.
async fn live(hub: &mut TestHub) -> Ledger {
    let (mut sender, mut other, mut receiver) = (party(hub, "KE"), party(hub, "NZ"), party(hub, "NL"));
    let mut numbers = Vec::new();
    for index in 0..12 {
        let number = format!("KE-{index}");
        let mut head = header("KE", "NL", &number);
        head.certificate_status = if index % 4 == 3 { 40 } else { 70 };
        numbers.push(sender.deliver(Operation::DeliverEnvelope, &head, "text").await.unwrap().delivery_number);
    }
    let expiring = other.deliver(Operation::DeliverEnvelope, &header("NZ", "KE", "NZ-1"), "text").await.unwrap();
    // A retry is no envelope more.
    let again = other.deliver(Operation::DeliverEnvelope, &header("NZ", "KE", "NZ-1"), "text").await.unwrap();
    assert_eq!(again.delivery_number, expiring.delivery_number);
    for (index, number) in numbers.iter().enumerate() {
        let acknowledgement = match index {
            0..8 => Acknowledgement::Received,
            8..10 => Acknowledgement::Warning("weight"),
            _ => Acknowledgement::Unreadable("broken"),
        };
        receiver.acknowledge(number, acknowledgement).await.unwrap();
    }
    let refused = sender.deliver(Operation::DeliverEnvelope, &header("KE", "ZZ", "KE-R"), "text").await.unwrap();
    assert!(!was_accepted(&refused));
    let content = certificate("KE", "NL", "KE-77");
    for number in ["KE-V1", "KE-V2"] {
        let head = header("KE", "NL", number);
        let refused = sender.deliver(Operation::ValidateAndDeliverEnvelope, &head, &content).await.unwrap();
        assert!(!was_accepted(&refused), "another certificate's number");
    }
    while other.track(&expiring.delivery_number).await.unwrap().tracking_info == "PendingDelivery" {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // These wait: the hub is told to be more patient first.
    hub.set("PHYTOHUB_FORGET_EXPIRE_AFTER", "14 d");
    assert!(hub.stop().success());
    hub.restart();
    let mut sender = party(hub, "KE");
    for number in ["KE-W1", "KE-W2"] {
        assert!(was_accepted(
            &sender.deliver(Operation::DeliverEnvelope, &header("KE", "NL", number), "text").await.unwrap()
        ));
    }
    Ledger { accepted: 15, delivered: 8, with_warnings: 2, not_readable: 2, failed: 1, pending: 2 }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_says_what_the_parties_know_whether_the_hub_runs_or_rests() {
    let config = "[forget]\nexpire_after = \"3 s\"\n[report]\ncapacity = 500.0\n";
    let mut hub = TestHub::with(&["KE", "NL", "NZ"], config, &["--shards", "3"]);
    let ledger = live(&mut hub).await;
    let running = report(&hub, &["--prices", PRICES]);
    let total = &running["total"];
    let told = ["accepted", "delivered", "with_warnings", "not_readable", "failed", "pending"];
    let told = told.map(|name| total[name].as_u64().unwrap());
    let Ledger { accepted, delivered, with_warnings, not_readable, failed, pending } = ledger;
    assert_eq!(told, [accepted, delivered, with_warnings, not_readable, failed, pending]);
    assert_eq!(accepted, delivered + with_warnings + not_readable + failed + pending);
    assert_eq!((&running["reconciles"], &running["active_pairs"]), (&json!(true), &json!(2)), "{running:#}");
    assert!(total["dwell"]["p99_seconds"].as_f64().is_some_and(|seconds| seconds < 60.0), "{total}");
    let names: Vec<_> =
        running["types"].as_array().unwrap().iter().map(|line| line["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["851:70 Phytosanitary certificate, issued", "851:40 Phytosanitary certificate, withdrawn"]);
    // What the hub noted before it was restarted: whose deliveries it did not accept, and for which rules.
    let refused: Vec<_> = running["refusals"]["by_member"].as_array().unwrap().iter().map(Value::to_string).collect();
    let named = |name: &str, count: u64| json!({"member": "KE", "name": name, "count": count}).to_string();
    assert_eq!(refused, [named("invalid", 2), named("destination_unknown", 1)]);
    let rules = running["refusals"]["by_rule"].as_array().unwrap();
    assert!(rules.iter().any(|rule| rule["count"] == 2), "{rules:?}");
    assert_eq!(running["quality"][0]["judged"], 2, "{}", running["quality"]);
    assert_eq!(running["capacity"]["proven_per_second"], 500.0);
    assert!(running["capacity"]["peak_per_second"].as_u64().is_some_and(|peak| peak > 0), "{}", running["capacity"]);
    let shares = running["money"]["splits"][1]["shares"].as_array().unwrap();
    assert_eq!(shares.len(), 3);
    assert!(hub.stop().success());
    let resting = report(&hub, &["--prices", PRICES]);
    assert_eq!(lasting(&resting), lasting(&running));
    let noted = resting["reconciliation"].as_array().unwrap().last().unwrap();
    assert_eq!((&noted["left"], &noted["right"], &noted["agrees"]), (&json!(15), &json!(15), &json!(true)), "{noted}");
    // It left the directory as it was: the hub starts and knows the same.
    hub.restart();
    assert_eq!(lasting(&report(&hub, &[])), lasting(&running));
    hub.kill();
    assert_eq!(lasting(&report(&hub, &[])), lasting(&running), "nor does a crash change it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_written_and_a_browser_finds_nothing_wrong_with_it() {
    let hub = TestHub::start(&["KE", "NL"]);
    let (mut sender, mut receiver) = (party(&hub, "KE"), party(&hub, "NL"));
    let answer = sender.deliver(Operation::DeliverEnvelope, &header("KE", "NL", "KE-1"), "text").await.unwrap();
    receiver.acknowledge(&answer.delivery_number, Acknowledgement::Received).await.unwrap();
    let (days, file) = (days(), hub.dir().join("report.html"));
    let file_text = file.to_str().unwrap().to_owned();
    let told = phytohub_ok(&arguments(&hub, &days, &["--prices", PRICES, "--out", &file_text]));
    assert!(told.contains(&file_text), "{told}");
    let csv = phytohub_ok(&arguments(&hub, &days, &["--by", "pair", "--format", "csv"]));
    assert!(csv.starts_with("pair,accepted,") && csv.contains("\r\nKE to NL,1,1,0,0,0,0,"), "{csv}");
    tokio::task::spawn_blocking(move || {
        let browser = Browser::start(1280, 900);
        for phone in [false, true] {
            if phone {
                browser.dark_phone(420, 900);
            }
            browser.open(&format!("file://{file_text}"));
            assert_eq!(browser.run("return document.querySelectorAll('figure.plot > svg').length"), json!(5));
            let wide = browser.run("return document.documentElement.scrollWidth - window.innerWidth");
            assert!(wide.as_i64().is_some_and(|wide| wide <= 0), "the page scrolls sideways by {wide}");
            let text = browser.text("main");
            for part in ["the hub accepted 1 envelope, exchanged by 2 members", "Reconciliation", "USD"] {
                assert!(text.contains(part), "{part}: {text}");
            }
            assert_eq!(browser.log(), Vec::<String>::new(), "its policy forbids it nothing that it wants");
        }
    })
    .await
    .unwrap();
}

#[test]
fn what_cannot_be_reported_is_refused_with_its_reason() {
    let mut hub = TestHub::start(&["KE"]);
    let prices = hub.dir().join("prices.toml");
    std::fs::write(&prices, "currency = 'EUR'\n[cost]\nfixed_mnth = 3\n").unwrap();
    let prices = prices.to_str().unwrap().to_owned();
    for runs in [true, false] {
        if !runs {
            assert!(hub.stop().success());
        }
        for (arguments, reason) in [
            (&["--from", "2026-02-30", "--to", "2026-03-01"][..], "from '2026-02-30' is no day of the calendar"),
            (&["--from", "2026-03-02", "--to", "2026-03-01"], "lies before"),
            (&["--from", "2999-01-01", "--to", "2999-01-02"], "lies ahead"),
            (&["--from", "2026-01-01", "--to", "2026-01-31", "--by", "mood"], "mood"),
            (&["--from", "2026-01-01", "--to", "2026-01-31", "--format", "pdf"], "pdf"),
            (&["--from", "2026-01-01", "--to", "2026-01-31", "--prices", &prices], "fixed_mnth"),
            (&["--from", "2026-01-01", "--to", "2026-01-31", "--prices", "no-such-file"], "no-such-file"),
        ] {
            let output = phytohub(&[&["report", hub.dir_text()], arguments].concat());
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success() && error.contains(reason), "{arguments:?}: {error}");
            assert!(output.stdout.is_empty());
        }
    }
    let nowhere = phytohub(&["report", "/nonexistent", "--from", "2026-01-01", "--to", "2026-01-31"]);
    assert!(String::from_utf8_lossy(&nowhere.stderr).contains("no hub's directory"));
}
