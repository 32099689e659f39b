//! Backups of a library: made while it is in use, proved before anyone relies on them, restored into an empty directory.
//!
//! A destination is a folder with one folder for each backup, and a pool of stored pages that all of them share. A backup
//! gets its name last of all: what has one is whole. Nothing here decides when backups are made.

mod archive;
mod create;
mod error;
mod files;
mod manifest;
mod restore;
mod retention;
mod tables;
mod verify;

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use atlas_domain::Timestamp;
use serde::{Deserialize, Serialize};

use crate::blobs::BlobFiles;
use error::at;
use files::{create_folder, remove_file, remove_folder, size_of_folder, sync_folder, write_synced};

pub use create::BackupOrder;
pub use error::BackupError;
pub use manifest::{Bytes, Manifest, PackedBlobs, PackedDatabase};
pub use restore::Restored;
pub use retention::{BackupRetention, Pruned};
pub use tables::TableFigures;
pub use verify::{Checked, VerifyDepth};

/// The databases, by the names of their files in the data directory and in a backup.
const LIBRARY: &str = "library.db";
const OPS: &str = "ops.db";
/// The list of stored pages.
const LIST: &str = "blobs.list";
/// How the names of folders begin that are no backups yet, or only for a moment.
const UNFINISHED: &str = ".making-";
const CHECKING: &str = ".checking-";
const LAST_CHECK: &str = "checked.json";
const POOL: &str = "pool";
const LOCK: &str = "lock";

/// A folder with backups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupDestination {
    folder: PathBuf,
}

/// A backup, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Its name: when it was made, in UTC.
    pub name: String,
    /// What it takes up by itself, without the stored pages, which it shares with others.
    pub size_bytes: u64,
    /// What it says of itself; none where that cannot be read.
    pub manifest: Option<Manifest>,
    /// When it was last looked through, which it is when it is made.
    pub checked_at: Option<Timestamp>,
    /// What is wrong with it, as far as is known.
    pub problem: Option<String>,
}

/// How a backup was found when it was last looked through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct LastCheck {
    at: Timestamp,
    problem: Option<String>,
}

impl BackupDestination {
    /// The one at `folder`, which need not exist yet.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Whether it lies on the same device as `data`, so that one failure takes both; `None` when that is not known.
    pub fn shares_device_with(&self, data: &Path) -> Option<bool> {
        // Before the first backup there is no folder: it will be made on the device of what is above it.
        let there = self
            .folder
            .ancestors()
            .find_map(|folder| std::fs::metadata(folder).ok());
        Some(there?.dev() == std::fs::metadata(data).ok()?.dev())
    }

    /// Every backup, the newest first. A destination that does not exist has none. Blocks.
    pub fn list(&self) -> Result<Vec<Backup>, BackupError> {
        let mut backups: Vec<_> = self.names()?.into_iter().map(|name| self.look(name)).collect();
        backups.sort_by(|one, other| {
            let made = |backup: &Backup| backup.manifest.as_ref().map(|manifest| manifest.created_at);
            (made(other), &other.name).cmp(&(made(one), &one.name))
        });
        Ok(backups)
    }

    /// How much all of it takes up, stored pages included. Blocks.
    pub fn size_bytes(&self) -> u64 {
        size_of_folder(&self.folder)
    }

    fn look(&self, name: String) -> Backup {
        let folder = self.folder.join(&name);
        let last = std::fs::read(folder.join(LAST_CHECK)).ok();
        let last: Option<LastCheck> = last.and_then(|text| serde_json::from_slice(&text).ok());
        let (manifest, unreadable) = match Manifest::read(&folder, &name) {
            Ok(manifest) => (Some(manifest), None),
            Err(error) => (None, Some(error.to_string())),
        };
        Backup {
            size_bytes: size_of_folder(&folder),
            checked_at: last.as_ref().map(|last| last.at),
            problem: unreadable.or(last.and_then(|last| last.problem)),
            manifest,
            name,
        }
    }

    /// The folder of a backup that is there. A name is never a path.
    fn folder_of(&self, name: &str) -> Result<PathBuf, BackupError> {
        let folder = self.folder.join(name);
        if is_name(name) && folder.is_dir() {
            return Ok(folder);
        }
        Err(BackupError::NotFound {
            name: name.to_owned(),
            destination: self.folder.clone(),
        })
    }

    fn names(&self) -> Result<Vec<String>, BackupError> {
        Ok(self
            .entries()?
            .into_iter()
            .filter(|name| is_name(name) && self.folder.join(name).is_dir())
            .collect())
    }

    fn entries(&self) -> Result<Vec<String>, BackupError> {
        let entries = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(at(&self.folder))?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(at(&self.folder))?;
            names.extend(entry.file_name().into_string());
        }
        Ok(names)
    }

    fn pool(&self) -> BlobFiles {
        BlobFiles::at(self.folder.join(POOL))
    }

    /// For whoever adds or removes: nobody else is at work while the file is open.
    fn lock_alone(&self) -> Result<File, BackupError> {
        create_folder(&self.folder)?;
        let path = self.folder.join(LOCK);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(at(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(BackupError::InUse(self.folder.clone())),
            Err(TryLockError::Error(error)) => Err(at(&path)(error)),
        }
    }

    /// For whoever reads: nobody removes anything while the file is open. A destination that cannot be written to has
    /// nobody to be kept out.
    fn lock_shared(&self) -> Result<Option<File>, BackupError> {
        let Ok(file) = File::open(self.folder.join(LOCK)) else {
            return Ok(None);
        };
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Err(BackupError::InUse(self.folder.clone())),
            _ => Ok(Some(file)),
        }
    }

    /// Removes what was begun and never ended. The caller is alone here.
    fn remove_debris(&self) -> Result<(), BackupError> {
        for name in self.entries()? {
            if name.starts_with(UNFINISHED) || name.starts_with(CHECKING) {
                remove_folder(&self.folder.join(name))?;
            }
        }
        self.pool()
            .remove_temporary_files(Timestamp::from_millis(i64::MAX))?;
        Ok(())
    }
}

/// Notes how a backup was found. It lies beside what the manifest proves.
fn note_check(folder: &Path, last: &LastCheck) -> Result<(), BackupError> {
    let (path, new) = (folder.join(LAST_CHECK), folder.join("checked.new"));
    remove_file(&new)?;
    write_synced(
        &new,
        &serde_json::to_vec(last).map_err(|error| at(&path)(error.into()))?,
    )?;
    std::fs::rename(&new, &path).map_err(at(&path))?;
    sync_folder(folder)
}

/// The file in a backup that holds `name`.
fn packed(name: &str) -> String {
    format!("{name}.zst")
}

fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    name.len() <= 64 && name.starts_with(|first: char| first.is_ascii_digit()) && name.bytes().all(is_plain)
}
