//! The real binary in a directory of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use phytohub_operate::process::HubProcess;
use tempfile::TempDir;

/// Set by whoever has just built all binaries with the features of the whole workspace: a build of one package alone
/// would build much of it once more.
const BUILT_VARIABLE: &str = "PHYTOHUB_TEST_BINARIES_BUILT";

/// The binary of a package, built if it is not up to date.
///
/// # Panics
/// When it cannot be built.
pub fn binary(package: &str, name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    // target/PROFILE/deps/TEST
    let profile = test.ancestors().nth(2).expect("a target folder above the test").to_owned();
    if std::env::var_os(BUILT_VARIABLE).is_none() {
        let mut build = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
        build.args(["build", "--quiet", "--package", package, "--bin", name]);
        build.env("CARGO_TARGET_DIR", profile.parent().expect("a target folder"));
        if profile.ends_with("release") {
            build.arg("--release");
        }
        let status = build.status().expect("cargo runs");
        assert!(status.success(), "the binary {name} does not build");
    }
    profile.join(name)
}

/// The hub's binary.
///
/// # Panics
/// When it cannot be built.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| binary("phytohub-server", "phytohub"))
}

/// Runs the binary with these arguments to its end.
///
/// # Panics
/// When it cannot be run.
pub fn phytohub(arguments: &[&str]) -> Output {
    Command::new(program()).args(arguments).output().expect("the hub's binary runs")
}

/// As [`phytohub`], for a command that must succeed: its standard output.
///
/// # Panics
/// When it fails.
pub fn phytohub_ok(arguments: &[&str]) -> String {
    let output = phytohub(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "phytohub {arguments:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A hub made by `phytohub init`, and its process while it runs.
pub struct TestHub {
    _temporary: TempDir,
    dir: PathBuf,
    environment: Vec<(String, String)>,
    wrapper: Vec<String>,
    process: Option<HubProcess>,
}

impl TestHub {
    /// Makes and starts a hub with these members.
    ///
    /// # Panics
    /// When anything of it fails.
    pub fn start(members: &[&str]) -> Self {
        Self::with(members, "", &[])
    }

    /// As [`Self::start`], with more configuration (TOML) and arguments of `init`.
    ///
    /// # Panics
    /// When anything of it fails.
    pub fn with(members: &[&str], config: &str, init: &[&str]) -> Self {
        let mut hub = Self::resting(members, init);
        hub.configure(config);
        hub.restart();
        hub
    }

    /// A hub that was made and not started.
    ///
    /// # Panics
    /// When anything of it fails.
    pub fn resting(members: &[&str], init: &[&str]) -> Self {
        let temporary = tempfile::tempdir().expect("a temporary directory");
        let dir = temporary.path().join("hub");
        Self::at(temporary, dir, members, init)
    }

    /// A hub that was made in `dir` and not started.
    ///
    /// # Panics
    /// When anything of it fails.
    pub fn at(temporary: TempDir, dir: PathBuf, members: &[&str], init: &[&str]) -> Self {
        let path = dir.to_str().expect("a path in UTF-8").to_owned();
        let mut arguments = vec!["init", path.as_str()];
        for member in members {
            arguments.extend(["--nppo", member]);
        }
        arguments.extend(init);
        phytohub_ok(&arguments);
        Self { _temporary: temporary, dir, environment: Vec::new(), wrapper: Vec::new(), process: None }
    }

    /// Starts the hub of a directory that is there already; whoever made it removes it.
    ///
    /// # Panics
    /// When it does not start.
    pub fn adopt(dir: PathBuf) -> Self {
        let temporary = tempfile::tempdir().expect("a temporary directory");
        let mut hub = Self { _temporary: temporary, dir, environment: Vec::new(), wrapper: Vec::new(), process: None };
        hub.restart();
        hub
    }

    /// Adds sections to the configuration.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn configure(&self, config: &str) {
        let file = self.dir.join("hub.toml");
        let text = std::fs::read_to_string(&file).expect("the configuration");
        std::fs::write(&file, format!("{text}\n{config}\n")).expect("the configuration is written");
    }

    /// Sets an environment variable for the next start.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Lets this program, with its arguments, run the hub from the next start on; nothing ends that.
    pub fn wrap(&mut self, program: &[&str]) {
        self.wrapper = program.iter().map(|&word| word.to_owned()).collect();
    }

    /// The hub's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A file of the hub's key directory.
    pub fn pki(&self, name: &str) -> PathBuf {
        self.dir.join("pki").join(name)
    }

    /// The directory as an argument.
    ///
    /// # Panics
    /// When the path is not UTF-8.
    pub fn dir_text(&self) -> &str {
        self.dir.to_str().expect("a path in UTF-8")
    }

    /// Address of the service.
    ///
    /// # Panics
    /// When the hub does not run.
    pub fn soap(&self) -> &str {
        &self.process.as_ref().expect("a running hub").soap
    }

    /// Address of metrics and health.
    ///
    /// # Panics
    /// When the hub does not run.
    pub fn admin(&self) -> &str {
        &self.process.as_ref().expect("a running hub").admin
    }

    /// Starts the hub, anew if it ran.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&mut self) {
        self.try_start().expect("the hub starts");
    }

    /// Starts the hub, or tells why it does not.
    ///
    /// # Errors
    /// Its own words.
    pub fn try_start(&mut self) -> std::io::Result<()> {
        self.process = None;
        let environment: Vec<(&str, &str)> =
            self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let log = self.dir.join("hub.log");
        let process = match self.wrapper.split_first() {
            None => HubProcess::start(program(), &self.dir, &log, &environment)?,
            Some((wrapper, arguments)) => {
                let mut command = Command::new(wrapper);
                command.args(arguments).arg(program()).arg("serve").arg(&self.dir);
                command.args(["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]).envs(environment);
                HubProcess::spawn(command, &log)?
            }
        };
        self.process = Some(process);
        Ok(())
    }

    /// SIGKILL.
    ///
    /// # Panics
    /// When the hub does not run.
    pub fn kill(&mut self) {
        self.process.take().expect("a running hub").kill().expect("the hub is killed");
    }

    /// SIGTERM; the process' exit status.
    ///
    /// # Panics
    /// When the hub does not run or does not end.
    pub fn stop(&mut self) -> std::process::ExitStatus {
        self.process.take().expect("a running hub").stop().expect("the hub stops")
    }

    /// The running process.
    ///
    /// # Panics
    /// When the hub does not run.
    pub fn process(&mut self) -> &mut HubProcess {
        self.process.as_mut().expect("a running hub")
    }

    /// All that the hub logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.join("hub.log")).unwrap_or_default()
    }

    /// The page of metrics.
    pub async fn metrics(&self) -> String {
        crate::wire::get(self.admin(), "/metrics").await.1
    }

    /// The value of one metric, labels included in its name; 0 when it was never counted.
    ///
    /// # Panics
    /// When the value is no number.
    pub async fn metric(&self, name: &str) -> f64 {
        let page = self.metrics().await;
        let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.trim().parse().expect("a number"))
    }

    /// Every byte below the hub's data directory contains none of `needle`: true when it is found nowhere.
    ///
    /// # Panics
    /// When a file cannot be read.
    pub fn data_is_free_of(&self, needle: &[u8]) -> bool {
        let mut folders = vec![self.dir.join("data")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("a folder of the data") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if memchr::memmem::find(&std::fs::read(&path).expect("a file of the data"), needle).is_some() {
                    return false;
                }
            }
        }
        true
    }
}
