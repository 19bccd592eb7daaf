//! From what was measured to the report.

use phytoload_report::{Generator, HubUse, Machine, Report, Series, Stage, Versions};

use crate::conduct::{Outcome, Used, step};
use crate::hub::{Hub, Look};
use crate::measure::{Class, Latencies};
use crate::scenario::Scenario;

/// Lateness, in milliseconds at p99, that a generator may always have: timers go by milliseconds, and other work of its
/// thread comes before.
const LATENESS_MS: f64 = 10.0;
/// Lateness as a share of the p99 that the hub may have: beyond it a latency tells of the generator as much as of the
/// hub.
const LATENESS_SHARE: f64 = 0.2;

/// Lateness, in milliseconds at p99, beyond which the generator did not keep up.
fn lateness_max(scenario: &Scenario) -> f64 {
    let limit = scenario.limits.p99.or(scenario.limits.last_p99);
    limit.map_or(LATENESS_MS, |limit| (limit.0.as_secs_f64() * 1000.0 * LATENESS_SHARE).max(LATENESS_MS))
}

/// Adds a run to the report.
pub(crate) fn add(report: &mut Report, scenario: &Scenario, outcome: &Outcome, label: &str) {
    report.stages.extend(stages(outcome, label, lateness_max(scenario)));
    extend(&mut report.series, outcome);
    for (reason, count) in &outcome.counts.errors {
        *report.errors.entry(reason.clone()).or_default() += count;
    }
    let at =
        |fault: &phytoload_report::Fault| phytoload_report::Fault { at: fault.at + outcome.offset, ..fault.clone() };
    report.faults.extend(outcome.faults.iter().map(at));
    report.seconds = outcome.offset + outcome.seconds;
}

/// Latencies of the last run, and what hub and generator used over all of `outcomes`.
pub(crate) fn close(report: &mut Report, scenario: &Scenario, outcomes: &[Outcome]) {
    if let Some(last) = outcomes.last() {
        for (class, latencies) in &last.counts.classes {
            report.latency.insert(class.name().to_owned(), latencies.summary());
            report.curves.insert(class.name().to_owned(), latencies.curve());
        }
        report.hub.drain_seconds = last.drain_seconds;
        let highest = report.stages.iter().map(|stage| stage.acknowledged).fold(0.0, f64::max);
        report.hub.drain_per_second = last.backlog.map(|(_, rate)| rate).or((highest > 0.0).then_some(highest));
    }
    hub_use(&mut report.hub, outcomes);
    generator(&mut report.generator, scenario, outcomes);
}

/// Raw histograms, by the names of their files.
pub(crate) fn histograms(outcome: &Outcome) -> Vec<(String, String)> {
    let classes = outcome.counts.classes.iter();
    classes.map(|(class, latencies)| (class.name().replace([',', ' '], "-"), latencies.raw())).collect()
}

fn stages(outcome: &Outcome, label: &str, lateness_max: f64) -> Vec<Stage> {
    let measured = outcome.stages.iter().zip(&outcome.counts.stages).filter(|(plan, _)| plan.measured);
    measured
        .map(|(plan, counts)| {
            // An interrupted run has a part of a stage.
            let to = plan.to.min(outcome.seconds.max(plan.from + 1.0));
            let seconds = (to - plan.from).max(0.001);
            let rate = |count: u64| count as f64 / seconds;
            Stage {
                name: if label.is_empty() { plan.name.clone() } else { label.to_owned() },
                from: outcome.offset + plan.from,
                to: outcome.offset + to,
                offered: rate(counts.offered),
                accepted: rate(counts.accepted),
                acknowledged: rate(counts.acknowledged),
                failed: counts.failed as f64 / counts.offered.max(1) as f64,
                latency: counts.deliver.summary(),
                hub_cpu: cpu_between(outcome, plan.from, to),
                generator_limited: counts.lateness.summary().p99 > lateness_max,
            }
        })
        .collect()
}

/// The hub's CPU time in a part of the run, as a share of one processor.
fn cpu_between(outcome: &Outcome, from: f64, to: f64) -> Option<f64> {
    let cpu = |look: &Look| look.process.map(|process| process.cpu_seconds);
    let mut before = cpu(&outcome.before)?;
    let mut sum = 0.0;
    for (second, row) in outcome.rows.iter().enumerate() {
        let Some(now) = row.look.as_ref().and_then(cpu) else { continue };
        if (from.floor()..to.floor()).contains(&(second as f64)) {
            sum += step(before, now);
        }
        before = now;
    }
    Some(sum / (to.floor() - from.floor()).max(1.0))
}

fn extend(series: &mut Series, outcome: &Outcome) {
    let mut before = outcome.before;
    let mut own_before = 0.0;
    for (second, row) in outcome.rows.iter().enumerate() {
        let what = &row.what;
        series.second.push(outcome.offset + second as f64);
        series.offered.push(what.offered as f64);
        series.accepted.push(what.accepted as f64);
        series.received.push(what.received as f64);
        series.acknowledged.push(what.acknowledged as f64);
        series.errors.push(what.errors as f64);
        series.p50.push(what.deliver.summary().p50);
        series.p99.push(what.deliver.summary().p99);
        series.max.push(what.deliver.summary().max);
        let look = row.look.unwrap_or_default().or(&before);
        let grown =
            |read: fn(&Look) -> Option<f64>| step(read(&before).unwrap_or_default(), read(&look).unwrap_or_default());
        series.pending.push(look.pending.unwrap_or_default());
        series.hub_cpu.push(grown(|look| look.process.map(|process| process.cpu_seconds)));
        series.hub_memory.push(look.process.map_or(0.0, |process| process.memory as f64));
        let commits = grown(|look| look.commits);
        let commit_seconds = grown(|look| look.commit_seconds);
        series.commit.push(if commits > 0.0 { commit_seconds / commits * 1000.0 } else { 0.0 });
        series.generator_cpu.push((row.own_cpu - own_before).max(0.0));
        own_before = row.own_cpu.max(own_before);
        before = look;
    }
    if outcome.before.process.is_none() {
        // The hub is elsewhere: what would be zeros was not measured.
        series.hub_cpu.clear();
        series.hub_memory.clear();
    }
}

fn hub_use(hub: &mut HubUse, outcomes: &[Outcome]) {
    let accepted: u64 = outcomes.iter().map(|outcome| outcome.counts.accepted).sum();
    let content: u64 = outcomes.iter().map(|outcome| outcome.counts.content).sum();
    let each = |sum: f64| sum / accepted.max(1) as f64;
    let sum =
        |read: fn(&Used) -> Option<f64>| -> Option<f64> { outcomes.iter().map(|outcome| read(&outcome.used)).sum() };
    hub.content_per_envelope = each(content as f64);
    hub.cpu_seconds = sum(|used| used.cpu_seconds);
    hub.cpu_us_per_envelope = hub.cpu_seconds.map(|seconds| each(seconds * 1e6));
    hub.written_per_envelope = sum(|used| used.written).map(each);
    hub.commits = sum(|used| used.commits).map(|commits| commits as u64);
    hub.memory_max = outcomes.iter().filter_map(|outcome| outcome.used.memory_max).max();
}

fn generator(generator: &mut Generator, scenario: &Scenario, outcomes: &[Outcome]) {
    let requests: u64 = outcomes.iter().map(|outcome| outcome.counts.requests).sum();
    let cpu: f64 = outcomes.iter().map(|outcome| outcome.own_cpu).sum();
    generator.requests = requests;
    generator.cpu_us_per_request = cpu * 1e6 / requests.max(1) as f64;
    generator.not_begun = outcomes.iter().map(|outcome| outcome.counts.not_begun).sum();
    if let Some(last) = outcomes.last() {
        // In a storm that is made on purpose the generator may have its hands full, too, as long as only what comes
        // afterwards is judged: what is late counts as latency, so that no figure is prettier by it.
        let only_the_end = scenario.limits.p99.is_none() && scenario.limits.last_p99.is_some();
        let judged =
            last.counts.stages.last().filter(|_| only_the_end).map_or(&last.counts.lateness, |stage| &stage.lateness);
        generator.lateness = judged.summary();
        generator.limited = generator.lateness.p99 > lateness_max(scenario);
    }
    if generator.limited {
        let (late, max) = (generator.lateness.p99, lateness_max(scenario));
        generator.reason = format!(
            "deliveries began up to {late:.1} ms (p99) after they were due; above {max} ms a latency tells of \
             the generator, not of the hub: give it a machine of its own, or more threads, or a lower rate"
        );
    }
}

/// Where generator and hub run.
pub(crate) fn machine(hub: &Hub) -> Machine {
    let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    let behind = |text: &str, name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim_start_matches([' ', '\t', ':']).trim().to_owned()
    };
    let memory = behind(&read("/proc/meminfo"), "MemTotal").trim_end_matches("kB").trim().parse::<u64>();
    Machine {
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        processor: behind(&read("/proc/cpuinfo"), "model name"),
        memory: memory.unwrap_or_default() * 1024,
        system: format!("Linux {}", read("/proc/sys/kernel/osrelease").trim()),
        file_system: file_system(&hub.layout().data()),
        shared: hub.is_here(),
    }
}

/// Kind of the file system that holds `path`, as the system's table of mounts has it.
fn file_system(path: &std::path::Path) -> String {
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let fields = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let holding = fields.filter(|fields| fields.len() > 2 && path.starts_with(fields[1]));
    let deepest = holding.max_by_key(|fields| fields[1].len());
    deepest.map(|fields| fields[2].to_owned()).unwrap_or_default()
}

/// Versions of the programs.
pub(crate) fn versions(hub: &Hub) -> Versions {
    Versions { phytoload: env!("CARGO_PKG_VERSION").to_owned(), phytohub: hub.version() }
}

/// Latency of deliveries over the measured part of a run, of senders that do not flood.
pub(crate) fn deliver(outcome: &Outcome) -> phytoload_report::Latency {
    outcome.counts.classes.get(&Class::Deliver).map(Latencies::summary).unwrap_or_default()
}
