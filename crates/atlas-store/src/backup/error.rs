//! What keeps a backup from being made, used or put back.

use std::path::{Path, PathBuf};

use crate::data_dir::DataDirError;
use crate::error::StoreError;

/// Why there is no backup, or nothing to be had from one.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BackupError {
    /// The destination knows none of that name.
    #[error("there is no backup `{name}` in {}; `atlas backup ls` shows those that there are", destination.display())]
    NotFound {
        /// What was asked for.
        name: String,
        /// Where.
        destination: PathBuf,
    },
    /// Not what was written once. It is named what is wrong with which part.
    #[error("the backup {backup} cannot be used: {part} {problem}")]
    Unusable {
        /// Its name.
        backup: String,
        /// A file of it, or a stored page.
        part: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A newer Atlas made it.
    #[error(
        "the backup {backup} was made by a newer Atlas: {problem}; use a newer Atlas, nothing was touched"
    )]
    Newer {
        /// Its name.
        backup: String,
        /// What this one does not know.
        problem: String,
    },
    /// It would fill the disk.
    #[error(
        "there is no room for it in {}: about {needed_bytes} bytes are needed, {free_bytes} are free, and {floor_bytes} \
         have to stay so; free some space, or choose another place", path.display()
    )]
    NoRoom {
        /// Where.
        path: PathBuf,
        /// What it would take at most.
        needed_bytes: u64,
        /// What there is.
        free_bytes: u64,
        /// What is not to be touched.
        floor_bytes: u64,
    },
    /// Somebody else is at work there.
    #[error("the backups in {} are in use by another backup or check; try again when it has ended", .0.display())]
    InUse(PathBuf),
    /// A restore goes into an empty directory only, so that it can cost nothing.
    #[error(
        "{} is not empty, and nothing in it was touched: choose a directory that is empty or does not exist yet",
        .0.display()
    )]
    NotEmpty(PathBuf),
    /// The directory for a restore cannot be had.
    #[error("{0}")]
    Directory(String),
    /// A file of the destination could not be read or written.
    #[error("{}: {problem}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        problem: String,
    },
    /// The database could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl BackupError {
    /// Whether the backup itself is at fault, and will be tomorrow.
    pub fn is_of_the_backup(&self) -> bool {
        matches!(self, Self::Unusable { .. })
    }
}

impl From<DataDirError> for BackupError {
    fn from(error: DataDirError) -> Self {
        Self::Directory(error.to_string())
    }
}

/// Names the file in what the system said. A full disk stays one.
pub(super) fn at(path: &Path) -> impl Fn(std::io::Error) -> BackupError + '_ {
    move |error| match StoreError::from(error) {
        StoreError::Full(detail) => {
            BackupError::Store(StoreError::Full(format!("{}: {detail}", path.display())))
        }
        StoreError::Io(problem) => BackupError::File {
            path: path.to_owned(),
            problem,
        },
        other => BackupError::Store(other),
    }
}
