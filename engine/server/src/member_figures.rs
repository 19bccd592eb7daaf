//! What is counted of each member for operators: how long its envelopes waited, how clean its certificates are, when
//! it was last served and what last went wrong. By codes of the registry only, so there are no more rows than members.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::time::Duration;

use dashmap::DashMap;
use phytohub_model::{ConnectionCode, Dwell, Level, Timestamp};

use crate::validate::{Broken, Judgement};

/// How far back dwell times go, in hours: the present one and so many before it.
pub(crate) const DWELL_HOURS: u64 = 24;

const HOUR_MS: u64 = 3_600_000;

/// Longest text of an error that is kept.
const ERROR_BYTES_MAX: usize = 300;

/// The verdict of a certificate without a finding.
const CLEAN: &str = "clean";

/// The figures of all members.
#[derive(Debug, Default)]
pub(crate) struct MemberFigures {
    waited: DashMap<ConnectionCode, Waited>,
    quality: DashMap<String, Quality>,
    contacts: DashMap<ConnectionCode, Contact>,
}

/// How long the envelopes of a receiver waited, hour by hour. An hour has at most some hundred buckets, usually a few
/// dozen.
#[derive(Debug, Default)]
struct Waited(VecDeque<(u64, Dwell)>);

/// What the validator found in a sender's deliveries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Quality {
    /// Deliveries that were judged.
    pub(crate) judged: u64,
    /// Those without a finding.
    pub(crate) clean: u64,
    /// In how many a rule was broken, by rule and level.
    pub(crate) rules: BTreeMap<(String, Level), u64>,
}

/// When a member's system was last served, and what last went wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contact {
    /// Its last call that was answered well.
    pub(crate) last_success: Option<Timestamp>,
    /// Its last call that was not, and why.
    pub(crate) last_error: Option<(Timestamp, String)>,
}

impl MemberFigures {
    /// An envelope of this receiver was acknowledged.
    pub(crate) fn ended(&self, receiver: ConnectionCode, at: Timestamp, dwell: Duration) {
        self.waited.entry(receiver).or_default().count(at, dwell);
    }

    /// How long the envelopes of a receiver waited that were acknowledged in the last [`DWELL_HOURS`].
    pub(crate) fn waited(&self, receiver: &ConnectionCode, now: Timestamp) -> Dwell {
        let mut all = Dwell::default();
        if let Some(waited) = self.waited.get(receiver) {
            let hours = waited.0.iter().filter(|(hour, _)| hour + DWELL_HOURS >= now.0 / HOUR_MS);
            hours.for_each(|(_, dwell)| all += dwell);
        }
        all
    }

    /// A delivery of the registered code `from` was judged.
    pub(crate) fn judged(&self, from: &str, judgement: &Judgement) {
        let mut quality = match self.quality.get_mut(from) {
            Some(quality) => quality,
            None => self.quality.entry(from.to_owned()).or_default(),
        };
        quality.judged += 1;
        quality.clean += u64::from(judgement.outcome == CLEAN);
        for Broken { rule, level } in &judgement.broken {
            *quality.rules.entry((rule.to_string(), *level)).or_default() += 1;
        }
    }

    /// What was found in a sender's deliveries since the hub started.
    pub(crate) fn quality(&self, from: &str) -> Quality {
        self.quality.get(from).map(|quality| quality.clone()).unwrap_or_default()
    }

    /// A call of who acts for these codes was answered well.
    pub(crate) fn served(&self, codes: &[ConnectionCode], at: Timestamp) {
        codes.iter().for_each(|code| self.contacts.entry(*code).or_default().last_success = Some(at));
    }

    /// A call of who acts for these codes was not.
    pub(crate) fn failed(&self, codes: &[ConnectionCode], at: Timestamp, why: &str) {
        let why: String = why.char_indices().take_while(|(at, _)| *at < ERROR_BYTES_MAX).map(|(_, one)| one).collect();
        for code in codes {
            self.contacts.entry(*code).or_default().last_error = Some((at, why.clone()));
        }
    }

    /// How it stands with a member's own calls since the hub started.
    pub(crate) fn contact(&self, code: &ConnectionCode) -> Contact {
        self.contacts.get(code).map(|contact| contact.clone()).unwrap_or_default()
    }
}

impl Waited {
    fn count(&mut self, at: Timestamp, dwell: Duration) {
        let hour = at.0 / HOUR_MS;
        // A clock that was set back counts into the hour that is there.
        if self.0.back().is_none_or(|(last, _)| *last < hour) {
            self.0.push_back((hour, Dwell::default()));
        }
        if let Some((_, last)) = self.0.back_mut() {
            last.count(dwell);
        }
        while self.0.front().is_some_and(|(first, _)| first + DWELL_HOURS < hour) {
            self.0.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use phytohub_model::Verdict;

    use super::*;

    #[test]
    fn dwell_times_are_those_of_the_last_day_and_take_bounded_memory() {
        let figures = MemberFigures::default();
        let code: ConnectionCode = "NL".parse().unwrap();
        let at = |hour: u64| Timestamp(hour * HOUR_MS);
        figures.ended(code, at(100), Duration::from_secs(1000));
        for hour in 101..1000 {
            figures.ended(code, at(hour), Duration::from_secs(1));
            figures.ended(code, at(hour - 1), Duration::from_secs(1));
        }
        assert_eq!(figures.waited.get(&code).unwrap().0.len() as u64, DWELL_HOURS + 1);
        let waited = figures.waited(&code, at(999));
        assert_eq!(waited.total(), 2 * (DWELL_HOURS + 1));
        assert!(waited.percentile(0.99).unwrap() <= 1125, "the one of a thousand seconds has gone");
        assert_eq!(figures.waited(&code, at(999 + DWELL_HOURS + 1)).total(), 0);
        assert_eq!(figures.waited(&"KE".parse().unwrap(), at(999)).percentile(0.5), None);
    }

    #[test]
    fn what_is_judged_and_what_went_wrong_is_told_by_member() {
        let figures = MemberFigures::default();
        let judgement = |outcome, broken: &[&'static str]| Judgement {
            outcome: Cow::Borrowed(outcome),
            verdict: Verdict { findings: Vec::new() },
            broken: broken.iter().map(|rule| Broken { rule: Cow::Borrowed(rule), level: Level::Warning }).collect(),
        };
        figures.judged("KE", &judgement("clean", &[]));
        figures.judged("KE", &judgement("findings", &["hs-code", "unit-code"]));
        figures.judged("KE", &judgement("findings", &["hs-code"]));
        let quality = figures.quality("KE");
        assert_eq!((quality.judged, quality.clean), (3, 1));
        assert_eq!(quality.rules[&("hs-code".to_owned(), Level::Warning)], 2);
        assert_eq!(figures.quality("NL"), Quality::default());

        let codes: Vec<ConnectionCode> = vec!["KE".parse().unwrap()];
        figures.failed(&codes, Timestamp(1), &"é".repeat(1000));
        figures.served(&codes, Timestamp(2));
        let contact = figures.contact(&codes[0]);
        assert_eq!(contact.last_success, Some(Timestamp(2)));
        assert!(contact.last_error.is_some_and(|(at, why)| at == Timestamp(1) && why.len() <= ERROR_BYTES_MAX));
    }
}
