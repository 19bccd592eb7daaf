//! The hub's directory: which file lies where, and the lock that keeps a second process out.
//!
//! ```text
//! DIR/hub.toml          configuration
//! DIR/admin.token       the owner's credential of the admin address, readable by the owner only
//! DIR/operators.toml    the other operators: names, roles, hashes of their credentials
//! DIR/audit.log         who changed what, one chained line an entry
//! DIR/maintenance.json  what members are told, while the hub is in maintenance
//! DIR/pki/              throw-away CA, the hub's certificate and key, certificates that `init` made for members
//! DIR/data/layout.json  format and number of shards, fixed when the directory is made
//! DIR/data/registry/    journal of the registry
//! DIR/data/shard-NN/    journal of a shard
//! DIR/data/alerts.json  alerts that hold, and messages about them on their way
//! DIR/data/lock         held by the process that owns the data
//! DIR/onboarding/       in a sandbox a check list for each candidate; granted/: what members were let in for
//! DIR/statistics/       figures of each minute, a file a day, for reports
//! DIR/run.json          addresses of the running hub, for the command line
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use phytohub_model::limits::SHARDS_MAX;
use rustix::fs::FlockOperation;
use serde::{Deserialize, Serialize};

/// The number of this shape of the data directory. A hub refuses a directory of another.
const LAYOUT_FORMAT: u32 = 1;

/// A hub's directory.
#[derive(Clone, Debug)]
pub struct Layout {
    dir: PathBuf,
}

/// What is fixed for the life of a data directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fixed {
    /// Shape of the directory.
    pub format: u32,
    /// Number of shards: delivery numbers name theirs.
    pub shards: u8,
}

/// Addresses of the running hub.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Running {
    /// Process.
    pub pid: u32,
    /// Address of the service, `127.0.0.1:PORT`.
    #[serde(default)]
    pub soap: String,
    /// Base of the admin endpoints.
    pub admin: String,
}

/// Proof that this process owns the data; given up when it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "the open file is the lock")] File);

impl Layout {
    /// The layout below `dir`, which need not exist.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// The directory itself.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Configuration file.
    pub fn config(&self) -> PathBuf {
        self.dir.join("hub.toml")
    }

    /// Credential of the admin address.
    pub fn admin_token(&self) -> PathBuf {
        self.dir.join("admin.token")
    }

    /// The other operators.
    pub fn operators(&self) -> PathBuf {
        self.dir.join("operators.toml")
    }

    /// Who changed what.
    pub fn audit_log(&self) -> PathBuf {
        self.dir.join("audit.log")
    }

    /// What members are told in maintenance.
    pub fn maintenance(&self) -> PathBuf {
        self.dir.join("maintenance.json")
    }

    /// Check lists of a sandbox; what members were let in for.
    pub fn onboarding(&self) -> PathBuf {
        self.dir.join("onboarding")
    }

    /// A file of the key directory.
    pub fn pki(&self, name: &str) -> PathBuf {
        self.dir.join("pki").join(name)
    }

    /// All data.
    pub fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// The registry's journal.
    pub fn registry(&self) -> PathBuf {
        self.data().join("registry")
    }

    /// A shard's journal.
    pub fn shard(&self, shard: u8) -> PathBuf {
        self.data().join(format!("shard-{shard:02}"))
    }

    /// Alerts of the hub.
    pub fn alerts(&self) -> PathBuf {
        self.data().join("alerts.json")
    }

    /// Figures of each minute, for reports.
    pub fn statistics(&self) -> PathBuf {
        self.dir.join("statistics")
    }

    /// Addresses of the running hub.
    pub fn run_file(&self) -> PathBuf {
        self.dir.join("run.json")
    }

    /// Makes the data directory with its fixed facts.
    ///
    /// # Errors
    /// When it exists already or cannot be written.
    pub fn create(&self, shards: u8) -> io::Result<()> {
        fs::create_dir_all(self.dir.join("pki"))?;
        fs::create_dir_all(self.registry())?;
        for shard in 0..shards {
            fs::create_dir_all(self.shard(shard))?;
        }
        let fixed = Fixed { format: LAYOUT_FORMAT, shards };
        write_new(&self.data().join("layout.json"), serde_json::to_string(&fixed)?.as_bytes(), PUBLIC)?;
        File::open(self.data())?.sync_all()?;
        File::open(&self.dir)?.sync_all()
    }

    /// Reads what is fixed.
    ///
    /// # Errors
    /// A sentence when this is no hub's directory, or one of another version.
    pub fn fixed(&self) -> Result<Fixed, String> {
        let file = self.data().join("layout.json");
        let text = fs::read_to_string(&file).map_err(|error| {
            let dir = self.dir.display();
            format!(
                "{dir} is no hub's directory ({}: {error}); `phytohub init {dir} --nppo CODE` makes one",
                file.display()
            )
        })?;
        let fixed: Fixed = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        if fixed.format != LAYOUT_FORMAT {
            let found = fixed.format;
            return Err(format!("{}: format {found}, this hub reads {LAYOUT_FORMAT}", file.display()));
        }
        if fixed.shards == 0 || usize::from(fixed.shards) > SHARDS_MAX {
            return Err(format!("{}: {} shards; 1 to {SHARDS_MAX} are possible", file.display(), fixed.shards));
        }
        Ok(fixed)
    }

    /// Takes the data for this process.
    ///
    /// # Errors
    /// `WouldBlock` when another process has it.
    pub fn lock(&self) -> io::Result<Lock> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(self.data().join("lock"))?;
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        Ok(Lock(file))
    }

    /// Tells the command line where the hub is.
    ///
    /// # Errors
    /// When it cannot be written; no old one is left then, which would lead elsewhere.
    pub fn write_run_file(&self, running: &Running) -> io::Result<()> {
        let part = self.run_file().with_extension("part");
        let written = fs::write(&part, serde_json::to_vec(running)?).and_then(|()| fs::rename(&part, self.run_file()));
        if written.is_err() {
            // Neither may be there.
            let _ = (fs::remove_file(&part), fs::remove_file(self.run_file()));
        }
        written
    }

    /// The addresses of the running hub.
    ///
    /// # Errors
    /// A sentence when there are none.
    pub fn running(&self) -> Result<Running, String> {
        let file = self.run_file();
        let text =
            fs::read(&file).map_err(|error| format!("{}: {error}: is the hub still starting?", file.display()))?;
        serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", file.display()))
    }
}

/// Mode of a file for everyone's eyes.
pub const PUBLIC: u32 = 0o644;
/// Mode of a key or token.
pub const SECRET: u32 = 0o600;

/// Writes a file that must not exist yet, with its mode from the first moment, and syncs it.
///
/// # Errors
/// When it exists or cannot be written; the file is named.
pub fn write_new(file: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut handle = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(mode)
        .open(file)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))?;
    handle.write_all(bytes)?;
    handle.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_owner_is_kept_out_until_the_first_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        layout.create(2).unwrap();
        assert_eq!(layout.fixed(), Ok(Fixed { format: LAYOUT_FORMAT, shards: 2 }));
        let first = layout.lock().unwrap();
        assert_eq!(layout.lock().unwrap_err().kind(), io::ErrorKind::WouldBlock);
        drop(first);
        layout.lock().unwrap();
    }

    #[test]
    fn a_directory_of_another_format_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        assert!(layout.fixed().unwrap_err().contains("phytohub init"));
        fs::create_dir_all(layout.data()).unwrap();
        fs::write(layout.data().join("layout.json"), r#"{"format":9,"shards":1}"#).unwrap();
        assert!(layout.fixed().unwrap_err().contains("format 9"));
    }
}
