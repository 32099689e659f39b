//! Looking after the library itself, live and beside whoever works with it: an audit that judges every item, a plan made of
//! what it found, carrying that out, undoing it.
//!
//! Everything goes through the library, a few items at a time; the same gate judges that judges what is fetched. For files of
//! others there are `audit` and `cleanup`, which hold a file alone.

mod apply;
mod audit;
mod found;
mod judge;
mod plan;

pub(crate) use apply::clean_library;
pub(crate) use audit::audit_library;
pub(crate) use found::{found_of, report_of, summary_of};
pub(crate) use plan::{Share, select};

use atlas_store::StoreError;
use atlas_store::findings::FindingsError;

use crate::audit::AuditError;
use crate::error::AppError;

/// Looking after the library that came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpkeepError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("findings cannot be kept: {0}")]
    Findings(#[from] FindingsError),
    #[error(transparent)]
    Audit(#[from] AuditError),
    #[error("{0}")]
    Io(String),
}

impl UpkeepError {
    /// As the store's error, for the worker: the library's own troubles are told apart from those of the findings.
    pub(crate) fn into_store(self) -> StoreError {
        match self {
            Self::Store(error) => error,
            other => StoreError::Io(other.to_string()),
        }
    }
}

impl From<UpkeepError> for AppError {
    fn from(error: UpkeepError) -> Self {
        Self::Store(error.into_store())
    }
}

/// Runs what blocks, apart.
async fn apart<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, UpkeepError>
where
    T: Send + 'static,
    E: Send + 'static,
    UpkeepError: From<E>,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(error) => Err(StoreError::Panicked(error.to_string()).into()),
    }
}
