//! The period that a report is of, and the one before it.

use std::fmt;

use phytohub_model::{Day, DayError, Month, Timestamp};

/// A period as it was asked for, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// First day.
    pub from: Day,
    /// Last day, itself included.
    pub to: Day,
    /// When the report is made: nothing is known of later moments.
    pub now: Timestamp,
}

/// Why there can be no report of what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AskedError {
    /// A text that is no day, with what it was for.
    Day(&'static str, String, DayError),
    /// The last day lies before the first one.
    Backwards(Day, Day),
    /// The period has not begun.
    Ahead(Day),
}

impl Asked {
    /// Reads what was asked for.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(from: &str, to: &str, now: Timestamp) -> Result<Self, AskedError> {
        let day = |name, text: &str| text.parse().map_err(|error| AskedError::Day(name, text.to_owned(), error));
        let (from, to): (Day, Day) = (day("from", from)?, day("to", to)?);
        if to < from {
            return Err(AskedError::Backwards(from, to));
        }
        if from.start() >= now {
            return Err(AskedError::Ahead(from));
        }
        Ok(Self { from, to, now })
    }

    /// The first moment after the period, or now where that comes sooner.
    pub fn until(&self) -> Timestamp {
        self.to.next().start().min(self.now)
    }

    /// Whether the period is over.
    pub fn is_over(&self) -> bool {
        self.to.next().start() <= self.now
    }

    /// Days from its begin until its end or now.
    pub fn days(&self) -> f64 {
        days(self.until().0 - self.from.start().0)
    }

    /// The months of which it has a day, up to now.
    pub fn months(&self) -> Vec<Month> {
        let last = Day::of(Timestamp(self.until().0 - 1)).month();
        let next = |month: &Month| Some(month.next()).filter(|month| *month <= last);
        std::iter::successors(Some(self.from.month()), next).collect()
    }

    /// How many months it is long: whole ones, and parts of months by their days.
    pub fn months_long(&self) -> f64 {
        let part = |month: &Month| {
            let begin = self.from.start().max(month.first_day().start());
            let end = self.until().min(month.next().first_day().start());
            days(end.0 - begin.0) / f64::from(month.days())
        };
        self.months().iter().map(part).sum()
    }

    /// The first day of the period before: as many months where this one is of whole months, else as many days. It ends
    /// where this one begins.
    pub fn previous_from(&self) -> Day {
        let (first, last) = (self.from.month(), self.to.month());
        let whole = self.from == first.first_day() && self.to.next() == last.next().first_day();
        if !whole {
            let days = self.to.0 - self.from.0 + 1;
            return Day(self.from.0.saturating_sub(days));
        }
        let months = |month: Month| month.year * 12 + month.month - 1;
        let before = months(first).saturating_sub(months(last) - months(first) + 1).max(months(Day(0).month()));
        Month { year: before / 12, month: before % 12 + 1 }.first_day()
    }
}

/// Milliseconds as days.
fn days(milliseconds: u64) -> f64 {
    milliseconds as f64 / 86_400_000.0
}

impl fmt::Display for AskedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(name, text, error) => write!(f, "{name} '{text}' {error}"),
            Self::Backwards(from, to) => write!(f, "to {to} lies before from {from}; exchange them"),
            Self::Ahead(from) => write!(f, "from {from} lies ahead: nothing is known of it yet"),
        }
    }
}

impl std::error::Error for AskedError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(from: &str, to: &str, now: &str) -> Asked {
        Asked::new(from, to, now.parse::<Day>().unwrap().start()).unwrap()
    }

    #[test]
    fn the_period_before_is_as_long() {
        for (from, to, before) in [
            ("2026-01-01", "2026-12-31", "2025-01-01"),
            ("2026-03-01", "2026-03-31", "2026-02-01"),
            ("2026-01-01", "2026-03-31", "2025-10-01"),
            ("2026-03-10", "2026-03-16", "2026-03-03"),
            ("2024-02-01", "2024-02-28", "2024-01-04"),
            ("1970-01-01", "1970-12-31", "1970-01-01"),
        ] {
            assert_eq!(asked(from, to, "2030-01-01").previous_from().to_string(), before, "{from} to {to}");
        }
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        let year = asked("2026-01-01", "2026-12-31", "2030-01-01");
        assert_eq!((year.months().len(), year.months_long(), year.days()), (12, 12.0, 365.0));
        let leap = asked("2024-02-15", "2024-03-31", "2030-01-01");
        assert!((leap.months_long() - (15.0 / 29.0 + 1.0)).abs() < 1e-12);
        let running = asked("2026-11-01", "2026-12-31", "2026-11-16");
        assert_eq!((running.months().len(), running.months_long(), running.days()), (1, 0.5, 15.0));
        assert!(!running.is_over() && year.is_over());
    }

    #[test]
    fn what_cannot_be_reported_is_refused_with_its_reason() {
        let now = "2026-11-16".parse::<Day>().unwrap().start();
        let error = |from, to| Asked::new(from, to, now).unwrap_err().to_string();
        assert_eq!(error("2026-02-30", "2026-03-01"), "from '2026-02-30' is no day of the calendar since 1970");
        assert!(error("2026-02-01", "yesterday").starts_with("to 'yesterday' is no date: write YEAR-MONTH-DAY"));
        assert!(error("2026-02-01", "2026-01-31").contains("lies before"));
        assert!(error("2026-11-16", "2026-11-20").contains("lies ahead"));
    }
}
