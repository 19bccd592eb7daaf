//! Getting a peer's package where it is missing and installing is ours to do: as root on a system with apt.

use std::env;
use std::process::{Command, Stdio};

use rustix::process::geteuid;

use crate::failure::{Failure, Result, While};
use crate::{postgresql, rabbitmq};

/// How long apt waits for another one that is at work.
const LOCK: &str = "DPkg::Lock::Timeout=300";

/// A Debian package, and whether what we need of it is there.
pub(crate) struct Package {
    name: &'static str,
    is_there: fn() -> bool,
}

/// The packages of the peers.
pub(crate) const REDIS: Package = Package { name: "redis-server", is_there: || is_program("redis-server") };
pub(crate) const RABBITMQ: Package =
    Package { name: "rabbitmq-server", is_there: || is_program(rabbitmq::PROGRAM) && is_program("epmd") };
pub(crate) const POSTGRESQL: Package = Package { name: "postgresql", is_there: || postgresql::programs().is_some() };
pub(crate) const NATS: Package = Package { name: "nats-server", is_there: || is_program("nats-server") };

impl Package {
    /// Sees that it is there. A service that the package starts by itself is left alone: ours has its own port and
    /// folder.
    pub(crate) fn ensure(&self) -> Result<()> {
        if (self.is_there)() {
            return Ok(());
        }
        let name = self.name;
        if !geteuid().is_root() || !is_program("apt-get") {
            return Err(Failure::new(format!("not installed; install Debian's package {name}, or run this as root")));
        }
        // The lists of a new machine may be empty or old; an update that fails still leaves the ones there are.
        apt(&["update", "--quiet"])?;
        let installed = apt(&["install", "--yes", "--quiet", "--no-install-recommends", name])?;
        match installed && (self.is_there)() {
            true => Ok(()),
            false => Err(Failure::new(format!("not installed, and apt-get could not install {name}; see above"))),
        }
    }
}

/// Runs apt-get, with what it says on standard error: standard output is for the table.
fn apt(arguments: &[&str]) -> Result<bool> {
    let mut command = Command::new("apt-get");
    command.args(["-o", LOCK]).args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    command.stdin(Stdio::null()).stdout(std::io::stderr());
    Ok(command.status().during("apt-get could not be run")?.success())
}

/// Whether a program is there, by its path or on the one of the environment.
fn is_program(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_by_name_and_by_path() {
        assert!(is_program("sh") && is_program("/bin/sh"));
        assert!(!is_program("phytohub-has-no-such-program"));
    }

    #[test]
    fn what_is_there_is_not_installed() {
        assert!(Package { name: "phytohub-has-no-such-package", is_there: || true }.ensure().is_ok());
    }
}
