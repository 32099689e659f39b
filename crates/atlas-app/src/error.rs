//! `AppError`: why a use case did not happen, in words for people and with a stable code for scripts.

use atlas_search::SearchError;
use atlas_store::{BackupError, StoreError};

use crate::space::size;

/// All that is said of a bug.
const UNEXPECTED: &str = "Atlas failed to carry this out, by a fault of its own; its log says why";

/// A use case that did not happen.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppError {
    /// The caller asked for something that makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// The library cannot be used; operations go on without it.
    #[error("the library is not available: {0}")]
    LibraryUnavailable(StoreError),
    /// The library turned out damaged while it was in use.
    #[error(
        "{0}; what can still be read is shown, and nothing more is saved: stop Atlas, keep a copy of the data \
         directory, and restore a backup"
    )]
    LibraryDamaged(StoreError),
    /// The index cannot be used.
    #[error("search is not available: {0}")]
    SearchUnavailable(String),
    /// The index is broken inside; it is built anew from the library.
    #[error("the search index is damaged and is built anew: {0}")]
    IndexDamaged(String),
    /// The disk is nearly full: reading goes on, saving does not.
    #[error(
        "only {} are free in the data directory and {} must stay free: nothing was saved; free some space, or lower \
         `storage.floor_mb`",
        size(*free_bytes),
        size(*floor_bytes)
    )]
    DiskFloor {
        /// What is free.
        free_bytes: u64,
        /// What must stay free.
        floor_bytes: u64,
    },
    /// This process only reads.
    #[error("this command only reads the library")]
    ReadOnly,
    /// A decision holds, and is not known to be on the disk.
    #[error(
        "it holds until Atlas ends, but could not be written down in time: see what is wrong with the disk of the data \
         directory, then decide again"
    )]
    DecisionNotKept,
    /// Nobody looks after this process, so nobody would act on a decision about alerts.
    #[error(
        "nobody looks after this process, so nobody would act on it: only a server that can write looks after alerts; \
         start one with `atlas serve`"
    )]
    NotLookedAfter,
    /// Nothing has that name, as the sentence says.
    #[error("{0}")]
    NoSuch(String),
    /// The receiver of a test message did not take it, in its own words.
    #[error("{0}")]
    NotDelivered(String),
    /// What is kept of operations cannot be read.
    #[error("{}", crate::trouble::about_damaged_operations(.0))]
    OperationsDamaged(StoreError),
    /// Nothing is kept of operations beside a library.
    #[error(
        "nothing is known of alerts and measurements here: {} has a library and no ops.db, which `atlas serve` begins \
         anew",
        .0.display()
    )]
    NoOperations(std::path::PathBuf),
    /// A backup was not made, not found whole, or not restored.
    #[error(transparent)]
    Backup(BackupError),
    /// The store refused or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AppError {
    /// The stable code, for problem documents and scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid_request",
            Self::Store(StoreError::Paused { cause, .. }) => Self::Store((**cause).clone()).code(),
            // Nothing is wrong with the data: a person wants it so.
            Self::LibraryUnavailable(StoreError::StoppedByHand { .. })
            | Self::Store(StoreError::StoppedByHand { .. }) => "stopped_by_hand",
            Self::LibraryUnavailable(_) | Self::Store(StoreError::Displaced { .. }) => "library_unavailable",
            Self::SearchUnavailable(_) | Self::IndexDamaged(_) => "search_unavailable",
            Self::DiskFloor { .. } | Self::Store(StoreError::Full(_)) => "disk_full",
            Self::NotLookedAfter => "not_monitored",
            Self::NotDelivered(_) => "not_delivered",
            Self::ReadOnly | Self::Store(StoreError::ReadOnly | StoreError::ReadOnlyFileSystem(_)) => {
                "read_only"
            }
            Self::NoSuch(_) | Self::NoOperations(_) | Self::Store(StoreError::NotFound { .. }) => "not_found",
            Self::Store(StoreError::NoLibrary(_)) => "no_library",
            Self::Store(StoreError::Conflict(_)) => "conflict",
            Self::Store(StoreError::BadCursor(_)) => "invalid_cursor",
            Self::LibraryDamaged(_)
            | Self::OperationsDamaged(_)
            | Self::Store(
                StoreError::Corrupt { .. }
                | StoreError::Lost { .. }
                | StoreError::Blob { .. }
                | StoreError::Foreign { .. },
            ) => "damaged",
            Self::Store(
                StoreError::NewerSchema { .. }
                | StoreError::OlderSchema { .. }
                | StoreError::MigrationChanged { .. },
            ) => "other_version",
            Self::Store(StoreError::Busy(_) | StoreError::Interrupted | StoreError::Closed) => "busy",
            Self::DecisionNotKept | Self::Store(StoreError::Io(_) | StoreError::Unknown(_)) => "io_failed",
            Self::Backup(error) => code_of_backup(error),
            Self::Store(_) => "internal",
        }
    }

    /// What whoever asked may hear. A bug's own words are for the log: they help nobody else, and may hold
    /// anything.
    pub fn told(&self) -> String {
        match self {
            Self::LibraryUnavailable(error) if Self::Store(error.clone()).code() == "internal" => {
                format!("the library is not available: {UNEXPECTED}")
            }
            _ if self.code() == "internal" => UNEXPECTED.to_owned(),
            _ => self.to_string(),
        }
    }
}

fn code_of_backup(error: &BackupError) -> &'static str {
    match error {
        BackupError::NotFound { .. } => "not_found",
        BackupError::Unusable { .. } => "damaged",
        BackupError::Newer { .. } => "other_version",
        BackupError::NoRoom { .. } => "disk_full",
        BackupError::InUse(_) => "busy",
        BackupError::NotEmpty(_) | BackupError::Directory(_) => "conflict",
        BackupError::File { .. } => "io_failed",
        BackupError::Store(error) => AppError::Store(error.clone()).code(),
    }
}

impl From<BackupError> for AppError {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Store(error) => Self::Store(error),
            other => Self::Backup(other),
        }
    }
}

impl From<SearchError> for AppError {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Query(error) => Self::Invalid(error.to_string()),
            SearchError::Damaged(what) => Self::IndexDamaged(what),
            other => Self::SearchUnavailable(other.to_string()),
        }
    }
}
