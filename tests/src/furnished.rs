//! A real hub with something of everything: traffic, parked envelopes, a service that is down, findings, copies, a
//! release in shadow and a candidate.

use phytohub_server::party::{Acknowledgement, Party, was_accepted};
use phytohub_server::pki::ThrowAwayCa;
use phytohub_soap::Operation;

use crate::hub::{TestHub, phytohub_ok};
use crate::parties::{certificate, header, party};
use crate::service::{MemberService, Reaction};

/// Its members, with the names that people know.
pub const MEMBERS: [(&str, &str); 8] = [
    ("CL", "SAG"),
    ("EG", "Central Administration of Plant Quarantine"),
    ("FR", "DGAL"),
    ("KE", "KEPHIS"),
    ("LK", "National Plant Quarantine Service"),
    ("NL", "NVWA"),
    ("NZ", "Ministry for Primary Industries"),
    ("US", "APHIS"),
];

const CONFIG: &str = "[push]\nallow_private = true\npause_first = \"20 ms\"\npause_max = \"200 ms\"\n\
                      answer_timeout = \"2 s\"\npark_refusals = 2\npark_unclear = 1000000\nbreaker_failures = 2\n\
                      [alerts]\nevery = \"1 s\"\nparked = 3\n\
                      [report]\ncapacity = 7600\nprices = \"prices.toml\"\n";

/// Deliveries from KE to NL: all are fetched, and acknowledged but for the last few.
pub const TO_NL: usize = 24;
/// Of these, those that wait.
pub const WAITING_FOR_NL: usize = 4;
/// Envelopes that the service of US refuses.
pub const PARKED: usize = 4;
/// Envelopes that the service of EG, which is down, does not get.
pub const FOR_EG: usize = 6;
/// Deliveries that are refused.
pub const REFUSED: usize = 3;

/// The hub and those around it.
pub struct Furnished {
    /// The hub.
    pub hub: TestHub,
    /// The service of US, which refuses.
    pub us: MemberService,
    /// The service of EG, which answers 503.
    pub eg: MemberService,
    /// Delivery number of an envelope that is parked.
    pub parked: String,
    /// Delivery number of an envelope that was delivered and has a copy.
    pub delivered: String,
}

impl Furnished {
    /// Makes and starts it, and lets its members send.
    ///
    /// # Panics
    /// When anything of it fails.
    pub async fn start() -> Self {
        let mut hub = TestHub::resting(&["KE"], &["--shards", "2"]);
        hub.configure(CONFIG);
        let prices = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/prices.toml");
        std::fs::copy(prices, hub.dir().join("prices.toml")).expect("the price file is copied");
        hub.restart();
        members(&hub);
        channel(&hub);
        let (us, eg) = (MemberService::start().await, MemberService::start().await);
        us.react(&[], Reaction::Refuse);
        eg.react(&[], Reaction::Busy);
        for (code, service) in [("US", &us), ("EG", &eg)] {
            let (url, pin) = (service.url(), service.certificate());
            let pin = pin.to_str().expect("a path in UTF-8");
            phytohub_ok(&["nppo", "push", hub.dir_text(), code, "--url", &url, "--pin", pin]);
        }
        validation(&hub);
        let (parked, delivered) = traffic(&hub, &us, &eg).await;
        Self { hub, us, eg, parked, delivered }
    }
}

/// The members besides KE, each with a name and keys.
fn members(hub: &TestHub) {
    let dir = hub.dir_text();
    for (code, name) in MEMBERS.iter().filter(|(code, _)| *code != "KE") {
        let why = "it has exchanged certificates for years";
        phytohub_ok(&["nppo", "add", dir, code, "--name", name, "--override", why]);
        keys(hub, code);
    }
}

/// Makes a pair for a party and registers its certificate.
fn keys(hub: &TestHub, code: &str) {
    let pair = ThrowAwayCa::new().expect("a CA").member(code).expect("a pair");
    let [pem, key] = ["pem", "key"].map(|kind| hub.pki(&format!("nppo-{code}.{kind}")));
    std::fs::write(&pem, pair.certificate).expect("a file is written");
    std::fs::write(key, pair.key).expect("a file is written");
    let pem = pem.to_str().expect("a path in UTF-8");
    phytohub_ok(&["nppo", "certificate", "add", hub.dir_text(), code, pem]);
}

/// A channel that gets a copy of what NL receives.
fn channel(hub: &TestHub) {
    let dir = hub.dir_text();
    phytohub_ok(&["channel", "set", dir, "CUSTOMS", "--name", "Dutch customs", "--receive"]);
    keys(hub, "CUSTOMS");
    let rule = ["--channel", "CUSTOMS", "--kind", "FORWARD", "--direction", "INC"];
    phytohub_ok(&[&["nppo", "rule", "set", dir, "NL"][..], &rule].concat());
    phytohub_ok(&["document", "set", dir, "911", "--name", "Import permit", "--profile", "lenient"]);
}

/// A release that is in force, one in shadow, and a candidate beside both.
fn validation(hub: &TestHub) {
    let dir = hub.dir_text();
    let file = |name: &str, text: String| {
        let path = hub.dir().join(name);
        std::fs::write(&path, text).expect("a file is written");
        path.to_str().expect("a path in UTF-8").to_owned()
    };
    let list = |day: &str, codes: &str| {
        format!(
            "# list: unit-measures\n# source: UN/ECE Recommendation 20\n# edition: {day}\n# valid-from: {day}\n\
             code,kind,symbol,text\n{codes}"
        )
    };
    let (kilogram, tonne) = ("KGM,WEIGHT,kg,kilogram\n", "TNE,WEIGHT,t,tonne\n");
    let more = list("2026-01-01", "XTK,WEIGHT,,truckload\n").replace("# list:", "# adds-to:");
    let announce = |path: &str, title: &str| phytohub_ok(&["change", "announce", dir, path, "--title", title]);
    announce(&file("more-units.csv", more), "A unit for truckloads");
    phytohub_ok(&["change", "activate", dir, "1"]);
    announce(&file("units-2026.csv", list("2026-02-01", tonne)), "Tonnes only");
    phytohub_ok(&["change", "shadow", dir, "2"]);
    let candidate = file("candidate.csv", list("2026-03-01", &format!("{kilogram}{tonne}")));
    phytohub_ok(&["validator", "shadow", dir, "--list", &candidate, "--profile", "strict"]);
}

async fn send(sender: &mut Party, from: &str, to: &str, number: &str) -> String {
    let content = certificate(from, to, number);
    let answer = sender.deliver(Operation::ValidateAndDeliverEnvelope, &header(from, to, number), &content).await;
    let answer = answer.expect("an answer");
    assert!(was_accepted(&answer), "{}", answer.error_message);
    answer.delivery_number
}

async fn traffic(hub: &TestHub, us: &MemberService, eg: &MemberService) -> (String, String) {
    let mut ke = party(hub, "KE");
    let mut nl = party(hub, "NL");
    let mut sent = Vec::new();
    for index in 0..TO_NL {
        sent.push(send(&mut ke, "KE", "NL", &format!("KE-2026-{:05}", 100 + index)).await);
    }
    nl.pull_all().await.expect("what waits");
    for (index, number) in sent.iter().take(TO_NL - WAITING_FOR_NL).enumerate() {
        let what = match index % 10 {
            8 => Acknowledgement::Warning("the seal is missing"),
            9 => Acknowledgement::Unreadable("the file cannot be read"),
            _ => Acknowledgement::Received,
        };
        nl.acknowledge(number, what).await.expect("an acknowledgement");
    }
    let mut parked = String::new();
    let mut lk = party(hub, "LK");
    for index in 0..PARKED {
        parked = send(&mut lk, "LK", "US", &format!("LK-2026-{:05}", 40 + index)).await;
    }
    for index in 0..FOR_EG {
        send(&mut ke, "KE", "EG", &format!("KE-2026-{:05}", 900 + index)).await;
    }
    let others = [("FR", "CL"), ("NZ", "CL"), ("CL", "NZ"), ("LK", "FR"), ("KE", "FR")];
    for (index, (from, to)) in others.iter().enumerate() {
        let mut sender = party(hub, from);
        for part in 0..3 {
            send(&mut sender, from, to, &format!("{from}-2026-{:05}", 300 + index * 10 + part)).await;
        }
    }
    refused(&mut lk).await;
    us.until("the refused ones", |received| PARKED * 2 <= received.len()).await;
    eg.until("calls", |received| 2 <= received.len()).await;
    (parked, sent.swap_remove(0))
}

/// Two that break a severe rule, one to somebody who is no member.
async fn refused(lk: &mut Party) {
    for number in ["LK-2026-00070", "LK-2026-00071"] {
        let content = certificate("LK", "NL", number).replace("\"KGM\"", "\"KGS\"");
        let operation = Operation::ValidateAndDeliverEnvelope;
        let answer = lk.deliver(operation, &header("LK", "NL", number), &content).await.expect("an answer");
        assert!(!was_accepted(&answer), "it breaks a severe rule");
    }
    let answer = lk.deliver(Operation::DeliverEnvelope, &header("LK", "ZZ", "LK-2026-00072"), "<a/>").await;
    assert!(!was_accepted(&answer.expect("an answer")), "nobody is ZZ");
}
