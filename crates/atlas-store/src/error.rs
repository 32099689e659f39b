//! What can go wrong in the store, classified where it happens.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::{ErrorCode, ffi};

/// A store operation that did not happen, or (only [`StoreError::Unknown`]) may have happened.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Nothing has that name.
    #[error("there is no {what} `{name}`")]
    NotFound {
        /// The noun.
        what: &'static str,
        /// The name that was asked for.
        name: String,
    },
    /// The request cannot be carried out in the present state.
    #[error("{0}")]
    Conflict(String),
    /// A page was asked for by a cursor that no page gave.
    #[error("`{0}` is not a page cursor; take the `next` of the page before")]
    BadCursor(String),
    /// The lease was lost to another worker or to time: discard the result.
    #[error("the lease on this job was lost; its result is discarded")]
    LeaseLost,
    /// No space left on the disk.
    #[error("the disk is full: {0}; free some space")]
    Full(String),
    /// The disk or file system failed.
    #[error("reading or writing the database failed: {0}")]
    Io(String),
    /// It took longer than its time limit.
    #[error("the database operation was interrupted at its time limit")]
    Interrupted,
    /// Another connection holds the database.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// The file is damaged or no database at all.
    #[error("{path} is damaged: {detail}")]
    Corrupt {
        /// Which file.
        path: PathBuf,
        /// What SQLite said.
        detail: String,
    },
    /// The file was written by a newer Atlas.
    #[error(
        "{path} has schema version {found}, this Atlas knows up to {known}: use a newer Atlas, it was not touched"
    )]
    NewerSchema {
        /// Which file.
        path: PathBuf,
        /// The version in the file.
        found: i64,
        /// The newest version this build knows.
        known: i64,
    },
    /// The file was written by an older Atlas, and this connection may not change it.
    #[error("{path} has schema version {found} and needs {known}: start `atlas serve` once to migrate it")]
    OlderSchema {
        /// Which file.
        path: PathBuf,
        /// The version in the file.
        found: i64,
        /// The version that is needed.
        known: i64,
    },
    /// A migration that was applied has been changed since.
    #[error(
        "migration {version} of {path} differs from the one that was applied: it was written by another build of Atlas, \
         and was not touched; use that build, or restore a backup that this one wrote"
    )]
    MigrationChanged {
        /// Which file.
        path: PathBuf,
        /// Which migration.
        version: i64,
    },
    /// There is no library there.
    #[error("there is no library in {0} yet; `atlas add URL` makes one")]
    NoLibrary(PathBuf),
    /// There has been a library, and its file is gone. To begin a new one would cost what lies beside it.
    #[error(
        "{path} is {problem}, although there is more of a library beside it ({traces}): nothing was touched; {advice}; \
         to begin a new library, choose an empty directory with --data-dir"
    )]
    Lost {
        /// Which file.
        path: PathBuf,
        /// `missing` or `empty`.
        problem: &'static str,
        /// What is still there.
        traces: String,
        /// Where to get it from.
        advice: String,
    },
    /// This process may only read.
    #[error("this connection to the library is read-only")]
    ReadOnly,
    /// Nobody can write there.
    #[error("the file system of {0} is read-only: nothing can be saved until it is mounted writable")]
    ReadOnlyFileSystem(PathBuf),
    /// The file that the running process writes to is not at its place any more.
    #[error(
        "the database file {path} {what} while it was in use: nothing is written any more; put the old file back, \
         or stop Atlas before you exchange it"
    )]
    Displaced {
        /// Which file.
        path: PathBuf,
        /// `vanished` or `was replaced`.
        what: &'static str,
    },
    /// There is something else in the place of our file.
    #[error("{path} is not of Atlas: it is {what}; it was not touched")]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// A blob's file is missing or its bytes do not have the hash they are named by.
    #[error("stored content {hash} is {problem}")]
    Blob {
        /// Its name.
        hash: String,
        /// `missing`, or what is wrong with it.
        problem: String,
    },
    /// The file failed a moment ago, and is not asked before it is due: nothing was done.
    #[error("{cause}; it is tried again in {} s", .retry_in.as_millis().div_ceil(1_000))]
    Paused {
        /// How it failed.
        cause: Box<Self>,
        /// When it is due.
        retry_in: Duration,
    },
    /// A person has decided that the file is not asked: nothing was done.
    #[error(
        "`{scope}` was stopped by hand{}; `atlas breaker auto {service} {scope}` lets it go on",
        because(reason)
    )]
    StoppedByHand {
        /// The service whose breaker was opened.
        service: &'static str,
        /// Which breaker.
        scope: String,
        /// Why, if that was said.
        reason: String,
    },
    /// The writer has stopped: the process is ending.
    #[error("the store is shutting down")]
    Closed,
    /// A bug in a store method; the transaction was rolled back.
    #[error("a store operation failed unexpectedly: {0}")]
    Panicked(String),
    /// The disk failed while committing, and what it kept could not be found out.
    #[error("the disk failed while committing and the result is unknown: {0}")]
    Unknown(String),
    /// A row or value that this version does not understand.
    #[error("the library holds a value that cannot be read: {0}")]
    Unreadable(String),
    /// Any other error of SQLite: a bug.
    #[error("database error: {0}")]
    Sqlite(String),
}

impl StoreError {
    /// The name of a damaged file until somebody who knows it puts it in.
    pub(crate) const UNNAMED: &'static str = "the database";
    /// What is wrong with stored content that is not there at all.
    pub(crate) const MISSING: &'static str = "missing";

    /// Nothing has that name.
    pub(crate) fn not_found(what: &'static str, name: impl std::fmt::Display) -> Self {
        Self::NotFound {
            what,
            name: name.to_string(),
        }
    }

    /// Takes what is wrong with one row apart from what is wrong with all: the others can still be had.
    pub(crate) fn of_one_row(self) -> Result<String, Self> {
        match self {
            Self::Unreadable(_) => Ok(self.to_string()),
            error => Err(error),
        }
    }

    /// What is wrong with the file, also where it was not asked again because of that.
    pub fn cause(&self) -> &Self {
        match self {
            Self::Paused { cause, .. } => cause,
            error => error,
        }
    }

    /// The same for those who come later. That it is unknown what became of it is true of the first call only.
    pub(crate) fn as_cause(&self) -> Self {
        match self.cause() {
            Self::Unknown(detail) => Self::Io(detail.clone()),
            cause => cause.clone(),
        }
    }

    /// Whether this build can do nothing with the file: it is damaged or lost, of another version, or not ours.
    pub fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::Corrupt { .. }
                | Self::Lost { .. }
                | Self::NewerSchema { .. }
                | Self::MigrationChanged { .. }
                | Self::Foreign { .. }
        )
    }
}

fn because(reason: &str) -> String {
    if reason.is_empty() {
        String::new()
    } else {
        format!(" ({reason})")
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let mut detail = error.to_string();
        let code = error.sqlite_error().map(|error| error.extended_code);
        if let Some(code) = code {
            detail = format!("{detail} (SQLite code {code})"); // says which read, write or sync failed
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full(detail),
            _ if code == Some(ffi::SQLITE_IOERR_SHMSIZE) => Self::Full(detail), // no room for the index of the log
            Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => Self::Io(detail),
            Some(ErrorCode::OperationInterrupted) => Self::Interrupted,
            Some(
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed,
            ) => Self::Busy(detail),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt {
                path: PathBuf::from(Self::UNNAMED),
                detail,
            },
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            _ => match error {
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::Utf8Error(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::InvalidColumnType(..) => Self::Unreadable(detail),
                _ => Self::Sqlite(detail),
            },
        }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                Self::Full(error.to_string())
            }
            _ => Self::Io(error.to_string()),
        }
    }
}
