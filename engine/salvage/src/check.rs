//! Looking for damage: what is in a journal, and what of it cannot be read.

use std::fmt;
use std::ops::ControlFlow;

use phytohub_journal::{Broken, Disk, Inspection, SegmentReport, inspect};
use phytohub_model::{DeliveryNumber, Fact};
use serde_json::{Value, json};

use crate::ledger::Ledger;
use crate::{Failure, Place};

/// What was found in one journal.
#[derive(Clone, Debug)]
pub struct JournalCheck {
    /// `registry` or `shard-NN`.
    pub name: String,
    /// Its segments.
    pub inspection: Inspection,
    /// Envelopes that wait.
    pub waiting: usize,
    /// Envelopes that have ended and can be tracked.
    pub ended: usize,
    /// Waiting envelopes whose content cannot be read, with segment and offset.
    pub unreadable: Vec<(DeliveryNumber, u32, u32)>,
}

/// Reads a journal from end to end and changes nothing.
///
/// # Errors
/// When it cannot be read at all. Damage is no error.
pub fn check<D: Disk>(disk: &D, place: &Place) -> Result<JournalCheck, Failure> {
    let mut ledger = Ledger::default();
    let inspection = inspect(disk, &place.dir, &mut |record| {
        ledger.add(&record);
        ControlFlow::Continue(())
    })
    .map_err(|error| format!("{}: {error}", place.dir.display()))?;
    let unreadable = ledger.unreadable(&inspection);
    let (waiting, ended) = (ledger.waiting(), ledger.ended());
    Ok(JournalCheck { name: place.name.clone(), inspection, waiting, ended, unreadable })
}

impl JournalCheck {
    /// Whether something that the hub answered for cannot be read.
    pub fn is_damaged(&self) -> bool {
        self.inspection.is_damaged() || !self.unreadable.is_empty()
    }

    /// The same as a document.
    pub fn to_json(&self) -> Value {
        let segments: Vec<Value> = self.inspection.segments.iter().map(segment).collect();
        let unreadable = self.unreadable.iter().map(
            |(number, segment, offset)| json!({"number": number.to_string(), "segment": segment, "offset": offset}),
        );
        json!({
            "journal": self.name,
            "damaged": self.is_damaged(),
            "records": self.inspection.records(),
            "waiting": self.waiting,
            "ended": self.ended,
            "segments": segments,
            "unreadable_contents": unreadable.collect::<Vec<_>>(),
        })
    }
}

fn segment(report: &SegmentReport) -> Value {
    let broken = report.broken.iter().map(|broken| {
        json!({
            "from": broken.range.start,
            "to": broken.range.end,
            "what": broken.what,
            "perhaps": broken.perhaps.as_ref().map(likely),
        })
    });
    json!({
        "file": report.file,
        "stream": report.stream.map(|stream| format!("{stream:?}").to_lowercase()),
        "records": report.records,
        "broken": broken.collect::<Vec<_>>(),
        "torn": report.torn.as_ref().map(|torn| [torn.start, torn.end]),
    })
}

impl fmt::Display for JournalCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_damaged() { "DAMAGED" } else { "well" };
        let (segments, records) = (self.inspection.segments.len(), self.inspection.records());
        write!(f, "{:<10} {state}: {segments} segments, {records} records", self.name)?;
        if self.name != "registry" {
            write!(f, ", {} envelopes wait, {} have ended", self.waiting, self.ended)?;
        }
        for report in &self.inspection.segments {
            for Broken { range, what, perhaps } in &report.broken {
                write!(f, "\n  {}, bytes {} to {}: {what}", report.file, range.start, range.end)?;
                if let Some(fact) = perhaps {
                    write!(f, "; perhaps {}", likely(fact))?;
                }
            }
            if let Some(torn) = &report.torn {
                let (start, end) = (torn.start, torn.end);
                write!(
                    f,
                    "\n  {}, bytes {start} to {end}: a batch that was never finished or answered; the next start",
                    { &report.file }
                )?;
                write!(f, " cuts it off")?;
            }
        }
        for (number, segment, offset) in &self.unreadable {
            write!(
                f,
                "\n  segment {segment}, offset {offset}: the content of waiting envelope {number} cannot be read"
            )?;
        }
        Ok(())
    }
}

/// A record that is likely, but not surely, what was lost.
fn likely(fact: &Fact) -> String {
    match fact {
        Fact::Accepted(accepted) => {
            let header = &accepted.header;
            format!("the acceptance of {} from {} to {}", accepted.number, header.from, header.to)
        }
        Fact::Acknowledged(fact) => format!("the acknowledgement of {}", fact.number),
        Fact::Expired(fact) => format!("the end of {}, which nobody fetched", fact.number),
        Fact::Track(track) => format!("the track of {}", track.accepted.number),
        Fact::Attempted(fact) => format!("a call of a service with {}", fact.number),
        Fact::Redelivered(fact) => format!("that {} was taken up again", fact.number),
        Fact::Registry(_) => "a change of the registry".to_owned(),
    }
}
