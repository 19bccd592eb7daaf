//! What a release in shadow has seen: who still sends what it will refuse. Codes and certificate numbers, never
//! content.

use std::collections::BTreeMap;

use phytohub_model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::moment;

/// Rows that are told apart: members times kinds of certificates times rules stay below; what is beyond is counted
/// only.
const ROWS_MAX: usize = 10_000;

/// Senders that are told apart; only members can deliver, so this is beyond any registry.
const SENDERS_MAX: usize = 10_000;

/// Longest certificate number that is kept as an example.
const EXAMPLE_BYTES_MAX: usize = 100;

/// A delivery that was taken, as far as the report knows it.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// Sender.
    pub from: &'a str,
    /// CertificateType.
    pub certificate_type: i32,
    /// CertificateStatus.
    pub certificate_status: i32,
    /// NPPOCertificateNumber.
    pub certificate_number: &'a str,
    /// Whether it came by the operation that refuses what breaks a severe rule (ValidateAndDeliverEnvelope).
    pub is_enforced: bool,
    /// When it was judged.
    pub at: Timestamp,
}

/// All that was seen of one release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = ReleaseSeen)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// Since when it judges, times outside of the shadow included.
    #[serde(with = "moment")]
    #[schema(value_type = String)]
    pub since: Timestamp,
    /// The last delivery that it judged.
    #[serde(with = "moment::maybe")]
    #[schema(value_type = Option<String>)]
    pub last_at: Option<Timestamp>,
    /// Deliveries that both judged, it and what is in force.
    pub judged: u64,
    /// Those that only it refuses.
    pub newly_refused: u64,
    /// Those that only what is in force refuses.
    pub no_longer_refused: u64,
    /// Deliveries that were not judged because too many waited.
    pub left_out: u64,
    /// Findings beyond the rows that are told apart.
    pub beyond_rows: u64,
    /// By sender.
    pub senders: BTreeMap<String, Sender>,
    /// By sender, rule and class of certificates.
    #[serde(with = "rows")]
    #[schema(value_type = Vec<Row>)]
    rows: BTreeMap<Key, Tally>,
}

/// What was seen of one sender.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = ReleaseSender)]
pub struct Sender {
    /// Its deliveries that both judged.
    pub judged: u64,
    /// Those that only the release refuses.
    pub newly_refused: u64,
    /// Of these, those by ValidateAndDeliverEnvelope, which will really be refused.
    pub enforced: u64,
    /// The last of them.
    #[serde(with = "moment::maybe")]
    #[schema(value_type = Option<String>)]
    pub last_refused_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    from: String,
    rule: String,
    level: String,
    certificate_type: i32,
    certificate_status: i32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Tally {
    count: u64,
    enforced: u64,
    first_at: Timestamp,
    last_at: Timestamp,
    example: String,
}

/// What one sender's certificates of one class break in the release and not in what is in force.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = ReleaseRow)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Sender.
    pub from: String,
    /// The rule.
    pub rule: String,
    /// At this level; a SEVERE one refuses.
    pub level: String,
    /// CertificateType.
    pub certificate_type: i32,
    /// CertificateStatus.
    pub certificate_status: i32,
    /// In how many deliveries.
    pub count: u64,
    /// How many of these came by ValidateAndDeliverEnvelope; the others are taken without being judged.
    pub enforced: u64,
    /// First seen.
    #[serde(with = "moment")]
    #[schema(value_type = String)]
    pub first_at: Timestamp,
    /// Last seen.
    #[serde(with = "moment")]
    #[schema(value_type = String)]
    pub last_at: Timestamp,
    /// Certificate number of the last one.
    pub example: String,
}

impl Seen {
    /// Nothing yet.
    pub fn new(since: Timestamp) -> Self {
        Self { since, ..Self::default() }
    }

    /// Both have judged a delivery: whether what is in force refuses it, and the release; and the rules, each with its
    /// level, that only the release finds broken.
    pub fn judged<'r>(
        &mut self,
        delivery: &Delivery<'_>,
        (active_refuses, release_refuses): (bool, bool),
        only_release: impl Iterator<Item = (&'r str, &'r str)>,
    ) {
        let newly_refused = release_refuses && !active_refuses;
        self.judged += 1;
        self.last_at = Some(delivery.at);
        self.newly_refused += u64::from(newly_refused);
        self.no_longer_refused += u64::from(active_refuses && !release_refuses);
        self.sender(delivery, newly_refused);
        for (rule, level) in only_release {
            self.row(delivery, rule, level);
        }
    }

    fn sender(&mut self, delivery: &Delivery<'_>, newly_refused: bool) {
        if SENDERS_MAX <= self.senders.len() && !self.senders.contains_key(delivery.from) {
            return;
        }
        let sender = self.senders.entry(delivery.from.to_owned()).or_default();
        sender.judged += 1;
        if newly_refused {
            sender.newly_refused += 1;
            sender.enforced += u64::from(delivery.is_enforced);
            sender.last_refused_at = Some(delivery.at);
        }
    }

    fn row(&mut self, delivery: &Delivery<'_>, rule: &str, level: &str) {
        let key = Key {
            from: delivery.from.to_owned(),
            rule: rule.to_owned(),
            level: level.to_owned(),
            certificate_type: delivery.certificate_type,
            certificate_status: delivery.certificate_status,
        };
        if ROWS_MAX <= self.rows.len() && !self.rows.contains_key(&key) {
            self.beyond_rows += 1;
            return;
        }
        let first =
            Tally { count: 0, enforced: 0, first_at: delivery.at, last_at: delivery.at, example: String::new() };
        let tally = self.rows.entry(key).or_insert(first);
        tally.count += 1;
        tally.enforced += u64::from(delivery.is_enforced);
        tally.last_at = delivery.at;
        tally.example = shortened(delivery.certificate_number).to_owned();
    }

    /// The rows: what refuses first, then by how often.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = self.rows.iter().map(|(key, tally)| Row::of(key, tally)).collect();
        rows.sort_by(|left, right| {
            let rank = |row: &Row| (row.level != "SEVERE", std::cmp::Reverse(row.count));
            rank(left).cmp(&rank(right))
        });
        rows
    }
}

/// So much of a certificate number as is kept.
fn shortened(number: &str) -> &str {
    let mut end = number.len().min(EXAMPLE_BYTES_MAX);
    while !number.is_char_boundary(end) {
        end -= 1;
    }
    number.get(..end).unwrap_or_default()
}

impl Row {
    fn of(key: &Key, tally: &Tally) -> Self {
        Self {
            from: key.from.clone(),
            rule: key.rule.clone(),
            level: key.level.clone(),
            certificate_type: key.certificate_type,
            certificate_status: key.certificate_status,
            count: tally.count,
            enforced: tally.enforced,
            first_at: tally.first_at,
            last_at: tally.last_at,
            example: tally.example.clone(),
        }
    }
}

/// In documents, rows are a list.
mod rows {
    use super::{BTreeMap, Deserialize, Key, ROWS_MAX, Row, Tally};
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(rows: &BTreeMap<Key, Tally>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(rows.iter().map(|(key, tally)| Row::of(key, tally)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<Key, Tally>, D::Error> {
        let rows = Vec::<Row>::deserialize(deserializer)?;
        Ok(rows
            .into_iter()
            .take(ROWS_MAX)
            .map(|row| {
                let Row { from, rule, level, certificate_type, certificate_status, .. } = row;
                let Row { count, enforced, first_at, last_at, example, .. } = row;
                let tally = Tally { count, enforced, first_at, last_at, example };
                (Key { from, rule, level, certificate_type, certificate_status }, tally)
            })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery<'a>(from: &'a str, number: &'a str, at: u64, is_enforced: bool) -> Delivery<'a> {
        Delivery {
            from,
            certificate_type: 851,
            certificate_status: 70,
            certificate_number: number,
            is_enforced,
            at: Timestamp(at),
        }
    }

    #[test]
    fn who_still_sends_what_will_be_refused_is_counted_by_sender_rule_and_class() {
        let mut seen = Seen::new(Timestamp(1));
        let severe = || [("unit-code", "SEVERE"), ("hs-code", "INFO")].into_iter();
        seen.judged(&delivery("KE", "KE-1", 10, true), (false, true), severe());
        seen.judged(&delivery("KE", "KE-2", 20, false), (false, true), severe());
        seen.judged(&delivery("NL", "NL-1", 30, true), (false, false), [("hs-code", "INFO")].into_iter());
        seen.judged(&delivery("NL", "NL-2", 40, true), (true, false), std::iter::empty());
        assert_eq!((seen.judged, seen.newly_refused, seen.no_longer_refused), (4, 2, 1));
        let rows = seen.rows();
        let row = &rows[0];
        assert_eq!((row.from.as_str(), row.rule.as_str(), row.count, row.enforced), ("KE", "unit-code", 2, 1));
        assert_eq!((row.first_at, row.last_at, row.example.as_str()), (Timestamp(10), Timestamp(20), "KE-2"));
        assert_eq!(rows.len(), 3);
        assert_eq!((seen.senders["KE"].newly_refused, seen.senders["KE"].enforced), (2, 1));
        assert_eq!((seen.senders["NL"].judged, seen.senders["NL"].newly_refused), (2, 0));
        let text = serde_json::to_string(&seen).unwrap();
        assert_eq!(serde_json::from_str::<Seen>(&text).unwrap(), seen);
    }

    #[test]
    fn what_is_kept_has_bounds() {
        let mut seen = Seen::new(Timestamp(1));
        for number in 0..ROWS_MAX + 5 {
            let from = format!("S{number}");
            seen.judged(&delivery(&from, &"é".repeat(200), 10, true), (false, true), [("a", "SEVERE")].into_iter());
        }
        assert_eq!((seen.rows().len(), seen.beyond_rows, seen.senders.len()), (ROWS_MAX, 5, SENDERS_MAX));
        assert_eq!(seen.rows()[0].example.len(), EXAMPLE_BYTES_MAX);
    }
}
