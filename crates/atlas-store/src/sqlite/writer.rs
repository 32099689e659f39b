//! The writer thread: the only owner of a file's read-write connection, fed over two lanes.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use atlas_resilience::Service;
use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::Instant;

use super::batch::{ConnectionState, Disk, Request, Surroundings, commit_batch};
use super::log::{self, LogEnd};
use super::pulse::{Pulse, beat_during_statements};
use crate::error::StoreError;

/// Requests that may wait in one lane; further callers wait for a place.
const LANE_CAPACITY: usize = 512;
/// Interactive requests that share one commit: what has arrived while the previous batch was being synced.
const BATCH_REQUESTS: usize = 64;

/// Which of the two lanes to the writer a request takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Saves, heartbeats, completions: never behind an import.
    Interactive,
    /// Import, cleanup, sweeping.
    Bulk,
}

/// Counts since the writer started.
#[derive(Debug, Clone, Copy, Default)]
pub struct WriterStats {
    /// Batches worked off, whether each ended in a commit, had nothing to commit, or failed.
    pub batches: u64,
    /// Requests answered.
    pub requests: u64,
    /// Microseconds spent in batches, commits included.
    pub busy_micros: u64,
    /// Requests waiting now.
    pub waiting: u64,
}

pub(super) struct Writer {
    shared: Arc<Shared>,
    interactive: Arc<Semaphore>,
    bulk: Arc<Semaphore>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    lanes: Mutex<Lanes>,
    arrived: Condvar,
    batches: AtomicU64,
    requests: AtomicU64,
    busy_micros: AtomicU64,
    log_end: LogEnd,
    pulse: Arc<Pulse>,
}

#[derive(Default)]
struct Lanes {
    interactive: VecDeque<Box<dyn Request>>,
    bulk: VecDeque<Box<dyn Request>>,
    closed: bool,
}

impl Writer {
    /// Takes over `connection`, which is open on the file of `disk`. Locks are waited for by the policy of `service`.
    pub(super) fn start(
        mut connection: Connection,
        disk: Box<dyn Disk>,
        service: Arc<Service>,
    ) -> Result<Self, StoreError> {
        let shared = Arc::new(Shared {
            lanes: Mutex::default(),
            arrived: Condvar::new(),
            batches: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            busy_micros: AtomicU64::new(0),
            log_end: LogEnd::default(),
            pulse: Arc::default(),
        });
        let mark = connection.query_row("SELECT batch FROM writer_mark", [], |row| row.get(0))?;
        let file_name = disk.path().file_name().unwrap_or_default();
        let name = format!("write {}", file_name.to_string_lossy());
        let mut thread = WriterThread {
            connection: None,
            disk,
            service,
            mark,
            inherits_log: true,
            pulse: Arc::clone(&shared.pulse),
        };
        beat_during_statements(&mut connection, &shared.pulse)?;
        if let Err(error) = thread.empty_inherited_log(&connection) {
            let path = thread.disk.path().display();
            tracing::warn!(%path, %error, "the log of the last process could not be emptied; each batch tries again");
        }
        thread.connection = Some(connection);
        let for_thread = Arc::clone(&shared);
        let handle = std::thread::Builder::new().name(name).spawn(move || {
            let _closes = ClosesLanes(&for_thread);
            thread.serve(&for_thread);
        })?;
        Ok(Self {
            shared,
            interactive: Arc::new(Semaphore::new(LANE_CAPACITY)),
            bulk: Arc::new(Semaphore::new(LANE_CAPACITY)),
            thread: Mutex::new(Some(handle)),
        })
    }

    pub(super) async fn submit<T, F, C>(&self, lane: Lane, work: F, committed: C) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> Result<T, StoreError> + Send + 'static,
        C: FnOnce(&T) + Send + 'static,
    {
        let places = match lane {
            Lane::Interactive => &self.interactive,
            Lane::Bulk => &self.bulk,
        };
        let place = Arc::clone(places)
            .acquire_owned()
            .await
            .map_err(|_| StoreError::Closed)?;
        let (answer, outcome) = oneshot::channel();
        let request = Box::new(Call {
            work,
            value: None,
            committed,
            answer,
            _place: place,
        });
        {
            let mut lanes = self.shared.lock();
            if lanes.closed {
                return Err(StoreError::Closed);
            }
            match lane {
                Lane::Interactive => lanes.interactive.push_back(request),
                Lane::Bulk => lanes.bulk.push_back(request),
            }
        }
        self.shared.arrived.notify_one();
        outcome.await.map_err(|_| StoreError::Closed)?
    }

    /// If the end of the last commit is unknown, tries to commit in its place, so that what readers see then holds.
    pub(super) async fn settle_unknown_commit(&self) {
        if self.shared.log_end.is_unclear() {
            // It changes nothing, and is committed only because of what lies behind the log. A failure is told to
            // whoever writes; here it leaves everything as it was.
            let _ = self.submit(Lane::Interactive, |_| Ok(()), |()| ()).await;
        }
    }

    pub(super) fn stats(&self) -> WriterStats {
        let lanes = self.shared.lock();
        WriterStats {
            batches: self.shared.batches.load(Ordering::Relaxed),
            requests: self.shared.requests.load(Ordering::Relaxed),
            busy_micros: self.shared.busy_micros.load(Ordering::Relaxed),
            waiting: (lanes.interactive.len() + lanes.bulk.len()) as u64,
        }
    }

    /// Returns once the thread has shown that it goes on: that it waits for work, comes from one request to the next, or
    /// is on its way through a statement. Of one that stands, or has died, it never returns; of one that was stopped, at
    /// once.
    pub(super) async fn shows_progress(&self) {
        let answer = self.shared.pulse.ask();
        drop(self.shared.lock()); // so that the thread has looked before this, or waits and hears what follows
        self.shared.arrived.notify_one();
        if self.is_stopped() || answer.await.is_ok() {
            return;
        }
        std::future::pending::<()>().await;
    }

    fn is_stopped(&self) -> bool {
        self.thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_none()
    }

    /// Refuses new requests, finishes those that wait, and closes the connection.
    pub(super) fn stop(&self) {
        self.shared.lock().closed = true;
        self.shared.arrived.notify_all();
        let handle = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(handle) = handle
            && handle.join().is_err()
        {
            tracing::error!("a writer thread ended with a panic");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first requests of the next batch; `None` when the writer is closed and nothing waits.
    fn wait_for_work(&self) -> Option<Vec<Box<dyn Request>>> {
        let mut lanes = self.lock();
        loop {
            self.pulse.beat();
            let first = lanes.next_batch();
            if !first.is_empty() {
                return Some(first);
            }
            if lanes.closed {
                return None;
            }
            lanes = self.arrived.wait(lanes).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// However the thread ends, nobody is left waiting for it.
struct ClosesLanes<'a>(&'a Shared);

impl Drop for ClosesLanes<'_> {
    fn drop(&mut self) {
        let closed = Lanes {
            closed: true,
            ..Lanes::default()
        };
        // Dropped after the lock is released: to drop a request is to answer it.
        let _waiting = std::mem::replace(&mut *self.0.lock(), closed);
    }
}

impl Lanes {
    /// Interactive requests share a commit. A bulk request gets one of its own, and only when nobody else
    /// waits, so that a heartbeat never waits for more than one of them.
    fn next_batch(&mut self) -> Vec<Box<dyn Request>> {
        if self.interactive.is_empty() {
            return self.bulk.pop_front().into_iter().collect();
        }
        let count = self.interactive.len().min(BATCH_REQUESTS);
        self.interactive.drain(..count).collect()
    }
}

struct WriterThread {
    /// `None` while the file cannot be opened again, or is not at its place.
    connection: Option<Connection>,
    disk: Box<dyn Disk>,
    service: Arc<Service>,
    /// The mark of the last batch, kept in the file by each commit.
    mark: i64,
    /// The log may still begin with what a former process wrote. If its last synchronisation failed, that is only in
    /// the kernel's cache: a power cut would take it, and all that was acknowledged behind it.
    inherits_log: bool,
    pulse: Arc<Pulse>,
}

impl WriterThread {
    fn serve(&mut self, shared: &Shared) {
        while let Some(requests) = shared.wait_for_work() {
            let begun = Instant::now();
            let count = requests.len() as u64;
            self.write(requests, &shared.log_end);
            shared.batches.fetch_add(1, Ordering::Relaxed);
            shared.requests.fetch_add(count, Ordering::Relaxed);
            shared
                .busy_micros
                .fetch_add(begun.elapsed().as_micros() as u64, Ordering::Relaxed);
        }
        self.close();
        shared.pulse.beat(); // to whoever asked on the way out
    }

    fn write(&mut self, requests: Vec<Box<dyn Request>>, log_end: &LogEnd) {
        self.pulse.beat();
        let connection = match self.take_connection() {
            Ok(connection) => connection,
            Err(error) => {
                for request in requests {
                    request.answer(Err(error.clone()));
                }
                return;
            }
        };
        // Where it fails, the batch goes on: see there.
        let _ = self.empty_inherited_log(&connection);
        self.mark += 1;
        let surroundings = Surroundings {
            disk: self.disk.as_ref(),
            log_end,
            service: &self.service,
            pulse: &self.pulse,
        };
        let end = commit_batch(&connection, requests, self.mark, &surroundings);
        self.connection = match end.connection {
            ConnectionState::Usable => Some(connection),
            ConnectionState::Suspect => {
                tracing::error!(path = %self.disk.path().display(), "reopening the database after an I/O error");
                drop(connection);
                self.reopen().ok() // or with the next batch, whose callers are told why it cannot
            }
        };
        for request in end.again {
            self.write(vec![request], log_end);
        }
    }

    /// Makes the main file hold what the former process left in the log, if that has not been done. Nobody is waited
    /// for, and nothing fails because of it: a start must come through on a full disk and beside a reader, and a write
    /// beside one that reads for minutes. Until it is done, an acknowledged write is as safe as that log was.
    fn empty_inherited_log(&mut self, connection: &Connection) -> Result<(), StoreError> {
        if self.inherits_log {
            log::empty_at_once(connection)?;
            self.inherits_log = false;
        }
        Ok(())
    }

    /// What is written to a file without a name, or beside one that took its place, is lost with this process:
    /// so the file is looked at before each batch.
    fn take_connection(&mut self) -> Result<Connection, StoreError> {
        let connection = self.connection.take();
        self.disk.check()?;
        connection.map_or_else(|| self.reopen(), Ok)
    }

    fn reopen(&self) -> Result<Connection, StoreError> {
        let mut connection = self.disk.reopen()?;
        beat_during_statements(&mut connection, &self.pulse)?;
        Ok(connection)
    }

    /// Leaves one file behind where it can: an empty write-ahead log needs no recovery at the next start.
    fn close(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        if let Err(error) = connection.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)") {
            tracing::warn!(%error, "the last checkpoint failed; the next start makes up for it");
        }
    }
}

/// One caller's request: its work, its value once it ran, and where the answer goes.
struct Call<T, F, C> {
    work: F,
    value: Option<T>,
    /// Told of the value once it is on the disk.
    committed: C,
    answer: oneshot::Sender<Result<T, StoreError>>,
    /// The place in the lane, given back with the answer.
    _place: OwnedSemaphorePermit,
}

impl<T, F, C> Request for Call<T, F, C>
where
    T: Send,
    F: Fn(&Connection) -> Result<T, StoreError> + Send,
    C: FnOnce(&T) + Send,
{
    fn run(&mut self, connection: &Connection) -> Result<(), StoreError> {
        self.value = Some((self.work)(connection)?);
        Ok(())
    }

    fn answer(self: Box<Self>, result: Result<(), StoreError>) {
        let Self {
            value,
            committed,
            answer,
            ..
        } = *self;
        let result = result.and_then(|()| value.ok_or(StoreError::Closed));
        if let Ok(value) = &result {
            committed(value);
        }
        // A caller that went away after its batch began does not hear of it; its write stands.
        let _ = answer.send(result);
    }

    fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }
}
