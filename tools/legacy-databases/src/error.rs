//! Why a file could not be made.

use std::io;
use std::path::PathBuf;

/// Why a file could not be made. What exists of it then is of no use.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// There is a file already; nothing is overwritten.
    #[error("{} exists already; name a new file, or remove that one first", .0.display())]
    Exists(PathBuf),
    /// SQLite refused.
    #[error("SQLite could not make the file: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The truth could not be written, or the file not be looked at.
    #[error("the truth could not be written: {0}")]
    Io(#[from] io::Error),
    /// The truth has no form in JSON.
    #[error("the truth could not be put into JSON: {0}")]
    Json(#[from] serde_json::Error),
}
