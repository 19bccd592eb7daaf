//! Whether the hub was there: each minute of which nothing is noted is one in which it was not.

use std::collections::BTreeMap;

use phytohub_model::Month;

use crate::model::{Availability, MonthServed, Outage};
use crate::statistics::{MinuteOf, Served};
use crate::{Asked, Observed};

/// Outages that are listed.
const OUTAGES_MAX: usize = 10;

const SECONDS_A_MINUTE: u64 = 60;

/// Availability over the part of the period of which anything can be known: from the first minute ever noted until one
/// minute before now, because the present one is not noted yet.
pub(super) fn availability(asked: &Asked, observed: &Observed) -> Availability {
    let begin = MinuteOf::of(asked.from.start());
    let now = MinuteOf::of(asked.now).0.saturating_sub(1);
    let end = MinuteOf::of(asked.to.next().start()).0.min(now);
    let Some(first) = observed.began.map(|began| began.max(begin)).filter(|first| first.0 < end) else {
        return Availability {
            noted_from: observed.began.map(|began| began.to_string()),
            known_seconds: 0,
            up_seconds: 0,
            share: None,
            months: Vec::new(),
            outages: Vec::new(),
        };
    };
    let mut months: BTreeMap<Month, (u64, u64)> = BTreeMap::new();
    let mut outages: Vec<(MinuteOf, u64)> = Vec::new();
    let mut was_down = false;
    let mut served = observed.served.iter().skip_while(|served| served.minute < first).peekable();
    for minute in (first.0..end).map(MinuteOf) {
        let up = served.next_if(|served| served.minute == minute).map_or(0, seconds);
        let (known, sum) = months.entry(minute.day().month()).or_default();
        *known += SECONDS_A_MINUTE;
        *sum += up;
        let down = SECONDS_A_MINUTE - up;
        match outages.last_mut().filter(|_| was_down && down > 0) {
            Some((_, length)) => *length += down,
            None if down > 0 => outages.push((minute, down)),
            None => {}
        }
        was_down = down > 0;
    }
    outages.sort_by_key(|(minute, length)| (std::cmp::Reverse(*length), *minute));
    let (known_seconds, up_seconds) =
        months.values().fold((0, 0), |(known, up), (more, more_up)| (known + more, up + more_up));
    let month = |(month, (known_seconds, up_seconds)): (Month, (u64, u64))| MonthServed {
        month: month.to_string(),
        known_seconds,
        up_seconds,
    };
    let outage = |(from, seconds): (MinuteOf, u64)| Outage { from: from.to_string(), seconds };
    Availability {
        noted_from: observed.began.map(|began| began.to_string()),
        known_seconds,
        up_seconds,
        share: Some(up_seconds as f64 / known_seconds as f64),
        months: months.into_iter().map(month).collect(),
        outages: outages.into_iter().take(OUTAGES_MAX).map(outage).collect(),
    }
}

fn seconds(served: &Served) -> u64 {
    u64::from(served.seconds).min(SECONDS_A_MINUTE)
}

#[cfg(test)]
mod tests {
    use phytohub_model::Day;

    use super::*;

    fn noted(minutes: &[(&str, u8)]) -> Observed {
        let mut observed = Observed::default();
        let any = Asked { from: Day(0), to: Day(u32::MAX - 1), now: phytohub_model::Timestamp(u64::MAX) };
        for (minute, up) in minutes {
            observed.add(&format!(r#"{{"minute":"{minute}","up":{up}}}"#), &any);
        }
        observed
    }

    fn asked(now: &str) -> Asked {
        Asked::new("2026-11-25", "2026-11-25", at(now)).unwrap()
    }

    fn at(minute: &str) -> phytohub_model::Timestamp {
        let (day, time) = minute.split_once('T').unwrap();
        let (hour, minute) = time.split_once(':').unwrap();
        let minutes = hour.parse::<u64>().unwrap() * 60 + minute.parse::<u64>().unwrap();
        phytohub_model::Timestamp(day.parse::<Day>().unwrap().start().0 + minutes * 60_000)
    }

    #[test]
    fn a_minute_without_a_line_is_one_without_a_hub() {
        let minutes = [
            ("2026-11-25T10:00Z", 30),
            ("2026-11-25T10:01Z", 60),
            ("2026-11-25T10:04Z", 45),
            ("2026-11-25T10:05Z", 60),
        ];
        let found = availability(&asked("2026-11-25T10:07"), &noted(&minutes));
        // From 10:00 to 10:05: the half minute before the start, two minutes and a quarter in the middle.
        assert_eq!((found.known_seconds, found.up_seconds), (360, 195));
        let outages: Vec<_> = found.outages.iter().map(|outage| (outage.from.as_str(), outage.seconds)).collect();
        assert_eq!(outages, [("2026-11-25T10:02Z", 135), ("2026-11-25T10:00Z", 30)]);
        assert_eq!(found.months.len(), 1);
    }

    #[test]
    fn a_hub_that_stopped_is_away_until_now_and_one_that_never_noted_is_not_known() {
        let minutes = [("2026-11-24T00:00Z", 60), ("2026-11-25T00:00Z", 60)];
        let found = availability(&asked("2026-11-25T02:01"), &noted(&minutes));
        assert_eq!((found.known_seconds, found.up_seconds), (7200, 60));
        let whole = availability(&asked("2026-12-31T00:00"), &noted(&minutes));
        assert_eq!(whole.known_seconds, 86_400);
        let nothing = availability(&asked("2026-11-25T02:01"), &Observed::default());
        assert_eq!((nothing.share, nothing.noted_from), (None, None));
        let later = availability(&asked("2026-11-25T02:01"), &noted(&[("2026-11-25T02:00Z", 60)]));
        assert_eq!(later.share, None, "the last minute is not over");
    }
}
