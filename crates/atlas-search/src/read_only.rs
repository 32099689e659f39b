//! The files of an index for those who only read: nothing is made, changed or removed, so that an index on a
//! read-only file system can be searched. It must not be given to a writer of the engine.

use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    Directory, DirectoryLock, FileHandle, Lock, MmapDirectory, WatchCallback, WatchHandle, WritePtr,
};

use crate::error::SearchError;

/// A quarter of a second in all: a writer keeps the lock for some milliseconds.
const LOCK_TRIES: u32 = 50;
const PAUSE_BETWEEN_TRIES: Duration = Duration::from_millis(5);

#[derive(Debug, Clone)]
pub(crate) struct ReadOnlyDirectory {
    files: MmapDirectory,
    folder: PathBuf,
}

impl ReadOnlyDirectory {
    pub(crate) fn open(folder: &Path) -> Result<Self, SearchError> {
        Ok(Self {
            files: MmapDirectory::open(folder).map_err(tantivy::TantivyError::from)?,
            folder: folder.to_owned(),
        })
    }
}

impl Directory for ReadOnlyDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.files.get_file_handle(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.files.exists(path)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.files.atomic_read(path)
    }

    /// A lock keeps the writer from removing files between reading their list and opening them. A writer has
    /// made the file of the lock; where there is none, and where it cannot be opened, there is no writer either. A
    /// writer that keeps it for longer than its work takes has stopped, and is not waited for.
    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        let file = match File::open(self.folder.join(&lock.filepath)) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(DirectoryLock::from(Box::new(())));
            }
            opened => opened.map_err(LockError::wrap_io_error)?,
        };
        let mut tries_left = if lock.is_blocking { LOCK_TRIES } else { 1 };
        while let Err(refused) = file.try_lock() {
            tries_left -= 1;
            match refused {
                TryLockError::Error(error) => return Err(LockError::wrap_io_error(error)),
                TryLockError::WouldBlock if tries_left == 0 => return Err(LockError::LockBusy),
                TryLockError::WouldBlock => pause(),
            }
        }
        Ok(DirectoryLock::from(Box::new(file)))
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.files.watch(callback)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        Err(DeleteError::IoError {
            io_error: Arc::new(refused()),
            filepath: path.to_owned(),
        })
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        Err(OpenWriteError::wrap_io_error(refused(), path.to_owned()))
    }

    fn atomic_write(&self, _path: &Path, _data: &[u8]) -> io::Result<()> {
        Err(refused())
    }

    fn sync_directory(&self) -> io::Result<()> {
        Ok(())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the system has no wait for a lock that ends, and who opens an index is on a thread that may block"
)]
fn pause() {
    std::thread::sleep(PAUSE_BETWEEN_TRIES);
}

fn refused() -> io::Error {
    io::Error::new(
        ErrorKind::ReadOnlyFilesystem,
        "the search index was opened for reading only",
    )
}
