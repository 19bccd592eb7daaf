//! What goes wrong: when, what exactly, and what of it explains that a hub ends or refuses to start.

use std::path::PathBuf;

use phytohub_journal::fake::Faults;

use crate::disk::SimDisk;
use crate::hub::shard_dir;
use crate::mutation::Mutation;
use crate::oracle::{Guarantee, Verdict, broken};
use crate::plan::FaultKind;
use crate::random::Random;
use crate::world::{Event, World};

/// What is wrong just now.
#[derive(Default)]
pub(crate) struct Harm {
    capacity: Option<u64>,
    /// Milliseconds that each operation of the disk takes.
    slow: u64,
    cold: bool,
    crash_at: Option<u64>,
    error_at: Option<u64>,
    /// Bits that were flipped where they lie: file, place, mask and the byte that is there since.
    flips: Vec<(PathBuf, usize, u8, u8)>,
    storm: bool,
    full_until: Option<u64>,
    /// The last moment at which disk or network were not as usual.
    troubled_until: u64,
}

/// Space for new files on a disk without bounds.
const PLENTY: u64 = 1 << 40;
/// Operations of the disk within which an armed fault strikes.
const SOON: u64 = 40;
/// Operations of a start within which power goes.
const IN_START: u64 = 90;

impl Harm {
    /// Sets the disk's faults as they are now.
    fn arm(&mut self, disk: &SimDisk) {
        let done = disk.fake().operations();
        let later = |at: Option<u64>| at.and_then(|at| at.checked_sub(done));
        (self.crash_at, self.error_at) = (later(self.crash_at), later(self.error_at));
        disk.set_faults(Faults {
            crash_at: self.crash_at,
            error_at: self.error_at,
            capacity_bytes: self.capacity,
            nothing_cached: self.cold,
            ..Faults::default()
        });
    }

    /// The disk is another one, or the process is.
    fn rearm(&mut self, disk: &SimDisk) {
        (self.crash_at, self.error_at) = (None, None);
        self.arm(disk);
    }

    pub(crate) fn free_bytes(&self, disk: &SimDisk) -> u64 {
        self.capacity.map_or(PLENTY, |capacity| capacity.saturating_sub(disk.fake().bytes()))
    }

    /// How long so many operations take.
    pub(crate) fn cost(&self, operations: u64, random: &mut Random) -> u64 {
        (0..operations.min(200)).map(|_| random.below(self.slow + 1)).sum::<u64>() + random.below(2)
    }

    /// Whether the hub may end with this sentence: its disk did something, or a segment that it names is damaged.
    pub(crate) fn explains(&self, error: &str) -> bool {
        error.contains("injected") || self.names_flip(error)
    }

    /// Whether the sentence names a segment with a flipped bit, and a place in it.
    fn names_flip(&self, error: &str) -> bool {
        error.contains("offset") && self.flips.iter().any(|(path, ..)| names(error, path))
    }

    pub(crate) fn is_damaged(&self) -> bool {
        !self.flips.is_empty()
    }

    pub(crate) fn was_full_since(&self, since: u64) -> bool {
        self.capacity.is_some() || self.full_until.is_some_and(|until| until >= since)
    }

    /// Patience that a slow disk asks for, in milliseconds.
    pub(crate) fn slowness(&self, now: u64) -> u64 {
        if self.is_calm_for(now, 30_000) { 0 } else { 600_000 }
    }

    pub(crate) fn is_calm_for(&self, now: u64, within: u64) -> bool {
        self.slow == 0 && self.capacity.is_none() && !self.storm && self.troubled_until + within <= now
    }
}

/// Whether a sentence names this segment.
pub(crate) fn names(error: &str, path: &std::path::Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let id = name.trim_end_matches(".used").trim_start_matches('0');
    error.contains(name) || error.contains(&format!("segment {id} ")) || error.contains(&format!("segment {id},"))
}

impl World {
    /// Something goes wrong.
    pub(crate) fn fault(&mut self) -> Verdict {
        if self.draining {
            return Ok(());
        }
        let pause = self.random.around(self.plan.faults_every).max(1);
        self.after(pause, Event::Fault);
        let kind = *self.random.pick(&self.plan.faults);
        if self.hub.is_none() && kind != FaultKind::ClockStep {
            return Ok(());
        }
        self.trace.borrow_mut().fault(name(kind));
        self.say(format_args!("fault: {}", name(kind)));
        let now = self.clock.steady();
        match kind {
            FaultKind::PowerLoss => return self.crash_with(true),
            FaultKind::Kill => return self.crash_with(false),
            FaultKind::PowerLossInWrite => {
                self.harm.crash_at = Some(self.disk.fake().operations() + self.random.below(SOON));
                self.harm.arm(&self.disk);
            }
            FaultKind::DiskError => {
                self.harm.error_at = Some(self.disk.fake().operations() + self.random.below(SOON));
                self.harm.arm(&self.disk);
            }
            FaultKind::DiskFull => {
                self.harm.capacity = Some(self.disk.fake().bytes() + self.random.below(100_000));
                self.harm.arm(&self.disk);
                self.heal_later(kind, 2000, 12_000);
            }
            FaultKind::SlowDisk => {
                self.harm.slow = self.random.between(2, 40);
                self.heal_later(kind, 2000, 12_000);
            }
            FaultKind::ColdCache => {
                self.harm.cold = !self.harm.cold;
                self.harm.arm(&self.disk);
            }
            FaultKind::ClockStep => self.step_clock(),
            FaultKind::Flip => {
                self.flip();
                self.heal_later(kind, 500, 8000);
            }
            FaultKind::FlipAtRest => {
                let crashes = self.trace.borrow().counts.crashes;
                self.stop()?;
                // What was stopped in order has marks behind its last records: damage to them is no torn tail.
                let in_order = self.trace.borrow().counts.crashes == crashes;
                if self.hub.is_none() && in_order && !self.harm.is_damaged() {
                    self.flips_at_rest()?;
                }
                self.start_later();
            }
            FaultKind::Restart => {
                self.stop()?;
                self.start_later();
            }
            FaultKind::Storm => {
                self.harm.storm = true;
                self.network.set(self.random.between(200, 600));
                self.heal_later(kind, 1000, 10_000);
            }
        }
        self.harm.troubled_until = now;
        Ok(())
    }

    fn heal_later(&mut self, kind: FaultKind, least: u64, most: u64) {
        let within = self.random.between(least, most);
        self.after(within, Event::Heal(kind));
    }

    /// What a fault began ends.
    pub(crate) fn heal(&mut self, kind: FaultKind) -> Verdict {
        let now = self.clock.steady();
        match kind {
            FaultKind::DiskFull => {
                self.harm.full_until = Some(now);
                self.harm.capacity = None;
                self.harm.arm(&self.disk);
            }
            FaultKind::SlowDisk => self.harm.slow = 0,
            FaultKind::Storm => {
                self.harm.storm = false;
                self.network.set(self.plan.loss);
            }
            FaultKind::Flip => self.restore(),
            _ => {}
        }
        self.harm.troubled_until = now;
        self.say(format_args!("no more: {}", name(kind)));
        Ok(())
    }

    /// Nothing is wrong any more.
    pub(crate) fn heal_all(&mut self) {
        self.restore();
        self.harm = Harm { full_until: Some(self.clock.steady()), ..Harm::default() };
        self.harm.rearm(&self.disk);
        self.network.set(0);
    }

    fn step_clock(&mut self) {
        let expire = self.plan.core.expire_after.as_millis() as u64;
        let by = match self.random.below(6) {
            0 | 1 => self.random.between(1, 5000) as i64,
            2 => self.random.between(5000, 120_000) as i64,
            3 => (expire + self.random.below(60_000)) as i64,
            4 => -(self.random.between(1, 5000) as i64),
            _ => -(self.random.between(5000, 120_000) as i64),
        };
        self.clock.step(by);
        self.say(format_args!("the clock is set by {by} ms"));
    }

    /// A bit of a sealed segment flips. In the segment that is written to, damage and the torn tail of a last batch
    /// look the same until the next batch says that it was synced, so only what rests is damaged here.
    fn flip(&mut self) {
        let Some(hub) = &self.hub else { return };
        let mut places = Vec::new();
        for (shard, process) in hub.shards.iter().enumerate() {
            for segment in process.owner.log().segments().iter().filter(|segment| segment.sealed) {
                places.push((shard_dir(shard).join(format!("{:010}.used", segment.id)), segment.bytes_used));
            }
        }
        if places.is_empty() {
            return;
        }
        let (path, used) = self.random.pick(&places).clone();
        let place = self.random.below(u64::from(used)) as usize;
        let mask = 1 << self.random.below(8);
        let byte = self.disk.fake().contents(&path).ok().and_then(|bytes| bytes.get(place).copied());
        if let Some(byte) = byte
            && self.disk.fake().flip(&path, place, mask).is_ok()
        {
            self.say(format_args!("a bit flips in {} at {place}", path.display()));
            self.harm.flips.push((path, place, mask, byte ^ mask));
        }
    }

    /// The damaged segments are restored from a copy, where the damage is still there.
    fn restore(&mut self) {
        for (path, place, mask, byte) in std::mem::take(&mut self.harm.flips) {
            let now = self.disk.fake().contents(&path).ok().and_then(|bytes| bytes.get(place).copied());
            if now == Some(byte) && self.disk.fake().flip(&path, place, mask).is_ok() {
                self.say(format_args!("{} is restored", path.display()));
            }
        }
    }

    /// The hub is no more: power is lost, or only the process.
    pub(crate) fn crash(&mut self) -> Verdict {
        let power = self.random.percent(50);
        self.crash_with(power)
    }

    fn crash_with(&mut self, power: bool) -> Verdict {
        self.hub = None;
        self.lives += 1;
        self.trace.borrow_mut().counts.crashes += 1;
        self.lose(power);
        self.start_later();
        Ok(())
    }

    fn lose(&mut self, power: bool) {
        // A disk whose power is off has lost what it had to lose.
        if power || self.disk.fake().is_off() {
            let seed = self.random.number();
            self.disk = self.disk.crash(seed);
            self.say("power is lost");
        } else {
            self.disk.restart();
            self.say("the process is gone");
        }
        self.harm.rearm(&self.disk);
    }

    pub(crate) fn start_later(&mut self) {
        let within = self.random.between(5, 1500);
        self.after(within, Event::Start);
    }

    /// A start may be cut off, too.
    pub(crate) fn arm_start(&mut self) {
        let knows = |kind| self.plan.faults.contains(&kind) && !self.draining;
        let (crashes, fails) = (knows(FaultKind::PowerLossInWrite), knows(FaultKind::DiskError));
        self.harm.crash_at = (crashes && self.random.percent(40)).then(|| self.random.below(IN_START));
        self.harm.error_at = (fails && self.random.percent(20)).then(|| self.random.below(IN_START));
        self.disk.fake().set_faults(Faults::default());
        self.harm.arm(&self.disk);
    }

    pub(crate) fn disarm_start(&mut self) {
        self.harm.rearm(&self.disk);
    }

    /// After a start that did not go through: is there a reason, and what is done about it?
    pub(crate) fn survive_start(&mut self, error: &str) -> Verdict {
        if error.contains("injected") {
            let power = self.random.percent(50);
            self.lose(power);
            return Ok(());
        }
        if !self.harm.names_flip(error) {
            return broken(Guarantee::Lives, format!("the hub does not start without a fault of its disk: {error}"));
        }
        if self.mutation == Some(Mutation::DropDamagedSegments) {
            for (path, ..) in std::mem::take(&mut self.harm.flips) {
                // Gone already where it was reclaimed.
                let _ = phytohub_journal::Disk::remove(self.disk.fake(), &path);
            }
        }
        self.restore();
        Ok(())
    }
}

/// The name of a fault in counts and traces.
fn name(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::PowerLoss => "losses of power",
        FaultKind::PowerLossInWrite => "losses of power amid writes",
        FaultKind::Kill => "kills",
        FaultKind::DiskError => "disk errors",
        FaultKind::DiskFull => "full disks",
        FaultKind::SlowDisk => "slow disks",
        FaultKind::ColdCache => "changes of the cache",
        FaultKind::ClockStep => "steps of the clock",
        FaultKind::Flip => "flipped bits",
        FaultKind::FlipAtRest => "flips at rest",
        FaultKind::Restart => "restarts",
        FaultKind::Storm => "storms of the network",
    }
}
