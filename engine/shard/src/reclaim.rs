//! Reclaiming a segment: what is still needed of it is written again at the head of the log, in bounded steps between
//! batches, and then the segment is released.

use bytes::Bytes;
use phytohub_core::shard::{Shard, Survivor};
use phytohub_journal::{Disk, Durable, Log, NoRoom, Stream};
use phytohub_model::{Fact, Locator};

/// Records looked at in one step: a step must not delay the requests that wait for it by more than about a sync.
const RECORDS_PER_STEP: usize = 128;

/// Where the work stands.
#[derive(Default)]
pub(crate) struct Reclaim {
    current: Option<Current>,
}

struct Current {
    segment: u32,
    /// Offset from which the scan goes on; `None` when all is staged and waits for its commit.
    next: Option<u32>,
}

impl Reclaim {
    /// Whether there is work now.
    pub(crate) fn is_running(&self) -> bool {
        self.current.is_some()
    }

    /// Looks for a segment worth reclaiming.
    pub(crate) fn look<D: Disk>(&mut self, core: &Shard, log: &mut Log<D>) {
        if self.current.is_some() {
            return;
        }
        let sealed: Vec<(u32, u64)> = log
            .segments()
            .iter()
            .filter(|segment| segment.sealed)
            .map(|segment| (segment.id, u64::from(segment.bytes_used)))
            .collect();
        if let Some(segment) = core.reclaimable(&sealed) {
            self.current = Some(Current { segment, next: Some(0) });
        }
    }

    /// Stages the survivors of the next stretch.
    pub(crate) fn step<D: Disk>(&mut self, core: &mut Shard, log: &mut Log<D>) -> Result<(), String> {
        let Some(current) = &mut self.current else { return Ok(()) };
        let Some(from) = current.next else { return Ok(()) };
        if !log.room().takes_deliveries() && core.segment_use(current.segment).pending_bytes > 0 {
            // Copying contents needs room that acknowledgements may need more. Later.
            self.current = None;
            return Ok(());
        }
        let mut survivors: Vec<(Fact, Option<Locator>)> = Vec::new();
        current.next = log
            .scan(current.segment, from, RECORDS_PER_STEP, |fact, locator| match core.survivor(&fact, locator) {
                Survivor::Drop => {}
                Survivor::Copy => survivors.push((fact, Some(locator))),
                Survivor::Track(track) => survivors.push((Fact::Track(track), None)),
            })
            .map_err(|error| format!("segment {} cannot be reclaimed: {error}", current.segment))?;
        let reader = log.reader();
        for (fact, content) in survivors {
            let content = match content {
                Some(locator) => reader.read(locator).map_err(|error| format!("a waiting envelope: {error}"))?,
                None => Bytes::new(),
            };
            // With no spare for the cold stream the hot one serves: what is freed by it is worth a second copy later.
            let staged = log.stage(Stream::Cold, &fact, &content).or_else(|_| log.stage(Stream::Hot, &fact, &content));
            match staged {
                Ok(locator) => drop(core.apply(&fact, locator)),
                Err(error @ NoRoom::Failed) => return Err(error.to_string()),
                Err(NoRoom::NoSpare | NoRoom::TooLarge { .. }) => {
                    // What was copied so far is as good as the original; the segment is looked at again later.
                    self.current = None;
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// After a commit: when all survivors are durable elsewhere, the segment goes.
    pub(crate) fn committed<D: Disk>(&mut self, core: &mut Shard, log: &mut Log<D>, _durable: &Durable) {
        if let Some(Current { segment, next: None }) = self.current {
            // The core first: it checks that nothing of the segment is needed.
            core.released(segment);
            log.release(segment);
            self.current = None;
        }
    }
}
