//! A hub as a process of its own, for the demo and the tests: started, watched, killed, started again.

use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

/// How long a hub may take to be ready: recovery of a large journal on a slow disk, with room to spare.
const READY_TIMEOUT: Duration = Duration::from_secs(120);
/// How long a hub may take to end after it was told to.
const STOP_TIMEOUT: Duration = Duration::from_secs(60);

/// A running hub. It is killed when this is dropped.
pub struct HubProcess {
    child: Child,
    /// The service, `127.0.0.1:PORT`.
    pub soap: String,
    /// The admin address, `127.0.0.1:PORT`.
    pub admin: String,
}

#[derive(Deserialize)]
struct Listening {
    soap: String,
    admin: String,
}

impl HubProcess {
    /// Runs `phytohub serve DIR` of the program `program` on free ports and waits until it is ready. Its log goes to
    /// `log`, appended.
    ///
    /// # Errors
    /// When it ends or stays silent instead.
    pub fn start(program: &Path, dir: &Path, log: &Path, environment: &[(&str, &str)]) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.arg("serve").arg(dir).args(["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
        command.envs(environment.iter().copied());
        Self::spawn(command, log)
    }

    /// As [`Self::start`], with a command line of the caller's.
    ///
    /// # Errors
    /// When it ends or stays silent instead.
    pub fn spawn(mut command: Command, log: &Path) -> io::Result<Self> {
        let log_file = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log_file).spawn()?;
        let output = child.stdout.take().ok_or_else(|| io::Error::other("no standard output"))?;
        let (line, lines) = mpsc::channel();
        thread::spawn(move || {
            let mut text = String::new();
            // An error and an end look the same to who waits: no line came.
            if BufReader::new(output).read_line(&mut text).is_ok() {
                let _ = line.send(text);
            }
        });
        let first = lines.recv_timeout(READY_TIMEOUT).unwrap_or_default();
        let Ok(listening) = serde_json::from_str::<Listening>(&first) else {
            let _ = child.kill();
            let status = child.wait()?;
            let log = std::fs::read_to_string(log).unwrap_or_default();
            return Err(io::Error::other(format!("the hub did not start ({status}): {first}{log}")));
        };
        let address = |url: &str| {
            let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
            rest.split('/').next().unwrap_or(rest).to_owned()
        };
        Ok(Self { child, soap: address(&listening.soap), admin: address(&listening.admin) })
    }

    /// Process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once (SIGKILL), as a power cut would.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill(mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    /// Tells it to stop (SIGTERM) and waits for its end.
    ///
    /// # Errors
    /// When it does not end in time.
    pub fn stop(mut self) -> io::Result<ExitStatus> {
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        let pid = pid.ok_or_else(|| io::Error::other("no process id"))?;
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        self.wait(STOP_TIMEOUT)
    }

    /// Waits for its end, whatever brings it.
    ///
    /// # Errors
    /// When it does not end in time.
    pub fn wait(&mut self, timeout: Duration) -> io::Result<ExitStatus> {
        let started = Instant::now();
        while started.elapsed() < timeout {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(5));
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, "the hub did not end in time"))
    }
}

impl Drop for HubProcess {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program that this process runs, for a demo that starts its own hub.
///
/// # Errors
/// When the system does not tell.
pub fn this_program() -> io::Result<PathBuf> {
    std::env::current_exe()
}
