//! What reports need and the tracks cannot tell: noted once a minute as a line of `DIR/statistics/YYYY-MM-DD.jsonl`.
//!
//! A line is written without a sync: these are figures, not promises. After a crash the last minute may be missing, and
//! reports say so.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use phytohub_alert::Bucket;
use phytohub_model::{Day, Level, Timestamp};
use phytohub_operate::Span;
use phytohub_operate::layout::Layout;
use phytohub_report::{Asked, Counts, Minute, MinuteOf, Observed};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::clock;
use crate::hub::Hub;
use crate::validate::{Broken, Judgement};

/// How often the counters are looked at: peaks are those of a second.
const TICK: Duration = Duration::from_secs(1);

/// When the counters were not looked at for longer than this, the process was stopped or the machine slept: it did not
/// serve then.
const STOOD_STILL: Duration = Duration::from_secs(5);

/// Counts by member since they were last taken. Only on the way of what is judged or refused.
#[derive(Debug, Default)]
pub(crate) struct Tallies {
    refused: Tally,
    refused_rules: Tally,
    judged: Tally,
    findings: Tally,
}

/// Counts by member and what is counted. There are no more keys than members times reasons, rules or verdicts.
#[derive(Debug, Default)]
struct Tally(DashMap<(String, String), u64>);

impl Tally {
    fn count(&self, member: &str, what: &str) {
        *self.0.entry((member.to_owned(), what.to_owned())).or_default() += 1;
    }

    fn take(&self) -> Counts {
        let mut counts = Counts::new();
        // What is counted while this goes on is taken now or the next time.
        self.0.retain(|(member, what), count| {
            *counts.entry(member.clone()).or_default().entry(what.clone()).or_default() += *count;
            false
        });
        counts
    }
}

impl Tallies {
    /// A delivery was not accepted.
    pub(crate) fn refused(&self, from: &str, reason: &str) {
        self.refused.count(from, reason);
    }

    /// A delivery was not accepted for the severe rules that it breaks.
    pub(crate) fn refused_for(&self, from: &str, judgement: &Judgement) {
        let severe = judgement.broken.iter().filter(|broken| broken.level == Level::Severe);
        severe.for_each(|broken| self.refused_rules.count(from, &broken.rule));
    }

    /// A delivery was judged.
    pub(crate) fn judged(&self, from: &str, judgement: &Judgement) {
        self.judged.count(from, &judgement.outcome);
        judgement.broken.iter().for_each(|Broken { rule, .. }| self.findings.count(from, rule));
    }
}

/// Notes a minute after the other, as long as the hub runs.
pub(crate) struct Recorder {
    hub: Arc<Hub>,
    folder: PathBuf,
    keep: Span,
    minute: MinuteOf,
    /// When the counters were last looked at.
    looked: Timestamp,
    up: Duration,
    peak: u64,
    /// Counters at the begin of the minute, and at the last look.
    accepted: u64,
    accepted_at_look: u64,
    finished: u64,
    commits: Vec<Bucket>,
}

impl Recorder {
    /// One that begins now.
    pub(crate) fn new(hub: Arc<Hub>, layout: &Layout) -> Self {
        let now = clock::now();
        let keep = hub.config.report.keep_statistics;
        let folder = layout.statistics();
        Self {
            hub,
            folder,
            keep,
            minute: MinuteOf::of(now),
            looked: now,
            up: Duration::ZERO,
            peak: 0,
            accepted: 0,
            accepted_at_look: 0,
            finished: 0,
            commits: Vec::new(),
        }
    }

    /// Notes until the hub is told to stop. What is done after that is noted by [`Self::finish`].
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) -> Self {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut pruned = None;
        while !*stop.borrow() {
            tokio::select! {
                _ = stop.changed() => break,
                _ = ticks.tick() => {}
            }
            let now = clock::now();
            let Some(line) = self.look(now) else { continue };
            let (folder, keep) = (self.folder.clone(), self.keep);
            let prune = (pruned != Some(Day::of(now))).then_some(now);
            pruned = Some(Day::of(now));
            // Its answer is awaited, so that lines keep their order; a panic in it would be told by the runtime.
            let written = tokio::task::spawn_blocking(move || {
                write(&folder, &line);
                prune.into_iter().for_each(|now| drop_old(&folder, now, keep));
            });
            drop(written.await);
        }
        self
    }

    /// Notes the last, shorter minute of a hub that has stopped.
    pub(crate) fn finish(mut self) {
        let now = clock::now();
        if let Some(line) = self.look(now) {
            write(&self.folder, &line);
        }
        let line = self.line();
        write(&self.folder, &line);
    }

    /// Looks at the counters; the line of the minute before when a new one has begun.
    fn look(&mut self, now: Timestamp) -> Option<Minute> {
        let since = now.since(self.looked);
        let accepted = self.hub.metrics.accepted_total();
        let seconds = since.as_secs_f64().max(TICK.as_secs_f64());
        let rate = (accepted - self.accepted_at_look) as f64 / seconds;
        self.peak = self.peak.max(rate.ceil() as u64);
        self.accepted_at_look = accepted;
        let served = since <= STOOD_STILL;
        let minute = MinuteOf::of(now);
        let mut line = None;
        if minute == self.minute {
            self.up += if served { since } else { Duration::ZERO };
        } else {
            let begin = minute.start();
            self.up += if served { begin.since(self.looked) } else { Duration::ZERO };
            line = Some(self.line());
            self.minute = minute;
            self.up = if served { now.since(begin.max(self.looked)) } else { Duration::ZERO };
        }
        self.looked = now;
        line
    }

    /// The line of the minute, whose counts begin anew.
    fn line(&mut self) -> Minute {
        let metrics = &self.hub.metrics;
        let finished = metrics.finished_total();
        let commits = metrics.commits();
        let commit_p99_us = p99_us(&self.commits, &commits);
        self.commits = commits;
        let up = self.up.as_millis().div_ceil(1000).min(60);
        let line = Minute {
            minute: self.minute.to_string(),
            up: u8::try_from(up).unwrap_or(60),
            accepted: self.accepted_at_look - self.accepted,
            finished: finished - self.finished,
            peak: self.peak,
            pending: metrics.pending_total(),
            commit_p99_us,
            journal_bytes: metrics.segments_total().saturating_mul(self.hub.config.journal.segment.0),
            refused: metrics.tallies.refused.take(),
            refused_rules: metrics.tallies.refused_rules.take(),
            judged: metrics.tallies.judged.take(),
            findings: metrics.tallies.findings.take(),
        };
        (self.accepted, self.finished, self.peak) = (self.accepted_at_look, finished, 0);
        line
    }
}

/// The span in microseconds that 99 of 100 commits between two looks did not exceed, as exact as the buckets are; 0
/// when there were none.
pub(crate) fn p99_us(before: &[Bucket], now: &[Bucket]) -> u64 {
    let counts = || {
        let earlier = before.iter().map(|bucket| bucket.count).chain(std::iter::repeat(0));
        now.iter().zip(earlier).map(|(bucket, earlier)| (bucket.seconds, bucket.count.saturating_sub(earlier)))
    };
    let wanted = counts().map(|(_, count)| count).sum::<u64>() as f64 * 0.99;
    let mut below = 0;
    let found = counts().find(|(_, count)| {
        below += count;
        below > 0 && below as f64 >= wanted
    });
    found.map_or(0, |(seconds, _)| (seconds * 1e6).round() as u64)
}

/// Adds a line to its day's file. When that fails, as on a full disk, the minute is missing and the log says so.
fn write(folder: &Path, line: &Minute) {
    let file = folder.join(format!("{}.jsonl", line.minute.get(..10).unwrap_or_default()));
    let written = serde_json::to_string(line).map_err(io::Error::from).and_then(|text| {
        fs::create_dir_all(folder)?;
        let mut handle = OpenOptions::new().create(true).append(true).open(&file)?;
        // In one piece, and on a line of its own even behind one that a crash tore.
        handle.write_all(format!("{}{text}\n", if is_torn(&file) { "\n" } else { "" }).as_bytes())
    });
    if let Err(error) = written {
        tracing::warn!(target: "phytohub::statistics", file = %file.display(), %error, "a minute is not noted");
    }
}

/// Whether a file ends in the middle of a line.
fn is_torn(file: &Path) -> bool {
    use std::io::{Read, Seek, SeekFrom};
    let mut last = [0];
    let read = fs::File::open(file).and_then(|mut file| {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)
    });
    read.is_ok() && last != *b"\n"
}

/// The files of the statistics, by their day.
fn files(folder: &Path) -> io::Result<BTreeMap<Day, PathBuf>> {
    let mut files = BTreeMap::new();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(files),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".jsonl"));
        if let Some(day) = name.and_then(|name| name.parse().ok()) {
            files.insert(day, path);
        }
    }
    Ok(files)
}

fn drop_old(folder: &Path, now: Timestamp, keep: Span) {
    let oldest = Day::of(Timestamp(now.0.saturating_sub(u64::try_from(keep.0.as_millis()).unwrap_or(u64::MAX))));
    for (_, file) in files(folder).unwrap_or_default().range(..oldest) {
        if let Err(error) = fs::remove_file(file) {
            tracing::warn!(target: "phytohub::statistics", file = %file.display(), %error, "it stays");
        }
    }
}

/// Reads what was noted of a period and the one before it.
///
/// # Errors
/// A sentence that names the file.
pub(crate) fn read(layout: &Layout, asked: &Asked) -> Result<Observed, String> {
    let folder = layout.statistics();
    let files = files(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut observed = Observed::default();
    let each = |file: &Path, note: &mut dyn FnMut(&str) -> bool| {
        let complain = |error: io::Error| format!("{}: {error}", file.display());
        for line in BufReader::new(fs::File::open(file).map_err(complain)?).split(b'\n') {
            // What is no text cannot be read as a line, and is counted as such.
            if !note(&String::from_utf8_lossy(&line.map_err(complain)?)) {
                break;
            }
        }
        Ok::<(), String>(())
    };
    if let Some(file) = files.values().next() {
        each(file, &mut |line| !observed.begin(line))?;
    }
    for file in files.range(asked.previous_from()..=asked.to).map(|(_, file)| file) {
        each(file, &mut |line| {
            observed.add(line, asked);
            true
        })?;
    }
    Ok(observed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(text: &str, accepted: u64) -> Minute {
        Minute { minute: text.to_owned(), up: 60, accepted, ..Minute::default() }
    }

    #[test]
    fn lines_go_to_the_file_of_their_day_and_old_files_go() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        let folder = layout.statistics();
        for (line, accepted) in [("2026-10-31T10:00Z", 1), ("2026-11-24T23:59Z", 2), ("2026-11-25T00:00Z", 4)] {
            write(&folder, &minute(line, accepted));
        }
        fs::write(folder.join("notes.txt"), "not ours").unwrap();
        // A crash in the middle of a line: the next line is whole.
        let torn = folder.join("2026-11-25.jsonl");
        let mut handle = OpenOptions::new().append(true).open(&torn).unwrap();
        handle.write_all(b"{\"minute\":\"2026-11-25T00:0").unwrap();
        write(&folder, &minute("2026-11-25T00:02Z", 8));
        let now = "2026-11-26".parse::<Day>().unwrap().start();
        let asked = Asked::new("2026-11-25", "2026-11-25", now).unwrap();
        let observed = read(&layout, &asked).unwrap();
        assert_eq!(observed.began.unwrap().to_string(), "2026-10-31T10:00Z");
        assert_eq!((observed.unreadable, observed.accepted_on(asked.from)), (1, 12));
        drop_old(&folder, now, Span::seconds(10 * 86_400));
        let left: Vec<String> = files(&folder).unwrap().keys().map(Day::to_string).collect();
        assert_eq!(left, ["2026-11-24", "2026-11-25"]);
        assert!(folder.join("notes.txt").exists());
    }

    #[test]
    fn no_statistics_are_none_and_no_error() {
        let dir = tempfile::tempdir().unwrap();
        let now = "2026-11-26".parse::<Day>().unwrap().start();
        let asked = Asked::new("2026-11-25", "2026-11-25", now).unwrap();
        assert_eq!(read(&Layout::new(dir.path()), &asked), Ok(Observed::default()));
    }

    #[test]
    fn counts_are_taken_once() {
        let tallies = Tallies::default();
        tallies.refused("KE", "invalid");
        tallies.refused("KE", "invalid");
        assert_eq!(tallies.refused.take()["KE"]["invalid"], 2);
        assert!(tallies.refused.take().is_empty());
    }

    #[test]
    fn commits_are_those_of_the_minute() {
        let buckets = |counts: [u64; 3]| {
            let seconds = [0.001, 0.002, 0.004];
            counts.into_iter().zip(seconds).map(|(count, seconds)| Bucket { seconds, count }).collect::<Vec<_>>()
        };
        assert_eq!(p99_us(&[], &buckets([0, 0, 0])), 0);
        assert_eq!(p99_us(&[], &buckets([99, 0, 1])), 1000);
        assert_eq!(p99_us(&buckets([99, 0, 1]), &buckets([99, 5, 1])), 2000);
        assert_eq!(p99_us(&buckets([99, 0, 1]), &buckets([99, 0, 1])), 0);
    }
}
