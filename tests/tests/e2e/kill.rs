//! kill -9 in the middle of the load, again and again, with a ledger outside the hub.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use phytohub_server::client::CallError;
use phytohub_server::party::{Acknowledgement, Party};
use phytohub_soap::Operation;
use phytohub_tests::hub::TestHub;
use phytohub_tests::ledger::Ledger;
use phytohub_tests::parties::header;
use tokio::sync::watch;

const SENDERS: [&str; 3] = ["KE", "NZ", "LK"];
const RECEIVERS: [&str; 2] = ["NL", "NO"];
const KILLS: usize = 6;
/// Deliveries that each sender has had answered before the next kill.
const DELIVERIES_PER_KILL: usize = 120;

/// What all tasks share.
#[derive(Clone)]
struct Scene {
    dir: std::path::PathBuf,
    address: watch::Receiver<String>,
    ledger: Arc<Ledger>,
    answered: Arc<AtomicUsize>,
    sending: Arc<AtomicBool>,
    receiving: Arc<AtomicBool>,
}

impl Scene {
    fn connect(&self, code: &str) -> Party {
        Party::new(&self.dir, &self.address.borrow().clone(), code).unwrap()
    }
}

/// A short wait before the hub that went away is tried again.
async fn breathe() {
    tokio::time::sleep(Duration::from_millis(10)).await;
}

async fn send(scene: Scene, code: &'static str) {
    let mut party = scene.connect(code);
    for index in 0.. {
        if !scene.sending.load(Ordering::Relaxed) {
            return;
        }
        let to = RECEIVERS[index % RECEIVERS.len()];
        let certificate = format!("{code}-{index}");
        let content = format!("<c n='{certificate}'>{}</c>", "content & more ".repeat(1 + index % 200));
        scene.ledger.intend(code, to, &certificate, &content);
        loop {
            match party.deliver(Operation::DeliverEnvelope, &header(code, to, &certificate), &content).await {
                Ok(answer) if !answer.delivery_number.is_empty() => {
                    scene.ledger.answered(&certificate, &answer.delivery_number);
                    scene.answered.fetch_add(1, Ordering::Relaxed);
                    break;
                }
                Ok(answer) => panic!("refused: {}", answer.error_message),
                Err(CallError::Fault { message, status, .. }) => assert_eq!(status, 503, "{message}"),
                // It may be accepted or not: the same delivery again, as a real client does.
                Err(CallError::NoAnswer(_)) => {
                    breathe().await;
                    party = scene.connect(code);
                }
            }
        }
    }
}

async fn receive(scene: Scene, code: &'static str) {
    let mut party = scene.connect(code);
    // Acknowledged, but the hub went away before it said so: asked again, as a real client does.
    let mut unconfirmed: Vec<String> = Vec::new();
    while scene.receiving.load(Ordering::Relaxed) || !unconfirmed.is_empty() {
        if pull(&scene, code, &mut party, &mut unconfirmed).await.is_err() {
            breathe().await;
            party = scene.connect(code);
        }
    }
}

/// One round of a receiver; an error is a hub that went away.
async fn pull(scene: &Scene, code: &str, party: &mut Party, unconfirmed: &mut Vec<String>) -> Result<(), CallError> {
    while let Some(number) = unconfirmed.last() {
        confirm(scene, party, number).await?;
        unconfirmed.pop();
    }
    let envelopes = party.pull_all().await?;
    if envelopes.is_empty() {
        breathe().await;
    }
    for (header, content) in envelopes {
        let number = header.delivery_number;
        scene.ledger.arrived(code, &number, &header.certificate_number, &content);
        if let Err(error) = confirm(scene, party, &number).await {
            unconfirmed.push(number);
            return Err(error);
        }
    }
    Ok(())
}

async fn confirm(scene: &Scene, party: &mut Party, number: &str) -> Result<(), CallError> {
    match party.acknowledge(number, Acknowledgement::Received).await {
        Err(error @ CallError::Fault { status: 500, .. }) => panic!("{error}"),
        result => result.map(|_| scene.ledger.acknowledged(number)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_doubled_or_reordered_by_kill_9_in_mid_load() {
    let members: Vec<&str> = SENDERS.into_iter().chain(RECEIVERS).collect();
    // Small segments: the load also goes over rolls, recycling and reclaiming.
    let config = "[http]\nbody_max = \"64 KiB\"\n[journal]\nsegment = \"256 KiB\"\n[forget]\nerase_after = \"20 ms\"\n";
    let mut hub = TestHub::with(&members, config, &["--shards", "2"]);
    let (address, watched) = watch::channel(hub.soap().to_owned());
    let scene = Scene {
        dir: hub.dir().to_owned(),
        address: watched,
        ledger: Arc::default(),
        answered: Arc::default(),
        sending: Arc::new(AtomicBool::new(true)),
        receiving: Arc::new(AtomicBool::new(true)),
    };
    let senders: Vec<_> = SENDERS.map(|code| tokio::spawn(send(scene.clone(), code))).into();
    let receivers: Vec<_> = RECEIVERS.map(|code| tokio::spawn(receive(scene.clone(), code))).into();
    for kill in 1..=KILLS {
        while scene.answered.load(Ordering::Relaxed) < kill * DELIVERIES_PER_KILL * SENDERS.len() {
            assert!(senders.iter().chain(&receivers).all(|task| !task.is_finished()), "a party gave up");
            breathe().await;
        }
        hub.kill();
        hub.restart();
        address.send(hub.soap().to_owned()).unwrap();
    }
    scene.sending.store(false, Ordering::Relaxed);
    for sender in senders {
        sender.await.unwrap();
    }
    loop {
        let (answered, acknowledged) = scene.ledger.counts();
        if acknowledged == answered {
            break;
        }
        assert!(receivers.iter().all(|task| !task.is_finished()), "a receiver gave up");
        breathe().await;
    }
    scene.receiving.store(false, Ordering::Relaxed);
    for receiver in receivers {
        receiver.await.unwrap();
    }
    assert_eq!(scene.ledger.faults(), Vec::<String>::new());
    for code in RECEIVERS {
        assert_eq!(scene.connect(code).import_headers(None).await.unwrap(), [], "{code}");
    }
    assert!(hub.stop().success());
    let (answered, _) = scene.ledger.counts();
    assert!(answered >= KILLS * DELIVERIES_PER_KILL * SENDERS.len());
}
