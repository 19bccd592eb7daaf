//! What each command does.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use phytohub_operate::Span;
use phytoload_report::compare::{Word, compare};
use phytoload_report::cost::DEFAULT_PRICES;
use phytoload_report::{Report, Verdict};

use crate::cli::{Command, RunArgs};
use crate::scenario::{SHIPPED, Scenario};
use crate::session::{self, Order};
use crate::target::Hosts;
use crate::{ceiling, hub, ledger, service, when};

/// Runs a command; the exit status that scripts rely on.
pub(crate) fn run(command: Command) -> Result<ExitCode, String> {
    match command {
        Command::Run(arguments) => run_scenario(arguments),
        Command::Compare { a, b, json } => compare_runs(&a, &b, json),
        Command::Scenarios { name } => scenarios(name.as_deref()),
        Command::Ledger { file } => judge_again(&file),
        Command::Receiver(arguments) => service::receiver(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Ceiling { seconds, threads } => {
            say(&ceiling::measure(seconds, threads)?);
            Ok(ExitCode::SUCCESS)
        }
        Command::Prices => {
            say(DEFAULT_PRICES.trim_end());
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The answer of a command, on standard output.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody listens any more, as behind `| head`: what was to be done is done.
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Reads a span as people write it on a command line, with or without a space: `90s`, `5 min`.
pub(crate) fn span(text: &str) -> Result<Duration, String> {
    text.parse::<Span>().map(|span| span.0)
}

fn run_scenario(arguments: RunArgs) -> Result<ExitCode, String> {
    let mut scenario = Scenario::find(&arguments.scenario)?;
    if let Some(seed) = arguments.seed {
        scenario.seed = seed;
    }
    if let Some(rate) = arguments.rate {
        scenario.set_rate(rate)?;
    }
    if let Some(duration) = &arguments.duration {
        scenario.set_duration(span(duration)?.as_secs_f64())?;
    }
    let out = arguments
        .out
        .unwrap_or_else(|| PathBuf::from(format!("phytoload-{}-{}", scenario.name, when::compact(SystemTime::now()))));
    let order = Order {
        scenario,
        hub: arguments.hub,
        out: out.clone(),
        program: hub::program(arguments.phytohub),
        hosts: Hosts::read(arguments.hosts.as_deref())?,
        prices: arguments.prices,
        outage_hours: arguments.outage_hours,
        quiet: arguments.quiet,
        interrupted: interruption()?,
    };
    let report = session::run(order)?;
    say(&session::farewell(&report, &out));
    Ok(if report.verdict == Verdict::Passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Becomes true at the first Ctrl-C; the second ends the process at once.
fn interruption() -> Result<Arc<AtomicBool>, String> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&interrupted);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let wait = move || {
        for turn in 0.. {
            // Without signals there is nothing to wait for.
            if runtime.block_on(tokio::signal::ctrl_c()).is_err() {
                return;
            }
            if turn > 0 {
                hub::leave_nothing_behind();
                std::process::exit(130);
            }
            told.store(true, Ordering::Relaxed);
        }
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait).map_err(|error| error.to_string())?;
    Ok(interrupted)
}

fn read_report(path: &Path) -> Result<Report, String> {
    let file = if path.is_dir() { path.join("report.json") } else { path.to_owned() };
    let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    Report::parse(&text).map_err(|error| format!("{}: {error}", file.display()))
}

fn compare_runs(a: &Path, b: &Path, json: bool) -> Result<ExitCode, String> {
    let comparison = compare(&read_report(a)?, &read_report(b)?);
    let text = if json {
        serde_json::to_string_pretty(&comparison).map_err(|error| error.to_string())?
    } else {
        comparison.text()
    };
    say(text.trim_end());
    Ok(if matches!(comparison.overall, Word::Worse | Word::Mixed) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn scenarios(name: Option<&str>) -> Result<ExitCode, String> {
    match name {
        Some(name) => match SHIPPED.iter().find(|(shipped, _)| *shipped == name) {
            Some((_, text)) => say(text.trim_end()),
            None => {
                // Says which there are.
                Scenario::find(name)?;
                return Err(format!("{name} is a file of yours; this prints those that ship"));
            }
        },
        None => {
            for (name, text) in SHIPPED {
                let scenario = Scenario::parse(text)?;
                say(&format!("{name:<18}{}", scenario.proves.split_whitespace().collect::<Vec<_>>().join(" ")));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn judge_again(file: &Path) -> Result<ExitCode, String> {
    let summary = ledger::judge(file)?;
    say(&format!("{} deliveries begun, {} accepted", summary.intended, summary.accepted));
    for (class, count) in &summary.classes {
        say(&format!("{count:>12}  {class}"));
    }
    summary.faults.iter().for_each(|fault| say(fault));
    Ok(if summary.faulty() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        assert_eq!(span("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(span("5 min"), Ok(Duration::from_secs(300)));
        assert_eq!(span(" 250ms "), Ok(Duration::from_millis(250)));
        assert!(span("soon").is_err() && span("5").is_err());
    }
}
