//! Why a file cannot be looked into, by name, with what to do about it. Damage inside an open file is told where it is
//! found, and is no error as long as something can be said.

use std::path::{Path, PathBuf};

use rusqlite::{ErrorCode, ffi};

/// A look that came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookError {
    /// There is nothing at that path, or at the place where its link leads.
    #[error("there is no file {0}: check the path")]
    Missing(PathBuf),
    /// It is a directory.
    #[error("{0} is a directory: name a database file in it")]
    Directory(PathBuf),
    /// It is something that cannot be read like a file.
    #[error("{path} is {what}, not a file")]
    NotAFile {
        /// Which one.
        path: PathBuf,
        /// `a pipe`, `a socket`, `a device`.
        what: &'static str,
    },
    /// It has no bytes.
    #[error("{0} is empty: there is nothing in it to look at")]
    Empty(PathBuf),
    /// It is a file of another kind.
    #[error("{path} is not a SQLite database: {what}")]
    NotADatabase {
        /// Which file.
        path: PathBuf,
        /// What it looks like.
        what: String,
    },
    /// It may be a database, but its bytes are noise.
    #[error(
        "{0} looks encrypted: its first bytes are noise; decrypt it with the program that wrote it, and look at the result"
    )]
    Encrypted(PathBuf),
    /// This user may not read it.
    #[error("{0}: permission to read is denied; run as the user whom it belongs to, or ask them for a copy")]
    Denied(PathBuf),
    /// It is a link, and links were not to be followed.
    #[error("{path} is a symbolic link to {leads_to}: name that file itself")]
    Symlink {
        /// The link.
        path: PathBuf,
        /// Its target.
        leads_to: PathBuf,
    },
    /// Somebody else holds it.
    #[error("{0} is locked by another process: stop that process, or try again later")]
    Locked(PathBuf),
    /// Its last writer crashed, and reading it would mean to repair it.
    #[error(
        "{0} was left in the middle of a change (there is a journal beside it): open it once with the program it belongs \
         to, so that it recovers, or copy file and `-journal` elsewhere and recover the copy"
    )]
    HotJournal(PathBuf),
    /// It has a log with content, and the log cannot be read where it lies.
    #[error(
        "{path} has a write-ahead log that cannot be read there ({detail}): copy the file and its `-wal` to a place where \
         you can write, and look at the copy"
    )]
    LogUnreadable {
        /// Which file.
        path: PathBuf,
        /// What SQLite said.
        detail: String,
    },
    /// Somebody wrote to it while it was read without locks.
    #[error(
        "{0} was changed by somebody else while it was read: what was found is no single state; look again"
    )]
    Changed(PathBuf),
    /// It is damaged where it was to be read.
    #[error("{path} is damaged: {detail}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What SQLite said.
        detail: String,
    },
    /// The disk or file system failed.
    #[error("reading {path} failed: {detail}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        detail: String,
    },
    /// There is no such table or column, or it has no rows that could be read one by one.
    #[error("{path}: {what}")]
    Unfit {
        /// Which file.
        path: PathBuf,
        /// What was asked for, and why it cannot be had.
        what: String,
    },
    /// Whoever asked does not wait any more.
    #[error("the look at {0} was cancelled")]
    Cancelled(PathBuf),
    /// Any other error of SQLite.
    #[error("looking into {path} failed: {detail}")]
    Sqlite {
        /// Which file.
        path: PathBuf,
        /// What SQLite said.
        detail: String,
    },
}

impl LookError {
    /// Of a directory that cannot be listed.
    pub fn of_directory(path: &Path, error: &std::io::Error) -> Self {
        Self::of_system(path, error)
    }

    /// What SQLite said of the file at `path`.
    pub(super) fn of_sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        let (path, detail) = (path.to_owned(), error.to_string());
        let code = error.sqlite_error().map(|error| error.extended_code);
        match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => Self::Cancelled(path),
            _ if code == Some(ffi::SQLITE_READONLY_ROLLBACK) => Self::HotJournal(path),
            Some(
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed,
            ) => Self::Locked(path),
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, detail },
            Some(ErrorCode::NotADatabase) => Self::NotADatabase {
                path,
                what: "its beginning looks like one, the rest does not; it may be damaged, or encrypted behind its header"
                    .to_owned(),
            },
            Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => Self::Io {
                path,
                detail: format!("{detail} (SQLite code {})", code.unwrap_or_default()),
            },
            _ => Self::Sqlite { path, detail },
        }
    }

    /// What the system said of the file at `path`.
    pub(super) fn of_system(path: &Path, error: &std::io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::Missing(path),
            std::io::ErrorKind::PermissionDenied => Self::Denied(path),
            std::io::ErrorKind::IsADirectory => Self::Directory(path),
            _ => Self::Io {
                path,
                detail: error.to_string(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_may_not_be_read_is_told_from_one_that_is_missing() {
        let path = Path::new("/somewhere/atlas.db");
        let denied = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        assert_eq!(
            LookError::of_system(path, &denied),
            LookError::Denied(path.to_owned())
        );
        let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
        assert_eq!(
            LookError::of_system(path, &missing),
            LookError::Missing(path.to_owned())
        );
    }
}
