//! The backup that comes before everything: a copy through SQLite, read again and compared row by row. And the way back.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::error::CleaningError;
use super::hashes::TableHashes;
use super::hold::Held;
use crate::maintenance::{Depth, Looking, Snapshot};

/// A verified copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Where it is.
    pub path: PathBuf,
    /// Its bytes.
    pub size_bytes: u64,
    /// What it holds, and what the file held at that moment.
    pub hashes: TableHashes,
}

/// So many findings about the structure are told.
const FINDINGS: usize = 10;

impl Held {
    /// Copies the file to `path`, where nothing is, and reads the copy again: its structure is sound, and it has the same
    /// rows. What does not come to its end is removed.
    pub fn back_up(&self, path: &Path, watch: &mut dyn FnMut(u64)) -> Result<Copied, CleaningError> {
        let tables = self.look().tables()?;
        let hashes = TableHashes::of(self.look(), &tables, watch)?;
        let copied = copy_to_new(self.sql(), path).and_then(|()| {
            #[cfg(feature = "failpoints")]
            fail::fail_point!("cleaning::backup_written", |_| std::process::abort());
            verify(path, &hashes)
        });
        if let Err(error) = copied {
            remove(path);
            return Err(error);
        }
        let size_bytes = std::fs::metadata(path)
            .map_err(|error| CleaningError::of_system(path, &error))?
            .len();
        Ok(Copied {
            path: path.to_owned(),
            size_bytes,
            hashes,
        })
    }

    /// Copies the pages of the database at `path` into the held file, as one transaction of it.
    pub(super) fn copy_from(&mut self, path: &Path) -> Result<(), CleaningError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let from = Connection::open_with_flags(path, flags)
            .map_err(|error| CleaningError::of_sqlite(path, &error))?;
        let own = self.path().to_owned();
        let to = self.sql_mut();
        // What is prepared was prepared for pages that go.
        to.flush_prepared_statement_cache();
        let copied = copy(&from, to);
        copied.map_err(|error| CleaningError::of_sqlite(&own, &error))
    }

    /// Puts the file back to what the copy at `path` holds, and reads it again.
    pub fn roll_back(&mut self, path: &Path, hashes: &TableHashes) -> Result<(), CleaningError> {
        self.copy_from(path)?;
        self.verify(hashes)
    }

    /// Whether the held file is sound and holds exactly `hashes`.
    pub fn verify(&self, hashes: &TableHashes) -> Result<(), CleaningError> {
        check(self.look(), self.path(), hashes)
    }
}

/// Copies a whole database into a new file that only its owner may read, and syncs it.
fn copy_to_new(from: &Connection, path: &Path) -> Result<(), CleaningError> {
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    drop(file.map_err(|error| CleaningError::of_system(path, &error))?);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let copied = Connection::open_with_flags(path, flags).and_then(|mut to| copy(from, &mut to));
    copied.map_err(|error| CleaningError::of_sqlite(path, &error))?;
    sync(path)
}

/// In one step: a copy in several begins anew at every write.
fn copy(from: &Connection, to: &mut Connection) -> rusqlite::Result<()> {
    let backup = Backup::new(from, to)?;
    match backup.step(-1)? {
        StepResult::Done => Ok(()),
        _ => Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY),
            None,
        )),
    }
}

/// Whether the file at `path` is sound and holds exactly `hashes`.
pub(super) fn verify(path: &Path, hashes: &TableHashes) -> Result<(), CleaningError> {
    let snapshot = Snapshot::open(path, Looking::default())?;
    check(&snapshot, path, hashes)
}

fn check(snapshot: &Snapshot, path: &Path, hashes: &TableHashes) -> Result<(), CleaningError> {
    let differs = |what: String| CleaningError::Differs {
        path: path.to_owned(),
        what,
    };
    let integrity = snapshot.integrity(Depth::Full, FINDINGS)?;
    if let Some(finding) = integrity.findings.first() {
        return Err(differs(format!("its structure is damaged: {finding}")));
    }
    let tables = snapshot.tables()?;
    let found = TableHashes::of(snapshot, &tables, &mut |_| {})?;
    hashes
        .difference(&found)
        .map_or(Ok(()), |what| Err(differs(what)))
}

/// Makes a file and its name durable.
pub(super) fn sync(path: &Path) -> Result<(), CleaningError> {
    let synced = File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|error| CleaningError::of_system(path, &error))?;
    sync_folder_of(path)
}

/// Makes the name of a file durable.
pub(super) fn sync_folder_of(path: &Path) -> Result<(), CleaningError> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let synced = File::open(parent).and_then(|folder| folder.sync_all());
    synced.map_err(|error| CleaningError::of_system(path, &error))
}

/// What did not come to its end. If it cannot be removed, the error that led here says more.
pub(super) fn remove(path: &Path) {
    for end in ["", "-journal", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(end);
        let _ = std::fs::remove_file(file);
    }
}
