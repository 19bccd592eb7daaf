//! A receiving member: asks for what waits, writes down what came, acknowledges it in its own way.

use std::collections::{BTreeSet, HashSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use phytohub_model::HeaderFields;
use phytohub_soap::Operation;
use phytohub_soap::client::{self, Reply, read_answer};
use phytoload_traffic::parse_number;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::acknowledging::{Acknowledgement, SHAPE, Way};
use crate::connection::Connection;
use crate::ledger::{Kind, NOBODYS, Record, content_hash, number_hash};
use crate::measure::Class;
use crate::pool::{Job, Pool};
use crate::random;
use crate::scenario::{Away, Fetch};
use crate::worker::{LOOK, Run, Worker};

/// How a receiver acknowledges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Fast,
    Slow,
    Never,
}

/// Bits of an id that name a delivery; those above name the runs of a process.
pub(crate) const ID_BITS: u32 = 40;
/// Pause between two looks for what is left, at the end.
const DRAIN_PAUSE: Duration = Duration::from_millis(50);
/// Looks that must find nothing until a receiver believes that nothing is left.
const EMPTY_LOOKS: u32 = 2;
/// Pause after a request that failed.
const FAILED_PAUSE: Duration = Duration::from_millis(200);

/// Seeds of what is random about a receiver and an envelope.
const MANNER: u64 = 0x3a3e;
const WAY: u64 = 0x3a7;

/// Begins all receivers of this worker.
pub(crate) fn spawn_all(worker: &Rc<Worker>) -> Vec<JoinHandle<()>> {
    if worker.run.scenario.receivers.fetch == Fetch::Nothing {
        return Vec::new();
    }
    let absent = worker.run.scenario.receivers.away.map(|away| (away, absent(&worker.run, away.share)));
    let members = 0..worker.run.traffic.members.len();
    let mine = members.filter(|&member| worker.owns(member) && worker.run.traffic.members[member].receives > 0.0);
    mine.map(|member| {
        let away = absent.as_ref().filter(|(_, absent)| absent.contains(&member)).map(|(away, _)| *away);
        let receiver = Receiver::new(worker, member, away);
        tokio::task::spawn_local(receiver.live())
    })
    .collect()
}

/// The biggest receivers that together have `share` of the traffic.
fn absent(run: &Run, share: f64) -> BTreeSet<usize> {
    let mut members: Vec<usize> = (0..run.traffic.members.len()).collect();
    members.sort_by(|&a, &b| run.traffic.members[b].receives.total_cmp(&run.traffic.members[a].receives));
    let mut sum = 0.0;
    let taken = members.into_iter().take_while(|&member| {
        let wanted = sum < share;
        sum += run.traffic.members[member].receives;
        wanted
    });
    taken.collect()
}

struct Receiver {
    worker: Rc<Worker>,
    member: usize,
    manner: Manner,
    away: Option<Away>,
    connection: Connection,
    acknowledgements: Rc<Pool>,
    /// Delivery numbers whose acknowledgement waits for its time or for the hub.
    under_way: HashSet<String>,
}

/// One envelope as it came.
struct Arrived {
    number: String,
    id: Option<u64>,
    /// Whether it is of the load tool at all: what is another's is never acknowledged.
    ours: bool,
}

impl Receiver {
    fn new(worker: &Rc<Worker>, member: usize, away: Option<Away>) -> Self {
        let run = &worker.run;
        let settings = &run.scenario.receivers;
        let drawn = random::fraction(random::of(run.scenario.seed ^ MANNER, member as u64));
        let manner = match drawn {
            drawn if drawn < settings.never => Manner::Never,
            drawn if drawn < settings.never + settings.slow => Manner::Slow,
            _ => Manner::Fast,
        };
        let share = run.traffic.members[member].receives * settings.connections as f64;
        let keys = &run.keys[member];
        Self {
            worker: Rc::clone(worker),
            member,
            manner,
            away,
            connection: Connection::new(Arc::clone(&run.target), Arc::clone(keys)),
            acknowledgements: Pool::new(Arc::clone(keys), (share.ceil() as usize).max(1)),
            under_way: HashSet::new(),
        }
    }

    async fn live(mut self) {
        let run = Arc::clone(&self.worker.run);
        // Not all at once: clients of different countries know nothing of each other.
        let interval = run.scenario.receivers.interval.0;
        tokio::time::sleep(interval.mul_f64(random::fraction(random::of(run.scenario.seed, self.member as u64)))).await;
        let (mut empty_looks, mut asked) = (0, 0);
        while empty_looks < EMPTY_LOOKS {
            if self.is_away() && !run.control.is_draining() {
                tokio::time::sleep(LOOK).await;
                continue;
            }
            let draining = run.control.is_draining();
            asked = run.now();
            let (found, progress) = match self.look(draining).await {
                Ok(outcome) => outcome,
                Err(reason) => {
                    self.worker.counts.borrow_mut().error(reason);
                    // Who interrupts a run does not want to wait for a hub that does not answer.
                    if run.control.is_interrupted() {
                        return;
                    }
                    tokio::time::sleep(FAILED_PAUSE).await;
                    continue;
                }
            };
            empty_looks = if draining && found == 0 { empty_looks + 1 } else { 0 };
            if progress == 0 {
                self.rest(if draining { DRAIN_PAUSE } else { interval }).await;
            }
        }
        let drained = Record { party: self.member as u16, since: asked, ..Record::new(Kind::Drained, 0, run.now()) };
        self.worker.note(drained);
    }

    /// Waits, but no longer than until the drain begins.
    async fn rest(&self, pause: Duration) {
        let end = tokio::time::Instant::now() + pause;
        while tokio::time::Instant::now() < end {
            tokio::time::sleep_until(end.min(tokio::time::Instant::now() + LOOK)).await;
            if pause > DRAIN_PAUSE && self.worker.run.control.is_draining() {
                return;
            }
        }
    }

    fn is_away(&self) -> bool {
        let now = Duration::from_nanos(self.worker.run.now());
        self.away.is_some_and(|away| (away.from.0..away.until.0).contains(&now))
    }

    /// Fetches once and acknowledges; how many came, and how many of them ended.
    async fn look(&mut self, draining: bool) -> Result<(usize, usize), &'static str> {
        let arrived = match self.worker.run.scenario.receivers.fetch {
            Fetch::Batch => self.fetch_batch().await?,
            Fetch::Single => self.fetch_singly().await?,
            Fetch::Nothing => Vec::new(),
        };
        self.worker.counts.borrow_mut().second.received += arrived.len() as u64;
        // What nobody of a load run sent stays where it is, and says nothing about whether anything of ours is left.
        let found = arrived.iter().filter(|envelope| envelope.ours).count();
        let manner = if draining { Manner::Fast } else { self.manner };
        let mut confirmations = Vec::new();
        for envelope in arrived.into_iter().filter(|envelope| envelope.ours) {
            match manner {
                Manner::Never => {}
                Manner::Slow => self.acknowledge_later(envelope),
                Manner::Fast => confirmations.push(self.acknowledge(&envelope)),
            }
        }
        let mut ended = 0;
        for confirmation in confirmations {
            ended += usize::from(confirmation.await.unwrap_or(false));
        }
        Ok((found, ended))
    }

    async fn call(&mut self, body: &[u8]) -> Result<(u64, Reply), &'static str> {
        let run = Arc::clone(&self.worker.run);
        let since = run.now();
        let before = self.connection.handshakes;
        let outcome = self.connection.call(&SHAPE, body, false, run.scenario.clients.patience.0).await;
        let reply = match outcome {
            Ok((answer, body)) => read_answer(body)
                .map_err(|_| if answer.status == 503 { "pull: told to try again later" } else { "pull: fault" }),
            Err(failure) => Err(failure.name()),
        };
        let ended = run.now();
        let mut counts = self.worker.counts.borrow_mut();
        counts.requests += 1;
        counts.handshakes += self.connection.handshakes - before;
        let measured = run.stage(ended).is_some_and(|stage| run.stages[stage].measured);
        if measured && reply.is_ok() {
            counts.classes.entry(Class::Pull).or_default().record(ended - since);
        }
        reply.map(|reply| (since, reply))
    }

    async fn fetch_batch(&mut self) -> Result<Vec<Arrived>, &'static str> {
        let (since, reply) = self.call(&client::plain(Operation::PullImportEnvelope)).await?;
        let envelopes = reply.envelopes.iter();
        Ok(envelopes.map(|(header, content)| self.receipt(header, content, since)).collect())
    }

    async fn fetch_singly(&mut self) -> Result<Vec<Arrived>, &'static str> {
        let (_, reply) = self.call(&client::import_headers(None)).await?;
        let mut arrived = Vec::new();
        let waiting = reply.headers.into_iter().filter(|header| !self.under_way.contains(&header.delivery_number));
        for header in waiting.collect::<Vec<_>>() {
            let body = client::with_number(Operation::PullSingleImportEnvelope, &header.delivery_number);
            let (since, mut reply) = self.call(&body).await?;
            // None when it ended in between.
            if let Some((header, content)) = reply.envelopes.pop() {
                arrived.push(self.receipt(&header, &content, since));
            }
        }
        Ok(arrived)
    }

    /// Writes an envelope down.
    fn receipt(&self, header: &HeaderFields, content: &str, since: u64) -> Arrived {
        let run = &self.worker.run;
        let parsed = parse_number(&header.certificate_number);
        let of_this_process = parsed.filter(|id| id >> ID_BITS == run.tag >> ID_BITS);
        let id = of_this_process.map(|id| id & ((1 << ID_BITS) - 1));
        let arrived = Arrived { number: header.delivery_number.clone(), id, ours: parsed.is_some() };
        // What an earlier run left is taken away and not judged.
        if parsed.is_none() || id.is_some() {
            let record = Record::new(Kind::Receipt, id.unwrap_or(NOBODYS), run.now());
            self.worker.note(Record {
                party: self.member as u16,
                since,
                hash: content_hash(content.as_bytes()),
                number: number_hash(&header.delivery_number),
                ..record
            });
        }
        arrived
    }

    fn way(&self, number: &str) -> Way {
        let settings = &self.worker.run.scenario.receivers;
        let drawn = random::fraction(random::of(self.worker.run.scenario.seed ^ WAY, number_hash(number)));
        match drawn {
            drawn if drawn < settings.unreadable => Way::Unreadable,
            drawn if drawn < settings.unreadable + settings.warnings => Way::Warning,
            _ => Way::Received,
        }
    }

    fn acknowledge(&self, envelope: &Arrived) -> oneshot::Receiver<bool> {
        let (done, confirmation) = oneshot::channel();
        let number = envelope.number.clone();
        let what = Acknowledgement { way: self.way(&number), number, id: envelope.id, done };
        self.acknowledgements.push(&self.worker, Job::Acknowledge(what));
        confirmation
    }

    /// A slow receiver acknowledges each envelope once, some time after it came first; until then it is offered again.
    fn acknowledge_later(&mut self, envelope: Arrived) {
        if !self.under_way.insert(envelope.number.clone()) {
            return;
        }
        let pause = self.worker.run.scenario.receivers.slow_after.0;
        let (worker, pool) = (Rc::clone(&self.worker), Rc::clone(&self.acknowledgements));
        let way = self.way(&envelope.number);
        tokio::task::spawn_local(async move {
            tokio::time::sleep(pause).await;
            let (done, _) = oneshot::channel();
            pool.push(
                &worker,
                Job::Acknowledge(Acknowledgement { number: envelope.number, id: envelope.id, way, done }),
            );
        });
    }
}
