//! The SQLite engine: connections, the writer thread, readers, migrations, backups.
//!
//! It knows nothing of items or jobs; the use cases beside it know nothing of threads.

mod backup;
mod batch;
mod connection;
mod file;
mod health;
mod log;
mod migrate;
mod readers;
mod unclear;
mod values;
mod writer;

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod trace;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use crate::error::StoreError;
use crate::reserve::Reserve;

pub(crate) use connection::{
    Reading, full_check, is_on_read_only_file_system, open_read_only, open_read_write, quick_check,
};
pub(crate) use migrate::{Migration, Schema, backups_of, migrate};
pub(crate) use values::{Column, StoredText, json_column, parse_column, to_json};
pub(crate) use writer::Lane;
pub use writer::WriterStats;

use batch::Disk;
use connection::{check_owner, open_reader};
use file::DatabaseFile;
use health::Health;
use readers::Readers;
use writer::Writer;

/// One database file: a writer thread (unless opened read-only) and a pool of readers.
#[derive(Clone)]
pub(crate) struct Database {
    writer: Option<Arc<Writer>>,
    readers: Arc<Readers>,
    reading: Reading,
    path: Arc<Path>,
    health: Arc<Health>,
}

/// How long one read may take before it is interrupted.
const READ_LIMIT: Duration = Duration::from_secs(10);

impl Database {
    /// Takes over a migrated read-write connection on `path`: from here on its thread alone writes. When the
    /// disk is full, it gives `reserve` back and tries again.
    pub(crate) fn start(
        connection: Connection,
        path: &Path,
        readers: usize,
        reserve: Option<Reserve>,
    ) -> Result<Self, StoreError> {
        let file = DatabaseFile::at(path, reserve)?;
        Self::start_on(connection, Box::new(file), readers)
    }

    fn start_on(connection: Connection, disk: Box<dyn Disk>, readers: usize) -> Result<Self, StoreError> {
        let path: Arc<Path> = disk.path().into();
        Ok(Self {
            readers: Arc::new(Readers::open(&path, Reading::Shared, readers, READ_LIMIT)?),
            writer: Some(Arc::new(Writer::start(connection, disk)?)),
            reading: Reading::Shared,
            path,
            health: Arc::default(),
        })
    }

    /// Opens for reading, without changing anything.
    pub(crate) fn open_read_only(
        path: &Path,
        schema: &Schema,
        readers: usize,
        reading: Reading,
    ) -> Result<Self, StoreError> {
        let first = open_reader(path, reading)?;
        check_owner(&first, path)?;
        schema.check(&first, path)?;
        Ok(Self {
            writer: None,
            readers: Arc::new(Readers::open(path, reading, readers, READ_LIMIT)?),
            reading,
            path: path.into(),
            health: Arc::default(),
        })
    }

    /// A connection of its own, for reading only.
    pub(crate) fn connect(&self) -> Result<Connection, StoreError> {
        open_reader(&self.path, self.reading)
    }

    /// What has turned out to be wrong with the file since it was opened.
    pub(crate) fn trouble(&self) -> Option<StoreError> {
        self.health.trouble()
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
        self.write_then(lane, work, |_| ()).await
    }

    /// The same, and tells `committed` before the caller hears of it: in the order of the commits, on the writer's
    /// thread, whether the caller still waits or not. It must be quick.
    ///
    /// Once the file is known to be damaged, every write fails with that, those of the same batch included.
    pub(crate) async fn write_then<T, F, C>(&self, lane: Lane, work: F, committed: C) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> Result<T, StoreError> + Send + 'static,
        C: FnOnce(&T) + Send + 'static,
    {
        let Some(writer) = &self.writer else {
            return Err(StoreError::ReadOnly);
        };
        let (health, path) = (Arc::clone(&self.health), Arc::clone(&self.path));
        let on_sound_file = move |sql: &Connection| {
            health.allow_writing()?;
            work(sql).map_err(|error| health.note(error, &path))
        };
        let result = self.noted(writer.submit(lane, on_sound_file, committed).await);
        if result.is_ok() {
            self.health.written();
        }
        result
    }

    /// Runs `work` in a read transaction, so that everything it reads is of one moment.
    ///
    /// After a commit of unknown end, "it is not there" would not hold if a crash brought it to life. So a commit is
    /// tried first that takes its place. On a disk on which that fails, too, reading goes on all the same.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        if let Some(writer) = &self.writer {
            writer.settle_unknown_commit().await;
        }
        self.noted(self.readers.run(work).await)
    }

    /// Runs `work` on a connection of its own, for as long as it takes: for maintenance that reads the whole
    /// file, which neither the time limit of the pool nor its few connections are made for.
    pub(crate) async fn read_whole<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (path, reading) = (Arc::clone(&self.path), self.reading);
        let result = tokio::task::spawn_blocking(move || work(&open_reader(&path, reading)?))
            .await
            .unwrap_or_else(|error| Err(StoreError::Panicked(error.to_string())));
        self.noted(result)
    }

    /// An error that says that the file is not well is remembered.
    fn noted<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        result.map_err(|error| self.health.note(error, &self.path))
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
