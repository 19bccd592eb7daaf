//! The sandbox looks on while a candidate shows what it can, and a live hub asks for the proof.

use phytohub_model::HeaderFields;
use phytohub_server::party::Acknowledgement;
use phytohub_soap::Operation;
use phytohub_tests::hub::{TestHub, phytohub, phytohub_ok};
use phytohub_tests::parties::{header, party};
use phytohub_tests::service::{MemberService, Reaction, Received};
use serde_json::Value;

fn sandbox(members: &[&str]) -> TestHub {
    TestHub::with(members, "", &["--sandbox"])
}

fn complaint(arguments: &[&str]) -> String {
    let output = phytohub(arguments);
    assert!(!output.status.success(), "{arguments:?} should be refused");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn report(hub: &TestHub, code: &str) -> Value {
    let text = phytohub_ok(&["onboarding", "show", hub.dir_text(), code, "--format", "json"]);
    serde_json::from_str(&text).unwrap()
}

fn case<'r>(report: &'r Value, id: &str) -> &'r Value {
    report["cases"].as_array().unwrap().iter().find(|case| case["id"] == id).unwrap()
}

fn is_active(hub: &TestHub, code: &str) -> bool {
    let text = phytohub_ok(&["nppo", "show", hub.dir_text(), code, "--json"]);
    serde_json::from_str::<Value>(&text).unwrap()["active"].as_bool().unwrap()
}

#[test]
fn a_candidate_passes_the_script_and_goes_live_by_its_signed_report() {
    let mut hub = sandbox(&["NZ"]);
    let dir = hub.dir_text().to_owned();
    let said = phytohub_ok(&["onboarding", "run", &dir, "NZ"]);
    assert!(said.contains("NZ is green") && !said.contains("FAIL"), "{said}");

    let shown = report(&hub, "NZ");
    assert_eq!(shown["green"], true);
    let passed = &case(&shown, "withdraw")["passed"];
    assert_eq!(passed["operation"], "ValidateAndDeliverEnvelope");
    assert!(passed["number"].as_str().unwrap().len() > 20 && passed["at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(case(&shown, "push")["passed"], Value::Null, "what may be left out is not passed by that");
    let dialect = &shown["dialects"][0]["dialect"];
    assert_eq!((dialect["http"].as_str(), dialect["framing"].as_str()), (Some("HTTP/1.1"), Some("length")));

    // What was shown is there after a restart, and while the hub rests.
    hub.restart();
    assert_eq!(report(&hub, "NZ")["green"], true);
    hub.stop();
    let page = phytohub_ok(&["onboarding", "show", &dir, "NZ", "--format", "html"]);
    assert!(page.contains("NZ is green") && page.starts_with("<!doctype html>"), "{page}");
    assert!(phytohub_ok(&["onboarding", "list", &dir]).contains("NZ is green"));

    let proof = hub.dir().join("proof.json");
    let proof = proof.to_str().unwrap();
    phytohub_ok(&["onboarding", "export", &dir, "NZ", "--out", proof]);
    let pem = hub.pki("hub.pem");
    let pem = pem.to_str().unwrap();
    assert!(phytohub_ok(&["onboarding", "verify", proof, "--certificate", pem]).contains("signature holds"));

    let live = TestHub::with(&["KE"], &format!("[onboarding]\nsandbox_certificate = {pem:?}\n"), &[]);
    goes_live(&live, proof);
}

fn goes_live(live: &TestHub, proof: &str) {
    let dir = live.dir_text();
    assert!(phytohub_ok(&["nppo", "add", dir, "NZ"]).contains("not active yet"));
    assert!(!is_active(live, "NZ"));
    let error = complaint(&["nppo", "activate", dir, "NZ"]);
    assert!(error.contains("--proof") && error.contains("--override"), "{error}");

    let text = std::fs::read_to_string(proof).unwrap();
    let tampered = live.dir().join("tampered.json");
    std::fs::write(&tampered, text.replacen("\"code\": \"NZ\"", "\"code\": \"FJ\"", 1)).unwrap();
    let tampered = tampered.to_str().unwrap();
    phytohub_ok(&["nppo", "add", dir, "FJ"]);
    let error = complaint(&["nppo", "activate", dir, "FJ", "--proof", tampered]);
    assert!(error.contains("changed after it was signed"), "{error}");
    let error = complaint(&["nppo", "activate", dir, "FJ", "--proof", proof]);
    assert!(error.contains("about NZ"), "{error}");
    assert!(!is_active(live, "FJ"));

    phytohub_ok(&["nppo", "activate", dir, "NZ", "--proof", proof]);
    assert!(is_active(live, "NZ"));
    phytohub_ok(&["nppo", "deactivate", dir, "NZ"]);
    phytohub_ok(&["nppo", "activate", dir, "NZ"]);
    assert!(is_active(live, "NZ"), "who proved itself once comes back without");

    assert!(complaint(&["nppo", "activate", dir, "FJ", "--override", " "]).contains("reason"));
    phytohub_ok(&["nppo", "activate", dir, "FJ", "--override", "connected since 2019, letter 12/3"]);
    assert!(is_active(live, "FJ"));
    assert!(live.log().contains("connected since 2019"), "an override is told: {}", live.log());
}

#[tokio::test]
async fn a_candidate_that_does_one_case_wrong_stays_red_and_reads_what_to_do() {
    let hub = sandbox(&["NZ"]);
    let dir = hub.dir_text();
    let error = complaint(&["onboarding", "run", dir, "NZ", "--except", "withdraw"]);
    assert!(error.contains("NZ is not green") && error.contains("1 required case is missing"), "{error}");
    let mut candidate = party(&hub, "NZ");
    let head = HeaderFields { certificate_status: 40, ..header("NZ", "XA", "NZ-NEVER-ISSUED") };
    candidate.deliver(Operation::DeliverEnvelope, &head, "text").await.unwrap();
    let shown = report(&hub, "NZ");
    let withdraw = case(&shown, "withdraw");
    assert_eq!((&shown["green"], &withdraw["passed"]), (&Value::Bool(false), &Value::Null));
    let seen = withdraw["last"]["text"].as_str().unwrap();
    assert!(seen.contains("NZ-NEVER-ISSUED") && seen.contains("status 70 first"), "{seen}");
    let text = phytohub_ok(&["onboarding", "show", dir, "NZ"]);
    assert!(text.contains("TODO withdraw") && text.contains("to do: Deliver a certificate with status 70"), "{text}");
}

#[tokio::test]
async fn an_envelope_taken_by_push_and_acknowledged_is_seen() {
    let config = "pause_first = \"20 ms\"\npause_max = \"100 ms\"\n";
    let hub = TestHub::with(&["NZ"], config, &["--sandbox"]);
    let service = MemberService::start().await;
    service.react(&[Reaction::Refuse], Reaction::Take);
    let (url, pin) = (service.url(), service.certificate());
    phytohub_ok(&["nppo", "push", hub.dir_text(), "NZ", "--url", &url, "--pin", pin.to_str().unwrap()]);
    let took = |received: &[Received]| received.iter().any(|received| received.reaction == Reaction::Take);
    let received = service.until("an envelope of XB's", took).await;
    let taken = received.iter().find(|received| received.reaction == Reaction::Take).unwrap();
    assert_eq!(taken.header.from, "XB");
    let number = taken.header.delivery_number.clone();
    let mut candidate = party(&hub, "NZ");
    for attempt in 0.. {
        let last = case(&report(&hub, "NZ"), "push")["last"]["text"].as_str().unwrap_or_default().to_owned();
        if last.contains("now acknowledge") {
            break;
        }
        assert!(attempt < 200, "the push is not seen: {last}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    candidate.acknowledge(&number, Acknowledgement::Received).await.unwrap();
    assert_eq!(case(&report(&hub, "NZ"), "push")["passed"]["number"].as_str(), Some(number.as_str()));
}

/// An envelope to XB, once it is pushed with that outcome; its number.
async fn pushed_to_sending_partner(hub: &TestHub, outcome: &str) -> String {
    let mut candidate = party(hub, "NZ");
    let head = header("NZ", "XB", &format!("NZ-{outcome}"));
    let answer = candidate.deliver(Operation::DeliverEnvelope, &head, "text").await.unwrap();
    let metric = format!("phytohub_pushed_total{{to=\"XB\",outcome=\"{outcome}\"}}");
    for attempt in 0.. {
        if hub.metric(&metric).await > 0.0 {
            break;
        }
        assert!(attempt < 600, "{metric} is not counted");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    answer.delivery_number
}

#[tokio::test]
async fn the_sending_partner_takes_pushes_and_acknowledges_or_refuses_as_it_is_set() {
    let mut hub = sandbox(&["NZ"]);
    let number = pushed_to_sending_partner(&hub, "answered").await;
    let mut candidate = party(&hub, "NZ");
    for attempt in 0.. {
        if candidate.track(&number).await.unwrap().tracking_info == "Delivered" {
            break;
        }
        assert!(attempt < 600, "XB does not acknowledge");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    hub.set("PHYTOHUB_ONBOARDING_XB", "refuse");
    hub.restart();
    let number = pushed_to_sending_partner(&hub, "refused").await;
    assert_eq!(party(&hub, "NZ").track(&number).await.unwrap().tracking_info, "PendingDelivery");
}

#[test]
fn a_live_hub_keeps_no_check_lists_and_says_so() {
    let hub = TestHub::start(&["KE"]);
    let error = complaint(&["onboarding", "show", hub.dir_text(), "KE"]);
    assert!(error.contains("no sandbox") && error.contains("--sandbox"), "{error}");
    assert!(!hub.dir().join("onboarding").exists(), "and spends nothing on them");
}
