//! `Library`: what a person saved, its content, and the work that is left to do with it.
//!
//! One file a use case; rows become domain values here and nowhere else.

pub(crate) mod audit;
mod changes;
mod commit;
mod documents;
mod items;
mod quarantine;
mod retention;
mod save;
mod status;
mod tags;

use std::sync::Arc;

use atlas_domain::{Clock, Entropy, Lane, LibraryIdentity, UserId};
use rusqlite::{Connection, OptionalExtension};
use tokio::task::spawn_blocking;

pub use audit::AuditEntry;
pub use changes::IndexMaterial;
pub use commit::{Conclusion, IngestCommit};
pub use documents::{GivenHtml, IngestMaterial, Judgement};
pub use items::{ItemFilter, ItemPage};
pub use quarantine::Quarantined;
pub use retention::{RetentionPolicy, RetentionReport};
pub use save::{NewItem, Saved, SavedAs};
pub use status::Counts;

use crate::blobs::{BlobFiles, PreparedBlob};
use crate::data_dir::{DataDir, DataDirLock};
use crate::error::StoreError;
use crate::sqlite::{
    Database, Migration, Schema, WriterStats, full_check, migrate, open_read_only, open_read_write,
    quick_check, verified_backup,
};
use crate::tx::Tx;

const SCHEMA: Schema = Schema(&[Migration {
    name: "foundation",
    sql: include_str!("../../migrations/library/0001_foundation.sql"),
}]);

const READERS: usize = 4;

/// Up to this size the whole file is checked at start-up: about a second.
const CHECK_AT_START_BYTES: u64 = 256 * 1024 * 1024;

/// The library of one data directory.
#[derive(Clone)]
pub struct Library {
    pub(crate) db: Database,
    blobs: Arc<BlobFiles>,
    pub(crate) clock: Arc<dyn Clock>,
    entropy: Arc<Entropy>,
    identity: LibraryIdentity,
}

impl Library {
    /// Opens the library for reading and writing, creating it if it does not exist. Blocks.
    pub fn open(
        lock: &DataDirLock,
        clock: Arc<dyn Clock>,
        entropy: Arc<Entropy>,
    ) -> Result<Self, StoreError> {
        let path = lock.dir().library_db();
        let size = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
        let mut connection = open_read_write(&path)?;
        if size > 0 && size <= CHECK_AT_START_BYTES {
            quick_check(&connection, &path)?;
        }
        let now = clock.now();
        migrate(&mut connection, &path, &SCHEMA, now)?;
        create_identity(&Tx {
            sql: &connection,
            now,
            entropy: &entropy,
        })?;
        let identity = read_identity(&connection)?;
        let db = Database::start(connection, &path, READERS)?;
        Ok(Self {
            db,
            blobs: Arc::new(BlobFiles::create(lock.dir().blobs())?),
            clock,
            entropy,
            identity,
        })
    }

    /// Opens an existing library for reading, beside whoever writes to it. Blocks.
    pub fn open_read_only(
        dir: &DataDir,
        clock: Arc<dyn Clock>,
        entropy: Arc<Entropy>,
    ) -> Result<Self, StoreError> {
        let path = dir.library_db();
        if !path.exists() {
            return Err(StoreError::NoLibrary(dir.path().to_owned()));
        }
        let db = Database::open_read_only(&path, &SCHEMA, 2)?;
        let identity = read_identity(&open_read_only(&path)?)?;
        Ok(Self {
            db,
            blobs: Arc::new(BlobFiles::at(dir.blobs())),
            clock,
            entropy,
            identity,
        })
    }

    /// Which library this is, and which life of it.
    pub fn identity(&self) -> &LibraryIdentity {
        &self.identity
    }

    /// Makes `bytes` safe on the disk, to be referred to by a later write.
    pub async fn prepare_blob(&self, bytes: Vec<u8>) -> Result<PreparedBlob, StoreError> {
        let (blobs, now) = (Arc::clone(&self.blobs), self.clock.now());
        spawn_blocking(move || blobs.prepare(&bytes, now))
            .await
            .map_err(|error| StoreError::Panicked(error.to_string()))?
    }

    /// Figures about the writer; `None` when opened read-only.
    pub fn writer_stats(&self) -> Option<WriterStats> {
        self.db.writer_stats()
    }

    /// Checks every page of the file; the findings are in the error.
    pub async fn check_integrity(&self, dir: &DataDir) -> Result<(), StoreError> {
        let path = dir.library_db();
        self.db.read_whole(move |sql| full_check(sql, &path)).await
    }

    /// Writes a copy of the database to the new file `target`, and proves that it can be read.
    pub async fn back_up(&self, target: std::path::PathBuf) -> Result<(), StoreError> {
        self.db.read_whole(move |sql| verified_backup(sql, &target)).await
    }

    /// Finishes what is queued and closes the writer.
    pub async fn close(&self) {
        self.db.close().await;
    }

    /// Runs a use case in a write transaction. It may run more than once; see `Database::write`.
    pub(crate) async fn write<T, F>(&self, lane: Lane, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (clock, entropy) = (Arc::clone(&self.clock), Arc::clone(&self.entropy));
        self.db
            .write(lane, move |sql| {
                work(&Tx {
                    sql,
                    now: clock.now(),
                    entropy: &entropy,
                })
            })
            .await
    }
}

fn read_identity(connection: &Connection) -> Result<LibraryIdentity, StoreError> {
    Ok(
        connection.query_row("SELECT uuid, epoch FROM library", [], |row| {
            Ok(LibraryIdentity {
                library: uuid::Uuid::from_bytes(row.get("uuid")?),
                epoch: uuid::Uuid::from_bytes(row.get("epoch")?),
            })
        })?,
    )
}

/// Each library is made with an identity and its owner.
fn create_identity(tx: &Tx<'_>) -> Result<(), StoreError> {
    let exists = tx
        .sql
        .query_row("SELECT 1 FROM library", [], |_| Ok(()))
        .optional()?
        .is_some();
    if exists {
        return Ok(());
    }
    let uuid = || {
        let millis = u64::try_from(tx.now.as_millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &tx.entropy.ten_bytes()).into_uuid()
    };
    let transaction = tx.sql.unchecked_transaction()?;
    transaction.execute(
        "INSERT INTO library (id, uuid, epoch, created_at) VALUES (1, ?1, ?2, ?3)",
        (uuid().as_bytes(), uuid().as_bytes(), tx.now.as_millis()),
    )?;
    transaction.execute(
        "INSERT INTO user (id, name, created_at) VALUES (?1, 'owner', ?2)",
        (UserId::OWNER.0, tx.now.as_millis()),
    )?;
    transaction.commit()?;
    Ok(())
}
