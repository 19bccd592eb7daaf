//! The admin address against its own OpenAPI document: every route, asked of a real hub with something of everything.

use std::collections::BTreeSet;
use std::path::Path;

use phytohub_tests::admin_double::fixture;
use phytohub_tests::furnished::{FOR_EG, Furnished, MEMBERS, PARKED, REFUSED, TO_NL, WAITING_FOR_NL};
use phytohub_tests::hub::TestHub;
use phytohub_tests::schema::problems;
use phytohub_tests::wire::{ask_admin, get};
use serde_json::{Value, json};

/// How long anything that is waited for may take.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// The document as a hub serves it, without a token.
async fn document(hub: &TestHub) -> Value {
    let (status, text) = get(hub.admin(), "/openapi.json").await;
    assert_eq!(status, 200, "{text}");
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["openapi"].as_str().map(|version| &version[..3]), Some("3.1"));
    document
}

/// The answer of a path, once it is as wanted.
async fn until(hub: &TestHub, path: &str, is_there: impl Fn(&Value) -> bool) -> Value {
    let began = std::time::Instant::now();
    loop {
        let answer = ask_admin(hub, path, None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let value: Value = serde_json::from_str(&answer.body).unwrap();
        if is_there(&value) {
            return value;
        }
        assert!(began.elapsed() < PATIENCE, "{path} does not become as wanted: {value:#}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

async fn ask(hub: &TestHub, path: &str) -> Value {
    until(hub, path, |_| true).await
}

/// Addresses of the document's GET routes, with parameters that show what each can say.
fn addresses(path: &str, furnished: &Furnished) -> Vec<String> {
    let Furnished { parked, delivered, .. } = furnished;
    let with = |queries: &[&str]| queries.iter().map(|query| format!("{path}{query}")).collect();
    match path {
        "/v1/envelopes/{number}" => {
            vec![format!("/v1/envelopes/{parked}"), format!("/v1/envelopes/{delivered}"), "/v1/envelopes/0".to_owned()]
        }
        "/v1/releases/{id}" => ["1", "2", "77"].map(|id| format!("/v1/releases/{id}")).to_vec(),
        "/v1/envelopes" => with(&["?limit=5", "?to=CUSTOMS", "?state=failed", "?state=strange"]),
        "/v1/members" => with(&["", "?code=CUSTOMS", "?code=EG", "?code=XX"]),
        "/v1/audit" => with(&["", "?limit=2&before=9", "?before=x"]),
        "/v1/nppos" => with(&["", "?code=KE", "?code=XX"]),
        "/v1/report" => {
            let today = phytohub_model::Day::of(now());
            let of = |format: &str| format!("/v1/report?from=2026-01-01&to={today}&by=member&format={format}");
            [of("json"), of("html"), of("csv"), "/v1/report?from=x&to=y".to_owned()].to_vec()
        }
        _ => with(&[""]),
    }
}

fn now() -> phytohub_model::Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    phytohub_model::Timestamp(u64::try_from(since.as_millis()).unwrap())
}

/// What is wrong with an answer by the document.
async fn judged(hub: &TestHub, document: &Value, path: &str, address: &str) -> Vec<String> {
    let answer = ask_admin(hub, address, None).await;
    let response = &document["paths"][path]["get"]["responses"][answer.status.to_string()];
    let content = &response["content"][&answer.media_type];
    if content.is_null() {
        let (status, media_type) = (answer.status, answer.media_type);
        return vec![format!("{address}: nothing is said of {status} {media_type}")];
    }
    if !answer.media_type.ends_with("json") {
        return Vec::new();
    }
    let value: Value = serde_json::from_str(&answer.body).unwrap();
    let schema = &content["schema"];
    // Documents of other standards: the feed and OpenAPI itself are described where they are defined.
    if schema == &json!({"type": "object"}) {
        return if value.is_object() { Vec::new() } else { vec![format!("{address}: it is no object")] };
    }
    problems(document, schema, &value).into_iter().map(|problem| format!("{address}: {problem}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_get_route_answers_what_the_openapi_document_says() {
    let furnished = Furnished::start().await;
    let hub = &furnished.hub;
    let document = document(hub).await;
    until(hub, "/v1/overview", |overview| overview["history"]["points"].as_array().is_some_and(|all| !all.is_empty()))
        .await;
    until(hub, "/v1/alerts", |alerts| alerts["firing"].as_array().is_some_and(|all| !all.is_empty())).await;
    let mut wrong = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        if item.get("get").is_none() {
            continue;
        }
        for address in addresses(path, &furnished) {
            wrong.extend(judged(hub, &document, path, &address).await);
        }
    }
    let sandbox = TestHub::with(&["NZ"], "", &["--sandbox"]);
    for path in ["/v1/onboarding", "/v1/members", "/v1/overview"] {
        wrong.extend(judged(&sandbox, &document, path, path).await);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The routes of the sources: path and methods. Pages for browsers are files.
fn routes() -> BTreeSet<(String, String)> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/server/src");
    let mut folders = vec![sources];
    let mut routes = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") && !path.ends_with("pages.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                for route in text.split(".route(").skip(1) {
                    routes.extend(methods(route));
                }
            }
        }
    }
    routes
}

/// Path and methods of a call of `route` from behind its bracket on.
fn methods(call: &str) -> Vec<(String, String)> {
    let call = &call[..call.find("\n        .").or(call.find(';')).unwrap_or(call.len())];
    let first = call.split(',').next().unwrap().trim();
    let path = match first {
        "feed::JSON_PATH" => "/changes.json",
        "feed::ATOM_PATH" => "/changes.atom",
        literal => literal.trim_matches('"'),
    };
    let has = |method: &&str| call.contains(&format!("{method}("));
    ["get", "post"].into_iter().filter(has).map(|method| (path.to_owned(), method.to_owned())).collect()
}

#[tokio::test]
async fn the_openapi_document_has_every_route_and_no_other() {
    let hub = TestHub::start(&["KE", "NL"]);
    let document = document(&hub).await;
    let mut told = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let is_described = operation["description"].is_string() || operation["summary"].is_string();
            assert!(is_described, "{method} {path} says nothing");
            told.insert((path.clone(), method.clone()));
        }
    }
    let routes = routes();
    assert!(20 < routes.len(), "{routes:?}");
    assert_eq!(told, routes);
    for (path, method) in &told {
        let needs_token = document["paths"][path][method].get("security") != Some(&json!([{}]));
        let (status, _) = get(hub.admin(), &path.replace(['{', '}'], "")).await;
        let expected = if needs_token { 401 } else { 200 };
        assert!(status == expected || (method == "post" && status == 405), "{method} {path}: {status}");
    }
    for changed in ["add", "activate", "certificate_add", "push", "rule", "document_remove"] {
        assert!(document.to_string().contains(&format!("\"{changed}\"")), "the change {changed}");
    }
}

/// What the double of the console's tests answers is what a hub answers.
#[tokio::test]
async fn the_fixtures_of_the_console_are_what_the_openapi_document_says() {
    let hub = TestHub::start(&["KE", "NL"]);
    let document = document(&hub).await;
    let mut wrong = Vec::new();
    let names = [
        "alerts",
        "audit",
        "documents",
        "envelopes",
        "failed",
        "lists",
        "maintenance",
        "members",
        "overview",
        "releases",
        "report",
        "validator",
    ];
    for name in names {
        let path = format!("/v1/{name}");
        let schema = &document["paths"][&path]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        let problems = problems(&document, schema, &fixture(name));
        wrong.extend(problems.into_iter().map(|problem| format!("{name}: {problem}")));
    }
    let envelope = &document["components"]["schemas"]["EnvelopeTrack"];
    wrong.extend(problems(&document, envelope, &fixture("envelope")));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_those_of_what_was_sent() {
    let furnished = Furnished::start().await;
    let hub = &furnished.hub;
    let accepted = TO_NL + PARKED + FOR_EG + 5 * 3 + TO_NL;
    let overview = until(hub, "/v1/overview", |overview| {
        let points = overview["history"]["points"].as_array().unwrap();
        overview["totals"]["parked"] == json!(PARKED) && !points.is_empty()
    })
    .await;
    let delivered = TO_NL - WAITING_FOR_NL;
    let totals = &overview["totals"];
    let counted = ["accepted", "delivered", "refused", "pending"].map(|name| totals[name].as_u64().unwrap() as usize);
    assert_eq!(counted, [accepted, delivered, REFUSED, accepted - delivered], "copies are envelopes, too: {totals}");
    let shards: u64 = overview["shards"].as_array().unwrap().iter().map(|row| row["pending"].as_u64().unwrap()).sum();
    assert_eq!((shards as usize, overview["shards"].as_array().unwrap().len()), (accepted - delivered, 2));
    let capacity = &overview["capacity"];
    assert_eq!(capacity["rate_proven"], json!(7600.0));
    assert!(1.0 <= capacity["rate_peak"].as_f64().unwrap() && capacity["rate_peak_at"].is_string(), "{capacity}");
    let disk = &overview["disk"];
    let bytes = |name: &str| disk[name].as_u64().unwrap();
    assert!(bytes("free_bytes") + bytes("used_bytes") == bytes("total_bytes") && 0 < bytes("journal_bytes"), "{disk}");
    let step = &overview["history"];
    assert_eq!(step["step_seconds"], json!(10));
    until(hub, "/v1/overview", |overview| overview["push"]["breakers_open"] == json!(1)).await;

    let members = ask(hub, "/v1/members").await;
    let members = members.as_array().unwrap();
    assert_eq!(members.len(), MEMBERS.len() + 1);
    let member = |code: &str| members.iter().find(|row| row["code"] == json!(code)).unwrap();
    let nl = member("NL");
    assert!(nl["dwell_p50_seconds"].as_f64().unwrap() <= nl["dwell_p99_seconds"].as_f64().unwrap(), "{nl}");
    assert_eq!((&nl["pending"], &nl["dwell_hours"]), (&json!(WAITING_FOR_NL), &json!(24)));
    assert!(nl["last_success_at"].is_string(), "a member that pulls has a last success: {nl}");
    let lk = member("LK");
    assert_eq!(lk["quality"]["judged"], json!(PARKED + 3 + 2));
    assert!(lk["quality"]["rules"].to_string().contains("unit-code"), "{lk}");
    let said = lk["last_error"]["text"].as_str().unwrap();
    assert!(said.contains("DeliverEnvelope: refused, destination unknown"), "{said}");
    assert_eq!(member("US")["parked"], json!(PARKED));
    assert_eq!((&member("CUSTOMS")["kind"], &member("CUSTOMS")["pending"]), (&json!("channel"), &json!(TO_NL)));
}

#[tokio::test(flavor = "multi_thread")]
async fn envelopes_are_found_and_copies_told_from_originals() {
    let furnished = Furnished::start().await;
    let hub = &furnished.hub;
    let found = async |query: &str| {
        let answer = ask(hub, &format!("/v1/envelopes?{query}")).await;
        (answer["envelopes"].as_array().unwrap().clone(), answer["matched"].as_u64().unwrap(), answer["more"].clone())
    };
    let (rows, matched, more) = found("certificate=ke-2026-00100").await;
    assert_eq!((rows.len(), matched, more), (2, 2, json!(false)));
    let copy = rows.iter().find(|row| !row["original"].is_null()).unwrap();
    let original = rows.iter().find(|row| row["original"].is_null()).unwrap();
    assert_eq!((&copy["original"], &copy["receiver"]), (&original["number"], &json!("CUSTOMS")));
    assert_eq!((&original["receiver"], &original["state"]), (&json!("NL"), &json!("delivered")));
    assert_eq!(copy["state"], json!("pending"));
    let (rows, matched, more) = found("from=KE&to=NL&limit=10").await;
    assert_eq!((rows.len(), matched, more), (10, TO_NL as u64, json!(true)), "copies are not for NL");
    let times: Vec<&str> = rows.iter().map(|row| row["accepted_at"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|one, other| one >= other), "the newest first: {times:?}");
    assert_eq!(found("to=nl&state=pending").await.1, WAITING_FOR_NL as u64);
    assert_eq!(found("state=delivered").await.1, (TO_NL - WAITING_FOR_NL) as u64);
    let Furnished { parked, .. } = &furnished;
    assert_eq!(found(&format!("number={}", &parked[..10])).await.0[0]["number"], json!(parked));
    assert_eq!(found("certificate=LK-2026-0004&state=pending").await.0[0]["parked"], json!(true));
    for (query, says) in [
        ("limit=0", "from 1 to 1000"),
        ("state=lost", "pending, delivered and failed"),
        ("number=!", "not how a delivery number begins"),
        ("from=much-too-long-for-a-code", "no code"),
    ] {
        let answer = ask_admin(hub, &format!("/v1/envelopes?{query}"), None).await;
        assert!(answer.status == 400 && answer.body.contains(says), "{query}: {}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_parked_tried_and_given_up_is_told_apart() {
    let furnished = Furnished::start().await;
    let hub = &furnished.hub;
    let failed = until(hub, "/v1/failed", |failed| {
        let kinds = |wanted: &str| failed.as_array().unwrap().iter().any(|group| group["kind"] == json!(wanted));
        kinds("parked") && kinds("failing")
    })
    .await;
    let group = |kind: &str| failed.as_array().unwrap().iter().find(|group| group["kind"] == json!(kind)).unwrap();
    let parked = group("parked");
    assert_eq!((&parked["destination"], &parked["count"]), (&json!("US"), &json!(PARKED)));
    assert!(parked["cause"].as_str().unwrap().contains("this certificate is not for us"), "{parked}");
    assert_eq!((&group("failing")["destination"], &group("failing")["count"]), (&json!("EG"), &json!(1)));

    let hub = TestHub::with(&["KE", "NL"], "[forget]\nexpire_after = \"1 s\"\n", &[]);
    let mut sender = phytohub_tests::parties::party(&hub, "KE");
    let head = phytohub_tests::parties::header("KE", "NL", "KE-1");
    let content = phytohub_tests::parties::certificate("KE", "NL", "KE-1");
    let operation = phytohub_soap::Operation::DeliverEnvelope;
    let number = sender.deliver(operation, &head, &content).await.unwrap().delivery_number;
    until(&hub, "/v1/overview", |overview| overview["totals"]["failed"] == json!(1)).await;
    let failed = ask(&hub, "/v1/failed").await;
    assert_eq!((&failed[0]["kind"], &failed[0]["numbers"]), (&json!("failed"), &json!([number])));
    assert_eq!(failed[0]["destination"], json!("NL"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_lists_in_force_are_told_with_where_they_come_from() {
    let furnished = Furnished::start().await;
    let lists = ask(&furnished.hub, "/v1/lists").await;
    let units = lists.as_array().unwrap().iter().find(|list| list["id"] == json!("unit-measures")).unwrap();
    assert!(units["edition"].as_str().unwrap().ends_with("+2026-01-01"), "{units}");
    let origins: Vec<&Value> = units["from"].as_array().unwrap().iter().map(|part| &part["origin"]).collect();
    assert_eq!(origins, [&json!("hub"), &json!("release")]);
    let rows = |part: usize| units["from"][part]["rows"].as_u64().unwrap();
    assert_eq!(units["rows"].as_u64().unwrap(), rows(0) + rows(1));
}
