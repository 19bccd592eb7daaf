//! What is in a certificate, in a header, in a request or in a key shows nowhere but where it must: a canary of its own
//! in each is searched for in all that the hub says and writes.

use std::collections::BTreeMap;
use std::path::Path;

use phytohub_model::HeaderFields;
use phytohub_server::party::Acknowledgement;
use phytohub_soap::{Operation, client};
use phytohub_tests::hub::{TestHub, phytohub_ok};
use phytohub_tests::parties::{certificate, header, party};
use phytohub_tests::wire;

/// Begins every canary; nothing else in the project says this.
const CANARY: &str = "kanarie-";

/// Canaries that some output may show, by design: their names and the begin of the output's.
const ALLOWED: [(&str, &str); 6] = [
    // Operators follow an envelope by its number, see the certificate's number, and the receiver's word on it.
    ("certificate-number", "admin /v1/envelopes"),
    ("acknowledgement", "admin /v1/envelopes"),
    ("certificate-number", "admin /v1/failed"),
    // The subject of a registered certificate says whose it is.
    ("subject", "admin /v1/nppos"),
    ("subject", "admin /v1/members"),
    ("subject", "admin /v1/overview"),
];

/// Puts a canary of its own into each text and each attribute of a document.
fn filled(document: &str) -> (String, usize) {
    let mut filled = String::new();
    let mut count = 0;
    let mut next = || {
        count += 1;
        format!("{CANARY}content-{count}-")
    };
    for (index, part) in document.split_inclusive('>').enumerate() {
        let (text, tag) = part.split_once('<').unwrap_or((part, ""));
        if index > 0 && !text.trim().is_empty() {
            filled.push_str(&next());
        }
        filled.push_str(text);
        let is_plain = !tag.starts_with(['?', '!']);
        let mut pieces = tag.split('"');
        if tag.is_empty() {
            continue;
        }
        filled.push('<');
        filled.push_str(pieces.next().unwrap());
        while let Some(value) = pieces.next() {
            let before = filled.trim_end_matches('=').rsplit(' ').next().unwrap().to_owned();
            let declares = before.starts_with("xmlns") || !is_plain;
            filled.push('"');
            if !declares {
                filled.push_str(&next());
            }
            filled.push_str(value);
            filled.push('"');
            filled.push_str(pieces.next().unwrap_or_default());
        }
    }
    (filled, count)
}

fn canary(name: &str) -> String {
    format!("{CANARY}{name}")
}

/// A header with a canary in every text that its sender is free to write.
fn marked(to: &str) -> HeaderFields {
    HeaderFields {
        error_message: canary("error-message"),
        delivery_number: canary("delivery-number"),
        ..header("KE", to, &canary("certificate-number"))
    }
}

/// A request with canaries all around its SOAP.
fn dressed(body: &[u8]) -> Vec<u8> {
    let body = String::from_utf8(body.to_vec()).unwrap();
    let body = body.replacen(
        "<soap:Body>",
        &format!("<soap:Header><w:Password xmlns:w=\"urn:w\">{}</w:Password></soap:Header><soap:Body>", canary("soap")),
        1,
    );
    let [agent, token, query] = ["user-agent", "authorization", "query"].map(canary);
    let head = format!(
        "POST /hub/DeliveryService?a={query} HTTP/1.1\r\nHost: h\r\nUser-Agent: {agent}\r\nCookie: a={token}\r\n\
         Authorization: Basic {token}\r\nSOAPAction: \"{}\"\r\nContent-Length: {}\r\n\r\n",
        canary("action"),
        body.len()
    );
    [head.as_bytes(), body.as_bytes()].concat()
}

/// Parts of the private keys and of the admin token that are long enough to be told from chance.
fn secrets(hub: &TestHub) -> Vec<String> {
    let mut secrets = Vec::new();
    for name in ["nppo-KE.key", "nppo-NL.key", "hub.key"] {
        let text = std::fs::read_to_string(hub.pki(name)).unwrap();
        secrets.extend(text.lines().filter(|line| !line.starts_with('-') && line.len() >= 32).map(str::to_owned));
    }
    secrets.push(std::fs::read_to_string(hub.dir().join("admin.token")).unwrap().trim().to_owned());
    assert!(secrets.len() >= 4, "{}", secrets.len());
    secrets
}

/// Every way in which something enters the hub: taken, refused, broken, asked, answered.
async fn live(hub: &TestHub) -> String {
    let (content, count) = filled(phytoval_conformance::EXPORT);
    assert!(count > 70, "only {count} texts of a certificate are marked");
    let (mut sender, mut receiver) = (party(hub, "KE"), party(hub, "NL"));
    let mut numbers = Vec::new();
    for content in
        [content.as_str(), &certificate("KE", "NL", "KE-1").replace("<ram:Name>", &format!("<ram:Name>{CANARY}name-"))]
    {
        for operation in [Operation::DeliverEnvelope, Operation::ValidateAndDeliverEnvelope] {
            for to in ["NL", "ZZ", &canary("to")] {
                let answer = sender.deliver(operation, &marked(to), content).await.unwrap();
                numbers.push(answer.delivery_number);
            }
        }
        let _ = sender.deliver(Operation::DeliverPhytoEnvelope, &marked("NL"), content).await;
        sender.validate(content).await.unwrap();
    }
    numbers.retain(|number| !number.is_empty());
    let mut stream = wire::connect(hub, Some("KE")).await;
    let whole = client::deliver(Operation::DeliverEnvelope, &marked("NL"), &content);
    for body in [&whole[..], &whole[..whole.len() / 2], format!("<{CANARY}root>&{CANARY}entity;").as_bytes()] {
        wire::exchange(&mut stream, &dressed(body)).await;
    }
    for (head, _) in receiver.pull_all().await.unwrap() {
        let number = head.delivery_number;
        receiver.acknowledge(&number, Acknowledgement::Warning(&canary("acknowledgement"))).await.unwrap();
        let _ = receiver.acknowledge(&number, Acknowledgement::Received).await;
    }
    let _ = receiver.acknowledge(&canary("number"), Acknowledgement::Received).await;
    let _ = receiver.import_headers(Some(&canary("country"))).await;
    // One waits when the outputs are looked at.
    sender.deliver(Operation::DeliverEnvelope, &marked("NL"), "x").await.unwrap();
    numbers.swap_remove(0)
}

/// The answers of the admin address to its owner.
async fn admin(hub: &TestHub, number: &str, outputs: &mut BTreeMap<String, String>) {
    let token = std::fs::read_to_string(hub.dir().join("admin.token")).unwrap();
    let envelope = format!("/v1/envelopes/{number}");
    let paths = [
        "/metrics",
        "/livez",
        "/readyz",
        "/v1/me",
        "/v1/overview",
        "/v1/members",
        "/v1/nppos",
        "/v1/channels",
        "/v1/documents",
        "/v1/alerts",
        "/v1/validator",
        "/v1/releases",
        "/v1/failed",
        "/v1/onboarding",
        &envelope,
        "/v1/report?from=2020-01-01&to=2040-01-01",
        "/v1/report?from=2020-01-01&to=2040-01-01&format=csv",
        "/v1/report?from=2020-01-01&to=2040-01-01&format=html",
        "/v1/envelopes/0",
        "/nowhere",
    ];
    for path in paths {
        let request = format!("GET {path} HTTP/1.0\r\nAuthorization: Bearer {}\r\n\r\n", token.trim());
        let answer = wire::plain(hub.admin(), request.as_bytes()).await;
        outputs.insert(format!("admin {path}"), answer);
    }
}

/// Everything that another member is answered.
async fn other(hub: &TestHub, number: &str, outputs: &mut BTreeMap<String, String>) {
    let mut stream = wire::connect(hub, Some("NZ")).await;
    for operation in Operation::ALL {
        let request = match operation {
            Operation::PullSingleImportEnvelope | Operation::GetEnvelopeTrackingInfo => {
                client::with_number(operation, number)
            }
            Operation::AcknowledgeEnvelopeReceipt => client::with_number(operation, number),
            Operation::AdvancedAcknowledgeEnvelopeReceipt | Operation::AcknowledgeFailedEnvelopeReceipt => {
                client::with_message(operation, number, "a word")
            }
            _ => client::plain(operation),
        };
        let (head, body) = wire::exchange(&mut stream, &wire::post(&String::from_utf8(request).unwrap())).await;
        outputs.insert(format!("another's {}", operation.name()), head + &body);
    }
}

/// All files of the hub but its journal, which is made to hold content, and the keys themselves.
fn files(folder: &Path, base: &Path, outputs: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(base).unwrap().display().to_string();
        match name.as_str() {
            "data" | "pki" | "admin.token" => {}
            _ if path.is_dir() => files(&path, base, outputs),
            _ => {
                let bytes = std::fs::read(&path).unwrap();
                outputs.insert(format!("file {name}"), String::from_utf8_lossy(&bytes).into_owned());
            }
        }
    }
}

#[tokio::test]
async fn no_output_shows_a_canary_that_it_need_not_show() {
    let config = "[log]\nlevel = \"trace\"\n[alerts]\nevery = \"1 s\"\n";
    let mut hub = TestHub::with(&["KE", "NL", "NZ"], config, &[]);
    let subject = phytohub_server::pki::ThrowAwayCa::new().unwrap().member(&canary("subject")).unwrap();
    let pem = hub.pki("subject.pem");
    std::fs::write(&pem, subject.certificate).unwrap();
    phytohub_ok(&["nppo", "certificate", "add", hub.dir_text(), "NL", pem.to_str().unwrap()]);
    let number = live(&hub).await;
    let mut outputs = BTreeMap::new();
    other(&hub, &number, &mut outputs).await;
    // The office of alerts looks once a second.
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    admin(&hub, &number, &mut outputs).await;
    let secrets = secrets(&hub);
    assert!(hub.stop().success());
    files(hub.dir(), hub.dir(), &mut outputs);
    assert!(outputs.contains_key("file hub.log"), "{:?}", outputs.keys());
    let seen: Vec<_> = outputs.iter().flat_map(|(place, text)| shown(place, text, &secrets)).collect();
    assert!(seen.is_empty(), "{} canaries are shown:\n{}", seen.len(), seen.join("\n"));
    // The test would see one: the two places where they must be.
    assert!(outputs[&format!("admin /v1/envelopes/{number}")].contains(&canary("certificate-number")));
    assert!(outputs["admin /v1/nppos"].contains(&canary("subject")));
}

/// A core file would hold all of it.
#[test]
fn no_core_file_is_written() {
    let mut hub = TestHub::start(&["KE"]);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", hub.process().id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().filter(|word| *word == "0").count(), 2, "{core}");
}

/// What an output shows and may not.
fn shown(place: &str, text: &str, secrets: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(CANARY) {
        let rest = &text[at + CANARY.len()..];
        let is_allowed = ALLOWED.iter().any(|(name, begin)| rest.starts_with(name) && place.starts_with(begin));
        if !is_allowed {
            let around: String = text[..at].chars().rev().take(80).collect::<Vec<_>>().into_iter().rev().collect();
            let behind: String = rest.chars().take(40).collect();
            found.push(format!("{place}: ...{around}{CANARY}{behind}..."));
        }
    }
    let leaked = secrets.iter().filter(|secret| text.contains(secret.as_str()));
    found.extend(leaked.map(|_| format!("{place}: a secret")));
    found
}
