//! SIGTERM: no new work, answers in flight leave, journals closed, exit 0.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use phytohub_server::client::CallError;
use phytohub_server::party::Party;
use phytohub_soap::Operation;
use phytohub_tests::hub::TestHub;
use phytohub_tests::ledger::Ledger;
use phytohub_tests::parties::{header, party};
use phytohub_tests::wire;
use tokio::io::AsyncWriteExt;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_all_that_was_answered_is_there_after_the_restart() {
    const SENDERS: usize = 8;
    let mut hub = TestHub::start(&["KE", "NL"]);
    let (ledger, answered) = (Arc::new(Ledger::default()), Arc::new(AtomicUsize::new(0)));
    let senders: Vec<_> = (0..SENDERS)
        .map(|task| {
            let party = Party::new(hub.dir(), hub.soap(), "KE").unwrap();
            tokio::spawn(send(party, task, Arc::clone(&ledger), Arc::clone(&answered)))
        })
        .collect();
    while answered.load(Ordering::Relaxed) < 200 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(hub.stop().success(), "{}", hub.log());
    for sender in senders {
        sender.await.unwrap();
    }
    hub.restart();
    let waiting = party(&hub, "NL").import_headers(None).await.unwrap();
    assert!(waiting.len() >= answered.load(Ordering::Relaxed));
    let mut receiver = party(&hub, "NL");
    for head in &waiting {
        let (_, content) = receiver.pull(&head.delivery_number).await.unwrap().expect("it waits");
        ledger.arrived("NL", &head.delivery_number, &head.certificate_number, &content);
        ledger.acknowledged(&head.delivery_number);
    }
    let lost: Vec<String> = ledger.faults().into_iter().filter(|fault| fault.contains("lost")).collect();
    assert_eq!(lost, Vec::<String>::new());
}

async fn send(mut party: Party, task: usize, ledger: Arc<Ledger>, answered: Arc<AtomicUsize>) {
    for index in 0.. {
        let number = format!("KE{task}-{index}");
        ledger.intend("KE", "NL", &number, &number);
        match party.deliver(Operation::DeliverEnvelope, &header("KE", "NL", &number), &number).await {
            Ok(answer) => {
                ledger.answered(&number, &answer.delivery_number);
                answered.fetch_add(1, Ordering::Relaxed);
            }
            Err(CallError::Fault { status: 503, .. } | CallError::NoAnswer(_)) => return,
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn a_request_that_is_under_way_is_answered_and_idle_connections_close() {
    let mut hub = TestHub::start(&["KE", "NL"]);
    let mut idle = wire::connect(&hub, Some("KE")).await;
    let mut busy = wire::connect(&hub, Some("KE")).await;
    let request = phytohub_soap::client::deliver(Operation::DeliverEnvelope, &header("KE", "NL", "KE-1"), "text");
    let request = wire::post(&String::from_utf8(request).unwrap());
    let (first, rest) = request.split_at(request.len() - 40);
    busy.write_all(first).await.unwrap();
    busy.flush().await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let finish = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        wire::exchange(&mut busy, rest).await
    };
    let stop = tokio::task::spawn_blocking(move || (hub.stop(), hub));
    let ((head, body), stopped) = tokio::join!(finish, stop);
    let (status, mut hub) = stopped.unwrap();
    assert_eq!(wire::status(&head), 200);
    assert!(body.contains("PendingDelivery"), "{body}");
    assert!(status.success());
    let mut nothing = Vec::new();
    // Closed, one way or the other.
    let read = tokio::io::AsyncReadExt::read_to_end(&mut idle, &mut nothing).await;
    assert!(read.is_err() || nothing.is_empty());
    hub.restart();
    assert_eq!(party(&hub, "NL").import_headers(None).await.unwrap().len(), 1);
}
