//! A server that we start, watch and stop: never one that was there already.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::failure::{Failure, Result, While};
use crate::usage;

/// Longest that a server may take until it serves; RabbitMQ needs some ten seconds on a busy machine.
const START: Duration = Duration::from_secs(90);

/// Longest that a server may take to stop by itself.
const STOP: Duration = Duration::from_secs(20);

/// How often it is looked whether a server serves, or has stopped.
const GLANCE: Duration = Duration::from_millis(100);

/// Lines of a log that are shown when its server failed.
const LOG_LINES: usize = 12;

/// A running server, which ends with this value at the latest.
pub(crate) struct Server {
    name: &'static str,
    child: Child,
    log: PathBuf,
    stop: Signal,
}

impl Server {
    /// Starts a server; what it prints goes to the file `log`. It also ends if we are killed: the system sends it the
    /// signal when the thread that started it is gone, so this has to be called on the main thread.
    pub(crate) fn start(name: &'static str, launch: &Launch, log: &Path) -> Result<Self> {
        let output = File::create(log).during(log.display())?;
        let errors = output.try_clone().during(log.display())?;
        let mut command = launch.command();
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        // What is typed at the terminal is for us: we stop it in order.
        command.process_group(0);
        let child =
            command.spawn().during(format_args!("{name} could not be started: {}", launch.program.display()))?;
        Ok(Self { name, child, log: log.to_owned(), stop: launch.stop })
    }

    /// Id of the process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks until `attempt` says that the server serves; what it gives then.
    pub(crate) async fn ready<T>(&mut self, mut attempt: impl AsyncFnMut() -> Result<T>) -> Result<T> {
        let begun = Instant::now();
        loop {
            let failure = match attempt().await {
                Ok(ready) => return Ok(ready),
                Err(failure) => failure,
            };
            if let Some(status) = self.child.try_wait().during(self.name)? {
                return Err(self.failed(format_args!("ended while it started, with {status}")));
            }
            if begun.elapsed() > START {
                let seconds = START.as_secs();
                return Err(self.failed(format_args!("does not serve after {seconds} seconds ({failure})")));
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Waits until it ends by itself.
    pub(crate) async fn ended(&mut self, within: Duration) -> Result<ExitStatus> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().during(self.name)? {
                return Ok(status);
            }
            if begun.elapsed() > within {
                return Err(self.failed(format_args!("did not end within {} seconds", within.as_secs())));
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// A failure that shows the end of the server's log.
    pub(crate) fn failed(&self, what: impl std::fmt::Display) -> Failure {
        Failure::new(format!("{} {what}; its log ends with:\n{}", self.name, tail(&self.log)))
    }

    /// Asks it to stop, waits, and kills what is left. Nothing happens when it has stopped already.
    pub(crate) fn stop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        let processes = usage::tree(self.pid());
        signal(self.pid(), self.stop);
        if self.has_ended_within(STOP) {
            return;
        }
        // Only what descends from the process that we started.
        processes.into_iter().for_each(|pid| signal(pid, Signal::KILL));
        self.has_ended_within(STOP);
    }

    fn has_ended_within(&mut self, time: Duration) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < time {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return true;
            }
            thread::sleep(GLANCE);
        }
        false
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// How a server is started.
pub(crate) struct Launch {
    program: PathBuf,
    arguments: Vec<String>,
    variables: Vec<(&'static str, String)>,
    user: Option<&'static str>,
    stop: Signal,
}

impl Launch {
    pub(crate) fn new(program: impl Into<PathBuf>) -> Self {
        let program = program.into();
        Self { program, arguments: Vec::new(), variables: Vec::new(), user: None, stop: Signal::TERM }
    }

    /// Arguments after those before.
    pub(crate) fn arguments<T: Into<String>>(mut self, arguments: impl IntoIterator<Item = T>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// A variable of its environment.
    pub(crate) fn variable(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// As which user it runs, if not as ours.
    pub(crate) fn user(mut self, user: Option<&'static str>) -> Self {
        self.user = user;
        self
    }

    /// Asked to stop by SIGINT instead of SIGTERM.
    pub(crate) fn stopped_by_interrupt(mut self) -> Self {
        self.stop = Signal::INT;
        self
    }

    /// The command; `setpriv`, a part of every Debian, replaces itself by the program.
    fn command(&self) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", if self.stop == Signal::INT { "INT" } else { "TERM" }]);
        if let Some(user) = self.user {
            command.arg(format!("--reuid={user}")).arg(format!("--regid={user}")).arg("--init-groups");
        }
        command.arg("--").arg(&self.program).args(&self.arguments);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a program that ends by itself, such as one that prepares a folder; shows its output if it fails.
    pub(crate) fn run(&self, name: &str) -> Result<()> {
        let output = self.command().stdin(Stdio::null()).output().during(format_args!("{name} could not be run"))?;
        match output.status.success() {
            true => Ok(()),
            false => {
                let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
                Err(Failure::new(format!("{name} failed with {}:\n{}", output.status, last_lines(&text))))
            }
        }
    }
}

/// A port of the loopback address that nobody uses now.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).during("looking for a free port")?;
    Ok(listener.local_addr().during("looking for a free port")?.port())
}

/// An empty folder; what was there before is removed.
pub(crate) fn empty_folder(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).during(folder.display())?,
        _ => {}
    }
    fs::create_dir_all(folder).during(folder.display())
}

/// Sends a signal to a process; one that is gone does not mind.
pub(crate) fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

fn tail(log: &Path) -> String {
    match fs::read(log) {
        Ok(bytes) => last_lines(&String::from_utf8_lossy(&bytes)),
        Err(error) => format!("  ({}: {error})", log.display()),
    }
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let shown = &lines[lines.len().saturating_sub(LOG_LINES)..];
    shown.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_log_is_shown() {
        let text: String = (0..40).map(|line| format!("line {line}\n\n")).collect();
        let shown = last_lines(&text);
        assert_eq!(shown.lines().count(), LOG_LINES);
        assert!(shown.starts_with("  line 28\n") && shown.ends_with("  line 39"), "{shown}");
        assert_eq!(last_lines(""), "");
    }

    #[test]
    fn a_program_that_fails_is_told_with_its_words() {
        let failure = Launch::new("sh").arguments(["-c", "echo wrong disk; exit 3"]).run("preparing").unwrap_err();
        assert!(failure.to_string().contains("preparing failed"), "{failure}");
        assert!(failure.to_string().ends_with("  wrong disk"), "{failure}");
    }

    #[test]
    fn a_server_that_ends_at_once_is_told_with_its_log() {
        let log = std::env::temp_dir().join(format!("phytohub-exchange-{}.log", std::process::id()));
        let launch = Launch::new("sh").arguments(["-c", "echo no such port"]);
        let mut server = Server::start("sh", &launch, &log).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let ready = runtime.block_on(server.ready(async || Err::<(), _>(Failure::new("no answer"))));
        fs::remove_file(&log).unwrap();
        let failure = ready.unwrap_err().to_string();
        assert!(failure.contains("ended while it started") && failure.ends_with("  no such port"), "{failure}");
    }
}
