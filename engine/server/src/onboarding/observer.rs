//! The owner of the check lists: one thread, which is told each call in its order and keeps a file for each candidate.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use phytohub_model::{AttemptOutcome, CertificateFingerprint, ConnectionCode, DeliveryNumber, Fault, Timestamp};
use phytohub_onboarding::{ACKNOWLEDGING_PARTNER, CheckList, Identity, Push, Report, SENDING_PARTNER};
use phytohub_push::Called;
use phytohub_soap::Answer;
use tokio::sync::{mpsc, oneshot};

use super::sight::{Glimpse, Sighting};
use crate::clock;
use crate::hub::Hub;
use crate::owner;
use crate::shard::Failed;
use phytohub_operate::layout::Layout;

/// Calls that may wait to be judged; more wait with their answer.
const QUEUE: usize = 256;

/// The way to the observer.
pub(crate) struct Observer {
    messages: mpsc::Sender<Message>,
}

enum Message {
    Saw(Box<Sighting>),
    Pushed { to: String, push: Push },
    Report(Asking, oneshot::Sender<Vec<Report>>),
    Stop,
}

/// Whose reports are wanted.
#[derive(Clone, Debug)]
pub(crate) struct Asking {
    /// Whose; None for every candidate's.
    pub(crate) code: Option<String>,
    /// Cases that may be left out.
    pub(crate) optional: Vec<String>,
}

impl Observer {
    /// Starts the thread; `failed` is told when it ends badly.
    ///
    /// # Errors
    /// A sentence that names the file that cannot be read.
    pub(crate) fn start(layout: &Layout, failed: Failed) -> Result<(Self, JoinHandle<()>), String> {
        let (messages, queue) = mpsc::channel(QUEUE);
        let mut lists = Lists::open(&layout.onboarding())?;
        let thread = owner::spawn(
            "onboarding".to_owned(),
            move |error| failed(error),
            move || {
                lists.run(queue);
                Ok(())
            },
        )
        .map_err(|error| format!("no thread for the check lists: {error}"))?;
        Ok((Self { messages }, thread))
    }

    /// A request was answered. Waits where many calls wait to be judged, so that none is left out.
    pub(crate) async fn saw(
        &self,
        hub: &Arc<Hub>,
        certificate: Option<CertificateFingerprint>,
        glimpse: Glimpse,
        result: &Result<Answer, Fault>,
    ) {
        let sighting = Sighting::new(hub, certificate, glimpse, result).await;
        self.tell(Message::Saw(Box::new(sighting))).await;
    }

    /// A call of a member's own service ended.
    pub(crate) async fn pushed(&self, to: &ConnectionCode, at: Timestamp, number: &DeliveryNumber, called: &Called) {
        let failure = (called.outcome != AttemptOutcome::Answered).then(|| {
            let text = called.text.clone().unwrap_or_else(|| "it said nothing".to_owned());
            format!("{}: {text}", called.outcome)
        });
        let push = Push { at, number: number.to_string(), failure };
        self.tell(Message::Pushed { to: to.to_string(), push }).await;
    }

    /// The reports asked for: everything that was answered before is in them.
    pub(crate) async fn reports(&self, asking: Asking) -> Vec<Report> {
        let (reply, answer) = oneshot::channel();
        self.tell(Message::Report(asking, reply)).await;
        answer.await.unwrap_or_default()
    }

    /// Asks the thread to keep what it has and end.
    pub(crate) async fn stop(&self) {
        self.tell(Message::Stop).await;
    }

    async fn tell(&self, message: Message) {
        // The thread is gone only while the hub ends.
        let _ = self.messages.send(message).await;
    }
}

/// The check lists and where they are kept.
pub(crate) struct Lists {
    dir: PathBuf,
    lists: BTreeMap<String, CheckList>,
}

impl Lists {
    /// Reads what is kept below `dir`.
    ///
    /// # Errors
    /// A sentence that names the file that cannot be read.
    pub(crate) fn open(dir: &Path) -> Result<Self, String> {
        let mut lists = Self { dir: dir.to_owned(), lists: BTreeMap::new() };
        lists.read_new()?;
        Ok(lists)
    }

    /// Reads the files of candidates that came since: the command line makes one for each member that it adds.
    fn read_new(&mut self) -> Result<(), String> {
        let complain = |path: &Path, error: String| format!("{}: {error}", path.display());
        fs::create_dir_all(&self.dir).map_err(|error| complain(&self.dir, error.to_string()))?;
        let entries = fs::read_dir(&self.dir).map_err(|error| complain(&self.dir, error.to_string()))?;
        for entry in entries.flatten() {
            let path = entry.path();
            let Some(code) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".json")) else { continue };
            if self.lists.contains_key(code) {
                continue;
            }
            let text = fs::read(&path).map_err(|error| complain(&path, error.to_string()))?;
            let list = CheckList::from_json(&text).map_err(|error| complain(&path, error))?;
            self.lists.insert(code.to_owned(), list);
        }
        Ok(())
    }

    fn run(&mut self, mut queue: mpsc::Receiver<Message>) {
        while let Some(message) = queue.blocking_recv() {
            match message {
                Message::Saw(sighting) => self.saw(&sighting),
                Message::Pushed { to, push } if !is_partner(&to) => {
                    self.list(&to).pushed(&push);
                    self.keep(&to);
                }
                Message::Pushed { .. } => {}
                Message::Report(asking, reply) => {
                    let reports = self.reports(&asking);
                    // Whoever asked went away.
                    let _ = reply.send(reports);
                }
                Message::Stop => break,
            }
        }
        let codes: Vec<String> = self.lists.keys().cloned().collect();
        codes.iter().for_each(|code| self.keep(code));
    }

    fn saw(&mut self, sighting: &Sighting) {
        let fingerprint = sighting.certificate.map(|certificate| certificate.to_string());
        let codes: Vec<String> = if sighting.call.identity == Identity::Member {
            sighting.codes.iter().map(ToString::to_string).filter(|code| !is_partner(code)).collect()
        } else {
            fingerprint.as_deref().map(|fingerprint| self.once_of(fingerprint)).unwrap_or_default()
        };
        for code in codes {
            let list = self.list(&code);
            let mut changed = list.saw(&sighting.call);
            if let Some(fingerprint) = &fingerprint {
                changed |= list.has_certificate(fingerprint);
            }
            if changed {
                self.keep(&code);
            }
        }
    }

    /// Whose certificate it is or was.
    fn once_of(&mut self, fingerprint: &str) -> Vec<String> {
        if let Err(error) = self.read_new() {
            tracing::warn!(target: "phytohub::onboarding", %error, "a check list cannot be read");
        }
        let known = self.lists.iter().filter(|(_, list)| list.knows_certificate(fingerprint));
        known.map(|(code, _)| code.clone()).collect()
    }

    fn list(&mut self, code: &str) -> &mut CheckList {
        if !self.lists.contains_key(code)
            && let Err(error) = self.read_new()
        {
            tracing::warn!(target: "phytohub::onboarding", %error, "a check list cannot be read");
        }
        self.lists.entry(code.to_owned()).or_insert_with(|| CheckList::new(code))
    }

    /// The reports asked for.
    pub(crate) fn reports(&mut self, asking: &Asking) -> Vec<Report> {
        if let Err(error) = self.read_new() {
            tracing::warn!(target: "phytohub::onboarding", %error, "a check list cannot be read");
        }
        let at = clock::now().to_string();
        let wanted = |code: &String| asking.code.as_ref().is_none_or(|wanted| wanted == code);
        let lists = self.lists.iter().filter(|(code, _)| wanted(code));
        lists.map(|(_, list)| list.report(&asking.optional, &at, env!("CARGO_PKG_VERSION"))).collect()
    }

    /// Notes a certificate as one that is or was a candidate's, and keeps that.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn note_certificate(&mut self, code: &str, fingerprint: &str) -> io::Result<()> {
        self.list(code).has_certificate(fingerprint);
        self.write(code)
    }

    fn keep(&mut self, code: &str) {
        if let Err(error) = self.write(code) {
            tracing::warn!(target: "phytohub::onboarding", code, %error, "the check list is not kept on disk");
        }
    }

    fn write(&self, code: &str) -> io::Result<()> {
        let Some(list) = self.lists.get(code) else { return Ok(()) };
        let text = list.to_json().map_err(io::Error::other)?;
        write_whole(&self.dir.join(format!("{code}.json")), &text)
    }
}

/// Writes a file so that it is there as a whole, or as it was before, whenever the machine stops.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write_whole(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = file.with_extension("part");
    fs::write(&part, bytes)?;
    File::open(&part)?.sync_all()?;
    fs::rename(&part, file)?;
    file.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
}

/// Whether it is one of the two partner countries.
pub(crate) fn is_partner(code: &str) -> bool {
    code == ACKNOWLEDGING_PARTNER || code == SENDING_PARTNER
}
