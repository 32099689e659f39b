//! Why a file is not cleaned up, by name, with what to do about it.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::maintenance::LookError;

/// A step of a cleanup that did not happen, or did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CleaningError {
    /// The file cannot be looked at.
    #[error(transparent)]
    Look(#[from] LookError),
    /// Somebody else has it open.
    #[error("{path} is in use by {by}: stop that first; nothing was changed")]
    InUse {
        /// Which file.
        path: PathBuf,
        /// `another process`, or which ones.
        by: String,
    },
    /// It is one of Atlas's own, whose rows hang together with files and an index.
    #[error(
        "{0} is a database of Atlas: its rows are not taken out one by one; `atlas quarantine`, `atlas reprocess` and `atlas rm` \
         look after a library"
    )]
    OfAtlas(PathBuf),
    /// It cannot be cleaned up as it is.
    #[error("{path}: {what}")]
    Refused {
        /// Which file.
        path: PathBuf,
        /// Why, and what to do.
        what: String,
    },
    /// There is no room.
    #[error("no space is left for {0}: make room, or name another directory")]
    Full(PathBuf),
    /// A vault is not what it should be.
    #[error("the vault {path} cannot be used: {what}")]
    Vault {
        /// Which file.
        path: PathBuf,
        /// Why.
        what: String,
    },
    /// What was written differs from what should have been.
    #[error("{path} was read again and differs: {what}")]
    Differs {
        /// Which file.
        path: PathBuf,
        /// In what.
        what: String,
    },
    /// Any other error of SQLite or the system.
    #[error("{path}: {detail}")]
    Failed {
        /// Which file.
        path: PathBuf,
        /// What was said.
        detail: String,
    },
}

impl CleaningError {
    /// What SQLite said while it worked on the file at `path`.
    pub(super) fn of_sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full(path),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::InUse {
                path,
                by: "another process".to_owned(),
            },
            Some(ErrorCode::ReadOnly) => Self::Refused {
                what: "it cannot be written: it or its directory is read-only".to_owned(),
                path,
            },
            _ => Self::Failed {
                detail: error.to_string(),
                path,
            },
        }
    }

    /// What the system said of the file at `path`.
    pub(super) fn of_system(path: &Path, error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                Self::Full(path.to_owned())
            }
            _ => Self::Failed {
                path: path.to_owned(),
                detail: error.to_string(),
            },
        }
    }
}
