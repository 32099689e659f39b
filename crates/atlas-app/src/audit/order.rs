//! What somebody wants to be audited, how it is watched and called off, and what can go wrong.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use atlas_store::findings::FindingsError;
use atlas_store::maintenance::{Depth, LookError, Whose};

use super::roles::Choice;

/// An audit that somebody wants.
#[derive(Debug, Clone)]
pub struct AuditOrder {
    /// Database files, and directories with some.
    pub paths: Vec<PathBuf>,
    /// The tree of files that belongs to them.
    pub tree: Option<PathBuf>,
    /// Where the findings are kept meanwhile, and for a cleanup: a directory, made where it is missing.
    pub workplace: PathBuf,
    /// Whose files they are.
    pub whose: Whose,
    /// How closely structures are looked at.
    pub depth: Depth,
    /// What tables are, by name, where somebody knows better.
    pub choices: BTreeMap<String, Choice>,
    /// Whether to go on with an audit that was interrupted.
    pub resume: bool,
    /// Threads that judge; at least one.
    pub workers: usize,
    /// Ends it soon after it is set.
    pub cancel: Arc<AtomicBool>,
}

/// Where an audit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step<'a> {
    /// The file.
    pub file: &'a std::path::Path,
    /// What is done: `looking for tables`, `judging content`.
    pub what: &'a str,
    /// Rows that were read in this file.
    pub rows_done: u64,
    /// Rows that there are to be read in this file.
    pub rows_total: u64,
}

/// Is told where an audit is, about once for a thousand rows.
pub type Watch<'w> = dyn Fn(Step<'_>) + Sync + 'w;

/// An audit that came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The file cannot be looked at.
    #[error(transparent)]
    Look(#[from] LookError),
    /// Findings cannot be kept.
    #[error("findings cannot be kept: {0}")]
    Findings(#[from] FindingsError),
    /// Something was named that does not exist.
    #[error("{0}")]
    Wrong(String),
    /// Where the findings go cannot be used.
    #[error("{path} cannot be used for findings: {detail}")]
    Workplace {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        detail: String,
    },
    /// Somebody called it off.
    #[error("the audit was interrupted")]
    Interrupted,
}

impl AuditError {
    /// The error of a look, where being called off is no failure.
    pub(super) fn of_look(error: LookError) -> Self {
        match error {
            LookError::Cancelled(_) => Self::Interrupted,
            error => Self::Look(error),
        }
    }
}
