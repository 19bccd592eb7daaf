//! Maintenance: members are answered 503 on purpose, with a text of the operator's, until it is ended. What is under
//! way ends first; what was accepted stays and is delivered afterwards.

pub mod commands;
pub(crate) mod routes;

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use phytohub_audit::Act;
use phytohub_model::{Fault, FaultKind, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use utoipa::ToSchema;

use crate::clock;
use crate::guard::GuardMetrics;
use crate::onboarding::write_whole;

pub(crate) use routes::routes;

/// Longest text for members.
const TEXT_CHARS_MAX: usize = 500;
/// What members' systems are told to wait when no end is known, or it is over.
const RETRY_AFTER: Duration = Duration::from_secs(60);
/// The most that they are told to wait: an end that comes sooner than announced is met within this.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(3600);
/// How often it is looked whether all that was under way has ended.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What members are told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = MaintenanceNotice)]
#[serde(deny_unknown_fields)]
pub(crate) struct Notice {
    /// In the operator's words.
    pub(crate) text: String,
    /// Since when.
    pub(crate) since: String,
    /// Who began it.
    pub(crate) by: String,
    /// When it is expected to be over. It is ended by hand all the same.
    #[serde(default)]
    pub(crate) until: Option<String>,
}

/// A change, as it travels to the admin address.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MaintenanceChange {
    /// Whether members are to be answered 503.
    pub(crate) on: bool,
    /// What they are told; needed to begin it.
    #[serde(default)]
    pub(crate) text: String,
    /// When it is expected to be over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<String>,
}

impl MaintenanceChange {
    /// For the audit log.
    pub(crate) fn act(&self) -> Act {
        if !self.on {
            return Act::new("maintenance off", "", "");
        }
        let until = self.until.as_ref().map(|until| format!(" (until {until})")).unwrap_or_default();
        Act::new("maintenance on", "", format!("{}{until}", self.text))
    }

    /// The state that it asks for, after `before`.
    ///
    /// # Errors
    /// A sentence that says what cannot be used.
    pub(crate) fn notice(&self, before: Option<&Notice>, by: &str, now: Timestamp) -> Result<Option<Notice>, String> {
        if !self.on {
            return Ok(None);
        }
        // Line feeds and the like mean nothing in a fault.
        let text = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            return Err("say what members are told: why the hub is away, and until when".to_owned());
        }
        if TEXT_CHARS_MAX < text.chars().count() || text.chars().any(char::is_control) {
            return Err(format!(
                "the text for members may have {TEXT_CHARS_MAX} characters, and no control characters"
            ));
        }
        let until = match &self.until {
            None => None,
            Some(until) => {
                let until: Timestamp = until.parse().map_err(|error| format!("'{until}' is {error}"))?;
                if until <= now {
                    return Err(format!("{until} is over already"));
                }
                Some(until.to_string())
            }
        };
        let since = before.map_or_else(|| now.to_string(), |before| before.since.clone());
        Ok(Some(Notice { text, since, by: by.to_owned(), until }))
    }
}

/// The file that keeps it over a restart.
pub(crate) struct Kept(PathBuf);

impl Kept {
    pub(crate) fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// # Errors
    /// A sentence that names the file.
    pub(crate) fn read(&self) -> Result<Option<Notice>, String> {
        let complain = |error: &dyn std::fmt::Display| format!("{}: {error}", self.0.display());
        match fs::read(&self.0) {
            Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|error| complain(&error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(complain(&error)),
        }
    }

    /// # Errors
    /// A sentence that names the file.
    pub(crate) fn write(&self, notice: Option<&Notice>) -> Result<(), String> {
        let written = match notice {
            Some(notice) => {
                serde_json::to_vec(notice).map_err(io::Error::other).and_then(|text| write_whole(&self.0, &text))
            }
            None => match fs::remove_file(&self.0) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => self.0.parent().map_or(Ok(()), |dir| fs::File::open(dir)?.sync_all()),
            },
        };
        written.map_err(|error| format!("{}: {error}", self.0.display()))
    }
}

/// The state of a running hub.
pub(crate) struct Maintenance {
    kept: Kept,
    notice: ArcSwapOption<Notice>,
    /// Says the same as `notice`, in one order with `under_way`: whoever is let in is counted, or sees that it is on.
    is_on: AtomicBool,
    /// Requests and calls that were let in and have not ended.
    under_way: AtomicUsize,
    changed: watch::Sender<bool>,
    metrics: Arc<GuardMetrics>,
}

/// Leave to work; given back when it is dropped.
pub(crate) struct Pass<'m>(&'m AtomicUsize);

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Maintenance {
    /// The state that the file has.
    ///
    /// # Errors
    /// A sentence that names the file: whether members may be served is not to be guessed.
    pub(crate) fn open(path: PathBuf, metrics: Arc<GuardMetrics>) -> Result<Self, String> {
        let kept = Kept::at(path);
        let notice = kept.read()?;
        let is_on = notice.is_some();
        metrics.maintenance(is_on);
        if let Some(Notice { text, by, .. }) = &notice {
            tracing::warn!(target: "phytohub", text, by, "the hub starts in maintenance: members are answered 503");
        }
        Ok(Self {
            kept,
            notice: ArcSwapOption::from(notice.map(Arc::new)),
            is_on: AtomicBool::new(is_on),
            under_way: AtomicUsize::new(0),
            changed: watch::Sender::new(is_on),
            metrics,
        })
    }

    /// Lets a request or call in, unless the hub is in maintenance.
    pub(crate) fn enter(&self) -> Option<Pass<'_>> {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        let pass = Pass(&self.under_way);
        (!self.is_on.load(Ordering::SeqCst)).then_some(pass)
    }

    /// What members are told now.
    pub(crate) fn notice(&self) -> Option<Arc<Notice>> {
        self.notice.load_full()
    }

    pub(crate) fn is_on(&self) -> bool {
        self.is_on.load(Ordering::SeqCst)
    }

    /// Tells when it begins and ends.
    pub(crate) fn changes(&self) -> watch::Receiver<bool> {
        self.changed.subscribe()
    }

    /// The fault that members get.
    pub(crate) fn fault(&self) -> Fault {
        let told = self.notice().map(|notice| format!(": {}", notice.text)).unwrap_or_default();
        let message = format!("The hub is in maintenance; nothing was accepted, try again later{told}");
        Fault { kind: FaultKind::TryLater, message }
    }

    /// How long members' systems are told to wait, if the hub is in maintenance.
    pub(crate) fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let notice = self.notice()?;
        let until = notice.until.as_ref().and_then(|until| until.parse::<Timestamp>().ok());
        let left = until.map(|until| until.since(now)).filter(|left| !left.is_zero());
        Some(left.map_or(RETRY_AFTER, |left| left.clamp(Duration::from_secs(1), RETRY_AFTER_MAX)))
    }

    /// Begins or ends it: on the disk first, then from the next request on. Waits for the disk.
    ///
    /// # Errors
    /// A sentence; nothing has changed then.
    pub(crate) fn change(&self, change: &MaintenanceChange, by: &str) -> Result<(), Denied> {
        let before = self.notice();
        let notice = change.notice(before.as_deref(), by, clock::now()).map_err(Denied::Unusable)?;
        self.kept.write(notice.as_ref()).map_err(Denied::Disk)?;
        let is_on = notice.is_some();
        // Whoever sees that it is on finds the text.
        if is_on {
            self.notice.store(notice.map(Arc::new));
            self.is_on.store(true, Ordering::SeqCst);
        } else {
            self.is_on.store(false, Ordering::SeqCst);
            self.notice.store(None);
        }
        self.metrics.maintenance(is_on);
        self.changed.send_replace(is_on);
        tracing::warn!(target: "phytohub::admin", is_on, by, "maintenance");
        Ok(())
    }

    /// Waits until all that was under way has ended, but no longer than that.
    pub(crate) async fn drained(&self, patience: Duration) {
        let all = async {
            while 0 < self.under_way.load(Ordering::SeqCst) {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        // What takes longer is told by its number.
        let _ = tokio::time::timeout(patience, all).await;
    }

    /// As the admin address shows it.
    pub(crate) fn row(&self) -> MaintenanceState {
        row(self.notice().as_deref(), self.under_way.load(Ordering::SeqCst))
    }
}

/// Whether the hub is in maintenance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct MaintenanceState {
    /// Whether members are answered 503.
    on: bool,
    /// What they are told; null while they are served.
    notice: Option<Notice>,
    /// Requests and calls that were let in before and have not ended.
    under_way: usize,
}

fn row(notice: Option<&Notice>, under_way: usize) -> MaintenanceState {
    MaintenanceState { on: notice.is_some(), notice: notice.cloned(), under_way }
}

/// Why it was not changed.
#[derive(Debug)]
pub(crate) enum Denied {
    /// What was asked cannot be used.
    Unusable(String),
    /// The disk does not allow it.
    Disk(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(dir: &tempfile::TempDir) -> Maintenance {
        Maintenance::open(dir.path().join("maintenance.json"), Arc::default()).unwrap()
    }

    fn on(text: &str, until: Option<&str>) -> MaintenanceChange {
        MaintenanceChange { on: true, text: text.to_owned(), until: until.map(str::to_owned) }
    }

    const OFF: MaintenanceChange = MaintenanceChange { on: false, text: String::new(), until: None };

    #[test]
    fn it_is_kept_and_ends() {
        let dir = tempfile::tempdir().unwrap();
        let maintenance = opened(&dir);
        assert!(maintenance.enter().is_some() && maintenance.notice().is_none());
        maintenance.change(&on("back at\n 14:00", None), "ada").unwrap();
        assert!(maintenance.enter().is_none());
        let again = opened(&dir);
        assert!(again.enter().is_none());
        assert!(again.fault().message.ends_with("try again later: back at 14:00"), "{}", again.fault().message);
        assert_eq!(again.notice().unwrap().by, "ada");
        again.change(&OFF, "grace").unwrap();
        again.change(&OFF, "grace").unwrap();
        assert!(again.enter().is_some() && opened(&dir).enter().is_some());
    }

    #[test]
    fn another_text_does_not_begin_it_anew() {
        let dir = tempfile::tempdir().unwrap();
        let maintenance = opened(&dir);
        maintenance.change(&on("a", None), "ada").unwrap();
        let since = maintenance.notice().unwrap().since.clone();
        maintenance.change(&on("b", None), "grace").unwrap();
        let notice = maintenance.notice().unwrap();
        assert_eq!((&notice.since, notice.text.as_str(), notice.by.as_str()), (&since, "b", "grace"));
    }

    #[test]
    fn what_cannot_be_told_to_members_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let maintenance = opened(&dir);
        for (text, until) in
            [("", None), (" \n", None), ("a\u{0}b", None), ("a", Some("soon")), ("a", Some("2001-01-01"))]
        {
            assert!(matches!(maintenance.change(&on(text, until), "ada"), Err(Denied::Unusable(_))), "{text:?}");
        }
        assert!(maintenance.change(&on(&"x".repeat(501), None), "ada").is_err());
        assert!(!maintenance.is_on());
    }

    #[test]
    fn members_are_told_to_wait_until_its_announced_end_but_not_too_long() {
        let dir = tempfile::tempdir().unwrap();
        let maintenance = opened(&dir);
        let now = clock::now();
        assert_eq!(maintenance.retry_after(now), None);
        maintenance.change(&on("a", None), "ada").unwrap();
        assert_eq!(maintenance.retry_after(now), Some(RETRY_AFTER));
        let until = now.plus(Duration::from_secs(600));
        maintenance.change(&on("a", Some(&until.to_string())), "ada").unwrap();
        assert_eq!(maintenance.retry_after(now), Some(Duration::from_secs(600)));
        assert_eq!(maintenance.retry_after(until), Some(RETRY_AFTER), "it is over, and nobody ended it");
        maintenance.change(&on("a", Some(&now.plus(Duration::from_secs(90_000)).to_string())), "ada").unwrap();
        assert_eq!(maintenance.retry_after(now), Some(RETRY_AFTER_MAX));
    }

    #[tokio::test]
    async fn it_waits_for_what_is_under_way() {
        let dir = tempfile::tempdir().unwrap();
        let maintenance = opened(&dir);
        let pass = maintenance.enter();
        maintenance.change(&on("a", None), "ada").unwrap();
        maintenance.drained(Duration::from_millis(20)).await;
        assert_eq!(maintenance.row().under_way, 1);
        drop(pass);
        maintenance.drained(Duration::from_secs(60)).await;
        assert_eq!(maintenance.row().under_way, 0);
        assert!(maintenance.enter().is_none());
        assert_eq!(maintenance.row().under_way, 0, "who is not let in is not counted");
    }
}
