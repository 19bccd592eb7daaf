//! The scenario's limits against what was measured.

use phytoload_report::{Check, Report};

use crate::assemble;
use crate::conduct::Outcome;
use crate::scenario::Scenario;

fn at_most(name: &str, measured: f64, limit: f64, unit: &str) -> Check {
    Check {
        name: name.to_owned(),
        limit: format!("at most {}{unit}", number(limit)),
        measured: format!("{}{unit}", number(measured)),
        passed: measured <= limit,
    }
}

fn at_least(name: &str, measured: f64, limit: f64, unit: &str) -> Check {
    Check {
        name: name.to_owned(),
        limit: format!("at least {}{unit}", number(limit)),
        measured: format!("{}{unit}", number(measured)),
        passed: measured >= limit,
    }
}

/// With as many digits as say something.
fn number(value: f64) -> String {
    let digits = if value.abs() >= 100.0 {
        0
    } else if value.abs() >= 1.0 {
        1
    } else {
        3
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// What the ledger must show: always checked, whatever the scenario says.
pub(crate) fn of_ledger(report: &Report, all_was_fetched: bool) -> Vec<Check> {
    let count = |name: &str| report.ledger.classes.get(name).copied().unwrap_or_default();
    let faults = report.ledger.faulty();
    let told: Vec<String> = report
        .ledger
        .classes
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    let mut checks = vec![Check {
        name: "ledger: envelopes that broke a promise".to_owned(),
        limit: "none lost, altered, misrouted, duplicate, unexpected, out of order or wrongly accepted".to_owned(),
        measured: if told.is_empty() { "nothing was delivered".to_owned() } else { told.join(", ") },
        passed: faults == 0 && report.ledger.accepted > 0,
    }];
    if all_was_fetched {
        let waiting = count("waiting");
        checks.push(at_most("envelopes still waiting when the drain was over", waiting as f64, 0.0, ""));
    }
    checks
}

/// Every limit of the scenario, for one run.
pub(crate) fn of_run(scenario: &Scenario, report: &Report, outcome: &Outcome) -> Vec<Check> {
    let limits = &scenario.limits;
    let millis = |span: phytohub_operate::Span| span.0.as_secs_f64() * 1000.0;
    let deliver = assemble::deliver(outcome);
    let mut checks = Vec::new();
    let measured: Vec<_> =
        outcome.stages.iter().zip(&outcome.counts.stages).filter(|(plan, _)| plan.measured).collect();
    let offered: u64 = measured.iter().map(|(_, counts)| counts.offered).sum();
    let failed: u64 = measured.iter().map(|(_, counts)| counts.failed).sum();
    let share = failed as f64 / offered.max(1) as f64 * 100.0;
    checks.push(at_most("deliveries that failed", share, limits.failed * 100.0, " %"));
    if let Some(limit) = limits.p99 {
        checks.push(at_most("p99 of deliveries", deliver.p99, millis(limit), " ms"));
    }
    if let (Some(limit), Some((plan, counts))) = (limits.last_p99, measured.last()) {
        let name = format!("p99 of deliveries, {}", plan.name);
        checks.push(at_most(&name, counts.deliver.summary().p99, millis(limit), " ms"));
    }
    let seconds: f64 = measured.iter().map(|(plan, _)| plan.to - plan.from).sum();
    if let Some(limit) = limits.accepted {
        let accepted: u64 = measured.iter().map(|(_, counts)| counts.accepted).sum();
        checks.push(at_least("deliveries accepted", accepted as f64 / seconds, limit, "/s"));
    }
    if let Some(limit) = limits.acknowledged {
        let ended: u64 = measured.iter().map(|(_, counts)| counts.acknowledged).sum();
        checks.push(at_least("envelopes acknowledged", ended as f64 / seconds, limit, "/s"));
    }
    if let Some(limit) = limits.drain {
        checks.push(at_most("drain at the end", outcome.drain_seconds, limit.0.as_secs_f64(), " s"));
    }
    if let Some(limit) = limits.hub_cpu_us {
        let measured = report.hub.cpu_us_per_envelope.unwrap_or(f64::INFINITY);
        checks.push(at_most("CPU of the hub for an envelope", measured, limit, " us"));
    }
    for name in &limits.sees {
        let seen = outcome.counts.errors.get(name).copied().unwrap_or_default();
        checks.push(at_least(&format!("it came to what is rehearsed: {name}"), seen as f64, 1.0, " times"));
    }
    checks.extend(of_events(scenario, outcome));
    checks
}

/// Limits on what happens after something was done to hub or receivers.
fn of_events(scenario: &Scenario, outcome: &Outcome) -> Vec<Check> {
    let limits = &scenario.limits;
    let mut checks = Vec::new();
    if let Some(limit) = limits.recovery {
        for fault in &outcome.faults {
            let name = format!("until the hub served again after: {}", fault.what);
            let measured = fault.recovered_after.unwrap_or(f64::INFINITY);
            checks.push(at_most(&name, measured, limit.0.as_secs_f64(), " s"));
        }
        if outcome.faults.len() != scenario.faults.len() {
            checks.push(at_least(
                "faults that were carried out",
                outcome.faults.len() as f64,
                scenario.faults.len() as f64,
                "",
            ));
        }
    }
    if let Some(limit) = limits.backlog {
        let name = "until the returned receivers had nothing left";
        let measured = outcome.backlog.map_or(f64::INFINITY, |(seconds, _)| seconds);
        checks.push(at_most(name, measured, limit.0.as_secs_f64(), " s"));
    }
    if let Some(limit) = limits.memory_growth {
        let memory = |row: Option<&crate::conduct::Row>| {
            row.and_then(|row| row.look?.process).map(|process| process.memory as f64)
        };
        let early = memory(outcome.rows.get(outcome.rows.len() / 4));
        let late = memory(outcome.rows.iter().rev().find(|row| row.look.is_some()));
        let growth = late.zip(early).map_or(f64::INFINITY, |(late, early)| late / early);
        checks.push(at_most("memory of the hub at the end over that at a quarter", growth, limit, " times"));
    }
    if let Some(neighbour) = scenario.neighbour {
        let p99 = |index: usize| outcome.counts.stages.get(index).map_or(0.0, |counts| counts.deliver.summary().p99);
        let stages = outcome.counts.stages.len();
        let (alone, beside) = (p99(stages.wrapping_sub(2)), p99(stages.wrapping_sub(1)));
        let moved = if alone > 0.0 { (beside / alone - 1.0) * 100.0 } else { f64::INFINITY };
        let mut check = at_most("the others' p99 beside a flood", moved, neighbour.moves_at_most * 100.0, " % more");
        check.measured = format!("{} % more ({} ms instead of {} ms)", number(moved), number(beside), number(alone));
        checks.push(check);
    }
    checks
}

/// A limit in words, of those that break with a rate that is too high.
pub(crate) fn knee_limit(scenario: &Scenario) -> String {
    let p99 = scenario.limits.p99.map_or(String::new(), |limit| format!("p99 of deliveries at most {limit}, "));
    let failed = scenario.limits.failed * 100.0;
    format!("{p99}at most {} % failed, at least 98 % of the offered rate accepted", number(failed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_that_say_something() {
        for (value, text) in [(1234.6, "1235"), (12.34, "12.3"), (20.0, "20"), (0.0, "0"), (0.1234, "0.123")] {
            assert_eq!(number(value), text);
        }
        assert!(!at_most("x", f64::INFINITY, 5.0, " s").passed);
        assert!(!at_most("x", f64::NAN, 5.0, " s").passed);
    }

    #[test]
    fn a_run_that_delivered_nothing_proves_nothing() {
        assert!(!of_ledger(&Report::default(), true)[0].passed);
    }
}
