//! The configuration: one TOML file (`DIR/hub.toml`), each section defined in the file of the part it configures.
//!
//! Unknown keys are refused. An environment variable `PHYTOHUB_SECTION_KEY` overrides a value of the file, as in
//! `PHYTOHUB_LOG_LEVEL=debug`.

use std::path::Path;

use phytohub_alert::AlertSettings;
use serde::{Deserialize, Serialize};

use crate::forget::ForgetSettings;
use crate::ingress::HttpSettings;
use crate::limits::LimitSettings;
use crate::listen::ListenSettings;
use crate::logging::LogSettings;
use crate::onboarding::OnboardingSettings;
use crate::push::PushSettings;
use crate::report::ReportSettings;
use crate::shard::JournalSettings;
use crate::validate::ValidationSettings;

/// What the hub can be told. `deploy/hub.toml` documents every value.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Addresses.
    pub listen: ListenSettings,
    /// Connections and requests.
    pub http: HttpSettings,
    /// How much may wait, for how long, and how much one answer carries.
    pub limits: LimitSettings,
    /// The journal on disk.
    pub journal: JournalSettings,
    /// What is kept, and when it is forgotten.
    pub forget: ForgetSettings,
    /// How certificates are judged.
    pub validation: ValidationSettings,
    /// Calls of members' own services.
    pub push: PushSettings,
    /// What people are told, and by which way.
    pub alerts: AlertSettings,
    /// How new members show what their systems can.
    pub onboarding: OnboardingSettings,
    /// Statistics and reports.
    pub report: ReportSettings,
    /// Logs.
    pub log: LogSettings,
}

/// Prefix of the environment variables that override the file.
const ENVIRONMENT_PREFIX: &str = "PHYTOHUB_";

impl Config {
    /// Reads and checks the configuration file.
    ///
    /// # Errors
    /// A sentence that names the file, the place and what to do.
    pub fn read(file: &Path, environment: impl Iterator<Item = (String, String)>) -> Result<Self, String> {
        let text = std::fs::read_to_string(file).map_err(|error| {
            format!("{}: cannot be read: {error}; `phytohub init DIR --nppo CODE` makes one", file.display())
        })?;
        Self::parse(&text, environment).map_err(|error| format!("{}: {error}", file.display()))
    }

    /// Reads and checks the text of a configuration.
    ///
    /// # Errors
    /// A sentence that names the place and what to do.
    pub fn parse(text: &str, environment: impl Iterator<Item = (String, String)>) -> Result<Self, String> {
        // Read once alone, so that an error of the file carries its line.
        toml::from_str::<Self>(text).map_err(|error| error.to_string())?;
        let mut table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
        for (name, value) in environment {
            if let Some(path) = name.strip_prefix(ENVIRONMENT_PREFIX) {
                override_value(&mut table, &name, path, &value)?;
            }
        }
        let config: Self = table.try_into().map_err(|error: toml::de::Error| {
            format!("with the {ENVIRONMENT_PREFIX}… environment variables applied: {error}")
        })?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        self.http.check()?;
        self.limits.check()?;
        self.journal.check(self.http.body_max)?;
        self.push.check()?;
        self.alerts.check()?;
        self.onboarding.check()?;
        self.report.check()?;
        self.log.check()
    }
}

/// Puts one environment variable's value where it belongs: `LOG_LEVEL` into section `log`, key `level`. Variables that
/// belong to no section are somebody else's and left alone.
fn override_value(table: &mut toml::Table, variable: &str, path: &str, value: &str) -> Result<(), String> {
    let path = path.to_ascii_lowercase();
    let Some((section, key)) = path.split_once('_') else { return Ok(()) };
    let known = toml::Table::try_from(Config::default()).map_err(|error| error.to_string())?;
    let Some(toml::Value::Table(known)) = known.get(section) else { return Ok(()) };
    let Some(example) = known.get(key) else {
        let keys: Vec<&str> = known.keys().map(String::as_str).collect();
        return Err(format!("{variable}: section [{section}] has no '{key}'; it has {}", keys.join(", ")));
    };
    let value = match example {
        toml::Value::String(_) => toml::Value::String(value.to_owned()),
        _ => format!("value = {value}")
            .parse::<toml::Table>()
            .ok()
            .and_then(|mut parsed| parsed.remove("value"))
            .ok_or_else(|| format!("{variable}: '{value}' is no {}", example.type_str()))?,
    };
    let section = table.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
    if let toml::Value::Table(section) = section {
        section.insert(key.to_owned(), value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        Config::parse(text, environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn an_empty_file_is_the_default() {
        assert_eq!(parse("", &[]), Ok(Config::default()));
    }

    #[test]
    fn the_reference_file_says_the_defaults_and_names_every_key() {
        let text = include_str!("../../../deploy/hub.toml");
        assert_eq!(parse(text, &[]), Ok(Config::default()));
        let reference: toml::Table = text.parse().unwrap();
        let known = toml::Table::try_from(Config::default()).unwrap();
        assert_eq!(reference, known, "deploy/hub.toml and the defaults differ");
    }

    #[test]
    fn unknown_keys_are_refused_with_their_line() {
        let error = parse("[http]\nbody_maximum = \"1 MiB\"\n", &[]).unwrap_err();
        assert!(error.contains("body_maximum") && error.contains("line 2"), "{error}");
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let config = parse(
            "[log]\nlevel = \"info\"\n",
            &[
                ("PHYTOHUB_LOG_LEVEL", "debug"),
                ("PHYTOHUB_HTTP_CONNECTIONS_MAX", "7"),
                ("PHYTOHUB_HTTP_BODY_MAX", "1 MiB"),
                ("PHYTOHUB_TEST_PYTHON", "/usr/bin/python3"),
            ],
        )
        .unwrap();
        assert_eq!((config.log.level.as_str(), config.http.connections_max), ("debug", 7));
        assert_eq!(config.http.body_max.0, 1 << 20);
    }

    #[test]
    fn a_misspelt_override_is_refused() {
        let error = parse("", &[("PHYTOHUB_LOG_LEVLE", "debug")]).unwrap_err();
        assert!(error.contains("PHYTOHUB_LOG_LEVLE") && error.contains("level"), "{error}");
        assert!(parse("", &[("PHYTOHUB_HTTP_CONNECTIONS_MAX", "many")]).is_err());
    }

    #[test]
    fn a_segment_too_small_for_a_body_is_refused() {
        let error = parse("[journal]\nsegment = \"16 MiB\"\n", &[]).unwrap_err();
        assert!(error.contains("segment") && error.contains("body_max"), "{error}");
    }
}
