//! Restoring a backup into an empty directory. Nothing that is in use is ever replaced.
//!
//! `library.db` gets its name last: before that, the directory is not taken for a library, and a marker in it says why.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use atlas_domain::{Entropy, Timestamp};

use super::error::{BackupError, at};
use super::files::{remove_file, remove_folder, require_room, sync_folder, write_synced};
use super::manifest::Manifest;
use super::verify::{of_page, read_list, unpack_database};
use super::{BackupDestination, LIBRARY, OPS};
use crate::blobs::BlobFiles;
use crate::data_dir::{DataDir, DataDirLock, Holder};
use crate::error::StoreError;
use crate::library::backed_up::begin_new_life;
use crate::ops::restored::mark_as_restored;
use crate::reserve::Reserve;
use crate::sqlite::open_read_write;

/// What every new ext4 file system has.
const LOST_AND_FOUND: &str = "lost+found";

/// What was restored, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What the backup says of itself.
    pub manifest: Manifest,
    /// The data directory.
    pub path: PathBuf,
    /// Rows of all its databases.
    pub rows: u64,
    /// Stored pages in files.
    pub blobs: u64,
}

impl BackupDestination {
    /// Restores the backup `name` into `to`, which is empty or does not exist, and proves on the way that everything is as
    /// it was. The library begins a new life there, so that its index is built anew. If it fails, `to` is as it was.
    /// What a restore that was killed has left is begun again. Blocks.
    pub fn restore(
        &self,
        name: &str,
        to: &DataDir,
        holder: &Holder,
        now: Timestamp,
        entropy: &Entropy,
    ) -> Result<Restored, BackupError> {
        let folder = self.folder_of(name)?;
        let _nobody_removes = self.lock_shared()?;
        let manifest = Manifest::read(&folder, name)?;
        if !manifest.databases.contains_key(LIBRARY) {
            return Err(BackupError::Unusable {
                backup: name.to_owned(),
                part: LIBRARY.to_owned(),
                problem: "is not in it".to_owned(),
            });
        }
        let list = read_list(&folder, &manifest)?;
        let restoring = Restoring::begin(to, holder)?;
        let pool = self.pool();
        restoring.require_room(&manifest, &list, &pool)?;
        let blobs = BlobFiles::create(to.blobs(), Reserve::of(to))?;
        for &(hash, size_bytes) in &list {
            let read = pool.read_compressed(hash, size_bytes);
            let compressed = read.map_err(|error| of_page(name, error))?;
            blobs.place(hash, &compressed, now)?;
            #[cfg(feature = "failpoints")]
            fail::fail_point!("restore::page_placed", |_| std::process::abort());
        }
        for (file, database) in &manifest.databases {
            unpack_database(&folder, name, file, database, &restoring.part(file))?;
        }
        #[cfg(feature = "failpoints")]
        fail::fail_point!("restore::unpacked", |_| std::process::abort());
        restoring.begin_new_life(&manifest, now, entropy)?;
        restoring.name_all(&manifest)?;
        let tables = manifest
            .databases
            .values()
            .flat_map(|database| database.tables.values());
        Ok(Restored {
            rows: tables.map(|table| table.rows).sum(),
            blobs: list.len() as u64,
            path: to.path().to_owned(),
            manifest,
        })
    }
}

/// A directory into which something is being restored. Dropped before it is done, it takes everything back.
struct Restoring {
    to: DataDir,
    lock: Option<DataDirLock>,
    existed: bool,
    is_done: bool,
}

impl Drop for Restoring {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        let cleared = self.clear().and_then(|()| {
            remove_file(&self.to.restoring())?;
            remove_file(&self.to.lock_file())?;
            drop(self.lock.take());
            if self.existed {
                return Ok(());
            }
            std::fs::remove_dir(self.to.path()).map_err(at(self.to.path()))
        });
        if let Err(error) = cleared {
            tracing::warn!(%error, "what a restore has begun is left; it can be begun again");
        }
    }
}

impl Restoring {
    fn begin(to: &DataDir, holder: &Holder) -> Result<Self, BackupError> {
        let existed = to.path().exists();
        refuse_unless_free(to)?;
        let lock = to.lock(holder)?;
        refuse_unless_free(to)?; // now that nobody else can come
        let is_new = !to.restoring().exists();
        let restoring = Self {
            to: to.clone(),
            lock: Some(lock),
            existed,
            is_done: false,
        };
        if is_new {
            write_synced(&to.restoring(), b"A backup is being restored here.\n")?;
            sync_folder(to.path())?;
        } else {
            restoring.clear()?;
        }
        Ok(restoring)
    }

    /// Removes all that a restore makes before its end.
    fn clear(&self) -> Result<(), BackupError> {
        for file in [LIBRARY, OPS] {
            let part = self.part(file);
            for path in [
                self.to.path().join(file),
                with(&part, "-wal"),
                with(&part, "-shm"),
                part,
            ] {
                remove_file(&path)?;
            }
        }
        remove_folder(&self.to.blobs())
    }

    fn part(&self, file: &str) -> PathBuf {
        self.to.path().join(format!("{file}.part"))
    }

    fn require_room(
        &self,
        manifest: &Manifest,
        list: &[(atlas_domain::BlobHash, u64)],
        pool: &BlobFiles,
    ) -> Result<(), BackupError> {
        let databases: u64 = manifest
            .databases
            .values()
            .map(|database| database.raw.size_bytes)
            .sum();
        let pages: u64 = list.iter().filter_map(|(hash, _)| pool.file_bytes(*hash)).sum();
        require_room(
            self.to.path(),
            databases.saturating_add(pages),
            crate::reserve::LEAST_ROOM_BYTES,
        )
    }

    fn begin_new_life(
        &self,
        manifest: &Manifest,
        now: Timestamp,
        entropy: &Entropy,
    ) -> Result<(), BackupError> {
        let why = format!("from the backup {}", manifest.name);
        let library = open_read_write(&self.part(LIBRARY))?;
        begin_new_life(&library, now, entropy, &why)?;
        closed(library)?;
        if manifest.databases.contains_key(OPS) {
            let ops = open_read_write(&self.part(OPS))?;
            mark_as_restored(&ops)?;
            closed(ops)?;
        }
        Ok(())
    }

    fn name_all(mut self, manifest: &Manifest) -> Result<(), BackupError> {
        let mut files: Vec<_> = manifest.databases.keys().collect();
        files.sort_by_key(|file| *file == LIBRARY); // last
        for file in files {
            let (part, named) = (self.part(file), self.to.path().join(file));
            File::open(&part)
                .and_then(|part| part.sync_all())
                .map_err(at(&part))?;
            sync_folder(self.to.path())?;
            std::fs::rename(&part, &named).map_err(at(&named))?;
            #[cfg(feature = "failpoints")]
            fail::fail_point!("restore::named", |_| std::process::abort());
        }
        self.is_done = true;
        remove_file(&self.to.restoring())?;
        sync_folder(self.to.path())
    }
}

/// What was in the log is in the file then: a database that is renamed leaves its log behind.
fn closed(sql: rusqlite::Connection) -> Result<(), BackupError> {
    let path = sql.path().map(PathBuf::from).unwrap_or_default();
    sql.close().map_err(|(_, error)| StoreError::from(error))?;
    if crate::sqlite::log_is_empty(&path) {
        return Ok(());
    }
    Err(BackupError::File {
        path,
        problem: "its log could not be written back".to_owned(),
    })
}

/// Nothing may be in it, but what a restore that was killed has left.
fn refuse_unless_free(to: &DataDir) -> Result<(), BackupError> {
    let entries = match std::fs::read_dir(to.path()) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        other => other.map_err(at(to.path()))?,
    };
    if to.restoring().exists() && !to.library_db().exists() {
        return Ok(());
    }
    for entry in entries {
        let name = entry.map_err(at(to.path()))?.file_name();
        let path = Path::new(&name);
        if path != Path::new(LOST_AND_FOUND) && to.path().join(path) != to.lock_file() {
            return Err(BackupError::NotEmpty(to.path().to_owned()));
        }
    }
    Ok(())
}

fn with(path: &Path, ending: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(ending);
    path.into()
}
