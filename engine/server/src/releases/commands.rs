//! `phytohub change`: releases looked at and changed, through the running hub or on its directory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Subcommand, ValueEnum};
use phytohub_change::{Format, Release, ShadowReport, feed};
use phytohub_operate::layout::{Layout, Lock, Running};

use super::Releases;
use super::documents::{self, Glance, Listed, ListedReleases, ReleaseChange};
use crate::audit::{ByHand, of_release};
use crate::client;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::operators::OWNER;
use crate::validate::{Above, Validators};

/// Commands about releases.
#[derive(Debug, Subcommand)]
pub enum ChangeCommand {
    /// Announce a code list, a rule set (overlay) or a validator module: members see it in the feed
    Announce {
        /// The hub's directory
        dir: PathBuf,
        /// The file; it is copied, checked, and never changes
        file: PathBuf,
        /// A line for members [default: what it is, and its edition]
        #[arg(long, default_value = "")]
        title: String,
        /// More for members
        #[arg(long, default_value = "")]
        text: String,
        /// What to call the edition of a rule set or module; a list says its own [default: today]
        #[arg(long, default_value = "")]
        edition: String,
        /// When it becomes active by itself, such as 2027-01-01 or 2027-01-01T06:00:00Z [default: a list's valid-from,
        /// if that lies ahead; otherwise by hand]
        #[arg(long, value_name = "TIME")]
        active_from: Option<String>,
    },
    /// Let a release judge live traffic beside what is in force, without any effect
    Shadow {
        /// The hub's directory
        dir: PathBuf,
        /// Number of the release
        id: u32,
        /// End it instead
        #[arg(long)]
        stop: bool,
    },
    /// Put a release in force, now or at a time; also one that was retired (rollback)
    Activate {
        /// The hub's directory
        dir: PathBuf,
        /// Number of the release
        id: u32,
        /// Not now, but then
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
    },
    /// Take a release out of force, or back before it ever was
    Retire {
        /// The hub's directory
        dir: PathBuf,
        /// Number of the release
        id: u32,
    },
    /// List all releases
    List {
        /// The hub's directory
        dir: PathBuf,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Show a release and its life
    Show {
        /// The hub's directory
        dir: PathBuf,
        /// Number of the release
        id: u32,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Tell who still sends what a release will refuse, as its shadow has seen it
    Report {
        /// The hub's directory
        dir: PathBuf,
        /// Number of the release
        id: u32,
        /// How
        #[arg(long, value_enum, default_value = "text")]
        format: ReportFormat,
    },
}

/// The forms of a report.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[expect(missing_docs, reason = "each is the form of its name")]
pub enum ReportFormat {
    Text,
    Json,
    Csv,
    Html,
}

/// Carries out a command; the text is for standard output.
///
/// # Errors
/// A sentence that says why not.
pub fn change(command: ChangeCommand) -> Result<String, String> {
    match command {
        ChangeCommand::Announce { dir, file, title, text, edition, active_from } => {
            let bytes = std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            let content = documents::encoded(&bytes);
            let file = file.display().to_string();
            let change = ReleaseChange::Announce { file, content, title, text, edition, active_from };
            Desk::of(&dir)?.change(change).map(|release| told(&release))
        }
        ChangeCommand::Shadow { dir, id, stop } => {
            let change = if stop { ReleaseChange::EndShadow { id } } else { ReleaseChange::Shadow { id } };
            Desk::of(&dir)?.change(change).map(|release| told(&release))
        }
        ChangeCommand::Activate { dir, id, at } => {
            Desk::of(&dir)?.change(ReleaseChange::Activate { id, at }).map(|release| told(&release))
        }
        ChangeCommand::Retire { dir, id } => {
            Desk::of(&dir)?.change(ReleaseChange::Retire { id }).map(|release| told(&release))
        }
        ChangeCommand::List { dir, json } => {
            let listed = Desk::of(&dir)?.list()?;
            if json { pretty(&listed) } else { Ok(table(&listed.releases)) }
        }
        ChangeCommand::Show { dir, id, json } => {
            let release = Desk::of(&dir)?.report(id)?.release;
            if json { pretty(&release) } else { Ok(life(&release)) }
        }
        ChangeCommand::Report { dir, id, format } => {
            let format = match format {
                ReportFormat::Text => Format::Text,
                ReportFormat::Json => Format::Json,
                ReportFormat::Csv => Format::Csv,
                ReportFormat::Html => Format::Html,
            };
            Desk::of(&dir)?.report(id).map(|report| report.write(format).trim_end().to_owned())
        }
    }
}

fn pretty(document: &impl serde::Serialize) -> Result<String, String> {
    serde_json::to_string_pretty(document).map_err(|error| error.to_string())
}

/// Where a change of the releases is made.
enum Desk {
    /// No hub runs: here.
    Here(Box<Resting>),
    /// The running hub.
    Hub(Layout, Running),
}

/// The releases of a directory and the lock that makes it ours.
struct Resting {
    releases: Releases,
    validators: Validators,
    layout: Layout,
    _lock: Lock,
}

impl Desk {
    fn of(dir: &Path) -> Result<Self, String> {
        let layout = Layout::new(dir);
        let fixed = layout.fixed()?;
        match layout.lock() {
            Ok(lock) => {
                let config = Config::read(&layout.config(), std::env::vars())?;
                let (metrics, _) = Metrics::new(fixed.shards, Arc::default());
                let dir = layout.dir().to_owned();
                // Without the releases in force: one that cannot be used must not keep it from being retired.
                let validators =
                    Validators::open(&config.validation, Above::default(), dir.clone(), Arc::new(metrics))?;
                let releases = Releases::open(dir)?;
                Ok(Self::Here(Box::new(Resting { releases, validators, layout, _lock: lock })))
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                let running = layout.running()?;
                Ok(Self::Hub(layout, running))
            }
            Err(error) => Err(format!("{}: {error}", layout.data().display())),
        }
    }

    fn change(&self, change: ReleaseChange) -> Result<Release, String> {
        match self {
            Self::Here(resting) => {
                let Resting { releases, validators, layout, .. } = &**resting;
                ByHand::open(layout)?.make(of_release(&change), || {
                    releases.change(validators, change, OWNER).map_err(|denied| denied.to_string())
                })
            }
            Self::Hub(layout, running) => {
                let body = serde_json::to_vec(&change).map_err(|error| error.to_string())?;
                read(&client::admin(layout, running, "POST", "/v1/releases", Some(body))?)
            }
        }
    }

    fn list(&self) -> Result<ListedReleases, String> {
        match self {
            Self::Here(resting) => {
                let listed = |(release, seen)| Listed { release, shadow: Option::as_ref(&seen).map(Glance::of) };
                Ok(ListedReleases { releases: resting.releases.list().into_iter().map(listed).collect() })
            }
            Self::Hub(layout, running) => read(&client::admin(layout, running, "GET", "/v1/releases", None)?),
        }
    }

    fn report(&self, id: u32) -> Result<ShadowReport, String> {
        match self {
            Self::Here(resting) => resting.releases.report(id).map_err(|denied| denied.to_string()),
            Self::Hub(layout, running) => {
                read(&client::admin(layout, running, "GET", &format!("/v1/releases/{id}"), None)?)
            }
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(answer: &[u8]) -> Result<T, String> {
    serde_json::from_slice(answer).map_err(|error| format!("the hub's answer cannot be read: {error}"))
}

/// What became of a release, in a line or two.
fn told(release: &Release) -> String {
    format!("release {}: {}, {}\n{}", release.id, release.title, release.state, feed::sentences(release))
}

fn table(releases: &[Listed]) -> String {
    let mut lines =
        vec![format!("{:<6}{:<11}{:<26}{:<12}{:<32}TITLE", "ID", "STATE", "ACTIVE FROM", "KIND", "NAME, EDITION")];
    lines.extend(releases.iter().map(|Listed { release, .. }| {
        let from = release.activated_at.or(release.active_from).map_or("-".to_owned(), |from| from.to_string());
        let name = format!("{} {}", release.name, release.edition);
        let Release { id, state, kind, title, .. } = release;
        let (state, kind) = (state.to_string(), kind.to_string());
        let problem = if release.problem.is_some() { " (problem: see show)" } else { "" };
        format!("{id:<6}{state:<11}{from:<26}{kind:<12}{name:<32}{title}{problem}")
    }));
    lines.join("\n")
}

fn life(release: &Release) -> String {
    let mut lines = vec![told(release), format!("file    {} ({} bytes)", release.path(), release.bytes)];
    lines.push(format!("SHA-256 {}", release.sha256));
    lines.extend(release.problem.iter().map(|problem| format!("problem {problem}")));
    lines.extend(release.history.iter().map(|step| format!("{}  {:<12}{}", step.at, step.who, step.what)));
    lines.join("\n")
}
