//! One delivery: sent when it is due, sent again when it was not answered, and written down.

use std::rc::Rc;

use phytohub_soap::client::{ClientError, Reply, read_answer};
use phytoload_traffic::{Expect, Prototype, number};

use crate::connection::{Connection, Failure};
use crate::ledger::{Kind, Outcome, Record, content_hash, number_hash};
use crate::measure::Class;
use crate::random;
use crate::worker::Worker;

/// What is to be delivered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delivery {
    /// Index of its prototype.
    pub(crate) prototype: usize,
    /// Which delivery of the run.
    pub(crate) id: u64,
    /// When, in nanoseconds from the start of the run.
    pub(crate) due: u64,
    /// Whether it is part of a flood.
    pub(crate) flood: bool,
}

/// Buffers that are used again for each delivery of a connection.
#[derive(Default)]
pub(crate) struct Scratch {
    body: Vec<u8>,
    content: Vec<u8>,
}

/// What an answer says of a delivery.
enum Said {
    /// Accepted, with this delivery number.
    Accepted(String),
    /// Refused, for this reason.
    Refused(String),
    /// Come again later.
    Later,
    /// Nothing that can be understood.
    Nonsense(String),
}

/// Seeds of what is random about a delivery, each its own.
const FRESH: u64 = 0xf5e5;
const AGAIN: u64 = 0xa6a1;

fn chance(worker: &Worker, what: u64, id: u64, share: f64) -> bool {
    share > 0.0 && random::fraction(random::of(worker.run.scenario.seed ^ what, id)) < share
}

/// Carries out one delivery to its end.
pub(crate) async fn deliver(worker: &Rc<Worker>, connection: &mut Connection, scratch: &mut Scratch, what: Delivery) {
    let run = &worker.run;
    let prototype = &run.traffic.prototypes[what.prototype];
    let text = number(&run.traffic.members[usize::from(prototype.from)].code, run.tag | what.id);
    scratch.body.clear();
    prototype.body(&text, &mut scratch.body);
    scratch.content.clear();
    prototype.content(&text, &mut scratch.content);
    let expected = if prototype.kind == Expect::Clean { Outcome::Accepted } else { Outcome::Refused };
    worker.note(Record {
        outcome: expected,
        party: prototype.from,
        to: prototype.to,
        hash: content_hash(&scratch.content),
        ..Record::new(Kind::Intent, what.id, run.now())
    });
    let fresh = chance(worker, FRESH, what.id, run.scenario.clients.fresh);
    let outcome = attempts(worker, connection, prototype, scratch, what.id, fresh).await;
    conclude(worker, what, expected, scratch.content.len(), &outcome);
    if matches!(outcome, Ok(Said::Accepted(_))) && chance(worker, AGAIN, what.id, run.scenario.clients.duplicates) {
        // As after an answer that was lost: the same delivery once more, which must get the same number.
        let _ = attempts(worker, connection, prototype, scratch, what.id, false).await;
    }
    worker.under_way.set(worker.under_way.get() - 1);
}

/// Sends until there is an answer that counts, or patience is at its end.
async fn attempts(
    worker: &Worker,
    connection: &mut Connection,
    prototype: &Prototype,
    scratch: &Scratch,
    id: u64,
    fresh: bool,
) -> Result<Said, Failure> {
    let clients = &worker.run.scenario.clients;
    let mut outcome = Err(Failure::NotConnected);
    for attempt in 0..=clients.retries {
        if attempt > 0 {
            if worker.run.control.is_interrupted() {
                break;
            }
            tokio::time::sleep(clients.retry_after.0).await;
        }
        outcome = attempt_once(worker, connection, prototype, scratch, fresh && attempt == 0).await;
        note(worker, id, &outcome);
        match &outcome {
            Ok(Said::Accepted(_) | Said::Refused(_) | Said::Nonsense(_)) => break,
            Ok(Said::Later) => worker.counts.borrow_mut().error("told to try again later"),
            Err(failure) => worker.counts.borrow_mut().error(failure.name()),
        }
    }
    outcome
}

async fn attempt_once(
    worker: &Worker,
    connection: &mut Connection,
    prototype: &Prototype,
    scratch: &Scratch,
    fresh: bool,
) -> Result<Said, Failure> {
    worker.counts.borrow_mut().requests += 1;
    let patience = worker.run.scenario.clients.patience.0;
    let (answer, body) = connection.call(&prototype.http, &scratch.body, fresh, patience).await?;
    Ok(match (answer.status, read_answer(body)) {
        (_, Ok(reply)) => said(reply),
        (503, _) => Said::Later,
        (_, Err(ClientError::Fault { message, .. })) => Said::Refused(message),
        // Before it is SOAP a hub, or what stands before it, refuses in plain HTTP.
        (status @ 400..=499, Err(_)) => Said::Refused(format!("HTTP {status}")),
        (status, Err(error)) => Said::Nonsense(format!("HTTP {status}: {error}")),
    })
}

fn said(mut reply: Reply) -> Said {
    match reply.headers.pop() {
        Some(header) if header.tracking_info == "FailedDelivery" => Said::Refused(header.error_message),
        Some(header) if !header.delivery_number.is_empty() => Said::Accepted(header.delivery_number),
        _ => Said::Nonsense("an answer without header or number".to_owned()),
    }
}

fn note(worker: &Worker, id: u64, outcome: &Result<Said, Failure>) {
    let mut record = Record::new(Kind::Answer, id, worker.run.now());
    match outcome {
        Ok(Said::Accepted(number)) => record.number = number_hash(number),
        Ok(Said::Refused(_)) => record.outcome = Outcome::Refused,
        Ok(Said::Later | Said::Nonsense(_)) | Err(_) => record.outcome = Outcome::Unknown,
    }
    worker.note(record);
}

/// Counts the end of a delivery.
fn conclude(worker: &Worker, what: Delivery, expected: Outcome, content: usize, outcome: &Result<Said, Failure>) {
    let run = &worker.run;
    let latency = run.now().saturating_sub(what.due);
    let stage = run.stage(what.due);
    let mut counts = worker.counts.borrow_mut();
    let counts = &mut *counts;
    let failed = match outcome {
        Ok(Said::Accepted(_)) => {
            counts.second.accepted += 1;
            counts.accepted += 1;
            counts.content += content as u64;
            false
        }
        Ok(Said::Refused(reason)) if expected == Outcome::Accepted => {
            counts.error(&format!("refused: {}", short(reason)));
            true
        }
        Ok(Said::Refused(_)) => false,
        // What was poison may be cut off without a word; what was right may not.
        Err(Failure::BrokeOff) if expected == Outcome::Refused => false,
        Ok(Said::Nonsense(reason)) => {
            counts.error(&format!("not understood: {}", short(reason)));
            true
        }
        Ok(Said::Later) | Err(_) => true,
    };
    let Some(stage) = stage else { return };
    let measured = run.stages[stage].measured;
    let class = if what.flood { Class::Flood } else { Class::Deliver };
    if matches!(outcome, Ok(Said::Accepted(_))) {
        if !what.flood {
            counts.second.deliver.record(latency);
            counts.stages[stage].accepted += 1;
            counts.stages[stage].deliver.record(latency);
        }
        if measured {
            counts.classes.entry(class).or_default().record(latency);
        }
    }
    counts.stages[stage].failed += u64::from(failed && !what.flood);
}

/// Longest reason that errors are told apart by.
const REASON_CHARACTERS_MAX: usize = 120;

/// The begin of a reason, without what differs from envelope to envelope.
fn short(reason: &str) -> String {
    let first = reason.lines().next().unwrap_or_default();
    first.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).take(REASON_CHARACTERS_MAX).collect()
}
