//! The life of a release: announced, in shadow, active at its date, retired, and back.

use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use phytohub_model::Timestamp;
use phytohub_server::party::was_accepted;
use phytohub_soap::Operation;
use phytohub_tests::hub::{TestHub, phytohub, phytohub_ok};
use phytohub_tests::parties::{certificate, header, party};
use phytohub_tests::wire;
use serde_json::Value;

/// `phytohub change`, which must end well.
fn change(hub: &TestHub, command: &str, more: &[&str]) -> String {
    phytohub_ok(&[&["change", command, hub.dir_text()], more].concat())
}

fn json(hub: &TestHub, command: &str, more: &[&str]) -> Value {
    serde_json::from_str(&change(hub, command, more)).unwrap()
}

fn state(hub: &TestHub, id: &str) -> Value {
    json(hub, "show", &[id, "--json"])["state"].clone()
}

/// What the command says when it refuses.
fn refused(hub: &TestHub, command: &str, more: &[&str]) -> String {
    let output = phytohub(&[&["change", command, hub.dir_text()], more].concat());
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A list of units with these codes, written beside the hub's directory.
fn units(hub: &TestHub, name: &str, edition: &str, codes: &[&str]) -> String {
    let rows: String = codes.iter().map(|code| format!("{code},WEIGHT,,{code}\n")).collect();
    // The certificates have a volume, too.
    let rows = format!("{rows}MTQ,VOLUME,,cubic metre\n");
    let text = format!(
        "# list: unit-measures\n# source: a test\n# edition: {edition}\n# valid-from: 2026-01-01\n\
         code,kind,symbol,text\n{rows}"
    );
    let path = hub.dir().parent().unwrap().join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn in_seconds(seconds: u64) -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    Timestamp(u64::try_from(now).unwrap()).plus(Duration::from_secs(seconds))
}

/// Waits until `what` gives true; it is looked at again and again for as long as no healthy hub takes.
async fn wait_until(mut what: impl AsyncFnMut() -> bool) {
    let waited = async {
        while !what().await {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waited).await.expect("it happens");
}

/// Delivers a certificate in kilograms by the operation that refuses what is not valid.
async fn kilograms_pass(hub: &TestHub, number: &str) -> Result<(), String> {
    let content = certificate("KE", "NL", number);
    assert!(content.contains("\"KGM\""), "the certificate is in kilograms");
    let mut sender = party(hub, "KE");
    let head = header("KE", "NL", number);
    let answer = sender.deliver(Operation::ValidateAndDeliverEnvelope, &head, &content).await.unwrap();
    if was_accepted(&answer) { Ok(()) } else { Err(answer.error_message) }
}

/// Reads both forms of the feed on the service's address, as a member without a certificate can.
async fn feeds_of_the_service(hub: &TestHub) -> (Value, String) {
    let mut stream = wire::connect(hub, None).await;
    let mut get = async |path: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let (head, body) = wire::exchange(&mut stream, request.as_bytes()).await;
        assert_eq!(wire::status(&head), 200, "{head}");
        (head.to_lowercase(), body)
    };
    let (head, feed) = get("/changes.json").await;
    assert!(head.contains("application/feed+json"), "{head}");
    let (head, atom) = get("/changes.atom").await;
    assert!(head.contains("application/atom+xml"), "{head}");
    (serde_json::from_str(&feed).unwrap(), atom)
}

/// What RFC 4287 demands of a feed, asked of a parser that is not ours; prints the titles of its entries.
const ATOM: &str = r#"
import sys, re
from xml.etree import ElementTree as E
A = "{http://www.w3.org/2005/Atom}"
feed = E.fromstring(sys.stdin.buffer.read())
assert feed.tag == A + "feed", feed.tag
date = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
def one(parent, name):
    found = parent.findall(A + name)
    assert len(found) == 1 and (found[0].text or "").strip(), (parent.tag, name)
    return found[0].text
for part in [feed] + feed.findall(A + "entry"):
    assert one(part, "id").startswith("urn:uuid:")
    one(part, "title")
    assert date.match(one(part, "updated"))
one(feed.find(A + "author"), "name")
ids = [one(entry, "id") for entry in feed.findall(A + "entry")]
assert len(set(ids)) == len(ids), ids
for entry in feed.findall(A + "entry"):
    assert date.match(one(entry, "published")) and entry.find(A + "content").get("type") == "text"
    print(one(entry, "title"))
"#;

fn titles_of(atom: &str) -> Vec<String> {
    use std::io::Write;
    let mut python = Command::new("python3");
    python.args(["-c", ATOM]).stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut python = python.spawn().expect("python3 runs");
    python.stdin.take().unwrap().write_all(atom.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "{atom}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_list_is_announced_tried_active_at_its_date_and_taken_back() {
    let mut hub = TestHub::start(&["KE", "NL"]);
    let first = units(&hub, "first.csv", "2026-01-01", &["KGM", "GRM", "TNE"]);
    let next = units(&hub, "next.csv", "2026-02-01", &["GRM", "TNE", "ZZZ"]);
    // Announced: both feeds tell it at both addresses, with what it changes.
    assert_eq!(titles_of(&feeds_of_the_service(&hub).await.1), Vec::<String>::new());
    change(&hub, "announce", &[&first]);
    change(&hub, "activate", &["1"]);
    let said = change(&hub, "announce", &[&next, "--title", "Grams & tonnes", "--text", "Kilograms go."]);
    assert!(said.starts_with("release 2: Grams & tonnes, announced"), "{said}");
    let (feed, atom) = feeds_of_the_service(&hub).await;
    assert_eq!(titles_of(&atom), ["Grams & tonnes", "Code list unit-measures, edition 2026-01-01"]);
    assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
    let item = &feed["items"][0];
    assert_eq!((&item["title"], &item["_phytohub"]["state"]), (&"Grams & tonnes".into(), &"announced".into()));
    let text = item["content_text"].as_str().unwrap();
    assert!(text.contains("adds 1 code (ZZZ) and removes 1 code (KGM)") && text.contains("Kilograms go."), "{text}");
    assert_eq!(serde_json::from_str::<Value>(&wire::get(hub.admin(), "/changes.json").await.1).unwrap(), feed);
    assert_eq!(wire::get(hub.admin(), "/changes.atom").await, (200, atom));
    // In shadow: nothing is refused by it, and the report says who sends what it will refuse, also after a restart.
    change(&hub, "shadow", &["2"]);
    kilograms_pass(&hub, "KE-1").await.unwrap();
    let report = async |hub: &TestHub| json(hub, "report", &["2", "--format", "json"]);
    wait_until(async || report(&hub).await["seen"]["judged"] == 1).await;
    assert!(hub.stop().success());
    hub.restart();
    kilograms_pass(&hub, "KE-2").await.unwrap();
    wait_until(async || report(&hub).await["seen"]["judged"] == 2).await;
    let seen = report(&hub).await["seen"].clone();
    assert_eq!((&seen["newly_refused"], &seen["senders"]["KE"]["enforced"]), (&2.into(), &2.into()), "{seen}");
    let row = seen["rows"].as_array().unwrap().iter().find(|row| row["rule"] == "unit-code").unwrap();
    assert_eq!((&row["from"], &row["level"], &row["count"]), (&"KE".into(), &"SEVERE".into(), &2.into()));
    assert_eq!((&row["certificate_type"], &row["example"]), (&851.into(), &"KE-2".into()));
    let text = change(&hub, "report", &["2"]);
    assert!(text.contains("KE: 2 of 2 will be refused") && text.contains("such as KE-2"), "{text}");
    assert!(change(&hub, "report", &["2", "--format", "csv"]).contains("\nKE,unit-code,SEVERE,851,70,2,2,"));
    assert!(change(&hub, "report", &["2", "--format", "html"]).contains("<td>unit-code</td>"));
    // Active, by the hub itself at its date; still so after a kill.
    change(&hub, "activate", &["2", "--at", &in_seconds(4).to_string()]);
    wait_until(async || state(&hub, "2") == "active").await;
    assert_eq!(state(&hub, "1"), "retired");
    let error = kilograms_pass(&hub, "KE-3").await.unwrap_err();
    assert!(error.contains("unit-code") && error.contains("KGM"), "{error}");
    hub.kill();
    hub.restart();
    kilograms_pass(&hub, "KE-3").await.unwrap_err();
    let rows = party(&hub, "KE").list(Operation::GetUnitMeasures).await.unwrap();
    assert!(rows.iter().any(|row| row.code == "ZZZ") && !rows.iter().any(|row| row.code == "KGM"), "{rows:?}");
    // Rolled back; then neither, and the lists that are compiled in judge.
    change(&hub, "activate", &["1"]);
    kilograms_pass(&hub, "KE-3").await.unwrap();
    assert_eq!(state(&hub, "2"), "retired");
    change(&hub, "retire", &["1"]);
    let rows = party(&hub, "KE").list(Operation::GetUnitMeasures).await.unwrap();
    assert!(rows.iter().all(|row| row.code != "ZZZ") && 3 < rows.len());
    let listed = json(&hub, "list", &["--json"]);
    assert_eq!((&listed["releases"][0]["id"], &listed["releases"][0]["shadow"]["judged"]), (&2.into(), &2.into()));
    assert!(change(&hub, "show", &["1"]).contains("retired: replaced by release 2"));
    assert_eq!(titles_of(&feeds_of_the_service(&hub).await.1).len(), 2);
}

#[tokio::test]
async fn what_was_due_while_the_hub_was_down_is_active_at_its_start() {
    let mut hub = TestHub::resting(&["KE", "NL"], &[]);
    let next = units(&hub, "next.csv", "2026-02-01", &["GRM"]);
    let due = in_seconds(3);
    change(&hub, "announce", &[&next, "--active-from", &due.to_string()]);
    assert_eq!(state(&hub, "1"), "announced");
    wait_until(async || due < in_seconds(0)).await;
    hub.restart();
    let error = kilograms_pass(&hub, "KE-1").await.unwrap_err();
    assert!(error.contains("unit-code"), "{error}");
    let history = json(&hub, "show", &["1", "--json"])["history"].clone();
    assert_eq!(
        (&history[1]["who"], history[1]["what"].as_str().map(|what| what.contains("as announced"))),
        (&"hub".into(), Some(true))
    );
}

#[tokio::test]
async fn modules_and_rule_sets_are_releases_too_and_lie_above_the_settings() {
    let mut hub = TestHub::resting(&["KE", "NL"], &[]);
    hub.configure("[validation]\nprofile = \"lenient\"\n");
    hub.restart();
    let module = hub.dir().join("next.wasm");
    std::fs::write(&module, phytoval_host::MODULE).unwrap();
    let overlay = hub.dir().join("overlay.txt");
    std::fs::write(&overlay, "# profile: national\nunit-code = severe\n").unwrap();
    let no_kilograms = units(&hub, "next.csv", "2026-02-01", &["GRM"]);
    for (file, id) in [(module.to_str().unwrap(), "1"), (overlay.to_str().unwrap(), "2"), (&no_kilograms, "3")] {
        change(&hub, "announce", &[file, "--edition", if id == "3" { "" } else { "next" }]);
        change(&hub, "activate", &[id]);
    }
    let error = kilograms_pass(&hub, "KE-1").await.unwrap_err();
    assert!(error.contains("unit-code"), "{error}");
    let shown = phytohub_ok(&["validator", "show", hub.dir_text()]);
    assert!(shown.contains("releases/0001/module.wasm") && shown.contains("releases/0002/overlay.txt"), "{shown}");
    change(&hub, "retire", &["2"]);
    kilograms_pass(&hub, "KE-1").await.expect("by the settings' profile only structure counts");
}

#[test]
fn a_file_that_cannot_be_used_is_refused_with_its_place_and_changes_nothing() {
    let mut hub = TestHub::start(&["KE"]);
    let write = |name: &str, text: &str| {
        let path = hub.dir().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let bad_list = write("bad.csv", "# list: unit-measures\n# source: a\n# edition: soon\n# valid-from: 2026-01-01\n");
    let bad_overlay = write("bad.txt", "# profile: a\nno-rule = off\n");
    let bad_module = write("bad.wasm", "\0asm\u{1}\0\0\0 and no more");
    let good = write("good.txt", "# profile: a\n");
    for (command, arguments, says) in [
        ("announce", &[bad_list.as_str()] as &[&str], "bad.csv: line 3"),
        ("announce", &[&bad_overlay], "bad.txt: line 2"),
        ("announce", &[&bad_module], "bad.wasm"),
        ("announce", &[&good, "--active-from", "2020-01-01"], "is past"),
        ("announce", &[&good, "--active-from", "soon"], "'soon' is no time"),
        ("activate", &["7"], "no release 7"),
        ("report", &["7"], "no release 7"),
    ] {
        let said = refused(&hub, command, arguments);
        assert!(said.contains(says), "{says}: {said}");
        assert!(!said.contains("releases/0001"), "the operator's own name of it: {said}");
    }
    assert_eq!(json(&hub, "list", &["--json"])["releases"], serde_json::json!([]));
    change(&hub, "announce", &[&good]);
    change(&hub, "activate", &["1"]);
    assert!(refused(&hub, "activate", &["1"]).contains("in force already"));
    // What is in force does not change under the hub; a changed file keeps it from starting, until it is taken back.
    hub.stop();
    let file = hub.dir().join("releases/0001/overlay.txt");
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, "# profile: other\n").unwrap();
    assert!(hub.try_start().is_err());
    assert!(hub.log().contains("is not the file that was announced"), "{}", hub.log());
    change(&hub, "retire", &["1"]);
    hub.restart();
}
