//! The SQLite engine: connections, the writer thread, readers, migrations, backups.
//!
//! It knows nothing of items or jobs; the use cases beside it know nothing of threads.

mod backup;
mod batch;
mod busy;
mod connection;
mod daily_check;
mod figures;
mod file;
mod guard;
mod health;
mod log;
mod memory;
mod migrate;
mod probe;
mod pulse;
mod readers;
mod unclear;
mod values;
mod wreck;
mod writer;

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod trace;

use atlas_resilience::breaker::{CallResult, Permit};
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;

use crate::error::StoreError;
use crate::reserve::Reserve;
use crate::services::DatabaseServices;

pub(crate) use backup::copy as copy_database;
pub(crate) use connection::{
    APPLICATION_ID, Reading, full_check, integrity_check, is_on_read_only_file_system, log_is_empty,
    open_read_only, open_read_write, quick_check, uri_of,
};
pub use figures::FileFigures;
pub(crate) use memory::{open_in_memory, place_in_memory};
pub(crate) use migrate::{Migration, Schema, backups_of, migrate};
pub(crate) use values::{Column, StoredText, json_column, parse_column, to_json};
pub(crate) use wreck::{Wreck, leave_log, log_of};
pub(crate) use writer::Lane;
pub use writer::WriterStats;

use batch::Disk;
use connection::{check_owner, open_reader};
use file::DatabaseFile;
use guard::{Guards, judge, judge_read};
use health::Health;
use probe::Probe;
use readers::{Place, Readers};
use writer::Writer;

/// One database file: a writer thread (unless opened read-only) and a pool of readers. Every call passes the circuit
/// breaker of its direction.
#[derive(Clone)]
pub(crate) struct Database {
    writer: Option<Arc<Writer>>,
    /// Beside a writer.
    probe: Option<Arc<Probe>>,
    guards: Arc<Guards>,
    readers: Arc<Readers>,
    reading: Reading,
    path: Arc<Path>,
    health: Arc<Health>,
    /// It only looks how the file is: what comes of that is held neither for nor against it.
    only_looks: bool,
}

impl Database {
    /// Takes over a migrated read-write connection on `path`: from here on its thread alone writes. When the
    /// disk is full, it gives `reserve` back and tries again.
    pub(crate) fn start(
        connection: Connection,
        path: &Path,
        readers: usize,
        reserve: Option<Reserve>,
        services: &DatabaseServices,
    ) -> Result<Self, StoreError> {
        let file = DatabaseFile::at(path, reserve)?;
        Self::start_on(connection, Box::new(file), readers, services)
    }

    fn start_on(
        connection: Connection,
        disk: Box<dyn Disk>,
        readers: usize,
        services: &DatabaseServices,
    ) -> Result<Self, StoreError> {
        Self::start_reading(connection, disk, Reading::Shared, readers, services)
    }

    fn start_reading(
        connection: Connection,
        disk: Box<dyn Disk>,
        reading: Reading,
        readers: usize,
        services: &DatabaseServices,
    ) -> Result<Self, StoreError> {
        let path: Arc<Path> = disk.path().into();
        let guards = Guards::of(services, &name_of(&path));
        let limit = services.read_limit();
        let readers = Arc::new(Readers::open(&path, reading, readers, limit)?);
        let operations = Arc::clone(&services.operations);
        let writer = Arc::new(Writer::start(connection, disk, operations)?);
        Ok(Self {
            readers,
            probe: Some(Arc::new(Probe::new(&writer, &path, &guards.writing))),
            writer: Some(writer),
            guards: Arc::new(guards),
            reading,
            path,
            health: Arc::default(),
            only_looks: false,
        })
    }

    /// Opens for reading, without changing anything.
    pub(crate) fn open_read_only(
        path: &Path,
        schema: &Schema,
        readers: usize,
        reading: Reading,
        services: &DatabaseServices,
    ) -> Result<Self, StoreError> {
        let first = open_reader(path, reading)?;
        check_owner(&first, path)?;
        schema.check(&first, path)?;
        Ok(Self {
            writer: None,
            probe: None,
            guards: Arc::new(Guards::of(services, &name_of(path))),
            readers: Arc::new(Readers::open(path, reading, readers, services.read_limit())?),
            reading,
            path: path.into(),
            health: Arc::default(),
            only_looks: false,
        })
    }

    /// The same for whoever looks how the file is. A circuit breaker turns it away as it does everybody, and lets it be
    /// the probe when one is due; nothing else that it meets is counted.
    pub(crate) fn for_looking(&self) -> Self {
        Self {
            only_looks: true,
            ..self.clone()
        }
    }

    /// What the call of `permit` says of the file, which is nothing where it only looks.
    fn counted(&self, permit: &Permit<'_>, judged: CallResult) -> CallResult {
        if self.only_looks && !permit.is_probe() {
            return CallResult::Ignored;
        }
        judged
    }

    /// A connection of its own, for reading only.
    pub(crate) fn connect(&self) -> Result<Connection, StoreError> {
        open_reader(&self.path, self.reading)
    }

    /// What has turned out to be wrong with the file since it was opened.
    pub(crate) fn trouble(&self) -> Option<StoreError> {
        self.health.trouble()
    }

    /// What keeps it from being written to at the moment.
    pub(crate) fn outage(&self) -> Option<StoreError> {
        self.guards.writing.outage()
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
        let permit = self.guards.writing.ask()?;
        let result = self.submit(writer, lane, work, committed).await;
        self.judge_write(permit, &result).await;
        result
    }

    /// Writes whatever the circuit breaker says, and is not judged by it: for the few marks that nothing can stand in
    /// for, at moments of which there is only one.
    pub(crate) async fn write_past_breaker<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let writer = self.writer.as_ref().ok_or(StoreError::ReadOnly)?;
        self.submit(writer, Lane::Interactive, work, |_| ()).await
    }

    async fn submit<T, F, C>(
        &self,
        writer: &Writer,
        lane: Lane,
        work: F,
        committed: C,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> Result<T, StoreError> + Send + 'static,
        C: FnOnce(&T) + Send + 'static,
    {
        let (health, path) = (Arc::clone(&self.health), Arc::clone(&self.path));
        let on_sound_file = move |sql: &Connection| {
            health.allow_writing()?;
            work(sql).map_err(|error| health.note(error, &path))
        };
        let result = self.noted(writer.submit(lane, on_sound_file, committed).await);
        if matches!(result, Err(StoreError::Busy(_))) {
            self.readers.usage().found_busy();
        }
        if result.is_ok() {
            self.health.written();
        }
        result
    }

    /// Runs `work` in a read transaction, so that everything it reads is of one moment.
    ///
    /// After a commit of unknown end, "it is not there" would not hold if a crash brought it to life. So a commit is
    /// tried first that takes its place. On a disk on which that fails, too, reading goes on all the same.
    ///
    /// `work` may run more than once, as that of a write may.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> Result<T, StoreError> + Send + Sync + 'static,
    {
        if let Some(writer) = &self.writer {
            writer.settle_unknown_commit().await;
        }
        self.guards.reading.peek()?;
        // That all connections are busy says nothing of the file: nobody is judged before the place is there.
        let place = self.readers.enter().await?;
        let permit = self.guards.reading.ask()?;
        let result = self.noted(self.read_patiently(place, work).await);
        let (judged, error) = (judge_read(&result), result.as_ref().err());
        let judged = self.counted(&permit, judged);
        self.guards.reading.finish(permit, judged, error);
        result
    }

    /// Runs `work` on a connection of its own, for as long as it takes: for maintenance that reads the whole
    /// file, which neither the time limit of the pool nor its few connections are made for.
    pub(crate) async fn read_whole<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let permit = self.guards.maintenance.ask()?;
        let (path, reading) = (Arc::clone(&self.path), self.reading);
        let usage = self.readers.usage().clone();
        let reading_whole = move || {
            let _going_on = usage.begin_read();
            work(&open_reader(&path, reading)?)
        };
        let result = tokio::task::spawn_blocking(reading_whole)
            .await
            .unwrap_or_else(|error| Err(StoreError::Panicked(error.to_string())));
        // However long it took and however it ended, nobody else is turned away for it.
        self.guards.maintenance.finish(permit, CallResult::Ignored, None);
        self.noted(result)
    }

    /// Runs `work` again when it has met a lock that somebody else holds.
    async fn read_patiently<T, F>(&self, mut place: Place<'_>, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> Result<T, StoreError> + Send + Sync + 'static,
    {
        let (work, mut patience) = (Arc::new(work), self.guards.patience());
        loop {
            let once = Arc::clone(&work);
            let result = place.run(move |sql| once(sql)).await;
            if !matches!(result, Err(StoreError::Busy(_))) {
                return result;
            }
            self.readers.usage().found_busy();
            let Some(wait) = patience.next_wait() else {
                return result;
            };
            tokio::time::sleep(wait).await;
            match self.readers.enter().await {
                Ok(again) => place = again,
                Err(_too_many) => return result,
            }
        }
    }

    /// Gives the permit of a write back with what its result says of the file.
    async fn judge_write<T>(&self, permit: Permit<'_>, result: &Result<T, StoreError>) {
        let mut judged = self.counted(&permit, judge(result));
        if let (Err(error), Some(probe), CallResult::Outage) = (result, &self.probe, judged) {
            judged = probe.confirm(error).await;
        }
        let has_opened = self.guards.writing.finish(permit, judged, result.as_ref().err());
        if let Some(probe) = &self.probe
            && has_opened
        {
            probe.begin();
        }
    }

    /// An error that says that the file is not well is remembered.
    fn noted<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        result.map_err(|error| self.health.note(error, &self.path))
    }

    /// Figures about the writer; `None` when opened read-only.
    pub(crate) fn writer_stats(&self) -> Option<WriterStats> {
        self.writer.as_ref().map(|writer| writer.stats())
    }

    /// Returns once the writer thread has shown that it goes on; at once where there is none. See
    /// [`Writer::shows_progress`].
    pub(crate) async fn writer_shows_progress(&self) {
        if let Some(writer) = &self.writer {
            writer.shows_progress().await;
        }
    }

    /// Commits what is queued, checkpoints and closes the writer. Later writes fail with `Closed`.
    pub(crate) async fn close(&self) {
        if let Some(writer) = self.writer.clone() {
            // Joining a thread blocks; the runtime must go on meanwhile.
            let _ = tokio::task::spawn_blocking(move || writer.stop()).await;
        }
    }
}

/// What its circuit breakers call the file.
fn name_of(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
