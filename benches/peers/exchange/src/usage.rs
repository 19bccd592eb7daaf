//! What a server uses, as the system counts it: CPU time, memory, bytes written, calls that sync.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;

use crate::failure::{Result, While};
use crate::server;

/// The parent of the kernel's threads, where a container does not hide it.
const KERNEL: u32 = 2;

/// How long the counter of calls needs to let go of all threads that it holds.
const COUNTER_STOP: Duration = Duration::from_secs(10);

/// What processes have used since they began.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// CPU time.
    pub(crate) cpu: Duration,
    /// Bytes given to the disk.
    pub(crate) written: u64,
}

impl Usage {
    /// Of a process and all that descend from it, those included that have ended.
    pub(crate) fn of(root: u32) -> Self {
        tree(root).into_iter().fold(Self::default(), |sum, pid| {
            let ticks = Stat::read(pid).map_or(0, |stat| stat.ticks);
            Self { cpu: sum.cpu + of_ticks(ticks), written: sum.written + written(pid).unwrap_or(0) }
        })
    }

    /// What was used since `before`.
    pub(crate) fn since(self, before: Self) -> Self {
        Self { cpu: self.cpu.saturating_sub(before.cpu), written: self.written.saturating_sub(before.written) }
    }
}

/// A process and all that descend from it.
pub(crate) fn tree(root: u32) -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let pid = entry.file_name().to_str().and_then(|name| name.parse().ok());
        if let Some((pid, stat)) = pid.and_then(|pid| Some((pid, Stat::read(pid)?))) {
            children.entry(stat.parent).or_default().push(pid);
        }
    }
    let mut found = vec![root];
    let mut next = 0;
    while let Some(pid) = found.get(next) {
        found.extend(children.remove(pid).unwrap_or_default());
        next += 1;
    }
    found
}

/// Memory of a process and its descendants: what they share counts once.
pub(crate) fn memory(root: u32) -> u64 {
    tree(root).into_iter().filter_map(proportional).sum()
}

/// CPU time that the machine's processors have spent on programs since it began. The kernel's own threads are left
/// out, as far as they can be seen: they write what a server gave to the disk.
pub(crate) fn machine_busy() -> Duration {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let busy = of_ticks(busy_ticks(text.lines().next().unwrap_or_default()));
    let name = fs::read_to_string(format!("/proc/{KERNEL}/comm")).unwrap_or_default();
    match name.trim() {
        "kthreadd" => busy.saturating_sub(Usage::of(KERNEL).cpu),
        _ => busy,
    }
}

/// What others than we used of all processors during `time`, as a share, when all together used `busy` and we `own`.
pub(crate) fn others_share(time: Duration, busy: Duration, own: Duration) -> f64 {
    let processors = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    busy.saturating_sub(own).as_secs_f64() / time.as_secs_f64().max(f64::MIN_POSITIVE) / processors
}

/// Counts calls, of a process and its descendants. The counter halts them at every call, so that the
/// server is slower meanwhile; that is why this is not done while anything else is measured.
pub(crate) struct Counter {
    child: std::process::Child,
    output: PathBuf,
    calls: &'static [&'static str],
}

impl Counter {
    /// Begins to count, into the file `output`; none where the counter is not installed.
    pub(crate) fn start(root: u32, calls: &'static [&'static str], output: &Path) -> Option<Self> {
        let mut command = Command::new("strace");
        command.args(["-f", "-c", "-U", "name,calls", "-e", &format!("trace={}", calls.join(",")), "-o"]).arg(output);
        tree(root).iter().for_each(|pid| {
            command.args(["-p", &pid.to_string()]);
        });
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        quiet.spawn().ok().map(|child| Self { child, output: output.to_owned(), calls })
    }

    /// Ends, and says how many calls there were; none if they could not be counted.
    pub(crate) async fn stop(mut self) -> Result<Option<u64>> {
        // By itself it only ends when something is wrong: it may not look at these processes, for instance.
        if self.child.try_wait().during("strace")?.is_some() {
            return Ok(None);
        }
        server::signal(self.child.id(), Signal::INT);
        let begun = tokio::time::Instant::now();
        while self.child.try_wait().during("strace")?.is_none() {
            if begun.elapsed() > COUNTER_STOP {
                return Ok(None);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(fs::read_to_string(&self.output).ok().map(|table| sum(&table, self.calls)))
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        // Killed, it leaves the server running: the system detaches it.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// What is needed of `/proc/PID/stat`.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    parent: u32,
    ticks: u64,
}

impl Stat {
    fn read(pid: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// The name in parentheses may hold anything, so that fields are counted behind its end.
    fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_ascii_whitespace().collect();
        // Fields 14 to 17 of the manual: user and system time, own and of children that were waited for.
        let ticks = fields.get(11..15)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum();
        Some(Self { parent: fields.get(1)?.parse().ok()?, ticks })
    }
}

fn of_ticks(ticks: u64) -> Duration {
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    Duration::from_millis(ticks.saturating_mul(1000) / per_second)
}

fn written(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/io")).ok()?;
    value_of(&text, "write_bytes:")
}

fn proportional(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    Some(value_of(&text, "Pss:")? * 1024)
}

fn value_of(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

/// All of the line but idle and waiting for the disk; guests are counted within users.
fn busy_ticks(line: &str) -> u64 {
    const COUNTED: [bool; 8] = [true, true, true, false, false, true, true, true];
    let fields = line.split_ascii_whitespace().skip(1).filter_map(|field| field.parse::<u64>().ok());
    fields.zip(COUNTED).filter(|(_, counted)| *counted).map(|(ticks, _)| ticks).sum()
}

/// Sum of the counter's table: a name and a number a line, headings and the total apart. No calls leave no table.
fn sum(table: &str, calls: &[&str]) -> u64 {
    let rows = table.lines().filter_map(|line| line.split_once(char::is_whitespace));
    rows.filter(|(name, _)| calls.contains(name)).filter_map(|(_, number)| number.trim().parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_read_whatever_its_name() {
        let line = "42 (a ) b) S 7 42 42 0 -1 4194560 1 2 3 4 100 20 3 1 20 0 5 0 9 1 2 3";
        assert_eq!(Stat::parse(line), Some(Stat { parent: 7, ticks: 124 }));
        assert_eq!(Stat::parse("42 (cut"), None);
    }

    #[test]
    fn values_are_found_by_name() {
        assert_eq!(value_of("Rss:  10 kB\nPss:   7 kB\nPss_Anon: 1 kB\n", "Pss:"), Some(7));
        assert_eq!(value_of("rchar: 1\n", "write_bytes:"), None);
    }

    #[test]
    fn what_others_use_leaves_idle_out() {
        assert_eq!(busy_ticks("cpu  1 20 300 4000 50000 600000 7000000 80000000 9 9"), 87_600_321);
    }

    #[test]
    fn calls_are_summed_without_the_total() {
        let table = "syscall              calls\n---------------- ---------\nfdatasync               12\n\
                     fsync                    3\n---------------- ---------\ntotal                   15\n";
        assert_eq!(sum(table, &["fsync", "fdatasync"]), 15);
        assert_eq!(sum("", &["fsync"]), 0);
    }

    #[test]
    fn we_are_in_our_own_tree() {
        let pid = std::process::id();
        assert_eq!(tree(pid).first(), Some(&pid));
        assert!(memory(pid) > 0);
    }
}
