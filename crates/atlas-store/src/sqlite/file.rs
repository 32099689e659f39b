//! The file under a database: whether it is still the one that was opened, how it is opened again, and what is
//! on it after a COMMIT of unclear end. It never makes a file: an empty one in place of a library would be worse
//! than none.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::batch::{Disk, Found};
use super::connection::reopen_read_write;
use crate::error::StoreError;
use crate::reserve::Reserve;

/// A database file that exists and is open.
pub(super) struct DatabaseFile {
    path: PathBuf,
    /// Device and inode. The readers keep the file open, so nobody else gets its inode meanwhile.
    identity: (u64, u64),
    reserve: Option<Reserve>,
}

impl DatabaseFile {
    /// The one at `path`.
    pub(super) fn at(path: &Path, reserve: Option<Reserve>) -> Result<Self, StoreError> {
        let metadata = std::fs::metadata(path)?;
        Ok(Self {
            path: path.to_owned(),
            identity: (metadata.dev(), metadata.ino()),
            reserve,
        })
    }

    /// After an I/O error at COMMIT: opens the file afresh and compares its mark. What it finds may be only in
    /// the kernel's cache, so a batch counts as committed only after a checkpoint has synced it into the main file.
    /// What it does not find may lie in the log all the same, whole and shown to nobody, because SQLite shows a
    /// commit after its synchronisation; a recovery after a crash would bring it to life. So a batch counts as rolled
    /// back only after another commit has been synced in the place of its records.
    fn look_for(&self, mark: i64) -> Result<Found, StoreError> {
        let connection = self.reopen()?;
        let on_disk: i64 = connection.query_row("SELECT batch FROM writer_mark", [], |row| row.get(0))?;
        if on_disk < mark {
            connection.execute("UPDATE writer_mark SET batch = ?1", [mark])?;
            return Ok(Found::RolledBack);
        }
        let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(if busy == 0 {
            Found::Committed
        } else {
            Found::Unknown(StoreError::Unknown(
                "a reader held the file while it was checked".to_owned(),
            ))
        })
    }
}

impl Disk for DatabaseFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn check(&self) -> Result<(), StoreError> {
        let displaced = |what| StoreError::Displaced {
            path: self.path.clone(),
            what,
        };
        match std::fs::metadata(&self.path) {
            Ok(metadata) if (metadata.dev(), metadata.ino()) == self.identity => Ok(()),
            Ok(_) => Err(displaced("was replaced")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(displaced("vanished")),
            Err(error) => Err(error.into()),
        }
    }

    fn reopen(&self) -> Result<Connection, StoreError> {
        self.check()?;
        let connection = reopen_read_write(&self.path)?;
        self.check()?; // it may have been exchanged in between
        Ok(connection)
    }

    fn look(&self, mark: i64) -> Found {
        self.look_for(mark)
            .unwrap_or_else(|error| Found::Unknown(StoreError::Unknown(error.to_string())))
    }

    fn make_room(&self) -> bool {
        self.reserve.as_ref().is_some_and(Reserve::give_back)
    }
}
