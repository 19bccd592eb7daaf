//! Time as the core knows it: a number that comes in as an argument.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// This time and `span` more; stops at the end of time instead of wrapping.
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)))
    }

    /// How long ago `earlier` was; zero when it lies ahead, as after a step of the clock.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// As ISO 8601 in UTC with milliseconds: `2026-11-23T10:15:00.000Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, millis) = (self.0 / 1000, self.0 % 1000);
        let (days, second_of_day) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
    }
}

/// Reads a day (`2026-11-23`, its first moment in UTC) or a moment in UTC (`2026-11-23T10:15:00Z`, with or without a
/// fraction of a second), from 1970 on.
impl FromStr for Timestamp {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        parse(text).ok_or(TimeError)
    }
}

/// A text that is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeError;

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no time: write a day (2026-11-23) or a moment in UTC (2026-11-23T10:15:00Z)")
    }
}

impl std::error::Error for TimeError {}

fn parse(text: &str) -> Option<Timestamp> {
    let (day, time) = match text.split_once('T') {
        Some((day, time)) => (day, time.strip_suffix('Z')?),
        None => (text, "00:00:00"),
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [year, month, day] = numbers(day, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    if year < 1970 || hour > 23 || minute > 59 || second > 59 || !is_digits(fraction) {
        return None;
    }
    let days = days(year, month, day)?;
    let millis = fraction.bytes().chain([b'0'; 3]).take(3).fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    Some(Timestamp(((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + millis))
}

/// Three numbers with as many digits as `lengths` says.
pub(crate) fn numbers(text: &str, separator: char, lengths: [usize; 3]) -> Option<[u64; 3]> {
    let mut numbers = [0; 3];
    let mut parts = text.split(separator);
    for (number, length) in numbers.iter_mut().zip(lengths) {
        let part = parts.next().filter(|part| part.len() == length && is_digits(part))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Days from 1970-01-01 to a day of the Gregorian calendar; none where there is no such day.
pub(crate) fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // As in `civil`: the year begins in March.
    let (years, months) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let of_years = years * 365 + years / 4 - years / 100 + years / 400;
    let days = of_years + (153 * months + 2) / 5 + day - 1 - DAYS_TO_1970_FROM_MARCH_OF_YEAR_ZERO;
    (civil(days) == (year, month, day)).then_some(days)
}

const DAYS_TO_1970_FROM_MARCH_OF_YEAR_ZERO: u64 = 719_468;

/// Year, month and day in the Gregorian calendar, `days` after 1970-01-01. Counts in years that begin in March, so
/// that the leap day is the last of its year and the lengths of the months before it are regular.
pub(crate) fn civil(days: u64) -> (u64, u64, u64) {
    const DAYS_OF_400_YEARS: u64 = 146_097;
    let days = days + DAYS_TO_1970_FROM_MARCH_OF_YEAR_ZERO;
    let (era, day_of_era) = (days / DAYS_OF_400_YEARS, days % DAYS_OF_400_YEARS);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days_are_written_right() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (1_795_428_900_123, "2026-11-23T10:15:00.123Z"),
        ] {
            assert_eq!(Timestamp(millis).to_string(), text);
        }
    }

    #[test]
    fn a_time_is_read_as_it_is_written() {
        for millis in [0, 951_782_400_000, 1_709_251_199_999, 4_107_542_400_000, 1_795_428_900_123] {
            assert_eq!(Timestamp(millis).to_string().parse(), Ok(Timestamp(millis)));
        }
        assert_eq!("2000-02-29".parse(), Ok(Timestamp(951_782_400_000)));
        assert_eq!("2026-11-23T10:15:00Z".parse(), Ok(Timestamp(1_795_428_900_000)));
        assert_eq!("2026-11-23T10:15:00.1239Z".parse(), Ok(Timestamp(1_795_428_900_123)));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "soon",
            "2026",
            "2026-11",
            "2026-2-01",
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "1969-12-31",
            "2026-11-23T10:15:00",
            "2026-11-23T24:00:00Z",
            "2026-11-23T10:60:00Z",
            "2026-11-23T10:15:00.Z",
            "2026-11-23T10:15Z",
            "2026-11-23 10:15:00Z",
            "2026-11-23T10:15:00+01:00",
            "+026-11-23",
            "2026-11-23-1",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(TimeError), "{text}");
        }
    }

    #[test]
    fn a_step_back_of_the_clock_is_no_time_at_all() {
        assert_eq!(Timestamp(5).since(Timestamp(9)), Duration::ZERO);
    }
}
