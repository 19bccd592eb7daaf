//! Accountability of the admin address: who may do what, that every change is in the audit log, and maintenance.

mod audit;
mod maintenance;

use phytohub_tests::hub::{TestHub, phytohub, phytohub_ok};
use phytohub_tests::wire;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One request of the admin address with a token: status, head and document; no document is null.
async fn ask(hub: &TestHub, token: &str, request: &str, body: &str) -> (u16, Value) {
    let (head, body) = exchange(hub, &format!("Authorization: Bearer {token}\r\n"), request, body).await;
    let document = if body.is_empty() { Value::Null } else { serde_json::from_str(&body).expect(&body) };
    (wire::status(&head), document)
}

async fn exchange(hub: &TestHub, headers: &str, request: &str, body: &str) -> (String, String) {
    let mut socket = TcpStream::connect(hub.admin()).await.expect("the admin address listens");
    let length = body.len();
    let request = format!(
        "{request} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nContent-Type: application/json\r\n{headers}\
         Content-Length: {length}\r\n\r\n{body}"
    );
    socket.write_all(request.as_bytes()).await.expect("the request is sent");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    (head.to_owned(), body.to_owned())
}

/// The owner's token.
fn owner(hub: &TestHub) -> String {
    std::fs::read_to_string(hub.dir().join("admin.token")).expect("the owner's token").trim().to_owned()
}

/// Adds an operator; the token.
fn add(hub: &TestHub, name: &str, role: &str) -> String {
    let told = phytohub_ok(&["operator", "add", hub.dir_text(), name, "--role", role]);
    told.lines().last().expect("a token").to_owned()
}

/// What a command that must fail complains of.
fn complaint(arguments: &[&str]) -> String {
    let output = phytohub(arguments);
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const DEACTIVATE: &str = r#"{"change":"deactivate","code":"NL"}"#;

#[tokio::test]
async fn an_operator_changes_a_reader_looks_and_a_stranger_is_told_so() {
    let mut hub = TestHub::resting(&["KE", "NL"], &[]);
    // Made while the hub rests, and while it runs.
    let ada = add(&hub, "ada", "operator");
    hub.restart();
    let grace = add(&hub, "grace", "reader");
    assert_eq!(ask(&hub, &owner(&hub), "GET /v1/me", "").await.1, json!({"name": "owner", "role": "operator"}));
    assert_eq!(ask(&hub, &ada, "GET /v1/me", "").await.1, json!({"name": "ada", "role": "operator"}));
    assert_eq!(ask(&hub, &grace, "GET /v1/me", "").await.1, json!({"name": "grace", "role": "reader"}));

    for path in ["nppos", "channels", "documents", "alerts", "validator", "releases", "overview", "members", "audit"] {
        assert_eq!(ask(&hub, &grace, &format!("GET /v1/{path}"), "").await.0, 200, "{path}");
    }
    for path in ["changes", "validator", "releases", "redeliver", "maintenance", "operators"] {
        let (status, document) = ask(&hub, &grace, &format!("POST /v1/{path}"), "{}").await;
        assert_eq!((status, document["error"].is_string()), (403, true), "{path}: {document}");
    }
    assert_eq!(ask(&hub, &grace, "POST /v1/changes", DEACTIVATE).await.0, 403);
    assert!(phytohub_ok(&["nppo", "show", hub.dir_text(), "NL"]).contains("state     active"));
    assert_eq!(ask(&hub, &ada, "POST /v1/changes", DEACTIVATE).await, (204, Value::Null));
    assert!(phytohub_ok(&["nppo", "show", hub.dir_text(), "NL"]).contains("state     inactive"));

    let (head, body) = exchange(&hub, "Authorization: Bearer nobody's\r\n", "GET /v1/nppos", "").await;
    assert!(wire::status(&head) == 401 && head.to_lowercase().contains("www-authenticate: bearer"), "{head}");
    assert!(serde_json::from_str::<Value>(&body).unwrap()["error"].as_str().unwrap().contains("admin.token"));
    assert_eq!(exchange(&hub, "", "GET /v1/nppos", "").await.0.split(' ').nth(1), Some("401"));
    for (reason, count) in [("role", 7.0), ("unknown_token", 1.0), ("no_token", 1.0)] {
        let metric = format!("phytohub_admin_refused_total{{reason=\"{reason}\"}}");
        assert_eq!(hub.metric(&metric).await, count, "{reason}");
    }
    let log = hub.log();
    assert!(log.contains("a token that nobody has was shown") && log.contains("grace"), "{log}");
    for token in ["nobody's", &ada, &grace, &owner(&hub)] {
        assert!(!log.contains(token), "{log}");
    }
}

#[tokio::test]
async fn a_token_works_and_ends_with_the_next_request_and_only_the_owner_gives_them() {
    let hub = TestHub::start(&["KE", "NL"]);
    let ada = add(&hub, "ada", "operator");
    let listed = phytohub_ok(&["operator", "list", hub.dir_text()]);
    assert!(listed.contains("ada") && !listed.contains(&ada), "{listed}");
    let rows: Value = serde_json::from_str(&phytohub_ok(&["operator", "list", hub.dir_text(), "--json"])).unwrap();
    assert_eq!((&rows[0]["name"], &rows[0]["role"]), (&json!("ada"), &json!("operator")));
    assert!(complaint(&["operator", "add", hub.dir_text(), "ada", "--role", "reader"]).contains("already"));
    assert!(complaint(&["operator", "add", hub.dir_text(), "owner", "--role", "reader"]).contains("somebody else"));
    assert!(complaint(&["operator", "remove", hub.dir_text(), "grace"]).contains("no operator grace"));

    let (status, document) =
        ask(&hub, &ada, "POST /v1/operators", r#"{"change":"add","name":"eve","role":"operator"}"#).await;
    assert!(status == 403 && document["error"].as_str().unwrap().contains("only the owner"), "{status} {document}");
    // A copy of the file put back is as good as the command.
    let file = hub.dir().join("operators.toml");
    let kept = std::fs::read(&file).unwrap();
    phytohub_ok(&["operator", "remove", hub.dir_text(), "ada"]);
    assert_eq!(ask(&hub, &ada, "GET /v1/me", "").await.0, 401);
    std::fs::write(&file, kept).unwrap();
    assert_eq!(ask(&hub, &ada, "GET /v1/me", "").await.0, 200);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(ask(&hub, &ada, "GET /v1/me", "").await.0, 401);
    assert_eq!(ask(&hub, &owner(&hub), "GET /v1/me", "").await.0, 200);
}

#[tokio::test]
async fn every_error_behind_the_token_is_a_document() {
    let hub = TestHub::start(&["KE", "NL"]);
    let token = owner(&hub);
    let asked = [
        ("GET /v1/nppos?code=ZZ", "", 404),
        ("GET /v1/onboarding", "", 409),
        ("GET /v1/releases/9", "", 404),
        ("GET /v1/audit?before=x", "", 400),
        ("POST /v1/changes", r#"{"change":"deactivate","code":"ZZ"}"#, 409),
        ("POST /v1/changes", r#"{"change":"deactivate","code":"lower"}"#, 400),
        ("POST /v1/changes", r#"{"change":"nothing"}"#, 422),
        ("POST /v1/changes", "{", 400),
        ("POST /v1/releases", r#"{"change":"retire","id":9}"#, 404),
        ("POST /v1/validator", r#"{"change":"activate"}"#, 409),
        ("POST /v1/redeliver", r#"{"numbers":["x"]}"#, 400),
        ("POST /v1/maintenance", r#"{"on":true,"text":""}"#, 400),
        ("DELETE /v1/nppos", "", 405),
    ];
    for (request, body, expected) in asked {
        let (status, document) = ask(&hub, &token, request, body).await;
        let sentence = document["error"].as_str().unwrap_or_default();
        assert!(status == expected && !sentence.is_empty(), "{request} {body}: {status} {document}");
    }
    // The command line tells the sentence, not the document.
    let told = complaint(&["change", "retire", hub.dir_text(), "9"]);
    assert!(!told.contains('{') && told.contains('9'), "{told}");
}
