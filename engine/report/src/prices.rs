//! The price file, `deploy/prices.toml`: what the hub costs and how that may be split.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the price file says.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Currency of all prices.
    pub currency: String,
    /// Decimals of its amounts.
    #[serde(default = "two")]
    pub decimals: u32,
    /// What is paid.
    pub cost: Costs,
    /// How it is split.
    #[serde(default)]
    pub split: Splitting,
    /// How it may go on.
    #[serde(default)]
    pub forecast: Outlook,
}

/// Section `[cost]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Costs {
    /// A month, whatever is exchanged.
    pub fixed_month: f64,
    /// A month of staff.
    pub staff_month: f64,
    /// A GiB of disk for a month.
    pub gib_month: f64,
    /// An accepted envelope.
    pub envelope: f64,
}

/// Section `[split]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Splitting {
    /// Models to show.
    pub models: Vec<Model>,
    /// What a member's volume is.
    pub volume: Volume,
    /// Part of the mixed model that is split equally, 0 to 1.
    pub equal_part: f64,
    /// Bands of the banded model, ascending.
    pub bands: Vec<Band>,
}

/// How a sum is split among the members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = SplitModel)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// Each active member the same.
    Equal,
    /// By its volume.
    ByVolume,
    /// By the weight of its band.
    Banded,
    /// A part equally, the rest by volume.
    Mixed,
}

/// What a member's volume is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Volume {
    /// Envelopes sent.
    Sent,
    /// Envelopes received.
    Received,
    /// Both together.
    #[default]
    Both,
}

/// A band of the banded model.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Envelopes a year up to which it reaches; none for the last one.
    pub up_to: Option<u64>,
    /// Parts that a member in it bears.
    pub weight: u32,
}

/// Section `[forecast]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Outlook {
    /// Growth of the number of envelopes, percent a year.
    pub growth: f64,
    /// Growth of prices, percent a year.
    pub inflation: f64,
    /// For so many years.
    pub years: u32,
}

impl Default for Splitting {
    fn default() -> Self {
        Self { models: vec![Model::Equal, Model::ByVolume], volume: Volume::Both, equal_part: 0.5, bands: Vec::new() }
    }
}

fn two() -> u32 {
    2
}

/// More years ahead than this nobody can forecast; it also bounds the figures.
const YEARS_MAX: u32 = 30;
/// Growth a year beyond which a forecast is no longer one, in percent.
const GROWTH_MAX: f64 = 1000.0;
/// Amounts above this are no prices, and sums of them could no longer be counted in the smallest unit.
const PRICE_MAX: f64 = 1e9;
/// No currency has more.
const DECIMALS_MAX: u32 = 4;

impl Prices {
    /// Reads a price file.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn parse(toml: &str) -> Result<Self, String> {
        let prices: Self = toml::from_str(toml).map_err(|error| format!("the price file cannot be used: {error}"))?;
        prices.check().map_err(|error| format!("the price file cannot be used: {error}"))?;
        Ok(prices)
    }

    fn check(&self) -> Result<(), String> {
        let Costs { fixed_month, staff_month, gib_month, envelope } = self.cost;
        let costs = [
            ("fixed_month", fixed_month),
            ("staff_month", staff_month),
            ("gib_month", gib_month),
            ("envelope", envelope),
        ];
        within("[cost]", &costs, 0.0, PRICE_MAX)?;
        if self.currency.trim().is_empty() {
            return Err("currency is empty; name it, as \"USD\"".to_owned());
        }
        if self.decimals > DECIMALS_MAX {
            return Err(format!("decimals is {}; 0 to {DECIMALS_MAX} are possible", self.decimals));
        }
        within("[split]", &[("equal_part", self.split.equal_part)], 0.0, 1.0)?;
        let Outlook { growth, inflation, years } = self.forecast;
        within("[forecast]", &[("growth", growth), ("inflation", inflation)], -100.0, GROWTH_MAX)?;
        if years > YEARS_MAX {
            return Err(format!("[forecast] years is {years}; 0 to {YEARS_MAX} are possible"));
        }
        self.check_bands()
    }

    fn check_bands(&self) -> Result<(), String> {
        let bands = &self.split.bands;
        if bands.is_empty() {
            return match self.split.models.contains(&Model::Banded) {
                true => Err("the model banded needs [[split.bands]]".to_owned()),
                false => Ok(()),
            };
        }
        let (last, before) = bands.split_last().ok_or("no bands")?;
        let ends: Vec<u64> = before.iter().filter_map(|band| band.up_to).collect();
        if last.up_to.is_some() || ends.len() != before.len() || !ends.is_sorted_by(|one, next| one < next) {
            return Err(
                "each of [[split.bands]] but the last needs an up_to, higher than the one before; the last one \
                        has none"
                    .to_owned(),
            );
        }
        if bands.iter().any(|band| band.weight == 0) {
            return Err("a weight in [[split.bands]] is 0; 1 is the least".to_owned());
        }
        Ok(())
    }
}

fn within(section: &str, values: &[(&str, f64)], low: f64, high: f64) -> Result<(), String> {
    match values.iter().find(|(_, value)| !(low..=high).contains(value)) {
        Some((name, value)) => Err(format!("{section} {name} is {value}; {low} to {high} are possible")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../../deploy/prices.toml");

    #[test]
    fn the_example_is_read_and_says_that_it_is_one() {
        let prices = Prices::parse(EXAMPLE).unwrap();
        assert_eq!((prices.split.models.len(), prices.split.bands.len(), prices.decimals), (4, 3, 2));
        assert!(EXAMPLE.contains("EXAMPLES"));
    }

    #[test]
    fn a_wrong_price_file_is_refused_with_its_place() {
        for (right, wrong, named) in [
            ("gib_month = 0.10", "gib_moth = 0.10", "gib_moth"),
            ("envelope = 0.0004", "envelope = -1.0", "[cost] envelope is -1"),
            ("envelope = 0.0004", "envelope = nan", "[cost] envelope is NaN"),
            ("\"USD\"", "\" \"", "currency"),
            ("decimals = 2", "decimals = 9", "decimals is 9"),
            ("equal_part = 0.5", "equal_part = 1.5", "equal_part is 1.5"),
            ("\"mixed\"", "\"by-mood\"", "by-mood"),
            ("up_to = 50000", "up_to = 1000", "up_to"),
            ("weight = 12", "weight = 0", "weight"),
            ("weight = 12", "up_to = 60000\nweight = 12", "the last one has none"),
            ("growth = 15.0", "growth = 1e9", "[forecast] growth"),
            ("years = 5", "years = 500", "years is 500"),
        ] {
            assert!(EXAMPLE.contains(right), "{right}");
            let error = Prices::parse(&EXAMPLE.replace(right, wrong)).unwrap_err();
            assert!(error.starts_with("the price file cannot be used: ") && error.contains(named), "{error}");
        }
        let minimal = Prices::parse("currency = 'EUR'\n[cost]\nfixed_month = 1\n").unwrap();
        assert_eq!(minimal.split.models, [Model::Equal, Model::ByVolume]);
        let no_bands = Prices::parse("currency = 'EUR'\n[cost]\n[split]\nmodels = ['banded']\n").unwrap_err();
        assert!(no_bands.contains("[[split.bands]]"), "{no_bands}");
    }
}
