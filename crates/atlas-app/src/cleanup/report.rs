//! What a cleanup came to.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What was done, what was not, and how to take it back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CleanupReport {
    /// The version of this shape.
    pub schema_version: u32,
    /// The run.
    pub run: String,
    /// The file.
    pub file: PathBuf,
    /// Rows of the plan that are out.
    pub removed: u64,
    /// Rows that went with them.
    pub followed: u64,
    /// Rows that are still there, over all tables.
    pub kept: u64,
    /// Bytes of the file before.
    pub bytes_before: u64,
    /// Bytes of the file now.
    pub bytes_after: u64,
    /// Each table.
    pub tables: Vec<CleanedTable>,
    /// Rows that were to go by what they met together.
    pub reasons: BTreeMap<String, u64>,
    /// Rows of the plan that stayed.
    pub left: Vec<Left>,
    /// Tables that changed between plan and cleanup.
    pub changed_since: Vec<String>,
    /// What was not done.
    pub not_done: Vec<String>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// The verified copy of the file as it was.
    pub backup: PathBuf,
    /// The file with every row that went.
    pub vault: PathBuf,
    /// What takes it back.
    pub undo: String,
}

/// A table before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CleanedTable {
    /// Its name.
    pub name: String,
    /// Rows before.
    pub before: u64,
    /// Rows after.
    pub after: u64,
}

/// Rows of the plan that stayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Why.
    pub why: String,
    /// How many.
    pub rows: u64,
}
