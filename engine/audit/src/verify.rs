//! Whether a log is whole, and if not, which line is the first that is wrong, and why.

use std::fmt;
use std::io::{self, BufRead};

use crate::chain::{Hash, LINE_BYTES_MAX, Link, Tip};

/// What a log is found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Entries that are whole, up to the first break.
    pub entries: u64,
    /// The last of them.
    pub tip: Option<Tip>,
    /// When that was written.
    pub last_at: Option<String>,
    /// Bytes after the last whole line: an entry that is being written at this moment, or was cut short by a crash.
    pub torn_bytes: u64,
    /// The first thing that is wrong.
    pub broken: Option<Break>,
}

/// Where a log is broken first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {flaw}")]
pub struct Break {
    /// Number of the line, from 1; one more than there are lines when the end is missing.
    pub line: u64,
    /// What is wrong with it.
    pub flaw: Flaw,
}

/// What was done to a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The line is no entry at all.
    NoEntry,
    /// The entry does not have the hash that it says.
    Altered(u64),
    /// The entry is whole by itself, but it is not the one that the next is chained to.
    Rewritten(u64),
    /// The log begins with this entry instead of the first.
    HeadCutOff(u64),
    /// The entries from the first to the second number are missing.
    Removed(u64, u64),
    /// This entry stands where another should; that one is elsewhere in the log.
    Reordered {
        /// What stands there.
        found: u64,
        /// What should.
        expected: u64,
    },
    /// The log ends with the first number, although the second was noted.
    EndCutOff(u64, u64),
    /// The entry of the noted number has another hash: it, or something before it, was written anew.
    OtherThanNoted(u64),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEntry => f.write_str("altered: it cannot be read as an entry"),
            Self::Altered(seq) => write!(f, "altered: entry {seq} does not have the hash that it says"),
            Self::Rewritten(seq) => {
                write!(f, "altered: entry {seq} was written anew, the next one is chained to what stood there before")
            }
            Self::HeadCutOff(first) => {
                write!(f, "cut off at the head: the log begins with entry {first} instead of 1")
            }
            Self::Removed(first, last) if first == last => write!(f, "removed: entry {first} is missing before it"),
            Self::Removed(first, last) => write!(f, "removed: entries {first} to {last} are missing before it"),
            Self::Reordered { found, expected } => {
                write!(f, "reordered: entry {found} stands where entry {expected} should")
            }
            Self::EndCutOff(last, noted) => write!(
                f,
                "cut off at the end: the log ends with entry {last}, although entry {noted} was noted as its tip"
            ),
            Self::OtherThanNoted(seq) => write!(
                f,
                "written anew: entry {seq} has another hash than the noted tip, it or something before it was changed"
            ),
        }
    }
}

/// One line of a log.
enum Line {
    /// With a line feed, which is left out here; only the beginning of one that is too long.
    Whole(Vec<u8>),
    /// Bytes without one.
    Torn(u64),
    End,
}

/// Reads the next line, in bounded memory.
fn next_line(log: &mut impl BufRead) -> io::Result<Line> {
    let (mut line, mut bytes) = (Vec::new(), 0_u64);
    loop {
        let buffer = log.fill_buf()?;
        if buffer.is_empty() {
            return Ok(if bytes == 0 { Line::End } else { Line::Torn(bytes) });
        }
        let end = buffer.iter().position(|&byte| byte == b'\n');
        let piece = &buffer[..end.unwrap_or(buffer.len())];
        // One byte more than a line may have tells that it is none.
        let room = (LINE_BYTES_MAX + 1).saturating_sub(line.len());
        line.extend_from_slice(&piece[..piece.len().min(room)]);
        let taken = piece.len() + usize::from(end.is_some());
        bytes += taken as u64;
        log.consume(taken);
        if end.is_some() {
            return Ok(Line::Whole(line));
        }
    }
}

/// Reads a whole log and holds each line to the one before; with `noted`, also to a tip that was noted elsewhere.
///
/// # Errors
/// When it cannot be read; what is wrong with what is read is no error but [`Verified::broken`].
pub fn verify(mut log: impl BufRead, noted: Option<&Tip>) -> io::Result<Verified> {
    let mut verified = Verified { entries: 0, tip: None, last_at: None, torn_bytes: 0, broken: None };
    let mut is_noted_seen = false;
    let mut number = 0;
    loop {
        let line = match next_line(&mut log)? {
            Line::Whole(line) => line,
            Line::Torn(bytes) => {
                verified.torn_bytes = bytes;
                break;
            }
            Line::End => break,
        };
        number += 1;
        let link = match follow(verified.tip.as_ref(), &line) {
            Ok(link) => link,
            Err(Misfit { flaw, steps_back }) => {
                let flaw = elsewhere(flaw, &line, &mut log)?;
                verified.broken = Some(Break { line: number - steps_back, flaw });
                return Ok(verified);
            }
        };
        if let Some(noted) = noted.filter(|noted| noted.seq == link.entry.seq) {
            is_noted_seen = true;
            if noted.hash != link.hash {
                verified.broken = Some(Break { line: number, flaw: Flaw::OtherThanNoted(noted.seq) });
                return Ok(verified);
            }
        }
        (verified.entries, verified.tip, verified.last_at) = (number, Some(link.tip()), Some(link.entry.at));
    }
    if let Some(noted) = noted.filter(|_| !is_noted_seen) {
        verified.broken = Some(Break { line: number + 1, flaw: Flaw::EndCutOff(number, noted.seq) });
    }
    Ok(verified)
}

/// A line that does not follow; the flaw lies that many lines before it.
struct Misfit {
    flaw: Flaw,
    steps_back: u64,
}

/// The entry of a line, if it follows `before`.
fn follow(before: Option<&Tip>, line: &[u8]) -> Result<Link, Misfit> {
    let misfit = |flaw, steps_back| Err(Misfit { flaw, steps_back });
    let Some(link) = Link::read(line) else { return misfit(Flaw::NoEntry, 0) };
    let found = link.entry.seq;
    if !link.is_intact() {
        return misfit(Flaw::Altered(found), 0);
    }
    let expected = before.map_or(0, |tip| tip.seq) + 1;
    if found != expected {
        let flaw = match before {
            None => Flaw::HeadCutOff(found),
            Some(_) if expected < found => Flaw::Removed(expected, found - 1),
            Some(_) => Flaw::Reordered { found, expected },
        };
        return misfit(flaw, 0);
    }
    match before {
        Some(tip) if link.previous != tip.hash => misfit(Flaw::Rewritten(tip.seq), 1),
        None if link.previous != Hash::NONE => misfit(Flaw::Altered(found), 0),
        _ => Ok(link),
    }
}

/// What seems to be missing may stand further down: then it was not removed but moved.
fn elsewhere(flaw: Flaw, line: &[u8], log: &mut impl BufRead) -> io::Result<Flaw> {
    let (expected, last) = match flaw {
        Flaw::Removed(first, last) => (first, last),
        Flaw::HeadCutOff(first) => (1, first.saturating_sub(1)),
        other => return Ok(other),
    };
    let found = Link::read(line).map_or(last + 1, |link| link.entry.seq);
    while let Line::Whole(line) = next_line(log)? {
        if Link::read(&line).is_some_and(|link| (expected..=last).contains(&link.entry.seq)) {
            return Ok(Flaw::Reordered { found, expected });
        }
    }
    Ok(flaw)
}
