//! The members that load is made for: only such whose throw-away keys lie in the hub's directory, never a real one.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use phytohub_operate::layout::Layout;
use phytoload_traffic::COUNTRIES;
use rustls::ClientConfig;

use crate::connection;
use crate::hub;

/// Sees that there are `count` members with throw-away keys, and gives their codes.
///
/// A member that is registered and whose key is not here is a real one: its code is passed over.
///
/// # Errors
/// A sentence that says what is in the way.
pub(crate) fn prepare(layout: &Layout, program: &Path, count: usize) -> Result<Vec<String>, String> {
    let registered = registered(layout, program)?;
    let has_keys = |code: &str| ["pem", "key"].iter().all(|kind| layout.pki(&format!("nppo-{code}.{kind}")).exists());
    let usable = COUNTRIES.iter().copied().filter(|code| registered.contains(*code) == has_keys(code));
    // Those that are there already first, so that a second run changes nothing.
    let (ready, free): (Vec<&str>, Vec<&str>) = usable.partition(|code| registered.contains(*code));
    let missing: Vec<&str> = free.into_iter().take(count.saturating_sub(ready.len())).collect();
    if ready.len() + missing.len() < count {
        return Err(format!(
            "{count} members are wanted, but only {} country codes are free in {} or have throw-away keys there; \
             lower [traffic] members",
            ready.len() + missing.len(),
            layout.dir().display()
        ));
    }
    if !missing.is_empty() {
        let mut arguments: Vec<&OsStr> = vec!["nppo".as_ref(), "trial".as_ref(), layout.dir().as_os_str()];
        arguments.extend(missing.iter().map(OsStr::new));
        hub::command(program, &arguments)?;
    }
    Ok(ready.into_iter().chain(missing).take(count).map(str::to_owned).collect())
}

/// Codes in the hub's registry.
fn registered(layout: &Layout, program: &Path) -> Result<BTreeSet<String>, String> {
    let mut command = std::process::Command::new(program);
    let output = command.args(["nppo", "list", "--json"]).arg(layout.dir()).output();
    let output = output.map_err(|error| format!("{}: {error}", program.display()))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    #[derive(serde::Deserialize)]
    struct Member {
        code: String,
    }
    let members: Vec<Member> = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("the list of members cannot be read: {error}"))?;
    Ok(members.into_iter().map(|member| member.code).collect())
}

/// TLS configurations of the members, in their order.
///
/// # Errors
/// A sentence that names the file that cannot be used.
pub(crate) fn keys(layout: &Layout, codes: &[String], tickets: bool) -> Result<Vec<Arc<ClientConfig>>, String> {
    let ca = layout.pki("ca.pem");
    codes
        .iter()
        .map(|code| {
            let [certificate, key] = ["pem", "key"].map(|kind| layout.pki(&format!("nppo-{code}.{kind}")));
            connection::keys(&ca, &certificate, &key, tickets)
        })
        .collect()
}
