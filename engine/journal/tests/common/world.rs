//! A log on a fake disk next to a plain list of what it was told, and the rules that must hold between them after every
//! kind of death.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use phytohub_journal::fake::{FakeDisk, Faults};
use phytohub_journal::{ContentState, Log, NoRoom, Settings, Stream};
use phytohub_model::{Fact, Locator};

use super::{accepted, acknowledged, content};

pub(crate) const DIR: &str = "/journal";
pub(crate) const SETTINGS: Settings = Settings { segment_bytes: 1 << 16, spare_segments: 2 };

/// What is done with a log. Numbers choose among what is there.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// Stages a record with so many bytes of content.
    Stage(Stream, usize),
    Commit,
    Mark,
    /// Erases the content of a committed record.
    Erase(usize),
    /// Writes again what is not erased in the oldest sealed segment, and releases it.
    Reclaim,
    Jobs,
    /// One job is begun and its outcome given back.
    Job,
}

/// The process has died: an operation failed in a way that demands it.
#[derive(Debug)]
pub(crate) struct Died;

#[derive(Clone)]
struct Record {
    stream: Stream,
    fact: Fact,
    content: Bytes,
    locator: Locator,
    committed: bool,
    erasing: bool,
}

/// A record as replay gave it.
pub(crate) type Replayed = (Fact, Locator, ContentState);

/// A log and what is expected of it.
pub(crate) struct World {
    pub(crate) disk: FakeDisk,
    log: Log<FakeDisk>,
    records: Vec<Record>,
    /// Segments that were released, by whether that is durable.
    releasing: BTreeSet<u32>,
    released: BTreeSet<u32>,
    next: u64,
}

/// What outlives the process.
pub(crate) struct Remains {
    records: Vec<Record>,
    releasing: BTreeSet<u32>,
    released: BTreeSet<u32>,
    next: u64,
}

/// Opens the log and gives what it replayed.
pub(crate) fn open(disk: &FakeDisk) -> Result<(Log<FakeDisk>, Vec<Replayed>), String> {
    let mut replayed = Vec::new();
    let record = |fact, locator, state| replayed.push((fact, locator, state));
    let log = Log::open(Arc::new(disk.clone()), Path::new(DIR), SETTINGS, record).map_err(|error| error.to_string())?;
    Ok((log, replayed))
}

/// Runs actions on a new disk with faults, as far as the process lives.
pub(crate) fn run(faults: Faults, actions: &[Action]) -> (FakeDisk, Remains) {
    let disk = FakeDisk::new();
    disk.set_faults(faults);
    let nothing = Remains { records: Vec::new(), releasing: BTreeSet::new(), released: BTreeSet::new(), next: 0 };
    let Ok((log, _)) = open(&disk) else { return (disk, nothing) };
    let mut world = World::new(disk.clone(), log, nothing);
    for action in actions {
        if world.act(action).is_err() {
            break;
        }
    }
    (disk, world.die())
}

impl Remains {
    /// Whether `replayed` is what a log may say after a death.
    pub(crate) fn check(&self, replayed: &[Replayed]) -> Result<(), String> {
        let positions: Vec<_> = replayed.iter().map(|(_, locator, _)| (locator.segment, locator.offset)).collect();
        if !positions.is_sorted() {
            return Err(format!("replayed out of order: {positions:?}"));
        }
        let mut seen = 0;
        for stream in [Stream::Hot, Stream::Cold] {
            seen += self.check_stream(stream, replayed)?;
        }
        if seen != replayed.len() {
            return Err(format!("{} records were replayed that nobody staged", replayed.len() - seen));
        }
        self.check_released(replayed)
    }

    /// What was committed is there, in order; behind it at most a run without gap of what was staged.
    fn check_stream(&self, stream: Stream, replayed: &[Replayed]) -> Result<usize, String> {
        let mut seen = 0;
        let mut gap = None;
        for record in self.records.iter().filter(|record| record.stream == stream) {
            let Some((fact, _, state)) = replayed.iter().find(|(_, locator, _)| *locator == record.locator) else {
                if record.committed && !self.releasing.contains(&record.locator.segment) {
                    return Err(format!("a committed record is lost: {:?}", record.locator));
                }
                if !record.committed {
                    gap = gap.or(Some(record.locator));
                }
                continue;
            };
            seen += 1;
            if let Some(gap) = gap {
                return Err(format!("{:?} was replayed behind the gap at {gap:?}", record.locator));
            }
            if *fact != record.fact {
                return Err(format!("another fact was replayed at {:?}", record.locator));
            }
            let intact = if record.content.is_empty() { ContentState::None } else { ContentState::Intact };
            if *state != intact && !record.erasing {
                return Err(format!("content of {:?} is {state:?}", record.locator));
            }
        }
        Ok(seen)
    }

    /// A released segment is there as a whole or not at all; not at all once its job is done.
    fn check_released(&self, replayed: &[Replayed]) -> Result<(), String> {
        for &segment in &self.releasing {
            let there = replayed.iter().filter(|(_, locator, _)| locator.segment == segment).count();
            let all = self.records.iter().filter(|record| record.locator.segment == segment).count();
            if there != 0 && (there != all || self.released.contains(&segment)) {
                return Err(format!("{there} of {all} records of the released segment {segment} came back"));
            }
        }
        Ok(())
    }

    /// What the next process goes on with: what was replayed, and nothing else.
    pub(crate) fn after(&self, replayed: &[Replayed]) -> Self {
        let mut records = self.records.clone();
        records.retain_mut(|record| {
            let found = replayed.iter().find(|(_, locator, _)| *locator == record.locator);
            record.committed = true;
            record.erasing |= found.is_some_and(|(_, _, state)| *state == ContentState::Erased);
            found.is_some()
        });
        Self { records, releasing: BTreeSet::new(), released: BTreeSet::new(), next: self.next }
    }
}

impl World {
    pub(crate) fn new(disk: FakeDisk, log: Log<FakeDisk>, remains: Remains) -> Self {
        let Remains { records, releasing, released, next } = remains;
        Self { disk, log, records, releasing, released, next }
    }

    /// Drops the process' memory.
    pub(crate) fn die(self) -> Remains {
        let Self { records, releasing, released, next, .. } = self;
        Remains { records, releasing, released, next }
    }

    pub(crate) fn act(&mut self, action: &Action) -> Result<(), Died> {
        match *action {
            Action::Stage(stream, length) => {
                self.stage(stream, None, length);
                Ok(())
            }
            Action::Commit => self.commit(),
            Action::Mark => self.log.mark_idle().map_err(|_| Died),
            Action::Erase(choice) => {
                self.erase(choice);
                Ok(())
            }
            Action::Reclaim => self.reclaim(),
            Action::Jobs => {
                self.log.run_jobs().map_err(|_| Died)?;
                self.released.clone_from(&self.releasing);
                Ok(())
            }
            Action::Job => match self.log.next_job() {
                Some(job) => self.log.finish_job(job.run()).map_err(|_| Died),
                None => Ok(()),
            },
        }
    }

    fn stage(&mut self, stream: Stream, survivor: Option<(Fact, Bytes)>, length: usize) -> bool {
        let (fact, content) = survivor.unwrap_or_else(|| {
            self.next += 1;
            let fact = if length == 0 { acknowledged(self.next) } else { accepted(self.next) };
            (fact, content(self.next as usize, length))
        });
        match self.log.stage(stream, &fact, &content) {
            Ok(locator) => {
                self.records.push(Record { stream, fact, content, locator, committed: false, erasing: false });
                true
            }
            Err(NoRoom::NoSpare) => false,
            Err(other) => panic!("{other}"),
        }
    }

    fn commit(&mut self) -> Result<(), Died> {
        self.log.commit().map_err(|_| Died)?;
        self.records.iter_mut().for_each(|record| record.committed = true);
        assert_eq!(self.log.staged_bytes(), 0);
        self.check_contents()
    }

    fn erase(&mut self, choice: usize) {
        let mut erasable: Vec<_> = self.records.iter_mut().filter(|record| record.committed).collect();
        if !erasable.is_empty() {
            let choice = choice % erasable.len();
            erasable[choice].erasing = true;
            self.log.erase(&[erasable[choice].locator]);
        }
    }

    fn reclaim(&mut self) -> Result<(), Died> {
        let sealed = self.log.segments().into_iter().find(|segment| segment.sealed);
        let Some(segment) = sealed else { return Ok(()) };
        let mut scanned = Vec::new();
        let mut from = Some(0);
        while let Some(offset) = from {
            from = self
                .log
                .scan(segment.id, offset, 3, |fact, locator| scanned.push((fact, locator)))
                .map_err(|_| Died)?;
        }
        let expected: Vec<_> =
            self.records.iter().filter(|record| record.locator.segment == segment.id).cloned().collect();
        assert_eq!(scanned, expected.iter().map(|record| (record.fact.clone(), record.locator)).collect::<Vec<_>>());
        for record in expected.iter().filter(|record| !record.erasing) {
            if !self.stage(record.stream, Some((record.fact.clone(), record.content.clone())), 0) {
                // No room to reclaim: what was staged twice is harmless.
                return self.commit();
            }
        }
        self.commit()?;
        self.log.release(segment.id);
        self.releasing.insert(segment.id);
        Ok(())
    }

    /// What is committed and kept can be read.
    fn check_contents(&self) -> Result<(), Died> {
        let reader = self.log.reader();
        for record in self.records.iter().filter(|record| !record.erasing && !record.content.is_empty()) {
            if self.releasing.contains(&record.locator.segment) {
                continue;
            }
            match reader.read(record.locator) {
                Ok(content) => assert_eq!(content, record.content),
                // The power is off already.
                Err(phytohub_journal::ReadError::Io(_)) => return Err(Died),
                Err(error) => panic!("{:?}: {error}", record.locator),
            }
        }
        Ok(())
    }
}
