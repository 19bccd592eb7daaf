//! How much is told in one day, so that a storm does not bury the one alert that matters.

use std::collections::BTreeMap;

use phytohub_model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::message::Withheld;
use crate::rules::RuleId;
use crate::settings::AlertSettings;

const DAY_MILLIS: u64 = 86_400_000;

/// What was told today, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Caps {
    /// Days since 1970, UTC.
    day: u64,
    told: BTreeMap<RuleId, u32>,
    withheld: BTreeMap<RuleId, u64>,
}

impl Caps {
    /// Begins a new day when there is one: true then.
    pub(crate) fn turn(&mut self, at: Timestamp) -> bool {
        let day = at.0 / DAY_MILLIS;
        if day == self.day {
            return false;
        }
        self.day = day;
        self.told.clear();
        true
    }

    /// Whether one more alert of this rule is told; counted either way.
    pub(crate) fn take(&mut self, rule: RuleId, settings: &AlertSettings) -> bool {
        let all: u32 = self.told.values().sum();
        let of_rule = self.told.get(&rule).copied().unwrap_or(0);
        if all < settings.per_day_max && of_rule < settings.per_rule_per_day_max {
            self.told.insert(rule, of_rule + 1);
            return true;
        }
        *self.withheld.entry(rule).or_default() += 1;
        false
    }

    pub(crate) fn has_withheld(&self) -> bool {
        !self.withheld.is_empty()
    }

    /// What was withheld since this was last asked.
    pub(crate) fn withheld(&mut self) -> Vec<Withheld> {
        std::mem::take(&mut self.withheld).into_iter().map(|(rule, count)| Withheld { rule, count }).collect()
    }
}
