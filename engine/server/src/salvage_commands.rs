//! `phytohub journal`, `phytohub backup`, `phytohub restore`: what lies on the disk, when it is damaged, and copies
//! of it.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use phytohub_audit::Act;
use phytohub_journal::{RealDisk, Settings};
use phytohub_operate::layout::Layout;
use phytohub_salvage::{Exported, Place, check, export, places, repair, settings_of, since};

use crate::audit::ByHand;
use crate::clock;
use crate::config::Config;
use crate::shard::log_settings;

/// Commands about journals.
#[derive(Debug, Subcommand)]
pub enum JournalCommand {
    /// Look for damage, while the hub runs or rests: exit status 0 when there is none, 1 otherwise
    Check {
        /// The hub's directory
        dir: PathBuf,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Write every record that can be read as a line of JSON: headers, numbers, times; content only on demand
    Export {
        /// The hub's directory
        dir: PathBuf,
        /// Only this journal: registry or shard-NN
        #[arg(long, value_name = "NAME")]
        journal: Option<String>,
        /// To this file instead of standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Also write each content that can be read to FOLDER/NUMBER.xml
        #[arg(long, value_name = "FOLDER")]
        contents: Option<PathBuf>,
    },
    /// Make damaged journals anew from all that can be read; the damaged files go to DIR/quarantine. The hub must
    /// rest
    Repair {
        /// The hub's directory
        dir: PathBuf,
    },
    /// List what was accepted or has ended since a backup was made; the hub may run, rest or be damaged
    Since {
        /// The backup
        backup: PathBuf,
        /// The hub's directory
        dir: PathBuf,
        /// As lines of JSON
        #[arg(long)]
        json: bool,
    },
}

/// What `phytohub backup` is told.
#[derive(Args, Debug)]
pub struct BackupArgs {
    /// The hub's directory; the hub may run
    pub dir: PathBuf,
    /// The copy: a directory that is not there yet, or empty
    pub target: PathBuf,
}

/// What `phytohub restore` is told.
#[derive(Args, Debug)]
pub struct RestoreArgs {
    /// The backup
    pub backup: PathBuf,
    /// The new hub's directory: not there yet, or empty
    pub dir: PathBuf,
    /// The directory of the hub that was lost: all that can still be read there is added
    #[arg(long, value_name = "DIR")]
    pub from: Option<PathBuf>,
}

/// Runs a command about journals; gives what it has to say.
///
/// # Errors
/// A sentence for whoever called it.
pub fn journal(command: JournalCommand) -> Result<Option<String>, String> {
    match command {
        JournalCommand::Check { dir, json } => checked(&Layout::new(dir), json),
        JournalCommand::Export { dir, journal, out, contents } => {
            exported(&Layout::new(dir), journal.as_deref(), out.as_deref(), contents.as_deref())
        }
        JournalCommand::Repair { dir } => repaired(&Layout::new(dir)).map(Some),
        JournalCommand::Since { backup, dir, json: false } => Ok(Some(listed(&since(&backup, &dir)?))),
        JournalCommand::Since { backup, dir, json: true } => {
            let lines: Vec<String> = since(&backup, &dir)?.to_json().iter().map(ToString::to_string).collect();
            Ok((!lines.is_empty()).then(|| lines.join("\n")))
        }
    }
}

fn checked(layout: &Layout, json: bool) -> Result<Option<String>, String> {
    let (mut rows, mut text, mut damaged) = (Vec::new(), String::new(), Vec::new());
    for place in places(layout)? {
        let found = check(&RealDisk, &place)?;
        if found.is_damaged() {
            damaged.push(place.name);
        }
        rows.push(found.to_json());
        let _ = writeln!(text, "{found}");
    }
    if json {
        text = serde_json::to_string_pretty(&rows).map_err(|error| error.to_string())?;
    }
    let text = text.trim_end();
    if damaged.is_empty() {
        return Ok(Some(text.to_owned()));
    }
    write_out(None, |out| writeln!(out, "{text}"))?;
    let (dir, damaged) = (layout.dir().display(), damaged.join(", "));
    Err(format!(
        "{damaged}: damaged; copy {dir} elsewhere, then `phytohub journal repair {dir}` keeps all that can be read, or \
         `phytohub restore BACKUP NEW --from {dir}` adds it to a backup"
    ))
}

fn exported(
    layout: &Layout,
    journal: Option<&str>,
    out: Option<&Path>,
    contents: Option<&Path>,
) -> Result<Option<String>, String> {
    let mut all = places(layout)?;
    if let Some(name) = journal {
        let names: Vec<String> = all.iter().map(|place| place.name.clone()).collect();
        all.retain(|place| place.name == name);
        if all.is_empty() {
            return Err(format!("there is no journal '{name}'; there are {}", names.join(", ")));
        }
    }
    if let Some(folder) = contents {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let mut sum = Exported::default();
    let mut failure = None;
    write_out(out, |out| {
        for place in &all {
            match export(&RealDisk, place, out, contents) {
                Ok(Exported { records, contents, damaged }) => {
                    sum.records += records;
                    sum.contents += contents;
                    sum.damaged |= damaged;
                }
                Err(error) => {
                    failure = Some(error);
                    break;
                }
            }
        }
        Ok(())
    })?;
    if let Some(failure) = failure {
        return Err(failure);
    }
    if sum.damaged {
        return Err("all that can be read was written, but some cannot: `phytohub journal check` says where".to_owned());
    }
    let Exported { records, contents, .. } = sum;
    Ok(out.map(|file| {
        format!("{records} records and {contents} contents written; the records are in {}", file.display())
    }))
}

/// Writes to a file or to standard output.
fn write_out(file: Option<&Path>, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), String> {
    let name = file.map_or_else(|| "standard output".to_owned(), |file| file.display().to_string());
    let mut out: Box<dyn Write> = match file {
        Some(file) => Box::new(File::create(file).map_err(|error| format!("{name}: {error}"))?),
        None => Box::new(io::stdout().lock()),
    };
    let mut buffered = BufWriter::new(&mut out);
    write(&mut buffered).and_then(|()| buffered.flush()).map_err(|error| format!("{name}: {error}"))
}

fn repaired(layout: &Layout) -> Result<String, String> {
    let all = places(layout)?;
    let settings = settings_in(layout)?;
    let _lock = layout.lock().map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => "the hub runs; stop it before its journals are repaired".to_owned(),
        _ => format!("{}: {error}", layout.data().display()),
    })?;
    let act = Act::new("repair journals", "", "");
    ByHand::open(layout)?.make(act, || mended(layout, &all, settings))
}

fn mended(layout: &Layout, all: &[Place], settings: Settings) -> Result<String, String> {
    let mut lines = Vec::new();
    for place in all {
        let Some(done) = repair(layout, place, settings_of(place, settings), clock::now())? else {
            lines.push(format!("{:<10} well, left as it is", place.name));
            continue;
        };
        lines.push(done.before.to_string());
        let (records, quarantine) = (done.records, done.quarantine.display());
        lines.push(format!("  repaired: {records} records kept; the damaged journal is in {quarantine}"));
        for number in &done.failed {
            lines.push(format!("  {number} has failed: its sender is told to send it again"));
        }
        if place.shard.is_none() {
            lines.push(
                "  what was changed last may be missing: look through `phytohub nppo list`, and revoke again what was \
                 revoked"
                    .to_owned(),
            );
        }
    }
    Ok(lines.join("\n"))
}

fn listed(since: &phytohub_salvage::Since) -> String {
    let more = if since.damaged { "; some of the hub's journals cannot be read, there may be more" } else { "" };
    format!("{since}{more}")
}

/// Runs `phytohub backup`.
///
/// # Errors
/// A sentence for whoever called it.
pub fn backup(args: &BackupArgs) -> Result<String, String> {
    let layout = Layout::new(&args.dir);
    let settings = settings_in(&layout)?;
    let version = env!("CARGO_PKG_VERSION");
    let made = phytohub_salvage::backup(&layout, &args.target, settings, version, clock::now())?;
    let records: u64 = made.records.values().sum();
    let (target, began, files, waiting) = (args.target.display(), made.began_at, made.files, made.waiting);
    Ok(format!(
        "{target}: all that was acknowledged before {began}: {records} records, {waiting} envelopes that wait, {files} \
         files; keys and content are in it, keep it as you keep them"
    ))
}

/// Runs `phytohub restore`.
///
/// # Errors
/// A sentence for whoever called it.
pub fn restore(args: &RestoreArgs) -> Result<String, String> {
    let RestoreArgs { backup, dir, from } = args;
    let settings = settings_in(&Layout::new(backup))?;
    let made = phytohub_salvage::restore(backup, dir, from.as_deref(), settings, clock::now())?;
    let (shown, began, waiting) = (dir.display(), &made.manifest.began_at, made.waiting);
    // The backup's log goes on in the new directory, and says from where on it is another hub's.
    let act = Act::new("restore backup", "", format!("made {began}"));
    let noted = ByHand::open(&Layout::new(dir)).and_then(|mut by_hand| by_hand.make(act, || Ok(())));
    let mut lines = vec![format!("{shown}: restored from the backup of {began}; {waiting} envelopes wait")];
    match from {
        Some(from) => {
            lines.push(listed(&since(backup, from)?));
            lines.push("what the list names was taken over, too".to_owned());
        }
        None => lines.push(
            "what was accepted since is missing, and what ended since waits again: members may get it twice. If \
             something of the lost directory can still be read, restore again with --from"
                .to_owned(),
        ),
    }
    lines.extend(made.failed.iter().map(|number| {
        format!("{number} has failed: its content is nowhere to be read, its sender is told to send it again")
    }));
    if made.older_registry {
        lines.push(
            "the registry of the lost hub is damaged: members and certificates are as in the backup; make later \
             changes again, revocations first"
                .to_owned(),
        );
    }
    lines.extend(noted.err().map(|error| format!("that it was restored is not in its audit log: {error}")));
    lines.push(format!("next: phytohub serve {shown}"));
    Ok(lines.join("\n"))
}

fn settings_in(layout: &Layout) -> Result<Settings, String> {
    Ok(log_settings(&Config::read(&layout.config(), std::env::vars())?.journal))
}
