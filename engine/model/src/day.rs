//! Days and months of the Gregorian calendar, in UTC: what reports and files of a day are named by.

use std::fmt;
use std::str::FromStr;

use crate::Timestamp;
use crate::time::{civil, days, numbers};

/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;

/// A day in UTC, counted from 1970-01-01. Its text is `2026-11-23`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day(pub u32);

/// A month. Its text is `2026-11`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Month {
    /// Year, from 1970.
    pub year: u32,
    /// 1 to 12.
    pub month: u32,
}

/// Why a text is no day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayError {
    /// Not `YYYY-MM-DD`.
    Shape,
    /// No such day in the calendar, or one before 1970.
    NoSuchDay,
}

impl Day {
    /// The day on which a moment lies.
    pub fn of(at: Timestamp) -> Self {
        Self(u32::try_from(at.0 / DAY_MS).unwrap_or(u32::MAX))
    }

    /// Its first moment.
    pub fn start(self) -> Timestamp {
        Timestamp(u64::from(self.0) * DAY_MS)
    }

    /// The day after it.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The month that it is in.
    pub fn month(self) -> Month {
        let (year, month, _) = civil(u64::from(self.0));
        Month { year: u32::try_from(year).unwrap_or(u32::MAX), month: u32::try_from(month).unwrap_or(12) }
    }
}

impl Month {
    /// Its first day.
    pub fn first_day(self) -> Day {
        let days = days(u64::from(self.year), u64::from(self.month), 1);
        Day(days.and_then(|days| u32::try_from(days).ok()).unwrap_or_default())
    }

    /// How many days it has.
    pub fn days(self) -> u32 {
        self.next().first_day().0 - self.first_day().0
    }

    /// The month after it.
    pub fn next(self) -> Self {
        if self.month == 12 {
            Self { year: self.year + 1, month: 1 }
        } else {
            Self { year: self.year, month: self.month + 1 }
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(u64::from(self.0));
        f.pad(&format!("{year:04}-{month:02}-{day:02}"))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:04}-{:02}", self.year, self.month))
    }
}

impl FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        let [year, month, day] = numbers(text, '-', [4, 2, 2]).ok_or(DayError::Shape)?;
        let known = (year >= 1970).then(|| days(year, month, day)).flatten();
        known.and_then(|days| u32::try_from(days).ok()).map(Self).ok_or(DayError::NoSuchDay)
    }
}

impl fmt::Display for DayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shape => "is no date: write YEAR-MONTH-DAY, as 2026-01-31",
            Self::NoSuchDay => "is no day of the calendar since 1970",
        })
    }
}

impl std::error::Error for DayError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_is_read_as_it_is_written() {
        let mut month = Month { year: 1970, month: 1 };
        for day in (0..200_000).map(Day) {
            assert_eq!(day.to_string().parse(), Ok(day));
            if day.month() != month {
                month = month.next();
                assert_eq!((day.month(), month.first_day()), (month, day));
            }
            assert_eq!(Day::of(day.start()), day);
            assert_eq!(Day::of(Timestamp(day.next().start().0 - 1)), day);
        }
    }

    #[test]
    fn months_have_their_days() {
        let days = |year, month| Month { year, month }.days();
        assert_eq!([days(2024, 2), days(2026, 2), days(2100, 2), days(2000, 2)], [29, 28, 28, 29]);
        assert_eq!([days(2026, 1), days(2026, 4), days(2026, 12)], [31, 30, 31]);
        assert_eq!(Month { year: 2026, month: 12 }.next().to_string(), "2027-01");
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in ["", "2026", "2026-1-1", "26-01-01", "2026-01-01T00", "2026-01-0x", "+026-01-01", "2026-01-01-01"] {
            assert_eq!(text.parse::<Day>(), Err(DayError::Shape), "{text}");
        }
        for text in ["2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026-01-00", "1969-12-31"] {
            assert_eq!(text.parse::<Day>(), Err(DayError::NoSuchDay), "{text}");
        }
    }
}
