//! Where alerts and their messages are kept while a hub runs: in memory, and in one small file for the next process.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use phytohub_model::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use utoipa::ToSchema;

use crate::alerts::{Alerts, Firing, Recent, Saved};
use crate::message::Message;
use crate::observation::Observation;
use crate::outbox::{Ended, GIVE_UP, Outbox, pause};
use crate::settings::AlertSettings;
use crate::ways::Way;

/// Looks without news after which the file is written anyway, for the habits of members.
const LOOKS_PER_SAVE: u32 = 60;

/// Alerts, their messages on the way, and the file with both.
pub struct Office {
    file: PathBuf,
    ways: Vec<Way>,
    desk: Mutex<Desk>,
    /// One for each way: told when there is something to carry.
    news: Vec<Notify>,
    /// Held while the file is written, so that an older state never follows a newer one.
    writing: Mutex<()>,
}

struct Desk {
    alerts: Alerts,
    outbox: Outbox,
    ways: Vec<WayState>,
    looks: u32,
    stopped: bool,
}

/// How things stand with a way.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct WayState {
    /// `webhook` or `mail`.
    pub way: String,
    /// The machine at its other end.
    pub host: String,
    /// Messages that wait for it.
    pub waiting: usize,
    /// When it last took one, in RFC 3339.
    pub last_sent_at: Option<String>,
    /// Why it did not take the last one; none when it did.
    pub last_error: Option<String>,
    /// Attempts that failed since the process began.
    pub failures: u64,
    /// Messages it took since the process began.
    pub sent: u64,
}

impl WayState {
    fn new(way: &Way) -> Self {
        Self {
            way: way.name().to_owned(),
            host: way.host().to_owned(),
            waiting: 0,
            last_sent_at: None,
            last_error: None,
            failures: 0,
            sent: 0,
        }
    }
}

/// What the file holds.
#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
struct Kept {
    alerts: Saved,
    waiting: Outbox,
}

/// A look at everything.
#[derive(Clone, Debug)]
pub struct Sight {
    /// What holds, the worst first.
    pub firing: Vec<Firing>,
    /// What happened, the newest first.
    pub recent: Vec<Recent>,
    /// The ways.
    pub ways: Vec<WayState>,
    /// How often the clock was set since the process began.
    pub clock_jumps: u64,
    /// Members that fetch regularly, and when they last did.
    pub regular: BTreeMap<String, Timestamp>,
}

impl Sight {
    fn of(alerts: &Alerts, ways: Vec<WayState>) -> Self {
        Self {
            firing: alerts.firing(),
            recent: alerts.recent(),
            ways,
            clock_jumps: alerts.clock_jumps(),
            regular: alerts.regular().map(|(code, last)| (code.to_owned(), last)).collect(),
        }
    }
}

impl Office {
    /// Goes on with what `file` says. The text is a complaint about that file, when it could not be used.
    pub fn open(settings: AlertSettings, ways: Vec<Way>, file: PathBuf) -> (Self, Option<String>) {
        let (kept, complaint) = match read(&file) {
            Ok(kept) => (kept, None),
            Err(error) => (None, Some(format!("{}: {error}; alerts begin anew", file.display()))),
        };
        let is_first = kept.is_none();
        let Kept { alerts, waiting } = kept.unwrap_or_default();
        let desk = Desk {
            alerts: Alerts::new(settings, (!is_first).then_some(alerts), !ways.is_empty()),
            outbox: waiting.for_ways(ways.iter().map(Way::name)),
            ways: ways.iter().map(WayState::new).collect(),
            looks: 0,
            stopped: false,
        };
        let news = ways.iter().map(|_| Notify::new()).collect();
        (Self { file, ways, desk: Mutex::new(desk), news, writing: Mutex::new(()) }, complaint)
    }

    /// How many ways there are.
    pub fn ways(&self) -> usize {
        self.ways.len()
    }

    /// A panic elsewhere leaves nothing half done here that a next look would not set right.
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an observation in; the message, when there is something to tell, is on its way. Writes a file: not for a
    /// task that must not wait.
    ///
    /// # Errors
    /// When the file cannot be written; all goes on without it.
    pub fn observe(&self, seen: &Observation) -> (Option<Message>, io::Result<()>) {
        let mut desk = self.desk();
        let message = desk.alerts.observe(seen);
        if let Some(message) = &message {
            for dropped in desk.outbox.push(message) {
                desk.alerts.ended(dropped, false);
            }
        }
        let is_first = desk.looks == 0;
        desk.looks = (desk.looks + 1) % LOOKS_PER_SAVE;
        let due = message.is_some() || is_first;
        drop(desk);
        let saved = if due { self.save() } else { Ok(()) };
        if message.is_some() {
            self.news.iter().for_each(Notify::notify_one);
        }
        (message, saved)
    }

    /// The hub ends as it was told to.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn stop(&self) -> io::Result<()> {
        self.desk().stopped = true;
        self.save()
    }

    /// All there is to see.
    pub fn sight(&self) -> Sight {
        let desk = self.desk();
        let ways = desk.ways.iter().map(|way| WayState { waiting: desk.outbox.waiting(&way.way), ..way.clone() });
        Sight::of(&desk.alerts, ways.collect())
    }

    /// Carries the messages of way number `index`, for ever. `told` hears of each attempt.
    pub async fn carry(&self, index: usize, told: impl Fn(&Way, &Message, &Result<(), String>)) {
        let (Some(way), Some(news)) = (self.ways.get(index), self.news.get(index)) else { return };
        loop {
            let next = self.desk().outbox.next(way.name());
            match next {
                Some(message) => self.insist(index, way, &message, |outcome| told(way, &message, outcome)).await,
                None => news.notified().await,
            }
        }
    }

    /// Tries until the message is taken, or speaks of yesterday.
    async fn insist(&self, index: usize, way: &Way, message: &Message, told: impl Fn(&Result<(), String>)) {
        let began = Instant::now();
        for failures in 1.. {
            let outcome = way.send(message).await;
            told(&outcome);
            let is_over = outcome.is_ok() || began.elapsed() >= GIVE_UP;
            self.note(index, message.id, &outcome, is_over);
            if is_over {
                return;
            }
            tokio::time::sleep(pause(failures)).await;
            // Others may have made it drop from a full queue meanwhile.
            if self.desk().outbox.next(way.name()).is_none_or(|next| next.id != message.id) {
                return;
            }
        }
    }

    fn note(&self, index: usize, id: u64, outcome: &Result<(), String>, is_over: bool) {
        let mut desk = self.desk();
        let Desk { alerts, outbox, ways, .. } = &mut *desk;
        let Some(state) = ways.get_mut(index) else { return };
        match outcome {
            Ok(()) => {
                let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                state.last_sent_at = Some(Timestamp(0).plus(now).to_string());
                state.last_error = None;
                state.sent += 1;
            }
            Err(error) => {
                state.last_error = Some(error.clone());
                state.failures += 1;
            }
        }
        if is_over {
            match outbox.done(&state.way, id, outcome.is_ok()) {
                Ended::Sent => alerts.ended(id, true),
                Ended::Failed => alerts.ended(id, false),
                Ended::NotYet => {}
            }
            drop(desk);
            // The next look writes it again; should that be too late, a message is sent twice, under the same id.
            let _ = self.save();
        }
    }

    fn save(&self) -> io::Result<()> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let desk = self.desk();
        let kept = Kept { alerts: desk.alerts.saved(desk.stopped), waiting: desk.outbox.clone() };
        drop(desk);
        let part = self.file.with_extension("part");
        let mut file = File::create(&part)?;
        file.write_all(&serde_json::to_vec(&kept)?)?;
        file.sync_all()?;
        std::fs::rename(&part, &self.file)
    }
}

/// What there was to see when the hub that wrote `file` ended; none when there is no such file.
///
/// # Errors
/// A sentence when the file cannot be read.
pub fn last_sight(file: &Path) -> Result<Option<Sight>, String> {
    let kept = read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(kept.map(|kept| {
        let alerts = Alerts::new(AlertSettings::default(), Some(kept.alerts), false);
        Sight::of(&alerts, Vec::new())
    }))
}

fn read(file: &Path) -> io::Result<Option<Kept>> {
    match std::fs::read(file) {
        Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
