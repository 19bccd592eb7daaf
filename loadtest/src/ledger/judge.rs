//! The judgement: every envelope of the ledger gets a class.

use std::collections::{BTreeMap, BTreeSet};

use phytoload_report::Ledger as Summary;

use super::record::{Kind, Outcome, Record};

/// Faults that are told with a sentence; the rest is counted.
const FAULTS_TOLD: usize = 20;
/// Most deliveries that one run may make: 96 bytes each while it is judged, so below 4 GiB.
pub(crate) const DELIVERIES_MAX: u64 = 40_000_000;

/// What became of an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// Came to its receiver, unaltered, under one number, and was acknowledged.
    DeliveredOnce,
    /// Accepted, and not yet come or not yet acknowledged when the run ended.
    Waiting,
    /// Had to be refused, and was.
    Refused,
    /// The hub never said whether it has it, and it never came.
    Unanswered,
    /// Was right, and refused.
    WronglyRefused,
    /// Had to be refused, and was accepted.
    WronglyAccepted,
    /// Accepted, and its destination, which asked after that, was told that nothing waits.
    Lost,
    /// Came, and nobody sent it, or its sender was told that it is refused.
    Unexpected,
    /// Came under a second number, or after its acknowledgement had been confirmed.
    Duplicate,
    /// Came to another receiver.
    Misrouted,
    /// Came with other content.
    Altered,
    /// Came after one that was sent only when this one had already been accepted.
    OutOfOrder,
}

impl Class {
    fn name(self) -> &'static str {
        match self {
            Self::DeliveredOnce => "delivered once",
            Self::Waiting => "waiting",
            Self::Refused => "refused",
            Self::Unanswered => "unanswered",
            Self::WronglyRefused => "wrongly refused",
            Self::WronglyAccepted => "wrongly accepted",
            Self::Lost => "lost",
            Self::Unexpected => "unexpected",
            Self::Duplicate => "duplicate",
            Self::Misrouted => "misrouted",
            Self::Altered => "altered",
            Self::OutOfOrder => "out of order",
        }
    }

    /// Whether the hub broke a promise.
    fn is_fault(self) -> bool {
        match self {
            Self::DeliveredOnce | Self::Waiting | Self::Refused | Self::Unanswered | Self::WronglyRefused => false,
            Self::WronglyAccepted
            | Self::Lost
            | Self::Unexpected
            | Self::Duplicate
            | Self::Misrouted
            | Self::Altered
            | Self::OutOfOrder => true,
        }
    }
}

/// What is known of one delivery.
#[derive(Clone, Copy, Debug)]
struct Entry {
    intended: bool,
    must_be_refused: bool,
    refused: bool,
    out_of_order: bool,
    altered: bool,
    misrouted: bool,
    second_number: bool,
    to: u16,
    sent: u64,
    hash: u128,
    /// When its acceptance was answered first, and the number's hash.
    accepted: Option<(u64, u64)>,
    /// Number's hash under which it came first, and when a receiver that got it began to ask last.
    arrived: Option<(u64, u64)>,
    acknowledged: Option<u64>,
}

const UNKNOWN: Entry = Entry {
    intended: false,
    must_be_refused: false,
    refused: false,
    out_of_order: false,
    altered: false,
    misrouted: false,
    second_number: false,
    to: 0,
    sent: 0,
    hash: 0,
    accepted: None,
    arrived: None,
    acknowledged: None,
};

impl Entry {
    /// `drained` = when the destination began to ask last, if it was told that nothing waits any more.
    fn class(&self, drained: Option<u64>) -> Class {
        let came_again_after_end =
            self.acknowledged.zip(self.arrived).is_some_and(|(acknowledged, (_, since))| since > acknowledged);
        let was_refused = self.refused && self.accepted.is_none();
        match self {
            Self { intended: false, .. } => Class::Unexpected,
            _ if was_refused && self.arrived.is_some() => Class::Unexpected,
            Self { altered: true, .. } => Class::Altered,
            Self { misrouted: true, .. } => Class::Misrouted,
            Self { second_number: true, .. } => Class::Duplicate,
            _ if came_again_after_end => Class::Duplicate,
            Self { out_of_order: true, .. } => Class::OutOfOrder,
            Self { must_be_refused: true, .. } if self.accepted.is_some() || self.arrived.is_some() => {
                Class::WronglyAccepted
            }
            Self { must_be_refused: true, .. } if was_refused => Class::Refused,
            _ if was_refused => Class::WronglyRefused,
            Self { arrived: Some(_), acknowledged: Some(_), .. } => Class::DeliveredOnce,
            Self { arrived: Some(_), .. } => Class::Waiting,
            Self { accepted: Some((answered, _)), .. } if drained.is_some_and(|asked| asked > *answered) => Class::Lost,
            Self { accepted: Some(_), .. } => Class::Waiting,
            _ => Class::Unanswered,
        }
    }
}

/// Everything that the records tell.
#[derive(Default)]
pub(crate) struct Books {
    entries: Vec<Entry>,
    /// Deliveries in the order in which they first came, by receiver.
    arrivals: BTreeMap<u16, Vec<u64>>,
    /// When each receiver began to ask last that was told that nothing waits any more.
    drained: BTreeMap<u16, u64>,
    offered_again: u64,
    /// Delivery numbers of envelopes that came and stand for no delivery of the run.
    strangers: BTreeSet<u64>,
}

impl Books {
    fn entry(&mut self, id: u64) -> Option<&mut Entry> {
        if id >= DELIVERIES_MAX {
            return None;
        }
        let index = id as usize;
        if index >= self.entries.len() {
            self.entries.resize(index + 1, UNKNOWN);
        }
        self.entries.get_mut(index)
    }

    /// Takes one record. Those of different threads come in any order; those of one receiver in theirs.
    pub(crate) fn take(&mut self, record: &Record) {
        if record.kind == Kind::Drained {
            let asked = self.drained.entry(record.party).or_default();
            *asked = (*asked).max(record.since);
            return;
        }
        let Some(entry) = self.entry(record.id) else {
            if record.kind == Kind::Receipt {
                self.strangers.insert(record.number);
            }
            return;
        };
        match record.kind {
            Kind::Intent => {
                entry.intended = true;
                entry.must_be_refused = record.outcome == Outcome::Refused;
                (entry.to, entry.sent, entry.hash) = (record.to, record.at, record.hash);
            }
            Kind::Answer => match (record.outcome, entry.accepted) {
                (Outcome::Accepted, None) => entry.accepted = Some((record.at, record.number)),
                (Outcome::Accepted, Some((_, number))) => entry.second_number |= number != record.number,
                (Outcome::Refused, _) => entry.refused = true,
                (Outcome::Unknown, _) => {}
            },
            Kind::Receipt => self.receipt(record),
            Kind::Acknowledged => {
                let first = entry.acknowledged.map_or(record.at, |earlier| earlier.min(record.at));
                entry.acknowledged = Some(first);
            }
            Kind::Drained => {}
        }
    }

    fn receipt(&mut self, record: &Record) {
        let Some(entry) = self.entry(record.id) else { return };
        match &mut entry.arrived {
            Some((number, since)) => {
                entry.second_number |= *number != record.number;
                *since = (*since).max(record.since);
                self.offered_again += 1;
            }
            None => {
                entry.arrived = Some((record.number, record.since));
                self.arrivals.entry(record.party).or_default().push(record.id);
            }
        }
        let Some(entry) = self.entry(record.id) else { return };
        if entry.intended {
            entry.altered |= entry.hash != record.hash;
            entry.misrouted |= entry.to != record.party;
        }
    }

    /// Orders each receiver's arrivals: one that had been accepted before another was sent must come before it.
    fn find_disorder(&mut self) {
        for arrivals in self.arrivals.values() {
            let mut latest_sent = 0;
            for &id in arrivals {
                let Some(entry) = self.entries.get_mut(id as usize) else { continue };
                entry.out_of_order = entry.accepted.is_some_and(|(answered, _)| answered < latest_sent);
                latest_sent = latest_sent.max(entry.sent);
            }
        }
    }

    /// The judgement over all, with the names of the members for its sentences.
    pub(crate) fn close(mut self, members: &[String]) -> Summary {
        self.find_disorder();
        let mut classes: BTreeMap<Class, u64> = BTreeMap::new();
        let mut summary = Summary { offered_again: self.offered_again, ..Summary::default() };
        for (id, entry) in self.entries.iter().enumerate() {
            if !entry.intended && entry.arrived.is_none() {
                continue;
            }
            summary.intended += u64::from(entry.intended);
            summary.accepted += u64::from(entry.accepted.is_some());
            let class = entry.class(self.drained.get(&entry.to).copied());
            *classes.entry(class).or_default() += 1;
            if class.is_fault() && summary.faults.len() < FAULTS_TOLD {
                let to = members.get(usize::from(entry.to)).map_or("?", String::as_str);
                summary.faults.push(format!("delivery {id} to {to}: {}", class.name()));
            }
        }
        let strangers = self.strangers.len() as u64;
        if strangers > 0 {
            *classes.entry(Class::Unexpected).or_default() += strangers;
            summary.faults.push(format!("{strangers} envelopes came that nobody of this run sent"));
        }
        for fault in [Class::Lost, Class::Duplicate, Class::Misrouted, Class::Altered, Class::OutOfOrder] {
            classes.entry(fault).or_default();
        }
        summary.classes = classes.into_iter().map(|(class, count)| (class.name().to_owned(), count)).collect();
        summary
    }
}

/// Judges a ledger's file.
pub(crate) fn judge(file: &std::path::Path) -> Result<Summary, String> {
    let mut books = Books::default();
    // Intents come first: a receipt can be compared only with what was meant.
    super::read(file, |record| {
        if record.kind == Kind::Intent {
            books.take(record);
        }
    })?;
    let members = super::read(file, |record| {
        if record.kind != Kind::Intent {
            books.take(record);
        }
    })?;
    Ok(books.close(&members))
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
