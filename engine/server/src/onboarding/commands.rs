//! `phytohub onboarding ...`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use phytohub_model::ConnectionCode;
use phytohub_onboarding::{CASES, Report, Signed};

use super::observer::{Asking, Lists};
use super::script::{Player, Went};
use super::sign;
use crate::client;
use crate::config::Config;
use phytohub_operate::layout::{Layout, Running};

/// Commands about onboarding.
#[derive(Debug, Subcommand)]
pub enum OnboardingCommand {
    /// List the candidates of a sandbox and how far they are
    List {
        /// The sandbox hub's directory
        dir: PathBuf,
        /// As what
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Show a candidate's check list: what passed, what was seen last, what to do
    Show {
        /// The sandbox hub's directory
        dir: PathBuf,
        /// The candidate's connection code
        code: String,
        /// As what
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Do the whole script as a member whose keys lie in the sandbox's directory: a self-test, and an example
    Run {
        /// The sandbox hub's directory; the hub must be running
        dir: PathBuf,
        /// The member's connection code
        code: String,
        /// A case to leave out; repeat for more
        #[arg(long, value_name = "CASE")]
        except: Vec<String>,
    },
    /// Write a candidate's report, signed by the sandbox hub, for the hub that is to let it in
    Export {
        /// The sandbox hub's directory
        dir: PathBuf,
        /// The candidate's connection code
        code: String,
        /// The file to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Check the signature of a report
    Verify {
        /// The signed report
        file: PathBuf,
        /// The sandbox hub's certificate (its pki/hub.pem)
        #[arg(long, value_name = "FILE")]
        certificate: PathBuf,
    },
}

/// Forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a terminal.
    Text,
    /// For programs.
    Json,
    /// One page that needs nothing else.
    Html,
}

/// Carries out a command about onboarding; the text is for standard output.
///
/// # Errors
/// A sentence that says why not.
pub fn onboarding(command: OnboardingCommand) -> Result<String, String> {
    match command {
        OnboardingCommand::List { dir, format } => list(&reports(&dir, None)?, format),
        OnboardingCommand::Show { dir, code, format } => {
            let report = report(&dir, &code)?;
            match format {
                Format::Text => Ok(report.text()),
                Format::Json => report.json(),
                Format::Html => Ok(report.html()),
            }
        }
        OnboardingCommand::Run { dir, code, except } => run(&dir, &code, &except),
        OnboardingCommand::Export { dir, code, out } => export(&dir, &code, &out),
        OnboardingCommand::Verify { file, certificate } => {
            let signed = read_signed(&file)?;
            sign::verify(&signed, &certificate)?;
            Ok(format!("the signature holds\n{}", signed.report.headline()))
        }
    }
}

fn list(reports: &[Report], format: Format) -> Result<String, String> {
    match format {
        Format::Text if reports.is_empty() => Ok("no candidate was seen yet".to_owned()),
        Format::Text => Ok(reports.iter().map(Report::headline).collect::<Vec<_>>().join("\n")),
        Format::Json => serde_json::to_string_pretty(reports).map_err(|error| error.to_string()),
        Format::Html => Err("--format html shows one candidate: `phytohub onboarding show DIR CODE`".to_owned()),
    }
}

fn report(dir: &Path, code: &str) -> Result<Report, String> {
    code.parse::<ConnectionCode>().map_err(|error| format!("'{code}': {error}"))?;
    let found = reports(dir, Some(code))?.pop();
    found.ok_or_else(|| format!("{code} was not seen in this sandbox; `phytohub onboarding list` shows who was"))
}

/// Reports, from the running hub or from the files that it left.
fn reports(dir: &Path, code: Option<&str>) -> Result<Vec<Report>, String> {
    let layout = Layout::new(dir);
    layout.fixed()?;
    let config = sandbox(&layout)?;
    match layout.lock() {
        Ok(_lock) => {
            let asking = Asking { code: code.map(str::to_owned), optional: config.onboarding.optional };
            Ok(Lists::open(&layout.onboarding())?.reports(&asking))
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => ask(&layout, &layout.running()?, code),
        Err(error) => Err(format!("{}: {error}", layout.data().display())),
    }
}

fn ask(layout: &Layout, running: &Running, code: Option<&str>) -> Result<Vec<Report>, String> {
    let query = code.map(|code| format!("?code={code}")).unwrap_or_default();
    let text = client::admin(layout, running, "GET", &format!("/v1/onboarding{query}"), None)?;
    serde_json::from_slice(&text).map_err(|error| format!("the hub's answer cannot be read: {error}"))
}

/// The configuration of a sandbox.
fn sandbox(layout: &Layout) -> Result<Config, String> {
    let config = Config::read(&layout.config(), std::env::vars())?;
    if config.onboarding.is_sandbox() {
        return Ok(config);
    }
    let dir = layout.dir().display();
    Err(format!("{dir}: this hub is no sandbox; `phytohub init DIR --sandbox --nppo CODE` makes one"))
}

fn run(dir: &Path, code: &str, except: &[String]) -> Result<String, String> {
    let layout = Layout::new(dir);
    sandbox(&layout)?;
    if let Some(unknown) = except.iter().find(|id| phytohub_onboarding::case(id).is_none()) {
        return Err(format!("--except {unknown}: there is no such case; `phytohub onboarding show` lists them"));
    }
    let running = layout.running()?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let mut player = Player::new(dir.to_owned(), &running.soap, code)?;
    let mut lines = Vec::new();
    for case in CASES {
        let line = if except.iter().any(|id| id == case.id) {
            format!("-    {:<23} left out as asked", case.id)
        } else {
            match runtime.block_on(player.play(case.id)) {
                Ok(Went::Well(said)) => format!("ok   {:<23} {}", case.id, said.lines().next().unwrap_or_default()),
                Ok(Went::LeftOut(why)) => format!("-    {:<23} {why}", case.id),
                Err(error) => format!("FAIL {:<23} {}", case.id, error.replace('\n', " ")),
            }
        };
        lines.push(line);
    }
    let report = ask(&layout, &running, Some(code))?.pop().ok_or_else(|| format!("the hub saw nothing of {code}"))?;
    lines.push(String::new());
    lines.push(report.headline());
    let text = lines.join("\n");
    if report.green {
        return Ok(text);
    }
    let red = report.red().map(|case| {
        let last =
            case.last.as_ref().map(|last| format!(" (seen: {})", last.text.replace('\n', " "))).unwrap_or_default();
        format!("  {}: {}{last}", case.id, case.todo)
    });
    Err(format!("{text}\n{}", red.collect::<Vec<_>>().join("\n")))
}

fn export(dir: &Path, code: &str, out: &Path) -> Result<String, String> {
    let layout = Layout::new(dir);
    let report = report(dir, code)?;
    let headline = report.headline();
    let signed = sign::sign(report, &layout.pki("hub.pem"), &layout.pki("hub.key"))?;
    let text = serde_json::to_string_pretty(&signed).map_err(|error| error.to_string())?;
    fs::write(out, text).map_err(|error| format!("{}: {error}", out.display()))?;
    let (out, pem) = (out.display(), layout.pki("hub.pem"));
    Ok(format!("{headline}\n{out}: signed by this hub, whose certificate is {}", pem.display()))
}

/// Reads a signed report.
///
/// # Errors
/// A sentence that names the file.
pub(crate) fn read_signed(file: &Path) -> Result<Signed, String> {
    let text = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    serde_json::from_slice(&text)
        .map_err(|error| format!("{}: no report as `phytohub onboarding export` writes it: {error}", file.display()))
}
