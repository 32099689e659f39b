//! How somebody wants to look: which links are followed, whose file it is, and how the look is called off.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What to do when the path is a symbolic link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Symlinks {
    /// Looks at what it leads to; [`super::FileFacts::link`] says that it was one. Right for an audit.
    #[default]
    Follow,
    /// Refuses it, naming where it leads. Right for whoever is going to change the file.
    Refuse,
}

/// Whether this process may have the file open already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Whose {
    /// It is somebody else's: it is looked at from outside first.
    #[default]
    Foreign,
    /// It is Atlas's own, perhaps open in this process: SQLite alone touches it, and it is read beside the writer.
    Own,
}

/// How a file was opened; the module says when which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Beside others, taking part in their locks.
    Shared,
    /// As it lies, without locks, because it has no log and nobody had it open.
    Still,
}

/// The wishes of whoever looks.
#[derive(Debug, Clone)]
pub struct Looking {
    /// What to do with a symbolic link.
    pub symlinks: Symlinks,
    /// Whose file it is.
    pub whose: Whose,
    /// Ends every question soon after it is set, with [`super::LookError::Cancelled`].
    pub cancel: Arc<AtomicBool>,
    /// How long somebody else's lock is waited for.
    pub lock_wait: Duration,
}

impl Default for Looking {
    fn default() -> Self {
        Self {
            symlinks: Symlinks::default(),
            whose: Whose::default(),
            cancel: Arc::default(),
            lock_wait: Duration::from_secs(5),
        }
    }
}

/// How far the reading of a table has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Rows that were read.
    pub rows_done: u64,
    /// Rows that there are, as they were counted; `None` where they could not be.
    pub rows_total: Option<u64>,
}
