//! `CliError`: what a command says when it fails, and the exit code it ends with.

use std::process::ExitCode;

use atlas_app::AppError;
use atlas_store::{DataDirError, StoreError};

/// How a command ended. The numbers are stable: scripts depend on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well.
    Ok = 0,
    /// It failed.
    Failure = 1,
    /// Usage or configuration is wrong.
    Usage = 2,
    /// Some of it failed.
    Partial = 3,
    /// The token is missing or wrong.
    Authentication = 4,
    /// Nothing has that name.
    NotFound = 5,
    /// The data directory or the port is in use.
    Busy = 6,
    /// A check failed.
    Unhealthy = 7,
    /// The server does not answer.
    Unreachable = 8,
    /// Data is damaged or of another version.
    Damaged = 9,
    /// Interrupted by the user.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A command that failed.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct CliError {
    pub(crate) exit: Exit,
    /// What was wrong, where, and what to do.
    pub(crate) message: String,
    broken_pipe: bool,
}

impl CliError {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            broken_pipe: false,
        }
    }

    /// A bug, whose own words are for the log.
    pub(crate) fn unexpected() -> Self {
        Self::new(
            Exit::Failure,
            "Atlas failed to carry this out, by a fault of its own; run it again with --verbose to see more, and \
             please report it",
        )
    }

    /// The process was asked to end before it had anything to tell.
    pub(crate) fn interrupted() -> Self {
        Self::new(Exit::Interrupted, "interrupted")
    }

    /// Whoever read our output has gone away, which is no failure.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        self.broken_pipe
    }

    /// The exit code for an error that a route reported with this code and status.
    pub(crate) fn from_problem(code: &str, status: u16, message: String) -> Self {
        let exit = match (code, status) {
            ("not_found" | "no_library", _) => Exit::NotFound,
            ("invalid_request" | "invalid_cursor", _) => Exit::Usage,
            ("busy", _) => Exit::Busy,
            ("damaged" | "other_version" | "library_unavailable", _) => Exit::Damaged,
            (_, 401 | 403) => Exit::Authentication,
            _ => Exit::Failure,
        };
        Self::new(exit, message)
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        AppError::from(error).into()
    }
}

impl From<AppError> for CliError {
    fn from(error: AppError) -> Self {
        match error.code() {
            "internal" => {
                tracing::debug!(%error, "a use case failed");
                Self::unexpected()
            }
            code => Self::from_problem(code, 0, error.told()),
        }
    }
}

impl From<DataDirError> for CliError {
    fn from(error: DataDirError) -> Self {
        let exit = match error {
            DataDirError::Locked { .. } => Exit::Busy,
            DataDirError::NetworkFileSystem { .. } | DataDirError::NotOurs { .. } => Exit::Usage,
            DataDirError::Io { .. } => Exit::Failure,
        };
        let advice = match error {
            DataDirError::Io { .. } => "; mend that, or choose another directory with --data-dir DIR",
            _ => "", // they say it themselves
        };
        Self::new(exit, format!("{error}{advice}"))
    }
}

impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        let broken_pipe = error.kind() == std::io::ErrorKind::BrokenPipe;
        Self {
            broken_pipe,
            ..Self::new(Exit::Failure, error.to_string())
        }
    }
}
