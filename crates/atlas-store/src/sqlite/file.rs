//! The file under a database: whether it is still the one that was opened, and how it is opened again. It never
//! makes a file: an empty one in place of a library would be worse than none.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::batch::Disk;
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

    fn make_room(&self) -> bool {
        self.reserve.as_ref().is_some_and(Reserve::give_back)
    }
}
