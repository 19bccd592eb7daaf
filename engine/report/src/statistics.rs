//! Statistics: what the tracks cannot tell, noted by the running hub once a minute, one JSON line each.
//!
//! A minute without a line is one in which the hub was not there. What a hub that crashed had not noted yet is lost: a
//! minute at most. Lines of the same minute, as after a restart within it, add up.

use std::collections::BTreeMap;
use std::fmt;

use phytohub_model::{Day, Month, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Asked;

/// Counts by member, then by what is counted.
pub type Counts = BTreeMap<String, BTreeMap<String, u64>>;

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Minute {
    /// Which minute, in UTC: `2026-11-25T23:41Z`.
    pub minute: String,
    /// Seconds of it in which the hub served.
    pub up: u8,
    /// Envelopes accepted.
    #[serde(skip_serializing_if = "is_zero")]
    pub accepted: u64,
    /// Envelopes that ended.
    #[serde(skip_serializing_if = "is_zero")]
    pub finished: u64,
    /// Most envelopes accepted in one second.
    #[serde(skip_serializing_if = "is_zero")]
    pub peak: u64,
    /// Envelopes that wait at its end.
    #[serde(skip_serializing_if = "is_zero")]
    pub pending: u64,
    /// 99 of 100 commits took no longer, in microseconds; 0 without a commit.
    #[serde(skip_serializing_if = "is_zero")]
    pub commit_p99_us: u64,
    /// Bytes that the journal takes on the disk.
    #[serde(skip_serializing_if = "is_zero")]
    pub journal_bytes: u64,
    /// Deliveries not accepted, by sender and reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub refused: Counts,
    /// Severe rules broken by deliveries that were refused for them, by sender and rule.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub refused_rules: Counts,
    /// Deliveries judged, by sender and verdict (`clean`, `findings`, `not-determined`).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub judged: Counts,
    /// Deliveries judged in which a rule was broken, by sender and rule.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub findings: Counts,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A minute of the calendar, counted from 1970-01-01T00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MinuteOf(pub u64);

const MINUTE_MS: u64 = 60_000;
const MINUTES_A_DAY: u64 = 1440;

impl MinuteOf {
    /// The minute in which a moment lies.
    pub fn of(at: Timestamp) -> Self {
        Self(at.0 / MINUTE_MS)
    }

    /// Its first moment.
    pub fn start(self) -> Timestamp {
        Timestamp(self.0 * MINUTE_MS)
    }

    /// Its day.
    pub fn day(self) -> Day {
        Day::of(self.start())
    }

    fn parse(text: &str) -> Option<Self> {
        let (day, time) = text.strip_suffix('Z')?.split_once('T')?;
        let (hour, minute) = time.split_once(':')?;
        let number =
            |text: &str, below: u64| text.parse::<u64>().ok().filter(|number| text.len() == 2 && *number < below);
        let day: Day = day.parse().ok()?;
        Some(Self(u64::from(day.0) * MINUTES_A_DAY + number(hour, 24)? * 60 + number(minute, 60)?))
    }
}

impl fmt::Display for MinuteOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minute = self.0 % MINUTES_A_DAY;
        write!(f, "{}T{:02}:{:02}Z", self.day(), minute / 60, minute % 60)
    }
}

/// What the statistics of a span of time say together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// The first minute of which anything was ever noted: before it nothing is known.
    pub began: Option<MinuteOf>,
    /// Lines that cannot be read, as the last one before a crash.
    pub unreadable: u64,
    pub(crate) served: Vec<Served>,
    pub(crate) days: BTreeMap<Day, DayObserved>,
    pub(crate) refused: Counts,
    pub(crate) refused_rules: Counts,
    pub(crate) judged: Counts,
    pub(crate) findings: Counts,
    pub(crate) refused_by_month: BTreeMap<Month, u64>,
    /// Most accepted in one second, and in which minute.
    pub(crate) peak: Option<(u64, MinuteOf)>,
    pub(crate) pending_max: u64,
    /// Over all minutes, for their mean.
    journal_bytes: u128,
    minutes: u64,
}

/// A minute in which the hub served for so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Served {
    pub(crate) minute: MinuteOf,
    pub(crate) seconds: u8,
}

/// A day's sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DayObserved {
    pub(crate) accepted: u64,
    pub(crate) peak: u64,
    pub(crate) commit_p99_us: u64,
}

impl Observed {
    /// Adds a line; one that cannot be read is counted and left out. Days before the period count for the comparison
    /// with the one before only, those after it not at all.
    pub fn add(&mut self, line: &str, asked: &Asked) {
        if line.trim().is_empty() {
            return;
        }
        let read = serde_json::from_str::<Minute>(line).ok();
        let Some((minute, at)) = read.and_then(|minute| Some((MinuteOf::parse(&minute.minute)?, minute))) else {
            self.unreadable += 1;
            return;
        };
        self.note(minute, &at, asked);
    }

    /// Notes from when on anything was noted: the line is the first one of all. Whether it can be read.
    pub fn begin(&mut self, line: &str) -> bool {
        let minute = serde_json::from_str::<Minute>(line).ok().and_then(|minute| MinuteOf::parse(&minute.minute));
        self.began = minute.or(self.began);
        minute.is_some()
    }

    /// Accepted on a day, as far as it was noted.
    pub fn accepted_on(&self, day: Day) -> u64 {
        self.accepted(day, day.next())
    }

    fn note(&mut self, at: MinuteOf, minute: &Minute, asked: &Asked) {
        self.began = Some(self.began.map_or(at, |began| began.min(at)));
        if at.day() > asked.to {
            return;
        }
        let day = self.days.entry(at.day()).or_default();
        day.accepted += minute.accepted;
        day.peak = day.peak.max(minute.peak);
        day.commit_p99_us = day.commit_p99_us.max(minute.commit_p99_us);
        if at.day() < asked.from {
            return;
        }
        self.serve(at, minute.up);
        if minute.peak > self.peak.map_or(0, |(peak, _)| peak) {
            self.peak = Some((minute.peak, at));
        }
        self.pending_max = self.pending_max.max(minute.pending);
        self.journal_bytes += u128::from(minute.journal_bytes);
        self.minutes += 1;
        let refused: u64 = minute.refused.values().flat_map(BTreeMap::values).sum();
        *self.refused_by_month.entry(at.day().month()).or_default() += refused;
        for (sums, counts) in [
            (&mut self.refused, &minute.refused),
            (&mut self.refused_rules, &minute.refused_rules),
            (&mut self.judged, &minute.judged),
            (&mut self.findings, &minute.findings),
        ] {
            add_counts(sums, counts);
        }
    }

    /// Nearly always the minute after the last one; after a step of the clock an earlier one.
    fn serve(&mut self, minute: MinuteOf, seconds: u8) {
        let most = |seconds: u8| seconds.min(60);
        match self.served.binary_search_by_key(&minute, |served| served.minute) {
            Ok(place) => self.served[place].seconds = most(self.served[place].seconds.saturating_add(seconds)),
            Err(place) => self.served.insert(place, Served { minute, seconds: most(seconds) }),
        }
    }

    /// Bytes that the journal took, as a mean over the minutes noted.
    pub(crate) fn journal_bytes_mean(&self) -> Option<f64> {
        (self.minutes > 0).then(|| self.journal_bytes as f64 / self.minutes as f64)
    }

    /// Accepted from one day until another, as far as it was noted.
    pub(crate) fn accepted(&self, from: Day, before: Day) -> u64 {
        self.days.range(from..before.max(from)).map(|(_, day)| day.accepted).sum()
    }
}

/// Adds counts to counts.
pub(crate) fn add_counts(sums: &mut Counts, counts: &Counts) {
    for (member, counts) in counts {
        let sums = sums.entry(member.clone()).or_default();
        for (what, count) in counts {
            *sums.entry(what.clone()).or_default() += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(text: &str) -> MinuteOf {
        MinuteOf::parse(text).unwrap()
    }

    #[test]
    fn a_line_is_read_as_it_is_written() {
        let at = minute("2026-11-25T23:41Z");
        assert_eq!((at.to_string().as_str(), at.day().to_string().as_str()), ("2026-11-25T23:41Z", "2026-11-25"));
        assert_eq!(MinuteOf::of(at.start()), at);
        let refused = Counts::from([("KE".to_owned(), BTreeMap::from([("invalid".to_owned(), 2)]))]);
        let line = Minute { minute: at.to_string(), up: 60, accepted: 3, refused, ..Minute::default() };
        let text = serde_json::to_string(&line).unwrap();
        assert_eq!(text, r#"{"minute":"2026-11-25T23:41Z","up":60,"accepted":3,"refused":{"KE":{"invalid":2}}}"#);
        assert_eq!(serde_json::from_str::<Minute>(&text).unwrap(), line);
    }

    #[test]
    fn lines_of_a_minute_add_up_and_a_torn_line_is_left_out() {
        let mut observed = Observed::default();
        let now = "2026-12-01".parse::<Day>().unwrap().start();
        let asked = &Asked::new("2026-11-01", "2026-11-25", now).unwrap();
        observed.add(r#"{"minute":"2026-11-26T00:00Z","up":60,"accepted":90,"peak":9}"#, asked);
        observed.add(r#"{"minute":"2026-11-25T23:41Z","up":20,"accepted":3,"peak":2,"journal_bytes":10}"#, asked);
        observed.add(r#"{"minute":"2026-11-25T23:41Z","up":50,"accepted":4,"peak":4,"journal_bytes":20}"#, asked);
        observed.add(r#"{"minute":"2026-11-25T23:40Z","up":7,"unknown":[]}"#, asked);
        observed.add("", asked);
        for torn in
            [r#"{"minute":"2026-11-25T23:42Z","up":60,"acc"#, "{}", r#"{"minute":"2026-11-25T24:00Z"}"#, "\u{0}"]
        {
            observed.add(torn, asked);
        }
        let served: Vec<_> = observed.served.iter().map(|served| (served.minute, served.seconds)).collect();
        assert_eq!(served, [(minute("2026-11-25T23:40Z"), 7), (minute("2026-11-25T23:41Z"), 60)]);
        assert_eq!((observed.unreadable, observed.peak), (4, Some((4, minute("2026-11-25T23:41Z")))));
        let day = "2026-11-25".parse().unwrap();
        assert_eq!((observed.accepted(day, day.next()), observed.accepted(day.next(), day)), (7, 0));
        assert_eq!(observed.journal_bytes_mean(), Some(10.0));
    }
}
