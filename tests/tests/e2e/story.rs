//! One member's way, as an operator lives it: proved in the sandbox, live, pushed to through a flaky service, one
//! envelope parked and delivered again from the console, its certificate rotated, a code list announced, tried and
//! put in force, and at the end a report whose figures are those of the ledger.

use phytohub_model::{Day, Timestamp};
use phytohub_server::party::{Acknowledgement, Party, was_accepted};
use phytohub_server::pki::ThrowAwayCa;
use phytohub_soap::Operation;
use phytohub_tests::browser::Browser;
use phytohub_tests::hub::{TestHub, phytohub_ok};
use phytohub_tests::parties::{certificate, header, party};
use phytohub_tests::service::{MemberService, Reaction, Received};
use serde_json::{Value, json};

const CONFIG: &str = "[push]\nallow_private = true\npause_first = \"20 ms\"\npause_max = \"100 ms\"\n\
                      answer_timeout = \"500 ms\"\npark_refusals = 2\npark_unclear = 50\n";

/// What the parties know.
#[derive(Default)]
struct Ledger {
    accepted: Vec<String>,
    delivered: u64,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_member_from_the_sandbox_to_the_months_report() {
    let mut sandbox = TestHub::with(&["NZ"], "", &["--sandbox"]);
    let (hub, keys) = goes_live(&mut sandbox);
    let service = MemberService::start().await;
    let mut ledger = Ledger::default();
    receives_by_push(&hub, &service, &mut ledger).await;
    let parked = is_parked(&hub, &service, &mut ledger).await;
    redelivered_from_the_console(&hub, &service, &parked).await;
    rotates_its_certificate(&hub, &keys, &mut ledger).await;
    a_list_changes(&hub, &mut ledger).await;
    the_report_agrees(&hub, &ledger);
}

/// Green in the sandbox, then active on the live hub by the signed report. Gives the live hub and the member's first
/// pair, which is that of the sandbox.
fn goes_live(sandbox: &mut TestHub) -> (TestHub, [std::path::PathBuf; 2]) {
    let said = phytohub_ok(&["onboarding", "run", sandbox.dir_text(), "NZ"]);
    assert!(said.contains("NZ is green"), "{said}");
    let proof = sandbox.dir().join("proof.json");
    let proof = proof.to_str().unwrap();
    phytohub_ok(&["onboarding", "export", sandbox.dir_text(), "NZ", "--out", proof]);
    let pem = sandbox.pki("hub.pem");
    let config = format!("{CONFIG}[onboarding]\nsandbox_certificate = {:?}\n", pem.to_str().unwrap());
    let hub = TestHub::with(&["KE"], &config, &[]);
    phytohub_ok(&["nppo", "add", hub.dir_text(), "NZ", "--name", "Aotearoa"]);
    let keys = ["pem", "key"].map(|kind| sandbox.pki(&format!("nppo-NZ.{kind}")));
    phytohub_ok(&["nppo", "certificate", "add", hub.dir_text(), "NZ", keys[0].to_str().unwrap()]);
    phytohub_ok(&["nppo", "activate", hub.dir_text(), "NZ", "--proof", proof]);
    (hub, keys)
}

async fn deliver(hub: &TestHub, number: &str, ledger: &mut Ledger) -> String {
    let content = certificate("KE", "NZ", number);
    let mut sender = party(hub, "KE");
    let answer = sender.deliver(Operation::DeliverEnvelope, &header("KE", "NZ", number), &content).await.unwrap();
    assert!(was_accepted(&answer), "{}", answer.error_message);
    ledger.accepted.push(answer.delivery_number.clone());
    answer.delivery_number
}

fn taken(received: &[Received]) -> Vec<&str> {
    let taken = received.iter().filter(|received| received.reaction == Reaction::Take);
    taken.map(|received| received.header.certificate_number.as_str()).collect()
}

async fn receives_by_push(hub: &TestHub, service: &MemberService, ledger: &mut Ledger) {
    let (url, pin) = (service.url(), service.certificate());
    service
        .react(&[Reaction::Busy, Reaction::BreakOff, Reaction::Hang, Reaction::Take, Reaction::Busy], Reaction::Take);
    phytohub_ok(&["nppo", "push", hub.dir_text(), "NZ", "--url", &url, "--pin", pin.to_str().unwrap()]);
    for number in ["KE-1", "KE-2", "KE-3"] {
        deliver(hub, number, ledger).await;
    }
    let received = service.until("all three", |received| taken(received).len() >= 3).await;
    assert_eq!(taken(&received), ["KE-1", "KE-2", "KE-3"], "in order, whatever the service did in between");
}

async fn is_parked(hub: &TestHub, service: &MemberService, ledger: &mut Ledger) -> String {
    service.react_to("KE-BAD", Some(Reaction::Refuse));
    let bad = deliver(hub, "KE-BAD", ledger).await;
    deliver(hub, "KE-4", ledger).await;
    service.until("the one behind it", |received| taken(received).ends_with(&["KE-4"])).await;
    bad
}

async fn redelivered_from_the_console(hub: &TestHub, service: &MemberService, bad: &str) {
    service.react_to("KE-BAD", None);
    let token = std::fs::read_to_string(hub.dir().join("admin.token")).unwrap();
    let address = format!("http://{}/", hub.admin());
    let number = bad.to_owned();
    let browsing = tokio::task::spawn_blocking(move || {
        let browser = Browser::start(1400, 1000);
        browser.open(&address);
        browser.wait("document.querySelector('#token')");
        browser.type_into("#token", token.trim());
        browser.click("form [type=submit]");
        browser.wait("document.querySelector('#view h1')?.textContent === 'Overview'");
        browser.run("location.hash = '#/members'");
        browser.wait("document.querySelector('#view').innerText.includes('Aotearoa')");
        browser.run(&format!("location.hash = '#/envelope/{number}'"));
        browser.wait("document.querySelector('#view').innerText.includes('this certificate is not for us')");
        browser.run("location.hash = '#/failed'");
        browser.wait("document.querySelectorAll('.group-redeliver').length === 1");
        browser.click(".group-redeliver");
        browser.click("dialog [type=submit]");
        browser.wait("document.querySelector('#said').innerText.includes('delivered again')");
        browser.screenshot(&std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("story-failed.png"));
    });
    browsing.await.unwrap();
    service.until("the parked one", |received| taken(received).ends_with(&["KE-BAD"])).await;
}

/// The new pair is registered, used for acknowledging, and the old one revoked.
async fn rotates_its_certificate(hub: &TestHub, old: &[std::path::PathBuf; 2], ledger: &mut Ledger) {
    let mut before = Party::with_keys(hub.dir(), hub.soap(), "NZ", &old[0], &old[1]).unwrap();
    before.acknowledge(&ledger.accepted[0], Acknowledgement::Received).await.unwrap();
    let pair = ThrowAwayCa::new().unwrap().member("NZ").unwrap();
    let [pem, key] = ["nppo-NZ.pem", "nppo-NZ.key"].map(|name| hub.pki(name));
    std::fs::write(&pem, pair.certificate).unwrap();
    std::fs::write(&key, pair.key).unwrap();
    phytohub_ok(&["nppo", "certificate", "add", hub.dir_text(), "NZ", pem.to_str().unwrap()]);
    let mut after = party(hub, "NZ");
    before.acknowledge(&ledger.accepted[1], Acknowledgement::Received).await.unwrap();
    after.acknowledge(&ledger.accepted[2], Acknowledgement::Received).await.unwrap();
    phytohub_ok(&["nppo", "certificate", "revoke", hub.dir_text(), "NZ", old[0].to_str().unwrap()]);
    assert!(before.active_nppos().await.is_err(), "the old one has ended");
    after.acknowledge(&ledger.accepted[3], Acknowledgement::Received).await.unwrap();
    ledger.delivered = 4;
}

/// A list of units without the kilogram is announced, judges in shadow, and is put in force.
async fn a_list_changes(hub: &TestHub, ledger: &mut Ledger) {
    let list = hub.dir().parent().unwrap().join("units.csv");
    let text = "# list: unit-measures\n# source: a test\n# edition: 2026-02-01\n# valid-from: 2026-01-01\n\
                code,kind,symbol,text\nTNE,WEIGHT,,tonne\nMTQ,VOLUME,,cubic metre\n";
    std::fs::write(&list, text).unwrap();
    let change = |command: &str, more: &[&str]| phytohub_ok(&[&["change", command, hub.dir_text()], more].concat());
    change("announce", &[list.to_str().unwrap(), "--title", "Tonnes"]);
    change("shadow", &["1"]);
    deliver(hub, "KE-5", ledger).await;
    for attempt in 0.. {
        let report: Value = serde_json::from_str(&change("report", &["1", "--format", "json"])).unwrap();
        if report["seen"]["newly_refused"].as_u64() >= Some(1) {
            break;
        }
        assert!(attempt < 300, "the shadow saw nothing: {report}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    change("activate", &["1"]);
    let content = certificate("KE", "NZ", "KE-6");
    let head = header("KE", "NZ", "KE-6");
    let answer = party(hub, "KE").deliver(Operation::ValidateAndDeliverEnvelope, &head, &content).await.unwrap();
    assert!(answer.error_message.contains("unit-code"), "{}", answer.error_message);
}

/// Accepted, delivered and waiting as the parties have it, and reconciled.
fn the_report_agrees(hub: &TestHub, ledger: &Ledger) {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let today = Day::of(Timestamp(u64::try_from(since.as_millis()).unwrap()));
    // Midnight may come while the test runs.
    let [from, to] = [Day(today.0 - 1), today.next()].map(|day| day.to_string());
    let report = phytohub_ok(&["report", hub.dir_text(), "--from", &from, "--to", &to, "--format", "json"]);
    let report: Value = serde_json::from_str(&report).unwrap();
    let accepted = ledger.accepted.len() as u64;
    let total = &report["total"];
    let told = ["accepted", "delivered", "failed", "pending"].map(|name| total[name].as_u64().unwrap());
    assert_eq!(told, [accepted, ledger.delivered, 0, accepted - ledger.delivered], "{total}");
    assert_eq!(report["reconciles"], json!(true));
}
