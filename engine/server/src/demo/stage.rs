//! The demo's stage: a throw-away hub, its members, and the envelopes they will exchange.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use phytohub_certificates as certificates;
use phytohub_model::HeaderFields;
use phytohub_soap::Operation;
use tempfile::TempDir;

use super::tell::{Part, Teller, say};
use crate::commands;
use crate::party::Party;
use phytohub_operate::process::{HubProcess, this_program};

/// The members of the demo.
pub(super) const MEMBERS: [&str; 3] = ["KE", "NL", "NZ"];

/// How soon the demo's hub overwrites content that ended: a demo does not wait.
const ERASE_AFTER: &str = "\n[forget]\nerase_after = \"100 ms\"\n";

/// Largest file that is read as a certificate; the hub takes 16 MiB in a request.
const CERTIFICATE_BYTES_MAX: u64 = 8 << 20;

/// One envelope of the story.
pub(super) struct Letter {
    pub(super) header: HeaderFields,
    pub(super) content: String,
    pub(super) operation: Operation,
    /// File it was read from, if it was.
    pub(super) file: Option<String>,
    /// hubDeliveryNumber, once accepted.
    pub(super) number: Option<String>,
}

/// A file that is not sent, and why.
pub(super) struct Unsent {
    pub(super) file: String,
    pub(super) why: String,
}

/// Everything the story needs.
pub(super) struct Stage {
    temporary: TempDir,
    pub(super) dir: PathBuf,
    hub: Option<HubProcess>,
    pub(super) parties: BTreeMap<String, Party>,
    pub(super) letters: Vec<Letter>,
    pub(super) unsent: Vec<Unsent>,
    pub(super) refused: usize,
    pub(super) pulled: usize,
    pub(super) acknowledged: usize,
}

impl Stage {
    /// Keys, members, hub, letters.
    pub(super) fn set_up(certificates: Option<&Path>, teller: &mut Teller) -> Result<Self, String> {
        let temporary = tempfile::Builder::new()
            .prefix("phytohub-demo-")
            .tempdir()
            .map_err(|error| format!("no temporary directory: {error}"))?;
        let dir = temporary.path().join("hub");
        let mut letters = generated();
        let mut unsent = Vec::new();
        if let Some(folder) = certificates {
            read_folder(folder, &mut letters, &mut unsent)?;
        }
        let mut members: Vec<String> = MEMBERS.map(str::to_owned).to_vec();
        for code in letters.iter().flat_map(|letter| [&letter.header.from, &letter.header.to]) {
            if !members.contains(code) {
                members.push(code.clone());
            }
        }
        teller.start();
        commands::init(&dir, &members, &[], None, false)?;
        append(&dir.join("hub.toml"), ERASE_AFTER)?;
        teller.tell(Part::SetUp, true, &format!("hub made with keys for {}", members.join(", ")));
        let mut stage = Self {
            temporary,
            dir,
            hub: None,
            parties: BTreeMap::new(),
            letters,
            unsent,
            refused: 0,
            pulled: 0,
            acknowledged: 0,
        };
        stage.start_hub()?;
        teller.tell(Part::SetUp, true, &format!("hub listens at https://{}/hub/DeliveryService", stage.address()));
        Ok(stage)
    }

    /// Starts the hub's process and connects the parties anew.
    pub(super) fn start_hub(&mut self) -> Result<(), String> {
        let program = this_program().map_err(|error| error.to_string())?;
        let log = self.dir.join("hub.log");
        let hub = HubProcess::start(&program, &self.dir, &log, &[]).map_err(|error| error.to_string())?;
        let codes = self.letters.iter().flat_map(|letter| [letter.header.from.clone(), letter.header.to.clone()]);
        let codes: Vec<String> = codes.chain(MEMBERS.map(str::to_owned)).collect();
        for code in codes {
            let party = Party::new(&self.dir, &hub.soap, &code)?;
            self.parties.insert(code, party);
        }
        self.hub = Some(hub);
        Ok(())
    }

    /// Ends the hub as a power cut would.
    pub(super) fn kill_hub(&mut self) -> Result<(), String> {
        self.hub.take().map_or(Ok(()), HubProcess::kill).map_err(|error| error.to_string())
    }

    /// A party of the story.
    pub(super) fn party(&mut self, code: &str) -> Result<&mut Party, String> {
        self.parties.get_mut(code).ok_or_else(|| format!("no keys for {code}"))
    }

    fn address(&self) -> &str {
        self.hub.as_ref().map_or("", |hub| &hub.soap)
    }

    /// What happened, in figures.
    pub(super) fn summary(&self) -> String {
        let accepted = self.letters.iter().filter(|letter| letter.number.is_some()).count();
        format!(
            "{accepted} envelopes accepted, {} pulled with the very content that was sent, {} acknowledged; \
             {} refused with a reason.",
            self.pulled, self.acknowledged, self.refused
        )
    }

    /// Lines to paste while the hub stays up.
    pub(super) fn say_how_to_call(&self) -> Result<(), String> {
        let letter = self.letters.first().ok_or("no letter")?;
        let mut header = letter.header.clone();
        header.certificate_number.push_str("-BY-HAND");
        let content = letter.content.replace(&letter.header.certificate_number, &header.certificate_number);
        let request = phytohub_soap::client::deliver(Operation::ValidateAndDeliverEnvelope, &header, &content);
        let file = self.dir.join("request.xml");
        fs::write(&file, request).map_err(|error| format!("{}: {error}", file.display()))?;
        let list = phytohub_soap::client::import_headers(None);
        let list = String::from_utf8_lossy(&list).replace('\'', "&apos;");
        let address = format!("https://{}/hub/DeliveryService", self.address());
        let curl = |code: &str| {
            let pki = self.dir.join("pki");
            let pki = pki.display();
            format!(
                "curl --silent --show-error --cacert {pki}/ca.pem --cert {pki}/nppo-{code}.pem \
                 --key {pki}/nppo-{code}.key -H 'Content-Type: text/xml; charset=utf-8'"
            )
        };
        say("");
        say("The hub stays up. In another terminal, deliver a certificate as KE:");
        say("");
        say(&format!("{} --data-binary @{} {address}", curl("KE"), file.display()));
        say("");
        say("and see, as its destination, what waits:");
        say("");
        say(&format!("{} --data-binary '{list}' {address}", curl(&header.to)));
        say("");
        let admin = self.hub.as_ref().map_or("", |hub| &hub.admin);
        say(&format!("Metrics: curl http://{admin}/metrics"));
        say(&format!("Members: {} nppo list {}", program_name(), self.dir.display()));
        say("Ctrl-C ends the hub and removes its directory.");
        Ok(())
    }

    /// Stops the hub in order and removes its directory.
    pub(super) fn strike(mut self) -> Result<(), String> {
        let status = self.hub.take().map(HubProcess::stop).transpose().map_err(|error| error.to_string())?;
        if let Some(status) = status.filter(|status| !status.success()) {
            let log = fs::read_to_string(self.dir.join("hub.log")).unwrap_or_default();
            return Err(format!("the hub stopped with {status}: {log}"));
        }
        self.temporary.close().map_err(|error| error.to_string())
    }
}

fn program_name() -> String {
    this_program().map_or_else(|_| "phytohub".to_owned(), |path| path.display().to_string())
}

fn append(file: &Path, text: &str) -> Result<(), String> {
    let complain = |error: std::io::Error| format!("{}: {error}", file.display());
    let present = fs::read_to_string(file).map_err(complain)?;
    fs::write(file, present + text).map_err(complain)
}

/// The letters of our own generator: every delivering operation, both directions, a large attachment.
fn generated() -> Vec<Letter> {
    let plan = [
        ("KE", "NL", Operation::ValidateAndDeliverEnvelope),
        ("KE", "NL", Operation::DeliverEnvelope),
        ("KE", "NL", Operation::DeliverPhytoEnvelope),
        ("KE", "NZ", Operation::ValidateAndDeliverEnvelope),
        ("NL", "NZ", Operation::ValidateAndDeliverEnvelope),
        ("NZ", "KE", Operation::ValidateAndDeliverEnvelope),
    ];
    let mut letters = Vec::new();
    for (seed, (from, to, operation)) in plan.into_iter().enumerate() {
        let number = format!("{from}-2026-{:06}", 101 + seed);
        let content = certificates::typical(seed as u64, from, to, &number);
        let header = HeaderFields {
            from: from.to_owned(),
            to: to.to_owned(),
            certificate_type: 851,
            certificate_status: 70,
            certificate_number: number,
            ..HeaderFields::default()
        };
        letters.push(Letter { header, content, operation, file: None, number: None });
    }
    letters
}

/// Every `*.xml` of a folder, in order of name.
fn read_folder(folder: &Path, letters: &mut Vec<Letter>, unsent: &mut Vec<Unsent>) -> Result<(), String> {
    let complain = |error: std::io::Error| format!("--certificates {}: {error}", folder.display());
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(complain)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(complain)?;
    files.retain(|file| file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml")));
    files.sort();
    if files.is_empty() {
        return Err(format!("--certificates {}: there is no *.xml in it", folder.display()));
    }
    for path in files {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match read_letter(&path) {
            Ok((header, content)) => letters.push(Letter {
                header,
                content,
                operation: Operation::ValidateAndDeliverEnvelope,
                file: Some(file),
                number: None,
            }),
            Err(why) => unsent.push(Unsent { file, why }),
        }
    }
    Ok(())
}

fn read_letter(path: &Path) -> Result<(HeaderFields, String), String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > CERTIFICATE_BYTES_MAX {
        return Err(format!("{size} bytes are more than the {CERTIFICATE_BYTES_MAX} that the demo reads"));
    }
    let content = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let identity = phytoval::identify(content.as_bytes())
        .ok_or("it is no certificate with number, type, status and two countries")?;
    let header = HeaderFields {
        from: identity.from,
        to: identity.to,
        certificate_type: identity.certificate_type,
        certificate_status: identity.certificate_status,
        certificate_number: identity.number,
        ..HeaderFields::default()
    };
    Ok((header, content))
}
