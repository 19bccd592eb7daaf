//! One acknowledgement, in one of the three ways, repeated until the hub confirms it.

use std::rc::Rc;
use std::sync::LazyLock;
use std::time::Duration;

use phytohub_soap::Operation;
use phytohub_soap::client::{self, ClientError, read_answer};
use phytoload_traffic::{HttpShape, HttpVersion};
use tokio::sync::oneshot;

use crate::connection::Connection;
use crate::ledger::{Kind, Record, number_hash};
use crate::measure::Class;
use crate::worker::Worker;

/// How a receiver's system speaks HTTP when it fetches and acknowledges.
pub(crate) static SHAPE: LazyLock<HttpShape> = LazyLock::new(|| HttpShape {
    version: HttpVersion::Http11,
    chunked: None,
    expect_continue: false,
    headers: vec![("Content-Type", "text/xml; charset=utf-8"), ("SOAPAction", "\"\"")],
});

/// How long a receiver waits before it acknowledges again what was not confirmed.
const AGAIN_AFTER: Duration = Duration::from_millis(100);
/// How often it tries, before the envelope is left to be offered again.
const TRIES: u32 = 50;

/// What an acknowledgement says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Received,
    Warning,
    Unreadable,
}

/// An acknowledgement to be made; `done` learns whether it was confirmed.
pub(crate) struct Acknowledgement {
    pub(crate) number: String,
    /// Which delivery of this run it ends, unless it is one of an earlier run.
    pub(crate) id: Option<u64>,
    pub(crate) way: Way,
    pub(crate) done: oneshot::Sender<bool>,
}

fn request(what: &Acknowledgement) -> Vec<u8> {
    match what.way {
        Way::Received => client::with_number(Operation::AcknowledgeEnvelopeReceipt, &what.number),
        Way::Warning => {
            let text = "Load test: read with a warning";
            client::with_message(Operation::AdvancedAcknowledgeEnvelopeReceipt, &what.number, text)
        }
        Way::Unreadable => {
            let text = "Load test: could not be read";
            client::with_message(Operation::AcknowledgeFailedEnvelopeReceipt, &what.number, text)
        }
    }
}

/// Carries it out.
pub(crate) async fn acknowledge(worker: &Rc<Worker>, connection: &mut Connection, what: Acknowledgement) {
    let body = request(&what);
    let mut confirmed = false;
    for attempt in 0..TRIES {
        if attempt > 0 {
            tokio::time::sleep(AGAIN_AFTER).await;
        }
        confirmed = once(worker, connection, &body, &what).await;
        if confirmed || worker.run.control.is_interrupted() {
            break;
        }
    }
    // The receiver may have been ended by the end of the run.
    let _ = what.done.send(confirmed);
}

async fn once(worker: &Worker, connection: &mut Connection, body: &[u8], what: &Acknowledgement) -> bool {
    let run = &worker.run;
    let begun = run.now();
    worker.counts.borrow_mut().requests += 1;
    let problem = match connection.call(&SHAPE, body, false, run.scenario.clients.patience.0).await {
        Ok((answer, body)) => match read_answer(body) {
            Ok(_) => None,
            Err(ClientError::Fault { .. }) if answer.status == 503 => Some("acknowledgement: told to try again later"),
            Err(_) => Some("acknowledgement: fault"),
        },
        Err(failure) => Some(failure.name()),
    };
    let mut counts = worker.counts.borrow_mut();
    if let Some(problem) = problem {
        counts.error(problem);
        return false;
    }
    let ended = run.now();
    let stage = run.stage(ended);
    counts.second.acknowledged += 1;
    if let Some(stage) = stage {
        counts.stages[stage].acknowledged += 1;
        if run.stages[stage].measured {
            counts.classes.entry(Class::Acknowledge).or_default().record(ended - begun);
        }
    }
    drop(counts);
    if let Some(id) = what.id {
        worker.note(Record { number: number_hash(&what.number), ..Record::new(Kind::Acknowledged, id, ended) });
    }
    true
}
