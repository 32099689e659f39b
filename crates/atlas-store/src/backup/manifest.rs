//! The manifest: what a backup holds, and what proves it. Its seal is a hash over all that it says.
//!
//! A change of its shape raises `FORMAT`; a version that is not known is refused and never guessed at.

use std::collections::BTreeMap;
use std::path::Path;

use atlas_domain::{BlobHash, LibraryIdentity, Timestamp};
use serde::{Deserialize, Serialize};

use super::error::{BackupError, at};
use super::files::write_synced;
use super::tables::TableFigures;

/// The shape of backups that this build writes, and the only one that it reads.
const FORMAT: u64 = 1;
/// Its file in the folder of the backup.
pub(super) const FILE: &str = "manifest.json";

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Its name, which is that of its folder.
    pub name: String,
    /// When the library was as it is in here.
    pub created_at: Timestamp,
    /// Which Atlas made it.
    pub program: String,
    /// Of which library, in which life.
    pub library: LibraryIdentity,
    /// Its databases, by the name of their file in the data directory.
    pub databases: BTreeMap<String, PackedDatabase>,
    /// The stored pages that lie in files.
    pub blobs: PackedBlobs,
    /// What had to be left out, in words: nothing, unless something was wrong with the library itself.
    pub left_out: Vec<String>,
}

/// Bytes, and what proves them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bytes {
    /// How many.
    pub size_bytes: u64,
    /// Their BLAKE3.
    pub hash: BlobHash,
}

/// A database, compressed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackedDatabase {
    /// The file in the backup.
    pub packed: Bytes,
    /// The database that comes out of it.
    pub raw: Bytes,
    /// The version of its schema.
    pub schema_version: i64,
    /// What each of its tables holds.
    pub tables: BTreeMap<String, TableFigures>,
}

/// Stored pages, which lie in the pool that all backups of a destination share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackedBlobs {
    /// How many.
    pub count: u64,
    /// Their size together, before compression.
    pub size_bytes: u64,
    /// The file with their sorted list.
    pub packed: Bytes,
    /// The list that comes out of it.
    pub list: Bytes,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    format: u64,
    seal: BlobHash,
    manifest: Manifest,
}

#[derive(Deserialize)]
struct OnlyFormat {
    format: u64,
}

impl Manifest {
    pub(super) fn write(&self, folder: &Path) -> Result<(), BackupError> {
        let sealed = Sealed {
            format: FORMAT,
            seal: self.seal(),
            manifest: self.clone(),
        };
        let path = folder.join(FILE);
        let text = serde_json::to_vec_pretty(&sealed).map_err(|error| at(&path)(error.into()))?;
        write_synced(&path, &text)
    }

    pub(super) fn read(folder: &Path, name: &str) -> Result<Self, BackupError> {
        let path = folder.join(FILE);
        let unusable = |problem: String| BackupError::Unusable {
            backup: name.to_owned(),
            part: FILE.to_owned(),
            problem,
        };
        let text = match std::fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(unusable("is missing".to_owned()));
            }
            other => other.map_err(at(&path))?,
        };
        let unreadable = |error: serde_json::Error| unusable(format!("is damaged: {error}"));
        let found = serde_json::from_slice::<OnlyFormat>(&text).map_err(unreadable)?;
        if found.format > FORMAT {
            return Err(BackupError::Newer {
                backup: name.to_owned(),
                problem: format!("its format is {}, this one knows up to {FORMAT}", found.format),
            });
        }
        let sealed: Sealed = serde_json::from_slice(&text).map_err(unreadable)?;
        if sealed.format != FORMAT || sealed.seal != sealed.manifest.seal() {
            return Err(unusable(
                "is damaged: it does not say what was written".to_owned(),
            ));
        }
        if sealed.manifest.name != name {
            return Err(unusable(format!(
                "is that of the backup {}",
                sealed.manifest.name
            )));
        }
        Ok(sealed.manifest)
    }

    fn seal(&self) -> BlobHash {
        let mut hasher = blake3::Hasher::new();
        // Nothing of it can fail to be written as JSON; if it did, the seal would fit nothing.
        let said = serde_json::to_vec(self).unwrap_or_default();
        hasher.update(&FORMAT.to_le_bytes()).update(&said);
        BlobHash(*hasher.finalize().as_bytes())
    }
}
