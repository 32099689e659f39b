//! What is on the disk for sure, and what is only on its way there.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes that a disk writes whole or not at all: the smallest that there is.
const SECTOR_BYTES: usize = 512;

static DISK: Mutex<Option<State>> = Mutex::new(None);

/// What became of what was on its way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Crash {
    /// Sectors, changes of length and entries of directories that had reached the disk.
    pub kept: u64,
    /// Those that had not.
    pub lost: u64,
}

struct State {
    root: PathBuf,
    files: BTreeMap<PathBuf, Tracked>,
    operations: u64,
    fails_after: Option<u64>,
}

#[derive(Default)]
struct Tracked {
    /// What is in it for sure.
    synced: Vec<u8>,
    /// What was done to it since, in order.
    since: Vec<Change>,
    /// Whether its directory has it for sure.
    entry: Entry,
}

enum Change {
    Write { offset: u64, bytes: Vec<u8> },
    Truncate(u64),
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Entry {
    #[default]
    Sure,
    /// It was made, and the directory has not been synced since.
    Made,
    /// It was deleted, and the directory has not been synced since.
    Deleted,
}

/// The power is away.
pub(crate) struct NoPower;

pub(crate) fn begin(root: &Path, fails_after: Option<u64>) -> io::Result<()> {
    let mut files = BTreeMap::new();
    for path in files_below(root)? {
        let synced = fs::read(&path)?;
        files.insert(
            path,
            Tracked {
                synced,
                ..Tracked::default()
            },
        );
    }
    *lock() = Some(State {
        root: root.to_owned(),
        files,
        operations: 0,
        fails_after,
    });
    Ok(())
}

pub(crate) fn end() {
    *lock() = None;
}

pub(crate) fn operations() -> u64 {
    lock().as_ref().map_or(0, |state| state.operations)
}

/// Whether the file is one of those that are followed. Shared memory is none: it is gone with the power.
pub(crate) fn is_followed(path: &Path) -> bool {
    let is_shared_memory = path.as_os_str().as_encoded_bytes().ends_with(b"-shm");
    lock()
        .as_ref()
        .is_some_and(|state| path.starts_with(&state.root) && !is_shared_memory)
}

/// Counts an operation, and carries it out if there is power: `really` does it to the real file, `note` remembers it.
pub(crate) fn operate<T>(
    really: impl FnOnce() -> T,
    note: impl FnOnce(&mut Operation<'_>),
) -> Result<T, NoPower> {
    let mut disk = lock();
    let Some(state) = disk.as_mut() else {
        return Ok(really());
    };
    if state.fails_after.is_some_and(|last| state.operations >= last) {
        return Err(NoPower);
    }
    state.operations += 1;
    let done = really();
    note(&mut Operation(state));
    Ok(done)
}

/// What is remembered of an operation.
pub(crate) struct Operation<'s>(&'s mut State);

impl Operation<'_> {
    pub(crate) fn made(&mut self, path: &Path) {
        let file = Tracked {
            entry: Entry::Made,
            ..Tracked::default()
        };
        self.0.files.insert(path.to_owned(), file);
    }

    pub(crate) fn wrote(&mut self, path: &Path, offset: u64, bytes: &[u8]) {
        self.change(
            path,
            Change::Write {
                offset,
                bytes: bytes.to_vec(),
            },
        );
    }

    pub(crate) fn truncated(&mut self, path: &Path, length: u64) {
        self.change(path, Change::Truncate(length));
    }

    /// What was written to the file is sure now; with `directory`, so are the entries beside it.
    pub(crate) fn synced(&mut self, path: &Path, directory: bool) {
        if let Some(file) = self.0.files.get_mut(path) {
            for change in file.since.drain(..) {
                apply(&mut file.synced, &change);
            }
        }
        if directory {
            self.directory_synced(path);
        }
    }

    pub(crate) fn deleted(&mut self, path: &Path, directory: bool) {
        if let Some(file) = self.0.files.get_mut(path) {
            match file.entry {
                Entry::Sure | Entry::Deleted => file.entry = Entry::Deleted,
                Entry::Made => drop(self.0.files.remove(path)),
            }
        }
        if directory {
            self.directory_synced(path);
        }
    }

    fn change(&mut self, path: &Path, change: Change) {
        self.0
            .files
            .entry(path.to_owned())
            .or_default()
            .since
            .push(change);
    }

    fn directory_synced(&mut self, beside: &Path) {
        let directory = beside.parent();
        self.0
            .files
            .retain(|path, file| path.parent() != directory || file.entry != Entry::Deleted);
        for (path, file) in &mut self.0.files {
            if path.parent() == directory {
                file.entry = Entry::Sure;
            }
        }
    }
}

pub(crate) fn lose_power(root: &Path, into: &Path, seed: u64) -> io::Result<Crash> {
    let disk = lock();
    let Some(state) = disk.as_ref() else {
        return Err(io::Error::other("nothing is followed"));
    };
    let mut chance = Chance {
        random: fastrand::Rng::with_seed(seed),
        crash: Crash::default(),
    };
    // Directories, and files that SQLite never touched.
    copy_tree(root, into)?;
    for path in files_below(into)? {
        if path.as_os_str().as_encoded_bytes().ends_with(b"-shm") {
            fs::remove_file(path)?;
        }
    }
    for (path, file) in &state.files {
        let inside = path.strip_prefix(root).map_err(io::Error::other)?;
        let target = into.join(inside);
        let is_there = match file.entry {
            Entry::Sure => true,
            Entry::Made | Entry::Deleted => chance.keeps() == (file.entry == Entry::Made),
        };
        if is_there {
            if let Some(parent) = target.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(target, chance.content(file))?;
        } else if target.exists() {
            fs::remove_file(target)?;
        }
    }
    Ok(chance.crash)
}

/// Decides what had reached the disk.
struct Chance {
    random: fastrand::Rng,
    crash: Crash,
}

impl Chance {
    fn keeps(&mut self) -> bool {
        let keeps = self.random.bool();
        if keeps {
            self.crash.kept += 1;
        } else {
            self.crash.lost += 1;
        }
        keeps
    }

    fn content(&mut self, file: &Tracked) -> Vec<u8> {
        let mut content = file.synced.clone();
        for change in &file.since {
            match change {
                Change::Truncate(_) => {
                    if self.keeps() {
                        apply(&mut content, change);
                    }
                }
                Change::Write { offset, bytes } => self.write(&mut content, *offset as usize, bytes),
            }
        }
        content
    }

    /// Sector by sector, by their places on the disk and not in what was written.
    fn write(&mut self, content: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
        let mut done = 0;
        while done < bytes.len() {
            let place = offset + done;
            let length = (SECTOR_BYTES - place % SECTOR_BYTES).min(bytes.len() - done);
            if self.keeps() {
                put(content, place, &bytes[done..done + length]);
            }
            done += length;
        }
    }
}

fn apply(content: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write { offset, bytes } => put(content, *offset as usize, bytes),
        Change::Truncate(length) => content.resize(*length as usize, 0),
    }
}

/// A file that is written behind its end has zeros between.
fn put(content: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset..end].copy_from_slice(bytes);
}

fn lock() -> MutexGuard<'static, Option<State>> {
    DISK.lock().unwrap_or_else(PoisonError::into_inner)
}

fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else if path.is_file() {
            files.push(path);
        }
    }
    Ok(files)
}

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_tree(&path, &target)?;
        } else if path.is_file() {
            fs::copy(&path, target)?;
        }
    }
    Ok(())
}
