//! HTTP as far as stand-ins for servers need it.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Largest body that is taken.
const BODY_BYTES_MAX: usize = 64 << 20;
/// Largest head that is taken.
const HEAD_BYTES_MAX: u64 = 64 << 10;

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Reads a request: its head, line by line as it came, and its body; None when the other side closed instead.
pub(crate) async fn read_http<S: AsyncBufRead + Unpin>(stream: &mut S) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut head = stream.take(HEAD_BYTES_MAX);
    let mut lines = String::new();
    if head.read_line(&mut lines).await? == 0 {
        return Ok(None);
    }
    let mut length = 0;
    loop {
        let mut line = String::new();
        if head.read_line(&mut line).await? == 0 {
            return Err(broken("the head does not end"));
        }
        let Some((name, value)) = line.split_once(':') else { break };
        lines.push_str(&line);
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().map_err(|_| broken("Content-Length is no number"))?,
            "transfer-encoding" => return Err(broken("chunks are not read here")),
            _ => {}
        }
    }
    if length > BODY_BYTES_MAX {
        return Err(broken("the body is larger than is taken"));
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Some((lines, body)))
}

/// Writes an answer.
pub(crate) async fn write_http<S: AsyncWrite + Unpin>(
    stream: &mut S,
    status: &str,
    kind: &str,
    body: &[u8],
) -> io::Result<()> {
    let length = body.len();
    let mut answer =
        format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n").into_bytes();
    answer.extend_from_slice(body);
    stream.write_all(&answer).await?;
    stream.flush().await
}
