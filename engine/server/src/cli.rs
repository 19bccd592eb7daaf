//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
    /// Look at and change what judges certificates, while the hub runs
    Validator {
        /// What to do with it.
        #[command(subcommand)]
        command: ValidatorCommand,
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
    /// Add a member, active at once
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
    /// Let a member send and receive
    Activate(MemberArgs),
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
