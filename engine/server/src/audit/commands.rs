//! `phytohub audit`: the log listed and verified, from the file itself, while the hub runs or rests.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use phytohub_audit::{Entry, Tip};
use phytohub_operate::layout::Layout;

use super::routes::text;
use super::verified;

/// Commands about the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// List who changed what, the newest first
    List {
        /// The hub's directory
        dir: PathBuf,
        /// How many entries
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: usize,
        /// Only entries before the one of this number
        #[arg(long, value_name = "SEQ")]
        before: Option<u64>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Hold every entry to the one before: exit status 0 when the log is whole, 1 otherwise
    Verify {
        /// The hub's directory
        dir: PathBuf,
        /// A tip that was noted elsewhere and must still be part of the log
        #[arg(long, value_name = "SEQ:HASH")]
        tip: Option<Tip>,
    },
}

/// Carries out a command; the text is for standard output.
///
/// # Errors
/// A sentence that says why not, or what is wrong with the log.
pub fn audit(command: AuditCommand) -> Result<String, String> {
    match command {
        AuditCommand::List { dir, limit, before, json } => {
            let file = log(&dir)?;
            let page = phytohub_audit::page(&file, before, limit);
            let entries = page.map_err(|error| format!("{}: {error}", file.display()))?.entries;
            match json {
                true => serde_json::to_string_pretty(&entries).map_err(|error| error.to_string()),
                false => Ok(listed(&entries)),
            }
        }
        AuditCommand::Verify { dir, tip } => verify(&dir, tip.as_ref()),
    }
}

fn log(dir: &Path) -> Result<PathBuf, String> {
    let layout = Layout::new(dir);
    layout.fixed()?;
    Ok(layout.audit_log())
}

fn listed(entries: &[Entry]) -> String {
    if entries.is_empty() {
        return "nothing was changed yet".to_owned();
    }
    let row = |entry: &Entry| {
        let Entry { seq, at, who, role, what, subject, outcome, details } = entry;
        let outcome = outcome.as_str();
        let head = format!("{seq:<7}{at:<26}{outcome:<9}{who} ({role})\n       {what} {subject}");
        if details.is_empty() { head.trim_end().to_owned() } else { format!("{}: {details}", head.trim_end()) }
    };
    entries.iter().map(row).collect::<Vec<_>>().join("\n")
}

fn verify(dir: &Path, noted: Option<&Tip>) -> Result<String, String> {
    let file = log(dir)?;
    let verified = verified(&file, noted).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut lines = vec![text(&verified)];
    if 0 < verified.torn_bytes {
        let bytes = verified.torn_bytes;
        lines.push(format!(
            "After it there are {bytes} bytes of an entry: it is being written, or a crash cut it short; the next \
             start mends that."
        ));
    }
    if verified.broken.is_some() {
        return Err(format!("{}: {}", file.display(), lines.join("\n")));
    }
    if let Some(noted) = noted {
        lines.push(format!("The noted entry {} is part of it.", noted.seq));
    }
    if let Some(tip) = verified.tip {
        lines.push(format!("tip {tip}"));
    }
    Ok(lines.join("\n"))
}
