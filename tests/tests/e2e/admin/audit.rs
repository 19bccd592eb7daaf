//! The audit log of a real hub: each kind of change is in it, whatever moment the hub dies at, and tampering is found.

use std::fs;

use phytohub_tests::hub::{TestHub, phytohub, phytohub_ok};
use serde_json::{Value, json};

use super::{add, ask, complaint, owner};

/// What happened, the oldest first: who, what, subject and outcome.
async fn told(hub: &TestHub) -> Vec<[String; 4]> {
    let (status, page) = ask(hub, &owner(hub), "GET /v1/audit?limit=1000", "").await;
    assert_eq!((status, &page["more"], &page["verified"]["ok"]), (200, &json!(false), &json!(true)), "{page}");
    let text = |entry: &Value, name: &str| entry[name].as_str().expect(name).to_owned();
    let rows = page["entries"].as_array().expect("entries");
    rows.iter().rev().map(|entry| ["who", "what", "subject", "outcome"].map(|name| text(entry, name))).collect()
}

fn expected(rows: &[[&str; 4]]) -> Vec<[String; 4]> {
    rows.iter().map(|row| row.map(str::to_owned)).collect()
}

fn verify(hub: &TestHub) -> String {
    phytohub_ok(&["audit", "verify", hub.dir_text()])
}

/// The tip that verifying tells.
fn tip(hub: &TestHub) -> String {
    verify(hub).lines().find_map(|line| line.strip_prefix("tip ")).expect("a tip").to_owned()
}

/// Changes, each of another kind.
const ASKED: [(&str, &str); 12] = [
    ("changes", r#"{"change":"deactivate","code":"NZ"}"#),
    ("changes", r#"{"change":"activate","code":"ZZ","override":"who is that"}"#),
    ("changes", r#"{"change":"allow","code":"NZ","allow":["851:70"]}"#),
    ("changes", r#"{"change":"channel","code":"CUSTOMS","receive":true,"send":false}"#),
    ("changes", r#"{"change":"document","type":911,"name":"Permit","profile":"lenient"}"#),
    ("validator", r#"{"change":"shadow","candidate":{"profile":"strict"}}"#),
    ("validator", r#"{"change":"stop"}"#),
    ("releases", r#"{"change":"activate","id":1}"#),
    ("redeliver", r#"{"destination":"NL"}"#),
    ("maintenance", r#"{"on":true,"text":"back at noon"}"#),
    ("maintenance", r#"{"on":false}"#),
    ("changes", "no document at all"),
];

#[tokio::test]
async fn each_kind_of_change_is_in_the_log_with_who_and_what_became_of_it() {
    let mut hub = TestHub::resting(&["KE", "NL"], &[]);
    let dir = hub.dir_text().to_owned();
    let hand = "owner at the command line";
    let overlay = hub.dir().join("overlay.txt");
    fs::write(&overlay, "# profile: national\n# base: ippc\nhs-code = severe\n").unwrap();
    let overlay = overlay.to_str().unwrap().to_owned();
    phytohub_ok(&["nppo", "add", &dir, "NZ", "--override", "they asked nicely"]);
    phytohub_ok(&["change", "announce", &dir, &overlay, "--title", "Rules of 2027"]);
    hub.restart();
    let made = told(&hub).await;
    let first = expected(&[
        [hand, "make hub", "", "done"],
        [hand, "add member", "KE", "done"],
        [hand, "add certificate", "KE", "done"],
        [hand, "add member", "NL", "done"],
        [hand, "add certificate", "NL", "done"],
        [hand, "add member", "NZ", "done"],
        [hand, "announce release", "overlay.txt", "done"],
    ]);
    assert_eq!(made, first);

    let ada = add(&hub, "ada", "operator");
    for (path, body) in ASKED {
        ask(&hub, &ada, &format!("POST /v1/{path}"), body).await;
    }
    phytohub_ok(&["operator", "remove", &dir, "ada"]);
    let since = expected(&[
        ["owner", "add operator", "ada", "done"],
        ["ada", "deactivate member", "NZ", "done"],
        ["ada", "activate member", "ZZ", "refused"],
        ["ada", "allow documents", "NZ", "done"],
        ["ada", "set channel", "CUSTOMS", "done"],
        ["ada", "set document type", "911", "done"],
        ["ada", "start candidate", "", "done"],
        ["ada", "stop candidate", "", "done"],
        ["ada", "activate release", "release 1", "done"],
        ["ada", "redeliver", "NL", "done"],
        ["ada", "maintenance on", "", "done"],
        ["ada", "maintenance off", "", "done"],
        ["ada", "POST /v1/changes", "", "refused"],
        ["owner", "remove operator", "ada", "done"],
    ]);
    assert_eq!(told(&hub).await[first.len()..], since);
    assert!(phytohub_ok(&["change", "show", &dir, "1"]).contains("ada         active"), "a release knows who it was");
    let listed = phytohub_ok(&["audit", "list", &dir, "--limit", "3"]);
    assert!(listed.contains("remove operator ada") && !listed.contains("add operator"), "{listed}");
    let all = phytohub_ok(&["audit", "list", &dir, "--limit", "100", "--json"]);
    let all: Vec<Value> = serde_json::from_str(&all).unwrap();
    assert_eq!(all.len(), first.len() + since.len());
    let details = |what: &str| {
        let entry = all.iter().find(|entry| entry["what"] == what).expect(what);
        entry["details"].as_str().unwrap().to_owned()
    };
    assert!(details("add member").ends_with("override: they asked nicely"), "{}", details("add member"));
    let certificate = details("add certificate");
    assert!(certificate.len() == 64 && phytohub_ok(&["nppo", "show", &dir, "NL"]).contains(&certificate));
    assert_eq!(details("redeliver"), "0 delivered again, 0 not parked");
    assert!(details("activate member").contains("ZZ"), "{}", details("activate member"));
}

#[tokio::test]
async fn pages_go_back_in_the_shape_that_the_console_reads() {
    let hub = TestHub::start(&["KE", "NL"]);
    for index in 0..5 {
        phytohub_ok(&["nppo", "allow", hub.dir_text(), "KE", &format!("851:{index}")]);
    }
    let fixture = phytohub_tests::admin_double::fixture("audit");
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let (_, page) = ask(&hub, &owner(&hub), "GET /v1/audit?limit=4", "").await;
    assert_eq!(keys(&page), keys(&fixture));
    assert_eq!(keys(&page["entries"][0]), keys(&fixture["entries"][0]));
    assert_eq!(keys(&page["verified"]), keys(&fixture["verified"]));
    assert_eq!((page["entries"].as_array().unwrap().len(), &page["more"]), (4, &json!(true)));
    let last = &page["entries"][3]["seq"];
    let (_, next) = ask(&hub, &owner(&hub), &format!("GET /v1/audit?limit=100&before={last}"), "").await;
    assert_eq!((next["entries"].as_array().unwrap().len(), &next["more"]), (6, &json!(false)), "{next}");
    assert_eq!(page["verified"]["head"], json!(tip(&hub)));
    assert_eq!(hub.metric("phytohub_audit_entries").await, page["verified"]["entries"].as_f64().unwrap());
}

/// The hub is killed while changes come one after the other: whatever took place is in the log, and what was under way
/// is called unknown.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_took_place_is_in_the_log_whenever_the_hub_is_killed() {
    const ROUNDS: u64 = 6;
    let mut hub = TestHub::start(&["KE", "NL"]);
    let mut next = 0;
    for round in 0..ROUNDS {
        let (address, token) = (hub.admin().to_owned(), owner(&hub));
        let changing = tokio::task::spawn_blocking(move || change_until_it_dies(&address, &token, next));
        tokio::time::sleep(std::time::Duration::from_millis(40 + 37 * round)).await;
        hub.kill();
        let answered = changing.await.unwrap();
        hub.restart();
        verify(&hub);
        let rows: Vec<Value> =
            serde_json::from_str(&phytohub_ok(&["audit", "list", hub.dir_text(), "--limit", "100000", "--json"]))
                .unwrap();
        let outcome = |status: u64| {
            // What was under way has more said about it, after a semicolon.
            let pair = |row: &Value| row["details"].as_str().and_then(|text| text.split(';').next().map(str::to_owned));
            let row = rows.iter().find(|row| pair(row) == Some(format!("851:{status}")));
            row.map(|row| row["outcome"].as_str().unwrap().to_owned())
        };
        for status in next..answered {
            assert_eq!(outcome(status).as_deref(), Some("done"), "851:{status} was answered");
        }
        assert!(rows.iter().all(|row| row["outcome"] != "asked"), "each has its end after the start");
        let members = phytohub_ok(&["nppo", "show", hub.dir_text(), "KE", "--json"]);
        let member: Value = serde_json::from_str(&members).unwrap();
        if let Some(pair) = member["allow"][0].as_str() {
            let status = pair.strip_prefix("851:").unwrap().parse().unwrap();
            let outcome = outcome(status).expect("what is in the registry is in the log");
            assert!(["done", "unknown"].contains(&outcome.as_str()), "{outcome}");
            next = status + 1;
        }
    }
    assert!(0 < next, "something was changed at all");
}

/// Sets KE's documents to 851:`from` and so on, one after the other; the first number that was not answered.
fn change_until_it_dies(address: &str, token: &str, from: u64) -> u64 {
    use std::io::{Read, Write};
    for status in from.. {
        let body = format!(r#"{{"change":"allow","code":"KE","allow":["851:{status}"]}}"#);
        let length = body.len();
        let request = format!(
            "POST /v1/changes HTTP/1.0\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        let mut answer = String::new();
        let asked = std::net::TcpStream::connect(address).and_then(|mut socket| {
            socket.write_all(request.as_bytes())?;
            socket.read_to_string(&mut answer)
        });
        if asked.is_err() || !answer.contains(" 204 ") {
            return status;
        }
    }
    unreachable!("it dies before the numbers end")
}

#[tokio::test]
async fn tampering_is_named_and_a_noted_tip_finds_what_the_chain_cannot() {
    let mut hub = TestHub::start(&["KE", "NL"]);
    let dir = hub.dir_text().to_owned();
    for pair in ["851:70", "851:40", "851:39"] {
        phytohub_ok(&["nppo", "allow", &dir, "KE", pair]);
    }
    let noted = tip(&hub);
    let file = hub.dir().join("audit.log");
    let whole = fs::read_to_string(&file).unwrap();
    let count = whole.lines().count();
    phytohub_ok(&["audit", "verify", &dir, "--tip", &noted]);
    assert!(hub.stop().success());
    assert!(phytohub_ok(&["audit", "verify", &dir, "--tip", &noted]).contains("is part of it"));

    fs::write(&file, whole.replacen("851:40", "851:41", 1)).unwrap();
    let said = complaint(&["audit", "verify", &dir]);
    let line = 1 + whole.lines().position(|line| line.contains("851:40")).unwrap();
    assert!(said.contains(&format!("line {line}: altered")), "{said}");
    // The hub runs all the same, and says so.
    hub.restart();
    let (_, page) = ask(&hub, &owner(&hub), "GET /v1/audit", "").await;
    assert_eq!(page["verified"]["ok"], json!(false));
    assert!(page["verified"]["text"].as_str().unwrap().starts_with(&format!("line {line}: altered")), "{page}");
    assert!(hub.log().contains("the audit log is damaged or was changed"));
    assert!(hub.stop().success());

    let kept: String = whole.lines().take(count - 2).map(|line| format!("{line}\n")).collect();
    fs::write(&file, kept).unwrap();
    phytohub_ok(&["audit", "verify", &dir]);
    let said = complaint(&["audit", "verify", &dir, "--tip", &noted]);
    assert!(said.contains("cut off at the end"), "{said}");
    assert!(!phytohub(&["audit", "verify", &dir, "--tip", "12"]).status.success());
}

#[tokio::test]
async fn nothing_is_changed_that_cannot_be_written_down() {
    let mut hub = TestHub::start(&["KE", "NL"]);
    let dir = hub.dir_text().to_owned();
    let file = hub.dir().join("audit.log");
    fs::rename(&file, hub.dir().join("elsewhere")).unwrap();
    let said = complaint(&["nppo", "deactivate", &dir, "NL"]);
    assert!(said.contains("nothing was changed") && said.contains("audit.log"), "{said}");
    assert!(phytohub_ok(&["nppo", "show", &dir, "NL"]).contains("state     active"));
    // The exchange goes on, and after a start with the log put back all is as before.
    assert!(phytohub_ok(&["health", &dir]).contains("ready"));
    assert!(hub.stop().success());
    let text = fs::read_to_string(hub.dir().join("elsewhere")).unwrap();
    let (whole, _) = text.trim_end().rsplit_once('\n').unwrap();
    fs::write(&file, format!("{whole}\nnot an entry\n")).unwrap();
    assert!(complaint(&["nppo", "deactivate", &dir, "NL"]).contains("its last line is no entry"));
    fs::write(&file, text).unwrap();
    phytohub_ok(&["nppo", "deactivate", &dir, "NL"]);
    assert!(phytohub_ok(&["nppo", "show", &dir, "NL"]).contains("state     inactive"));
}

#[test]
fn an_entry_that_a_crash_cut_short_is_mended_at_the_start() {
    let mut hub = TestHub::start(&["KE", "NL"]);
    phytohub_ok(&["nppo", "deactivate", hub.dir_text(), "NL"]);
    hub.kill();
    let file = hub.dir().join("audit.log");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() - 100]).unwrap();
    assert!(verify(&hub).contains("bytes of an entry"));
    hub.restart();
    verify(&hub);
    let listed = phytohub_ok(&["audit", "list", hub.dir_text(), "--limit", "2"]);
    assert!(listed.contains("mend audit log") && listed.contains("unknown"), "{listed}");
}
