//! `phytohub init` and `phytohub nppo ...`: each tells in a line what it did.

use std::io;
use std::path::Path;

use phytohub_audit::Act;
use phytohub_model::limits::SHARDS_MAX;

use crate::admin;
use crate::audit::{ByHand, of_change};
use crate::cli::{CertificateCommand, MemberArgs, NppoCommand};
use crate::client;
use crate::clock;
use crate::config::Config;
use crate::control::{self, Change, Member};
use crate::hub;
use crate::identity;
use crate::members::{self, Members};
use crate::onboarding::{self, Gate};
use crate::party_commands;
use crate::pki;
use phytohub_operate::layout::{Layout, PUBLIC, Running, write_new};

/// Makes the directory of a new hub.
///
/// # Errors
/// A sentence that says what is in the way.
pub fn init(
    dir: &Path,
    nppos: &[String],
    names: &[String],
    shards: Option<u8>,
    sandbox: bool,
) -> Result<String, String> {
    let layout = Layout::new(dir);
    if layout.config().exists() || layout.data().exists() {
        return Err(format!("{}: there is a hub already; choose another directory or remove it", dir.display()));
    }
    let shards = shards.unwrap_or_else(hub::default_shards);
    if shards == 0 || usize::from(shards) > SHARDS_MAX {
        return Err(format!("--shards {shards}: 1 to {SHARDS_MAX} are possible"));
    }
    let mut changes: Vec<Change> = if sandbox { onboarding::partner_changes() } else { Vec::new() };
    changes.extend(nppos.iter().map(|code| add_member(code)));
    // All is read before anything is written.
    changes.iter().try_for_each(|change| change.command().map(|_| ()))?;
    create(&layout, &changes, names, shards, sandbox).map_err(|error| format!("{}: {error}", dir.display()))?;
    let (dir, members) = (dir.display(), nppos.join(", "));
    Ok(format!(
        "{dir}: a hub for {members} ({shards} shard{})\n\
         next: phytohub serve {dir}\n\
         keys of the members for a trial: {dir}/pki/nppo-CODE.pem and nppo-CODE.key, the hub's CA: {dir}/pki/ca.pem{}",
        if shards == 1 { "" } else { "s" },
        if sandbox { "\nthen: phytohub onboarding show DIR CODE tells each member what to do" } else { "" }
    ))
}

/// A member without a name that receives everything.
fn add_member(code: &str) -> Change {
    Change::Add { code: code.to_owned(), name: String::new(), allow: Vec::new(), reason: None }
}

fn create(layout: &Layout, changes: &[Change], names: &[String], shards: u8, sandbox: bool) -> Result<(), String> {
    let io = |error: io::Error| error.to_string();
    layout.create(shards).map_err(io)?;
    let _lock = layout.lock().map_err(io)?;
    let kind = if sandbox { "sandbox" } else { "hub" };
    let act = Act::new(format!("make {kind}"), "", format!("number of shards: {shards}"));
    let mut by_hand = ByHand::open(layout)?;
    let ca = by_hand.make(act, || {
        let ca = pki::create(layout, names).map_err(io)?;
        admin::create_token(layout).map_err(io).map(|()| ca)
    })?;
    let mut members = members::open(&layout.registry())?;
    for change in changes {
        let Change::Add { code, .. } = change else { continue };
        let keys = keys_of(layout, &ca, code, sandbox).map_err(io)?;
        for change in std::iter::once(change).chain(&keys) {
            let command = change.command()?;
            by_hand.make(of_change(change), || {
                members.change(clock::now(), &command).map_err(|error| error.to_string())
            })?;
        }
    }
    members.close().map_err(|error| error.to_string())?;
    // Last: a directory with a configuration is a whole hub.
    let sandbox = if sandbox { SANDBOX_CONFIG } else { "" };
    write_new(&layout.config(), format!("{FIRST_CONFIG}{sandbox}").as_bytes(), PUBLIC).map_err(io)
}

/// Makes a member's throw-away keys; the changes that register them. In a sandbox also keys that do not count.
fn keys_of(layout: &Layout, ca: &pki::ThrowAwayCa, code: &str, sandbox: bool) -> io::Result<Vec<Change>> {
    let pem = pki::create_member(layout, ca, code)?;
    let mut changes = vec![Change::CertificateAdd { code: code.to_owned(), pem }];
    if sandbox && !onboarding::is_partner(code) {
        changes.extend(onboarding::prepare(layout, ca, code)?);
    }
    Ok(changes)
}

/// What a new sandbox's configuration says besides.
const SANDBOX_CONFIG: &str = "
[onboarding]
# Members show here what their systems can, before they work for real.
mode = \"sandbox\"

[push]
# XB's service, to which this sandbox pushes, is on this machine.
allow_private = true
";

/// What a new hub's configuration says.
const FIRST_CONFIG: &str = "\
# Configuration of this hub. What is not said here has its default; the project's deploy/hub.toml lists every setting.

[listen]
# The service of the exchange, over mutual TLS.
soap = \"127.0.0.1:8443\"
# Metrics, health and registry changes, plain HTTP: keep it on a loopback or private address.
admin = \"127.0.0.1:8444\"
";

/// Carries out a command about members; the text is for standard output.
///
/// # Errors
/// A sentence that says why not.
pub fn nppo(command: NppoCommand) -> Result<String, String> {
    match command {
        NppoCommand::Add { member, name, allow, reason } => add(&member, name, allow, reason),
        NppoCommand::Trial { dir, codes } => trial(&dir, &codes),
        NppoCommand::List { dir, json } => list(&dir, json),
        NppoCommand::Show { member, json } => show(&member, json),
        NppoCommand::Activate { member: MemberArgs { dir, code }, proof, reason } => {
            let done = format!("{code} is active");
            let proof = proof.map(|file| onboarding::read_signed(&file)).transpose()?.map(Box::new);
            change(&dir, Change::Activate { code, proof, reason }).map(|()| done)
        }
        NppoCommand::Deactivate(MemberArgs { dir, code }) => {
            let done = format!("{code} is not active");
            change(&dir, Change::Deactivate { code }).map(|()| done)
        }
        NppoCommand::Allow { member, allow } => {
            let what = if allow.is_empty() { "all documents".to_owned() } else { allow.join(", ") };
            let done = format!("{} receives {what}", member.code);
            change(&member.dir, Change::Allow { code: member.code, allow }).map(|()| done)
        }
        NppoCommand::Push { member, url, pin, authority, hold } => {
            party_commands::push(member, url, pin, authority, hold)
        }
        NppoCommand::Pull(MemberArgs { dir, code }) => {
            let done = format!("{code} asks for its envelopes");
            change(&dir, Change::Pull { code }).map(|()| done)
        }
        NppoCommand::Rule { command } => party_commands::rule(command),
        NppoCommand::Certificate { command: CertificateCommand::Add { member, file } } => {
            let pem = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            let fingerprint = fingerprint_of(&file, &member.code)?;
            let done = format!("certificate {fingerprint} acts for {}", member.code);
            change(&member.dir, Change::CertificateAdd { code: member.code, pem }).map(|()| done)
        }
        NppoCommand::Certificate { command: CertificateCommand::Revoke { member, certificate } } => {
            let file = Path::new(&certificate);
            let fingerprint = if file.exists() { fingerprint_of(file, &member.code)? } else { certificate };
            let done = format!("certificate {fingerprint} no longer acts for {}", member.code);
            change(&member.dir, Change::CertificateRevoke { code: member.code, fingerprint }).map(|()| done)
        }
    }
}

fn add(member: &MemberArgs, name: String, allow: Vec<String>, reason: Option<String>) -> Result<String, String> {
    let MemberArgs { dir, code } = member;
    change(dir, Change::Add { code: code.clone(), name, allow, reason })?;
    let active = members(dir, Some(code))?.first().is_some_and(|member| member.active);
    Ok(if active {
        format!("{code} added and active; `phytohub nppo certificate add` gives it a certificate")
    } else {
        format!(
            "{code} added, not active yet; `phytohub nppo certificate add` gives it a certificate, and `phytohub nppo \
             activate --proof FILE` lets it in once it has shown in the sandbox what its system can"
        )
    })
}

pub(crate) fn fingerprint_of(file: &Path, code: &str) -> Result<String, String> {
    let pem = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let code = code.parse().map_err(|error| format!("'{code}': {error}"))?;
    let certificate = identity::read_certificate(&pem, code).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(certificate.fingerprint.to_string())
}

fn list(dir: &Path, json: bool) -> Result<String, String> {
    let members = members(dir, None)?;
    if json {
        return serde_json::to_string_pretty(&members).map_err(|error| error.to_string());
    }
    let mut lines = vec![format!("{:<13}{:<10}{:<14}{:<13}NAME", "CODE", "STATE", "CERTIFICATES", "RECEIVES")];
    lines.extend(members.iter().map(|member| {
        let state = if member.active { "active" } else { "inactive" };
        let receives = if member.allow.is_empty() { "all".to_owned() } else { format!("{} pairs", member.allow.len()) };
        let (code, certificates, name) = (&member.code, member.certificates.len(), &member.name);
        format!("{code:<13}{state:<10}{certificates:<14}{receives:<13}{name}").trim_end().to_owned()
    }));
    Ok(lines.join("\n"))
}

fn show(member: &MemberArgs, json: bool) -> Result<String, String> {
    let mut members = members(&member.dir, Some(&member.code))?;
    let member = members.pop().ok_or_else(|| format!("{} is not in the registry", member.code))?;
    if json {
        return serde_json::to_string_pretty(&member).map_err(|error| error.to_string());
    }
    let mut lines = vec![
        format!("code      {}", member.code),
        format!("name      {}", member.name),
        format!("state     {}", if member.active { "active" } else { "inactive" }),
        format!("delivery  {}", member.delivery),
        format!(
            "receives  {}",
            if member.allow.is_empty() { "all documents".to_owned() } else { member.allow.join(" ") }
        ),
    ];
    if let Some(push) = &member.push {
        lines.push(format!("service   {} ({})", push.url, push.trust));
        lines.push(format!(
            "refused   an envelope that it refuses is {}",
            if push.poison == "hold" { "held" } else { "parked" }
        ));
    }
    for rule in &member.rules {
        lines.push(party_commands::rule_line(rule));
    }
    for certificate in &member.certificates {
        lines.push(format!("certificate {}", certificate.fingerprint));
        lines.push(format!("  subject {}", certificate.subject));
        lines.push(format!("  valid   {} to {}", certificate.not_before, certificate.not_after));
        lines.push(format!("  ends    {}", ending(certificate.days_left)));
    }
    if member.certificates.is_empty() {
        lines.push("no certificate: nobody can act for it".to_owned());
    }
    Ok(lines.join("\n"))
}

/// When a certificate ends, and whether that is to be cared for.
fn ending(days_left: i64) -> String {
    match days_left {
        ..0 => "it has expired: nobody can act with it".to_owned(),
        0 => "today: register the next one, then revoke this one".to_owned(),
        days if days <= DAYS_TO_CARE => {
            format!("in {days} days: register the next one beside it, then revoke this one")
        }
        days => format!("in {days} days"),
    }
}

/// Days before its end from which a certificate should be followed by another.
const DAYS_TO_CARE: i64 = 90;

fn members(dir: &Path, code: Option<&str>) -> Result<Vec<Member>, String> {
    let query = code.map(|code| format!("?code={code}")).unwrap_or_default();
    read(dir, &format!("/v1/nppos{query}"), |registry| control::members(registry, code))
}

/// Reads rows of the registry, from the running hub at `path` or from its directory.
pub(crate) fn read<T: serde::de::DeserializeOwned>(
    dir: &Path,
    path: &str,
    here: impl FnOnce(&phytohub_core::registry::Registry) -> Result<T, String>,
) -> Result<T, String> {
    let layout = Layout::new(dir);
    match owner(&layout)? {
        Owner::Here(members) => here(members.registry()),
        Owner::Hub(running) => {
            let text = client::admin(&layout, &running, "GET", path, None)?;
            serde_json::from_slice(&text).map_err(|error| format!("the hub's answer cannot be read: {error}"))
        }
    }
}

/// Adds members with throw-away keys. Their keys lie in the directory before they are members.
fn trial(dir: &Path, codes: &[String]) -> Result<String, String> {
    let layout = Layout::new(dir);
    let fail = |error: io::Error| format!("{}: {error}", dir.display());
    let sandbox = Config::read(&layout.config(), std::env::vars())?.onboarding.is_sandbox();
    let reason = Some("a member for a trial, with throw-away keys".to_owned());
    let add = |code: &String| Change::Add {
        code: code.clone(),
        name: String::new(),
        allow: Vec::new(),
        reason: reason.clone(),
    };
    let mut changes: Vec<Change> = codes.iter().map(add).collect();
    // All is read before anything is written.
    changes.iter().try_for_each(|change| change.command().map(|_| ()))?;
    let ca = pki::ThrowAwayCa::new().map_err(fail)?;
    let mut made = Vec::new();
    let mut all = || {
        for code in codes {
            changes.extend(keys_of(&layout, &ca, code, sandbox).map_err(fail)?);
            made.push(code);
        }
        change_all(dir, &changes)
    };
    if let Err(error) = all() {
        // Keys of members that do not exist would be taken for those of members that do.
        let endings =
            ["", "-revoked", "-expired"].iter().flat_map(|kind| ["pem", "key"].map(|end| format!("{kind}.{end}")));
        for ending in endings {
            made.iter().for_each(|code| drop(std::fs::remove_file(layout.pki(&format!("nppo-{code}{ending}")))));
        }
        return Err(error);
    }
    Ok(format!("{} members added and active, their keys are in {}", codes.len(), layout.pki("").display()))
}

/// Makes one change of the registry.
pub(crate) fn change(dir: &Path, change: Change) -> Result<(), String> {
    change_all(dir, &[change])
}

/// Changes the registry, through the running hub or in its directory.
fn change_all(dir: &Path, changes: &[Change]) -> Result<(), String> {
    // All is read before anything is changed.
    changes.iter().try_for_each(|change| change.command().map(|_| ()))?;
    let layout = Layout::new(dir);
    match owner(&layout)? {
        Owner::Here(mut members) => {
            let settings = Config::read(&layout.config(), std::env::vars())?.onboarding;
            let mut by_hand = ByHand::open(&layout)?;
            let gate = Gate::new(layout, settings);
            changes.iter().try_for_each(|change| {
                by_hand.make(of_change(change), || {
                    let command = gate.command(members.registry(), clock::now(), change)?;
                    members.change(&command).map_err(|error| error.to_string())
                })
            })?;
            members.close().map_err(|error| error.to_string())
        }
        Owner::Hub(running) => changes.iter().try_for_each(|change| {
            let body = serde_json::to_vec(change).map_err(|error| error.to_string())?;
            client::admin(&layout, &running, "POST", "/v1/changes", Some(body)).map(|_| ())
        }),
    }
}

/// Who may touch the registry now.
enum Owner {
    /// No hub runs: this process.
    Here(Box<LockedMembers>),
    /// The running hub.
    Hub(Running),
}

/// The registry and the lock that makes it ours.
struct LockedMembers {
    members: Members,
    _lock: phytohub_operate::layout::Lock,
}

impl LockedMembers {
    fn registry(&self) -> &phytohub_core::registry::Registry {
        self.members.registry()
    }

    fn change(
        &mut self,
        command: &phytohub_core::registry::RegistryCommand,
    ) -> Result<(), phytohub_shard::ChangeError> {
        self.members.change(clock::now(), command)
    }

    fn close(self) -> Result<(), phytohub_shard::ChangeError> {
        self.members.close()
    }
}

fn owner(layout: &Layout) -> Result<Owner, String> {
    layout.fixed()?;
    match layout.lock() {
        Ok(lock) => {
            Ok(Owner::Here(Box::new(LockedMembers { members: members::open(&layout.registry())?, _lock: lock })))
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Owner::Hub(layout.running()?)),
        Err(error) => Err(format!("{}: {error}", layout.data().display())),
    }
}
