//! Backups, as JSON.

use atlas_domain::Timestamp;
use serde::{Deserialize, Serialize};

/// A backup.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupView {
    /// Its name: when it was made, in UTC.
    pub name: String,
    /// When the library was as it is in there. This and what follows is missing where it cannot be read.
    pub created_at: Option<Timestamp>,
    /// Which Atlas made it.
    pub program: Option<String>,
    /// Of which library.
    pub library: Option<String>,
    /// Rows of all its databases.
    pub rows: Option<u64>,
    /// Stored pages in files.
    pub blobs: Option<u64>,
    /// Their size together, before compression.
    pub blobs_bytes: Option<u64>,
    /// What it takes up by itself, without the stored pages, which it shares with others.
    pub size_bytes: u64,
    /// What had to be left out, in words: nothing, unless something was wrong with the library itself.
    pub left_out: Vec<String>,
    /// When it was last looked through, which it is when it is made.
    pub checked_at: Option<Timestamp>,
    /// What is wrong with it, as far as is known.
    pub problem: Option<String>,
}

/// Every backup of a destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupList {
    /// The folder.
    pub destination: String,
    /// Whether it lies on the device of the data, so that one failure takes both; `null` when that is not known.
    pub on_device_of_data: Option<bool>,
    /// What all of it takes up, stored pages included.
    pub size_bytes: u64,
    /// The newest first.
    pub backups: Vec<BackupView>,
}

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeBackup {
    /// It.
    pub backup: BackupView,
    /// The folder of all backups.
    pub destination: String,
    /// Whether that lies on the device of the data, so that one failure takes both; `null` when that is not known.
    pub on_device_of_data: Option<bool>,
    /// Those that were removed, because they are not to be kept any more.
    pub removed: Vec<String>,
    /// Why old ones were not removed, or not enough of them.
    pub not_removed: Option<String>,
}

/// A backup that was looked through and found whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckedBackup {
    /// Its name.
    pub name: String,
    /// When the library was as it is in there.
    pub created_at: Timestamp,
    /// Rows that were compared, in all its databases.
    pub rows: u64,
    /// Stored pages that were read.
    pub blobs: u64,
    /// What had to be left out when it was made.
    pub left_out: Vec<String>,
}

/// A backup that was restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoredBackup {
    /// Its name.
    pub name: String,
    /// When the library was as it is in there.
    pub created_at: Timestamp,
    /// Where the library lies now.
    pub data_dir: String,
    /// Rows of all its databases.
    pub rows: u64,
    /// Stored pages in files.
    pub blobs: u64,
    /// What had to be left out when it was made.
    pub left_out: Vec<String>,
}
