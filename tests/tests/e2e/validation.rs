//! How certificates are judged, as the section `[validation]` says.

use phytohub_model::HeaderFields;
use phytohub_server::party::was_accepted;
use phytohub_soap::Operation;
use phytohub_tests::hub::{TestHub, phytohub, phytohub_ok};
use phytohub_tests::parties::{certificate, header, party};

/// Waits until a metric has a value; what is judged beside the way is counted a moment later.
async fn wait_for(hub: &TestHub, metric: &str, value: f64) {
    for attempt in 0.. {
        if hub.metrics().await.contains(metric) && hub.metric(metric).await == value {
            return;
        }
        assert!(attempt < 100, "{metric}: {}", hub.metrics().await);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// A certificate with a unit that is none.
fn with_bad_unit() -> String {
    let content = certificate("KE", "NL", "KE-1").replace("unitCode=\"KGM\"", "unitCode=\"QQQ\"");
    assert!(content.contains("QQQ"), "the certificate has a unit");
    content
}

const BROKEN: &str = "phytohub_findings_total{from=\"KE\",rule=\"unit-code\",level=\"SEVERE\"}";
const JUDGED: &str = "phytohub_judged_total{from=\"KE\",verdict=\"findings\"}";

#[tokio::test]
async fn what_is_refused_is_counted_by_sender_and_rule() {
    let hub = TestHub::start(&["KE", "NL"]);
    let mut sender = party(&hub, "KE");
    let head = header("KE", "NL", "KE-1");
    let answer = sender.deliver(Operation::ValidateAndDeliverEnvelope, &head, &with_bad_unit()).await.unwrap();
    assert!(!was_accepted(&answer) && answer.error_message.contains("unit-code"), "{}", answer.error_message);
    assert_eq!((hub.metric(BROKEN).await, hub.metric(JUDGED).await), (1.0, 1.0));
}

#[tokio::test]
async fn an_observing_hub_refuses_nothing_and_counts_what_it_finds() {
    let hub = TestHub::with(&["KE", "NL"], "[validation]\nmode = \"observe\"\n", &[]);
    let mut sender = party(&hub, "KE");
    for (operation, number, count) in
        [(Operation::ValidateAndDeliverEnvelope, "KE-1", 1.0), (Operation::DeliverEnvelope, "KE-2", 2.0)]
    {
        let answer = sender.deliver(operation, &header("KE", "NL", number), &with_bad_unit()).await.unwrap();
        assert!(was_accepted(&answer), "{}", answer.error_message);
        wait_for(&hub, JUDGED, count).await;
        assert_eq!(hub.metric(BROKEN).await, count);
    }
    // The certificate's own number is the first one's.
    let other = "phytohub_findings_total{from=\"KE\",rule=\"header-number\",level=\"SEVERE\"}";
    assert_eq!(hub.metric(other).await, 1.0);
    // A retry is the same delivery, so it is not counted again.
    let head = header("KE", "NL", "KE-2");
    assert!(was_accepted(&sender.deliver(Operation::DeliverEnvelope, &head, &with_bad_unit()).await.unwrap()));
    let head = header("KE", "NL", "KE-3");
    assert!(was_accepted(&sender.deliver(Operation::DeliverEnvelope, &head, "<").await.unwrap()));
    wait_for(&hub, JUDGED, 3.0).await;
    assert_eq!(hub.metric("phytohub_not_judged_total").await, 0.0);
}

#[tokio::test]
async fn a_module_judges_in_the_place_of_the_native_validator() {
    let mut hub = TestHub::resting(&["KE", "NL"], &[]);
    std::fs::write(hub.dir().join("phytoval.wasm"), phytoval_host::MODULE_SIMD).unwrap();
    std::fs::write(hub.dir().join("overlay.txt"), "# profile: national\nunit-code = warning\n").unwrap();
    hub.configure("[validation]\nvalidator = \"phytoval.wasm\"\nprofile = \"overlay.txt\"\n");
    hub.restart();
    let mut sender = party(&hub, "KE");
    let findings = sender.validate(&with_bad_unit()).await.unwrap();
    assert!(findings.iter().any(|finding| finding.message.contains("unit-code")), "{findings:?}");
    let head = header("KE", "NL", "KE-1");
    let answer = sender.deliver(Operation::ValidateAndDeliverEnvelope, &head, "<a>").await.unwrap();
    assert!(!was_accepted(&answer) && answer.error_message.contains("Line 1"), "{}", answer.error_message);
    let answer = sender.deliver(Operation::ValidateAndDeliverEnvelope, &head, &with_bad_unit()).await.unwrap();
    assert!(was_accepted(&answer), "by its profile a unit is only warned of: {}", answer.error_message);
    assert_eq!(hub.metric(&BROKEN.replace("SEVERE", "WARNING")).await, 1.0);
}

#[tokio::test]
async fn lists_from_files_judge_and_are_answered() {
    let mut hub = TestHub::resting(&["KE", "NL"], &[]);
    let list = "# adds-to: unit-measures\n# source: a test\n# edition: 2030-01-01\n# valid-from: 2030-01-01\n\
                code,kind,symbol,text\nQQQ,WEIGHT,q,a weight of ours\n";
    std::fs::write(hub.dir().join("units.csv"), list).unwrap();
    hub.configure("[validation]\nlists = [\"units.csv\"]\n");
    hub.restart();
    let mut sender = party(&hub, "KE");
    let rows = sender.list(Operation::GetUnitMeasures).await.unwrap();
    assert!(10 < rows.len() && rows.iter().any(|row| row.code == "QQQ"), "{rows:?}");
    let findings = sender.validate(&with_bad_unit()).await.unwrap();
    assert!(!findings.iter().any(|finding| finding.message.contains("unit-code")), "{findings:?}");
}

#[tokio::test]
async fn each_document_type_is_judged_by_its_own_profile() {
    let mut hub = TestHub::resting(&["KE", "NL"], &[]);
    std::fs::write(hub.dir().join("phytoval.wasm"), phytoval_host::MODULE).unwrap();
    std::fs::write(hub.dir().join("permits.txt"), "# profile: permits\n# base: lenient\nunit-code = severe\n").unwrap();
    for module in [false, true] {
        if module {
            hub.configure("[validation]\nvalidator = \"phytoval.wasm\"\n");
        }
        hub.restart();
        let mut sender = party(&hub, "KE");
        let mut passes = async |kind: i32| {
            let number = format!("KE-{kind}-{module}");
            let content = with_bad_unit().replace("KE-1", &number).replace(">851<", &format!(">{kind}<"));
            let head = HeaderFields { certificate_type: kind, ..header("KE", "NL", &number) };
            let answer = sender.deliver(Operation::ValidateAndDeliverEnvelope, &head, &content).await.unwrap();
            assert!(was_accepted(&answer) || answer.error_message.contains("unit-code"), "{}", answer.error_message);
            was_accepted(&answer)
        };
        // Phytosanitary certificates by the profile in force; of others only syntax and structure are known.
        assert!(!passes(851).await && !passes(657).await);
        assert!(passes(853).await && passes(777).await);
        let set = |kind: &str, profile: &str| {
            phytohub(&["document", "set", hub.dir_text(), kind, "--name", "a document", "--profile", profile])
        };
        assert!(set("911", "permits.txt").status.success());
        assert!(!passes(911).await, "by the overlay that its type names");
        assert!(set("911", "lenient").status.success());
        assert!(passes(911).await);
        let refused = set("911", "none.txt");
        assert!(String::from_utf8_lossy(&refused.stderr).contains("none.txt"), "{refused:?}");
        // A country response, which is no certificate at all.
        let head = HeaderFields { certificate_type: 312, ..header("KE", "NL", &format!("KE-312-{module}")) };
        let day = phytohub_certificates::Day { year: 2026, month: 11, day: 1 };
        let kind = phytohub_certificates::Kind::Export;
        let response = phytohub_certificates::acknowledgement(1, "NL-1", kind, 39, day);
        let answer = sender.deliver(Operation::ValidateAndDeliverEnvelope, &head, &response).await.unwrap();
        assert!(was_accepted(&answer), "{}", answer.error_message);
    }
}

/// `phytohub validator`, which must end well.
fn validator(hub: &TestHub, command: &str, more: &[&str]) -> String {
    phytohub_ok(&[&["validator", command, hub.dir_text()], more].concat())
}

#[tokio::test]
async fn a_shadow_shows_what_it_would_change_and_changes_it_once_activated() {
    let hub = TestHub::start(&["KE", "NL"]);
    std::fs::write(hub.dir().join("phytoval.wasm"), phytoval_host::MODULE).unwrap();
    let overlay = hub.dir().join("overlay.txt");
    std::fs::write(&overlay, "# profile: national\nunit-code = warning\n").unwrap();
    let (module, overlay) = (hub.dir().join("phytoval.wasm"), overlay.to_str().unwrap().to_owned());
    let mut sender = party(&hub, "KE");
    let mut deliver = async |operation, number: &str, content: &str| {
        was_accepted(&sender.deliver(operation, &header("KE", "NL", number), content).await.unwrap())
    };
    assert!(validator(&hub, "show", &[]).contains("shadow: none"));
    let shown = validator(&hub, "shadow", &["--module", module.to_str().unwrap(), "--profile", &overlay]);
    assert!(shown.contains("phytoval.wasm") && shown.contains("0 deliveries judged by both"), "{shown}");
    assert!(deliver(Operation::DeliverEnvelope, "KE-1", &with_bad_unit()).await);
    assert!(deliver(Operation::ValidateAndDeliverEnvelope, "KE-9", &certificate("KE", "NL", "KE-9")).await);
    let mut report = serde_json::Value::Null;
    for attempt in 0.. {
        report = serde_json::from_str(&validator(&hub, "show", &["--json"])).unwrap();
        if report["shadow"]["judged"] == 2 {
            break;
        }
        assert!(attempt < 100, "{report}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(report["shadow"]["differing"], 1, "{report}");
    let class = &report["shadow"]["classes"][0];
    assert_eq!((&class["from"], &class["judged"], &class["no_longer_refused"]), (&"KE".into(), &2.into(), &1.into()));
    let rule = |level: &str, only_active: u64, only_candidate: u64| {
        serde_json::json!({
            "rule": "unit-code", "level": level, "only_active": only_active, "only_candidate": only_candidate
        })
    };
    assert_eq!(class["rules"], serde_json::json!([rule("WARNING", 0, 1), rule("SEVERE", 1, 0)]));
    assert!(validator(&hub, "show", &[]).contains("1 no longer refused"));
    // Not in force yet.
    assert!(!deliver(Operation::ValidateAndDeliverEnvelope, "KE-1", &with_bad_unit()).await);
    let said = validator(&hub, "activate", &[]);
    assert!(said.contains("[validation]") && said.contains("shadow: none"), "{said}");
    let other = with_bad_unit().replace("KE-1", "KE-2");
    assert!(deliver(Operation::ValidateAndDeliverEnvelope, "KE-2", &other).await, "it is only warned of now");
}

#[test]
fn a_candidate_that_cannot_be_used_changes_nothing() {
    let hub = TestHub::start(&["KE"]);
    let path = hub.dir().join("broken.wasm");
    std::fs::write(&path, "no module").unwrap();
    for (arguments, says) in [
        (&["shadow", hub.dir_text(), "--module", path.to_str().unwrap()] as &[&str], "no WebAssembly module"),
        (&["shadow", hub.dir_text(), "--profile", "loud"], "ippc, lenient, strict"),
        (&["activate", hub.dir_text()], "there is no candidate"),
        (&["stop", hub.dir_text()], "there is no candidate"),
    ] {
        let output = phytohub(&[&["validator"], arguments].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(says), "{said}");
    }
    assert!(validator(&hub, "show", &[]).contains("active: the native validator, profile ippc\nshadow: none"));
    validator(&hub, "shadow", &["--profile", "strict"]);
    assert!(validator(&hub, "stop", &[]).contains("shadow: none"));
    let resting = TestHub::resting(&["KE"], &[]);
    let output = phytohub(&["validator", "show", resting.dir_text()]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("no hub runs"), "{output:?}");
}

#[test]
fn a_hub_with_a_file_that_it_cannot_use_does_not_start_and_says_which() {
    let mut hub = TestHub::resting(&["KE"], &[]);
    hub.configure("[validation]\nvalidator = \"none.wasm\"\n");
    assert!(hub.try_start().is_err());
    assert!(hub.log().contains("none.wasm: it cannot be read"), "{}", hub.log());
}
