//! The hub under load: found running or started here, looked at from outside, and hurt on purpose.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use phytohub_operate::layout::{Layout, Running};
use phytohub_operate::process::HubProcess;
use rustix::process::{Pid, Signal};

use crate::scenario::HubSettings;

/// How long the admin address may take to answer a look.
const LOOK_TIMEOUT: Duration = Duration::from_secs(2);
/// Pause between two tries whether the hub serves again.
const SERVES_PAUSE: Duration = Duration::from_millis(5);
/// How long a hub may take until it serves again, before the run gives up on it.
const SERVES_TIMEOUT: Duration = Duration::from_secs(120);

/// A hub.
pub(crate) struct Hub {
    layout: Layout,
    program: PathBuf,
    settings: HubSettings,
    log: PathBuf,
    /// The process, where it was started here.
    process: Option<HubProcess>,
    /// Where it is.
    pub(crate) running: Running,
}

impl Hub {
    /// The hub of `layout`: the one that runs, or one that is started for this run.
    ///
    /// # Errors
    /// A sentence that says what is in the way.
    pub(crate) fn open(layout: Layout, program: PathBuf, settings: &HubSettings, owns: bool) -> Result<Self, String> {
        let log = layout.dir().join("load.log");
        let Some(running) = running(&layout)? else {
            let placeholder = Running { pid: 0, soap: String::new(), admin: String::new() };
            let settings = settings.clone();
            let mut hub = Self { layout, program, settings, log, process: None, running: placeholder };
            hub.start()?;
            return Ok(hub);
        };
        if owns {
            return Err(must_rest(&layout));
        }
        let settings = settings.clone();
        Ok(Self { layout, program, settings, log, process: None, running })
    }

    /// Something that is no hub and has its process and its address: what the generator is measured against.
    pub(crate) fn stranger(layout: Layout, program: PathBuf, running: Running) -> Self {
        let log = layout.dir().join("load.log");
        Self { layout, program, settings: HubSettings::default(), log, process: None, running }
    }

    /// Starts the process, at the address it had before.
    pub(crate) fn start(&mut self) -> Result<(), String> {
        let address = if self.running.soap.is_empty() { "127.0.0.1:0".to_owned() } else { self.running.soap.clone() };
        let mut command = match self.settings.slow_sync {
            Some(span) => {
                let mut command = Command::new("strace");
                // Only the one call stops for the tracer; all others go on at full speed.
                let inject = format!("inject=fdatasync:delay_exit={}", span.0.as_micros());
                command.args(["-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", &inject]);
                command.arg(&self.program);
                command
            }
            None => Command::new(&self.program),
        };
        command.arg("serve").arg(self.layout.dir()).args(["--listen", &address, "--admin", "127.0.0.1:0"]);
        command.envs(&self.settings.environment);
        // Ctrl-C on a terminal is for the load tool: it ends the run, and then the hub.
        command.process_group(0);
        let process = HubProcess::spawn(command, &self.log).map_err(|error| error.to_string())?;
        self.running = self.layout.running()?;
        self.running.soap.clone_from(&process.soap);
        OWN_HUB.store(self.running.pid, Ordering::Relaxed);
        self.process = Some(process);
        Ok(())
    }

    /// The hub's directory.
    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Whether the hub runs on this machine, so that its process can be looked at.
    pub(crate) fn is_here(&self) -> bool {
        Path::new(&format!("/proc/{}/stat", self.running.pid)).exists()
    }

    fn signal(&self, signal: Signal) -> Result<(), String> {
        let pid = i32::try_from(self.running.pid).ok().and_then(Pid::from_raw).ok_or("the hub has no process id")?;
        rustix::process::kill_process(pid, signal).map_err(|error| format!("process {}: {error}", self.running.pid))
    }

    /// SIGKILL, and waits until it is gone.
    pub(crate) fn kill(&mut self) -> Result<(), String> {
        self.signal(Signal::KILL)?;
        self.reap()
    }

    /// SIGTERM, and waits until it is gone.
    pub(crate) fn terminate(&mut self) -> Result<(), String> {
        self.signal(Signal::TERM)?;
        self.reap()
    }

    fn reap(&mut self) -> Result<(), String> {
        match self.process.take() {
            Some(mut process) => process.wait(SERVES_TIMEOUT).map(drop).map_err(|error| error.to_string()),
            None => Err("the hub was not started here, so it is not ended here".to_owned()),
        }
    }

    /// SIGSTOP.
    pub(crate) fn pause(&self) -> Result<(), String> {
        self.signal(Signal::STOP)
    }

    /// SIGCONT.
    pub(crate) fn resume(&self) -> Result<(), String> {
        self.signal(Signal::CONT)
    }

    /// Waits until the hub answers that it is ready; how long that took.
    pub(crate) fn wait_until_it_serves(&self) -> Result<Duration, String> {
        let begun = Instant::now();
        while begun.elapsed() < SERVES_TIMEOUT {
            if self
                .get("/readyz")
                .is_some_and(|page| page.starts_with("HTTP/1.0 200") || page.starts_with("HTTP/1.1 200"))
            {
                return Ok(begun.elapsed());
            }
            std::thread::sleep(SERVES_PAUSE);
        }
        Err(format!("the hub did not serve again within {} s", SERVES_TIMEOUT.as_secs()))
    }

    /// Ends a hub that was started here as an operator would.
    ///
    /// # Errors
    /// When it does not end well; its log's last lines tell why.
    pub(crate) fn close(mut self) -> Result<(), String> {
        if self.process.is_none() {
            return Ok(());
        }
        self.signal(Signal::TERM)?;
        let Some(mut process) = self.process.take() else { return Ok(()) };
        let status = process.wait(SERVES_TIMEOUT).map_err(|error| error.to_string())?;
        if status.success() {
            return Ok(());
        }
        Err(format!("the hub ended with {status}; the last it said:\n{}", self.last_words()))
    }

    /// The last lines of its log.
    pub(crate) fn last_words(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(10)..].join("\n")
    }

    /// GET of the admin address, with its head; None when there is no answer.
    fn get(&self, path: &str) -> Option<String> {
        let address = self.running.admin.strip_prefix("http://").unwrap_or(&self.running.admin);
        let mut socket = TcpStream::connect_timeout(&address.parse().ok()?, LOOK_TIMEOUT).ok()?;
        socket.set_read_timeout(Some(LOOK_TIMEOUT)).ok()?;
        socket.write_all(format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").as_bytes()).ok()?;
        let mut page = String::new();
        socket.read_to_string(&mut page).ok()?;
        Some(page)
    }

    /// How the hub is doing, as far as it can be seen.
    pub(crate) fn look(&self) -> Look {
        let page = self.get("/metrics").unwrap_or_default();
        let value = |name: &str| {
            let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.and_then(|value| value.trim().parse::<f64>().ok())
        };
        Look {
            pending: value("phytohub_pending_total"),
            commits: value("phytohub_journal_commit_seconds_count"),
            commit_seconds: value("phytohub_journal_commit_seconds_sum"),
            written: value("phytohub_journal_batch_bytes_sum"),
            process: Process::of(self.running.pid),
        }
    }

    /// Version of the program.
    pub(crate) fn version(&self) -> String {
        let output = Command::new(&self.program).arg("--version").output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
    }
}

/// Where the hub of a directory is, if it runs.
///
/// # Errors
/// A sentence when this is no hub's directory, or its hub does not say where it is.
pub(crate) fn running(layout: &Layout) -> Result<Option<Running>, String> {
    layout.fixed()?;
    if layout.lock().is_ok() {
        return Ok(None);
    }
    layout.running().map(Some)
}

impl Drop for Hub {
    /// A run that could not go on leaves no hub behind, not even one whose parent is the tracer that slows it.
    fn drop(&mut self) {
        if self.process.is_some() {
            let _ = self.signal(Signal::KILL);
        }
    }
}

/// Process of the hub that was started here last; 0 = none.
static OWN_HUB: AtomicU32 = AtomicU32::new(0);

/// Ends the hub that was started here, for when this process ends at once: nobody would end it otherwise.
pub(crate) fn leave_nothing_behind() {
    let pid = i32::try_from(OWN_HUB.load(Ordering::Relaxed)).ok().and_then(Pid::from_raw);
    // One that ended already is as good.
    let _ = pid.map(|pid| rustix::process::kill_process(pid, Signal::TERM));
}

/// Why a hub that runs cannot be used by a scenario that hurts its hub.
pub(crate) fn must_rest(layout: &Layout) -> String {
    format!(
        "this scenario starts, stops or hurts its hub, but {} runs already: stop it first, or leave --hub out for a \
         throw-away hub",
        layout.dir().display()
    )
}

/// What was seen of a hub at one moment. Counters go on from the start of its process.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Look {
    pub(crate) pending: Option<f64>,
    pub(crate) commits: Option<f64>,
    pub(crate) commit_seconds: Option<f64>,
    /// Bytes written by commits.
    pub(crate) written: Option<f64>,
    pub(crate) process: Option<Process>,
}

impl Look {
    /// This look, and where something was not seen, what `earlier` saw of it.
    pub(crate) fn or(self, earlier: &Self) -> Self {
        Self {
            pending: self.pending.or(earlier.pending),
            commits: self.commits.or(earlier.commits),
            commit_seconds: self.commit_seconds.or(earlier.commit_seconds),
            written: self.written.or(earlier.written),
            process: self.process.or(earlier.process),
        }
    }
}

/// What the system tells of a process.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Process {
    /// CPU seconds, user and system.
    pub(crate) cpu_seconds: f64,
    /// Resident memory, bytes.
    pub(crate) memory: u64,
}

/// Ticks of the system's clock in `/proc/PID/stat`: fixed at this by Linux for what programs see.
const TICKS_A_SECOND: f64 = 100.0;

impl Process {
    /// Of the process with this id; None when there is none, or it may not be looked at.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name may hold anything, so fields are counted from behind it. proc(5): utime is the 14th, stime the 15th.
        let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
        let ticks = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let memory = number_behind(&status, "VmRSS:").unwrap_or(0) * 1024;
        Some(Self { cpu_seconds: ticks / TICKS_A_SECOND, memory })
    }
}

fn number_behind(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The hub's program: as named, or beside this one, or on the path.
pub(crate) fn program(named: Option<PathBuf>) -> PathBuf {
    let beside = std::env::current_exe().ok().and_then(|own| Some(own.parent()?.join("phytohub")));
    named.or_else(|| beside.filter(|program| program.exists())).unwrap_or_else(|| PathBuf::from("phytohub"))
}

/// Runs a command of the hub's program.
///
/// # Errors
/// Its own words.
pub(crate) fn command(program: &Path, arguments: &[&std::ffi::OsStr]) -> Result<(), String> {
    let output = Command::new(program).args(arguments).output().map_err(|error| {
        format!(
            "{}: {error}; build it (cargo build --release -p phytohub-server) or name it with --phytohub",
            program.display()
        )
    })?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_can_be_looked_at() {
        let own = Process::of(std::process::id()).unwrap();
        assert!(own.memory > 0 && own.cpu_seconds >= 0.0, "{own:?}");
        assert_eq!(Process::of(0), None);
    }
}
