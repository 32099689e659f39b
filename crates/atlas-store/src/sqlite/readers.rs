//! A pool of read-only connections. Each read is one transaction with a time limit; none lives across an await.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use atlas_domain::panic_message;
use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::busy::LOCK_WAIT;
use super::connection::{Reading, open_reader};
use super::figures::Usage;
use crate::error::StoreError;

/// Steps of SQLite's machine between two looks whether a read has to end: some microseconds.
const STEPS_PER_LOOK: i32 = 1_000;

pub(crate) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    free: Arc<Semaphore>,
    usage: Usage,
    /// How long one read may take, now.
    limit: Box<dyn Fn() -> Duration + Send + Sync>,
}

impl Readers {
    pub(crate) fn open(
        path: &Path,
        reading: Reading,
        count: usize,
        limit: impl Fn() -> Duration + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        let open = |_| {
            let connection = open_reader(path, reading)?;
            connection.busy_timeout(LOCK_WAIT)?;
            Ok(connection)
        };
        let connections = (0..count).map(open).collect::<Result<Vec<_>, StoreError>>()?;
        Ok(Self {
            idle: Arc::new(Mutex::new(connections)),
            free: Arc::new(Semaphore::new(count)),
            usage: Usage::default(),
            limit: Box::new(limit),
        })
    }

    /// Waits for a connection. That counts as part of the read.
    pub(crate) async fn enter(&self) -> Result<Place<'_>, StoreError> {
        let deadline = Instant::now() + (self.limit)();
        let waiting = tokio::time::timeout_at(deadline, Arc::clone(&self.free).acquire_owned());
        match waiting.await {
            Ok(permit) => Ok(Place {
                readers: self,
                permit: permit.map_err(|_| StoreError::Closed)?,
                deadline,
            }),
            Err(_elapsed) => Err(StoreError::Busy("too many reads at once".to_owned())),
        }
    }

    /// Who reads.
    pub(super) fn usage(&self) -> &Usage {
        &self.usage
    }

    fn take(&self) -> Connection {
        // The permit says that one is idle: a connection is put back before its permit is.
        lock(&self.idle)
            .pop()
            .expect("a permit stands for an idle connection")
    }
}

/// The right to a connection.
pub(crate) struct Place<'a> {
    readers: &'a Readers,
    permit: OwnedSemaphorePermit,
    deadline: Instant,
}

impl Place<'_> {
    /// Runs `work` until its time is up.
    pub(crate) async fn run<T, F>(self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let Self {
            readers,
            permit,
            deadline,
        } = self;
        let mut connection = readers.take();
        let end = EndOnDrop::default();
        let must_end = Arc::clone(&end.0);
        let (idle, going_on) = (Arc::clone(&readers.idle), readers.usage.begin_read());
        let mut task = tokio::task::spawn_blocking(move || {
            let _going_on = going_on;
            let result = until(must_end, &mut connection, work);
            lock(&idle).push(connection);
            drop(permit); // only now may another reader come for the connection
            result
        });
        let joined = tokio::select! {
            joined = &mut task => joined,
            () = tokio::time::sleep_until(deadline) => {
                end.now();
                task.await
            }
        };
        joined.unwrap_or_else(|error| Err(StoreError::Panicked(error.to_string())))
    }
}

/// Ends `work` in whatever statement it is when `must_end` is set, and at the beginning of each later one that
/// takes its time. (An interrupt of SQLite's own ends only the statement that runs at that moment.)
fn until<T>(
    must_end: Arc<AtomicBool>,
    connection: &mut Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    if must_end.load(Ordering::Relaxed) {
        return Err(StoreError::Interrupted);
    }
    connection.progress_handler(STEPS_PER_LOOK, Some(move || must_end.load(Ordering::Relaxed)))?;
    let result = in_transaction(connection, work);
    // The next reader of this connection is not to blame.
    connection.progress_handler(0, None::<fn() -> bool>)?;
    result
}

fn in_transaction<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let transaction = connection.unchecked_transaction()?;
    // A panic must not cost the pool a connection; the transaction is rolled back either way.
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&transaction)))
        .unwrap_or_else(|panic| Err(StoreError::Panicked(panic_message(panic.as_ref()).to_owned())));
    transaction.finish()?;
    result
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells one read to end. A caller that goes away must not leave its query running.
#[derive(Default)]
struct EndOnDrop(Arc<AtomicBool>);

impl EndOnDrop {
    fn now(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.now();
    }
}
