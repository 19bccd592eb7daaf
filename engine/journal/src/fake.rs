//! A disk in memory that loses what was not synced, for tests of this crate and of the hub as a whole.
//!
//! What may happen at a crash: each block of 512 bytes that was written and not synced is as it was at any moment since
//! the last sync; a file that grew has any size between; a name that was made, changed or removed and not synced is as
//! it was at any moment since the directory's sync. Blocks are independent of each other, files too. A seed chooses.
//!
//! After a sync that failed, what it should have written stays readable but is on no disk, and another sync does not
//! write it: so do real systems.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IoSlice};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::disk::{Disk, DiskFile};

/// What a disk writes as a whole.
const BLOCK_BYTES: usize = 512;

/// A disk in memory. Clones are the same disk.
#[derive(Clone, Default)]
pub struct FakeDisk {
    state: Arc<Mutex<State>>,
}

/// A file of a [`FakeDisk`].
pub struct FakeFile {
    disk: FakeDisk,
    number: u64,
}

/// What a [`FakeDisk`] does wrong. Operations that change the disk are counted from 0.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// The power goes at this operation: it and all later ones fail, until [`FakeDisk::crash`].
    pub crash_at: Option<u64>,
    /// This operation fails with an input/output error. A sync then writes nothing, and what it should have written
    /// counts as clean.
    pub error_at: Option<u64>,
    /// Files hold at most so many bytes in all.
    pub capacity_bytes: Option<u64>,
    /// Syncs of files say that all is well and do nothing: to show that tests would notice.
    pub ignore_file_syncs: bool,
    /// The same for directories.
    pub ignore_dir_syncs: bool,
    /// Zeros written over something else are lost: to show that old frames are known by their epoch too.
    pub ignore_zeros: bool,
    /// No read is answered from memory.
    pub nothing_cached: bool,
}

#[derive(Default)]
struct State {
    files: BTreeMap<u64, Data>,
    /// Names as a running process sees them.
    names: BTreeMap<PathBuf, u64>,
    /// Names as a crash may leave them, oldest first: at first the synced ones.
    durable_names: BTreeMap<PathBuf, u64>,
    name_changes: Vec<NameChange>,
    next_number: u64,
    operations: u64,
    faults: Faults,
    off: bool,
}

#[derive(Clone, Default)]
struct Data {
    current: Vec<u8>,
    durable: Vec<u8>,
    /// Writes since the last sync.
    unsynced: Vec<(usize, Vec<u8>)>,
}

#[derive(Clone)]
struct NameChange {
    number: u64,
    dir: PathBuf,
    from: Option<PathBuf>,
    to: Option<PathBuf>,
}

impl FakeDisk {
    /// An empty disk without faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what goes wrong from now on, and counts operations from 0 again.
    pub fn set_faults(&self, faults: Faults) {
        let mut state = self.lock();
        state.faults = faults;
        state.operations = 0;
    }

    /// Operations since the faults were set.
    pub fn operations(&self) -> u64 {
        self.lock().operations
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.lock().files.values().map(|data| data.current.len() as u64).sum()
    }

    /// The disk after a loss of power: what was not synced is kept, lost or torn as `seed` has it. No faults are set.
    pub fn crash(&self, seed: u64) -> Self {
        let state = self.lock();
        let mut random = Random(seed);
        let names = state.names_after_crash(&mut random);
        let kept: BTreeSet<u64> = names.values().copied().collect();
        let files = state.files.iter().filter(|(number, _)| kept.contains(number));
        let files = files.map(|(&number, data)| (number, data.after_crash(&mut random))).collect();
        let state =
            State { files, durable_names: names.clone(), names, next_number: state.next_number, ..State::default() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// A second disk with the same bytes, synced and not, and without faults.
    pub fn copy(&self) -> Self {
        let state = self.lock();
        let copy = State {
            files: state.files.clone(),
            names: state.names.clone(),
            durable_names: state.durable_names.clone(),
            name_changes: state.name_changes.clone(),
            next_number: state.next_number,
            ..State::default()
        };
        Self { state: Arc::new(Mutex::new(copy)) }
    }

    /// The disk as the next process sees it after the last was killed: nothing is lost, but what was not synced is not
    /// safe yet. No faults are set.
    pub fn restart(&self) {
        let mut state = self.lock();
        state.faults = Faults::default();
        state.operations = 0;
        state.off = false;
    }

    /// Changes a byte where it lies, as a fault of the medium does.
    ///
    /// # Errors
    /// When there is no such file or byte.
    pub fn flip(&self, path: &Path, offset: usize, mask: u8) -> io::Result<()> {
        let mut state = self.lock();
        let data = state.file_at(path)?;
        for bytes in [&mut data.current, &mut data.durable] {
            *bytes.get_mut(offset).ok_or(io::ErrorKind::UnexpectedEof)? ^= mask;
        }
        Ok(())
    }

    /// The bytes of a file as a process reads them.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn contents(&self, path: &Path) -> io::Result<Vec<u8>> {
        Ok(self.lock().file_at(path)?.current.clone())
    }

    /// Every file with its bytes: two disks with the same are the same to a reader.
    pub fn image(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let state = self.lock();
        let files = state.names.iter().filter_map(|(path, number)| Some((path, state.files.get(number)?)));
        files.map(|(path, data)| (path.clone(), data.current.clone())).collect()
    }

    /// Every version of every file's bytes: as a process reads them, as they are on the medium, and each write between
    /// the two. What is in none of them is nowhere.
    pub fn each_version(&self, visit: &mut dyn FnMut(&Path, &[u8])) {
        let state = self.lock();
        let names: BTreeMap<u64, &PathBuf> = state.names.iter().map(|(path, number)| (*number, path)).collect();
        for (number, data) in &state.files {
            // A removed file lies on the medium until its removal is durable.
            let path = names.get(number).map_or(Path::new("removed"), |path| path);
            visit(path, &data.current);
            visit(path, &data.durable);
            data.unsynced.iter().for_each(|(_, bytes)| visit(path, bytes));
        }
    }

    /// Whether the power is off: the next step is [`Self::crash`].
    pub fn is_off(&self) -> bool {
        self.lock().off
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Counts an operation that changes the disk, and fails if it is its turn.
    fn operate(&mut self) -> io::Result<()> {
        let operation = self.operations;
        self.operations += 1;
        if self.faults.crash_at == Some(operation) {
            self.off = true;
        }
        self.check_power()?;
        if self.faults.error_at == Some(operation) {
            return Err(io::Error::other("injected input/output error"));
        }
        Ok(())
    }

    fn check_power(&self) -> io::Result<()> {
        if self.off { Err(io::Error::other("injected loss of power")) } else { Ok(()) }
    }

    fn file_at(&mut self, path: &Path) -> io::Result<&mut Data> {
        let number = self.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        self.files.get_mut(number).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn rename(&mut self, number: u64, from: Option<&Path>, to: Option<&Path>) {
        if let Some(from) = from {
            self.names.remove(from);
        }
        if let Some(to) = to {
            self.names.insert(to.to_owned(), number);
        }
        let dir = from.or(to).and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
        let (from, to) = (from.map(Path::to_owned), to.map(Path::to_owned));
        self.name_changes.push(NameChange { number, dir, from, to });
    }

    /// Each file's name as it was at some moment since the sync.
    fn names_after_crash(&self, random: &mut Random) -> BTreeMap<PathBuf, u64> {
        let mut names = self.durable_names.clone();
        let numbers: BTreeSet<u64> = self.name_changes.iter().map(|change| change.number).collect();
        for number in numbers {
            let changes: Vec<_> = self.name_changes.iter().filter(|change| change.number == number).collect();
            let kept = random.below(changes.len() + 1);
            changes.iter().take(kept).for_each(|change| change.apply(&mut names));
        }
        names
    }
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<PathBuf, u64>) {
        if let Some(from) = &self.from {
            names.remove(from);
        }
        if let Some(to) = &self.to {
            names.insert(to.clone(), self.number);
        }
    }
}

impl Data {
    fn write(&mut self, offset: usize, bytes: Vec<u8>) {
        put(&mut self.current, offset, &bytes);
        self.unsynced.push((offset, bytes));
    }

    fn sync(&mut self) {
        let mut durable = std::mem::take(&mut self.durable);
        self.unsynced.drain(..).for_each(|(offset, bytes)| put(&mut durable, offset, &bytes));
        self.durable = durable;
    }

    /// Each block as it was at some moment since the sync.
    fn after_crash(&self, random: &mut Random) -> Self {
        let mut bytes = self.durable.clone();
        let end = self.unsynced.iter().map(|(offset, bytes)| offset + bytes.len()).max().unwrap_or(0);
        if end > bytes.len() {
            let grown = random.below(end - bytes.len() + 1);
            bytes.resize(bytes.len() + grown, 0);
        }
        let mut writes: BTreeMap<usize, Vec<&(usize, Vec<u8>)>> = BTreeMap::new();
        for write in &self.unsynced {
            for block in write.0 / BLOCK_BYTES..(write.0 + write.1.len()).div_ceil(BLOCK_BYTES) {
                writes.entry(block).or_default().push(write);
            }
        }
        for (block, writes) in writes {
            let kept = random.below(writes.len() + 1);
            for (offset, source) in writes.into_iter().take(kept) {
                let start = (block * BLOCK_BYTES).max(*offset);
                let end = ((block + 1) * BLOCK_BYTES).min(offset + source.len()).min(bytes.len());
                if start < end {
                    bytes[start..end].copy_from_slice(&source[start - offset..end - offset]);
                }
            }
        }
        Self { current: bytes.clone(), durable: bytes, unsynced: Vec::new() }
    }
}

/// Writes into a file's bytes, which grow as needed.
fn put(file: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if file.len() < end {
        file.resize(end, 0);
    }
    file[offset..end].copy_from_slice(bytes);
}

/// SplitMix64: small, and good enough to choose what a crash keeps.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % (limit.max(1) as u64)) as usize
    }
}

impl Disk for FakeDisk {
    type File = FakeFile;

    fn make_dir(&self, _dir: &Path) -> io::Result<()> {
        self.lock().check_power()
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let state = self.lock();
        state.check_power()?;
        let inside = state.names.keys().filter(|path| path.parent() == Some(dir));
        Ok(inside.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
    }

    fn open(&self, path: &Path) -> io::Result<FakeFile> {
        let state = self.lock();
        state.check_power()?;
        let number = *state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(FakeFile { disk: self.clone(), number })
    }

    fn create(&self, path: &Path) -> io::Result<FakeFile> {
        let mut state = self.lock();
        state.operate()?;
        if state.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let number = state.next_number;
        state.next_number += 1;
        state.files.insert(number, Data::default());
        state.rename(number, None, Some(path));
        Ok(FakeFile { disk: self.clone(), number })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.operate()?;
        let number = *state.names.get(from).ok_or(io::ErrorKind::NotFound)?;
        state.rename(number, Some(from), Some(to));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.operate()?;
        let number = *state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        state.rename(number, Some(path), None);
        Ok(())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.operate()?;
        if state.faults.ignore_dir_syncs {
            return Ok(());
        }
        let (synced, rest) = std::mem::take(&mut state.name_changes).into_iter().partition(|change| change.dir == dir);
        state.name_changes = rest;
        let synced: Vec<NameChange> = synced;
        synced.iter().for_each(|change| change.apply(&mut state.durable_names));
        // A removed file takes room until its removal is durable.
        let named: BTreeSet<u64> = state.names.values().chain(state.durable_names.values()).copied().collect();
        state.files.retain(|number, _| named.contains(number));
        Ok(())
    }
}

impl DiskFile for FakeFile {
    fn size(&self) -> io::Result<u64> {
        let mut state = self.disk.lock();
        state.check_power()?;
        Ok(self.data(&mut state)?.current.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut state = self.disk.lock();
        state.check_power()?;
        let data = self.data(&mut state)?;
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(data.current.len());
        let length = buffer.len().min(data.current.len() - from);
        buffer[..length].copy_from_slice(&data.current[from..from + length]);
        Ok(length)
    }

    fn read_cached_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<Option<usize>> {
        if self.disk.lock().faults.nothing_cached {
            return Ok(None);
        }
        self.read_at(buffer, offset).map(Some)
    }

    fn write_all_at(&self, slices: &mut [IoSlice<'_>], offset: u64) -> io::Result<()> {
        let mut state = self.disk.lock();
        let result = state.operate();
        let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        let offset = usize::try_from(offset).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let Faults { capacity_bytes, ignore_zeros, .. } = state.faults;
        let used: u64 = state.files.values().map(|data| data.current.len() as u64).sum();
        let data = self.data(&mut state)?;
        let growth = (offset + bytes.len()).saturating_sub(data.current.len()) as u64;
        if result.is_ok() && growth > 0 && capacity_bytes.is_some_and(|capacity| used + growth > capacity) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        if ignore_zeros && growth == 0 && bytes.iter().all(|&byte| byte == 0) {
            return result;
        }
        // Of a write that fails, anything may have reached the disk.
        data.write(offset, bytes);
        result
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.disk.lock();
        let result = state.operate();
        let (off, ignore) = (state.off, state.faults.ignore_file_syncs);
        let data = self.data(&mut state)?;
        match result {
            Ok(()) if !ignore => data.sync(),
            // Clean to the system, on no disk.
            Err(_) if !off => data.unsynced.clear(),
            _ => {}
        }
        result
    }
}

impl FakeFile {
    fn data<'a>(&self, state: &'a mut State) -> io::Result<&'a mut Data> {
        state.files.get_mut(&self.number).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}
