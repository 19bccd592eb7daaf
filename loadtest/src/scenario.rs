//! A scenario: a file that says what is sent, what is done to the hub meanwhile, and what must hold.

mod arrivals;
mod parts;
mod shipped;

use std::path::Path;

use phytoload_traffic::TrafficSettings;
use serde::{Deserialize, Serialize};

pub(crate) use arrivals::{Arrivals, StagePlan};
pub(crate) use parts::{Away, Clients, Fault, FaultKind, Fetch, HubSettings, Limits, Neighbour, Receivers, Search};
pub(crate) use shipped::SHIPPED;

/// Most deliveries that a scenario may ask for: what the ledger can judge in memory.
const DELIVERIES_MAX: f64 = crate::ledger::DELIVERIES_MAX as f64;
/// Longest run, so that one that was forgotten ends by itself: two days.
const SECONDS_MAX: f64 = 2.0 * 86_400.0;

/// Everything about a run. Every value has a default.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Scenario {
    /// Its name, for files and reports.
    pub(crate) name: String,
    /// What it proves, in a paragraph.
    pub(crate) proves: String,
    /// Seed of everything random.
    pub(crate) seed: u64,
    /// When deliveries come.
    pub(crate) arrivals: Arrivals,
    /// What they are.
    pub(crate) traffic: TrafficSettings,
    /// How senders connect and how patient they are.
    pub(crate) clients: Clients,
    /// How receivers fetch and acknowledge.
    pub(crate) receivers: Receivers,
    /// The hub that the tool starts itself.
    pub(crate) hub: HubSettings,
    /// One member that floods beside the others.
    pub(crate) neighbour: Option<Neighbour>,
    /// The search for the knee, instead of one run.
    pub(crate) search: Option<Search>,
    /// What is done to the hub on purpose.
    #[serde(rename = "fault")]
    pub(crate) faults: Vec<Fault>,
    /// What must hold.
    pub(crate) limits: Limits,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            name: "unnamed".to_owned(),
            proves: String::new(),
            seed: 1,
            arrivals: Arrivals::default(),
            traffic: TrafficSettings::default(),
            clients: Clients::default(),
            receivers: Receivers::default(),
            hub: HubSettings::default(),
            neighbour: None,
            search: None,
            faults: Vec::new(),
            limits: Limits::default(),
        }
    }
}

impl Scenario {
    /// Reads the named one that ships, or the file of that path.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it and where.
    pub(crate) fn find(name: &str) -> Result<Self, String> {
        if let Some((_, text)) = SHIPPED.iter().find(|(shipped, _)| *shipped == name) {
            return Self::parse(text).map_err(|error| format!("{name}: {error}"));
        }
        let path = Path::new(name);
        if !path.exists() {
            let names = SHIPPED.map(|(name, _)| name).join(", ");
            return Err(format!("'{name}' is neither a file nor one of the scenarios that ship: {names}"));
        }
        let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
        Self::parse(&text).map_err(|error| format!("{name}: {error}"))
    }

    /// Reads a scenario.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let scenario: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        scenario.check()?;
        Ok(scenario)
    }

    /// Whether everything fits together.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.arrivals.check()?;
        self.traffic.check().map_err(|error| format!("[traffic] {error}"))?;
        self.clients.check()?;
        self.receivers.check()?;
        if let Some(neighbour) = &self.neighbour {
            neighbour.check()?;
        }
        if let Some(search) = &self.search {
            search.check()?;
            if self.arrivals.is_closed() {
                return Err("[search] needs arrivals by rate, not shape = \"closed\"".to_owned());
            }
        }
        let plan = self.arrivals.plan()?;
        let (seconds, deliveries) = (plan.seconds(), plan.deliveries());
        if seconds > SECONDS_MAX {
            return Err(format!("the run would take {seconds:.0} s; at most {SECONDS_MAX:.0} s are possible"));
        }
        if self.arrivals.goes_by_rate() && deliveries < 1.0 {
            return Err("the run would make no delivery: raise the rate or the duration".to_owned());
        }
        if deliveries > DELIVERIES_MAX {
            return Err(format!(
                "the run would make {deliveries:.0} deliveries; at most {DELIVERIES_MAX:.0} can be kept account of: \
                 lower the rate or the duration"
            ));
        }
        for fault in &self.faults {
            fault.check(seconds)?;
        }
        Ok(())
    }

    /// Takes the place of the scenario's rate: every rate in it is scaled so that the highest is `rate`.
    pub(crate) fn set_rate(&mut self, rate: f64) -> Result<(), String> {
        self.arrivals.set_rate(rate)?;
        self.check()
    }

    /// Stretches the measured part to `seconds`.
    pub(crate) fn set_duration(&mut self, seconds: f64) -> Result<(), String> {
        self.arrivals.set_duration(seconds)?;
        self.check()
    }

    /// As TOML, with every default written out.
    pub(crate) fn to_toml(&self) -> Result<String, String> {
        toml::to_string_pretty(self).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ships_is_whole_and_says_what_it_proves() {
        for (name, text) in SHIPPED {
            let scenario = Scenario::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(scenario.name, name);
            assert!(scenario.proves.len() > 80, "{name} says what it proves");
            let again = Scenario::parse(&scenario.to_toml().unwrap()).unwrap();
            assert_eq!(again, scenario, "{name} is read as it is written");
        }
    }

    #[test]
    fn the_list_of_settings_tells_the_defaults() {
        let readme = include_str!("../README.md");
        let listed = readme.split("```").nth(1).unwrap().strip_prefix("toml").unwrap();
        let told = Scenario::parse(listed).unwrap();
        let default = Scenario { name: told.name.clone(), proves: told.proves.clone(), ..Scenario::default() };
        assert_eq!(told, default);
        // What has no default is listed as a comment, and is read when it is not.
        let uncommented: String = listed
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|rest| !rest.starts_with(char::is_uppercase)).unwrap_or(line))
            .flat_map(|line| [line, "\n"])
            .collect();
        let all = Scenario::parse(&uncommented).unwrap();
        assert!(all.search.is_some() && all.neighbour.is_some() && !all.faults.is_empty(), "{all:?}");
    }

    #[test]
    fn what_cannot_be_run_is_refused_with_its_place() {
        for (text, word) in [
            ("colour = 1", "unknown field"),
            ("[arrivals]\nrate = -1", "rate"),
            ("[arrivals]\nrate = 1e9", "deliveries"),
            ("[arrivals]\nrate = 0", "no delivery"),
            ("[arrivals]\nmeasure = \"30 d\"\nrate = 0.001", "the run would take"),
            ("[arrivals]\nshape = \"spiral\"", "spiral"),
            ("[clients]\nfresh = 2", "fresh"),
            ("[receivers]\nslow = 0.9\nnever = 0.9", "never"),
            ("[[fault]]\nat = \"999 s\"\ndo = \"kill\"", "fault"),
            ("[traffic]\nmembers = 1", "members"),
        ] {
            let refusal = Scenario::parse(text).unwrap_err();
            assert!(refusal.contains(word), "{text}: {refusal}");
        }
        let refusal = Scenario::find("no-such-scenario").unwrap_err();
        assert!(refusal.contains("smoke"), "{refusal}");
    }

    #[test]
    fn rate_and_duration_of_the_command_line_take_the_place_of_the_files() {
        let mut scenario = Scenario::parse("[arrivals]\nrate = 100\nwarm_up = \"1 s\"\nmeasure = \"10 s\"").unwrap();
        scenario.set_rate(50.0).unwrap();
        scenario.set_duration(4.0).unwrap();
        let plan = scenario.arrivals.plan().unwrap();
        assert!((plan.deliveries() - 250.0).abs() < 1e-6 && (plan.seconds() - 5.0).abs() < 1e-6, "{plan:?}");
    }
}
