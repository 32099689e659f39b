//! A database in the memory of this process, which its connections share as they would a file: for what must go on
//! where nothing can be written. It has no log and no reserve, and is gone with its last connection, however the process
//! ends. It never touches a file system.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::{Connection, OpenFlags};

use super::Database;
use super::batch::Disk;
use super::connection::{Reading, assert_safe_sqlite, at, configure_writer};
use crate::error::StoreError;
use crate::services::DatabaseServices;

/// Where one lies that nobody else uses; what its circuit breakers call it is `name`. It is no path of any file system.
pub(crate) fn place_in_memory(name: &str) -> PathBuf {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    PathBuf::from(format!("/memory-{number}/{name}.db"))
}

/// Opens the one at `place` for reading and writing, and makes it if nobody has it open. Other files can be attached to
/// it, by addresses that say what SQLite is to do with them.
pub(crate) fn open_in_memory(place: &Path) -> Result<Connection, StoreError> {
    assert_safe_sqlite()?;
    open(
        place,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    )
    .and_then(|connection| {
        configure_writer(&connection)?;
        Ok(connection)
    })
    .map_err(|error| at(place, error))
}

/// The same, for reading only.
pub(super) fn open_reader_in_memory(place: &Path) -> Result<Connection, rusqlite::Error> {
    open(place, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

fn open(place: &Path, flags: OpenFlags) -> Result<Connection, rusqlite::Error> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(format!("file:{}?vfs=memdb", place.display()), flags)
}

impl Database {
    /// Takes over a migrated connection to the database in memory at `place`: from here on its thread alone writes.
    pub(crate) fn start_in_memory(
        connection: Connection,
        place: &Path,
        readers: usize,
        services: &DatabaseServices,
    ) -> Result<Self, StoreError> {
        let memory = Memory(place.into());
        Self::start_reading(connection, Box::new(memory), Reading::InMemory, readers, services)
    }
}

/// What is under it: no file can be taken away, and there is nothing that could be given back.
struct Memory(Arc<Path>);

impl Disk for Memory {
    fn path(&self) -> &Path {
        &self.0
    }

    fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn reopen(&self) -> Result<Connection, StoreError> {
        open_in_memory(&self.0)
    }

    fn make_room(&self) -> bool {
        false
    }
}
