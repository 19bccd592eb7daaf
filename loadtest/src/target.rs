//! Where load may go: this machine, or a host that the operator has named.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::Path;

use serde::Deserialize;

/// Addresses beyond this machine that may be loaded, as `--hosts FILE` names them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hosts {
    /// Each as `host:port` or `address:port`, exactly as the hub's address is given.
    pub(crate) hosts: Vec<String>,
}

impl Hosts {
    /// Reads the file; without one only this machine may be loaded.
    pub(crate) fn read(file: Option<&Path>) -> Result<Self, String> {
        let Some(file) = file else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        toml::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))
    }

    /// The socket address behind `address`, if load may go there.
    ///
    /// # Errors
    /// A sentence that says why not and what to do.
    pub(crate) fn admit(&self, address: &str) -> Result<SocketAddr, String> {
        let listed = self.hosts.iter().any(|host| host == address);
        let resolved = address.to_socket_addrs().map_err(|error| format!("{address}: {error}"))?;
        let first = resolved.into_iter().next().ok_or_else(|| format!("{address}: no address is known for it"))?;
        if listed || is_this_machine(first.ip()) {
            return Ok(first);
        }
        Err(format!(
            "{address} is not this machine: load goes only to loopback addresses, or to hosts that a file says may be \
             loaded; if this hub is yours and meant for it, write hosts = [\"{address}\"] into a file and give it with \
             --hosts FILE"
        ))
    }
}

fn is_this_machine(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback(),
        // ::ffff:127.0.0.1 is loopback, too; ::ffff:10.0.0.1 is not.
        IpAddr::V6(address) => address.to_ipv4_mapped().map_or(address.is_loopback(), |address| address.is_loopback()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_admitted_and_nothing_else() {
        let none = Hosts::default();
        for here in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1", "localhost:1"] {
            assert!(none.admit(here).is_ok(), "{here}");
        }
        for elsewhere in ["10.0.0.1:8443", "192.168.1.1:1", "[2001:db8::1]:1", "[::ffff:10.0.0.1]:1", "0.0.0.0:1"] {
            let refusal = none.admit(elsewhere).unwrap_err();
            assert!(refusal.contains("is not this machine") && refusal.contains("--hosts"), "{refusal}");
        }
    }

    #[test]
    fn a_listed_host_is_admitted_exactly() {
        let hosts = Hosts { hosts: vec!["10.0.0.1:8443".to_owned()] };
        assert!(hosts.admit("10.0.0.1:8443").is_ok());
        assert!(hosts.admit("10.0.0.1:8444").is_err());
        assert!(hosts.admit("10.0.0.2:8443").is_err());
    }

    #[test]
    fn a_file_with_an_unknown_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("hosts.toml");
        std::fs::write(&file, "host = [\"10.0.0.1:1\"]").unwrap();
        assert!(Hosts::read(Some(&file)).unwrap_err().contains("unknown field"));
    }
}
