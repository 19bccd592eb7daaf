//! HTTP as national systems speak it: written by hand, because each library has ways of its own that must reach the hub
//! as they are, and because a generator that is dear cannot load anything.

use std::io;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use phytoload_traffic::{HttpShape, HttpVersion};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Path of the service.
pub(crate) const PATH: &str = "/hub/DeliveryService";
/// Most lines in the head of an answer.
const HEADER_LINES_MAX: usize = 64;
/// Largest head of an answer.
const HEAD_BYTES_MAX: usize = 64 << 10;
/// Largest body of an answer: far beyond what a hub puts into one.
const BODY_BYTES_MAX: usize = 256 << 20;
/// How long the body waits for `100 Continue`, as .NET has it.
const CONTINUE_WAIT: Duration = Duration::from_millis(350);
/// Room that is read into at once.
const READ_BYTES: usize = 64 << 10;

/// An answer without its body, which lies in the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: u16,
    /// Whether the connection can be used again.
    pub(crate) keeps: bool,
}

/// Writes the head and the body of a request into `out`, as `shape` says.
pub(crate) fn write_request(shape: &HttpShape, host: &str, marks: &str, body: &[u8], out: &mut Vec<u8>) {
    let version = match shape.version {
        HttpVersion::Http10 => "1.0",
        HttpVersion::Http11 => "1.1",
    };
    let mut line = |parts: &[&str]| parts.iter().for_each(|part| out.extend_from_slice(part.as_bytes()));
    line(&["POST ", PATH, " HTTP/", version, "\r\nHost: ", host, "\r\n", marks]);
    for (name, value) in &shape.headers {
        line(&[name, ": ", value, "\r\n"]);
    }
    if shape.expect_continue {
        line(&["Expect: 100-continue\r\n"]);
    }
    match shape.chunked {
        Some(size) => {
            line(&["Transfer-Encoding: chunked\r\n\r\n"]);
            for chunk in body.chunks(size.max(1)) {
                out.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                out.extend_from_slice(chunk);
                out.extend_from_slice(b"\r\n");
            }
            out.extend_from_slice(b"0\r\n\r\n");
        }
        None => {
            out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
            out.extend_from_slice(body);
        }
    }
}

/// Sends a request that lies whole in `request`, and reads the answer; its body is in `buffer` afterwards.
///
/// # Errors
/// What broke; `UnexpectedEof` with nothing read when the other side had closed already.
pub(crate) async fn exchange<S>(
    stream: &mut S,
    request: &[u8],
    expects_continue: bool,
    buffer: &mut BytesMut,
) -> io::Result<Answer>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    buffer.clear();
    if expects_continue {
        let head = memchr::memmem::find(request, b"\r\n\r\n").map_or(request.len(), |at| at + 4);
        stream.write_all(&request[..head]).await?;
        stream.flush().await?;
        match tokio::time::timeout(CONTINUE_WAIT, read_head(stream, buffer)).await {
            Ok(Ok(head)) if head.status != 100 => {
                // The other side has decided without the body, so what is left of the request cannot follow.
                let answer = read_body(stream, buffer, head).await?;
                return Ok(Answer { keeps: false, ..answer });
            }
            Ok(head) => drop(head?),
            // It does not know of this: the body goes on its way.
            Err(_) => {}
        }
        stream.write_all(&request[head..]).await?;
    } else {
        stream.write_all(request).await?;
    }
    stream.flush().await?;
    loop {
        let head = read_head(stream, buffer).await?;
        // An interim answer may come unasked.
        if head.status != 100 {
            return read_body(stream, buffer, head).await;
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Head {
    status: u16,
    keeps: bool,
    body: Framing,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Framing {
    Length(usize),
    Chunked,
    UntilClose,
}

fn broken(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

async fn fill<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut BytesMut) -> io::Result<usize> {
    buffer.reserve(READ_BYTES);
    stream.read_buf(buffer).await
}

async fn fill_more<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut BytesMut) -> io::Result<()> {
    match fill(stream, buffer).await? {
        0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "closed in the middle of an answer")),
        _ => Ok(()),
    }
}

/// Reads a head and takes it from the buffer.
async fn read_head<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut BytesMut) -> io::Result<Head> {
    loop {
        if let Some((length, head)) = parse_head(buffer)? {
            buffer.advance(length);
            return Ok(head);
        }
        if buffer.len() > HEAD_BYTES_MAX {
            return Err(broken("the head of the answer is too large"));
        }
        let read = fill(stream, buffer).await?;
        if read == 0 {
            let what = if buffer.is_empty() { "closed before an answer" } else { "closed in the middle of an answer" };
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, what));
        }
    }
}

fn parse_head(bytes: &[u8]) -> io::Result<Option<(usize, Head)>> {
    let mut lines = [httparse::EMPTY_HEADER; HEADER_LINES_MAX];
    let mut response = httparse::Response::new(&mut lines);
    let length = match response.parse(bytes).map_err(|error| broken(format!("no HTTP: {error}")))? {
        httparse::Status::Complete(length) => length,
        httparse::Status::Partial => return Ok(None),
    };
    let status = response.code.unwrap_or_default();
    let mut head = Head { status, keeps: response.version == Some(1), body: Framing::UntilClose };
    for line in response.headers.iter() {
        let value = line.value.trim_ascii();
        if line.name.eq_ignore_ascii_case("content-length") {
            let number = std::str::from_utf8(value).ok().and_then(|value| value.parse().ok());
            let number: usize = number.ok_or_else(|| broken("Content-Length is no number"))?;
            if number > BODY_BYTES_MAX {
                return Err(broken(format!("an answer of {number} bytes is more than is read")));
            }
            head.body = Framing::Length(number);
        } else if line.name.eq_ignore_ascii_case("transfer-encoding") && value.eq_ignore_ascii_case(b"chunked") {
            head.body = Framing::Chunked;
        } else if line.name.eq_ignore_ascii_case("connection") {
            head.keeps =
                !value.eq_ignore_ascii_case(b"close") && (head.keeps || value.eq_ignore_ascii_case(b"keep-alive"));
        }
    }
    if matches!(status, 100..=199 | 204 | 304) {
        head.body = Framing::Length(0);
    }
    Ok(Some((length, head)))
}

async fn read_body<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut BytesMut, head: Head) -> io::Result<Answer> {
    let mut keeps = head.keeps;
    match head.body {
        Framing::Length(length) => {
            buffer.reserve(length.saturating_sub(buffer.len()));
            while buffer.len() < length {
                fill_more(stream, buffer).await?;
            }
            buffer.truncate(length);
        }
        Framing::Chunked => read_chunks(stream, buffer).await?,
        Framing::UntilClose => {
            keeps = false;
            while fill(stream, buffer).await? > 0 {
                if buffer.len() > BODY_BYTES_MAX {
                    return Err(broken("the answer does not end"));
                }
            }
        }
    }
    Ok(Answer { status: head.status, keeps })
}

/// Joins the chunks that begin in the buffer.
async fn read_chunks<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut BytesMut) -> io::Result<()> {
    let mut body = BytesMut::new();
    loop {
        let size = loop {
            match httparse::parse_chunk_size(buffer).map_err(|_| broken("a chunk has no size"))? {
                httparse::Status::Complete((length, size)) => {
                    buffer.advance(length);
                    break usize::try_from(size).unwrap_or(usize::MAX);
                }
                httparse::Status::Partial => fill_more(stream, buffer).await?,
            }
        };
        if body.len().saturating_add(size) > BODY_BYTES_MAX {
            return Err(broken("the answer does not end"));
        }
        while buffer.len() < size + 2 {
            fill_more(stream, buffer).await?;
        }
        body.extend_from_slice(&buffer[..size]);
        buffer.advance(size + 2);
        if size == 0 {
            *buffer = body;
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(chunked: Option<usize>) -> HttpShape {
        HttpShape {
            version: HttpVersion::Http11,
            chunked,
            expect_continue: false,
            headers: vec![("SOAPAction", "\"\"")],
        }
    }

    async fn answered(bytes: &'static [u8]) -> io::Result<(Answer, Vec<u8>)> {
        let mut stream = tokio_test_stream(bytes);
        let mut buffer = BytesMut::new();
        let answer = exchange(&mut stream, b"POST", false, &mut buffer).await?;
        Ok((answer, buffer.to_vec()))
    }

    /// A stream that swallows what is written and answers `bytes`, a few at a time.
    fn tokio_test_stream(bytes: &'static [u8]) -> tokio::io::DuplexStream {
        let (here, mut there) = tokio::io::duplex(7);
        tokio::spawn(async move {
            let mut request = [0; 4];
            there.read_exact(&mut request).await.unwrap();
            there.write_all(bytes).await.unwrap();
        });
        here
    }

    #[test]
    fn a_request_is_sized_or_chunked() {
        let mut out = Vec::new();
        write_request(&shape(None), "localhost:1", "User-Agent: x\r\n", b"0123456789", &mut out);
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "POST /hub/DeliveryService HTTP/1.1\r\nHost: localhost:1\r\nUser-Agent: x\r\nSOAPAction: \"\"\r\n\
             Content-Length: 10\r\n\r\n0123456789"
        );
        let mut out = Vec::new();
        write_request(&shape(Some(4)), "localhost:1", "", b"0123456789", &mut out);
        let text = String::from_utf8(out).unwrap();
        assert!(text.ends_with("chunked\r\n\r\n4\r\n0123\r\n4\r\n4567\r\n2\r\n89\r\n0\r\n\r\n"), "{text}");
    }

    #[tokio::test]
    async fn answers_are_read_in_each_framing() {
        let sized = answered(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").await.unwrap();
        assert_eq!(sized, (Answer { status: 200, keeps: true }, b"hello".to_vec()));
        let chunked = answered(b"HTTP/1.1 500 X\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n");
        assert_eq!(chunked.await.unwrap(), (Answer { status: 500, keeps: true }, b"hello".to_vec()));
        let old = answered(b"HTTP/1.0 200 OK\r\n\r\nhello").await.unwrap();
        assert_eq!(old, (Answer { status: 200, keeps: false }, b"hello".to_vec()));
        let interim =
            answered(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 413 X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(interim.await.unwrap(), (Answer { status: 413, keeps: false }, Vec::new()));
    }

    #[tokio::test]
    async fn what_breaks_off_is_an_error() {
        for bytes in
            [&b""[..], b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", b"nonsense\r\n\r\n"]
        {
            assert!(answered(bytes).await.is_err(), "{:?}", String::from_utf8_lossy(bytes));
        }
    }
}
