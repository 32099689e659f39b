//! `Library`: what a person saved, its content, and the work that is left to do with it.
//!
//! One file a use case; rows become domain values here and nowhere else.

pub(crate) mod audit;
pub(crate) mod backed_up;
mod canary;
mod changes;
mod cleanup;
mod collect;
mod commit;
mod documents;
mod duplicates;
mod heartbeat;
mod ingest_history;
pub(crate) mod items;
mod lost;
#[cfg(test)]
mod plans;
mod precedence;
mod quarantine;
mod reach;
mod retention;
mod save;
mod snapshots;
mod status;
mod stored_bytes;
mod tags;
mod titles;
mod vault;

use std::fs::File;
use std::sync::Arc;

use atlas_domain::{Clock, Entropy, LibraryIdentity, UserId};
use rusqlite::{Connection, OptionalExtension};
use tokio::task::spawn_blocking;

pub use audit::AuditEntry;
use backed_up::Collecting;
pub use changes::{IndexMaterial, IndexMaterialPage};
pub use cleanup::{
    AuditedItem, AuditedPage, CleanAction, Cleaned, CleanupItem, CleanupItemPage, CleanupPlan, CleanupRun,
    PlannedItem, UndoneItems, Witness,
};
pub use commit::{Conclusion, IngestCommit};
pub use documents::{GivenHtml, IngestMaterial, Judgement};
pub use heartbeat::OverdueLeases;
pub use ingest_history::{HourOfIngest, IngestHistory};
pub use items::{ItemFilter, ItemPage, UnreadableItem};
pub use quarantine::{QuarantinePage, Quarantined};
pub use retention::{RetentionPolicy, RetentionReport};
pub use save::{NewItem, Saved, SavedAs};
pub use status::Counts;
pub use stored_bytes::StoredBytes;
pub use titles::{Folding, TitleHit, TitleQuery};
pub use vault::{VaultPage, VaultedItem};

use crate::blobs::{BlobFiles, PreparedBlob};
use crate::data_dir::{DataDir, DataDirError, DataDirLock};
use crate::error::StoreError;
use crate::jobs::{CausedJobs, JobNote};
use crate::reserve::Reserve;
use crate::services::DatabaseServices;
use crate::sqlite::{
    Database, Lane, Migration, Reading, Schema, WriterStats, full_check, log_is_empty, migrate,
    open_read_write, quick_check,
};
use crate::tx::Tx;

pub(crate) const SCHEMA: Schema = Schema(&[
    Migration {
        name: "foundation",
        sql: include_str!("../../migrations/library/0001_foundation.sql"),
    },
    Migration {
        name: "heartbeat",
        sql: include_str!("../../migrations/library/0002_heartbeat.sql"),
    },
    Migration {
        name: "jobs_by_kind",
        sql: include_str!("../../migrations/library/0003_jobs_by_kind.sql"),
    },
    Migration {
        name: "cleanup",
        sql: include_str!("../../migrations/library/0004_cleanup.sql"),
    },
]);

const READERS: usize = 4;

/// Up to this size the whole file is checked at start-up: about a second.
const CHECK_AT_START_BYTES: u64 = 256 * 1024 * 1024;

/// The library of one data directory.
#[derive(Clone)]
pub struct Library {
    pub(crate) db: Database,
    blobs: Arc<BlobFiles>,
    collecting: Arc<Collecting>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) caused: CausedJobs,
    pub(crate) entropy: Arc<Entropy>,
    identity: LibraryIdentity,
    /// Keeps writers out of a file that is read without locks.
    _still: Option<Arc<File>>,
}

impl Library {
    /// Opens the library for reading and writing, creating it if it does not exist and never did. Blocks.
    pub fn open(
        lock: &DataDirLock,
        clock: Arc<dyn Clock>,
        entropy: Arc<Entropy>,
        services: &DatabaseServices,
    ) -> Result<Self, StoreError> {
        let path = lock.dir().library_db();
        lost::refuse_lost(lock.dir())?;
        let size = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
        let mut connection = open_read_write(&path)?;
        if size > 0 && size <= CHECK_AT_START_BYTES {
            quick_check(&connection, &path)?;
        }
        let now = clock.now();
        migrate(&mut connection, &path, &SCHEMA, now)?;
        create_identity(&Tx::new(&connection, now, &entropy))?;
        let identity = read_identity(&connection)?;
        let reserve = Reserve::of(lock.dir());
        let db = Database::start(connection, &path, READERS, Some(reserve.clone()), services)?;
        Ok(Self {
            db,
            blobs: Arc::new(BlobFiles::create(lock.dir().blobs(), reserve)?),
            collecting: Arc::default(),
            clock,
            caused: CausedJobs::default(),
            entropy,
            identity,
            _still: None,
        })
    }

    /// Opens an existing library for reading, beside whoever writes to it. Blocks.
    pub fn open_read_only(
        dir: &DataDir,
        clock: Arc<dyn Clock>,
        entropy: Arc<Entropy>,
        services: &DatabaseServices,
    ) -> Result<Self, StoreError> {
        Self::open_reading(dir, || dir.keep_still().map(Some), clock, entropy, services)
    }

    /// The same for the holder of the lock: for a server where nothing can be written.
    pub fn open_read_only_locked(
        lock: &DataDirLock,
        clock: Arc<dyn Clock>,
        entropy: Arc<Entropy>,
        services: &DatabaseServices,
    ) -> Result<Self, StoreError> {
        Self::open_reading(lock.dir(), || Ok(None), clock, entropy, services)
    }

    /// On a full disk or a read-only file system there may be no room to take part in the locks. The file is then
    /// read as it is, while `keep_still` keeps writers out.
    fn open_reading(
        dir: &DataDir,
        keep_still: impl FnOnce() -> Result<Option<File>, DataDirError>,
        clock: Arc<dyn Clock>,
        entropy: Arc<Entropy>,
        services: &DatabaseServices,
    ) -> Result<Self, StoreError> {
        let path = dir.library_db();
        lost::refuse_lost(dir)?;
        if lost::is_absent(&path) {
            return Err(StoreError::NoLibrary(dir.path().to_owned()));
        }
        let (db, still) = match Database::open_read_only(&path, &SCHEMA, 2, Reading::Shared, services) {
            Err(error @ (StoreError::Full(_) | StoreError::Io(_) | StoreError::ReadOnly)) => {
                let Ok(still) = keep_still() else {
                    return Err(error);
                };
                if !log_is_empty(&path) {
                    return Err(error); // what it holds would be missing
                }
                let db = Database::open_read_only(&path, &SCHEMA, 2, Reading::Still, services)?;
                (db, still)
            }
            other => (other?, None),
        };
        let identity = read_identity(&db.connect()?)?;
        Ok(Self {
            db,
            blobs: Arc::new(BlobFiles::at(dir.blobs())),
            collecting: Arc::default(),
            clock,
            caused: CausedJobs::default(),
            entropy,
            identity,
            _still: still.map(Arc::new),
        })
    }

    /// Which library this is, and which life of it.
    pub fn identity(&self) -> &LibraryIdentity {
        &self.identity
    }

    /// Begins a new life of this library, because an older copy of it was put back: what follows its change log has
    /// seen changes that are undone, and the same places of the log will name other changes. From now on all that
    /// was derived from the former life belongs to another library. Other handles keep the old identity.
    pub async fn begin_new_life(&mut self) -> Result<(), StoreError> {
        self.identity.epoch = self
            .write(Lane::Interactive, |tx| {
                let epoch = new_uuid(tx);
                tx.sql
                    .execute("UPDATE library SET epoch = ?1", [epoch.as_bytes()])?;
                Ok(epoch)
            })
            .await?;
        Ok(())
    }

    /// What has turned out to be wrong with the file while it was in use: damage, or that it is not at its place.
    pub fn trouble(&self) -> Option<StoreError> {
        self.db.trouble()
    }

    /// Why nothing can be written at the moment, and when it is tried again. It ends by itself.
    pub fn outage(&self) -> Option<StoreError> {
        self.db.outage()
    }

    /// Makes `bytes` safe on the disk, to be referred to by a later write. They may be shared with the caller, who
    /// has them alone again afterwards.
    pub async fn prepare_blob(&self, bytes: impl Into<Arc<Vec<u8>>>) -> Result<PreparedBlob, StoreError> {
        let (blobs, now, bytes) = (Arc::clone(&self.blobs), self.clock.now(), bytes.into());
        spawn_blocking(move || blobs.prepare(&bytes, now))
            .await
            .map_err(|error| StoreError::Panicked(error.to_string()))?
    }

    /// Figures about the writer; `None` when opened read-only.
    pub fn writer_stats(&self) -> Option<WriterStats> {
        self.db.writer_stats()
    }

    /// Returns once the writer has shown that it goes on, idle or at work: never if it stands or has died, at once if
    /// there is none or it was closed.
    pub async fn writer_shows_progress(&self) {
        self.db.writer_shows_progress().await;
    }

    /// Checks every page of the file; the findings are in the error.
    pub async fn check_integrity(&self, dir: &DataDir) -> Result<(), StoreError> {
        let path = dir.library_db();
        self.db.read_whole(move |sql| full_check(sql, &path)).await
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
        let caused = self.caused.clone();
        let run = move |sql: &Connection| {
            let tx = Tx::new(sql, clock.now(), &entropy);
            let value = work(&tx)?;
            Ok((value, tx.into_job_notes()))
        };
        // Told by the writer itself, so in the order of the commits, and even when the caller has gone away.
        let committed = move |(_, notes): &(T, Vec<JobNote>)| caused.take_over(notes);
        let (value, _) = self.db.write_then(lane, run, committed).await?;
        Ok(value)
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
    let transaction = tx.sql.unchecked_transaction()?;
    transaction.execute(
        "INSERT INTO library (id, uuid, epoch, created_at) VALUES (1, ?1, ?2, ?3)",
        (
            new_uuid(tx).as_bytes(),
            new_uuid(tx).as_bytes(),
            tx.now.as_millis(),
        ),
    )?;
    transaction.execute(
        "INSERT INTO user (id, name, created_at) VALUES (?1, 'owner', ?2)",
        (UserId::OWNER.0, tx.now.as_millis()),
    )?;
    transaction.commit()?;
    Ok(())
}

fn new_uuid(tx: &Tx<'_>) -> uuid::Uuid {
    let millis = u64::try_from(tx.now.as_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &tx.entropy.ten_bytes()).into_uuid()
}
