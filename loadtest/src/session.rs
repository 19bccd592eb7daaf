//! `phytoload run`: from a scenario to its report.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Instant, SystemTime};

use phytohub_operate::layout::Layout;
use phytoload_report::cost::{DEFAULT_PRICES, Prices, cost};
use phytoload_report::{Check, Report, Scenario as Told, Trial, Verdict, capacity, html, text};
use phytoload_traffic::Traffic;

use crate::conduct::{Outcome, Stage, conduct};
use crate::connection::Target;
use crate::hub::{self, Hub};
use crate::knee::{ACCEPTED_SHARE, Bisection, knee};
use crate::ledger::{self, Writer};
use crate::live::Live;
use crate::scenario::{Fetch, Scenario, Search};
use crate::small_disk::SmallDisk;
use crate::target::Hosts;
use crate::{assemble, checks, members, preflight, when};

/// What the command line asks for.
pub(crate) struct Order {
    pub(crate) scenario: Scenario,
    /// Directory of the hub; none = a throw-away one.
    pub(crate) hub: Option<PathBuf>,
    pub(crate) out: PathBuf,
    pub(crate) program: PathBuf,
    pub(crate) hosts: Hosts,
    pub(crate) prices: Option<PathBuf>,
    pub(crate) outage_hours: f64,
    pub(crate) quiet: bool,
    pub(crate) interrupted: Arc<AtomicBool>,
}

/// Runs the scenario and writes everything that came out into the folder of the order.
///
/// # Errors
/// What kept it from being run; what the hub did wrong is in the report.
pub(crate) fn run(order: Order) -> Result<Report, String> {
    let scenario = &order.scenario;
    let prices = prices(order.prices.as_deref())?;
    std::fs::create_dir_all(&order.out).map_err(|error| format!("{}: {error}", order.out.display()))?;
    let ledger_file = order.out.join("ledger.bin");
    if ledger_file.exists() {
        return Err(format!("{} has a run already; choose another folder with --out", order.out.display()));
    }
    let layout = layout(&order)?;
    let owns = scenario.hub.needs_own_hub() || !scenario.faults.is_empty();
    if let Some(running) = hub::running(&layout)? {
        // Before anything else: a hub that may not be loaded, or not like this, gets no members either.
        order.hosts.admit(&running.soap)?;
        order.hosts.admit(running.admin.strip_prefix("http://").unwrap_or(&running.admin))?;
        if owns {
            return Err(hub::must_rest(&layout));
        }
    }
    let codes = members::prepare(&layout, &order.program, scenario.traffic.members)?;
    let _disk = scenario.hub.small_disk.map(|size| SmallDisk::mount(&layout, size)).transpose()?;
    let mut hub = Hub::open(layout, order.program.clone(), &scenario.hub, owns)?;
    let address = order.hosts.admit(&hub.running.soap)?;
    let mut report = begin(scenario, &hub)?;
    let mut live = Live::new(order.quiet);
    let keys = members::keys(hub.layout(), &codes, scenario.clients.tickets)?;
    let target = Arc::new(target(address, &hub.running.soap, &scenario.name));
    if scenario.receivers.fetch != Fetch::Nothing {
        preflight::nothing_of_others_waits(&target, &codes, &keys)?;
    }
    let (ledger, writer) = Writer::create(&ledger_file, &codes)?;
    let mut stage = Stage {
        traffic: Arc::new(Traffic::new(&scenario.traffic, &codes, scenario.seed)),
        keys,
        target,
        ledger,
        epoch: Instant::now(),
        tag: when::tag(),
        next_id: 0,
        interrupted: Arc::clone(&order.interrupted),
    };
    let outcomes = match scenario.search {
        Some(search) => seek(&mut stage, scenario, search, &mut hub, &mut live, &mut report),
        None => conduct(&mut stage, scenario, &mut hub, &mut live).map(|outcome| {
            assemble::add(&mut report, scenario, &outcome, "");
            vec![outcome]
        }),
    };
    live.end();
    let outcomes = outcomes.map_err(|error| format!("{error}\nthe hub's last words:\n{}", hub.last_words()))?;
    drop(stage);
    writer.close()?;
    hub.close()?;
    report.ledger = ledger::judge(&ledger_file)?;
    assemble::close(&mut report, scenario, &outcomes);
    judge(&mut report, scenario, &outcomes);
    report.capacity = capacity::rows(&report, order.outage_hours);
    report.cost = cost(&report, &prices);
    write(&order.out, &report, &outcomes)?;
    Ok(report)
}

fn prices(file: Option<&Path>) -> Result<Prices, String> {
    let Some(file) = file else { return Prices::parse(DEFAULT_PRICES) };
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Prices::parse(&text).map_err(|error| format!("{}: {error}", file.display()))
}

/// The hub's directory: the one that was named, or a new one beside the results.
fn layout(order: &Order) -> Result<Layout, String> {
    if let Some(dir) = &order.hub {
        return Ok(Layout::new(dir));
    }
    let dir = order.out.join("hub");
    if !dir.exists() {
        let arguments = ["init".as_ref(), dir.as_os_str(), "--nppo".as_ref(), "NL".as_ref()];
        hub::command(&order.program, &arguments)?;
    }
    Ok(Layout::new(dir))
}

fn target(address: std::net::SocketAddr, host: &str, name: &str) -> Target {
    let version = env!("CARGO_PKG_VERSION");
    // A name that is no word would break the head.
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).collect();
    Target { address, host: host.to_owned(), marks: format!("X-Load-Test: phytoload/{version} {name}\r\n") }
}

fn begin(scenario: &Scenario, hub: &Hub) -> Result<Report, String> {
    Ok(Report {
        scenario: Told {
            name: scenario.name.clone(),
            proves: scenario.proves.clone(),
            settings: scenario.to_toml()?,
            seed: scenario.seed,
        },
        started_at: when::rfc3339(SystemTime::now()),
        versions: assemble::versions(hub),
        machine: assemble::machine(hub),
        ..Report::default()
    })
}

/// Searches for the knee; the outcome of every try.
fn seek(
    stage: &mut Stage,
    scenario: &Scenario,
    search: Search,
    hub: &mut Hub,
    live: &mut Live,
    report: &mut Report,
) -> Result<Vec<Outcome>, String> {
    let (mut outcomes, mut trials, mut repeats) = (Vec::new(), Vec::new(), Vec::new());
    for repeat in 1..=search.repeats {
        let mut bisection = Bisection::new(search);
        while let Some(rate) = bisection.next() {
            let mut once = scenario.clone();
            once.arrivals.hold(rate, search.hold);
            // Each try with other arrivals, so that one unlucky sequence does not decide.
            once.seed = scenario.seed + outcomes.len() as u64;
            live.label = format!("[{repeat}/{} {rate:.0}/s] ", search.repeats);
            let outcome = conduct(stage, &once, hub, live)?;
            if outcome.interrupted {
                outcomes.push(outcome);
                return Ok(outcomes);
            }
            assemble::add(report, &once, &outcome, &format!("{repeat}: {rate:.0}/s"));
            let last = report.stages.last().cloned().unwrap_or_default();
            let held = !last.generator_limited
                && last.accepted >= last.offered * ACCEPTED_SHARE
                && checks::of_run(&once, report, &outcome).iter().all(|check| check.passed);
            trials.push(Trial {
                repeat,
                offered: last.offered,
                accepted: last.accepted,
                p99: last.latency.p99,
                held,
                generator_limited: last.generator_limited,
            });
            bisection.learn(rate, held);
            outcomes.push(outcome);
        }
        repeats.push(bisection.knee());
    }
    report.knee = Some(knee(repeats, checks::knee_limit(scenario), trials));
    Ok(outcomes)
}

/// Checks and verdict.
fn judge(report: &mut Report, scenario: &Scenario, outcomes: &[Outcome]) {
    let interrupted = outcomes.iter().any(|outcome| outcome.interrupted);
    let fetched = !interrupted && scenario.receivers.fetch != Fetch::Nothing;
    report.checks = checks::of_ledger(report, fetched);
    match (&scenario.search, &report.knee, outcomes.last()) {
        (Some(_), Some(knee), _) => {
            let found = Check {
                name: "the knee".to_owned(),
                limit: "found: some rate holds".to_owned(),
                measured: format!("{:.0}/s", knee.rate),
                passed: knee.rate > 0.0,
            };
            report.checks.push(found);
            // Beyond the knee something cannot keep up, that is what it means; what counts is the knee itself.
            report.generator.limited = false;
            report.generator.reason.clear();
        }
        (None, _, Some(outcome)) => report.checks.extend(checks::of_run(scenario, report, outcome)),
        _ => {}
    }
    let passed = report.checks.iter().all(|check| check.passed);
    report.verdict = match (interrupted, report.generator.limited, passed) {
        (true, _, _) => Verdict::Interrupted,
        // A broken promise is one, however slow the generator was.
        (false, true, _) if report.ledger.faulty() == 0 => Verdict::GeneratorLimited,
        (false, _, true) => Verdict::Passed,
        (false, _, false) => Verdict::Failed,
    };
}

fn write(out: &Path, report: &Report, outcomes: &[Outcome]) -> Result<(), String> {
    let save = |name: &str, text: String| {
        let file = out.join(name);
        std::fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))
    };
    save("report.json", report.to_json())?;
    save("report.html", html::page(report))?;
    let folder = out.join("histograms");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for (index, outcome) in outcomes.iter().enumerate() {
        let before = if outcomes.len() > 1 { format!("{:02}-", index + 1) } else { String::new() };
        for (name, text) in assemble::histograms(outcome) {
            save(&format!("histograms/{before}{name}.csv"), text)?;
        }
    }
    Ok(())
}

/// What the command line prints at the end.
pub(crate) fn farewell(report: &Report, out: &Path) -> String {
    format!("{}\nreport: {}", text::summary(report).trim_end(), out.join("report.html").display())
}
