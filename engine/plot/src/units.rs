//! Numbers as people read them: a few digits, the unit beside.

/// Digits that a measured figure is worth: runs on a shared machine do not repeat better than that.
const DIGITS: i32 = 3;

const KIB: f64 = 1024.0;

/// A unit for an axis: what a value is divided by, and what the quotient is called.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    /// A value is divided by this.
    pub divisor: f64,
    /// What the quotient is called; empty for plain numbers.
    pub name: &'static str,
}

const SIZES: [Unit; 5] = [
    Unit { divisor: 1.0, name: "B" },
    Unit { divisor: KIB, name: "KiB" },
    Unit { divisor: KIB * KIB, name: "MiB" },
    Unit { divisor: KIB * KIB * KIB, name: "GiB" },
    Unit { divisor: KIB * KIB * KIB * KIB, name: "TiB" },
];

const COUNTS: [Unit; 3] =
    [Unit { divisor: 1.0, name: "" }, Unit { divisor: 1e3, name: "k" }, Unit { divisor: 1e6, name: "M" }];

const RATES: [Unit; 3] =
    [Unit { divisor: 1.0, name: "/s" }, Unit { divisor: 1e3, name: "k/s" }, Unit { divisor: 1e6, name: "M/s" }];

/// Of an axis over the time of a run: minutes and hours only where seconds would be hard to read.
const TIMES: [(f64, Unit); 3] = [
    (0.0, Unit { divisor: 1.0, name: "s" }),
    (600.0, Unit { divisor: 60.0, name: "min" }),
    (4.0 * 3600.0, Unit { divisor: 3600.0, name: "h" }),
];

fn largest(units: &[Unit], max: f64) -> Unit {
    let fitting = units.iter().rev().find(|unit| unit.divisor <= max.abs());
    fitting.or(units.first()).copied().unwrap_or(Unit { divisor: 1.0, name: "" })
}

/// The unit in which sizes up to `max` bytes are read best.
pub fn size_unit(max: f64) -> Unit {
    largest(&SIZES, max)
}

/// The unit in which counts up to `max` are read best.
pub fn count_unit(max: f64) -> Unit {
    // Four digits are still read at once.
    largest(&COUNTS, max / 10.0)
}

/// The unit in which rates up to `max` a second are read best.
pub fn rate_unit(max: f64) -> Unit {
    largest(&RATES, max)
}

/// The unit for an axis of `seconds` seconds.
pub fn time_unit(seconds: f64) -> Unit {
    let unit = TIMES.iter().rev().find(|(from, _)| *from <= seconds);
    unit.map_or(Unit { divisor: 1.0, name: "s" }, |(_, unit)| *unit)
}

/// A rate: `12.3 k/s`.
pub fn rate(per_second: f64) -> String {
    let unit = rate_unit(per_second);
    format!("{} {}", significant(per_second / unit.divisor), unit.name)
}

/// A size: `212 MiB`.
pub fn size(bytes: f64) -> String {
    let unit = size_unit(bytes);
    format!("{} {}", significant(bytes / unit.divisor), unit.name)
}

/// A latency that came in milliseconds: `3.21 ms`, `1.5 s`.
pub fn latency(milliseconds: f64) -> String {
    if milliseconds.abs() < 1e3 { format!("{} ms", significant(milliseconds)) } else { span(milliseconds / 1e3) }
}

/// A span that came in seconds: `4.2 s`, `2 min 5 s`, `3 h 20 min`, `2 d 4 h`.
pub fn span(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 60.0 {
        return format!("{} s", significant(seconds));
    }
    let whole = seconds.round();
    let parts = [("d", 86_400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0)];
    let first = parts.iter().position(|(_, length)| whole >= *length).unwrap_or(0);
    let mut rest = whole;
    let mut words = Vec::new();
    for (name, length) in parts.iter().skip(first).take(2) {
        let amount = (rest / length).floor();
        rest -= amount * length;
        if amount > 0.0 {
            words.push(format!("{amount:.0} {name}"));
        }
    }
    words.join(" ")
}

/// A share as percent: `99.8 %`.
pub fn percent(share: f64) -> String {
    format!("{} %", significant(share * 100.0))
}

/// A whole number with its thousands apart: `1,234,567`.
pub fn count(number: u64) -> String {
    grouped(&number.to_string())
}

/// A number with the digits that it is worth, thousands apart: `0.0123`, `12.3`, `12,345`.
pub fn significant(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() {
        return "unknown".to_owned();
    }
    let magnitude = value.abs().log10().floor() as i32;
    let decimals = (DIGITS - 1 - magnitude).clamp(0, 9);
    trimmed(value, decimals as usize)
}

/// A number of an axis: no more decimals than it needs.
pub fn plain(value: f64) -> String {
    trimmed(value, 6)
}

fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if short == "-0" { "0".to_owned() } else { grouped(short) }
}

fn grouped(number: &str) -> String {
    let (sign, rest) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (whole, fraction) = rest.split_once('.').map_or((rest, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut text = sign.to_owned();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_they_are_worth() {
        let cases = [(0.0, "0"), (0.012345, "0.0123"), (1.0, "1"), (12.345, "12.3"), (999.6, "1,000")];
        for (value, text) in cases {
            assert_eq!(significant(value), text, "{value}");
        }
        assert_eq!(significant(-1_234_567.0), "-1,234,567");
        assert_eq!(significant(f64::NAN), "unknown");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(plain(0.30000000000000004), "0.3");
    }

    #[test]
    fn units_are_chosen_by_size() {
        assert_eq!(rate(12_345.0), "12.3 k/s");
        assert_eq!(rate(6.6667), "6.67 /s");
        assert_eq!(size(0.0), "0 B");
        assert_eq!(size(212.0 * 1024.0 * 1024.0), "212 MiB");
        assert_eq!(latency(0.4217), "0.422 ms");
        assert_eq!(latency(1500.0), "1.5 s");
        assert_eq!(percent(0.998), "99.8 %");
        assert_eq!(count_unit(9_000.0).name, "");
        assert_eq!(count_unit(90_000.0).name, "k");
    }

    #[test]
    fn spans_have_two_parts_at_most() {
        let cases =
            [(4.25, "4.25 s"), (59.99, "60 s"), (125.0, "2 min 5 s"), (12_000.0, "3 h 20 min"), (86_400.0, "1 d")];
        for (seconds, text) in cases {
            assert_eq!(span(seconds), text, "{seconds}");
        }
        assert_eq!([time_unit(60.0).name, time_unit(900.0).name, time_unit(86_400.0).name], ["s", "min", "h"]);
    }
}
