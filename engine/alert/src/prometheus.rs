//! The rules as a file for Prometheus, for hubs that are watched by one.

use std::fmt::Write;
use std::time::Duration;

use crate::rules::{Expression, RULES};
use crate::settings::AlertSettings;

/// The file of rules with the thresholds of these settings.
pub fn rules_file(settings: &AlertSettings) -> String {
    let mut text = "\
# What a hub tells by itself ([alerts] of hub.toml), for a Prometheus that watches it: `phytohub alert rules DIR
# --prometheus` writes this file with the thresholds of DIR/hub.toml.
groups:
  - name: phytohub
    rules:
"
    .to_owned();
    for rule in RULES.iter().filter(|rule| !settings.is_off(rule.id)) {
        for Expression { level, days, text: expression } in (rule.expressions)(settings) {
            // Writing to a text cannot fail.
            let _ = write!(
                text,
                "      - alert: {}\n        expr: {}\n{}        labels:\n          severity: {}\n          rule: {}\n\
                 {}        \
                 annotations:\n          summary: {}\n          description: {}\n",
                camel(rule.name),
                quoted(&expression),
                holds(rule.holds),
                level.as_str(),
                rule.name,
                days.map_or_else(String::new, |days| format!("          days: '{days}'\n")),
                quoted(&about(rule.label, rule.sentence)),
                quoted(rule.hint),
            );
        }
    }
    text
}

/// The names of the hub's metrics in an expression.
pub fn metrics_of(expression: &str) -> Vec<&str> {
    let words = expression.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
    words.filter(|word| word.starts_with("phytohub_")).collect()
}

fn about(label: &str, sentence: &str) -> String {
    match label {
        "" => sentence.to_owned(),
        _ => format!("{{{{ with $labels.{label} }}}}{{{{ . }}}}: {{{{ end }}}}{sentence}"),
    }
}

fn holds(span: Duration) -> String {
    if span.is_zero() { String::new() } else { format!("        for: {}s\n", span.as_secs()) }
}

/// `disk-low` as an alert is called: `PhytohubDiskLow`.
fn camel(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let (first, rest) = word.split_at(1.min(word.len()));
        first.to_ascii_uppercase() + rest
    });
    std::iter::once("Phytohub".to_owned()).chain(words).collect()
}

/// A text in YAML: single quotes keep all but themselves.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Set to write the file instead of comparing with it.
    const WRITE: &str = "PHYTOHUB_WRITE_PROMETHEUS_RULES";

    #[test]
    fn the_shipped_file_is_what_the_table_says() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/prometheus/alerts.yml");
        let expected = rules_file(&AlertSettings::default());
        if std::env::var_os(WRITE).is_some() {
            std::fs::write(file, &expected).unwrap();
        }
        let shipped = std::fs::read_to_string(file).unwrap();
        assert_eq!(shipped, expected, "the rules changed: run this test once with {WRITE}=1");
    }

    #[test]
    fn every_rule_has_its_counterpart_with_its_own_thresholds() {
        let settings = AlertSettings { parked: 77, off: vec!["disk-low".to_owned()], ..AlertSettings::default() };
        let file = rules_file(&settings);
        for rule in &RULES {
            let alert = format!("- alert: {}\n", camel(rule.name));
            assert_eq!(file.contains(&alert), rule.name != "disk-low", "{alert}");
        }
        assert!(file.contains("'phytohub_parked >= 77'"), "{file}");
        assert_eq!(file.matches("PhytohubCertificateExpiry").count(), 4, "one for each step");
    }

    #[test]
    fn metrics_are_found_in_an_expression() {
        let expression = "sum(rate(phytohub_a_total{x=\"y\"}[5m])) / phytohub_b > time()";
        assert_eq!(metrics_of(expression), ["phytohub_a_total", "phytohub_b"]);
    }
}
