//! The SQLite engine: connections, the writer thread, readers, migrations, backups.
//!
//! It knows nothing of items or jobs; the use cases beside it know nothing of threads.

mod backup;
mod batch;
mod connection;
mod migrate;
mod readers;
mod values;
mod writer;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::Lane;
use rusqlite::Connection;

use crate::error::StoreError;

pub(crate) use backup::verified_backup;
pub(crate) use connection::{full_check, open_read_only, open_read_write, quick_check};
pub(crate) use migrate::{Migration, Schema, migrate};
pub(crate) use values::{Column, json_column, parse_column, to_json};
pub use writer::WriterStats;

use readers::Readers;
use writer::Writer;

/// One database file: a writer thread (unless opened read-only) and a pool of readers.
#[derive(Clone)]
pub(crate) struct Database {
    writer: Option<Arc<Writer>>,
    readers: Arc<Readers>,
    path: Arc<Path>,
}

/// How long one read may take before it is interrupted.
const READ_LIMIT: Duration = Duration::from_secs(10);

impl Database {
    /// Takes over a migrated read-write connection on `path`: from here on its thread alone writes.
    pub(crate) fn start(connection: Connection, path: &Path, readers: usize) -> Result<Self, StoreError> {
        Ok(Self {
            writer: Some(Arc::new(Writer::start(connection, path)?)),
            readers: Arc::new(Readers::open(path, readers, READ_LIMIT)?),
            path: path.into(),
        })
    }

    /// Opens beside whoever writes, or alone, without changing anything.
    pub(crate) fn open_read_only(path: &Path, schema: &Schema, readers: usize) -> Result<Self, StoreError> {
        schema.check_version(&open_read_only(path)?, path)?;
        Ok(Self {
            writer: None,
            readers: Arc::new(Readers::open(path, readers, READ_LIMIT)?),
            path: path.into(),
        })
    }

    /// Runs `work` in a write transaction and answers when it is on the disk.
    ///
    /// `work` may run more than once (after another request of its batch broke the transaction), so it must
    /// only depend on the database and on what it captured; it must pass every error on, and never begin or
    /// end a transaction.
    pub(crate) async fn write<T, F>(&self, lane: Lane, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        match &self.writer {
            Some(writer) => writer.submit(lane, work).await,
            None => Err(StoreError::ReadOnly),
        }
    }

    /// Runs `work` in a read transaction, so that everything it reads is of one moment.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.readers.run(work).await
    }

    /// Runs `work` on a connection of its own, for as long as it takes: for maintenance that reads the whole
    /// file, which neither the time limit of the pool nor its few connections are made for.
    pub(crate) async fn read_whole<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let path = Arc::clone(&self.path);
        tokio::task::spawn_blocking(move || work(&open_read_only(&path)?))
            .await
            .unwrap_or_else(|error| Err(StoreError::Panicked(error.to_string())))
    }

    /// Figures about the writer; `None` when opened read-only.
    pub(crate) fn writer_stats(&self) -> Option<WriterStats> {
        self.writer.as_ref().map(|writer| writer.stats())
    }

    /// Commits what is queued, checkpoints and closes the writer. Later writes fail with `Closed`.
    pub(crate) async fn close(&self) {
        if let Some(writer) = self.writer.clone() {
            // Joining a thread blocks; the runtime must go on meanwhile.
            let _ = tokio::task::spawn_blocking(move || writer.stop()).await;
        }
    }
}
