//! What to know before two runs are compared: they may not have been the same work, or on the same machine.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::Report;

/// Settings that differ are named up to this many; a comparison of unlike scenarios would be nothing else.
const SETTINGS_NAMED_MAX: usize = 5;

/// The warnings, the most important first.
pub(super) fn warnings(a: &Report, b: &Report) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut differs = |what: &str, a: String, b: String| {
        if a != b {
            warnings.push(format!("{what}: {a} in a, {b} in b"));
        }
    };
    differs("the scenarios differ", a.scenario.name.clone(), b.scenario.name.clone());
    let machine = |report: &Report| {
        let machine = &report.machine;
        let shared = if machine.shared { "shared with the hub" } else { "apart from the hub" };
        let gib = machine.memory as f64 / (1_u64 << 30) as f64;
        let (cores, processor, system) = (machine.cores, &machine.processor, &machine.system);
        format!("{cores} x {processor}, {gib:.0} GiB, {system}, {}, {shared}", machine.file_system)
    };
    differs("the machines differ", machine(a), machine(b));
    warnings.extend(settings(&a.scenario.settings, &b.scenario.settings));
    for (name, report) in [("a", a), ("b", b)] {
        if !report.believable() {
            warnings.push(format!("the latencies of {name} are {}", report.not_believable()));
        }
        let word = report.verdict.word();
        if matches!(report.verdict, crate::Verdict::Failed | crate::Verdict::Interrupted) {
            warnings.push(format!("{name} is a run that {} {word}", if word == "failed" { "has" } else { "was" }));
        }
    }
    warnings
}

fn settings(a: &str, b: &str) -> Option<String> {
    if a.trim() == b.trim() {
        return None;
    }
    let (Ok(a), Ok(b)) = (a.parse::<Table>(), b.parse::<Table>()) else {
        return Some("the settings differ".to_owned());
    };
    let (a, b) = (flat(&a), flat(&b));
    let mut keys: Vec<&String> = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))).collect();
    keys.retain(|key| a.get(*key) != b.get(*key));
    if keys.is_empty() {
        return None;
    }
    let value = |settings: &BTreeMap<String, String>, key: &String| settings.get(key).cloned();
    let unset = || "unset".to_owned();
    let named = keys.iter().take(SETTINGS_NAMED_MAX).map(|key| {
        format!("{key} ({} in a, {} in b)", value(&a, key).unwrap_or_else(unset), value(&b, key).unwrap_or_else(unset))
    });
    let named = named.collect::<Vec<_>>().join(", ");
    let more = keys.len().saturating_sub(SETTINGS_NAMED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!("the settings differ: {named}{more}"))
}

/// Settings by their dotted names.
fn flat(table: &Table) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::new();
    for (key, value) in table {
        match value {
            Value::Table(inner) => {
                settings.extend(flat(inner).into_iter().map(|(name, value)| (format!("{key}.{name}"), value)));
            }
            other => {
                settings.insert(key.clone(), other.to_string());
            }
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_differ_are_named() {
        let a = "members = 120\nname = 'world'\n[size]\nmedian = 9000\n";
        assert_eq!(settings(a, a), None);
        assert_eq!(settings(a, &format!("# a comment\n{a}")), None);
        assert_eq!(
            settings(a, "members = 60\nname = 'world'\nseed = 1\n").unwrap(),
            "the settings differ: members (120 in a, 60 in b), size.median (9000 in a, unset in b), \
             seed (unset in a, 1 in b)"
        );
        assert_eq!(settings(a, "not TOML").unwrap(), "the settings differ");
        let many: String = (0..8).map(|index| format!("s{index} = 1\n")).collect();
        assert!(settings("", &many).unwrap().ends_with(" and 3 more"));
    }
}
