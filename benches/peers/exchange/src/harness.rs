//! The work, the same for every peer, and how it is measured.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hdrhistogram::Histogram;
use phytohub_certificates::{Day, Kind, Order};
use tokio::task::JoinSet;

use crate::failure::{Failure, Result, While};
use crate::peer::{Consumer, Peer, Producer};
use crate::result::Measured;
use crate::usage::{self, Counter, Usage};

/// Clients that send, each the next message when the last is confirmed.
pub(crate) const PRODUCERS: usize = 64;

/// Queues that they send to, in turn, each with one consumer.
pub(crate) const DESTINATIONS: usize = 50;

/// Size of a message: about that of most certificates.
pub(crate) const BYTES: usize = 8 * 1024;

/// Runs before anything counts: caches and files grow to their size, and consumers find their pace.
const WARM_UP: Duration = Duration::from_secs(3);

/// How long calls that sync are counted, after the measured time: long enough for thousands of messages.
const COUNTING: Duration = Duration::from_secs(3);

/// Longest that consumers may take for what is left when producers have stopped.
const DRAIN: Duration = Duration::from_secs(30);

/// Longest confirm that the histogram tells apart from others, microseconds.
const CONFIRM_MAX: u64 = 60_000_000;

/// Measures a peer for some seconds, with its data in `folder`, and stops it.
pub(crate) async fn measure<P: Peer>(folder: &Path, time: Duration) -> Result<Measured> {
    let mut peer = P::start(folder).await?;
    let measured = match work(&mut peer, folder, time).await {
        // A server that fell over explains best why its clients were not served.
        Err(failure) => Err(peer.server().failed(format_args!("was started, and then: {failure}"))),
        measured => measured,
    };
    peer.server().stop();
    measured
}

async fn work<P: Peer>(peer: &mut P, folder: &Path, time: Duration) -> Result<Measured> {
    let pid = peer.server().pid();
    peer.declare(DESTINATIONS).await?;
    let run = Arc::new(Run::default());
    run.enter(Phase::WarmUp);
    let mut clients = Clients::connect(peer, &run).await?;
    clients.run_for(WARM_UP).await?;

    run.enter(Phase::Measured);
    let before = Snapshot::take(peer, &run, pid).await?;
    let mut memory = 0;
    while before.begun.elapsed() < time {
        memory = memory.max(usage::memory(pid));
        clients.run_for(Duration::from_secs(1).min(time.saturating_sub(before.begun.elapsed()))).await?;
    }
    let after = Snapshot::take(peer, &run, pid).await?;
    run.enter(Phase::Counted);
    let own_syncs = match (before.syncs, after.syncs) {
        (Some(before), Some(after)) => Some((after - before) as f64),
        _ => None,
    };

    let mut measured = after.since(&before);
    measured.what = peer.what().to_owned();
    measured.memory = Some(memory);
    measured.syncs_per_message = match own_syncs {
        Some(syncs) => Some(syncs / after.acknowledged.saturating_sub(before.acknowledged).max(1) as f64),
        None => match Counter::start(pid, peer.sync_calls(), &folder.join("syncs")) {
            Some(counter) => counted(counter, &mut clients, &run).await?,
            None => None,
        },
    };

    run.enter(Phase::Draining);
    let confirms = clients.finish().await?;
    measured.confirm(&confirms);
    measured.left = run.sent.load(Ordering::Acquire).saturating_sub(run.acknowledged.load(Ordering::Acquire));
    Ok(measured)
}

/// Syncs a message, by counting calls for a while.
async fn counted(counter: Counter, clients: &mut Clients, run: &Run) -> Result<Option<f64>> {
    let before = run.acknowledged.load(Ordering::Acquire);
    clients.run_for(COUNTING).await?;
    let acknowledged = run.acknowledged.load(Ordering::Acquire) - before;
    let calls = counter.stop().await?;
    Ok(calls.filter(|_| acknowledged > 0).map(|calls| calls as f64 / acknowledged as f64))
}

/// What the run is doing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
enum Phase {
    WarmUp,
    Measured,
    Counted,
    Draining,
}

/// What producers and consumers share.
#[derive(Default)]
struct Run {
    phase: AtomicU8,
    sent: AtomicU64,
    acknowledged: AtomicU64,
}

impl Run {
    fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Release);
    }

    fn is_in(&self, phase: Phase) -> bool {
        self.phase.load(Ordering::Acquire) == phase as u8
    }
}

/// All counters at one moment.
struct Snapshot {
    begun: Instant,
    sent: u64,
    acknowledged: u64,
    server: Usage,
    client: Usage,
    busy: Duration,
    syncs: Option<u64>,
}

impl Snapshot {
    async fn take<P: Peer>(peer: &P, run: &Run, pid: u32) -> Result<Self> {
        let syncs = peer.syncs().await?;
        Ok(Self {
            begun: Instant::now(),
            sent: run.sent.load(Ordering::Acquire),
            acknowledged: run.acknowledged.load(Ordering::Acquire),
            server: Usage::of(pid),
            client: own_usage(pid),
            busy: usage::machine_busy(),
            syncs,
        })
    }

    fn since(&self, before: &Self) -> Measured {
        let time = self.begun - before.begun;
        let seconds = time.as_secs_f64();
        let messages = self.acknowledged.saturating_sub(before.acknowledged).max(1) as f64;
        let (server, client) = (self.server.since(before.server), self.client.since(before.client));
        let busy = self.busy.saturating_sub(before.busy);
        let micros = |cpu: Duration| cpu.as_secs_f64() * 1e6 / messages;
        Measured {
            seconds,
            end_to_end: self.acknowledged.saturating_sub(before.acknowledged) as f64 / seconds,
            confirmed: self.sent.saturating_sub(before.sent) as f64 / seconds,
            cpu_us_per_message: Some(micros(server.cpu)),
            client_cpu_us_per_message: Some(micros(client.cpu)),
            written_per_message: Some(server.written as f64 / messages),
            others_share: Some(usage::others_share(time, busy, server.cpu + client.cpu)),
            ..Measured::default()
        }
    }
}

/// What this program uses, the servers that it started apart.
fn own_usage(server: u32) -> Usage {
    Usage::of(std::process::id()).since(Usage::of(server))
}

/// The producers and consumers.
struct Clients {
    producers: JoinSet<Result<Histogram<u64>>>,
    consumers: JoinSet<Result<()>>,
}

impl Clients {
    async fn connect<P: Peer>(peer: &P, run: &Arc<Run>) -> Result<Self> {
        let mut clients = Self { producers: JoinSet::new(), consumers: JoinSet::new() };
        for destination in 0..DESTINATIONS {
            clients.consumers.spawn(consume(peer.consumer(destination).await?, Arc::clone(run)));
        }
        let mut producers = Vec::new();
        for _ in 0..PRODUCERS {
            producers.push(peer.producer().await?);
        }
        for (number, producer) in producers.into_iter().enumerate() {
            clients.producers.spawn(produce(producer, number, body(number), Arc::clone(run)));
        }
        Ok(clients)
    }

    /// Lets them work; ends early when one of them fails.
    async fn run_for(&mut self, time: Duration) -> Result<()> {
        let early = || Failure::new("a client ended before its time");
        tokio::select! {
            () = tokio::time::sleep(time) => Ok(()),
            Some(ended) = self.producers.join_next() => Err(ended.during("a producer")?.err().unwrap_or_else(early)),
            Some(ended) = self.consumers.join_next() => Err(ended.during("a consumer")?.err().unwrap_or_else(early)),
        }
    }

    /// Waits until producers have their last confirm and consumers have the rest; the confirms of the measured time.
    async fn finish(mut self) -> Result<Histogram<u64>> {
        let mut confirms = histogram()?;
        let producers = async {
            while let Some(ended) = self.producers.join_next().await {
                confirms.add(ended.during("a producer")??).during("adding confirms")?;
            }
            Ok::<(), Failure>(())
        };
        let in_time = tokio::time::timeout(DRAIN, producers).await;
        in_time.map_err(|_| Failure::new("a confirm did not come while the run ended"))??;
        let consumers = async {
            while let Some(ended) = self.consumers.join_next().await {
                ended.during("a consumer")??;
            }
            Ok::<(), Failure>(())
        };
        // What is left then is told in the table.
        tokio::time::timeout(DRAIN, consumers).await.unwrap_or(Ok(()))?;
        Ok(confirms)
    }
}

async fn produce(mut producer: impl Producer, number: usize, body: Bytes, run: Arc<Run>) -> Result<Histogram<u64>> {
    let mut confirms = histogram()?;
    let mut destination = number % DESTINATIONS;
    while !run.is_in(Phase::Draining) {
        let is_measured = run.is_in(Phase::Measured);
        let begun = Instant::now();
        producer.send(destination, &body).await?;
        run.sent.fetch_add(1, Ordering::AcqRel);
        if is_measured {
            confirms.saturating_record(u64::try_from(begun.elapsed().as_micros()).unwrap_or(CONFIRM_MAX));
        }
        destination = (destination + 1) % DESTINATIONS;
    }
    Ok(confirms)
}

async fn consume(mut consumer: impl Consumer, run: Arc<Run>) -> Result<()> {
    loop {
        let lengths = consumer.take().await?;
        if let Some(wrong) = lengths.iter().find(|length| **length != BYTES) {
            return Err(Failure::new(format!("a message of {wrong} bytes came instead of {BYTES}")));
        }
        let acknowledged = run.acknowledged.fetch_add(lengths.len() as u64, Ordering::AcqRel) + lengths.len() as u64;
        // Counted before it is confirmed to its producer a message may have been acknowledged already.
        if lengths.is_empty() && run.is_in(Phase::Draining) && acknowledged >= run.sent.load(Ordering::Acquire) {
            return Ok(());
        }
    }
}

fn histogram() -> Result<Histogram<u64>> {
    Histogram::new_with_bounds(1, CONFIRM_MAX, 3).during("making a histogram")
}

/// A message: the begin of a certificate, so that a peer that compresses finds what it would find in certificates.
fn body(number: usize) -> Bytes {
    let order = Order {
        from: "AA",
        to: "QM",
        number: "AA-2026-0000001",
        kind: Kind::Export,
        lines: 20,
        attachments: 0,
        attachment_bytes: 0,
        issued: Day { year: 2026, month: 1, day: 1 },
    };
    let mut body = phytohub_certificates::certificate(number as u64, &order).into_bytes();
    body.resize(BYTES, b' ');
    Bytes::from(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_of_one_size_and_full_of_text() {
        let body = body(3);
        assert_eq!(body.len(), BYTES);
        assert_ne!(body.last(), Some(&b' '), "the certificate is too short");
    }
}
