//! Certificates are exchanged while the hub works: a member's without a failed request, the hub's without a restart.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use phytohub_operate::layout::Layout;
use phytohub_server::party::Party;
use phytohub_server::pki::{Pair, ThrowAwayCa};
use phytohub_soap::{Operation, client};
use phytohub_tests::hub::{TestHub, phytohub_ok};
use phytohub_tests::parties::party;
use phytohub_tests::wire;
use rustix::process::{Pid, Signal, kill_process};

/// Callers at the same time.
const CALLERS: usize = 4;
/// Calls that each phase must see.
const CALLS_IN_A_PHASE: u64 = 200;

fn write(folder: &Path, name: &str, pair: &Pair) -> (PathBuf, PathBuf) {
    let [certificate, key] = ["pem", "key"].map(|kind| folder.join(format!("{name}.{kind}")));
    std::fs::write(&certificate, &pair.certificate).unwrap();
    std::fs::write(&key, &pair.key).unwrap();
    (certificate, key)
}

/// What the callers are told, and what they tell.
#[derive(Default)]
struct Rotation {
    with_new_keys: AtomicBool,
    over: AtomicBool,
    calls: AtomicU64,
    switched: AtomicU64,
}

impl Rotation {
    async fn after_more_calls(&self) {
        let until = self.calls.load(Ordering::SeqCst) + CALLS_IN_A_PHASE;
        while self.calls.load(Ordering::SeqCst) < until {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Calls without a pause, first with the old keys, then with the new ones. The first failure ends the test.
    async fn call(self: Arc<Self>, mut party: Party, mut new: Option<Party>) {
        while !self.over.load(Ordering::SeqCst) {
            if self.with_new_keys.load(Ordering::SeqCst)
                && let Some(new) = new.take()
            {
                party = new;
                self.switched.fetch_add(1, Ordering::SeqCst);
            }
            party.active_nppos().await.expect("no request fails while certificates are exchanged");
            self.calls.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_members_certificate_is_rotated_without_a_failed_request() {
    let hub = TestHub::start(&["KE"]);
    let (dir, old) = (hub.dir_text(), hub.pki("nppo-KE.pem"));
    let (certificate, key) = write(hub.dir(), "new", &ThrowAwayCa::new().unwrap().member("KE").unwrap());
    let rotation = Arc::new(Rotation::default());
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let new = Party::with_keys(hub.dir(), hub.soap(), "KE", &certificate, &key).unwrap();
            tokio::spawn(Arc::clone(&rotation).call(party(&hub, "KE"), Some(new)))
        })
        .collect();
    rotation.after_more_calls().await;
    phytohub_ok(&["nppo", "certificate", "add", dir, "KE", certificate.to_str().unwrap()]);
    rotation.after_more_calls().await;
    rotation.with_new_keys.store(true, Ordering::SeqCst);
    while rotation.switched.load(Ordering::SeqCst) < CALLERS as u64 {
        assert!(callers.iter().all(|caller| !caller.is_finished()), "a request failed");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    phytohub_ok(&["nppo", "certificate", "revoke", dir, "KE", old.to_str().unwrap()]);
    rotation.after_more_calls().await;
    rotation.over.store(true, Ordering::SeqCst);
    for caller in callers {
        caller.await.expect("no request failed");
    }
    assert!(party(&hub, "KE").active_nppos().await.is_err(), "and the old certificate is gone");
}

fn hang_up(hub: &TestHub) {
    let pid = Layout::new(hub.dir()).running().unwrap().pid;
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), Signal::HUP).unwrap();
}

/// Waits until a party that trusts `ca` only is answered.
async fn until_trusted(hub: &TestHub, ca: &str) {
    std::fs::write(hub.pki("ca.pem"), ca).unwrap();
    for attempt in 0.. {
        match party(hub, "KE").active_nppos().await {
            Ok(_) => return,
            Err(error) => assert!(attempt < 600, "the new certificate is not shown: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn the_hubs_certificate_is_exchanged_and_open_connections_live_on() {
    let hub = TestHub::start(&["KE"]);
    let mut open = wire::connect(&hub, Some("KE")).await;
    let request = wire::post(&String::from_utf8(client::plain(Operation::GetProfile)).unwrap());
    assert_eq!(wire::status(&wire::exchange(&mut open, &request).await.0), 200);

    let ca = ThrowAwayCa::new().unwrap();
    let (old_ca, pair) = (std::fs::read_to_string(hub.pki("ca.pem")).unwrap(), ca.hub(&[]).unwrap());
    // Half of the exchange: the hub goes on with what it has, and says so.
    std::fs::write(hub.pki("hub.pem"), &pair.certificate).unwrap();
    hang_up(&hub);
    for attempt in 0.. {
        if hub.log().contains("do not fit") {
            break;
        }
        assert!(attempt < 600, "a pair that does not fit is not told: {}", hub.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    until_trusted(&hub, &old_ca).await;
    std::fs::write(hub.pki("hub.key"), &pair.key).unwrap();
    hang_up(&hub);
    until_trusted(&hub, &ca.certificate()).await;
    assert_eq!(wire::status(&wire::exchange(&mut open, &request).await.0), 200, "the open connection lives on");
}
