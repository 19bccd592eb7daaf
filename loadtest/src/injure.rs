//! What is done to the hub on purpose, and how long it took to serve again.

use phytoload_report::Fault as Told;

use crate::hub::Hub;
use crate::scenario::{Fault, FaultKind};

/// One act, at its time.
#[derive(Clone, Copy, Debug)]
enum Act {
    Kill,
    Terminate,
    Start,
    Pause,
    Resume,
}

/// Acts that are still to come, and what is told of those that were.
pub(crate) struct Injuries {
    coming: Vec<(f64, Act)>,
    told: Vec<Told>,
}

impl Injuries {
    pub(crate) fn new(faults: &[Fault]) -> Self {
        let mut coming: Vec<(f64, Act)> = Vec::new();
        for fault in faults {
            let (at, until) = (fault.at.0.as_secs_f64(), (fault.at.0 + fault.duration.0).as_secs_f64());
            let [begin, end] = match fault.kind {
                FaultKind::Kill => [Act::Kill, Act::Start],
                FaultKind::Restart => [Act::Terminate, Act::Start],
                FaultKind::Pause => [Act::Pause, Act::Resume],
            };
            coming.extend([(at, begin), (until, end)]);
        }
        // Stable, so that a fault without duration begins before it ends.
        coming.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self { coming, told: Vec::new() }
    }

    /// Does what is due.
    pub(crate) fn inflict(&mut self, now: f64, hub: &mut Hub) -> Result<(), String> {
        while self.coming.first().is_some_and(|(at, _)| *at <= now) {
            let (_, act) = self.coming.remove(0);
            match act {
                Act::Kill => {
                    hub.kill()?;
                    self.tell(now, "kill -9");
                }
                Act::Terminate => {
                    hub.terminate()?;
                    self.tell(now, "stopped by SIGTERM");
                }
                Act::Pause => {
                    hub.pause()?;
                    self.tell(now, "halted (SIGSTOP)");
                }
                Act::Start => {
                    let begun = std::time::Instant::now();
                    hub.start()?;
                    hub.wait_until_it_serves()?;
                    self.recovered(begun.elapsed().as_secs_f64());
                }
                Act::Resume => {
                    hub.resume()?;
                    let took = hub.wait_until_it_serves()?.as_secs_f64();
                    self.recovered(took);
                }
            }
        }
        Ok(())
    }

    fn tell(&mut self, at: f64, what: &str) {
        self.told.push(Told { at, what: what.to_owned(), recovered_after: None });
    }

    fn recovered(&mut self, seconds: f64) {
        if let Some(last) = self.told.last_mut() {
            last.recovered_after = Some(seconds);
        }
    }

    /// What was done.
    pub(crate) fn close(self) -> Vec<Told> {
        self.told
    }
}
