//! What a million envelopes cost, from what the run used and a file of prices.

use serde::Deserialize;

use crate::{Cost, CostLine, Report};
use phytohub_plot::units;

/// Envelopes that a cost is given for.
const ENVELOPES: f64 = 1e6;

const SECONDS_AN_HOUR: f64 = 3600.0;
const BYTES_A_GIB: f64 = (1_u64 << 30) as f64;
const DAYS_A_MONTH: f64 = 365.0 / 12.0;

/// A price file to begin with.
///
/// Its prices are round numbers of the order that large providers asked for in 2025. They are assumptions: whoever
/// decides by the result replaces them by what they pay.
pub const DEFAULT_PRICES: &str = "\
# Prices by which a report says what a million envelopes cost.
#
# ASSUMED: every figure here is a round number of the order of public list prices of 2025. None is an offer of anybody.
# Replace them by what you pay.

currency = \"USD\"

# An hour of one processor, memory with it. Only what the hub used is counted: a machine that is idle half the day costs
# twice as much for each envelope.
cpu_hour = 0.05

# A GiB of durable disk for a month.
gib_month_kept = 0.10

# A GiB that leaves the hub for a receiver, once for each envelope.
gib_sent = 0.09

# How many days an envelope waits on average until its receiver acknowledges it, and its content is freed.
wait_days = 1.0

# What is kept of an envelope when its content is gone, and for how many days.
track_bytes = 256
track_days = 400.0
";

/// Prices, and what is assumed about how long things are kept.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Currency of all prices.
    pub currency: String,
    /// An hour of one processor.
    pub cpu_hour: f64,
    /// A GiB of disk for a month.
    pub gib_month_kept: f64,
    /// A GiB that is sent out.
    pub gib_sent: f64,
    /// Days that an envelope waits on average.
    pub wait_days: f64,
    /// Bytes that are kept of an envelope that ended.
    pub track_bytes: f64,
    /// Days that they are kept.
    pub track_days: f64,
}

impl Prices {
    /// Reads a price file.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in a sentence.
    pub fn parse(toml: &str) -> Result<Self, String> {
        let prices: Self =
            toml::from_str(toml).map_err(|error| format!("the price file is not as it should be: {error}"))?;
        let amounts = [
            ("cpu_hour", prices.cpu_hour),
            ("gib_month_kept", prices.gib_month_kept),
            ("gib_sent", prices.gib_sent),
            ("wait_days", prices.wait_days),
            ("track_bytes", prices.track_bytes),
            ("track_days", prices.track_days),
        ];
        match amounts.iter().find(|(_, amount)| !(amount.is_finite() && *amount >= 0.0)) {
            Some((name, amount)) => Err(format!("{name} in the price file is {amount}; it has to be 0 or more")),
            None => Ok(prices),
        }
    }
}

/// What a million envelopes cost on this hub; none where its CPU time was not measured, or nothing was accepted.
pub fn cost(report: &Report, prices: &Prices) -> Option<Cost> {
    let hub = &report.hub;
    let cpu_us = hub.cpu_us_per_envelope.filter(|us| us.is_finite())?;
    if report.ledger.accepted == 0 {
        return None;
    }
    let cpu_hours = cpu_us / 1e6 * ENVELOPES / SECONDS_AN_HOUR;
    let sent = hub.content_per_envelope * ENVELOPES / BYTES_A_GIB;
    let written = hub.written_per_envelope.unwrap_or(hub.content_per_envelope);
    let kept = |bytes: f64, days: f64| bytes * ENVELOPES / BYTES_A_GIB * days / DAYS_A_MONTH;
    let waiting = kept(written, prices.wait_days);
    let tracks = kept(prices.track_bytes, prices.track_days);
    let lines = [
        ("CPU of the hub", cpu_hours, "hour", prices.cpu_hour),
        ("disk while they wait", waiting, "GiB-month", prices.gib_month_kept),
        ("disk for their tracks", tracks, "GiB-month", prices.gib_month_kept),
        ("sent to receivers", sent, "GiB", prices.gib_sent),
    ];
    let lines: Vec<CostLine> = lines
        .into_iter()
        .map(|(what, amount, unit, price)| CostLine {
            what: what.to_owned(),
            amount: format!("{} {unit}{}", units::significant(amount), if unit == "GiB" { "" } else { "s" }),
            price: format!("{price} {} per {unit}", prices.currency),
            cost: amount * price,
        })
        .collect();
    let total = lines.iter().map(|line| line.cost).sum();
    Some(Cost { currency: prices.currency.clone(), lines, total })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HubUse, Ledger};

    const PRICES: &str = "currency = 'EUR'\ncpu_hour = 0.036\ngib_month_kept = 0.5\ngib_sent = 0.25\nwait_days = 73\n\
                          track_bytes = 0\ntrack_days = 365\n";

    fn report() -> Report {
        Report {
            ledger: Ledger { accepted: 1, ..Ledger::default() },
            hub: HubUse {
                cpu_us_per_envelope: Some(100.0),
                // A million of them are 10 and 8 GiB.
                written_per_envelope: Some(10_737.418_24),
                content_per_envelope: 8_589.934_592,
                ..HubUse::default()
            },
            ..Report::default()
        }
    }

    #[test]
    fn a_million_envelopes_are_counted() {
        let cost = cost(&report(), &Prices::parse(PRICES).unwrap()).unwrap();
        // 100 CPU seconds; 10 GiB for 2.4 months; no tracks; 8 GiB.
        let expected = [100.0 / 3600.0 * 0.036, 10.0 * 2.4 * 0.5, 0.0, 8.0 * 0.25];
        for (line, expected) in cost.lines.iter().zip(expected) {
            assert!((line.cost - expected).abs() < 1e-9, "{line:?}, not {expected}");
        }
        assert!((cost.total - 14.001).abs() < 1e-9, "{}", cost.total);
        assert_eq!(
            (cost.lines[1].amount.as_str(), cost.lines[1].price.as_str()),
            ("24 GiB-months", "0.5 EUR per GiB-month")
        );
    }

    #[test]
    fn without_what_was_written_the_content_is_counted() {
        let mut report = report();
        report.hub.written_per_envelope = None;
        let cost = cost(&report, &Prices::parse(PRICES).unwrap()).unwrap();
        assert!((cost.lines[1].cost - 8.0 * 2.4 * 0.5).abs() < 1e-9, "{cost:?}");
    }

    #[test]
    fn nothing_measured_costs_nothing_known() {
        let prices = Prices::parse(PRICES).unwrap();
        let mut report = report();
        report.hub.cpu_us_per_envelope = None;
        assert_eq!(cost(&report, &prices), None);
        let idle = Report { ledger: Ledger::default(), ..self::report() };
        assert_eq!(cost(&idle, &prices), None);
    }

    #[test]
    fn the_prices_that_ship_are_read_and_marked() {
        assert!(Prices::parse(DEFAULT_PRICES).is_ok());
        assert!(DEFAULT_PRICES.contains("ASSUMED"));
    }

    #[test]
    fn a_wrong_price_file_is_refused_with_its_reason() {
        let unknown = Prices::parse(&format!("{PRICES}vat = 0.2\n")).unwrap_err();
        assert!(unknown.contains("vat"), "{unknown}");
        let missing = Prices::parse("currency = 'EUR'\n").unwrap_err();
        assert!(missing.contains("cpu_hour"), "{missing}");
        for wrong in ["-1", "nan", "inf"] {
            let error = Prices::parse(&PRICES.replace("0.25", wrong)).unwrap_err();
            assert!(error.starts_with("gib_sent in the price file is"), "{error}");
        }
    }
}
