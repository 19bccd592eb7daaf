//! What became of each envelope, from facts alone and in whatever order they are met.

use std::collections::HashMap;

use phytohub_journal::{ContentState, Inspection, Record};
use phytohub_model::{DeliveryNumber, Fact, Timestamp, TrackingState};

/// Envelopes by their number.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    envelopes: HashMap<DeliveryNumber, Envelope>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Envelope {
    accepted: bool,
    end: Option<(TrackingState, Timestamp)>,
    content: Content,
}

/// The best that was met of a content that may lie in several places.
#[derive(Clone, Copy, Debug, Default)]
enum Content {
    #[default]
    NotMet,
    Unreadable {
        segment: u32,
        offset: u32,
    },
    Readable,
}

impl Ledger {
    /// Takes a record in.
    pub fn add(&mut self, record: &Record<'_>) {
        match &record.fact {
            Fact::Accepted(accepted) => {
                let envelope = self.envelopes.entry(accepted.number).or_default();
                envelope.accepted = true;
                match (record.state, envelope.content) {
                    (ContentState::Intact, _) => envelope.content = Content::Readable,
                    (_, Content::NotMet) => {
                        envelope.content = Content::Unreadable { segment: record.segment, offset: record.offset };
                    }
                    _ => {}
                }
            }
            Fact::Acknowledged(fact) => self.end(fact.number, fact.outcome.into(), fact.at),
            Fact::Expired(fact) => self.end(fact.number, TrackingState::FailedDelivery, fact.at),
            Fact::Track(track) => {
                self.envelopes.entry(track.accepted.number).or_default().accepted = true;
                self.end(track.accepted.number, track.state, track.finished_at);
            }
            Fact::Attempted(_) | Fact::Redelivered(_) | Fact::Registry(_) => {}
        }
    }

    fn end(&mut self, number: DeliveryNumber, state: TrackingState, at: Timestamp) {
        self.envelopes.entry(number).or_default().end.get_or_insert((state, at));
    }

    /// Envelopes that wait.
    pub fn waiting(&self) -> usize {
        self.envelopes.values().filter(|envelope| envelope.is_waiting()).count()
    }

    /// Envelopes that have ended.
    pub fn ended(&self) -> usize {
        self.envelopes.values().filter(|envelope| envelope.end.is_some()).count()
    }

    /// Whether the envelope was accepted.
    pub fn knows(&self, number: DeliveryNumber) -> bool {
        self.envelopes.get(&number).is_some_and(|envelope| envelope.accepted)
    }

    /// How and when it ended.
    pub fn end_of(&self, number: DeliveryNumber) -> Option<(TrackingState, Timestamp)> {
        self.envelopes.get(&number).and_then(|envelope| envelope.end)
    }

    /// Whether its content was met and can be read.
    pub fn is_readable(&self, number: DeliveryNumber) -> bool {
        matches!(self.envelopes.get(&number), Some(Envelope { content: Content::Readable, .. }))
    }

    /// Waiting envelopes whose content cannot be read, with segment and offset of its record. What lies behind the
    /// synced part of its segment is none: it belongs to a batch that was never finished.
    pub fn unreadable(&self, inspection: &Inspection) -> Vec<(DeliveryNumber, u32, u32)> {
        let synced = |segment: u32, offset: u32| {
            let report = inspection.segments.iter().find(|report| report.id == segment);
            report.is_none_or(|report| offset < report.synced)
        };
        let waiting = self.envelopes.iter().filter(|(_, envelope)| envelope.is_waiting());
        let mut rows: Vec<_> = waiting
            .filter_map(|(&number, envelope)| match envelope.content {
                Content::Unreadable { segment, offset } if synced(segment, offset) => Some((number, segment, offset)),
                _ => None,
            })
            .collect();
        rows.sort_unstable_by_key(|&(_, segment, offset)| (segment, offset));
        rows
    }
}

impl Envelope {
    fn is_waiting(&self) -> bool {
        self.accepted && self.end.is_none()
    }
}
