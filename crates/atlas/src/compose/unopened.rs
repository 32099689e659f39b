//! Why not everything could be opened for writing: the error, and whether a server may start for reading only all the
//! same. It decides nothing.

use atlas_app::AppError;
use atlas_search::SearchError;
use atlas_store::StoreError;

use crate::error::{CliError, Exit};

/// Why not everything could be opened for writing.
pub(super) struct Unopened {
    pub(super) error: CliError,
    /// Because no room is left on a disk, or because nobody may write to it.
    pub(super) not_writable: Option<StoreError>,
}

impl From<StoreError> for Unopened {
    fn from(error: StoreError) -> Self {
        Self {
            not_writable: matches!(
                error.cause(),
                StoreError::Full(_) | StoreError::ReadOnlyFileSystem(_)
            )
            .then(|| error.cause().clone()),
            error: error.into(),
        }
    }
}

impl From<AppError> for Unopened {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Store(error) => error.into(),
            other => CliError::from(other).into(),
        }
    }
}

impl From<SearchError> for Unopened {
    fn from(error: SearchError) -> Self {
        let exit = match error {
            SearchError::Locked => Exit::Busy,
            _ => Exit::Failure,
        };
        let is_full =
            matches!(&error, SearchError::Io(error) if error.kind() == std::io::ErrorKind::StorageFull);
        Self {
            not_writable: is_full.then(|| StoreError::Full(error.to_string())),
            error: CliError::new(exit, error.to_string()),
        }
    }
}

impl From<CliError> for Unopened {
    fn from(error: CliError) -> Self {
        Self {
            error,
            not_writable: None,
        }
    }
}
