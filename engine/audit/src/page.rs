//! Entries from the end of a log, page by page, without reading all of it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::chain::{LINE_BYTES_MAX, Link};
use crate::entry::{Entry, Outcome};

/// What is read of the file at once.
const BLOCK_BYTES: u64 = 64 << 10;

/// A page of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The newest first.
    pub entries: Vec<Entry>,
    /// Whether there are older ones.
    pub more: bool,
}

/// The newest `limit` entries of the log at `path`, or those before the entry numbered `before`.
///
/// What was asked for and then answered is one thing to whoever reads: the entry that asked is left out when the next
/// one says what became of it. Lines that are no entries are left out; that they are there, [`crate::verify()`] tells.
///
/// # Errors
/// When the file cannot be read; that there is none is an empty page.
pub fn page(path: &Path, before: Option<u64>, limit: usize) -> io::Result<Page> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut more = false;
    // The entry behind the one that is looked at.
    let mut next: Option<Entry> = None;
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Page { entries, more }),
        file => file?,
    };
    let mut lines = Backwards::of(file)?;
    while let Some(line) = lines.next()? {
        let Some(Link { entry, .. }) = Link::read(&line) else { continue };
        let is_told = next.as_ref().is_some_and(|next| answers(next, &entry));
        let is_wanted = before.is_none_or(|before| entry.seq < before);
        if is_wanted && !is_told && entries.len() == limit {
            more = true;
            break;
        }
        next = Some(entry.clone());
        if is_wanted && !is_told {
            entries.push(entry);
        }
    }
    Ok(Page { entries, more })
}

/// Whether `next` says what became of what `entry` asked for.
pub(crate) fn answers(next: &Entry, entry: &Entry) -> bool {
    entry.outcome == Outcome::Asked
        && next.outcome != Outcome::Asked
        && next.seq == entry.seq.saturating_add(1)
        && (&next.who, &next.what, &next.subject) == (&entry.who, &entry.what, &entry.subject)
}

/// The lines of a file, the last first.
pub(crate) struct Backwards {
    file: File,
    /// Where what was not read yet ends.
    at: u64,
    /// What was read and not handed out.
    rest: Vec<u8>,
    /// Bytes of `rest` from here on were searched for a line feed.
    searched: usize,
    /// Bytes up to the last line feed, once that is found; what stands behind it is no line yet.
    whole: Option<u64>,
}

impl Backwards {
    pub(crate) fn of(file: File) -> io::Result<Self> {
        let at = file.metadata()?.len();
        Ok(Self { file, at, rest: Vec::new(), searched: 0, whole: None })
    }

    /// How many bytes the whole lines have. Known once the first line was asked for.
    pub(crate) fn whole_bytes(&self) -> u64 {
        self.whole.unwrap_or(0)
    }

    /// The line before the last one that was handed out. One that is longer than a line may be is handed out in pieces,
    /// none of which is an entry.
    pub(crate) fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(feed) = self.rest[..self.searched].iter().rposition(|&byte| byte == b'\n') {
                let line = self.rest.split_off(feed + 1);
                self.rest.pop();
                self.searched = self.rest.len();
                if self.whole.is_some() {
                    return Ok(Some(line));
                }
                self.whole = Some(self.at + feed as u64 + 1);
                continue;
            }
            self.searched = 0;
            let is_too_long = LINE_BYTES_MAX < self.rest.len();
            if self.whole.is_some() && (is_too_long || self.at == 0) {
                let line = std::mem::take(&mut self.rest);
                return Ok((self.at != 0 || !line.is_empty()).then_some(line));
            }
            if self.whole.is_none() {
                // What stands behind the last line feed is not kept.
                self.rest.clear();
                if self.at == 0 {
                    return Ok(None);
                }
            }
            self.fill()?;
        }
    }

    /// Reads one more block before what is there.
    fn fill(&mut self) -> io::Result<()> {
        let bytes = self.at.min(BLOCK_BYTES);
        self.at -= bytes;
        self.file.seek(SeekFrom::Start(self.at))?;
        let mut block = vec![0; usize::try_from(bytes).unwrap_or_default()];
        self.file.read_exact(&mut block)?;
        self.searched = block.len();
        block.append(&mut self.rest);
        self.rest = block;
        Ok(())
    }
}
