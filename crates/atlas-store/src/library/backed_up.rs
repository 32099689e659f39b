//! What a backup takes of the library: the pages in files that it refers to, and that nobody collects them meanwhile.
//! It copies nothing.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use atlas_domain::{BlobHash, Entropy, LibraryIdentity, Timestamp, UserId};
use rusqlite::Connection;

use super::audit::Actor;
use super::{Library, SCHEMA, new_uuid, read_identity};
use crate::blobs::BlobFiles;
use crate::error::StoreError;
use crate::sqlite::Column;
use crate::tx::Tx;

/// Whether the collector may remove anything.
#[derive(Debug, Default)]
pub(crate) struct Collecting {
    /// Backups that go on now.
    pauses: AtomicUsize,
}

impl Collecting {
    pub(super) fn is_paused(&self) -> bool {
        self.pauses.load(Ordering::SeqCst) > 0
    }
}

/// Keeps the collector from removing anything; it ends with this value, however that ends.
#[derive(Debug)]
pub(crate) struct CollectorPause(Arc<Collecting>);

impl Drop for CollectorPause {
    fn drop(&mut self) {
        self.0.pauses.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Library {
    /// From now on no blob is removed that anything refers to now or later.
    pub(crate) fn pause_collecting(&self) -> CollectorPause {
        self.collecting.pauses.fetch_add(1, Ordering::SeqCst);
        CollectorPause(Arc::clone(&self.collecting))
    }

    /// When it was begun.
    pub async fn created_at(&self) -> Result<Timestamp, StoreError> {
        self.db
            .read(|sql| {
                let read = |row: &rusqlite::Row<'_>| Timestamp::read(row, "created_at");
                Ok(sql.query_row("SELECT created_at FROM library", [], read)?)
            })
            .await
    }

    pub(crate) fn blob_files(&self) -> Arc<BlobFiles> {
        Arc::clone(&self.blobs)
    }
}

/// The pages in files that something refers to, with their sizes, in the order of their hashes.
pub(crate) fn referenced_files(sql: &Connection) -> Result<Vec<(BlobHash, u64)>, StoreError> {
    let mut statement = sql.prepare(
        "SELECT hash, size_bytes FROM blob WHERE data IS NULL
             AND (EXISTS (SELECT 1 FROM snapshot WHERE snapshot.body_hash = blob.hash)
                 OR EXISTS (SELECT 1 FROM given_html WHERE given_html.body_hash = blob.hash)
                 OR EXISTS (SELECT 1 FROM vault_blob WHERE vault_blob.hash = blob.hash))
         ORDER BY hash",
    )?;
    let rows = statement.query_map([], |row| {
        Ok((BlobHash::read(row, "hash")?, row.get("size_bytes")?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whose database this is.
pub(crate) fn identity_of(sql: &Connection) -> Result<LibraryIdentity, StoreError> {
    read_identity(sql)
}

/// Begins a new life of the copy behind `sql`, which nobody has open: whatever was derived from the former one belongs to
/// another library from now on. The audit says so.
pub(crate) fn begin_new_life(
    sql: &Connection,
    now: Timestamp,
    entropy: &Entropy,
    why: &str,
) -> Result<(), StoreError> {
    let transaction = sql.unchecked_transaction()?;
    let tx = Tx::new(&transaction, now, entropy);
    transaction.execute("UPDATE library SET epoch = ?1", [new_uuid(&tx).as_bytes()])?;
    tx.audit(UserId::OWNER, Actor::Recovery, "backup_restored", None, "", why)?;
    Ok(transaction.commit()?)
}

/// Fails if this build cannot read the copy. An older one is migrated when it is opened.
pub(crate) fn refuse_unknown_schema(sql: &Connection, path: &Path) -> Result<(), StoreError> {
    match SCHEMA.check(sql, path) {
        Err(StoreError::OlderSchema { .. }) => Ok(()),
        other => other,
    }
}
