//! Rules that speak of a pace or a habit: what they remember, and what they say.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::conditions::{Condition, Verdict, above, bytes_text, span_text};
use crate::observation::{Bucket, DiskSeen, MemberSeen, Observation};
use crate::rules::{COMMITS_AT_LEAST, RuleId};
use crate::settings::AlertSettings;

/// Values over the last while, thinned out.
#[derive(Debug)]
struct Window<T> {
    /// Each with the time the process had run.
    values: VecDeque<(Duration, T)>,
    span: Duration,
    /// Values that follow closer than this on the one before are left out.
    step: Duration,
}

impl<T> Window<T> {
    fn new(span: Duration, step: Duration) -> Self {
        Self { values: VecDeque::new(), span, step }
    }

    /// Takes a value; one that is just older than the span stays as the base of differences.
    fn push(&mut self, at: Duration, value: T) {
        if self.values.back().is_some_and(|(last, _)| at < *last + self.step) {
            return;
        }
        self.values.push_back((at, value));
        while self.values.get(1).is_some_and(|(second, _)| at.saturating_sub(*second) >= self.span) {
            self.values.pop_front();
        }
    }

    fn oldest(&self) -> Option<&(Duration, T)> {
        self.values.front()
    }

    fn covers(&self, at: Duration) -> Duration {
        self.oldest().map_or(Duration::ZERO, |(oldest, _)| at.saturating_sub(*oldest))
    }

    fn is_full(&self, at: Duration) -> bool {
        self.covers(at) >= self.span
    }
}

const MINUTE: Duration = Duration::from_secs(60);
const HOUR_MILLIS: u64 = 3_600_000;

/// The disk's pace.
const DISK_SPAN: Duration = Duration::from_secs(3600);
/// A pace of less than this is not known: segment files come in steps.
const DISK_SPAN_MIN: Duration = Duration::from_secs(1800);
const COMMIT_SPAN: Duration = Duration::from_secs(300);
const REFUSALS_SPAN: Duration = Duration::from_secs(900);
/// A member that fetched in so many different hours does it regularly.
const HABIT_HOURS: u32 = 10;

/// A member's habit of fetching, kept over restarts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Habit {
    /// When it last fetched, in milliseconds since 1970.
    pub(crate) last: u64,
    /// In how many different hours it fetched.
    pub(crate) hours: u32,
}

impl Habit {
    pub(crate) fn is_regular(self) -> bool {
        self.hours >= HABIT_HOURS
    }
}

/// What is remembered.
#[derive(Debug)]
pub(crate) struct Windows {
    disk: Window<u64>,
    commits: Window<Vec<Bucket>>,
    senders: BTreeMap<String, Window<(u64, u64)>>,
    pub(crate) habits: BTreeMap<String, Habit>,
}

impl Windows {
    pub(crate) fn new(habits: BTreeMap<String, Habit>) -> Self {
        Self {
            disk: Window::new(DISK_SPAN, MINUTE),
            commits: Window::new(COMMIT_SPAN, MINUTE / 4),
            senders: BTreeMap::new(),
            habits,
        }
    }

    /// Takes an observation in and says what follows from it and those before.
    pub(crate) fn observe(&mut self, seen: &Observation, settings: &AlertSettings) -> Vec<Condition> {
        let codes = |code: &String| seen.members.iter().any(|member| member.code == *code && member.active);
        self.senders.retain(|code, _| codes(code));
        self.habits.retain(|code, _| codes(code));
        let mut all = vec![self.disk(seen.running, seen.disk, settings)];
        all.push(self.commits(seen, settings));
        for member in seen.members.iter().filter(|member| member.active) {
            all.push(self.refusals(seen.running, member, settings));
            all.extend(self.silence(seen, member, settings));
        }
        all
    }

    fn disk(&mut self, at: Duration, disk: DiskSeen, settings: &AlertSettings) -> Condition {
        self.disk.push(at, disk.free_bytes);
        let free = bytes_text(disk.free_bytes);
        let condition = |verdict, text| Condition::new(RuleId::DiskFilling, "", verdict, text);
        if self.disk.covers(at) < DISK_SPAN_MIN {
            return condition(Verdict::Unsure, format!("{free} are free on the disk; its pace is not known yet"));
        }
        let shrinks = -slope(self.disk.values.iter().map(|(at, free)| (at.as_secs_f64(), *free as f64)));
        let left = disk.free_bytes.saturating_sub(disk.low_water_bytes) as f64;
        let within = settings.disk_full_within.0.as_secs_f64();
        if shrinks <= 0.0 || left / shrinks > within * 100.0 {
            return condition(Verdict::Fine, format!("{free} are free on the disk, and stay so"));
        }
        let seconds = left / shrinks;
        let full = span_text(Duration::from_secs_f64(seconds));
        let text =
            format!("{free} are free on the disk; at the pace of the last hour deliveries are refused in {full}");
        // The sooner the worse, so the other way round than all else.
        condition(above(within / seconds.max(1.0), 1.0), text)
    }

    fn commits(&mut self, seen: &Observation, settings: &AlertSettings) -> Condition {
        let base = self.commits.oldest().map(|(_, buckets)| buckets.clone()).unwrap_or_default();
        let since: Vec<Bucket> = seen
            .commits
            .iter()
            .enumerate()
            .map(|(index, bucket)| {
                let before = base.get(index).map_or(0, |bucket| bucket.count);
                Bucket { seconds: bucket.seconds, count: bucket.count.saturating_sub(before) }
            })
            .collect();
        self.commits.push(seen.running, seen.commits.clone());
        let condition = |verdict, text: &str| Condition::new(RuleId::CommitSlow, "", verdict, text.to_owned());
        if since.iter().map(|bucket| bucket.count).sum::<u64>() < COMMITS_AT_LEAST {
            let verdict = if self.commits.is_full(seen.running) { Verdict::Fine } else { Verdict::Unsure };
            return condition(verdict, "Few batches were written in the last 5 minutes");
        }
        let slowest = quantile(&since, 0.99);
        let text = format!(
            "One batch in a hundred took {:.0} ms or longer to be durable in the last 5 minutes",
            slowest * 1000.0
        );
        condition(above(slowest, settings.commit_p99.0.as_secs_f64()), &text)
    }

    fn refusals(&mut self, at: Duration, member: &MemberSeen, settings: &AlertSettings) -> Condition {
        let window = self.senders.entry(member.code.clone()).or_insert_with(|| {
            let mut window = Window::new(REFUSALS_SPAN, MINUTE);
            // The process counts from nothing.
            if at < REFUSALS_SPAN {
                window.push(Duration::ZERO, (0, 0));
            }
            window
        });
        window.push(at, (member.accepted, member.refused));
        let (accepted, refused) = window.oldest().map_or((0, 0), |(_, counts)| *counts);
        let (accepted, refused) = (member.accepted.saturating_sub(accepted), member.refused.saturating_sub(refused));
        let all = accepted + refused;
        let text = format!("{refused} of {all} deliveries of {} were refused in the last 15 minutes", member.code);
        let verdict = match all >= settings.refused_at_least {
            true => above(refused as f64 * 100.0 / all as f64, f64::from(settings.refused_percent)),
            false if window.is_full(at) => Verdict::Fine,
            false => Verdict::Unsure,
        };
        Condition::new(RuleId::Refusals, &member.code, verdict, text)
    }

    /// Only time in which it could have called counts: not that before this process began.
    fn silence(&mut self, seen: &Observation, member: &MemberSeen, settings: &AlertSettings) -> Option<Condition> {
        if !member.fetches {
            self.habits.remove(&member.code);
            return None;
        }
        let habit = self.habits.entry(member.code.clone()).or_default();
        if let Some(last) = member.last_fetch.map(|last| last.0).filter(|last| *last > habit.last) {
            habit.hours = habit.hours.saturating_add(u32::from(last / HOUR_MILLIS != habit.last / HOUR_MILLIS));
            habit.last = last;
        }
        let quiet = seen.at.since(phytohub_model::Timestamp(habit.last));
        let silent = settings.member_silent.0;
        let verdict = match habit.is_regular() {
            true if quiet < silent => Verdict::Fine,
            true if seen.running >= silent => Verdict::Breach(1),
            _ => Verdict::Unsure,
        };
        let text = match habit.last {
            0 => format!("{} has not fetched yet", member.code),
            _ => format!("{} last fetched {} ago", member.code, span_text(quiet)),
        };
        Some(Condition::new(RuleId::MemberSilent, &member.code, verdict, text))
    }
}

/// Slope of the line through the points, by least squares; 0 for fewer than two.
fn slope(points: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let count = points.clone().count() as f64;
    if count < 2.0 {
        return 0.0;
    }
    let (x, y) = points.clone().fold((0.0, 0.0), |(sx, sy), (x, y)| (sx + x / count, sy + y / count));
    let (over, under) =
        points.fold((0.0, 0.0), |(over, under), (px, py)| (over + (px - x) * (py - y), under + (px - x) * (px - x)));
    if under > 0.0 { over / under } else { 0.0 }
}

/// The value that a share of all stays below, evenly spread within its bucket; what lies above the last bound counts as
/// that bound.
pub(crate) fn quantile(buckets: &[Bucket], share: f64) -> f64 {
    let all: u64 = buckets.iter().map(|bucket| bucket.count).sum();
    let wanted = all as f64 * share;
    let (mut below, mut lower) = (0.0, 0.0);
    for bucket in buckets {
        let count = bucket.count as f64;
        if count > 0.0 && below + count >= wanted {
            if !bucket.seconds.is_finite() {
                return lower;
            }
            return lower + (bucket.seconds - lower) * (wanted - below) / count;
        }
        below += count;
        lower = bucket.seconds;
    }
    lower
}
