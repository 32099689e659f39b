//! Why a cleanup was not planned, not carried out, or not taken back.

use std::path::PathBuf;

use atlas_store::findings::FindingsError;
use atlas_store::maintenance::LookError;
use atlas_store::maintenance::cleaning::CleaningError;

use crate::audit::AuditError;

/// A cleanup that came to nothing, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum CleanupError {
    /// The audit came to nothing.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The file could not be worked on.
    #[error(transparent)]
    Cleaning(#[from] CleaningError),
    /// The file could not be looked at.
    #[error(transparent)]
    Look(#[from] LookError),
    /// Findings could not be read.
    #[error(transparent)]
    Findings(#[from] FindingsError),
    /// The run is not what it should be.
    #[error("the run {path}: {what}")]
    Run {
        /// Its directory, or a file in it.
        path: PathBuf,
        /// What is wrong, and what to do.
        what: String,
    },
    /// More would go than may go unasked.
    #[error("{0}")]
    Ceiling(String),
    /// The file is damaged: what is not sound is not written to.
    #[error(
        "{path} is damaged ({finding}): nothing was changed; recover it first, for example with sqlite3's .recover, and \
         clean up the result"
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        finding: String,
    },
    /// There is too little room.
    #[error(
        "{needed_bytes} bytes are needed in {path} and {free_bytes} are free: make room, or name another directory with --backup-dir; nothing was changed"
    )]
    Room {
        /// Where.
        path: PathBuf,
        /// So much is needed.
        needed_bytes: u64,
        /// So much is free.
        free_bytes: u64,
    },
    /// What was done could not be verified, and the file is back to what it was.
    #[error("{why}; the file was put back to what it was, from {backup}")]
    RolledBack {
        /// What was wrong.
        why: String,
        /// From what.
        backup: PathBuf,
    },
    /// Somebody called it off; it can go on.
    #[error("interrupted after {removed} rows; the file is sound, and the run can go on")]
    Interrupted {
        /// Rows that are out.
        removed: u64,
    },
}
