//! Looking a backup through: everything is read again, each database is unpacked and opened, and what does not fit is
//! named. It changes nothing of the backup but the note of how it was found.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use atlas_domain::{BlobHash, Timestamp};

use super::error::BackupError;
use super::files::{Part, check_packed, create_folder, remove_folder, require_room, unpack, unpack_to};
use super::manifest::{Manifest, PackedDatabase};
use super::tables::{self, TableFigures};
use super::{BackupDestination, CHECKING, LIBRARY, LIST, LastCheck, note_check, packed};
use crate::blobs::BlobFiles;
use crate::error::StoreError;
use crate::library;
use crate::ops;
use crate::reserve::LEAST_ROOM_BYTES;
use crate::sqlite::{integrity_check, open_read_only};

/// How far a backup is looked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifyDepth {
    /// The databases are unpacked and compared; of the stored pages it is asked whether they are there.
    Databases,
    /// Every byte is read.
    Everything,
}

/// What was found sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What the backup says of itself.
    pub manifest: Manifest,
    /// Rows that were compared, in all its databases.
    pub rows: u64,
    /// Stored pages that were found.
    pub blobs: u64,
}

impl BackupDestination {
    /// Looks the backup `name` through, and notes how it was found. Its databases are unpacked into a folder of their own
    /// in `scratch`, which is removed again. Blocks, for about as long as making it took.
    pub fn verify(
        &self,
        name: &str,
        depth: VerifyDepth,
        scratch: &Path,
        now: Timestamp,
    ) -> Result<Checked, BackupError> {
        let folder = self.folder_of(name)?;
        let _nobody_removes = self.lock_shared()?;
        let scratch = Scratch(scratch.join(format!("{CHECKING}{name}")));
        let checked = look_through(self, &folder, name, depth, &scratch.0);
        let problem = match &checked {
            Ok(_) => None,
            Err(error) if error.is_of_the_backup() => Some(error.to_string()),
            Err(_) => return checked, // it says nothing of the backup
        };
        if let Err(error) = note_check(&folder, &LastCheck { at: now, problem }) {
            tracing::debug!(%error, "how the backup was found is not noted beside it");
        }
        checked
    }
}

/// Removed with whatever is in it.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = remove_folder(&self.0) {
            tracing::warn!(%error, "what a check of a backup has unpacked is left");
        }
    }
}

fn look_through(
    destination: &BackupDestination,
    folder: &Path,
    name: &str,
    depth: VerifyDepth,
    scratch: &Path,
) -> Result<Checked, BackupError> {
    let manifest = Manifest::read(folder, name)?;
    remove_folder(scratch)?; // from a check that was killed
    create_folder(scratch)?;
    let mut rows = 0;
    for (file, database) in &manifest.databases {
        let target = scratch.join(file);
        require_room(scratch, database.raw.size_bytes, LEAST_ROOM_BYTES)?;
        unpack_database(folder, name, file, database, &target)?;
        rows += database.tables.values().map(|table| table.rows).sum::<u64>();
        remove_folder(scratch)?; // one at a time takes half the room
        create_folder(scratch)?;
    }
    let list = read_list(folder, &manifest)?;
    let pool = destination.pool();
    for (hash, size_bytes) in &list {
        check_page(&pool, name, *hash, *size_bytes, depth)?;
    }
    Ok(Checked {
        manifest,
        rows,
        blobs: list.len() as u64,
    })
}

/// Unpacks a database into the new file `target`, and proves that it holds what was put in.
pub(super) fn unpack_database(
    folder: &Path,
    backup: &str,
    file: &str,
    database: &PackedDatabase,
    target: &Path,
) -> Result<(), BackupError> {
    let packed = packed(file);
    let part = Part {
        backup,
        name: &packed,
    };
    let path = folder.join(&packed);
    check_packed(part, &path, database.packed)?;
    unpack_to(part, &path, database.raw, target)?;
    let part = Part { backup, name: file };
    match check_database(file, target, &database.tables) {
        Ok(None) => Ok(()),
        Ok(Some(difference)) => Err(part.unusable(format!("holds something else: {difference}"))),
        Err(StoreError::Corrupt { detail, .. }) => Err(part.unusable(format!("is damaged: {detail}"))),
        Err(StoreError::NewerSchema { found, known, .. }) => Err(BackupError::Newer {
            backup: backup.to_owned(),
            problem: format!("the schema of its {file} has version {found}, this one knows up to {known}"),
        }),
        Err(error) => Err(error.into()),
    }
}

/// In what the database differs from what was put in.
fn check_database(
    file: &str,
    path: &Path,
    expected: &BTreeMap<String, TableFigures>,
) -> Result<Option<String>, StoreError> {
    let sql = open_read_only(path)?;
    if file == LIBRARY {
        library::backed_up::refuse_unknown_schema(&sql, path)?;
    } else {
        ops::restored::refuse_unknown_schema(&sql, path)?;
    }
    integrity_check(&sql, path)?;
    Ok(tables::first_difference(expected, &tables::read(&sql)?))
}

/// The stored pages that belong to a backup, with their sizes.
pub(super) fn read_list(folder: &Path, manifest: &Manifest) -> Result<Vec<(BlobHash, u64)>, BackupError> {
    let packed = packed(LIST);
    let part = Part {
        backup: &manifest.name,
        name: &packed,
    };
    let (path, blobs) = (folder.join(&packed), &manifest.blobs);
    check_packed(part, &path, blobs.packed)?;
    let mut text = Vec::new();
    unpack(part, &path, blobs.list, |bytes| {
        text.extend_from_slice(bytes);
        Ok(())
    })?;
    let listed = std::str::from_utf8(&text).ok().and_then(parse_list);
    listed
        .filter(|list| list.len() as u64 == blobs.count)
        .ok_or_else(|| part.unusable("is no list of stored pages"))
}

fn parse_list(text: &str) -> Option<Vec<(BlobHash, u64)>> {
    let parse = |line: &str| {
        let (hash, size_bytes) = line.split_once(' ')?;
        Some((hash.parse().ok()?, size_bytes.parse().ok()?))
    };
    text.lines().map(parse).collect()
}

fn check_page(
    pool: &BlobFiles,
    backup: &str,
    hash: BlobHash,
    size_bytes: u64,
    depth: VerifyDepth,
) -> Result<(), BackupError> {
    let found = match depth {
        VerifyDepth::Everything => pool.read_compressed(hash, size_bytes).map(drop),
        VerifyDepth::Databases if pool.has_file(hash) => Ok(()),
        VerifyDepth::Databases => Err(StoreError::Blob {
            hash: hash.to_string(),
            problem: StoreError::MISSING.to_owned(),
        }),
    };
    found.map_err(|error| of_page(backup, error))
}

/// Names the page that is not what it should be.
pub(super) fn of_page(backup: &str, error: StoreError) -> BackupError {
    match error {
        StoreError::Blob { hash, problem } => Part {
            backup,
            name: &format!("the stored page {hash}"),
        }
        .unusable(format!("is {problem}")),
        other => other.into(),
    }
}
