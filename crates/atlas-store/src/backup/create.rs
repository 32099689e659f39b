//! Making a backup: first the databases, each as it is at one moment, then the stored pages that this library refers to.
//!
//! It never writes to the library. Until the last step, which gives it its name, it is no backup.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use atlas_domain::{BlobHash, LibraryIdentity, Timestamp};
use rusqlite::Connection;
use tokio::task::spawn_blocking;

use super::error::{BackupError, at};
use super::files::{
    create_folder, pack, remove_file, remove_folder, require_room, sync_folder, write_synced,
};
use super::manifest::{Manifest, PackedBlobs, PackedDatabase};
use super::tables::{self, TableFigures};
use super::{BackupDestination, LIBRARY, LIST, LastCheck, OPS, POOL, UNFINISHED, note_check, packed};
use crate::blobs::BlobFiles;
use crate::error::StoreError;
use crate::library::Library;
use crate::library::backed_up::{CollectorPause, identity_of, referenced_files};
use crate::ops::Ops;
use crate::sqlite::{copy_database, integrity_check, open_read_only};

/// Pages that could not be taken along and are named; the others are counted.
const NAMED: usize = 20;

/// How a backup is wanted.
#[derive(Debug, Clone)]
pub struct BackupOrder {
    /// Which Atlas makes it.
    pub program: String,
    /// What has to stay free at the destination.
    pub floor_bytes: u64,
}

impl BackupDestination {
    /// Makes a backup of the library and of operational state, beside whoever works with them. What comes back has been
    /// read again and compared with the originals. If it fails, nothing is left of it.
    ///
    /// Operational state that is damaged, and pages that the library itself has lost, are left out and named: the rest
    /// is worth no less.
    pub async fn create(
        &self,
        library: &Library,
        ops: Option<&Ops>,
        order: BackupOrder,
    ) -> Result<Manifest, BackupError> {
        let (destination, pause, now) = (self.clone(), library.pause_collecting(), library.clock.now());
        let making = in_background(move || Making::begin(destination, pause, order, now)).await?;
        let blobs = library.blob_files();
        let pages = Arc::clone(&blobs);
        let copied = library.db.read_whole(move |sql| {
            let copied = copy_library(sql, &making, &pages);
            Ok(copied.map(|copied| (making, copied)))
        });
        let (mut making, library_copy) = copied.await??;
        let mut ops_copy = None;
        if let Some(file) = ops.and_then(Ops::file_to_back_up) {
            let folder = making.folder.clone();
            let copied = file
                .read_whole(move |sql| copy_in_one_moment(sql, &folder, OPS))
                .await;
            ops_copy = making.or_left_out(copied)?;
        }
        in_background(move || making.finish(library_copy, ops_copy, &blobs)).await
    }
}

/// A database that was copied, and how it was then.
struct Copied {
    schema_version: i64,
    tables: BTreeMap<String, TableFigures>,
}

struct CopiedLibrary {
    database: Copied,
    identity: LibraryIdentity,
    /// The stored pages that it refers to.
    blobs: Vec<(BlobHash, u64)>,
}

/// A backup that is being made. Dropped before it is whole, it takes everything back.
struct Making {
    destination: BackupDestination,
    name: String,
    folder: PathBuf,
    order: BackupOrder,
    created_at: Timestamp,
    /// Pages that only this one has put into the pool.
    added: Vec<BlobHash>,
    left_out: Vec<String>,
    is_whole: bool,
    _alone: File,
    _pause: CollectorPause,
}

impl Drop for Making {
    fn drop(&mut self) {
        if self.is_whole {
            return;
        }
        let pool = self.destination.pool();
        for hash in &self.added {
            if let Err(error) = pool.remove(*hash) {
                tracing::warn!(%error, "a page of a backup that was not finished is left in the pool");
            }
        }
        if let Err(error) = remove_folder(&self.folder) {
            tracing::warn!(%error, "what was begun of a backup is left; the next one removes it");
        }
    }
}

impl Making {
    fn begin(
        destination: BackupDestination,
        pause: CollectorPause,
        order: BackupOrder,
        created_at: Timestamp,
    ) -> Result<Self, BackupError> {
        let alone = destination.lock_alone()?;
        destination.remove_debris()?;
        let name = free_name(&destination, created_at);
        let folder = destination.folder.join(format!("{UNFINISHED}{name}"));
        create_folder(&destination.folder.join(POOL))?;
        create_folder(&folder)?;
        Ok(Self {
            destination,
            name,
            folder,
            order,
            created_at,
            added: Vec::new(),
            left_out: Vec::new(),
            is_whole: false,
            _alone: alone,
            _pause: pause,
        })
    }

    /// Before anything is copied: at worst nothing can be compressed, and a database lies there twice for a moment.
    fn require_room(
        &self,
        database_bytes: u64,
        wanted: &[(BlobHash, u64)],
        blobs: &BlobFiles,
    ) -> Result<(), BackupError> {
        let pool = self.destination.pool();
        let new_bytes: u64 = wanted
            .iter()
            .filter(|(hash, _)| !pool.has_file(*hash))
            .filter_map(|(hash, _)| blobs.file_bytes(*hash))
            .sum();
        let needed_bytes = database_bytes.saturating_mul(2).saturating_add(new_bytes);
        require_room(&self.destination.folder, needed_bytes, self.order.floor_bytes)
    }

    /// Operational state can be lost without losing anything that a person saved.
    fn or_left_out(&mut self, copied: Result<Copied, StoreError>) -> Result<Option<Copied>, BackupError> {
        match copied {
            Err(error) if error.cause().is_damage() => {
                self.left_out.push(format!("operational state: {error}"));
                remove_file(&self.folder.join(OPS))?;
                Ok(None)
            }
            other => Ok(Some(other?)),
        }
    }

    fn finish(
        mut self,
        library: CopiedLibrary,
        ops: Option<Copied>,
        blobs: &BlobFiles,
    ) -> Result<Manifest, BackupError> {
        let mut databases = BTreeMap::new();
        databases.insert(LIBRARY.to_owned(), self.pack(LIBRARY, library.database)?);
        if let Some(ops) = ops {
            match self.pack(OPS, ops) {
                Err(BackupError::Store(damage)) if damage.is_damage() => {
                    self.left_out.push(format!("operational state: {damage}"));
                    remove_file(&self.folder.join(OPS))?;
                }
                other => drop(databases.insert(OPS.to_owned(), other?)),
            }
        }
        let taken = self.take_blobs(&library.blobs, blobs)?;
        let manifest = Manifest {
            name: self.name.clone(),
            created_at: self.created_at,
            program: self.order.program.clone(),
            library: library.identity,
            databases,
            blobs: self.pack_list(&taken)?,
            left_out: std::mem::take(&mut self.left_out),
        };
        manifest.write(&self.folder)?;
        let checked = LastCheck {
            at: self.created_at,
            problem: None,
        };
        note_check(&self.folder, &checked)?; // syncs the folder
        self.name_it()?;
        Ok(manifest)
    }

    /// Proves the copy, and puts it into its compressed file.
    fn pack(&self, file: &str, copied: Copied) -> Result<PackedDatabase, BackupError> {
        let raw_path = self.folder.join(file);
        let copy = open_read_only(&raw_path)?;
        integrity_check(&copy, Path::new(file))?; // where the copy lies helps nobody
        if let Some(difference) = tables::first_difference(&copied.tables, &tables::read(&copy)?) {
            return Err(BackupError::File {
                path: raw_path,
                problem: format!("the copy is not what was copied: {difference}"),
            });
        }
        drop(copy);
        let (packed, raw) = pack(&raw_path, &self.folder.join(packed(file)))?;
        remove_file(&raw_path)?;
        #[cfg(feature = "failpoints")]
        fail::fail_point!("backup::packed", |_| std::process::abort());
        Ok(PackedDatabase {
            packed,
            raw,
            schema_version: copied.schema_version,
            tables: copied.tables,
        })
    }

    /// Puts those pages into the pool that are not there, or not as they should be. What comes back is in it.
    fn take_blobs(
        &mut self,
        wanted: &[(BlobHash, u64)],
        blobs: &BlobFiles,
    ) -> Result<Vec<(BlobHash, u64)>, BackupError> {
        let (pool, mut taken, mut lost) = (self.destination.pool(), Vec::new(), 0);
        for &(hash, size_bytes) in wanted {
            match pool.read_compressed(hash, size_bytes) {
                Ok(_) => {
                    taken.push((hash, size_bytes));
                    continue;
                }
                Err(StoreError::Blob { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            match blobs.read_compressed(hash, size_bytes) {
                Ok(compressed) => {
                    if !pool.has_file(hash) {
                        self.added.push(hash);
                    }
                    pool.place(hash, &compressed, self.created_at)?;
                    taken.push((hash, size_bytes));
                    #[cfg(feature = "failpoints")]
                    fail::fail_point!("backup::page_taken", |_| std::process::abort());
                }
                Err(error @ StoreError::Blob { .. }) => {
                    lost += 1;
                    if lost <= NAMED {
                        self.left_out.push(error.to_string());
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        if lost > NAMED {
            self.left_out.push(format!("{} more stored pages", lost - NAMED));
        }
        Ok(taken)
    }

    fn pack_list(&self, taken: &[(BlobHash, u64)]) -> Result<PackedBlobs, BackupError> {
        let lines: Vec<String> = taken
            .iter()
            .map(|(hash, size_bytes)| format!("{hash} {size_bytes}\n"))
            .collect();
        let raw_path = self.folder.join(LIST);
        write_synced(&raw_path, lines.concat().as_bytes())?;
        let (packed, list) = pack(&raw_path, &self.folder.join(packed(LIST)))?;
        remove_file(&raw_path)?;
        Ok(PackedBlobs {
            count: taken.len() as u64,
            size_bytes: taken.iter().map(|(_, size_bytes)| size_bytes).sum(),
            packed,
            list,
        })
    }

    /// The one step that makes it a backup.
    fn name_it(&mut self) -> Result<(), BackupError> {
        #[cfg(feature = "failpoints")]
        fail::fail_point!("backup::before_rename", |_| std::process::abort());
        let named = self.destination.folder.join(&self.name);
        std::fs::rename(&self.folder, &named).map_err(at(&named))?;
        self.is_whole = true;
        #[cfg(feature = "failpoints")]
        fail::fail_point!("backup::after_rename", |_| std::process::abort());
        sync_folder(&self.destination.folder)
    }
}

fn copy_library(sql: &Connection, making: &Making, pages: &BlobFiles) -> Result<CopiedLibrary, BackupError> {
    // Held until the copy is made: figures, list and copy are of one moment.
    let moment = sql.unchecked_transaction().map_err(StoreError::from)?;
    let blobs = referenced_files(&moment)?;
    making.require_room(size_of(&moment)?, &blobs, pages)?;
    let identity = identity_of(&moment)?;
    let database = copy_figures(&moment, &making.folder, LIBRARY)?;
    #[cfg(feature = "failpoints")]
    fail::fail_point!("backup::copied", |_| std::process::abort());
    Ok(CopiedLibrary {
        database,
        identity,
        blobs,
    })
}

fn copy_in_one_moment(sql: &Connection, folder: &Path, file: &str) -> Result<Copied, StoreError> {
    let moment = sql.unchecked_transaction()?;
    copy_figures(&moment, folder, file)
}

/// The caller holds a transaction.
fn copy_figures(sql: &Connection, folder: &Path, file: &str) -> Result<Copied, StoreError> {
    let copied = Copied {
        schema_version: sql.pragma_query_value(None, "user_version", |row| row.get(0))?,
        tables: tables::read(sql)?,
    };
    copy_database(sql, &folder.join(file))?;
    Ok(copied)
}

fn size_of(sql: &Connection) -> Result<u64, StoreError> {
    let pages: u64 = sql.pragma_query_value(None, "page_count", |row| row.get(0))?;
    let page_bytes: u64 = sql.pragma_query_value(None, "page_size", |row| row.get(0))?;
    Ok(pages.saturating_mul(page_bytes))
}

/// When it is made; with a number where there is one of that second already.
fn free_name(destination: &BackupDestination, created_at: Timestamp) -> String {
    let base = created_at.to_string().replace(':', "-");
    let mut name = base.clone();
    let mut number = 2;
    while destination.folder.join(&name).exists() {
        name = format!("{base}-{number}");
        number += 1;
    }
    name
}

async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, BackupError> {
    spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(StoreError::Panicked(error.to_string()).into()))
}
