//! What an operator is told: real hub, a webhook and a mail server that keep what they get.

use std::time::Duration;

use phytohub_alert::{AlertSettings, Message, RULES, RuleId, What, prometheus};
use phytohub_server::party::Acknowledgement;
use phytohub_soap::Operation;
use phytohub_tests::hub::{TestHub, phytohub, phytohub_ok};
use phytohub_tests::parties::{certificate, header, party};
use phytohub_tests::sinks::{Manner, Received, Sink, acceptor};

/// Settings of a hub that is quick to tell.
fn settings(webhook: &Sink, mail: &Sink, more: &str) -> String {
    format!(
        "[alerts]\nname = \"test hub\"\nevery = \"1 s\"\n{more}\n\
         [alerts.webhook]\nurl = \"http://127.0.0.1:{}/hook\"\nplain_on_loopback = true\nsecret = \"open sesame\"\n\
         [alerts.mail]\nserver = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"hub@example.org\"\n\
         to = [\"duty@example.org\"]\n",
        webhook.port(),
        mail.port()
    )
}

fn message(received: &Received) -> Message {
    serde_json::from_str(&received.body).unwrap()
}

fn events(received: &Received) -> Vec<(What, RuleId, String)> {
    message(received).events.into_iter().map(|event| (event.what, event.rule, event.subject)).collect()
}

/// So long that the hub looks at itself some times.
const SOME_LOOKS: Duration = Duration::from_secs(4);

#[tokio::test]
async fn an_envelope_left_unfetched_is_told_once_and_its_end_once_whatever_restarts() {
    const CANARY: &str = "Canary-51c8";
    let (webhook, mail) = (Sink::webhook(Manner::Plain).await, Sink::mail(Manner::Plain).await);
    let config = settings(&webhook, &mail, "oldest_undelivered = \"1 s\"");
    let mut hub = TestHub::with(&["KE", "NL"], &config, &[]);
    let content = certificate("KE", "NL", "KE-1").replace("<ram:Name>", &format!("<ram:Name>{CANARY}"));
    assert!(content.contains(CANARY), "the test would see it");
    let head = header("KE", "NL", &format!("{CANARY}-number"));
    party(&hub, "KE").deliver(Operation::DeliverEnvelope, &head, &content).await.unwrap();

    let fired = webhook.message(0).await;
    assert_eq!(events(&fired), [(What::Fired, RuleId::OldestUndelivered, "NL".to_owned())]);
    let signature = fired
        .head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("x-phytohub-signature: sha256=").map(str::len));
    assert_eq!(signature, Some(64), "{}", fired.head);
    assert!(fired.head.to_ascii_lowercase().contains("x-phytohub-time: "), "{}", fired.head);
    let mailed = mail.message(0).await;
    assert!(mailed.head.contains("RCPT TO:<duty@example.org>"), "{}", mailed.head);
    assert!(mailed.body.contains("Subject: test hub: fired: The oldest of 1 envelope"), "{}", mailed.body);
    tokio::time::sleep(SOME_LOOKS).await;

    hub.kill();
    let resting = phytohub_ok(&["alert", "list", hub.dir_text()]);
    assert!(resting.contains("no hub runs here") && resting.contains("1 alert now"), "{resting}");
    hub.restart();
    let restarted = webhook.message(1).await;
    assert_eq!(events(&restarted), [(What::Fired, RuleId::HubRestarted, String::new())]);
    assert!(restarted.body.contains("ended without being told to"), "{}", restarted.body);

    let mut receiver = party(&hub, "NL");
    let (waiting, _) = receiver.pull_all().await.unwrap().remove(0);
    receiver.acknowledge(&waiting.delivery_number, Acknowledgement::Received).await.unwrap();
    let cleared = webhook.message(2).await;
    assert_eq!(events(&cleared), [(What::Cleared, RuleId::OldestUndelivered, "NL".to_owned())]);
    mail.message(2).await;
    tokio::time::sleep(SOME_LOOKS).await;
    assert_eq!((webhook.received().len(), mail.received().len()), (3, 3));
    let all = [webhook.received(), mail.received()].concat();
    assert!(all.iter().all(|received| !received.body.contains(CANARY)), "{all:?}");

    let listed: serde_json::Value =
        serde_json::from_str(&phytohub_ok(&["alert", "list", hub.dir_text(), "--json"])).unwrap();
    assert_eq!(
        (listed["firing"].as_array().map(Vec::len), listed["rules"].as_array().map(Vec::len)),
        (Some(0), Some(RULES.len()))
    );
    let recent = listed["recent"].as_array().unwrap();
    assert_eq!(recent.len(), 3);
    for (row, what) in recent.iter().zip(["cleared", "fired", "fired"]) {
        assert_eq!((&row["what"], &row["sent"]), (&what.into(), &"sent".into()), "{row}");
    }
    assert!(phytohub_ok(&["alert", "list", hub.dir_text()]).starts_with("nothing is wrong"));
    assert!(hub.stop().success());
}

#[tokio::test]
async fn certificates_that_end_soon_are_told_of_in_one_message() {
    let (webhook, mail) = (Sink::webhook(Manner::Plain).await, Sink::mail(Manner::Plain).await);
    // Those of `init` are valid for two years.
    let hub = TestHub::with(&["KE", "NL"], &settings(&webhook, &mail, "certificate_days = [800]"), &[]);
    let told = message(&webhook.message(0).await);
    let holders: Vec<&str> = told.events.iter().filter_map(|event| event.subject.split(' ').next()).collect();
    assert_eq!(holders, ["KE", "NL", "hub"]);
    assert!(told.events.iter().all(|event| event.rule == RuleId::CertificateExpiry), "{told:?}");
    tokio::time::sleep(SOME_LOOKS).await;
    assert_eq!(webhook.received().len(), 1);
    assert!(hub.metric("phytohub_alerts_firing{rule=\"certificate-expiry\"}").await == 3.0);
}

#[tokio::test]
async fn a_receiver_that_hangs_disturbs_nobody_and_gets_its_message_when_it_is_back() {
    let (hanging, mail) = (Sink::webhook(Manner::Hangs).await, Sink::mail(Manner::Plain).await);
    let mut config = settings(&hanging, &mail, "oldest_undelivered = \"1 s\"");
    config = config.replace("secret = \"open sesame\"", "timeout = \"1 h\"");
    let mut hub = TestHub::with(&["KE", "NL"], &config, &[]);
    let (mut sender, mut receiver) = (party(&hub, "KE"), party(&hub, "NL"));
    for (index, number) in ["KE-1", "KE-2"].into_iter().enumerate() {
        let content = certificate("KE", "NL", number);
        sender.deliver(Operation::DeliverEnvelope, &header("KE", "NL", number), &content).await.unwrap();
        // By mail both its begin and its end are told.
        mail.message(2 * index).await;
        let (waiting, _) = receiver.pull_all().await.unwrap().remove(0);
        receiver.acknowledge(&waiting.delivery_number, Acknowledgement::Received).await.unwrap();
        mail.message(2 * index + 1).await;
    }
    assert!(hub.stop().success(), "the stop does not wait for the receiver");
    assert!(hanging.received().is_empty());
    let back = Sink::webhook(Manner::Plain).await;
    let url = format!("{{ url = \"http://127.0.0.1:{}/\", plain_on_loopback = true }}", back.port());
    hub.set("PHYTOHUB_ALERTS_WEBHOOK", &url);
    hub.restart();
    let ids = [back.message(0).await, back.message(4).await].map(|received| message(&received).id);
    assert_eq!(ids, [1, 5], "all four, and the restart");
    let restarted = message(&back.message(4).await);
    assert_eq!(restarted.events[0].text, "The hub started again after it was stopped");
}

// The command is waited for while the receivers answer.
#[tokio::test(flavor = "multi_thread")]
async fn the_test_message_takes_every_way_over_tls_and_says_what_happened() {
    let hub = TestHub::resting(&["KE"], &[]);
    let tls = acceptor(&hub.pki("hub.pem"), &hub.pki("hub.key"));
    let (webhook, mail) = (Sink::webhook(Manner::Tls(tls.clone())).await, Sink::mail(Manner::Tls(tls)).await);
    let nobody = phytohub(&["alert", "test", hub.dir_text()]);
    let said = String::from_utf8_lossy(&nobody.stderr).into_owned();
    assert!(!nobody.status.success() && said.contains("[alerts.webhook]"), "{said}");
    std::fs::write(hub.dir().join("mail.password"), "open sesame\n").unwrap();
    hub.configure(&format!(
        "[alerts.webhook]\nurl = \"https://localhost:{}/hook\"\nca = \"pki/ca.pem\"\n\
         [alerts.mail]\nserver = \"localhost\"\nport = {}\nca = \"pki/ca.pem\"\nuser = \"hub\"\n\
         password_file = \"mail.password\"\nfrom = \"hub@example.org\"\nto = [\"duty@example.org\"]\n",
        webhook.port(),
        mail.port()
    ));
    let said = phytohub_ok(&["alert", "test", hub.dir_text()]);
    assert_eq!(said.trim(), "webhook to localhost: taken\nmail to localhost: taken");
    assert!(message(&webhook.message(0).await).text.contains("this is a test"));
    assert!(mail.message(0).await.head.contains("AUTH PLAIN"), "logged in, after TLS");

    drop(webhook);
    let failed = phytohub(&["alert", "test", hub.dir_text()]);
    let said = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(!failed.status.success() && said.contains("webhook to localhost: not taken: no connection"), "{said}");
    assert!(said.contains("mail to localhost: taken"), "{said}");
}

#[tokio::test]
async fn the_metrics_of_every_rule_for_prometheus_are_on_the_page() {
    let hub = TestHub::with(&["KE"], "[alerts]\nevery = \"1 s\"\n", &[]);
    let mut page = String::new();
    for attempt in 0.. {
        page = hub.metrics().await;
        if page.contains("# TYPE phytohub_alerts_firing") {
            break;
        }
        assert!(attempt < 300, "{page}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let settings = AlertSettings::default();
    for rule in &RULES {
        for expression in (rule.expressions)(&settings) {
            for metric in prometheus::metrics_of(&expression.text) {
                let family = ["_bucket", "_count", "_total"].iter().find_map(|end| metric.strip_suffix(end));
                let is_there = |name: &str| page.contains(&format!("# TYPE {name} "));
                assert!(is_there(metric) || family.is_some_and(is_there), "{}: {metric} is not in {page}", rule.name);
            }
        }
    }
    let written = phytohub_ok(&["alert", "rules", hub.dir_text(), "--prometheus"]);
    assert_eq!(written.trim(), include_str!("../../../deploy/prometheus/alerts.yml").trim(), "the defaults' file");
    assert!(phytohub_ok(&["alert", "rules", hub.dir_text()]).contains("[oldest_undelivered = 1 d]"));
}

#[test]
fn the_rules_for_prometheus_fire_when_they_should() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/prometheus");
    for arguments in [["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]] {
        let output = std::process::Command::new("promtool").args(arguments).current_dir(folder).output();
        let output = output.expect("promtool, of Debian's package prometheus; `cargo xtask test` installs it");
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "promtool {arguments:?}: {}", String::from_utf8_lossy(&said));
    }
    let tests = include_str!("../../../deploy/prometheus/alerts_test.yml");
    let rules = include_str!("../../../deploy/prometheus/alerts.yml");
    for alert in rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        assert!(tests.contains(alert), "{alert} is in no test");
    }
}
