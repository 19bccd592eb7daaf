//! The ledger as a file outside the hub: appended by a thread of its own, synced several times a second.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::record::{RECORD_BYTES, Record};

/// What the file begins with: kind and version.
const MAGIC: &[u8; 8] = b"PHYLDGR1";
/// Longest a record waits until it is on disk. What a crash of this machine could take with it is that much; a sync for
/// each record would make the generator compete with the hub for the disk that is to be measured.
const SYNC_AFTER: Duration = Duration::from_millis(100);
/// Records that may wait for the thread: half a second at a hundred thousand a second.
const QUEUE: usize = 1 << 16;

/// The end that records go in at; clones write into the same file.
#[derive(Clone)]
pub(crate) struct Ledger(Sender<Record>);

impl Ledger {
    /// Writes a record down.
    pub(crate) fn write(&self, record: Record) {
        // The thread ends before its senders only when the disk failed, which `Writer::close` tells.
        let _ = self.0.send(record);
    }
}

/// The thread that writes.
pub(crate) struct Writer {
    file: PathBuf,
    thread: JoinHandle<io::Result<()>>,
}

impl Writer {
    /// Makes the file, which must not exist, for a run with these members.
    pub(crate) fn create(file: &Path, members: &[String]) -> Result<(Ledger, Self), String> {
        let fail = |error: io::Error| format!("{}: {error}", file.display());
        let mut out = File::create_new(file).map_err(fail)?;
        let names = members.join(" ");
        out.write_all(MAGIC).map_err(fail)?;
        out.write_all(&(names.len() as u64).to_le_bytes()).map_err(fail)?;
        out.write_all(names.as_bytes()).map_err(fail)?;
        let (sender, receiver) = bounded(QUEUE);
        let thread =
            std::thread::Builder::new().name("ledger".to_owned()).spawn(move || write(out, &receiver)).map_err(fail)?;
        Ok((Ledger(sender), Self { file: file.to_owned(), thread }))
    }

    /// Waits until everything is on disk, once all senders are gone.
    pub(crate) fn close(self) -> Result<(), String> {
        let ended = self.thread.join().map_err(|_| "the ledger's thread panicked".to_owned())?;
        ended.map_err(|error| format!("{}: the ledger could not be written: {error}", self.file.display()))
    }
}

fn write(mut out: File, records: &Receiver<Record>) -> io::Result<()> {
    let mut waiting = Vec::new();
    let mut synced = Instant::now();
    loop {
        let end = match records.recv_timeout(SYNC_AFTER) {
            Ok(record) => {
                waiting.extend_from_slice(&record.encode());
                records.try_iter().for_each(|record| waiting.extend_from_slice(&record.encode()));
                false
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => true,
        };
        if !waiting.is_empty() && (end || synced.elapsed() >= SYNC_AFTER) {
            out.write_all(&waiting)?;
            out.sync_data()?;
            waiting.clear();
            synced = Instant::now();
        }
        if end {
            return Ok(());
        }
        // Many records come one by one: a moment's pause gathers them and leaves the processor to others.
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Reads a ledger: its members, and each record in order. A record that was not written whole ends it.
pub(crate) fn read(file: &Path, mut each: impl FnMut(&Record)) -> Result<Vec<String>, String> {
    /// Longest list of members: 65,536 codes of twelve characters.
    const NAMES_BYTES_MAX: u64 = 1 << 20;
    let fail = |error: io::Error| format!("{}: {error}", file.display());
    let mut input = BufReader::with_capacity(1 << 20, File::open(file).map_err(fail)?);
    let mut head = [0; 16];
    input.read_exact(&mut head).map_err(fail)?;
    let length = u64::from_le_bytes([head[8], head[9], head[10], head[11], head[12], head[13], head[14], head[15]]);
    if &head[..8] != MAGIC || length > NAMES_BYTES_MAX {
        return Err(format!("{} is no ledger of a load run, or of another version", file.display()));
    }
    let mut names = vec![0; length as usize];
    input.read_exact(&mut names).map_err(fail)?;
    let names = String::from_utf8_lossy(&names);
    let members = names.split(' ').map(str::to_owned).collect();
    let mut bytes = [0; RECORD_BYTES];
    loop {
        match input.read_exact(&mut bytes) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(members),
            Err(error) => return Err(fail(error)),
        }
        let Some(record) = Record::decode(&bytes) else { return Ok(members) };
        each(&record);
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::Kind;
    use super::*;

    #[test]
    fn what_was_written_is_read_and_a_torn_end_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ledger.bin");
        let members = vec!["KE".to_owned(), "NL".to_owned()];
        let (ledger, writer) = Writer::create(&file, &members).unwrap();
        for id in 0..1000 {
            ledger.write(Record::new(Kind::Intent, id, id * 10));
        }
        drop(ledger);
        writer.close().unwrap();
        let mut bytes = std::fs::read(&file).unwrap();
        bytes.truncate(bytes.len() - 1);
        std::fs::write(&file, bytes).unwrap();
        let mut ids = Vec::new();
        assert_eq!(read(&file, |record| ids.push(record.id)).unwrap(), members);
        assert_eq!(ids, (0..999).collect::<Vec<_>>());
        std::fs::write(&file, "something else that is long enough").unwrap();
        assert!(read(&file, |_| {}).unwrap_err().contains("no ledger"));
    }
}
