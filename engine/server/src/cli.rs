//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::alert_commands::AlertCommand;
use crate::audit::commands::AuditCommand;
use crate::maintenance::commands::MaintenanceCommand;
use crate::onboarding::OnboardingCommand;
use crate::operators::commands::OperatorCommand;
use crate::releases::commands::ChangeCommand;
use crate::report::ReportArgs;
use crate::salvage_commands::{BackupArgs, JournalCommand, RestoreArgs};

/// Exchange of electronic phytosanitary certificates (ePhyto).
#[derive(Debug, Parser)]
#[command(
    name = "phytohub",
    version,
    about = "Exchange of electronic phytosanitary certificates (ePhyto)",
    max_term_width = 110
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show everything on this machine: throw-away keys, three NPPOs, the hub, certificates through all eight steps
    Demo {
        /// Also send every certificate (*.xml) of this folder
        #[arg(long, value_name = "DIR")]
        certificates: Option<PathBuf>,
        /// End when all is shown: exit status 0 when all went as it should, 1 otherwise
        #[arg(long)]
        once: bool,
    },
    /// Make the directory of a new hub: configuration, throw-away keys, first members
    Init {
        /// The new hub's directory
        dir: PathBuf,
        /// Connection code of a first member (pull, all documents); repeat for more
        #[arg(long = "nppo", value_name = "CODE", required = true)]
        nppos: Vec<String>,
        /// A further DNS name or address for the hub's own certificate; repeat for more
        #[arg(long = "name", value_name = "NAME")]
        names: Vec<String>,
        /// Number of shards, fixed for the life of the directory [default: one for each four processors]
        #[arg(long, value_name = "N")]
        shards: Option<u8>,
        /// A sandbox, in which members show what their systems can: with the partner countries XA and XB
        #[arg(long)]
        sandbox: bool,
        /// Do nothing, and well, where a hub is already: for scripts that run with every start
        #[arg(long)]
        unless_there: bool,
    },
    /// Ask whether the running hub of a directory is ready: exit status 0 when it is, 1 otherwise
    Health {
        /// The hub's directory
        dir: PathBuf,
    },
    /// Run the hub of a directory
    Serve {
        /// The hub's directory
        dir: PathBuf,
        /// Address of the service, instead of [listen] soap; port 0 = any free one
        #[arg(long, value_name = "ADDR:PORT")]
        listen: Option<SocketAddr>,
        /// Address of metrics, health and registry, instead of [listen] admin
        #[arg(long, value_name = "ADDR:PORT")]
        admin: Option<SocketAddr>,
    },
    /// Look at and change the members, while the hub runs or rests
    Nppo {
        /// What to do with them.
        #[command(subcommand)]
        command: NppoCommand,
    },
    /// Look at and change the channels to which envelopes are forwarded or delegated
    Channel {
        /// What to do with them.
        #[command(subcommand)]
        command: ChannelCommand,
    },
    /// Look at and change the document types that have a name and a validator profile
    Document {
        /// What to do with them.
        #[command(subcommand)]
        command: DocumentCommand,
    },
    /// Look at what is wrong, and at what the hub tells whom
    Alert {
        /// What to do.
        #[command(subcommand)]
        command: AlertCommand,
    },
    /// Say who may use the console and the admin address, and who may change things there
    Operator {
        /// What to do with them.
        #[command(subcommand)]
        command: OperatorCommand,
    },
    /// Look at who changed what, and whether that log is whole
    Audit {
        /// What to do.
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Answer members 503 on purpose, with a text, and end that
    Maintenance {
        /// What to do.
        #[command(subcommand)]
        command: MaintenanceCommand,
    },
    /// Follow how candidates show in a sandbox what their systems can, and write what they need to go live
    Onboarding {
        /// What to do.
        #[command(subcommand)]
        command: OnboardingCommand,
    },
    /// Report on a period: exchange, members, availability, refusals and cost, while the hub runs or rests
    Report(ReportArgs),
    /// Look for damage in the journals, list what is in them, keep what can be read
    Journal {
        /// What to do with them.
        #[command(subcommand)]
        command: JournalCommand,
    },
    /// Copy a whole hub, while it runs or rests
    Backup(BackupArgs),
    /// Make a hub's directory from a backup, and from what can still be read of the one that was lost
    Restore(RestoreArgs),
    /// Look at and change what judges certificates, while the hub runs
    Validator {
        /// What to do with it.
        #[command(subcommand)]
        command: ValidatorCommand,
    },
    /// Announce, try, put in force and retire editions of code lists, rule sets and validators
    Change {
        /// What to do with them.
        #[command(subcommand)]
        command: ChangeCommand,
    },
}

/// Commands about channels. Certificates, push and pull of a channel are set as those of a member.
#[derive(Debug, Subcommand)]
pub enum ChannelCommand {
    /// Add a channel, or change it
    Set {
        /// Which.
        #[command(flatten)]
        channel: MemberArgs,
        /// Its name for people
        #[arg(long, default_value = "")]
        name: String,
        /// It receives copies and what is delegated to it
        #[arg(long)]
        receive: bool,
        /// It sends for members that delegate that to it
        #[arg(long)]
        send: bool,
    },
    /// List all channels
    List {
        /// The hub's directory
        dir: PathBuf,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

/// Commands about document types.
#[derive(Debug, Subcommand)]
pub enum DocumentCommand {
    /// Name a document type, or change its name and profile
    Set {
        /// The hub's directory
        dir: PathBuf,
        /// Its number, such as 853
        #[arg(value_name = "TYPE")]
        document_type: i32,
        /// Its name for people
        #[arg(long)]
        name: String,
        /// The validator's profile for its content: ippc, strict, lenient or the path of an overlay
        #[arg(long, default_value = "lenient")]
        profile: String,
    },
    /// Take that back; types with a name from the start have that again
    Remove {
        /// The hub's directory
        dir: PathBuf,
        /// Its number
        #[arg(value_name = "TYPE")]
        document_type: i32,
    },
    /// List all document types that have a name
    List {
        /// The hub's directory
        dir: PathBuf,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

/// Commands about a member's rules.
#[derive(Debug, Subcommand)]
pub enum RuleCommand {
    /// Add a rule, or change the one of that number
    Set {
        /// Whose.
        #[command(flatten)]
        member: MemberArgs,
        /// The channel's code
        #[arg(long)]
        channel: String,
        /// FORWARD (a copy also goes there) or DELEGATE (it receives or sends in the member's stead)
        #[arg(long)]
        kind: String,
        /// INC (what the member receives) or OUT (what it sends)
        #[arg(long)]
        direction: String,
        /// Only this document type
        #[arg(long = "type", value_name = "TYPE")]
        document_type: Option<i32>,
        /// Only this document status
        #[arg(long)]
        status: Option<i32>,
        /// Only with this country or connection code on the other side
        #[arg(long)]
        partner: Option<String>,
        /// The rule's number [default: the next free one]
        #[arg(long, default_value_t = 0, hide_default_value = true)]
        id: i32,
    },
    /// End a rule
    Remove {
        /// Whose.
        #[command(flatten)]
        member: MemberArgs,
        /// Its number, as `nppo show` prints it
        id: i32,
    },
}

/// Commands about the validator.
#[derive(Debug, Subcommand)]
pub enum ValidatorCommand {
    /// Show what judges, and what a candidate beside it would change
    Show {
        /// The hub's directory
        dir: PathBuf,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Let a candidate judge the same deliveries beside the validator in force, without any effect
    Shadow {
        /// The hub's directory
        dir: PathBuf,
        /// A WebAssembly module of the validator [default: the native one]
        #[arg(long, value_name = "FILE")]
        module: Option<PathBuf>,
        /// A built-in profile, or the path of a national overlay
        #[arg(long, value_name = "NAME|FILE", default_value = "ippc")]
        profile: String,
        /// A code list in the place of another, or added to it; repeat for more
        #[arg(long = "list", value_name = "FILE")]
        lists: Vec<PathBuf>,
    },
    /// Put the candidate in force, until the hub ends
    Activate {
        /// The hub's directory
        dir: PathBuf,
    },
    /// End the candidate
    Stop {
        /// The hub's directory
        dir: PathBuf,
    },
}

/// Commands about members.
#[derive(Debug, Subcommand)]
pub enum NppoCommand {
    /// Add a member; it becomes active by `activate`, or at once with --override or where none is required
    Add {
        /// Whom.
        #[command(flatten)]
        member: MemberArgs,
        /// Its name for people
        #[arg(long, default_value = "")]
        name: String,
        /// A (type, status) pair it receives, such as 851:70; repeat for more [default: all]
        #[arg(long, value_name = "TYPE:STATUS")]
        allow: Vec<String>,
        /// Make it active without a proof from the sandbox; the reason is kept
        #[arg(long = "override", value_name = "REASON")]
        reason: Option<String>,
    },
    /// Add members for a trial, with throw-away keys as pki/nppo-CODE.pem and nppo-CODE.key of the hub's directory
    Trial {
        /// The hub's directory
        dir: PathBuf,
        /// Their connection codes
        #[arg(value_name = "CODE", required = true)]
        codes: Vec<String>,
    },
    /// List all members
    List {
        /// The hub's directory
        dir: PathBuf,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Show a member with its certificates
    Show {
        /// Whom.
        #[command(flatten)]
        member: MemberArgs,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Let a member send and receive; one that never did needs a proof from the sandbox
    Activate {
        /// Whom.
        #[command(flatten)]
        member: MemberArgs,
        /// Its signed report, as `phytohub onboarding export` wrote it
        #[arg(long, value_name = "FILE")]
        proof: Option<PathBuf>,
        /// Without a proof: the reason, which is kept
        #[arg(long = "override", value_name = "REASON", conflicts_with = "proof")]
        reason: Option<String>,
    },
    /// Stop a member from sending and receiving; what waits for it can still be pulled
    Deactivate(MemberArgs),
    /// Set which documents a member receives
    Allow {
        /// Whom.
        #[command(flatten)]
        member: MemberArgs,
        /// The (type, status) pairs, such as 851:70; none = all
        #[arg(value_name = "TYPE:STATUS")]
        allow: Vec<String>,
    },
    /// Let the hub call the member's own service instead of waiting for it to pull
    Push {
        /// Whose.
        #[command(flatten)]
        member: MemberArgs,
        /// Where: https://host[:port]/path
        #[arg(long)]
        url: String,
        /// The service's own certificate: a PEM file, or its fingerprint (SHA-256, hexadecimal)
        #[arg(
            long,
            value_name = "FILE|FINGERPRINT",
            required_unless_present = "authority",
            conflicts_with = "authority"
        )]
        pin: Option<String>,
        /// The certificate (PEM) of the authority that issued the service's
        #[arg(long, value_name = "FILE")]
        authority: Option<PathBuf>,
        /// Hold the order when an envelope is refused, instead of parking it
        #[arg(long)]
        hold: bool,
    },
    /// Wait for the member to ask for its envelopes
    Pull(MemberArgs),
    /// Look at and change a member's rules about channels
    Rule {
        /// What to do with them.
        #[command(subcommand)]
        command: RuleCommand,
    },
    /// Add or revoke a member's certificate
    Certificate {
        /// What to do with it.
        #[command(subcommand)]
        command: CertificateCommand,
    },
}

/// Commands about certificates.
#[derive(Debug, Subcommand)]
pub enum CertificateCommand {
    /// Register a certificate; several may be valid at once, and one may act for several members
    Add {
        /// Whom.
        #[command(flatten)]
        member: MemberArgs,
        /// The certificate as PEM
        file: PathBuf,
    },
    /// Take a certificate back; it fails on its next request
    Revoke {
        /// Whom.
        #[command(flatten)]
        member: MemberArgs,
        /// Its fingerprint (SHA-256, hexadecimal, as `show` prints it), or the file with the certificate
        certificate: String,
    },
}

/// A hub and one of its members.
#[derive(Args, Debug)]
pub struct MemberArgs {
    /// The hub's directory
    pub dir: PathBuf,
    /// The member's connection code
    pub code: String,
}
