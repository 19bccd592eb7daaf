//! Values as the message writes them: dates, decimal numbers. No floating point: it would round what is compared.

use std::cmp::Ordering;

use crate::characters::is_digits;

/// A date and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Seconds since 1970, in UTC where the offset is given, else as if it were.
    seconds: i64,
    pub(crate) has_offset: bool,
    pub(crate) year: i64,
}

/// Why a text is no date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoMoment {
    /// Not of the form `YYYY-MM-DDThh:mm:ss`.
    Form,
    /// No such day or time.
    Day,
}

/// Times without an offset may be meant in any zone, which lie up to 26 hours apart.
const ZONES_SECONDS: i64 = 26 * 3600;

impl Moment {
    /// Reads a W3C dateTime: `2026-11-24T09:30:00`, decimals of seconds and offset optional.
    pub(crate) fn read(text: &str) -> Result<Self, NoMoment> {
        let Some((&[c, y, a, r, b'-', m, mo, b'-', d, da, b'T', h, ho, b':', mi, min, b':', s, se], rest)) =
            text.as_bytes().split_first_chunk::<{ "YYYY-MM-DDThh:mm:ss".len() }>()
        else {
            return Err(NoMoment::Form);
        };
        let parts = (two(c, y), two(a, r), two(m, mo), two(d, da), two(h, ho), two(mi, min), two(s, se));
        let (Some(century), Some(year), Some(month), Some(day), Some(hour), Some(minute), Some(second)) = parts else {
            return Err(NoMoment::Form);
        };
        let year = century * 100 + year;
        let rest = match rest {
            [b'.', decimals @ ..] => {
                let count = decimals.iter().take_while(|digit| digit.is_ascii_digit()).count();
                decimals.get(count..).unwrap_or_default()
            }
            _ => rest,
        };
        let offset = offset(rest).ok_or(NoMoment::Form)?;
        let is_midnight_after = (hour, minute, second) == (24, 0, 0);
        let is_time = (hour < 24 && minute < 60 && second < 60) || is_midnight_after;
        if !(1..=12).contains(&month) || !(1..=days_in(year, month)).contains(&day) || !is_time {
            return Err(NoMoment::Day);
        }
        let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
        Ok(Self { seconds: seconds - offset.unwrap_or_default() * 60, has_offset: offset.is_some(), year })
    }

    /// Whether it is later than `other` in whichever zones they are meant.
    pub(crate) fn is_surely_after(self, other: Self) -> bool {
        let doubt = if self.has_offset && other.has_offset { 0 } else { ZONES_SECONDS };
        other.seconds + doubt < self.seconds
    }
}

/// Minutes from UTC: none where the text is empty, no value where it is no offset.
#[expect(clippy::option_option, reason = "no offset and a wrong one are different things")]
fn offset(text: &[u8]) -> Option<Option<i64>> {
    let (hours, minutes) = match *text {
        [] => return Some(None),
        [b'Z'] => return Some(Some(0)),
        [b'+' | b'-', h, ho, b':', m, mi] => (two(h, ho)?, two(m, mi)?),
        _ => return None,
    };
    let sign = if text.starts_with(b"-") { -1 } else { 1 };
    (hours <= 14 && minutes < 60).then_some(Some(sign * (hours * 60 + minutes)))
}

/// The number of two digits.
#[inline(always)]
fn two(tens: u8, ones: u8) -> Option<i64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| i64::from(tens * 10 + ones))
}

fn days_in(year: i64, month: i64) -> i64 {
    let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970 in the Gregorian calendar; the year is counted from March, so that leap days come last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let before_month = (153 * month + 2) / 5;
    year * 365 + year / 4 - year / 100 + year / 400 + before_month + day - 1 - 719_468
}

/// A decimal number of XML Schema, as written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decimal<'t> {
    pub(crate) is_negative: bool,
    /// Without leading zeros.
    whole: &'t str,
    /// Without zeros at the end.
    fraction: &'t str,
    /// Decimals as written.
    pub(crate) decimals: usize,
}

impl<'t> Decimal<'t> {
    /// Reads `12`, `-0.5`, `.5`, `5.`; no exponent, no separator of thousands.
    pub(crate) fn read(text: &'t str) -> Option<Self> {
        let (is_negative, number) = match text.as_bytes() {
            [b'-', ..] => (true, text.get(1..)?),
            [b'+', ..] => (false, text.get(1..)?),
            _ => (false, text),
        };
        let point = number.bytes().position(|byte| byte == b'.').unwrap_or(number.len());
        let (whole, fraction) = (number.get(..point)?, number.get(point + 1..).unwrap_or_default());
        let is_number = is_digits(whole) && is_digits(fraction) && !(whole.is_empty() && fraction.is_empty());
        is_number.then(|| Self {
            is_negative,
            whole: whole.trim_start_matches('0'),
            fraction: fraction.trim_end_matches('0'),
            decimals: fraction.len(),
        })
    }

    pub(crate) fn is_zero(self) -> bool {
        self.whole.is_empty() && self.fraction.is_empty()
    }

    pub(crate) fn is_one(self) -> bool {
        self.whole == "1" && self.fraction.is_empty()
    }

    pub(crate) fn is_whole(self) -> bool {
        self.fraction.is_empty()
    }

    /// Compares the amounts, without their signs.
    pub(crate) fn compare_amount(self, other: Self) -> Ordering {
        let length = self.whole.len().cmp(&other.whole.len());
        length.then_with(|| self.whole.cmp(other.whole)).then_with(|| self.fraction.cmp(other.fraction))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_w3c_writes_them() {
        let legal =
            ["2016-04-22T13:53:08-03:00", "2026-07-03T10:30:00+05:30", "2024-02-29T24:00:00Z", "2000-01-01T00:00:00"];
        for text in legal {
            assert!(Moment::read(text).is_ok(), "{text}");
        }
        assert!(Moment::read("2000-01-01T00:00:00.125Z").unwrap().has_offset);
        for text in [
            "",
            "2024-01-01",
            "May 1,2,5,10 2020",
            "2024-01-01 00:00:00",
            "2024-01-01T00:00:00+1:00",
            "2024-01-01T00:00:00x",
            "２０24-01-01T00:00:00Z",
        ] {
            assert_eq!(Moment::read(text), Err(NoMoment::Form), "{text}");
        }
        for text in ["2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z", "2024-01-00T00:00:00Z", "2024-01-01T25:00:00Z"] {
            assert_eq!(Moment::read(text), Err(NoMoment::Day), "{text}");
        }
    }

    #[test]
    fn moments_compare_across_zones_and_doubt_counts_for_the_sender() {
        let read = |text| Moment::read(text).unwrap();
        assert!(read("2024-01-01T10:00:00-01:00").is_surely_after(read("2024-01-01T10:59:59Z")));
        assert!(!read("2024-01-01T10:00:00+01:00").is_surely_after(read("2024-01-01T09:00:00Z")));
        assert!(!read("2024-01-02T10:00:00").is_surely_after(read("2024-01-01T10:00:00Z")));
        assert!(read("2024-01-03T10:00:00").is_surely_after(read("2024-01-01T10:00:00Z")));
        assert_eq!(read("1970-01-02T00:00:00Z").seconds, 86_400);
        assert_eq!(read("2000-03-01T00:00:00Z").seconds, 951_868_800);
    }

    #[test]
    fn decimals_are_compared_without_rounding() {
        let read = |text| Decimal::read(text).unwrap();
        for (less, more) in [("1", "2"), ("9", "10"), ("0.5", "0.51"), ("1.05", "1.5"), ("009", "10.0"), ("0", ".1")] {
            assert_eq!(read(less).compare_amount(read(more)), Ordering::Less, "{less} {more}");
        }
        assert_eq!(read("25.0000").compare_amount(read("25")), Ordering::Equal);
        assert!(read("-0.1").is_negative && read("+0.00").is_zero() && read("7.0").is_whole());
        for broken in ["", ".", "-", "1,5", "1e3", "1.2.3", " 1", "NaN", "１"] {
            assert!(Decimal::read(broken).is_none(), "{broken}");
        }
    }
}
