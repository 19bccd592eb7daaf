//! Entries as lines that are chained.
//!
//! A line is the entry as JSON, the hash of the line before it, and its own hash: the SHA-256 of all that stands before
//! it in the line. So a hash stands for its line and for all lines before it.
//!
//! ```text
//! {"seq":2,"at":"…","who":"owner",…,"previous":"HASH OF LINE 1","hash":"SHA-256 OF WHAT STANDS BEFORE THIS FIELD"}
//! ```

use std::fmt;
use std::str::FromStr;

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use crate::entry::Entry;

/// Longest line that is taken for one: an entry's parts are bounded, and an escape is six bytes at the most.
pub(crate) const LINE_BYTES_MAX: usize = 64 << 10;

/// What stands between a line's body and its hash.
const HASH_FIELD: &str = ",\"hash\":\"";
/// What stands behind the hash.
const END: &str = "\"}";

const HASH_BYTES: usize = 32;
const HASH_DIGITS: usize = 2 * HASH_BYTES;

/// SHA-256 of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash([u8; HASH_BYTES]);

impl Hash {
    /// What the first line is chained to.
    pub(crate) const NONE: Self = Self([0; HASH_BYTES]);

    fn of(body: &[u8]) -> Self {
        let mut hash = Self::NONE;
        hash.0.copy_from_slice(digest(&SHA256, body).as_ref());
        hash
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text.len() != HASH_DIGITS || !text.is_ascii() {
            return Err(());
        }
        let mut hash = Self::NONE;
        for (byte, at) in hash.0.iter_mut().zip((0..HASH_DIGITS).step_by(2)) {
            let digits = &text[at..at + 2];
            // `from_str_radix` takes a sign, too.
            if !digits.bytes().all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit)) {
                return Err(());
            }
            *byte = u8::from_str_radix(digits, 16).map_err(|_| ())?;
        }
        Ok(hash)
    }
}

/// The last entry of a chain: noted elsewhere, it vouches for all entries up to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// The entry's number.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
}

impl fmt::Display for Tip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

impl FromStr for Tip {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.trim().split_once(':');
        let tip = parts.and_then(|(seq, hash)| Some(Self { seq: seq.parse().ok()?, hash: hash.parse().ok()? }));
        tip.ok_or_else(|| format!("'{text}' is no tip: SEQ:HASH as `phytohub audit verify` prints it"))
    }
}

/// A line's body.
#[derive(Deserialize, Serialize)]
struct Body {
    #[serde(flatten)]
    entry: Entry,
    previous: String,
}

/// A line that is one: its entry and both hashes. Whether its own hash is right, [`Link::is_intact`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) entry: Entry,
    pub(crate) previous: Hash,
    pub(crate) hash: Hash,
    is_intact: bool,
}

impl Link {
    /// Reads a line, without its line feed.
    pub(crate) fn read(line: &[u8]) -> Option<Self> {
        let line = std::str::from_utf8(line).ok().filter(|line| line.len() <= LINE_BYTES_MAX)?;
        let rest = line.strip_suffix(END)?;
        let body = rest.get(..rest.len().checked_sub(HASH_DIGITS)?)?;
        let hash = rest.get(body.len()..)?.parse().ok()?;
        let body = format!("{}}}", body.strip_suffix(HASH_FIELD)?);
        let Body { entry, previous } = serde_json::from_str(&body).ok()?;
        let is_intact = Hash::of(body.as_bytes()) == hash;
        Some(Self { entry, previous: previous.parse().ok()?, hash, is_intact })
    }

    /// Whether its hash is that of its body.
    pub(crate) fn is_intact(&self) -> bool {
        self.is_intact
    }

    pub(crate) fn tip(&self) -> Tip {
        Tip { seq: self.entry.seq, hash: self.hash }
    }
}

/// An entry as the line that follows `previous`, with its line feed, and the hash it has.
///
/// # Errors
/// When it cannot be written as JSON.
pub(crate) fn line(entry: &Entry, previous: Hash) -> Result<(String, Hash), serde_json::Error> {
    let body = serde_json::to_string(&Body { entry: entry.clone(), previous: previous.to_string() })?;
    let hash = Hash::of(body.as_bytes());
    let open = body.strip_suffix('}').unwrap_or(&body);
    Ok((format!("{open}{HASH_FIELD}{hash}{END}\n"), hash))
}
