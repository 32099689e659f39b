//! What can go wrong in the index, sorted by what the caller must do: wait, ask the owner, rebuild, or
//! correct the query. Damage is never confused with a lock or a permission.

use std::io::{self, ErrorKind};

use tantivy::TantivyError;
use tantivy::directory::error::{LockError, OpenDirectoryError, OpenReadError, OpenWriteError};

use crate::query::QueryError;

/// Why an index operation failed.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// Somebody else writes this index.
    #[error("another process has the search index open for writing")]
    Locked,
    /// The operating system refuses access. The index itself may be sound.
    #[error("the search index may not be accessed: {0}; check who owns the data directory")]
    Permission(#[source] io::Error),
    /// The index is broken. Opening it for writing again sets it aside and starts a new one.
    #[error("the search index is damaged: {0}")]
    Damaged(String),
    /// There is no index that this program could read; the next writer builds one.
    #[error("the search index has to be built first: {0}")]
    MustRebuild(RebuildReason),
    /// The query says nothing that could be looked for.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The file system failed, for example because it is full.
    #[error("the search index could not be read or written: {0}")]
    Io(#[source] io::Error),
    /// The engine failed in a way that says nothing about the files.
    #[error("the search engine failed: {0}")]
    Engine(String),
}

/// Why an index starts empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RebuildReason {
    /// There was none.
    #[error("there is no index yet")]
    New,
    /// It was built from another library, or from this one before a backup was restored over it.
    #[error("the index belongs to another library or to an earlier life of this one")]
    OtherLibrary,
    /// It was built by a version of Atlas that indexes differently.
    #[error("the index was built by a version of Atlas that indexes differently")]
    OtherSchema,
    /// It is broken.
    #[error("the index is damaged: {0}")]
    Damaged(String),
}

impl SearchError {
    pub(crate) fn from_io(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::Permission(error),
            // How the engine reports a file that ends too early or does not hold what it should.
            ErrorKind::UnexpectedEof | ErrorKind::InvalidData => Self::Damaged(error.to_string()),
            _ => Self::Io(error),
        }
    }

    /// The engine shares its I/O errors; their kind is what matters.
    fn from_shared_io(error: &io::Error, place: impl std::fmt::Debug) -> Self {
        Self::from_io(io::Error::new(error.kind(), format!("{error} ({place:?})")))
    }
}

impl From<io::Error> for SearchError {
    fn from(error: io::Error) -> Self {
        Self::from_io(error)
    }
}

impl From<TantivyError> for SearchError {
    fn from(error: TantivyError) -> Self {
        match error {
            TantivyError::LockFailure(LockError::LockBusy, _) => Self::Locked,
            TantivyError::LockFailure(LockError::IoError(error), _) => Self::from_shared_io(&error, "lock"),
            TantivyError::IoError(error) => Self::from_shared_io(&error, "index"),
            TantivyError::OpenDirectoryError(OpenDirectoryError::IoError {
                io_error,
                directory_path,
            }) => Self::from_shared_io(&io_error, directory_path),
            TantivyError::OpenReadError(OpenReadError::IoError { io_error, filepath })
            | TantivyError::OpenWriteError(OpenWriteError::IoError { io_error, filepath }) => {
                Self::from_shared_io(&io_error, filepath)
            }
            TantivyError::OpenReadError(_)
            | TantivyError::OpenWriteError(_)
            | TantivyError::OpenDirectoryError(_)
            | TantivyError::DataCorruption(_)
            | TantivyError::IncompatibleIndex(_)
            | TantivyError::FieldNotFound(_)
            | TantivyError::SchemaError(_)
            | TantivyError::DeserializeError(_) => Self::Damaged(error.to_string()),
            other => Self::Engine(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rstest::rstest;

    use super::*;

    fn reading(kind: ErrorKind) -> SearchError {
        let io_error = Arc::new(io::Error::from(kind));
        TantivyError::OpenReadError(OpenReadError::IoError {
            io_error,
            filepath: "a.term".into(),
        })
        .into()
    }

    #[rstest]
    #[case(ErrorKind::UnexpectedEof)]
    #[case(ErrorKind::InvalidData)]
    fn a_file_that_does_not_hold_what_it_should_is_damage(#[case] kind: ErrorKind) {
        assert!(matches!(reading(kind), SearchError::Damaged(_)));
    }

    #[test]
    fn permission_and_full_disk_are_not_damage() {
        assert!(matches!(
            reading(ErrorKind::PermissionDenied),
            SearchError::Permission(_)
        ));
        assert!(
            matches!(reading(ErrorKind::StorageFull), SearchError::Io(error) if error.kind() == ErrorKind::StorageFull)
        );
    }

    #[test]
    fn a_busy_lock_is_not_damage() {
        let error = SearchError::from(TantivyError::LockFailure(LockError::LockBusy, None));
        assert!(matches!(error, SearchError::Locked));
    }
}
