//! `phytohub alert`: what holds, by which rules, and whether messages arrive.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use phytohub_alert::{Message, Sight, last_sight, prometheus};
use phytohub_operate::layout::Layout;

use crate::alerts::AlertsAnswer;
use crate::client;
use crate::clock;
use crate::config::Config;

/// Commands about alerts.
#[derive(Debug, Subcommand)]
pub enum AlertCommand {
    /// List what is wrong now and what happened lately
    List {
        /// The hub's directory
        dir: PathBuf,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// List the rules with their thresholds
    Rules {
        /// The hub's directory
        dir: PathBuf,
        /// As a file of rules for Prometheus
        #[arg(long)]
        prometheus: bool,
    },
    /// Send a test message by every way of hub.toml, and tell what became of it
    Test {
        /// The hub's directory
        dir: PathBuf,
    },
}

/// Runs a command about alerts; gives what it has to say.
///
/// # Errors
/// A sentence for whoever called it.
pub fn alert(command: AlertCommand) -> Result<String, String> {
    match command {
        AlertCommand::List { dir, json } => {
            let (answer, note) = alerts(&dir)?;
            match json {
                true => serde_json::to_string_pretty(&answer).map_err(|error| error.to_string()),
                false => Ok(format!("{note}{}", listed(&answer))),
            }
        }
        AlertCommand::Rules { dir, prometheus: true } => {
            Ok(prometheus::rules_file(&config(&dir)?.alerts).trim_end().to_owned())
        }
        AlertCommand::Rules { dir, prometheus: false } => Ok(rules(&config(&dir)?)),
        AlertCommand::Test { dir } => test(&dir),
    }
}

fn config(dir: &Path) -> Result<Config, String> {
    Config::read(&Layout::new(dir).config(), std::env::vars())
}

/// From the running hub, or from what the last one left.
fn alerts(dir: &Path) -> Result<(AlertsAnswer, &'static str), String> {
    let layout = Layout::new(dir);
    layout.fixed()?;
    if layout.lock().is_err() {
        let answer = client::admin(&layout, &layout.running()?, "GET", "/v1/alerts", None)?;
        let answer =
            serde_json::from_slice(&answer).map_err(|error| format!("the hub's answer is not readable: {error}"))?;
        return Ok((answer, ""));
    }
    let none = || Sight { firing: vec![], recent: vec![], ways: vec![], clock_jumps: 0, regular: Default::default() };
    let sight = last_sight(&layout.alerts())?.unwrap_or_else(none);
    Ok((AlertsAnswer::of(&config(dir)?.alerts, sight), "no hub runs here; when the last one ended:\n\n"))
}

fn listed(answer: &AlertsAnswer) -> String {
    let mut text = match answer.firing.len() {
        0 => "nothing is wrong\n".to_owned(),
        count => format!("{count} alert{} now\n", if count == 1 { "" } else { "s" }),
    };
    for row in &answer.firing {
        // Writing to a text cannot fail.
        let _ = writeln!(
            text,
            "  {:<9}{:<20}{}\n{:11}since {}",
            row.level.as_str(),
            row.rule.rule().name,
            row.text,
            "",
            row.since
        );
    }
    if !answer.recent.is_empty() {
        text.push_str("\nwhat happened, the newest first\n");
    }
    for row in &answer.recent {
        let (what, sent) = (row.what.as_str(), sent(row.sent));
        let _ = writeln!(text, "  {}  {what:<8}{:<20}{}{sent}", row.at, row.rule.rule().name, row.text);
    }
    for way in &answer.ways {
        let state = match (&way.last_error, &way.last_sent_at) {
            (Some(error), _) => format!("fails: {error}; {} messages wait", way.waiting),
            (None, Some(at)) => format!("took a message last on {at}"),
            (None, None) => "nothing was sent yet".to_owned(),
        };
        let _ = write!(text, "\n{} to {}: {state}", way.way, way.host);
    }
    text.trim_end().to_owned()
}

fn sent(sent: phytohub_alert::Sent) -> &'static str {
    use phytohub_alert::Sent;
    match sent {
        Sent::Sent => "",
        Sent::Waiting => " (message on its way)",
        Sent::Withheld => " (not told: the day's number was reached)",
        Sent::Failed => " (no way took the message)",
        Sent::Nobody => " (nobody is told: set [alerts.webhook] or [alerts.mail])",
    }
}

fn rules(config: &Config) -> String {
    let answer = AlertsAnswer::of(
        &config.alerts,
        Sight { firing: vec![], recent: vec![], ways: vec![], clock_jumps: 0, regular: Default::default() },
    );
    let row = |rule: &crate::alerts::RuleRow| {
        let setting = match rule.setting.is_empty() {
            true => String::new(),
            false => format!("  [{} = {}]", rule.setting, rule.value),
        };
        let off = if rule.off { "  (off)" } else { "" };
        format!("{:<20}{:<10}{}{setting}{off}", rule.id.rule().name, rule.level.as_str(), rule.sentence)
    };
    answer.rules.iter().map(row).collect::<Vec<_>>().join("\n")
}

/// Sends one message by each way.
fn test(dir: &Path) -> Result<String, String> {
    let settings = config(dir)?.alerts;
    let ways = phytohub_alert::ways(&settings, dir)?;
    if ways.is_empty() {
        let file = Layout::new(dir).config();
        return Err(format!("{}: nobody is told: set [alerts.webhook] url or [alerts.mail] server", file.display()));
    }
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let message = Message::test(&settings.name, clock::now());
    let (mut lines, mut failed) = (Vec::new(), false);
    for way in &ways {
        let outcome = runtime.block_on(way.send(&message));
        failed |= outcome.is_err();
        let said = outcome.map_or_else(|error| format!("not taken: {error}"), |()| "taken".to_owned());
        lines.push(format!("{} to {}: {said}", way.name(), way.host()));
    }
    if failed { Err(lines.join("\n")) } else { Ok(lines.join("\n")) }
}
