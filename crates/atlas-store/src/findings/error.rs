//! What can be wrong with a file of findings, with what to do about it.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Findings that could not be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FindingsError {
    /// There is no such file.
    #[error("there are no findings at {0}: run the audit first")]
    Missing(PathBuf),
    /// It is no file of findings, or one of another version.
    #[error("{0} holds no findings that this version can read: run the audit again")]
    Other(PathBuf),
    /// It is damaged.
    #[error("{path} is damaged ({detail}): remove it and run the audit again")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What SQLite said.
        detail: String,
    },
    /// There is no room for it.
    #[error("no space is left for {0}: make room, or put it on another disk")]
    Full(PathBuf),
    /// Another process works with it.
    #[error("{0} is in use: the same audit runs already")]
    Busy(PathBuf),
    /// The system or SQLite failed.
    #[error("{path}: {detail}")]
    Failed {
        /// Which file.
        path: PathBuf,
        /// What was said.
        detail: String,
    },
}

impl FindingsError {
    pub(super) fn of_sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        let (path, detail) = (path.to_owned(), error.to_string());
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full(path),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(path),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged { path, detail },
            _ => Self::Failed { path, detail },
        }
    }

    pub(super) fn of_system(path: &Path, error: &std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::StorageFull {
            return Self::Full(path.to_owned());
        }
        Self::Failed {
            path: path.to_owned(),
            detail: error.to_string(),
        }
    }
}
