//! `phytohub health`: whether the hub of a directory is ready, for machines that have no other tool to ask with.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::time::Duration;

use phytohub_operate::layout::Layout;

/// A hub that is ready answers at once.
const PATIENCE: Duration = Duration::from_secs(4);
/// The answer is a line.
const ANSWER_BYTES_MAX: u64 = 4096;

/// Asks the running hub at its admin address; the text is for standard output.
///
/// # Errors
/// A sentence that says why it is not ready.
pub fn health(dir: &Path) -> Result<String, String> {
    let running = Layout::new(dir).running()?;
    let address = running.admin.strip_prefix("http://").unwrap_or(&running.admin);
    let (status, body) = get(address, "/readyz").map_err(|error| format!("{address}: {error}"))?;
    let body = body.trim();
    if status == 200 { Ok(body.to_owned()) } else { Err(format!("{address}: not ready: {body}")) }
}

fn get(address: &str, path: &str) -> std::io::Result<(u16, String)> {
    let place = address.to_socket_addrs()?.next().ok_or_else(|| std::io::Error::other("no address"))?;
    let mut socket = TcpStream::connect_timeout(&place, PATIENCE)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    write!(socket, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut answer = String::new();
    socket.take(ANSWER_BYTES_MAX).read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok((status, body.to_owned()))
}
