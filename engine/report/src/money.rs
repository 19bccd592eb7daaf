//! What the hub cost in a period, how that may be split among its members, and how it may go on.
//!
//! Amounts are counted in the smallest unit of the currency, so that the parts of a split sum up to the whole exactly.

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::prices::{Model, Prices, Splitting, Volume};

/// An amount of money. In JSON it is a text with the currency's decimals: `"1234.50"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount {
    /// In the smallest unit of the currency.
    pub units: i64,
    /// Decimals of the currency.
    pub decimals: u32,
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let worth = 10_i64.pow(self.decimals);
        let (whole, rest) = (self.units / worth, (self.units % worth).abs());
        match self.decimals {
            0 => write!(f, "{whole}"),
            decimals => write!(f, "{whole}.{rest:0width$}", width = decimals as usize),
        }
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The money side of a report.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Money {
    /// Currency of all amounts.
    pub currency: String,
    /// What was paid for what.
    pub costs: Vec<Cost>,
    /// The sum of it.
    #[schema(value_type = String)]
    pub total: Amount,
    /// The sum for each thousand envelopes; none without any.
    #[schema(value_type = Option<String>)]
    pub per_thousand: Option<Amount>,
    /// The sum split, by one model after the other.
    pub splits: Vec<Split>,
    /// The years ahead, the present one first.
    pub forecast: Vec<Forecast>,
    /// What the figures rest on.
    pub assumptions: Vec<String>,
}

/// One kind of cost.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = MoneyCost)]
pub struct Cost {
    /// For what.
    pub what: String,
    /// How much of it; none where it is not known, and then it costs nothing here.
    pub amount: Option<f64>,
    /// Unit of the amount.
    pub unit: &'static str,
    /// Price of one, as in the price file.
    pub price: f64,
    /// What it cost.
    #[schema(value_type = String)]
    pub cost: Amount,
}

/// The sum, split by a model.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = MoneySplit)]
pub struct Split {
    /// Which model.
    pub model: Model,
    /// In a sentence.
    pub explained: String,
    /// What each member bears.
    pub shares: Vec<Share>,
}

/// What a member bears.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = MoneyShare)]
pub struct Share {
    /// Code.
    pub member: String,
    /// Its envelopes in the period.
    pub volume: u64,
    /// How much it bears.
    #[schema(value_type = String)]
    pub amount: Amount,
}

/// A year ahead.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = MoneyForecast)]
pub struct Forecast {
    /// Years from now; 0 = a year as the period was.
    pub year: u32,
    /// Envelopes accepted.
    pub accepted: u64,
    /// What the year costs.
    #[schema(value_type = String)]
    pub cost: Amount,
    /// What a thousand envelopes cost; none without any.
    #[schema(value_type = Option<String>)]
    pub per_thousand: Option<Amount>,
    /// The peak, grown as the number of envelopes; none where it is not known.
    pub peak_per_second: Option<f64>,
    /// Whether the hub is proven to hold it; none where it is not known.
    pub within_capacity: Option<bool>,
}

/// What the money side needs to know.
pub(crate) struct Basis<'b> {
    pub(crate) months: f64,
    pub(crate) accepted: u64,
    pub(crate) journal_bytes: Option<f64>,
    pub(crate) peak: Option<f64>,
    pub(crate) capacity: Option<f64>,
    /// Members who bear something: code, sent, received.
    pub(crate) members: &'b [(String, u64, u64)],
}

const GIB: f64 = (1_u64 << 30) as f64;
const MONTHS_A_YEAR: f64 = 12.0;

/// The money side of a period.
pub(crate) fn money(prices: &Prices, basis: &Basis<'_>) -> Money {
    let costs = costs(prices, basis);
    let total = Amount { units: costs.iter().map(|cost| cost.cost.units).sum(), decimals: prices.decimals };
    let splits = prices.split.models.iter().map(|model| split(*model, &prices.split, total, basis)).collect();
    Money {
        currency: prices.currency.clone(),
        per_thousand: per_thousand(total, basis.accepted),
        forecast: forecast(prices, basis, &costs),
        assumptions: assumptions(prices, basis),
        costs,
        total,
        splits,
    }
}

fn amount(value: f64, decimals: u32) -> Amount {
    // A float above the range becomes the largest number; prices are bounded so that this is not reached.
    Amount { units: (value * f64::from(10_u32.pow(decimals))).round() as i64, decimals }
}

fn costs(prices: &Prices, basis: &Basis<'_>) -> Vec<Cost> {
    let gib_months = basis.journal_bytes.map(|bytes| bytes / GIB * basis.months);
    let cost = prices.cost;
    let lines = [
        ("fixed", Some(basis.months), "months", cost.fixed_month),
        ("staff", Some(basis.months), "months", cost.staff_month),
        ("disk", gib_months, "GiB-months", cost.gib_month),
        ("envelopes", Some(basis.accepted as f64), "envelopes", cost.envelope),
    ];
    let line = |(what, used, unit, price): (&str, Option<f64>, _, f64)| Cost {
        what: what.to_owned(),
        amount: used,
        unit,
        price,
        cost: amount(used.unwrap_or_default() * price, prices.decimals),
    };
    lines.into_iter().map(line).collect()
}

fn per_thousand(total: Amount, accepted: u64) -> Option<Amount> {
    let units = (accepted > 0).then(|| (total.units as f64 * 1000.0 / accepted as f64).round() as i64)?;
    Some(Amount { units, decimals: total.decimals })
}

fn split(model: Model, splitting: &Splitting, total: Amount, basis: &Basis<'_>) -> Split {
    let volumes: Vec<u64> = basis
        .members
        .iter()
        .map(|(_, sent, received)| match splitting.volume {
            Volume::Sent => *sent,
            Volume::Received => *received,
            Volume::Both => sent + received,
        })
        .collect();
    let equal = vec![1; volumes.len()];
    let units = match model {
        Model::Equal => apportion(total.units, &equal),
        Model::ByVolume => apportion(total.units, &volumes),
        Model::Banded => {
            let a_year = |volume: &u64| *volume as f64 * MONTHS_A_YEAR / basis.months.max(f64::MIN_POSITIVE);
            apportion(total.units, &volumes.iter().map(|volume| weight(splitting, a_year(volume))).collect::<Vec<_>>())
        }
        Model::Mixed => {
            let equally = (total.units as f64 * splitting.equal_part).round() as i64;
            let first = apportion(equally, &equal);
            let rest = apportion(total.units - equally, &volumes);
            first.iter().zip(rest).map(|(first, rest)| first + rest).collect()
        }
    };
    let shares = basis.members.iter().zip(volumes).zip(units).map(|(((code, ..), volume), units)| Share {
        member: code.clone(),
        volume,
        amount: Amount { units, decimals: total.decimals },
    });
    Split { model, explained: explained(model, splitting), shares: shares.collect() }
}

fn explained(model: Model, splitting: &Splitting) -> String {
    let volume = match splitting.volume {
        Volume::Sent => "the envelopes that it sent",
        Volume::Received => "the envelopes that it received",
        Volume::Both => "the envelopes that it sent and received",
    };
    match model {
        Model::Equal => "Each active member bears the same.".to_owned(),
        Model::ByVolume => format!("Each member bears its part by {volume}."),
        Model::Banded => {
            let mut words = Vec::new();
            for band in &splitting.bands {
                words.push(match band.up_to {
                    Some(up_to) => format!("up to {} a year {}", phytohub_plot::units::count(up_to), band.weight),
                    None => format!("above {}", band.weight),
                });
            }
            format!("Each member bears the parts of the band of {volume}: {}.", words.join(", "))
        }
        Model::Mixed => {
            let percent = splitting.equal_part * 100.0;
            format!("{percent:.0} % of the sum are borne equally, the rest by {volume}.")
        }
    }
}

fn weight(splitting: &Splitting, a_year: f64) -> u64 {
    let band = splitting.bands.iter().find(|band| band.up_to.is_none_or(|up_to| a_year <= up_to as f64));
    band.map_or(1, |band| u64::from(band.weight))
}

/// Splits a sum by weights into whole units that sum up to it exactly: each gets its part rounded down, and the units
/// that are left go to those whose part was cut most (the method of the largest remainder). Where nobody weighs
/// anything all weigh the same.
pub(crate) fn apportion(sum: i64, weights: &[u64]) -> Vec<i64> {
    if weights.is_empty() {
        return Vec::new();
    }
    let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    if total == 0 {
        return apportion(sum, &vec![1; weights.len()]);
    }
    let (sign, sum) = (sum.signum(), u128::from(sum.unsigned_abs()));
    let mut parts: Vec<u128> = weights.iter().map(|weight| sum * u128::from(*weight) / total).collect();
    let left = sum - parts.iter().sum::<u128>();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&index| (std::cmp::Reverse(sum * u128::from(weights[index]) % total), index));
    order.into_iter().take(left as usize).for_each(|index| parts[index] += 1);
    parts.into_iter().map(|part| sign * i64::try_from(part).unwrap_or(i64::MAX)).collect()
}

fn forecast(prices: &Prices, basis: &Basis<'_>, costs: &[Cost]) -> Vec<Forecast> {
    let outlook = prices.forecast;
    if outlook.years == 0 || basis.months <= 0.0 {
        return Vec::new();
    }
    let a_year = MONTHS_A_YEAR / basis.months;
    let sum = |grows: bool| {
        let lines = costs.iter().filter(|cost| (cost.unit != "months") == grows);
        lines.map(|cost| cost.amount.unwrap_or_default() * cost.price * a_year).sum::<f64>()
    };
    let (fixed, growing) = (sum(false), sum(true));
    let grown = |percent: f64, year: u32| (1.0 + percent / 100.0).powi(i32::try_from(year).unwrap_or(i32::MAX));
    let year = |year: u32| {
        let (volume, price) = (grown(outlook.growth, year), grown(outlook.inflation, year));
        let accepted = (basis.accepted as f64 * a_year * volume).round() as u64;
        let cost = amount((fixed + growing * volume) * price, prices.decimals);
        let peak = basis.peak.map(|peak| peak * volume);
        Forecast {
            year,
            accepted,
            cost,
            per_thousand: per_thousand(cost, accepted),
            peak_per_second: peak,
            within_capacity: peak.zip(basis.capacity).map(|(peak, capacity)| peak <= capacity),
        }
    };
    (0..=outlook.years).map(year).collect()
}

fn assumptions(prices: &Prices, basis: &Basis<'_>) -> Vec<String> {
    let mut words = vec![
        "Prices, bands and the forecast's growth come from the price file; the hub knows nothing of invoices."
            .to_owned(),
        format!("The period counts as {:.2} months; parts of months by their days.", basis.months),
    ];
    if basis.journal_bytes.is_none() && prices.cost.gib_month > 0.0 {
        words.push("The journal's size was not noted in the period, so that disk is left out of the cost.".to_owned());
    }
    if basis.members.is_empty() {
        words.push("There is no active member, so that nobody bears a share.".to_owned());
    }
    if prices.forecast.years > 0 {
        words.push(format!(
            "The forecast lets envelopes, and with them disk and cost for each envelope, grow by {} % a year, and all \
             prices by {} %; its year 0 is a year as the period was.",
            prices.forecast.growth, prices.forecast.inflation
        ));
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EXAMPLE: &str = include_str!("../../../deploy/prices.toml");

    fn members(volumes: &[(u64, u64)]) -> Vec<(String, u64, u64)> {
        volumes.iter().enumerate().map(|(index, (sent, received))| (format!("M{index}"), *sent, *received)).collect()
    }

    fn basis(members: &[(String, u64, u64)]) -> Basis<'_> {
        Basis {
            months: 6.0,
            accepted: 100_000,
            journal_bytes: Some(10.0 * GIB),
            peak: Some(20.0),
            capacity: Some(25.0),
            members,
        }
    }

    #[test]
    fn a_half_year_is_counted_and_split() {
        let members = members(&[(100, 0), (20_000, 4000), (79_900, 96_000)]);
        let money = money(&Prices::parse(EXAMPLE).unwrap(), &basis(&members));
        let costs: Vec<String> = money.costs.iter().map(|cost| cost.cost.to_string()).collect();
        assert_eq!(costs, ["9000.00", "36000.00", "6.00", "40.00"]);
        assert_eq!(
            (money.total.to_string(), money.per_thousand.unwrap().to_string()),
            ("45046.00".into(), "450.46".into())
        );
        let shares =
            |index: usize| money.splits[index].shares.iter().map(|share| share.amount.to_string()).collect::<Vec<_>>();
        assert_eq!(shares(0), ["15015.34", "15015.33", "15015.33"]);
        assert_eq!(shares(1), ["22.52", "5405.52", "39617.96"]);
        // 200, 48,000 and 351,800 a year: 1, 4 and 12 of 17 parts.
        assert_eq!(shares(2), ["2649.76", "10599.06", "31797.18"]);
        assert_eq!(shares(3), ["7518.93", "10210.43", "27316.64"]);
        let year = &money.forecast[1];
        assert_eq!((money.forecast.len(), year.accepted, year.cost.to_string().as_str()), (6, 230_000, "92808.97"));
        assert_eq!((year.within_capacity, money.forecast[2].within_capacity), (Some(true), Some(false)));
    }

    #[test]
    fn what_is_not_known_costs_nothing_and_is_said() {
        let unknown = Basis { accepted: 0, journal_bytes: None, peak: None, capacity: None, ..basis(&[]) };
        let money = money(&Prices::parse(EXAMPLE).unwrap(), &unknown);
        assert_eq!((money.total.to_string().as_str(), money.per_thousand), ("45000.00", None));
        assert!(money.splits.iter().all(|split| split.shares.is_empty()));
        let words = money.assumptions.join(" ");
        assert!(words.contains("disk is left out") && words.contains("no active member"), "{words}");
        assert_eq!((money.forecast[5].per_thousand, money.forecast[5].within_capacity), (None, None));
    }

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        let text = |units, decimals| Amount { units, decimals }.to_string();
        assert_eq!([text(5, 2), text(-105, 2), text(12, 0), text(123_456, 3)], ["0.05", "-1.05", "12", "123.456"]);
    }

    proptest! {
        #[test]
        fn the_parts_of_a_split_sum_up_to_the_whole(
            sum in -1_000_000_000_000_i64..1_000_000_000_000,
            weights in prop::collection::vec(prop_oneof![Just(0), 0..10_u64, any::<u32>().prop_map(u64::from)], 1..60),
        ) {
            let parts = apportion(sum, &weights);
            prop_assert_eq!(parts.iter().sum::<i64>(), sum);
            // None differs from its exact part by a unit or more.
            let total: u64 = weights.iter().sum();
            for (part, weight) in parts.iter().zip(&weights).filter(|_| total > 0) {
                let exact = sum as f64 * *weight as f64 / total as f64;
                prop_assert!((*part as f64 - exact).abs() < 1.001, "{part} for {exact}");
            }
        }

        #[test]
        fn every_model_splits_all_of_it(
            volumes in prop::collection::vec((0..100_000_u64, 0..100_000_u64), 1..40),
            fixed in 0.0..100_000.0_f64,
            part in 0.0..1.0_f64,
        ) {
            let members = members(&volumes);
            let mut prices = Prices::parse(EXAMPLE).unwrap();
            (prices.cost.fixed_month, prices.split.equal_part) = (fixed, part);
            let money = money(&prices, &basis(&members));
            for split in &money.splits {
                let sum: i64 = split.shares.iter().map(|share| share.amount.units).sum();
                prop_assert_eq!(sum, money.total.units, "{:?}", split.model);
            }
        }
    }
}
